//! The thread that owns an input: opens it, watches that it is still there, and opens it again.
//!
//! In: which input, and whether it is muted. Out: a [`Next`] for each stream of it, and in [`Shared`] whether it
//! is there. When it goes away it is looked for by its id, at first soon and then every few seconds, until it is
//! back or nobody wants it any more; no other input ever takes its place, for that may be another person's.
//! While it is muted it is closed and nobody looks for it.
//!
//! One thread for all of it: a sound server that hangs lets closing a stream hang, and then there is nothing
//! better to do than to wait for the server.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::super::AudioError;
use super::absence::{Absence, Absences};
use super::backoff::Backoff;
use super::capture::Captured;
use super::choice::DeviceChoice;
use super::clock::Clock;
use super::counters::Beginning;
use super::device::{self, Device};
use super::mute::{Mute, Permit};
use super::stream::{Format, SILENT_TIME, Stream, Wanted};

/// How often the input is looked for while it is there. A sound server that moves the stream without a word is found out
/// after so long.
const WATCH_PERIOD: Duration = Duration::from_millis(250);

/// How often the clock is looked after while the input is muted: nothing else happens then.
const MUTED_PERIOD: Duration = Duration::from_secs(1);

/// What the thread is started for.
pub(super) struct Request {
    /// The default input if there is none.
    pub(super) choice: Option<DeviceChoice>,
    /// What its streams are called in the system's mixer.
    pub(super) title: String,
    pub(super) shared: Arc<Shared>,
    /// Streams after the first one.
    pub(super) streams: SyncSender<Next>,
    /// Wakes the thread: the sound system has something to say, the key was pressed, or nobody listens any more.
    pub(super) wake: SyncSender<()>,
}

/// The first stream, for its reader.
pub(super) struct Opened {
    pub(super) about: Device,
    pub(super) format: Format,
    pub(super) captured: Captured,
    pub(super) sends_always: bool,
}

/// A stream that follows another one.
pub(super) struct Next {
    pub(super) captured: Captured,
    /// Why nothing was heard since the one before; the last reason runs until its first sample.
    pub(super) absences: Absences,
}

/// What the thread and the reader tell each other. The device's callback has a part in the key alone.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) clock: Clock,
    pub(super) mute: Mute,
    is_stopping: AtomicBool,
    /// Why the input is not there, if it is not.
    gone: Mutex<Option<String>>,
    /// What fills the time since the last stream, while there is none.
    absences: Mutex<Option<Absences>>,
    /// Why nothing is heard of it although it is there.
    silenced: Mutex<Option<&'static str>>,
}

impl Shared {
    pub(super) fn new() -> Self {
        Shared {
            clock: Clock::new(),
            mute: Mute::default(),
            is_stopping: AtomicBool::new(false),
            gone: Mutex::new(None),
            absences: Mutex::new(None),
            silenced: Mutex::new(None),
        }
    }

