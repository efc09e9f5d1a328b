//! A dense layer on the CPU: a packed matrix and a bias.
//!
//! In: rows. Out: rows, as long as the matrix is wide with what fills up its last panel. Keeps the weights.

use super::matrix::Packed;
use crate::network::numbers;
use burn::nn::Linear;
use pulp::{Arch, Simd, WithSimd};

/// The weights.
pub(super) struct Layer {
    weights: Packed,
    /// As long as a row of the product; zeros without a bias.
    bias: Vec<f32>,
    n_outputs: usize,
}

impl Layer {
    pub(super) fn new(arch: Arch, linear: &Linear) -> Self {
        let weights = linear.weight.val();
        let n_outputs = weights.dims()[1];
        let weights = Packed::new(arch, &numbers(weights), n_outputs);
        let mut bias = linear.bias.as_ref().map_or_else(Vec::new, |bias| numbers(bias.val()));
        bias.resize(weights.n_padded(), 0.0);
        Layer { weights, bias, n_outputs }
    }

    pub(super) fn n_padded(&self) -> usize {
        self.weights.n_padded()
    }

    pub(super) fn n_outputs(&self) -> usize {
        self.n_outputs
    }

    pub(super) fn into_weights(self) -> Packed {
        self.weights
    }
}

/// What applying a layer needs.
pub(super) struct Pass<'a> {
    pub(super) arch: Arch,
    /// Reused.
    pub(super) tile: &'a mut Vec<f32>,
}

impl Pass<'_> {
    /// Appends `n_rows` rows of `n_padded` values; row `r` of the input begins at `r * stride`.
    pub(super) fn apply(
        &mut self,
        layer: &Layer,
        (rows, stride): (&[f32], usize),
        n_rows: usize,
        out: &mut Vec<f32>,
    ) {
        let start = out.len();
        for _ in 0..n_rows {
            out.extend_from_slice(&layer.bias);
        }
        let sums = &mut out[start..];
        self.arch.dispatch(Product { layer, rows: (rows, stride), n_rows, sums, tile: self.tile });
    }
}

struct Product<'a> {
    layer: &'a Layer,
    rows: (&'a [f32], usize),
    n_rows: usize,
    sums: &'a mut [f32],
    tile: &'a mut Vec<f32>,
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.layer.weights.multiply(simd, self.rows, self.n_rows, self.sums, self.tile);
    }
}
