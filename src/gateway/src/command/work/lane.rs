//! One lane of a worker: a child after the other, each with a few recordings.
//!
//! In: jobs. Out: what became of each. Keeps what logs say that are made with certain arguments. A job that was given out
//! before has a child of its own: nothing else dies with it.

use super::program::{Ended, Known, Program, Reason, Report, Trouble};
use super::shelf::{Shelf, other};
use crate::log::log;
use fleet::job::{LAST_DELIVERY, Outcome};
use fleet::queue::{Intake, Taken};
use record::session::earlier::Earlier;
use record::session::record::EndReason;
use record::session::{SessionReader, end_of};
use serde_json::json;
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::block_in_place;
use tokio::time::sleep;

/// So many jobs go into one child: it takes some time to start.
const AT_ONCE: usize = 8;
/// So long are their recordings together, but for one that is longer: what is done is soon told.
const BYTES_AT_ONCE: u64 = 8 << 20;
/// A job is waited for as long; somebody may want an end.
const WAIT: Duration = Duration::from_secs(2);
/// Another worker may do what this one cannot.
const ELSEWHERE: Duration = Duration::from_secs(5);
/// A worker of another version leaves its jobs to others, and waits so long itself. Only where nobody else takes one for
/// minutes has it failed.
const LAST_OF_ANOTHER: u64 = 60;
const SOON: Duration = Duration::from_secs(1);
/// Where the first recordings are all missing, the folder is the wrong one.
const MISSING: u32 = 8;

/// What all lanes share.
pub struct Shared {
    pub program: Program,
    pub shelf: Shelf,
    pub known: Mutex<HashMap<Vec<String>, Arc<Known>>>,
    pub stop: Arc<AtomicBool>,
    pub until_empty: bool,
    pub n_missing: AtomicU32,
    pub has_found: AtomicBool,
}

impl Shared {
    fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// What logs say that are made with these arguments.
    pub fn known(
        &self,
        lane: usize,
        args: &[String],
    ) -> Result<Result<Arc<Known>, String>, Trouble> {
        let there = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(args).cloned();
        if let Some(known) = there {
            return Ok(Ok(known));
        }
        let folder = self.shelf.workplace(lane)?;
        let known = match block_in_place(|| self.program.known(args, &folder, &self.stop)) {
            Ok(known) => known,
            // It worked without arguments when this worker began: these came with a job.
            Err(Trouble(words)) if !args.is_empty() && !self.is_stopping() => Err(words),
            Err(trouble) => return Err(trouble),
        };
        Ok(known.map(|known| {
            let known = Arc::new(known);
            let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(args.to_vec()).or_insert(known))
        }))
    }
}

/// A lane.
pub struct Lane {
    pub number: usize,
    pub shared: Arc<Shared>,
    pub intake: Arc<Intake>,
}

impl Lane {
    /// Works until it is stopped.
    ///
    /// # Errors
    /// What is wrong with this machine.
    pub async fn run(self) -> anyhow::Result<()> {
        let ended = self.work().await;
        // What is wrong for one is wrong for all.
        self.shared.stop.store(ended.is_err() || self.shared.is_stopping(), Ordering::Relaxed);
        Ok(ended?)
    }

    async fn work(&self) -> Result<(), Trouble> {
        while !self.shared.is_stopping() {
            let mut taken = match self.intake.take(AT_ONCE, WAIT).await {
                Ok(taken) => taken,
                Err(error) => {
                    log("queue", &json!({ "text": error.to_string() }));
                    sleep(SOON).await;
                    continue;
                }
            };
            if taken.is_empty() && self.shared.until_empty && self.is_empty().await {
                return Ok(());
            }
            while !taken.is_empty() {
                let group = first_group(&mut taken);
                let failed = match self.attend(group).await {
                    Ok(()) if !self.shared.is_stopping() => continue,
                    Ok(()) => Ok(()),
                    Err(trouble) => Err(trouble),
                };
                for job in taken {
                    self.give_back(job, "the worker was stopped", None).await;
                }
                return failed;
            }
        }
        Ok(())
    }

    async fn is_empty(&self) -> bool {
        self.intake.counts().await.is_ok_and(|counts| counts.waiting + counts.given_out == 0)
    }

