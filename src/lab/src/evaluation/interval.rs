//! How far the measures would move with other speakers of the same kind.
//!
//! In: counts by speaker. Out: confidence intervals by bootstrap (Efron & Tibshirani, 1993) over
//! speakers, not clips: clips of one voice are alike, and a new caller is a new voice. Seeded, so that
//! the same predictions always give the same intervals.

use std::collections::BTreeMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::counts::Counts;

/// Draws of as many speakers as there are. The ends of the interval then stand on 25 draws each.
const N_RESAMPLES: usize = 1_000;

/// Seed of the draws.
const SEED: u64 = 95;

/// The share of the draws that lies below the interval, and above it.
const TAIL: f64 = 0.025;

/// Intervals that hold a measure in 95 of 100 draws of speakers: from, to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Intervals {
    /// Of the unweighted average recall.
    pub uar: [f64; 2],
    /// Of the accuracy.
    pub accuracy: [f64; 2],
}

/// The intervals over speakers that are drawn with replacement, within each corpus as many as it has.
///
/// `by_speaker` holds the counts by corpus and speaker. `None` where no corpus has two speakers: there
/// is nothing to draw then.
pub(super) fn intervals(by_speaker: &BTreeMap<(&str, &str), Counts>) -> Option<Intervals> {
    let mut corpora: BTreeMap<&str, Vec<&Counts>> = BTreeMap::new();
    for ((corpus, _), counts) in by_speaker {
        corpora.entry(corpus).or_default().push(counts);
    }
    if corpora.values().all(|speakers| speakers.len() < 2) {
        return None;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let draws: Vec<Counts> = (0..N_RESAMPLES).map(|_| drawn(&corpora, &mut rng)).collect();
    Some(Intervals {
        uar: middle(draws.iter().map(Counts::uar).collect()),
        accuracy: middle(draws.iter().map(Counts::accuracy).collect()),
    })
}

fn drawn(corpora: &BTreeMap<&str, Vec<&Counts>>, rng: &mut ChaCha8Rng) -> Counts {
    let mut sum = Counts::default();
    for speakers in corpora.values() {
        for _ in 0..speakers.len() {
            sum += speakers[rng.random_range(0..speakers.len())];
        }
    }
    sum
}

/// The values that leave [`TAIL`] of all below and above them.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "an index into the values"
)]
fn middle(mut values: Vec<f64>) -> [f64; 2] {
    values.sort_by(f64::total_cmp);
    let n_below = (values.len() as f64 * TAIL) as usize;
    [values[n_below], values[values.len() - 1 - n_below]]
}

#[cfg(test)]
mod tests {
    use super::super::prediction::Judgement;
    use super::*;
    use hearing::emotion::Emotion::{Anger, Fear};

    /// The counts of a speaker of one clip of each of two emotions, all or none of them right.
    fn speaker(right: bool) -> Counts {
        let judgement = |truth, wrong| {
            let heard = if right { truth } else { wrong };
            Judgement { truth, heard, confidence: 0.9 }
        };
        Counts::of(&[judgement(Anger, Fear), judgement(Fear, Anger)])
    }

    #[test]
    fn of_two_speakers_the_interval_goes_from_the_worse_to_the_better() {
        // Each alone is drawn twice in a quarter of the draws.
        let counts = BTreeMap::from([(("c", "1"), speaker(true)), (("c", "2"), speaker(false))]);
        let intervals = intervals(&counts).unwrap();
        assert_eq!((intervals.uar, intervals.accuracy), ([0.0, 1.0], [0.0, 1.0]));
    }

    #[test]
    fn of_many_speakers_it_is_that_of_the_binomial_distribution() {
        // 100 speakers, half of them right: the share drawn has a deviation of 0.05.
        let names: Vec<String> = (0..100).map(|n| n.to_string()).collect();
        let counts = names.iter().enumerate();
        let counts = counts.map(|(n, name)| (("c", name.as_str()), speaker(n % 2 == 0))).collect();
        let [from, to] = intervals(&counts).unwrap().accuracy;
        // 1.96 deviations on both sides; 1,000 draws find the ends to about a fifth of a deviation.
        assert!((from - 0.402).abs() < 0.011 && (to - 0.598).abs() < 0.011, "{from} {to}");
    }

    #[test]
    fn the_mix_of_the_corpora_stays_and_the_same_counts_give_the_same_interval() {
        let counts = BTreeMap::from([
            (("a", "1"), speaker(true)),
            (("a", "2"), speaker(true)),
            (("b", "1"), speaker(false)),
        ]);
        let once = intervals(&counts).unwrap();
        let [from, to] = once.accuracy;
        assert!((from - 2.0 / 3.0).abs() < 1e-12 && (to - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(intervals(&counts), Some(once));
    }

    #[test]
    fn one_speaker_has_no_interval() {
        let counts = BTreeMap::from([(("a", "1"), speaker(true)), (("b", "1"), speaker(false))]);
        assert_eq!(intervals(&counts), None);
        assert_eq!(intervals(&BTreeMap::new()), None);
    }
}
