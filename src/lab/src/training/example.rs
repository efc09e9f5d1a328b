//! Training examples: what is learned from one clip, or from one recording without speech.
//!
//! In: labelled clips and noises. Out: an [`Example`] each, with the frames of one or several hearings. Files
//! that do not decode are named, never skipped silently.

use super::hearing::{Heard, Listener, call_of};
use super::recipe::TrainingRecipe;
use super::teacher::Taught;
use super::{TrainingError, non_speech, parallel};
use crate::corpus::{Clip, Unlabelled};
use hearing::classifier::Baseline;
use hearing::classifier::Normalisation;
use hearing::emotion::N_EMOTIONS;
use hearing::language::Language;
use model::artifact::InputForm;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One clip, ready to be learned from.
#[derive(Clone, Debug)]
pub struct Example {
    /// Number of the label that the speaker expresses; none where that is unknown, or there is no speech.
    pub label: Option<usize>,
    /// Whether it is speech, where that is known: a laugh is neither.
    pub is_speech: Option<bool>,
    /// What listeners would answer, one share a label; zeros without a label.
    pub target: Vec<f32>,
    /// The recording; empty for made-up sound.
    pub path: PathBuf,
    /// What a teacher says of the clip.
    pub taught: Option<Arc<Taught>>,
    /// The speaker, unique over all corpora.
    pub speaker: String,
    /// The corpus.
    pub corpus: String,
    /// What is spoken, where that is known.
    pub language: Option<Language>,
    /// The speaker's pretended call: clips of one call are heard over one line.
    pub call: u64,
    /// The clip's hearings; the first is the clip as it is.
    pub hearings: Vec<Hearing>,
}

/// One hearing of a clip.
#[derive(Clone, Debug, PartialEq)]
pub struct Hearing {
    /// Frames `[n_frames, n_features]`.
    pub frames: Vec<f32>,
    /// Their statistics, for the baselines of the call's other clips.
    pub statistics: Baseline,
    /// Where each lies in what a teacher hears of the clip, as in [`Heard`].
    pub places: Vec<u16>,
}

impl Hearing {
    fn of(heard: Heard, n_features: usize) -> Self {
        let Heard { frames, places } = heard;
        Hearing { statistics: Baseline::of(&frames, n_features), frames, places }
    }
}

/// What came of a list of clips.
#[derive(Debug, Default)]
pub struct Prepared {
    /// The usable clips, in the order given.
    pub examples: Vec<Example>,
    /// Files that could not be used, with the reason.
    pub refused: Vec<(PathBuf, String)>,
}

/// Decodes clips and computes their frames, on all threads. `done` is told after each clip; `n_hearings` 1
/// takes it only as it is.
///
/// # Errors
/// [`TrainingError::NothingUsable`] when no clip can be used.
pub fn prepare(
    clips: &[Clip],
    listener: &Listener<'_>,
    n_hearings: usize,
    done: impl Fn() + Sync,
) -> Result<Prepared, TrainingError> {
    let hear = |_: usize, clip: &Clip| {
        listener.hear(&clip.path, &clip.speaker_key(), n_hearings).map(|hearings| {
            let width = listener.recipe.network.n_features;
            Example {
                label: Some(label_of(clip, listener.recipe)),
                is_speech: Some(true),
                path: clip.path.clone(),
                taught: None,
                target: target_of(clip, listener.recipe),
                speaker: clip.speaker_key(),
                corpus: clip.corpus.clone(),
                language: clip.language.as_deref().and_then(|tag| tag.parse().ok()),
                call: call_of(&clip.path),
                hearings: hearings.into_iter().map(|heard| Hearing::of(heard, width)).collect(),
            }
        })
    };
    let mut prepared = Prepared::default();
    for (clip, heard) in clips.iter().zip(parallel::map(clips, hear, done)) {
        match heard {
            Ok(example) => prepared.examples.push(example),
            Err(reason) => prepared.refused.push((clip.path.clone(), reason)),
        }
    }
    if prepared.examples.is_empty() {
        let (path, reason) = prepared.refused.first().cloned().unwrap_or_default();
        return Err(TrainingError::NothingUsable { n_clips: clips.len(), path, reason });
    }
    Ok(prepared)
}

/// Examples of recordings without a label: of voices that a teacher has judged, and of sounds that are no speech.
/// Files that cannot be used are left out.
#[must_use]
pub fn without_label(
    recordings: &[Unlabelled],
    listener: &Listener<'_>,
    n_hearings: usize,
    taught: impl Fn(&Path) -> Option<Arc<Taught>> + Sync,
    done: impl Fn() + Sync,
) -> Prepared {
    let hear = |_: usize, recording: &Unlabelled| {
        let Unlabelled { path, corpus, speaker_key, is_speech } = recording;
        let width = listener.recipe.network.n_features;
        listener.hear(path, speaker_key, n_hearings).map(|hearings| Example {
            label: None,
            is_speech: *is_speech,
            path: path.clone(),
            target: vec![0.0; listener.recipe.network.n_labels],
            taught: taught(path).filter(|_| *is_speech != Some(false)),
            speaker: speaker_key.clone(),
            corpus: corpus.clone(),
            language: None,
            call: call_of(path),
            hearings: hearings.into_iter().map(|heard| Hearing::of(heard, width)).collect(),
        })
    };
    let mut prepared = Prepared::default();
    for (recording, heard) in recordings.iter().zip(parallel::map(recordings, hear, done)) {
        match heard {
            Ok(example) if example.taught.is_some() || example.is_speech == Some(false) => {
                prepared.examples.push(example);
            }
            Ok(_) => {}
            Err(reason) => prepared.refused.push((recording.path.clone(), reason)),
        }
    }
    prepared
}