    /// Works on jobs that have the same arguments.
    async fn attend(&self, group: Vec<Taken>) -> Result<(), Trouble> {
        let Some(first) = group.first() else { return Ok(()) };
        let known = match self.shared.known(self.number, &first.job.args) {
            Ok(known) => known,
            Err(trouble) => return self.all_back(group, trouble).await,
        };
        let is_other =
            |job: &Taken| known.as_ref().is_ok_and(|known| known.reader != job.job.reader);
        let has_others = group.iter().any(is_other);
        let mut ready = Vec::new();
        for job in group {
            if let Some(job) = self.is_to_do(job, &known).await {
                ready.push(job);
            }
        }
        let Ok(known) = known else { return Ok(()) };
        if ready.is_empty() && has_others {
            // Otherwise this worker would have them again before the right ones have done with theirs.
            sleep(ELSEWHERE).await;
        }
        let missing = self.shared.n_missing.load(Ordering::Relaxed);
        if missing >= MISSING && !self.shared.has_found.load(Ordering::Relaxed) {
            let root = self.shared.program.root.display();
            let words = format!(
                "none of the first {missing} recordings is below {root}: is it the folder that all machines share?"
            );
            return self.all_back(ready, Trouble(words)).await;
        }
        if ready.is_empty() {
            return Ok(());
        }
        let left = self.replay(ready, &known).await?;
        // One of them ended the program: each is tried alone.
        let mut left = left.into_iter();
        while let Some(job) = left.next() {
            if let Err(trouble) = self.replay(vec![job], &known).await {
                return self.all_back(left.collect(), trouble).await;
            }
            if self.shared.is_stopping() {
                for job in left.by_ref() {
                    self.give_back(job, "the worker was stopped", None).await;
                }
            }
        }
        Ok(())
    }

    async fn all_back(&self, jobs: Vec<Taken>, trouble: Trouble) -> Result<(), Trouble> {
        for job in jobs {
            self.give_back(job, &trouble.0, None).await;
        }
        Err(trouble)
    }

    /// The job, if it is to be done here; else what is to be said of it is said.
    async fn is_to_do(&self, taken: Taken, known: &Result<Arc<Known>, String>) -> Option<Taken> {
        if let Some(fault) = taken.job.fault() {
            self.failed(taken, fault.to_owned()).await;
            return None;
        }
        match self.intake.deaths(&taken).await {
            Ok(n) if n + 1 >= LAST_DELIVERY => {
                self.failed(taken, format!("{n} workers died of it")).await;
                return None;
            }
            Ok(_) => {}
            Err(error) => {
                self.give_back(taken, &error.to_string(), Some(SOON)).await;
                return None;
            }
        }
        let known = match known {
            Ok(known) if known.reader == taken.job.reader => known,
            Ok(known) => {
                let (wanted, here) = (taken.job.reader.in_words(), known.reader.in_words());
                let reason = format!("it wants {wanted}; here is {here}");
                self.elsewhere(taken, reason, LAST_OF_ANOTHER).await;
                return None;
            }
            Err(reason) => {
                self.elsewhere(taken, reason.clone(), LAST_DELIVERY).await;
                return None;
            }
        };
        match self.shared.shelf.earlier(&taken.job, known) {
            Earlier::None | Earlier::Unfinished => {}
            Earlier::Complete => {
                let lacks = lacks(&self.shared.shelf.path(&taken.job));
                self.finish(taken, Outcome::Done { lacks }).await;
                return None;
            }
            Earlier::Other(reason) => {
                let reason = other(&taken.job, &reason);
                self.failed(taken, reason).await;
                return None;
            }
        }
        let file = self.shared.program.root.join(&taken.job.path);
        match File::open(&file).and_then(|file| file.metadata()) {
            Err(reason) => {
                self.shared.n_missing.fetch_add(1, Ordering::Relaxed);
                let reason = format!("cannot open {}: {reason}", taken.job.path);
                self.elsewhere(taken, reason, LAST_DELIVERY).await;
                None
            }
            Ok(found) => {
                self.shared.has_found.store(true, Ordering::Relaxed);
                if found.len() == taken.job.bytes {
                    return Some(taken);
                }
                self.failed(taken, CHANGED.to_owned()).await;
                None
            }
        }
    }

    /// Reads recordings; those that are to be tried alone are returned.
    async fn replay(&self, jobs: Vec<Taken>, known: &Known) -> Result<Vec<Taken>, Trouble> {
        let Shared { program, shelf, stop, .. } = &*self.shared;
        let ended = shelf.workplace(self.number).and_then(|folder| {
            let args = jobs.first().map_or(&[][..], |first| &first.job.args);
            let paths: Vec<&str> = jobs.iter().map(|it| it.job.path.as_str()).collect();
            let ended = block_in_place(|| program.replay(args, &paths, &folder, stop));
            ended.map(|ended| (ended, folder))
        });
        let (ended, folder) = match ended {
            Ok(ended) => ended,
            Err(trouble) => return self.all_back(jobs, trouble).await.map(|()| Vec::new()),
        };
        let (report, cause) = match &ended {
            Ended::Told(report) => (Some(report), "it was not read"),
            Ended::Refused(words) => (None, words.as_str()),
            Ended::Died(cause) => (None, cause.as_str()),
            Ended::Stopped => (None, "the worker was stopped"),
        };
        let is_alone = jobs.len() == 1;
        let mut alone = Vec::new();
        let mut jobs = jobs.into_iter();
        while let Some(job) = jobs.next() {
            match self.settled(&job, known, &folder, report) {
                Ok(Some(outcome)) => self.finish(job, outcome).await,
                Ok(None) => match &ended {
                    Ended::Died(_) if is_alone => {
                        log("died", &json!({ "recording": job.job.path, "of": cause }));
                        let gone = self.intake.let_go(job, Some(SOON)).await;
                        self.told(gone);
                    }
                    Ended::Died(_) => alone.push(job),
                    Ended::Stopped => self.give_back(job, cause, None).await,
                    Ended::Refused(_) | Ended::Told(_) => {
                        self.elsewhere(job, cause.to_owned(), LAST_DELIVERY).await;
                    }
                },
                Err(trouble) => {
                    self.give_back(job, &trouble.0, None).await;
                    alone.extend(jobs);
                    return self.all_back(alone, trouble).await.map(|()| Vec::new());
                }
            }
        }
        Ok(alone)
    }

