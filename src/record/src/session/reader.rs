//! Reads a session log one record at a time, however long it is.
//!
//! In: a log, also of a session that still runs or was killed. Out: its header, then its records. Keeps
//! one line. A last line that was cut off is left out and reported by [`SessionReader::is_cut`].

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::SessionError;
use super::record::{EndRecord, Header, Record, SESSION_VERSION};
use crate::plain_text::plain_line;

/// Longer lines are not ours: 50 callers with labels of 10,000 escaped characters need 3 MB.
const MAX_LINE_LEN: u64 = 16 << 20;

/// An end of 50 callers takes 20 kB.
const LONGEST_END: u64 = 1 << 20;

/// Every header begins so.
pub const HEADER_BEGINNING: &[u8] = b"{\"record\":\"header\"";

/// An open session log; iterate over it for its records.
///
/// After a damaged line the next ones can still be read; after an error of the system there are none.
pub struct SessionReader {
    path: PathBuf,
    input: Box<dyn BufRead>,
    header: Header,
    /// The line being read; kept to reuse its memory.
    line: Vec<u8>,
    /// Its number, counted from 1.
    number: u64,
    cut: bool,
    over: bool,
}

impl fmt::Debug for SessionReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionReader")
            .field("path", &self.path)
            .field("line", &self.number)
            .finish_non_exhaustive()
    }
}

impl SessionReader {
    /// Opens a log and reads its header.
    ///
    /// # Errors
    /// [`SessionError`] if the file cannot be read, is no log, or is one of a newer version.
    pub fn open(path: &Path) -> Result<Self, SessionError> {
        let opened = File::open(path);
        let file = opened.map_err(|reason| SessionError::Open { path: path.to_owned(), reason })?;
        Self::new(Box::new(BufReader::new(file)), path)
    }

    /// Reads the header of a log that comes from anywhere; `path` is what errors call it.
    ///
    /// # Errors
    /// As [`SessionReader::open`].
    pub fn new(mut input: Box<dyn BufRead>, path: &Path) -> Result<Self, SessionError> {
        let mut line = Vec::new();
        read_line(input.as_mut(), &mut line).map_err(|reason| SessionError::Read {
            path: path.to_owned(),
            line: 0,
            reason,
        })?;
        let header = parse_header(&line, path)?;
        let path = path.to_owned();
        Ok(SessionReader { path, input, header, line, number: 1, cut: false, over: false })
    }

    /// The first line.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the last line was cut off and left out. Known when all records are read.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    fn parse_record(&self) -> Result<Record, String> {
        let record = Record::parse(&self.line).map_err(|error| reason(&error))?;
        match record.caller() {
            Some(caller) if caller >= self.header.callers.len() => {
                Err(format!("the header names no caller {caller}"))
            }
            _ => Ok(record),
        }
    }
}

impl Iterator for SessionReader {
    type Item = Result<Record, SessionError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.over {
            if let Err(reason) = read_line(self.input.as_mut(), &mut self.line) {
                self.over = true;
                let (path, line) = (self.path.clone(), self.number);
                return Some(Err(SessionError::Read { path, line, reason }));
            }
            self.number += 1;
            let is_complete = self.line.ends_with(b"\n");
            self.over = !is_complete;
            if self.line.trim_ascii().is_empty() {
                continue;
            }
            match self.parse_record() {
                Ok(record) => return Some(Ok(record)),
                Err(_) if !is_complete => self.cut = true,
                Err(reason) => {
                    let (path, line) = (self.path.clone(), self.number);
                    return Some(Err(SessionError::Corrupt { path, line, reason }));
                }
            }
        }
        None
    }
}

/// The last record of a log, if it is the end of the session: found without reading the log.
///
/// # Errors
/// When the file cannot be read.
pub fn end_of(path: &Path) -> io::Result<Option<EndRecord>> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    file.seek(SeekFrom::Start(len.saturating_sub(LONGEST_END)))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let last = tail.trim_ascii_end().rsplit(|&byte| byte == b'\n').next().unwrap_or_default();
    Ok(match Record::parse(last) {
        Ok(Record::End(end)) => Some(end),
        _ => None,
    })
}

