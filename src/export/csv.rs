//! CSV (RFC 4180): one row a record, one column a field, in the order of the log.
//!
//! In: an open log. Out: UTF-8 text with a header row and CRLF line ends. A cell that a record has no
//! value for is empty. Keeps one row.

use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};

use super::{ExportError, Format};
use crate::emotion::Emotion;
use crate::plain_text::plain;
use crate::session::SessionReader;
use crate::session::decimals::four_decimals;
use crate::session::record::{
    AlertRecord, FactsRecord, Header, ReadingState, Record, UnwrittenRecord,
};
use crate::timeline::Activity;

/// The columns before and after one column a probability.
const BEFORE: [&str; 7] = ["caller", "label", "t_s", "record", "state", "emotion", "certainty"];
const AFTER: [&str; 6] = ["activity", "lost_samples", "rate_hz", "lost_s", "from_s", "text"];

/// The columns of facts, at the end because they came with version 2 of the log; those with `by` tell what
/// has changed.
const FACTS: [&str; 10] = [
    "loudness_db",
    "pitch_hz",
    "pitch_range_semitones",
    "syllables_per_s",
    "pause_share",
    "louder_by_db",
    "higher_by_semitones",
    "wider_by_semitones",
    "faster_by_ratio",
    "more_pauses_by_share",
];

/// The columns of version 4 of the log.
const LATER: [&str; 2] = ["muted_s", "skipped_readings"];

/// The format.
pub struct Csv;

impl Format for Csv {
    fn write(&self, session: &mut SessionReader, out: &mut dyn Write) -> Result<(), ExportError> {
        let mut table = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
        let probabilities = Emotion::ALL.map(|emotion| format!("p_{emotion}"));
        let columns = BEFORE
            .into_iter()
            .chain(probabilities.iter().map(String::as_str))
            .chain(AFTER)
            .chain(FACTS)
            .chain(LATER);
        table.write_record(columns).map_err(write_error)?;
        while let Some(record) = session.next() {
            write_row(&mut table, &Row::new(session.header(), &record?))?;
        }
        table.flush()?;
        Ok(())
    }
}

/// The cells of one record; empty where it has none.
#[derive(Default)]
struct Row {
    caller: String,
    label: String,
    t_s: String,
    record: &'static str,
    state: &'static str,
    emotion: &'static str,
    certainty: String,
    probabilities: [String; Emotion::ALL.len()],
    activity: &'static str,
    lost_samples: String,
    rate_hz: String,
    lost_s: String,
    from_s: String,
    text: String,
    facts: [String; FACTS.len()],
    muted_s: String,
    skipped_readings: String,
}

