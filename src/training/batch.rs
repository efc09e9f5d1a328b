//! One epoch's batches: which examples, which hearing of each, which stretch of it.
//!
//! In: examples and a seeded random generator. Out: [`Batch`]es of segments of one length, so that no
//! segment is padded. Examples of like length come together.

use super::example::Example;
use super::recipe::TrainingRecipe;
use crate::model::artifact::{InputForm, Normalisation};
use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use std::collections::HashMap;
use std::ops::Range;

/// Batches whose examples are sorted by length together; more waste less, fewer mix better.
const SORTED_BATCHES: usize = 12;
/// Share of the batches that are cut to a random shorter length, since early readings see less speech.
const SHORTENED: f64 = 0.4;

/// Segments of one length with their labels.
#[derive(Debug)]
pub struct Batch {
    /// Normalised values, `[n_steps, n_segments, n_inputs]` row-major.
    pub values: Vec<f32>,
    /// Index of each segment's label.
    pub labels: Vec<usize>,
    /// Steps of each segment.
    pub n_steps: usize,
}

/// Cuts examples into batches.
pub struct Batcher<'a> {
    /// The examples.
    pub examples: &'a [Example],
    /// Their normalisation; empty to leave values as they are.
    pub normalisation: &'a Normalisation,
    /// The recipe.
    pub recipe: &'a TrainingRecipe,
    /// The index of the label of each example.
    pub label_of: &'a dyn Fn(&Example) -> usize,
}

