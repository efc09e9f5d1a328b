//! How good the whole pipeline is on labelled calls: minutes, not clips.
//!
//! In: for each call what is said when ([`Labels`]) and the pipeline's updates. Out: a [`CallReport`] over all
//! calls and for each, as JSON through serde and as text by [`CallReport::table`]. Keeps nothing.
//!
//! Time is counted in samples by what the *screen shows* then ([`Screen`]): the last reading while there is
//! speech; nothing before the first one. How each number is counted stands at its field in
//! [`CallMeasures`].

mod alert_measures;
mod alerts;
mod counts;
mod detection;
mod error;
mod labels;
mod manifest;
mod report;
mod screen;
#[cfg(test)]
mod script;
mod table;

pub use alert_measures::{AlertMeasures, Episodes, RuleMeasures};
pub use alerts::EPISODE;
pub use counts::{CallCounts, TAIL};
pub use error::CallError;
pub use labels::{Label, Labels, Stretch};
pub use manifest::{Call, read_manifest};
pub use report::{
    CallMeasures, CallReport, CallRow, Delay, EderMeasures, EmotionMeasures, NonSpeech,
};
pub use screen::{OnScreen, Screen};
