//! How the LSTM's outputs at all steps become one vector, as one kernel.
//!
//! In: outputs at every step, and with attention what the steps say they are worth. Out: one vector a segment. A cube
//! takes a segment, each of its units a column; the steps' worth is weighed as they go by (the online softmax of
//! Milakov & Gimelshein, 2018), so that any number of steps will do. Keeps nothing.

use super::buffer::Buffer;
use crate::network::{LEAST_VARIANCE, Pooling};
use burn::cubecl;
use burn::cubecl::prelude::*;

/// Units of a cube, and steps that are weighed at once.
const UNITS: usize = 256;

/// Lower than any step's worth.
const LOWEST: f32 = -1.0e30;

/// How the steps are summarised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Last,
    Mean,
    Attention,
}

/// What is given to the kernel.
pub(super) struct Summary<'a> {
    /// `[n_segments, n_steps, width]`.
    pub(super) outputs: &'a Buffer,
    /// With attention: what the steps say, `[n_segments, n_steps, n_hidden]`, and the weights of their worth.
    pub(super) said: Option<(&'a Buffer, &'a Buffer)>,
    /// Values of what a step says.
    pub(super) n_hidden: usize,
    /// The segments' own steps.
    pub(super) lengths: &'a Buffer,
    /// `[n_segments, width]`, or twice as wide with attention.
    pub(super) pooled: &'a Buffer,
    pub(super) n_segments: usize,
    pub(super) n_steps: usize,
    pub(super) width: usize,
    pub(super) pooling: Pooling,
}

impl Summary<'_> {
    /// Has the device do it.
    pub(super) fn launch(&self) {
        let (said, worth) = self.said.unwrap_or((self.lengths, self.lengths));
        let kind = match (self.pooling, self.said) {
            (Pooling::Last, _) => Kind::Last,
            (Pooling::Attention, Some(_)) => Kind::Attention,
            _ => Kind::Mean,
        };
        summary::launch(
            &self.outputs.client(),
            CubeCount::Static(super::count(self.n_segments), 1, 1),
            CubeDim::new_1d(super::count(UNITS)),
            self.outputs.arg(),
            said.arg(),
            worth.arg(),
            self.lengths.arg(),
            self.pooled.arg(),
            super::count(self.n_steps),
            super::count(self.width),
            super::count(self.n_hidden),
            kind,
        );
    }
}

#[cube(launch)]
fn summary(
    outputs: &[f32],
    said: &[f32],
    worth: &[f32],
    lengths: &[u32],
    pooled: &mut [f32],
    n_steps: u32,
    width: u32,
    n_hidden: u32,
    #[comptime] kind: Kind,
) {
    let segment = CUBE_POS_X as usize;
    let (n_steps, width, n_hidden) = (n_steps as usize, width as usize, n_hidden as usize);
    let own_steps = lengths[segment] as usize;
    let first_step = segment * n_steps;
    let mut scores = Shared::<[f32]>::new_slice(UNITS);
    for block in 0..width.div_ceil(UNITS) {
        let column = block * UNITS + UNIT_POS_X as usize;
        if comptime!(kind == Kind::Last) {
            if column < width {
                let last = first_step + own_steps - 1;
                pooled[segment * width + column] = outputs[last * width + column];
            }
        } else if comptime!(kind == Kind::Mean) {
            if column < width {
                let mut sum = 0.0_f32;
                for step in 0..own_steps {
                    sum += outputs[(first_step + step) * width + column];
                }
                pooled[segment * width + column] = sum / f32::cast_from(own_steps);
            }
        } else {
            let mut highest = LOWEST.runtime();
            let mut whole = 0.0_f32;
            let mut mean = 0.0_f32;
            let mut square = 0.0_f32;
            for chunk in 0..own_steps.div_ceil(UNITS) {
                let first = chunk * UNITS;
                let step = first + UNIT_POS_X as usize;
                let mut score = 0.0_f32;
                if step < own_steps {
                    for at in 0..n_hidden {
                        score += said[(first_step + step) * n_hidden + at] * worth[at];
                    }
                }
                scores[UNIT_POS_X as usize] = score;
                sync_cube();
                let n = min(own_steps - first, UNITS);
                let before = highest;
                for at in 0..n {
                    highest = max(highest, scores[at]);
                }
                let faded = (before - highest).exp();
                whole *= faded;
                mean *= faded;
                square *= faded;
                if column < width {
                    for at in 0..n {
                        let weight = (scores[at] - highest).exp();
                        let value = outputs[(first_step + first + at) * width + column];
                        whole += weight;
                        mean += weight * value;
                        square += weight * value * value;
                    }
                }
                sync_cube();
            }
            if column < width {
                mean /= whole;
                let variance = max(square / whole - mean * mean, 0.0);
                let place = segment * 2 * width + column;
                pooled[place] = mean;
                pooled[place + width] = (variance + LEAST_VARIANCE).sqrt();
            }
        }
    }
}
