//! A model for other programs: ONNX for ONNX Runtime and its like, safetensors for `PyTorch`.
//!
//! In: an [`Artifact`]. Out: the bytes of one file, the same ones each time. Keeps nothing. Both formats hold all
//! that lies between feature frames and probabilities: normalisation, network, calibration.

mod onnx;
mod safetensors;
mod tensors;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde_json::json;

use super::ModelError;
use super::artifact::{Artifact, InputForm, Manifest};
use super::classifier::load_network;
use super::device::Backend;

/// A format that other programs read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightsFormat {
    /// An ONNX graph (operator set 17). Inputs: `frames`, `[batch, n_frames, n_features]`, as they come from the
    /// recipe, and, where the network hears it, `baseline`, `[batch, 2 * n_features]`, all zeros when nothing is
    /// known of the callers. Outputs: `logits`, `[batch, n_outputs]`, and calibrated `probabilities`,
    /// `[batch, n_labels]`, in the order of the labels, which the graph's metadata names.
    Onnx,
    /// The same weights as tensors with the names and shapes of `PyTorch` layers; what else there is to know
    /// stands in the metadata under `undertone`, as JSON.
    Safetensors,
}

/// Why a model is not there for others.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// No such format.
    #[error("'{0}' is no format for a model; known are onnx and safetensors")]
    UnknownFormat(String),
    /// A model of whole clips.
    #[error(
        "model '{0}' takes the means of a whole clip's coefficients, not frames, and cannot be exported; choose a \
         model whose manifest says input = \"frames\""
    )]
    NoFrames(String),
    /// The weights do not fit.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The format cannot hold it.
    #[error("the model does not fit the format: {0}")]
    Format(String),
}

impl WeightsFormat {
    /// The name on the command line, which is the usual ending of such files too.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            WeightsFormat::Onnx => "onnx",
            WeightsFormat::Safetensors => "safetensors",
        }
    }

    /// The model as a file of this format.
    ///
    /// # Errors
    /// [`WeightsError::NoFrames`] for a model of [`InputForm::CoefficientMeans`]; weights that do not fit the
    /// manifest.
    pub fn file(self, artifact: &Artifact) -> Result<Vec<u8>, WeightsError> {
        let manifest = &artifact.manifest;
        if manifest.input != InputForm::Frames {
            return Err(WeightsError::NoFrames(manifest.name.clone()));
        }
        let network = load_network(artifact, &Backend::cpu().device)?;
        let tensors = tensors::all(&network, manifest);
        match self {
            WeightsFormat::Onnx => Ok(onnx::file(&tensors, manifest)),
            WeightsFormat::Safetensors => safetensors::file(&tensors, manifest),
        }
    }
}

impl fmt::Display for WeightsFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for WeightsFormat {
    type Err = WeightsError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        [WeightsFormat::Onnx, WeightsFormat::Safetensors]
            .into_iter()
            .find(|format| format.name() == name)
            .ok_or_else(|| WeightsError::UnknownFormat(name.to_owned()))
    }
}

/// What a user of the file has to know beside the numbers, by name.
fn facts(manifest: &Manifest) -> Vec<(&'static str, serde_json::Value)> {
    let calibration = &manifest.calibration;
    vec![
        ("name", json!(manifest.name)),
        ("description", json!(manifest.description)),
        ("labels", json!(manifest.labels)),
        ("recipe", json!(manifest.recipe)),
        ("segment", json!(manifest.segment)),
        ("uncertain_below", json!(calibration.uncertain_below)),
        ("group_from", json!(calibration.group_from)),
        ("speech_from", json!(calibration.speech_from)),
        ("network", json!(manifest.network)),
        ("weights_sha256", json!(manifest.weights_sha256)),
        ("undertone", json!(env!("CARGO_PKG_VERSION"))),
    ]
}
