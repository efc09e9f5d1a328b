//! A line: where a caller is heard, and the way of that sound into the pipeline.
//!
//! In: the blocks of a device or a recording. Out: the pipeline's updates in the line's own time, which goes on
//! from call to call, and sentences on what was lost. Keeps counts, and whether the device is there.

use super::Step;
use super::backlog::Backlog;
pub use super::delay::Clock;
use super::delay::{DelayMeter, Delays};
use super::input::{Input, Taken};
use super::notices::{Notices, in_words};
use super::operator_side::OperatorSide;
use super::own_operator::OwnOperator;
use hearing::fact::Fact;
use hearing::fact::SoundFault;
use hearing::pipeline::{Caller, Pipeline};
use hearing::stream_time::StreamTime;
use hearing::stream_time::{source_position, stream_position};
use model::failover::Failover;
use record::session::record::{CallerEntry, Delay};
use sound::microphone::Connection;
use sound::recording::Recording;
use sound::{Block, Source};
use std::time::{Duration, Instant};

/// What a line needs of the engine to take a block.
pub struct Surroundings<'a> {
    /// Where the sound goes.
    pub pipeline: &'a mut Pipeline<Failover>,
    /// The other side, where it is heard.
    pub operator: Option<&'a mut OperatorSide>,
    /// What the pipeline makes of it.
    pub updates: &'a mut Vec<Fact>,
    /// What is to be told.
    pub notices: &'a mut Notices,
}

/// One caller's source.
pub struct Line {
    /// Its number in the pipeline.
    index: usize,
    entry: CallerEntry,
    input: Input,
    delay: DelayMeter,
    clock: Clock,
    /// Whether too much of a live device's audio waits.
    backlog: Backlog,
    is_shedding: bool,
    /// Whether a live device is not there, and what was lost since.
    outage: Option<StreamTime>,
    /// Before each notice, where there are several lines.
    prefix: String,
    /// Who takes this call alone.
    operator: Option<OwnOperator>,
    /// Source samples that came, or were lost.
    arrived: u64,
    dropped: u64,
    ended: bool,
    is_broken_off: bool,
}

impl Line {
    /// A line at the beginning of its source; `entry` says what it is called. One of several says so in its
    /// notices.
    #[must_use]
    pub fn new(
        index: usize,
        entry: CallerEntry,
        input: Input,
        clock: Clock,
        is_one_of_several: bool,
    ) -> Self {
        let prefix = if is_one_of_several { format!("{}: ", entry.label) } else { String::new() };
        let delay = DelayMeter::new(input.sample_rate_hz());
        Line {
            index,
            entry,
            input,
            delay,
            clock,
            backlog: Backlog::default(),
            is_shedding: false,
            outage: None,
            prefix,
            operator: None,
            arrived: 0,
            dropped: 0,
            ended: false,
            is_broken_off: false,
        }
    }

    /// The same with an operator of its own.
    #[must_use]
    pub fn with_operator(mut self, operator: Option<OwnOperator>) -> Self {
        self.operator = operator;
        self
    }

    /// What it is called, and what it is heard from.
    #[must_use]
    pub fn entry(&self) -> &CallerEntry {
        &self.entry
    }

    /// Has the caller leave readings out while too much live audio waits: to be asked before every block. Whether
    /// that has changed.
    pub fn shed_as_needed(&mut self, caller: &mut Caller) -> bool {
        let Some(waiting) = self.input.backlog() else { return false };
        let was_shedding = self.is_shedding;
        let rate_hz = self.input.sample_rate_hz();
        self.is_shedding = match self.input {
            Input::Stream(_) => self.backlog.sheds_after_burst(waiting, rate_hz, Instant::now()),
            _ => self.backlog.sheds(waiting, rate_hz),
        };
        if self.is_shedding != was_shedding {
            caller.shed_load(self.is_shedding);
        }
        self.is_shedding != was_shedding
    }

    /// How much live sound waits.
    #[must_use]
    pub fn backlog(&self) -> Duration {
        let waiting = self.input.backlog().unwrap_or_default();
        Duration::from_millis(waiting * 1_000 / u64::from(self.input.sample_rate_hz()))
    }

