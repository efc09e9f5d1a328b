//! One epoch's batches: which examples, which hearing of each, which stretch of it.
//!
//! In: examples and a seeded random generator. Out: [`Batch`]es, each of [`PARTS`] parts that can be computed side by
//! side. The segments of a part have one length, so that none is padded. Examples of like length come together.

mod mixing;

use super::companions::Companions;
use super::example::Example;
use super::other_voice::{OtherVoice, Voices};
use super::recipe::TrainingRecipe;
use hearing::classifier::Normalisation;
use model::artifact::InputForm;
use model::prepared::append_mean;
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
    /// Whether that is known: 1, or 0.
    pub asked: Vec<f32>,
    /// What is known beside the frames, `[n_segments, n_known]`; empty where the network does not ask.
    pub known: Vec<f32>,
    /// A teacher's weighted shares of the labels, at the recipe's temperature, `[n_segments, n_labels]`.
    pub taught: Vec<f32>,
    /// A teacher's embedding, `[n_segments, n_embedding]`; zeros without any.
    pub embedding: Vec<f32>,
    /// Whether there is a teacher's word: 1, or 0.
    pub is_taught: Vec<f32>,
    /// A teacher's view of each step of the LSTM, `[n_lstm_steps, n_segments, n_imitated]`; zeros without any.
    pub imitated: Vec<f32>,
    /// Whether there is one: 1, or 0, `[n_lstm_steps, n_segments]`.
    pub is_imitated: Vec<f32>,
    /// For each layer of the head, what its inputs are multiplied by, `[n_segments, width]`.
    pub kept: Vec<Vec<f32>>,
}

impl Batch {
    /// Segments in all parts.
    #[must_use]
    pub fn n_segments(&self) -> usize {
        self.parts.iter().map(|part| part.labels.len()).sum()
    }

    /// Segments that a teacher has judged.
    #[must_use]
    pub fn n_taught(&self) -> f32 {
        self.parts.iter().flat_map(|part| &part.is_taught).sum()
    }

    /// Steps of which a teacher has a view.
    #[must_use]
    pub fn n_imitated(&self) -> f32 {
        self.parts.iter().flat_map(|part| &part.is_imitated).sum()
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
    /// Voices that segments may be given; none to leave them their own.
    pub voices: Option<&'a Voices>,
}

impl Batcher<'_> {
    /// The batches of one epoch in random order, each made when it is asked for.
    pub fn epoch(&self, mut rng: ChaCha8Rng) -> impl ExactSizeIterator<Item = Batch> {
        let mut order = self.drawn(&mut rng);
        order.shuffle(&mut rng);
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for stretch in order.chunks_mut(self.recipe.batch * SORTED_BATCHES) {
            stretch.sort_by_key(|&index| self.examples[index].hearings[0].frames.len());
            groups.extend(stretch.chunks(self.recipe.batch).map(<[usize]>::to_vec));
        }
        groups.shuffle(&mut rng);
        groups.into_iter().map(move |group| self.batch(&group, &mut rng))
    }

