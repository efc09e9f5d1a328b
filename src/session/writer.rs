//! Writes a session log: each record reaches the operating system before the call returns.
//!
//! In: a header, updates, marks and the summary at the end. Out: lines in a file that only its owner can
//! read. Keeps the open file; after a failed write it says so once and writes no more, so that the log
//! ends with a complete record and monitoring goes on.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::SessionError;
use super::decimals::four_decimals;
use super::record::{EndRecord, Header, MarkRecord, Record};
use crate::output_file::{IfExists, OutputError};
use crate::pipeline::Update;
use crate::timeline::summary::Summary;
use crate::timeline::talk::Talk;

/// So many sessions may begin in one second with one label; more means that something loops.
const MAX_SAME_NAME: u32 = 1000;

/// Characters of a caller's label in a file name: a name has at most 255 bytes.
const MAX_LABEL_IN_NAME: usize = 40;

/// Where the log goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A new file in this folder, named by start and label; the folder is made if it is missing.
    Folder(PathBuf),
    /// This file.
    File(PathBuf, IfExists),
}

/// An open session log.
#[derive(Debug)]
pub struct SessionWriter {
    path: PathBuf,
    file: File,
    /// The line being made; kept to reuse its memory.
    line: Vec<u8>,
    /// Bytes of all complete lines.
    complete_len: u64,
    failed: bool,
}

impl SessionWriter {
    /// Begins a log with its header.
    ///
    /// # Errors
    /// [`SessionError`] if the folder or file cannot be made, exists already, or the disk is full.
    pub fn create(place: &Place, header: &Header) -> Result<Self, SessionError> {
        let (file, path) = match place {
            Place::Folder(folder) => create_in(folder, header)?,
            Place::File(path, if_exists) => (open(path, *if_exists)?, path.clone()),
        };
        let mut writer =
            SessionWriter { path, file, line: Vec::new(), complete_len: 0, failed: false };
        writer.append(header)?;
        Ok(writer)
    }

    /// The log's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a write failed, so that the log ended there.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.failed
    }

    /// Appends what an update tells; a level is not logged.
    ///
    /// # Errors
    /// [`SessionError::Output`] at the first write that fails; after it every call does nothing.
    pub fn write(&mut self, update: &Update) -> Result<(), SessionError> {
        Record::of_update(update).map_or(Ok(()), |record| self.append(&record))
    }

    /// Appends the operator's mark.
    ///
    /// # Errors
    /// As [`SessionWriter::write`].
    pub fn mark(&mut self, mark: MarkRecord) -> Result<(), SessionError> {
        self.append(&Record::Mark(mark))
    }

    /// Appends the last record and waits until the disk has the log.
    ///
    /// # Errors
    /// As [`SessionWriter::write`].
    pub fn end(mut self, mut end: EndRecord) -> Result<(), SessionError> {
        end.callers.iter_mut().for_each(round);
        self.append(&Record::End(end))?;
        match self.file.sync_data() {
            // A pipe or a device cannot be waited for.
            Err(reason) if reason.kind() != io::ErrorKind::InvalidInput && !self.failed => {
                Err(self.failure(reason))
            }
            _ => Ok(()),
        }
    }

    fn append(&mut self, record: &impl Serialize) -> Result<(), SessionError> {
        if self.failed {
            return Ok(());
        }
        self.line.clear();
        let written = serde_json::to_writer(&mut self.line, record).map_err(io::Error::from);
        self.line.push(b'\n');
        match written.and_then(|()| self.file.write_all(&self.line)) {
            Ok(()) => {
                self.complete_len += self.line.len() as u64;
                Ok(())
            }
            Err(reason) => {
                self.failed = true;
                // Takes half a line away. Where that fails too, the reader knows how to leave it out.
                let _ = self.file.set_len(self.complete_len);
                Err(self.failure(reason))
            }
        }
    }

    fn failure(&self, reason: io::Error) -> SessionError {
        SessionError::Output(OutputError::from_write(&self.path, reason))
    }
}

