//! Training: labelled clips in, a model artifact out.
//!
//! [`recipe`] holds every choice, [`example`] turns clips into frames, [`batch`] cuts them into batches,
//! [`epoch`] runs the optimiser, [`checkpoint`] lets an interrupted run go on, [`curves`] shows how it went.
//! [`train`] composes them. The best epoch by UAR on the dev clips is kept.

pub mod batch;
pub mod checkpoint;
pub mod curves;
pub mod epoch;
pub mod example;
pub mod recipe;

use crate::emotion::Emotion;
use crate::evaluation::{Prediction, Report};
use crate::model::ModelError;
use crate::model::artifact::{
    Artifact, Calibration, InputForm, MANIFEST_FORMAT, Manifest, Normalisation, Provenance,
    sha256_hex,
};
use checkpoint::Checkpoint;
use curves::EpochRecord;
use epoch::Trainer;
use example::Example;
use recipe::TrainingRecipe;
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
        let mut text = String::new();
        for (side, examples) in [("train", &self.train), ("dev", &self.dev)] {
            for example in examples {
                let clean = &example.hearings[0];
                let sum: f64 = clean.iter().map(|value| f64::from(*value)).sum();
                let (speaker, n) = (&example.speaker, clean.len());
                text +=
                    &[side, speaker, example.emotion.label(), &format!("{n} {sum:e}\n")].join(" ");
            }
        }
        sha256_hex(text.as_bytes())
    }
}

/// Trains a model, or goes on with the run whose checkpoint lies in `output`; writes checkpoints, recipe and
/// curves there, and leaves it to the caller to save the model.
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
    let normalisation = match recipe.input {
        InputForm::Frames => example::normalisation(&data.train, recipe.network.n_features),
        InputForm::CoefficientMeans => Normalisation::default(),
    };
    let labels = Emotion::ALL[..recipe.network.n_labels].to_vec();
    let folder = output.join("checkpoint");
    let digest = data.digest();
    let (mut trainer, mut records) = match Checkpoint::load(&folder, recipe, &digest, device)? {
        Some(checkpoint) => {
            progress(Progress::Resumed(checkpoint.records.len()));
            (checkpoint.trainer, checkpoint.records)
        }
        None => (Trainer::new(recipe, device), Vec::new()),
    };
    let mut best: Option<Vec<u8>> = checkpoint::best_weights(&folder)?;
    for number in records.len()..recipe.epochs {
        let record = trainer.epoch(number, recipe, data, &normalisation, &labels, progress)?;
        if records.iter().all(|earlier: &EpochRecord| record.dev_uar > earlier.dev_uar) {
            best = Some(trainer.weights()?);
        }
        progress(Progress::Epoch(&record));
        records.push(record);
        checkpoint::save(&folder, &trainer, &records, (recipe, &digest), best.as_deref())?;
        curves::write(output, &records)?;
    }
    let weights = best.unwrap_or(trainer.weights()?);
    let artifact = assemble(recipe, data, normalisation, labels, &records, weights);
    let text = toml::to_string(recipe).map_err(|error| TrainingError::File {
        path: output.join("recipe.toml"),
        reason: error.to_string(),
    })?;
    checkpoint::write(&output.join("recipe.toml"), text.as_bytes())?;
    calibrated(artifact, &data.dev)
}