    /// Indices of the examples that take part, as often as they do: all, or a draw for voices with very many.
    fn drawn(&self, rng: &mut ChaCha8Rng) -> Vec<usize> {
        let limit = self.recipe.clips_per_speaker;
        let repeats = |index: usize| {
            let repeats = self.recipe.corpus_repeats.get(&self.examples[index].corpus);
            std::iter::repeat_n(index, repeats.copied().unwrap_or(1))
        };
        if limit == 0 {
            return (0..self.examples.len()).flat_map(repeats).collect();
        }
        let mut indices: Vec<usize> = (0..self.examples.len()).collect();
        indices.shuffle(rng);
        let mut taken: HashMap<&str, usize> = HashMap::new();
        indices.retain(|&index| {
            let count = taken.entry(self.examples[index].speaker.as_str()).or_insert(0);
            *count += 1;
            *count <= limit
        });
        indices.sort_unstable();
        indices.into_iter().flat_map(repeats).collect()
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
        let mut known = Vec::new();
        let mut moments = self.no_moments(n_steps, group.len());
        for (row, one) in chosen.iter().enumerate() {
            let start = self.crop(frames(one), n_steps * step, rng);
            let mut segment = frames(one)[start..start + n_steps * step].to_vec();
            self.tell_moments(*one, start, (row, group.len()), &mut moments);
            let hidden = self.hidden_steps(n_steps, rng);
            let speaker = self.examples[one.0].speaker.as_str();
            let deviation = &self.normalisation.deviation;
            let voice = self.voices.and_then(|voices| voices.draw(speaker, deviation, rng));
            if let Some(voice) = &voice {
                voice.speak(&mut segment, self.recipe.network.n_features);
            }
            let mut plain = Vec::with_capacity(segment.len());
            segment.chunks_exact(step).for_each(|inputs| self.normalised(inputs, &mut plain));
            self.append_known(*one, &plain, voice.as_ref(), &mut known, rng);
            for (at, inputs) in plain.chunks_exact(step).enumerate() {
                let target = (at * group.len() + row) * step;
                let target = &mut values[target..target + step];
                if !hidden.iter().any(|range| range.contains(&at)) {
                    target.copy_from_slice(inputs);
                }
                self.add_noise(target, rng);
            }
        }
        let examples = || group.iter().map(|&index| &self.examples[index]);
        let flag = |is: bool| if is { 1.0 } else { 0.0 };
        let mut part = Part {
            values,
            n_steps,
            labels: examples().map(|example| example.label).collect(),
            targets: examples().flat_map(|example| self.target(example)).collect(),
            speech: examples().map(|example| flag(example.is_speech == Some(true))).collect(),
            asked: examples().map(|example| flag(example.is_speech.is_some())).collect(),
            known,
            taught: examples().flat_map(|example| self.taught(example)).collect(),
            embedding: examples().flat_map(|example| self.embedding(example)).collect(),
            is_taught: examples().map(|example| flag(example.taught.is_some())).collect(),
            imitated: moments.0,
            is_imitated: moments.1,
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

    /// An example's shares of the labels, smoothed and weighted by its own label and its corpus.
    fn target(&self, example: &Example) -> Vec<f32> {
        let Some(label) = example.label else { return example.target.clone() };
        #[expect(clippy::cast_precision_loss, reason = "a few labels")]
        let spread = self.recipe.label_smoothing / example.target.len() as f32;
        let own = 1.0 - self.recipe.label_smoothing;
        let weight = self.of_corpus(example) * self.weights.get(label).copied().unwrap_or(1.0);
        example.target.iter().map(|share| weight * (own * share + spread)).collect()
    }

    /// How much the example's corpus counts.
    fn of_corpus(&self, example: &Example) -> f32 {
        self.recipe.corpus_weights.get(&example.corpus).copied().unwrap_or(1.0)
    }

    /// A teacher's shares of the labels, weighted by the example's corpus.
    fn taught(&self, example: &Example) -> Vec<f32> {
        let n_labels = self.recipe.network.n_labels;
        let Some(taught) = &example.taught else { return vec![0.0; n_labels] };
        let logits = taught.logits.iter().map(|logit| logit / self.recipe.teaching.temperature);
        let highest = logits.clone().fold(f32::NEG_INFINITY, f32::max);
        let mut shares: Vec<f32> = logits.map(|logit| (logit - highest).exp()).collect();
        let scale = self.of_corpus(example) / shares.iter().sum::<f32>();
        for share in &mut shares {
            *share *= scale;
        }
        shares.resize(n_labels, 0.0);
        shares
    }

    /// A teacher's embedding.
    fn embedding(&self, example: &Example) -> Vec<f32> {
        let taught = example.taught.as_ref();
        let mut embedding = taught.map_or_else(Vec::new, |taught| taught.embedding.clone());
        embedding.resize(self.recipe.network.n_embedding, 0.0);
        embedding
    }

    /// Appends what is known beside a segment's normalised frames.
    fn append_known(
        &self,
        (index, hearing): (usize, usize),
        frames: &[f32],
        voice: Option<&OtherVoice<'_>>,
        values: &mut Vec<f32>,
        rng: &mut ChaCha8Rng,
    ) {
        let network = &self.recipe.network;
        if network.hears_baseline {
            let known = self.companions.baseline(self.examples, index, hearing, rng);
            let known = if let Some(voice) = voice { voice.known(&known) } else { known };
            known.append(self.normalisation, values);
        }
        if network.hears_mean {
            append_mean(frames, network.n_features, values);
        }
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

    /// Where a random stretch of `len` values begins, at a frame.
    fn crop(&self, frames: &[f32], len: usize, rng: &mut ChaCha8Rng) -> usize {
        let width = self.recipe.network.n_features;
        let spare = (frames.len() - len) / width;
        if spare > 0 { rng.random_range(0..=spare) * width } else { 0 }
    }

    /// Zeros for a part's view of each step and whether there is one.
    fn no_moments(&self, n_steps: usize, n_segments: usize) -> (Vec<f32>, Vec<f32>) {
        let network = &self.recipe.network;
        if network.n_imitated == 0 {
            return (Vec::new(), Vec::new());
        }
        let n = network.lstm_steps(n_steps * network.frames_per_step) * n_segments;
        (vec![0.0; n * network.n_imitated], vec![0.0; n])
    }

    /// Brings a teacher's view of a segment, which begins at a value of its hearing, to its row of a part.
    fn tell_moments(
        &self,
        (index, hearing): (usize, usize),
        start: usize,
        (row, n_segments): (usize, usize),
        (imitated, is_imitated): &mut (Vec<f32>, Vec<f32>),
    ) {
        let (network, example) = (&self.recipe.network, &self.examples[index]);
        let Some(moments) = example.taught.as_ref().and_then(|taught| taught.moments.as_ref())
        else {
            return;
        };
        let width = network.n_imitated;
        let first_frame = start / network.n_features;
        let places = &example.hearings[hearing].places;
        for (step, is_imitated) in is_imitated.chunks_exact_mut(n_segments).enumerate() {
            let Some(&place) = places.get(first_frame + network.middle_of_step(step)) else {
                continue;
            };
            let at = (step * n_segments + row) * width;
            if moments.around(place, &mut imitated[at..at + width]) {
                is_imitated[row] = 1.0;
            }
        }
    }

    /// Appends a step's normalised values.
    fn normalised(&self, inputs: &[f32], values: &mut Vec<f32>) {
        let width = self.normalisation.mean.len();
        if width == 0 {
            values.extend_from_slice(inputs);
            return;
        }
        for (position, value) in inputs.iter().enumerate() {
            let feature = position % width;
            values.push(
                (value - self.normalisation.mean[feature]) / self.normalisation.deviation[feature],
            );
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
