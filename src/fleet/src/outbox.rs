//! A folder of session logs as an outbox: which lines are new, and how far each log has been sent.
//!
//! In: the folder. Out: complete lines, in the order of each log. Keeps on disk, in `.fleet` beside the logs, how far each
//! log is known to be at the broker: `NODE.json` of logs that go on, `NODE.done` of those that were sent to their ends.
//! Whatever happens, a line is read again until it is known to be there.

mod log;

use crate::key::Key;
use crate::outbound::outbound;
use crate::streams::ASKED_AFTER;
use log::{End, Log, Opened, inode};
use record::output_file::{IfExists, ReadableBy, save};
use record::session::{create_private_folder, end_of};
use record::wall::inbox::FLEET_FOLDER;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Logs that were not touched for so long are the archive's.
const OLDEST: Duration = Duration::from_hours(7 * 24);
/// How often a folder is looked through for new logs: where it changed, and in any case.
const LIST_EVERY: Duration = Duration::from_secs(1);
const LIST_AGAIN: Duration = Duration::from_secs(10);
/// Logs that are over and wait to be sent are open at once, at most.
const PAST_AT_ONCE: usize = 64;
/// Lines of one look, at most; the rest comes with the next one.
const LINES_AT_ONCE: usize = 4_096;
/// A log without a writer is followed for so long.
const ABANDONED: Duration = Duration::from_hours(24);
/// The logs of a folder.
pub struct Outbox {
    folder: PathBuf,
    state: PathBuf,
    done_file: PathBuf,
    key: Key,
    /// Logs that need no look as long as they are so long: sent to their ends, too old, or none.
    settled: HashMap<String, u64>,
    logs: BTreeMap<String, Box<Log>>,
    /// How far each log was sent, by the last run of the program.
    sent_before: BTreeMap<String, u64>,
    /// Whether what was kept is so old that the broker has to be asked.
    is_late: bool,
    /// When the folder was looked through last, and when it had been changed then.
    listed: Option<(SystemTime, SystemTime)>,
    is_changed: bool,
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
    /// Logs that were found, by name and session, of which it has to be asked how far they are at the broker.
    pub unsure: Vec<(String, Arc<str>)>,
    /// Sessions whose writer is gone without an end.
    pub abandoned: Vec<Arc<str>>,
    /// Sessions of which more stands there than was read: what was read is the past.
    pub behind: HashSet<Arc<str>>,
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
        let kept = fs::metadata(&state).and_then(|found| found.modified());
        let is_first = kept.is_err();
        let is_late = kept.map_or(true, |at| at.elapsed().is_ok_and(|age| age > ASKED_AFTER));
        // A file that was damaged means that lines are sent again, which the broker notices.
        let sent_before = serde_json::from_str(&read(&state)?).unwrap_or_default();
        let line = |line: &str| {
            let (name, len) = line.split_once('\t')?;
            Some((name.to_owned(), len.parse().ok()?))
        };
        let settled = read(&done_file)?.lines().filter_map(line).collect();
        let mut outbox = Outbox {
            folder: folder.to_owned(),
            state,
            done_file,
            settled,
            logs: BTreeMap::new(),
            sent_before,
            is_late,
            key: Key::of(&own, node)?,
            listed: None,
            is_changed: false,
        };
        outbox.forget_deleted()?;
        if is_first {
            outbox.settle_archive()?;
            write_whole(&outbox.state, b"{}")?;
        }
        Ok(outbox)
    }

    /// What has ended before the first start is the archive's. A call that ends while the broker is not yet there is not.
    fn settle_archive(&mut self) -> io::Result<()> {
        let mut ended = Vec::new();
        for entry in fs::read_dir(&self.folder)?.flatten() {
            let (Ok(name), Ok(metadata)) = (entry.file_name().into_string(), entry.metadata())
            else {
                continue;
            };
            if is_log(&name) && end_of(&entry.path()).is_ok_and(|end| end.is_some()) {
                ended.push((name, metadata.len()));
            }
        }
        self.settle(ended)
    }

    /// Logs that retention has deleted need not be known.
    fn forget_deleted(&mut self) -> io::Result<()> {
        let n_before = self.settled.len();
        let folder = self.folder.clone();
        self.settled.retain(|name, _| folder.join(name).exists());
        if self.settled.len() == n_before {
            return Ok(());
        }
        let text = lines_of(self.settled.iter());
        write_whole(&self.done_file, text.as_bytes())
    }

    /// The file of a session that is followed.
    #[must_use]
    pub fn path_of(&self, session: &str) -> Option<&Path> {
        let mut logs = self.logs.values();
        logs.find(|log| &*log.session == session).map(|log| log.path.as_path())
    }

    /// Looks for new logs and new lines, in the newest logs first: after an outage the calls of now come before those
    /// that wait. Of each log at most 256 KiB are read.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn look(&mut self) -> io::Result<News> {
        let mut news = News::default();
        self.find(&mut news)?;
        let now = SystemTime::now();
        let mut gone = Vec::new();
        for (name, log) in self.logs.iter_mut().rev() {
            // It is gone, or another log has its name: what is there is found anew.
            let is_full = news.lines.len() >= LINES_AT_ONCE;
            if !is_full && log.read_on(name, now, &mut news).is_err() {
                gone.push(name.clone());
            } else if log.is_behind() {
                news.behind.insert(Arc::clone(&log.session));
            }
        }
        for name in gone {
            self.forget(&name);
        }
        Ok(news)
    }

    /// All sessions that are followed.
    pub fn sessions(&self) -> impl Iterator<Item = Arc<str>> {
        self.logs.values().map(|log| Arc::clone(&log.session))
    }

    fn forget(&mut self, name: &str) {
        self.logs.remove(name);
        self.sent_before.remove(name);
        self.listed = None;
        self.is_changed = true;
    }

    fn find(&mut self, news: &mut News) -> io::Result<()> {
        let (now, changed) = (SystemTime::now(), fs::metadata(&self.folder)?.modified()?);
        if let Some((at, changed_then)) = self.listed {
            let age = now.duration_since(at).unwrap_or(LIST_AGAIN);
            // A file may be made within the same tick of the clock.
            let is_same = changed == changed_then
                && at.duration_since(changed).is_ok_and(|it| it > LIST_EVERY);
            if age < LIST_EVERY || is_same && age < LIST_AGAIN {
                return Ok(());
            }
        }
        self.listed = Some((now, changed));
        let mut settled = Vec::new();
        for entry in fs::read_dir(&self.folder)?.flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            if !is_log(&name) {
                continue;
            }
            let Ok(metadata) = entry.metadata() else { continue };
            if let Some(log) = self.logs.get(&name) {
                if log.inode == inode(&metadata) {
                    continue;
                }
                // Another file was put in its place.
                self.forget(&name);
            }
            match self.settled.get(&name) {
                Some(len) if *len == metadata.len() => continue,
                Some(_) => drop(self.sent_before.remove(&name)),
                None => {}
            }
            let is_old =
                metadata.modified().is_ok_and(|at| at.elapsed().is_ok_and(|age| age > OLDEST));
            if is_old {
                settled.push((name, metadata.len()));
                continue;
            }
            if self.logs.values().filter(|log| log.is_past).count() >= PAST_AT_ONCE {
                // The others come when these are sent.
                self.listed = None;
                break;
            }
            let sent = self.sent_before.get(&name).copied();
            match Log::open(entry.path(), &name, sent.unwrap_or_default(), &self.key) {
                Opened::Log(log) => {
                    self.settled.remove(&name);
                    if self.is_late {
                        news.unsure.push((name.clone(), Arc::clone(&log.session)));
                    }
                    self.logs.insert(name, log);
                }
                Opened::NotYet => {}
                Opened::Never => settled.push((name, metadata.len())),
            }
        }
        if self.listed.is_some() {
            self.is_late = false;
        }
        self.settle(settled)
    }

    /// These logs need no look any more, also when the program starts again.
    fn settle(&mut self, logs: Vec<(String, u64)>) -> io::Result<()> {
        if logs.is_empty() {
            return Ok(());
        }
        let mut file = OpenOptions::new().create(true).append(true).open(&self.done_file)?;
        let lines = lines_of(logs.iter().map(|(name, len)| (name, len)));
        file.write_all(lines.as_bytes())?;
        for (name, len) in logs {
            self.logs.remove(&name);
            self.sent_before.remove(&name);
            self.settled.insert(name, len);
            self.is_changed = true;
        }
        Ok(())
    }

    /// The session of a log that is followed.
    #[must_use]
    pub fn session_of(&self, name: &str) -> Option<Arc<str>> {
        self.logs.get(name).map(|log| Arc::clone(&log.session))
    }

    /// The secret that names sessions and lines.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Whether the broker is known to have this log up to here.
    #[must_use]
    pub fn is_there(&self, name: &str, end: u64) -> bool {
        self.logs.get(name).is_none_or(|log| end <= log.send_from)
    }

    /// What the broker says itself that it has of this log: a line of this name as the last one, and so many in all. Where
    /// that is not all up to that line, everything is sent again: it knows most of it again.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn is_at_broker(&mut self, name: &str, last: &str, n_there: usize) -> io::Result<()> {
        let Some(log) = self.logs.get_mut(name) else { return Ok(()) };
        let content = fs::read(&log.path)?;
        let (mut end, mut n_sent) = (0, 0);
        for line in content.split_inclusive(|&byte| byte == b'\n') {
            end += line.len() as u64;
            let Some(sent) = outbound(&self.key, &log.session, line, end) else { continue };
            n_sent += 1;
            if sent.id == last {
                if n_sent == n_there {
                    log.send_from = log.send_from.max(end);
                    log.acked = log.acked.max(end);
                    self.is_changed = true;
                }
                break;
            }
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
        // One that nobody seems to write may grow again: it is followed until it is old.
        let is_over = |log: &Log| match log.end {
            End::Open => false,
            End::Read => true,
            End::Abandoned => log.grown.elapsed().is_ok_and(|age| age > ABANDONED),
        };
        let ended = self
            .logs
            .iter()
            .filter(|(_, log)| is_over(log) && log.acked >= log.read)
            .map(|(name, log)| (name.clone(), log.read))
            .collect();
        self.settle(ended)?;
        if self.is_changed {
            let acked: BTreeMap<&str, u64> =
                self.logs.iter().map(|(name, log)| (name.as_str(), log.acked)).collect();
            write_whole(&self.state, &serde_json::to_vec(&acked)?)?;
            self.is_changed = false;
        }
        Ok(())
    }
}

fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    save(path, IfExists::Replace, ReadableBy::Owner, content).map_err(io::Error::other)
}

fn lines_of<'a>(logs: impl Iterator<Item = (&'a String, &'a u64)>) -> String {
    let line =
        |(name, len): (&String, &u64)| [name.as_str(), "\t", &len.to_string(), "\n"].concat();
    logs.map(line).collect()
}

/// Whether a file of that name may be a session log.
pub(crate) fn is_log(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending == "jsonl")
}

#[cfg(test)]
mod tests;
