//! Whether the probabilities mean what they say.
//!
//! In: judgements. Out: bins of the answers' probabilities with the share that is right in each (the
//! reliability diagram), and the expected calibration error.

use serde::Serialize;

use super::prediction::Judgement;

/// Bins of equal width (Guo et al., 2017, use 15 for far more samples).
const N_BINS: usize = 10;

/// Answers of like probability. A bin includes its upper edge.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReliabilityBin {
    /// Answers in it; with none, the two means are 0.
    pub n: usize,
    /// Their mean probability, in [0, 1].
    pub confidence: f64,
    /// The share of them that is right, in [0, 1].
    pub accuracy: f64,
}

/// The ten bins, from the probabilities 0 to 0.1 to those from 0.9 to 1.
pub(super) fn reliability(judgements: &[Judgement]) -> Vec<ReliabilityBin> {
    let mut bins = vec![ReliabilityBin::default(); N_BINS];
    for judgement in judgements {
        let bin = &mut bins[place(judgement.confidence)];
        bin.n += 1;
        bin.confidence += judgement.confidence;
        bin.accuracy += if judgement.is_right() { 1.0 } else { 0.0 };
    }
    for bin in &mut bins {
        let n = count(bin.n.max(1));
        bin.confidence /= n;
        bin.accuracy /= n;
    }
    bins
}

/// Expected calibration error in [0, 1]: by how much the probability of the answers differs from the
/// share that is right, over the bins, weighted by their counts (Naeini et al., 2015); 0 of no answers.
pub(super) fn calibration_error(bins: &[ReliabilityBin]) -> f64 {
    let differences = bins.iter().map(|bin| count(bin.n) * (bin.confidence - bin.accuracy).abs());
    differences.sum::<f64>() / count(bins.iter().map(|bin| bin.n).sum::<usize>().max(1))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "limited to the number of bins"
)]
fn place(confidence: f64) -> usize {
    ((confidence * N_BINS as f64).ceil() as usize).clamp(1, N_BINS) - 1
}

#[expect(clippy::cast_precision_loss, reason = "far fewer clips than 2^53")]
fn count(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearing::emotion::Emotion::{self, Anger, Fear};

    fn error_of(answers: &[(Emotion, f64)]) -> f64 {
        let judgement = |&(heard, confidence)| Judgement { truth: Anger, heard, confidence };
        calibration_error(&reliability(&answers.iter().map(judgement).collect::<Vec<_>>()))
    }

    #[test]
    fn the_calibration_error_is_that_of_two_bins_by_hand() {
        // Bin (0.8, 0.9]: mean confidence 0.855, half right, so 0.355. Bin (0.3, 0.4]: 0.4 and none
        // right, so 0.4. Weighted by 2 of 3 and 1 of 3.
        let error = error_of(&[(Anger, 0.9), (Fear, 0.81), (Fear, 0.4)]);
        let expected = (0.855 - 0.5) * 2.0 / 3.0 + 0.4 / 3.0;
        assert!((error - expected).abs() < 1e-12, "{error}");
    }

    #[test]
    fn surplus_in_one_bin_does_not_make_up_for_want_in_another() {
        let error = error_of(&[(Anger, 0.55), (Fear, 0.45)]);
        assert!((error - 0.45).abs() < 1e-12, "{error}");
    }

    #[test]
    fn bins_hold_counts_and_means_and_an_empty_one_is_all_zeros() {
        let judgement = |heard, confidence| Judgement { truth: Anger, heard, confidence };
        let bins = reliability(&[judgement(Anger, 0.82), judgement(Fear, 0.88)]);
        assert_eq!((bins.len(), bins[8].n), (10, 2));
        assert!((bins[8].confidence - 0.85).abs() < 1e-12);
        assert!((bins[8].accuracy - 0.5).abs() < 1e-12);
        assert_eq!(bins[3], ReliabilityBin::default());
        assert!(error_of(&[]).abs() < 1e-12);
    }

    #[test]
    fn edges_of_bins_belong_to_the_lower_bin() {
        assert_eq!([place(0.0), place(0.1), place(0.100_1), place(1.0)], [0, 0, 1, 9]);
    }
}
