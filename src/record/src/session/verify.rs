//! Whether a log still is what was written: finds the line that was altered, cut off, added, moved or left out.
//!
//! In: a log. Out: a [`Verification`]. Keeps the checksum of each line, and the first lines that do not follow
//! from the one before.

use std::fmt;
use std::fs::{File, TryLockError};
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::SessionError;
use super::chain::Chain;
use super::reader::{SessionReader, read_line};

/// Faults that are told; one alteration gives a few, and a log with more is damaged throughout.
const MAX_FAULTS: usize = 20;

/// A line that was moved is looked for among so many lines before and after.
const NEIGHBOURS: usize = 10_000;

/// How a record begins that is the last.
const END: &[u8] = b"{\"record\":\"end\"";

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Lines that were read.
    pub lines: u64,
    /// The checksum of the last complete line: who keeps it elsewhere sees later that no line was rewritten.
    pub last: String,
    /// What that means.
    pub state: State,
    /// Each line that is not what was written, in order; at most 20.
    pub faults: Vec<Fault>,
}

/// What a verification comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Every line is there as it was written, from the header to the end.
    Whole,
    /// Every line follows from the one before, but there is no end: the process was killed, or lines are cut off.
    NoEnd,
    /// The same, and a session is writing the log.
    Running,
    /// The log has no checksums: an older Undertone wrote it.
    NotChained,
    /// Lines are not what was written.
    Damaged,
}

impl State {
    /// The name in JSON.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            State::Whole => "whole",
            State::NoEnd => "no_end",
            State::Running => "running",
            State::NotChained => "not_chained",
            State::Damaged => "damaged",
        }
    }
}

/// A line that is not what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, counted from 1.
    pub line: u64,
    /// What is wrong with it.
    pub kind: FaultKind,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// It does not follow from the line before it, nor from any near it.
    DoesNotFollow,
    /// It follows from another line.
    Moved {
        /// Which one.
        after: u64,
    },
    /// It has no checksum.
    NoChecksum,
    /// It is not complete.
    Cut,
    /// It stands after the last record.
    AfterEnd,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} ", self.line)?;
        match self.kind {
            FaultKind::DoesNotFollow if self.line == 1 => f.write_str("was altered"),
            FaultKind::DoesNotFollow => f.write_str(
                "does not follow from the line before it: it was altered, or lines before it are missing",
            ),
            FaultKind::Moved { after } => {
                write!(f, "belongs after line {after}: lines were moved or repeated")
            }
            FaultKind::NoChecksum => f.write_str("has no checksum: it was added or altered"),
            FaultKind::Cut => f.write_str("is cut off"),
            FaultKind::AfterEnd => f.write_str("was added after the end"),
        }
    }
}

/// Checks a log.
///
/// # Errors
/// [`SessionError`] if the file cannot be read or is no log of a version that this program knows.
pub fn verify(path: &Path) -> Result<Verification, SessionError> {
    let opened = File::open(path);
    let file = opened.map_err(|reason| SessionError::Open { path: path.to_owned(), reason })?;
    // Held by the session that writes the log.
    let is_running = matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
    drop(SessionReader::open(path)?);
    check(&mut BufReader::new(file), is_running).map_err(|(line, reason)| SessionError::Read {
        path: path.to_owned(),
        line,
        reason,
    })
}

/// The lines so far.
#[derive(Default)]
struct Checked {
    n_lines: u64,
    /// Line and checksum of all that have one.
    checksums: Vec<(u64, Chain)>,
    has_ended: bool,
    faults: Vec<Fault>,
    /// The own bytes of lines that do not follow, by their position in `faults`.
    unexplained: Vec<(usize, Vec<u8>)>,
}

fn check(input: &mut dyn BufRead, is_running: bool) -> Result<Verification, (u64, std::io::Error)> {
    let mut checked = Checked::default();
    let mut line = Vec::new();
    loop {
        read_line(input, &mut line).map_err(|reason| (checked.n_lines, reason))?;
        if line.is_empty() {
            break;
        }
        checked.n_lines += 1;
        // A process that was killed while it looked for room leaves empty lines.
        if line != b"\n" && checked.faults.len() < MAX_FAULTS {
            checked.add(&line, is_running);
        }
    }
    Ok(checked.verification(is_running))
}

