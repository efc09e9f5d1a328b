//! The measures of a classifier over labelled clips, over all and by corpus.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Prediction;
use super::counts::{Counts, calibration_error};
use super::prediction::Judgement;
use crate::emotion::Emotion;

/// The measures of a classifier over labelled clips. Shares and means are in [0, 1].
///
/// Its JSON has exactly the keys `n`, `labels`, `accuracy`, `uar`, `macro_f1`, `recall`, `confusion`
/// and, over all, `by_corpus` with the same for each corpus.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Clips.
    pub n: usize,
    /// The labels that could be heard, in the product's order: rows and columns of `confusion`.
    pub labels: Vec<Emotion>,
    /// The share of clips whose label was heard.
    pub accuracy: f64,
    /// Unweighted average recall: the mean of `recall`.
    pub uar: f64,
    /// The mean F1 of the labels with at least one clip.
    pub macro_f1: f64,
    /// The share of each label's clips that were heard as it, for labels with at least one clip.
    pub recall: BTreeMap<Emotion, f64>,
    /// `[truth][heard]`, in the order of `labels`.
    pub confusion: Vec<Vec<u64>>,
    /// The same for each corpus, by name; empty in a corpus' own report.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_corpus: BTreeMap<String, Report>,
    /// Expected calibration error of the answers' probabilities, in ten bins. Not in the JSON.
    #[serde(skip)]
    pub ece: f64,
}

impl Report {
    /// Evaluates predictions; each corpus on the labels that it has (see the module). Of none, all
    /// measures are 0.
    #[must_use]
    pub fn new(predictions: &[Prediction]) -> Self {
        let mut corpora: BTreeMap<&str, Vec<&Prediction>> = BTreeMap::new();
        for prediction in predictions {
            corpora.entry(&prediction.corpus).or_default().push(prediction);
        }
        let mut all = Vec::with_capacity(predictions.len());
        let mut all_labels = Vec::new();
        let mut by_corpus = BTreeMap::new();
        for (name, predictions) in corpora {
            let labels = labels_of(&predictions);
            let judgements: Vec<Judgement> =
                predictions.iter().map(|prediction| prediction.top_among(&labels)).collect();
            by_corpus.insert(name.to_owned(), Self::of(&judgements, labels.clone()));
            all.extend(judgements);
            all_labels.extend(labels);
        }
        all_labels.sort_unstable();
        all_labels.dedup();
        Report { by_corpus, ..Self::of(&all, all_labels) }
    }

    /// The mean of the corpora's UARs, so that a large corpus counts no more than a small one.
    #[must_use]
    pub fn mean_corpus_uar(&self) -> f64 {
        mean(self.by_corpus.values().map(|report| report.uar))
    }

    fn of(judgements: &[Judgement], labels: Vec<Emotion>) -> Self {
        let counts = Counts::of(judgements);
        let with_clips: Vec<Emotion> =
            labels.iter().copied().filter(|label| counts.n_true(*label) > 0).collect();
        Report {
            n: judgements.len(),
            accuracy: counts.accuracy(),
            uar: mean(with_clips.iter().map(|label| counts.recall(*label))),
            macro_f1: mean(with_clips.iter().map(|label| counts.f1(*label))),
            recall: with_clips.iter().map(|label| (*label, counts.recall(*label))).collect(),
            confusion: counts.matrix(&labels),
            labels,
            by_corpus: BTreeMap::new(),
            ece: calibration_error(judgements),
        }
    }
}

