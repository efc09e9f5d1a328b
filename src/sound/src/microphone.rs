//! A live input as a [`Source`]: the callback of the sound system, a ring, a reader.
//!
//! In: an input's id or name. Out: [`Block`]s of mono samples, at 16 kHz where a sound server converts,
//! else at the device's rate. It keeps a ring of some seconds. This file and its folder, and those of the
//! loudspeaker, are the only places that name cpal or ringbuf. Sound cards are heard through cpal, a sound server's inputs through its own
//! protocol (`pulse`): cpal cannot ask it to leave a stream where it is.
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
//! one gap. One that is muted is closed, and what was not heard is told as that. Time is reckoned with, so that audio which a sound system loses without a word becomes a gap too.

mod absence;
mod advice;
mod backoff;
mod capture;
mod choice;
mod clock;
mod counters;
pub(super) mod device;
mod keeper;
mod mute;
#[cfg(target_os = "linux")]
mod pulse;
mod reckoning;
mod stats;
mod stream;

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender, TryRecvError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use super::channel::Channel;
use super::{AudioError, Block, Source};
use absence::{Absence, Untold};
pub use advice::recommended;
pub use capture::{Capture, Captured, Heard, RingSettings, ring};
pub use choice::{CallerChoice, ChoiceError, DeviceChoice};
pub use clock::Clock;
pub use device::{Carries, Device};
use keeper::{Next, Opened, Request, Shared};
pub use stats::CaptureStats;
use stream::{SILENT_TIME, silence};

/// How long a sound system may take to list its devices or to open one.
const ANSWER_TIME: Duration = Duration::from_secs(5);

/// A thread that is asked to close its device gets so long before it is left behind.
const CLOSE_TIME: Duration = Duration::from_secs(1);

/// Streams of one input that may wait for a reader; one that does not read meanwhile is not lost, but the
/// input is not watched while it waits.
const STREAMS_LEN: usize = 8;

/// All inputs of this computer, as the system lists them.
///
/// # Errors
/// [`AudioError::NoSoundSystem`], also when none answers within five seconds.
pub fn devices() -> Result<Vec<Device>, AudioError> {
    let (done, answer) = mpsc::sync_channel(1);
    spawn("devices", move || {
        let found = device::list();
        let inputs = found.map(|found| found.iter().map(|input| input.about().clone()).collect());
        // When this took too long, nobody listens any more.
        let _ = done.send(inputs);
    })?;
    answer.recv_timeout(ANSWER_TIME).unwrap_or_else(|_| Err(no_answer()))
}

/// Why the sound server that is there cannot be used, in a sentence that says what to do; none where it can be, and
/// where there is none. Waits two seconds at most.
#[must_use]
pub fn server_trouble() -> Option<String> {
    device::server_trouble()
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
    /// Nobody may listen: it is closed, there or not.
    Muted,
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
    streams: Receiver<Next>,
    /// What lies between the last sample that was read and the next.
    untold: Untold,
    shared: Arc<Shared>,
    wake: SyncSender<()>,
    thread: Option<JoinHandle<()>>,
    stopped: Receiver<()>,
    is_over: bool,
}

impl Microphone {
    /// Opens the input that was chosen, or the one that is the default now; it stays the same when another becomes the
    /// default. In the system's mixer it is called "Undertone: " and this label, where a sound server has one.
    ///
    /// Audio comes from now on, and four seconds of it can wait; it may then move to another thread.
    ///
    /// # Errors
    /// No sound system, no such input or channel, or one that cannot be opened. Waits five seconds at most.
    pub fn open(choice: Option<&DeviceChoice>, label: &str) -> Result<Self, AudioError> {
        let shared = Arc::new(Shared::new());
        let (wake, woken) = mpsc::sync_channel(1);
        let (ready, answer) = mpsc::sync_channel(1);
        let (done, stopped) = mpsc::sync_channel(1);
        let (to_streams, streams) = mpsc::sync_channel(STREAMS_LEN);
        let request = Request {
            choice: choice.cloned(),
            title: format!("Undertone: {label}"),
            shared: Arc::clone(&shared),
            streams: to_streams,
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
            streams,
            untold: Untold::default(),
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
        let Shared { clock, mute, .. } = &*self.shared;
        if mute.is_muted() {
            return Connection::Muted;
        }
        if let Some(reason) = self.shared.gone() {
            return Connection::Gone { reason };
        }
        // The thread that watches may itself wait for the server that hangs.
        let last = self.captured.counters().last_callback().max(mute.pressed_at());
        let silent_for = clock.now().saturating_sub(last);
        if self.sends_always && silent_for > SILENT_TIME {
            return Connection::Gone { reason: silence() };
        }
        Connection::Heard
    }

    /// Why nothing is heard although the input is there, in words: somebody muted it in the system's mixer. Known a quarter
    /// of a second after it happens, and of a sound server's inputs only.
    #[must_use]
    pub fn silenced(&self) -> Option<&'static str> {
        self.shared.silenced()
    }

