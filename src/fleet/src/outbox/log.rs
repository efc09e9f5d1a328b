//! A log that is followed: its new lines, and whether anybody still writes it.
//!
//! In: a file that grows. Out: complete lines, in order. Keeps how far it was read.

use super::{Line, News};
use crate::key::Key;
use crate::outbound::session_name;
use record::session::end_of;
use record::session::reader::HEADER_BEGINNING;
use record::session::record::END_BEGINNING;
use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// A log without an end that does not grow is looked at for whether anybody writes it.
pub(super) const QUIET: Duration = Duration::from_secs(5);
/// The same where the file system knows no locks, so that nobody can tell.
const QUIET_WITHOUT_LOCKS: Duration = Duration::from_mins(10);
/// 50 callers with labels of 10,000 characters need less.
const LONGEST_HEADER: u64 = 4 << 20;
/// What may be written while it is read.
const A_FEW_LINES: u64 = 4 << 10;
/// Read at once from one log, at most.
const READ_AT_ONCE: u64 = 256 << 10;

/// A log that is followed.
pub(super) struct Log {
    pub(super) path: PathBuf,
    pub(super) file: File,
    pub(super) session: Arc<str>,
    /// Up to here it was read.
    pub(super) read: u64,
    /// Up to here it was told to the wall.
    pub(super) told: u64,
    /// From here on lines are to be sent.
    pub(super) send_from: u64,
    /// Up to here it is known to be at the broker.
    pub(super) acked: u64,
    /// What stands after the last complete line.
    pub(super) rest: Vec<u8>,
    /// Whether its end was known when it was found: then no wall shows it.
    pub(super) is_past: bool,
    pub(super) end: End,
    pub(super) grown: SystemTime,
    /// Which file it is, whatever it is called.
    pub(super) inode: u64,
    /// Whether its writer was seen to hold a lock on it.
    pub(super) was_locked: bool,
}

/// Whether a log goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It does.
    Open,
    /// Its last line was read.
    Read,
    /// Nobody writes it any more.
    Abandoned,
}

/// What a file turned out to be.
pub(super) enum Opened {
    /// A log, and whether it is new.
    Log(Box<Log>),
    /// Its first line is not yet whole, or it cannot be read now.
    NotYet,
    /// Something else.
    Never,
}

impl Log {
    /// A log with a header, of which so much was sent.
    pub(super) fn open(path: PathBuf, name: &str, sent: u64, key: &Key) -> Opened {
        let Ok(mut file) = File::open(&path) else { return Opened::NotYet };
        let Some(header) = first_line(&mut file) else { return Opened::NotYet };
        if !header.starts_with(HEADER_BEGINNING) {
            return Opened::Never;
        }
        let (Ok(end), Ok(found)) = (end_of(&path), file.metadata()) else { return Opened::NotYet };
        let is_past = end.is_some();
        let sent = if sent > found.len() { 0 } else { sent };
        Opened::Log(Box::new(Log {
            session: session_name(key, name, &header).into(),
            // Also what was sent is read: the wall wants to know what was before. Not of a call that is over.
            read: if is_past { sent } else { 0 },
            told: 0,
            send_from: sent,
            acked: sent,
            rest: Vec::new(),
            is_past,
            end: End::Open,
            grown: SystemTime::now(),
            inode: inode(&found),
            was_locked: is_written(&file),
            path,
            file,
        }))
    }

    /// Whether more stands there than was read.
    pub(super) fn is_behind(&self) -> bool {
        let read = self.read + self.rest.len() as u64;
        self.file.metadata().is_ok_and(|found| found.len() > read + A_FEW_LINES)
    }

    /// Reads what is new.
    ///
    /// # Errors
    /// When it cannot be read, or is shorter than what was read: then it is another log under the same name.
    pub(super) fn read_on(
        &mut self,
        name: &str,
        now: SystemTime,
        news: &mut News,
    ) -> io::Result<()> {
        let session = &self.session;
        let len = self.file.metadata()?.len();
        if len < self.read {
            return Err(io::Error::other("it is shorter than it was"));
        }
        // Half a line was taken back: a disk was full.
        if len < self.read + self.rest.len() as u64 {
            self.rest.clear();
        }
        let at = self.read + self.rest.len() as u64;
        self.file.seek(SeekFrom::Start(at))?;
        let mut n_new =
            Read::by_ref(&mut self.file).take(READ_AT_ONCE).read_to_end(&mut self.rest)?;
        // Room that a writer looks for on a full disk, and gives back: nothing stands there yet.
        if let Some(room) = empty_line(&self.rest) {
            self.rest.truncate(room);
            n_new = usize::from(room > 0);
        }
        if n_new == 0 {
            let quiet = now.duration_since(self.grown).unwrap_or_default();
            if self.end == End::Open && quiet > QUIET {
                let is_written = is_written(&self.file);
                self.was_locked |= is_written;
                if !is_written && (self.was_locked || quiet > QUIET_WITHOUT_LOCKS) {
                    self.end = End::Abandoned;
                    news.abandoned.push(Arc::clone(session));
                }
            }
            return Ok(());
        }
        (self.grown, self.end) = (now, End::Open);
        let Some(last) = self.rest.iter().rposition(|&byte| byte == b'\n') else { return Ok(()) };
        let incomplete = self.rest.split_off(last + 1);
        for text in self.rest.split_inclusive(|&byte| byte == b'\n') {
            self.read += text.len() as u64;
            let line = Line {
                log: name.to_owned(),
                session: Arc::clone(session),
                end: self.read,
                text: text.to_vec(),
                is_to_send: self.read > self.send_from,
                is_to_tell: !self.is_past && self.read > self.told,
            };
            self.told = self.told.max(self.read);
            if text.starts_with(END_BEGINNING) {
                self.end = End::Read;
            }
            news.lines.push(line);
        }
        self.rest = incomplete;
        Ok(())
    }
}

/// Where the first line without anything in it begins.
fn empty_line(text: &[u8]) -> Option<usize> {
    if text.first() == Some(&b'\n') {
        return Some(0);
    }
    text.windows(2).position(|two| two == b"\n\n").map(|at| at + 1)
}

/// Which file this is, where the system tells.
pub(super) fn inode(found: &Metadata) -> u64 {
    #[cfg(unix)]
    return std::os::unix::fs::MetadataExt::ino(found);
    #[cfg(not(unix))]
    return u64::from(found.is_dir());
}

fn first_line(file: &mut File) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    let mut block = [0; 4_096];
    loop {
        let n = file.read(&mut block).ok().filter(|n| *n > 0)?;
        if let Some(end) = block[..n].iter().position(|&byte| byte == b'\n') {
            line.extend_from_slice(&block[..end]);
            break;
        }
        line.extend_from_slice(&block[..n]);
        if line.len() as u64 > LONGEST_HEADER {
            return Some(line);
        }
    }
    Some(line)
}

/// Whether a program has the log open for writing: it holds a lock on it as long.
fn is_written(file: &File) -> bool {
    match file.try_lock_shared() {
        Ok(()) => {
            let _ = file.unlock();
            false
        }
        Err(_) => true,
    }
}
