//! A report as text: 86 columns wide for all seven labels.

use std::fmt::Write;

use super::Report;
use crate::emotion::Emotion;

/// Width of the column of names; a longer corpus name pushes its row to the right.
const NAME_WIDTH: usize = 16;

/// Width of a column of numbers: the longest label and a space.
const COLUMN_WIDTH: usize = 10;

impl Report {
    /// The report as text: measures and recall over all and by corpus, and the confusion matrix over
    /// all. Shares are in per cent. Ends with a line break.
    #[must_use]
    pub fn table(&self) -> String {
        let rows = self.rows();
        [measures(&rows), recalls(&rows, &self.labels), self.confusion_table()].join("\n")
    }

    /// What gets a line of its own, with its name. One corpus alone is the whole.
    fn rows(&self) -> Vec<(&str, &Report)> {
        let corpora = self.by_corpus.iter().map(|(name, report)| (name.as_str(), report));
        if self.by_corpus.len() > 1 {
            std::iter::once(("all", self)).chain(corpora).collect()
        } else {
            corpora.collect()
        }
    }

    fn confusion_table(&self) -> String {
        let header = self.labels.iter().map(ToString::to_string);
        let mut text = line("clips heard as", header);
        for (label, row) in self.labels.iter().zip(&self.confusion) {
            text += &line(label.label(), row.iter().map(ToString::to_string));
        }
        text
    }
}

fn measures(rows: &[(&str, &Report)]) -> String {
    let header = ["clips", "UAR %", "accuracy", "macro-F1", "ECE"];
    let mut text = line("", header.into_iter().map(str::to_owned));
    for (name, report) in rows {
        let shares = [report.uar, report.accuracy, report.macro_f1, report.ece];
        let shares = shares.into_iter().map(percent);
        text += &line(name, std::iter::once(report.n.to_string()).chain(shares));
    }
    text
}

fn recalls(rows: &[(&str, &Report)], labels: &[Emotion]) -> String {
    let mut text = line("recall %", labels.iter().map(ToString::to_string));
    for (name, report) in rows {
        let recall =
            |label| report.recall.get(label).map_or("-".to_owned(), |share| percent(*share));
        text += &line(name, labels.iter().map(recall));
    }
    text
}

fn percent(share: f64) -> String {
    format!("{:.1}", 100.0 * share)
}

fn line(name: &str, cells: impl Iterator<Item = String>) -> String {
    let mut text = format!("{name:<NAME_WIDTH$}");
    for cell in cells {
        let _ = write!(text, "{cell:>COLUMN_WIDTH$}");
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::super::Prediction;
    use super::*;
    use crate::emotion::{N_EMOTIONS, Scores};

    fn sure(corpus: &str, truth: Emotion, heard: Emotion) -> Prediction {
        let mut scores = [0.0; N_EMOTIONS];
        scores[heard.index()] = 1.0;
        Prediction { truth, scores: Scores(scores), corpus: corpus.into(), speaker: "1".into() }
    }

    #[test]
    fn the_table_shows_each_corpus_and_a_dash_for_a_label_that_it_lacks() {
        use Emotion::{Anger, Fear, Surprise};
        let report = Report::new(&[
            sure("six", Anger, Anger),
            sure("six", Fear, Anger),
            sure("seven", Surprise, Surprise),
            sure("seven", Fear, Fear),
        ]);
        let expected = [
            "                     clips     UAR %  accuracy  macro-F1       ECE",
            "all                      4      83.3      75.0      77.8      25.0",
            "seven                    2     100.0     100.0     100.0       0.0",
            "six                      2      50.0      50.0      33.3      50.0",
            "",
            "recall %             anger      fear  surprise",
            "all                  100.0      50.0     100.0",
            "seven                    -     100.0     100.0",
            "six                  100.0       0.0         -",
            "",
            "clips heard as       anger      fear  surprise",
            "anger                    1         0         0",
            "fear                     1         1         0",
            "surprise                 0         0         1",
            "",
        ];
        assert_eq!(report.table(), expected.join("\n"));
    }

    #[test]
    fn one_corpus_gets_one_line() {
        let report = Report::new(&[
            sure("six", Emotion::Anger, Emotion::Anger),
            sure("six", Emotion::Fear, Emotion::Anger),
        ]);
        assert!(!report.table().lines().any(|line| line.starts_with("all ")));
        assert_eq!(report.table().matches("six ").count(), 2);
    }
}
