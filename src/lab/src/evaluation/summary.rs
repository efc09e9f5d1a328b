//! A report as tables, and as the text that a terminal shows: 86 columns wide.

use std::collections::BTreeMap;

use super::Report;
use super::report::UNKNOWN;
use super::shown::Shown;
use super::table::{Table, percent};
use hearing::emotion::Emotion;

/// The heads of the columns of measures: shares in per cent, the third the 95 % interval of the UAR, the
/// last the accuracy of the surest 60 % of the answers.
const MEASURES: [&str; 7] = ["clips", "UAR %", "95 %", "accuracy", "macro-F1", "ECE", "at 60 %"];

impl Report {
    /// The report as text: measures over all, by corpus, by sex and by age, what is shown, recall and precision over
    /// all and by corpus, and the confusion matrix over all. Shares are in per cent. Ends with a line
    /// break.
    #[must_use]
    pub fn table(&self) -> String {
        let tables = [self.recall_table(), self.precision_table(), self.confusion_table()];
        let mut parts = vec![self.measures_table().text() + &self.named_coverage()];
        parts.extend(self.shown_table().as_ref().map(Table::text));
        parts.extend(self.speakers_table().as_ref().map(Table::text));
        parts.extend(tables.iter().map(Table::text));
        parts.join("\n")
    }

    /// Measures over all and by corpus.
    #[must_use]
    pub fn measures_table(&self) -> Table {
        measures("", &self.rows())
    }

    /// What is said at the model's thresholds, over all and by corpus, if they are known.
    #[must_use]
    pub fn shown_table(&self) -> Option<Table> {
        let rows = self.rows().into_iter();
        let rows: Vec<_> =
            rows.filter_map(|(name, report)| Some((name, report.shown.as_ref()?))).collect();
        (!rows.is_empty()).then(|| Shown::table(rows))
    }

    /// Measures by the speakers' sex and by their age, each if anything is known of it.
    #[must_use]
    pub fn speakers_table(&self) -> Option<Table> {
        let known = [&self.by_sex, &self.by_age]
            .into_iter()
            .filter(|groups| groups.keys().any(|name| name != UNKNOWN));
        let rows: Vec<_> = known.flatten().map(|(name, group)| (name.as_str(), group)).collect();
        (!rows.is_empty()).then(|| measures("speakers", &rows))
    }

    /// The recall of each label, over all and by corpus.
    #[must_use]
    pub fn recall_table(&self) -> Table {
        self.by_label("recall %", |report| &report.recall)
    }

    /// The precision of each label, over all and by corpus.
    #[must_use]
    pub fn precision_table(&self) -> Table {
        self.by_label("precision %", |report| &report.precision)
    }

    /// The confusion matrix over all.
    #[must_use]
    pub fn confusion_table(&self) -> Table {
        let head = self.labels.iter().map(ToString::to_string);
        let table = Table::new(std::iter::once("clips heard as".to_owned()).chain(head));
        self.labels.iter().zip(&self.confusion).fold(table, |table, (label, row)| {
            table.with(label.label(), row.iter().map(ToString::to_string))
        })
    }

    /// One line: how many of the surest 60 % of the answers are right. Empty of no answers.
    #[must_use]
    pub fn named_coverage(&self) -> String {
        self.at_60_percent().map_or_else(String::new, |point| {
            format!(
                "accuracy at 60 % coverage: {} % (shown from a probability of {:.2} on)\n",
                percent(point.accuracy),
                point.threshold
            )
        })
    }

    /// What gets a row of its own, with its name. One corpus alone is the whole.
    pub(super) fn rows(&self) -> Vec<(&str, &Report)> {
        let corpora = self.by_corpus.iter().map(|(name, report)| (name.as_str(), report));
        if self.by_corpus.len() > 1 {
            std::iter::once(("all", self)).chain(corpora).collect()
        } else {
            corpora.collect()
        }
    }

    fn by_label(&self, name: &str, shares: fn(&Report) -> &BTreeMap<Emotion, f64>) -> Table {
        let head = self.labels.iter().map(ToString::to_string);
        let table = Table::new(std::iter::once(name.to_owned()).chain(head));
        self.rows().into_iter().fold(table, |table, (name, report)| {
            let share = |label| {
                shares(report).get(label).map_or_else(|| "-".to_owned(), |share| percent(*share))
            };
            table.with(name, self.labels.iter().map(share))
        })
    }

    /// The cells below [`MEASURES`].
    fn measures(&self) -> [String; 7] {
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

fn measures(name: &str, rows: &[(&str, &Report)]) -> Table {
    let table = Table::new(std::iter::once(name).chain(MEASURES));
    rows.iter().fold(table, |table, (name, report)| table.with(name, report.measures()))
}

#[cfg(test)]
mod tests {
    use super::super::Prediction;
    use super::*;
    use hearing::emotion::{N_EMOTIONS, Scores};

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
