//! Mixtures of two segments, with the mixture of what is to be learned of them (Zhang et al., 2018).
//!
//! In: a part of a batch and a seeded random generator. Out: the same, with another of its segments mixed into some.

use super::{Batcher, Part};
use model::network::NetworkShape;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Least share of a segment that is kept when another is mixed into it.
pub(super) const LEAST_OWN_SHARE: f32 = 0.6;

impl Part {
    /// Copies of what is mixed: values, known, targets, speech, asked, taught, embedding, is taught.
    fn mixable(&self) -> [Vec<f32>; 8] {
        [
            &self.values,
            &self.known,
            &self.targets,
            &self.speech,
            &self.asked,
            &self.taught,
            &self.embedding,
            &self.is_taught,
        ]
        .map(Clone::clone)
    }

    /// The lengths of their rows, but for that of what is known.
    fn widths(network: &NetworkShape) -> [usize; 7] {
        let n_labels = network.n_labels;
        [network.n_inputs(), n_labels, 1, 1, n_labels, network.n_embedding, 1]
    }
}

impl Batcher<'_> {
    /// Mixes another segment of the part into some, with its targets.
    pub(super) fn mix(&self, part: &mut Part, rng: &mut ChaCha8Rng) {
        if self.recipe.mixed <= 0.0 {
            return;
        }
        let n_segments = part.labels.len();
        let n_known = part.known.len() / n_segments;
        let n_mean =
            if self.recipe.network.hears_mean { self.recipe.network.n_features } else { 0 };
        let plain = part.mixable();
        let moments = [part.imitated.clone(), part.is_imitated.clone()];
        let widths = Part::widths(&self.recipe.network);
        for row in 0..n_segments {
            if !rng.random_bool(self.recipe.mixed) {
                continue;
            }
            let other = rng.random_range(0..n_segments);
            let own = rng.random_range(LEAST_OWN_SHARE..1.0);
            let blend =
                |values: &mut [f32], plain: &[f32], to: usize, from: usize, width: usize| {
                    let plain = &plain[from..from + width];
                    for (to, from) in values[to..to + width].iter_mut().zip(plain) {
                        *to = own * *to + (1.0 - own) * from;
                    }
                };
            for step in 0..part.n_steps {
                let block = step * n_segments;
                let (to, from) = ((block + row) * widths[0], (block + other) * widths[0]);
                blend(&mut part.values, &plain[0], to, from, widths[0]);
            }
            // What is known of the callers stays each one's own; the mean is the mixture's.
            let (to, from) = ((row + 1) * n_known - n_mean, (other + 1) * n_known - n_mean);
            blend(&mut part.known, &plain[1], to, from, n_mean);
            let rest = [
                &mut part.targets,
                &mut part.speech,
                &mut part.asked,
                &mut part.taught,
                &mut part.embedding,
                &mut part.is_taught,
            ];
            for ((values, plain), width) in rest.into_iter().zip(&plain[2..]).zip(&widths[1..]) {
                blend(values, plain, row * width, other * width, *width);
            }
            let n_imitated = self.recipe.network.n_imitated;
            for step in 0..part.is_imitated.len() / n_segments {
                let (to, from) = (step * n_segments + row, step * n_segments + other);
                let width = n_imitated;
                blend(&mut part.imitated, &moments[0], to * width, from * width, width);
                blend(&mut part.is_imitated, &moments[1], to, from, 1);
            }
        }
    }
}
