//! The two ends of the ring between a device's own thread and the reader: nothing is lost uncounted.
//!
//! In: interleaved samples of any format, from the device's callback. Out: mono samples in order, and at
//! the place where audio is missing exactly how much. Both rings are of fixed size; what does not fit is
//! dropped, newest first, and counted.
//!
//! While the ring is full whole blocks are dropped. When a block fits again, the loss (where, how much)
//! goes into a second small ring before the samples that follow it go into the first. The reader looks
//! at the two in the other order, so it always knows of a loss before it reaches it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cpal::{FromSample, Sample};
use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

use super::super::channel::mean;

/// Losses that can wait for the reader. One that finds no room is joined with the next.
const LOSSES_LEN: usize = 64;

/// The callback converts this many moments at a time, in its own memory.
const CHUNK_LEN: usize = 256;

/// More channels than any sound card has; what is above is not listened to.
const MAX_CHANNELS: usize = 64;

/// Audio that is missing between two samples of the ring.
#[derive(Clone, Copy, Debug)]
struct Loss {
    /// How many samples went into the ring before it.
    at: u64,
    len: u64,
}

/// What the two ends know of each other beside the rings.
#[derive(Debug, Default)]
struct Counters {
    captured: AtomicU64,
    lost: AtomicU64,
}

/// The device's end: called for every block, on a thread that must never wait.
pub struct Capture {
    samples: HeapProd<f32>,
    losses: HeapProd<Loss>,
    counters: Arc<Counters>,
    n_channels: usize,
    pushed: u64,
    /// Lost since the last sample that was pushed.
    losing: u64,
    chunk: [f32; CHUNK_LEN],
    moment: [f32; MAX_CHANNELS],
}

/// The reader's end.
pub struct Captured {
    samples: HeapCons<f32>,
    losses: HeapCons<Loss>,
    counters: Arc<Counters>,
    read: u64,
    told: u64,
    block: Box<[f32]>,
}

/// What the reader finds in the ring.
#[derive(Debug, PartialEq)]
pub enum Heard<'a> {
    /// Samples, never empty.
    Audio(&'a [f32]),
    /// So many samples are missing here.
    Lost(u64),
    /// Nothing is there.
    Nothing,
}

/// Makes a ring of `len` samples for a device of `n_channels`, read in blocks of at most `block_len`.
///
/// # Panics
/// If one of the three is 0.
#[must_use]
pub fn ring(len: usize, n_channels: usize, block_len: usize) -> (Capture, Captured) {
    assert!(n_channels > 0 && block_len > 0, "a device has channels, and a block has samples");
    let (to_samples, samples) = HeapRb::new(len).split();
    let (to_losses, losses) = HeapRb::new(LOSSES_LEN).split();
    let counters = Arc::new(Counters::default());
    let capture = Capture {
        samples: to_samples,
        losses: to_losses,
        counters: Arc::clone(&counters),
        n_channels,
        pushed: 0,
        losing: 0,
        chunk: [0.0; CHUNK_LEN],
        moment: [0.0; MAX_CHANNELS],
    };
    let block = vec![0.0; block_len].into_boxed_slice();
    (capture, Captured { samples, losses, counters, read: 0, told: 0, block })
}

impl Capture {
    /// Takes a block of interleaved samples as the device gives them: mean of the channels, into the ring.
    ///
    /// Does not allocate, lock, log, wait or panic (`tests/capture.rs` counts allocations).
    pub fn on_block<T: Sample>(&mut self, interleaved: &[T])
    where
        f32: FromSample<T>,
    {
        let len = interleaved.len() / self.n_channels;
        if self.can_push(len) {
            for part in interleaved.chunks(CHUNK_LEN * self.n_channels) {
                let chunk_len = self.convert(part);
                let pushed = self.samples.push_slice(&self.chunk[..chunk_len]);
                self.pushed += pushed as u64;
                self.lose((chunk_len - pushed) as u64);
            }
        } else {
            self.lose(len as u64);
        }
        self.counters.captured.fetch_add(len as u64, Ordering::Release);
    }

