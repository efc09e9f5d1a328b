//! What one caller keeps between blocks, and the way of a block through the stages.
//!
//! In: samples ([`Caller::hear`]), then the answer to each reading that is due. Out: updates. The caller advances
//! from reading to reading, so that those of many callers are read at once.

use super::alarm::Alarm;
use super::echo::{Decision, Echo};
use super::explainer::Explainer;
use super::foresight::Foresight;
use super::mark::Mark;
use super::meter::Meter;
use super::operator::Operator;
use super::sound_fault::{SoundWatch, SourceState};
use super::utterance::{HeardFrame, Utterance};
use super::{PipelineError, PipelineSettings};
use crate::alert::AlertSettings;
use crate::classifier::{Answer, Spoken};
use crate::emotion::Thresholds;
use crate::fact::{Event, Fact, Level, SoundFault};
use crate::features::recipe::Recipe;
use crate::speech::{Decided, GatedFrames};
use crate::stream_time::{STREAM_RATE_HZ, StreamTime, stream_position};
use crate::timeline::OperatorState;
use resample::Resampler;
use std::collections::VecDeque;

/// What one caller keeps between blocks.
pub struct Caller {
    index: usize,
    rate_hz: u32,
    resampler: Resampler,
    frames: GatedFrames,
    /// The frame that was handed on last.
    frame: Vec<f32>,
    /// Source samples heard or lost since the beginning.
    source_position: u64,
    /// Where the present stretch of unbroken audio begins.
    stretch_start: StreamTime,
    /// Samples at the stream's rate since then.
    stretch_len: u64,
    /// Samples at the stream's rate that were not looked for the operator in.
    resampled: Vec<f32>,
    meter: Meter,
    sound: SoundWatch,
    /// Levels that the sound is not watched by yet, and what was told of it.
    levels: VecDeque<(StreamTime, Level)>,
    sound_fault: Option<SoundFault>,
    utterance: Utterance,
    explainer: Explainer,
    /// Where the operator is heard too.
    pub(super) echo: Option<Echo>,
    operator: OperatorState,
    /// The operator who speaks with this caller alone.
    pub(super) own_operator: Option<Box<Operator>>,
    /// What the caller's time is less than the operator's, in samples.
    operator_offset: i64,
    /// Whether nothing may be read.
    is_held: bool,
    alarm: Alarm,
    /// The reading that is due.
    due: Option<Due>,
    foresight: Foresight,
    /// What was not yet told.
    updates: Vec<Fact>,
}

/// Why a reading is due.
#[derive(Clone, Copy)]
enum Due {
    /// The frame that stands in [`Caller::frame`].
    Frame(Mark),
    /// Nobody sheds load any more; the updates from here on are new.
    NoHurry(usize),
}

impl Caller {
    pub(super) fn new(
        index: usize,
        turn: (usize, usize),
        settings: &PipelineSettings,
        recipe: Recipe,
        thresholds: Thresholds,
        rate_hz: u32,
    ) -> Result<Self, PipelineError> {
        Ok(Caller {
            index,
            rate_hz,
            resampler: Resampler::new(rate_hz, STREAM_RATE_HZ)?,
            frames: GatedFrames::new(recipe)?,
            frame: Vec::new(),
            source_position: 0,
            stretch_start: StreamTime::ZERO,
            stretch_len: 0,
            resampled: Vec::new(),
            meter: Meter::default(),
            sound: SoundWatch::default(),
            levels: VecDeque::new(),
            sound_fault: None,
            utterance: Utterance::new(turn, settings, recipe, thresholds),
            explainer: Explainer::new(recipe),
            echo: None,
            operator: OperatorState::default(),
            own_operator: None,
            operator_offset: 0,
            is_held: false,
            alarm: Alarm::default(),
            due: None,
            foresight: Foresight::default(),
            updates: Vec::new(),
        })
    }

    pub(super) fn with_alerts(&mut self, settings: &AlertSettings) {
        self.alarm = Alarm::new(settings);
    }

