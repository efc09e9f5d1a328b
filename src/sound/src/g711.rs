//! ITU-T G.711: 8 bits a sample, nearly logarithmic. The mu-law is America's and Japan's, the A-law everybody else's.
//!
//! In: samples of 16 bits. Out: the 256 codes of either law as they go over the line, and the sample of each. Keeps
//! nothing.

/// Added to a magnitude of 16 bits so that each segment of the mu-law starts at a power of two (33 of the standard's 14
/// bits).
const BIAS: i32 = 33 << 2;
/// The largest magnitude of 16 bits that has a code of its own in the mu-law.
const CLIP: i32 = 32_635;
/// As it goes over the line, every other bit of an A-law code is inverted (G.711, Table 1, note 2).
const EVEN_BITS: u8 = 0x55;
/// The sign bit of the A-law, set for positive samples.
const POSITIVE: u8 = 0x80;

/// The sample of 16 bits that a code of the mu-law stands for.
#[must_use]
pub fn mu_law(code: u8) -> i16 {
    let code = !code;
    let step = (i16::from(code & 0x0f) << 3) + 0x84;
    let magnitude = (step << ((code >> 4) & 7)) - 0x84;
    if code & 0x80 == 0 { magnitude } else { -magnitude }
}

/// The sample of 16 bits that a code of the A-law stands for: the middle of its step.
#[must_use]
pub fn a_law(code: u8) -> i16 {
    let code = code ^ EVEN_BITS;
    let step = (i16::from(code & 0x0f) << 4) + 8;
    let magnitude = match (code >> 4) & 7 {
        0 => step,
        segment => (step + 0x100) << (segment - 1),
    };
    if code & POSITIVE == 0 { -magnitude } else { magnitude }
}

/// The mu-law's code of a sample, as it goes over the line (all bits inverted).
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "limited to seven bits by the mask"
)]
pub fn mu_law_code(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = i32::from(sample).abs().min(CLIP) + BIAS;
    // The bias makes bit 7 the lowest that can be the highest set.
    let segment = 24 - magnitude.leading_zeros().cast_signed();
    let step = (magnitude >> (segment + 3)) & 0x0f;
    !(sign | ((segment << 4) | step) as u8)
}

/// The A-law's code of a sample, as it goes over the line.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "limited to seven bits by the mask"
)]
pub fn a_law_code(sample: i16) -> u8 {
    let linear = i32::from(sample);
    let (sign, magnitude) = if linear < 0 { (0, !linear) } else { (POSITIVE, linear) };
    // The two lowest segments have the same step: 16 of 16 bits.
    let segment = (24 - magnitude.leading_zeros().cast_signed()).max(0);
    let step = (magnitude >> (segment.max(1) + 3)) & 0x0f;
    (sign | ((segment << 4) | step) as u8) ^ EVEN_BITS
}

/// Full scale of 16 bits.
const FULL_SCALE: f32 = 32_768.0;

/// A sample in [-1, 1] as one of 16 bits; what is beyond full scale becomes full scale.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "limited to 16 bits")]
pub fn to_i16(sample: f32) -> i16 {
    (sample * FULL_SCALE).round().clamp(-FULL_SCALE, FULL_SCALE - 1.0) as i16
}

/// A sample of 16 bits as one in [-1, 1].
#[must_use]
pub fn of_i16(sample: i16) -> f32 {
    f32::from(sample) / FULL_SCALE
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

    /// Character signal before the even bits are inverted and decoder output (of 4,096) of Table 1a: the same.
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
        for (code, value) in TABLE_2A {
            assert_eq!(mu_law(code), 4 * value, "{code:08b}");
            assert_eq!(mu_law(code & 0x7f), -4 * value, "{code:08b}");
        }
        for (signal, value) in TABLE_1A {
            let code = signal ^ 0b0101_0101;
            assert_eq!(a_law(code), 8 * value, "{signal:08b}");
            assert_eq!(a_law(code ^ 0x80), -8 * value, "{signal:08b}");
        }
    }

    /// Decision value (14 bits) of Table 2a and the code from there on up: the top of the positive half, the lowest of
    /// each segment, and the lowest of all. They are not the midpoints between two values where segments meet.
    const MU_DECISIONS: [(i16, u8); 9] = [
        (7_903, 0x80),
        (4_063, 0x8f),
        (2_015, 0x9f),
        (991, 0xaf),
        (479, 0xbf),
        (223, 0xcf),
        (95, 0xdf),
        (31, 0xef),
        (1, 0xfe),
    ];

    /// Decision value (of 4,096) of Table 1a and the signal from there on up.
    const A_DECISIONS: [(i16, u8); 8] = [
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
        for (value, code) in MU_DECISIONS {
            assert_eq!(mu_law_code(4 * value), code, "{value}");
            assert_eq!(mu_law_code(4 * value - 1), code + 1, "{value}");
            assert_eq!(mu_law_code(-4 * value), code & 0x7f, "-{value}");
        }
        let code = |sample: i16| a_law_code(sample) ^ 0b0101_0101;
        for (value, signal) in A_DECISIONS {
            assert_eq!(code(8 * value), signal, "{value}");
            assert_eq!(code(8 * value - 1), signal - 1, "{value}");
            assert_eq!(code(-8 * value - 1), signal & 0x7f, "-{value}");
        }
    }

    #[test]
    fn every_code_comes_back_but_the_negative_zero_of_the_mu_law() {
        for code in 0..=u8::MAX {
            assert_eq!(mu_law_code(mu_law(code)), if code == 0x7f { 0xff } else { code });
            assert_eq!(a_law_code(a_law(code)), code);
        }
    }

    #[test]
    fn louder_samples_never_get_lower_values() {
        assert!((i16::MIN..=i16::MAX).map(|sample| mu_law(mu_law_code(sample))).is_sorted());
        assert!((i16::MIN..=i16::MAX).map(|sample| a_law(a_law_code(sample))).is_sorted());
    }

    #[test]
    fn silence_is_the_code_that_every_exchange_sends_for_it() {
        assert_eq!((mu_law_code(0), a_law_code(0)), (0xff, 0xd5));
        assert_eq!((a_law(0xd5), a_law(0x55)), (8, -8));
    }

    #[test]
    fn what_passes_full_scale_gets_the_outermost_codes() {
        assert_eq!((to_i16(7.0), to_i16(-7.0)), (i16::MAX, i16::MIN));
        assert_eq!((mu_law_code(i16::MAX), mu_law_code(i16::MIN)), (0x80, 0x00));
        assert_eq!((a_law_code(i16::MAX), a_law_code(i16::MIN)), (0xff ^ 0x55, 0x7f ^ 0x55));
        assert!((of_i16(i16::MIN) + 1.0).abs() < f32::EPSILON);
    }
}
