//! Training: labelled clips in, a model artifact out.
//!
//! [`recipe`] holds every choice. [`hearing`] makes frames of a clip as it may be heard, [`non_speech`] sounds
//! without speech, [`example`] both into what is learned from; [`companions`] knows which clips were spoken in one
//! pretended call, [`other_voice`] makes a segment somebody else's. [`batch`] cuts examples into batches, [`gradient`] says in which direction the weights go,
//! [`teacher`] is what a larger network says of the clips. [`epoch`] runs the optimiser, [`average`] is the mean of the
//! weights on their way, [`checkpoint`] lets an interrupted run go on, [`dev_scores`] says how good it is, [`curves`]
//! shows how it went, [`calibration`] makes probabilities of the result, of which `scaling` fits the corrections and
//! `thresholds` says what is sure enough to be said. [`train`] composes them. The best epoch by UAR on the dev
//! clips is kept.

pub mod average;
pub mod batch;
pub mod calibration;
pub mod checkpoint;
pub mod companions;
pub mod curves;
pub mod dev_scores;
pub mod epoch;
pub mod example;
pub mod gradient;
pub mod hearing;
pub mod non_speech;
pub mod other_voice;
pub mod parallel;
pub mod recipe;
mod scaling;
pub mod teacher;
mod thresholds;

use ::hearing::classifier::Normalisation;
use ::hearing::emotion::Emotion;
use checkpoint::Checkpoint;
use companions::Companions;
use curves::EpochRecord;
use epoch::{Trainer, View, weights};
use example::Example;
use model::ModelError;
use model::artifact::{Artifact, Calibration, MANIFEST_FORMAT, Manifest, Provenance, sha256_hex};
use model::network::Network;
use recipe::TrainingRecipe;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What can go wrong in training, beside the model's own errors.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainingError {
    /// Not one clip decodes to enough audio.
    #[error("none of {n_clips} clips can be used; the first is {path}: {reason}")]
    NothingUsable {
        /// How many were given.
        n_clips: usize,
        /// The first of them.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The model or its device.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A checkpoint or a curve cannot be written or read.
    #[error("cannot use {path}: {reason}; remove the folder to begin anew")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// What a training run works on.
pub struct TrainingData {
    /// Clips to learn from.
    pub train: Vec<Example>,
    /// Clips of other speakers (or of the seed's split) that choose the best epoch and calibrate.
    pub dev: Vec<Example>,
    /// The command line, for the manifest.
    pub command: String,
    /// The model's name.
    pub name: String,
    /// Who taught it, in a line, where anybody did.
    pub teacher: Option<String>,
    /// What may be done with the model, in a line.
    pub licence: String,
    /// Weights in use to begin with, in burn's own format, of a network of the recipe's shape; none for random ones.
    pub begun_with: Option<Vec<u8>>,
}

/// What a caller of [`train`] is told while it runs.
#[derive(Debug)]
pub enum Progress<'a> {
    /// An earlier run is continued after so many epochs.
    Resumed(usize),
    /// So many batches of the epoch are done.
    Batch {
        /// Batches done.
        done: usize,
        /// Batches in the epoch.
        of: usize,
    },
    /// An epoch is over.
    Epoch(&'a EpochRecord),
}

impl TrainingData {
    /// A fingerprint of the clips and of their division, so that a run goes on with its own data only.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut text = self.begun_with.as_deref().map(sha256_hex).unwrap_or_default();
        for (side, examples) in [("train", &self.train), ("dev", &self.dev)] {
            for example in examples {
                let clean = &example.hearings[0].frames;
                let sum: f64 = clean.iter().map(|value| f64::from(*value)).sum();
                let label = example.label.map_or_else(|| "none".into(), |label| label.to_string());
                let (speaker, n) = (&example.speaker, clean.len());
                let taught = example.taught.iter().flat_map(|taught| &taught.logits);
                let taught: f64 = taught.map(|logit| f64::from(*logit)).sum();
                text += &[side, speaker, &label, &format!("{n} {sum:e} {taught:e}\n")].join(" ");
            }
        }
        sha256_hex(text.as_bytes())
    }
}

/// What came of fitting a network to clips.
pub struct Fitted {
    /// The network after its last epoch.
    pub network: Network,
    /// Weights of the best epoch by UAR on the dev clips, in burn's own format.
    pub best: Vec<u8>,
    /// How it went.
    pub records: Vec<EpochRecord>,
    /// The normalisation of its frames.
    pub normalisation: Normalisation,
}

