//! A session log in the formats of other programs, one file a format.
//!
//! In: an open log. Out: bytes. A format keeps no more of the log than it must, so that a shift of many
//! callers can be exported.

pub mod csv;
pub mod json;

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use crate::session::{SessionError, SessionReader};

/// A way to write a session.
pub trait Format {
    /// Writes the whole session and flushes.
    ///
    /// A last line that was cut off is left out; afterwards [`SessionReader::is_cut`] tells of it.
    ///
    /// # Errors
    /// [`ExportError`] at the first damaged line, or when `out` takes no more; what was written until
    /// then is no complete document.
    fn write(&self, session: &mut SessionReader, out: &mut dyn Write) -> Result<(), ExportError>;
}

/// The formats by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// One row a record, for spreadsheets and data frames.
    Csv,
    /// One document with the records by kind.
    Json,
}

impl ExportFormat {
    /// All of them.
    pub const ALL: [ExportFormat; 2] = [ExportFormat::Csv, ExportFormat::Json];

    /// The name in the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ExportFormat::Csv => "csv",
            ExportFormat::Json => "json",
        }
    }

    fn format(self) -> &'static dyn Format {
        match self {
            ExportFormat::Csv => &csv::Csv,
            ExportFormat::Json => &json::Json,
        }
    }
}

impl fmt::Display for ExportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A word that is no format's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a format of export; known are csv and json")]
pub struct UnknownFormat(pub String);

impl FromStr for ExportFormat {
    type Err = UnknownFormat;

    /// Reads a name in any case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = ExportFormat::ALL.into_iter().find(|one| one.name().eq_ignore_ascii_case(text));
        found.ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

/// What can go wrong with an export.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The log cannot be read to its end.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The output takes no more.
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// Writes a session in one of the formats.
///
/// # Errors
/// As [`Format::write`].
pub fn export(
    session: &mut SessionReader,
    format: ExportFormat,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    format.format().write(session, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const INPUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/session/input");
    const EXPECTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/session/expected");

    fn exported(log: &Path, format: ExportFormat) -> Result<Vec<u8>, ExportError> {
        let mut bytes = Vec::new();
        export(&mut SessionReader::open(log)?, format, &mut bytes).map(|()| bytes)
    }

    #[test]
    fn the_golden_logs_give_the_reviewed_files() {
        let names = ["two-callers", "facts", "operator", "unwritten", "muted", "alerts", "calls"];
        let all = names.iter().flat_map(|name| ExportFormat::ALL.map(|format| (name, format)));
        for (name, format) in all {
            let log = Path::new(INPUT).join(format!("{name}.jsonl"));
            let exported = exported(&log, format).unwrap();
            let expected = Path::new(EXPECTED).join(format!("{name}.{format}"));
            let reviewed = std::fs::read(&expected).unwrap_or_default();
            assert!(
                exported == reviewed,
                "{} differs; reviewed and right, it would be:\n{}",
                expected.display(),
                String::from_utf8_lossy(&exported)
            );
        }
    }

    #[test]
    fn a_damaged_log_is_not_exported_in_part_without_a_word() {
        let folder = tempfile::tempdir().unwrap();
        let damaged = folder.path().join("damaged.jsonl");
        let golden = std::fs::read_to_string(Path::new(INPUT).join("two-callers.jsonl")).unwrap();
        std::fs::write(&damaged, golden.replacen("too_short", "t__short", 1)).unwrap();
        for format in ExportFormat::ALL {
            let failure = exported(&damaged, format).unwrap_err().to_string();
            assert!(failure.contains("damaged.jsonl, line 2: unknown variant"), "{failure}");
        }
    }

    /// Takes so many bytes, and then the disk is full.
    struct Full(usize);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.0);
            self.0 -= taken;
            if taken == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(taken) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_told_from_other_errors_wherever_it_comes() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("long.jsonl");
        let golden = std::fs::read_to_string(Path::new(INPUT).join("two-callers.jsonl")).unwrap();
        let (header, records) = golden.split_once('\n').unwrap();
        std::fs::write(&log, format!("{header}\n{}", records.repeat(50))).unwrap();
        for format in ExportFormat::ALL {
            let len = exported(&log, format).unwrap().len();
            for space in [0, 1, len / 2, len - 1] {
                let mut session = SessionReader::open(&log).unwrap();
                let failure = export(&mut session, format, &mut Full(space)).unwrap_err();
                let is_full = matches!(&failure, ExportError::Write(reason)
                    if reason.kind() == io::ErrorKind::StorageFull);
                assert!(is_full, "{format} with {space} of {len} bytes: {failure:?}");
            }
        }
    }

    #[test]
    fn formats_are_known_by_name() {
        for format in ExportFormat::ALL {
            assert_eq!(format.to_string().to_uppercase().parse(), Ok(format));
        }
        assert_eq!("xlsx".parse::<ExportFormat>(), Err(UnknownFormat("xlsx".to_owned())));
    }
}
