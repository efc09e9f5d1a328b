//! The thread that owns an input: opens it, watches that it is still there, and opens it again.
//!
//! In: which input. Out: a ring for each stream of it, and in [`Shared`] whether it is there. When it goes
//! away it is looked for by its id, at first soon and then every few seconds, until it is back or nobody
//! wants it any more; no other input ever takes its place, for that may be another person's.
//!
//! One thread for all of it: a sound server that hangs lets closing a stream hang, and then there is nothing
//! better to do than to wait for the server.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::super::AudioError;
use super::backoff::Backoff;
use super::capture::{Captured, Counters};
use super::choice::DeviceChoice;
use super::clock::Clock;
use super::device::{self, Device};
use super::stream::{Format, Stream};

/// How often the input is looked for while it is there. What an unplugged one is replaced with by the sound
/// server is heard for so long.
const WATCH_PERIOD: Duration = Duration::from_millis(250);

/// What the thread is started for.
pub(super) struct Request {
    /// The default input if there is none.
    pub(super) choice: Option<DeviceChoice>,
    pub(super) shared: Arc<Shared>,
    /// Streams after the first one.
    pub(super) rings: SyncSender<Captured>,
    /// Wakes the thread: the sound system has something to say, or nobody listens any more.
    pub(super) wake: SyncSender<()>,
}

/// The first stream, for its reader.
pub(super) struct Opened {
    pub(super) about: Device,
    pub(super) format: Format,
    pub(super) captured: Captured,
    pub(super) sends_always: bool,
}

/// What the thread and the reader tell each other. The device's callback has no part in it.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) clock: Clock,
    is_stopping: AtomicBool,
    /// Why the input is not there, if it is not.
    gone: Mutex<Option<String>>,
}

impl Shared {
    pub(super) fn new() -> Self {
        let (clock, is_stopping) = (Clock::new(), AtomicBool::new(false));
        Shared { clock, is_stopping, gone: Mutex::new(None) }
    }

    /// Nobody listens any more.
    pub(super) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
    }

    /// Why the input is not there, if it is not.
    pub(super) fn gone(&self) -> Option<String> {
        self.gone.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Acquire)
    }

    fn tell(&self, gone: Option<String>) {
        *self.gone.lock().unwrap_or_else(PoisonError::into_inner) = gone;
    }
}

/// Opens the input, says so, and holds on to it until nobody wants it any more.
pub(super) fn keep(
    request: &Request,
    ready: &SyncSender<Result<Opened, AudioError>>,
    woken: &Receiver<()>,
) {
    device::silence_alsa();
    match open_first(request) {
        Ok((stream, opened)) => {
            if ready.send(Ok(opened)).is_ok() {
                hold(stream, request, woken);
            }
        }
        // Nobody waits for the answer any more: there is nobody left to tell.
        Err(error) => drop(ready.send(Err(error))),
    }
}

fn open_first(request: &Request) -> Result<(Stream, Opened), AudioError> {
    let (found, channel) = device::find(request.choice.as_ref())?;
    let format = Format::wanted(&found, channel)?;
    let clock = &request.shared.clock;
    let (stream, captured) = Stream::open(found, format, clock, None, &request.wake)?;
    let about = stream.about().clone();
    let (format, sends_always) = (stream.format(), stream.sends_always());
    Ok((stream, Opened { about, format, captured, sends_always }))
}

fn hold(mut stream: Stream, request: &Request, woken: &Receiver<()>) {
    let mut backoff = Backoff::new();
    loop {
        let opened = Instant::now();
        let Some(reason) = watch(&stream, request, woken) else { return };
        request.shared.tell(Some(reason));
        backoff.lasted(opened.elapsed());
        let last = Last::of(&stream);
        drop(stream);
        let Some((again, captured)) = find_again(&last, &mut backoff, request, woken) else {
            return;
        };
        // Waits only for a reader who has not read for as many streams as can wait.
        if request.rings.send(captured).is_err() {
            return;
        }
        request.shared.tell(None);
        stream = again;
    }
}

/// Waits until the input is not there any more, and gives the reason; none if nobody listens any more.
fn watch(stream: &Stream, request: &Request, woken: &Receiver<()>) -> Option<String> {
    loop {
        pause(WATCH_PERIOD, request, woken)?;
        request.shared.clock.note_sleep();
        let fault = stream.fault(&request.shared.clock);
        if fault.is_some() {
            return fault;
        }
    }
}

/// What is known of an input that is gone.
struct Last {
    id: String,
    format: Format,
    counters: Arc<Counters>,
}

impl Last {
    fn of(stream: &Stream) -> Self {
        let id = stream.about().id.clone();
        Last { id, format: stream.format(), counters: stream.counters() }
    }
}

/// Tries until the input is there again; none if nobody listens any more.
fn find_again(
    last: &Last,
    backoff: &mut Backoff,
    request: &Request,
    woken: &Receiver<()>,
) -> Option<(Stream, Captured)> {
    loop {
        let until = Instant::now() + backoff.wait();
        while let Some(rest) = until.checked_duration_since(Instant::now()).filter(|r| !r.is_zero())
        {
            // The stream that is gone may go on complaining; that is no reason to try sooner.
            pause(rest, request, woken)?;
        }
        request.shared.clock.note_sleep();
        let Some(found) = device::by_id(&last.id) else { continue };
        let clock = &request.shared.clock;
        let heard_until = Some(last.counters.heard_until());
        match Stream::open(found, last.format, clock, heard_until, &request.wake) {
            Ok(opened) => return Some(opened),
            Err(error) => request.shared.tell(Some(error.to_string())),
        }
    }
}

/// Sleeps until it is woken, at most so long; none if nobody listens any more.
fn pause(length: Duration, request: &Request, woken: &Receiver<()>) -> Option<()> {
    let ended = woken.recv_timeout(length) == Err(RecvTimeoutError::Disconnected);
    (!ended && !request.shared.is_stopping()).then_some(())
}
