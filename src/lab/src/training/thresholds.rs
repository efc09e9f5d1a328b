//! From which probability on something is said: the lowest at which it is right often enough, in strangers' corpora too.
//!
//! In: answers with their certainty, whether they are right, and the corpus that they are of. Out: a threshold.
//! Keeps nothing.
//!
//! A corpus counts as much as another, however many clips it has: its answers weigh the inverse of their number. And
//! what holds on average has to hold, less strictly, in the worst corpus: a caller is of one language and one way to
//! speak, not of the average of all. Corpora are worth the more here the less the model has heard of them.

use std::collections::BTreeMap;

/// A corpus tells how often something is right there once it has so many answers that are shown: with 30, a share is
/// known within 9 points (one standard deviation).
const LEAST_OF_CORPUS: usize = 30;

/// How right an answer has to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Demand {
    /// The share of what is shown that is right, each corpus counting alike.
    pub(super) right: f64,
    /// The same in the worst corpus.
    pub(super) right_in_worst: f64,
    /// The least share of all answers that is shown where a threshold counts, each corpus counting alike.
    pub(super) least_shown: f64,
}

/// One answer on a dev clip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Answer<'a> {
    pub(super) corpus: &'a str,
    pub(super) certainty: f32,
    pub(super) is_right: bool,
}

/// What is shown of a corpus.
#[derive(Clone, Copy, Default)]
struct Tally {
    /// What one answer weighs.
    weight: f64,
    shown: usize,
    right: usize,
}

/// The lowest threshold that meets the demand, and the one that shows the least share; none of no answers.
///
/// Corpora count by all their answers in `n_answers`, of which `answers` may be a part.
pub(super) fn lowest(
    mut answers: Vec<Answer<'_>>,
    n_answers: &BTreeMap<&str, usize>,
    demand: &Demand,
) -> Fit {
    answers.sort_by(|one, other| other.certainty.total_cmp(&one.certainty));
    let n_corpora = n_answers.len();
    #[expect(clippy::cast_precision_loss, reason = "counts of clips and corpora")]
    let weight = |n: usize| 1.0 / (n.max(1) * n_corpora) as f64;
    let mut tallies: BTreeMap<&str, Tally> = n_answers
        .iter()
        .map(|(corpus, n)| (*corpus, Tally { weight: weight(*n), ..Tally::default() }))
        .collect();
    let mut fit = Fit { meeting: None, showing_least: None };
    for (place, answer) in answers.iter().enumerate() {
        if let Some(tally) = tallies.get_mut(answer.corpus) {
            tally.shown += 1;
            tally.right += usize::from(answer.is_right);
        }
        // Answers of one certainty are shown together or not at all.
        if answers.get(place + 1).is_some_and(|next| next.certainty >= answer.certainty) {
            continue;
        }
        let (shown, right) = shares(tallies.values());
        if shown < demand.least_shown {
            continue;
        }
        fit.showing_least.get_or_insert(answer.certainty);
        if right >= demand.right * shown && worst(tallies.values()) >= demand.right_in_worst {
            fit.meeting = Some(answer.certainty);
        }
    }
    fit
}

/// What came of the search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fit {
    /// The lowest threshold that meets the demand, if one does.
    pub(super) meeting: Option<f32>,
    /// The highest threshold that shows as much as is demanded, if one does.
    pub(super) showing_least: Option<f32>,
}

/// The weights of all that is shown and of what of it is right.
#[expect(clippy::cast_precision_loss, reason = "counts of clips")]
fn shares<'a>(tallies: impl Iterator<Item = &'a Tally>) -> (f64, f64) {
    tallies.fold((0.0, 0.0), |(shown, right), tally| {
        (shown + tally.weight * tally.shown as f64, right + tally.weight * tally.right as f64)
    })
}

