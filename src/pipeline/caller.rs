//! What one caller keeps between blocks, and the way of a block through the stages.

use super::alarm::Alarm;
use super::explainer::Explainer;
use super::leak::Leak;
use super::meter::Meter;
use super::operator::Operator;
use super::utterance::{HeardFrame, Utterance};
use super::{Event, Gap, Muted, PipelineError, PipelineSettings, Update, stream_position};
use crate::alert::AlertSettings;
use crate::features::Extractor;
use crate::features::recipe::Recipe;
use crate::model::Classifier;
use crate::resample::Resampler;
use crate::speech::{CHUNK_LEN, SpeechGate};
use crate::stream_time::{STREAM_RATE_HZ, StreamTime};
use crate::timeline::OperatorState;
use std::collections::VecDeque;

/// A frame goes by the gate's decision of so many chunks (32 ms) before its middle, so that no reading waits
/// for the gate. The gate opens late and closes later still, so nothing of a word is lost by it.
const DECISION_LAG: usize = 2;

/// The number of the decision that a frame with its middle at `sample` goes by; none at the very beginning.
fn decision_of(sample: usize) -> Option<usize> {
    (sample / CHUNK_LEN).checked_sub(DECISION_LAG)
}

/// What one caller keeps between blocks.
pub(super) struct Caller {
    index: usize,
    rate_hz: u32,
    resampler: Resampler,
    extractor: Extractor,
    gate: SpeechGate,
    /// Source samples heard or lost since the beginning.
    source_position: u64,
    /// Where the present stretch of unbroken audio begins.
    stretch_start: StreamTime,
    /// Samples at the stream's rate since then.
    stretch_len: u64,
    /// Reused: samples at the stream's rate.
    resampled: Vec<f32>,
    meter: Meter,
    /// Frames that wait for the gate's decision.
    frames: VecDeque<f32>,
    /// Frames of this stretch that were handed on.
    n_frames: usize,
    /// Reused: what the extractor and the gate just gave.
    new_frames: Vec<f32>,
    frame: Vec<f32>,
    /// The gate's decisions that frames still need, and the number of the first of them.
    decisions: Vec<bool>,
    first_decision: usize,
    utterance: Utterance,
    explainer: Explainer,
    leak: Leak,
    operator: OperatorState,
    /// What the caller's time is less than the operator's, in samples.
    operator_offset: i64,
    /// Whether nothing may be read.
    is_held: bool,
    alarm: Alarm,
}

/// What the frames of a caller are judged with.
pub(super) struct Judges<'a> {
    /// Reads the emotion.
    pub(super) classifier: &'a mut dyn Classifier,
    /// The other side of the call, if it is heard.
    pub(super) operator: Option<&'a Operator>,
}

impl Caller {
    pub(super) fn new(
        (index, n_callers): (usize, usize),
        settings: &PipelineSettings,
        recipe: Recipe,
        uncertain_below: f32,
        rate_hz: u32,
    ) -> Result<Self, PipelineError> {
        Ok(Caller {
            index,
            rate_hz,
            resampler: Resampler::new(rate_hz, STREAM_RATE_HZ)?,
            extractor: Extractor::new(recipe)?,
            gate: SpeechGate::new()?,
            source_position: 0,
            stretch_start: StreamTime::ZERO,
            stretch_len: 0,
            resampled: Vec::new(),
            meter: Meter::default(),
            frames: VecDeque::new(),
            n_frames: 0,
            new_frames: Vec::new(),
            frame: Vec::new(),
            decisions: Vec::new(),
            first_decision: 0,
            utterance: Utterance::new((index, n_callers), settings, recipe, uncertain_below),
            explainer: Explainer::new(recipe),
            leak: Leak::new(StreamTime::ZERO),
            operator: OperatorState::default(),
            operator_offset: 0,
            is_held: false,
            alarm: Alarm::default(),
        })
    }

    pub(super) fn with_alerts(&mut self, settings: &AlertSettings) {
        self.alarm = Alarm::new(settings);
    }

