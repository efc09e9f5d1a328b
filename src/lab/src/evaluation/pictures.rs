//! A report as charts.
//!
//! In: a report. Out: SVG documents, each with the name of its file and words for who cannot see it.

use super::{ReliabilityBin, Report};
use crate::plot::{Axis, LineChart, Series, ShareGroup, confusion_matrix, share_chart};

/// Lines beside the one over all: a chart has seven colours, and one line is no measurement.
const MAX_CORPORA: usize = 5;

/// One chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Its file's name.
    pub file: &'static str,
    /// What it shows, in a sentence.
    pub words: &'static str,
    /// The document.
    pub svg: String,
}

/// The reliability diagram, the curve of coverage against accuracy, the confusion matrix and the recalls.
#[must_use]
pub fn pictures(report: &Report) -> [Picture; 4] {
    [
        Picture {
            file: "reliability.svg",
            words: "How many answers are right for each probability that they were given.",
            svg: reliability(report),
        },
        Picture {
            file: "coverage.svg",
            words: "How many of the shown answers are right when only the surest are shown.",
            svg: coverage(report),
        },
        Picture {
            file: "confusion.svg",
            words: "What each emotion was heard as.",
            svg: confusion(report),
        },
        Picture {
            file: "recall.svg",
            words: "How many clips of each emotion were heard as it.",
            svg: recall(report),
        },
    ]
}

fn reliability(report: &Report) -> String {
    let points = |bins: &[ReliabilityBin]| {
        let with_answers = bins.iter().filter(|bin| bin.n > 0);
        with_answers.map(|bin| (bin.confidence, bin.accuracy)).collect()
    };
    let honest = Series { name: "as it should be".into(), points: vec![(0.0, 0.0), (1.0, 1.0)] };
    let chart = LineChart {
        title: "Reliability: is a probability what it says?",
        x: Axis::new("probability of the answers", 0.0, 1.0),
        y: Axis::new("share that is right", 0.0, 1.0),
    };
    let mut series = lines(report, |report| points(&report.reliability));
    series.push(honest);
    chart.draw(&series)
}

fn coverage(report: &Report) -> String {
    let chart = LineChart {
        title: "Coverage and accuracy: what is right of what is shown",
        x: Axis::new("share of answers that is shown, the surest first", 0.0, 1.0),
        y: Axis::new("share of them that is right", 0.0, 1.0),
    };
    chart.draw(&lines(report, |report| {
        report.coverage.iter().map(|point| (point.coverage, point.accuracy)).collect()
    }))
}

/// A line over all and one for each corpus.
fn lines(report: &Report, points: impl Fn(&Report) -> Vec<(f64, f64)>) -> Vec<Series> {
    let rows = report.rows().into_iter().take(1 + MAX_CORPORA);
    rows.map(|(name, report)| Series { name: name.to_owned(), points: points(report) }).collect()
}

fn confusion(report: &Report) -> String {
    let labels: Vec<String> = report.labels.iter().map(ToString::to_string).collect();
    confusion_matrix("Confusion over all clips", &labels, &report.confusion)
}

fn recall(report: &Report) -> String {
    let group = |label| {
        let share = |(name, report): (&str, &Report)| {
            report.recall.get(&label).map(|share| (name.to_owned(), *share))
        };
        let rows = report.rows().into_iter().filter_map(share).collect();
        ShareGroup { heading: label.to_string(), rows }
    };
    let groups: Vec<ShareGroup> = report.labels.iter().copied().map(group).collect();
    share_chart("Recall of each emotion", &groups)
}

#[cfg(test)]
mod tests {
    use super::super::Prediction;
    use super::*;
    use hearing::emotion::{Emotion, N_EMOTIONS, Scores};

    fn report() -> Report {
        let of = |corpus: &str, truth, heard: Emotion| {
            let mut scores = [0.0; N_EMOTIONS];
            scores[heard.index()] = 1.0;
            let (corpus, speaker) = (corpus.into(), "1".into());
            Prediction { truth, scores: Scores(scores), corpus, speaker, sex: None, age: None }
        };
        Report::new(&[
            of("a&b", Emotion::Anger, Emotion::Anger),
            of("a&b", Emotion::Fear, Emotion::Anger),
            of("c", Emotion::Fear, Emotion::Fear),
        ])
    }

    #[test]
    fn each_chart_shows_all_and_every_corpus_by_an_escaped_name() {
        let [reliability, coverage, confusion, recall] = pictures(&report());
        assert_eq!(
            reliability.svg.matches("<polyline").count(),
            4,
            "all, two corpora, the diagonal"
        );
        assert_eq!(coverage.svg.matches("<polyline").count(), 3);
        assert!(confusion.svg.contains(">1 (50 %)<") && confusion.svg.contains(">1 (100 %)<"));
        assert_eq!(recall.svg.matches(">100 %<").count(), 3, "anger: all and a&b; fear: c");
        for picture in [&reliability, &coverage, &recall] {
            assert!(picture.svg.contains(">a&amp;b<"), "{}", picture.file);
        }
    }

    #[test]
    fn of_nothing_there_are_empty_pictures() {
        for picture in pictures(&Report::default()) {
            assert!(picture.svg.ends_with("</svg>\n") && !picture.svg.contains("NaN"));
        }
    }
}
