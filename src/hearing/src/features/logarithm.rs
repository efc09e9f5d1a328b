//! Natural logarithms of many numbers at once, in operations that a compiler turns into vectors.
//!
//! In: powers. Out: their logarithms, in the same place. Keeps nothing.

use pulp::{Arch, Simd, WithSimd};

/// Bits of the square root of 1/2: the mantissa is taken between it and twice as much.
const LOWEST_MANTISSA_BITS: i32 = 0x3f35_04f3;
const MANTISSA_LEN: i32 = 23;

/// The logarithm of 2, its upper bits and the rest.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// Replaces powers by their natural logarithms; whatever is below `floor`, or no number, by that of the floor, which
/// is a positive normal number.
pub(super) fn replace_by_ln(arch: Arch, powers: &mut [f32], floor: f32) {
    arch.dispatch(ReplaceByLn { powers, floor });
}

struct ReplaceByLn<'a> {
    powers: &'a mut [f32],
    floor: f32,
}

impl WithSimd for ReplaceByLn<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for power in self.powers.iter_mut() {
            // `max` also takes the floor where a sample was no number.
            *power = ln(power.max(self.floor));
        }
    }
}

/// The natural logarithm of a positive normal number, off by less than 2e-7 of it or of 1: the polynomial of Cephes'
/// `logf` (Moshier, 1992).
#[inline(always)]
#[expect(clippy::cast_precision_loss, reason = "an exponent")]
fn ln(x: f32) -> f32 {
    let bits = x.to_bits().cast_signed();
    let exponent = (bits - LOWEST_MANTISSA_BITS) >> MANTISSA_LEN;
    let mantissa = f32::from_bits((bits - (exponent << MANTISSA_LEN)).cast_unsigned());
    let exponent = exponent as f32;
    let above_1 = mantissa - 1.0;
    let square = above_1 * above_1;
    let mut cubic = 7.037_683_6e-2;
    for factor in [
        -1.151_461e-1,
        1.167_699_9e-1,
        -1.242_014_1e-1,
        1.424_932_3e-1,
        -1.666_805_8e-1,
        2.000_071_5e-1,
        -2.499_999_4e-1,
        3.333_333e-1,
    ] {
        cubic = cubic * above_1 + factor;
    }
    let small = cubic * above_1 * square + LN_2_LOW * exponent - 0.5 * square;
    above_1 + small + LN_2_HIGH * exponent
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "test values")]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_right_over_all_magnitudes() {
        let mut largest = 0.0_f64;
        for step in 0..400_000_i32 {
            let x = 2.0_f64.powf(f64::from(step) * 6e-4 - 120.0) as f32;
            let expected = f64::from(x).ln();
            let difference = (f64::from(ln(x)) - expected).abs() / expected.abs().max(1.0);
            largest = largest.max(difference);
        }
        assert!(largest < 2e-7, "{largest:e}");
        assert!(ln(1.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_low_or_no_number_becomes_the_floors() {
        let mut powers = [0.0, -1.0, f32::NAN, 1e-30, 1e-8, 1.0, f32::NEG_INFINITY];
        replace_by_ln(Arch::new(), &mut powers, 1e-8);
        for (at, power) in powers.into_iter().enumerate() {
            let expected = if at == 5 { 0.0 } else { 1e-8_f32.ln() };
            assert!((power - expected).abs() < 4e-6, "{at}: {power}");
        }
    }
}
