//! Apache Parquet: the columns of the CSV, typed, for `DuckDB`, pandas and their kin.
//!
//! In: open logs. Out: a Parquet file (format 2, pages of version 1, not compressed: the dictionaries make it a
//! fifth of the CSV's size as it is). Text is kept to the letter. Keeps 65,536 rows.
//!
//! Written by hand after the format's specification (<https://github.com/apache/parquet-format>): the crate `parquet`
//! turns on features of what burn is built with, and needs more code than this for one use of many. Readers
//! that we did not write check it in `make test-foreign`.

mod column;
mod thrift;

use std::io::{self, Write};

use column::Column;
use thrift::{STRUCT, Thrift};

use super::cells::{COLUMNS, Cell, Kind, SESSION_COLUMNS, cells};
use super::{ExportError, Sessions, Table, session_name};
use crate::session::SessionReader;

/// Rows between two groups of pages: some megabytes of memory.
const ROWS_IN_GROUP: u64 = 65_536;

const MAGIC: &[u8] = b"PAR1";

/// Numbers from `parquet.thrift`.
const FORMAT_VERSION: i32 = 2;
const REPETITION_REQUIRED: i32 = 0;
const REPETITION_OPTIONAL: i32 = 1;
const CONVERTED_UTF8: i32 = 0;

/// A Parquet file being written.
pub struct Parquet<'a> {
    out: &'a mut dyn Write,
    /// Bytes written so far.
    position: u64,
    sessions: Sessions,
    columns: Vec<Column>,
    /// Rows in the columns, not yet written.
    n_rows: u64,
    groups: Vec<Group>,
}

/// What the end of the file tells of a group of rows.
struct Group {
    n_rows: u64,
    len: u64,
    /// One `ColumnChunk` a column.
    chunks: Vec<Thrift>,
}

impl<'a> Parquet<'a> {
    /// Writes the beginning of the file.
    ///
    /// # Errors
    /// When `out` takes no more.
    pub fn begin(out: &'a mut dyn Write, sessions: Sessions) -> Result<Self, ExportError> {
        out.write_all(MAGIC)?;
        let of_session = (sessions == Sessions::Several).then_some(SESSION_COLUMNS);
        let of_session = of_session.into_iter().flatten().map(|name| (name, Kind::Text));
        let columns = of_session.chain(COLUMNS).map(|(name, kind)| Column::new(name, kind));
        Ok(Parquet {
            out,
            position: MAGIC.len() as u64,
            sessions,
            columns: columns.collect(),
            n_rows: 0,
            groups: Vec::new(),
        })
    }

    fn write_group(&mut self) -> io::Result<()> {
        if self.n_rows == 0 {
            return Ok(());
        }
        let begins = self.position;
        let mut chunks = Vec::new();
        for column in &mut self.columns {
            let (bytes, chunk) = column.take_pages(self.position);
            self.out.write_all(&bytes)?;
            self.position += bytes.len() as u64;
            chunks.push(chunk);
        }
        self.groups.push(Group { n_rows: self.n_rows, len: self.position - begins, chunks });
        self.n_rows = 0;
        Ok(())
    }

    /// What a reader reads first: the end of the file.
    fn metadata(&self) -> Thrift {
        let mut data = Thrift::default();
        data.int(1, FORMAT_VERSION);
        data.list(2, STRUCT, self.columns.len() + 1);
        data.element(&root(self.columns.len()));
        for column in &self.columns {
            data.element(&schema_of(column));
        }
        data.long(3, self.groups.iter().map(|group| group.n_rows).sum());
        data.list(4, STRUCT, self.groups.len());
        for group in &self.groups {
            let mut row_group = Thrift::default();
            row_group.list(1, STRUCT, group.chunks.len());
            for chunk in &group.chunks {
                row_group.element(chunk);
            }
            row_group.long(2, group.len);
            row_group.long(3, group.n_rows);
            data.element(&row_group);
        }
        data.text(6, concat!("undertone version ", env!("CARGO_PKG_VERSION")));
        data
    }
}

impl Table for Parquet<'_> {
    fn add(&mut self, session: &mut SessionReader) -> Result<(), ExportError> {
        let of_session = match self.sessions {
            Sessions::One => Vec::new(),
            Sessions::Several => vec![session_name(session), session.header().started.clone()],
        };
        while let Some(record) = session.next() {
            let record = record?;
            let cells = cells(session.header(), &record);
            let before = of_session.iter().map(|text| Cell::Text(text.into()));
            for (column, cell) in self.columns.iter_mut().zip(before.chain(cells)) {
                column.push(&cell);
            }
            self.n_rows += 1;
            if self.n_rows == ROWS_IN_GROUP {
                self.write_group()?;
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), ExportError> {
        self.write_group()?;
        let metadata = self.metadata().finish();
        self.out.write_all(&metadata)?;
        let len = u32::try_from(metadata.len()).map_err(io::Error::other)?;
        self.out.write_all(&len.to_le_bytes())?;
        self.out.write_all(MAGIC)?;
        Ok(self.out.flush()?)
    }
}

/// The element that holds the columns.
fn root(n_columns: usize) -> Thrift {
    let mut element = Thrift::default();
    element.int(3, REPETITION_REQUIRED);
    element.text(4, "session_log");
    element.int(5, i32::try_from(n_columns).unwrap_or(i32::MAX));
    element
}

fn schema_of(column: &Column) -> Thrift {
    let mut element = Thrift::default();
    element.int(1, column.physical_type());
    element.int(3, REPETITION_OPTIONAL);
    element.text(4, column.name());
    if column.kind() == Kind::Text {
        element.int(6, CONVERTED_UTF8);
        let mut logical = Thrift::default();
        // `LogicalType` is a union, in which the empty struct 1 stands for a string.
        logical.nested(1, &Thrift::default());
        element.nested(10, &logical);
    }
    element
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::{ExportFormat, ExportOptions, export};
    use std::io::Cursor;
    use std::path::Path;

    const GOLDEN: &str = include_str!("../../../../../tests/data/session/input/two-callers.jsonl");

    #[test]
    fn a_file_begins_and_ends_with_its_name_and_says_how_long_its_end_is() {
        for log in [GOLDEN, GOLDEN.split_once('\n').unwrap().0] {
            let log = Box::new(Cursor::new(log.to_owned()));
            let mut log = SessionReader::new(log, Path::new("x")).unwrap();
            let mut file = Vec::new();
            export(&mut log, ExportFormat::Parquet, ExportOptions::default(), &mut file).unwrap();
            assert!(file.starts_with(MAGIC) && file.ends_with(MAGIC));
            let end = file.len() - 8;
            let len = u32::from_le_bytes(file[end..end + 4].try_into().unwrap());
            let metadata = &file[end - usize::try_from(len).unwrap()..end];
            // Field 1, an int of 2, as zigzag; at last the stop.
            assert_eq!((&metadata[..2], metadata.last()), (&[0x15, 4][..], Some(&0)));
        }
    }
}
