//! What is right of the answers that are shown, when uncertain ones are held back.
//!
//! In: judgements. Out: the curve of coverage against accuracy (the complement of the risk-coverage
//! curve of El-Yaniv & Wiener, 2010), one point for each twentieth of the answers.

use serde::Serialize;

use super::counts::ratio;
use super::prediction::Judgement;

/// Points of the curve: every 5 % of the answers.
const N_POINTS: usize = 20;

/// What is shown at one threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CoveragePoint {
    /// Answers of at least this probability are shown.
    pub threshold: f64,
    /// The share of answers that is shown, in (0, 1].
    pub coverage: f64,
    /// The share of the shown answers that is right, in [0, 1].
    pub accuracy: f64,
}

/// The curve from all answers shown (coverage 1) to the surest twentieth. For each twentieth the
/// highest threshold that shows at least as many; twentieths that the same threshold shows, since
/// answers are equally probable, are one point.
pub(super) fn curve(judgements: &[Judgement]) -> Vec<CoveragePoint> {
    let mut surest_first: Vec<&Judgement> = judgements.iter().collect();
    surest_first.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let mut points: Vec<CoveragePoint> = (1..=N_POINTS)
        .rev()
        .filter_map(|part| point(&surest_first, (surest_first.len() * part).div_ceil(N_POINTS)))
        .collect();
    points.dedup_by(|next, kept| next.coverage >= kept.coverage);
    points
}

/// What is shown when at least so many of the surest answers are; `None` of no answers.
fn point(surest_first: &[&Judgement], n_least: usize) -> Option<CoveragePoint> {
    let threshold = surest_first.get(n_least.checked_sub(1)?)?.confidence;
    let shown = surest_first.partition_point(|judgement| judgement.confidence >= threshold);
    let n_right = surest_first[..shown].iter().filter(|judgement| judgement.is_right()).count();
    Some(CoveragePoint {
        threshold,
        coverage: ratio(shown as u64, surest_first.len() as u64),
        accuracy: ratio(n_right as u64, shown as u64),
    })
}

/// The point with the highest threshold that shows at least this share of the answers.
pub(super) fn at_coverage(points: &[CoveragePoint], least: f64) -> Option<CoveragePoint> {
    points.iter().rev().find(|point| point.coverage >= least).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearing::emotion::Emotion::{Anger, Fear};

    fn judgement(confidence: f64, right: bool) -> Judgement {
        Judgement { truth: Anger, heard: if right { Anger } else { Fear }, confidence }
    }

    #[test]
    fn five_answers_give_five_points_by_hand() {
        let judgements = [(0.3, false), (0.9, true), (0.5, true), (0.7, false), (0.8, true)]
            .map(|(confidence, right)| judgement(confidence, right));
        let told: Vec<_> = curve(&judgements)
            .iter()
            .map(|point| (point.threshold, point.coverage, point.accuracy))
            .collect();
        let expected = [
            (0.3, 1.0, 0.6),
            (0.5, 0.8, 0.75),
            (0.7, 0.6, 2.0 / 3.0),
            (0.8, 0.4, 1.0),
            (0.9, 0.2, 1.0),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn at_60_percent_at_least_60_percent_are_shown() {
        let judgements: Vec<_> =
            (0..7).map(|n| judgement(0.9 - 0.1 * f64::from(n), n < 3)).collect();
        let point = at_coverage(&curve(&judgements), 0.6).unwrap();
        assert!((point.coverage - 5.0 / 7.0).abs() < 1e-12, "{point:?}");
        assert!((point.accuracy - 0.6).abs() < 1e-12, "{point:?}");
    }

    #[test]
    fn answers_of_one_probability_are_shown_together_in_any_order() {
        let mut judgements =
            vec![judgement(0.9, true), judgement(0.5, true), judgement(0.5, false)];
        let points = curve(&judgements);
        assert_eq!(points.len(), 2);
        assert!((at_coverage(&points, 0.6).unwrap().coverage - 1.0).abs() < 1e-12);
        judgements.reverse();
        assert_eq!(curve(&judgements), points);
    }

    #[test]
    fn of_no_answers_there_is_no_curve() {
        assert_eq!(curve(&[]), []);
        assert_eq!(at_coverage(&[], 0.6), None);
    }
}
