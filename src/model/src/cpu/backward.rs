//! The LSTM's recurrence with its gradient, for training on the CPU (backpropagation through time, Werbos, 1990).
//!
//! In: each step's input share of the gates, then what the loss wants of each output. Out: the outputs, then what
//! it wants of the shares. Keeps one direction's packed weights. burn's own recurrence is the reference in the
//! tests: it records some forty small tensors a step, which cost more than the sums in them.

use super::activation::{sigmoid, tanh};
use super::matrix::Packed;
use pulp::{Arch, Simd, WithSimd};

/// One direction's weights of the last output, packed for both ways through time.
pub struct Recurrence {
    arch: Arch,
    hidden: Packed,
    transposed: Packed,
    n_units: usize,
}

/// What a direction did, step by step, in the order in which it hears.
pub struct Run {
    /// Segments side by side.
    pub n_segments: usize,
    /// Activated gates, `[n_steps, n_segments, 4 * n_units]`: input, forget, cell, output.
    gates: Vec<f32>,
    /// `[n_steps, n_segments, n_units]`.
    cells: Vec<f32>,
    /// `[n_steps, n_segments, n_units]`.
    pub outputs: Vec<f32>,
}

impl Recurrence {
    /// Packs row-major weights `[n_units, 4 * n_units]`.
    #[must_use]
    pub fn new(hidden: &[f32], n_units: usize) -> Self {
        let arch = Arch::new();
        let n_gates = 4 * n_units;
        let mut transposed = vec![0.0; hidden.len()];
        for (input, row) in hidden.chunks_exact(n_gates).enumerate() {
            for (gate, &weight) in row.iter().enumerate() {
                transposed[gate * n_units + input] = weight;
            }
        }
        Recurrence {
            arch,
            hidden: Packed::new(arch, hidden, n_gates),
            transposed: Packed::new(arch, &transposed, n_units),
            n_units,
        }
    }

    /// Runs over `shares`, `[n_steps, n_segments, 4 * n_units]`, which become the activated gates.
    #[must_use]
    pub fn run(&self, shares: Vec<f32>, n_segments: usize) -> Run {
        let n_values = shares.len() / 4;
        let mut run = Run {
            n_segments,
            gates: shares,
            cells: vec![0.0; n_values],
            outputs: vec![0.0; n_values],
        };
        self.arch.dispatch(Forwards { recurrence: self, run: &mut run });
        run
    }

    /// The loss's gradient for the shares, `[n_steps, n_segments, 4 * n_units]`, from that for the outputs,
    /// `[n_steps, n_segments, n_units]`.
    #[must_use]
    pub fn gradient(&self, run: &Run, upstream: &[f32]) -> Vec<f32> {
        let mut shares = vec![0.0; run.gates.len()];
        self.arch.dispatch(Backwards { recurrence: self, run, upstream, shares: &mut shares });
        shares
    }
}

struct Forwards<'a> {
    recurrence: &'a Recurrence,
    run: &'a mut Run,
}

impl WithSimd for Forwards<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Forwards { recurrence: Recurrence { hidden, n_units, .. }, run } = self;
        let (n_units, n) = (*n_units, run.n_segments);
        let (n_gates, n_padded) = (4 * n_units, hidden.n_padded());
        let mut sums = vec![0.0; n * n_padded];
        let (mut tile, none) = (Vec::new(), vec![0.0; n * n_units]);
        let mut before = (none.as_slice(), none.as_slice());
        let steps = run.gates.chunks_exact_mut(n * n_gates);
        let cells = run.cells.chunks_exact_mut(n * n_units);
        let outputs = run.outputs.chunks_exact_mut(n * n_units);
        for (step, ((gates, cells), outputs)) in steps.zip(cells).zip(outputs).enumerate() {
            for (sums, gates) in sums.chunks_exact_mut(n_padded).zip(gates.chunks_exact(n_gates)) {
                sums[..n_gates].copy_from_slice(gates);
                sums[n_gates..].fill(0.0);
            }
            if step > 0 {
                hidden.multiply_by_panels(simd, (before.1, n_units), n, &mut sums, &mut tile);
            }
            let rows = sums.chunks_exact(n_padded).zip(gates.chunks_exact_mut(n_gates));
            let states = cells.chunks_exact_mut(n_units).zip(outputs.chunks_exact_mut(n_units));
            let earlier = before.0.chunks_exact(n_units);
            for (((sums, gates), (cells, outputs)), earlier) in rows.zip(states).zip(earlier) {
                turn(&sums[..n_gates], gates, earlier, cells, outputs);
            }
            before = (cells, outputs);
        }
    }
}

