//! Writes a session log: each record reaches the operating system before the call returns.
//!
//! In: a header, updates, marks and the summary at the end. Out: lines in a file that only its owner can
//! read. Keeps the open file, locked while it is written; after a failed write it counts what is missing,
//! until [`SessionWriter::resume`] can note that in the log and go on.
//!
//! A process that is killed loses nothing that was appended, since each line is one write without a buffer
//! in between. A power cut may take the last seconds, which the system had not brought to the disk: waiting
//! for the disk at each line would hold up the readings.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::SessionError;
use super::chain::Chain;
use super::place::Place;
use super::record::{EndRecord, Header, UnwrittenRecord};
use crate::output_file::OutputError;
use crate::plain_text::escaped_json;
use hearing::fact::decimals::four_decimals;
use hearing::fact::{Event, Fact};
use hearing::stream_time::StreamTime;
use hearing::timeline::summary::Summary;
use hearing::timeline::talk::Talk;

/// There has to be room for so many bytes before a log goes on: a minute and more of one caller. With less it
/// would stop again at once.
const ROOM_LEN: usize = 64 << 10;

/// An open session log.
#[derive(Debug)]
pub struct SessionWriter {
    path: PathBuf,
    file: File,
    /// Whether it is a file, and neither a pipe nor a device: what is in it can be taken back.
    is_file: bool,
    /// The line being made; kept to reuse its memory.
    line: Vec<u8>,
    /// Bytes of all complete lines.
    complete_len: u64,
    /// The checksum of the last complete line.
    chain: Chain,
    /// What is missing since a write failed; none while all is well.
    missing: Option<UnwrittenRecord>,
}

impl SessionWriter {
    /// Begins a log with its header.
    ///
    /// # Errors
    /// [`SessionError`] if the folder or file cannot be made, exists already, or the disk is full.
    pub fn create(place: &Place, header: &Header) -> Result<Self, SessionError> {
        let (file, path) = place.create(header)?;
        let mut writer = SessionWriter::new(file, path);
        writer.write_line(header).map_err(|reason| writer.failure(reason))?;
        Ok(writer)
    }

    /// A log in a file that is open, without a line yet.
    #[must_use]
    pub fn new(file: File, path: PathBuf) -> Self {
        let is_file = file.metadata().is_ok_and(|found| found.is_file());
        let (line, chain) = (Vec::new(), Chain::default());
        SessionWriter { path, file, is_file, line, complete_len: 0, chain, missing: None }
    }

    /// The log's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is missing since a write failed; none while all is well.
    #[must_use]
    pub fn missing(&self) -> Option<UnwrittenRecord> {
        self.missing
    }

    /// Appends a fact; a level is shown and not logged.
    ///
    /// # Errors
    /// [`SessionError::Output`] at the first write that fails; from then on records are only counted.
    pub fn write(&mut self, fact: &Fact) -> Result<(), SessionError> {
        if matches!(fact.event, Event::Level(_)) {
            return Ok(());
        }
        self.append(fact, fact.at, Some(&fact.event))
    }

    /// Notes in the log what is missing and goes on, if that can be written now and there is room for more;
    /// gives what was noted. Does nothing while all is well.
    ///
    /// # Errors
    /// [`SessionError::Output`] when it cannot; the log stays as it is, with complete lines.
    pub fn resume(&mut self) -> Result<Option<UnwrittenRecord>, SessionError> {
        let Some(missing) = self.missing else { return Ok(None) };
        let noted = self.find_room().and_then(|()| self.write_line(&missing));
        noted.map_err(|reason| self.failure(reason))?;
        self.missing = None;
        Ok(Some(missing))
    }

    /// Appends the last record, after a note of what is missing, and waits until the disk has the log.
    ///
    /// # Errors
    /// [`SessionError::Output`] when one of that fails.
    pub fn end(mut self, mut end: EndRecord) -> Result<(), SessionError> {
        end.callers.iter_mut().for_each(round);
        self.resume()?;
        self.append(&end, end.t, None)?;
        match self.file.sync_data() {
            // A pipe or a device cannot be waited for.
            Err(reason) if reason.kind() != io::ErrorKind::InvalidInput => {
                Err(self.failure(reason))
            }
            _ => Ok(()),
        }
    }

    /// Appends a line that belongs to `t`, or counts it where nothing can be written; `event` is a fact's.
    fn append(
        &mut self,
        line: &impl Serialize,
        t: StreamTime,
        event: Option<&Event>,
    ) -> Result<(), SessionError> {
        if let Some(missing) = self.missing {
            self.missing = Some(missing.with(t, event));
            return Ok(());
        }
        self.write_line(line).map_err(|reason| {
            self.missing = Some(UnwrittenRecord::of(t, event));
            self.failure(reason)
        })
    }

