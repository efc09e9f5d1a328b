//! A table that somebody wrote: CSV as programs, and spreadsheets of any country, write it.
//!
//! In: a file. Out: a reader of its rows, whose lines are counted as an editor counts them. Between fields may stand
//! commas, semicolons or tabs, after a line what any system puts there. Keeps nothing.

use csv::{ReaderBuilder, StringRecord, Trim};
use std::io::Cursor;
use std::path::Path;

/// What stands between fields; the first is meant where none is there.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// What some programs begin a text in UTF-8 with.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Reads the rows of a table.
pub type Reader = csv::Reader<Cursor<Vec<u8>>>;

/// How many fields a row has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// As many as the header; another row is an error.
    Even,
    /// As many as were written.
    Uneven,
}

/// Opens a table with a header. Spaces around fields do not count.
///
/// # Errors
/// What the system says of the file.
pub fn open(path: &Path, rows: Rows) -> std::io::Result<Reader> {
    let mut text = with_plain_line_ends(std::fs::read(path)?);
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len());
    }
    let mut builder = ReaderBuilder::new();
    builder.trim(Trim::All).flexible(rows == Rows::Uneven).delimiter(separator(&text));
    Ok(builder.from_reader(Cursor::new(text)))
}

/// The rows below the header, each with the line on which it stands: the reader's own count leaves out what is empty
/// above a row.
pub fn rows(reader: &mut Reader) -> impl Iterator<Item = Result<StringRecord, csv::Error>> {
    std::iter::from_fn(move || {
        let mut row = StringRecord::new();
        match reader.read_record(&mut row) {
            Ok(false) => return None,
            Ok(true) => {}
            Err(error) => return Some(Err(error)),
        }
        if let Some(mut position) = row.position().cloned() {
            let from = usize::try_from(position.byte()).unwrap_or(usize::MAX);
            let rest = reader.get_ref().get_ref().get(from..).unwrap_or_default();
            let n_empty = rest.iter().take_while(|&&byte| byte == b'\n').count();
            position.set_line(position.line() + n_empty as u64);
            row.set_position(Some(position));
        }
        Some(Ok(row))
    })
}

/// A number with a decimal point, or with a comma, as half of the world's spreadsheets write it.
#[must_use]
pub fn number(field: &str) -> Option<f64> {
    field.parse().or_else(|_| field.replacen(',', ".", 1).parse()).ok()
}

/// The line, from 1, on which a row begins; 0 where it is of no file.
#[must_use]
pub fn line_of(row: &StringRecord) -> u64 {
    row.position().map_or(0, csv::Position::line)
}

/// Line feeds alone: the reader takes the feed after a return for the next line's.
fn with_plain_line_ends(text: Vec<u8>) -> Vec<u8> {
    if !text.contains(&b'\r') {
        return text;
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.into_iter().peekable();
    while let Some(byte) = bytes.next() {
        if byte == b'\r' {
            bytes.next_if_eq(&b'\n');
            plain.push(b'\n');
        } else {
            plain.push(byte);
        }
    }
    plain
}

/// What stands most often between the fields of the header.
fn separator(text: &[u8]) -> u8 {
    let header =
        text.split(|&byte| byte == b'\n').find(|line| !line.is_empty()).unwrap_or_default();
    let mut is_quoted = false;
    let mut counts = [0_usize; SEPARATORS.len()];
    for byte in header {
        is_quoted ^= *byte == b'"';
        let separates = SEPARATORS.iter().position(|separator| separator == byte && !is_quoted);
        if let Some(at) = separates {
            counts[at] += 1;
        }
    }
    // Of equals the first.
    let most = (0..counts.len()).rev().max_by_key(|&at| counts[at]).unwrap_or(0);
    SEPARATORS[most]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(u64, Vec<String>)> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let mut reader = open(file.path(), Rows::Even).unwrap();
        let records = rows(&mut reader).map(Result::unwrap);
        records.map(|row| (line_of(&row), row.iter().map(str::to_owned).collect())).collect()
    }

    #[test]
    fn the_line_is_the_editors_whatever_ends_lines() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "1,2", "\"3", "and more\",4", "", "5,6", ""].join(end);
            let lines: Vec<u64> = read(&text).into_iter().map(|(line, _)| line).collect();
            assert_eq!(lines, [2, 3, 6], "{end:?}");
        }
    }

    #[test]
    fn a_spreadsheets_separators_are_found_in_the_header() {
        let expected = vec![(2, vec!["1,5".to_owned(), "x".to_owned()])];
        for text in ["\u{feff}a;b\r\n1,5; x\r\n", "a\tb\n1,5\tx\n", "\"a,z\";b\n\"1,5\";x\n"] {
            assert_eq!(read(text), expected, "{text:?}");
        }
        assert_eq!(read("a,\"b;;;\"\n1,2;3\n"), [(2, vec!["1".into(), "2;3".into()])]);
        assert_eq!(read("one\nalone\n"), [(2, vec!["alone".to_owned()])]);
    }

    #[test]
    fn a_decimal_comma_is_a_point() {
        for (field, expected) in [("1.5", Some(1.5)), ("1,5", Some(1.5)), ("2", Some(2.0))] {
            assert_eq!(number(field), expected);
        }
        for field in ["", "x", "1,000,5", "1.000,5"] {
            assert_eq!(number(field), None, "{field}");
        }
    }
}
