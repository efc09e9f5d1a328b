//! The classifier: a segment of feature frames in, calibrated probabilities of the emotions out.
//!
//! [`artifact`] is a model on disk, `calibration` what makes probabilities of its answers
//! (of callers of a known language others than of strangers), [`network`] its layers in
//! burn ([`front`], [`lstm`]), [`cpu`] and [`gpu`] the same in kernels of our own, [`device`] the choice of GPU or CPU,
//! [`export`] the model for other programs. `prepared` brings segments into the form that the network takes,
//! [`LstmClassifier`] puts all together; between calls it keeps nothing but the weights: what is known of a caller's
//! voice, the [`Baseline`], is kept by the pipeline and given with each segment.

pub mod artifact;
pub mod baseline;
mod calibration;
pub mod classifier;
pub mod cpu;
pub mod device;
pub mod export;
pub mod front;
pub mod gpu;
pub mod lstm;
pub mod network;
pub(crate) mod prepared;

pub use baseline::Baseline;
pub use classifier::{Answer, Classifier, LstmClassifier};
pub use prepared::Spoken;

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
    /// A segment of the wrong size.
    #[error("a segment of {given} values is no whole number of steps of {step} values")]
    SegmentSize {
        /// Values in the segment.
        given: usize,
        /// Values in a step.
        step: usize,
    },
    /// The GPU was demanded and there is none.
    #[error("no usable GPU: {reason}; use --backend auto or --backend cpu")]
    NoGpu {
        /// Why.
        reason: String,
    },
    /// The device failed while computing.
    #[error("the {device} failed while classifying: {reason}")]
    Device {
        /// Its description.
        device: String,
        /// What it said.
        reason: String,
    },
}
