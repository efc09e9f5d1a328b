//! What a call comes to in whole samples: sums of it over calls are exact in any order.

use std::collections::BTreeMap;

use super::alerts::{Alerts, alerts};
use super::detection::{Onset, onsets};
use super::screen::{N_SIGHTS, OnScreen, Screen};
use super::{Label, Stretch};
use hearing::emotion::{Emotion, N_EMOTIONS};
use hearing::fact::Fact;
use hearing::stream_time::StreamTime;
use hearing::timeline::Verdict;

/// What shows so long after speech may still be about it, and is neither right nor false: the gate stays open
/// for 256 ms after the last speech, the detector and the frames lag behind by some 100 ms, and a reading
/// comes at the next hop or none.
pub const TAIL: StreamTime = StreamTime::from_ms(500);

/// What a call comes to, in samples and counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallCounts {
    /// Length of the audio.
    pub(super) length: u64,
    /// Speech by `[emotion said][what shows]`.
    pub(super) speech: [[u64; N_SIGHTS]; N_EMOTIONS],
    /// Time without speech by what is heard, without the tails of speech.
    pub(super) other: BTreeMap<String, Other>,
    pub(super) onsets: Vec<Onset>,
    pub(super) alerts: Alerts,
}

/// Time without speech.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Other {
    pub(super) time: u64,
    pub(super) readings: u64,
    /// Readings that say something, an emotion or a group.
    pub(super) committed: u64,
    /// Time in which an emotion other than neutral shows.
    pub(super) emotional: u64,
}

impl Other {
    fn add(&mut self, other: Other) {
        self.time += other.time;
        self.readings += other.readings;
        self.committed += other.committed;
        self.emotional += other.emotional;
    }
}

impl CallCounts {
    /// Counts a call whose `stretches` have no holes ([`Labels::over`](super::Labels::over)).
    #[must_use]
    pub fn of(stretches: &[Stretch], updates: &[Fact]) -> Self {
        let screen = Screen::of(updates);
        let mut counts = CallCounts {
            length: stretches.last().map_or(0, |last| last.to.0),
            onsets: onsets(stretches, screen.readings()),
            alerts: alerts(stretches, updates),
            ..CallCounts::default()
        };
        for stretch in stretches {
            if let Label::Speech(emotion) = stretch.label {
                for (from, to, seen) in screen.between(stretch.from, stretch.to) {
                    counts.speech[emotion.index()][seen.index()] += to.since(from).0;
                }
            }
        }
        for quiet in quiet_pieces(stretches) {
            counts.other.entry(quiet.kind.to_owned()).or_default().add(quiet.counts(&screen));
        }
        counts
    }

    /// Adds another call.
    pub fn add(&mut self, other: &CallCounts) {
        self.length += other.length;
        for (row, more) in self.speech.iter_mut().zip(&other.speech) {
            row.iter_mut().zip(more).for_each(|(time, more)| *time += more);
        }
        for (kind, more) in &other.other {
            self.other.entry(kind.clone()).or_default().add(*more);
        }
        self.onsets.extend(&other.onsets);
        self.alerts.add(&other.alerts);
    }

    /// All time without speech.
    pub(super) fn all_other(&self) -> Other {
        let mut sum = Other::default();
        self.other.values().for_each(|other| sum.add(*other));
        sum
    }
}

/// A piece of time without speech, and what is heard in it.
struct Quiet<'a> {
    from: StreamTime,
    to: StreamTime,
    kind: &'a str,
}

impl Quiet<'_> {
    fn counts(&self, screen: &Screen) -> Other {
        // A reading tells of what ends with it, so one at the very beginning is of what was before.
        let within = |at: StreamTime| self.from < at && at <= self.to;
        let readings = screen.readings().iter().filter(|reading| within(reading.at));
        let mut counts = Other { time: self.to.since(self.from).0, ..Other::default() };
        for reading in readings {
            counts.readings += 1;
            counts.committed += u64::from(reading.verdict != Verdict::Uncertain);
        }
        for (from, to, seen) in screen.between(self.from, self.to) {
            if matches!(seen, OnScreen::Emotion(emotion) if emotion != Emotion::Neutral) {
                counts.emotional += to.since(from).0;
            }
        }
        counts
    }
}