impl Row {
    fn new(header: &Header, record: &Record) -> Self {
        let mut row = Row { t_s: number(record.t().seconds()), ..Row::default() };
        if let Some(caller) = record.caller() {
            row.caller = caller.to_string();
            row.label =
                header.callers.get(caller).map_or(String::new(), |entry| free_text(&entry.label));
        }
        match record {
            Record::Reading(reading) => {
                row.record = "reading";
                row.state = match reading.state {
                    ReadingState::Emotion => "emotion",
                    ReadingState::Uncertain => "uncertain",
                };
                row.emotion = reading.emotion.label();
                row.certainty = number(f64::from(reading.certainty));
                row.probabilities = reading.scores.0.map(|p| number(f64::from(p)));
            }
            Record::Activity(activity) => {
                row.record = "activity";
                row.activity = activity_name(activity.activity);
            }
            Record::Operator(operator) => {
                row.record = "operator";
                row.activity = match (operator.speaks, operator.echoed) {
                    (true, true) => "speaks_echoed",
                    (true, false) => "speaks",
                    (false, true) => "echoed",
                    (false, false) => "silent",
                };
            }
            Record::Facts(facts) => {
                row.record = "facts";
                row.facts = cells_of_facts(facts);
            }
            Record::Gap(gap) => {
                row.record = "gap";
                row.lost_samples = gap.lost_samples.to_string();
                row.rate_hz = gap.rate_hz.to_string();
                row.lost_s = number(gap.lost_s);
            }
            Record::Muted(muted) => {
                row.record = "muted";
                row.rate_hz = muted.rate_hz.to_string();
                row.muted_s = number(muted.muted_s);
            }
            Record::Alert(alert) => {
                row.record = "alert";
                row.state = alert.rule.label();
                row.emotion = alert.emotion.map_or("", Emotion::label);
                row.from_s = number(alert.from.seconds());
                row.text = alert_text(alert);
            }
            Record::Acknowledged(acknowledged) => {
                row.record = "acknowledged";
                row.from_s = number(acknowledged.alert_t.seconds());
            }
            Record::AlertFailed(failed) => {
                row.record = "alert_failed";
                row.text = free_text(&failed.reason);
            }
            Record::Skipped(skipped) => {
                row.record = "skipped";
                row.skipped_readings = skipped.readings.to_string();
            }
            Record::Mark(mark) => {
                row.record = "mark";
                row.text = free_text(&mark.text);
            }
            Record::Label(label) => {
                row.record = "label";
                row.text = free_text(&label.label);
            }
            Record::Notice(_) => row.record = "notice",
            Record::Seek(seek) => {
                row.record = "seek";
                row.from_s = number(seek.from.seconds());
            }
            Record::Unwritten(unwritten) => {
                row.record = "unwritten";
                row.from_s = number(unwritten.from.seconds());
                let UnwrittenRecord { records, readings, marks, .. } = unwritten;
                row.text =
                    format!("missing records: {records} (readings: {readings}, marks: {marks})");
            }
            Record::End(end) => {
                row.record = "end";
                row.text = free_text(&end.reason.to_string());
            }
        }
        row
    }
}

fn write_row<W: Write>(table: &mut Writer<W>, row: &Row) -> Result<(), ExportError> {
    let before =
        [&row.caller, &row.label, &row.t_s, row.record, row.state, row.emotion, &row.certainty];
    let after =
        [row.activity, &row.lost_samples, &row.rate_hz, &row.lost_s, &row.from_s, &row.text];
    let cells = before
        .into_iter()
        .chain(row.probabilities.iter().map(String::as_str))
        .chain(after)
        .chain(row.facts.iter().map(String::as_str))
        .chain([row.muted_s.as_str(), &row.skipped_readings]);
    table.write_record(cells).map_err(write_error)
}

/// The reason, and after a colon the hotline's own text.
fn alert_text(alert: &AlertRecord) -> String {
    match &alert.guidance {
        Some(guidance) => free_text(&format!("{}: {guidance}", alert.reason)),
        None => free_text(&alert.reason),
    }
}

/// In the order of [`FACTS`].
fn cells_of_facts(record: &FactsRecord) -> [String; FACTS.len()] {
    let FactsRecord { facts, change, .. } = record;
    let change = change.as_ref();
    [
        Some(facts.loudness_db),
        facts.pitch_hz,
        facts.pitch_range_semitones,
        Some(facts.syllables_per_s),
        Some(facts.pause_share),
        change.map(|change| change.loudness_db),
        change.and_then(|change| change.pitch_semitones),
        change.and_then(|change| change.pitch_range_semitones),
        change.and_then(|change| change.rate_ratio),
        change.map(|change| change.pause_share),
    ]
    .map(|value| value.map_or(String::new(), |value| number(f64::from(value))))
}

/// The system's own error, with its kind. Every row has the same number of cells, so there is no other.
fn write_error(error: csv::Error) -> ExportError {
    ExportError::Write(match error.into_kind() {
        csv::ErrorKind::Io(reason) => reason,
        other => io::Error::other(format!("{other:?}")),
    })
}

fn number(value: f64) -> String {
    four_decimals(value).to_string()
}

fn activity_name(activity: Activity) -> &'static str {
    match activity {
        Activity::Listening => "listening",
        Activity::TooShort => "too_short",
        Activity::Speaking => "speaking",
    }
}

