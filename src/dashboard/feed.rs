//! What the dashboard is told, and what it asks for.

use super::theme::Colours;
use crate::pipeline::Update;
use crate::stream_time::StreamTime;
use std::path::PathBuf;

/// What does not change while the dashboard is open. Labels and paths may hold anything: characters that
/// would steer the terminal are made harmless.
#[derive(Clone, Debug)]
pub struct Setup {
    /// A label for each caller, in the order of [`Update::caller`].
    pub callers: Vec<String>,
    /// The model and its honest score, such as `phone-lstm: UAR 0.53 on strangers`.
    pub model: String,
    /// What computes: `CPU (burn-flex)` or the name of an adapter.
    pub backend: String,
    /// Where the sound comes from: a device or a file.
    pub source: String,
    /// The session log, if one is written.
    pub log: Option<PathBuf>,
    /// Live, or a replay.
    pub mode: Mode,
    /// Something to know from the start, such as `no GPU found: using the CPU`.
    pub notice: Option<String>,
    /// What the terminal can show.
    pub colours: Colours,
}

/// Whether time can be held.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    /// It cannot: somebody is on the line.
    Live,
    /// A recording, which can be paused and moved.
    Replay {
        /// Its length, if known.
        length: Option<StreamTime>,
        /// How many times faster than real time at first; infinite for as fast as possible.
        speed: f64,
    },
}

/// One message to the dashboard.
#[derive(Clone, Debug)]
pub enum Feed {
    /// Something about a caller.
    Update(Update),
    /// How the engine is doing.
    Status(Status),
    /// A sentence for the operator.
    Notice(String),
    /// Nothing more comes: the recording is over, or this error ended it.
    Finished(Option<String>),
}

/// How the engine is doing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Status {
    /// From the last sample of a segment to its reading, 95th percentile; none before the first reading.
    pub delay_p95_ms: Option<f32>,
    /// Samples lost so far.
    pub dropped_samples: u64,
    /// Whether the sound comes: a live device may be gone for a while.
    pub is_heard: bool,
    /// Whether a replay is held.
    pub paused: bool,
    /// Position in the recording, or the length of the live session so far.
    pub position: StreamTime,
    /// How many times faster than real time a replay runs; infinite for as fast as possible.
    pub speed: f64,
    /// Since when nothing is logged, while the log cannot be written.
    pub log_stopped: Option<LogStopped>,
}

/// A log that cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogStopped {
    /// Where the first record belongs that is missing.
    pub since: StreamTime,
    /// Whether it is for want of space.
    pub disk_full: bool,
}

/// What the person asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    /// Stop. The dashboard is closed when this arrives.
    Quit,
    /// Hold a replay, or let it go on.
    TogglePause,
    /// Move a replay by so many seconds; negative is back.
    SeekBy(i64),
    /// Replay so many times faster than real time.
    SetSpeed(f64),
    /// Mark this moment in the session log.
    Mark,
}