/// Examples of what is no speech: the recordings among the listener's sounds, some of each piece of `music`,
/// and made-up noises, tones and music.
#[must_use]
pub fn without_speech(
    listener: &Listener<'_>,
    music: &[Vec<f32>],
    n_hearings: usize,
) -> Vec<Example> {
    let recipe = listener.recipe;
    let mut pieces = non_speech::pieces(&listener.sounds.noises);
    pieces.extend(music.iter().flat_map(|piece| non_speech::some_pieces(piece)));
    pieces.extend(non_speech::synthesised(recipe.seed));
    let hear = |number: usize, piece: &Vec<f32>| {
        let name = format!("piece {number}");
        let heard = listener.hearings(piece, name.as_ref(), "no speech", n_hearings);
        heard.ok().map(|hearings| Example {
            label: None,
            is_speech: Some(false),
            path: PathBuf::new(),
            taught: None,
            target: vec![0.0; recipe.network.n_labels],
            speaker: format!("no speech/{number}"),
            corpus: "no speech".into(),
            language: None,
            call: 0,
            hearings: hearings
                .into_iter()
                .map(|heard| Hearing::of(heard, recipe.network.n_features))
                .collect(),
        })
    };
    parallel::map(&pieces, hear, || {}).into_iter().flatten().collect()
}

/// Number of a clip's label: the emotion's, or 7 for calm where the recipe keeps it apart.
#[must_use]
pub fn label_of(clip: &Clip, recipe: &TrainingRecipe) -> usize {
    if clip.is_calm && recipe.calm_apart { N_EMOTIONS } else { clip.emotion.index() }
}

/// The label, and what the clip's listeners said in the recipe's proportion.
fn target_of(clip: &Clip, recipe: &TrainingRecipe) -> Vec<f32> {
    let mut target = vec![0.0; recipe.network.n_labels];
    let share = if clip.votes.is_some() { recipe.votes } else { 0.0 };
    if let Some(own) = target.get_mut(label_of(clip, recipe)) {
        *own = 1.0 - share;
    }
    for (target, vote) in target.iter_mut().zip(clip.votes.unwrap_or_default()) {
        *target += share * vote;
    }
    target
}

/// Mean and standard deviation of each coefficient over all frames of all hearings with speech.
#[must_use]
pub fn normalisation(examples: &[Example], recipe: &TrainingRecipe) -> Normalisation {
    if recipe.input == InputForm::CoefficientMeans {
        return Normalisation::default();
    }
    let mut all = Baseline::default();
    let with_speech = examples.iter().filter(|example| example.is_speech != Some(false));
    for hearing in with_speech.flat_map(|example| &example.hearings) {
        all.join(&hearing.statistics);
    }
    all.normalisation()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearing::emotion::Emotion;

    fn clip(is_calm: bool, votes: Option<[f32; N_EMOTIONS]>) -> Clip {
        Clip {
            is_calm,
            votes,
            ..Clip::new("a.wav", if is_calm { Emotion::Neutral } else { Emotion::Fear }, "a", "1")
        }
    }

    fn recipe() -> TrainingRecipe {
        TrainingRecipe::named("phone").expect("built in")
    }

    #[test]
    fn calm_is_neutral_unless_the_recipe_keeps_it_apart() {
        let mut recipe = recipe();
        assert_eq!(label_of(&clip(true, None), &recipe), Emotion::Neutral.index());
        recipe.calm_apart = true;
        assert_eq!(label_of(&clip(true, None), &recipe), 7);
        assert_eq!(label_of(&clip(false, None), &recipe), Emotion::Fear.index());
    }

    #[test]
    fn listeners_count_in_the_recipes_proportion() {
        let mut votes = [0.0; N_EMOTIONS];
        votes[Emotion::Fear.index()] = 0.25;
        votes[Emotion::Sadness.index()] = 0.75;
        let recipe = TrainingRecipe { votes: 0.4, ..recipe() };
        let target = target_of(&clip(false, Some(votes)), &recipe);
        assert!((target[Emotion::Fear.index()] - 0.7).abs() < 1e-6, "{target:?}");
        assert!((target[Emotion::Sadness.index()] - 0.3).abs() < 1e-6, "{target:?}");
        let sure = target_of(&clip(false, None), &recipe);
        assert!((sure[Emotion::Fear.index()] - 1.0).abs() < 1e-6, "{sure:?}");
    }

    #[test]
    fn normalisation_is_the_mean_and_deviation_of_every_frame_of_speech() {
        let example = |label, frames: Vec<f32>| Example {
            label,
            is_speech: Some(label.is_some()),
            path: PathBuf::new(),
            taught: None,
            target: Vec::new(),
            speaker: "a/1".into(),
            corpus: "a".into(),
            language: None,
            call: 0,
            hearings: vec![Hearing::of(Heard { frames, places: Vec::new() }, 2)],
        };
        let speech = example(Some(0), vec![1.0, 10.0, 3.0, 10.0, 5.0, 10.0, 7.0, 10.0]);
        let normalisation = normalisation(&[speech, example(None, vec![99.0; 2])], &recipe());
        assert!((normalisation.mean[0] - 4.0).abs() < 1e-6);
        assert!((normalisation.deviation[0] - 5.0_f32.sqrt()).abs() < 1e-5);
        assert!((normalisation.mean[1] - 10.0).abs() < 1e-6);
    }
}
