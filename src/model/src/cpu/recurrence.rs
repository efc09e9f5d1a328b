//! The LSTM's recurrence on the CPU: one direction over several segments at once.
//!
//! In: each segment's input share of the gates. Out: the outputs at every step. In each step the weights go by
//! once for all segments. Keeps nothing; the state is scratch of the caller.

use super::activation::{sigmoid, tanh};
use super::matrix::Packed;
use pulp::{Simd, WithSimd};

/// Reused between calls.
#[derive(Default)]
pub(super) struct State {
    /// `[n_segments, n_units]`.
    outputs: Vec<f32>,
    cells: Vec<f32>,
    /// `[n_segments, n_padded]`.
    gates: Vec<f32>,
    tile: Vec<f32>,
}

/// One direction over segments of any lengths.
pub(super) struct Recur<'a> {
    /// The weights of the last output, `[n_units, 4 * n_units]`: input, forget, cell, output.
    pub(super) hidden: &'a Packed,
    /// Units.
    pub(super) n_units: usize,
    /// Whether it hears the segments from their end.
    pub(super) from_end: bool,
    /// Each segment's share of the gates, `[n_steps, hidden.n_padded()]`.
    pub(super) shares: &'a [Vec<f32>],
    /// Where each segment's outputs go: `[n_steps, outputs_stride]`, from `outputs_at` on.
    pub(super) outputs: &'a mut [Vec<f32>],
    pub(super) outputs_at: usize,
    pub(super) outputs_stride: usize,
    pub(super) state: &'a mut State,
}

impl WithSimd for Recur<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Recur { hidden, n_units, shares, outputs, state, .. } = self;
        let n_padded = hidden.n_padded();
        let lengths = shares.iter().map(|share| share.len() / n_padded);
        let longest = lengths.clone().max().unwrap_or(0);
        state.outputs.clear();
        state.outputs.resize(shares.len() * n_units, 0.0);
        state.cells.clear();
        state.cells.resize(shares.len() * n_units, 0.0);
        state.gates.resize(shares.len() * n_padded, 0.0);
        for step in 0..longest {
            // A segment that is over goes on with the last step's gates; nobody looks at it any more.
            for ((gates, share), length) in
                state.gates.chunks_exact_mut(n_padded).zip(shares).zip(lengths.clone())
            {
                let step = step.min(length.saturating_sub(1));
                let place = if self.from_end { length - 1 - step } else { step };
                gates.copy_from_slice(&share[place * n_padded..][..n_padded]);
            }
            if step > 0 {
                let rows = (&*state.outputs, n_units);
                hidden.multiply(simd, rows, shares.len(), &mut state.gates, &mut state.tile);
            }
            let gates = state.gates.chunks_exact(n_padded);
            let cells = state.cells.chunks_exact_mut(n_units);
            let rows = state.outputs.chunks_exact_mut(n_units);
            for ((gates, cells), row) in gates.zip(cells).zip(rows) {
                turn(gates, cells, row);
            }
            let rows = state.outputs.chunks_exact(n_units);
            for ((outputs, row), length) in outputs.iter_mut().zip(rows).zip(lengths.clone()) {
                if step < length {
                    let place = if self.from_end { length - 1 - step } else { step };
                    let start = place * self.outputs_stride + self.outputs_at;
                    outputs[start..][..n_units].copy_from_slice(row);
                }
            }
        }
    }
}

/// The cell's new values and the outputs (Hochreiter & Schmidhuber, 1997; with forget gate).
#[inline(always)]
fn turn(gates: &[f32], cells: &mut [f32], outputs: &mut [f32]) {
    let n = cells.len();
    let (input, rest) = gates.split_at(n);
    let (forget, rest) = rest.split_at(n);
    let (candidate, rest) = rest.split_at(n);
    let values = input.iter().zip(forget).zip(candidate).zip(&rest[..n]);
    for (((((i, f), g), o), cell), output) in values.zip(cells).zip(outputs) {
        *cell = sigmoid(*f) * *cell + sigmoid(*i) * tanh(*g);
        *output = sigmoid(*o) * tanh(*cell);
    }
}
