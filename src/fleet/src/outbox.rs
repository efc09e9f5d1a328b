//! A folder of session logs as an outbox: which lines are new, and how far each log has been sent.
//!
//! In: the folder. Out: complete lines, in the order of each log. Keeps on disk, in `.fleet` beside the logs, how far each
//! log is known to be at the broker: `NODE.json` of logs that go on, `NODE.done` of those that were sent to their ends.
//! Whatever happens, a line is read again until it is known to be there.

use crate::outbound::session_name;
use record::output_file::{IfExists, ReadableBy, save};
use record::session::{create_private_folder, end_of};
use record::wall::inbox::FLEET_FOLDER;
use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Logs that were not touched for so long are the archive's.
const OLDEST: Duration = Duration::from_hours(7 * 24);
/// A log without an end that does not grow is looked at for whether anybody writes it.
const QUIET: Duration = Duration::from_secs(5);
/// Read at once from one log, at most.
const READ_AT_ONCE: u64 = 256 << 10;

/// The logs of a folder.
pub struct Outbox {
    folder: PathBuf,
    state: PathBuf,
    done_file: PathBuf,
    /// Names of logs that need no look: sent to their ends, too old, or none.
    settled: HashSet<String>,
    logs: BTreeMap<String, Log>,
    /// How far each log was sent, by the last run of the program.
    sent_before: BTreeMap<String, u64>,
    /// When the folder was changed that was looked through last.
    listed: Option<SystemTime>,
    is_changed: bool,
}

/// A log that is followed.
pub struct Log {
    path: PathBuf,
    file: File,
    session: Option<Arc<str>>,
    /// Up to here it was read.
    read: u64,
    /// Up to here it was told to the wall.
    told: u64,
    /// From here on lines are to be sent.
    pub send_from: u64,
    /// Up to here it is known to be at the broker.
    acked: u64,
    /// What stands after the last complete line.
    rest: Vec<u8>,
    /// Whether its end was known when it was found: then no wall shows it.
    is_past: bool,
    end: End,
    grown: SystemTime,
}

/// Whether a log goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// It does.
    Open,
    /// Its last line was read.
    Read,
    /// Nobody writes it any more.
    Abandoned,
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The log's file name.
    pub log: String,
    /// The session's name.
    pub session: Arc<str>,
    /// Where the line ends.
    pub end: u64,
    /// The line, with its line feed.
    pub text: Vec<u8>,
    /// Whether it is to be sent.
    pub is_to_send: bool,
    /// Whether a wall has not been told of it.
    pub is_to_tell: bool,
}

/// What became of the logs since the last look.
#[derive(Debug, Default)]
pub struct News {
    /// Lines.
    pub lines: Vec<Line>,
    /// Logs that were found, by name and session: how far they are at the broker has to be asked.
    pub found: Vec<(String, Arc<str>)>,
    /// Sessions whose writer is gone without an end.
    pub abandoned: Vec<Arc<str>>,
}

