//! A report as text: 86 columns wide.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Report;
use crate::emotion::Emotion;

/// Width of the column of names; a longer corpus name pushes its row to the right.
const NAME_WIDTH: usize = 16;

/// Width of a column of numbers: the longest label and a space.
const COLUMN_WIDTH: usize = 10;

impl Report {
    /// The report as text: measures over all, by corpus, by sex and by age, recall and precision over
    /// all and by corpus, and the confusion matrix over all. Shares are in per cent. Ends with a line
    /// break.
    #[must_use]
    pub fn table(&self) -> String {
        let rows = self.rows();
        let mut parts = vec![measures("", &rows) + &self.named_coverage()];
        let groups = self.groups();
        if !groups.is_empty() {
            parts.push(measures("speakers", &groups));
        }
        parts.push(by_label("recall %", &rows, &self.labels, |report| &report.recall));
        parts.push(by_label("precision %", &rows, &self.labels, |report| &report.precision));
        parts.push(self.confusion_table());
        parts.join("\n")
    }

    /// What gets a line of its own, with its name. One corpus alone is the whole.
    pub(super) fn rows(&self) -> Vec<(&str, &Report)> {
        let corpora = self.by_corpus.iter().map(|(name, report)| (name.as_str(), report));
        if self.by_corpus.len() > 1 {
            std::iter::once(("all", self)).chain(corpora).collect()
        } else {
            corpora.collect()
        }
    }

    /// The groups of speakers over all corpora: by sex and by age, each if anything is known of it.
    pub(super) fn groups(&self) -> Vec<(&str, &Report)> {
        let known = [&self.by_sex, &self.by_age]
            .into_iter()
            .filter(|groups| groups.keys().any(|name| name != super::report::UNKNOWN));
        known.flatten().map(|(name, report)| (name.as_str(), report)).collect()
    }

    fn named_coverage(&self) -> String {
        self.at_60_percent().map_or_else(String::new, |point| {
            format!(
                "accuracy at 60 % coverage: {} % (shown from a probability of {:.2} on)\n",
                percent(point.accuracy),
                point.threshold
            )
        })
    }

    fn confusion_table(&self) -> String {
        let header = self.labels.iter().map(ToString::to_string);
        let mut text = line("clips heard as", header);
        for (label, row) in self.labels.iter().zip(&self.confusion) {
            text += &line(label.label(), row.iter().map(ToString::to_string));
        }
        text
    }

    /// The cells of a row of measures, as [`MEASURES`] names them.
    pub(super) fn measures(&self) -> [String; 7] {
        let interval = |[from, to]: [f64; 2]| format!("{:.0}-{:.0}", 100.0 * from, 100.0 * to);
        [
            self.n.to_string(),
            percent(self.uar),
            self.ci95.map_or_else(|| "-".to_owned(), |intervals| interval(intervals.uar)),
            percent(self.accuracy),
            percent(self.macro_f1),
            percent(self.ece),
            self.at_60_percent().map_or_else(|| "-".to_owned(), |point| percent(point.accuracy)),
        ]
    }
}

/// The heads of the columns of measures: shares in per cent, the third the 95 % interval of the UAR, the
/// last the accuracy of the surest 60 % of the answers.
pub(super) const MEASURES: [&str; 7] =
    ["clips", "UAR %", "95 %", "accuracy", "macro-F1", "ECE", "at 60 %"];

fn measures(name: &str, rows: &[(&str, &Report)]) -> String {
    let mut text = line(name, MEASURES.into_iter().map(str::to_owned));
    for (name, report) in rows {
        text += &line(name, report.measures().into_iter());
    }
    text
}

fn by_label(
    name: &str,
    rows: &[(&str, &Report)],
    labels: &[Emotion],
    shares: impl Fn(&Report) -> &BTreeMap<Emotion, f64>,
) -> String {
    let mut text = line(name, labels.iter().map(ToString::to_string));
    for (name, report) in rows {
        let share =
            |label| shares(report).get(label).map_or("-".to_owned(), |share| percent(*share));
        text += &line(name, labels.iter().map(share));
    }
    text
}

pub(super) fn percent(share: f64) -> String {
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
    fn the_table_shows_each_corpus_and_a_dash_for_a_label_that_it_lacks() {
        use Emotion::{Anger, Fear, Surprise};
        let report = Report::new(&[
            sure("six", Anger, Anger),
            sure("six", Fear, Anger),
            sure("seven", Surprise, Surprise),
            sure("seven", Fear, Fear),
        ]);
        let expected = [
            "                     clips     UAR %      95 %  accuracy  macro-F1       ECE   at 60 %",
            "all                      4      83.3         -      75.0      77.8      25.0      75.0",
            "seven                    2     100.0         -     100.0     100.0       0.0     100.0",
            "six                      2      50.0         -      50.0      33.3      50.0      50.0",
            "accuracy at 60 % coverage: 75.0 % (shown from a probability of 1.00 on)",
            "",
            "recall %             anger      fear  surprise",
            "all                  100.0      50.0     100.0",
            "seven                    -     100.0     100.0",
            "six                  100.0       0.0         -",
            "",
            "precision %          anger      fear  surprise",
            "all                   50.0     100.0     100.0",
            "seven                    -     100.0     100.0",
            "six                   50.0       0.0         -",
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
        assert_eq!(report.table().matches("six ").count(), 3);
    }

    #[test]
    fn groups_of_speakers_get_their_lines_where_anything_is_known() {
        let of = |sex: &str, speaker: &str| Prediction {
            sex: Some(sex.into()),
            speaker: speaker.into(),
            ..sure("six", Emotion::Anger, Emotion::Anger)
        };
        let table = Report::new(&[of("female", "1"), of("male", "2"), of("male", "3")]).table();
        let expected = [
            "speakers             clips     UAR %      95 %  accuracy  macro-F1       ECE   at 60 %",
            "female                   1     100.0         -     100.0     100.0       0.0     100.0",
            "male                     2     100.0   100-100     100.0     100.0       0.0     100.0",
            "",
        ];
        assert!(table.contains(&expected.join("\n")), "{table}");
        assert!(!table.contains("unknown"), "{table}");
    }
}