/// What a person typed, such that no spreadsheet takes it for a formula and no terminal for a command, and
/// that a row stays one line. (What was typed to the letter is in the export as JSON.)
///
/// A cell that could begin a formula gets an apostrophe in front (OWASP, "CSV Injection").
fn free_text(text: &str) -> String {
    let begins_formula = |character| "=+-@＝＋－＠".contains(character);
    let cell = plain(text);
    if cell.trim_start().starts_with(begins_formula) { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plain_text::tests::hostile;
    use crate::session::record::{CallerEntry, MarkRecord, ModelEntry};
    use crate::session::{Header, SESSION_VERSION};
    use crate::stream_time::StreamTime;
    use proptest::prelude::*;
    use std::io::Cursor;
    use std::path::Path;

    /// A log with one caller and one mark as CSV.
    fn exported(label: &str, text: &str) -> String {
        let header = Header {
            version: SESSION_VERSION,
            undertone: String::new(),
            started: String::new(),
            stream_rate_hz: 8000,
            model: ModelEntry { name: String::new(), recipe: String::new(), sha256: String::new() },
            settings: serde_json::Value::Null,
            backend: String::new(),
            callers: vec![CallerEntry { label: label.to_owned(), source: String::new() }],
            operator: None,
        };
        let mark = MarkRecord { caller: 0, t: StreamTime::ZERO, text: text.to_owned() };
        let log = format!(
            "{}\n{}\n",
            serde_json::to_string(&header).unwrap(),
            serde_json::to_string(&Record::Mark(mark)).unwrap()
        );
        let mut log = SessionReader::new(Box::new(Cursor::new(log)), Path::new("x")).unwrap();
        let mut bytes = Vec::new();
        Csv.write(&mut log, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// Its rows, read back by the csv crate.
    fn rows(label: &str, text: &str) -> Vec<Vec<String>> {
        let file = exported(label, text);
        let mut table = csv::ReaderBuilder::new().has_headers(false).from_reader(file.as_bytes());
        table.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn no_cell_begins_a_formula() {
        let formulas = ["=1+1", "+1", "-1", "@SUM(A1)", "  =1", "＝1", "=cmd|'/C calc'!A0"];
        for formula in formulas {
            let rows = rows(formula, formula);
            let expected = format!("'{formula}");
            assert_eq!((&rows[1][1], &rows[1][19]), (&expected, &expected));
        }
        assert_eq!(rows("desk", "5 - 3 = 2")[1][19], "5 - 3 = 2");
        for (hidden, expected) in [("\t=1", "␉=1"), ("\r=1", "␍=1"), ("\n=1", "␊=1")] {
            assert_eq!(rows("desk", hidden)[1][19], expected);
        }
    }

    #[test]
    fn text_of_any_kind_stays_in_its_cell() {
        let text = "a,\"b\";\r\nc\u{1b}[31m\0\u{9b}\u{202e}".repeat(600);
        let rows = rows("x", &text);
        assert_eq!(rows.len(), 2);
        assert!(rows.iter().all(|row| row.len() == 30 + LATER.len()));
        let expected = "a,\"b\";␍␊c␛[31m␀\u{fffd}\u{fffd}".repeat(600);
        assert_eq!(rows[1][19], expected);
    }

    proptest! {
        #[test]
        fn whatever_was_typed_a_record_is_one_line_of_the_file(label in hostile(), text in hostile()) {
            let file = exported(&label, &text);
            let lines: Vec<&str> = file.split_terminator("\r\n").collect();
            prop_assert_eq!(lines.len(), 2, "{:?}", file);
            prop_assert!(lines.iter().all(|line| plain(line) == *line), "{:?}", file);
            let rows = rows(&label, &text);
            prop_assert_eq!(rows[1].len(), rows[0].len());
            for cell in [&rows[1][1], &rows[1][19]] {
                prop_assert!(!cell.starts_with(['=', '+', '-', '@']), "{:?}", cell);
            }
        }
    }
}
