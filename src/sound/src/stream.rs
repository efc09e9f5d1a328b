//! Sound that another part of the program hands over, piece by piece: a call that comes over a network.
//!
//! In: pieces from any thread ([`StreamSender`]). Out: a [`Source`] ([`StreamSource`]). Keeps what was handed over and not
//! yet read, up to a limit.
//!
//! ```text
//!  any thread: StreamSender ──► channel, at most so many samples ──► StreamSource: the engine's thread
//! ```

use super::{AudioError, Block, Source};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};

/// What is handed over. Lengths are in samples at the stream's rate.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamPiece {
    /// Mono samples in [-1, 1]; nothing happens where there are none.
    Audio(Vec<f32>),
    /// So many samples were lost here.
    Gap(u64),
    /// For so many samples nobody was allowed to listen.
    Muted(u64),
    /// Nothing more comes.
    End,
    /// Nothing more comes, though the call goes on: why, in a word.
    Cut(&'static str),
}

/// More waits than may: the piece was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more sound waits to be read than may")]
pub struct StreamFull;

/// Where pieces are handed in.
#[derive(Debug)]
pub struct StreamSender {
    pieces: Sender<StreamPiece>,
    waiting: Arc<AtomicU64>,
    limit: u64,
}

/// Where they are read.
#[derive(Debug)]
pub struct StreamSource {
    pieces: Receiver<StreamPiece>,
    waiting: Arc<AtomicU64>,
    rate_hz: u32,
    block: Vec<f32>,
    is_muted: bool,
    /// Samples that nobody was allowed to hear, not yet told: as one piece, and not as one a block.
    muted: u64,
    /// What came behind them.
    next: Option<StreamPiece>,
    cut: Option<&'static str>,
    is_over: bool,
}

/// Of a longer stretch that nobody may hear something is told so often, in seconds.
const MUTED_TOLD_S: u64 = 60;

/// A stream of that rate in Hz, in which at most `limit` samples wait.
#[must_use]
pub fn stream(rate_hz: u32, limit: u64) -> (StreamSender, StreamSource) {
    let (sender, receiver) = channel();
    let waiting = Arc::new(AtomicU64::new(0));
    let source = StreamSource {
        pieces: receiver,
        waiting: Arc::clone(&waiting),
        rate_hz,
        block: Vec::new(),
        is_muted: false,
        muted: 0,
        next: None,
        cut: None,
        is_over: false,
    };
    (StreamSender { pieces: sender, waiting, limit }, source)
}

impl StreamSender {
    /// Hands a piece over. When nobody reads any more it is dropped.
    ///
    /// # Errors
    /// [`StreamFull`] when samples come faster than they are read.
    pub fn push(&self, piece: StreamPiece) -> Result<(), StreamFull> {
        if let StreamPiece::Audio(samples) = &piece {
            let n_samples = samples.len() as u64;
            if n_samples == 0 {
                return Ok(());
            }
            if self.waiting.load(Ordering::Relaxed) + n_samples > self.limit {
                return Err(StreamFull);
            }
            self.waiting.fetch_add(n_samples, Ordering::Relaxed);
        }
        let _ = self.pieces.send(piece);
        Ok(())
    }

    /// Samples that wait to be read.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }
}

impl StreamSource {
    /// Samples that wait to be read.
    #[must_use]
    pub fn backlog(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// The next piece that is no stretch which nobody may hear; those are added up.
    fn behind_muted(&mut self) -> Option<StreamPiece> {
        loop {
            match self.pieces.try_recv() {
                Ok(StreamPiece::Muted(n_samples)) => self.muted += n_samples,
                Ok(StreamPiece::Audio(samples)) => {
                    let n_samples = samples.len() as u64;
                    self.waiting.fetch_sub(n_samples, Ordering::Relaxed);
                    if !self.is_muted {
                        return Some(StreamPiece::Audio(samples));
                    }
                    self.muted += n_samples;
                }
                Ok(piece) => return Some(piece),
                Err(TryRecvError::Empty) => return None,
                Err(TryRecvError::Disconnected) => return Some(StreamPiece::End),
            }
        }
    }

    /// Why it ended before the call did, if that is so.
    #[must_use]
    pub fn cut(&self) -> Option<&'static str> {
        self.cut
    }

