//! A line of a log as it leaves the machine: without numbers of callers, and without anything of an operator.
//!
//! In: a line. Out: its kind and what is sent of it, or nothing. Most lines go as they are. Keeps nothing.
//!
//! | record | what is sent |
//! |---|---|
//! | `header` | version, beginning, model, settings of readings and alerts, backend; labels without numbers; no devices or files |
//! | `label` | the label, without numbers |
//! | `mark` | that there is one, without its text |
//! | `alert_failed` | that it did, without the program's words |
//! | `end` | all but who spoke for how long |
//! | `operator` | nothing |
//! | all others that this version knows | as they are |

use record::person_number::nobodys_label;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// What is sent of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbound {
    /// The line's field `record`.
    pub kind: String,
    /// What tells it from all other lines of the log.
    pub id: String,
    /// JSON.
    pub body: Vec<u8>,
}

/// What a line is, for programs that know its beginning.
const AS_THEY_ARE: [&str; 11] = [
    "reading",
    "activity",
    "facts",
    "gap",
    "muted",
    "skipped",
    "sound",
    "alert",
    "acknowledged",
    "notice",
    "seek",
];

/// Hexadecimal digits of a session's name.
const SESSION_DIGITS: usize = 16;

/// The name of a session: of its log's first line and file name, from which nobody can tell either.
#[must_use]
pub fn session_name(file_name: &str, header: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(file_name.as_bytes());
    hash.update([0]);
    hash.update(header);
    let first: [u8; 8] = hash.finalize()[..8].try_into().unwrap_or_default();
    format!("{:0SESSION_DIGITS$x}", u64::from_be_bytes(first))
}

/// What a caller without a name is called.
#[must_use]
pub fn our_name(session: &str) -> String {
    format!("call {}", session.get(..4).unwrap_or(session))
}

/// What is sent of a line that ends at this place of the log; nothing of an operator's, and of what is no line.
#[must_use]
pub fn outbound(session: &str, line: &[u8], end: u64) -> Option<Outbound> {
    let Ok(Value::Object(mut fields)) = serde_json::from_slice(line) else { return None };
    let kind = fields.get("record")?.as_str()?.to_owned();
    // Logs before version 4 have no checksums.
    let id =
        fields.get("chain").and_then(Value::as_str).map_or_else(|| end.to_string(), str::to_owned);
    match kind.as_str() {
        known if AS_THEY_ARE.contains(&known) => {
            let body = line.trim_ascii_end().to_vec();
            return Some(Outbound { kind, id, body });
        }
        "unwritten" => {}
        "header" => shorten_header(session, &mut fields),
        "label" => shorten_label(session, &mut fields, "label"),
        "mark" => empty(&mut fields, "text"),
        "alert_failed" => empty(&mut fields, "reason"),
        "end" => {
            for caller in fields.get_mut("callers").and_then(Value::as_array_mut)?.iter_mut() {
                caller.as_object_mut()?.remove("talk");
            }
        }
        _ => return None,
    }
    Some(Outbound { kind, id, body: serde_json::to_vec(&fields).ok()? })
}

fn empty(fields: &mut Map<String, Value>, name: &str) {
    fields.insert(name.to_owned(), Value::from(""));
}

fn shorten_header(session: &str, fields: &mut Map<String, Value>) {
    const KEPT: [&str; 11] = [
        "record",
        "version",
        "undertone",
        "started",
        "stream_rate_hz",
        "model",
        "settings",
        "alerts",
        "backend",
        "callers",
        "chain",
    ];
    fields.retain(|name, _| KEPT.contains(&name.as_str()));
    let callers = fields.get_mut("callers").and_then(Value::as_array_mut);
    for caller in callers.into_iter().flatten().filter_map(Value::as_object_mut) {
        shorten_label(session, caller, "label");
        caller.insert("source".into(), Value::from(""));
    }
}