/// Rounds what is not counted, so that the same log comes out of sums in another order.
fn round(summary: &mut Summary) {
    let Summary { speech_s, uncertain_share, shares, lost_s, talk, .. } = summary;
    let talk = talk.iter_mut().flat_map(|talk| {
        let Talk { operator_s, overlap_s, caller_share, longest_silence_s } = talk;
        [operator_s, overlap_s, caller_share, longest_silence_s]
    });
    for value in
        [speech_s, uncertain_share, lost_s].into_iter().chain(shares.values_mut()).chain(talk)
    {
        *value = four_decimals(*value);
    }
}

/// A new file with the first free name in the folder.
fn create_in(folder: &Path, header: &Header) -> Result<(File, PathBuf), SessionError> {
    create_private_folder(folder)
        .map_err(|reason| SessionError::Folder { path: folder.to_owned(), reason })?;
    let stem = file_stem(header);
    let mut number = 1;
    loop {
        let name =
            if number == 1 { format!("{stem}.jsonl") } else { format!("{stem}-{number}.jsonl") };
        let path = folder.join(name);
        match open(&path, IfExists::Refuse) {
            Err(SessionError::Output(OutputError::Exists { .. })) if number < MAX_SAME_NAME => {
                number += 1;
            }
            opened => return opened.map(|file| (file, path)),
        }
    }
}

/// The log's file, empty. A pipe or a device is opened as it is.
fn open(path: &Path, if_exists: IfExists) -> Result<File, SessionError> {
    let special = fs::metadata(path).is_ok_and(|found| !found.is_file());
    let mut options = OpenOptions::new();
    options.write(true);
    if !special {
        match if_exists {
            IfExists::Refuse => options.create_new(true),
            IfExists::Replace => options.create(true).truncate(true),
        };
    }
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let opened = options.open(path);
    #[cfg(unix)]
    if let (Ok(file), false) = (&opened, special) {
        // A replaced file keeps the permissions that it had.
        use std::os::unix::fs::PermissionsExt;
        let private = file.set_permissions(fs::Permissions::from_mode(0o600));
        private.map_err(|reason| create_error(path, reason))?;
    }
    opened.map_err(|reason| create_error(path, reason))
}

fn create_error(path: &Path, reason: io::Error) -> SessionError {
    let path = path.to_owned();
    SessionError::Output(match reason.kind() {
        io::ErrorKind::AlreadyExists => OutputError::Exists { path },
        io::ErrorKind::IsADirectory => OutputError::Folder { path },
        _ => OutputError::Create { path, reason },
    })
}

fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// `2026-11-22T14-30-05-desk`: local start, and the label of the only caller or the number of callers.
fn file_stem(header: &Header) -> String {
    let start: String = header.started.chars().take("2026-11-22T14-30-05".len()).collect();
    let label = match header.callers.as_slice() {
        [caller] => caller.label.clone(),
        callers => format!("{} callers", callers.len()),
    };
    let words: Vec<String> = label
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let label: String = words.join("-").chars().take(MAX_LABEL_IN_NAME).collect();
    let start = start.replace(|character: char| !character.is_ascii_alphanumeric(), "-");
    if label.is_empty() { format!("{start}-call") } else { format!("{start}-{label}") }
}

#[cfg(test)]
mod tests {
    use super::super::record::EndReason;
    use super::super::record::tests::{header, header_of};
    use super::*;
    use crate::pipeline::{Event, Gap, Level};
    use crate::stream_time::StreamTime;

    fn gap_at(ms: u64) -> Update {
        let gap = Gap { lost_samples: 441, rate_hz: 44_100 };
        Update { caller: 0, at: StreamTime::from_ms(ms), event: Event::Gap(gap) }
    }

