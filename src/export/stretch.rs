//! Stretches of time: what a caller did, and what was shown, from when to when.
//!
//! In: readings. Out: what most of them say, in labels and words. Keeps sums.

use crate::emotion::{Emotion, N_EMOTIONS};
use crate::session::record::{ReadingRecord, ReadingState};
use crate::stream_time::StreamTime;
use crate::timeline::Activity;

/// A stretch of time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Span<T> {
    /// Where it begins.
    pub from: StreamTime,
    /// Where it ends; later.
    pub to: StreamTime,
    /// What it is.
    pub what: T,
}

/// What is known of a caller at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// What was heard.
    Heard(Activity),
    /// A seek skipped it.
    Unheard,
    /// Audio was lost.
    Lost,
    /// Nobody was allowed to listen.
    Muted,
    /// Records are missing.
    Unwritten,
}

impl Doing {
    /// The word in files.
    pub fn label(self) -> &'static str {
        match self {
            Doing::Heard(Activity::Listening) => "listening",
            Doing::Heard(Activity::TooShort) => "too_short",
            Doing::Heard(Activity::Speaking) => "speaking",
            Doing::Unheard => "unheard",
            Doing::Lost => "gap",
            Doing::Muted => "muted",
            Doing::Unwritten => "unwritten",
        }
    }
}

/// Equal readings in a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shown {
    /// The emotion; none where it was uncertain.
    pub emotion: Option<Emotion>,
    /// Sums of their probabilities.
    sums: [f64; N_EMOTIONS],
    /// How many there are; at least one.
    pub readings: u32,
}

impl Shown {
    /// One reading.
    pub fn of(reading: &ReadingRecord) -> Self {
        let is_certain = reading.state == ReadingState::Emotion;
        let sums = reading.scores.0.map(f64::from);
        Shown { emotion: is_certain.then_some(reading.emotion), sums, readings: 1 }
    }

    /// Adds what another stretch says of the same emotion.
    pub fn add(&mut self, other: &Shown) {
        self.readings += other.readings;
        for (sum, more) in self.sums.iter_mut().zip(other.sums) {
            *sum += more;
        }
    }

    /// Mean probabilities in the order of [`Emotion::ALL`].
    pub fn means(&self) -> [f64; N_EMOTIONS] {
        self.sums.map(|sum| sum / f64::from(self.readings))
    }

    /// The most probable emotion with its mean probability: of a certain stretch its own.
    pub fn most(&self) -> (Emotion, f64) {
        let means = self.means();
        let of = |emotion: Emotion| (emotion, means[emotion.index()]);
        self.emotion.map_or_else(
            || {
                let first = of(Emotion::ALL[0]);
                let others = Emotion::ALL[1..].iter().copied().map(of);
                others.fold(first, |best, next| if next.1 > best.1 { next } else { best })
            },
            of,
        )
    }

    /// `fear 71 %`, or `uncertain (fear 33 %)`.
    pub fn words(&self) -> String {
        let (emotion, mean) = self.most();
        let told = format!("{} {:.0} %", emotion.words(), mean * 100.0);
        if self.emotion.is_some() { told } else { format!("uncertain ({told})") }
    }

    /// The label in files: an emotion's, or `uncertain`.
    pub fn label(&self) -> &'static str {
        self.emotion.map_or("uncertain", Emotion::label)
    }
}
