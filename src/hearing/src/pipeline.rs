//! The composition: blocks of a caller's samples in, [`Fact`]s out. No thread, no I/O, no clock.
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
//! (an echo) is no speech of the caller. No frame goes on before it is known whose voice it is, 0.15 s after it was heard
//! or, of live devices, when the operator's audio of that time is there.
//!
//! Of several callers each has its own moment in a hop at which readings are due, so that the work is even. What is
//! due at the same time is read at once, and on as many threads as the pipeline is given. Of much audio at once the
//! readings to come are guessed (`foresight`) and made together with the one that is due.
//!
//! Any split of the same audio into blocks gives the same updates in the same order, but for the levels, which
//! are told at once while the rest waits for the gate. Between calls a caller keeps the last
//! segment, the smoothed scores and the samples that did not yet fill a frame.

mod alarm;
mod caller;
mod echo;
mod explainer;
mod foresight;
mod mark;
mod meter;
mod operator;
mod renewal;
mod settings;
mod sound_fault;
#[cfg(test)]
mod tests;
mod utterance;
mod window;

use crate::alert::AlertSettings;
use crate::classifier::{Answer, Classifier, ClassifierError, Spoken};
use crate::emotion::Thresholds;
use crate::fact::{Event, Fact, Gap, Muted};
use crate::features::recipe::Recipe;
use crate::speech::GatedFramesError;
use crate::stream_time::StreamTime;
pub use caller::Caller;
use operator::Operator;
use rayon::ThreadPool;
use rayon::prelude::*;
use resample::ResampleError;
pub use settings::PipelineSettings;
pub use sound_fault::SourceState;
use std::ops::Range;
use std::sync::Arc;

