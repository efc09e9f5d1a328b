//! The engine: one source through the pipeline into the log, and from there to whoever watches.
//!
//! A reading is in the log before anyone sees it. [`Engine::step`] does one block and never waits, so the
//! same engine serves the live thread, a paced replay with a dashboard, and a replay as fast as it reads.

pub use super::delay::Clock;
use super::delay::DelayMeter;
use super::follow::follow;
use super::operator_side::OperatorSide;
use super::running_log::{LogNews, RunningLog};
use super::steady::Steady;
use crate::audio::microphone::{Connection, Microphone};
use crate::audio::recording::Recording;
use crate::audio::{AudioError, Block, Source};
use crate::dashboard::LogStopped;
use crate::pipeline::{Event, Pipeline, Update, stream_position};
use crate::session::record::{Delay, EndReason, EndRecord, MarkRecord};
use crate::stream_time::StreamTime;
use crate::timeline::history::Timeline;
use crate::timeline::summary::Summary;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Instant;

/// What a caller is heard from.
pub enum Input {
    /// A live device.
    Microphone(Box<Microphone>),
    /// A recorded call.
    Recording(Box<Recording>),
}

impl Source for Input {
    fn sample_rate_hz(&self) -> u32 {
        match self {
            Input::Microphone(microphone) => microphone.sample_rate_hz(),
            Input::Recording(recording) => recording.sample_rate_hz(),
        }
    }

    fn next_block(&mut self) -> Result<Block<'_>, AudioError> {
        match self {
            Input::Microphone(microphone) => microphone.next_block(),
            Input::Recording(recording) => recording.next_block(),
        }
    }
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A block was worked on: go on at once.
    Worked,
    /// Nothing there yet: wait a few milliseconds.
    Waiting,
    /// The source is at its end.
    Ended,
}

/// Notices that may wait for whoever shows them; the oldest give way.
const MAX_NOTICES: usize = 16;

/// One caller's source, pipeline and log.
pub struct Engine {
    input: Input,
    operator: Option<OperatorSide>,
    pipeline: Pipeline<Steady>,
    log: RunningLog,
    updates: Vec<Update>,
    timeline: Timeline,
    delay: DelayMeter,
    clock: Clock,
    /// Whether a live device is not there, and what was lost since.
    outage: Option<StreamTime>,
    /// Sentences for the operator; few, as each stands for something that lasts or is rare.
    notices: VecDeque<String>,
    /// Source samples that came, or were lost.
    arrived: u64,
    dropped: u64,
    ended: bool,
}

impl Engine {
    /// An engine at the beginning of its source.
    #[must_use]
    pub fn new(
        input: Input,
        operator: Option<OperatorSide>,
        pipeline: Pipeline<Steady>,
        log: RunningLog,
        clock: Clock,
    ) -> Self {
        let delay = DelayMeter::new(input.sample_rate_hz());
        Engine {
            input,
            operator,
            pipeline,
            log,
            updates: Vec::new(),
            timeline: Timeline::new(),
            delay,
            clock,
            outage: None,
            notices: VecDeque::new(),
            arrived: 0,
            dropped: 0,
            ended: false,
        }
    }

    /// Takes one block through the pipeline; `watch` gets every update after it was logged.
    ///
    /// # Errors
    /// The source's or the pipeline's failure. What was heard before it has been logged.
    pub fn step(&mut self, watch: &mut dyn FnMut(&Update)) -> anyhow::Result<Step> {
        if self.ended {
            return Ok(Step::Ended);
        }
        self.log.tend(Instant::now());
        let result = self.take_block();
        if let Some(notice) = self.pipeline.classifier().take_notice() {
            self.notice(notice);
        }
        // Also what was made of the audio before a failure.
        self.hand_on(watch);
        result
    }

