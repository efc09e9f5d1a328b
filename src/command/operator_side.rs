//! The operator's side of a call: a second source that goes into the pipeline beside the caller's, for who speaks
//! and for echoes. Its readings cannot be asked for, since there are none.

use super::engine::Input;
use crate::audio::{Block, Source};
use crate::model::Classifier;
use crate::pipeline::{Pipeline, source_position};
use crate::stream_time::StreamTime;

/// The operator's source, and how far it has come.
pub struct OperatorSide {
    input: Input,
    /// The device or file, in words.
    source: String,
    arrived: u64,
    ended: bool,
}

impl OperatorSide {
    /// A source at its beginning.
    #[must_use]
    pub fn new(input: Input, source: String) -> Self {
        OperatorSide { input, source, arrived: 0, ended: false }
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

    /// Hands on the operator's audio up to a time of the call, or what there is of it. A side that fails is
    /// silent from there on: the caller's goes on, and a recording that is cut off says so on that side.
    pub fn hear<C: Classifier>(&mut self, until: StreamTime, pipeline: &mut Pipeline<C>) {
        let until = source_position(until, self.sample_rate_hz());
        while !self.ended && self.arrived < until {
            match self.input.next_block() {
                Ok(Block::Audio(samples)) => {
                    self.arrived += samples.len() as u64;
                    pipeline.push_operator(samples);
                }
                Ok(Block::Gap(len) | Block::Muted(len)) => {
                    self.arrived += len;
                    pipeline.gap_operator(len);
                }
                Ok(Block::Waiting) => return,
                Ok(Block::End) | Err(_) => self.ended = true,
            }
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
