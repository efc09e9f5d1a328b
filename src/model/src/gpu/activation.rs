//! Hyperbolic tangent, logistic function and rectifier in kernels.
//!
//! In: vectors. Out: vectors. Keeps nothing. Both functions are made of an exponential whose argument is kept small:
//! what a driver's own tangent gives for large numbers is its own affair, and on some it is no number.

use burn::cubecl;
use burn::cubecl::prelude::*;

/// Beyond this both functions are 0 or 1 in `f32`.
const SATURATED: f32 = 30.0;

/// What a layer does with its sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Activation {
    /// Nothing.
    Linear,
    /// Nothing below 0.
    Rectifier,
    /// The hyperbolic tangent.
    Tangent,
}

/// The logistic function, from 0 to 1.
#[cube]
pub(super) fn sigmoid<N: Size>(x: Vector<f32, N>) -> Vector<f32, N> {
    let one = Vector::<f32, N>::new(1.0);
    let limit = Vector::<f32, N>::new(SATURATED);
    let x = clamp(x, -limit, limit);
    one / (one + (-x).exp())
}

/// The hyperbolic tangent.
#[cube]
pub(super) fn tangent<N: Size>(x: Vector<f32, N>) -> Vector<f32, N> {
    let two = Vector::<f32, N>::new(2.0);
    two * sigmoid::<N>(two * x) - Vector::<f32, N>::new(1.0)
}

/// What a layer does with its sums.
#[cube]
pub(super) fn activate<N: Size>(
    x: Vector<f32, N>,
    #[comptime] activation: Activation,
) -> Vector<f32, N> {
    if comptime!(activation == Activation::Rectifier) {
        max(x, Vector::<f32, N>::new(0.0))
    } else if comptime!(activation == Activation::Tangent) {
        tangent::<N>(x)
    } else {
        x
    }
}
