//! Coefficients as if every frequency had been another: what a shorter or longer vocal tract does to a voice.
//!
//! In: a recipe's numbers and a factor. Out: a linear map of coefficients (Panchapagesan & Alwan, "Frequency warping for
//! VTLN and speaker adaptation by linear transformation of standard MFCC", 2009). Keeps the map.

use super::MfccSettings;
use super::mel::{centre_hz, mel_from_hz};
use super::mfcc::cosines;

/// Multiplies all frequencies of coefficients by one factor.
#[derive(Clone, Debug)]
pub struct FrequencyWarp {
    n: usize,
    /// `[n, n]`, a row for each coefficient that goes in.
    map: Vec<f32>,
}

impl FrequencyWarp {
    /// The warp by a factor: 1.1 moves formants up by a tenth. What would come from beyond the outermost band is as
    /// loud as that.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "coefficients are f32")]
    pub fn new(settings: &MfccSettings, factor: f64) -> Self {
        let (n_mels, n) = (settings.n_mels, settings.n_mfcc);
        let cosines = cosines(n_mels, n);
        let mut map = vec![0.0; n * n];
        for band in 0..n_mels {
            let (below, share) = position(settings, centre_hz(settings, band) / factor);
            let above = (below + 1).min(n_mels - 1);
            for (row, from) in map.chunks_exact_mut(n).zip(&cosines) {
                let level = from[below] * (1.0 - share) + from[above] * share;
                for (entry, to) in row.iter_mut().zip(&cosines) {
                    *entry += (level * to[band]) as f32;
                }
            }
        }
        FrequencyWarp { n, map }
    }

    /// Changes a frame's coefficients.
    ///
    /// # Panics
    /// When there are not as many as the recipe has.
    pub fn apply(&self, coefficients: &mut [f32]) {
        assert_eq!(coefficients.len(), self.n, "coefficients of a frame");
        let mut warped = vec![0.0; self.n];
        for (value, row) in coefficients.iter().zip(self.map.chunks_exact(self.n)) {
            for (to, entry) in warped.iter_mut().zip(row) {
                *to += value * entry;
            }
        }
        coefficients.copy_from_slice(&warped);
    }
}

/// The band below a frequency, and how far the frequency is on the way to the next, in [0, 1].
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bands are few")]
#[expect(clippy::cast_precision_loss, reason = "bands are few")]
fn position(settings: &MfccSettings, hz: f64) -> (usize, f64) {
    let last = settings.n_mels - 1;
    let [lowest, highest] = [0, last].map(|band| mel_from_hz(centre_hz(settings, band)));
    let at = (mel_from_hz(hz) - lowest) / (highest - lowest) * last as f64;
    let at = at.clamp(0.0, last as f64);
    (at.floor() as usize, at.fract())
}

#[cfg(test)]
mod tests {
    use super::super::{Recipe, clip_frames};
    use super::*;
    use std::f64::consts::TAU;

    /// Noise with formants, as loud as a voice: what a tract of another length moves.
    #[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
    fn vowel(factor: f64) -> Vec<f32> {
        let harmonics: Vec<(f64, f64)> = (3..300)
            .map(|k| {
                let hz = 12.5 * f64::from(k);
                let formant =
                    |at: f64, width: f64| 1.0 / (1.0 + ((hz / factor - at) / width).powi(2));
                let gain = 0.02 + formant(700.0, 150.0) + 0.5 * formant(1_500.0, 250.0);
                (hz, gain + 0.3 * formant(2_600.0, 300.0))
            })
            .collect();
        (0..2_000_u32)
            .map(|n| {
                let time_s = f64::from(n) / 8_000.0;
                let sum: f64 = harmonics
                    .iter()
                    .map(|(hz, gain)| gain * (TAU * hz * time_s + hz * hz).sin())
                    .sum();
                (0.01 * sum) as f32
            })
            .collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "few frames")]
    fn mean(frames: &[f32], width: usize) -> Vec<f32> {
        (0..40)
            .map(|at| {
                let column = frames.iter().skip(at).step_by(width);
                column.sum::<f32>() / (frames.len() / width) as f32
            })
            .collect()
    }

    fn distance(one: &[f32], other: &[f32]) -> f32 {
        one.iter().zip(other).map(|(one, other)| (one - other).powi(2)).sum::<f32>().sqrt()
    }

    #[test]
    fn a_warp_is_what_moved_formants_do() {
        let recipe = Recipe::PhoneV3;
        let plain = mean(&clip_frames(recipe, &vowel(1.0)), recipe.n_features());
        for factor in [0.88, 0.95, 1.05, 1.14] {
            let moved = mean(&clip_frames(recipe, &vowel(factor)), recipe.n_features());
            let mut warped = plain.clone();
            FrequencyWarp::new(&recipe.mfcc(), factor).apply(&mut warped);
            let (left, before) = (distance(&warped, &moved), distance(&plain, &moved));
            assert!(left < 0.4 * before, "{factor}: {left} of {before} is left");
        }
    }

    #[test]
    fn a_factor_of_one_changes_nothing() {
        let frame: Vec<f32> = (0..40_u8).map(|k| (f32::from(k) * 0.7).sin()).collect();
        let mut warped = frame.clone();
        FrequencyWarp::new(&Recipe::PhoneV3.mfcc(), 1.0).apply(&mut warped);
        assert!(distance(&frame, &warped) < 1e-4);
    }
}