    pub(super) fn position(&self) -> StreamTime {
        self.stretch_start + StreamTime(self.stretch_len)
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
    pub(super) fn hang_up(&mut self) {
        self.utterance.end(self.position(), self.index, &mut self.updates);
        self.utterance.forget_caller();
        self.explainer.forget();
        self.sound.forget();
        self.alarm.reset(self.position());
        // Told anew in the next call.
        self.operator = OperatorState::default();
    }

    /// The source is like this from now on.
    pub fn set_source(&mut self, source: SourceState) {
        self.sound.set_source(source);
    }

    /// Takes the next samples as far as they go without the others: to frames, and to what is speech.
    pub fn hear(&mut self, samples: &[f32]) {
        self.source_position += samples.len() as u64;
        let n_before = self.resampled.len();
        self.resampler.push(samples, &mut self.resampled);
        self.take_resampled(n_before);
    }

    /// Lets out what the resampler holds back.
    pub(super) fn hear_rest(&mut self) {
        let n_before = self.resampled.len();
        self.resampler.finish(&mut self.resampled);
        self.take_resampled(n_before);
    }

    fn take_resampled(&mut self, from: usize) {
        let start = self.position();
        let (caller, updates) = (self.index, &mut self.updates);
        let levels = &mut self.levels;
        let samples = &self.resampled[from..];
        self.meter.push(samples, start, |at, level| {
            updates.push(Fact { caller, at, event: Event::Level(level) });
            levels.push_back((at, level));
        });
        self.stretch_len += samples.len() as u64;
        self.frames.push(samples);
    }

    /// Nothing more comes in this stretch: the gate decides on all that came.
    pub(super) fn decide_rest(&mut self) {
        self.frames.finish();
        if let Some(echo) = &mut self.echo {
            echo.finish();
        }
    }

    /// Hands on every frame that the gate has decided on, until a reading is due that nobody guessed; whether one is.
    /// `shared` is the operator of all callers, for a caller without an own one.
    pub(super) fn advance(&mut self, shared: Option<&Operator>) -> bool {
        let own = self.own_operator.take();
        let is_due = self.advance_beside(own.as_deref().or(shared));
        self.own_operator = own;
        is_due
    }

    fn advance_beside(&mut self, operator: Option<&Operator>) -> bool {
        self.look_for(operator);
        while self.is_due_after_frames(operator) {
            let Some(answer) = self.foresight.answer_to(self.utterance.spoken()) else {
                self.guess();
                return true;
            };
            self.answer(&mut std::iter::once(answer));
        }
        false
    }

    fn is_due_after_frames(&mut self, operator: Option<&Operator>) -> bool {
        while self.due.is_none()
            && let Some(mark) = self.next_frame(operator)
        {
            let frame = mark.with(&self.frame);
            let may_read = !self.is_held;
            if self.utterance.take(&frame, self.index, may_read, &mut self.updates) {
                self.due = Some(Due::Frame(mark));
            } else {
                self.explain(mark);
            }
        }
        self.due.is_some()
    }

    /// Guesses the readings that will be due of the frames that wait, as far as it is known who speaks in them.
    fn guess(&mut self) {
        // Live nothing is due before the next hop, and all that follows is left out.
        if self.frames.n_waiting() < self.utterance.hop_frames() {
            return;
        }
        let (start, echo) = (self.stretch_start, self.echo.as_ref());
        let waiting = self.frames.coming().map_while(|(decided, values)| {
            let Decided { number, end, heard } = decided;
            let is_echo = echo.map_or(Some(false), |echo| Some(echo.decision(end)?.is_echo))?;
            let is_speech = heard.is_speech && !is_echo;
            Some(HeardFrame { number, end: start + StreamTime(end), is_speech, values })
        });
        self.foresight.guess(&self.utterance, !self.is_held, waiting);
    }

    /// Looks for the operator's voice in what came.
    fn look_for(&mut self, operator: Option<&Operator>) {
        let start = self.operator_time(self.stretch_start);
        if let (Some(operator), Some(echo)) = (operator, &mut self.echo) {
            echo.hear(&self.resampled, start, operator);
        }
        self.resampled.clear();
    }

    /// Brings the next frame that the gate has decided on to [`Caller::frame`]; where the operator is heard too, once
    /// it is known whose voice it is.
    fn next_frame(&mut self, operator: Option<&Operator>) -> Option<Mark> {
        let end = self.frames.next_end();
        let decision = match (operator, &mut self.echo) {
            (Some(_), Some(echo)) => echo.decision(end)?,
            _ => Decision::default(),
        };
        let Decided { number, end: offset, heard } = self.frames.next(&mut self.frame)?;
        if let Some(echo) = &mut self.echo
            && echo.pass(end)
        {
            // What was said just before may have been the operator's too.
            self.utterance.unsay();
            self.explainer.break_off();
        }
        let is_speech = heard.is_speech && !decision.is_echo;
        let end = self.stretch_start + StreamTime(offset);
        let first_update = self.updates.len();
        self.tell_operator(operator, end, decision.is_echo);
        self.sound.speak(is_speech, self.operator.speaks, decision.is_same);
        self.tell_sound(end);
        Some(Mark { number, end, is_speech, power: heard.power, first_update })
    }

    /// Tells what changed about the sound up to a time.
    fn tell_sound(&mut self, until: StreamTime) {
        while let Some((at, level)) = self.levels.pop_front_if(|(at, _)| *at <= until) {
            self.sound.hear(level);
            let fault = self.sound.fault();
            if fault != self.sound_fault {
                self.sound_fault = fault;
                self.updates.push(Fact { caller: self.index, at, event: Event::Sound(fault) });
            }
        }
    }

    /// Tells when it changes whether the operator speaks, and whether that is heard here.
    fn tell_operator(&mut self, operator: Option<&Operator>, end: StreamTime, is_echoed: bool) {
        let Some(operator) = operator else { return };
        let state =
            OperatorState { speaks: operator.spoke_before(self.operator_time(end)), is_echoed };
        if state != self.operator {
            self.operator = state;
            let (caller, event) = (self.index, Event::Operator(state));
            self.updates.push(Fact { caller, at: end, event });
        }
    }

    /// What follows from a frame that was handed on and, where that was due, read.
    fn explain(&mut self, mark: Mark) {
        if self.utterance.has_hung_up() {
            self.explainer.forget();
        }
        let explanation = self.explainer.take(&mark.with(&self.frame));
        if let Some(explanation) = explanation.filter(|_| self.utterance.heard_speech()) {
            let event = Event::Facts(explanation);
            self.updates.push(Fact { caller: self.index, at: mark.end, event });
        }
        self.alarm.sound(mark.power);
        self.alarm.hear(mark.first_update, &mut self.updates);
        self.alarm.advance(self.index, mark.end, &mut self.updates);
    }

    /// What is to be read, where a reading is due, and what is guessed to be read next.
    pub(super) fn spoken(&self) -> impl Iterator<Item = Spoken<'_>> {
        std::iter::once(self.utterance.spoken()).chain(self.foresight.spoken())
    }

