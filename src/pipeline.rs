//! The composition: blocks of a caller's samples in, [`Update`]s out. No thread, no I/O, no clock.
//!
//! One second of sound goes through it like this:
//!
//! ```text
//! block (source's rate) -> Resampler -> 8 kHz -> Level
//!                                         |---> Extractor  -> frames, one each 10 ms
//!                                         '---> SpeechGate -> speech or not, each 16 ms
//! frames of speech -> segment (the newest 1.2 to 3 s) -> Classifier, every hop -> Smoother -> Reading
//! all frames -> Prosody (the last 6 s, against all before), every second of speech -> Facts
//! what follows from all of it -> Alerter -> Alert, where they are wanted
//! ```
//!
//! The operator's side, where it is heard, goes through the gate alone: what of it is heard on a caller's side
//! (an echo) is no speech of the caller.
//!
//! Of several callers each has its own moment in a hop at which readings are due, so that the work is even.
//!
//! Any split of the same audio into blocks gives the same updates in the same order, but for the levels, which
//! are told at once while the rest waits for the gate. Between calls a caller keeps the last
//! segment, the smoothed scores and the samples that did not yet fill a frame.

mod alarm;
mod caller;
mod explainer;
mod leak;
mod meter;
mod operator;
#[cfg(test)]
mod tests;
mod update;
mod utterance;

use crate::alert::AlertSettings;
use crate::features::recipe::Recipe;
use crate::model::{Classifier, ModelError};
use crate::resample::ResampleError;
use crate::stream_time::{STREAM_RATE_HZ, StreamTime};
use caller::{Caller, Judges};
use operator::Operator;
use serde::{Deserialize, Serialize};
pub use update::{Event, Gap, LEVEL_INTERVAL, Level, Muted, Update};

/// Settings of the pipeline, a part of the configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PipelineSettings {
    /// Step between two readings.
    pub hop_ms: u32,
    /// Least speech for a reading.
    pub min_speech_ms: u32,
    /// Most speech that a reading looks back on.
    pub segment_ms: u32,
    /// A longer pause begins a new utterance: what was said before no longer counts.
    pub pause_ms: u32,
    /// Time constant of the smoothing; 0 for none.
    pub smoothing_ms: u32,
}

impl Default for PipelineSettings {
    fn default() -> Self {
        PipelineSettings {
            hop_ms: 250,
            min_speech_ms: 1200,
            segment_ms: 3000,
            pause_ms: 1500,
            smoothing_ms: 750,
        }
    }
}

