//! The classifier: a segment of feature frames in, calibrated probabilities of the emotions out.
//!
//! [`artifact`] is a model on disk, `calibration` what makes probabilities of its answers
//! (of callers of a known language others than of strangers), [`network`] its layers in
//! burn ([`front`], [`lstm`]), [`cpu`] and [`gpu`] the same in kernels of our own, [`device`] the choice of GPU or CPU,
//! [`export`] the model for other programs. `prepared` brings segments into the form that the network takes,
//! [`LstmClassifier`] puts all together; between calls it keeps nothing but the weights: what is known of a caller's
//! voice, the [`Baseline`](hearing::classifier::Baseline), is kept by the pipeline and given with each segment.

pub mod artifact;
mod calibration;
pub mod classifier;
pub mod cpu;
pub mod device;
pub mod driver_panic;
pub mod export;
pub mod failover;
mod failover_worker;
pub mod front;
pub mod gpu;
pub mod lstm;
pub mod network;
pub mod prepared;

pub use classifier::LstmClassifier;

use hearing::classifier::ClassifierError;
use std::path::PathBuf;

/// What can be wrong with a model or its device.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A file of the model cannot be read.
    #[error(
        "cannot read {path}: {source}; give the folder of a model, as `undertone models` lists them"
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file of the model cannot be written.
    #[error("cannot write {path}: {source}; check the folder's permissions and free space")]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The manifest says something that cannot be.
    #[error("{path} is not a usable model manifest: {what}")]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The weights are not those that the manifest describes.
    #[error("{path} is damaged: {reason}; copy or train the model again")]
    CorruptWeights {
        /// The weights.
        path: PathBuf,
        /// How it shows.
        reason: String,
    },
    /// The model wants other features than its user makes.
    #[error(
        "model '{model}' needs {needed}, but {given} was given; choose another model with --model"
    )]
    OtherRecipe {
        /// The model's name.
        model: String,
        /// What it was trained on.
        needed: String,
        /// What there is.
        given: String,
    },
    /// The GPU was demanded and there is none.
    #[error("no usable GPU: {reason}; use --backend auto or --backend cpu")]
    NoGpu {
        /// Why.
        reason: String,
    },
    /// It gives no answer.
    #[error(transparent)]
    Classifier(#[from] ClassifierError),
}

impl ModelError {
    /// A device that failed while it computed.
    #[must_use]
    pub fn device(device: &str, reason: String) -> Self {
        ClassifierError::Device { device: device.to_owned(), reason }.into()
    }
}
