//! Multiplies by a matrix most of which is zero: mel bands, each over a few bins; and cosines, over all bands.
//!
//! In: numbers. Out: one sum for each row. Rows are taken as many at a time as a vector has places, over the inputs that any
//! of them needs, so nothing is gathered or summed across a vector. Keeps the weights, packed once.

use pulp::{Arch, Simd, WithSimd};
use std::ops::Range;

/// Sums that run side by side, so that none waits for the one before.
const N_SUMS: usize = 4;

/// Rows of weights, zero outside their bands.
pub(super) struct BandedMatrix {
    arch: Arch,
    groups: Vec<Group>,
    n_padded: usize,
    n_inputs: usize,
}

/// Rows side by side in a vector.
struct Group {
    /// Begins and ends at multiples of [`N_SUMS`], whatever the vectors' width: so sums are rounded alike.
    inputs: Range<usize>,
    /// `[n_inputs, n_rows]`.
    weights: Vec<f32>,
}

/// Rows of a group.
struct GroupWidth;

impl WithSimd for GroupWidth {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        S::F32_LANES
    }
}

impl BandedMatrix {
    /// Packs rows: each with the input at which its weights begin.
    #[expect(clippy::cast_possible_truncation, reason = "weights are rounded to f32")]
    pub(super) fn new(rows: &[(usize, &[f64])]) -> Self {
        let arch = Arch::new();
        let width = arch.dispatch(GroupWidth);
        let group = |rows: &[(usize, &[f64])]| {
            let used = rows.iter().filter(|(_, weights)| !weights.is_empty());
            let first = used.clone().map(|(first, _)| *first).min().unwrap_or(0);
            let end = used.map(|(first, weights)| first + weights.len()).max().unwrap_or(0);
            let inputs = first / N_SUMS * N_SUMS..end.next_multiple_of(N_SUMS);
            let mut packed = vec![0.0; inputs.len() * width];
            for (lane, (first, weights)) in rows.iter().enumerate() {
                for (input, &weight) in (*first..).zip(*weights) {
                    packed[(input - inputs.start) * width + lane] = weight as f32;
                }
            }
            Group { inputs, weights: packed }
        };
        let groups: Vec<Group> = rows.chunks(width).map(group).collect();
        let n_inputs = groups.iter().map(|group| group.inputs.end).max().unwrap_or(0);
        BandedMatrix { arch, n_padded: groups.len() * width, groups, n_inputs }
    }

    /// Sums with those that fill up the last vector, which are 0.
    pub(super) fn n_padded(&self) -> usize {
        self.n_padded
    }

    /// Inputs with those that fill up the last four, which may be anything finite.
    pub(super) fn n_inputs(&self) -> usize {
        self.n_inputs
    }

    /// Writes the sums over `inputs`, at least `n_inputs`, to `sums`, `n_padded` of them.
    pub(super) fn apply(&self, inputs: &[f32], sums: &mut [f32]) {
        self.arch.dispatch(Product { groups: &self.groups, inputs, sums });
    }
}

struct Product<'a> {
    groups: &'a [Group],
    inputs: &'a [f32],
    sums: &'a mut [f32],
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (vectors, _) = S::as_mut_simd_f32s(self.sums);
        for (group, vector) in self.groups.iter().zip(vectors) {
            let (inputs, _) = self.inputs[group.inputs.clone()].as_chunks::<N_SUMS>();
            let (weights, _) = S::as_simd_f32s(&group.weights);
            let (weights, _) = weights.as_chunks::<N_SUMS>();
            let mut sums = [simd.splat_f32s(0.0); N_SUMS];
            for (inputs, weights) in inputs.iter().zip(weights) {
                for (sum, (&input, &weight)) in sums.iter_mut().zip(inputs.iter().zip(weights)) {
                    *sum = simd.mul_add_e_f32s(simd.splat_f32s(input), weight, *sum);
                }
            }
            let [first, second, third, fourth] = sums;
            *vector = simd.add_f32s(simd.add_f32s(first, second), simd.add_f32s(third, fourth));
        }
    }
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "small test values")]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_schoolbook_for_any_bands() {
        for (n_rows, n_inputs) in [(1, 1), (3, 5), (16, 40), (17, 64), (48, 129), (80, 257)] {
            let weight = |row: usize, input: usize| ((row * 31 + input * 7) % 13) as f64 - 6.0;
            let firsts: Vec<usize> = (0..n_rows).map(|row| row * n_inputs / n_rows).collect();
            let rows: Vec<Vec<f64>> = (0..n_rows)
                .map(|row| {
                    let end = (firsts[row] + row % 9).min(n_inputs);
                    (firsts[row]..end).map(|input| weight(row, input)).collect()
                })
                .collect();
            let bands: Vec<(usize, &[f64])> =
                firsts.iter().copied().zip(rows.iter().map(Vec::as_slice)).collect();
            let matrix = BandedMatrix::new(&bands);
            let inputs: Vec<f32> =
                (0..matrix.n_inputs().max(n_inputs)).map(|at| (at % 5) as f32 - 2.0).collect();
            let mut sums = vec![9.0; matrix.n_padded()];
            matrix.apply(&inputs, &mut sums);
            for (row, (first, weights)) in bands.iter().enumerate() {
                let products = (*first..).zip(*weights).map(|(at, w)| f64::from(inputs[at]) * w);
                assert!((f64::from(sums[row]) - products.sum::<f64>()).abs() < 1e-9);
            }
            assert!(sums[n_rows..].iter().all(|sum| *sum == 0.0));
        }
    }
}
