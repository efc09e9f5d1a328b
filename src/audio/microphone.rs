//! A live input as a [`Source`]: the callback of the sound system, a ring, a reader.
//!
//! In: an input's id or name. Out: [`Block`]s of mono samples, at 16 kHz where a sound server converts,
//! else at the device's rate. It keeps a ring of some seconds. This file and its folder are the only
//! place that names cpal or ringbuf.
//!
//! ```text
//!  the sound system's threads       thread "microphone"           whoever reads
//!  Capture::on_block ───ring─────────────────────────────────────► Microphone::next_block
//!  errors ────────────────────────► owns the stream, looks for
//!                                   the device, opens it again,
//!                                   ends with the reader
//! ```
//!
//! An input that goes away does not end: it is [`Connection::Gone`] until it is back, and what was missed is
//! one gap. Time is reckoned with, so that audio which a sound system loses without a word becomes a gap too.

mod advice;
mod backoff;
mod capture;
mod choice;
mod clock;
mod device;
mod keeper;
mod reckoning;
mod stream;

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender, TryRecvError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use super::channel::Channel;
use super::{AudioError, Block, Source};
pub use advice::recommended;
pub use capture::{Capture, Captured, Heard, RingSettings, ring};
pub use choice::{CallerChoice, ChoiceError, DeviceChoice};
pub use clock::Clock;
pub use device::{Carries, Device};
use keeper::{Opened, Request, Shared};
use stream::{SILENT_TIME, silence};

/// How long a sound system may take to list its devices or to open one.
const ANSWER_TIME: Duration = Duration::from_secs(5);

/// A thread that is asked to close its device gets so long before it is left behind.
const CLOSE_TIME: Duration = Duration::from_secs(1);

/// Streams of one input that may wait for a reader; one that does not read meanwhile is not lost, but the
/// input is not watched while it waits.
const RINGS_LEN: usize = 8;

/// All inputs of this computer, as the system lists them.
///
/// # Errors
/// [`AudioError::NoSoundSystem`], also when none answers within five seconds.
pub fn devices() -> Result<Vec<Device>, AudioError> {
    let (done, answer) = mpsc::sync_channel(1);
    spawn("devices", move || {
        let found = device::list();
        let inputs = found.map(|found| found.into_iter().map(|input| input.about).collect());
        // When this took too long, nobody listens any more.
        let _ = done.send(inputs);
    })?;
    answer.recv_timeout(ANSWER_TIME).unwrap_or_else(|_| Err(no_answer()))
}

/// Numbers about a live input since it was opened, over all the times that it was there.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CaptureStats {
    /// Samples that the device gave or should have given: delivered, lost, or still in the ring.
    pub captured: u64,
    /// Samples that were read.
    pub delivered: u64,
    /// Samples that never came by the clock, or found no room in the ring because the reader was late.
    pub lost: u64,
    /// The longest that the callback took.
    pub longest_callback: Duration,
    /// How often the system says that it lost audio itself; how much, the clock says.
    pub n_overruns: u64,
    /// How often the input went away and came back.
    pub n_returns: u64,
}

impl CaptureStats {
    /// These and those of the ring that is read now.
    fn and(self, ring: &Captured) -> Self {
        CaptureStats {
            captured: self.captured + ring.captured(),
            delivered: self.delivered + ring.delivered(),
            lost: self.lost + ring.lost(),
            longest_callback: self.longest_callback.max(ring.longest_callback()),
            n_overruns: self.n_overruns + ring.counters().n_overruns(),
            n_returns: self.n_returns,
        }
    }
}

/// Whether an input is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// It is, as far as is known.
    Heard,
    /// It is not. It is looked for, and its next block follows a gap.
    Gone {
        /// Why, in the sound system's words.
        reason: String,
    },
}

/// An open input.
pub struct Microphone {
    about: Device,
    channel: Channel,
    rate_hz: u32,
    sends_always: bool,
    captured: Captured,
    /// Of the streams before this one.
    past: CaptureStats,
    rings: Receiver<Captured>,
    shared: Arc<Shared>,
    wake: SyncSender<()>,
    thread: Option<JoinHandle<()>>,
    stopped: Receiver<()>,
    is_over: bool,
}

