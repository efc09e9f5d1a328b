//! One line a caller and nothing else, for a terminal of a line or a few beside other windows.
//!
//! A question or an answer takes the last line, since there is no other.

use super::app::App;
use super::caller::Phase;
use super::keys::Command;
use super::text::{fit, put};
use super::theme::Theme;
use super::{alert, callers, footer};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

/// Draws as many callers as there are lines, the selected one among them.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    if app.is_muted() {
        draw_muted(buffer, area, app, theme);
    } else {
        callers::draw_rows(buffer, area, app, theme);
        let lines = u16::try_from(app.callers.len()).unwrap_or(u16::MAX).min(area.height);
        let free = Rect { y: area.y + lines, height: area.height - lines, ..area };
        alert::draw(buffer, free, app, theme);
    }
    let last = Rect { y: area.bottom().saturating_sub(1), height: area.height.min(1), ..area };
    if let Some(text) = question(app) {
        put_line(buffer, last, &text, theme);
    }
    if let Some(entry) = &app.entry {
        Clear.render(last, buffer);
        footer::draw_entry(buffer, last, entry, app, theme);
    }
}

/// What cannot wait, in words; most of it goes by itself.
fn question(app: &App) -> Option<String> {
    let caller = app.caller()?;
    let awaits_notice = caller.phase == Phase::AwaitsNotice && app.ending.is_none();
    if let Some((text, _)) = footer::urgent(app) {
        Some(text)
    } else if awaits_notice && !app.is_muted() {
        let text = app.setup.notice_text.as_deref().unwrap_or_default();
        Some(format!(" {}: told: {text}", app.key(Command::ConfirmNotice)))
    } else {
        None
    }
}

fn draw_muted(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    let (told, key) = (app.muted_for(), app.key(Command::Mute));
    let text = format!(" MUTED {told}: nobody is listened to; {key} listens again ");
    for row in 0..area.height {
        put_line(buffer, Rect { y: area.y + row, height: 1, ..area }, &text, theme);
    }
}

fn put_line(buffer: &mut Buffer, area: Rect, text: &str, theme: Theme) {
    Clear.render(area, buffer);
    buffer.set_style(area, theme.alarm());
    put(buffer, area, (0, 0), &fit(text, area.width.into()), theme.alarm());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::{Feed, Status};
    use crate::rehearsal::{LIVE, app_after, begun, setup};
    use crate::theme::{Colours, Paper};
    use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    fn rows(app: &App, columns: u16, height: u16) -> Vec<String> {
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, height));
        let area = buffer.area;
        draw(&mut buffer, area, app, Theme::new(Colours::None, Paper::Unknown));
        let row = |y| (0..columns).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..height).map(|y| row(y).trim_end().to_owned()).collect()
    }

    #[test]
    fn one_line_holds_label_emotion_and_timeline() {
        let app = app_after(108, setup(&["caller"], LIVE));
        let row = &rows(&app, 60, 1)[0];
        assert!(row.contains("caller") && row.contains("fear 73 %"), "{row}");
        assert!(row.ends_with("AAAAPPPFFFFFFF"), "{row}");
    }

    #[test]
    fn the_one_line_is_that_of_the_selected_caller() {
        let mut app = app_after(20, setup(&["one", "two"], LIVE));
        app.selected = 1;
        assert!(rows(&app, 60, 1)[0].contains("two"));
        assert_eq!(rows(&app, 60, 3).iter().filter(|row| !row.is_empty()).count(), 2);
    }

    #[test]
    fn what_cannot_wait_takes_the_line() {
        let mut app = app_after(20, setup(&["caller"], LIVE));
        app.on_key(KeyEvent::new(KeyCode::Char('e'), KeyModifiers::NONE));
        assert!(rows(&app, 60, 1)[0].contains("press e again to end the call"));
        app.on_key(KeyEvent::new(KeyCode::Char('t'), KeyModifiers::NONE));
        app.on_paste("help came");
        assert!(rows(&app, 60, 1)[0].contains("help came"));
        app.on_key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE));
        app.apply(begun(0, "caller", true));
        assert!(rows(&app, 60, 1)[0].contains("c: told: This service uses a computer"));
        let muted = Status { is_muted: true, ..app.status.clone() };
        app.apply(Feed::Status(muted));
        assert!(rows(&app, 60, 1)[0].contains("MUTED 0:00: nobody is listened to"));
    }
}
