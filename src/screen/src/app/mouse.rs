//! What the mouse does: a click chooses a caller, the wheel moves through what is below it.

use super::App;
use crate::callers;
use crate::keys::Command;
use crate::layout::{Layout, SMALLEST};
use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

impl App {
    /// Takes in what the mouse did.
    pub(crate) fn on_mouse(&mut self, event: MouseEvent) {
        let has_panels = self.size.0 >= SMALLEST.0 && self.size.1 >= SMALLEST.1;
        if !has_panels || self.setup.options.is_compact || self.help || self.entry.is_some() {
            return;
        }
        let place = Position::new(event.column, event.row);
        let layout = self.layout();
        let (back, on) = if layout.list.contains(place) {
            (Command::PreviousCaller, Command::NextCaller)
        } else if layout.strip.contains(place) {
            (Command::Closer, Command::Farther)
        } else if layout.axis.contains(place) {
            (Command::Earlier, Command::Later)
        } else {
            return;
        };
        match event.kind {
            MouseEventKind::ScrollUp => drop(self.obey(back, None)),
            MouseEventKind::ScrollDown => drop(self.obey(on, None)),
            MouseEventKind::Down(MouseButton::Left) => {
                if let Some(line) = callers::line_at(self, layout.list, event.row) {
                    self.select(line);
                }
            }
            _ => {}
        }
        self.changed = true;
    }

    /// Where everything is on the screen.
    pub(crate) fn layout(&self) -> Layout {
        let (columns, rows) = (self.size.0.max(SMALLEST.0), self.size.1.max(SMALLEST.1));
        Layout::new(Rect::new(0, 0, columns, rows), self.callers.len(), self.shows_graph)
    }
}
