//! How much speech a reading stands for.
//!
//! In: readings and activities. Out: [`Piece`]s of speech. Keeps where the next piece begins.

use super::ALARMING;
use crate::emotion::Group;
use crate::stream_time::StreamTime;
use crate::timeline::history::HOLD;
use crate::timeline::{Activity, Reading, Verdict};

/// A piece of speech with its reading.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// Where it begins; it ends at the reading.
    pub(super) from: StreamTime,
    /// How long it is.
    pub(super) length: StreamTime,
    pub(super) reading: Reading,
}

impl Piece {
    /// As [`Piece::distress`], but where the voice was shown as distressed and as nothing more, with disgust: the
    /// group's own probability, since nobody can say which of the four it is.
    pub(super) fn shown_distress(&self) -> f64 {
        if self.is_shown_distressed() {
            self.reading.scores.of_group(Group::Distressed).into()
        } else {
            self.distress()
        }
    }

    /// Whether the voice was shown as distressed, since no emotion alone was certain enough.
    pub(super) fn is_shown_distressed(&self) -> bool {
        self.reading.verdict == Verdict::Group(Group::Distressed)
    }

    /// The probabilities of fear, anger and sadness together, in [0, 1].
    pub(super) fn distress(&self) -> f64 {
        ALARMING.iter().map(|emotion| f64::from(self.reading.scores.of(*emotion))).sum()
    }
}

/// Cuts speech into pieces.
#[derive(Clone, Debug, Default)]
pub(super) struct Speech {
    /// The end of the last piece, or where the caller began to speak; none in a pause.
    since: Option<StreamTime>,
}

impl Speech {
    /// The caller does this from here on.
    pub(super) fn activity(&mut self, at: StreamTime, activity: Activity) {
        self.since = (activity == Activity::Speaking).then(|| self.since.unwrap_or(at));
    }

    /// The speech up to a reading; none where none is known of.
    pub(super) fn piece(&mut self, reading: &Reading) -> Option<Piece> {
        let since = self.since.replace(reading.at)?;
        let length = reading.at.since(since).min(HOLD);
        let piece = Piece { from: reading.at - length, length, reading: *reading };
        (length > StreamTime::ZERO).then_some(piece)
    }

    /// The audio breaks off.
    pub(super) fn break_off(&mut self) {
        self.since = None;
    }
}
