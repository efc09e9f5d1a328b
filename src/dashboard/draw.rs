//! The whole picture: every panel in its place, or the one thing that matters more than all of them.

use super::app::App;
use super::layout::{Layout, SMALLEST};
use super::situation::Situation;
use super::text::{fit, put};
use super::theme::Theme;
use super::{
    callers, facts, footer, header, help, muted, notice, probabilities, signal, state, strip,
};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Draws the whole screen.
pub(super) fn draw(frame: &mut ratatui::Frame, app: &App) {
    let area = frame.area();
    draw_screen(frame.buffer_mut(), area, app, Theme::new(app.setup.colours));
}

fn draw_screen(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        draw_too_small(buffer, area, app, theme);
        return;
    }
    let layout = Layout::new(area, app.callers.len());
    header::draw(buffer, layout.header, app, theme);
    callers::draw(buffer, layout.list, app, theme);
    callers::draw_title(buffer, layout.title, app, theme);
    draw_details(buffer, &layout, app, theme);
    if app.is_muted() {
        muted::draw(buffer, between(layout.header, layout.footer), app, theme);
    }
    footer::draw(buffer, layout.footer, app, theme);
    if app.help {
        help::draw(buffer, area, app, theme);
    }
}

/// Even there it must be said that nobody is listened to.
fn draw_too_small(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    let text = format!("too small: {} x {} or more", SMALLEST.0, SMALLEST.1);
    let (text, style) = if app.is_muted() {
        (format!("MUTED; {text}"), theme.alarm())
    } else {
        (text, theme.strong())
    };
    put(buffer, area, (0, 0), &fit(&text, area.width.into()), style);
}

/// The rows between two others.
fn between(above: Rect, below: Rect) -> Rect {
    Rect { y: above.bottom(), height: below.y.saturating_sub(above.bottom()), ..above }
}

fn draw_details(buffer: &mut Buffer, layout: &Layout, app: &App, theme: Theme) {
    let Some(caller) = app.caller() else { return };
    let situation = Situation::of(app, app.selected);
    if situation == Situation::AwaitsNotice {
        notice::draw(buffer, layout.details, app, theme);
        return;
    }
    facts::draw(buffer, layout.facts, caller.printed.facts.as_ref(), theme);
    strip::draw(buffer, layout.strip, &caller.timeline, theme);
    strip::draw_axis(buffer, layout.axis, &caller.timeline, theme);
    probabilities::draw(buffer, layout.bars, app, theme);
    if situation.is_past() {
        theme.fade(buffer, layout.details);
    }
    state::draw(buffer, layout.state, situation, app, theme);
    if layout.is_full {
        signal::draw(buffer, layout.signal, app, theme);
    } else {
        signal::draw_short(buffer, layout.signal, app, theme);
    }
}

#[cfg(test)]
mod tests;
