//! That nobody is listened to: over everything, so that it cannot be overlooked.

use super::app::App;
use super::keys::Command;
use super::lettering::Lettering;
use super::text::{put, width};
use super::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

/// What is said in large letters.
const WORD: &str = "muted";

/// Fades what is there and draws a band over its upper part.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    theme.fade(buffer, area);
    let told = format!("nobody is listened to, for {}", app.muted_for());
    let lettering = Lettering::fitting(WORD, area.width, area.height.saturating_sub(3).min(6));
    let letter_rows = lettering.as_ref().map_or(1, Lettering::rows);
    // A line above the word, the word, what it means, how to go on, and a line below.
    let band = Rect { height: (letter_rows + 4).min(area.height), ..area };
    Clear.render(band, buffer);
    buffer.set_style(band, theme.alarm());
    let top = u16::from(band.height > letter_rows + 2);
    if let Some(lettering) = lettering {
        let columns = u16::try_from(lettering.columns()).unwrap_or(band.width);
        let left = band.width.saturating_sub(columns) / 2;
        let place = Rect { x: band.x + left, width: columns, y: band.y + top, height: letter_rows };
        lettering.draw(buffer, place, theme.alarm());
    } else {
        put_centred(buffer, band, top, &WORD.to_uppercase(), theme);
    }
    put_centred(buffer, band, top + letter_rows, &told, theme);
    let again = format!("{} listens again", app.key(Command::Mute));
    put_centred(buffer, band, top + letter_rows + 1, &again, theme);
}

fn put_centred(buffer: &mut Buffer, area: Rect, row: u16, text: &str, theme: Theme) {
    let columns = u16::try_from(width(text)).unwrap_or(area.width);
    put(buffer, area, (area.width.saturating_sub(columns) / 2, row), text, theme.alarm());
}
