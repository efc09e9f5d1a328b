//! Where in what the operator said a stretch of the caller's side is found, and how like it is.
//!
//! In: both sides' samples. Out: the best [`Likeness`]. Keeps the plans of the transforms and their memory.
//!
//! The normalised cross-correlation of all delays at once, by the Fourier transform: 1 where one is a copy of the
//! other in any loudness. Each delay is measured against the power of just the samples that it compares.

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// Samples of the caller that are looked for: 0.4 s.
pub(super) const OWN_LEN: usize = 3_200;
/// The longest delay, 0.45 s, in samples; ITU-T G.114 wants 0.4 s one way at most.
pub(super) const MOST_DELAY: usize = 3_600;
/// How much later than the caller's side the operator's may have the same sound: 0.15 s. It is then the caller who
/// is heard on the operator's side.
pub(super) const MOST_LEAD: usize = 1_200;
/// Samples of the operator that are searched.
pub(super) const SEARCHED_LEN: usize = MOST_DELAY + OWN_LEN + MOST_LEAD;
/// Length of the transforms: all lags that are looked at fit in.
const FFT_LEN: usize = 8_192;
/// A mean power that is nothing: -80 dB of full scale.
pub(super) const LEAST_POWER: f32 = 1e-8;
/// Of how many samples parts are taken to find out how much of a stretch is filled.
const PART_LEN: usize = 80;

/// How like the sides are at the delay at which they are most alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Likeness {
    /// By how many samples the caller's side is later; below 0 it is earlier.
    pub(super) delay: i32,
    /// The correlation, in [0, 1].
    pub(super) degree: f32,
    /// The power of what both have in common on the caller's side, per power on the operator's.
    pub(super) power_gain: f32,
    /// Samples that the sound fills on the side that has less of it.
    pub(super) filled: f32,
}

/// The plans and their memory.
pub(super) struct Correlator {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    padded: Vec<f32>,
    own_bins: Vec<Complex<f32>>,
    searched_bins: Vec<Complex<f32>>,
    correlation: Vec<f32>,
}

impl Correlator {
    /// Makes the plans.
    pub(super) fn new() -> Self {
        let mut planner = RealFftPlanner::new();
        let forward = planner.plan_fft_forward(FFT_LEN);
        let inverse = planner.plan_fft_inverse(FFT_LEN);
        Correlator {
            padded: forward.make_input_vec(),
            own_bins: forward.make_output_vec(),
            searched_bins: forward.make_output_vec(),
            correlation: inverse.make_output_vec(),
            forward,
            inverse,
        }
    }

    /// The best likeness of `OWN_LEN` samples of the caller's and `SEARCHED_LEN` of the operator's, which begin
    /// `MOST_DELAY` earlier; none where one side is silent.
    pub(super) fn find(&mut self, own: &[f32], searched: &[f32]) -> Option<Likeness> {
        let (own_power, all) = (power(own), power(searched));
        if own_power < least(OWN_LEN) || all < least(OWN_LEN) {
            return None;
        }
        self.correlate(own, searched);
        let mut compared = power(&searched[..OWN_LEN]);
        let mut best = (0, 0.0_f32, 1.0_f32);
        for at in 0..=MOST_DELAY + MOST_LEAD {
            let product = self.correlation[at];
            let squared = product * product / compared.max(least(OWN_LEN));
            if squared > best.1 {
                best = (at, squared, compared.max(least(OWN_LEN)));
            }
            let next = searched.get(at + OWN_LEN).copied().unwrap_or(0.0);
            compared = (compared + next * next - searched[at] * searched[at]).max(0.0);
        }
        let (at, squared, compared) = best;
        let degree = (squared / own_power).sqrt().min(1.0);
        let place = i32::try_from(at).unwrap_or(0);
        let filled = filled(own).min(filled(&searched[at..at + OWN_LEN]));
        Some(Likeness {
            delay: i32::try_from(MOST_DELAY).unwrap_or(0) - place,
            degree,
            power_gain: squared / compared,
            filled,
        })
    }