    /// One line, with one write: all of it is there, or none.
    fn write_line(&mut self, record: &impl Serialize) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, record)?;
        // Nearly every line is plain; the others hold what somebody typed.
        if !self.line.iter().all(|byte| (b' '..=b'~').contains(byte)) {
            self.line = escaped_json(&String::from_utf8_lossy(&self.line)).into_bytes();
        }
        let chain = self.chain.close(&mut self.line);
        self.line.push(b'\n');
        let written = self.file.write_all(&self.line);
        match written {
            Ok(()) => {
                self.complete_len += self.line.len() as u64;
                self.chain = chain;
            }
            // Where that fails too, the reader knows how to leave half a line out.
            Err(_) => drop(self.cut()),
        }
        written
    }

    /// Takes away what stands after the last complete line.
    fn cut(&mut self) -> io::Result<()> {
        if self.is_file {
            self.file.set_len(self.complete_len)?;
            self.file.seek(SeekFrom::Start(self.complete_len))?;
        }
        Ok(())
    }

    /// Takes room on the disk and gives it back. Killed in between, it leaves empty lines.
    fn find_room(&mut self) -> io::Result<()> {
        self.cut()?;
        if self.is_file {
            let found = self.file.write_all(&vec![b'\n'; ROOM_LEN]);
            self.cut()?;
            found?;
        }
        Ok(())
    }

    fn failure(&self, reason: io::Error) -> SessionError {
        SessionError::Output(OutputError::from_write(&self.path, reason))
    }
}