    /// Takes one block, and has the caller hear it: what needs nothing of the other lines.
    pub fn take(&mut self, caller: &mut Caller) -> Taken {
        if self.ended {
            return Taken::Nothing;
        }
        if let Some(operator) = &mut self.operator {
            operator.hear(self.arrived, caller);
        }
        match self.input.next_block() {
            Ok(Block::Audio(samples)) => {
                self.arrived += samples.len() as u64;
                if self.clock == Clock::RealTime {
                    self.delay.arrived(self.arrived, Instant::now());
                }
                caller.hear(samples);
                caller.set_source(self.input.state());
                Taken::Heard
            }
            Ok(Block::Gap(lost)) => Taken::Gap(lost),
            Ok(Block::Muted(len)) => Taken::Muted(len),
            Ok(Block::Waiting) => Taken::Waiting,
            Ok(Block::End) => Taken::End,
            Err(error) => Taken::Failed(error),
        }
    }

    /// What follows from what was taken, but for the readings.
    ///
    /// # Errors
    /// The source's or the pipeline's failure, after which the line is over.
    pub fn follow(&mut self, taken: Taken, with: &mut Surroundings) -> anyhow::Result<Step> {
        if let Some(remark) = self.input.recording().and_then(Recording::take_remark) {
            self.tell(&remark, with.notices);
        }
        match taken {
            Taken::Heard => {
                self.greet_device(with.notices);
                let until = stream_position(self.arrived, self.input.sample_rate_hz());
                if let Some(operator) = &mut with.operator {
                    operator.align(self.index, self.delay.began(), with.pipeline);
                    operator.hear(until, with.pipeline);
                }
                Ok(Step::Worked)
            }
            Taken::Gap(lost) => {
                self.lose(lost, with)?;
                Ok(Step::Worked)
            }
            Taken::Muted(len) => {
                self.skip_muted(len, with)?;
                Ok(Step::Worked)
            }
            Taken::Waiting => {
                self.look_after_device(with)?;
                Ok(Step::Waiting)
            }
            Taken::End => {
                self.ended = true;
                with.pipeline.finish(self.index, with.updates)?;
                Ok(Step::Ended)
            }
            Taken::Failed(error) => {
                self.ended = true;
                self.is_broken_off = true;
                // The source's failure is the one to tell.
                let _ = with.pipeline.finish(self.index, with.updates);
                Err(error.into())
            }
            Taken::Nothing => Ok(Step::Ended),
        }
    }

    /// So much of the source is missing here.
    fn lose(&mut self, lost: u64, with: &mut Surroundings) -> anyhow::Result<()> {
        self.arrived += lost;
        self.dropped += lost;
        with.pipeline.gap(self.index, lost, with.updates)?;
        // A gap that is reckoned by the clock is not exact to the millisecond.
        self.delay.restart();
        let length = stream_position(lost, self.input.sample_rate_hz());
        match &mut self.outage {
            Some(outage) => *outage = *outage + length,
            // A network loses something all the time: logs and counts have it.
            None if matches!(self.input, Input::Stream(_)) => {}
            None => {
                self.tell(&format!("{} of sound were lost", in_words(length)), with.notices);
            }
        }
        Ok(())
    }

    /// For so long nobody was allowed to listen.
    fn skip_muted(&mut self, len: u64, with: &mut Surroundings) -> anyhow::Result<()> {
        self.arrived += len;
        with.pipeline.muted(self.index, len, with.updates)?;
        self.delay.restart();
        Ok(())
    }

    /// Finds out whether a live device went away. What was said until it went is brought to its
    /// end, so that nobody takes it for the present.
    fn look_after_device(&mut self, with: &mut Surroundings) -> anyhow::Result<()> {
        let Some(microphone) = self.input.microphone() else { return Ok(()) };
        if let (Connection::Gone { reason }, None) = (microphone.connection(), self.outage) {
            let id = &microphone.device().id;
            let told = format!("nothing is heard: {id} is gone ({reason}); looking for it");
            self.tell(&told, with.notices);
            self.outage = Some(StreamTime::ZERO);
            with.pipeline.finish(self.index, with.updates)?;
        }
        Ok(())
    }

    /// Tells that a device is back, once something was heard of it: what was lost has come before that.
    fn greet_device(&mut self, notices: &mut Notices) {
        let Some(microphone) = self.input.microphone() else { return };
        if let (Connection::Heard, Some(lost)) = (microphone.connection(), self.outage) {
            let id = &microphone.device().id;
            let told = format!("{id} is heard again; {:.1} s were lost", lost.seconds());
            self.tell(&told, notices);
            self.outage = None;
        }
    }

