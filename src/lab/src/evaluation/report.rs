//! The measures of a classifier over labelled clips: over all, by corpus, by sex and by age.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Prediction;
use super::calibration::{ReliabilityBin, calibration_error, reliability};
use super::counts::{Counts, mean};
use super::coverage::{CoveragePoint, at_coverage, curve};
use super::interval::{Intervals, intervals};
use super::prediction::Judgement;
use super::shown::Shown;
use hearing::emotion::{Emotion, Thresholds};

/// The share of answers that is shown where accuracy at a coverage is told as one number.
const NAMED_COVERAGE: f64 = 0.6;

/// The group of speakers of whom the sex or the age is not known.
pub(super) const UNKNOWN: &str = "unknown";

/// The measures of a classifier over labelled clips. Shares and means are in [0, 1].
///
/// Its JSON has the fields as keys; the groups (`by_...`) have the same keys without groups of their
/// own, but that a corpus is also told by sex and by age.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Clips.
    pub n: usize,
    /// Speakers.
    pub n_speakers: usize,
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
    /// The share of the clips heard as each label that were it, for the same labels; 0 if none was.
    pub precision: BTreeMap<Emotion, f64>,
    /// `[truth][heard]`, in the order of `labels`.
    pub confusion: Vec<Vec<u64>>,
    /// Expected calibration error of the answers' probabilities, in ten bins.
    pub ece: f64,
    /// These bins.
    pub reliability: Vec<ReliabilityBin>,
    /// What is right of the surest answers: from all of them to one in twenty.
    pub coverage: Vec<CoveragePoint>,
    /// 95 % confidence intervals by bootstrap over speakers; none where there is one speaker only.
    pub ci95: Option<Intervals>,
    /// What is said at the model's thresholds, over all and by corpus; none where they are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<Shown>,
    /// The same by the speakers' sex: `female`, `male`, `unknown`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_sex: BTreeMap<String, Report>,
    /// The same by the speakers' age in years: `0-29`, `30-49`, `50+`, `unknown`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_age: BTreeMap<String, Report>,
    /// The same for each corpus, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_corpus: BTreeMap<String, Report>,
}

/// A prediction with what was judged of it.
#[derive(Clone, Copy)]
struct Judged<'a> {
    prediction: &'a Prediction,
    judgement: Judgement,
}

impl Report {
    /// Evaluates predictions; each corpus on the labels that it has (see the module). Of none, all
    /// measures are 0.
    #[must_use]
    pub fn new(predictions: &[Prediction]) -> Self {
        let mut all = Vec::with_capacity(predictions.len());
        let mut all_labels = Vec::new();
        let mut by_corpus = BTreeMap::new();
        for (name, predictions) in grouped(predictions, |prediction| &prediction.corpus) {
            let labels = labels_of(&predictions);
            let judged = predictions
                .into_iter()
                .map(|prediction| Judged { prediction, judgement: prediction.top_among(&labels) });
            let judged: Vec<Judged<'_>> = judged.collect();
            by_corpus.insert(name.to_owned(), Self::by_voice(&judged, &labels));
            all.extend(judged);
            all_labels.extend(labels);
        }
        all_labels.sort_unstable();
        all_labels.dedup();
        Report { by_corpus, ..Self::by_voice(&all, &all_labels) }
    }

    /// The same with what is said at a model's thresholds of the predictions, over all and by corpus.
    #[must_use]
    pub fn with_shown(mut self, predictions: &[Prediction], thresholds: &Thresholds) -> Self {
        let shown = |predictions: &[&Prediction]| {
            let answers =
                predictions.iter().map(|prediction| (prediction.truth, prediction.scores));
            Some(Shown::of(answers, thresholds))
        };
        self.shown = shown(&predictions.iter().collect::<Vec<_>>());
        for (name, predictions) in grouped(predictions, |prediction| &prediction.corpus) {
            if let Some(report) = self.by_corpus.get_mut(name) {
                report.shown = shown(&predictions);
            }
        }
        self
    }

    /// The mean of the corpora's UARs, so that a large corpus counts no more than a small one.
    #[must_use]
    pub fn mean_corpus_uar(&self) -> f64 {
        mean(self.by_corpus.values().map(|report| report.uar))
    }

    /// What is right of the surest 60 % of the answers, and from which probability on they are shown.
    #[must_use]
    pub fn at_60_percent(&self) -> Option<CoveragePoint> {
        at_coverage(&self.coverage, NAMED_COVERAGE)
    }