/// One segment's step: activated gates, cells and outputs from the gates' sums and the cells before.
#[inline(always)]
fn turn(sums: &[f32], gates: &mut [f32], earlier: &[f32], cells: &mut [f32], outputs: &mut [f32]) {
    let n = cells.len();
    for (number, (sums, gates)) in sums.chunks_exact(n).zip(gates.chunks_exact_mut(n)).enumerate() {
        if number == 2 {
            gates.iter_mut().zip(sums).for_each(|(gate, sum)| *gate = tanh(*sum));
        } else {
            gates.iter_mut().zip(sums).for_each(|(gate, sum)| *gate = sigmoid(*sum));
        }
    }
    let (input, rest) = gates.split_at(n);
    let (forget, rest) = rest.split_at(n);
    let (candidate, exposed) = rest.split_at(n);
    let kept = forget.iter().zip(earlier);
    for (((cell, i), g), (f, earlier)) in cells.iter_mut().zip(input).zip(candidate).zip(kept) {
        *cell = f * earlier + i * g;
    }
    for ((output, o), cell) in outputs.iter_mut().zip(exposed).zip(cells) {
        *output = o * tanh(*cell);
    }
}

struct Backwards<'a> {
    recurrence: &'a Recurrence,
    run: &'a Run,
    upstream: &'a [f32],
    shares: &'a mut [f32],
}

impl WithSimd for Backwards<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Backwards { recurrence: Recurrence { transposed, n_units, .. }, run, .. } = self;
        let (n_units, n) = (*n_units, run.n_segments);
        let (n_gates, n_padded) = (4 * n_units, transposed.n_padded());
        let n_steps = run.cells.len() / (n * n_units).max(1);
        let mut wanted = vec![0.0; n * n_padded];
        let mut of_cells = vec![0.0; n * n_units];
        let (mut tile, none) = (Vec::new(), vec![0.0; n * n_units]);
        for step in (0..n_steps).rev() {
            let values = step * n * n_units..(step + 1) * n * n_units;
            let rows = self.upstream[values.clone()].chunks_exact(n_units);
            for (wanted, upstream) in wanted.chunks_exact_mut(n_padded).zip(rows) {
                wanted[..n_units].copy_from_slice(upstream);
                wanted[n_units..].fill(0.0);
            }
            let (now, later) = self.shares[step * n * n_gates..].split_at_mut(n * n_gates);
            if !later.is_empty() {
                let later = (&later[..n * n_gates], n_gates);
                transposed.multiply_by_panels(simd, later, n, &mut wanted, &mut tile);
            }
            let earlier = match step.checked_sub(1) {
                None => none.as_slice(),
                Some(before) => &run.cells[before * n * n_units..][..n * n_units],
            };
            let gates = run.gates[step * n * n_gates..].chunks_exact(n_gates);
            let cells = run.cells[values].chunks_exact(n_units).zip(earlier.chunks_exact(n_units));
            let rows = now.chunks_exact_mut(n_gates).zip(of_cells.chunks_exact_mut(n_units));
            let wanted = wanted.chunks_exact(n_padded);
            for (((now, of_cells), (cells, earlier)), (gates, wanted)) in
                rows.zip(cells).zip(gates.zip(wanted))
            {
                turn_back(&wanted[..n_units], gates, (cells, earlier), of_cells, now);
            }
        }
    }
}

/// One segment's step back: the gradient for the gates' sums, and for the cells before in place of that for the
/// cells.
#[inline(always)]
fn turn_back(
    wanted: &[f32],
    gates: &[f32],
    (cells, earlier): (&[f32], &[f32]),
    of_cells: &mut [f32],
    sums: &mut [f32],
) {
    let n = cells.len();
    let (input, rest) = gates.split_at(n);
    let (forget, rest) = rest.split_at(n);
    let (candidate, exposed) = rest.split_at(n);
    let (of_input, rest) = sums.split_at_mut(n);
    let (of_forget, rest) = rest.split_at_mut(n);
    let (of_candidate, of_exposed) = rest.split_at_mut(n);
    let values = of_cells.iter_mut().zip(of_exposed).zip(exposed).zip(cells).zip(wanted);
    for ((((of_cell, of_o), o), cell), wanted) in values {
        let squashed = tanh(*cell);
        *of_o = wanted * squashed * o * (1.0 - o);
        *of_cell += wanted * o * (1.0 - squashed * squashed);
    }
    let first = of_input.iter_mut().zip(of_candidate).zip(input.iter().zip(candidate));
    for (((of_i, of_g), (i, g)), of_cell) in first.zip(&*of_cells) {
        *of_i = of_cell * g * i * (1.0 - i);
        *of_g = of_cell * i * (1.0 - g * g);
    }
    let second = of_forget.iter_mut().zip(forget).zip(earlier);
    for (((of_f, f), earlier), of_cell) in second.zip(of_cells) {
        *of_f = *of_cell * earlier * f * (1.0 - f);
        *of_cell *= f;
    }
}
