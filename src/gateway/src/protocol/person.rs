//! What must not be kept of a person: numbers and names that a telephone system adds to a call.
//!
//! In: what a peer says of a call. Out: the same without it. Keeps nothing.

use serde_json::{Map, Value};

/// Names of a person's number or name, with letters and digits alone and in lower case.
const NAMES: [&str; 19] = [
    "from",
    "to",
    "ani",
    "aniname",
    "dnis",
    "number",
    "caller",
    "callee",
    "called",
    "calling",
    "calledid",
    "remoteparty",
    "did",
    "telephone",
    "customerphone",
    "fromnumber",
    "tonumber",
    "usernumber",
    "callernumber",
];

/// The same anywhere in a name: `Caller-Caller-ID-Number`, `CALLERID(num)`, `sip_from_user`.
const PARTS_OF_NAMES: [&str; 16] = [
    "callerid",
    "callername",
    "callernum",
    "callerani",
    "callerdestination",
    "calleeid",
    "calleename",
    "calleenum",
    "callednum",
    "callingnum",
    "connectedline",
    "destinationnum",
    "phone",
    "msisdn",
    "sipfrom",
    "sipto",
];

/// Takes numbers and names of persons away.
pub fn forget(said: &mut Map<String, Value>) {
    said.retain(|name, value| !is_name(name) && !value.as_str().is_some_and(is_address));
}

/// Whether a field of that name holds a person's number or name.
fn is_name(name: &str) -> bool {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    NAMES.contains(&plain.as_str()) || PARTS_OF_NAMES.iter().any(|part| plain.contains(part))
}

/// Whether a text says itself that it is a person's: a number with its country (`+49 ...`), or a SIP or telephone
/// address.
#[must_use]
pub fn is_address(value: &str) -> bool {
    let value = value.trim_start();
    let is_scheme = |scheme: &str| {
        value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    let digits = value.strip_prefix('+').unwrap_or_default();
    let n_digits = digits.chars().filter(char::is_ascii_digit).count();
    (digits.starts_with(|first: char| first.is_ascii_digit() || first == '(') && n_digits >= 3)
        || ["sip:", "sips:", "tel:"].into_iter().any(is_scheme)
}

/// Whether a text may be somebody's number: nothing but digits and what separates them, at least seven of them.
#[must_use]
pub fn may_be_number(value: &str) -> bool {
    let is_sign = |sign: char| sign.is_ascii_digit() || " +-.()/".contains(sign);
    value.chars().all(is_sign) && value.chars().filter(char::is_ascii_digit).count() >= 7
}

/// Whether a text holds somebody's number or address anywhere.
#[must_use]
pub fn holds_number(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_between = |sign: char| " +-.()/_*#".contains(sign);
    let mut n_digits = 0;
    let has_run = text.chars().any(|sign| {
        n_digits = match sign {
            _ if sign.is_ascii_digit() => n_digits + 1,
            _ if is_between(sign) => n_digits,
            _ => 0,
        };
        n_digits >= 7
    });
    has_run
        || is_address(text)
        || ["sip:", "sips:", "tel:"].iter().any(|scheme| lower.contains(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_of_persons_are_taken_away_and_the_rest_is_left() {
        let persons = [
            "from",
            "To",
            "caller_id",
            "callerId",
            "caller-id",
            "ANI",
            "dnis",
            "Number",
            "callerName",
            "caller",
            "CALLERID(num)",
            "Caller-Caller-ID-Number",
            "sip_from_user",
            "phone_number",
        ];
        let others = ["label", "token", "total", "tokenfrom", "animal", "case_number", "Größe"];
        let all = persons.iter().chain(&others);
        let mut said = all.map(|name| ((*name).to_owned(), Value::from("4711"))).collect();
        forget(&mut said);
        let mut left: Vec<&str> = said.keys().map(String::as_str).collect();
        let mut expected = others.to_vec();
        left.sort_unstable();
        expected.sort_unstable();
        assert_eq!(left, expected);
    }

    #[test]
    fn values_that_are_addresses_are_taken_away_under_any_name() {
        let kept = ["4711", "+", "+x", "+3", "siphon", "", "té"];
        for value in ["+49 30 1234", " +4930", "sip:100@example.org", "SIPS:a", "tel:110"] {
            assert!(is_address(value), "{value}");
        }
        assert!(kept.iter().all(|value| !is_address(value)));
    }

    #[test]
    fn digits_alone_may_be_a_number_and_an_id_is_none() {
        assert!(["4930123456", "+49 (30) 123-456", "030/1234567"].into_iter().all(may_be_number));
        assert!(
            ["", "4711", "call 4930123456", "CA4930123456"].iter().all(|id| !may_be_number(id))
        );
    }
}
