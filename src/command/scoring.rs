//! A model that scores whole clips, for `evaluate` and `inspect`.

use crate::audio::recording::{Channel, Decoded, decode};
use crate::corpus::Clip;
use crate::emotion::Scores;
use crate::evaluation::clip::{clip_frames, clip_samples, clip_scores};
use crate::model::artifact::Artifact;
use crate::model::device::{self, BackendChoice};
use crate::model::{LstmClassifier, ModelError};
use anyhow::ensure;

/// A loaded model.
pub struct ClipScorer {
    classifier: LstmClassifier,
}

impl ClipScorer {
    /// Loads a model by name or folder; without one the default.
    ///
    /// # Errors
    /// No such model, a damaged one, no device.
    pub fn new(model: Option<&str>, backend: BackendChoice) -> anyhow::Result<Self> {
        let artifact: Artifact = super::installed::open(model)?;
        Ok(ClipScorer { classifier: device::start(&artifact, backend)? })
    }

    /// Probabilities of a clip's file.
    ///
    /// # Errors
    /// A clip that does not decode or is too short.
    pub fn score(&mut self, clip: &Clip) -> anyhow::Result<Scores> {
        self.score_decoded(&decode(&clip.path, Channel::Mix)?)
    }

    /// Probabilities of a decoded recording, as one clip.
    ///
    /// # Errors
    /// A recording that is too short.
    pub fn score_decoded(&mut self, decoded: &Decoded) -> anyhow::Result<Scores> {
        let manifest = self.classifier.manifest();
        let (recipe, input) = (manifest.recipe, manifest.input);
        let samples = clip_samples(&decoded.samples, decoded.sample_rate_hz, recipe, input)?;
        let frames = clip_frames(&samples, recipe, input);
        ensure!(
            !frames.is_empty(),
            "too short: {} samples of speech at {} Hz",
            samples.len(),
            recipe.sample_rate_hz()
        );
        Ok(clip_scores(&mut self.classifier, &frames).map_err(|error: ModelError| error)?)
    }
}
