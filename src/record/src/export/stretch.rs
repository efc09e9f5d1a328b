//! Stretches of time: what a caller did, and what was shown, from when to when.
//!
//! In: readings. Out: what most of them say, in labels and words. Keeps sums.

use hearing::emotion::{Emotion, Group, N_EMOTIONS, Scores, Verdict};
use hearing::stream_time::StreamTime;
use hearing::timeline::{Activity, Reading};

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
    /// What they say: an emotion, a group, or that it is uncertain.
    pub verdict: Verdict,
    /// Sums of their probabilities.
    sums: [f64; N_EMOTIONS],
    /// How many there are; at least one.
    pub readings: u32,
}

impl Shown {
    /// One reading.
    pub fn of(reading: &Reading) -> Self {
        let sums = reading.scores.0.map(f64::from);
        Shown { verdict: reading.verdict, sums, readings: 1 }
    }

    /// Adds what another stretch that says the same.
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

    /// The mean probability of what they say; where it is uncertain, that of the most probable emotion.
    pub fn certainty(&self) -> f64 {
        match self.verdict {
            Verdict::Emotion(emotion) => self.mean(emotion),
            Verdict::Group(group) => self.mean_of(group),
            Verdict::Uncertain => self.mean(self.top()),
        }
    }

    /// The mean probability of a group.
    pub fn mean_of(&self, group: Group) -> f64 {
        group.members().map(|emotion| self.mean(emotion)).sum()
    }

    fn mean(&self, emotion: Emotion) -> f64 {
        self.sums[emotion.index()] / f64::from(self.readings)
    }

    /// The most probable emotion; the first of equals.
    fn top(&self) -> Emotion {
        Emotion::ALL[1..].iter().copied().fold(Emotion::ALL[0], |best, next| {
            if self.mean(next) > self.mean(best) { next } else { best }
        })
    }

    /// `fear 71 %`, `distressed (fear or sadness) 84 %` or `uncertain (fear 33 %)`.
    pub fn words(&self) -> String {
        let certainty = self.certainty() * 100.0;
        match self.verdict {
            Verdict::Emotion(emotion) => format!("{} {certainty:.0} %", emotion.words()),
            Verdict::Group(group) => {
                #[expect(clippy::cast_possible_truncation, reason = "means of probabilities")]
                let means = Scores(self.means().map(|mean| mean as f32));
                let between = group.likeliest(&means).map_or_else(String::new, |[one, other]| {
                    format!(" ({} or {})", one.words(), other.words())
                });
                format!("{group}{between} {certainty:.0} %")
            }
            Verdict::Uncertain => {
                format!("uncertain ({} {certainty:.0} %)", self.top().words())
            }
        }
    }

    /// The label in files: an emotion's, a group's, or `uncertain`.
    pub fn label(&self) -> &'static str {
        self.verdict.label()
    }
}
