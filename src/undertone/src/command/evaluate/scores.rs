//! The predictions for a list of clips.
//!
//! In: clips, how they are heard, and a way to score one. Out: a prediction for each clip under each
//! condition; a clip that fails under one is left out of all, so that conditions are compared on the same
//! clips, and is kept with its reason.

use std::path::PathBuf;

use anyhow::ensure;

use super::listening::Listening;
use super::workers::{Scorer, score_all};
use crate::command::printer::chain;
use crate::command::progress;
use hearing::emotion::Scores;
use lab::corpus::Clip;
use lab::evaluation::Prediction;

/// Gives the probabilities of a clip under each condition.
pub type ScoreClip<'a> = Box<dyn FnMut(&Clip, &Listening) -> anyhow::Result<Vec<Scores>> + 'a>;

/// Makes what scores clips; called once on each thread.
pub type MakeScorer<'a> = dyn Fn() -> anyhow::Result<ScoreClip<'a>> + Sync + 'a;

/// What came of a list of clips.
#[derive(Debug)]
pub(super) struct Scored {
    /// For each condition a prediction for each clip that was scored, in the clips' order.
    pub predictions: Vec<Vec<Prediction>>,
    /// The others, with the reason.
    pub failed: Vec<(PathBuf, anyhow::Error)>,
}

impl Scored {
    /// Clips, scored or not.
    pub fn n_clips(&self) -> usize {
        self.predictions.first().map_or(0, Vec::len) + self.failed.len()
    }
}

/// Scores each clip.
///
/// # Errors
/// A scorer that cannot be made; not one clip that can be scored.
pub(super) fn score_clips(
    clips: &[Clip],
    listening: &Listening,
    n_threads: usize,
    make_scorer: &MakeScorer<'_>,
) -> anyhow::Result<Scored> {
    let progress = progress::counting(clips.len(), "clips");
    let listener = || -> anyhow::Result<Scorer<'_, Vec<Scores>>> {
        let mut score = make_scorer()?;
        Ok(Box::new(move |clip| score(clip, listening).and_then(checked)))
    };
    let results = score_all(clips, n_threads, &progress, &listener)?;
    progress.finish_and_clear();
    let mut predictions = vec![Vec::with_capacity(clips.len()); listening.conditions.len()];
    let mut failed = Vec::new();
    for (clip, result) in clips.iter().zip(results) {
        match result {
            Ok(under_each) => {
                let of_clip = under_each.into_iter().map(|scores| Prediction::new(clip, scores));
                predictions.iter_mut().zip(of_clip).for_each(|(all, one)| all.push(one));
            }
            Err(reason) => failed.push((clip.path.clone(), reason)),
        }
    }
    if let [(path, reason), ..] = &failed[..] {
        let (n, path) = (clips.len(), path.display());
        ensure!(
            failed.len() < n,
            "none of the {n} clips could be scored; the first, {path}: {}",
            chain(reason)
        );
    }
    Ok(Scored { predictions, failed })
}

/// A broken model gives NaN, which would count as some emotion.
fn checked(under_each: Vec<Scores>) -> anyhow::Result<Vec<Scores>> {
    for scores in &under_each {
        let in_range = scores.0.iter().all(|score| (0.0..=1.0).contains(score));
        ensure!(
            in_range && scores.0.iter().any(|score| *score > 0.0),
            "the model's scores {:?} are no probabilities; take or train another model",
            scores.0
        );
    }
    Ok(under_each)
}
