//! The operator's screen: what the caller sounds like now, and what happened in the last minutes.
//!
//! In: [`Feed`] messages of the engine, and keys. Out: a picture at most ten times a second, and
//! [`Action`]s. It keeps what it was told, and nothing of it decides what is recorded: a slow screen
//! loses a picture, never a record.
//!
//! [`run`] polls and draws; all else is a fold without a clock (`app`) and pure drawing (`draw` and one
//! file a panel). This folder is the only place that names ratatui or crossterm.

mod alert;
mod app;
mod board;
mod caller;
mod callers;
mod charset;
mod compact;
mod draw;
mod entry;
mod facts;
mod feed;
mod footer;
mod graph;
mod header;
mod help;
#[cfg(test)]
#[path = "../../../tests/support/hostile.rs"]
mod hostile;
mod job;
mod key_name;
mod key_settings;
mod keyboard;
mod keys;
mod layout;
mod lettering;
mod muted;
mod notes;
mod notice;
mod offscreen;
mod plain;
mod probabilities;
#[cfg(test)]
mod rehearsal;
mod signal;
mod situation;
mod state;
mod strip;
mod terminal;
mod text;
mod theme;
pub mod wall;
mod window;

pub use board::show_table;
pub use charset::Charset;
pub use feed::{Action, CallNews, Feed, Line, LogStopped, Mode, ScreenOptions, Setup, Status};
pub use key_settings::{KeyError, KeySettings};
pub use keys::Keys;
pub use offscreen::Offscreen;
pub use plain::{Answer, Journal};
pub use theme::{Colours, Paper};

use app::App;
use crossbeam_channel::{Receiver, Sender, TryRecvError, TrySendError};
use draw::Picture;
use keyboard::Keyboard;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};
use terminal::Screen;

/// How long to wait for a key before looking at the feed again.
const POLL: Duration = Duration::from_millis(33);

/// Between two pictures: ten a second.
const PICTURE: Duration = Duration::from_millis(100);

/// A screen that has nothing new to show is touched this often, to find out whether it is still there.
const TOUCH: Duration = Duration::from_secs(1);

/// Messages taken in before keys are looked at again, so that a flood of them does not lock the keys.
const MOST_MESSAGES: usize = 10_000;

/// Why the dashboard could not go on. The terminal is restored by then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DashboardError {
    /// Standard output is a file or a pipe.
    #[error(
        "the dashboard needs a terminal, and standard output is none; use --plain for lines, or --headless"
    )]
    NoTerminal,
    /// The terminal cannot be read or written.
    #[error("the terminal cannot be used: {0}; try another terminal, --plain or --headless")]
    Terminal(#[from] io::Error),
    /// Another thread panicked while the screen was open.
    #[error("{0}; this is a fault in undertone, please report it with this message")]
    Panicked(String),
}

/// Says of a panic, by its thread's name and its file, whether somebody catches it and answers for it: then nobody
/// is to be told.
pub type IsCaught = fn(thread_name: Option<&str>, file: Option<&str>) -> bool;

/// Whether there is a terminal to draw on: asked before anything is begun that would be left behind.
///
/// # Errors
/// [`DashboardError::NoTerminal`] when there is none.
pub fn require_terminal() -> Result<(), DashboardError> {
    if io::stdout().is_terminal() { Ok(()) } else { Err(DashboardError::NoTerminal) }
}

