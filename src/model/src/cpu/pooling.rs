//! How the LSTM's outputs at all steps become one vector, on the CPU.
//!
//! In: outputs `[n_steps, width]`. Out: `width` values, or twice as many with attention. Keeps weights.

use super::activation::tanh;
use super::layer::{Layer, Pass};
use crate::network::LEAST_VARIANCE;
use crate::network::numbers;
use burn::nn::Linear;
use pulp::{Simd, WithSimd};

/// Appends the mean over the steps.
pub(super) fn mean(outputs: &[f32], width: usize, pooled: &mut Vec<f32>) {
    pooled.resize(width, 0.0);
    let steps = outputs.chunks_exact(width);
    #[expect(clippy::cast_precision_loss, reason = "steps are few")]
    let share = 1.0 / steps.len() as f32;
    for step in steps {
        pooled.iter_mut().zip(step).for_each(|(sum, value)| *sum += share * value);
    }
}

/// Weighs the steps by what they say they are worth (Okabe et al., 2018).
pub(super) struct Attention {
    hidden: Layer,
    score: Vec<f32>,
}

impl Attention {
    pub(super) fn new(hidden: Layer, score: &Linear) -> Self {
        // The score's bias is the same at each step, so it weighs nothing.
        Attention { hidden, score: numbers(score.weight.val()) }
    }

    /// Appends the weighted mean and deviation. `values` is reused.
    pub(super) fn pool(
        &self,
        pass: &mut Pass<'_>,
        outputs: &[f32],
        width: usize,
        values: &mut Vec<f32>,
        pooled: &mut Vec<f32>,
    ) {
        let n_steps = outputs.len() / width;
        values.clear();
        pass.apply(&self.hidden, (outputs, width), n_steps, values);
        pooled.resize(2 * width, 0.0);
        let n_hidden = self.hidden.n_padded();
        pass.arch.dispatch(Weigh { score: &self.score, outputs, width, values, n_hidden, pooled });
    }
}

struct Weigh<'a> {
    score: &'a [f32],
    outputs: &'a [f32],
    width: usize,
    /// What the steps say, `[n_steps, n_hidden]`; then their weights.
    values: &'a mut Vec<f32>,
    n_hidden: usize,
    pooled: &'a mut [f32],
}

impl WithSimd for Weigh<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Weigh { score, outputs, width, values, n_hidden, pooled } = self;
        for value in values.iter_mut() {
            *value = tanh(*value);
        }
        let n_steps = outputs.len() / width;
        for step in 0..n_steps {
            let hidden = &values[step * n_hidden..][..score.len()];
            values[step] = hidden.iter().zip(score).map(|(value, weight)| value * weight).sum();
        }
        values.truncate(n_steps);
        let highest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for value in values.iter_mut() {
            *value = (*value - highest).exp();
        }
        let whole: f32 = values.iter().sum();
        let (means, squares) = pooled.split_at_mut(width);
        for (step, weight) in outputs.chunks_exact(width).zip(&*values) {
            let weight = weight / whole;
            for ((mean, square), value) in means.iter_mut().zip(&mut *squares).zip(step) {
                *mean += weight * value;
                *square += weight * value * value;
            }
        }
        for (mean, square) in means.iter().zip(squares) {
            *square = ((*square - mean * mean).max(0.0) + LEAST_VARIANCE).sqrt();
        }
    }
}
