//! The operator of one call alone: the other side of a stream.
//!
//! In: that side's blocks. Out: the same to the caller, for who speaks; never to be read. Keeps how far it was heard.

use hearing::pipeline::Caller;
use sound::stream::StreamSource;
use sound::{Block, Source};

/// The operator's side of one call.
pub struct OwnOperator {
    source: StreamSource,
    /// Samples that came, or were lost.
    arrived: u64,
}

impl OwnOperator {
    /// A side at its beginning.
    #[must_use]
    pub fn new(source: StreamSource) -> Self {
        OwnOperator { source, arrived: 0 }
    }

    /// Stops listening at once, or listens again.
    pub fn set_muted(&mut self, muted: bool) {
        self.source.set_muted(muted);
    }

    /// Has the caller, who was heard up to this sample, hear what there is of the operator: no more than a second ahead,
    /// since no more than some seconds are kept.
    pub fn hear(&mut self, until: u64, caller: &mut Caller) {
        let ahead = u64::from(self.source.sample_rate_hz());
        while self.arrived < until + ahead {
            match self.source.next_block() {
                Ok(Block::Audio(samples)) => {
                    self.arrived += samples.len() as u64;
                    caller.hear_operator(samples);
                }
                Ok(Block::Gap(len) | Block::Muted(len)) => {
                    self.arrived += len;
                    caller.miss_operator(len);
                }
                Ok(Block::Waiting | Block::End) | Err(_) => return,
            }
        }
    }
}