impl Batcher<'_> {
    /// The batches of one epoch in random order.
    #[must_use]
    pub fn epoch(&self, rng: &mut ChaCha8Rng) -> Vec<Batch> {
        let mut order = self.drawn(rng);
        order.shuffle(rng);
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for stretch in order.chunks_mut(self.recipe.batch * SORTED_BATCHES) {
            stretch.sort_by_key(|&index| self.examples[index].hearings[0].len());
            groups.extend(stretch.chunks(self.recipe.batch).map(<[usize]>::to_vec));
        }
        groups.shuffle(rng);
        groups.iter().map(|group| self.batch(group, rng)).collect()
    }

    /// Indices of the examples that take part: all, or a draw for voices with very many.
    fn drawn(&self, rng: &mut ChaCha8Rng) -> Vec<usize> {
        let limit = self.recipe.clips_per_speaker;
        let mut indices: Vec<usize> = (0..self.examples.len()).collect();
        if limit == 0 {
            return indices;
        }
        indices.shuffle(rng);
        let mut taken: HashMap<&str, usize> = HashMap::new();
        indices.retain(|&index| {
            let count = taken.entry(self.examples[index].speaker.as_str()).or_insert(0);
            *count += 1;
            *count <= limit
        });
        indices.sort_unstable();
        indices
    }

    fn batch(&self, group: &[usize], rng: &mut ChaCha8Rng) -> Batch {
        let step = self.recipe.network.n_inputs();
        let longest = self.max_steps();
        let chosen: Vec<&[f32]> = group
            .iter()
            .map(|&index| {
                let hearings = &self.examples[index].hearings;
                hearings[rng.random_range(0..hearings.len())].as_slice()
            })
            .collect();
        let shortest = chosen.iter().map(|frames| frames.len() / step).min();
        let mut n_steps = shortest.unwrap_or(1).clamp(1, longest);
        let least = self.min_steps().min(n_steps);
        if least < n_steps && rng.random_bool(SHORTENED) {
            n_steps = rng.random_range(least..=n_steps);
        }
        let mut values = vec![0.0; n_steps * group.len() * step];
        let mut labels = Vec::with_capacity(group.len());
        for (row, (&index, frames)) in group.iter().zip(chosen).enumerate() {
            labels.push((self.label_of)(&self.examples[index]));
            let segment = self.crop(frames, n_steps * step, rng);
            let hidden = self.hidden_steps(n_steps, rng);
            for (at, inputs) in segment.chunks_exact(step).enumerate() {
                let target = (at * group.len() + row) * step;
                let target = &mut values[target..target + step];
                if !hidden.iter().any(|range| range.contains(&at)) {
                    self.normalised(inputs, target);
                }
                self.add_noise(target, rng);
            }
        }
        Batch { values, labels, n_steps }
    }

    /// A random stretch of `len` values that begins at a frame.
    fn crop<'f>(&self, frames: &'f [f32], len: usize, rng: &mut ChaCha8Rng) -> &'f [f32] {
        let width = self.recipe.network.n_features;
        let spare = (frames.len() - len) / width;
        let start = if spare > 0 { rng.random_range(0..=spare) * width } else { 0 };
        &frames[start..start + len]
    }

    fn normalised(&self, inputs: &[f32], target: &mut [f32]) {
        let width = self.normalisation.mean.len();
        if width == 0 {
            target.copy_from_slice(inputs);
            return;
        }
        for (position, (value, to)) in inputs.iter().zip(target).enumerate() {
            let feature = position % width;
            *to =
                (value - self.normalisation.mean[feature]) / self.normalisation.deviation[feature];
        }
    }

    /// Two stretches of steps that are set to the mean (Park et al., 2019).
    fn hidden_steps(&self, n_steps: usize, rng: &mut ChaCha8Rng) -> [Range<usize>; 2] {
        let longest = self.steps_in_ms(self.recipe.time_mask_ms).min(n_steps / 4);
        [(); 2].map(|()| {
            if self.recipe.time_mask_ms == 0 {
                return 0..0;
            }
            let len = rng.random_range(0..=longest);
            let start = rng.random_range(0..=n_steps - len);
            start..start + len
        })
    }

    fn add_noise(&self, values: &mut [f32], rng: &mut ChaCha8Rng) {
        if self.recipe.input_noise > 0.0 {
            for value in values {
                let noise: f32 = StandardNormal.sample(rng);
                *value += self.recipe.input_noise * noise;
            }
        }
    }

    fn max_steps(&self) -> usize {
        self.steps_in_ms(self.recipe.segment.max_ms)
    }

    fn min_steps(&self) -> usize {
        self.steps_in_ms(self.recipe.segment.min_ms)
    }

    fn steps_in_ms(&self, ms: u32) -> usize {
        match self.recipe.input {
            InputForm::Frames => {
                self.recipe.features.frames_in_ms(ms) / self.recipe.network.frames_per_step
            }
            InputForm::CoefficientMeans => self.recipe.features.n_features(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emotion::Emotion;
    use rand::SeedableRng;

    fn example(speaker: &str, n_frames: usize) -> Example {
        #[expect(clippy::cast_precision_loss, reason = "small counts")]
        let frames = (0..n_frames * 40).map(|index| (index / 40) as f32).collect();
        Example {
            emotion: Emotion::Anger,
            speaker: speaker.into(),
            corpus: "a".into(),
            hearings: vec![frames],
        }
    }

    fn recipe() -> TrainingRecipe {
        let mut recipe = TrainingRecipe::named("phone").expect("built in");
        recipe.batch = 4;
        recipe.clips_per_speaker = 3;
        recipe.input_noise = 0.0;
        recipe.time_mask_ms = 0;
        recipe
    }

    #[test]
    fn no_voice_is_drawn_more_often_than_the_recipe_says_and_a_seed_repeats_the_draw() {
        let examples: Vec<Example> =
            (0..10).map(|index| example(if index < 8 { "a/1" } else { "a/2" }, 200)).collect();
        let recipe = recipe();
        let batcher = Batcher {
            examples: &examples,
            normalisation: &Normalisation::default(),
            recipe: &recipe,
            label_of: &|_| 0,
        };
        let draw = |seed| batcher.epoch(&mut ChaCha8Rng::seed_from_u64(seed));
        let segments: usize = draw(5).iter().map(|batch| batch.labels.len()).sum();
        assert_eq!(segments, 5);
        let values = |seed| draw(seed).into_iter().map(|batch| batch.values).collect::<Vec<_>>();
        assert_eq!(values(5), values(5));
    }

    #[test]
    fn a_batch_is_as_long_as_its_shortest_example_and_its_steps_follow_each_other() {
        let examples = vec![example("a/1", 200), example("a/2", 143)];
        let recipe = recipe();
        let batcher = Batcher {
            examples: &examples,
            normalisation: &Normalisation::default(),
            recipe: &recipe,
            label_of: &|_| 0,
        };
        for seed in 0..20 {
            for batch in batcher.epoch(&mut ChaCha8Rng::seed_from_u64(seed)) {
                assert!((30..=35).contains(&batch.n_steps), "{}", batch.n_steps);
                let first_of_step = |step: usize| batch.values[step * 2 * 160];
                for step in 1..batch.n_steps {
                    let advance = first_of_step(step) - first_of_step(step - 1);
                    assert!((advance - 4.0).abs() < 1e-6);
                }
            }
        }
    }
}
