//! When to ask for the operator's attention: rules over what a caller says, with a reason in plain words.
//!
//! In: readings, who speaks, what was not heard, and how far time has come, all in stream positions
//! ([`Alerter`]). Out: an [`Alert`] now and then. Keeps the last seconds of speech, sums of all before, and which
//! places of a recording were heard: a few kilobytes a caller, however long the call.
//!
//! What the rules look at are *calibrated probabilities*, not the words on screen: fear, anger and sadness take
//! turns in a distressed voice, and each alone is seldom certain, while their sum is. Only where the screen says
//! "distressed" does lasting distress go by that word: by the group's probability, in which disgust is too. A speech-second is a second
//! for which there are readings: pauses, lost audio and the operator's voice neither count nor break anything.
//!
//! Few alerts are worth more than many: a rule that gave one waits until its cause has clearly ended and its
//! cool-down is over, after any alert the others keep quiet, and there is a cap an hour.

mod alerter;
mod limits;
mod places;
mod ranges;
mod rising;
#[cfg(test)]
mod scenarios;
mod settings;
mod silence;
mod speech;
mod sudden;
mod sustained;
mod window;

pub use crate::timeline::{Alert, Rule};
pub use alerter::Alerter;
pub use settings::{
    AlertSettings, LongSilenceSettings, RisingSettings, SuddenChangeSettings, SustainedSettings,
};

use crate::emotion::Emotion;
use crate::stream_time::StreamTime;

/// The emotions whose probabilities add up to *distress*.
pub const ALARMING: [Emotion; 3] = [Emotion::Anger, Emotion::Fear, Emotion::Sadness];

/// What a rule has found: an alert, if the limits let it pass.
struct Finding {
    /// Where that begins of which it tells.
    from: StreamTime,
    emotion: Option<Emotion>,
    reason: String,
}

/// So many seconds as a length.
fn seconds(n: u32) -> StreamTime {
    StreamTime::from_ms(1000 * u64::from(n))
}

/// A setting in percent as a share.
fn share(percent: u32) -> f64 {
    f64::from(percent) / 100.0
}

/// A share in percent, as a reader wants it.
fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// A length in words: seconds up to two minutes.
fn length(time: StreamTime) -> String {
    if time < seconds(120) { format!("{:.0} s", time.seconds()) } else { format!("{time} min") }
}
