//! What a call is called: never by a person's number.
//!
//! In: what the telephone system says. Out: a key and a label that hold nobody's number. Keeps nothing.

use crate::protocol::Begin;
use crate::protocol::person::{is_address, may_be_number};
use crate::room::CallId;
use record::plain_text::plain_line;
use sha2::{Digest, Sha256};

/// Labels are names for a screen.
const LABEL_CHARS: usize = 40;

/// What the call is called: what the telephone system says, or a number of our own.
#[must_use]
pub fn label_of(id: CallId, begin: &Begin) -> String {
    let told = parameter(begin, "label").map(|label| plain_line(label.trim(), LABEL_CHARS));
    told.filter(|label| !label.is_empty() && !is_number(label))
        .unwrap_or_else(|| format!("call {id}"))
}

/// A key that may be a person's number becomes a hash of it.
#[must_use]
pub fn nobodys(key: String) -> String {
    match key.split_once(':') {
        Some((protocol, name)) if is_number(name) => {
            let hash = Sha256::digest(name.as_bytes());
            format!(
                "{protocol}:{:032x}",
                u128::from_be_bytes(hash[..16].try_into().unwrap_or([0; 16]))
            )
        }
        _ => key,
    }
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
        assert_eq!(label_of(7, &begin("030 1234567")), "call 7");
        assert_eq!(label_of(7, &begin(" desk 3\u{1b} ")), label_of(8, &begin("desk 3\u{1b}")));
    }
}
