//! Weights being arranged for the kernels, on the CPU.
//!
//! In: layers of burn's. Out: matrices in another order. Keeps nothing.

use super::buffer::Buffer;
use crate::lstm::Lstm;
use crate::network::numbers;
use burn::nn::Linear;
use burn::tensor::Device;

/// A dense layer's weights.
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
}

/// All directions' shares of the gates side by side, a unit's four gates together.
pub(super) fn of_input(lstm: &Lstm, n_units: usize) -> Matrix {
    let mut directions = lstm
        .directions()
        .map(|(input, _)| Matrix::of(input).with_columns(|to| to % 4 * n_units + to / 4));
    let first = directions.next().expect("an LSTM hears in one direction at least");
    directions.fold(first, |so_far, direction| so_far.beside(&direction))
}

/// `[n_directions, n_units, n_units, 4]`.
pub(super) fn of_last_output(lstm: &Lstm, n_units: usize, device: &Device) -> Buffer {
    let of = |(_, hidden)| Matrix::of(hidden).with_columns(|to| to % 4 * n_units + to / 4).weights;
    Buffer::of(lstm.directions().flat_map(of).collect(), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix() -> Matrix {
        Matrix { weights: vec![1., 2., 3., 4., 5., 6., 7., 8.], bias: vec![9., 10.], n_outputs: 2 }
    }

    #[test]
    fn gaps_come_after_every_row_of_a_window() {
        let with_gaps = matrix().with_gaps(2, 3);
        assert_eq!(with_gaps.weights, [1., 2., 3., 4., 0., 0., 5., 6., 7., 8., 0., 0.]);
        assert_eq!(with_gaps.bias, [9., 10.]);
        assert_eq!(matrix().with_gaps(4, 4).weights, matrix().weights);
    }

    #[test]
    fn columns_change_places_with_their_bias_and_stand_side_by_side() {
        let turned = matrix().with_columns(|to| 1 - to);
        assert_eq!(turned.weights, [2., 1., 4., 3., 6., 5., 8., 7.]);
        assert_eq!(turned.bias, [10., 9.]);
        let both = matrix().beside(&turned);
        assert_eq!(both.weights[..8], [1., 2., 2., 1., 3., 4., 4., 3.]);
        assert_eq!((both.bias, both.n_outputs), (vec![9., 10., 10., 9.], 4));
    }
}
