//! The seven probabilities over time, column for column below the timeline.

use super::app::App;
use super::caller::Caller;
use super::state::percent;
use super::strip::{View, draw_edge};
use super::text::put;
use super::theme::Theme;
use super::window::Window;
use hearing::emotion::{Emotion, N_EMOTIONS, Scores};
use hearing::stream_time::StreamTime;
use hearing::timeline::history::Timeline;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Rows of the heading.
const HEADING: u16 = 1;

/// Rows with one row for each emotion.
pub(super) const ROWS: u16 = HEADING + 7;
const _: () = assert!(ROWS as usize == 1 + N_EMOTIONS);

/// Columns of a letter and its percentage, which stand over the oldest columns.
const NAME: u16 = 9;

/// Draws a heading and a curve for each emotion, in as many rows each as there are.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, view: &View, theme: Theme) {
    let Some(caller) = app.caller().filter(|_| area.height >= ROWS) else { return };
    put(buffer, area, (0, 0), "probabilities over time", theme.dim());
    let rows = (area.height - HEADING) / 7;
    let below = Rect { y: area.y + HEADING, height: 7 * rows, ..area };
    for (part, window) in view.parts(below) {
        draw_part(buffer, part, window, &caller.timeline, theme);
    }
    if app.looks_at.is_some() {
        draw_edge(buffer, below, view, theme);
    }
    for (index, emotion) in (0..).zip(Emotion::ALL) {
        let row = index * rows + rows - 1;
        draw_name(buffer, below, (row, emotion), caller, theme);
    }
}

fn draw_part(buffer: &mut Buffer, area: Rect, window: Window, timeline: &Timeline, theme: Theme) {
    let area = area.intersection(buffer.area);
    let rows = area.height / 7;
    for column in 0..area.width {
        let Some((from, to)) = window.time_of(column) else { continue };
        let Some(scores) = mean(timeline, from, to) else { continue };
        for (index, (emotion, score)) in (0..).zip(scores.iter()) {
            let style = Style::new().fg(theme.ink(emotion));
            let curve = Rect { y: area.y + index * rows, height: rows, ..area };
            draw_column(buffer, curve, column, score, style);
        }
    }
}

/// The mean of the readings of a time.
fn mean(timeline: &Timeline, from: StreamTime, to: StreamTime) -> Option<Scores> {
    let mut sums = [0.0_f32; N_EMOTIONS];
    let mut number = 0.0_f32;
    for reading in timeline.readings(from, to) {
        number += 1.0;
        for (sum, score) in sums.iter_mut().zip(reading.scores.0) {
            *sum += score;
        }
    }
    (number > 0.0).then(|| Scores(sums.map(|sum| sum / number)))
}

/// One column, as high as the probability, exact to an eighth of a row. Nothing is drawn of next to nothing.
fn draw_column(buffer: &mut Buffer, area: Rect, column: u16, score: f32, style: Style) {
    const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most eight times the rows, and not-a-number becomes 0"
    )]
    let mut eighths = (score.clamp(0.0, 1.0) * f32::from(area.height) * 8.0).round() as usize;
    for row in (0..area.height).rev() {
        let part = eighths.min(8);
        eighths -= part;
        if part > 0 {
            put(buffer, area, (column, row), EIGHTHS[part], style);
        }
    }
}

/// The letter of a curve and the probability of the last reading.
fn draw_name(
    buffer: &mut Buffer,
    area: Rect,
    (row, emotion): (u16, Emotion),
    caller: &Caller,
    theme: Theme,
) {
    put(buffer, area, (0, row), &" ".repeat(NAME.into()), Style::reset());
    put(buffer, area, (0, row), &format!(" {} ", emotion.letter()), theme.on(emotion));
    if let Some((_, scores)) = caller.printed.reading {
        let number = format!("{:>2} %", percent(scores.of(emotion)));
        put(buffer, area, (4, row), &number, Style::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{LIVE, app_after, setup};
    use crate::theme::{Colours, Paper};

    fn rows(app: &App, columns: u16, height: u16) -> Vec<String> {
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, height));
        let area = buffer.area;
        let view = View::new(area, app, app.caller().unwrap());
        draw(&mut buffer, area, app, &view, Theme::new(Colours::True, Paper::Unknown));
        let row = |y| (0..columns).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..height).map(|y| row(y).trim_end().to_owned()).collect()
    }

    #[test]
    fn every_emotion_has_a_curve_below_its_time() {
        let app = app_after(108, setup(&["caller"], LIVE));
        let rows = rows(&app, 30, ROWS);
        assert_eq!(rows[3], " F  73 % ▁▁▁       ▁▁▁▆▆▆▆▆▆▆");
        assert_eq!(rows[1], " A   6 %       ▅▅▅▅▁▁▁▁▁▁▁▁▁▁");
    }

    #[test]
    fn with_more_rows_curves_are_higher() {
        let app = app_after(108, setup(&["caller"], LIVE));
        let rows = rows(&app, 30, 15);
        assert!(rows[5].ends_with("▄▄▄▄▄▄▄"), "{rows:?}");
        assert!(rows[6].ends_with("███████"), "{rows:?}");
    }

    #[test]
    fn there_are_no_curves_without_readings_or_without_rows() {
        let app = App::new(setup(&["caller"], LIVE));
        assert_eq!(rows(&app, 30, ROWS)[3], " F");
        let app = app_after(108, setup(&["caller"], LIVE));
        assert!(rows(&app, 30, ROWS - 1).iter().all(String::is_empty));
    }
}
