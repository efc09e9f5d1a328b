//! What a caller sounds like, told so seldom that a screen reader can keep up.
//!
//! In: the state after each update. Out: a state to be told. Keeps what was told last. What stands between two
//! lines is left out, and the newest is told: the log has all of it.

use crate::caller::same_words;
use hearing::stream_time::StreamTime;
use hearing::timeline::history::State;

/// A silence is told when it has lasted so long: between two sentences people breathe.
const PAUSE: StreamTime = StreamTime::from_ms(3_000);

/// What was told of one caller.
#[derive(Debug)]
pub(super) struct Teller {
    told: State,
    when: Option<StreamTime>,
    silent_since: Option<StreamTime>,
}

impl Default for Teller {
    fn default() -> Self {
        // Nobody has spoken: that need not be said.
        Teller { told: State::Listening, when: None, silent_since: None }
    }
}

impl Teller {
    /// The state is this now: whether it is to be told, at most once in `every`.
    pub(super) fn take(
        &mut self,
        now: StreamTime,
        state: State,
        every: StreamTime,
    ) -> Option<State> {
        if state == State::Listening {
            let since = *self.silent_since.get_or_insert(now);
            if now.since(since) < PAUSE {
                return None;
            }
        } else {
            self.silent_since = None;
        }
        let is_too_soon = self.when.is_some_and(|when| now.since(when) < every);
        // Speech that is too short to be read says nothing yet.
        if state == State::SpeechTooShort || is_too_soon || same_words(state, self.told) {
            return None;
        }
        self.told = state;
        self.when = Some(now);
        Some(state)
    }

    /// The call's time has jumped.
    pub(super) fn forget_when(&mut self) {
        self.when = None;
        self.silent_since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearing::emotion::{Emotion, Group};

    const EVERY: StreamTime = StreamTime::from_ms(2_000);
    const FEAR: State = State::Emotion(Emotion::Fear, 0.7);

    /// Takes states a quarter of a second apart; gives when which was told, in milliseconds.
    fn told(states: impl IntoIterator<Item = State>) -> Vec<(u64, State)> {
        let mut teller = Teller::default();
        let times = (0..).map(|quarter| 250 * quarter);
        let told = |(ms, state)| Some((ms, teller.take(StreamTime::from_ms(ms), state, EVERY)?));
        times.zip(states).filter_map(told).collect()
    }

    #[test]
    fn what_goes_on_is_told_once_and_a_change_of_certainty_not_at_all() {
        let states =
            (0..20_u8).map(|step| State::Emotion(Emotion::Fear, 0.5 + f32::from(step) / 50.0));
        assert_eq!(told(states), [(0, State::Emotion(Emotion::Fear, 0.5))]);
    }

    #[test]
    fn of_what_changes_often_the_newest_is_told_every_two_seconds() {
        let states =
            [State::Uncertain, FEAR, State::Uncertain, State::Emotion(Emotion::Anger, 0.6)];
        let told = told(states.into_iter().cycle().take(33));
        let times: Vec<u64> = told.iter().map(|(ms, _)| *ms).collect();
        // Two seconds later it is uncertain again, as was told; what comes next is told.
        assert_eq!(times, [0, 2250, 4500, 6750]);
        assert_eq!(told[1].1, FEAR);
    }

    #[test]
    fn a_group_that_goes_on_is_told_once_whatever_stands_out_in_it() {
        let between = [
            Some([Emotion::Fear, Emotion::Sadness]),
            Some([Emotion::Sadness, Emotion::Fear]),
            None,
        ];
        let distressed =
            |likeliest| State::Group { group: Group::Distressed, certainty: 0.8, likeliest };
        let states = between.map(distressed).into_iter().cycle().take(20).chain([FEAR; 8]);
        let told = told(states);
        assert_eq!(told, [(0, distressed(between[0])), (5000, FEAR)]);
    }

    #[test]
    fn a_breath_is_no_silence_and_words_that_are_too_short_say_nothing() {
        let breath = [State::Listening; 8];
        let word = [State::SpeechTooShort; 3];
        let states = [&[FEAR; 4][..], &breath, &word, &[FEAR; 4], &[State::Listening; 14]].concat();
        assert_eq!(told(states), [(0, FEAR), (7750, State::Listening)]);
    }

    #[test]
    fn an_emotion_that_comes_back_after_a_silence_is_told_again() {
        let states = [&[FEAR][..], &[State::Listening; 13], &[FEAR; 10]].concat();
        let times: Vec<u64> = told(states).iter().map(|(ms, _)| *ms).collect();
        assert_eq!(times, [0, 3250, 5250]);
    }
}
