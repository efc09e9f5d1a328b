//! The mu-law of ITU-T G.711: 8 bits a sample, nearly logarithmic.
//!
//! In: samples. Out: the 256 codes of the standard, and the sample of each.

/// Added to a magnitude of 16 bits so that each segment starts at a power of two (33 of the
/// standard's 14 bits).
const BIAS: i32 = 33 << 2;

/// The largest magnitude of 16 bits that has a code of its own.
const CLIP: i32 = 32_635;

/// 16-bit steps in full scale.
const FULL_SCALE: f32 = 32_768.0;

/// The code of a sample in [-1, 1], as it goes over the line (all bits inverted).
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "limited to 16 bits before, and to seven bits by the mask"
)]
pub fn mu_law_encode(sample: f32) -> u8 {
    let linear = (sample * FULL_SCALE).round() as i32;
    let sign = if linear < 0 { 0x80 } else { 0 };
    let magnitude = linear.saturating_abs().min(CLIP) + BIAS;
    // The bias makes bit 7 the lowest that can be the highest set.
    let segment = 24 - magnitude.leading_zeros().cast_signed();
    let step = (magnitude >> (segment + 3)) & 0x0F;
    !(sign | ((segment << 4) | step) as u8)
}

/// The sample in [-1, 1] that a code stands for.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "16 bits fit an f32")]
pub fn mu_law_decode(code: u8) -> f32 {
    let code = !code;
    let segment = i32::from((code >> 4) & 0x07);
    let step = i32::from(code & 0x0F);
    let magnitude = (((step << 3) + BIAS) << segment) - BIAS;
    let linear = if code & 0x80 == 0 { magnitude } else { -magnitude };
    linear as f32 / FULL_SCALE
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Character signal and decoder output (14 bits) of ITU-T G.711 (1988), Table 2a: the top and the
    /// bottom of the positive half, and the end of each segment.
    const TABLE_2A: [(u8, i16); 12] = [
        (0b1000_0000, 8_031),
        (0b1000_0001, 7_775),
        (0b1000_1111, 4_191),
        (0b1001_0000, 3_999),
        (0b1010_0000, 1_983),
        (0b1011_0000, 975),
        (0b1100_0000, 471),
        (0b1101_0000, 219),
        (0b1110_0000, 93),
        (0b1111_0000, 30),
        (0b1111_1110, 2),
        (0b1111_1111, 0),
    ];

    #[test]
    fn codes_decode_to_the_values_of_the_standard() {
        for (code, value) in TABLE_2A {
            let sample = f32::from(4 * value) / FULL_SCALE;
            assert!((mu_law_decode(code) - sample).abs() < f32::EPSILON, "{code:08b}");
            assert!((mu_law_decode(code & 0x7F) + sample).abs() < f32::EPSILON, "{code:08b}");
        }
    }

    #[test]
    fn every_code_but_the_negative_zero_comes_back() {
        for code in 0..=u8::MAX {
            let expected = if code == 0x7F { 0xFF } else { code };
            assert_eq!(mu_law_encode(mu_law_decode(code)), expected);
        }
    }

    /// Decision value (14 bits) of the same table and the code from there on up: the top of the
    /// positive half, the lowest of each segment, and the lowest of all. They are not the midpoints
    /// between two values where segments meet.
    const DECISIONS: [(i16, u8); 9] = [
        (7_903, 0x80),
        (4_063, 0x8F),
        (2_015, 0x9F),
        (991, 0xAF),
        (479, 0xBF),
        (223, 0xCF),
        (95, 0xDF),
        (31, 0xEF),
        (1, 0xFE),
    ];

    #[test]
    fn codes_change_at_the_decision_values_of_the_standard() {
        let encode = |linear: i16| mu_law_encode(f32::from(linear) / FULL_SCALE);
        for (value, code) in DECISIONS {
            assert_eq!(encode(4 * value), code, "{value}");
            assert_eq!(encode(4 * value - 1), code + 1, "{value}");
            assert_eq!(encode(-4 * value), code & 0x7F, "-{value}");
        }
    }

    #[test]
    fn louder_samples_never_get_lower_values() {
        let values = (i16::MIN..=i16::MAX)
            .map(|linear| mu_law_decode(mu_law_encode(f32::from(linear) / FULL_SCALE)));
        assert!(values.is_sorted());
    }

    #[test]
    fn what_passes_full_scale_gets_the_outermost_codes() {
        assert_eq!(mu_law_encode(7.0), 0x80);
        assert_eq!(mu_law_encode(-7.0), 0x00);
        assert_eq!(mu_law_encode(f32::NEG_INFINITY), 0x00);
    }
}