    fn name(writer: &SessionWriter) -> &str {
        writer.path().file_name().unwrap().to_str().unwrap()
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
        assert_eq!(
            lines(&writer)[1],
            "{\"record\":\"gap\",\"caller\":0,\"t\":1.5,\"lost_samples\":441,\"rate_hz\":44100,\
             \"lost_s\":0.01}"
        );
        let level = Event::Level(Level { rms_db: -20.0, peak_db: -3.0 });
        writer.write(&Update { caller: 0, at: StreamTime::ZERO, event: level }).unwrap();
        assert_eq!(lines(&writer).len(), 2);
    }

    #[test]
    fn a_name_tells_start_and_label_and_is_never_used_twice() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::Folder(folder.path().join("new/folder"));
        let first = SessionWriter::create(&place, &header()).unwrap();
        let second = SessionWriter::create(&place, &header()).unwrap();
        assert_eq!(name(&first), "2026-11-22T14-30-05-desk.jsonl");
        assert_eq!(name(&second), "2026-11-22T14-30-05-desk-2.jsonl");
    }

    #[test]
    fn a_label_can_neither_leave_the_folder_nor_make_the_name_too_long() {
        let name_for = |label: &str| file_stem(&header_of(&[label]));
        assert_eq!(name_for("../../etc/Line 3"), "2026-11-22T14-30-05-etc-line-3");
        assert_eq!(name_for("\u{1b}[31m\n"), "2026-11-22T14-30-05-31m");
        assert_eq!(name_for(" /. "), "2026-11-22T14-30-05-call");
        assert!(name_for(&"机".repeat(10_000)).len() < 200);
        assert_eq!(file_stem(&header_of(&["a", "b"])), "2026-11-22T14-30-05-2-callers");
    }

    #[test]
    fn a_named_log_is_replaced_only_on_request() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("call.jsonl");
        fs::write(&path, "old\n".repeat(1000)).unwrap();
        let refused =
            SessionWriter::create(&Place::File(path.clone(), IfExists::Refuse), &header());
        assert!(refused.unwrap_err().to_string().contains("exists already"));
        SessionWriter::create(&Place::File(path.clone(), IfExists::Replace), &header()).unwrap();
        assert!(fs::read_to_string(&path).unwrap().starts_with("{\"record\":\"header\""));
        let refused = SessionWriter::create(
            &Place::File(folder.path().to_owned(), IfExists::Replace),
            &header(),
        );
        assert!(refused.is_err());
    }

    #[cfg(unix)]
    #[test]
    fn log_and_folder_belong_to_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path().join("logs");
        let writer = SessionWriter::create(&Place::Folder(logs.clone()), &header()).unwrap();
        assert_eq!((mode(&logs), mode(writer.path())), (0o700, 0o600));

        let open_to_all = folder.path().join("old.jsonl");
        fs::write(&open_to_all, "").unwrap();
        fs::set_permissions(&open_to_all, fs::Permissions::from_mode(0o644)).unwrap();
        let place = Place::File(open_to_all.clone(), IfExists::Replace);
        SessionWriter::create(&place, &header()).unwrap();
        assert_eq!(mode(&open_to_all), 0o600);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_said_once_and_then_the_caller_goes_on() {
        let full = Path::new("/dev/full");
        let place = Place::File(full.to_owned(), IfExists::Refuse);
        let at_once = SessionWriter::create(&place, &header()).unwrap_err();
        let message = "session log: cannot write /dev/full: the disk is full";
        assert!(at_once.to_string().starts_with(message), "{at_once}");

        let file = File::options().write(true).open(full).unwrap();
        let mut writer = SessionWriter {
            path: full.to_owned(),
            file,
            line: Vec::new(),
            complete_len: 0,
            failed: false,
        };
        let later = writer.write(&gap_at(0)).unwrap_err();
        assert!(later.to_string().starts_with(message), "{later}");
        assert!(writer.has_failed());
        writer.write(&gap_at(1)).unwrap();
        let end = EndRecord {
            t: StreamTime::ZERO,
            reason: EndReason::Stopped,
            callers: vec![Summary::default()],
            dropped_samples: 0,
            delay: None,
        };
        writer.end(end).unwrap();
    }
}
