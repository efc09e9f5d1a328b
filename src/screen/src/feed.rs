//! What the dashboard is told, and what it asks for.

use super::charset::Charset;
use super::keys::Keys;
use super::theme::{Colours, Paper};
use hearing::fact::Fact;
use hearing::stream_time::StreamTime;
pub use record::action::Action;
pub use record::call_news::{CallNews, LogStopped};

/// What does not change while the dashboard is open. Labels and paths may hold anything: characters that
/// would steer the terminal are made harmless.
#[derive(Clone, Debug)]
pub struct Setup {
    /// A line for each caller that can be heard at once, in the order of [`Fact::caller`].
    pub lines: Vec<Line>,
    /// The model and its honest score, such as `phone-lstm: UAR 0.53 on strangers`.
    pub model: String,
    /// What computes: `CPU (AVX-512)` or the name of an adapter.
    pub backend: String,
    /// What the deployer has to tell a caller, if that is to be confirmed at each call.
    pub notice_text: Option<String>,
    /// Live, or a replay.
    pub mode: Mode,
    /// Something to know from the start, such as `no GPU found: using the CPU`.
    pub notice: Option<String>,
    /// What the terminal can show.
    pub colours: Colours,
    /// What the person wants of the screen.
    pub options: ScreenOptions,
}

/// What a person wants of the screen.
#[derive(Clone, Debug, Default)]
pub struct ScreenOptions {
    /// One line a caller and nothing else, for a terminal of a line or a few.
    pub is_compact: bool,
    /// Whether clicks and the wheel are taken from the terminal, which then marks text only with Shift.
    pub takes_mouse: bool,
    /// What the terminal is written on, if known.
    pub paper: Paper,
    /// Which characters the terminal can show.
    pub charset: Charset,
    /// Which keys do what.
    pub keys: Keys,
}

/// A place where a caller can be heard: one call after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What the line is called: the label that was given to it, or the recording's name.
    pub label: String,
    /// Where its sound comes from: a device or a file.
    pub source: String,
}

/// Whether time can be held.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    /// It cannot: somebody is on the line.
    Live {
        /// Whether calls begin and end by themselves; if not, only by a key.
        auto_calls: bool,
    },
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
    /// Something about a caller; times are those of the caller's call.
    Fact(Fact),
    /// A call begins or ends, or its notice was confirmed. Unlike an update it must never be left out: the
    /// line would show another call's state.
    Call {
        /// Which line.
        caller: usize,
        /// What becomes of it.
        news: CallNews,
    },
    /// How the engine is doing.
    Status(Status),
    /// A sentence for the operator.
    Notice(String),
    /// Nothing more comes: the recording is over, or this error ended it.
    Finished(Option<String>),
}

/// How the engine is doing.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// From the last sample of a segment to its reading, 95th percentile; none before the first reading.
    pub delay_p95_ms: Option<f32>,
    /// Samples lost so far.
    pub dropped_samples: u64,
    /// Whether each line's sound comes: a live device may be gone for a while.
    pub is_heard: Vec<bool>,
    /// Whether nobody is listened to, because the operator wants privacy.
    pub is_muted: bool,
    /// What computes, when it is no longer [`Setup::backend`]: a GPU that failed gives way to the CPU.
    pub backend: Option<String>,
    /// Whether a replay is held.
    pub paused: bool,
    /// Position in the recording, or the length of the live session so far.
    pub position: StreamTime,
    /// How many times faster than real time a replay runs; infinite for as fast as possible.
    pub speed: f64,
    /// Since when nothing is logged, while the log cannot be written.
    pub log_stopped: Option<LogStopped>,
}
