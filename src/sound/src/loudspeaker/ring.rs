//! The two ends of the ring between whoever plays and an output's own thread: what is heard never clicks.
//!
//! In: mono samples at the output's rate. Out: the same on each of its channels, of any format, in the output's
//! callback; silence where nothing waits. It keeps a second of sound at most.
//!
//! To be silent at once, the feeder says up to which sample all is to be thrown away: one number, so neither
//! end waits for the other. Where sound begins it comes up within 5 ms, and where it breaks off, what was heard
//! last dies away within 5 ms.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cpal::{FromSample, Sample};
use ringbuf::traits::{Consumer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

/// How long sound takes to come up or to die away, as a part of a second: 5 ms.
const RAMPS_A_SECOND: u32 = 200;

/// The callback takes this many samples at a time, in its own memory.
const CHUNK_LEN: usize = 256;

/// What the two ends tell each other; all are numbers of samples since the ring was made.
#[derive(Debug, Default)]
struct Shared {
    /// What was pushed before this is not to be heard any more.
    discarded: AtomicU64,
    /// Samples that the output took or threw away.
    taken: AtomicU64,
}

/// The end of whoever plays.
pub struct Feeder {
    samples: HeapProd<f32>,
    shared: Arc<Shared>,
    pushed: u64,
    /// How much was pushed before the sound that is heard now.
    begun: u64,
}

/// The output's end: called for every block, on a thread that must never wait.
pub struct Player {
    samples: HeapCons<f32>,
    shared: Arc<Shared>,
    n_channels: usize,
    taken: u64,
    fade: Fade,
    chunk: [f32; CHUNK_LEN],
}

/// Makes a ring of a second for an output of this rate and so many channels.
///
/// # Panics
/// If one of them is 0.
#[must_use]
pub fn ring(rate_hz: u32, n_channels: usize) -> (Feeder, Player) {
    assert!(rate_hz > 0 && n_channels > 0, "an output has channels and a rate");
    let (to_samples, samples) = HeapRb::new(rate_hz as usize).split();
    let shared = Arc::new(Shared::default());
    let feeder = Feeder { samples: to_samples, shared: Arc::clone(&shared), pushed: 0, begun: 0 };
    let fade = Fade::new(rate_hz);
    let player = Player { samples, shared, n_channels, taken: 0, fade, chunk: [0.0; CHUNK_LEN] };
    (feeder, player)
}

impl Feeder {
    /// Gives the next samples. What finds no room, because the output takes nothing, is not heard.
    pub fn push(&mut self, samples: &[f32]) {
        self.pushed += self.samples.push_slice(samples) as u64;
    }

    /// From the output's next block on nothing is heard of what was pushed so far.
    pub fn hush(&mut self) {
        self.begun = self.pushed;
        self.shared.discarded.store(self.pushed, Ordering::Release);
    }

    /// Samples that the output took since the last [`hush`](Self::hush).
    #[must_use]
    pub fn played(&self) -> u64 {
        self.shared.taken.load(Ordering::Acquire).saturating_sub(self.begun)
    }

    /// Samples since the last [`hush`](Self::hush) that the output did not take yet.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.pushed - self.begun - self.played()
    }
}

impl Player {
    /// Fills a block of interleaved samples as the output wants them: each moment the same on all channels.
    /// This is the output's callback.
    ///
    /// Does not allocate, lock, log, wait or panic (`tests/capture.rs` counts allocations).
    pub fn on_block<T: Sample + FromSample<f32>>(&mut self, interleaved: &mut [T]) {
        let discarded = self.shared.discarded.load(Ordering::Acquire);
        if self.taken < discarded {
            let unheard = usize::try_from(discarded - self.taken).unwrap_or(usize::MAX);
            self.taken += self.samples.skip(unheard) as u64;
            self.fade.cut();
        }
        for part in interleaved.chunks_mut(CHUNK_LEN * self.n_channels) {
            let len = part.len().div_ceil(self.n_channels);
            let there = self.samples.pop_slice(&mut self.chunk[..len]);
            self.taken += there as u64;
            for (at, moment) in part.chunks_mut(self.n_channels).enumerate() {
                let sample = self.fade.next((at < there).then(|| self.chunk[at]));
                moment.fill(sample.to_sample());
            }
        }
        self.shared.taken.store(self.taken, Ordering::Release);
    }
}

/// Lets sound come up and die away.
struct Fade {
    step: f32,
    /// How much of the sound is heard, and how much of what was heard before it, from 0 to 1.
    gain: f32,
    tail_gain: f32,
    tail: f32,
    last: f32,
}

impl Fade {
    #[expect(clippy::cast_precision_loss, reason = "a rate is far below 2^24")]
    fn new(rate_hz: u32) -> Self {
        let step = (RAMPS_A_SECOND as f32 / rate_hz as f32).min(1.0);
        Fade { step, gain: 0.0, tail_gain: 0.0, tail: 0.0, last: 0.0 }
    }

