//! One caller on the screen: the history, the level, and the numbers as they are printed.
//!
//! In: events. Out: what the panels draw. The picture follows at once; printed numbers change only on
//! [`Caller::refresh`], so that a person can read them.

use crate::emotion::Scores;
use crate::pipeline::{Event, Gap, Level};
use crate::prosody::Explanation;
use crate::stream_time::{STREAM_RATE_HZ, StreamTime};
use crate::timeline::history::{State, Timeline};
use std::collections::VecDeque;
use std::mem::discriminant;

/// Levels over which the highest peak is held: 1.5 s of tenths.
const HELD_LEVELS: usize = 15;

/// How long facts stand on the screen: they are about the last seconds, not about a turn long over.
const FRESH: StreamTime = StreamTime::from_ms(10_000);

/// What the screen knows of one caller.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) label: String,
    pub(super) timeline: Timeline,
    /// The last levels, oldest first.
    levels: VecDeque<Level>,
    /// How the caller spoke, and when that was told last.
    facts: Option<(StreamTime, Explanation)>,
    pub(super) printed: Printed,
}

/// The numbers of one caller as they stand on the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Printed {
    pub(super) state: State,
    /// Scores of the last reading and where it ended.
    pub(super) reading: Option<(StreamTime, Scores)>,
    pub(super) level_db: Option<f32>,
    /// How the caller speaks, while that is fresh.
    pub(super) facts: Option<Explanation>,
}

impl Caller {
    pub(super) fn new(label: String) -> Self {
        let printed =
            Printed { state: State::Listening, reading: None, level_db: None, facts: None };
        Caller {
            label,
            timeline: Timeline::new(),
            levels: VecDeque::with_capacity(HELD_LEVELS),
            facts: None,
            printed,
        }
    }

    /// Takes in one event.
    pub(super) fn apply(&mut self, at: StreamTime, event: &Event) {
        match event {
            Event::Activity(activity) => self.timeline.activity(at, *activity),
            Event::Reading(reading) => self.timeline.reading(*reading),
            Event::Gap(gap) => self.timeline.gap(at, length(gap)),
            Event::Muted(muted) => self.timeline.muted(at, muted.length()),
            Event::Skipped { readings } => self.timeline.skipped(at, *readings),
            Event::Seek { from } => {
                self.timeline.seek(*from, at);
                self.levels.clear();
                self.facts = None;
                self.refresh();
            }
            Event::Operator(state) => self.timeline.operator(at, *state),
            Event::Facts(facts) => self.facts = Some((at, *facts)),
            Event::Level(level) => {
                if self.levels.len() == HELD_LEVELS {
                    self.levels.pop_front();
                }
                self.levels.push_back(*level);
                self.timeline.advance(at);
            }
        }
        // A new word brings its number with it.
        let state = self.timeline.state();
        if !same_words(state, self.printed.state) {
            self.printed.state = state;
        }
    }

    /// Prints the numbers of this moment, and says whether any changed.
    pub(super) fn refresh(&mut self) -> bool {
        let reading = self.timeline.latest().map(|reading| (reading.at, reading.scores));
        let level_db = self.levels.back().map(|level| level.rms_db);
        let now = self.timeline.now();
        let facts =
            self.facts.filter(|(told, _)| now.since(*told) <= FRESH).map(|(_, facts)| facts);
        let printed = Printed { state: self.timeline.state(), reading, level_db, facts };
        let changed = printed != self.printed;
        self.printed = printed;
        changed
    }

    /// Loudness now and the highest peak of the last 1.5 s.
    pub(super) fn level(&self) -> Option<Level> {
        let peaks = self.levels.iter().map(|level| level.peak_db);
        let peak_db = peaks.fold(f32::NEG_INFINITY, f32::max);
        self.levels.back().map(|last| Level { rms_db: last.rms_db, peak_db })
    }
}

fn same_words(one: State, other: State) -> bool {
    match (one, other) {
        (State::Emotion(one, _), State::Emotion(other, _)) => one == other,
        _ => discriminant(&one) == discriminant(&other),
    }
}