/// The time without speech: each moment belongs to what was heard [`TAIL`] before, so the tail of speech is
/// left out, and what a noise leaves behind in the silence after it is the noise's.
fn quiet_pieces(stretches: &[Stretch]) -> Vec<Quiet<'_>> {
    let mut pieces = Vec::new();
    for (index, stretch) in stretches.iter().enumerate() {
        if stretch.label.emotion().is_some() {
            continue;
        }
        // All that was heard from a tail before it begins until it ends.
        let first =
            stretches[..=index].iter().rposition(|before| before.from + TAIL <= stretch.from);
        for before in &stretches[first.unwrap_or(0)..=index] {
            let Label::NonSpeech(kind) = &before.label else { continue };
            // Nothing was before the call.
            let begun =
                if before.from == StreamTime::ZERO { before.from } else { before.from + TAIL };
            let from = begun.max(stretch.from);
            let to = if std::ptr::eq(before, stretch) { stretch.to } else { before.to + TAIL };
            let to = to.min(stretch.to);
            if from < to {
                pieces.push(Quiet { from, to, kind });
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::super::script::{S, Script, noise, speech, truth};
    use super::*;
    use hearing::emotion::Emotion::{Anger, Fear, Neutral};

    #[test]
    fn speech_is_counted_by_what_shows_in_it() {
        let script = Script::new().too_short(1).speaking(2).reads(2, Anger).reads(4, Fear);
        let script = script.uncertain(5).listening(7);
        let counts =
            CallCounts::of(&truth(&[(3, speech(Anger)), (8, speech(Fear))]), &script.updates());
        let anger = counts.speech[Anger.index()];
        assert_eq!(anger[OnScreen::Listening.index()], S);
        assert_eq!(anger[OnScreen::TooShort.index()], S);
        assert_eq!(anger[OnScreen::Emotion(Anger).index()], S);
        let fear = counts.speech[Fear.index()];
        assert_eq!(fear[OnScreen::Emotion(Anger).index()], S);
        assert_eq!(fear[OnScreen::Emotion(Fear).index()], S);
        assert_eq!(fear[OnScreen::Uncertain.index()], 2 * S);
        assert_eq!(fear[OnScreen::Listening.index()], S);
        let all: u64 = counts.speech.iter().flatten().sum();
        assert_eq!((all, counts.length), (8 * S, 8 * S));
    }

    #[test]
    fn the_tail_of_speech_is_left_out_and_that_of_a_noise_is_the_noises() {
        let stretches = [
            (2, Label::silence()),
            (4, speech(Neutral)),
            (10, Label::silence()),
            (14, noise("music")),
            (20, Label::silence()),
        ];
        // One reading in speech, one a second later, one in music, one as music ends, one long after.
        let script = Script::new().speaking(3).reads(4, Fear).reads(5, Fear).listening(6);
        let script = script.speaking(12).reads(13, Fear).uncertain(14).reads(17, Neutral);
        let counts = CallCounts::of(&truth(&stretches), &script.updates());
        let silence = counts.other["silence"];
        let music = counts.other["music"];
        // 2 s before speech; 6 s after it but for the tail, and the tail before music begins to count
        // as music; 6 s after music but for its tail.
        assert_eq!(silence.time, 2 * S + (6 * S - TAIL.0) + TAIL.0 + (6 * S - TAIL.0));
        assert_eq!(music.time, (4 * S - TAIL.0) + TAIL.0);
        assert_eq!((silence.readings, silence.committed), (2, 2));
        assert_eq!((music.readings, music.committed), (2, 1));
        // Fear shows from 4 to 6 s, but the silence counts from 4.5 s on.
        assert_eq!(silence.emotional, 2 * S - TAIL.0);
        assert_eq!(music.emotional, S);
    }

    #[test]
    fn a_pause_shorter_than_the_tail_counts_nothing() {
        let mut stretches = truth(&[(2, speech(Fear)), (3, Label::silence()), (5, speech(Fear))]);
        stretches[1].to = stretches[1].from + TAIL;
        stretches[2].from = stretches[1].to;
        let counts = CallCounts::of(&stretches, &[]);
        assert!(counts.other.values().all(|other| *other == Other::default()));
    }

    #[test]
    fn calls_add_up() {
        let stretches = truth(&[(2, noise("hum")), (6, speech(Fear))]);
        let script = || Script::new().speaking(1).reads(2, Fear).reads(4, Fear).updates();
        let one = CallCounts::of(&stretches, &script());
        let mut two = one.clone();
        two.add(&one);
        assert_eq!(two.length, 12 * S);
        assert_eq!(two.onsets.len(), 2);
        assert_eq!(two.other["hum"].readings, 2 * one.other["hum"].readings);
        assert_eq!(
            two.speech[Fear.index()][0..3],
            one.speech[Fear.index()][0..3].iter().map(|t| 2 * t).collect::<Vec<_>>()
        );
    }
}
