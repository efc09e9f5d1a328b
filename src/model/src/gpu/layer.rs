//! A dense layer on a graphics device: a packed matrix and a bias.
//!
//! In: rows. Out: sums, in rows that are filled up to a multiple of four. Keeps the weights.

use super::activation::Activation;
use super::buffer::Buffer;
use super::product::{ColumnsLaunch, DEPTH, LANES, RowsLaunch, SIDE, product};
use super::weights::Matrix;
use burn::cubecl::prelude::{CubeCount, CubeDim};
use burn::tensor::Device;

/// Squares of sums from which on they are large: fewer leave most of a large device idle.
const MANY_SQUARES: usize = 128;

/// The weights.
pub(super) struct Layer {
    weights: Buffer,
    bias: Buffer,
    n_inputs: usize,
    n_columns: usize,
}

/// Where a layer's rows lie, and what becomes of their sums.
pub(super) struct Rows<'a> {
    /// The numbers.
    pub(super) values: &'a Buffer,
    /// Segments.
    pub(super) n_segments: usize,
    /// Rows of each segment.
    pub(super) per_segment: usize,
    /// Numbers from one segment's first row to the next one's.
    pub(super) segment_stride: usize,
    /// Numbers from one row to the next.
    pub(super) stride: usize,
    /// What is added to a segment's sums, a row of it a segment.
    pub(super) shift: Option<&'a Buffer>,
    /// What is done with the sums.
    pub(super) activation: Activation,
}

impl Layer {
    /// Puts weights on the device, columns and inputs filled up with zeros.
    pub(super) fn new(matrix: Matrix, device: &Device) -> Self {
        let n_inputs = matrix.weights.len() / matrix.n_outputs;
        let n_columns = matrix.n_outputs.next_multiple_of(LANES);
        let mut weights = vec![0.0; n_inputs.next_multiple_of(DEPTH) * n_columns];
        for (row, padded) in
            matrix.weights.chunks_exact(matrix.n_outputs).zip(weights.chunks_exact_mut(n_columns))
        {
            padded[..matrix.n_outputs].copy_from_slice(row);
        }
        let mut bias = matrix.bias;
        bias.resize(n_columns, 0.0);
        let (weights, bias) = (Buffer::of(weights, device), Buffer::of(bias, device));
        Layer { weights, bias, n_inputs, n_columns }
    }

    /// Numbers in a row of sums.
    pub(super) fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// Has the device make the sums, in `sums` from `first_row` on.
    pub(super) fn launch(&self, rows: &Rows<'_>, sums: &Buffer, first_row: usize) {
        let n_rows = rows.n_segments * rows.per_segment;
        let squares = |reach: usize| {
            let side = SIDE * LANES * reach;
            (n_rows.div_ceil(side), self.n_columns.div_ceil(side))
        };
        let (down, across) = squares(2);
        let is_large = self.n_columns > SIDE * LANES && down * across >= MANY_SQUARES;
        let reach = if is_large { 2 } else { 1 };
        let (down, across) = squares(reach);
        product::launch(
            &self.weights.client(),
            CubeCount::Static(super::count(down), super::count(across), 1),
            CubeDim::new_1d(super::count(SIDE * SIDE)),
            rows.values.arg(),
            self.weights.arg(),
            self.bias.arg(),
            rows.shift.unwrap_or(&self.bias).arg(),
            sums.arg(),
            RowsLaunch::new(
                super::count(n_rows),
                super::count(rows.per_segment),
                super::count(rows.segment_stride),
                super::count(rows.stride),
                super::count(self.n_inputs),
            ),
            ColumnsLaunch::new(super::count(self.n_columns / LANES), super::count(first_row)),
            reach,
            rows.shift.is_some(),
            rows.activation,
        );
    }
}
