//! What small changes and disturbances do to a model's decisions, as tests that are passed or failed.
//!
//! In: predictions for the same clips, unchanged and under each
//! [`Perturbation`]. Out: for each the share of decisions that stay, what it costs, and the verdict by the
//! published list's limits; and the difference between the sexes.

use serde::Serialize;

use super::report::labels_by_corpus;
use super::table::{Table, percent};
use super::{Prediction, Report};
use crate::augment::Perturbation;

/// How far the UARs of the sexes may lie apart (A. Derington et al., "Testing speech emotion recognition
/// machine learning models", arXiv 2312.06270: the mark for a sex against all).
const MOST_SEX_DIFFERENCE: f64 = 0.075;

/// The tests of a model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Robustness {
    /// Clips.
    pub n: usize,
    /// Unweighted average recall on the unchanged clips.
    pub uar: f64,
    /// One for each perturbation.
    pub tests: Vec<RobustnessTest>,
    /// One for each corpus with voices of both sexes, and one over these corpora if there are several.
    pub sexes: Vec<SexTest>,
}

/// What one perturbation does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RobustnessTest {
    /// The perturbation, with its strength.
    pub name: &'static str,
    /// The share of clips on which the decision is that on the unchanged clip.
    pub equal: f64,
    /// The least share that passes.
    pub least_equal: f64,
    /// Unweighted average recall on the changed clips.
    pub uar: f64,
    /// By how much that is above the unchanged clips'; below 0 where the change costs.
    pub uar_change: f64,
    /// The largest loss that passes, where there is a limit.
    pub most_uar_loss: Option<f64>,
    /// Both limits are kept.
    pub passed: bool,
}

/// How the sexes are served.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SexTest {
    /// The corpus, or `all`.
    pub corpus: String,
    /// Unweighted average recall on women's clips.
    pub uar_female: f64,
    /// Unweighted average recall on men's clips.
    pub uar_male: f64,
    /// They are less than 0.075 apart.
    pub passed: bool,
}

impl Robustness {
    /// Compares the predictions under each perturbation with those on the unchanged clips, all of the same
    /// clips in the same order.
    #[must_use]
    pub fn new<'a>(
        unchanged: &[Prediction],
        changed: impl IntoIterator<Item = (Perturbation, &'a [Prediction])>,
    ) -> Self {
        let report = Report::new(unchanged);
        let test = |(perturbation, predictions)| {
            RobustnessTest::new(perturbation, unchanged, predictions, report.uar)
        };
        Robustness {
            n: unchanged.len(),
            uar: report.uar,
            tests: changed.into_iter().map(test).collect(),
            sexes: sex_tests(unchanged, &report),
        }
    }

    /// Tests that are passed, and all.
    #[must_use]
    pub fn n_passed(&self) -> (usize, usize) {
        let tests = self.tests.iter().map(|test| test.passed);
        let all: Vec<bool> = tests.chain(self.sexes.iter().map(|test| test.passed)).collect();
        (all.iter().filter(|passed| **passed).count(), all.len())
    }

    /// The perturbations, with shares in per cent and changes of the UAR in points.
    #[must_use]
    pub fn table(&self) -> Table {
        let head =
            ["perturbation", "equal %", "at least", "UAR %", "change", "at worst", "verdict"];
        let unchanged = ["100.0", "-", &percent(self.uar), "-", "-", "-"];
        let table = Table::new(head).with("none", unchanged);
        self.tests.iter().fold(table, |table, test| {
            let change = format!("{:+.1}", 100.0 * test.uar_change);
            let at_worst = test.most_uar_loss.map_or("-".to_owned(), |loss| percent(-loss));
            table.with(
                test.name,
                [
                    percent(test.equal),
                    percent(test.least_equal),
                    percent(test.uar),
                    change,
                    at_worst,
                    verdict(test.passed),
                ],
            )
        })
    }

