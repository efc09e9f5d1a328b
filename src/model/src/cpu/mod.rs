//! The network on the CPU: the same sums as [`super::network`] makes in burn, in a handful of kernels.
//!
//! In: normalised segments, each with what is known of its caller. Out: logits. The convolutions are products of
//! overlapping rows with a packed matrix, so nothing is copied for them; the LSTM's input share is one product for
//! all steps; the recurrence takes up to six segments at once. Keeps the packed weights; the scratch is the caller's,
//! so that several threads share the weights, and nothing is allocated once the longest segment was seen. burn's
//! network is the reference in the tests.

mod activation;
pub mod backward;
mod layer;
mod matrix;
mod pooling;
mod recurrence;
#[cfg(test)]
mod tests;

use super::network::{Network, NetworkShape, Pooling};
use hearing::classifier::SEGMENTS_AT_ONCE;
use layer::{Layer, Pass};
use matrix::{MAX_ROWS, Packed};
use pooling::Attention;
use pulp::Arch;
use recurrence::{Recur, State};

/// A segment as the network takes it.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Normalised steps, row-major `[n_steps, n_inputs]`; at least as many as the front needs.
    pub steps: &'a [f32],
    /// What is known of the caller's voice, and the mean of the steps, as far as the network hears them:
    /// [`NetworkShape::n_known`] values.
    pub known: &'a [f32],
}

/// The weights of a [`Network`], packed for this machine.
pub struct CpuNetwork {
    arch: Arch,
    shape: NetworkShape,
    front: Vec<Layer>,
    baseline: Option<Layer>,
    directions: Vec<Direction>,
    attention: Option<Attention>,
    dense: Vec<Layer>,
    output: Layer,
}

struct Direction {
    input: Layer,
    hidden: Packed,
}

// The recurrence takes so many segments at once: the weights go by once for all of them.
const _: () =
    assert!(SEGMENTS_AT_ONCE == MAX_ROWS, "a matrix takes another number of rows at once");

/// Reused between calls, by one thread at a time.
#[derive(Default)]
pub struct Scratch {
    /// Values between two layers.
    values: [Vec<f32>; 2],
    shift: Vec<f32>,
    /// Of each direction and segment.
    shares: Vec<[Vec<f32>; MAX_ROWS]>,
    outputs: [Vec<f32>; MAX_ROWS],
    pooled: Vec<f32>,
    state: State,
    tile: Vec<f32>,
}

impl CpuNetwork {
    /// Packs the weights of a network on burn's CPU backend.
    #[must_use]
    pub fn new(network: &Network, shape: &NetworkShape) -> Self {
        let arch = Arch::new();
        let layer = |linear| Layer::new(arch, linear);
        let direction = |(input, hidden)| Direction {
            input: Layer::new(arch, input),
            hidden: Layer::new(arch, hidden).into_weights(),
        };
        CpuNetwork {
            arch,
            shape: shape.clone(),
            front: network.front().map(layer).collect(),
            baseline: network.baseline().map(layer),
            directions: network.lstm().directions().map(direction).collect(),
            attention: network
                .attention()
                .map(|(hidden, score)| Attention::new(layer(hidden), score)),
            dense: network.dense().iter().map(layer).collect(),
            output: layer(network.output()),
        }
    }