    /// The products' sums for all places in `searched`, from its beginning on.
    fn correlate(&mut self, own: &[f32], searched: &[f32]) {
        // The lengths are the plans' own.
        self.fill(own);
        let _ = self.forward.process(&mut self.padded, &mut self.own_bins);
        self.fill(searched);
        let _ = self.forward.process(&mut self.padded, &mut self.searched_bins);
        for (bin, own) in self.searched_bins.iter_mut().zip(&self.own_bins) {
            *bin *= own.conj();
        }
        // The inverse wants real numbers at both ends; a product of two such is one.
        if let [first, .., last] = &mut self.searched_bins[..] {
            (first.im, last.im) = (0.0, 0.0);
        }
        let _ = self.inverse.process(&mut self.searched_bins, &mut self.correlation);
        #[expect(clippy::cast_precision_loss, reason = "8,192")]
        let scale = 1.0 / FFT_LEN as f32;
        self.correlation.iter_mut().for_each(|sum| *sum *= scale);
    }

    fn fill(&mut self, samples: &[f32]) {
        self.padded.fill(0.0);
        self.padded[..samples.len()].copy_from_slice(samples);
    }
}

/// The sum of the squares.
pub(super) fn power(samples: &[f32]) -> f32 {
    product(samples, samples)
}

/// The sum of the products, in eight parts that the processor adds up side by side.
pub(super) fn product(a: &[f32], b: &[f32]) -> f32 {
    let (a_parts, b_parts) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = a_parts.remainder().iter().zip(b_parts.remainder()).map(|(a, b)| a * b).sum();
    let mut sums = [0.0_f32; 8];
    for (a, b) in a_parts.zip(b_parts) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// The power of so many samples that is nothing.
#[expect(clippy::cast_precision_loss, reason = "a few thousand samples")]
pub(super) fn least(len: usize) -> f32 {
    LEAST_POWER * len as f32
}

/// How many samples a sound fills: all if its power is even, few if it is in one place.
fn filled(samples: &[f32]) -> f32 {
    let parts = samples.chunks_exact(PART_LEN).map(power);
    let (sum, squares) =
        parts.fold((0.0, 0.0), |(sum, squares), part| (sum + part, squares + part * part));
    #[expect(clippy::cast_precision_loss, reason = "80")]
    let part_len = PART_LEN as f32;
    if squares > 0.0 { sum * sum / squares * part_len } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn noise(seed: u64, len: usize) -> Vec<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..len).map(|_| rng.random_range(-0.1..0.1_f32)).collect()
    }

    #[test]
    fn a_copy_is_found_where_it_is_with_its_gain_and_noise_is_unlike() {
        let searched = noise(1, SEARCHED_LEN);
        let mut correlator = Correlator::new();
        for (delay, at) in [(0, MOST_DELAY), (2_400, 1_200), (-400, MOST_DELAY + 400)] {
            let own: Vec<f32> = searched[at..at + OWN_LEN].iter().map(|s| s * -0.5).collect();
            let found = correlator.find(&own, &searched).expect("both sound");
            assert_eq!(found.delay, delay);
            assert!(found.degree > 0.999 && (found.power_gain - 0.25).abs() < 0.001, "{found:?}");
            assert!(found.filled > 3_000.0, "{found:?}");
        }
        let found = correlator.find(&noise(2, OWN_LEN), &searched).expect("both sound");
        assert!(found.degree < 0.1, "{found:?}");
        assert_eq!(correlator.find(&[0.0; OWN_LEN], &searched), None);
    }

    #[test]
    fn a_click_fills_little() {
        let mut click = vec![0.0; 3_200];
        click[720..760].fill(0.5);
        assert!((filled(&click) - 80.0).abs() < 1.0, "{}", filled(&click));
        assert!(filled(&[0.1; 3_200]) > 3_199.0);
    }
}