impl Microphone {
    /// Opens the input that was chosen, or the default one.
    ///
    /// Audio comes from now on, and four seconds of it can wait; it may then move to another thread.
    ///
    /// # Errors
    /// No sound system, no such input or channel, or one that cannot be opened. Waits five seconds at most.
    pub fn open(choice: Option<&DeviceChoice>) -> Result<Self, AudioError> {
        let shared = Arc::new(Shared::new());
        let (wake, woken) = mpsc::sync_channel(1);
        let (ready, answer) = mpsc::sync_channel(1);
        let (done, stopped) = mpsc::sync_channel(1);
        let (to_rings, rings) = mpsc::sync_channel(RINGS_LEN);
        let request = Request {
            choice: choice.cloned(),
            shared: Arc::clone(&shared),
            rings: to_rings,
            wake: wake.clone(),
        };
        let thread = spawn("microphone", move || {
            keeper::keep(&request, &ready, &woken);
            // Whoever does not wait for this has left the thread behind.
            let _ = done.send(());
        })?;
        let opened = answer.recv_timeout(ANSWER_TIME).unwrap_or_else(|_| Err(no_answer()));
        let Opened { about, format, captured, sends_always } = opened.inspect_err(|_| {
            // A thread that is late with its answer ends when it has one.
            shared.stop();
        })?;
        Ok(Microphone {
            about,
            channel: format.channel(),
            rate_hz: format.rate_hz(),
            sends_always,
            captured,
            past: CaptureStats::default(),
            rings,
            shared,
            wake,
            thread: Some(thread),
            stopped,
            is_over: false,
        })
    }

    /// The device that is heard. Its rate and channels are its own, not those of the blocks.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.about
    }

    /// Which channel of it.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// Whether the input is there. One that is unplugged, or whose server ends or hangs, is known to be gone
    /// within 1.8 s.
    #[must_use]
    pub fn connection(&self) -> Connection {
        if let Some(reason) = self.shared.gone() {
            return Connection::Gone { reason };
        }
        // The thread that watches may itself wait for the server that hangs.
        let last = self.captured.counters().last_callback();
        let silent_for = self.shared.clock.now().saturating_sub(last);
        if self.sends_always && silent_for > SILENT_TIME {
            return Connection::Gone { reason: silence() };
        }
        Connection::Heard
    }

    /// Samples that should have come since the last one that came: what is missing at the end when the input
    /// is gone.
    #[must_use]
    pub fn missing(&self) -> u64 {
        let until = self.captured.counters().heard_until();
        let length = self.shared.clock.now().saturating_sub(until);
        let samples = length.as_millis() * u128::from(self.rate_hz) / 1000;
        u64::try_from(samples).unwrap_or(u64::MAX)
    }

    /// Numbers so far.
    #[must_use]
    pub fn stats(&self) -> CaptureStats {
        self.past.and(&self.captured)
    }

    /// Goes on with the stream after this one, which is over and read to its end; says whether there is one.
    fn go_on(&mut self) -> Result<bool, AudioError> {
        match self.rings.try_recv() {
            Ok(next) => {
                self.past = self.stats();
                self.past.n_returns += 1;
                self.captured = next;
                Ok(true)
            }
            Err(TryRecvError::Empty) => Ok(false),
            Err(TryRecvError::Disconnected) => {
                self.is_over = true;
                let reason = "the thread that listened to it has ended".to_owned();
                Err(AudioError::DeviceLost { device: self.about.id.clone(), reason })
            }
        }
    }
}

impl Source for Microphone {
    fn sample_rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// Never waits. Blocks are a tenth of a second at most. An input that is gone makes its reader wait; when
    /// it is back, what was missed is a gap.
    fn next_block(&mut self) -> Result<Block<'_>, AudioError> {
        if self.is_over {
            return Ok(Block::End);
        }
        // Asked before the ring: what the callback did before it was closed is in there by now.
        let is_closed = self.captured.is_closed();
        if self.captured.is_empty() {
            if !is_closed {
                return Ok(Block::Waiting);
            }
            if let Some(lost) = self.captured.last_loss() {
                return Ok(Block::Gap(lost));
            }
            if !self.go_on()? {
                return Ok(Block::Waiting);
            }
        }
        Ok(match self.captured.read() {
            Heard::Audio(samples) => Block::Audio(samples),
            Heard::Lost(lost) => Block::Gap(lost),
            Heard::Nothing => Block::Waiting,
        })
    }
}

impl Drop for Microphone {
    /// Closes the device. A sound server that does not answer is left behind after a second.
    fn drop(&mut self) {
        self.shared.stop();
        // Full means that the thread is already woken.
        let _ = self.wake.try_send(());
        let has_stopped = self.stopped.recv_timeout(CLOSE_TIME).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| has_stopped) {
            // A panic there has been printed, and nothing more can be done about it here.
            let _ = thread.join();
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, AudioError> {
    Builder::new().name(name.to_owned()).spawn(work).map_err(|error| AudioError::NoSoundSystem {
        reason: format!("no thread could be started for it: {error}"),
    })
}

fn no_answer() -> AudioError {
    let reason = format!("it did not answer within {} s", ANSWER_TIME.as_secs());
    AudioError::NoSoundSystem { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_input_can_move_to_another_thread() {
        fn is_send<T: Send + 'static>() {}
        is_send::<Microphone>();
    }
}