    /// The measures over all that was judged, by sex and by age.
    fn by_voice(judged: &[Judged<'_>], labels: &[Emotion]) -> Self {
        if judged.is_empty() {
            return Report::default();
        }
        let sex = |one: &Judged<'_>| one.prediction.sex.as_deref().unwrap_or(UNKNOWN).to_owned();
        let age = |one: &Judged<'_>| age_group(one.prediction.age).to_owned();
        let measured = |groups: BTreeMap<String, Vec<&Judged<'_>>>| {
            let measured = groups.into_iter().map(|(name, group)| {
                let group: Vec<Judged<'_>> = group.into_iter().copied().collect();
                (name, Self::of(&group, labels))
            });
            measured.collect()
        };
        Report {
            by_sex: measured(grouped(judged, sex)),
            by_age: measured(grouped(judged, age)),
            ..Self::of(judged, labels)
        }
    }

    fn of(judged: &[Judged<'_>], labels: &[Emotion]) -> Self {
        let judgements: Vec<Judgement> = judged.iter().map(|one| one.judgement).collect();
        let counts = Counts::of(&judgements);
        let with_clips = || labels.iter().copied().filter(|label| counts.n_true(*label) > 0);
        let speakers = counts_by_speaker(judged);
        let reliability = reliability(&judgements);
        Report {
            n: judgements.len(),
            n_speakers: speakers.len(),
            labels: labels.to_vec(),
            accuracy: counts.accuracy(),
            uar: counts.uar(),
            macro_f1: mean(with_clips().map(|label| counts.f1(label))),
            recall: with_clips().map(|label| (label, counts.recall(label))).collect(),
            precision: with_clips().map(|label| (label, counts.precision(label))).collect(),
            confusion: counts.matrix(labels),
            ece: calibration_error(&reliability),
            reliability,
            coverage: curve(&judgements),
            ci95: intervals(&speakers),
            ..Report::default()
        }
    }
}

/// Things by what `key` says of them, in their order.
fn grouped<'a, T, K: Ord>(things: &'a [T], key: impl Fn(&'a T) -> K) -> BTreeMap<K, Vec<&'a T>> {
    let mut groups: BTreeMap<K, Vec<&T>> = BTreeMap::new();
    for thing in things {
        groups.entry(key(thing)).or_default().push(thing);
    }
    groups
}

fn counts_by_speaker<'a>(judged: &[Judged<'a>]) -> BTreeMap<(&'a str, &'a str), Counts> {
    let mut speakers: BTreeMap<_, Counts> = BTreeMap::new();
    for Judged { prediction, judgement } in judged {
        let speaker = (prediction.corpus.as_str(), prediction.speaker.as_str());
        *speakers.entry(speaker).or_default() += &Counts::of(&[*judgement]);
    }
    speakers
}

/// Ages that are told together: few enough groups that each has several speakers.
fn age_group(years: Option<u32>) -> &'static str {
    match years {
        None => UNKNOWN,
        Some(0..30) => "0-29",
        Some(30..50) => "30-49",
        Some(50..) => "50+",
    }
}

/// The labels that each corpus has, by its name.
pub(super) fn labels_by_corpus(predictions: &[Prediction]) -> BTreeMap<&str, Vec<Emotion>> {
    let corpora = grouped(predictions, |prediction| prediction.corpus.as_str());
    corpora.into_iter().map(|(name, predictions)| (name, labels_of(&predictions))).collect()
}

