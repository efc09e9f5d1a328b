//! Parquet: a row a record, in the columns of `cells`, for data frames and databases.
//!
//! In: sessions. Out: a file of groups of rows. Keeps the rows of one group. Cells that a record lacks are null.

use super::cells::{COLUMNS, Cell, Kind, SESSION_COLUMNS, cells};
use super::{ExportError, Sessions, Table, session_name};
use crate::session::SessionReader;
use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Rows between two groups of pages: some megabytes of memory.
const ROWS_IN_GROUP: usize = 65_536;

/// A Parquet file being written.
pub struct Parquet<'a> {
    out: &'a mut dyn Write,
    file: SerializedFileWriter<Written>,
    /// What the file has grown by, and `out` has not got yet.
    written: Written,
    sessions: Sessions,
    columns: Vec<Column>,
}

/// Bytes on their way: the library wants to own what it writes to.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The cells of one column in a group of rows.
struct Column {
    kind: Kind,
    /// For each row 1 where it has a cell here, and else 0.
    levels: Vec<i16>,
    integers: Vec<i64>,
    numbers: Vec<f64>,
    texts: Vec<ByteArray>,
}

impl<'a> Parquet<'a> {
    /// Writes the beginning of the file.
    ///
    /// # Errors
    /// When `out` takes no more.
    pub fn begin(out: &'a mut dyn Write, sessions: Sessions) -> Result<Self, ExportError> {
        let of_session = (sessions == Sessions::Several).then_some(SESSION_COLUMNS);
        let of_session = of_session.into_iter().flatten().map(|name| (name, Kind::Text));
        let named: Vec<_> = of_session.chain(COLUMNS).collect();
        let columns = named.iter().map(|(_, kind)| Column::new(*kind)).collect();
        let fields = named.iter().map(|(name, kind)| field(name, *kind));
        let fields = fields.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        let schema = Type::group_type_builder("session_log").with_fields(fields).build();
        let by = concat!("undertone version ", env!("CARGO_PKG_VERSION"));
        let properties = WriterProperties::builder().set_created_by(by.to_owned()).build();
        let written = Written::default();
        let schema = Arc::new(schema.map_err(failed)?);
        let file = SerializedFileWriter::new(written.clone(), schema, Arc::new(properties));
        Ok(Parquet { out, file: file.map_err(failed)?, written, sessions, columns })
    }

    /// Writes the rows so far as a group.
    fn write_group(&mut self) -> Result<(), ExportError> {
        if self.columns.iter().any(|column| !column.levels.is_empty()) {
            let mut group = self.file.next_row_group().map_err(failed)?;
            for column in &mut self.columns {
                let writer = group.next_column().map_err(failed)?;
                if let Some(writer) = writer {
                    let kind = column.kind;
                    let full = std::mem::replace(column, Column::new(kind));
                    full.write(writer).map_err(failed)?;
                }
            }
            group.close().map_err(failed)?;
        }
        Ok(self.out.write_all(&self.written.take())?)
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
            if self.columns[0].levels.len() == ROWS_IN_GROUP {
                self.write_group()?;
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), ExportError> {
        self.write_group()?;
        self.file.finish().map_err(failed)?;
        self.out.write_all(&self.written.take())?;
        Ok(self.out.flush()?)
    }
}

impl Column {
    fn new(kind: Kind) -> Self {
        let (levels, integers, numbers, texts) = Default::default();
        Column { kind, levels, integers, numbers, texts }
    }

    /// One more row.
    fn push(&mut self, cell: &Cell<'_>) {
        self.levels.push(i16::from(*cell != Cell::Empty));
        match cell {
            Cell::Empty => {}
            Cell::Integer(integer) => {
                self.integers.push(i64::try_from(*integer).unwrap_or(i64::MAX));
            }
            Cell::Number(number) => self.numbers.push(*number),
            Cell::Word(word) => self.texts.push(ByteArray::from(*word)),
            Cell::Text(text) => self.texts.push(ByteArray::from(text.as_ref())),
        }
    }

    fn write(self, mut writer: SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let Column { kind, levels, integers, numbers, texts } = self;
        let levels = Some(&levels[..]);
        match kind {
            Kind::Integer => {
                writer.typed::<Int64Type>().write_batch(&integers, levels, None)?;
            }
            Kind::Number => {
                writer.typed::<DoubleType>().write_batch(&numbers, levels, None)?;
            }
            Kind::Text => {
                writer.typed::<ByteArrayType>().write_batch(&texts, levels, None)?;
            }
        }
        writer.close()
    }
}

/// A column's type.
fn field(name: &str, kind: Kind) -> Result<Arc<Type>, ParquetError> {
    let (physical, logical) = match kind {
        Kind::Integer => (Physical::INT64, None),
        Kind::Number => (Physical::DOUBLE, None),
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
    };
    let field = Type::primitive_type_builder(name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical);
    field.build().map(Arc::new)
}

fn failed(error: ParquetError) -> ExportError {
    ExportError::Write(io::Error::other(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::{ExportFormat, ExportOptions, export};
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use std::io::Cursor;
    use std::path::Path;

    const GOLDEN: &str = include_str!("../../../../tests/data/session/input/two-callers.jsonl");

    fn exported(log: &str) -> Vec<u8> {
        let log = Box::new(Cursor::new(log.to_owned()));
        let mut log = SessionReader::new(log, Path::new("x")).unwrap();
        let mut file = Vec::new();
        export(&mut log, ExportFormat::Parquet, ExportOptions::default(), &mut file).unwrap();
        file
    }

    #[test]
    fn a_row_is_there_for_each_record_and_a_column_for_each_name() {
        for (log, n_rows) in
            [(GOLDEN, GOLDEN.lines().count() - 1), (GOLDEN.split_once('\n').unwrap().0, 0)]
        {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("x.parquet");
            std::fs::write(&path, exported(log)).unwrap();
            let reader = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
            let about = reader.metadata().file_metadata();
            assert_eq!(about.num_rows(), i64::try_from(n_rows).unwrap());
            let names =
                about.schema_descr().columns().iter().map(|column| column.name().to_owned());
            assert_eq!(names.collect::<Vec<_>>(), COLUMNS.map(|(name, _)| name.to_owned()));
            let rows = reader.get_row_iter(None).unwrap().map(Result::unwrap);
            assert_eq!(rows.count(), n_rows);
        }
    }

    #[test]
    fn groups_of_rows_follow_one_another() {
        let (header, records) = GOLDEN.split_once('\n').unwrap();
        let mark = records.lines().find(|line| line.contains("\"mark\"")).unwrap();
        let n_rows = ROWS_IN_GROUP + 5;
        let file = exported(&format!("{header}\n{}", format!("{mark}\n").repeat(n_rows)));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.parquet");
        std::fs::write(&path, file).unwrap();
        let reader = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
        assert_eq!(reader.num_row_groups(), 2);
        assert_eq!(reader.get_row_iter(None).unwrap().count(), n_rows);
    }
}