impl Checked {
    fn add(&mut self, line: &[u8], is_running: bool) {
        let before = self.checksums.last().map_or_else(Chain::default, |(_, chain)| *chain);
        let complete = line.strip_suffix(b"\n");
        let Some((body, stated)) = Chain::split(complete.unwrap_or(line)) else {
            // What is being written may be seen in part.
            if complete.is_some() || !is_running {
                let kind = if complete.is_some() { FaultKind::NoChecksum } else { FaultKind::Cut };
                self.fault(kind);
            }
            return;
        };
        if before.next(body) != stated {
            self.unexplained.push((self.faults.len(), body.to_vec()));
            self.fault(FaultKind::DoesNotFollow);
        } else if self.has_ended {
            self.fault(FaultKind::AfterEnd);
        }
        self.has_ended |= body.starts_with(END);
        self.checksums.push((self.n_lines, stated));
    }

    fn fault(&mut self, kind: FaultKind) {
        self.faults.push(Fault { line: self.n_lines, kind });
    }

    fn verification(mut self, is_running: bool) -> Verification {
        for (fault, body) in std::mem::take(&mut self.unexplained) {
            self.explain(fault, &body);
        }
        let state = if self.checksums.is_empty() {
            State::NotChained
        } else if !self.faults.is_empty() {
            State::Damaged
        } else if self.has_ended {
            State::Whole
        } else if is_running {
            State::Running
        } else {
            State::NoEnd
        };
        if state == State::NotChained {
            self.faults.clear();
        }
        let last = self.checksums.last().map_or_else(String::new, |(_, chain)| chain.text());
        Verification { lines: self.n_lines, last, state, faults: self.faults }
    }

    /// Looks for the line that a line follows from.
    fn explain(&mut self, fault: usize, body: &[u8]) {
        let line = self.faults[fault].line;
        let at = self.checksums.partition_point(|(number, _)| *number < line);
        let near = at.saturating_sub(NEIGHBOURS)..self.checksums.len().min(at + NEIGHBOURS);
        let Some((_, stated)) = self.checksums.get(at).copied() else { return };
        let from = self.checksums[near].iter().find(|(_, chain)| chain.next(body) == stated);
        if let Some((after, _)) = from {
            self.faults[fault].kind = FaultKind::Moved { after: *after };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::place::Place;
    use super::super::record::tests::header;
    use super::super::record::{EndReason, EndRecord};
    use super::super::writer::SessionWriter;
    use super::*;
    use hearing::fact::{Event, Fact};
    use hearing::stream_time::StreamTime;
    use proptest::prelude::*;
    use std::io::Cursor;
    use std::process::Command;

    /// The lines of a log with a header, some marks and an end.
    fn lines() -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::Folder(folder.path().to_owned());
        let mut writer = SessionWriter::create(&place, &header()).unwrap();
        for number in 0..7 {
            let (t, text) = (StreamTime::from_ms(number * 1000), format!("mark {number} \u{1b}"));
            writer.write(&Fact { caller: 0, at: t, event: Event::Mark { text } }).unwrap();
        }
        let path = writer.path().to_owned();
        writer
            .end(EndRecord {
                t: StreamTime::from_ms(9_000),
                reason: EndReason::Finished,
                callers: Vec::new(),
                dropped_samples: 0,
                delay: None,
            })
            .unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        text.split_inclusive('\n').map(str::to_owned).collect()
    }

    fn checked(lines: &[String]) -> Verification {
        check(&mut Cursor::new(lines.concat()), false).unwrap()
    }

    #[track_caller]
    fn finds(lines: &[String], told: &[&str]) {
        let found = checked(lines);
        let faults: Vec<String> = found.faults.iter().map(Fault::to_string).collect();
        assert_eq!(found.state, State::Damaged, "{faults:?}");
        assert_eq!(faults.len(), told.len(), "{faults:?}");
        for (fault, told) in faults.iter().zip(told) {
            assert!(fault.contains(told), "'{told}' is missing: {faults:?}");
        }
    }

    #[test]
    fn a_log_as_it_was_written_is_whole() {
        let lines = lines();
        let found = checked(&lines);
        assert_eq!((found.state, found.lines), (State::Whole, 9));
        assert!(lines[8].ends_with(&format!("\"{}\"}}\n", found.last)));
    }

    #[test]
    fn a_line_that_was_altered_is_named() {
        for altered in 0..9 {
            let mut lines = lines();
            lines[altered] = lines[altered].replacen(':', " :", 1);
            finds(&lines, &[&format!("line {} ", altered + 1)]);
        }
    }

    #[test]
    fn a_line_that_is_missing_is_noticed_at_the_next_one() {
        for missing in 1..8 {
            let mut lines = lines();
            lines.remove(missing);
            let told = format!("line {} does not follow from the line before it", missing + 1);
            finds(&lines, &[&told]);
        }
    }

    #[test]
    fn lines_that_were_moved_or_repeated_are_named_with_their_place() {
        let mut swapped = lines();
        swapped.swap(3, 4);
        let told = [
            "line 4 belongs after line 5",
            "line 5 belongs after line 3",
            "line 6 belongs after line 4",
        ];
        finds(&swapped, &told);
        let mut repeated = lines();
        repeated.insert(4, repeated[3].clone());
        finds(&repeated, &["line 5 belongs after line 3"]);
    }

    #[test]
    fn lines_that_were_added_are_named() {
        let mut added = lines();
        added.insert(2, "{\"record\":\"mark\",\"caller\":0,\"t\":1.0,\"text\":\"x\"}\n".to_owned());
        finds(&added, &["line 3 has no checksum"]);
        let mut after_end = lines();
        let last = Chain::split(after_end[8].trim_end().as_bytes()).unwrap().1;
        let mut more = b"{\"record\":\"mark\"}".to_vec();
        last.close(&mut more);
        after_end.push(String::from_utf8(more).unwrap() + "\n");
        finds(&after_end, &["line 10 was added after the end"]);
    }

    #[test]
    fn a_log_without_an_end_is_neither_whole_nor_damaged_and_half_a_line_is_named() {
        let all = lines();
        for n in 1..9 {
            assert_eq!(checked(&all[..n]).state, State::NoEnd);
            let mut cut = all[..=n].to_vec();
            let half = cut[n].len() / 2;
            cut[n].truncate(half);
            finds(&cut, &[&format!("line {} is cut off", n + 1)]);
            assert_eq!(check(&mut Cursor::new(cut.concat()), true).unwrap().state, State::Running);
        }
    }

    #[test]
    fn a_log_of_an_older_version_is_not_chained() {
        const GOLDEN: &str = include_str!("../../../../tests/data/session/input/two-callers.jsonl");
        let found = checked(&[GOLDEN.to_owned()]);
        assert_eq!(
            (found.state, found.last.as_str(), found.faults.len()),
            (State::NotChained, "", 0)
        );
    }

    #[test]
    fn a_session_that_writes_is_running_and_empty_lines_change_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::Folder(folder.path().to_owned());
        let writer = SessionWriter::create(&place, &header()).unwrap();
        assert_eq!(verify(writer.path()).unwrap().state, State::Running);
        let path = writer.path().to_owned();
        drop(writer);
        assert_eq!(verify(&path).unwrap().state, State::NoEnd);
        let mut lines = lines();
        lines.insert(3, "\n\n".to_owned());
        assert_eq!(checked(&lines).state, State::Whole);
    }

