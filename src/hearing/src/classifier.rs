//! What reads an emotion in a segment, as the pipeline sees it: the interface, without any network.
//!
//! In: [`Spoken`], frames of a caller and what is known of the voice. Out: an [`Answer`]. The crate `model` has the
//! LSTM that the product uses; the pipeline's tests have classifiers with known answers.

mod baseline;

pub use baseline::Baseline;

use crate::emotion::Scores;
use serde::{Deserialize, Serialize};

/// Segments that are read together at the price of a few: the kernels on the CPU are made for so many.
pub const SEGMENTS_AT_ONCE: usize = 6;

/// Why a classifier gives no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClassifierError {
    /// A segment of the wrong size.
    #[error("a segment of {given} values is no whole number of steps of {step} values")]
    SegmentSize {
        /// Values in the segment.
        given: usize,
        /// Values in a step.
        step: usize,
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

/// Fixed normalisation: a frame's coefficient `x` becomes `(x - mean) / deviation`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalisation {
    /// Mean of each coefficient over the training frames.
    pub mean: Vec<f32>,
    /// Standard deviation of each coefficient over the training frames.
    pub deviation: Vec<f32>,
}

/// What a caller said lately.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spoken<'a> {
    /// Row-major `[n_frames, n_features]`, oldest frame first.
    pub frames: &'a [f32],
    /// What is known of the caller's voice.
    pub baseline: &'a Baseline,
}

/// What a classifier says about a segment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// Calibrated probabilities of the emotions, if it is speech.
    pub scores: Scores,
    /// What passed the gate there.
    pub sound: Sound,
}

impl Answer {
    /// Whether it is speech.
    #[must_use]
    pub fn is_speech(&self) -> bool {
        self.sound == Sound::Speech
    }
}

/// What a sound is that passed the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    /// Speech.
    Speech,
    /// Speech or something else: nobody can say.
    Doubtful,
    /// Rather noise, music or a tone.
    Other,
}

/// Whatever gives probabilities for a segment: the LSTM, or a known answer in the pipeline's tests.
pub trait Classifier {
    /// The answer for a segment, row-major `[n_frames, n_features]`, oldest frame first, by a caller of whose
    /// voice `baseline` is known.
    ///
    /// # Errors
    /// [`ClassifierError::SegmentSize`] for a segment shorter than one step; [`ClassifierError::Device`] when the
    /// device fails.
    fn classify(&mut self, segment: &[f32], baseline: &Baseline)
    -> Result<Answer, ClassifierError>;

    /// Appends the answers for what several callers said, in their order: at once, where that costs less.
    ///
    /// # Errors
    /// As [`Classifier::classify`], for one of those that fail; then nothing is appended.
    fn classify_all(
        &mut self,
        spoken: &[Spoken<'_>],
        answers: &mut Vec<Answer>,
    ) -> Result<(), ClassifierError> {
        let all = spoken.iter().map(|spoken| self.classify(spoken.frames, spoken.baseline));
        answers.extend(all.collect::<Result<Vec<_>, _>>()?);
        Ok(())
    }
}