    fn take_block(&mut self) -> anyhow::Result<Step> {
        let rate_hz = self.input.sample_rate_hz();
        match self.input.next_block() {
            Ok(Block::Audio(samples)) => {
                self.arrived += samples.len() as u64;
                if self.clock == Clock::RealTime {
                    self.delay.arrived(self.arrived, Instant::now());
                }
                if let Some(operator) = &mut self.operator {
                    let until = stream_position(self.arrived, rate_hz);
                    operator.hear(until, &mut self.pipeline);
                }
                self.pipeline.push(0, samples, &mut self.updates)?;
                Ok(Step::Worked)
            }
            Ok(Block::Gap(lost)) => {
                self.arrived += lost;
                self.lose(lost)?;
                Ok(Step::Worked)
            }
            Ok(Block::Muted(len)) => {
                self.arrived += len;
                self.pipeline.muted(0, len, &mut self.updates)?;
                self.delay.restart();
                Ok(Step::Worked)
            }
            Ok(Block::Waiting) => {
                self.look_after_device()?;
                Ok(Step::Waiting)
            }
            Ok(Block::End) => {
                self.ended = true;
                self.pipeline.finish(0, &mut self.updates)?;
                Ok(Step::Ended)
            }
            Err(error) => {
                self.ended = true;
                // The source's failure is the one to tell.
                let _ = self.pipeline.finish(0, &mut self.updates);
                Err(error.into())
            }
        }
    }

    /// So much of the source is missing here.
    fn lose(&mut self, lost: u64) -> anyhow::Result<()> {
        self.dropped += lost;
        self.pipeline.gap(0, lost, &mut self.updates)?;
        // A gap that is reckoned by the clock is not exact to the millisecond.
        self.delay.restart();
        let length = stream_position(lost, self.input.sample_rate_hz());
        match &mut self.outage {
            Some(outage) => *outage = *outage + length,
            None => self.notice(format!("{:.1} s of sound were lost", length.seconds())),
        }
        Ok(())
    }

    /// Finds out whether a live device went away or came back. What was said until it went is brought to its
    /// end, so that nobody takes it for the present.
    fn look_after_device(&mut self) -> anyhow::Result<()> {
        let Input::Microphone(microphone) = &self.input else { return Ok(()) };
        match (microphone.connection(), self.outage) {
            (Connection::Gone { reason }, None) => {
                self.outage = Some(StreamTime::ZERO);
                let id = &microphone.device().id;
                self.notice(format!("nothing is heard: {id} is gone ({reason}); looking for it"));
                self.pipeline.finish(0, &mut self.updates)?;
            }
            (Connection::Heard, Some(lost)) => {
                self.outage = None;
                let id = &microphone.device().id;
                self.notice(format!("{id} is heard again; {:.1} s were lost", lost.seconds()));
            }
            (Connection::Gone { .. }, Some(_))
            | (Connection::Heard, None)
            | (Connection::Muted, _) => {}
        }
        Ok(())
    }

    fn notice(&mut self, text: String) {
        if self.notices.len() == MAX_NOTICES {
            self.notices.pop_front();
        }
        self.notices.push_back(text);
    }

    /// Logs the updates, then shows them.
    fn hand_on(&mut self, watch: &mut dyn FnMut(&Update)) {
        let updates = std::mem::take(&mut self.updates);
        for update in &updates {
            self.log.write(update, Instant::now());
            if let Event::Reading(reading) = &update.event
                && self.clock == Clock::RealTime
            {
                self.delay.logged(reading.at, Instant::now());
            }
            follow(&mut self.timeline, update);
            watch(update);
        }
        self.updates = updates;
        self.updates.clear();
    }

    /// Writes a mark at the present position.
    pub fn mark(&mut self, text: &str) {
        let at = self.position();
        self.timeline.mark(at, text);
        let mark = MarkRecord { caller: 0, t: at, text: text.to_owned() };
        self.log.mark(mark, Instant::now());
    }

    /// Moves a recording; nothing happens to a live device.
    ///
    /// # Errors
    /// When the recording cannot be read there.
    pub fn seek_to(
        &mut self,
        target: StreamTime,
        watch: &mut dyn FnMut(&Update),
    ) -> anyhow::Result<()> {
        let Input::Recording(recording) = &mut self.input else { return Ok(()) };
        let rate = recording.sample_rate_hz();
        let wanted = crate::pipeline::source_position(target, rate);
        let sample = recording.seek(wanted)?;
        self.pipeline.seek(0, sample, &mut self.updates)?;
        if let Some(operator) = &mut self.operator {
            operator.seek_to(stream_position(sample, rate), &mut self.pipeline)?;
        }
        self.arrived = sample;
        self.delay.restart();
        self.ended = false;
        self.hand_on(watch);
        Ok(())
    }