    /// Whether the next samples may follow what is in the ring: only if nothing was lost in between, or
    /// if there is room for the whole block and for the news of the loss.
    fn can_push(&mut self, len: usize) -> bool {
        if self.losing == 0 {
            return true;
        }
        let loss = Loss { at: self.pushed, len: self.losing };
        let is_told = self.samples.vacant_len() >= len && self.losses.try_push(loss).is_ok();
        if is_told {
            self.losing = 0;
        }
        is_told
    }

    fn lose(&mut self, len: u64) {
        self.losing += len;
        self.counters.lost.fetch_add(len, Ordering::Release);
    }

    /// Fills the chunk with mono samples and says how many.
    fn convert<T: Sample>(&mut self, interleaved: &[T]) -> usize
    where
        f32: FromSample<T>,
    {
        let heard = self.n_channels.min(MAX_CHANNELS);
        let moments = interleaved.chunks_exact(self.n_channels);
        let len = moments.len();
        for (mono, moment) in self.chunk.iter_mut().zip(moments) {
            for (sample, raw) in self.moment.iter_mut().zip(moment) {
                *sample = raw.to_sample();
            }
            *mono = mean(&self.moment[..heard]);
        }
        len
    }
}

impl Captured {
    /// The next thing in the ring. Never waits.
    pub fn read(&mut self) -> Heard<'_> {
        // The order matters: a loss was told before the samples after it could be seen here.
        let mut there = self.samples.occupied_len();
        if let Some(loss) = self.losses.try_peek().copied() {
            if loss.at == self.read {
                self.losses.try_pop();
                self.told += loss.len;
                return Heard::Lost(loss.len);
            }
            there = there.min(usize::try_from(loss.at - self.read).unwrap_or(usize::MAX));
        }
        let len = there.min(self.block.len());
        let len = self.samples.pop_slice(&mut self.block[..len]);
        if len == 0 {
            return Heard::Nothing;
        }
        self.read += len as u64;
        Heard::Audio(&self.block[..len])
    }

    /// Whether nothing can be read at this moment.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty() && self.losses.is_empty()
    }

    /// The loss after the last sample, once, when the device's end is gone and nothing is left to read.
    pub fn last_loss(&mut self) -> Option<u64> {
        let untold = self.lost() - self.told;
        self.told += untold;
        (untold > 0).then_some(untold)
    }

    /// Samples that the device gave so far.
    #[must_use]
    pub fn captured(&self) -> u64 {
        self.counters.captured.load(Ordering::Acquire)
    }

    /// Samples that found no room so far, told or not.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.counters.lost.load(Ordering::Acquire)
    }

    /// Samples that were read so far.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.read
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Numbers as samples: exact below 2^24, and this small to stay below 1.
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    fn numbered(from: u64, len: usize) -> Vec<f32> {
        (from..from + len as u64).map(|number| number as f32 / 65_536.0).collect()
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
    fn number(sample: f32) -> u64 {
        (sample * 65_536.0) as u64
    }

    /// Reads until nothing is there; every sample must have the number of its place in the stream.
    fn drain(captured: &mut Captured, position: &mut u64) {
        loop {
            match captured.read() {
                Heard::Audio(samples) => {
                    for sample in samples {
                        assert_eq!(number(*sample), *position);
                        *position += 1;
                    }
                }
                Heard::Lost(len) => *position += len,
                Heard::Nothing => return,
            }
        }
    }

    #[test]
    fn channels_become_their_mean() {
        let (mut capture, mut captured) = ring(16, 2, 16);
        capture.on_block(&[0.5, -0.5, 1.0, 0.5]);
        assert_eq!(captured.read(), Heard::Audio(&[0.0, 0.75]));
        let (mut capture, mut captured) = ring(16, 3, 16);
        capture.on_block(&[i16::MIN, 0, 0, 0, 0, 0]);
        assert_eq!(captured.read(), Heard::Audio(&[-1.0 / 3.0, 0.0]));
    }

    #[test]
    fn a_block_longer_than_the_callbacks_memory_is_whole() {
        let (mut capture, mut captured) = ring(4096, 1, 4096);
        capture.on_block(&numbered(0, 1000));
        let mut position = 0;
        drain(&mut captured, &mut position);
        assert_eq!((position, captured.lost()), (1000, 0));
    }

    #[test]
    fn the_gap_sits_exactly_where_audio_is_missing() {
        let (mut capture, mut captured) = ring(100, 1, 1000);
        capture.on_block(&numbered(0, 70));
        capture.on_block(&numbered(70, 70));
        capture.on_block(&numbered(140, 70));
        assert_eq!(captured.lost(), 110);
        assert_eq!(captured.read(), Heard::Audio(&numbered(0, 100)));
        assert_eq!(captured.read(), Heard::Nothing, "the loss is not over yet");
        capture.on_block(&numbered(210, 70));
        assert_eq!(captured.read(), Heard::Lost(110));
        assert_eq!(captured.read(), Heard::Audio(&numbered(210, 70)));
        assert_eq!(captured.read(), Heard::Nothing);
        assert_eq!((captured.captured(), captured.delivered()), (280, 170));
    }

    #[test]
    fn a_loss_at_the_very_end_is_told_once() {
        let (mut capture, mut captured) = ring(10, 1, 10);
        capture.on_block(&numbered(0, 15));
        drop(capture);
        assert_eq!(captured.read(), Heard::Audio(&numbered(0, 10)));
        assert_eq!(captured.read(), Heard::Nothing);
        assert_eq!(captured.last_loss(), Some(5));
        assert_eq!(captured.last_loss(), None);
    }

    #[test]
    fn more_losses_than_can_wait_are_joined_and_stay_exact() {
        let (mut capture, mut captured) = ring(3, 1, 1);
        let mut written = 0;
        for _ in 0..3 * LOSSES_LEN {
            capture.on_block(&numbered(written, 5));
            written += 5;
            captured.read();
            captured.read();
            capture.on_block(&numbered(written, 1));
            written += 1;
        }
        drop(capture);
        while captured.read() != Heard::Nothing {}
        captured.last_loss();
        assert_eq!(captured.captured(), written);
        assert_eq!(captured.delivered() + captured.told, written);
        assert_eq!(captured.told, captured.lost());
    }

    proptest! {
        #[test]
        fn whatever_the_reader_does_nothing_is_lost_uncounted(
            steps in prop::collection::vec((0usize..40, 0usize..4), 1..200),
        ) {
            let (mut capture, mut captured) = ring(50, 1, 7);
            let (mut written, mut position) = (0, 0);
            for (len, n_reads) in steps {
                capture.on_block(&numbered(written, len));
                written += len as u64;
                for _ in 0..n_reads {
                    match captured.read() {
                        Heard::Audio(samples) => for sample in samples {
                            prop_assert_eq!(number(*sample), position);
                            position += 1;
                        },
                        Heard::Lost(len) => position += len,
                        Heard::Nothing => {}
                    }
                }
            }
            drop(capture);
            drain(&mut captured, &mut position);
            position += captured.last_loss().unwrap_or(0);
            prop_assert_eq!(position, written);
            prop_assert_eq!(captured.delivered() + captured.lost(), written);
        }
    }

    #[test]
    fn the_ends_keep_their_promise_on_two_threads() {
        const N_BLOCKS: u64 = 400;
        let (mut capture, mut captured) = ring(500, 1, 33);
        let device = std::thread::spawn(move || {
            for index in 0..N_BLOCKS {
                capture.on_block(&numbered(index * 160, 160));
                if index % 3 == 0 {
                    std::thread::yield_now();
                }
            }
        });
        let mut position = 0;
        while !device.is_finished() {
            drain(&mut captured, &mut position);
        }
        device.join().unwrap();
        drain(&mut captured, &mut position);
        position += captured.last_loss().unwrap_or(0);
        assert_eq!(position, N_BLOCKS * 160);
    }
}