    /// The instructions that the kernels were made for: `AVX-512`, `AVX2`, `NEON` or `no vectors`.
    #[must_use]
    pub fn instructions() -> &'static str {
        let name = format!("{:?}", Arch::new());
        ["V4", "V3", "Neon"]
            .iter()
            .zip(["AVX-512", "AVX2", "NEON"])
            .find(|(prefix, _)| name.starts_with(**prefix))
            .map_or("no vectors", |(_, words)| words)
    }

    /// Appends the logits of each segment, `n_outputs` values in the order of the segments, to `logits`.
    ///
    /// # Panics
    /// For a segment that is too short for the front.
    pub fn logits(&self, segments: &[Segment<'_>], scratch: &mut Scratch, logits: &mut Vec<f32>) {
        for some in segments.chunks(SEGMENTS_AT_ONCE) {
            self.some_logits(some, scratch, logits);
        }
    }

    fn some_logits(&self, segments: &[Segment<'_>], scratch: &mut Scratch, logits: &mut Vec<f32>) {
        let n_directions = self.directions.len();
        scratch.shares.resize_with(n_directions, Default::default);
        for (number, segment) in segments.iter().enumerate() {
            self.share(number, segment, scratch);
        }
        let Scratch { shares, outputs, state, .. } = scratch;
        let n_units = self.shape.n_units;
        for (number, (direction, shares)) in self.directions.iter().zip(shares).enumerate() {
            self.arch.dispatch(Recur {
                hidden: &direction.hidden,
                n_units,
                from_end: number > 0,
                shares: &shares[..segments.len()],
                outputs: &mut outputs[..segments.len()],
                outputs_at: number * n_units,
                outputs_stride: n_directions * n_units,
                state,
            });
        }
        for number in 0..segments.len() {
            self.head(number, scratch, logits);
        }
    }

    /// The front and each direction's input share of the gates.
    fn share(&self, number: usize, segment: &Segment<'_>, scratch: &mut Scratch) {
        let Scratch { values: [values, next], shift, shares, outputs, tile, .. } = scratch;
        let mut pass = Pass { arch: self.arch, tile };
        shift.clear();
        if let Some(layer) = &self.baseline {
            pass.apply(layer, (segment.known, 0), 1, shift);
        }
        let mut row_len = self.shape.n_inputs();
        values.clear();
        values.extend_from_slice(segment.steps);
        for (layer, convolution) in self.front.iter().zip(&self.shape.front) {
            let n_rows = convolution.n_outputs(values.len() / row_len);
            assert!(n_rows > 0, "a segment is shorter than the front needs");
            next.clear();
            pass.apply(layer, (values, convolution.stride * row_len), n_rows, next);
            let width = layer.n_padded();
            for row in next.chunks_exact_mut(width) {
                for (value, shift) in row.iter_mut().zip(&*shift) {
                    *value += shift;
                }
            }
            row_len = convolution.units;
            values.clear();
            for row in next.chunks_exact(width) {
                values.extend(row[..row_len].iter().map(|value| value.max(0.0)));
            }
            shift.clear();
        }
        let n_steps = values.len() / row_len;
        for (direction, shares) in self.directions.iter().zip(shares) {
            shares[number].clear();
            pass.apply(&direction.input, (values, row_len), n_steps, &mut shares[number]);
        }
        outputs[number].resize(n_steps * self.directions.len() * self.shape.n_units, 0.0);
    }

    /// What follows the LSTM.
    fn head(&self, number: usize, scratch: &mut Scratch, logits: &mut Vec<f32>) {
        let Scratch { values: [values, next], outputs, pooled, tile, .. } = scratch;
        let mut pass = Pass { arch: self.arch, tile };
        let outputs = &outputs[number];
        let width = self.directions.len() * self.shape.n_units;
        pooled.clear();
        match (self.shape.pooling, &self.attention) {
            (Pooling::Last, _) => pooled.extend_from_slice(&outputs[outputs.len() - width..]),
            (Pooling::Attention, Some(attention)) => {
                attention.pool(&mut pass, outputs, width, values, pooled);
            }
            _ => pooling::mean(outputs, width, pooled),
        }
        for layer in &self.dense {
            next.clear();
            pass.apply(layer, (pooled, 0), 1, next);
            pooled.clear();
            pooled.extend(next[..layer.n_outputs()].iter().map(|value| value.max(0.0)));
        }
        next.clear();
        pass.apply(&self.output, (pooled, 0), 1, next);
        logits.extend_from_slice(&next[..self.output.n_outputs()]);
    }
}
