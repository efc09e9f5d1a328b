//! Keys and changes of the terminal's size, read on a thread of their own.
//!
//! Out: crossterm's events, one at a time. It keeps the thread and a bounded channel.
//!
//! Reading a terminal that was closed does not return in crossterm 0.29: it reads the end of it over and
//! over. So the thread that owns the screen must not be the one that reads: it goes on, finds out that the
//! terminal is gone, and ends the program.

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use ratatui::crossterm::event::{self, Event};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long the thread waits for a key before it looks whether it shall end.
const POLL: Duration = Duration::from_millis(50);

/// How many polls the thread gets to end. One that takes longer reads a dead terminal: it is left alone,
/// and ends with the program.
const POLLS_TO_END: u32 = 4;

/// Events that may wait; when the screen is slower than that, the terminal keeps the rest.
const EVENTS_LEN: usize = 64;

/// The thread that reads the terminal.
pub(super) struct Keyboard {
    events: Receiver<io::Result<Event>>,
    closing: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
}

impl Keyboard {
    /// Begins to read; the terminal is in raw mode by then.
    pub(super) fn listen() -> io::Result<Self> {
        let (sender, events) = bounded(EVENTS_LEN);
        let closing = Arc::new(AtomicBool::new(false));
        let is_closing = Arc::clone(&closing);
        let reader =
            thread::Builder::new().name("keys".into()).spawn(move || read(&sender, &is_closing))?;
        Ok(Keyboard { events, closing, reader: Some(reader) })
    }

    /// The next event, or `None` when none came for so long.
    pub(super) fn next(&self, wait: Duration) -> io::Result<Option<Event>> {
        match self.events.recv_timeout(wait) {
            Ok(event) => event.map(Some),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(io::Error::other("its keys are gone")),
        }
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::SeqCst);
        let Some(reader) = self.reader.take() else { return };
        for _ in 0..POLLS_TO_END {
            if reader.is_finished() {
                // A panic of it was told by the panic hook.
                let _ = reader.join();
                return;
            }
            thread::sleep(POLL);
        }
    }
}

/// Hands events on until the keyboard is dropped or the terminal fails.
fn read(events: &Sender<io::Result<Event>>, closing: &AtomicBool) {
    while !closing.load(Ordering::SeqCst) {
        let event = match event::poll(POLL) {
            Ok(false) => continue,
            Ok(true) => event::read(),
            Err(error) => Err(error),
        };
        let failed = event.is_err();
        if events.send(event).is_err() || failed {
            return;
        }
    }
}
