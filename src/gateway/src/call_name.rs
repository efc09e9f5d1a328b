//! What a call is called: never by a person's number.
//!
//! In: what the telephone system says. Out: a key and a label that hold nobody's number. Keeps nothing.

use crate::protocol::Begin;
use crate::room::CallId;
use hmac::{Hmac, Mac};
use record::person_number::{is_address, may_be_number, nobodys_label};
use sha2::Sha256;
use std::sync::OnceLock;

/// What the call is called: what the telephone system says, or a number of our own.
#[must_use]
pub fn label_of(id: CallId, begin: &Begin) -> String {
    shown_label(id, parameter(begin, "label").unwrap_or_default())
}

/// A label as a screen may show it; the call's number where there is none, or where it holds a person's.
#[must_use]
pub fn shown_label(id: CallId, label: &str) -> String {
    nobodys_label(label, || our_name(id))
}

/// What a call is called that has no other name.
#[must_use]
pub fn our_name(id: CallId) -> String {
    format!("call {id}")
}

/// A key that may be a person's number becomes a hash of it, with a secret of this run of the program: whoever reads logs
/// can neither try all numbers nor find the same one again on another day.
#[must_use]
pub fn nobodys(key: String) -> String {
    static SECRET: OnceLock<[u8; 32]> = OnceLock::new();
    let Some((protocol, name)) = key.split_once(':') else { return key };
    let user = name.split_once('@').map_or(name, |(user, _)| user);
    if !(is_number(name) || may_be_number(user)) {
        return key;
    }
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(SECRET.get_or_init(rand::random)) else {
        return protocol.to_owned();
    };
    mac.update(name.as_bytes());
    let hash: [u8; 16] = mac.finalize().into_bytes()[..16].try_into().unwrap_or_default();
    format!("{protocol}:{:032x}", u128::from_be_bytes(hash))
}

fn is_number(text: &str) -> bool {
    is_address(text) || may_be_number(text)
}

/// A parameter of the call.
#[must_use]
pub fn parameter<'a>(begin: &'a Begin, name: &str) -> Option<&'a str> {
    begin.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Sides;

    #[test]
    fn a_call_is_never_called_by_a_persons_number() {
        let hidden = nobodys("twilio:+4930123456".into());
        assert!(hidden.starts_with("twilio:") && !hidden.contains("4930"), "{hidden}");
        assert_eq!(hidden, nobodys("twilio:+4930123456".into()));
        assert_ne!(hidden, nobodys("twilio:+4930123457".into()));
        assert_eq!(nobodys("twilio:CA4930123456".into()), "twilio:CA4930123456");
        let begin = |label: &str| Begin {
            key: "twilio:CA1".into(),
            rate_hz: 8_000,
            sides: Sides::Caller,
            parameters: vec![("label".into(), label.into())],
        };
        assert_eq!(label_of(7, &begin("sip:+4930@example.org")), "call 7");
        for label in [
            "030 1234567",
            "<sip:+4930@x>",
            "Jane <tel:+4930>",
            "call +4930123456",
            "*31#4930123456",
        ] {
            assert_eq!(label_of(7, &begin(label)), "call 7", "{label}");
        }
        assert!(!nobodys("asterisk:4930123456@host".into()).contains("4930"));
        assert_eq!(label_of(7, &begin(" desk 3\u{1b} ")), label_of(8, &begin("desk 3\u{1b}")));
    }
}
