//! CSV (RFC 4180): one row a record, one column a field, in the order of the log.
//!
//! In: open logs. Out: UTF-8 text with a header row and CRLF line ends, with the separator and the decimals of a
//! country's [`Spreadsheet`] where that is wanted. A cell that a record has no
//! value for is empty. Keeps one row.

use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};

use super::cells::{COLUMNS, Cell, SESSION_COLUMNS, cells};
use super::{ExportError, Sessions, Spreadsheet, Table, session_name};
use crate::plain_text::plain;
use crate::session::SessionReader;

/// U+FEFF in UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A CSV file being written.
pub struct Csv<'a> {
    table: Writer<&'a mut dyn Write>,
    sessions: Sessions,
    spreadsheet: Spreadsheet,
}

impl<'a> Csv<'a> {
    /// Writes the header row.
    ///
    /// # Errors
    /// When `out` takes no more.
    pub fn begin(
        out: &'a mut dyn Write,
        sessions: Sessions,
        spreadsheet: Spreadsheet,
    ) -> Result<Self, ExportError> {
        if spreadsheet.has_mark {
            out.write_all(BYTE_ORDER_MARK)?;
        }
        let mut builder = WriterBuilder::new();
        builder.terminator(Terminator::CRLF).delimiter(spreadsheet.separator);
        let mut table = builder.from_writer(out);
        let of_session = (sessions == Sessions::Several).then_some(SESSION_COLUMNS);
        let names = of_session.into_iter().flatten().chain(COLUMNS.map(|(name, _)| name));
        table.write_record(names).map_err(write_error)?;
        Ok(Csv { table, sessions, spreadsheet })
    }
}

impl Table for Csv<'_> {
    fn add(&mut self, session: &mut SessionReader) -> Result<(), ExportError> {
        let of_session = (self.sessions == Sessions::Several)
            .then(|| [free_text(&session_name(session)), free_text(&session.header().started)]);
        while let Some(record) = session.next() {
            let record = record?;
            for cell in of_session.iter().flatten() {
                self.table.write_field(cell).map_err(write_error)?;
            }
            for cell in cells(session.header(), &record) {
                let written = match cell {
                    Cell::Empty => self.table.write_field(""),
                    Cell::Integer(number) => self.table.write_field(number.to_string()),
                    Cell::Number(number) => self.table.write_field(self.spreadsheet.number(number)),
                    Cell::Word(word) => self.table.write_field(word),
                    Cell::Text(text) => self.table.write_field(free_text(&text)),
                };
                written.map_err(write_error)?;
            }
            self.table.write_record(None::<&[u8]>).map_err(write_error)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), ExportError> {
        Ok(self.table.flush()?)
    }
}

/// The system's own error, with its kind. Every row has the same number of cells, so there is no other.
fn write_error(error: csv::Error) -> ExportError {
    ExportError::Write(match error.into_kind() {
        csv::ErrorKind::Io(reason) => reason,
        other => io::Error::other(format!("{other:?}")),
    })
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
    use crate::export::{ExportFormat, ExportOptions, export};
    use crate::plain_text::hostile::hostile;
    use crate::session::record::{CallerEntry, ModelEntry};
    use crate::session::{Header, SESSION_VERSION};
    use hearing::fact::{Event, Fact};
    use hearing::stream_time::StreamTime;
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
            model: ModelEntry {
                name: String::new(),
                recipe: String::new(),
                sha256: String::new(),
                language: None,
            },
            settings: serde_json::Value::Null,
            alerts: None,
            calls: None,
            backend: String::new(),
            callers: vec![CallerEntry { label: label.to_owned(), source: String::new() }],
            operator: None,
            recording: None,
        };
        let event = Event::Mark { text: text.to_owned() };
        let mark = Fact { caller: 0, at: StreamTime::ZERO, event };
        let log = format!(
            "{}\n{}\n",
            serde_json::to_string(&header).unwrap(),
            serde_json::to_string(&mark).unwrap()
        );
        let mut log = SessionReader::new(Box::new(Cursor::new(log)), Path::new("x")).unwrap();
        let mut bytes = Vec::new();
        export(&mut log, ExportFormat::Csv, ExportOptions::default(), &mut bytes).unwrap();
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
        assert!(rows.iter().all(|row| row.len() == COLUMNS.len()));
        let expected = "a,\"b\";␍␊c␛[31m␀\u{fffd}\u{fffd}".repeat(600);
        assert_eq!(rows[1][19], expected);
    }

    #[test]
    fn another_country_s_table_says_the_same() {
        let log = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/data/session/input/two-callers.jsonl"
        );
        let table = |locale: Option<&str>| {
            let spreadsheet: Spreadsheet = locale.map(|it| it.parse().unwrap()).unwrap_or_default();
            let options = ExportOptions { spreadsheet, ..ExportOptions::default() };
            let mut bytes = Vec::new();
            let mut log = SessionReader::open(Path::new(log)).unwrap();
            export(&mut log, ExportFormat::Csv, options, &mut bytes).unwrap();
            let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
            let mut builder = csv::ReaderBuilder::new();
            let mut read = builder.delimiter(spreadsheet.separator).from_reader(text);
            let rows: Vec<Vec<String>> = read
                .records()
                .map(|row| row.unwrap().iter().map(str::to_owned).collect())
                .collect();
            (bytes, rows)
        };
        let (_, plain) = table(None);
        let (german, of_german) = table(Some("de"));
        assert!(german.starts_with(BYTE_ORDER_MARK));
        assert!(String::from_utf8(german).unwrap().contains(";0,"), "decimals have a comma");
        let values = |rows: &[Vec<String>]| -> Vec<Option<f64>> {
            rows.iter().flatten().map(|cell| cell.replacen(',', ".", 1).parse().ok()).collect()
        };
        assert!(values(&plain).iter().flatten().any(|value| value.fract() > 0.0));
        assert_eq!(values(&of_german), values(&plain));
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