    /// What became of a job, as its log and the program say; none if it is not known.
    fn settled(
        &self,
        taken: &Taken,
        known: &Known,
        folder: &Path,
        report: Option<&Report>,
    ) -> Result<Option<Outcome>, Trouble> {
        let log = folder.join(log_of(&taken.job.path));
        let of = |reasons: &[Reason]| {
            let found = reasons.iter().find(|it| it.recording == taken.job.path);
            found.map(|it| it.reason.clone())
        };
        let failed = report.and_then(|report| of(&report.failed));
        let is_whole = matches!(end_of(&log), Ok(Some(end)) if end.reason == EndReason::Finished);
        if failed.is_none() && !is_whole {
            return Ok(None);
        }
        if log.exists() {
            let entry = SessionReader::open(&log).ok().and_then(|it| it.header().recording.clone());
            if entry.is_some_and(|entry| entry.sha256 != taken.job.sha256) {
                return Ok(Some(Outcome::Failed { reason: CHANGED.to_owned() }));
            }
            let lacks = report.and_then(|report| of(&report.incomplete)).or_else(|| lacks(&log));
            return Ok(Some(match (self.shared.shelf.keep(&log, &taken.job, known)?, failed) {
                (Err(reason), _) | (Ok(_), Some(reason)) => Outcome::Failed { reason },
                (Ok(_), None) => Outcome::Done { lacks },
            }));
        }
        Ok(failed.map(|reason| Outcome::Failed { reason }))
    }

    async fn finish(&self, taken: Taken, outcome: Outcome) {
        let said = json!({ "recording": taken.job.path, "became": outcome });
        log("job", &said);
        let finished = self.intake.finish(taken, outcome).await;
        self.told(finished);
    }

    async fn failed(&self, taken: Taken, reason: String) {
        self.finish(taken, Outcome::Failed { reason }).await;
    }

    /// What cannot be done here may be done elsewhere; after so many tries it has failed.
    async fn elsewhere(&self, taken: Taken, reason: String, last: u64) {
        if taken.delivered >= last {
            return self.failed(taken, reason).await;
        }
        self.give_back(taken, &reason, Some(ELSEWHERE)).await;
    }

    async fn give_back(&self, taken: Taken, reason: &str, pause: Option<Duration>) {
        log("given_back", &json!({ "recording": taken.job.path, "reason": reason }));
        let gone = self.intake.give_back(taken, reason, pause).await;
        self.told(gone);
    }

    fn told(&self, done: Result<(), fleet::LinkError>) {
        if let Err(error) = done {
            log("queue", &json!({ "lane": self.number, "text": error.to_string() }));
        }
    }
}

const CHANGED: &str = "the recording was changed since it was submitted";

/// The log's name as the program gives it to a file.
fn log_of(path: &str) -> PathBuf {
    let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy();
    PathBuf::from(format!("{name}.jsonl"))
}

/// What is missing in a log that is whole.
fn lacks(log: &Path) -> Option<String> {
    let end = end_of(log).ok()??;
    let lost_s: f64 = end.callers.iter().map(|caller| caller.lost_s).sum();
    (end.dropped_samples > 0).then(|| format!("{lost_s:.1} s of sound are missing"))
}

/// Takes the jobs out that go into one child: their arguments are the same, their logs are not.
fn first_group(taken: &mut Vec<Taken>) -> Vec<Taken> {
    let mut group: Vec<Taken> = Vec::new();
    let mut bytes = 0;
    let mut rest = Vec::new();
    for job in taken.drain(..) {
        let fits = group.first().is_none_or(|first| {
            first.delivered == 1
                && job.delivered == 1
                && bytes + job.job.bytes <= BYTES_AT_ONCE
                && (&job.job.args, &job.job.reader) == (&first.job.args, &first.job.reader)
                && group.iter().all(|other| log_of(&other.job.path) != log_of(&job.job.path))
        });
        if fits {
            bytes += job.job.bytes;
            group.push(job);
        } else {
            rest.push(job);
        }
    }
    *taken = rest;
    group
}
