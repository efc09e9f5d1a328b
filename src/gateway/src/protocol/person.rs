//! What must not be kept of a person: numbers and names that a telephone system adds to a call.
//!
//! In: what a peer says of a call. Out: the same without it. Keeps nothing.

use record::person_number::is_address;
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
}
