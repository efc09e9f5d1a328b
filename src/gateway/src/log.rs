//! What the gateway says of its work: one JSON object a line on standard error, as journals and collectors read it.
//!
//! In: what happened. Out: the line. No person's number, no sound, no emotion stands in it.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::io::Write;

/// Writes one line; `more` is an object with what belongs to it.
pub fn log(event: &str, more: &Value) {
    let mut line = Map::new();
    line.insert("time".into(), json!(Timestamp::now().to_string()));
    line.insert("event".into(), json!(event));
    if let Value::Object(more) = more {
        line.extend(more.clone());
    }
    // Where nobody reads, nothing is to be done.
    let _ = writeln!(std::io::stderr().lock(), "{}", Value::Object(line));
}
