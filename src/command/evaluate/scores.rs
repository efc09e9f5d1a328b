//! The predictions for a list of clips.
//!
//! In: clips, how they are heard, and a way to score one. Out: a prediction for each clip under each
//! condition; a clip that fails under one is left out of all, so that conditions are compared on the same
//! clips, and is kept with its reason.

use std::path::PathBuf;

use anyhow::ensure;

use super::ClipChoice;
use super::listening::Listening;
use super::workers::{Scorer, score_all};
use crate::command::progress;
use crate::corpus::Clip;
use crate::emotion::Scores;
use crate::evaluation::{CompanionKind, Prediction, companions};
use crate::model::Baseline;

/// Whatever scores clips: a model, or a known answer in tests.
pub trait ScoreClip {
    /// The probabilities of a clip under each condition; `known` is what is known of the speaker's voice
    /// under each, or empty.
    ///
    /// # Errors
    /// A clip that does not decode or is too short.
    fn score(
        &mut self,
        clip: &Clip,
        listening: &Listening,
        known: &[Baseline],
    ) -> anyhow::Result<Vec<Scores>>;

    /// The voice in a clip under each condition.
    ///
    /// # Errors
    /// As [`ScoreClip::score`].
    fn voice(&mut self, clip: &Clip, listening: &Listening) -> anyhow::Result<Vec<Voice>>;
}

/// What one clip tells of its speaker.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Voice {
    /// Seconds of speech.
    pub speech_s: f64,
    /// The statistics of its frames.
    pub statistics: Baseline,
}

/// Makes what scores clips; called on each thread.
pub type MakeScorer<'a> = dyn Fn() -> anyhow::Result<Box<dyn ScoreClip + 'a>> + Sync + 'a;

/// What is known of every speaker before a clip is judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KnownSpeech {
    /// Seconds of speech.
    pub seconds: f64,
    /// Which other clips it is from.
    pub kind: CompanionKind,
}

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
    choice: &ClipChoice,
    make_scorer: &MakeScorer<'_>,
) -> anyhow::Result<Scored> {
    let known = match choice.known_speech {
        Some(known) => known_voices(clips, listening, choice.n_threads, known, make_scorer)?,
        None => vec![Vec::new(); clips.len()],
    };
    let progress = progress::counting(clips.len(), "clips");
    let listener = || -> anyhow::Result<Scorer<'_, Vec<Scores>>> {
        let (mut scorer, known) = (make_scorer()?, &known);
        Ok(Box::new(move |number, clip| {
            scorer.score(clip, listening, &known[number]).and_then(checked)
        }))
    };
    let results = score_all(clips, choice.n_threads, &progress, &listener)?;
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
            "none of the {n} clips could be scored; the first, {path}: {reason:#}"
        );
    }
    Ok(Scored { predictions, failed })
}

/// For each clip what is known of its speaker under each condition, from other clips.
fn known_voices(
    clips: &[Clip],
    listening: &Listening,
    n_threads: usize,
    known: KnownSpeech,
    make_scorer: &MakeScorer<'_>,
) -> anyhow::Result<Vec<Vec<Baseline>>> {
    let progress = progress::counting(clips.len(), "voices");
    let listener = || -> anyhow::Result<Scorer<'_, Vec<Voice>>> {
        let mut scorer = make_scorer()?;
        Ok(Box::new(move |_, clip| scorer.voice(clip, listening)))
    };
    // A clip without a voice is known to nobody; scoring it will tell why.
    let voices = score_all(clips, n_threads, &progress, &listener)?.into_iter();
    let voices: Vec<Vec<Voice>> = voices.map(Result::unwrap_or_default).collect();
    progress.finish_and_clear();
    let speech_s: Vec<f64> =
        voices.iter().map(|voice| voice.first().map_or(0.0, |voice| voice.speech_s)).collect();
    let of_clip = |number| {
        let others = companions(number, clips, &speech_s, known.kind, known.seconds);
        let under = |condition: usize| {
            let mut baseline = Baseline::default();
            for other in &others {
                baseline.join(&voices[*other][condition].statistics);
            }
            baseline
        };
        (0..listening.conditions.len()).map(under).collect()
    };
    Ok((0..clips.len()).map(of_clip).collect())
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
