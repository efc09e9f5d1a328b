//! An output of this computer: what is given to it is heard, or silence.
//!
//! In: an output's id or name, then mono samples at its rate. Out: sound. It keeps a ring of a second
//! ([`Feeder`], [`Player`]).
//!
//! ```text
//!  whoever plays                  thread "loudspeaker"            the sound system's threads
//!  Feeder::push ─────────────────────────ring──────────────────► Player::on_block
//!  Loudspeaker::failure ◄──────── owns the stream, watches that ◄─ errors
//!                                 the output is still there
//! ```
//!
//! An output that goes away is not looked for, and no other takes its place: a call that is heard in a headset
//! must not be heard in the room.

mod output;
mod ring;

use std::str::FromStr;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, OnceLock};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use super::AudioError;
use super::microphone::{ChoiceError, Device, DeviceChoice};
use output::Output;
pub use ring::{Feeder, Player, ring};

/// How long a sound system may take to open an output.
const ANSWER_TIME: Duration = Duration::from_secs(5);

/// A thread that is asked to close its output gets so long before it is left behind.
const CLOSE_TIME: Duration = Duration::from_secs(1);

/// How often is looked whether the output is still there. What replaces an unplugged one is heard for so long.
const WATCH_PERIOD: Duration = Duration::from_millis(250);

/// Which output, as a person types it; nothing is the default one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputChoice {
    /// What the system plays on where nothing else was chosen.
    Default,
    /// An id, an id without its host, a name, or a part of these that only one has.
    Named(DeviceChoice),
}

impl FromStr for OutputChoice {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, ChoiceError> {
        if text.is_empty() { Ok(OutputChoice::Default) } else { text.parse().map(Self::Named) }
    }
}

/// An open output.
pub struct Loudspeaker {
    about: Device,
    feeder: Feeder,
    failure: Arc<OnceLock<String>>,
    /// Dropped, it ends the thread.
    wanted: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    stopped: Receiver<()>,
}

/// What the thread says when the output plays.
struct Opened {
    about: Device,
    feeder: Feeder,
}

impl Loudspeaker {
    /// Opens the output that was chosen; it plays silence from now on.
    ///
    /// # Errors
    /// No sound system, no such output, or one that cannot be opened. Waits five seconds at most.
    pub fn open(choice: &OutputChoice) -> Result<Self, AudioError> {
        let no_answer = |reason: String| AudioError::NoSoundSystem { reason };
        let failure = Arc::new(OnceLock::new());
        let (wanted, until_unwanted) = mpsc::sync_channel(1);
        let (ready, answer) = mpsc::sync_channel(1);
        let (done, stopped) = mpsc::sync_channel(1);
        let (choice, told) = (choice.clone(), Arc::clone(&failure));
        let work = move || {
            play(&choice, &ready, &until_unwanted, &told);
            // Whoever does not wait for this has left the thread behind.
            let _ = done.send(());
        };
        let thread = Builder::new()
            .name("loudspeaker".to_owned())
            .spawn(work)
            .map_err(|error| no_answer(format!("no thread could be started for it: {error}")))?;
        let late = format!("it did not answer within {} s", ANSWER_TIME.as_secs());
        let opened = answer.recv_timeout(ANSWER_TIME).unwrap_or_else(|_| Err(no_answer(late)));
        let Opened { about, feeder } = opened?;
        let (wanted, thread) = (Some(wanted), Some(thread));
        Ok(Loudspeaker { about, feeder, failure, wanted, thread, stopped })
    }

    /// The output that plays. Its rate is that of what [`feeder`](Self::feeder) takes.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.about
    }

    /// Where sound goes in.
    pub fn feeder(&mut self) -> &mut Feeder {
        &mut self.feeder
    }

    /// Why nothing is heard any more, if that is so: in the sound system's words.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }
}

impl Drop for Loudspeaker {
    /// Closes the output. A sound server that does not answer is left behind after a second.
    fn drop(&mut self) {
        drop(self.wanted.take());
        let has_stopped = self.stopped.recv_timeout(CLOSE_TIME).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| has_stopped) {
            // A panic there has been printed, and nothing more can be done about it here.
            let _ = thread.join();
        }
    }
}

/// The thread: opens the output, says so, and holds on to it until it fails or nobody wants it any more.
fn play(
    choice: &OutputChoice,
    ready: &SyncSender<Result<Opened, AudioError>>,
    until_unwanted: &Receiver<()>,
    failure: &OnceLock<String>,
) {
    let (output, feeder) = match Output::open(choice) {
        Ok(opened) => opened,
        // Nobody waits for the answer any more: there is nobody left to tell.
        Err(error) => return drop(ready.send(Err(error))),
    };
    let about = output.about().clone();
    if ready.send(Ok(Opened { about, feeder })).is_err() {
        return;
    }
    while until_unwanted.recv_timeout(WATCH_PERIOD) == Err(RecvTimeoutError::Timeout) {
        if let Some(reason) = output.fault() {
            // Told before closing, which may hang.
            let _ = failure.set(reason);
            return;
        }
    }
}
