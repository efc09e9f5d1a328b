//! Which clips belong to one pretended call, and what a call so far tells of the caller's voice.
//!
//! In: the examples of a training. Out: for one of them a [`Baseline`] of other clips of its call, of many
//! kinds: a caller may have said nothing yet, or have felt one thing all the time.

use super::example::Example;
use hearing::classifier::Baseline;
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use std::collections::HashMap;

/// Share of the segments about whose caller nothing is known.
const UNKNOWN: f64 = 0.4;
/// Share of the others whose caller was in the same emotion all the time.
const SAME: f64 = 0.3;
/// Most clips that a baseline is made of.
const MOST_CLIPS: usize = 12;

/// The clips of each pretended call.
pub struct Companions {
    by_call: HashMap<(String, u64), Vec<usize>>,
}

impl Companions {
    /// Sorts examples into their calls.
    #[must_use]
    pub fn of(examples: &[Example]) -> Self {
        let mut by_call: HashMap<(String, u64), Vec<usize>> = HashMap::new();
        for (index, example) in examples.iter().enumerate() {
            by_call.entry((example.speaker.clone(), example.call)).or_default().push(index);
        }
        Companions { by_call }
    }

    /// What may be known when the example comes: nothing, or some of the call's other clips over the same line,
    /// of any emotion or of the example's own.
    #[must_use]
    pub fn baseline(
        &self,
        examples: &[Example],
        index: usize,
        hearing: usize,
        rng: &mut ChaCha8Rng,
    ) -> Baseline {
        let mut baseline = Baseline::default();
        if rng.random_bool(UNKNOWN) {
            return baseline;
        }
        let own = &examples[index];
        let same = rng.random_bool(SAME);
        let fits = |&other: &usize| {
            let clip = &examples[other];
            other != index && (!same || clip.label == own.label) && clip.hearings.len() > hearing
        };
        let call = self.by_call.get(&(own.speaker.clone(), own.call));
        let others: Vec<usize> = call.into_iter().flatten().copied().filter(fits).collect();
        let n = rng.random_range(1..=MOST_CLIPS);
        for &other in others.choose_multiple(rng, n) {
            baseline.join(&examples[other].hearings[hearing].statistics);
        }
        baseline
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::Hearing;
    use super::*;
    use rand::SeedableRng;

    fn example(speaker: &str, label: usize, value: f32) -> Example {
        let frames = vec![value; 100];
        Example {
            label: Some(label),
            is_speech: Some(true),
            target: vec![1.0],
            path: std::path::PathBuf::new(),
            taught: None,
            speaker: speaker.into(),
            corpus: "a".into(),
            language: None,
            call: 0,
            hearings: vec![Hearing {
                statistics: Baseline::of(&frames, 1),
                frames,
                places: Vec::new(),
            }],
        }
    }

    #[test]
    fn a_baseline_is_nothing_or_the_callers_other_clips() {
        let examples = [
            example("a/1", 0, 7.0),
            example("a/1", 0, 1.0),
            example("a/1", 1, 2.0),
            example("a/2", 0, 9.0),
        ];
        let companions = Companions::of(&examples);
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut seen = [false; 4];
        for _ in 0..200 {
            let baseline = companions.baseline(&examples, 0, 0, &mut rng);
            let frames = |values: &[f32]| {
                let all: Vec<f32> = values.iter().flat_map(|&value| [value; 100]).collect();
                Baseline::of(&all, 1)
            };
            let known = [frames(&[]), frames(&[1.0]), frames(&[2.0]), frames(&[1.0, 2.0])];
            let which = known.iter().position(|known| *known == baseline);
            seen[which.expect("only clips of the same voice")] = true;
        }
        assert_eq!(seen, [true; 4]);
    }
}
