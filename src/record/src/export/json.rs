//! JSON: one document with the header and the records by kind, a line each.
//!
//! In: an open log. Out: UTF-8 text. Readings, nearly all of a log, are written as they are read; keeps
//! the records of the other kinds, as text.

use std::io::Write;

use serde::Serialize;

use super::{ExportError, Format};
use crate::plain_text::escaped_json;
use crate::session::SessionReader;
use crate::session::record::Record;
use hearing::fact::Event;

/// The format.
pub struct Json;

impl Format for Json {
    fn write(&self, session: &mut SessionReader, out: &mut dyn Write) -> Result<(), ExportError> {
        write!(out, "{{\n\"header\": {},\n\"readings\": [", text(session.header())?)?;
        let mut others = Others::default();
        let mut separator = "\n";
        for record in session.by_ref() {
            let record = record?;
            if let Some(list) = others.list_for(&record) {
                list.push(text(&record)?);
            } else {
                write!(out, "{separator}{}", text(&record)?)?;
                separator = ",\n";
            }
        }
        write!(out, "\n]")?;
        let Others {
            activities,
            operator,
            sounds,
            facts,
            gaps,
            muted,
            skipped,
            alerts,
            acknowledged,
            alerts_failed,
            marks,
            labels,
            notices,
            seeks,
            unwritten,
            ends,
        } = &others;
        let lists = [
            ("activities", activities),
            ("gaps", gaps),
            ("marks", marks),
            ("labels", labels),
            ("notices", notices),
            ("seeks", seeks),
            ("facts", facts),
            ("operator", operator),
            ("unwritten", unwritten),
            ("muted", muted),
            ("alerts", alerts),
            ("alerts_failed", alerts_failed),
            ("skipped", skipped),
            ("acknowledged", acknowledged),
        ];
        // A program that reads the document may not know of what is rare.
        let rare = [("sounds", sounds)].into_iter().filter(|(_, list)| !list.is_empty());
        for (name, list) in lists.into_iter().chain(rare) {
            write!(out, ",\n\"{name}\": [")?;
            let mut separator = "\n";
            for record in list {
                write!(out, "{separator}{record}")?;
                separator = ",\n";
            }
            write!(out, "\n]")?;
        }
        let end = ends.last().map_or("null", String::as_str);
        writeln!(out, ",\n\"end\": {end},\n\"cut\": {}\n}}", session.is_cut())?;
        out.flush()?;
        Ok(())
    }
}

/// Records as JSON, by kind.
#[derive(Default)]
struct Others {
    activities: Vec<String>,
    operator: Vec<String>,
    sounds: Vec<String>,
    facts: Vec<String>,
    gaps: Vec<String>,
    muted: Vec<String>,
    alerts: Vec<String>,
    acknowledged: Vec<String>,
    alerts_failed: Vec<String>,
    skipped: Vec<String>,
    marks: Vec<String>,
    labels: Vec<String>,
    notices: Vec<String>,
    seeks: Vec<String>,
    unwritten: Vec<String>,
    ends: Vec<String>,
}

impl Others {
    /// Where a record is kept; none for a reading.
    fn list_for(&mut self, record: &Record) -> Option<&mut Vec<String>> {
        let event = match record {
            Record::Fact(fact) => &fact.event,
            Record::Unwritten(_) => return Some(&mut self.unwritten),
            Record::End(_) => return Some(&mut self.ends),
        };
        match event {
            Event::Reading(_) | Event::Level(_) => None,
            Event::Activity(_) => Some(&mut self.activities),
            Event::Operator(_) => Some(&mut self.operator),
            Event::Sound(_) => Some(&mut self.sounds),
            Event::Facts(_) => Some(&mut self.facts),
            Event::Gap(_) => Some(&mut self.gaps),
            Event::Muted(_) => Some(&mut self.muted),
            Event::Alert(_) => Some(&mut self.alerts),
            Event::Acknowledged { .. } => Some(&mut self.acknowledged),
            Event::AlertFailed { .. } => Some(&mut self.alerts_failed),
            Event::Skipped { .. } => Some(&mut self.skipped),
            Event::Mark { .. } => Some(&mut self.marks),
            Event::Label { .. } => Some(&mut self.labels),
            Event::Notice => Some(&mut self.notices),
            Event::Seek { .. } => Some(&mut self.seeks),
        }
    }
}

