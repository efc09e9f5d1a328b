//! What the screen shows at every moment of a call.
//!
//! In: the pipeline's updates of one caller. Out: steps in order of time, by the rules of
//! [`Timeline`], which the screen follows, and the readings.

use hearing::emotion::{Emotion, Group, N_EMOTIONS, N_GROUPS};
use hearing::fact::{Event, Fact};
use hearing::stream_time::StreamTime;
use hearing::timeline::Reading;
use hearing::timeline::history::{STALE, State, Timeline};

/// What an operator can see about the caller's voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnScreen {
    /// An emotion: a committed reading.
    Emotion(Emotion),
    /// A group of emotions, where none is certain enough.
    Group(Group),
    /// Speech in which nothing is certain enough.
    Uncertain,
    /// Speech, but not yet enough of it for a reading.
    TooShort,
    /// The gate is closed: nobody is heard speaking.
    Listening,
}

/// How many different things can be seen.
pub(super) const N_SIGHTS: usize = N_EMOTIONS + N_GROUPS + 3;

impl OnScreen {
    /// Its place in a row of [`N_SIGHTS`]: the emotions in their order, the groups in theirs, then the others.
    pub(super) fn index(self) -> usize {
        match self {
            OnScreen::Emotion(emotion) => emotion.index(),
            OnScreen::Group(group) => N_EMOTIONS + group.index(),
            OnScreen::Uncertain => N_EMOTIONS + N_GROUPS,
            OnScreen::TooShort => N_EMOTIONS + N_GROUPS + 1,
            OnScreen::Listening => N_EMOTIONS + N_GROUPS + 2,
        }
    }
}

impl From<State> for OnScreen {
    fn from(state: State) -> Self {
        match state {
            State::Listening => OnScreen::Listening,
            State::SpeechTooShort => OnScreen::TooShort,
            State::Uncertain => OnScreen::Uncertain,
            State::Emotion(emotion, _) => OnScreen::Emotion(emotion),
            State::Group { group, .. } => OnScreen::Group(group),
        }
    }
}

/// What the screen shows over a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Screen {
    /// From when on what is seen; the first from zero on.
    steps: Vec<(StreamTime, OnScreen)>,
    readings: Vec<Reading>,
}

impl Screen {
    /// What a screen shows that is given these updates of one caller.
    ///
    /// Loudness changes nothing. A reading that grows stale shows as uncertain, as on the screen.
    #[must_use]
    pub fn of(updates: &[Fact]) -> Self {
        let mut timeline = Timeline::new();
        let mut screen =
            Screen { steps: vec![(StreamTime::ZERO, OnScreen::Listening)], readings: Vec::new() };
        for update in updates {
            match update.event {
                Event::Activity(_)
                | Event::Gap(_)
                | Event::Muted(_)
                | Event::Skipped { .. }
                | Event::Seek { .. } => {}
                Event::Reading(reading) => screen.readings.push(reading),
                _ => continue,
            }
            // Told before it is applied: between two events a reading may have become too old.
            screen.grow_stale(&mut timeline, update.at);
            update.tell(&mut timeline);
            screen.step(update.at, timeline.state().into());
        }
        screen
    }

    fn grow_stale(&mut self, timeline: &mut Timeline, until: StreamTime) {
        let Some(last) = timeline.latest().map(|reading| reading.at) else { return };
        let too_old = last + STALE + StreamTime(1);
        if too_old < until && timeline.now() < too_old {
            timeline.advance(too_old);
            self.step(too_old, timeline.state().into());
        }
    }

    fn step(&mut self, at: StreamTime, seen: OnScreen) {
        let last = self.steps.last().copied().unwrap_or((StreamTime::ZERO, OnScreen::Listening));
        let at = at.max(last.0);
        if last.0 == at {
            self.steps.pop();
        }
        if self.steps.last().is_none_or(|(_, before)| *before != seen) {
            self.steps.push((at, seen));
        }
    }

    /// The readings, in order of time.
    #[must_use]
    pub fn readings(&self) -> &[Reading] {
        &self.readings
    }

    /// What is seen from `from` up to `to`, as pieces `(from, to, seen)` in order of time.
    pub(super) fn between(
        &self,
        from: StreamTime,
        to: StreamTime,
    ) -> impl Iterator<Item = (StreamTime, StreamTime, OnScreen)> {
        let first = self.steps.partition_point(|(at, _)| *at <= from).saturating_sub(1);
        let end = self.steps.partition_point(|(at, _)| *at < to).max(first);
        (first..end).filter(move |_| from < to).map(move |index| {
            let until = self.steps.get(index + 1).map_or(to, |(next, _)| (*next).min(to));
            let (begun, seen) = self.steps[index];
            (begun.max(from), until, seen)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::script::{S, Script};
    use super::*;
    use hearing::emotion::Emotion::{Anger, Fear};

    fn seen(screen: &Screen, from: u64, to: u64) -> Vec<(u64, u64, OnScreen)> {
        let pieces = screen.between(StreamTime(from * S), StreamTime(to * S));
        pieces.map(|(from, to, seen)| (from.0 / S, to.0 / S, seen)).collect()
    }

    #[test]
    fn the_last_reading_shows_until_the_next_or_until_speech_ends() {
        use OnScreen::{Emotion, Listening, TooShort, Uncertain};
        let script = Script::new().too_short(1).speaking(2).reads(2, Anger).reads(4, Fear);
        let screen = Screen::of(&script.uncertain(5).listening(6).updates());
        assert_eq!(
            seen(&screen, 0, 9),
            [
                (0, 1, Listening),
                (1, 2, TooShort),
                (2, 4, Emotion(Anger)),
                (4, 5, Emotion(Fear)),
                (5, 6, Uncertain),
                (6, 9, Listening)
            ]
        );
        assert_eq!(seen(&screen, 3, 4), [(3, 4, Emotion(Anger))]);
        assert_eq!(seen(&screen, 3, 3), []);
        assert_eq!(screen.readings().len(), 3);
    }

    #[test]
    fn speech_without_a_reading_since_it_began_shows_none() {
        let script = Script::new().speaking(0).reads(1, Anger).listening(2).speaking(4);
        let screen = Screen::of(&script.reads(5, Anger).updates());
        assert_eq!(
            seen(&screen, 3, 6),
            [
                (3, 4, OnScreen::Listening),
                (4, 5, OnScreen::TooShort),
                (5, 6, OnScreen::Emotion(Anger))
            ]
        );
    }

    #[test]
    fn a_reading_that_grows_stale_shows_as_uncertain() {
        let screen = Screen::of(&Script::new().speaking(0).reads(1, Anger).listening(8).updates());
        let told = seen(&screen, 1, 9);
        assert_eq!(told[0], (1, 3, OnScreen::Emotion(Anger)));
        assert_eq!(told[1], (3, 8, OnScreen::Uncertain));
    }
}
