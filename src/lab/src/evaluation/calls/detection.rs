//! How long after an emotion begins it is detected.
//!
//! In: a call's stretches and the readings. Out: one [`Onset`] for each place where the emotion changes.
//! Pauses and noise between two turns of the same emotion begin nothing.

use super::counts::TAIL;
use super::{Label, Stretch};
use hearing::stream_time::StreamTime;
use hearing::timeline::Reading;

/// The beginning of an emotion, and when it was detected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Onset {
    /// From the first sample of the first turn in this emotion to the end of the audio of the first
    /// committed reading that names it; `None` if there is none before the next emotion begins (or, after
    /// the last turn, before the tail of its speech ends).
    pub(super) delay: Option<StreamTime>,
    /// Whether within the same time a reading named it or a group that has it.
    pub(super) is_in_group: bool,
    /// The reading before the beginning named it already: what was detected was the error before.
    pub(super) was_named_before: bool,
}

/// The onsets of a call: `stretches` without holes, `readings` in order of time.
pub(super) fn onsets(stretches: &[Stretch], readings: &[Reading]) -> Vec<Onset> {
    let mut turns = Vec::new();
    for stretch in stretches {
        if let Label::Speech(emotion) = stretch.label {
            match turns.last_mut() {
                Some((_, end, last)) if *last == emotion => *end = stretch.to,
                _ => turns.push((stretch.from, stretch.to, emotion)),
            }
        }
    }
    let onset = |(index, &(from, to, emotion)): (usize, &(StreamTime, StreamTime, _))| {
        let next = turns.get(index + 1).map_or(to + TAIL, |(next, ..)| *next);
        let until = next.min(to + TAIL);
        let names_it = |reading: &Reading| reading.verdict.emotion() == Some(emotion);
        let before = readings.partition_point(|reading| reading.at <= from);
        let within = || readings[before..].iter().take_while(|reading| reading.at <= until);
        Onset {
            delay: within().find(|r| names_it(r)).map(|reading| reading.at.since(from)),
            is_in_group: within().any(|reading| reading.verdict.is_right(emotion)),
            was_named_before: before.checked_sub(1).is_some_and(|last| names_it(&readings[last])),
        }
    };
    turns.iter().enumerate().map(onset).collect()
}

#[cfg(test)]
mod tests {
    use super::super::screen::Screen;
    use super::super::script::{S, Script, speech, truth};
    use super::*;
    use hearing::emotion::Emotion::{Anger, Fear, Neutral};
    use hearing::emotion::Group;

    fn told(stretches: &[(u64, Label)], script: Script) -> Vec<(Option<u64>, bool)> {
        let screen = Screen::of(&script.updates());
        let onsets = onsets(&truth(stretches), screen.readings());
        let seconds = |onset: &Onset| onset.delay.map(|delay| delay.0 / S);
        onsets.iter().map(|onset| (seconds(onset), onset.was_named_before)).collect()
    }

    #[test]
    fn a_delay_runs_from_the_first_turn_to_the_first_right_committed_reading() {
        let script = Script::new().speaking(0).uncertain(2).reads(3, Fear).reads(4, Neutral);
        let script = script.reads(12, Neutral).uncertain(13).reads(14, Anger).reads(15, Anger);
        let stretches = [(5, speech(Neutral)), (10, Label::silence()), (20, speech(Anger))];
        assert_eq!(told(&stretches, script), [(Some(4), false), (Some(4), false)]);
    }

    #[test]
    fn a_pause_within_an_emotion_begins_nothing() {
        let script = Script::new().speaking(0).reads(9, Fear);
        let stretches = [(5, speech(Fear)), (7, Label::silence()), (12, speech(Fear))];
        assert_eq!(told(&stretches, script), [(Some(9), false)]);
    }

    #[test]
    fn what_comes_when_the_next_emotion_has_begun_is_too_late() {
        let script = Script::new().speaking(0).reads(6, Fear).reads(9, Anger);
        let stretches = [(5, speech(Fear)), (8, speech(Anger))];
        // The second ends at 8 s, and 9 s is past its tail.
        assert_eq!(told(&stretches, script), [(None, false), (None, false)]);
    }

    #[test]
    fn a_group_that_has_the_emotion_is_no_detection_but_is_told() {
        let script = Script::new().speaking(0).groups(3, Group::Distressed).groups(7, Group::Calm);
        let screen = Screen::of(&script.updates());
        let onsets = onsets(&truth(&[(5, speech(Fear)), (8, speech(Anger))]), screen.readings());
        let told: Vec<_> = onsets.iter().map(|onset| (onset.delay, onset.is_in_group)).collect();
        assert_eq!(told, [(None, true), (None, false)]);
    }

    #[test]
    fn a_name_from_before_is_told() {
        let script = Script::new().speaking(0).reads(4, Anger).reads(6, Anger);
        let stretches = [(5, speech(Fear)), (8, speech(Anger))];
        assert_eq!(told(&stretches, script), [(None, false), (Some(1), true)]);
    }
}
