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
//!                                   the device, ends with the
//!                                   reader
//! ```

mod capture;
mod device;
mod stream;

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use super::{AudioError, Block, Source};
pub use capture::{Capture, Captured, Heard, ring};
pub use device::{Carries, Device};
use stream::{Opened, Request, State};

/// How much audio can wait for a busy reader. The longest stall that was measured under load is 0.4 s;
/// this is ten times that, and 256 kB at 16 kHz.
pub const RING: Duration = Duration::from_secs(4);

/// How long a sound system may take to list its devices or to open one.
const ANSWER_TIME: Duration = Duration::from_secs(5);

/// A device that always sends, and has sent nothing for so long, is dead.
const SILENT_TIME: Duration = Duration::from_secs(5);

/// A thread that is asked to close its device gets so long before it is left behind.
const CLOSE_TIME: Duration = Duration::from_secs(1);

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

/// Numbers about a live input since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CaptureStats {
    /// Samples that the device gave: delivered, lost, or still in the ring.
    pub captured: u64,
    /// Samples that were read.
    pub delivered: u64,
    /// Samples that found no room in the ring, because the reader was late.
    pub lost: u64,
    /// The longest that the callback took.
    pub longest_callback: Duration,
    /// How often the system says that it lost audio itself; how much, it does not say.
    pub n_overruns: u64,
    /// Seconds of audio that should have come by the clock and did not: what a sound server dropped on
    /// the way without a word. Within a block's length (0.1 s) of zero it means nothing.
    pub behind_s: f64,
}

/// An open input.
pub struct Microphone {
    opened: Opened,
    state: Arc<State>,
    stop: SyncSender<()>,
    thread: Option<JoinHandle<()>>,
    stopped: Receiver<()>,
    is_over: bool,
}

impl Microphone {
    /// Opens the input of that id or name, or the default one, with a ring of that length.
    ///
    /// # Errors
    /// No sound system, no such input, or one that cannot be opened. Waits five seconds at most.
    pub fn open(wanted: Option<&str>, ring: Duration) -> Result<Self, AudioError> {
        let state = Arc::new(State::new());
        let (stop, stop_asked) = mpsc::sync_channel(1);
        let (ready, answer) = mpsc::sync_channel(1);
        let (done, stopped) = mpsc::sync_channel(1);
        let request = Request {
            wanted: wanted.map(str::to_owned),
            ring,
            state: Arc::clone(&state),
            stop: stop.clone(),
        };
        let thread = spawn("microphone", move || {
            stream::keep(&request, &ready, &stop_asked);
            // Whoever does not wait for this has left the thread behind.
            let _ = done.send(());
        })?;
        let opened = answer.recv_timeout(ANSWER_TIME).unwrap_or_else(|_| Err(no_answer()))?;
        Ok(Microphone { opened, state, stop, thread: Some(thread), stopped, is_over: false })
    }

    /// The device that is heard. Its rate and channels are its own, not those of the blocks.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.opened.about
    }

    /// Numbers so far.
    #[must_use]
    pub fn stats(&self) -> CaptureStats {
        let captured = &self.opened.captured;
        CaptureStats {
            captured: captured.captured(),
            delivered: captured.delivered(),
            lost: captured.lost(),
            longest_callback: self.state.longest_callback(),
            n_overruns: self.state.n_overruns(),
            behind_s: self.state.behind_samples() / f64::from(self.opened.sample_rate_hz),
        }
    }

    /// Whether a device that always sends has stopped to.
    fn is_dead(&self) -> bool {
        self.opened.sends_always && self.state.silent_for() > SILENT_TIME
    }

    /// The last loss of a device that is gone, then why it is gone.
    fn end(&mut self) -> Result<Block<'static>, AudioError> {
        if let Some(lost) = self.opened.captured.last_loss() {
            return Ok(Block::Gap(lost));
        }
        self.is_over = true;
        let reason = self.state.failure().map_or_else(
            || format!("it has sent nothing for {} s", SILENT_TIME.as_secs()),
            str::to_owned,
        );
        Err(AudioError::DeviceLost { device: self.opened.about.id.clone(), reason })
    }
}

impl Source for Microphone {
    fn sample_rate_hz(&self) -> u32 {
        self.opened.sample_rate_hz
    }

    /// Never waits. Blocks are a tenth of a second at most. A device that is gone gives
    /// [`AudioError::DeviceLost`] once, after everything that it had sent, then [`Block::End`].
    fn next_block(&mut self) -> Result<Block<'_>, AudioError> {
        if self.is_over {
            return Ok(Block::End);
        }
        // Asked before the ring: what the callback did before it was closed is in there by now.
        let is_closed = self.state.is_closed();
        if self.opened.captured.is_empty() {
            return if is_closed || self.is_dead() { self.end() } else { Ok(Block::Waiting) };
        }
        Ok(match self.opened.captured.read() {
            Heard::Audio(samples) => Block::Audio(samples),
            Heard::Lost(lost) => Block::Gap(lost),
            Heard::Nothing => Block::Waiting,
        })
    }
}

impl Drop for Microphone {
    /// Closes the device. A sound server that does not answer is left behind after a second.
    fn drop(&mut self) {
        // Full means that the thread is already told.
        let _ = self.stop.try_send(());
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