    /// What becomes of the sound is told in words.
    pub fn tell_sound(&self, fault: Option<SoundFault>, notices: &mut Notices) {
        match fault {
            Some(fault) => self.tell(&fault.to_string(), notices),
            None => self.tell("nothing is wrong with the sound any more", notices),
        }
    }

    fn tell(&self, text: &str, notices: &mut Notices) {
        notices.add(format!("{}{text}", self.prefix));
    }

    /// Nothing more is asked of it: what is under way comes out, and what was lost until now.
    pub fn finish(&mut self, with: &mut Surroundings) {
        if self.ended {
            return;
        }
        for block in self.input.untold() {
            let _ = match block {
                Block::Gap(lost) => self.lose(lost, with),
                Block::Muted(len) => self.skip_muted(len, with),
                Block::Audio(_) | Block::Waiting | Block::End => Ok(()),
            };
        }
        // A classifier that fails here has nothing more to say than the reason tells.
        let _ = with.pipeline.finish(self.index, with.updates);
        self.ended = true;
    }

    /// Moves a recording; nothing happens to a live device.
    ///
    /// # Errors
    /// When the recording cannot be read there.
    pub fn seek_to(&mut self, target: StreamTime, with: &mut Surroundings) -> anyhow::Result<()> {
        let Some(recording) = self.input.recording() else { return Ok(()) };
        let rate_hz = recording.sample_rate_hz();
        let sample = recording.seek(source_position(target, rate_hz))?;
        with.pipeline.seek(self.index, sample, with.updates)?;
        if let Some(operator) = &mut with.operator {
            operator.seek_to(stream_position(sample, rate_hz), with.pipeline)?;
        }
        self.arrived = sample;
        self.delay.restart();
        self.ended = false;
        Ok(())
    }

    /// The reading of this moment of the line is in the log.
    pub fn logged(&mut self, at: StreamTime) {
        if self.clock == Clock::RealTime {
            self.delay.logged(at, Instant::now());
        }
    }

    /// From now on audio comes like this.
    pub fn set_clock(&mut self, clock: Clock) {
        self.clock = clock;
        self.delay.restart();
    }

    /// Delays measured before now no longer stand for what comes: after a pause.
    pub fn restart_clock(&mut self) {
        self.delay.restart();
    }

    /// Delays are counted from here on: a call begins.
    pub fn count_delays_anew(&mut self) {
        self.delay.forget_counts();
    }

    /// The delay of the readings since they are counted.
    #[must_use]
    pub fn delay(&self) -> Option<Delay> {
        self.delay.summary()
    }

    /// All of them.
    #[must_use]
    pub fn delays(&self) -> &Delays {
        self.delay.delays()
    }

    /// When the line's time was zero, as far as is known.
    #[must_use]
    pub fn began(&self) -> Option<Instant> {
        self.delay.began()
    }

    /// Stops listening to a live device at once, or listens again; a recording goes on. What was said before is
    /// brought to its end.
    pub fn set_muted(&mut self, muted: bool, with: &mut Surroundings) {
        self.input.set_muted(muted);
        if let Some(operator) = &mut self.operator {
            operator.set_muted(muted);
        }
        if muted && self.input.is_live() {
            // A classifier that fails will do so again, and then it is told.
            let _ = with.pipeline.finish(self.index, with.updates);
        }
    }

    /// The recording, if it is one, to pause it or change its speed.
    pub fn recording(&mut self) -> Option<&mut Recording> {
        self.input.recording()
    }

    /// Why a stream ended before its call did, if that is so.
    #[must_use]
    pub fn cut(&self) -> Option<&'static str> {
        match &self.input {
            Input::Stream(stream) => stream.cut(),
            _ => None,
        }
    }

    /// Whether the source is there; a live device may be gone for a while.
    #[must_use]
    pub fn is_heard(&self) -> bool {
        self.outage.is_none()
    }

    /// Whether nothing more comes.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.ended
    }

    /// Samples lost so far, at the source's rate.
    #[must_use]
    pub fn dropped_samples(&self) -> u64 {
        self.dropped
    }

    /// Whether both are sides of one file.
    #[must_use]
    pub fn is_of_file_of(&self, other: &Line) -> bool {
        self.input.file().is_some_and(|file| other.input.file() == Some(file))
    }

    /// Whether it is a recording of which something was lost, or that ended before its time.
    #[must_use]
    pub fn has_lost_sound(&self) -> bool {
        !self.input.is_live() && (self.dropped > 0 || self.is_broken_off)
    }
}
