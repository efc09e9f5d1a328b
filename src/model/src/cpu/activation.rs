//! Hyperbolic tangent and logistic function, in operations that a compiler turns into vectors.
//!
//! In: numbers. Out: numbers. Keeps nothing.

/// Beyond this the tangent is 1 in `f32`.
const SATURATED: f32 = 7.905_311;

/// The hyperbolic tangent, off by less than 1e-6: the rational minimax approximation of degrees 13 and 6 on
/// [-7.9, 7.9] that Eigen uses (Guennebaud, Jacob et al., 2010).
#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    let x = x.clamp(-SATURATED, SATURATED);
    let square = x * x;
    let mut above = -2.760_768_5e-16;
    for factor in
        [2.000_188e-13, -8.604_672e-11, 5.122_297e-8, 1.485_722_4e-5, 6.372_619e-4, 4.893_524_6e-3]
    {
        above = above * square + factor;
    }
    let mut below = 1.198_258_4e-6;
    for factor in [1.185_347_1e-4, 2.268_434_6e-3, 4.893_525e-3] {
        below = below * square + factor;
    }
    x * above / below
}

/// The logistic function, from 0 to 1.
#[inline(always)]
pub(super) fn sigmoid(x: f32) -> f32 {
    0.5 + 0.5 * tanh(0.5 * x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_within_1e_6_of_the_exact_functions() {
        for step in -200_000..=200_000_i32 {
            let exact = f64::from(step) * 1e-4;
            #[expect(clippy::cast_possible_truncation, reason = "a value between -20 and 20")]
            let x = exact as f32;
            let exact = f64::from(x);
            assert!((f64::from(tanh(x)) - exact.tanh()).abs() < 1e-6, "{x}");
            let logistic = 1.0 / (1.0 + (-exact).exp());
            assert!((f64::from(sigmoid(x)) - logistic).abs() < 1e-6, "{x}");
        }
        assert!((tanh(f32::INFINITY) - 1.0).abs() < 1e-6);
        assert!((tanh(f32::NEG_INFINITY) + 1.0).abs() < 1e-6);
    }
}