/// Reads up to and with the next line break, or to the end of the file.
pub(super) fn read_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<()> {
    line.clear();
    let read_len = input.take(MAX_LINE_LEN).read_until(b'\n', line)? as u64;
    if read_len == MAX_LINE_LEN && !line.ends_with(b"\n") {
        let message = format!("a line is longer than {} MiB", MAX_LINE_LEN >> 20);
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(())
}

/// What can be told of a first line before its version is known.
#[derive(Deserialize)]
struct Beginning {
    record: String,
    version: u64,
}

fn parse_header(line: &[u8], path: &Path) -> Result<Header, SessionError> {
    let path = path.to_owned();
    let Beginning { record, version } = match serde_json::from_slice(line) {
        Ok(beginning) => beginning,
        Err(_) if is_cut_header(line) => return Err(SessionError::Empty { path }),
        Err(error) => {
            let reason = format!("its first line is no header ({})", reason(&error));
            return Err(SessionError::NotALog { path, reason });
        }
    };
    if record != "header" {
        let reason = "its first line is no header".to_owned();
        return Err(SessionError::NotALog { path, reason });
    }
    if version > u64::from(SESSION_VERSION) {
        return Err(SessionError::Newer { path, version });
    }
    if version == 0 {
        let reason = "there is no log version 0".to_owned();
        return Err(SessionError::NotALog { path, reason });
    }
    serde_json::from_slice(line).map_err(|error| SessionError::Corrupt {
        path,
        line: 1,
        reason: reason(&error),
    })
}

/// What is wrong with a line. It may quote the line, and so whatever somebody wrote into it.
fn reason(error: &serde_json::Error) -> String {
    plain_line(&error.to_string(), 300)
}

/// Whether the line is the beginning of a header, or nothing.
fn is_cut_header(line: &[u8]) -> bool {
    let begins_alike = HEADER_BEGINNING.iter().zip(line).all(|(ours, theirs)| ours == theirs);
    begins_alike && !line.ends_with(b"\n")
}

#[cfg(test)]
mod tests {
    use super::super::record::SESSION_VERSION;
    use super::super::record::tests::{header, header_of};
    use super::*;
    use hearing::fact::{Event, Fact};
    use hearing::stream_time::StreamTime;
    use proptest::prelude::*;

    const GOLDEN: &[u8] = include_bytes!("../../../../tests/data/session/input/two-callers.jsonl");

    fn read(log: impl Into<Vec<u8>>) -> Result<SessionReader, SessionError> {
        SessionReader::new(Box::new(io::Cursor::new(log.into())), Path::new("call.jsonl"))
    }

    fn line(value: &impl serde::Serialize) -> String {
        serde_json::to_string(value).unwrap() + "\n"
    }

    fn mark(text: &str) -> String {
        let text = text.to_owned();
        line(&Fact { caller: 0, at: StreamTime::from_ms(1000), event: Event::Mark { text } })
    }

    #[test]
    fn a_log_cut_anywhere_yields_all_its_complete_records() {
        let all: Vec<Record> = read(GOLDEN).unwrap().map(Result::unwrap).collect();
        let header_len = GOLDEN.iter().position(|&byte| byte == b'\n').unwrap();
        assert!(all.len() > 8, "the fixture holds too little");
        for cut_at in 0..GOLDEN.len() {
            let kept = &GOLDEN[..cut_at];
            if cut_at < header_len {
                assert!(matches!(read(kept), Err(SessionError::Empty { .. })), "cut at {cut_at}");
                continue;
            }
            let mut reader = read(kept).unwrap();
            let records: Vec<Record> = reader.by_ref().map(Result::unwrap).collect();
            // A line is complete with its last brace, even if the line break is missing.
            let cut_within = GOLDEN[cut_at] != b'\n' && kept[cut_at - 1] != b'\n';
            let n_breaks = kept.split(|&byte| byte == b'\n').count() - 1;
            let n_complete = n_breaks + usize::from(GOLDEN[cut_at] == b'\n') - 1;
            assert_eq!(records, all[..n_complete], "cut at {cut_at}");
            assert_eq!(reader.is_cut(), cut_within, "cut at {cut_at}");
        }
    }

    #[test]
    fn a_newer_version_is_refused_by_name() {
        let ours = format!("\"version\":{SESSION_VERSION}");
        let next = SESSION_VERSION + 1;
        let newer = line(&header()).replace(&ours, &format!("\"version\":{next}"));
        assert_eq!(
            read(newer).unwrap_err().to_string(),
            format!(
                "call.jsonl was written by a newer Undertone (log version {next}, this program \
                 reads {SESSION_VERSION}): update Undertone"
            )
        );
        let far = format!("{{\"record\":\"header\",\"version\":{},\"new\":[]}}\n", u64::MAX);
        assert!(matches!(read(far), Err(SessionError::Newer { .. })));
        let zero = line(&header()).replace(&ours, "\"version\":0");
        assert!(matches!(read(zero), Err(SessionError::NotALog { .. })));
        assert_eq!(SESSION_VERSION, 6);
    }

    #[test]
    fn logs_of_all_versions_so_far_are_read() {
        const GOLDEN_2: &[u8] = include_bytes!("../../../../tests/data/session/input/facts.jsonl");
        const GOLDEN_3: &[u8] =
            include_bytes!("../../../../tests/data/session/input/operator.jsonl");
        const GOLDEN_4: &[u8] = include_bytes!("../../../../tests/data/session/input/muted.jsonl");
        const GOLDEN_5: &[u8] = include_bytes!("../../../../tests/data/session/input/groups.jsonl");
        const GOLDEN_6: &[u8] = include_bytes!("../../../../tests/data/session/input/sound.jsonl");
        let goldens = [GOLDEN, GOLDEN_2, GOLDEN_3, GOLDEN_4, GOLDEN_5, GOLDEN_6];
        assert_eq!(goldens.len(), SESSION_VERSION as usize, "a golden of each version");
        for (version, golden) in (1..).zip(goldens) {
            let mut reader = read(golden).unwrap();
            assert_eq!(reader.header().version, version);
            assert!(reader.by_ref().map(Result::unwrap).count() > 4);
            assert!(!reader.is_cut());
        }
    }

    #[test]
    fn a_file_of_another_kind_is_refused() {
        let others: [&[u8]; 6] = [
            b"\n",
            b"time,emotion\n",
            b"RIFF\0\0\0\0WAVE",
            b"{}\n",
            b"[1]",
            b"{\"record\":\"header\"}\n",
        ];
        for other in others {
            let failure = read(other).unwrap_err();
            assert!(matches!(failure, SessionError::NotALog { .. }), "{failure}");
        }
        assert!(matches!(read(""), Err(SessionError::Empty { .. })));
        let other_first = read(mark("x").replace('{', "{\"version\":1,")).unwrap_err();
        assert!(other_first.to_string().contains("first line is no header"), "{other_first}");
    }

    #[test]
    fn a_damaged_line_is_named_and_the_rest_is_still_read() {
        let log =
            [line(&header()), mark("a"), "{\"record\":\"mark\",\n".into(), mark("b")].concat();
        let results: Vec<_> = read(log).unwrap().collect();
        assert_eq!(results.len(), 3);
        let message = results[1].as_ref().unwrap_err().to_string();
        assert!(message.starts_with("call.jsonl, line 3: EOF while parsing"), "{message}");
        assert!(results[2].is_ok());
    }

    #[test]
    fn unknown_kinds_labels_and_callers_are_refused_by_name() {
        let damaged = |from: &str, to: &str| {
            let log = line(&header()) + &mark("a").replace(from, to);
            read(log).unwrap().next().unwrap().unwrap_err().to_string()
        };
        assert!(damaged("mark\"", "remark\"").contains("unknown variant `remark`"));
        assert!(damaged("mark\"", "\\u001b[2J\"").contains("unknown variant `␛[2J`"));
        assert!(damaged("\"caller\":0", "\"caller\":7").contains("the header names no caller 7"));
        assert!(damaged("\"t\":1.0", "\"t\":-1.0").contains("-1 is not a time in seconds"));
    }

    #[test]
    fn a_tail_of_zeros_after_a_power_cut_counts_as_cut_off() {
        let mut log = (line(&header()) + &mark("a")).into_bytes();
        log.extend([0; 4096]);
        let mut reader = read(log).unwrap();
        assert_eq!(reader.by_ref().flatten().count(), 1);
        assert!(reader.is_cut());
    }

    #[test]
    fn a_line_without_end_is_refused_before_it_fills_the_memory() {
        let endless = BufReader::new(line(&header()).into_bytes().leak().chain(io::repeat(b' ')));
        let mut reader = SessionReader::new(Box::new(endless), Path::new("call.jsonl")).unwrap();
        let failure = reader.next().unwrap().unwrap_err().to_string();
        assert_eq!(failure, "cannot read call.jsonl after line 1: a line is longer than 16 MiB");
        assert!(reader.next().is_none());
    }

    #[test]
    fn a_folder_and_a_missing_file_are_errors_with_their_name() {
        let folder = tempfile::tempdir().unwrap();
        let missing = SessionReader::open(&folder.path().join("none.jsonl")).unwrap_err();
        assert!(missing.to_string().contains("none.jsonl"), "{missing}");
        assert!(SessionReader::open(folder.path()).is_err());
    }

    #[test]
    fn hostile_labels_and_marks_of_10_000_characters_survive() {
        let hostile = "\u{1b}]0;x\u{7}\r\n\0\u{2028}\u{202e}\"\\,=1+1\u{9b}".repeat(600);
        assert!(hostile.chars().count() > 10_000);
        let header = header_of(&[&hostile, "b"]);
        let reader = read(line(&header) + &mark(&hostile)).unwrap();
        assert_eq!(reader.header(), &header);
        let records: Vec<Record> = reader.map(Result::unwrap).collect();
        assert!(
            matches!(&records[..], [Record::Fact(Fact { event: Event::Mark { text }, .. })] if *text == hostile)
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(position in 0..GOLDEN.len(), byte: u8, tail: Vec<u8>) {
            let mut log = GOLDEN.to_vec();
            log[position] = byte;
            log.extend(tail);
            if let Ok(reader) = read(log) {
                // Each line gives at most one record: this ends.
                prop_assert!(reader.count() <= GOLDEN.len());
            }
        }
    }
}