    /// The program in the documentation.
    #[test]
    fn another_program_finds_the_same() {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/session/verify.py");
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("call.jsonl");
        let mut lines = lines();
        let python = |lines: &[String]| {
            std::fs::write(&log, lines.concat()).unwrap();
            let output = Command::new("python3").arg(script).arg(&log).output().unwrap();
            (output.status.success(), String::from_utf8(output.stderr).unwrap())
        };
        assert_eq!(python(&lines), (true, String::new()));
        let mut with_empty_lines = lines.clone();
        with_empty_lines.insert(3, "\n\n".to_owned());
        assert_eq!(python(&with_empty_lines), (true, String::new()));
        lines[5] = lines[5].replacen("mark", "Mark", 1);
        let (is_whole, told) = python(&lines);
        assert!(!is_whole && told.contains("line 6 does not follow"), "{told}");
    }

    proptest! {
        #[test]
        fn no_changed_byte_goes_unnoticed(line in 0_usize..9, at in 0_usize..1000, byte: u8) {
            let mut lines = lines();
            let mut bytes = std::mem::take(&mut lines[line]).into_bytes();
            let at = at % bytes.len();
            let is_same = bytes[at] == byte;
            bytes[at] = byte;
            let mut log = lines[..line].concat().into_bytes();
            log.extend(bytes);
            log.extend(lines[line + 1..].concat().into_bytes());
            let found = check(&mut Cursor::new(log), false).unwrap();
            prop_assert_eq!(found.state == State::Whole, is_same, "{:?}", found);
        }
    }
}
