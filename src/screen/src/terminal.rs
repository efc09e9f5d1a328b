//! Takes the terminal over, and gives it back on every way out.
//!
//! Ways out: leaving, an error, a panic of this thread (the terminal is restored before the message is
//! printed), and a signal. Stopped by a shell, it gives it back too, and takes it again when it is continued. A panic of
//! another thread does not touch the screen: its message is kept for whoever owns the screen, but for a graphics
//! driver's, which is caught where the GPU is asked.

use super::IsCaught;
use super::job::Job;
use crossbeam_channel::{Receiver, Sender, bounded};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use ratatui::crossterm::execute;
use ratatui::crossterm::style::Print;
use ratatui::crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use std::io::{self, Stdout, Write, stdout};
use std::mem::ManuallyDrop;
use std::panic::{self, Location, PanicHookInfo};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// xterm's modes 1000 (buttons and wheel, no movement) and 1006 (positions beyond column 223).
const CLICKS_ON: &str = "\u{1b}[?1000h\u{1b}[?1006h";
const CLICKS_OFF: &str = "\u{1b}[?1006l\u{1b}[?1000l";

/// Signals that end a program: asked to, interrupted, quit, and the terminal was closed.
const ENDING: [i32; 4] = [
    signal_hook::consts::SIGTERM,
    signal_hook::consts::SIGINT,
    signal_hook::consts::SIGQUIT,
    signal_hook::consts::SIGHUP,
];

/// The terminal while it is ours.
pub(super) struct Screen {
    /// Never dropped: when the terminal is gone, its drop says so on standard error, which is gone as
    /// well, and panics.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<Stdout>>>,
    /// Panics of other threads; a few are enough to know what happened.
    panics: Receiver<String>,
    /// Whether a signal asked to end.
    ended: Arc<AtomicBool>,
    job: Job,
    takes_mouse: bool,
    _taken: Taken,
}

impl Screen {
    /// Takes the terminal over. From now on nobody else may print.
    ///
    /// With `takes_mouse` the terminal tells of clicks and of the wheel, and not of every movement.
    pub(super) fn enter(takes_mouse: bool, is_caught: IsCaught) -> io::Result<Self> {
        let given_back = Arc::new(AtomicBool::new(false));
        let ended = watch_signals(&given_back)?;
        let job = Job::watch(&given_back)?;
        let (sender, panics) = bounded(4);
        hook_panics(Arc::clone(&given_back), sender, is_caught);
        let taken = Taken { given_back };
        let terminal = ManuallyDrop::new(take(takes_mouse)?);
        Ok(Screen { terminal, panics, ended, job, takes_mouse, _taken: taken })
    }

    /// Asks to stop for a while, as the shell's key does where the terminal is not raw.
    pub(super) fn ask_to_stop(&self) {
        self.job.ask_to_stop();
    }

    /// Stops the program where that is asked for, and takes the terminal again when it is continued, whoever stopped
    /// it. Says whether that was so: then the whole picture has to be drawn.
    pub(super) fn stop_and_continue(&mut self) -> io::Result<bool> {
        if self.job.take_asked() {
            // There is nobody to tell of an error: the terminal may be gone.
            let _ = disable_raw_mode();
            let _ = leave(&mut stdout());
            self.job.stop()?;
        }
        if !self.job.take_continued() {
            return Ok(false);
        }
        // The shell has set modes of its own meanwhile, which raw mode must not take for those of before.
        let _ = disable_raw_mode();
        self.terminal = ManuallyDrop::new(take(self.takes_mouse)?);
        Ok(true)
    }

    /// Draws one picture, all of it at once where the terminal can.
    pub(super) fn draw(&mut self, picture: impl FnOnce(&mut ratatui::Frame)) -> io::Result<()> {
        execute!(stdout(), BeginSynchronizedUpdate)?;
        self.terminal.draw(picture)?;
        execute!(stdout(), EndSynchronizedUpdate)
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> io::Result<(u16, u16)> {
        self.terminal.size().map(|size| (size.width, size.height))
    }

    /// Writes something that changes nothing: it fails when the terminal is gone.
    pub(super) fn touch(&mut self) -> io::Result<()> {
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)
    }

