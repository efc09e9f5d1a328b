//! Counts of judgements and the measures that follow from them.
//!
//! In: judgements. Out: confusion counts, recall, F1 and calibration error.

use super::prediction::Judgement;
use crate::emotion::{Emotion, N_EMOTIONS};

/// Bins of equal width of the calibration error (Guo et al., 2017, use 15 for far more samples).
const N_BINS: usize = 10;

/// How often each emotion was heard for each that was expressed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Counts {
    /// `[truth][heard]`, in the order of [`Emotion::ALL`].
    cells: [[u64; N_EMOTIONS]; N_EMOTIONS],
}

impl Counts {
    pub(super) fn of(judgements: &[Judgement]) -> Self {
        let mut counts = Counts::default();
        for judgement in judgements {
            counts.cells[judgement.truth.index()][judgement.heard.index()] += 1;
        }
        counts
    }

    /// The rows and columns of some labels, rows true.
    pub(super) fn matrix(&self, labels: &[Emotion]) -> Vec<Vec<u64>> {
        let row = |truth: &Emotion| {
            labels.iter().map(|heard| self.cells[truth.index()][heard.index()]).collect()
        };
        labels.iter().map(row).collect()
    }

    /// Clips of this label.
    pub(super) fn n_true(&self, label: Emotion) -> u64 {
        self.cells[label.index()].iter().sum()
    }

    pub(super) fn accuracy(&self) -> f64 {
        let right = Emotion::ALL.iter().map(|label| self.n_right(*label)).sum();
        ratio(right, Emotion::ALL.iter().map(|label| self.n_true(*label)).sum())
    }

    /// The share of this label's clips that were heard as it; 0 if there are none.
    pub(super) fn recall(&self, label: Emotion) -> f64 {
        ratio(self.n_right(label), self.n_true(label))
    }

    /// The harmonic mean of precision and recall; 0 if nothing of this label was said or heard.
    pub(super) fn f1(&self, label: Emotion) -> f64 {
        ratio(2 * self.n_right(label), self.n_true(label) + self.n_heard(label))
    }

    fn n_right(&self, label: Emotion) -> u64 {
        self.cells[label.index()][label.index()]
    }

    fn n_heard(&self, label: Emotion) -> u64 {
        self.cells.iter().map(|row| row[label.index()]).sum()
    }
}

/// Expected calibration error in [0, 1]: by how much the probability of the answers differs from the
/// share that is right, over bins of that probability, weighted by their counts (Naeini et al., 2015).
/// A bin includes its upper edge.
pub(super) fn calibration_error(judgements: &[Judgement]) -> f64 {
    let mut surplus = [0.0_f64; N_BINS];
    for judgement in judgements {
        let right = if judgement.heard == judgement.truth { 1.0 } else { 0.0 };
        surplus[bin(judgement.confidence)] += judgement.confidence - right;
    }
    // The weight of a bin and the count in its means cancel out.
    #[expect(clippy::cast_precision_loss, reason = "far fewer clips than 2^53")]
    let n = judgements.len().max(1) as f64;
    surplus.iter().map(|bin| bin.abs()).sum::<f64>() / n
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "limited to the number of bins"
)]
fn bin(confidence: f64) -> usize {
    ((confidence * N_BINS as f64).ceil() as usize).clamp(1, N_BINS) - 1
}

#[expect(clippy::cast_precision_loss, reason = "far fewer clips than 2^53")]
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judgement(truth: Emotion, heard: Emotion, confidence: f64) -> Judgement {
        Judgement { truth, heard, confidence }
    }

    #[test]
    fn recall_and_f1_are_those_of_three_clips_by_hand() {
        use Emotion::{Anger, Fear, Neutral};
        let counts = Counts::of(&[
            judgement(Anger, Anger, 0.9),
            judgement(Anger, Fear, 0.9),
            judgement(Fear, Fear, 0.9),
        ]);
        assert_eq!(counts.matrix(&[Anger, Fear]), [[1, 1], [0, 1]]);
        let close = |value: f64, expected: f64| (value - expected).abs() < 1e-12;
        assert!(close(counts.accuracy(), 2.0 / 3.0));
        assert!(close(counts.recall(Anger), 0.5) && close(counts.recall(Fear), 1.0));
        assert!(close(counts.f1(Anger), 2.0 / 3.0) && close(counts.f1(Fear), 2.0 / 3.0));
        assert!(close(counts.recall(Neutral), 0.0) && close(counts.f1(Neutral), 0.0));
    }

    #[test]
    fn the_calibration_error_is_that_of_two_bins_by_hand() {
        use Emotion::{Anger, Fear};
        // Bin (0.8, 0.9]: mean confidence 0.855, half right, so 0.355. Bin (0.3, 0.4]: 0.4 and none
        // right, so 0.4. Weighted by 2 of 3 and 1 of 3.
        let error = calibration_error(&[
            judgement(Anger, Anger, 0.9),
            judgement(Anger, Fear, 0.81),
            judgement(Anger, Fear, 0.4),
        ]);
        let expected = (0.855 - 0.5) * 2.0 / 3.0 + 0.4 / 3.0;
        assert!((error - expected).abs() < 1e-12, "{error}");
    }

    #[test]
    fn surplus_in_one_bin_does_not_make_up_for_want_in_another() {
        use Emotion::{Anger, Fear};
        let error =
            calibration_error(&[judgement(Anger, Anger, 0.55), judgement(Anger, Fear, 0.45)]);
        assert!((error - 0.45).abs() < 1e-12, "{error}");
    }

    #[test]
    fn edges_of_bins_belong_to_the_lower_bin() {
        assert_eq!([bin(0.0), bin(0.1), bin(0.100_1), bin(1.0)], [0, 0, 1, 9]);
    }
}
