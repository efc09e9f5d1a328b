//! One epoch's batches: which examples, which hearing of each, which stretch of it.
//!
//! In: examples and a seeded random generator. Out: [`Batch`]es, each of [`PARTS`] parts that can be computed
//! side by side. The segments of a part have one length, so that none is padded. Examples of like length come
//! together.

use super::companions::Companions;
use super::example::Example;
use super::recipe::TrainingRecipe;
use crate::model::artifact::{InputForm, Normalisation};
use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use std::collections::HashMap;
use std::ops::Range;

/// Parts of a batch, however many threads there are: the result is the same.
pub const PARTS: usize = 2;
/// Batches whose examples are sorted by length together; more waste less, fewer mix better.
const SORTED_BATCHES: usize = 12;
/// Share of the batches that are cut to a random shorter length, since early readings see less speech.
const SHORTENED: f64 = 0.4;
/// Least share of a segment that is kept when another is mixed into it.
const LEAST_OWN_SHARE: f32 = 0.6;

/// Segments for one step of the optimiser.
#[derive(Debug)]
pub struct Batch {
    /// Its parts.
    pub parts: Vec<Part>,
}

/// Segments of one length with their targets.
#[derive(Debug)]
pub struct Part {
    /// Normalised values, `[n_steps, n_segments, n_inputs]` row-major.
    pub values: Vec<f32>,
    /// Steps of each segment.
    pub n_steps: usize,
    /// Number of each segment's label; none where there is no speech.
    pub labels: Vec<Option<usize>>,
    /// Weighted shares of the labels, `[n_segments, n_labels]`; zeros where there is no speech.
    pub targets: Vec<f32>,
    /// Whether it is speech: 1, or 0, or between for a mixture.
    pub speech: Vec<f32>,
    /// What is known of the callers' voices, `[n_segments, n_baseline]`; empty where the network does not ask.
    pub baseline: Vec<f32>,
    /// For each layer of the head, what its inputs are multiplied by, `[n_segments, width]`.
    pub kept: Vec<Vec<f32>>,
}

impl Batch {
    /// Segments in all parts.
    #[must_use]
    pub fn n_segments(&self) -> usize {
        self.parts.iter().map(|part| part.labels.len()).sum()
    }

    /// Sum of the targets' weights over all parts.
    #[must_use]
    pub fn weight(&self) -> f32 {
        self.parts.iter().flat_map(|part| &part.targets).sum()
    }
}

/// Cuts examples into batches.
pub struct Batcher<'a> {
    /// The examples.
    pub examples: &'a [Example],
    /// Which clips were spoken in one pretended call.
    pub companions: &'a Companions,
    /// Their normalisation; empty to leave values as they are.
    pub normalisation: &'a Normalisation,
    /// The recipe.
    pub recipe: &'a TrainingRecipe,
    /// Weight of each label.
    pub weights: &'a [f32],
}