    /// Whether a signal asked to end.
    pub(super) fn is_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    /// What another thread said when it panicked, once for each.
    pub(super) fn panic_of_another_thread(&self) -> Option<String> {
        self.panics.try_recv().ok()
    }
}

/// Raw mode, a screen of its own, empty, pastes as one, clicks where wanted, no cursor.
fn take(takes_mouse: bool) -> io::Result<Terminal<CrosstermBackend<Stdout>>> {
    enable_raw_mode()?;
    // ratatui's own way to clear asks where the cursor is, which not every terminal answers.
    execute!(stdout(), EnterAlternateScreen, Clear(ClearType::All), EnableBracketedPaste)?;
    if takes_mouse {
        execute!(stdout(), Print(CLICKS_ON))?;
    }
    let mut terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
    terminal.hide_cursor()?;
    Ok(terminal)
}

/// Gives the terminal back when dropped.
struct Taken {
    given_back: Arc<AtomicBool>,
}

impl Drop for Taken {
    fn drop(&mut self) {
        give_back(&self.given_back);
    }
}

/// Restores the terminal, once. There is nobody to tell of an error: the terminal may be gone.
fn give_back(given_back: &AtomicBool) {
    if !given_back.swap(true, Ordering::SeqCst) {
        let _ = disable_raw_mode();
        let _ = leave(&mut stdout());
    }
}

fn leave(out: &mut impl Write) -> io::Result<()> {
    execute!(
        out,
        EndSynchronizedUpdate,
        Print(CLICKS_OFF),
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Show
    )
}

/// Until the terminal is given back, a signal only asks to end; from then on it ends the program, but for a
/// hang-up.
fn watch_signals(given_back: &Arc<AtomicBool>) -> io::Result<Arc<AtomicBool>> {
    let ended = Arc::new(AtomicBool::new(false));
    for signal in ENDING {
        // A terminal that goes away hangs up several times, by the system and by the shell: the second one
        // must not end the program before its log is complete.
        if signal != signal_hook::consts::SIGHUP {
            signal_hook::flag::register_conditional_default(signal, Arc::clone(given_back))?;
        }
        signal_hook::flag::register(signal, Arc::clone(&ended))?;
    }
    Ok(ended)
}

/// Puts a hook before the present one. It does nothing once the terminal is given back.
fn hook_panics(given_back: Arc<AtomicBool>, others: Sender<String>, is_caught: IsCaught) {
    let screen_thread = thread::current().id();
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let on_screen = !given_back.load(Ordering::SeqCst);
        if on_screen && thread::current().id() != screen_thread {
            let file = info.location().map(Location::file);
            if !is_caught(thread::current().name(), file) {
                // When the channel is full, enough is known.
                let _ = others.try_send(message(info));
            }
            return;
        }
        give_back(&given_back);
        previous(info);
    }));
}

fn message(info: &PanicHookInfo) -> String {
    let thread = thread::current();
    let name = thread.name().unwrap_or("unnamed");
    let place = info.location().map_or_else(String::new, |place| format!(" at {place}"));
    let reason = info.payload_as_str().unwrap_or("for an unknown reason");
    format!("the {name} thread panicked{place}: {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaving_shows_the_cursor_and_the_screen_of_before() {
        let mut bytes = Vec::new();
        leave(&mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("\u{1b}[?1049l"), "{text:?}");
        assert!(text.contains("\u{1b}[?25h"), "{text:?}");
        assert!(text.contains("\u{1b}[?2004l"), "{text:?}");
        assert!(text.contains("\u{1b}[?1000l"), "{text:?}");
    }
}