/// The length of a gap in the stream, rounded to the nearest sample.
fn length(gap: &Gap) -> StreamTime {
    let rate = u128::from(gap.rate_hz.max(1));
    let scaled = u128::from(gap.lost_samples) * u128::from(STREAM_RATE_HZ);
    StreamTime(u64::try_from((scaled + rate / 2) / rate).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emotion::Emotion;
    use crate::prosody::Facts;
    use crate::timeline::{Activity, Reading, Verdict};

    fn reading(caller: &mut Caller, ms: u64, emotion: Emotion, certainty: f32) {
        let at = StreamTime::from_ms(ms);
        let rest = (1.0 - certainty) / 6.0;
        let scores = Scores(Emotion::ALL.map(|e| if e == emotion { certainty } else { rest }));
        let verdict = Verdict::Emotion(emotion);
        caller.apply(at, &Event::Reading(Reading { at, scores, verdict }));
    }

    fn speaking() -> Caller {
        let mut caller = Caller::new("caller".into());
        caller.apply(StreamTime::from_ms(100), &Event::Activity(Activity::Speaking));
        caller
    }

    #[test]
    fn a_number_waits_for_the_refresh_but_a_new_word_does_not() {
        let mut caller = speaking();
        reading(&mut caller, 250, Emotion::Fear, 0.6);
        assert_eq!(caller.printed.state, State::Emotion(Emotion::Fear, 0.6));
        reading(&mut caller, 500, Emotion::Fear, 0.7);
        assert_eq!(caller.printed.state, State::Emotion(Emotion::Fear, 0.6));
        assert!(caller.refresh());
        assert_eq!(caller.printed.state, State::Emotion(Emotion::Fear, 0.7));
        reading(&mut caller, 750, Emotion::Anger, 0.8);
        assert_eq!(caller.printed.state, State::Emotion(Emotion::Anger, 0.8));
        assert!(caller.refresh());
        assert!(!caller.refresh());
    }

    #[test]
    fn the_peak_is_held_and_then_let_go() {
        let mut caller = speaking();
        for step in 0..=15_u16 {
            let peak_db = if step == 0 { -3.0 } else { -30.0 };
            let level = Level { rms_db: -40.0, peak_db };
            caller.apply(StreamTime::from_ms(100 * u64::from(step)), &Event::Level(level));
            let held = if step < 15 { -3.0 } else { -30.0 };
            assert_eq!(caller.level(), Some(Level { rms_db: -40.0, peak_db: held }));
        }
    }

    #[test]
    fn facts_stand_until_the_caller_has_been_silent_for_ten_seconds_or_is_moved() {
        let facts = Facts {
            loudness_db: -20.0,
            pitch_hz: None,
            pitch_range_semitones: None,
            syllables_per_s: 4.0,
            pause_share: 0.0,
        };
        let told = Explanation { facts, change: None };
        let quiet = Event::Level(Level { rms_db: -60.0, peak_db: -60.0 });
        let mut caller = speaking();
        caller.apply(StreamTime::from_ms(2000), &Event::Facts(told));
        assert_eq!(caller.printed.facts, None, "it waits for the refresh");
        caller.apply(StreamTime::from_ms(12_000), &quiet);
        caller.refresh();
        assert_eq!(caller.printed.facts, Some(told));
        caller.apply(StreamTime::from_ms(12_100), &quiet);
        caller.refresh();
        assert_eq!(caller.printed.facts, None);
        caller.apply(StreamTime::from_ms(13_000), &Event::Facts(told));
        caller.apply(StreamTime::from_ms(5000), &Event::Seek { from: StreamTime::from_ms(13_000) });
        caller.refresh();
        assert_eq!(caller.printed.facts, None);
    }

    #[test]
    fn a_gap_counts_in_the_streams_own_samples() {
        assert_eq!(length(&Gap { lost_samples: 44_100, rate_hz: 44_100 }), StreamTime(8_000));
        assert_eq!(length(&Gap { lost_samples: 1, rate_hz: 0 }), StreamTime(8_000));
        let mut caller = speaking();
        let gap = Gap { lost_samples: 24_000, rate_hz: 48_000 };
        caller.apply(StreamTime::from_ms(1000), &Event::Gap(gap));
        assert_eq!(caller.timeline.now(), StreamTime::from_ms(1500));
    }

    #[test]
    fn after_going_back_the_numbers_are_those_of_before() {
        let mut caller = speaking();
        reading(&mut caller, 500, Emotion::Fear, 0.6);
        reading(&mut caller, 1000, Emotion::Anger, 0.9);
        let at = StreamTime::from_ms(600);
        caller.apply(at, &Event::Seek { from: StreamTime::from_ms(1000) });
        assert_eq!(caller.printed.state, State::Listening);
        assert_eq!(caller.printed.reading.map(|reading| reading.0), Some(StreamTime::from_ms(500)));
    }
}