/// The labels that a corpus has, in the product's order; all, if it has only one.
fn labels_of(predictions: &[&Prediction]) -> Vec<Emotion> {
    let has = |label: &Emotion| predictions.iter().any(|prediction| prediction.truth == *label);
    let labels: Vec<Emotion> = Emotion::ALL.into_iter().filter(has).collect();
    if labels.len() > 1 { labels } else { Emotion::ALL.to_vec() }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "seven labels at most")]
    let n = values.len().max(1) as f64;
    values.sum::<f64>() / n
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emotion::{N_EMOTIONS, Scores};
    use serde_json::Value;

    /// Between sums in another order, of f32 read from four decimals.
    const TOLERANCE: f64 = 1e-6;

    fn prediction(corpus: &str, truth: Emotion, heard: Emotion, second: Emotion) -> Prediction {
        let mut scores = [0.0; N_EMOTIONS];
        scores[heard.index()] = 0.7;
        scores[second.index()] = 0.3;
        Prediction { truth, scores: Scores(scores), corpus: corpus.into(), speaker: "1".into() }
    }

    #[test]
    fn a_corpus_is_scored_on_its_labels_and_the_whole_keeps_those_predictions() {
        use Emotion::{Anger, Fear, Surprise};
        let report = Report::new(&[
            prediction("six", Anger, Surprise, Anger),
            prediction("six", Fear, Fear, Anger),
            prediction("seven", Surprise, Surprise, Anger),
            prediction("seven", Anger, Surprise, Anger),
        ]);
        let six = &report.by_corpus["six"];
        assert_eq!(six.labels, [Anger, Fear]);
        assert_eq!(six.confusion, [[1, 0], [0, 1]]);
        assert!((six.uar - 1.0).abs() < TOLERANCE);
        assert!((report.by_corpus["seven"].uar - 0.5).abs() < TOLERANCE);
        assert_eq!(report.labels, [Anger, Fear, Surprise]);
        assert_eq!(report.confusion, [[1, 0, 1], [0, 1, 0], [0, 0, 1]]);
        assert_eq!(report.recall, BTreeMap::from([(Anger, 0.5), (Fear, 1.0), (Surprise, 1.0)]));
        assert!((report.uar - 2.5 / 3.0).abs() < TOLERANCE);
        assert!((report.mean_corpus_uar() - 0.75).abs() < TOLERANCE);
        assert!((report.accuracy - 0.75).abs() < TOLERANCE);
    }

    #[test]
    fn a_corpus_of_one_label_can_be_wrong() {
        use Emotion::{Fear, Neutral};
        let report = Report::new(&[
            prediction("calm", Neutral, Neutral, Fear),
            prediction("calm", Neutral, Fear, Neutral),
        ]);
        assert_eq!(report.labels, Emotion::ALL);
        assert_eq!(report.recall, BTreeMap::from([(Neutral, 0.5)]));
        assert!((report.uar - 0.5).abs() < TOLERANCE);
        assert!((report.macro_f1 - 2.0 / 3.0).abs() < TOLERANCE);
    }

    #[test]
    fn of_nothing_there_is_a_report_of_zeros() {
        let report = Report::new(&[]);
        assert_eq!((report.n, report.by_corpus.len(), report.labels.len()), (0, 0, 0));
        assert!(report.uar.abs() < TOLERANCE && report.mean_corpus_uar().abs() < TOLERANCE);
    }

    #[test]
    fn the_json_has_exactly_the_agreed_keys() {
        let report = Report::new(&[prediction("x", Emotion::Fear, Emotion::Fear, Emotion::Anger)]);
        let json = serde_json::to_value(&report).unwrap();
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let mut expected = ["n", "labels", "accuracy", "uar", "macro_f1", "recall", "confusion"];
        expected.sort_unstable();
        let mut own = keys(&json["by_corpus"]["x"]);
        own.sort_unstable();
        assert_eq!(own, expected);
        let mut all = keys(&json);
        all.retain(|key| key != "by_corpus");
        all.sort_unstable();
        assert_eq!(all, expected);
        assert_eq!(json["recall"]["fear"], 1.0);
        assert_eq!(json["labels"][0], "anger");
    }

    /// Values of scikit-learn; `tests/data/evaluation/make_golden.py` makes them.
    #[test]
    fn the_measures_agree_with_scikit_learn() {
        let golden: Value =
            serde_json::from_str(include_str!("../../tests/data/evaluation/golden.json")).unwrap();
        let rows = golden["predictions"].as_array().unwrap();
        let predictions: Vec<Prediction> = rows
            .iter()
            .map(|row| Prediction {
                truth: row[1].as_str().unwrap().parse().unwrap(),
                scores: Scores(serde_json::from_value(row[2].clone()).unwrap()),
                corpus: row[0].as_str().unwrap().into(),
                speaker: "1".into(),
            })
            .collect();
        let report = Report::new(&predictions);
        let expected = &golden["expected"];
        assert_agrees(&report, expected);
        let corpora = expected["by_corpus"].as_object().unwrap();
        assert_eq!(report.by_corpus.len(), corpora.len());
        for (name, expected) in corpora {
            assert_agrees(&report.by_corpus[name], expected);
        }
    }

    fn assert_agrees(report: &Report, expected: &Value) {
        let json = serde_json::to_value(report).unwrap();
        for key in ["n", "labels", "confusion"] {
            assert_eq!(json[key], expected[key], "{key}");
        }
        let close = |value: f64, expected: &Value| {
            let expected = expected.as_f64().unwrap();
            assert!((value - expected).abs() < TOLERANCE, "{value} {expected}");
        };
        close(report.accuracy, &expected["accuracy"]);
        close(report.uar, &expected["uar"]);
        close(report.macro_f1, &expected["macro_f1"]);
        close(report.ece, &expected["ece"]);
        let recall = expected["recall"].as_object().unwrap();
        assert_eq!(report.recall.len(), recall.len());
        for (label, value) in &report.recall {
            close(*value, &recall[label.label()]);
        }
    }
}