    /// Nobody listens any more.
    pub(super) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
    }

    /// Why the input is not there, if it is not.
    pub(super) fn gone(&self) -> Option<String> {
        locked(&self.gone).clone()
    }

    /// What fills the time since the last stream, while there is none.
    pub(super) fn absences(&self) -> Option<Absences> {
        locked(&self.absences).clone()
    }

    /// Why nothing is heard of the input although it is there: it is muted in the system's mixer.
    pub(super) fn silenced(&self) -> Option<&'static str> {
        *locked(&self.silenced)
    }

    fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Acquire)
    }

    fn tell(&self, gone: Option<String>) {
        *locked(&self.gone) = gone;
    }

    fn turn(&self, absence: Absence, at: Duration) {
        if let Some(absences) = &mut *locked(&self.absences) {
            absences.turn(absence, at);
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
    // Nobody can have pressed the key of an input that is not open yet.
    let permit = request.shared.mute.permit().unwrap_or_default();
    let beginning = Beginning { absent: None, permit };
    let wanted = Wanted { title: &request.title, clock, beginning, wake: &request.wake };
    let (stream, captured) = Stream::open(found, format, &wanted)?;
    let about = stream.about().clone();
    let (format, sends_always) = (stream.format(), stream.sends_always());
    Ok((stream, Opened { about, format, captured, sends_always }))
}

fn hold(mut stream: Stream, request: &Request, woken: &Receiver<()>) {
    let shared = &request.shared;
    let mut backoff = Backoff::new();
    loop {
        let opened = Instant::now();
        let Some(over) = watch(&mut stream, request, woken) else { return };
        let (counters, last) = (stream.counters(), Last::of(&stream));
        let reason = match over {
            Over::Muted => Absence::Muted,
            Over::Fault(reason) => {
                // Told before closing, which may hang.
                shared.tell(Some(reason));
                backoff.lasted(opened.elapsed());
                Absence::Gone
            }
        };
        drop(stream);
        let absences = match counters.still_absent() {
            None => Absences::since(counters.heard_until(), reason),
            Some((before, since)) => {
                let mut absences = Absences::since(since, before);
                absences.turn(reason, shared.clock.now());
                absences
            }
        };
        *locked(&shared.absences) = Some(absences);
        let Some((again, captured)) = find_again(&last, &mut backoff, request, woken) else {
            return;
        };
        let Some(absences) = locked(&shared.absences).take() else { return };
        // Waits only for a reader who has not read for as many streams as can wait.
        if request.streams.send(Next { captured, absences }).is_err() {
            return;
        }
        shared.tell(None);
        stream = again;
    }
}

/// Why a stream is over.
enum Over {
    /// Nobody may listen any more.
    Muted,
    /// The input is not there any more, for this reason.
    Fault(String),
}

/// Waits until the stream is over; none if nobody listens any more.
fn watch(stream: &mut Stream, request: &Request, woken: &Receiver<()>) -> Option<Over> {
    let counters = stream.counters();
    loop {
        if counters.is_muted() {
            return Some(Over::Muted);
        }
        pause(WATCH_PERIOD, request, woken)?;
        request.shared.clock.note_sleep();
        if !counters.is_muted()
            && let Some(reason) = stream.fault(&request.shared.clock)
        {
            return Some(Over::Fault(reason));
        }
        *locked(&request.shared.silenced) = stream.silenced();
    }
}

/// What is known of an input that is closed.
struct Last {
    id: String,
    format: Format,
}

impl Last {
    fn of(stream: &Stream) -> Self {
        Last { id: stream.about().id.clone(), format: stream.format() }
    }
}

/// Tries until the input is there again; none if nobody listens any more.
fn find_again(
    last: &Last,
    backoff: &mut Backoff,
    request: &Request,
    woken: &Receiver<()>,
) -> Option<(Stream, Captured)> {
    let shared = &request.shared;
    loop {
        let (running, _) = locked(&shared.absences).as_ref()?.running();
        if running == Absence::Gone {
            wait_for_next_try(backoff.wait(), request, woken)?;
        }
        let permit = if let Some(permit) = shared.mute.permit() {
            permit
        } else {
            shared.turn(Absence::Muted, shared.mute.pressed_at());
            *backoff = Backoff::new();
            wait_until_unmuted(request, woken)?
        };
        shared.clock.note_sleep();
        match open_again(last, permit, request) {
            Ok(opened) => return Some(opened),
            Err(reason) => {
                shared.turn(Absence::Gone, shared.mute.pressed_at());
                if let Some(reason) = reason.or_else(|| shared.gone().is_none().then(not_there)) {
                    shared.tell(Some(reason));
                }
            }
        }
    }
}

/// Opens the input as it was, after what is known of its absence; or the reason, if there is a new one, why not.
fn open_again(
    last: &Last,
    permit: Permit,
    request: &Request,
) -> Result<(Stream, Captured), Option<String>> {
    let Shared { clock, mute, absences, .. } = &*request.shared;
    let found = device::by_id(&last.id).ok_or(None)?;
    if clock.now().saturating_sub(mute.pressed_at()) > SILENT_TIME {
        // By now it is said to be gone.
        request.shared.turn(Absence::Gone, mute.pressed_at());
    }
    let absent = locked(absences).as_ref().map(Absences::running);
    let beginning = Beginning { absent, permit };
    let wanted = Wanted { title: &request.title, clock, beginning, wake: &request.wake };
    Stream::open(found, last.format, &wanted).map_err(|error| Some(error.to_string()))
}

fn not_there() -> String {
    "it is not there any more".to_owned()
}

/// Waits so long, or until the key is pressed; none if nobody listens any more.
fn wait_for_next_try(length: Duration, request: &Request, woken: &Receiver<()>) -> Option<()> {
    let until = Instant::now() + length;
    while let Some(rest) = until.checked_duration_since(Instant::now()).filter(|r| !r.is_zero())
        && !request.shared.mute.is_muted()
    {
        // The stream that is gone may go on complaining; that is no reason to try sooner.
        pause(rest, request, woken)?;
    }
    Some(())
}

/// Waits until somebody may listen again; none if nobody listens any more.
fn wait_until_unmuted(request: &Request, woken: &Receiver<()>) -> Option<Permit> {
    loop {
        if let Some(permit) = request.shared.mute.permit() {
            return Some(permit);
        }
        pause(MUTED_PERIOD, request, woken)?;
        request.shared.clock.note_sleep();
    }
}

/// Sleeps until it is woken, at most so long; none if nobody listens any more.
fn pause(length: Duration, request: &Request, woken: &Receiver<()>) -> Option<()> {
    let ended = woken.recv_timeout(length) == Err(RecvTimeoutError::Disconnected);
    (!ended && !request.shared.is_stopping()).then_some(())
}