    /// Whether its channels, where they are mixed, cancel each other out: one is the other upside down.
    #[must_use]
    pub fn cancels(&self) -> bool {
        self.captured.counters().cancels()
    }

    /// Samples that were captured and wait to be read: how far the reader is behind.
    #[must_use]
    pub fn backlog(&self) -> u64 {
        if self.captured.is_muted() { 0 } else { self.captured.waiting() }
    }

    /// The privacy key. From the moment that it is muted nothing is captured, what nobody has read yet is
    /// thrown away, and the input is closed at the sound system. Unmuted, the same input is opened again.
    ///
    /// Returns at once. What was not heard is told as [`Block::Muted`] before the next sample. An input that
    /// is not there any more when it is unmuted is [`Connection::Gone`] from then on.
    pub fn set_muted(&mut self, is_muted: bool) {
        self.shared.mute.set(is_muted, self.shared.clock.now());
        // Full means that the thread is already woken.
        let _ = self.wake.try_send(());
    }

    /// What was missed up to now and is not told yet, as blocks: for a reader who ends while the input is gone
    /// or muted. Nothing while it is heard.
    pub fn untold(&mut self) -> Vec<Block<'static>> {
        // A stream that ends in an error has told so to the reader.
        let _ = self.find_something();
        let mut untold = self.untold.clone();
        let now = self.shared.clock.now();
        let counters = self.captured.counters();
        let all: Vec<(Absence, Duration)> = match (self.shared.absences(), counters.still_absent())
        {
            (Some(absences), _) => absences.until(now).collect(),
            (None, Some((kind, since))) => vec![(kind, now.saturating_sub(since))],
            (None, None) => {
                let length = now.saturating_sub(counters.heard_until());
                // The thread that should know may wait for a server that hangs.
                match self.connection() {
                    Connection::Heard => Vec::new(),
                    Connection::Muted => vec![(Absence::Muted, length)],
                    Connection::Gone { .. } => vec![(Absence::Gone, length)],
                }
            }
        };
        for (kind, length) in all {
            untold.push(kind, self.samples_in(length));
        }
        std::iter::from_fn(|| untold.pop()).collect()
    }

    /// How many samples a length has.
    fn samples_in(&self, length: Duration) -> u64 {
        let samples = length.as_nanos() * u128::from(self.rate_hz) / 1_000_000_000;
        u64::try_from(samples).unwrap_or(u64::MAX)
    }

    /// Numbers so far.
    #[must_use]
    pub fn stats(&self) -> CaptureStats {
        self.past.and(&self.captured)
    }

    /// Whether there is something to read; goes on from a stream that is over to the one after it.
    fn find_something(&mut self) -> Result<bool, AudioError> {
        loop {
            // Asked before the ring: what the callback did before it was closed is in there by now.
            let is_closed = self.captured.is_closed();
            let is_muted = self.captured.is_muted();
            if !is_muted && !self.captured.is_empty() {
                self.untold.push(Absence::Muted, self.captured.muted_before());
                return Ok(true);
            }
            if is_muted {
                let discarded = self.captured.discard();
                self.untold.push(Absence::Muted, self.captured.muted_before() + discarded);
            }
            if !is_closed {
                return Ok(false);
            }
            let lost = self.captured.last_loss().unwrap_or(0);
            self.untold.push(Absence::Gone, lost);
            if !self.go_on()? {
                return Ok(false);
            }
        }
    }

    /// Goes on with the stream after this one, which is over and read to its end; says whether there is one.
    fn go_on(&mut self) -> Result<bool, AudioError> {
        match self.streams.try_recv() {
            Ok(Next { captured, absences }) => {
                self.past = self.stats();
                self.past.n_returns += u64::from(absences.was_gone());
                for &(kind, length) in absences.over() {
                    let len = self.samples_in(length);
                    if kind == Absence::Gone {
                        self.past.captured += len;
                        self.past.lost += len;
                    }
                    self.untold.push(kind, len);
                }
                self.captured = captured;
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
        if !self.find_something()? {
            return Ok(Block::Waiting);
        }
        if let Some(block) = self.untold.pop() {
            if let Block::Muted(len) = block {
                self.past.muted += len;
            }
            return Ok(block);
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
mod tests;
