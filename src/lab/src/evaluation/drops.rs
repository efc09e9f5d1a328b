//! What a line costs: scores of the same clips, degraded in several ways.
//!
//! In: a report for each degradation. Out: how much lower each UAR is than that of the undegraded clips,
//! over all and by corpus, as numbers and as one table.

use std::collections::BTreeMap;

use super::table::{Table, percent};
use super::{Degradation, Report};

/// Reports of the same clips under several degradations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drops {
    /// [`Degradation::None`] is what the others are compared with.
    pub reports: BTreeMap<Degradation, Report>,
}

impl Drops {
    /// By how much the UAR is lower than undegraded, for each corpus and `all`; below 0 where it is
    /// higher. Empty where there is nothing to compare.
    #[must_use]
    pub fn of(&self, degradation: Degradation) -> BTreeMap<String, f64> {
        let (Some(clean), Some(degraded)) =
            (self.reports.get(&Degradation::None), self.reports.get(&degradation))
        else {
            return BTreeMap::new();
        };
        let corpora = clean.by_corpus.iter().filter_map(|(name, clean)| {
            let degraded = degraded.by_corpus.get(name)?;
            Some((name.clone(), clean.uar - degraded.uar))
        });
        corpora.chain([("all".to_owned(), clean.uar - degraded.uar)]).collect()
    }

    /// UARs and drops in per cent: a row over all and for each corpus, a column for each degradation
    /// and one for its drop.
    #[must_use]
    pub fn table(&self) -> Table {
        let Some(clean) = self.reports.get(&Degradation::None) else { return Table::default() };
        let degraded: Vec<_> =
            self.reports.keys().filter(|key| **key != Degradation::None).collect();
        let heads = degraded.iter().flat_map(|degradation| [degradation.label(), "drop"]);
        let table = Table::new(["UAR %", Degradation::None.label()].into_iter().chain(heads));
        clean.rows().into_iter().fold(table, |table, (name, row)| {
            let uar = |report: &Report| {
                let is_whole = std::ptr::eq(row, clean);
                let same = if is_whole { Some(report) } else { report.by_corpus.get(name) };
                same.map_or(f64::NAN, |report| report.uar)
            };
            let cells = degraded.iter().flat_map(|degradation| {
                let uar = uar(&self.reports[*degradation]);
                [percent(uar), percent(row.uar - uar)]
            });
            table.with(name, std::iter::once(percent(row.uar)).chain(cells))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Prediction;
    use super::*;
    use hearing::emotion::{Emotion, N_EMOTIONS, Scores};

    /// Clips of anger and fear in two corpora, of which the first `n_right` are heard right.
    fn report(n_right: usize) -> Report {
        use Emotion::{Anger, Fear};
        let clips = [("a", Anger), ("a", Fear), ("b", Anger), ("b", Fear)];
        let predictions = clips.into_iter().enumerate().map(|(number, (corpus, truth))| {
            let heard = match truth {
                truth if number < n_right => truth,
                Anger => Fear,
                _ => Anger,
            };
            let mut scores = [0.0; N_EMOTIONS];
            scores[heard.index()] = 1.0;
            let (corpus, speaker) = (corpus.into(), "1".into());
            Prediction { truth, scores: Scores(scores), corpus, speaker, sex: None, age: None }
        });
        Report::new(&predictions.collect::<Vec<_>>())
    }

    fn drops() -> Drops {
        let reports = [
            (Degradation::None, report(4)),
            (Degradation::Phone, report(3)),
            (Degradation::PhoneLoss, report(0)),
        ];
        Drops { reports: reports.into() }
    }

    #[test]
    fn drops_are_told_over_all_and_by_corpus() {
        let expected = [("a", 0.0), ("all", 0.25), ("b", 0.5)];
        let expected = expected.map(|(name, drop)| (name.to_owned(), drop));
        assert_eq!(drops().of(Degradation::Phone), expected.into());
        assert!(drops().of(Degradation::PhoneNoise).is_empty());
    }

    #[test]
    fn the_table_has_a_drop_beside_each_degradation() {
        let expected = [
            "| UAR % | none | phone | drop | phone-loss | drop |",
            "|---|---:|---:|---:|---:|---:|",
            "| all | 100.0 | 75.0 | 25.0 | 0.0 | 100.0 |",
            "| a | 100.0 | 100.0 | 0.0 | 0.0 | 100.0 |",
            "| b | 100.0 | 50.0 | 50.0 | 0.0 | 100.0 |",
            "",
        ];
        assert_eq!(drops().table().markdown(), expected.join("\n"));
    }
}
