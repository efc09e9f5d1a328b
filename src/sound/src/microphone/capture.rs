//! The two ends of the ring between a device's own thread and the reader: nothing is lost uncounted.
//!
//! In: interleaved samples of any format, from the device's callback. Out: mono samples in order, and at
//! the place where audio is missing how much: what the clock says never came, and exactly what found no
//! room. Both rings are of fixed size; what does not fit is dropped, newest first, and counted.
//!
//! While the ring is full whole blocks are dropped. When a block fits again, the loss (where, how much)
//! goes into a second small ring before the samples that follow it go into the first. The reader looks
//! at the two in the other order, so it always knows of a loss before it reaches it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cpal::{FromSample, Sample};
use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

use super::super::channel::Channel;
use super::super::mixdown::Mixdown;
use super::absence::Absence;
use super::clock::{Clock, nanoseconds};
use super::counters::{Beginning, Counters};
use super::reckoning::Reckoning;

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

/// The device's end: called for every block, on a thread that must never wait.
pub struct Capture {
    samples: HeapProd<f32>,
    losses: HeapProd<Loss>,
    counters: Arc<Counters>,
    clock: Clock,
    reckoning: Reckoning,
    mixdown: Mixdown,
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
    /// Samples that were thrown away unread.
    discarded: u64,
    is_beginning_told: bool,
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

/// What a ring is for.
#[derive(Clone, Copy, Debug)]
pub struct RingSettings {
    /// Samples that find room in it.
    pub len: usize,
    /// Samples that are read at once, at most.
    pub block_len: usize,
    /// Samples a second.
    pub rate_hz: u32,
    /// Channels that the device gives.
    pub n_channels: usize,
    /// Which of them is listened to.
    pub channel: Channel,
}

/// Makes a ring for a device. If the input was heard before, until a time on the clock, then what lies between
/// is lost, and told before the first sample.
///
/// # Panics
/// If one of the lengths or numbers is 0.
#[must_use]
pub fn ring(
    settings: &RingSettings,
    clock: &Clock,
    heard_until: Option<Duration>,
) -> (Capture, Captured) {
    let absent = heard_until.map(|until| (Absence::Gone, until));
    ring_from(settings, clock, Beginning { absent, ..Beginning::default() })
}

/// Makes a ring for a device that may have been heard before.
pub(super) fn ring_from(
    settings: &RingSettings,
    clock: &Clock,
    beginning: Beginning,
) -> (Capture, Captured) {
    let heard_until = beginning.absent.map(|(_, until)| until);
    let RingSettings { len, block_len, rate_hz, n_channels, channel } = *settings;
    let is_something = n_channels > 0 && block_len > 0 && rate_hz > 0;
    assert!(is_something, "a device has channels and a rate, and a block has samples");
    let (to_samples, samples) = HeapRb::new(len).split();
    let (to_losses, losses) = HeapRb::new(LOSSES_LEN).split();
    let counters = Arc::new(Counters { beginning, ..Counters::default() });
    let born = clock.now();
    counters.last_callback_ns.store(nanoseconds(born), Ordering::Relaxed);
    let due = nanoseconds(heard_until.unwrap_or(born));
    counters.heard_until_ns.store(due, Ordering::Relaxed);
    let capture = Capture {
        samples: to_samples,
        losses: to_losses,
        counters: Arc::clone(&counters),
        clock: clock.clone(),
        reckoning: Reckoning::new(rate_hz, heard_until),
        mixdown: Mixdown::to(channel),
        n_channels,
        pushed: 0,
        losing: 0,
        chunk: [0.0; CHUNK_LEN],
        moment: [0.0; MAX_CHANNELS],
    };
    let block = vec![0.0; block_len].into_boxed_slice();
    let captured = Captured {
        samples,
        losses,
        counters,
        read: 0,
        told: 0,
        discarded: 0,
        is_beginning_told: false,
        block,
    };
    (capture, captured)
}

impl Capture {
    /// Takes a block of interleaved samples as the device gives them: the channel, or the mean of all, into
    /// the ring. This is the device's callback.
    ///
    /// Does not allocate, lock, log, wait or panic (`tests/capture.rs` counts allocations).
    pub fn on_block<T: Sample>(&mut self, interleaved: &[T])
    where
        f32: FromSample<T>,
    {
        let begun = self.clock.now();
        self.take(interleaved, begun);
        let took = nanoseconds(self.clock.now().saturating_sub(begun));
        self.counters.longest_callback_ns.fetch_max(took, Ordering::Relaxed);
    }