    /// The recording, if it is one, to pause it or change its speed.
    pub fn recording(&mut self) -> Option<&mut Recording> {
        match &mut self.input {
            Input::Recording(recording) => Some(recording),
            Input::Microphone(_) => None,
        }
    }

    /// How many times faster than real time a recording comes; 1 for a live device.
    #[must_use]
    pub fn speed(&self) -> f64 {
        match &self.input {
            Input::Recording(recording) => super::watch::speed_of(recording.pace()),
            Input::Microphone(_) => 1.0,
        }
    }

    /// Where the log is, if there is one.
    #[must_use]
    pub fn log_path(&self) -> Option<PathBuf> {
        self.log.path()
    }

    /// Delays measured before now no longer stand for what comes: after a pause.
    pub fn restart_clock(&mut self) {
        self.delay.restart();
    }

    /// From now on audio comes like this.
    pub fn set_clock(&mut self, clock: Clock) {
        self.clock = clock;
        self.delay.restart();
    }

    /// The next sentence for the operator: what was lost, a device that is gone or back.
    pub fn take_notice(&mut self) -> Option<String> {
        self.notices.pop_front()
    }

    /// Whether the source is there; a live device may be gone for a while.
    #[must_use]
    pub fn is_heard(&self) -> bool {
        self.outage.is_none()
    }

    /// Where the caller's audio has come to.
    #[must_use]
    pub fn position(&self) -> StreamTime {
        self.pipeline.position(0)
    }

    /// Samples lost so far, at the source's rate.
    #[must_use]
    pub fn dropped_samples(&self) -> u64 {
        self.dropped
    }

    /// The delay of the readings so far.
    #[must_use]
    pub fn delay(&self) -> Option<Delay> {
        self.delay.summary()
    }

    /// What there is to tell of the log, once.
    pub fn take_log_news(&mut self) -> Option<LogNews> {
        self.log.take_news()
    }

    /// Since when nothing is logged, if that is so.
    #[must_use]
    pub fn log_stopped(&self) -> Option<LogStopped> {
        self.log.stopped()
    }

    /// Ends the session: what is under way, the log's last record, and the summary; and what is missing in
    /// the log, if anything is.
    #[must_use]
    pub fn end(mut self, reason: EndReason) -> (Ended, Option<String>) {
        if !self.ended {
            if let Input::Microphone(microphone) = &mut self.input {
                for block in microphone.untold() {
                    let _ = match block {
                        Block::Gap(lost) => self.lose(lost),
                        Block::Muted(len) => {
                            self.pipeline.muted(0, len, &mut self.updates).map_err(Into::into)
                        }
                        Block::Audio(_) | Block::Waiting | Block::End => Ok(()),
                    };
                }
            }
            // A classifier that fails here has nothing more to say than the reason tells.
            let _ = self.pipeline.finish(0, &mut self.updates);
            self.hand_on(&mut |_| {});
        }
        if let Input::Microphone(microphone) = &self.input {
            self.dropped = self.dropped.max(microphone.stats().lost);
        }
        let position = self.position();
        let summary = self.timeline.summary(position);
        let ended = Ended {
            position,
            summary: summary.clone(),
            delay: self.delay(),
            dropped_samples: self.dropped,
            log: self.log_path(),
        };
        let end = EndRecord {
            t: position,
            reason,
            callers: vec![summary],
            dropped_samples: self.dropped,
            delay: ended.delay,
        };
        (ended, self.log.end(end))
    }
}

/// How a session ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Length of the caller's audio.
    pub position: StreamTime,
    /// What it amounts to.
    pub summary: Summary,
    /// Delay of the readings, where audio came by the clock.
    pub delay: Option<Delay>,
    /// Samples lost.
    pub dropped_samples: u64,
    /// Where the log is.
    pub log: Option<PathBuf>,
}
