//! A single cough or sneeze, made of noise: a burst that opens at once, and what follows it.
//!
//! The course of loudness and the bands follow descriptions of both (cough: an explosive phase of about
//! 60 ms, an intermediate one of about 200 ms, often a voiced end; J. Korpas et al., "Analysis of the cough
//! sound: an overview", 1996). It is no recording: labelled ones are not at hand everywhere.
//!
//! In: a random generator. Out: a short sound at 8 kHz at no particular level.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::biquad::Biquad;
use super::noise::white;

/// A phase of an outburst: milliseconds, amplitude at its beginning and end, band in Hz.
struct Phase {
    length_ms: std::ops::RangeInclusive<usize>,
    amplitude: (f32, f32),
    band_hz: (f64, f64),
}

/// A burst, and a hoarse breath that dies away.
const COUGH: [Phase; 2] = [
    Phase { length_ms: 40..=80, amplitude: (1.0, 0.5), band_hz: (300.0, 2_500.0) },
    Phase { length_ms: 150..=300, amplitude: (0.4, 0.02), band_hz: (400.0, 1_500.0) },
];

/// A breath that is drawn in, and a hiss that breaks out.
const SNEEZE: [Phase; 3] = [
    Phase { length_ms: 200..=400, amplitude: (0.02, 0.15), band_hz: (500.0, 1_500.0) },
    Phase { length_ms: 60..=120, amplitude: (1.0, 0.8), band_hz: (1_200.0, 3_600.0) },
    Phase { length_ms: 150..=250, amplitude: (0.6, 0.02), band_hz: (1_000.0, 3_000.0) },
];

/// A cough.
pub(super) fn cough(rng: &mut ChaCha8Rng) -> Vec<f32> {
    phases(&COUGH, rng)
}

/// A sneeze.
pub(super) fn sneeze(rng: &mut ChaCha8Rng) -> Vec<f32> {
    phases(&SNEEZE, rng)
}

fn phases(phases: &[Phase], rng: &mut ChaCha8Rng) -> Vec<f32> {
    let mut sound = Vec::new();
    for phase in phases {
        // 8 samples are a millisecond.
        let mut samples = white(8 * rng.random_range(phase.length_ms.clone()), rng);
        let quality = std::f64::consts::FRAC_1_SQRT_2;
        Biquad::high_pass(phase.band_hz.0, quality).filter(&mut samples);
        Biquad::low_pass(phase.band_hz.1, quality).filter(&mut samples);
        let (from, to) = phase.amplitude;
        let ratio = to / from;
        #[expect(clippy::cast_precision_loss, reason = "a few thousand samples")]
        let len = samples.len() as f32;
        for (n, sample) in (0_u16..).zip(&mut samples) {
            *sample *= from * ratio.powf(f32::from(n) / len);
        }
        sound.extend(samples);
    }
    sound
}

#[cfg(test)]
mod tests {
    use super::super::power;
    use super::*;
    use rand::SeedableRng;

    fn loudest_50_ms(sound: &[f32]) -> usize {
        let powers: Vec<f64> = sound.chunks(400).map(power).collect();
        (0..powers.len()).max_by(|a, b| powers[*a].total_cmp(&powers[*b])).unwrap()
    }

    #[test]
    fn a_cough_is_loudest_at_its_beginning_and_a_sneeze_after_a_breath() {
        for seed in 0..20 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let (cough, sneeze) = (cough(&mut rng), sneeze(&mut rng));
            assert!((8 * 190..=8 * 380).contains(&cough.len()), "{}", cough.len());
            assert!(loudest_50_ms(&cough) <= 1);
            assert!((4..=9).contains(&loudest_50_ms(&sneeze)), "{}", loudest_50_ms(&sneeze));
            assert!(power(&cough[cough.len() - 80..]) < 0.01 * power(&cough[..320]));
        }
    }
}
