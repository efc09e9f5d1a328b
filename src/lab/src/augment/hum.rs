//! Steady noise of machines: a fan's rush with the hum of the mains or of a motor in it.
//!
//! In: a length, the frequency of the hum. Out: samples at 8 kHz at no particular level.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::biquad::Biquad;
use super::noise::white;
use hearing::stream_time::STREAM_RATE_HZ;

/// Above this the rush of a fan falls by 12 dB an octave (chosen by ear).
const RUSH_HZ: f64 = 500.0;

/// Harmonics of the hum: twice the mains' frequency and its multiples, as transformers and motors have.
const HARMONICS: [(f32, f32); 5] = [(2.0, 1.0), (4.0, 0.5), (6.0, 0.35), (8.0, 0.2), (12.0, 0.1)];

/// Share of the amplitude that is hum; the rest is rush (chosen by ear).
const HUM_SHARE: f32 = 0.15;

/// So many samples of a machine that hums at multiples of `mains_hz`, each at a random phase.
pub(super) fn hum(len: usize, mains_hz: f32, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let mut samples = white(len, rng);
    Biquad::low_pass(RUSH_HZ, std::f64::consts::FRAC_1_SQRT_2).filter(&mut samples);
    #[expect(clippy::cast_precision_loss, reason = "8,000")]
    let turn = std::f32::consts::TAU / STREAM_RATE_HZ as f32;
    for (multiple, share) in HARMONICS {
        let mut phase: f32 = rng.random_range(0.0..std::f32::consts::TAU);
        for sample in &mut samples {
            *sample += HUM_SHARE * share * phase.sin();
            phase = (phase + turn * multiple * mains_hz) % std::f32::consts::TAU;
        }
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::super::noise::tests::band_powers_db;
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn the_hum_stands_out_of_a_rush_that_falls_with_frequency() {
        let samples = hum(64_000, 50.0, &mut ChaCha8Rng::seed_from_u64(5));
        let beside = band_powers_db(&samples, &[98, 102, 106]);
        assert!(beside[0] > beside[1] + 15.0, "{beside:?}");
        let octaves = band_powers_db(&samples, &[800, 1_600, 3_200]);
        assert!(octaves[0] > octaves[1] + 6.0, "{octaves:?}");
    }
}