    /// What comes now is another sound.
    fn cut(&mut self) {
        self.gain = 0.0;
        self.tail = self.last;
        self.tail_gain = 1.0;
    }

    /// What is heard of the next sample, or of its lack.
    fn next(&mut self, sample: Option<f32>) -> f32 {
        if sample.is_none() && self.gain > 0.0 {
            self.cut();
        }
        self.tail_gain = (self.tail_gain - self.step).max(0.0);
        self.last = self.tail * self.tail_gain;
        if let Some(sample) = sample {
            self.gain = (self.gain + self.step).min(1.0);
            self.last += sample * self.gain;
        }
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: u32 = 8000;
    const RAMP_LEN: usize = 40;
    /// No two samples that follow each other may be further apart than a ramp's step and the sound's own.
    const STEP: f32 = 1.0 / 40.0 + 1e-4;

    /// The next block of a stereo output, one channel of it.
    fn block(player: &mut Player, len: usize) -> Vec<f32> {
        let mut interleaved = vec![9.0_f32; 2 * len];
        player.on_block(&mut interleaved);
        assert!(interleaved.chunks(2).all(|moment| moment[0].to_bits() == moment[1].to_bits()));
        interleaved.into_iter().step_by(2).collect()
    }

    fn assert_does_not_click(samples: &[f32]) {
        for (at, pair) in samples.windows(2).enumerate() {
            assert!((pair[1] - pair[0]).abs() <= STEP, "from {} to {} at {at}", pair[0], pair[1]);
        }
    }

    #[test]
    fn what_is_pushed_is_heard_on_all_channels_once_it_came_up() {
        let (mut feeder, mut player) = ring(RATE_HZ, 2);
        let sound: Vec<f32> = (0..1000_u16).map(|at| f32::from(at) / 1000.0).collect();
        feeder.push(&sound);
        assert_eq!((feeder.played(), feeder.waiting()), (0, 1000));
        let heard = [block(&mut player, 300), block(&mut player, 700)].concat();
        assert_eq!(heard[RAMP_LEN..], sound[RAMP_LEN..]);
        assert_does_not_click(&heard);
        assert_eq!((feeder.played(), feeder.waiting()), (1000, 0));
    }

    #[test]
    fn silence_at_once_dies_away_and_what_was_pushed_before_is_never_heard() {
        let (mut feeder, mut player) = ring(RATE_HZ, 2);
        feeder.push(&[0.5; 4000]);
        let mut heard = block(&mut player, 400);
        feeder.hush();
        assert_eq!((feeder.played(), feeder.waiting()), (0, 0));
        let after = block(&mut player, 400);
        assert!(after[..RAMP_LEN / 2].iter().all(|sample| *sample > 0.1));
        assert!(after[RAMP_LEN..].iter().all(|sample| *sample == 0.0));
        heard.extend(after);
        feeder.push(&[-0.5; 400]);
        assert_eq!((feeder.played(), feeder.waiting()), (0, 400));
        heard.extend(block(&mut player, 400));
        assert_eq!(feeder.played(), 400);
        assert_does_not_click(&heard);
    }

    #[test]
    fn another_sound_follows_at_once_without_a_click() {
        let (mut feeder, mut player) = ring(RATE_HZ, 2);
        feeder.push(&[0.5; 4000]);
        let mut heard = block(&mut player, 400);
        feeder.hush();
        feeder.push(&[0.4; 400]);
        heard.extend(block(&mut player, 200));
        assert_eq!((feeder.played(), feeder.waiting()), (200, 200));
        assert_eq!(heard.last(), Some(&0.4));
        assert_does_not_click(&heard);
    }

    #[test]
    fn what_is_missing_is_silence_without_a_click() {
        let (mut feeder, mut player) = ring(RATE_HZ, 2);
        let mut heard = block(&mut player, 100);
        assert!(heard.iter().all(|sample| *sample == 0.0));
        for _ in 0..3 {
            feeder.push(&[0.9; 150]);
            let part = block(&mut player, 300);
            assert!(part[150 + RAMP_LEN..].iter().all(|sample| *sample == 0.0));
            heard.extend(part);
        }
        assert_does_not_click(&heard);
        assert_eq!((feeder.played(), feeder.waiting()), (450, 0));
    }

    #[test]
    fn what_finds_no_room_is_left_out_and_an_odd_block_is_filled() {
        let (mut feeder, mut player) = ring(RATE_HZ, 2);
        feeder.push(&vec![0.5; 9000]);
        assert_eq!(feeder.waiting(), u64::from(RATE_HZ));
        let mut odd = [9_i16; 7];
        player.on_block(&mut odd);
        assert!(odd.iter().all(|sample| *sample < 2000), "{odd:?}");
        assert_eq!(feeder.played(), 4);
    }
}
