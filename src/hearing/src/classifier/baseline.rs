//! What is known of a caller's own voice: the statistics of the speech frames heard so far in the call.
//!
//! In: feature frames. Out: one vector for the network. Keeps sums, no audio; the pipeline forgets it with
//! [`Baseline::reset`] when the call is over.

use super::Normalisation;

/// Frames that the average voice counts for beside the caller's: 4 s. Early in a call little is known, and what
/// is known is what the caller feels just then.
const PRIOR_FRAMES: f64 = 400.0;
/// Bounds of a caller's deviation against that of all training voices.
const DEVIATION_RATIO: std::ops::RangeInclusive<f64> = 0.1..=10.0;

/// Least variance of a normalisation, for features that never change.
const LEAST_VARIANCE: f64 = 1e-8;

/// Sums over the frames of one caller.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Baseline {
    n_frames: f64,
    sums: Vec<f64>,
    squares: Vec<f64>,
}

impl Baseline {
    /// The frames `[n_frames, n_features]` of a clip.
    #[must_use]
    pub fn of(frames: &[f32], n_features: usize) -> Self {
        let mut baseline = Baseline::default();
        frames.chunks_exact(n_features).for_each(|frame| baseline.add(frame));
        baseline
    }

    /// Frames so far.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    pub fn n_frames(&self) -> usize {
        self.n_frames as usize
    }

    /// Takes one more frame.
    pub fn add(&mut self, frame: &[f32]) {
        self.sums.resize(frame.len(), 0.0);
        self.squares.resize(frame.len(), 0.0);
        self.n_frames += 1.0;
        for ((sum, square), &value) in self.sums.iter_mut().zip(&mut self.squares).zip(frame) {
            let value = f64::from(value);
            *sum += value;
            *square += value * value;
        }
    }

    /// Takes another one's frames too.
    pub fn join(&mut self, other: &Baseline) {
        self.sums.resize(other.sums.len().max(self.sums.len()), 0.0);
        self.squares.resize(other.squares.len().max(self.squares.len()), 0.0);
        self.n_frames += other.n_frames;
        self.sums.iter_mut().zip(&other.sums).for_each(|(sum, other)| *sum += other);
        self.squares.iter_mut().zip(&other.squares).for_each(|(sum, other)| *sum += other);
    }

    /// The same frames about another mean, as `change` makes it of the present one; nothing where nothing is known.
    #[must_use]
    pub fn with_mean(&self, change: impl FnOnce(&mut [f32])) -> Self {
        let mut changed = self.clone();
        if self.n_frames <= 0.0 {
            return changed;
        }
        #[expect(clippy::cast_possible_truncation, reason = "a mean of f32 values")]
        let mut mean: Vec<f32> = self.sums.iter().map(|sum| (sum / self.n_frames) as f32).collect();
        change(&mut mean);
        let moments = changed.sums.iter_mut().zip(&mut changed.squares).zip(mean);
        for ((sum, square), mean) in moments {
            let mean = f64::from(mean);
            let spread = *square - *sum * *sum / self.n_frames;
            *sum = self.n_frames * mean;
            *square = spread + self.n_frames * mean * mean;
        }
        changed
    }

    /// Forgets the caller.
    pub fn reset(&mut self) {
        *self = Baseline::default();
    }

    /// Mean and deviation of all frames, as a normalisation.
    #[must_use]
    pub fn normalisation(&self) -> Normalisation {
        let moments = self.sums.iter().zip(&self.squares).map(|(sum, square)| {
            let mean = sum / self.n_frames;
            let variance = (square / self.n_frames - mean * mean).max(LEAST_VARIANCE);
            #[expect(clippy::cast_possible_truncation, reason = "statistics of f32 values")]
            (mean as f32, variance.sqrt() as f32)
        });
        let (mean, deviation) = moments.unzip();
        Normalisation { mean, deviation }
    }

    /// Appends the network's view, `2 * n_features` values: how far the mean lies from that of all training
    /// voices, in their deviations, and the logarithm of the ratio of deviations; both drawn towards 0 while
    /// little is known. Nothing known is all zeros.
    pub fn append(&self, normalisation: &Normalisation, values: &mut Vec<f32>) {
        let weight = self.n_frames / (self.n_frames + PRIOR_FRAMES);
        let n_features = normalisation.mean.len();
        let start = values.len();
        values.resize(start + 2 * n_features, 0.0);
        let (means, ratios) = values[start..].split_at_mut(n_features);
        for (at, (sum, square)) in self.sums.iter().zip(&self.squares).enumerate().take(n_features)
        {
            let mean = sum / self.n_frames;
            let deviation = (square / self.n_frames - mean * mean).max(0.0).sqrt();
            let usual = f64::from(normalisation.deviation[at]);
            let ratio = (deviation / usual).clamp(*DEVIATION_RATIO.start(), *DEVIATION_RATIO.end());
            #[expect(clippy::cast_possible_truncation, reason = "values around 0")]
            {
                means[at] = (weight * (mean - f64::from(normalisation.mean[at])) / usual) as f32;
                ratios[at] = (weight * ratio.ln()) as f32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalisation() -> Normalisation {
        Normalisation { mean: vec![1.0, 0.0], deviation: vec![2.0, 1.0] }
    }

    fn view(baseline: &Baseline) -> Vec<f32> {
        let mut values = Vec::new();
        baseline.append(&normalisation(), &mut values);
        values
    }

    #[test]
    fn nothing_known_is_zero_and_much_is_the_callers_own() {
        assert_eq!(view(&Baseline::default()), [0.0; 4]);
        let frames: Vec<f32> =
            (0..80_000).flat_map(|n| [5.0, if n % 2 == 0 { 3.0 } else { -1.0 }]).collect();
        let values = view(&Baseline::of(&frames, 2));
        for (value, expected) in values.iter().zip([2.0, 1.0, 0.1_f32.ln(), 2.0_f32.ln()]) {
            assert!((value - expected).abs() < 0.02, "{values:?}");
        }
        let half = view(&Baseline::of(&frames[..800], 2));
        assert!((half[0] - 1.0).abs() < 1e-6, "{half:?}");
    }

    #[test]
    fn frames_count_the_same_however_they_come_and_a_reset_forgets() {
        let frames = [1.0, 2.0, 3.0, 4.0, -5.0, 6.0];
        let mut joined = Baseline::of(&frames[..2], 2);
        joined.join(&Baseline::of(&frames[2..], 2));
        assert_eq!(joined, Baseline::of(&frames, 2));
        joined.reset();
        assert_eq!(joined, Baseline::default());
    }
}
