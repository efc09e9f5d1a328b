//! A program of the hotline's own that is run for each alert: a message on another screen, a light.
//!
//! In: alerts. Out: failures, to be logged and shown. The program gets one JSON object on standard input
//! ([`AlertMessage`]) and nothing of the audio; it is started without a shell, at most once in a while, and killed
//! when it does not end. It runs on a thread of its own, so that whatever it does, the engine does not wait:
//!
//! ```text
//!  engine ──send──► bounded queue ──► "alert" thread ──► program (its input and errors: two helper threads)
//!         ◄─take_failure─ bounded queue ◄──┘
//! ```

mod message;
mod program;
#[cfg(test)]
mod tests;

use anyhow::Context;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use program::Program;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

pub use message::{AlertFailure, AlertMessage};

/// Alerts that may wait while a program runs: more than a minute of them under the caps of ten callers.
const QUEUE_LEN: usize = 16;

/// A program that runs for longer is killed.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// So long the end of a session waits for a program that still runs.
const GRACE: Duration = Duration::from_secs(2);

/// `[on_alert]`: the program that is run for each alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OnAlertSettings {
    /// The program and its arguments; empty for none.
    pub command: Vec<String>,
    /// It is started at most once in so many seconds, for all callers together; other alerts do not start it.
    pub every_s: u32,
}

impl Default for OnAlertSettings {
    fn default() -> Self {
        OnAlertSettings { command: Vec::new(), every_s: 5 }
    }
}

/// A command line as its words: quotes and backslashes as in a shell, but nothing is expanded or run.
///
/// # Errors
/// A quote that is not closed, or no word at all.
pub fn words(command: &str) -> anyhow::Result<Vec<String>> {
    let words = shlex::split(command).filter(|words| !words.is_empty());
    words.with_context(|| {
        format!("--on-alert '{command}' is no command: a quote is open, or nothing is in it")
    })
}

/// How long things may take.
#[derive(Clone, Copy, Debug)]
struct Limits {
    every: Duration,
    time: Duration,
    grace: Duration,
}

/// The program that is run for each alert, and the thread that runs it.
#[derive(Debug)]
pub struct OnAlert {
    queue: Option<Sender<AlertMessage>>,
    failed: Sender<AlertFailure>,
    failures: Receiver<AlertFailure>,
    is_ending: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl OnAlert {
    /// Starts the thread; the program is not run yet, but has to be there.
    ///
    /// # Errors
    /// No such program, or no thread.
    pub fn start(words: Vec<String>, settings: &OnAlertSettings) -> anyhow::Result<Self> {
        let every = Duration::from_secs(settings.every_s.into());
        OnAlert::with_limits(words, Limits { every, time: TIME_LIMIT, grace: GRACE })
    }

    fn with_limits(words: Vec<String>, limits: Limits) -> anyhow::Result<Self> {
        let program = Program::new(words)?;
        let (queue, messages) = bounded(QUEUE_LEN);
        // Who is not told of more failures than this has been told often enough.
        let (failed, failures) = bounded(QUEUE_LEN);
        let is_ending = Arc::new(AtomicBool::new(false));
        let mut worker = Worker {
            program,
            limits,
            messages,
            failed: failed.clone(),
            is_ending: Arc::clone(&is_ending),
            last_start: None,
        };
        let thread = thread::Builder::new()
            .name("alert".into())
            .spawn(move || worker.run())
            .context("cannot start the thread that runs the program for alerts")?;
        Ok(OnAlert { queue: Some(queue), failed, failures, is_ending, thread: Some(thread) })
    }

    /// Has the program run for an alert. Never waits: if too many wait already, that is a failure.
    pub fn send(&self, message: AlertMessage) {
        let Some(queue) = &self.queue else { return };
        if let Err(TrySendError::Full(message) | TrySendError::Disconnected(message)) =
            queue.try_send(message)
        {
            let reason = format!("not started: {QUEUE_LEN} alerts wait for it already");
            let _ = self.failed.try_send(message.failed(reason));
        }
    }

    /// The next failure, to be logged and told. Never waits.
    #[must_use]
    pub fn take_failure(&self) -> Option<AlertFailure> {
        self.failures.try_recv().ok()
    }

    /// Ends it, within about two seconds: what still runs then is killed, what still waits is not started. Gives
    /// the failures that were not taken.
    #[must_use]
    pub fn finish(mut self) -> Vec<AlertFailure> {
        self.end();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            return Vec::new();
        }
        self.failures.try_iter().collect()
    }

    fn end(&mut self) {
        self.is_ending.store(true, Ordering::Relaxed);
        self.queue = None;
    }
}

impl Drop for OnAlert {
    /// Without [`OnAlert::finish`] nobody waits, but the thread ends.
    fn drop(&mut self) {
        self.end();
    }
}

/// What the thread works with.
struct Worker {
    program: Program,
    limits: Limits,
    messages: Receiver<AlertMessage>,
    failed: Sender<AlertFailure>,
    is_ending: Arc<AtomicBool>,
    last_start: Option<Instant>,
}

impl Worker {
    fn run(&mut self) {
        while let Ok(message) = self.messages.recv() {
            if let Err(reason) = self.serve(&message) {
                let _ = self.failed.try_send(message.failed(reason));
            }
        }
    }

    fn serve(&mut self, message: &AlertMessage) -> Result<(), String> {
        let begun = Instant::now();
        if self.is_ending.load(Ordering::Relaxed) && self.last_start.is_some() {
            return Err("not started: the session has ended".to_owned());
        }
        if self.last_start.is_some_and(|last| begun - last < self.limits.every) {
            let every = self.limits.every.as_secs();
            return Err(format!("not started: it was started less than {every} s before"));
        }
        self.last_start = Some(begun);
        let Limits { time, grace, .. } = self.limits;
        let mut ends = None;
        let is_late = || {
            if self.is_ending.load(Ordering::Relaxed) {
                ends.get_or_insert_with(|| Instant::now() + grace);
            }
            let now = Instant::now();
            now >= begun + time || ends.is_some_and(|end| now >= end)
        };
        self.program.run(message.json(), is_late)
    }
}
