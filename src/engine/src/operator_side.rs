//! The operator's side of the calls: one more source that goes into the pipeline beside the callers', for who
//! speaks and for echoes. Its readings cannot be asked for, since there are none.

use super::delay::DelayMeter;
use super::input::Input;
use super::notices::{Notices, in_words};
use hearing::classifier::Classifier;
use hearing::pipeline::Pipeline;
use hearing::stream_time::{STREAM_RATE_HZ, StreamTime};
use hearing::stream_time::{source_position, stream_position};
use sound::microphone::Connection;
use sound::{Block, Source};
use std::time::Instant;

/// What a live operator says may come so much later than what callers say at the same time: each device sends
/// blocks of 0.1 s at moments of its own, and a loaded machine stumbles.
const LIVE_LAG: StreamTime = StreamTime::from_ms(300);

/// Two devices' clocks are aligned anew when they are off by more than 5 ms.
const OFF: i64 = STREAM_RATE_HZ as i64 / 200;

/// The operator's source, and how far it has come.
pub struct OperatorSide {
    input: Input,
    /// The device or file, in words.
    source: String,
    arrived: u64,
    /// When its time was zero.
    meter: DelayMeter,
    /// How each caller's time is aligned to it.
    offsets: Vec<i64>,
    is_gone: bool,
    ended: bool,
    /// Whether a recording lost sound, and what there is to say of it.
    has_lost_sound: bool,
    untold: Vec<String>,
}

impl OperatorSide {
    /// A source at its beginning.
    #[must_use]
    pub fn new(input: Input, source: String) -> Self {
        let meter = DelayMeter::new(input.sample_rate_hz());
        OperatorSide {
            input,
            source,
            arrived: 0,
            meter,
            offsets: Vec::new(),
            is_gone: false,
            ended: false,
            has_lost_sound: false,
            untold: Vec::new(),
        }
    }

    /// The sound.
    #[must_use]
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// What it is heard from, for the log.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Samples a second.
    #[must_use]
    pub fn sample_rate_hz(&self) -> u32 {
        self.input.sample_rate_hz()
    }

    /// By how much it may be later than the callers.
    #[must_use]
    pub fn lag(&self) -> StreamTime {
        if self.is_live() { LIVE_LAG } else { StreamTime::ZERO }
    }

    fn is_live(&self) -> bool {
        self.input.microphone().is_some()
    }

    /// Stops listening to a live device at once, or listens again.
    pub fn set_muted(&mut self, muted: bool) {
        self.input.set_muted(muted);
    }

    /// Whether a recording of the operator lost sound.
    #[must_use]
    pub fn has_lost_sound(&self) -> bool {
        self.has_lost_sound
    }

    /// Tells what happened to a recording of the operator.
    pub fn tell(&mut self, notices: &mut Notices) {
        self.untold.drain(..).for_each(|text| notices.add(format!("operator: {text}")));
    }

    /// Hands on what a live operator said until now; of a recording nothing.
    pub fn catch_up<C: Classifier>(&mut self, pipeline: &mut Pipeline<C>, notices: &mut Notices) {
        self.tell(notices);
        let Some(microphone) = self.input.microphone() else { return };
        let is_gone = matches!(microphone.connection(), Connection::Gone { .. });
        if is_gone != self.is_gone {
            self.is_gone = is_gone;
            let id = &microphone.device().id;
            notices.add(if is_gone {
                format!("the operator is not heard: {id} is gone; looking for it")
            } else {
                format!("the operator is heard again on {id}")
            });
        }
        self.hear_all(u64::MAX, pipeline);
    }

    /// Hands on a recorded operator's audio up to a time of the call, or what there is of it; a live one's came
    /// before.
    pub fn hear<C: Classifier>(&mut self, until: StreamTime, pipeline: &mut Pipeline<C>) {
        if !self.is_live() {
            self.hear_all(source_position(until, self.sample_rate_hz()), pipeline);
        }
    }

    /// A side that fails is silent from there on: the callers' go on, and a recording that is cut off says so on
    /// that side.
    fn hear_all<C: Classifier>(&mut self, until: u64, pipeline: &mut Pipeline<C>) {
        let is_live = self.is_live();
        while !self.ended && self.arrived < until {
            match self.input.next_block() {
                Ok(Block::Audio(samples)) => {
                    self.arrived += samples.len() as u64;
                    if is_live {
                        self.meter.arrived(self.arrived, Instant::now());
                    }
                    pipeline.push_operator(samples);
                }
                Ok(block @ (Block::Gap(len) | Block::Muted(len))) => {
                    let is_lost = !is_live && matches!(block, Block::Gap(_));
                    if is_lost {
                        let length = stream_position(len, self.input.sample_rate_hz());
                        self.untold.push(format!("{} of sound were lost", in_words(length)));
                    }
                    self.has_lost_sound |= is_lost;
                    self.arrived += len;
                    self.meter.restart();
                    pipeline.gap_operator(len);
                }
                Ok(Block::Waiting) => return,
                Ok(Block::End) => self.ended = true,
                Err(error) => {
                    self.ended = true;
                    self.has_lost_sound |= !is_live;
                    self.untold.push(error.to_string());
                }
            }
        }
    }

    /// Aligns a live caller's time with the operator's, if the beginnings of both are known; `began` is when the
    /// caller's was zero.
    pub fn align<C: Classifier>(
        &mut self,
        line: usize,
        began: Option<Instant>,
        pipeline: &mut Pipeline<C>,
    ) {
        let (Some(operator), Some(caller)) = (self.meter.began(), began) else { return };
        let offset = stream_samples_between(operator, caller);
        if self.offsets.len() <= line {
            self.offsets.resize(line + 1, 0);
        }
        if (offset - self.offsets[line]).abs() > OFF {
            self.offsets[line] = offset;
            pipeline.align_operator(line, offset);
        }
    }

    /// Moves a recording.
    ///
    /// # Errors
    /// When it cannot be read there.
    pub fn seek_to<C: Classifier>(
        &mut self,
        target: StreamTime,
        pipeline: &mut Pipeline<C>,
    ) -> anyhow::Result<()> {
        if let Input::Recording(recording) = &mut self.input {
            self.arrived = recording.seek(source_position(target, recording.sample_rate_hz()))?;
            self.ended = false;
            pipeline.seek_operator(self.arrived);
        }
        Ok(())
    }
}

/// Samples of the stream from one moment to another; negative if that is earlier.
fn stream_samples_between(from: Instant, to: Instant) -> i64 {
    let samples = |length: std::time::Duration| {
        i64::try_from(length.as_micros() * u128::from(STREAM_RATE_HZ) / 1_000_000)
            .unwrap_or(i64::MAX)
    };
    if to >= from { samples(to - from) } else { -samples(from - to) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn moments_are_told_apart_in_samples() {
        let now = Instant::now();
        let later = now + Duration::from_millis(250);
        assert_eq!(stream_samples_between(now, later), 2_000);
        assert_eq!(stream_samples_between(later, now), -2_000);
    }
}
