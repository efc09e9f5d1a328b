//! How far one round over all lines has come.
//!
//! In: nothing. Out: [`Step`]. Keeps nothing.

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The sources are at their ends.
    Ended,
    /// Nothing there yet: wait a few milliseconds.
    Waiting,
    /// A block was worked on: go on at once.
    Worked,
}
