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
//! | `end` | all but who spoke for how long, and but for the words of an error, which name devices and files |
//! | `alert` | its reason without how long the operator spoke |
//! | `operator` | nothing |
//! | all others that this version knows | as they are |
//!
//! In place of the checksum `chain` stands `id`: a checksum would let anybody try out what was left out.

use crate::key::Key;
use record::person_number::nobodys_label;
use record::session::record::EndReason;
use record::wall::board::without_operator;
use serde_json::{Map, Value};

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
const AS_THEY_ARE: [&str; 10] = [
    "reading",
    "activity",
    "facts",
    "gap",
    "muted",
    "skipped",
    "sound",
    "acknowledged",
    "notice",
    "seek",
];

/// The name of a session: of its log's first line and file name, from which nobody else can tell either.
#[must_use]
pub fn session_name(key: &Key, file_name: &str, header: &[u8]) -> String {
    key.digits(&[b"session", file_name.as_bytes(), header])
}

/// What a caller without a name is called.
#[must_use]
pub fn our_name(session: &str) -> String {
    format!("call {}", session.get(..4).unwrap_or(session))
}

/// What is sent of a line that ends at this place of the log; nothing of an operator's, and of what is no line.
#[must_use]
pub fn outbound(key: &Key, session: &str, line: &[u8], end: u64) -> Option<Outbound> {
    let Ok(Value::Object(mut fields)) = serde_json::from_slice(line) else { return None };
    let kind = fields.get("record")?.as_str()?.to_owned();
    // Logs before version 4 have no checksums.
    let end = end.to_string();
    let chain = fields.get("chain").and_then(Value::as_str).unwrap_or(&end);
    let id = key.digits(&[b"line", session.as_bytes(), chain.as_bytes()]);
    match kind.as_str() {
        known if AS_THEY_ARE.contains(&known) => {
            let body = with_id(line.trim_ascii_end(), &id);
            return Some(Outbound { kind, id, body });
        }
        "unwritten" => {}
        "alert" => {
            if let Some(Value::String(reason)) = fields.get_mut("reason") {
                *reason = without_operator(reason);
            }
        }
        "header" => shorten_header(session, &mut fields),
        "label" => shorten_label(session, &mut fields),
        "mark" => empty(&mut fields, "text"),
        "alert_failed" => empty(&mut fields, "reason"),
        "end" => {
            if let Some(Value::String(reason)) = fields.get_mut("reason") {
                *reason = without_words(reason);
            }
            for caller in fields.get_mut("callers").and_then(Value::as_array_mut)?.iter_mut() {
                caller.as_object_mut()?.remove("talk");
            }
        }
        _ => return None,
    }
    fields.remove("chain");
    fields.insert("id".into(), Value::from(id.as_str()));
    Some(Outbound { kind, id, body: serde_json::to_vec(&fields).ok()? })
}

/// A line with a name of its own in place of its checksum.
fn with_id(line: &[u8], id: &str) -> Vec<u8> {
    const FIELD: &[u8] = b",\"chain\":\"";
    let begin = line.windows(FIELD.len()).rposition(|part| part == FIELD);
    let mut body = line[..begin.unwrap_or(line.len() - 1)].to_vec();
    body.extend_from_slice(b",\"id\":\"");
    body.extend_from_slice(id.as_bytes());
    body.extend_from_slice(b"\"}");
    body
}

fn empty(fields: &mut Map<String, Value>, name: &str) {
    fields.insert(name.to_owned(), Value::from(""));
}

/// Why a session ended; of an error only that it was one.
fn without_words(reason: &str) -> String {
    match EndReason::from(reason.to_owned()) {
        EndReason::Error(_) => EndReason::Error(String::new()).to_string(),
        known => known.to_string(),
    }
}

fn shorten_header(session: &str, fields: &mut Map<String, Value>) {
    const KEPT: [&str; 10] = [
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
    ];
    fields.retain(|name, _| KEPT.contains(&name.as_str()));
    let callers = fields.get_mut("callers").and_then(Value::as_array_mut);
    for caller in callers.into_iter().flatten().filter_map(Value::as_object_mut) {
        shorten_label(session, caller);
        caller.insert("source".into(), Value::from(""));
    }
}

fn shorten_label(session: &str, fields: &mut Map<String, Value>) {
    if let Some(Value::String(label)) = fields.get_mut("label") {
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

    fn key() -> Key {
        Key::of(tempfile::tempdir().unwrap().path(), "desk-1").unwrap()
    }

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
        let (key, mut n_sent, mut n_kept_back) = (key(), 0, 0);
        for (file, line) in lines_of_all_goldens() {
            let Some(sent) = outbound(&key, "0123456789abcdef", &line, 7) else {
                n_kept_back += 1;
                assert!(line.starts_with(b"{\"record\":\"operator\""), "{}", file.display());
                continue;
            };
            n_sent += 1;
            let value: Value = serde_json::from_slice(&sent.body).unwrap();
            let mut all = Vec::new();
            names(&value, &mut all);
            for name in all {
                assert!(
                    !name.contains("operator") && name != "talk" && name != "chain",
                    "{name} in {value}"
                );
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
            r#"{"record":"alert","caller":0,"t":36.0,"rule":"long_silence","from":1.0,"reason":"none heard for 24 s, without the 12 s in which you spoke; next to no other sound","chain":"5"}"#,
        ];
        let rest = rest.into_iter().chain([
            r#"{"record":"end","t":40.0,"reason":"error: /calls/Jane-4930123456.wav was cut off: 3 bytes are missing","callers":[],"chain":"6"}"#,
            r#"{"record":"end","t":40.0,"reason":"finished","callers":[],"chain":"7"}"#,
        ]);
        let mut sent = String::new();
        for line in std::iter::once(header).chain(rest) {
            if let Some(outbound) = outbound(&key(), "feedbeef01234567", line.as_bytes(), 0) {
                sent += std::str::from_utf8(&outbound.body).unwrap();
            }
        }
        for word in [
            "spoke", "12 s", "chain", "4930", "7654321", "+49", "ane", ".wav", "Headset",
            "operator",
        ] {
            assert!(!sent.contains(word), "{word}: {sent}");
        }
        assert!(sent.contains("\"call feed\"") && sent.contains("desk 3"), "{sent}");
        assert_eq!(sent.matches("\"record\"").count(), 7);
        assert!(sent.contains(r#""reason":"error: ""#), "{sent}");
        assert!(sent.contains(r#""reason":"finished""#), "{sent}");
        assert!(sent.contains("none heard for 24 s; next to no other sound"), "{sent}");
    }

    #[test]
    fn a_line_is_known_again_by_its_checksum_or_its_place() {
        let key = key();
        let of = |line: &str, end| outbound(&key, "s", line.as_bytes(), end).unwrap();
        let line = r#"{"record":"notice","caller":0,"t":1.0,"chain":"0123456789abcdef"}"#;
        assert_eq!(of(line, 7), of(line, 8));
        let sent = of(line, 7);
        let body =
            format!("{{\"record\":\"notice\",\"caller\":0,\"t\":1.0,\"id\":\"{}\"}}", sent.id);
        assert_eq!(sent.body, body.as_bytes());
        let early = r#"{"record":"notice","caller":0,"t":1.0}"#;
        assert_ne!(of(early, 7).id, of(early, 8).id);
        assert_eq!(of(early, 7).body.len(), body.len());
        assert_eq!(outbound(&key, "s", b"{\"record\":\"rea", 7), None);
        assert_ne!(session_name(&key, "a.jsonl", b"{}"), session_name(&key, "b.jsonl", b"{}"));
    }
}
