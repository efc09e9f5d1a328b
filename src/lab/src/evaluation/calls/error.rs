//! What can be wrong with a manifest of calls or with a call's labels.

use std::path::PathBuf;

/// What can be wrong with a manifest of calls or with a call's labels: what happened, to what, what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}; check the path and that you may read it")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file is no CSV in UTF-8, or a row has too few or too many fields.
    #[error("{path} is not readable: {source}; it must be CSV in UTF-8 with one header line")]
    Csv {
        /// The file.
        path: PathBuf,
        /// The CSV reader's reason, with the line.
        source: csv::Error,
    },
    /// A column is missing.
    #[error("{path} has no column '{column}'; {what} needs the columns {columns}")]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// The column.
        column: &'static str,
        /// What kind of file it is.
        what: &'static str,
        /// All columns that such a file needs.
        columns: &'static str,
    },
    /// A field cannot be understood.
    #[error("{path}, line {line}: {column} is '{value}', but must be {expected}; correct the row")]
    BadField {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// The column.
        column: &'static str,
        /// What stands there.
        value: String,
        /// What could stand there.
        expected: &'static str,
    },
    /// A manifest names a file that is not there.
    #[error(
        "{path}, line {line}: {missing} is not there; paths are relative to the manifest: \
         correct the row or restore the file"
    )]
    MissingFile {
        /// The manifest.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// The file that it names.
        missing: PathBuf,
    },
    /// A file has a header and nothing else.
    #[error("{path} has no row; {what}")]
    Empty {
        /// The file.
        path: PathBuf,
        /// What should stand there.
        what: &'static str,
    },
    /// Two stretches of a call's labels lie over each other.
    #[error(
        "{path}, line {line}: the stretch begins at {start_s:.3} s, before the one above ends \
         ({end_s:.3} s); a caller has one label at a time, in order: correct the times"
    )]
    Overlap {
        /// The labels.
        path: PathBuf,
        /// The later line, counted from 1.
        line: u64,
        /// Where its stretch begins.
        start_s: f64,
        /// Where the stretch above ends.
        end_s: f64,
    },
    /// Labels go on after the recording ends: they are of another one.
    #[error(
        "{path} goes on until {end_s:.3} s, but the recording ends at {length_s:.3} s; \
         correct the times or name the recording that they belong to"
    )]
    BeyondEnd {
        /// The labels.
        path: PathBuf,
        /// Where the last stretch ends.
        end_s: f64,
        /// How long the recording is.
        length_s: f64,
    },
}
