//! A dense layer on a graphics device: a packed matrix and a bias.
//!
//! In: rows. Out: sums, in rows that are filled up to a multiple of four. Keeps the weights.

use super::activation::Activation;
use super::buffer::Buffer;
use super::product::{ColumnsLaunch, DEPTH, LANES, RowsLaunch, SIDE, product};
use burn::cubecl::prelude::{CubeCount, CubeDim};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};

/// Squares of sums from which on they are large: fewer leave most of a large device idle.
const MANY_SQUARES: usize = 128;

/// Weights being arranged, on the CPU.
pub(super) struct Matrix {
    /// `[n_inputs, n_outputs]`.
    pub(super) weights: Vec<f32>,
    pub(super) bias: Vec<f32>,
    pub(super) n_outputs: usize,
}

impl Matrix {
    pub(super) fn of(linear: &Linear) -> Self {
        let weights = linear.weight.val();
        let n_outputs = weights.dims()[1];
        let mut bias = linear.bias.as_ref().map_or_else(Vec::new, |bias| numbers(bias.val()));
        bias.resize(n_outputs, 0.0);
        Matrix { weights: numbers(weights), bias, n_outputs }
    }

    /// Rows of zeros after each `row_len` rows, up to `padded`: for inputs that are filled up themselves.
    #[must_use]
    pub(super) fn with_gaps(self, row_len: usize, padded: usize) -> Self {
        let gap = (padded - row_len) * self.n_outputs;
        let mut weights = Vec::new();
        for rows in self.weights.chunks_exact(row_len * self.n_outputs) {
            weights.extend_from_slice(rows);
            weights.resize(weights.len() + gap, 0.0);
        }
        Matrix { weights, ..self }
    }

    /// Columns in another order: the `to`th is the one that was at `from(to)`.
    #[must_use]
    pub(super) fn with_columns(&self, from: impl Fn(usize) -> usize) -> Self {
        let pick = |row: &[f32]| (0..self.n_outputs).map(|to| row[from(to)]).collect::<Vec<_>>();
        let weights = self.weights.chunks_exact(self.n_outputs).flat_map(pick).collect();
        Matrix { weights, bias: pick(&self.bias), n_outputs: self.n_outputs }
    }

    /// Both layers' columns side by side.
    #[must_use]
    pub(super) fn beside(&self, other: &Matrix) -> Self {
        let rows = self.weights.chunks_exact(self.n_outputs);
        let others = other.weights.chunks_exact(other.n_outputs);
        let weights = rows.zip(others).flat_map(|(row, other)| [row, other].concat()).collect();
        let bias = [&self.bias[..], &other.bias].concat();
        Matrix { weights, bias, n_outputs: self.n_outputs + other.n_outputs }
    }

    /// On the device, columns and inputs filled up with zeros.
    pub(super) fn into_layer(self, device: &Device) -> Layer {
        let n_inputs = self.weights.len() / self.n_outputs;
        let n_columns = self.n_outputs.next_multiple_of(LANES);
        let mut weights = vec![0.0; n_inputs.next_multiple_of(DEPTH) * n_columns];
        for (row, padded) in
            self.weights.chunks_exact(self.n_outputs).zip(weights.chunks_exact_mut(n_columns))
        {
            padded[..self.n_outputs].copy_from_slice(row);
        }
        let mut bias = self.bias;
        bias.resize(n_columns, 0.0);
        let (weights, bias) = (Buffer::of(weights, device), Buffer::of(bias, device));
        Layer { weights, bias, n_inputs, n_columns }
    }
}

/// A tensor's values, row-major.
pub(super) fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.try_into_vec_as::<f32>().expect("weights on the CPU are f32")
}

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
