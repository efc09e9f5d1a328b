//! Session logs in the formats of other programs, one file a format.
//!
//! In: an open log, or several for one table. Out: bytes. A table keeps no more of the log than it must, so that
//! a shift of many callers can be exported; a document keeps what it draws.

mod cells;
pub mod csv;
pub mod eaf;
pub mod emotionml;
pub mod html;
pub mod json;
pub mod jsonl;
mod means;
mod palette;
pub mod parquet;
mod picture;
pub mod png;
mod spreadsheet;
mod story;
mod stretch;
mod strip;
pub mod svg;
pub mod textgrid;
pub mod vtt;

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

pub use html::Score;
pub use spreadsheet::{Spreadsheet, UnknownLocale};

use crate::session::{SessionError, SessionReader};
use hearing::stream_time::{STREAM_RATE_HZ, StreamTime};

/// A way to write one session as a document.
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

/// A table being written, into which any number of sessions go.
pub trait Table {
    /// Adds the records of a session.
    ///
    /// A last line that was cut off is left out; afterwards [`SessionReader::is_cut`] tells of it.
    ///
    /// # Errors
    /// [`ExportError`] at the first damaged line, until which the records are in the table; or when the output
    /// takes no more.
    fn add(&mut self, session: &mut SessionReader) -> Result<(), ExportError>;

    /// Writes what is left and flushes.
    ///
    /// # Errors
    /// When the output takes no more.
    fn finish(self: Box<Self>) -> Result<(), ExportError>;
}

/// How many sessions a table is for: with several, its first columns say which and when that began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sessions {
    /// One.
    One,
    /// Any number.
    Several,
}

/// The formats by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// One row a record, for spreadsheets and data frames.
    Csv,
    /// One document with the records by kind.
    Json,
    /// One flat object a record.
    Jsonl,
    /// The same as columns, for data bases and data frames.
    Parquet,
    /// `WebVTT`: captions that a player shows beside the recording.
    Vtt,
    /// Tiers of intervals and points for Praat.
    TextGrid,
    /// Tiers of annotations for ELAN.
    Eaf,
    /// The W3C's annotations of emotion.
    EmotionMl,
    /// A picture of the timeline.
    Svg,
    /// The same picture in pixels.
    Png,
    /// A report that needs nothing else.
    Html,
}

impl ExportFormat {
    /// All of them.
    pub const ALL: [ExportFormat; 11] = [
        ExportFormat::Csv,
        ExportFormat::Json,
        ExportFormat::Jsonl,
        ExportFormat::Parquet,
        ExportFormat::Vtt,
        ExportFormat::TextGrid,
        ExportFormat::Eaf,
        ExportFormat::EmotionMl,
        ExportFormat::Svg,
        ExportFormat::Png,
        ExportFormat::Html,
    ];

    /// The name in the command line, which is also the end of its files' names.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ExportFormat::Csv => "csv",
            ExportFormat::Json => "json",
            ExportFormat::Jsonl => "jsonl",
            ExportFormat::Parquet => "parquet",
            ExportFormat::Vtt => "vtt",
            ExportFormat::TextGrid => "textgrid",
            ExportFormat::Eaf => "eaf",
            ExportFormat::EmotionMl => "emotionml",
            ExportFormat::Svg => "svg",
            ExportFormat::Png => "png",
            ExportFormat::Html => "html",
        }
    }

    /// The end of its files' names, as other programs look for it.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            ExportFormat::TextGrid => "TextGrid",
            other => other.name(),
        }
    }

    /// Begins a table, if that is what the format is; CSV as `spreadsheet` says.
    ///
    /// # Errors
    /// When `out` takes no more.
    pub fn table(
        self,
        out: &mut dyn Write,
        sessions: Sessions,
        spreadsheet: Spreadsheet,
    ) -> Result<Option<Box<dyn Table + '_>>, ExportError> {
        Ok(match self {
            ExportFormat::Csv => Some(Box::new(csv::Csv::begin(out, sessions, spreadsheet)?)),
            ExportFormat::Jsonl => Some(Box::new(jsonl::Jsonl::begin(out, sessions))),
            ExportFormat::Parquet => Some(Box::new(parquet::Parquet::begin(out, sessions)?)),
            _ => None,
        })
    }

    /// Whether several sessions go into one file.
    #[must_use]
    pub fn is_table(self) -> bool {
        matches!(self, ExportFormat::Csv | ExportFormat::Jsonl | ExportFormat::Parquet)
    }
}