    pub(super) fn position(&self) -> StreamTime {
        self.stretch_start + StreamTime(self.stretch_len)
    }

    /// The operator is heard too, later by so much.
    pub(super) fn expect_operator(&mut self, lag: StreamTime) {
        self.leak = Leak::new(lag);
    }

    pub(super) fn align_operator(&mut self, offset: i64) {
        self.operator_offset = offset;
    }

    /// A time of the caller as one of the operator.
    fn operator_time(&self, at: StreamTime) -> StreamTime {
        StreamTime(at.0.saturating_add_signed(self.operator_offset))
    }

    pub(super) fn hold(&mut self, hold: bool) {
        self.is_held = hold;
    }

    /// Nothing said before counts any more, and whoever speaks next is not known.
    pub(super) fn hang_up(&mut self, updates: &mut Vec<Update>) {
        self.utterance.end(self.position(), self.index, updates);
        self.utterance.forget_caller();
        self.explainer.forget();
        self.alarm.reset(self.position());
        // Told anew in the next call.
        self.operator = OperatorState::default();
    }

    pub(super) fn push(
        &mut self,
        samples: &[f32],
        judges: &mut Judges<'_>,
        updates: &mut Vec<Update>,
    ) -> Result<(), PipelineError> {
        self.source_position += samples.len() as u64;
        self.resampled.clear();
        self.resampler.push(samples, &mut self.resampled);
        self.hear(judges, updates)
    }

    /// Takes what stands in `resampled`.
    fn hear(
        &mut self,
        judges: &mut Judges<'_>,
        updates: &mut Vec<Update>,
    ) -> Result<(), PipelineError> {
        let start = self.position();
        let caller = self.index;
        self.meter.push(&self.resampled, start, |at, level| {
            updates.push(Update { caller, at, event: Event::Level(level) });
        });
        self.stretch_len += self.resampled.len() as u64;
        self.new_frames.clear();
        self.extractor.push(&self.resampled, &mut self.new_frames);
        self.frames.extend(&self.new_frames);
        self.gate.push(&self.resampled, &mut self.decisions);
        if let Some(operator) = judges.operator {
            let start = self.operator_time(self.stretch_start);
            self.leak.hear(&self.resampled, start, operator);
        }
        self.take_decided_frames(judges, updates)
    }

    /// Hands on every frame that the gate has decided on.
    fn take_decided_frames(
        &mut self,
        judges: &mut Judges<'_>,
        updates: &mut Vec<Update>,
    ) -> Result<(), PipelineError> {
        let n_features = self.utterance.recipe().n_features();
        let hop_len = self.utterance.recipe().hop_len();
        let taper_len = self.utterance.recipe().taper_len();
        while self.frames.len() >= n_features {
            let n_before = updates.len();
            let start = self.n_frames * hop_len;
            let is_speech = match decision_of(start + taper_len / 2) {
                None => false,
                Some(chunk) => match self.decisions.get(chunk - self.first_decision) {
                    Some(&is_speech) => is_speech,
                    None => break,
                },
            };
            self.frame.clear();
            self.frame.extend(self.frames.drain(..n_features));
            self.n_frames += 1;
            let end = self.stretch_start + StreamTime((start + taper_len) as u64);
            let is_echo =
                judges.operator.is_some() && self.leak.is_echo(end.0 - self.stretch_start.0);
            let state = OperatorState {
                speaks: judges
                    .operator
                    .is_some_and(|operator| operator.spoke_before(self.operator_time(end))),
                is_echoed: is_echo,
            };
            if state != self.operator {
                self.operator = state;
                let (caller, event) = (self.index, Event::Operator(state));
                updates.push(Update { caller, at: end, event });
            }
            let frame = HeardFrame {
                number: self.n_frames,
                end,
                is_speech: is_speech && !is_echo,
                values: &self.frame,
            };
            let classifier: Option<&mut dyn Classifier> =
                if self.is_held { None } else { Some(&mut *judges.classifier) };
            self.utterance.take(&frame, self.index, classifier, updates)?;
            if self.utterance.has_hung_up() {
                self.explainer.forget();
            }
            let explanation = self.explainer.take(&frame);
            if let Some(explanation) = explanation.filter(|_| self.utterance.heard_speech()) {
                let event = Event::Facts(explanation);
                updates.push(Update { caller: self.index, at: frame.end, event });
            }
            self.alarm.hear(n_before, updates);
            self.alarm.advance(self.index, end, updates);
        }
        let next = decision_of(self.n_frames * hop_len + taper_len / 2).unwrap_or(0);
        let done = (next - self.first_decision).min(self.decisions.len());
        self.decisions.drain(..done);
        self.first_decision += done;
        Ok(())
    }