/// The least share that is right in any corpus of which enough is shown; 1 if there is none.
#[expect(clippy::cast_precision_loss, reason = "counts of clips")]
fn worst<'a>(tallies: impl Iterator<Item = &'a Tally>) -> f64 {
    let known = tallies.filter(|tally| tally.shown >= LEAST_OF_CORPUS);
    known.map(|tally| tally.right as f64 / tally.shown as f64).fold(1.0, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEMAND: Demand = Demand { right: 0.75, right_in_worst: 0.55, least_shown: 0.15 };

    /// A hundred answers of a corpus, of certainty 0.00 to 0.99, right from a certainty on.
    fn hundred(corpus: &str, right_from: f32) -> Vec<Answer<'_>> {
        let answer = |n: u8| {
            let certainty = f32::from(n) / 100.0;
            Answer { corpus, certainty, is_right: certainty >= right_from }
        };
        (0..100).map(answer).collect()
    }

    fn counts<'a>(answers: &[Answer<'a>]) -> BTreeMap<&'a str, usize> {
        let mut counts = BTreeMap::new();
        for answer in answers {
            *counts.entry(answer.corpus).or_default() += 1;
        }
        counts
    }

    fn fitted(answers: Vec<Answer<'_>>) -> Fit {
        let counts = counts(&answers);
        lowest(answers, &counts, &DEMAND)
    }

    fn close(found: Option<f32>, expected: f32) {
        let found = found.expect("a threshold");
        assert!((found - expected).abs() < 0.011, "{found} {expected}");
    }

    #[test]
    fn as_much_is_shown_as_is_right_often_enough() {
        // Of the 80 from 0.20 on, 60 are right.
        close(fitted(hundred("a", 0.4)).meeting, 0.2);
        close(fitted(hundred("a", 0.4)).showing_least, 0.85);
    }

    #[test]
    fn a_corpus_counts_alike_however_many_answers_it_has() {
        let small = hundred("small", 0.8);
        let large: Vec<Answer<'_>> = (0..10).flat_map(|_| hundred("large", 0.0)).collect();
        let fit = fitted([small.clone(), large].concat());
        let alike = fitted([small, hundred("large", 0.0)].concat());
        assert_eq!(fit.meeting, alike.meeting);
    }

    #[test]
    fn it_holds_in_the_worst_corpus_too() {
        // 55 % of what is shown of the worst are right from 0.64 on; on average more than 75 % are from there down.
        let fit = fitted([hundred("strange", 0.8), hundred("known", 0.0)].concat());
        close(fit.meeting, 0.64);
        let alone = fitted([hundred("known", 0.0)].concat());
        close(alone.meeting, 0.0);
    }

    #[test]
    fn a_corpus_of_few_shown_answers_says_nothing_by_itself() {
        let few: Vec<Answer<'_>> = hundred("few", 2.0).into_iter().take(20).collect();
        let fit = fitted([few, hundred("a", 0.0), hundred("b", 0.0)].concat());
        assert!(fit.meeting.is_some_and(|from| from < 0.2), "{fit:?}");
    }

    #[test]
    fn what_is_never_right_meets_nothing_but_shows_the_least() {
        let fit = fitted(hundred("a", 2.0));
        assert_eq!(fit.meeting, None);
        close(fit.showing_least, 0.85);
        let none = fitted(Vec::new());
        assert_eq!((none.meeting, none.showing_least), (None, None));
    }

    #[test]
    fn answers_of_one_certainty_are_shown_together() {
        let answer = |is_right| Answer { corpus: "a", certainty: 0.5, is_right };
        let rights = [vec![answer(true); 50], vec![answer(false); 50]].concat();
        assert_eq!(fitted(rights).meeting, None, "half are right, in whatever order");
    }

    #[test]
    fn a_part_of_the_answers_shows_a_part_of_its_corpus() {
        let part: Vec<Answer<'_>> = hundred("a", 0.0).into_iter().take(10).collect();
        let fit = lowest(part, &BTreeMap::from([("a", 100)]), &DEMAND);
        assert_eq!(fit.meeting, None, "a tenth is less than the least");
    }
}
