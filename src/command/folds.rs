//! `undertone folds`: the protocol of published comparisons. For each of a corpus' speaker folds a network is
//! trained on the others alone, and asked about the clips of that fold.
//!
//! In: clips whose manifest gives folds. Out: a table of recalls, also as `folds.csv`. The last epoch is
//! taken: the fold that is asked about chooses nothing.

use super::material::{Material, kept_in};
use super::train::{Display, backend, prepared};
use crate::augment::Sounds;
use crate::corpus::{self, Clip};
use crate::model::device::{Backend, BackendChoice};
use crate::output_file::{IfExists, ReadableBy, save};
use crate::training::epoch::{DevScores, View, answers};
use crate::training::hearing::Listener;
use crate::training::recipe::TrainingRecipe;
use crate::training::{TrainingData, fit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What was asked for.
#[derive(Clone, Debug)]
pub struct FoldsSettings {
    /// A built-in training recipe or a recipe file.
    pub recipe: String,
    /// Folder or manifest of labelled clips with folds.
    pub data: PathBuf,
    /// Where checkpoints and results lie; an interrupted run goes on.
    pub output: PathBuf,
    /// Passes over the clips, if not the recipe's.
    pub epochs: Option<usize>,
    /// Where frames are kept; by default in the output folder.
    pub features_cache: Option<PathBuf>,
    /// Where to compute.
    pub backend: BackendChoice,
}

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
pub fn run(settings: &FoldsSettings) -> anyhow::Result<()> {
    let mut recipe = TrainingRecipe::named(&settings.recipe)?;
    recipe.epochs = settings.epochs.unwrap_or(recipe.epochs);
    let clips: Vec<Clip> =
        corpus::read(&settings.data)?.into_iter().filter(|clip| clip.fold.is_some()).collect();
    let folds: BTreeSet<u32> = clips.iter().filter_map(|clip| clip.fold).collect();
    anyhow::ensure!(
        folds.len() > 1,
        "{} names {} speaker folds, at least two are needed",
        settings.data.display(),
        folds.len()
    );
    let backend = backend(settings.backend)?;
    let mut scores = Vec::new();
    for fold in folds {
        let folder = settings.output.join(format!("fold-{fold}"));
        let score = match finished(&folder, &recipe) {
            Some(score) => score,
            None => one(settings, &recipe, &clips, fold, &folder, &backend)?,
        };
        eprintln!("fold {fold}: UAR {:.3}, accuracy {:.3}", score.uar, score.accuracy);
        scores.push(score);
    }
    let mut table = csv::Writer::from_writer(Vec::new());
    for score in &scores {
        table.serialize(score)?;
    }
    let path = settings.output.join("folds.csv");
    save(&path, IfExists::Replace, ReadableBy::Everyone, &table.into_inner()?)?;
    #[expect(clippy::cast_precision_loss, reason = "a few folds")]
    let mean = |of: fn(&FoldScore) -> f64| scores.iter().map(of).sum::<f64>() / scores.len() as f64;
    println!(
        "mean of {} folds: UAR {:.3}, accuracy {:.3}; each in {}",
        scores.len(),
        mean(|score| score.uar),
        mean(|score| score.accuracy),
        path.display()
    );
    Ok(())
}

fn one(
    settings: &FoldsSettings,
    recipe: &TrainingRecipe,
    clips: &[Clip],
    fold: u32,
    folder: &Path,
    backend: &Backend,
) -> anyhow::Result<FoldScore> {
    let (asked, learned): (Vec<Clip>, Vec<Clip>) =
        clips.iter().cloned().partition(|clip| clip.fold == Some(fold));
    // No babble: a voice of this fold may not be heard in training another one's frames.
    let sounds = Sounds {
        voices: Vec::new(),
        ..Material::of(std::slice::from_ref(&settings.data), &learned)?.sounds
    };
    let kept_in = kept_in(settings.features_cache.as_deref(), &settings.output)?;
    let listener = Listener { recipe, sounds: &sounds, kept_in: Some(kept_in.as_path()) };
    let data = TrainingData {
        train: prepared("training clips", &learned, &listener, recipe.hearings)?,
        dev: Vec::new(),
        command: String::new(),
        name: format!("fold-{fold}"),
    };
    let asked = prepared("clips of the fold", &asked, &listener, 1)?;
    let mut display = Display::new(recipe.epochs);
    let fitted =
        fit(recipe, &data, folder, &backend.device, &mut |progress| display.show(&progress))?;
    let view = View { recipe, data: &data, normalisation: &fitted.normalisation };
    let scores = DevScores::of(&answers(&fitted.network, &view, &asked)?, &asked);
    let score = FoldScore { fold, clips: asked.len(), uar: scores.uar, accuracy: scores.accuracy };
    let text = serde_json::to_string(&(recipe, &score))?;
    save(&folder.join(RESULT), IfExists::Replace, ReadableBy::Everyone, text.as_bytes())?;
    Ok(score)
}

const RESULT: &str = "result.json";

/// The result of an earlier run with the same recipe.
fn finished(folder: &Path, recipe: &TrainingRecipe) -> Option<FoldScore> {
    let text = std::fs::read_to_string(folder.join(RESULT)).ok()?;
    let (trained, score): (TrainingRecipe, FoldScore) = serde_json::from_str(&text).ok()?;
    (trained == *recipe).then_some(score)
}