    /// Takes a block that came at that time; nothing when nobody may listen any more.
    pub(super) fn take<T: Sample>(&mut self, interleaved: &[T], now: Duration)
    where
        f32: FromSample<T>,
    {
        if self.counters.is_muted() {
            return;
        }
        let len = interleaved.len() / self.n_channels;
        if self.reckoning.is_of_before(len, now) {
            self.counters.last_callback_ns.store(nanoseconds(now), Ordering::Relaxed);
            return;
        }
        let mut missing = if len > 0 { self.reckoning.arrived(len, now) } else { 0 };
        if self.counters.begins_muted() && self.counters.captured.load(Ordering::Relaxed) == 0 {
            self.counters.muted_before.store(missing, Ordering::Release);
            missing = 0;
        }
        self.lose(missing);
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
        let counters = &*self.counters;
        counters.cancels.store(self.mixdown.cancels(), Ordering::Relaxed);
        let heard_until = nanoseconds(self.reckoning.heard_until());
        counters.heard_until_ns.store(heard_until, Ordering::Relaxed);
        counters.last_callback_ns.store(nanoseconds(now), Ordering::Relaxed);
        counters.captured.fetch_add(len as u64 + missing, Ordering::Release);
    }

    /// What the reader and the owner of the stream may look at.
    pub(super) fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
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
            *mono = self.mixdown.take(&self.moment[..heard]);
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

    /// Whether nobody may listen to it any more.
    pub(super) fn is_muted(&self) -> bool {
        self.counters.is_muted()
    }

    /// Throws away what is in the ring; how many samples.
    pub(super) fn discard(&mut self) -> u64 {
        // Their samples are told with the last loss.
        self.losses.clear();
        let len = self.samples.clear() as u64;
        self.discarded += len;
        len
    }

    /// For how many samples before the first one nobody might listen, once, when that sample came.
    pub(super) fn muted_before(&mut self) -> u64 {
        let len = self.counters.muted_before.load(Ordering::Acquire);
        let is_told = std::mem::replace(&mut self.is_beginning_told, len > 0);
        if is_told { 0 } else { len }
    }

    /// Samples that wait in the ring.
    pub(super) fn waiting(&self) -> u64 {
        self.samples.occupied_len() as u64
    }

    /// Samples that are missing in it and were not told.
    pub(super) fn untold_loss(&self) -> u64 {
        self.lost() - self.told
    }

    /// Whether nothing can be read at this moment.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty() && self.losses.is_empty()
    }

    /// The loss after the last sample, once, when the device's end is gone and nothing is left to read.
    pub fn last_loss(&mut self) -> Option<u64> {
        let untold = self.untold_loss();
        self.told += untold;
        (untold > 0).then_some(untold)
    }

    /// What the device's end tells.
    pub(super) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Whether nothing will come any more but what is in the ring.
    pub(super) fn is_closed(&self) -> bool {
        self.counters.is_closed.load(Ordering::Acquire)
    }

    /// The longest that the callback took.
    pub(super) fn longest_callback(&self) -> Duration {
        Duration::from_nanos(self.counters.longest_callback_ns.load(Ordering::Relaxed))
    }

    /// Samples that the device gave so far, and those that it should have given; without what was thrown
    /// away unread.
    #[must_use]
    pub fn captured(&self) -> u64 {
        // What is thrown away at this moment may not be counted yet.
        self.counters.captured.load(Ordering::Acquire).saturating_sub(self.discarded)
    }

    /// Samples that never came or found no room so far, told or not.
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
mod tests;