fn shorten_label(session: &str, fields: &mut Map<String, Value>, name: &str) {
    if let Some(Value::String(label)) = fields.get_mut(name) {
        *label = nobodys_label(label, || our_name(session));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::session::Record;
    use record::session::record::Header;
    use std::fs;
    use std::path::{Path, PathBuf};

    fn lines_of_all_goldens() -> Vec<(PathBuf, Vec<u8>)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/session/input");
        let mut lines = Vec::new();
        for file in fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()) {
            if file.extension().is_some_and(|ending| ending == "jsonl") {
                let content = fs::read(&file).unwrap();
                let of_file = content.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
                lines.extend(of_file.map(|line| (file.clone(), line.to_vec())));
            }
        }
        assert!(lines.len() > 80, "{}", lines.len());
        lines
    }

    fn names(value: &Value, all: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    all.push(name.clone());
                    names(value, all);
                }
            }
            Value::Array(values) => values.iter().for_each(|value| names(value, all)),
            _ => {}
        }
    }

    #[test]
    fn no_message_has_a_field_for_an_operator_and_all_can_be_read_as_lines() {
        let (mut n_sent, mut n_kept_back) = (0, 0);
        for (file, line) in lines_of_all_goldens() {
            let Some(sent) = outbound("0123456789abcdef", &line, 7) else {
                n_kept_back += 1;
                assert!(line.starts_with(b"{\"record\":\"operator\""), "{}", file.display());
                continue;
            };
            n_sent += 1;
            let value: Value = serde_json::from_slice(&sent.body).unwrap();
            let mut all = Vec::new();
            names(&value, &mut all);
            for name in all {
                assert!(!name.contains("operator") && name != "talk", "{name} in {value}");
            }
            if sent.kind == "header" {
                serde_json::from_slice::<Header>(&sent.body).unwrap();
            } else {
                Record::parse(&sent.body).unwrap();
            }
        }
        assert!(n_sent > 80 && n_kept_back > 2, "{n_sent}, {n_kept_back}");
    }

    #[test]
    fn no_number_text_device_or_file_is_sent() {
        let header = r#"{"record":"header","version":6,"undertone":"0.1.0","started":"2026-11-22T14:30:05+01:00","stream_rate_hz":8000,"model":{"name":"a","recipe":"b","sha256":"c"},"settings":{},"calls":{"notice":"tell +49 30 99"},"backend":"CPU","callers":[{"label":"+49 30 7654321","source":"/calls/4930123456.wav"},{"label":"desk 3","source":"x"}],"operator":"Headset of Jane","recording":{"bytes":1,"modified":"","sha256":"","heard":"mix"},"chain":"0123456789abcdef"}"#;
        let rest = [
            r#"{"record":"label","caller":0,"t":1.0,"label":"call +49 30 7654321","chain":"1"}"#,
            r#"{"record":"mark","caller":0,"t":1.0,"text":"Jane, 030 7654321","chain":"2"}"#,
            r#"{"record":"alert_failed","caller":0,"t":1.0,"reason":"/home/jane/notify: no such file","chain":"3"}"#,
            r#"{"record":"jane","caller":0,"t":1.0,"chain":"4"}"#,
        ];
        let mut sent = String::new();
        for line in std::iter::once(header).chain(rest) {
            if let Some(outbound) = outbound("feedbeef01234567", line.as_bytes(), 0) {
                sent += std::str::from_utf8(&outbound.body).unwrap();
            }
        }
        for word in ["4930", "7654321", "+49", "ane", ".wav", "Headset", "operator"] {
            assert!(!sent.contains(word), "{word}: {sent}");
        }
        assert!(sent.contains("\"call feed\"") && sent.contains("desk 3"), "{sent}");
        assert_eq!(sent.matches("\"record\"").count(), 4);
    }

    #[test]
    fn a_line_is_known_again_by_its_checksum_or_its_place() {
        let id = |line: &str| outbound("s", line.as_bytes(), 7).unwrap().id;
        assert_eq!(id(r#"{"record":"notice","caller":0,"t":1.0,"chain":"ab"}"#), "ab");
        assert_eq!(id(r#"{"record":"notice","caller":0,"t":1.0}"#), "7");
        assert_eq!(outbound("s", b"{\"record\":\"rea", 7), None);
        assert_ne!(session_name("a.jsonl", b"{}"), session_name("b.jsonl", b"{}"));
        assert_eq!(session_name("a.jsonl", b"{}").len(), SESSION_DIGITS);
    }
}