/// Rounds what is not counted, so that the same log comes out of sums in another order.
fn round(summary: &mut Summary) {
    let Summary { speech_s, uncertain_share, shares, groups, lost_s, muted_s, talk, .. } = summary;
    let talk = talk.iter_mut().flat_map(|talk| {
        let Talk { operator_s, overlap_s, caller_share, longest_silence_s } = talk;
        [operator_s, overlap_s, caller_share, longest_silence_s]
    });
    let times = [speech_s, uncertain_share, lost_s, muted_s];
    let shares = shares.values_mut().chain(groups.values_mut());
    for value in times.into_iter().chain(shares).chain(talk) {
        *value = four_decimals(*value);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::reader::SessionReader;
    use super::super::record::tests::{header, header_of};
    use super::super::record::{EndReason, Record};
    use super::super::verify::{State, verify};
    use super::*;
    use crate::output_file::IfExists;
    use crate::plain_text::hostile::hostile;
    use crate::plain_text::plain_text;
    use hearing::fact::{Event, Gap, Level};
    use hearing::stream_time::StreamTime;
    use proptest::prelude::*;
    use std::fs;

    fn gap_at(ms: u64) -> Fact {
        let gap = Gap { lost_samples: 441, rate_hz: 44_100 };
        Fact { caller: 0, at: StreamTime::from_ms(ms), event: Event::Gap(gap) }
    }

    fn mark_at(ms: u64, text: &str) -> Fact {
        let event = Event::Mark { text: text.to_owned() };
        Fact { caller: 0, at: StreamTime::from_ms(ms), event }
    }

    #[test]
    fn each_record_is_in_the_file_before_the_call_returns() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::Folder(folder.path().to_owned());
        let mut writer = SessionWriter::create(&place, &header()).unwrap();
        let lines = |writer: &SessionWriter| {
            fs::read_to_string(writer.path())
                .unwrap()
                .lines()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(lines(&writer).len(), 1);
        writer.write(&gap_at(1500)).unwrap();
        let gap = "{\"record\":\"gap\",\"caller\":0,\"t\":1.5,\"lost_samples\":441,\"rate_hz\":44100,\
                   \"lost_s\":0.01,\"chain\":\"";
        assert!(lines(&writer)[1].starts_with(gap));
        let level = Event::Level(Level { rms_db: -20.0, peak_db: -3.0 });
        writer.write(&Fact { caller: 0, at: StreamTime::ZERO, event: level }).unwrap();
        assert_eq!(lines(&writer).len(), 2);
    }

    fn end() -> EndRecord {
        EndRecord {
            t: StreamTime::from_ms(9_000),
            reason: EndReason::Stopped,
            callers: vec![Summary::default()],
            dropped_samples: 0,
            delay: None,
        }
    }

    #[test]
    fn two_sessions_never_write_one_log() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::File(folder.path().join("call.jsonl"), IfExists::Replace);
        let mut first = SessionWriter::create(&place, &header()).unwrap();
        first.write(&gap_at(1)).unwrap();
        let refused = SessionWriter::create(&place, &header()).unwrap_err();
        assert!(matches!(refused, SessionError::InUse { .. }), "{refused}");
        assert_eq!(fs::read_to_string(first.path()).unwrap().lines().count(), 2, "still there");
        drop(first);
        SessionWriter::create(&place, &header()).unwrap();
    }

    /// Logs a label and a mark with that text and reads them back.
    #[track_caller]
    fn survives_the_log(typed: &str) {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::Folder(folder.path().to_owned());
        let mut writer = SessionWriter::create(&place, &header_of(&[typed])).unwrap();
        writer.write(&mark_at(0, typed)).unwrap();
        let log = fs::read_to_string(writer.path()).unwrap();
        assert_eq!(log.lines().count(), 2);
        assert_eq!(plain_text(&log), log, "it steers a terminal");
        let reader = SessionReader::open(writer.path()).unwrap();
        assert_eq!(reader.header().callers[0].label, typed);
        let records: Vec<Record> = reader.map(Result::unwrap).collect();
        assert!(
            matches!(&records[..], [Record::Fact(Fact { event: Event::Mark { text }, .. })] if text == typed)
        );
    }

    #[test]
    fn ten_thousand_hostile_characters_survive_the_log() {
        survives_the_log(&"\u{1b}]0;x\u{7}\u{9b}2J\r\n\u{202e}\u{200b}\u{301}机".repeat(1_000));
    }

    proptest! {
        #[test]
        fn whatever_somebody_typed_is_logged_to_the_letter(typed in hostile()) {
            survives_the_log(&typed);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_said_once_and_noted_when_there_is_room_again() {
        let message =
            |path: &Path| format!("session log: cannot write {}: the disk is full", path.display());
        let full = Path::new("/dev/full");
        let place = Place::File(full.to_owned(), IfExists::Refuse);
        let at_once = SessionWriter::create(&place, &header()).unwrap_err();
        assert!(at_once.to_string().starts_with(&message(full)), "{at_once}");

        let folder = tempfile::tempdir().unwrap();
        let place = Place::Folder(folder.path().to_owned());
        let mut writer = SessionWriter::create(&place, &header()).unwrap();
        let disk =
            std::mem::replace(&mut writer.file, File::options().write(true).open(full).unwrap());
        writer.is_file = false;
        let later = writer.write(&gap_at(1_000)).unwrap_err();
        assert!(later.to_string().starts_with(&message(writer.path())), "{later}");
        writer.write(&gap_at(2_000)).unwrap();
        writer.write(&mark_at(3_000, "here")).unwrap();
        assert!(writer.resume().is_err());

        // There is room again, and half a line of before.
        (writer.file, writer.is_file) = (disk, true);
        writer.file.write_all(b"{\"record\":\"gap\"").unwrap();
        let noted = UnwrittenRecord {
            t: StreamTime::from_ms(3_000),
            from: StreamTime::from_ms(1_000),
            records: 3,
            readings: 0,
            marks: 1,
        };
        assert_eq!(writer.missing(), Some(noted));
        assert_eq!(writer.resume().unwrap(), Some(noted));
        assert_eq!(writer.resume().unwrap(), None);
        writer.write(&gap_at(4_000)).unwrap();
        let path = writer.path().to_owned();
        writer.end(end()).unwrap();
        let records: Vec<Record> =
            SessionReader::open(&path).unwrap().map(Result::unwrap).collect();
        assert_eq!(records[0], Record::Unwritten(noted));
        assert!(
            matches!(
                records[1..],
                [Record::Fact(Fact { event: Event::Gap(_), .. }), Record::End(_)]
            ),
            "{records:?}"
        );
        assert_eq!(verify(&path).unwrap().state, State::Whole, "the chain goes on");
    }

    /// A log whose header was written, and then the disk was full.
    #[cfg(target_os = "linux")]
    fn on_a_full_disk() -> SessionWriter {
        let full = Path::new("/dev/full");
        SessionWriter::new(File::options().write(true).open(full).unwrap(), full.to_owned())
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_end_that_cannot_be_written_is_an_error() {
        let mut writer = on_a_full_disk();
        writer.write(&gap_at(0)).unwrap_err();
        let failure = writer.end(end()).unwrap_err().to_string();
        assert!(failure.contains("the disk is full"), "{failure}");
    }
}
