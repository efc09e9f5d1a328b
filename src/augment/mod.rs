//! Changes to a training clip: what a telephone, a room and a distance do to a voice.
//!
//! In: samples at 8 kHz ([`STREAM_RATE_HZ`](crate::stream_time::STREAM_RATE_HZ)) and a seeded random
//! generator. Out: the same number of samples, changed in place; the same seed gives the same change.
//! [`trim_silence`] takes the silence off a clip's ends, in training and evaluation alike.
//! Keeps nothing between calls.

mod mu_law;
mod noise;
mod telephone;
mod trim;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

pub use mu_law::{mu_law_decode, mu_law_encode};
pub use noise::{Noise, add_noise};
pub use telephone::{Band, telephone};
pub use trim::trim_silence;

/// Level changes that a variant draws from, in dB: a far handset to a loud one.
const LEVEL_DB: std::ops::RangeInclusive<f32> = -12.0..=6.0;

/// Signal-to-noise ratios that a variant draws from, in dB.
const SNR_DB: std::ops::RangeInclusive<f32> = 5.0..=30.0;

/// One way to change a clip: what is `None` is left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Variant {
    /// Level change in dB.
    pub level_db: f32,
    /// A telephone line of this band.
    pub telephone: Option<Band>,
    /// Noise at this signal-to-noise ratio in dB.
    pub noise_snr_db: Option<f32>,
}

impl Variant {
    /// One of three kinds, equally often, each at a random level: clean; a telephone line of random
    /// band; noise, on a telephone line or not.
    pub fn random(rng: &mut ChaCha8Rng) -> Self {
        let level_db = rng.random_range(LEVEL_DB);
        let (telephone, noise_snr_db) = match rng.random_range(0..3) {
            0 => (None, None),
            1 => (Some(Band::random(rng)), None),
            _ => {
                let band = rng.random_bool(0.5).then(|| Band::random(rng));
                (band, Some(rng.random_range(SNR_DB)))
            }
        };
        Variant { level_db, telephone, noise_snr_db }
    }

    /// Changes a clip: first the noise, which is at the caller's side, then the level, then the line.
    ///
    /// The noise is a piece of one of `noises` (samples at 8 kHz) in half of the cases, and white or
    /// pink in a quarter each; white or pink only where `noises` is empty.
    pub fn apply(&self, samples: &mut [f32], noises: &[Vec<f32>], rng: &mut ChaCha8Rng) {
        if let Some(snr_db) = self.noise_snr_db {
            let noise = if !noises.is_empty() && rng.random_bool(0.5) {
                Noise::Recorded(&noises[rng.random_range(0..noises.len())])
            } else if rng.random_bool(0.5) {
                Noise::White
            } else {
                Noise::Pink
            };
            add_noise(samples, noise, snr_db, rng);
        }
        change_level(samples, self.level_db);
        if let Some(band) = self.telephone {
            telephone(samples, band);
        }
    }
}

/// Makes a clip louder or quieter by so many dB. What passes full scale is clipped to [-1, 1].
pub fn change_level(samples: &mut [f32], level_db: f32) {
    let gain = 10_f32.powf(level_db / 20.0);
    for sample in samples {
        *sample = (*sample * gain).clamp(-1.0, 1.0);
    }
}

/// Mean square of the samples; 0 of none.
fn power(samples: &[f32]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a clip is far shorter than 2^53 samples")]
    let n = samples.len().max(1) as f64;
    samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / n
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    /// Four deviations of a binomial count of 6,000 at one third.
    const SLACK: u32 = 147;

    /// A sine of one second at 8 kHz.
    pub(super) fn sine(frequency_hz: f32, amplitude: f32) -> Vec<f32> {
        let step = std::f32::consts::TAU * frequency_hz / 8_000.0;
        (0_u16..8_000).map(|n| amplitude * (step * f32::from(n)).sin()).collect()
    }

    #[test]
    fn a_level_change_scales_and_clips_at_full_scale() {
        let mut samples = [0.1, -0.5, 0.9];
        change_level(&mut samples, 6.0206);
        for (sample, expected) in samples.iter().zip([0.2, -1.0, 1.0]) {
            assert!((sample - expected).abs() < 1e-5, "{sample} {expected}");
        }
    }

    #[test]
    fn the_three_kinds_of_variant_are_drawn_equally_often_within_their_ranges() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut counts = [0_u32; 4];
        for _ in 0..6_000 {
            let variant = Variant::random(&mut rng);
            assert!(LEVEL_DB.contains(&variant.level_db));
            if let Some(band) = variant.telephone {
                assert!((150.0..=350.0).contains(&band.low_hz));
                assert!((3_100.0..=3_600.0).contains(&band.high_hz));
            }
            if let Some(snr_db) = variant.noise_snr_db {
                assert!(SNR_DB.contains(&snr_db));
            }
            let kind = (variant.telephone.is_some(), variant.noise_snr_db.is_some());
            counts[usize::from(kind.0) + 2 * usize::from(kind.1)] += 1;
        }
        assert!(counts[0].abs_diff(2_000) < SLACK, "{counts:?}");
        assert!(counts[1].abs_diff(2_000) < SLACK, "{counts:?}");
        assert!((counts[2] + counts[3]).abs_diff(2_000) < SLACK, "{counts:?}");
        assert!(counts[2] > 800 && counts[3] > 800, "{counts:?}");
    }

    #[test]
    fn the_same_seed_gives_the_same_clip_and_another_gives_another() {
        let noises = [sine(440.0, 0.5), sine(90.0, 0.2)];
        let changed = |seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut samples = sine(300.0, 0.3);
            let variant = Variant { noise_snr_db: Some(10.0), ..Variant::random(&mut rng) };
            variant.apply(&mut samples, &noises, &mut rng);
            samples
        };
        assert_eq!(changed(3), changed(3));
        assert_ne!(changed(3), changed(4));
        assert!(changed(3).iter().all(|sample| sample.abs() <= 1.0));
    }

    #[test]
    fn a_variant_of_nothing_changes_nothing() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut samples = sine(300.0, 0.3);
        let variant = Variant { level_db: 0.0, telephone: None, noise_snr_db: None };
        variant.apply(&mut samples, &[], &mut rng);
        assert_eq!(samples, sine(300.0, 0.3));
    }
}
