//! Counts of judgements and the measures that follow from them.
//!
//! In: judgements. Out: confusion counts, and accuracy, recall, precision and F1 of them.

use std::ops::AddAssign;

use super::prediction::Judgement;
use hearing::emotion::{Emotion, N_EMOTIONS};

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

    /// The share of what was heard as this label that was it; 0 if nothing was.
    pub(super) fn precision(&self, label: Emotion) -> f64 {
        ratio(self.n_right(label), self.n_heard(label))
    }

    /// The mean of the recalls of the labels with at least one clip; 0 if there are none.
    pub(super) fn uar(&self) -> f64 {
        let with_clips = Emotion::ALL.into_iter().filter(|label| self.n_true(*label) > 0);
        mean(with_clips.map(|label| self.recall(label)))
    }

    fn n_right(&self, label: Emotion) -> u64 {
        self.cells[label.index()][label.index()]
    }

    fn n_heard(&self, label: Emotion) -> u64 {
        self.cells.iter().map(|row| row[label.index()]).sum()
    }
}

impl AddAssign<&Counts> for Counts {
    fn add_assign(&mut self, other: &Counts) {
        let others = other.cells.iter().flatten();
        self.cells.iter_mut().flatten().zip(others).for_each(|(cell, more)| *cell += more);
    }
}

/// The mean; 0 of nothing.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
    if n > 0.0 { sum / n } else { 0.0 }
}

#[expect(clippy::cast_precision_loss, reason = "far fewer clips than 2^53")]
pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judgement(truth: Emotion, heard: Emotion, confidence: f64) -> Judgement {
        Judgement { truth, heard, confidence }
    }

    #[test]
    fn recall_precision_and_f1_are_those_of_three_clips_by_hand() {
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
        assert!(close(counts.precision(Anger), 1.0) && close(counts.precision(Fear), 0.5));
        assert!(close(counts.uar(), 0.75) && close(counts.precision(Neutral), 0.0));
        assert!(close(counts.recall(Neutral), 0.0) && close(counts.f1(Neutral), 0.0));
    }

    #[test]
    fn counts_add_cell_by_cell() {
        use Emotion::{Anger, Fear};
        let mut counts = Counts::of(&[judgement(Anger, Anger, 0.9)]);
        counts += &Counts::of(&[judgement(Anger, Anger, 0.9), judgement(Anger, Fear, 0.9)]);
        assert_eq!(counts.matrix(&[Anger, Fear]), [[2, 1], [0, 0]]);
    }
}
