//! `undertone sessions show`: all that a session comes to, and the settings that were in force.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::command::printer::{print, print_json, tell};
use crate::command::sessions::local_start;
use crate::command::summary::{Summed, as_json, as_text};
use record::plain_text::plain;
use record::session::record::Header;
use record::session::{Digest, SessionReader};

/// Which log to show, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShowSettings {
    /// The log.
    pub log: PathBuf,
    /// Whether to print JSON.
    pub json: bool,
}

/// Shows the session.
///
/// # Errors
/// A log that cannot be read or is damaged.
pub fn run(settings: &ShowSettings) -> anyhow::Result<()> {
    let digest = Digest::read(SessionReader::open(&settings.log)?)?;
    if settings.json {
        print_json(&shown_json(&digest, &settings.log))?;
    } else {
        print(&shown_text(&digest, &settings.log))?;
    }
    if digest.is_cut {
        tell(
            "warning: the last line of the log is cut off and was left out: the session did not end properly",
        );
    }
    Ok(())
}

fn ended(digest: &Digest) -> String {
    let ended = digest.end.as_ref().map_or("not ended".to_owned(), ToString::to_string);
    if digest.unwritten > 0 {
        return format!("{ended}, incomplete: {} records could not be written", digest.unwritten);
    }
    ended
}

fn shown_text(digest: &Digest, log: &Path) -> String {
    let Header { started, undertone, model, backend, callers, operator, .. } = &digest.header;
    let mut lines = vec![
        format!("session of {}, {}", plain(&local_start(started)), plain(&ended(digest))),
        format!(
            "model: {} ({}) on {}, Undertone {}",
            plain(&model.name),
            plain(&model.recipe),
            plain(backend),
            plain(undertone)
        ),
    ];
    lines.extend(
        callers.iter().map(|caller| {
            format!("heard: {} from {}", plain(&caller.label), plain(&caller.source))
        }),
    );
    lines.extend(operator.iter().map(|source| format!("operator: from {}", plain(source))));
    lines.push(String::new());
    let mut text = lines.join("\n") + "\n" + &as_text(Summed::of_log(digest, log));
    text.push_str("\nsettings:\n");
    for (name, value) in settings_in_force(&digest.header) {
        let mut tables = Vec::new();
        flatten(name, value, &mut tables);
        for (table, values) in tables {
            text.push_str(&plain(&format!("  {table}: {}", values.join(", "))));
            text.push('\n');
        }
    }
    text
}

/// The settings by their tables in the configuration file.
fn settings_in_force(header: &Header) -> impl Iterator<Item = (&'static str, &Value)> {
    let named = [
        ("pipeline", Some(&header.settings)),
        ("calls", header.calls.as_ref()),
        ("alerts", header.alerts.as_ref()),
    ];
    named.into_iter().filter_map(|(name, value)| Some((name, value?)))
}

/// `key value` of each setting, by table.
fn flatten(table: &str, value: &Value, tables: &mut Vec<(String, Vec<String>)>) {
    let Value::Object(entries) = value else { return };
    let mut values = Vec::new();
    let mut below = Vec::new();
    for (key, value) in entries {
        match value {
            Value::Object(_) => below.push((format!("{table}.{key}"), value)),
            Value::Null => {}
            value => values.push(format!("{key} {value}")),
        }
    }
    if !values.is_empty() {
        tables.push((table.to_owned(), values));
    }
    for (table, value) in below {
        flatten(&table, value, tables);
    }
}

fn shown_json(digest: &Digest, log: &Path) -> Value {
    let mut shown = as_json(Summed::of_log(digest, log));
    let header = &digest.header;
    let settings: serde_json::Map<String, Value> =
        settings_in_force(header).map(|(name, value)| (name.to_owned(), value.clone())).collect();
    let more = json!({
        "started": header.started,
        "version": header.version,
        "undertone": header.undertone,
        "model": header.model,
        "backend": header.backend,
        "sources": header.callers,
        "operator": header.operator,
        "recording": header.recording,
        "ended": digest.end,
        "unwritten": digest.unwritten,
        "cut": digest.is_cut,
        "settings": settings,
    });
    if let (Value::Object(shown), Value::Object(more)) = (&mut shown, more) {
        shown.extend(more);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    const CALLS: &str = include_str!("../../../../../tests/data/session/input/calls.jsonl");

    fn digest() -> Digest {
        let log = CALLS.replacen(
            "\"backend\"",
            "\"alerts\":{\"max_per_hour\":6,\"sustained\":{\"speech_s\":8,\"guidance\":\"Slow\\u001b[2J down\"}},\
             \"calls\":{\"auto\":false,\"notice\":null},\"backend\"",
            1,
        );
        let log = SessionReader::new(Box::new(Cursor::new(log)), Path::new("call.jsonl")).unwrap();
        Digest::read(log).unwrap()
    }

    #[test]
    fn settings_stand_under_the_names_that_the_configuration_has() {
        let text = shown_text(&digest(), Path::new("call.jsonl"));
        assert!(
            text.starts_with("session of 2026-11-22 14:30:05, stopped\nmodel: phone"),
            "{text}"
        );
        assert!(text.contains("\n  pipeline: hop_ms 250, "), "{text}");
        assert!(text.contains("\n  calls: auto false\n"), "{text}");
        assert!(text.contains("\n  alerts: max_per_hour 6\n  alerts.sustained: "), "{text}");
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text}");
    }

    #[test]
    fn the_same_stands_in_the_json() {
        let shown = shown_json(&digest(), Path::new("call.jsonl"));
        assert_eq!(shown["settings"]["alerts"]["max_per_hour"], 6);
        assert_eq!(shown["ended"], "stopped");
        assert!(shown["callers"][0]["notice_confirmed_s"].is_number());
        assert_eq!(shown["log"], "call.jsonl");
    }
}
