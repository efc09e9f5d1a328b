//! Which frames of features are speech: the one place where that is decided, for calls and for training.
//!
//! In: samples at the stream's rate. Out: frames, each with the gate's decision about it, once there is one; or all
//! utterances of a clip ([`utterances`]). Keeps the frames that wait for the gate, and the decisions that frames still
//! need; [`GatedFrames::reset`] forgets all.

use super::{CHUNK_LEN, Chunk, SpeechGate};
use crate::features::{Extractor, FeatureError, Recipe};
use resample::ResampleError;
use std::collections::VecDeque;

/// A frame goes by the gate's decision of so many chunks (32 ms) before its middle, so that no reading waits
/// for the gate. The gate opens late and closes later still, so nothing of a word is lost by it.
const DECISION_LAG: usize = 2;

/// The number of the decision that a frame with its middle at `sample` goes by; none at the very beginning.
fn decision_of(sample: usize) -> Option<usize> {
    (sample / CHUNK_LEN).checked_sub(DECISION_LAG)
}

/// Why frames cannot be cut.
#[derive(Debug, thiserror::Error)]
pub enum GatedFramesError {
    /// The feature recipe cannot follow a stream.
    #[error(transparent)]
    Features(#[from] FeatureError),
    /// The gate's detector cannot be given its rate.
    #[error(transparent)]
    Resample(#[from] ResampleError),
}

/// Frames that belong together, with the pauses between them left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Utterance {
    /// `[n_frames, n_features]`.
    pub frames: Vec<f32>,
    /// Samples of the clip up to each frame's end.
    pub ends: Vec<u64>,
}

/// The frames of a clip that a call would hear as speech, utterance by utterance, oldest first.
/// A pause of more than `pause_frames` frames ends an utterance.
///
/// `samples` are all of an unbroken stretch of audio at the recipe's rate. The gate opens late, so what comes before the
/// first word should be in them.
///
/// # Errors
/// A recipe that needs whole clips; a gate that cannot be set up.
pub fn utterances(
    recipe: Recipe,
    samples: &[f32],
    pause_frames: usize,
) -> Result<Vec<Utterance>, GatedFramesError> {
    let mut frames = GatedFrames::new(recipe)?;
    frames.push(samples);
    frames.finish();
    let mut utterances: Vec<Utterance> = Vec::new();
    let (mut frame, mut n_pause) = (Vec::new(), 0);
    while let Some(decided) = frames.next(&mut frame) {
        if !decided.heard.is_speech {
            n_pause += 1;
            continue;
        }
        if utterances.is_empty() || n_pause > pause_frames {
            utterances.push(Utterance::default());
        }
        n_pause = 0;
        if let Some(utterance) = utterances.last_mut() {
            utterance.frames.extend_from_slice(&frame);
            utterance.ends.push(decided.end);
        }
    }
    Ok(utterances)
}

/// Frames of one unbroken stretch of audio.
pub struct GatedFrames {
    recipe: Recipe,
    extractor: Extractor,
    gate: SpeechGate,
    /// Frames that were not handed on.
    waiting: VecDeque<f32>,
    /// How many were.
    n_taken: usize,
    /// The gate's chunks that frames still need, and the number of the first of them.
    chunks: Vec<Chunk>,
    first_chunk: usize,
    /// Reused: what the extractor just gave.
    new: Vec<f32>,
}

/// A frame without its coefficients.
#[derive(Clone, Copy, Debug)]
pub struct Decided {
    /// Counted from 1.
    pub number: usize,
    /// Samples of the stretch up to the frame's end.
    pub end: u64,
    /// What the gate says of the chunk that the frame goes by: whether it is speech, and how loud it is.
    pub heard: Chunk,
}

impl GatedFrames {
    /// A stretch at its beginning.
    ///
    /// # Errors
    /// A recipe that needs whole clips; a gate that cannot be set up.
    pub fn new(recipe: Recipe) -> Result<Self, GatedFramesError> {
        Ok(GatedFrames {
            recipe,
            extractor: Extractor::new(recipe)?,
            gate: SpeechGate::new(recipe)?,
            waiting: VecDeque::new(),
            n_taken: 0,
            chunks: Vec::new(),
            first_chunk: 0,
            new: Vec::new(),
        })
    }

    /// Takes the next samples.
    pub fn push(&mut self, samples: &[f32]) {
        self.new.clear();
        self.extractor.push(samples, &mut self.new);
        self.waiting.extend(&self.new);
        self.gate.push(samples, &mut self.chunks);
    }

    /// Nothing more comes in this stretch: the gate decides on all that came.
    pub fn finish(&mut self) {
        self.gate.finish(&mut self.chunks);
    }

    /// Brings the coefficients of the next frame that the gate has decided on to `frame`.
    pub fn next(&mut self, frame: &mut Vec<f32>) -> Option<Decided> {
        let needed = decision_of(self.middle_of(self.n_taken)).unwrap_or(0);
        let done = (needed - self.first_chunk).min(self.chunks.len());
        self.chunks.drain(..done);
        self.first_chunk += done;
        let n_features = self.recipe.n_features();
        if self.waiting.len() < n_features {
            return None;
        }
        let decided = self.decided(self.n_taken)?;
        frame.clear();
        frame.extend(self.waiting.drain(..n_features));
        self.n_taken += 1;
        Some(decided)
    }

    /// Samples of the stretch up to the end of the frame that is next, whether decided on or not.
    #[must_use]
    pub fn next_end(&self) -> u64 {
        self.end_of(self.n_taken)
    }

    /// So many frames wait, whether decided on or not.
    #[must_use]
    pub fn n_waiting(&self) -> usize {
        self.waiting.len() / self.recipe.n_features()
    }

    /// The frames that [`GatedFrames::next`] will give, with their coefficients.
    pub fn coming(&mut self) -> impl Iterator<Item = (Decided, &[f32])> {
        self.waiting.make_contiguous();
        let (frames, _) = self.waiting.as_slices();
        let frames = (self.n_taken..).zip(frames.chunks_exact(self.recipe.n_features()));
        frames.map_while(|(index, values)| Some((self.decided(index)?, values)))
    }

    /// The next samples begin another stretch.
    pub fn reset(&mut self) {
        self.extractor.reset();
        self.gate.reset();
        self.waiting.clear();
        self.n_taken = 0;
        self.chunks.clear();
        self.first_chunk = 0;
    }

    fn middle_of(&self, index: usize) -> usize {
        index * self.recipe.hop_len() + self.recipe.taper_len() / 2
    }

    fn end_of(&self, index: usize) -> u64 {
        (index * self.recipe.hop_len() + self.recipe.taper_len()) as u64
    }

    /// What is said of a frame that was not taken, the stretch's first being 0; none where the gate has not decided.
    fn decided(&self, index: usize) -> Option<Decided> {
        let heard = match decision_of(self.middle_of(index)) {
            None => Chunk { is_speech: false, power: 0.0 },
            Some(chunk) => *self.chunks.get(chunk - self.first_chunk)?,
        };
        Some(Decided { number: index + 1, end: self.end_of(index), heard })
    }
}
