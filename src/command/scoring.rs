//! A model that scores whole clips, for `evaluate` and `inspect`.

use crate::audio::recording::{Channel, Decoded, decode};
use crate::corpus::Clip;
use crate::emotion::Scores;
use crate::evaluation::clip::{clip_frames, clip_samples, clip_scores};
use crate::model::artifact::Artifact;
use crate::model::device::{self, Backend, BackendChoice};
use crate::model::{Baseline, LstmClassifier, ModelError};
use anyhow::{Context, ensure};

/// A model that is loaded when the first clip is scored: a listing of features needs none.
pub struct ClipScorer {
    model: Option<String>,
    backend: BackendChoice,
    classifier: Option<LstmClassifier>,
}

impl ClipScorer {
    /// A model by name or folder; without one the default.
    #[must_use]
    pub fn new(model: Option<String>, backend: BackendChoice) -> Self {
        ClipScorer { model, backend, classifier: None }
    }

    /// A model that was just trained, on the CPU.
    ///
    /// # Errors
    /// Weights that do not fit its manifest.
    pub fn of(artifact: &Artifact) -> anyhow::Result<Self> {
        let classifier = LstmClassifier::new(artifact, Backend::cpu())?;
        Ok(ClipScorer { model: None, backend: BackendChoice::Cpu, classifier: Some(classifier) })
    }

    fn classifier(&mut self) -> anyhow::Result<&mut LstmClassifier> {
        if self.classifier.is_none() {
            let artifact: Artifact = super::installed::open(self.model.as_deref())?;
            self.classifier = Some(device::start(&artifact, self.backend)?);
        }
        self.classifier.as_mut().context("the model was just loaded")
    }

    /// Probabilities of a clip's file.
    ///
    /// # Errors
    /// No such model, a damaged one, no device; a clip that does not decode or is too short.
    pub fn score(&mut self, clip: &Clip) -> anyhow::Result<Scores> {
        self.score_decoded(&decode(&clip.path, Channel::Mix)?)
    }

    /// Probabilities of a decoded recording, as one clip.
    ///
    /// # Errors
    /// No such model, a damaged one, no device; a recording that is too short.
    pub fn score_decoded(&mut self, decoded: &Decoded) -> anyhow::Result<Scores> {
        let classifier = self.classifier()?;
        let manifest = classifier.manifest();
        let (recipe, input) = (manifest.recipe, manifest.input);
        let samples = clip_samples(&decoded.samples, decoded.sample_rate_hz, recipe, input)?;
        let frames = clip_frames(&samples, recipe, input);
        ensure!(
            !frames.is_empty(),
            "too short: {} samples of speech at {} Hz",
            samples.len(),
            recipe.sample_rate_hz()
        );
        Ok(clip_scores(classifier, &frames, &Baseline::default())
            .map_err(|error: ModelError| error)?)
    }
}
