//! What a deployer lets the Twilio family pass on of a call, without anybody's number.
//!
//! In: the parameters as a start has them, in any of their forms. Out: pairs of a name and a value. Keeps nothing.

use serde_json::{Map, Value};

use crate::protocol::{parameters_of, person};

/// What a header is called of which Plivo sends the rest.
const HEADER_PREFIX: &str = "X-PH-";

/// The parameters of a call: a JSON object, the same as a text, or a text of pairs such as `a=1;b=2`. Anything else has
/// none.
pub(super) fn of(given: Value) -> Vec<(String, String)> {
    let mut given = match given {
        Value::Object(object) => object,
        Value::String(text) => match serde_json::from_str(&text) {
            Ok(Value::Object(object)) => object,
            _ => pairs(&text),
        },
        _ => return Vec::new(),
    };
    person::forget(&mut given);
    parameters_of(&given)
}

/// Plivo's own documents have `a=1;b=2`, `a=1,b=2` and `{X-PH-a: 1}`.
fn pairs(text: &str) -> Map<String, Value> {
    let text = text.trim().trim_start_matches('{').trim_end_matches('}');
    text.split([',', ';'])
        .filter_map(|pair| pair.split_once(['=', ':']))
        .map(|(name, value)| (name.trim(), value.trim()))
        .map(|(name, value)| (name.strip_prefix(HEADER_PREFIX).unwrap_or(name), value))
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sorted(given: Value) -> Vec<(String, String)> {
        let mut all = of(given);
        all.sort();
        all
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn all_forms_of_parameters_are_read() {
        let expected = [pair("a", "1"), pair("b", "x y")].to_vec();
        for given in [
            json!({ "b": "x y", "a": 1 }),
            json!("{\"a\":\"1\",\"b\":\"x y\"}"),
            json!("a=1;b=x y"),
            json!("a=1, b=x y"),
            json!("{X-PH-a: 1, X-PH-b: x y}"),
        ] {
            assert_eq!(sorted(given.clone()), expected, "{given}");
        }
    }

    #[test]
    fn what_is_no_set_of_pairs_has_none() {
        for given in [json!("{}"), json!(""), json!("abc"), json!("=;:,"), json!([1]), json!(null)]
        {
            assert_eq!(of(given.clone()), [], "{given}");
        }
        assert_eq!(of(json!({ "deep": { "a": 1 }, "list": [1] })), []);
    }

    #[test]
    fn nobodys_number_is_passed_on() {
        let given = json!({
            "From": "4930123456", "caller_id": "anonymous", "Caller-Number": 4_930_123_456_u64,
            "note": "+49 (30) 123-456", "other": "+493012345678", "ticket": "4930123456", "gain": "+3",
        });
        assert_eq!(sorted(given), [pair("gain", "+3"), pair("ticket", "4930123456")]);
        assert_eq!(of(json!("from=4930123456;label=desk 3")), [pair("label", "desk 3")]);
    }

    #[test]
    fn too_many_and_too_long_ones_are_left_out() {
        let many: Map<String, Value> =
            (0..1_000).map(|index| (index.to_string(), Value::from("x"))).collect();
        assert_eq!(of(Value::Object(many)).len(), 20);
        assert_eq!(of(json!({ "long": "x".repeat(501) })), []);
    }
}