impl Batcher<'_> {
    /// The batches of one epoch in random order.
    #[must_use]
    pub fn epoch(&self, rng: &mut ChaCha8Rng) -> Vec<Batch> {
        let mut order = self.drawn(rng);
        order.shuffle(rng);
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for stretch in order.chunks_mut(self.recipe.batch * SORTED_BATCHES) {
            stretch.sort_by_key(|&index| self.examples[index].hearings[0].frames.len());
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
        let size = group.len().div_ceil(PARTS);
        Batch { parts: group.chunks(size).map(|part| self.part(part, rng)).collect() }
    }

    fn part(&self, group: &[usize], rng: &mut ChaCha8Rng) -> Part {
        let step = self.recipe.network.n_inputs();
        let chosen: Vec<(usize, usize)> = group
            .iter()
            .map(|&index| (index, rng.random_range(0..self.examples[index].hearings.len())))
            .collect();
        let frames = |&(index, hearing): &(usize, usize)| {
            self.examples[index].hearings[hearing].frames.as_slice()
        };
        let n_steps = self.n_steps(chosen.iter().map(|one| frames(one).len() / step), rng);
        let mut values = vec![0.0; n_steps * group.len() * step];
        for (row, one) in chosen.iter().enumerate() {
            let segment = self.crop(frames(one), n_steps * step, rng);
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
        let mut part = Part {
            values,
            n_steps,
            labels: group.iter().map(|&index| self.examples[index].label).collect(),
            targets: group.iter().flat_map(|&index| self.target(index)).collect(),
            speech: group
                .iter()
                .map(|&index| if self.examples[index].label.is_some() { 1.0 } else { 0.0 })
                .collect(),
            baseline: self.baselines(&chosen, rng),
            kept: self.kept(group.len(), rng),
        };
        self.mix(&mut part, rng);
        part
    }

    fn n_steps(&self, lengths: impl Iterator<Item = usize>, rng: &mut ChaCha8Rng) -> usize {
        let n_steps = lengths.min().unwrap_or(1).clamp(1, self.max_steps());
        let least = self.min_steps().min(n_steps);
        if least < n_steps && rng.random_bool(SHORTENED) {
            rng.random_range(least..=n_steps)
        } else {
            n_steps
        }
    }

    /// An example's shares of the labels, smoothed and weighted by its own label.
    fn target(&self, index: usize) -> Vec<f32> {
        let example = &self.examples[index];
        let Some(label) = example.label else { return example.target.clone() };
        #[expect(clippy::cast_precision_loss, reason = "a few labels")]
        let spread = self.recipe.label_smoothing / example.target.len() as f32;
        let own = 1.0 - self.recipe.label_smoothing;
        let weight = self.weights.get(label).copied().unwrap_or(1.0);
        example.target.iter().map(|share| weight * (own * share + spread)).collect()
    }

    fn baselines(&self, chosen: &[(usize, usize)], rng: &mut ChaCha8Rng) -> Vec<f32> {
        let mut values = Vec::new();
        if self.recipe.network.hears_baseline {
            for &(index, hearing) in chosen {
                let known = self.companions.baseline(self.examples, index, hearing, rng);
                known.append(self.normalisation, &mut values);
            }
        }
        values
    }

    fn kept(&self, n_segments: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<f32>> {
        let network = &self.recipe.network;
        #[expect(clippy::cast_possible_truncation, reason = "a share")]
        let scale = 1.0 / (1.0 - network.dropout as f32);
        let mut draw = || if rng.random_bool(network.dropout) { 0.0 } else { scale };
        let mask = |width: usize, draw: &mut dyn FnMut() -> f32| {
            (0..n_segments * width).map(|_| draw()).collect()
        };
        network.head_widths().into_iter().map(|width| mask(width, &mut draw)).collect()
    }

    /// Mixes another segment of the part into some, with its targets (Zhang et al., 2018).
    fn mix(&self, part: &mut Part, rng: &mut ChaCha8Rng) {
        if self.recipe.mixed <= 0.0 {
            return;
        }
        let n_segments = part.labels.len();
        let plain = (part.values.clone(), part.targets.clone(), part.speech.clone());
        let (width, n_labels) = (self.recipe.network.n_inputs(), self.recipe.network.n_labels);
        for row in 0..n_segments {
            if !rng.random_bool(self.recipe.mixed) {
                continue;
            }
            let other = rng.random_range(0..n_segments);
            let own = rng.random_range(LEAST_OWN_SHARE..1.0);
            let blend = |values: &mut [f32], plain: &[f32], width: usize, block: usize| {
                let (to, from) = ((block + row) * width, (block + other) * width);
                for (to, from) in values[to..to + width].iter_mut().zip(&plain[from..from + width])
                {
                    *to = own * *to + (1.0 - own) * from;
                }
            };
            for step in 0..part.n_steps {
                blend(&mut part.values, &plain.0, width, step * n_segments);
            }
            blend(&mut part.targets, &plain.1, n_labels, 0);
            blend(&mut part.speech, &plain.2, 1, 0);
        }
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
mod tests;