    /// Stops listening at once, also to what waits, or listens again.
    pub fn set_muted(&mut self, muted: bool) {
        self.is_muted = muted;
    }
}

impl Source for StreamSource {
    fn sample_rate_hz(&self) -> u32 {
        self.rate_hz
    }

    fn next_block(&mut self) -> Result<Block<'_>, AudioError> {
        if self.is_over {
            return Ok(Block::End);
        }
        let piece = match self.next.take() {
            Some(StreamPiece::Audio(samples)) if self.is_muted => {
                self.muted += samples.len() as u64;
                self.behind_muted()
            }
            Some(piece) => Some(piece),
            None => self.behind_muted(),
        };
        let is_long = self.muted >= MUTED_TOLD_S * u64::from(self.rate_hz);
        if self.muted > 0 && (piece.is_some() || is_long) {
            self.next = piece;
            return Ok(Block::Muted(std::mem::take(&mut self.muted)));
        }
        Ok(match piece {
            None | Some(StreamPiece::Muted(_)) => Block::Waiting,
            Some(StreamPiece::Gap(n_samples)) => Block::Gap(n_samples),
            Some(StreamPiece::Audio(samples)) => {
                self.block = samples;
                Block::Audio(&self.block)
            }
            Some(StreamPiece::Cut(why)) => {
                self.cut = Some(why);
                self.is_over = true;
                Block::End
            }
            Some(StreamPiece::End) => {
                self.is_over = true;
                Block::End
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_in_order_and_a_sender_that_is_gone_is_an_end() {
        let (sender, mut source) = stream(8_000, 10);
        assert_eq!(source.next_block().unwrap(), Block::Waiting);
        sender.push(StreamPiece::Audio(vec![0.5; 4])).unwrap();
        sender.push(StreamPiece::Audio(Vec::new())).unwrap();
        sender.push(StreamPiece::Gap(3)).unwrap();
        assert_eq!((sender.waiting(), source.backlog()), (4, 4));
        assert_eq!(source.next_block().unwrap(), Block::Audio(&[0.5; 4]));
        assert_eq!(source.next_block().unwrap(), Block::Gap(3));
        assert_eq!(source.backlog(), 0);
        drop(sender);
        assert_eq!(source.next_block().unwrap(), Block::End);
        assert_eq!(source.next_block().unwrap(), Block::End);
    }

    #[test]
    fn no_more_waits_than_may() {
        let (sender, mut source) = stream(8_000, 10);
        sender.push(StreamPiece::Audio(vec![0.0; 8])).unwrap();
        assert_eq!(sender.push(StreamPiece::Audio(vec![0.0; 3])), Err(StreamFull));
        sender.push(StreamPiece::Audio(vec![0.0; 2])).unwrap();
        assert!(
            matches!(source.next_block().unwrap(), Block::Audio(samples) if samples.len() == 8)
        );
        sender.push(StreamPiece::Audio(vec![0.0; 8])).unwrap();
    }

    #[test]
    fn what_waits_when_it_is_muted_is_not_heard() {
        let (sender, mut source) = stream(8_000, 100);
        sender.push(StreamPiece::Audio(vec![0.1; 5])).unwrap();
        source.set_muted(true);
        assert_eq!(source.next_block().unwrap(), Block::Waiting);
        sender.push(StreamPiece::Audio(vec![0.1; 2])).unwrap();
        sender.push(StreamPiece::Muted(3)).unwrap();
        assert_eq!(source.next_block().unwrap(), Block::Waiting);
        source.set_muted(false);
        sender.push(StreamPiece::Audio(vec![0.2; 1])).unwrap();
        assert_eq!(source.next_block().unwrap(), Block::Muted(10));
        sender.push(StreamPiece::End).unwrap();
        assert_eq!(source.next_block().unwrap(), Block::Audio(&[0.2]));
        assert_eq!(source.next_block().unwrap(), Block::End);
    }
}