    /// The sexes, UARs in per cent and their difference in points; none where no corpus has both.
    #[must_use]
    pub fn sex_table(&self) -> Option<Table> {
        let head = ["UAR % by sex", "female", "male", "apart", "below", "verdict"];
        let table = self.sexes.iter().fold(Table::new(head), |table, test| {
            let apart = (test.uar_female - test.uar_male).abs();
            let shares = [test.uar_female, test.uar_male, apart, MOST_SEX_DIFFERENCE];
            table.with(&test.corpus, shares.map(percent).into_iter().chain([verdict(test.passed)]))
        });
        (!self.sexes.is_empty()).then_some(table)
    }
}

impl RobustnessTest {
    fn new(
        perturbation: Perturbation,
        unchanged: &[Prediction],
        changed: &[Prediction],
        uar_unchanged: f64,
    ) -> Self {
        let limits = perturbation.limits();
        let equal = share_equal(unchanged, changed);
        let uar = Report::new(changed).uar;
        let uar_change = uar - uar_unchanged;
        let loss_is_small = limits.most_uar_loss.is_none_or(|most| -uar_change <= most);
        RobustnessTest {
            name: perturbation.name(),
            equal,
            least_equal: limits.least_equal,
            uar,
            uar_change,
            most_uar_loss: limits.most_uar_loss,
            passed: equal >= limits.least_equal && loss_is_small,
        }
    }
}

/// The share of clips on which both say the same, among the labels of each corpus; 1 of no clips.
#[expect(clippy::cast_precision_loss, reason = "far fewer clips than 2^53")]
fn share_equal(unchanged: &[Prediction], changed: &[Prediction]) -> f64 {
    let labels = labels_by_corpus(unchanged);
    let heard =
        |prediction: &Prediction| prediction.top_among(&labels[prediction.corpus.as_str()]).heard;
    let n_equal = unchanged.iter().zip(changed).filter(|(one, other)| heard(one) == heard(other));
    if unchanged.is_empty() { 1.0 } else { n_equal.count() as f64 / unchanged.len() as f64 }
}

/// Each corpus in which both sexes speak, and these together: a corpus of one sex would compare corpora.
fn sex_tests(unchanged: &[Prediction], report: &Report) -> Vec<SexTest> {
    let of = |name: &str, report: &Report| {
        let (female, male) = (report.by_sex.get("female")?, report.by_sex.get("male")?);
        Some(SexTest {
            corpus: name.to_owned(),
            uar_female: female.uar,
            uar_male: male.uar,
            passed: (female.uar - male.uar).abs() < MOST_SEX_DIFFERENCE,
        })
    };
    let corpora = report.by_corpus.iter().filter_map(|(name, report)| of(name, report));
    let mut tests: Vec<SexTest> = corpora.collect();
    if tests.len() > 1 {
        let has_both =
            |prediction: &&Prediction| tests.iter().any(|test| test.corpus == prediction.corpus);
        let together: Vec<Prediction> = unchanged.iter().filter(has_both).cloned().collect();
        tests.extend(of("all", &Report::new(&together)));
    }
    tests
}

