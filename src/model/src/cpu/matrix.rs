//! Matrix products on the CPU, with the widest vectors that it has.
//!
//! In: rows, and a matrix that was packed once. Out: sums that are added to what is there. A packed matrix lies in
//! panels of four vectors' width: while a panel goes by, up to six rows stay in registers (the way of Goto and
//! van de Geijn, 2008). Keeps nothing but the packed weights.

use pulp::{Arch, Simd, WithSimd};

/// Vectors side by side in a panel.
const PANEL_VECTORS: usize = 4;

/// Rows that are multiplied at once: with a panel's vectors as many sums as AVX-512 has registers for.
pub(super) const MAX_ROWS: usize = 6;

/// A matrix `[n_inputs, n_outputs]`, its columns filled up with zeros to whole panels.
pub(super) struct Packed {
    panels: Vec<f32>,
    n_inputs: usize,
    n_padded: usize,
    width: usize,
}

/// Columns of a panel.
struct PanelWidth;

impl WithSimd for PanelWidth {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        S::F32_LANES * PANEL_VECTORS
    }
}

impl Packed {
    /// Packs row-major `weights`.
    pub(super) fn new(arch: Arch, weights: &[f32], n_outputs: usize) -> Self {
        let width = arch.dispatch(PanelWidth);
        let n_inputs = weights.len() / n_outputs;
        let n_padded = n_outputs.next_multiple_of(width);
        let mut panels = vec![0.0; n_padded * n_inputs];
        for (input, row) in weights.chunks_exact(n_outputs).enumerate() {
            for (output, &weight) in row.iter().enumerate() {
                let panel = output / width * n_inputs * width;
                panels[panel + input * width + output % width] = weight;
            }
        }
        Packed { panels, n_inputs, n_padded, width }
    }

    /// Columns with those that fill up the last panel: the length of a row of the product.
    pub(super) fn n_padded(&self) -> usize {
        self.n_padded
    }

    /// Adds the products of `n_rows` rows to `sums`, `[n_rows, n_padded]`. Row `r` begins at `r * stride` of
    /// `rows`; rows may overlap. `tile` is reused.
    #[inline(always)]
    pub(super) fn multiply<S: Simd>(
        &self,
        simd: S,
        (rows, stride): (&[f32], usize),
        n_rows: usize,
        sums: &mut [f32],
        tile: &mut Vec<f32>,
    ) {
        for first in (0..n_rows).step_by(MAX_ROWS) {
            let rows = (&rows[first * stride..], stride);
            let n = (n_rows - first).min(MAX_ROWS);
            let sums = &mut sums[first * self.n_padded..][..n * self.n_padded];
            match n {
                1 => self.block::<S, 1>(simd, rows, sums, tile),
                2 => self.block::<S, 2>(simd, rows, sums, tile),
                3 => self.block::<S, 3>(simd, rows, sums, tile),
                4 => self.block::<S, 4>(simd, rows, sums, tile),
                5 => self.block::<S, 5>(simd, rows, sums, tile),
                _ => self.block::<S, MAX_ROWS>(simd, rows, sums, tile),
            }
        }
    }

    /// The same in another order: each panel goes by once for all rows. For a matrix that is larger than the nearest
    /// caches, and rows that are not.
    #[inline(always)]
    pub(super) fn multiply_by_panels<S: Simd>(
        &self,
        simd: S,
        (rows, stride): (&[f32], usize),
        n_rows: usize,
        sums: &mut [f32],
        tile: &mut Vec<f32>,
    ) {
        let n_blocks = n_rows / MAX_ROWS;
        let n_whole = n_blocks * MAX_ROWS;
        tile.resize(n_whole * self.n_inputs, 0.0);
        for (block, tile) in tile.chunks_exact_mut(MAX_ROWS * self.n_inputs).enumerate() {
            self.interleave::<MAX_ROWS>((&rows[block * MAX_ROWS * stride..], stride), tile);
        }
        let (whole, rest) = sums.split_at_mut(n_whole * self.n_padded);
        let panels = self.panels.chunks_exact(self.width * self.n_inputs);
        for (panel, first) in panels.zip((0..).step_by(self.width)) {
            let tiles = tile.chunks_exact(MAX_ROWS * self.n_inputs);
            for (tile, sums) in tiles.zip(whole.chunks_exact_mut(MAX_ROWS * self.n_padded)) {
                self.panel::<S, MAX_ROWS>(simd, panel, tile, first, sums);
            }
        }
        if n_whole < n_rows {
            let rows = (&rows[n_whole * stride..], stride);
            self.multiply(simd, rows, n_rows - n_whole, rest, tile);
        }
    }