/// Fits a network, or goes on with the run whose checkpoint lies in `output`; writes checkpoints and curves
/// there.
///
/// # Errors
/// [`TrainingError`] names the file or the clip.
pub fn fit(
    recipe: &TrainingRecipe,
    data: &TrainingData,
    output: &Path,
    device: &burn::tensor::Device,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Fitted, TrainingError> {
    let normalisation = example::normalisation(&data.train, recipe);
    let companions = Companions::of(&data.train);
    let folder = output.join("checkpoint");
    let digest = data.digest();
    let (mut trainer, mut records) = match Checkpoint::load(&folder, recipe, &digest, device)? {
        Some(checkpoint) => {
            progress(Progress::Resumed(checkpoint.records.len()));
            (checkpoint.trainer, checkpoint.records)
        }
        None => (Trainer::new(recipe, data.begun_with.as_deref(), device)?, Vec::new()),
    };
    let mut best: Option<Vec<u8>> = checkpoint::best_weights(&folder)?;
    let view = View { recipe, data, normalisation: &normalisation };
    for number in records.len()..recipe.epochs {
        let record = trainer.epoch(number, &view, &companions, progress)?;
        if records.iter().all(|earlier: &EpochRecord| record.dev_uar > earlier.dev_uar) {
            best = Some(weights(&trainer.averaged())?);
        }
        progress(Progress::Epoch(&record));
        records.push(record);
        checkpoint::save(&folder, &trainer, &records, (recipe, &digest), best.as_deref())?;
        curves::write(output, &records)?;
    }
    let network = trainer.averaged();
    let best = best.map_or_else(|| weights(&network), Ok)?;
    let best = shipped(recipe, best, device)?;
    Ok(Fitted { network, best, records, normalisation })
}

/// The weights that a model in use needs.
fn shipped(
    recipe: &TrainingRecipe,
    weights: Vec<u8>,
    device: &burn::tensor::Device,
) -> Result<Vec<u8>, TrainingError> {
    if !recipe.network.is_in_training() {
        return Ok(weights);
    }
    let network = epoch::with_weights(recipe.network.init(device), weights)?.in_use();
    Ok(epoch::weights(&network)?)
}

/// Trains a model as [`fit`] does, keeps the best epoch and calibrates it; leaves it to the caller to save it.
///
/// # Errors
/// [`TrainingError`] names the file or the clip.
pub fn train(
    recipe: &TrainingRecipe,
    data: &TrainingData,
    output: &Path,
    device: &burn::tensor::Device,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Artifact, TrainingError> {
    let fitted = fit(recipe, data, output, device, progress)?;
    let artifact = assemble(recipe, data, fitted);
    let text = toml::to_string(recipe).map_err(|error| TrainingError::File {
        path: output.join("recipe.toml"),
        reason: error.to_string(),
    })?;
    checkpoint::write(&output.join("recipe.toml"), text.as_bytes())?;
    calibration::calibrated(artifact, &data.dev)
}

fn assemble(recipe: &TrainingRecipe, data: &TrainingData, fitted: Fitted) -> Artifact {
    let with_speech = || data.train.iter().filter(|example| example.is_speech != Some(false));
    let distinct = |key: &dyn Fn(&Example) -> String| {
        let mut names: Vec<String> = with_speech().map(key).collect();
        names.sort();
        names.dedup();
        names
    };
    let Fitted { best: weights, records, normalisation, .. } = fitted;
    let best = records
        .iter()
        .max_by(|a, b| a.dev_uar.total_cmp(&b.dev_uar).then(b.epoch.cmp(&a.epoch)))
        .map_or(0, |record| record.epoch);
    let manifest = Manifest {
        format: MANIFEST_FORMAT,
        name: data.name.clone(),
        description: recipe.description.clone(),
        licence: data.licence.clone(),
        recipe: recipe.features,
        input: recipe.input,
        labels: Emotion::ALL[..recipe.network.n_labels.min(Emotion::ALL.len())].to_vec(),
        weights_sha256: sha256_hex(&weights),
        segment: recipe.segment,
        network: recipe.network.in_use(),
        calibration: Calibration::default(),
        languages: BTreeMap::new(),
        scores: Vec::new(),
        training: Provenance {
            command: data.command.clone(),
            teacher: data.teacher.clone(),
            undertone: env!("CARGO_PKG_VERSION").into(),
            corpora: distinct(&|example| example.corpus.clone()),
            clips: with_speech().count(),
            speakers: distinct(&|example| example.speaker.clone()).len(),
            seed: recipe.seed,
            epochs: records.len(),
            best_epoch: best,
        },
        normalisation,
    };
    Artifact { manifest, weights, folder: None }
}
