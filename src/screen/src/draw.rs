//! The whole picture: every panel in its place, or the one thing that matters more than all of them.

use super::app::App;
use super::layout::{Layout, SMALLEST};
use super::situation::Situation;
use super::strip::View;
use super::text::{fit, put};
use super::theme::Theme;
use super::{
    alert, callers, compact, facts, footer, graph, header, help, muted, notes, notice,
    probabilities, signal, state, strip,
};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

/// What the terminal shows, and what it showed when the picture was held.
#[derive(Default)]
pub(super) struct Picture {
    held: Option<Buffer>,
}

impl Picture {
    /// Draws the whole screen; while it is held, the same picture again, and that it is one.
    pub(super) fn draw(&mut self, frame: &mut ratatui::Frame, app: &App) {
        let area = frame.area();
        let buffer = frame.buffer_mut();
        self.draw_into(buffer, area, app);
        app.setup.options.charset.put_into(buffer);
    }

    fn draw_into(&mut self, buffer: &mut Buffer, area: Rect, app: &App) {
        let theme = Theme::new(app.setup.colours, app.setup.options.paper);
        let Some(held_for) = app.held_for() else {
            self.held = None;
            draw_screen(buffer, area, app, theme);
            return;
        };
        match &self.held {
            Some(held) if held.area == area => buffer.clone_from(held),
            _ => {
                draw_screen(buffer, area, app, theme);
                self.held = Some(buffer.clone());
            }
        }
        header::draw_held(buffer, area, held_for, app, theme);
        if app.setup.options.is_compact || !has_panels(area) {
            return;
        }
        let footer = app.layout().footer;
        Clear.render(footer, buffer);
        footer::draw(buffer, footer, app, theme);
        if app.help {
            help::draw(buffer, area, app, theme);
        }
    }
}

fn has_panels(area: Rect) -> bool {
    area.width >= SMALLEST.0 && area.height >= SMALLEST.1
}

fn draw_screen(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    if app.setup.options.is_compact {
        compact::draw(buffer, area, app, theme);
        return;
    }
    if !has_panels(area) {
        draw_too_small(buffer, area, app, theme);
        return;
    }
    let layout = Layout::new(area, app.callers.len(), app.shows_graph);
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
    let text = format!("too small: {} x {} or more, or --compact", SMALLEST.0, SMALLEST.1);
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
    let view = View::new(layout.strip, app, caller);
    strip::draw_view(buffer, layout.strip, &view, caller, theme);
    strip::draw_axis(buffer, layout.axis, &view, caller, theme);
    graph::draw(buffer, layout.graph, app, &view, theme);
    if !layout.bars.is_empty() {
        probabilities::draw(buffer, layout.bars, app, theme);
    }
    if !layout.notes.is_empty() {
        notes::draw(buffer, layout.notes, caller, theme);
    }
    if situation.is_past() {
        theme.fade(buffer, layout.details);
    }
    state::draw(buffer, layout.state, situation, app, theme);
    if layout.is_full && !layout.signal.is_empty() {
        signal::draw(buffer, layout.signal, app, theme);
    } else if !layout.signal.is_empty() {
        signal::draw_short(buffer, layout.signal, app, theme);
    }
    alert::draw(buffer, layout.alert, app, theme);
}

#[cfg(test)]
mod tests;