    #[inline(always)]
    fn block<S: Simd, const ROWS: usize>(
        &self,
        simd: S,
        rows: (&[f32], usize),
        sums: &mut [f32],
        tile: &mut Vec<f32>,
    ) {
        tile.resize(ROWS * self.n_inputs, 0.0);
        self.interleave::<ROWS>(rows, tile);
        let panels = self.panels.chunks_exact(self.width * self.n_inputs);
        for (panel, first) in panels.zip((0..).step_by(self.width)) {
            self.panel::<S, ROWS>(simd, panel, tile, first, sums);
        }
    }

    /// The rows' values, those for the same input side by side.
    #[inline(always)]
    fn interleave<const ROWS: usize>(&self, (rows, stride): (&[f32], usize), tile: &mut [f32]) {
        let (tile, _) = tile.as_chunks_mut::<ROWS>();
        for row in 0..ROWS {
            for (values, &value) in tile.iter_mut().zip(&rows[row * stride..][..self.n_inputs]) {
                values[row] = value;
            }
        }
    }

    /// The products of interleaved rows with the panel whose columns begin at `first`.
    #[inline(always)]
    fn panel<S: Simd, const ROWS: usize>(
        &self,
        simd: S,
        panel: &[f32],
        tile: &[f32],
        first: usize,
        sums: &mut [f32],
    ) {
        let (tile, _) = tile.as_chunks::<ROWS>();
        let (weights, _) = S::as_simd_f32s(panel);
        let (weights, _) = weights.as_chunks::<PANEL_VECTORS>();
        let mut registers = [[simd.splat_f32s(0.0); PANEL_VECTORS]; ROWS];
        for (values, weights) in tile.iter().zip(weights) {
            for (row, &value) in registers.iter_mut().zip(values) {
                let value = simd.splat_f32s(value);
                for (sum, &weight) in row.iter_mut().zip(weights) {
                    *sum = simd.mul_add_e_f32s(value, weight, *sum);
                }
            }
        }
        for (row, registers) in registers.iter().enumerate() {
            let sums = &mut sums[row * self.n_padded + first..][..self.width];
            let (sums, _) = S::as_mut_simd_f32s(sums);
            for (sum, &register) in sums.iter_mut().zip(registers) {
                *sum = simd.add_f32s(*sum, register);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Product<'a> {
        packed: &'a Packed,
        rows: &'a [f32],
        stride: usize,
        n_rows: usize,
        sums: &'a mut [f32],
        by_panels: bool,
    }

    impl WithSimd for Product<'_> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let Product { packed, rows, stride, n_rows, sums, by_panels } = self;
            if by_panels {
                packed.multiply_by_panels(simd, (rows, stride), n_rows, sums, &mut Vec::new());
            } else {
                packed.multiply(simd, (rows, stride), n_rows, sums, &mut Vec::new());
            }
        }
    }

    fn values(n: usize) -> Vec<f32> {
        let value = |at: usize| f32::from(u16::try_from(at * 7919 % 1000).unwrap());
        (0..n).map(|at| (value(at) - 500.0) / 500.0).collect()
    }

    #[test]
    fn products_are_those_of_the_schoolbook_for_any_number_of_rows_and_columns() {
        let arch = Arch::new();
        for (n_rows, n_inputs, n_outputs, stride) in
            [(1, 7, 1, 7), (2, 128, 512, 128), (5, 3, 65, 2), (13, 215, 8, 86), (6, 1, 64, 1)]
        {
            let weights = values(n_inputs * n_outputs);
            let rows = values((n_rows - 1) * stride + n_inputs);
            let packed = Packed::new(arch, &weights, n_outputs);
            let product = |by_panels| {
                let mut sums = vec![0.5; n_rows * packed.n_padded()];
                let (packed, rows, sums_) = (&packed, &rows, &mut sums);
                arch.dispatch(Product { packed, rows, stride, n_rows, sums: sums_, by_panels });
                sums
            };
            let sums = product(false);
            assert_eq!(sums, product(true), "the same sums in the other order");
            for row in 0..n_rows {
                for output in 0..n_outputs {
                    let products = (0..n_inputs).map(|input| {
                        f64::from(rows[row * stride + input])
                            * f64::from(weights[input * n_outputs + output])
                    });
                    let expected = products.sum::<f64>() + 0.5;
                    let sum = f64::from(sums[row * packed.n_padded() + output]);
                    assert!((sum - expected).abs() < 1e-4, "{n_rows} {n_inputs} {n_outputs}");
                }
            }
        }
    }
}
