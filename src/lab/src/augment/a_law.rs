//! The A-law of ITU-T G.711: 8 bits a sample, nearly logarithmic; Europe's, where the mu-law is America's.
//!
//! In: samples. Out: the 256 codes of the standard, and the sample of each.

/// As it goes over the line, every other bit of a code is inverted (G.711, Table 1, note 2).
const EVEN_BITS: u8 = 0x55;

/// The sign bit, set for positive samples.
const POSITIVE: u8 = 0x80;

/// 16-bit steps in full scale.
const FULL_SCALE: f32 = 32_768.0;

/// The code of a sample in [-1, 1], as it goes over the line.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "limited to 16 bits before, and to seven bits by the mask"
)]
pub fn a_law_encode(sample: f32) -> u8 {
    let linear = (sample * FULL_SCALE).round() as i32;
    let (sign, magnitude) = if linear < 0 { (0, !linear) } else { (POSITIVE, linear) };
    let magnitude = magnitude.min(0x7FFF);
    // The two lowest segments have the same step: 16 of 16 bits.
    let segment = (24 - magnitude.leading_zeros().cast_signed()).max(0);
    let step = (magnitude >> (segment.max(1) + 3)) & 0x0F;
    (sign | ((segment << 4) | step) as u8) ^ EVEN_BITS
}

/// The sample in [-1, 1] that a code stands for: the middle of its step.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "16 bits fit an f32")]
pub fn a_law_decode(code: u8) -> f32 {
    let code = code ^ EVEN_BITS;
    let segment = i32::from((code >> 4) & 0x07);
    let step = i32::from(code & 0x0F);
    let middle = (step << 4) + 8;
    let magnitude = if segment == 0 { middle } else { (middle + 0x100) << (segment - 1) };
    let linear = if code & POSITIVE == 0 { -magnitude } else { magnitude };
    linear as f32 / FULL_SCALE
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Character signal before the even bits are inverted and decoder output (of 4,096) of ITU-T G.711
    /// (1988), Table 1a: the top and the bottom of the positive half, and the end of each segment.
    const TABLE_1A: [(u8, i16); 9] = [
        (0b1111_1111, 4_032),
        (0b1111_0000, 2_112),
        (0b1110_0000, 1_056),
        (0b1101_0000, 528),
        (0b1100_0000, 264),
        (0b1011_0000, 132),
        (0b1010_0000, 66),
        (0b1001_0000, 33),
        (0b1000_0000, 1),
    ];

    #[test]
    fn codes_decode_to_the_values_of_the_standard() {
        for (signal, value) in TABLE_1A {
            let sample = f32::from(8 * value) / FULL_SCALE;
            let code = signal ^ 0b0101_0101;
            assert!((a_law_decode(code) - sample).abs() < f32::EPSILON, "{signal:08b}");
            assert!((a_law_decode(code ^ 0x80) + sample).abs() < f32::EPSILON, "{signal:08b}");
        }
    }

    /// Decision value (of 4,096) of the same table and the signal from there on up.
    const DECISIONS: [(i16, u8); 8] = [
        (3_968, 0b1111_1111),
        (2_048, 0b1111_0000),
        (1_024, 0b1110_0000),
        (512, 0b1101_0000),
        (256, 0b1100_0000),
        (128, 0b1011_0000),
        (64, 0b1010_0000),
        (2, 0b1000_0001),
    ];

    #[test]
    fn codes_change_at_the_decision_values_of_the_standard() {
        let encode = |linear: i16| a_law_encode(f32::from(linear) / FULL_SCALE) ^ 0b0101_0101;
        for (value, signal) in DECISIONS {
            assert_eq!(encode(8 * value), signal, "{value}");
            assert_eq!(encode(8 * value - 1), signal - 1, "{value}");
            assert_eq!(encode(-8 * value - 1), signal & 0x7F, "-{value}");
        }
    }

    #[test]
    fn silence_is_the_code_that_every_european_exchange_sends_for_it() {
        assert_eq!(a_law_encode(0.0), 0xD5);
    }

    #[test]
    fn every_code_comes_back() {
        for code in 0..=u8::MAX {
            assert_eq!(a_law_encode(a_law_decode(code)), code);
        }
    }

    #[test]
    fn louder_samples_never_get_lower_values() {
        let values = (i16::MIN..=i16::MAX)
            .map(|linear| a_law_decode(a_law_encode(f32::from(linear) / FULL_SCALE)));
        assert!(values.is_sorted());
    }

    #[test]
    fn what_passes_full_scale_gets_the_outermost_codes() {
        assert_eq!(a_law_encode(7.0), 0xFF ^ 0x55);
        assert_eq!(a_law_encode(f32::NEG_INFINITY), 0x7F ^ 0x55);
    }
}
