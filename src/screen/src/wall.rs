//! The wall in a terminal: all calls of a service, for whoever leads the shift.
//!
//! In: a [`Picture`] whenever there is a new one, and keys. Out: a screen, and which alerts were [`Seen`]. Keeps the newest
//! picture and which call is selected. The order is the picture's own, and nothing here is about an operator.
//!
//! [`run`] polls and draws. All else is a fold without a clock (`view`) and pure drawing (`draw`, `rows`, `details`).

mod details;
mod draw;
mod keys;
mod rows;
mod view;

use crate::charset::Charset;
use crate::is_stop;
use crate::keyboard::Keyboard;
use crate::terminal::Screen;
use crate::theme::{Colours, Paper};
use crossbeam_channel::{Receiver, Sender, TryRecvError, TrySendError};
use ratatui::crossterm::event::Event;
use record::wall::Picture;
use std::io::{self, IsTerminal};
use std::time::Duration;
use view::{Asked, View};

/// How long to wait for a key before looking for a new picture.
const POLL: Duration = Duration::from_millis(100);

/// After so many rounds in which nothing was drawn, the terminal is touched, to find out whether it is still there.
const ROUNDS_TO_TOUCH: u32 = 10;

/// Pictures taken in before keys are looked at again; only the last of them is shown.
const MOST_PICTURES: usize = 1_000;

/// What the terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Its colours.
    pub colours: Colours,
    /// What it is written on, if known.
    pub paper: Paper,
    /// Its characters.
    pub charset: Charset,
}

/// An alert was acknowledged on the wall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Which call, as [`record::wall::CallPicture::call`] has it.
    pub call: String,
    /// Which alert, as [`record::wall::AlertPicture::at`] has it.
    pub at: u64,
}

/// Why the wall could not go on. The terminal is restored by then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WallError {
    /// Standard output is a file or a pipe.
    #[error("the wall needs a terminal, and standard output is none")]
    NoTerminal,
    /// The terminal cannot be read or written.
    #[error("the terminal cannot be used: {0}; try another terminal")]
    Terminal(#[from] io::Error),
    /// Another thread panicked while the wall was open.
    #[error("{0}; this is a fault in undertone, please report it with this message")]
    Panicked(String),
}

/// Opens the wall and shows the newest of the `pictures`. It ends when the person quits, when `is_stopped` says so, or
/// when a signal asks to end. On every return the terminal is as before.
///
/// Blocks the calling thread, and nobody else may print meanwhile. `seen` may be bounded: when it is full the person is
/// told to press the key again. When every sender of `pictures` is gone, the wall stays and says that it is old.
///
/// # Errors
/// [`WallError::NoTerminal`] before anything is drawn, [`WallError::Terminal`] when the terminal fails, and
/// [`WallError::Panicked`], after quitting, when another thread panicked.
#[expect(
    clippy::needless_pass_by_value,
    reason = "when this returns, those at the other ends have to see that nobody is here any more"
)]
pub fn run(
    settings: Settings,
    pictures: Receiver<Picture>,
    seen: Sender<Seen>,
    is_stopped: impl Fn() -> bool,
) -> Result<(), WallError> {
    if !io::stdout().is_terminal() {
        return Err(WallError::NoTerminal);
    }
    let mut view = View::new(settings);
    // Nobody asks a graphics driver here: every panic is a fault.
    let mut screen = Screen::enter(false, |_, _| false)?;
    // Declared after the screen, and so gone before the terminal is given back.
    let keyboard = Keyboard::listen()?;
    let shown = show(&mut view, &mut screen, &keyboard, &pictures, &seen, is_stopped);
    drop(keyboard);
    let ended_by_signal = screen.is_ended();
    drop(screen);
    match shown {
        Ok(None) => Ok(()),
        Ok(Some(panic)) => Err(WallError::Panicked(panic)),
        // A terminal that was closed cannot be drawn on: the signal is the reason.
        Err(_) if ended_by_signal => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Shows the wall until the end, and says which panic happened meanwhile.
fn show(
    view: &mut View,
    screen: &mut Screen,
    keyboard: &Keyboard,
    pictures: &Receiver<Picture>,
    seen: &Sender<Seen>,
    is_stopped: impl Fn() -> bool,
) -> io::Result<Option<String>> {
    let mut panicked = None;
    let mut idle_rounds = 0;
    view.resized(screen.size()?);
    loop {
        if let Some(message) = screen.panic_of_another_thread() {
            view.fail(&message);
            panicked = panicked.or(Some(message));
        }
        take_in(view, pictures);
        if view.take_changed() {
            screen.draw(|frame| draw::draw(frame, view))?;
            idle_rounds = 0;
        } else if idle_rounds >= ROUNDS_TO_TOUCH {
            screen.touch()?;
            idle_rounds = 0;
        }
        if screen.is_ended() || is_stopped() || asks_to_quit(view, screen, keyboard, seen)? {
            return Ok(panicked);
        }
        idle_rounds += 1;
        if screen.stop_and_continue()? {
            view.resized(screen.size()?);
        }
    }
}

/// Takes in the newest picture.
fn take_in(view: &mut View, pictures: &Receiver<Picture>) {
    let mut newest = None;
    for _ in 0..MOST_PICTURES {
        match pictures.try_recv() {
            Ok(picture) => newest = Some(picture),
            Err(TryRecvError::Empty) => break,
            Err(TryRecvError::Disconnected) => {
                view.fail("no new pictures come");
                break;
            }
        }
    }
    if let Some(picture) = newest {
        view.take(picture);
    }
}

/// Waits a little for keys and does what they ask for; says whether that is to quit.
fn asks_to_quit(
    view: &mut View,
    screen: &Screen,
    keyboard: &Keyboard,
    seen: &Sender<Seen>,
) -> io::Result<bool> {
    let mut wait = POLL;
    while let Some(event) = keyboard.next(wait)? {
        wait = Duration::ZERO;
        match event {
            Event::Key(key) if is_stop(key) => screen.ask_to_stop(),
            Event::Key(key) => match view.on_key(key) {
                Some(Asked::Quit) => return Ok(true),
                Some(Asked::Acknowledge(alert)) => hand_over(view, alert, seen),
                None => {}
            },
            Event::Resize(columns, rows) => view.resized((columns, rows)),
            _ => {}
        }
    }
    Ok(false)
}

/// Tells that an alert was seen.
fn hand_over(view: &mut View, alert: Seen, seen: &Sender<Seen>) {
    match seen.try_send(alert.clone()) {
        Ok(()) => view.sent(alert),
        Err(TrySendError::Full(_)) => view.answer("busy: not sent, press the key again"),
        Err(TrySendError::Disconnected(_)) => view.answer("not sent: there is no link any more"),
    }
}

#[cfg(test)]
mod tests;