fn verdict(passed: bool) -> String {
    if passed { "pass" } else { "FAIL" }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearing::emotion::{
        Emotion::{self, Anger, Fear, Surprise},
        N_EMOTIONS, Scores,
    };

    fn prediction(truth: Emotion, heard: Emotion, (corpus, sex): (&str, &str)) -> Prediction {
        let mut scores = [0.0; N_EMOTIONS];
        scores[heard.index()] = 0.6;
        scores[Anger.index()] += 0.4;
        Prediction {
            truth,
            scores: Scores(scores),
            corpus: corpus.into(),
            speaker: sex.into(),
            sex: Some(sex.into()),
            age: None,
        }
    }

    /// Thirty clips of one woman, half of them anger and half fear, of which some fears are heard as anger.
    fn clips(n_wrong: usize) -> Vec<Prediction> {
        let fears = (0..15)
            .map(|n| prediction(Fear, if n < n_wrong { Anger } else { Fear }, ("a", "female")));
        (0..15).map(|_| prediction(Anger, Anger, ("a", "female"))).chain(fears).collect()
    }

    fn tested(perturbation: Perturbation, n_wrong: usize) -> RobustnessTest {
        Robustness::new(&clips(0), [(perturbation, &clips(n_wrong)[..])]).tests.remove(0)
    }

    #[test]
    fn a_small_change_may_change_one_decision_in_twenty_at_most() {
        let test = tested(Perturbation::Gain, 1);
        assert!((test.equal - 29.0 / 30.0).abs() < 1e-12, "{test:?}");
        assert!((test.uar_change + 1.0 / 30.0).abs() < 1e-12, "{test:?}");
        assert!(test.passed);
        assert!(!tested(Perturbation::Gain, 2).passed);
    }

    #[test]
    fn a_noise_may_change_one_in_ten_but_not_cost_more_than_five_points() {
        assert!(tested(Perturbation::Babble, 1).passed);
        let test = tested(Perturbation::Babble, 2);
        assert!((test.equal - 28.0 / 30.0).abs() < 1e-12, "{test:?}");
        assert!(!test.passed, "it costs nearly seven points");
        // Wrong before, right now: another decision, but nothing is lost.
        let gained = Robustness::new(&clips(2), [(Perturbation::Babble, &clips(0)[..])]);
        assert!(gained.tests[0].passed && gained.tests[0].uar_change > 0.06);
    }

    #[test]
    fn decisions_are_those_among_the_labels_of_the_corpus() {
        let unchanged = clips(0);
        let mut changed = clips(0);
        // Surprise is in no clip of this corpus, so what is heard is anger all the same.
        changed[0] = prediction(Anger, Surprise, ("a", "female"));
        let robustness = Robustness::new(&unchanged, [(Perturbation::Gain, &changed[..])]);
        assert!((robustness.tests[0].equal - 1.0).abs() < 1e-12);
    }

    #[test]
    fn sexes_are_compared_within_corpora_that_have_both() {
        let speaker = |corpus, sex, heard| {
            [Anger, Fear]
                .map(|truth| prediction(truth, if heard { truth } else { Anger }, (corpus, sex)))
        };
        let predictions = [
            speaker("a", "female", true),
            speaker("a", "male", true),
            speaker("b", "female", true),
            speaker("b", "male", false),
            speaker("c", "male", false),
        ];
        let robustness = Robustness::new(&predictions.concat(), []);
        let told: Vec<_> = robustness
            .sexes
            .iter()
            .map(|test| (test.corpus.as_str(), test.uar_female, test.uar_male, test.passed))
            .collect();
        let expected = [("a", 1.0, 1.0, true), ("b", 1.0, 0.5, false), ("all", 1.0, 0.75, false)];
        assert_eq!(told, expected);
        assert_eq!(robustness.n_passed(), (1, 3));
        let table = robustness.sex_table().unwrap().markdown();
        assert!(table.contains("| b | 100.0 | 50.0 | 50.0 | 7.5 | FAIL |"), "{table}");
    }

    #[test]
    fn the_table_tells_limits_beside_what_was_measured() {
        let (same, noisy) = (clips(0), clips(3));
        let changed = [(Perturbation::Gain, &same[..]), (Perturbation::Babble, &noisy[..])];
        let robustness = Robustness::new(&same, changed);
        let table = robustness.table().markdown();
        let gain = "| gain of 1 or 2 dB | 100.0 | 95.0 | 100.0 | +0.0 | - | pass |";
        let babble = "| babble at 20 dB | 90.0 | 90.0 | 90.0 | -10.0 | -5.0 | FAIL |";
        assert!(table.contains(gain) && table.contains(babble), "{table}");
        assert!(table.contains("| none | 100.0 | - | 100.0 | - | - | - |"), "{table}");
        assert_eq!(robustness.sex_table(), None);
    }
}