/// The labels that a corpus has, in the product's order; all, if it has only one.
fn labels_of(predictions: &[&Prediction]) -> Vec<Emotion> {
    let has = |label: &Emotion| predictions.iter().any(|prediction| prediction.truth == *label);
    let labels: Vec<Emotion> = Emotion::ALL.into_iter().filter(has).collect();
    if labels.len() > 1 { labels } else { Emotion::ALL.to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearing::emotion::{N_EMOTIONS, Scores};
    use serde_json::Value;

    /// Between sums in another order, of f32 read from four decimals.
    const TOLERANCE: f64 = 1e-6;

    fn prediction(corpus: &str, truth: Emotion, heard: Emotion, second: Emotion) -> Prediction {
        let mut scores = [0.0; N_EMOTIONS];
        scores[heard.index()] = 0.7;
        scores[second.index()] = 0.3;
        Prediction {
            truth,
            scores: Scores(scores),
            corpus: corpus.into(),
            speaker: "1".into(),
            sex: None,
            age: None,
        }
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
        let own = "accuracy ci95 confusion coverage ece labels macro_f1 n n_speakers precision \
                   recall reliability uar";
        let keys = |value: &Value, groups: &str| {
            let mut expected: Vec<&str> =
                own.split(' ').chain(groups.split_terminator(' ')).collect();
            expected.sort_unstable();
            let mut keys: Vec<&String> = value.as_object().unwrap().keys().collect();
            keys.sort_unstable();
            assert_eq!(keys, expected);
        };
        keys(&json, "by_age by_corpus by_sex");
        keys(&json["by_corpus"]["x"], "by_age by_sex");
        keys(&json["by_sex"]["unknown"], "");
        keys(&json["by_corpus"]["x"]["by_age"]["unknown"], "");
        assert_eq!(json["recall"]["fear"], 1.0);
        assert_eq!(json["precision"]["fear"], 1.0);
        assert_eq!(json["labels"][0], "anger");
        assert_eq!(json["coverage"][0]["coverage"], 1.0);
        assert_eq!(json["coverage"][0].as_object().unwrap().len(), 3);
        assert_eq!(json["ci95"], Value::Null);
    }

    #[test]
    fn what_is_shown_is_told_over_all_and_by_corpus_where_thresholds_are_known() {
        use Emotion::{Anger, Fear, Neutral};
        let predictions =
            [prediction("x", Fear, Fear, Anger), prediction("y", Anger, Fear, Neutral)];
        let thresholds = Thresholds { emotion: 0.8, groups: [0.9, 0.9, 0.9] };
        let report = Report::new(&predictions).with_shown(&predictions, &thresholds);
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["shown"]["group"]["share"], 0.5);
        assert_eq!(json["by_corpus"]["x"]["shown"]["together"]["right"], 1.0);
        assert_eq!(json["by_corpus"]["y"]["shown"]["uncertain"], 1.0);
        assert_eq!(json["by_corpus"]["y"]["shown"]["emotion"]["right"], Value::Null);
        let table = report.table();
        assert!(table.contains("shown %") && table.contains("uncertain"), "{table}");
    }

    #[test]
    fn speakers_are_told_by_sex_and_by_age_over_all_and_in_each_corpus() {
        use Emotion::{Anger, Fear};
        let of = |corpus, sex: Option<&str>, age, heard| Prediction {
            sex: sex.map(str::to_owned),
            age,
            speaker: format!("{sex:?}{age:?}"),
            ..prediction(corpus, Fear, heard, Anger)
        };
        let report = Report::new(&[
            of("x", Some("female"), Some(29), Fear),
            of("x", Some("male"), Some(30), Anger),
            of("y", Some("female"), Some(50), Anger),
            of("y", None, None, Fear),
        ]);
        let told = |groups: &BTreeMap<String, Report>| -> Vec<(String, usize, f64)> {
            groups.iter().map(|(name, group)| (name.clone(), group.n, group.uar)).collect()
        };
        let of = |name: &str, n, uar| (name.to_owned(), n, uar);
        let sexes = [of("female", 2, 0.5), of("male", 1, 0.0), of("unknown", 1, 1.0)];
        assert_eq!(told(&report.by_sex), sexes);
        let ages =
            [of("0-29", 1, 1.0), of("30-49", 1, 0.0), of("50+", 1, 0.0), of("unknown", 1, 1.0)];
        assert_eq!(told(&report.by_age), ages);
        let in_x = &report.by_corpus["x"];
        assert_eq!(told(&in_x.by_sex), [of("female", 1, 1.0), of("male", 1, 0.0)]);
        assert_eq!((report.n_speakers, in_x.n_speakers), (4, 2));
        let intervals = in_x.ci95.unwrap();
        assert_eq!((intervals.uar, intervals.accuracy), ([0.0, 1.0], [0.0, 1.0]));
    }

    /// Values of scikit-learn; `tests/data/evaluation/make_golden.py` makes them.
    #[test]
    fn the_measures_agree_with_scikit_learn() {
        let golden: Value =
            serde_json::from_str(include_str!("../../../../tests/data/evaluation/golden.json"))
                .unwrap();
        let rows = golden["predictions"].as_array().unwrap();
        let predictions: Vec<Prediction> = rows
            .iter()
            .map(|row| Prediction {
                truth: row[1].as_str().unwrap().parse().unwrap(),
                scores: Scores(serde_json::from_value(row[2].clone()).unwrap()),
                corpus: row[0].as_str().unwrap().into(),
                speaker: "1".into(),
                sex: None,
                age: None,
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
            close(report.precision[label], &expected["precision"][label.label()]);
        }
    }
}
