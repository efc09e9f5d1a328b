//! `undertone folds`: the protocol of published comparisons. For each of a corpus' speaker folds a network is
//! trained on the others alone, and asked about the clips of that fold.
//!
//! In: clips whose manifest gives folds. Out: a table of recalls, also as `folds.csv`. The last epoch is
//! taken: the fold that is asked about chooses nothing.

use super::material::{kept_in, training_sounds};
use super::printer::{print, tell};
use super::train::{Display, backend, prepared, taught, teacher};
use crate::cli::FoldsArgs;
use lab::corpus::{self, Clip};
use lab::training::dev_scores::DevScores;
use lab::training::epoch::{View, answers};
use lab::training::hearing::Listener;
use lab::training::recipe::TrainingRecipe;
use lab::training::teacher::Teacher;
use lab::training::{TrainingData, fit};
use model::artifact::sha256_hex;
use model::device::Backend;
use record::output_file::{IfExists, ReadableBy, save};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// One fold's result.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct FoldScore {
    fold: u32,
    clips: usize,
    uar: f64,
    accuracy: f64,
}

/// Trains and asks, fold by fold.
///
/// # Errors
/// No clip has a fold, a file that cannot be written, a device that fails.
pub fn run(args: &FoldsArgs) -> anyhow::Result<()> {
    let mut recipe = TrainingRecipe::named(&args.recipe)?;
    recipe.epochs = args.epochs.unwrap_or(recipe.epochs);
    let teacher = teacher(args.teacher.as_deref(), None, &mut recipe)?;
    recipe.teaching.logits = 0.0;
    let clips: Vec<Clip> =
        corpus::read(&args.data)?.into_iter().filter(|clip| clip.fold.is_some()).collect();
    let folds: BTreeSet<u32> = clips.iter().filter_map(|clip| clip.fold).collect();
    anyhow::ensure!(
        folds.len() > 1,
        "{} names {} speaker folds, at least two are needed",
        args.data.display(),
        folds.len()
    );
    one_fold_each(&clips)?;
    let digest = digest(&clips);
    let backend = backend(args.backend.parse()?)?;
    let mut scores = Vec::new();
    for fold in folds {
        let folder = args.output.join(format!("fold-{fold}"));
        let score = if let Some(score) = finished(&folder, &recipe, &digest) {
            score
        } else {
            let score = one(args, (&recipe, teacher.as_ref()), &clips, fold, &folder, &backend)?;
            let text = serde_json::to_string(&(&recipe, &digest, &score))?;
            let path = folder.join(RESULT);
            save(&path, IfExists::Replace, ReadableBy::Everyone, text.as_bytes())?;
            score
        };
        tell(&format!("fold {fold}: UAR {:.3}, accuracy {:.3}", score.uar, score.accuracy));
        scores.push(score);
    }
    let mut table = csv::Writer::from_writer(Vec::new());
    for score in &scores {
        table.serialize(score)?;
    }
    let path = args.output.join("folds.csv");
    save(&path, IfExists::Replace, ReadableBy::Everyone, &table.into_inner()?)?;
    #[expect(clippy::cast_precision_loss, reason = "a few folds")]
    let mean = |of: fn(&FoldScore) -> f64| scores.iter().map(of).sum::<f64>() / scores.len() as f64;
    print(&format!(
        "mean of {} folds: UAR {:.3}, accuracy {:.3}; each in {}\n",
        scores.len(),
        mean(|score| score.uar),
        mean(|score| score.accuracy),
        path.display()
    ))?;
    Ok(())
}

