//! A plain table on the whole screen that is drawn again and again until a person has seen enough.
//!
//! In: rows of text, and keys. Out: a picture for each. Keeps nothing.

use super::keyboard::Keyboard;
use super::keys::Command::{Back, Quit};
use super::keys::{self, Keys};
use super::terminal::Screen;
use super::text::{fit, put};
use super::{DashboardError, require_terminal};
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{Event, KeyEventKind};
use ratatui::layout::Rect;
use ratatui::style::Style;
use record::plain_text::plain;
use std::time::Duration;

/// Draws what `rows` gives, over and over, until it gives nothing, or until `q`, Escape, Ctrl-C or a signal.
/// `rows` decides how fast. On every return the terminal is as before.
///
/// # Errors
/// [`DashboardError::NoTerminal`] before anything is drawn, [`DashboardError::Terminal`] when the terminal
/// fails.
pub fn show_table(mut rows: impl FnMut() -> Option<Vec<String>>) -> Result<(), DashboardError> {
    require_terminal()?;
    let mut screen = Screen::enter(false, |_, _| false)?;
    // Declared after the screen, and so gone before the terminal is given back.
    let keyboard = Keyboard::listen()?;
    while !screen.is_ended() && !asks_to_end(&keyboard)? {
        let Some(rows) = rows() else { break };
        screen.draw(|frame| {
            let area = frame.area();
            draw(frame.buffer_mut(), area, &rows);
        })?;
    }
    Ok(())
}

/// Takes in the keys that were pressed; says whether one asks to end.
fn asks_to_end(keyboard: &Keyboard) -> Result<bool, DashboardError> {
    let keys = Keys::default();
    while let Some(event) = keyboard.next(Duration::ZERO)? {
        if let Event::Key(key) = event
            && key.kind != KeyEventKind::Release
            && (keys::interrupts(key) || matches!(keys.command(key), Some((Quit | Back, _))))
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn draw(buffer: &mut Buffer, area: Rect, rows: &[String]) {
    for (row, text) in (0..area.height).zip(rows) {
        let text = fit(&plain(text), area.width.into());
        put(buffer, area, (0, row), &text, Style::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_cut_to_the_screen_and_steer_nothing() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 6, 2));
        let area = buffer.area;
        let rows = ["a\u{1b}b", "1234567", "below"].map(str::to_owned);
        draw(&mut buffer, area, &rows);
        let row = |y| (0..6).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        assert_eq!([row(0), row(1)], ["a␛b   ", "12345…"]);
    }
}