/// Opens the dashboard and shows it until the person quits or a signal (SIGTERM, SIGINT, SIGQUIT,
/// SIGHUP) asks to end. On every return the terminal is as before and [`Action::Quit`] was sent.
///
/// Blocks the calling thread, and nobody else may print meanwhile. `actions` may be bounded: when it is
/// full the person is told to press the key again; quitting does not need room in it. When every sender
/// of `feed` is gone, the screen stays and says that monitoring has stopped. After a SIGHUP the terminal
/// may be gone, and whoever prints then has to expect an error.
///
/// # Errors
/// [`DashboardError::NoTerminal`] before anything is drawn, [`DashboardError::Terminal`] when the
/// terminal fails, and [`DashboardError::Panicked`], after quitting, when another thread panicked.
#[expect(
    clippy::needless_pass_by_value,
    reason = "when this returns, the engine has to see that nobody listens any more"
)]
pub fn run(
    setup: Setup,
    feed: Receiver<Feed>,
    actions: Sender<Action>,
    is_caught: IsCaught,
) -> Result<(), DashboardError> {
    require_terminal()?;
    let mut app = App::new(setup);
    let mut screen = Screen::enter(app.setup.options.takes_mouse, is_caught)?;
    // Declared after the screen, and so gone before the terminal is given back.
    let keyboard = Keyboard::listen()?;
    let shown = show(&mut app, &mut screen, &keyboard, &feed, &actions);
    // When the channel is full or closed, returning says the same, a little later.
    let _ = actions.try_send(Action::Quit);
    drop(keyboard);
    let ended_by_signal = screen.is_ended();
    drop(screen);
    match shown {
        Ok(None) => Ok(()),
        Ok(Some(panic)) => Err(DashboardError::Panicked(panic)),
        // A terminal that was closed cannot be drawn on: the signal is the reason.
        Err(_) if ended_by_signal => Ok(()),
        Err(error) => Err(error),
    }
}

/// Shows the dashboard until the end, and says which panic happened meanwhile.
fn show(
    app: &mut App,
    screen: &mut Screen,
    keyboard: &Keyboard,
    feed: &Receiver<Feed>,
    actions: &Sender<Action>,
) -> Result<Option<String>, DashboardError> {
    let opened = Instant::now();
    let mut drawn: Option<Instant> = None;
    let mut picture = Picture::default();
    app.resized(screen.size()?);
    let mut panicked = None;
    loop {
        if let Some(message) = screen.panic_of_another_thread() {
            app.apply(Feed::Finished(Some(message.clone())));
            panicked = panicked.or(Some(message));
        }
        take_in(app, feed);
        app.tick(opened.elapsed());
        if drawn.is_none_or(|drawn| drawn.elapsed() >= PICTURE) && app.take_changed() {
            screen.draw(|frame| picture.draw(frame, app))?;
            drawn = Some(Instant::now());
        }
        if drawn.is_some_and(|drawn| drawn.elapsed() >= TOUCH) {
            screen.touch()?;
            drawn = Some(Instant::now());
        }
        if screen.is_ended() || asks_to_quit(app, screen, keyboard, actions)? {
            return Ok(panicked);
        }
        if screen.stop_and_continue()? {
            app.resized(screen.size()?);
            drawn = None;
        }
    }
}

/// Takes in what the engine said.
fn take_in(app: &mut App, feed: &Receiver<Feed>) {
    for _ in 0..MOST_MESSAGES {
        match feed.try_recv() {
            Ok(message) => app.apply(message),
            Err(TryRecvError::Empty) => return,
            Err(TryRecvError::Disconnected) => {
                app.engine_left();
                return;
            }
        }
    }
}

/// Waits a little for keys and does what they ask for; says whether that is to quit.
fn asks_to_quit(
    app: &mut App,
    screen: &Screen,
    keyboard: &Keyboard,
    actions: &Sender<Action>,
) -> Result<bool, DashboardError> {
    let mut wait = POLL;
    while let Some(event) = keyboard.next(wait)? {
        wait = Duration::ZERO;
        match event {
            Event::Key(key) if is_stop(key) => screen.ask_to_stop(),
            Event::Key(key) if press(app, key, actions) => return Ok(true),
            Event::Paste(text) => app.on_paste(&text),
            Event::Mouse(event) => app.on_mouse(event),
            Event::Resize(columns, rows) => app.resized((columns, rows)),
            _ => {}
        }
    }
    Ok(false)
}

/// Whether a key is the one by which shells stop a program.
fn is_stop(key: KeyEvent) -> bool {
    key.code == KeyCode::Char('z') && key.modifiers == KeyModifiers::CONTROL
}

/// Presses a key and hands its action over; says whether that is to quit.
fn press(app: &mut App, key: KeyEvent, actions: &Sender<Action>) -> bool {
    let Some(action) = app.on_key(key) else { return false };
    if action == Action::Quit {
        return true;
    }
    match actions.try_send(action.clone()) {
        Ok(()) => app.handed_over(&action),
        Err(TrySendError::Full(_)) => app.refused(),
        Err(TrySendError::Disconnected(_)) => app.engine_left(),
    }
    false
}
