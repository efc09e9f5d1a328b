//! What an operator's attention was asked for: an alert, and the rule that gave it.
//!
//! In: nothing. Out: values. The rules themselves are in `alert`.

use crate::emotion::Emotion;
use crate::stream_time::StreamTime;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why an operator's attention is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Fear, anger or sadness for some time.
    Sustained,
    /// From little of them to one of them within seconds.
    SuddenChange,
    /// More of them than earlier in the call.
    Rising,
    /// No voice was heard of a caller who has spoken, for long. What else was heard, the reason says.
    LongSilence,
}

impl Rule {
    /// All of them, the first of several that hold at once first.
    pub const ALL: [Rule; 4] =
        [Rule::Sustained, Rule::SuddenChange, Rule::Rising, Rule::LongSilence];

    /// The name in files.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Rule::Sustained => "sustained",
            Rule::SuddenChange => "sudden_change",
            Rule::Rising => "rising",
            Rule::LongSilence => "long_silence",
        }
    }

    /// The words on screen.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Rule::Sustained => "sustained distress",
            Rule::SuddenChange => "sudden change",
            Rule::Rising => "rising distress",
            Rule::LongSilence => "no voice",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// A moment at which an operator's attention is asked for. It says what was heard, never what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// When.
    pub at: StreamTime,
    /// Where that begins of which it tells.
    pub from: StreamTime,
    /// Why.
    pub rule: Rule,
    /// The emotion of which it tells; none where no single one stands out, or for a silence.
    pub emotion: Option<Emotion>,
    /// One plain sentence with the numbers.
    pub reason: String,
    /// The hotline's own text for this rule.
    pub guidance: Option<String>,
}