impl Outbox {
    /// The logs of this folder, for this node.
    ///
    /// # Errors
    /// When what was kept cannot be read, or nothing can be kept.
    pub fn open(folder: &Path, node: &str) -> io::Result<Self> {
        let own = folder.join(FLEET_FOLDER);
        create_private_folder(&own)?;
        let (state, done_file) =
            (own.join(format!("{node}.json")), own.join(format!("{node}.done")));
        let read = |path: &Path| match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            read => read,
        };
        // A file that was damaged means that lines are sent again, which the broker notices.
        let sent_before = serde_json::from_str(&read(&state)?).unwrap_or_default();
        let settled: HashSet<String> = read(&done_file)?.lines().map(str::to_owned).collect();
        let mut outbox = Outbox {
            folder: folder.to_owned(),
            state,
            done_file,
            settled,
            logs: BTreeMap::new(),
            sent_before,
            listed: None,
            is_changed: false,
        };
        outbox.forget_deleted()?;
        Ok(outbox)
    }

    /// Logs that retention has deleted need not be known.
    fn forget_deleted(&mut self) -> io::Result<()> {
        let n_before = self.settled.len();
        let folder = self.folder.clone();
        self.settled.retain(|name| folder.join(name).exists());
        if self.settled.len() == n_before {
            return Ok(());
        }
        let text = lines_of(self.settled.iter());
        write_whole(&self.done_file, text.as_bytes())
    }

    /// Logs that are followed now.
    #[must_use]
    pub fn n_logs(&self) -> usize {
        self.logs.len()
    }

    /// The file of a session that is followed.
    #[must_use]
    pub fn path_of(&self, session: &str) -> Option<&Path> {
        let is_it = |log: &&Log| log.session.as_deref() == Some(session);
        self.logs.values().find(is_it).map(|log| log.path.as_path())
    }

    /// Looks for new logs and new lines. Of each log at most 256 KiB are read.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn look(&mut self) -> io::Result<News> {
        let mut news = News::default();
        self.find(&mut news)?;
        let now = SystemTime::now();
        let mut gone = Vec::new();
        for (name, log) in &mut self.logs {
            // What cannot be read is looked at again when the program starts again.
            if log.read_on(name, now, &mut news).is_err() {
                gone.push(name.clone());
            }
        }
        for name in gone {
            self.logs.remove(&name);
            self.settled.insert(name);
        }
        Ok(news)
    }

    fn find(&mut self, news: &mut News) -> io::Result<()> {
        let changed = fs::metadata(&self.folder)?.modified()?;
        // A file may be made within the same tick of the clock.
        let is_fresh = changed.elapsed().is_ok_and(|age| age < QUIET);
        if self.listed == Some(changed) && !is_fresh {
            return Ok(());
        }
        self.listed = Some(changed);
        for entry in fs::read_dir(&self.folder)?.flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let is_log = Path::new(&name).extension().is_some_and(|ending| ending == "jsonl");
            if !is_log || self.settled.contains(&name) || self.logs.contains_key(&name) {
                continue;
            }
            let modified = entry.metadata().and_then(|found| found.modified());
            let is_old = modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > OLDEST));
            if is_old {
                self.settled.insert(name);
                continue;
            }
            let sent = self.sent_before.get(&name).copied().unwrap_or_default();
            if let Some((log, session)) = Log::open(entry.path(), &name, sent) {
                news.found.push((name.clone(), session));
                self.logs.insert(name, log);
            }
        }
        Ok(())
    }

    /// The broker has this log up to here, as it says itself; `chain` is the checksum of the last line that it has.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn is_at_broker(&mut self, name: &str, chain: &str) -> io::Result<()> {
        let Some(log) = self.logs.get_mut(name) else { return Ok(()) };
        let content = fs::read(&log.path)?;
        let needle = format!(",\"chain\":\"{chain}\"}}\n");
        let place = content.windows(needle.len()).rposition(|part| part == needle.as_bytes());
        if let Some(place) = place {
            let end = (place + needle.len()) as u64;
            log.send_from = log.send_from.max(end);
            log.acked = log.acked.max(end);
            self.is_changed = true;
        }
        Ok(())
    }

    /// All lines up to this place are at the broker, or are nothing for it.
    pub fn acked(&mut self, name: &str, end: u64) {
        if let Some(log) = self.logs.get_mut(name)
            && end > log.acked
        {
            log.acked = end;
            self.is_changed = true;
        }
    }

    /// Some line did not arrive: what is not known to be there is read again.
    pub fn again(&mut self, name: &str) {
        if let Some(log) = self.logs.get_mut(name) {
            log.read = log.acked;
            log.send_from = log.acked;
            log.rest.clear();
            // Its end has to be read again too.
            log.end = End::Open;
        }
    }

    /// Keeps how far each log was sent, and follows those no longer that were sent to their ends.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn save(&mut self) -> io::Result<()> {
        let ended: Vec<String> = self
            .logs
            .iter()
            .filter(|(_, log)| log.end != End::Open && log.acked >= log.read)
            .map(|(name, _)| name.clone())
            .collect();
        if !ended.is_empty() {
            let mut options = OpenOptions::new();
            let mut file = options.create(true).append(true).open(&self.done_file)?;
            file.write_all(lines_of(ended.iter()).as_bytes())?;
            for name in ended {
                self.logs.remove(&name);
                self.sent_before.remove(&name);
                self.settled.insert(name);
                self.is_changed = true;
            }
        }
        if self.is_changed {
            let acked: BTreeMap<&str, u64> =
                self.logs.iter().map(|(name, log)| (name.as_str(), log.acked)).collect();
            write_whole(&self.state, &serde_json::to_vec(&acked)?)?;
            self.is_changed = false;
        }
        Ok(())
    }
}

impl Log {
    /// A log with a header; none of another kind of file, or of one whose header is not yet whole.
    fn open(path: PathBuf, name: &str, sent: u64) -> Option<(Self, Arc<str>)> {
        let mut file = File::open(&path).ok()?;
        let header = first_line(&mut file)?;
        let session: Arc<str> = session_name(name, &header).into();
        let is_past = end_of(&path).ok()?.is_some();
        let sent = if sent > file.metadata().ok()?.len() { 0 } else { sent };
        let log = Log {
            path,
            file,
            session: Some(Arc::clone(&session)),
            // Also what was sent is read: the wall wants to know what was before. Not of a call that is over.
            read: if is_past { sent } else { 0 },
            told: 0,
            send_from: sent,
            acked: sent,
            rest: Vec::new(),
            is_past,
            end: End::Open,
            grown: SystemTime::now(),
        };
        Some((log, session))
    }

    fn read_on(&mut self, name: &str, now: SystemTime, news: &mut News) -> io::Result<()> {
        let Some(session) = &self.session else { return Ok(()) };
        let at = self.read + self.rest.len() as u64;
        self.file.seek(SeekFrom::Start(at))?;
        let n_new = Read::by_ref(&mut self.file).take(READ_AT_ONCE).read_to_end(&mut self.rest)?;
        if n_new == 0 {
            let is_quiet = now.duration_since(self.grown).is_ok_and(|age| age > QUIET);
            if self.end == End::Open && is_quiet && !is_written(&self.file) {
                self.end = End::Abandoned;
                news.abandoned.push(Arc::clone(session));
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

fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    save(path, IfExists::Replace, ReadableBy::Owner, content).map_err(io::Error::other)
}

fn lines_of<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.flat_map(|name| [name.as_str(), "\n"]).collect()
}

/// How the last line of a log begins.
const END_BEGINNING: &[u8] = b"{\"record\":\"end\"";

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
        if line.len() as u64 > READ_AT_ONCE {
            return None;
        }
    }
    line.starts_with(b"{\"record\":\"header\"").then_some(line)
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

#[cfg(test)]
mod tests;