/// What stops a pipeline.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The classifier failed.
    #[error(transparent)]
    Classifier(#[from] ClassifierError),
    /// A source's rate cannot be brought to the stream's.
    #[error(transparent)]
    Resample(#[from] ResampleError),
    /// The feature recipe cannot follow a stream.
    #[error(transparent)]
    Features(#[from] crate::features::FeatureError),
}

impl From<GatedFramesError> for PipelineError {
    fn from(error: GatedFramesError) -> Self {
        match error {
            GatedFramesError::Features(error) => PipelineError::Features(error),
            GatedFramesError::Resample(error) => PipelineError::Resample(error),
        }
    }
}

/// Callers with one classifier for all of them.
pub struct Pipeline<C> {
    callers: Vec<Caller>,
    operator: Option<Operator>,
    /// What the classifier was trained on.
    recipe: Recipe,
    classifier: C,
    pool: Option<Arc<ThreadPool>>,
    /// For callers who come later.
    settings: PipelineSettings,
    thresholds: Thresholds,
    alerts: Option<AlertSettings>,
}

impl<C: Classifier> Pipeline<C> {
    /// A pipeline for callers whose sources deliver at `source_rates_hz`.
    ///
    /// `thresholds` say from which probabilities on the model is sure enough, `recipe` what the model was trained on.
    ///
    /// # Errors
    /// A rate that cannot be resampled, or a recipe that needs whole clips.
    pub fn new(
        settings: &PipelineSettings,
        recipe: Recipe,
        thresholds: Thresholds,
        source_rates_hz: &[u32],
        classifier: C,
    ) -> Result<Self, PipelineError> {
        let callers = source_rates_hz
            .iter()
            .enumerate()
            .map(|(index, &rate)| {
                let turn = (index, source_rates_hz.len());
                Caller::new(index, turn, settings, recipe, thresholds, rate)
            })
            .collect::<Result<_, _>>()?;
        Ok(Pipeline {
            callers,
            operator: None,
            recipe,
            classifier,
            pool: None,
            settings: *settings,
            thresholds,
            alerts: None,
        })
    }

    /// Shares the callers among these threads; the updates are the same.
    #[must_use]
    pub fn on_threads(mut self, pool: Option<Arc<ThreadPool>>) -> Self {
        self.pool = pool;
        self
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
        self.operator = Some(Operator::new(self.recipe, source_rate_hz, lag)?);
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
    pub fn hang_up(&mut self, caller: usize, updates: &mut Vec<Fact>) {
        self.callers[caller].hang_up();
        self.callers[caller].tell(updates);
    }

    /// Gives alerts by these rules, for each caller.
    #[must_use]
    pub fn with_alerts(mut self, settings: &AlertSettings) -> Self {
        self.callers.iter_mut().for_each(|caller| caller.with_alerts(settings));
        self.alerts = Some(settings.clone());
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

    /// Takes a caller's next samples and appends what follows from them.
    ///
    /// # Errors
    /// [`PipelineError::Classifier`] when the classifier fails.
    pub fn push(
        &mut self,
        caller: usize,
        samples: &[f32],
        updates: &mut Vec<Fact>,
    ) -> Result<(), PipelineError> {
        self.callers[caller].hear(samples);
        self.tell_after(caller, updates, |pipeline| pipeline.read_some(caller..caller + 1))
    }

    /// The callers, who may [hear](Caller::hear) their next samples and [shed load](Caller::shed_load) side by side, before
    /// all is [read](Self::read).
    pub fn callers(&mut self) -> &mut [Caller] {
        &mut self.callers
    }

    /// Reads what is due after callers have heard their samples, or shed load no longer.
    ///
    /// # Errors
    /// As [`Pipeline::push`]. What was told up to then is there.
    pub fn read(&mut self) -> Result<(), PipelineError> {
        self.read_some(0..self.callers.len())
    }

    /// Appends what there is to tell of a caller.
    pub fn tell(&mut self, caller: usize, updates: &mut Vec<Fact>) {
        self.callers[caller].tell(updates);
    }

    /// Works on a caller, and appends what there is to tell, also after a failure.
    fn tell_after(
        &mut self,
        caller: usize,
        updates: &mut Vec<Fact>,
        work: impl FnOnce(&mut Self) -> Result<(), PipelineError>,
    ) -> Result<(), PipelineError> {
        let done = work(self);
        self.callers[caller].tell(updates);
        done
    }

    /// Has these callers go on from reading to reading, each time those of all of them at once, until none is due. Of
    /// a caller who has heard much at once several are [guessed](foresight).
    fn read_some(&mut self, callers: Range<usize>) -> Result<(), PipelineError> {
        let callers = &mut self.callers[callers];
        let operator = self.operator.as_ref();
        let advance = |caller: &mut Caller| caller.advance(operator);
        let mut due: Vec<&mut Caller> = match &self.pool {
            Some(pool) if callers.len() > 1 => pool.install(|| {
                callers
                    .par_iter_mut()
                    .filter_map(|caller| advance(caller).then_some(caller))
                    .collect()
            }),
            _ => {
                callers.iter_mut().filter_map(|caller| advance(caller).then_some(caller)).collect()
            }
        };
        let mut answers: Vec<Answer> = Vec::new();
        while !due.is_empty() {
            answers.clear();
            let spoken: Vec<Spoken<'_>> = due.iter().flat_map(|caller| caller.spoken()).collect();
            if let Err(error) = self.classifier.classify_all(&spoken, &mut answers) {
                due.into_iter().for_each(Caller::go_on_unread);
                return Err(error.into());
            }
            let mut answers = answers.iter().copied();
            for caller in &mut due {
                caller.answer(&mut answers);
            }
            due.retain_mut(|caller| caller.advance(operator));
        }
        Ok(())
    }

    /// Brings what a caller said to its end.
    fn end(&mut self, caller: usize) -> Result<(), PipelineError> {
        self.callers[caller].hear_rest();
        self.read_some(caller..caller + 1)?;
        self.callers[caller].decide_rest();
        self.read_some(caller..caller + 1)?;
        self.callers[caller].end();
        Ok(())
    }

    /// So many samples of a caller were lost: the next ones do not join on to those before.
    ///
    /// # Errors
    /// As [`Pipeline::push`], for what was heard before the gap.
    pub fn gap(
        &mut self,
        caller: usize,
        lost_samples: u64,
        updates: &mut Vec<Fact>,
    ) -> Result<(), PipelineError> {
        let gap = Gap { lost_samples, rate_hz: self.callers[caller].rate_hz() };
        self.miss(caller, lost_samples, Event::Gap(gap), updates)
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
        updates: &mut Vec<Fact>,
    ) -> Result<(), PipelineError> {
        let muted = Muted { samples, rate_hz: self.callers[caller].rate_hz() };
        self.miss(caller, samples, Event::Muted(muted), updates)
    }

    fn miss(
        &mut self,
        caller: usize,
        samples: u64,
        event: Event,
        updates: &mut Vec<Fact>,
    ) -> Result<(), PipelineError> {
        self.tell_after(caller, updates, |pipeline| {
            pipeline.end(caller)?;
            pipeline.callers[caller].miss(samples, event);
            Ok(())
        })
    }

    /// The caller's recording was moved to `to`.
    ///
    /// # Errors
    /// As [`Pipeline::push`], for what was heard before.
    pub fn seek(
        &mut self,
        caller: usize,
        to_sample: u64,
        updates: &mut Vec<Fact>,
    ) -> Result<(), PipelineError> {
        self.tell_after(caller, updates, |pipeline| {
            pipeline.end(caller)?;
            pipeline.callers[caller].move_to(to_sample);
            Ok(())
        })
    }

    /// The source is at its end: what is still under way comes out.
    ///
    /// # Errors
    /// As [`Pipeline::push`].
    pub fn finish(&mut self, caller: usize, updates: &mut Vec<Fact>) -> Result<(), PipelineError> {
        self.tell_after(caller, updates, |pipeline| pipeline.end(caller))
    }

    /// How far a caller's audio has come.
    #[must_use]
    pub fn position(&self, caller: usize) -> StreamTime {
        self.callers[caller].position()
    }
}
