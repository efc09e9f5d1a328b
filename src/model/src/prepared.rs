//! Segments as the network takes them: whole steps of normalised frames, and what is known of each caller.
//!
//! In: what callers said. Out: [`Segment`]s. Keeps the numbers of the present ones, to be reused for the next.

use super::artifact::{InputForm, Manifest};
use super::cpu::Segment;
use hearing::classifier::{ClassifierError, Spoken};
use std::ops::Range;

/// Some segments.
#[derive(Default)]
pub(super) struct Prepared {
    steps: Vec<f32>,
    known: Vec<f32>,
    /// Where each segment's steps and what is known of its caller stand.
    places: Vec<(Range<usize>, Range<usize>)>,
}

impl Prepared {
    /// Takes other segments: the newest whole steps of each, normalised.
    pub(super) fn take(
        &mut self,
        manifest: &Manifest,
        spoken: &[Spoken<'_>],
    ) -> Result<(), ClassifierError> {
        self.steps.clear();
        self.known.clear();
        self.places.clear();
        spoken.iter().try_for_each(|spoken| self.add(manifest, spoken))
    }

    fn add(&mut self, manifest: &Manifest, spoken: &Spoken<'_>) -> Result<(), ClassifierError> {
        let network = &manifest.network;
        let given = spoken.frames.len();
        let step = network.n_inputs();
        let too_short = network.lstm_steps(given / network.n_features) == 0;
        if too_short || !given.is_multiple_of(network.n_features) {
            return Err(ClassifierError::SegmentSize { given, step });
        }
        let (steps_from, known_from) = (self.steps.len(), self.known.len());
        if manifest.input == InputForm::CoefficientMeans {
            self.steps.extend_from_slice(spoken.frames);
        } else {
            let normalisation = &manifest.normalisation;
            for frame in spoken.frames[given % step..].chunks_exact(network.n_features) {
                let values = frame.iter().zip(&normalisation.mean).zip(&normalisation.deviation);
                self.steps
                    .extend(values.map(|((value, mean), deviation)| (value - mean) / deviation));
            }
        }
        if network.hears_baseline {
            spoken.baseline.append(&manifest.normalisation, &mut self.known);
        }
        if network.hears_mean {
            append_mean(&self.steps[steps_from..], network.n_features, &mut self.known);
        }
        self.places.push((steps_from..self.steps.len(), known_from..self.known.len()));
        Ok(())
    }

    /// The segments, in the order in which they were added.
    pub(super) fn segments(&self) -> Vec<Segment<'_>> {
        let segment = |(steps, known): &(Range<usize>, Range<usize>)| Segment {
            steps: &self.steps[steps.clone()],
            known: &self.known[known.clone()],
        };
        self.places.iter().map(segment).collect()
    }
}

/// Appends the mean of normalised frames, row-major `[n_frames, n_features]`; zeros of no frames.
pub fn append_mean(frames: &[f32], n_features: usize, values: &mut Vec<f32>) {
    let start = values.len();
    values.resize(start + n_features, 0.0);
    #[expect(clippy::cast_precision_loss, reason = "frames of a segment")]
    let share = 1.0 / (frames.len() / n_features).max(1) as f32;
    for frame in frames.chunks_exact(n_features) {
        for (mean, value) in values[start..].iter_mut().zip(frame) {
            *mean += share * value;
        }
    }
}