fn text(value: &impl Serialize) -> Result<String, ExportError> {
    let json = serde_json::to_string(value).map_err(|error| ExportError::Write(error.into()))?;
    Ok(escaped_json(&json))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plain_text::hostile::hostile;
    use crate::plain_text::plain_text;
    use hearing::fact::Fact;
    use hearing::stream_time::StreamTime;
    use proptest::prelude::*;
    use std::io::Cursor;
    use std::path::Path;

    const GOLDEN: &str = include_str!("../../../../tests/data/session/input/two-callers.jsonl");
    const GOLDEN_OPERATOR: &str =
        include_str!("../../../../tests/data/session/input/operator.jsonl");
    const GOLDEN_UNWRITTEN: &str =
        include_str!("../../../../tests/data/session/input/unwritten.jsonl");
    const GOLDEN_MUTED: &str = include_str!("../../../../tests/data/session/input/muted.jsonl");
    const GOLDEN_ALERTS: &str = include_str!("../../../../tests/data/session/input/alerts.jsonl");
    const GOLDEN_CALLS: &str = include_str!("../../../../tests/data/session/input/calls.jsonl");
    const GOLDEN_FACTS: &str = include_str!("../../../../tests/data/session/input/facts.jsonl");
    const GOLDEN_SOUND: &str = include_str!("../../../../tests/data/session/input/sound.jsonl");
    const GOLDEN_GROUPS: &str = include_str!("../../../../tests/data/session/input/groups.jsonl");

    fn document(log: &'static str) -> serde_json::Value {
        let mut log = SessionReader::new(Box::new(Cursor::new(log)), Path::new("x")).unwrap();
        let mut bytes = Vec::new();
        Json.write(&mut log, &mut bytes).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[test]
    fn every_record_of_the_log_is_in_the_document() {
        let goldens = [GOLDEN, GOLDEN_FACTS, GOLDEN_OPERATOR, GOLDEN_UNWRITTEN, GOLDEN_MUTED];
        for golden in
            goldens.into_iter().chain([GOLDEN_ALERTS, GOLDEN_CALLS, GOLDEN_GROUPS, GOLDEN_SOUND])
        {
            let document = document(golden);
            // The checksums are the log's.
            let mut lines = golden.lines().map(|line| {
                let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
                line.as_object_mut().unwrap().remove("chain");
                line
            });
            assert_eq!(document["header"], lines.next().unwrap());
            let mut n_found = 0;
            for line in lines {
                let listed = |name: &str| document[name].as_array().unwrap().contains(&line);
                let found = match line["record"].as_str().unwrap() {
                    "end" => document["end"] == line,
                    "activity" => listed("activities"),
                    "facts" | "operator" | "unwritten" | "muted" | "skipped" | "acknowledged" => {
                        listed(line["record"].as_str().unwrap())
                    }
                    "alert_failed" => listed("alerts_failed"),
                    kind => listed(&format!("{kind}s")),
                };
                assert!(found, "{line} is missing");
                n_found += 1;
            }
            let lists = [
                "readings",
                "activities",
                "gaps",
                "marks",
                "seeks",
                "facts",
                "operator",
                "unwritten",
                "muted",
                "alerts",
                "alerts_failed",
                "labels",
                "notices",
                "skipped",
                "acknowledged",
            ];
            let rare = document.get("sounds").map_or(0, |sounds| sounds.as_array().unwrap().len());
            let n_listed: usize = rare
                + lists.iter().map(|name| document[name].as_array().unwrap().len()).sum::<usize>();
            assert_eq!(n_listed + 1, n_found);
        }
    }

    proptest! {
        #[test]
        fn what_was_typed_is_kept_to_the_letter_and_steers_no_terminal(text in hostile()) {
            let text = text.repeat(10);
            let event = Event::Mark { text: text.clone() };
            let mark = Fact { caller: 1, at: StreamTime::ZERO, event };
            let mark = serde_json::to_string(&mark).unwrap();
            let label = serde_json::to_string(&text).unwrap();
            let (header, _) = GOLDEN.split_once('\n').unwrap();
            let log = format!("{}\n{mark}\n", header.replacen("\"desk\"", &label, 1));
            let mut log = SessionReader::new(Box::new(Cursor::new(log)), Path::new("x")).unwrap();
            let mut bytes = Vec::new();
            Json.write(&mut log, &mut bytes).unwrap();
            let file = String::from_utf8(bytes).unwrap();
            prop_assert_eq!(plain_text(&file), file.as_str());
            let document: serde_json::Value = serde_json::from_str(&file).unwrap();
            prop_assert_eq!(&document["header"]["callers"][0]["label"], text.as_str());
            prop_assert_eq!(&document["marks"][0]["text"], text.as_str());
        }
    }

    #[test]
    fn a_log_of_nothing_but_its_header_is_a_document_without_an_end() {
        let (header, _) = GOLDEN.split_once('\n').unwrap();
        let document = document(header);
        assert_eq!(document["readings"], serde_json::json!([]));
        assert_eq!(document["end"], serde_json::Value::Null);
        assert_eq!(document["cut"], false);
    }

    #[test]
    fn a_cut_log_says_so_in_the_document() {
        let document = document(&GOLDEN[..GOLDEN.len() - 10]);
        assert_eq!(document["cut"], true);
        assert_eq!(document["end"], serde_json::Value::Null);
    }
}
