//! What an operator does: one list for screen, plain lines and whoever else may act on calls.
//!
//! In: keys, typed commands. Out: an [`Action`], which the engine carries out. Keeps nothing.

use hearing::fact::SeenBy;
use hearing::stream_time::StreamTime;

/// What the person asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Stop. The dashboard is closed when this arrives.
    Quit,
    /// Hold a replay, or let it go on.
    TogglePause,
    /// Move a replay by so many seconds; negative is back.
    SeekBy(i64),
    /// Move a replay to a place.
    SeekTo(StreamTime),
    /// Replay so many times faster than real time.
    SetSpeed(f64),
    /// Mark a moment in the log of this line's call, with what was typed; that may be nothing.
    Mark {
        /// Which line.
        caller: usize,
        /// When the key was pressed, in the call's time.
        at: StreamTime,
        /// What was typed.
        text: String,
    },
    /// Begin a call on this line; one that is under way ends first. With an empty label it is called as the
    /// line is.
    BeginCall {
        /// Which line.
        caller: usize,
        /// What was typed.
        label: String,
    },
    /// Give the call on this line another label.
    Rename {
        /// Which line.
        caller: usize,
        /// What was typed.
        label: String,
    },
    /// End the call on this line.
    EndCall {
        /// Which line.
        caller: usize,
    },
    /// The caller on this line was told what has to be told.
    ConfirmNotice {
        /// Which line.
        caller: usize,
    },
    /// The alert of this line's call was seen.
    Acknowledge {
        /// Which line.
        caller: usize,
        /// When the alert was, in the call's time.
        at: StreamTime,
        /// From where.
        by: SeenBy,
    },
    /// Stop listening to everybody at once, or listen again.
    ToggleMute,
}