    /// Lets out what the resampler holds back; a frame that is not full is dropped.
    pub(super) fn flush(
        &mut self,
        judges: &mut Judges<'_>,
        updates: &mut Vec<Update>,
    ) -> Result<(), PipelineError> {
        self.resampled.clear();
        self.resampler.finish(&mut self.resampled);
        self.hear(judges, updates)?;
        self.gate.finish(&mut self.decisions);
        self.take_decided_frames(judges, updates)?;
        let n_before = updates.len();
        self.utterance.end(self.position(), self.index, updates);
        self.alarm.hear(n_before, updates);
        Ok(())
    }

    pub(super) fn gap(
        &mut self,
        lost_samples: u64,
        judges: &mut Judges<'_>,
        updates: &mut Vec<Update>,
    ) -> Result<(), PipelineError> {
        let gap = Gap { lost_samples, rate_hz: self.rate_hz };
        self.miss(lost_samples, Event::Gap(gap), judges, updates)
    }

    pub(super) fn muted(
        &mut self,
        samples: u64,
        judges: &mut Judges<'_>,
        updates: &mut Vec<Update>,
    ) -> Result<(), PipelineError> {
        let muted = Muted { samples, rate_hz: self.rate_hz };
        self.miss(samples, Event::Muted(muted), judges, updates)
    }

    pub(super) fn hurry(
        &mut self,
        is_hurried: bool,
        classifier: &mut dyn Classifier,
        updates: &mut Vec<Update>,
    ) -> Result<(), PipelineError> {
        self.utterance.hurry(is_hurried, self.index, classifier, updates)
    }

    /// So many samples were not heard, which the event tells.
    fn miss(
        &mut self,
        len: u64,
        event: Event,
        judges: &mut Judges<'_>,
        updates: &mut Vec<Update>,
    ) -> Result<(), PipelineError> {
        self.flush(judges, updates)?;
        let n_before = updates.len();
        updates.push(Update { caller: self.index, at: self.position(), event });
        self.alarm.hear(n_before, updates);
        self.begin_stretch(self.source_position + len);
        self.explainer.break_off();
        Ok(())
    }

    pub(super) fn seek(
        &mut self,
        to_sample: u64,
        judges: &mut Judges<'_>,
        updates: &mut Vec<Update>,
    ) -> Result<(), PipelineError> {
        self.flush(judges, updates)?;
        let from = self.position();
        self.utterance.forget_caller();
        self.begin_stretch(to_sample);
        self.explainer.forget();
        let n_before = updates.len();
        updates.push(Update {
            caller: self.index,
            at: self.position(),
            event: Event::Seek { from },
        });
        self.alarm.hear(n_before, updates);
        Ok(())
    }

    /// Audio that does not join on to what was heard before begins here.
    fn begin_stretch(&mut self, source_position: u64) {
        self.source_position = source_position;
        self.stretch_start = stream_position(source_position, self.rate_hz);
        self.stretch_len = 0;
        self.resampler.reset();
        self.extractor.reset();
        self.gate.reset();
        self.meter = Meter::default();
        self.leak.reset();
        self.frames.clear();
        self.n_frames = 0;
        self.decisions.clear();
        self.first_decision = 0;
    }
}