fn one(
    args: &FoldsArgs,
    (recipe, teacher): (&TrainingRecipe, Option<&Teacher>),
    clips: &[Clip],
    fold: u32,
    folder: &Path,
    backend: &Backend,
) -> anyhow::Result<FoldScore> {
    let (asked, learned): (Vec<Clip>, Vec<Clip>) =
        clips.iter().cloned().partition(|clip| clip.fold == Some(fold));
    // No babble: a voice of this fold may not be heard in training another one's frames.
    let sounds = training_sounds(std::slice::from_ref(&args.data), &[])?;
    let kept_in = kept_in(args.features_cache.as_deref(), &args.output)?;
    let listener = Listener::new(recipe, &sounds, Some(kept_in.as_path()));
    let mut train = prepared("training clips", &learned, &listener, recipe.hearings)?;
    if let Some(teacher) = teacher {
        let n = taught(&mut train, teacher, std::slice::from_ref(&args.data));
        anyhow::ensure!(n > 0, "the teacher has judged none of the training clips");
    }
    let data = TrainingData {
        train,
        dev: Vec::new(),
        command: String::new(),
        name: format!("fold-{fold}"),
        teacher: teacher.map(|teacher| teacher.description.clone()),
        licence: String::new(),
        begun_with: None,
    };
    let asked = prepared("clips of the fold", &asked, &listener, 1)?;
    let mut display = Display::new(recipe.epochs);
    let fitted =
        fit(recipe, &data, folder, &backend.device, &mut |progress| display.show(&progress))?;
    let view = View { recipe, data: &data, normalisation: &fitted.normalisation };
    let scores = DevScores::of(&answers(&fitted.network, &view, &asked), &asked);
    Ok(FoldScore { fold, clips: asked.len(), uar: scores.uar, accuracy: scores.accuracy })
}

const RESULT: &str = "result.json";

/// The result of an earlier run with the same recipe and clips.
fn finished(folder: &Path, recipe: &TrainingRecipe, digest: &str) -> Option<FoldScore> {
    let text = std::fs::read_to_string(folder.join(RESULT)).ok()?;
    let (trained, of, score): (TrainingRecipe, String, FoldScore) =
        serde_json::from_str(&text).ok()?;
    (trained == *recipe && of == digest).then_some(score)
}

/// A fingerprint of the clips, their labels and folds.
fn digest(clips: &[Clip]) -> String {
    let row = |clip: &Clip| {
        let fold = clip.fold.unwrap_or_default().to_string();
        let path = clip.path.to_string_lossy();
        [&path, clip.speaker_key().as_str(), clip.emotion.label(), &fold].join("\n")
    };
    sha256_hex(clips.iter().map(row).collect::<Vec<_>>().join("\n").as_bytes())
}

/// Nobody's voice may stand in two folds.
fn one_fold_each(clips: &[Clip]) -> anyhow::Result<()> {
    let mut fold_of = BTreeMap::new();
    for clip in clips {
        let speaker = clip.speaker_key();
        let fold = clip.fold.unwrap_or_default();
        let first = *fold_of.entry(speaker.clone()).or_insert(fold);
        anyhow::ensure!(
            first == fold,
            "{speaker} stands in the folds {first} and {fold}; give each speaker one fold"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearing::emotion::Emotion;

    fn clip(speaker: &str, fold: u32) -> Clip {
        Clip { fold: Some(fold), ..Clip::new("a.wav", Emotion::Fear, "a", speaker) }
    }

    #[test]
    fn a_voice_in_two_folds_is_refused_by_name() {
        assert!(one_fold_each(&[clip("1", 1), clip("1", 1), clip("2", 2)]).is_ok());
        let error = one_fold_each(&[clip("1", 1), clip("1", 2)]).unwrap_err().to_string();
        assert!(error.contains("a/1") && error.contains("1 and 2"), "{error}");
    }

    #[test]
    fn a_result_counts_for_its_own_clips_and_recipe_alone() {
        let folder = tempfile::tempdir().unwrap();
        let recipe = TrainingRecipe::named("ravdess").unwrap();
        let score = FoldScore { fold: 1, clips: 2, uar: 0.5, accuracy: 0.5 };
        let own = digest(&[clip("1", 1)]);
        let text = serde_json::to_string(&(&recipe, &own, &score)).unwrap();
        std::fs::write(folder.path().join(RESULT), text).unwrap();
        assert!(finished(folder.path(), &recipe, &own).is_some());
        assert!(finished(folder.path(), &recipe, &digest(&[clip("1", 2)])).is_none());
        let other = TrainingRecipe { epochs: 3, ..recipe };
        assert!(finished(folder.path(), &other, &own).is_none());
    }
}
