//! From the scores of single segments to readings: smoothing over time, and the verdict.

use super::Reading;
use crate::emotion::{N_EMOTIONS, Scores, Thresholds};
use crate::stream_time::StreamTime;

/// An exponential moving average of scores (in time, not in counts), with a verdict on top.
#[derive(Clone, Debug)]
pub struct Smoother {
    time_constant: StreamTime,
    thresholds: Thresholds,
    last: Option<(StreamTime, Scores)>,
}

impl Smoother {
    /// Smooths over about `time_constant`; the thresholds decide what is said of the smoothed scores.
    #[must_use]
    pub fn new(time_constant: StreamTime, thresholds: Thresholds) -> Self {
        Smoother { time_constant, thresholds, last: None }
    }

    /// The reading at `at`, which follows the one before in time. The first after a reset is not smoothed.
    pub fn reading(&mut self, at: StreamTime, scores: Scores) -> Reading {
        let smoothed = match self.last {
            Some((before, last)) if self.time_constant > StreamTime::ZERO => {
                let elapsed = at.since(before).seconds() / self.time_constant.seconds();
                #[expect(clippy::cast_possible_truncation, reason = "a weight in [0, 1]")]
                let keep = (-elapsed).exp() as f32;
                let mut values = [0.0; N_EMOTIONS];
                for (value, (old, new)) in values.iter_mut().zip(last.0.iter().zip(scores.0)) {
                    *value = keep * old + (1.0 - keep) * new;
                }
                Scores(values)
            }
            _ => scores,
        };
        self.last = Some((at, smoothed));
        Reading { at, scores: smoothed, verdict: self.thresholds.verdict(&smoothed) }
    }

    /// Forgets what was said before: a new utterance begins.
    pub fn reset(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emotion::{Emotion, Group};
    use crate::timeline::Verdict;

    fn certain(emotion: Emotion) -> Scores {
        let mut scores = [0.05; N_EMOTIONS];
        scores[emotion.index()] = 0.7;
        Scores(scores)
    }

    #[test]
    fn a_change_shows_after_about_the_time_constant_and_probabilities_still_sum_to_one() {
        let mut smoother = Smoother::new(StreamTime::from_ms(750), Thresholds::emotions_from(0.0));
        let first = smoother.reading(StreamTime::from_ms(0), certain(Emotion::Neutral));
        assert_eq!(first.verdict, Verdict::Emotion(Emotion::Neutral));
        let mut changed_after = None;
        for step in 1..12 {
            let at = StreamTime::from_ms(step * 250);
            let reading = smoother.reading(at, certain(Emotion::Fear));
            assert!((reading.scores.0.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            if reading.verdict == Verdict::Emotion(Emotion::Fear) && changed_after.is_none() {
                changed_after = Some(step * 250);
            }
        }
        assert_eq!(changed_after, Some(750));
    }

    #[test]
    fn scores_under_the_threshold_are_uncertain_and_a_reset_forgets() {
        let mut smoother = Smoother::new(StreamTime::from_ms(750), Thresholds::emotions_from(0.6));
        assert_eq!(smoother.reading(StreamTime::ZERO, Scores::UNIFORM).verdict, Verdict::Uncertain);
        smoother.reset();
        let reading = smoother.reading(StreamTime::from_ms(250), certain(Emotion::Sadness));
        assert_eq!(reading.scores, certain(Emotion::Sadness));
    }

    #[test]
    fn between_two_emotions_of_a_group_the_group_is_said() {
        let thresholds = Thresholds { emotion: 0.6, groups: [0.7, 0.7, 0.7] };
        let mut smoother = Smoother::new(StreamTime::from_ms(750), thresholds);
        let mut said = Vec::new();
        for step in 0..8 {
            let emotion = if step == 0 { Emotion::Fear } else { Emotion::Sadness };
            let reading = smoother.reading(StreamTime::from_ms(step * 250), certain(emotion));
            said.push(reading.verdict);
        }
        assert_eq!(said[0], Verdict::Emotion(Emotion::Fear));
        assert_eq!(said[2], Verdict::Group(Group::Distressed));
        assert_eq!(said[7], Verdict::Emotion(Emotion::Sadness));
        assert!(!said.contains(&Verdict::Uncertain), "{said:?}");
    }
}
