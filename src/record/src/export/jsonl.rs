//! JSON Lines: one flat object a record, with the columns of the CSV as its keys, typed.
//!
//! In: open logs. Out: UTF-8 text, one object a line. The first line has every key, so that a reader that
//! looks at the beginning only knows them all; later ones leave out what a record has no value for. Text is
//! kept to the letter; what would steer a terminal is written as an escape. Keeps one line.

use std::io::Write;

use super::cells::{COLUMNS, Cell, SESSION_COLUMNS, cells};
use super::{ExportError, Sessions, Table, session_name};
use crate::plain_text::escaped_json;
use crate::session::SessionReader;

/// A JSON Lines file being written.
pub struct Jsonl<'a> {
    out: &'a mut dyn Write,
    sessions: Sessions,
    is_first: bool,
}

impl<'a> Jsonl<'a> {
    /// Writes nothing yet.
    pub fn begin(out: &'a mut dyn Write, sessions: Sessions) -> Self {
        Jsonl { out, sessions, is_first: true }
    }
}

impl Table for Jsonl<'_> {
    fn add(&mut self, session: &mut SessionReader) -> Result<(), ExportError> {
        let started = session.header().started.clone();
        let of_session = match self.sessions {
            Sessions::One => String::new(),
            Sessions::Several => [session_name(session), started]
                .iter()
                .zip(SESSION_COLUMNS)
                .fold(String::new(), |all, (value, key)| {
                    format!("{all}\"{key}\":{},", json_text(value))
                }),
        };
        let mut line = String::new();
        while let Some(record) = session.next() {
            let record = record?;
            line.clear();
            line.push('{');
            line.push_str(&of_session);
            for (cell, (key, _)) in cells(session.header(), &record).into_iter().zip(COLUMNS) {
                let value = match cell {
                    Cell::Empty if !self.is_first => continue,
                    Cell::Empty => "null".to_owned(),
                    Cell::Integer(number) => number.to_string(),
                    Cell::Number(number) => serde_json::Value::from(number).to_string(),
                    Cell::Word(word) => format!("\"{word}\""),
                    Cell::Text(text) => json_text(&text),
                };
                for part in ["\"", key, "\":", &value, ","] {
                    line.push_str(part);
                }
            }
            // The record's kind is always there, and so a comma to take back.
            line.pop();
            line.push_str("}\n");
            self.out.write_all(line.as_bytes())?;
            self.is_first = false;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), ExportError> {
        Ok(self.out.flush()?)
    }
}

fn json_text(text: &str) -> String {
    escaped_json(&serde_json::Value::from(text).to_string())
}