/// What stops a pipeline.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The classifier failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A source's rate cannot be brought to the stream's.
    #[error(transparent)]
    Resample(#[from] ResampleError),
    /// The feature recipe cannot follow a stream.
    #[error(transparent)]
    Features(#[from] crate::features::FeatureError),
}

/// Callers with one classifier for all of them.
pub struct Pipeline<C> {
    callers: Vec<Caller>,
    operator: Option<Operator>,
    classifier: C,
}

impl<C: Classifier> Pipeline<C> {
    /// A pipeline for callers whose sources deliver at `source_rates_hz`.
    ///
    /// `uncertain_below` is the model's reject threshold, `recipe` what the model was trained on.
    ///
    /// # Errors
    /// A rate that cannot be resampled, or a recipe that needs whole clips.
    pub fn new(
        settings: &PipelineSettings,
        recipe: Recipe,
        uncertain_below: f32,
        source_rates_hz: &[u32],
        classifier: C,
    ) -> Result<Self, PipelineError> {
        let callers = source_rates_hz
            .iter()
            .enumerate()
            .map(|(index, &rate)| {
                let place = (index, source_rates_hz.len());
                Caller::new(place, settings, recipe, uncertain_below, rate)
            })
            .collect::<Result<_, _>>()?;
        Ok(Pipeline { callers, operator: None, classifier })
    }

    /// Hears the operator too, whose source delivers at this rate. What the operator says may come so much later
    /// than what the callers say at the same time: zero for two channels of a recording.
    ///
    /// # Errors
    /// A rate that cannot be resampled.
    pub fn with_operator(
        mut self,
        source_rate_hz: u32,
        lag: StreamTime,
    ) -> Result<Self, PipelineError> {
        self.operator = Some(Operator::new(source_rate_hz, lag)?);
        for caller in &mut self.callers {
            caller.expect_operator(lag);
        }
        Ok(self)
    }

    /// The time `t` of a caller is the time `t + offset` of the operator, in samples of the stream: two devices
    /// do not begin at once. Zero at first.
    pub fn align_operator(&mut self, caller: usize, offset: i64) {
        self.callers[caller].align_operator(offset);
    }

    /// Holds a caller's readings and facts back, or lets them come: while they are held nothing of the caller's
    /// meets the classifier.
    pub fn hold(&mut self, caller: usize, hold: bool) {
        self.callers[caller].hold(hold);
    }

    /// A call is over, or another begins: what was said before counts no more, and nothing is known of the next
    /// voice. The audio goes on.
    pub fn hang_up(&mut self, caller: usize, updates: &mut Vec<Update>) {
        self.callers[caller].hang_up(updates);
    }

    /// Gives alerts by these rules, for each caller.
    #[must_use]
    pub fn with_alerts(mut self, settings: &AlertSettings) -> Self {
        self.callers.iter_mut().for_each(|caller| caller.with_alerts(settings));
        self
    }

    /// Takes the operator's next samples, before the callers' of the same time. Without
    /// [`Pipeline::with_operator`] nothing happens.
    pub fn push_operator(&mut self, samples: &[f32]) {
        if let Some(operator) = &mut self.operator {
            operator.push(samples);
        }
    }

    /// So many samples of the operator were lost.
    pub fn gap_operator(&mut self, lost_samples: u64) {
        if let Some(operator) = &mut self.operator {
            operator.gap(lost_samples);
        }
    }

    /// The operator's recording was moved to `to_sample`.
    pub fn seek_operator(&mut self, to_sample: u64) {
        if let Some(operator) = &mut self.operator {
            operator.move_to(to_sample);
        }
    }

    /// What reads the emotions.
    pub fn classifier(&mut self) -> &mut C {
        &mut self.classifier
    }

    /// What reads the emotions, for another pipeline.
    #[must_use]
    pub fn into_classifier(self) -> C {
        self.classifier
    }

    fn parts(&mut self, caller: usize) -> (&mut Caller, Judges<'_>)
    where
        C: Classifier,
    {
        let judges = Judges { classifier: &mut self.classifier, operator: self.operator.as_ref() };
        (&mut self.callers[caller], judges)
    }

    /// Takes a caller's next samples and appends what follows from them.
    ///
    /// # Errors
    /// [`PipelineError::Model`] when the classifier fails.
    pub fn push(
        &mut self,
        caller: usize,
        samples: &[f32],
        updates: &mut Vec<Update>,
    ) -> Result<(), PipelineError> {
        let (caller, mut judges) = self.parts(caller);
        caller.push(samples, &mut judges, updates)
    }

    /// So many samples of a caller were lost: the next ones do not join on to those before.
    ///
    /// # Errors
    /// As [`Pipeline::push`], for what was heard before the gap.
    pub fn gap(
        &mut self,
        caller: usize,
        lost_samples: u64,
        updates: &mut Vec<Update>,
    ) -> Result<(), PipelineError> {
        let (caller, mut judges) = self.parts(caller);
        caller.gap(lost_samples, &mut judges, updates)
    }

    /// For so many samples nobody was allowed to hear a caller. What was said before is brought to its end and
    /// forgotten, as at a gap, but nothing counts as lost.
    ///
    /// # Errors
    /// As [`Pipeline::push`], for what was heard before.
    pub fn muted(
        &mut self,
        caller: usize,
        samples: u64,
        updates: &mut Vec<Update>,
    ) -> Result<(), PipelineError> {
        let (caller, mut judges) = self.parts(caller);
        caller.muted(samples, &mut judges, updates)
    }

    /// The audio of a caller waits, or does so no longer. In a hurry no reading is made, which is nearly all of
    /// the work; those that were due are counted. When it is over the newest segment is read at once, after
    /// [`Event::Skipped`]. A recording never hurries anybody: its readings depend on nothing but its samples.
    ///
    /// # Errors
    /// As [`Pipeline::push`].
    pub fn hurry(
        &mut self,
        caller: usize,
        is_hurried: bool,
        updates: &mut Vec<Update>,
    ) -> Result<(), PipelineError> {
        let (caller, judges) = self.parts(caller);
        caller.hurry(is_hurried, judges.classifier, updates)
    }

    /// The caller's recording was moved to `to`.
    ///
    /// # Errors
    /// As [`Pipeline::push`], for what was heard before.
    pub fn seek(
        &mut self,
        caller: usize,
        to_sample: u64,
        updates: &mut Vec<Update>,
    ) -> Result<(), PipelineError> {
        let (caller, mut judges) = self.parts(caller);
        caller.seek(to_sample, &mut judges, updates)
    }

    /// The source is at its end: what is still under way comes out.
    ///
    /// # Errors
    /// As [`Pipeline::push`].
    pub fn finish(
        &mut self,
        caller: usize,
        updates: &mut Vec<Update>,
    ) -> Result<(), PipelineError> {
        let (caller, mut judges) = self.parts(caller);
        caller.flush(&mut judges, updates)
    }

    /// How far a caller's audio has come.
    #[must_use]
    pub fn position(&self, caller: usize) -> StreamTime {
        self.callers[caller].position()
    }
}

/// A position at a source's rate as a position in the stream, rounded down.
#[must_use]
pub fn stream_position(samples: u64, rate_hz: u32) -> StreamTime {
    let scaled = u128::from(samples) * u128::from(STREAM_RATE_HZ) / u128::from(rate_hz.max(1));
    StreamTime(u64::try_from(scaled).unwrap_or(u64::MAX))
}

/// A position in the stream as a position at a source's rate, rounded down.
#[must_use]
pub fn source_position(at: StreamTime, rate_hz: u32) -> u64 {
    let scaled = u128::from(at.0) * u128::from(rate_hz) / u128::from(STREAM_RATE_HZ);
    u64::try_from(scaled).unwrap_or(u64::MAX)
}
