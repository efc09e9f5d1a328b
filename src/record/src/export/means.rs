//! Mean probabilities over time in a bounded number of steps, however long the call.
//!
//! In: scores at stream times. Out: the mean of each step. Keeps at most [`MAX_STEPS`] sums: a longer call gets
//! longer steps.

use hearing::emotion::{N_EMOTIONS, Scores};
use hearing::stream_time::StreamTime;

/// Four times the points of a chart.
const MAX_STEPS: usize = 1_440;

/// The first length of a step.
const SHORTEST: StreamTime = StreamTime::from_ms(250);

#[derive(Clone, Copy, Debug, Default)]
struct Step {
    sums: [f32; N_EMOTIONS],
    readings: u32,
}

impl Step {
    fn add(&mut self, sums: &[f32; N_EMOTIONS], readings: u32) {
        for (sum, more) in self.sums.iter_mut().zip(sums) {
            *sum += more;
        }
        self.readings += readings;
    }
}

/// Sums of probabilities by step.
#[derive(Clone, Debug)]
pub(super) struct Means {
    steps: Vec<Step>,
    step: StreamTime,
}

impl Default for Means {
    fn default() -> Self {
        Means { steps: Vec::new(), step: SHORTEST }
    }
}

impl Means {
    /// One more reading.
    pub fn add(&mut self, at: StreamTime, scores: &Scores) {
        while self.place(at) >= MAX_STEPS {
            self.steps = self
                .steps
                .chunks(2)
                .map(|pair| {
                    let mut both = Step::default();
                    for step in pair {
                        both.add(&step.sums, step.readings);
                    }
                    both
                })
                .collect();
            self.step = self.step + self.step;
        }
        let place = self.place(at);
        if place >= self.steps.len() {
            self.steps.resize(place + 1, Step::default());
        }
        self.steps[place].add(&scores.0, 1);
    }

    /// Forgets all steps that end after `at`.
    pub fn forget_from(&mut self, at: StreamTime) {
        self.steps.truncate(self.place(at));
    }

    /// The means from `from` up to `to`, to the step; none without a reading there.
    pub fn between(&self, from: StreamTime, to: StreamTime) -> Option<[f64; N_EMOTIONS]> {
        let first = self.place(from).min(self.steps.len());
        let end = self.place(to).max(first + 1).min(self.steps.len());
        let mut all = Step::default();
        for step in &self.steps[first..end.max(first)] {
            all.add(&step.sums, step.readings);
        }
        (all.readings > 0).then(|| all.sums.map(|sum| f64::from(sum) / f64::from(all.readings)))
    }

    fn place(&self, at: StreamTime) -> usize {
        usize::try_from(at.0 / self.step.0).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearing::emotion::Emotion;

    #[test]
    fn a_long_call_keeps_its_means_in_longer_steps() {
        let mut means = Means::default();
        let fear = |p: f32| {
            let mut scores = Scores([(1.0 - p) / 6.0; N_EMOTIONS]);
            scores.0[Emotion::Fear.index()] = p;
            scores
        };
        let hour = 3_600 * 1000;
        for ms in (250..=4 * hour).step_by(250) {
            means.add(StreamTime::from_ms(ms), &fear(if ms < hour { 0.8 } else { 0.2 }));
        }
        assert!(means.steps.len() <= MAX_STEPS);
        assert!(means.step <= StreamTime::from_ms(16_000));
        let of = |from: u64, to: u64| {
            let between = means.between(StreamTime::from_ms(from), StreamTime::from_ms(to));
            between.unwrap()[Emotion::Fear.index()]
        };
        assert!((of(0, hour / 2) - 0.8).abs() < 1e-3);
        assert!((of(2 * hour, 3 * hour) - 0.2).abs() < 1e-3);
        assert_eq!(
            means.between(StreamTime::from_ms(5 * hour), StreamTime::from_ms(6 * hour)),
            None
        );
    }
}