    /// Takes the answer to the reading that is due, and those to what was guessed, as far as there are any.
    pub(super) fn answer(&mut self, answers: &mut impl Iterator<Item = Answer>) {
        let Some(answer) = answers.next() else { return };
        self.foresight.take(answer, answers);
        self.utterance.answer(answer, self.index, &mut self.updates);
        match self.due.take() {
            Some(Due::Frame(mark)) => self.explain(mark),
            Some(Due::NoHurry(first_update)) => self.alarm.hear(first_update, &mut self.updates),
            None => {}
        }
    }

    /// There will be no answer.
    pub(super) fn go_on_unread(&mut self) {
        self.due = None;
        self.foresight.clear();
    }

    /// What is under way comes out; a frame that is not full is dropped.
    pub(super) fn end(&mut self) {
        let n_before = self.updates.len();
        self.utterance.end(self.position(), self.index, &mut self.updates);
        self.alarm.hear(n_before, &mut self.updates);
    }

    /// The audio of a caller waits, or does so no longer. While load is shed no reading is made, which is nearly all of
    /// the work; those that were due are counted. When it is over the newest segment is due, after
    /// [`Event::Skipped`]: it is to be [read](super::Pipeline::read) before the next samples are heard. A recording
    /// never sheds: its readings depend on nothing but its samples.
    pub fn shed_load(&mut self, is_shedding: bool) {
        let n_before = self.updates.len();
        if self.utterance.shed_load(is_shedding, self.index, &mut self.updates) {
            self.due = Some(Due::NoHurry(n_before));
        }
    }

    /// So many samples were not heard, which the event tells. What came before has ended.
    pub(super) fn miss(&mut self, len: u64, event: Event) {
        let n_before = self.updates.len();
        self.updates.push(Fact { caller: self.index, at: self.position(), event });
        self.alarm.hear(n_before, &mut self.updates);
        self.begin_stretch(self.source_position + len);
        self.explainer.break_off();
    }

    /// The recording was moved. What came before has ended.
    pub(super) fn move_to(&mut self, to_sample: u64) {
        let from = self.position();
        self.utterance.forget_caller();
        self.begin_stretch(to_sample);
        self.explainer.forget();
        let n_before = self.updates.len();
        let (caller, at) = (self.index, self.position());
        self.updates.push(Fact { caller, at, event: Event::Seek { from } });
        self.alarm.hear(n_before, &mut self.updates);
    }

    /// Samples a second of the source.
    pub(super) fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// Tells what was not yet told.
    pub(super) fn tell(&mut self, updates: &mut Vec<Fact>) {
        updates.append(&mut self.updates);
    }

    /// Audio that does not join on to what was heard before begins here.
    fn begin_stretch(&mut self, source_position: u64) {
        self.source_position = source_position;
        self.stretch_start = stream_position(source_position, self.rate_hz);
        self.stretch_len = 0;
        self.resampler.reset();
        self.frames.reset();
        self.meter = Meter::default();
        self.sound.forget();
        self.levels.clear();
        if let Some(echo) = &mut self.echo {
            echo.reset();
        }
        self.resampled.clear();
    }
}
