//! The dashboard on a terminal that is none, to measure what a picture takes.
//!
//! In: what the engine says. Out: pictures in memory. Keeps what the dashboard keeps, and the last picture.

use super::app::App;
use super::draw::Picture;
use super::feed::{Feed, Setup};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::time::Duration;

/// A dashboard that nobody sees.
pub struct Offscreen {
    app: App,
    picture: Picture,
    terminal: Terminal<TestBackend>,
}

impl Offscreen {
    /// A dashboard of so many columns and rows.
    #[must_use]
    pub fn new(setup: Setup, (columns, rows): (u16, u16)) -> Self {
        let Ok(terminal) = Terminal::new(TestBackend::new(columns, rows));
        let mut app = App::new(setup);
        app.resized((columns, rows));
        Offscreen { app, picture: Picture::default(), terminal }
    }

    /// Takes in what the engine says.
    pub fn apply(&mut self, feed: Feed) {
        self.app.apply(feed);
    }

    /// Draws a picture, so long after the dashboard was opened.
    pub fn draw(&mut self, elapsed: Duration) {
        let Offscreen { app, picture, terminal } = self;
        app.tick(elapsed);
        let Ok(_) = terminal.draw(|frame| picture.draw(frame, app));
    }
}