impl fmt::Display for ExportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A word that is no format's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a format of export; known are {known}", known = known())]
pub struct UnknownFormat(pub String);

/// `csv, json and jsonl`
fn known() -> String {
    let names = ExportFormat::ALL.map(ExportFormat::name);
    let (last, others) = names.split_last().unwrap_or((&"", &[]));
    format!("{} and {last}", others.join(", "))
}

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

/// What some of the formats need beside the session.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExportOptions<'a> {
    /// How well the session's model does, which a report tells.
    pub scores: &'a [Score],
    /// How CSV is written.
    pub spreadsheet: Spreadsheet,
}

/// Writes one session in one of the formats.
///
/// # Errors
/// As [`Format::write`].
pub fn export(
    session: &mut SessionReader,
    format: ExportFormat,
    options: ExportOptions<'_>,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let document: &dyn Format = match format {
        ExportFormat::Json => &json::Json,
        ExportFormat::Vtt => &vtt::Vtt,
        ExportFormat::TextGrid => &textgrid::TextGrid,
        ExportFormat::Eaf => &eaf::Eaf,
        ExportFormat::EmotionMl => &emotionml::EmotionMl,
        ExportFormat::Svg => &svg::Svg,
        ExportFormat::Png => &png::Png,
        ExportFormat::Html => &html::Html { scores: options.scores },
        ExportFormat::Csv | ExportFormat::Jsonl | ExportFormat::Parquet => {
            if let Some(mut table) = format.table(out, Sessions::One, options.spreadsheet)? {
                table.add(session)?;
                table.finish()?;
            }
            return Ok(());
        }
    };
    document.write(session, out)
}

/// A position to the nearest millisecond.
fn milliseconds(time: StreamTime) -> u64 {
    let per_second = u64::from(STREAM_RATE_HZ);
    (time.0 * 1000 + per_second / 2) / per_second
}

/// What a table calls a session: the log's file name without its end.
fn session_name(session: &SessionReader) -> String {
    session.path().file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    const INPUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/session/input");
    const EXPECTED: &str =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/session/expected");

    fn scores() -> [Score; 1] {
        [Score { on: "strangers".to_owned(), uar: 0.556 }]
    }

    fn exported(log: &Path, format: ExportFormat) -> Result<Vec<u8>, ExportError> {
        let mut bytes = Vec::new();
        let options = ExportOptions { scores: &scores(), ..ExportOptions::default() };
        export(&mut SessionReader::open(log)?, format, options, &mut bytes).map(|()| bytes)
    }

    /// Every golden log in every format of text, with the file that it is to give.
    fn golden_files() -> Vec<(PathBuf, Vec<u8>)> {
        let names = [
            "two-callers",
            "facts",
            "operator",
            "unwritten",
            "muted",
            "alerts",
            "calls",
            "groups",
            "sound",
        ];
        let all = names.iter().flat_map(|name| ExportFormat::ALL.map(|format| (name, format)));
        let is_text = |format| !matches!(format, ExportFormat::Parquet | ExportFormat::Png);
        all.filter(|(_, format)| is_text(*format))
            .map(|(name, format)| {
                let log = Path::new(INPUT).join(format!("{name}.jsonl"));
                let expected = Path::new(EXPECTED).join(format!("{name}.{}", format.extension()));
                (expected, exported(&log, format).unwrap())
            })
            .collect()
    }

    #[test]
    fn the_golden_logs_give_the_reviewed_files() {
        for (expected, exported) in golden_files() {
            let reviewed = std::fs::read(&expected).unwrap_or_default();
            assert!(
                exported == reviewed,
                "{} differs: run the ignored test that writes it, and review",
                expected.display()
            );
        }
    }

    #[test]
    #[ignore = "writes the files anew, which are then to be reviewed"]
    fn write_the_reviewed_files() {
        for (expected, exported) in golden_files() {
            std::fs::write(expected, exported).unwrap();
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
                let options = ExportOptions { scores: &scores(), ..ExportOptions::default() };
                let failure = export(&mut session, format, options, &mut Full(space)).unwrap_err();
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