fn assemble(
    recipe: &TrainingRecipe,
    data: &TrainingData,
    normalisation: Normalisation,
    labels: Vec<Emotion>,
    records: &[EpochRecord],
    weights: Vec<u8>,
) -> Artifact {
    let distinct = |key: &dyn Fn(&Example) -> String| {
        let mut names: Vec<String> = data.train.iter().map(key).collect();
        names.sort();
        names.dedup();
        names
    };
    let best = records
        .iter()
        .max_by(|a, b| a.dev_uar.total_cmp(&b.dev_uar).then(b.epoch.cmp(&a.epoch)))
        .map_or(0, |record| record.epoch);
    let manifest = Manifest {
        format: MANIFEST_FORMAT,
        name: data.name.clone(),
        description: recipe.description.clone(),
        recipe: recipe.features,
        input: recipe.input,
        labels,
        weights_sha256: sha256_hex(&weights),
        segment: recipe.segment,
        network: recipe.network.clone(),
        calibration: Calibration { temperature: 1.0, uncertain_below: 0.0 },
        scores: Vec::new(),
        training: Provenance {
            command: data.command.clone(),
            undertone: env!("CARGO_PKG_VERSION").into(),
            corpora: distinct(&|example| example.corpus.clone()),
            clips: data.train.len(),
            speakers: distinct(&|example| example.speaker.clone()).len(),
            seed: recipe.seed,
            epochs: records.len(),
            best_epoch: best,
        },
        normalisation,
    };
    Artifact { manifest, weights, folder: None }
}

/// Fits the temperature and the reject threshold on the dev clips.
///
/// The temperature minimises the negative log likelihood (Guo et al., 2017). The threshold is the lowest
/// at which answers that are shown are right in [`SHOWN_RIGHT`] of cases, or the one that shows 60 % of
/// them where that cannot be had.
fn calibrated(mut artifact: Artifact, dev: &[Example]) -> Result<Artifact, TrainingError> {
    let backend = crate::model::device::Backend::cpu();
    let mut temperatures: Vec<f32> =
        (0..=40_u8).map(|step| 0.5 * 1.05_f32.powi(step.into())).collect();
    temperatures.push(1.0);
    let predictions_at = |artifact: &Artifact| -> Result<Vec<Prediction>, TrainingError> {
        let mut classifier = crate::model::LstmClassifier::new(artifact, backend.clone())?;
        dev.iter().map(|example| epoch::predict(&mut classifier, example)).collect()
    };
    let plain = predictions_at(&artifact)?;
    let cooled = |temperature: f32| -> Vec<Prediction> {
        plain.iter().map(|prediction| prediction.at_temperature(temperature)).collect()
    };
    let loss = |temperature: f32| -> f64 {
        cooled(temperature)
            .iter()
            .map(|prediction| -f64::from(prediction.scores.of(prediction.truth).max(1e-9).ln()))
            .sum()
    };
    temperatures.sort_by(f32::total_cmp);
    let best = temperatures.iter().copied().min_by(|a, b| loss(*a).total_cmp(&loss(*b)));
    let temperature = best.unwrap_or(1.0);
    artifact.manifest.calibration =
        Calibration { temperature, uncertain_below: reject_threshold(&cooled(temperature)) };
    Ok(artifact)
}

/// The share of shown answers that shall be right.
const SHOWN_RIGHT: f32 = 0.7;
/// Least share of answers that are shown all the same.
const LEAST_SHOWN: usize = 60;

fn reject_threshold(predictions: &[Prediction]) -> f32 {
    let mut answers: Vec<(f32, bool)> = predictions
        .iter()
        .map(|prediction| {
            let (emotion, certainty) = prediction.scores.top();
            (certainty, emotion == prediction.truth)
        })
        .collect();
    answers.sort_by(|a, b| b.0.total_cmp(&a.0));
    let least = answers.len() * LEAST_SHOWN / 100;
    let mut right = 0;
    let mut threshold = answers.get(least).map_or(0.0, |answer| answer.0);
    for (shown, (certainty, is_right)) in answers.iter().enumerate() {
        right += usize::from(*is_right);
        #[expect(clippy::cast_precision_loss, reason = "counts of clips")]
        let accuracy = right as f32 / (shown + 1) as f32;
        if shown >= least && accuracy >= SHOWN_RIGHT {
            threshold = *certainty;
        }
    }
    threshold
}

/// The report on dev or test predictions of a trained classifier.
///
/// # Errors
/// As the classifier's.
pub fn report(
    classifier: &mut crate::model::LstmClassifier,
    examples: &[Example],
) -> Result<Report, TrainingError> {
    let predictions = examples
        .iter()
        .map(|example| epoch::predict(classifier, example))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Report::new(&predictions))
}
