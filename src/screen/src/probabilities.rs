//! The seven probabilities of the last reading, as bars and in percent.

use super::app::App;
use super::caller::Caller;
use super::state::percent;
use super::text::{fit, put, put_right};
use super::theme::Theme;
use hearing::emotion::{Emotion, N_EMOTIONS, Scores};
use hearing::timeline::history::State;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Columns for a letter, the longest name and the percentage; the bar takes the rest.
const LETTER: u16 = 4;
const LONG_NAME: u16 = 19;
const SHORT_NAME: u16 = 10;
const PERCENT: u16 = 5;

/// A longer bar says no more.
const LONGEST_BAR: u16 = 60;

/// Rows of the whole panel, its heading included.
pub(super) const ROWS: u16 = 8;
const _: () = assert!(ROWS as usize == 1 + N_EMOTIONS);

/// Draws a heading and seven bars, or the most probable emotions in one line where there is no room.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    let Some(caller) = app.caller() else { return };
    if area.height < ROWS {
        draw_line(buffer, area, caller, theme);
        return;
    }
    let heading = match (caller.printed.reading, is_present(caller)) {
        (None, _) => "probabilities: no reading yet".to_owned(),
        (Some(_), true) => match caller.printed.state {
            State::Group { group, certainty, .. } => {
                format!("probabilities: {group} {} %", percent(certainty))
            }
            _ => "probabilities".to_owned(),
        },
        (Some((at, _)), false) => format!("last reading, at {at}"),
    };
    put(buffer, area, (0, 0), &fit(&heading, area.width.into()), theme.dim());
    for (row, emotion) in (1..).zip(Emotion::ALL) {
        draw_bar(buffer, area, (row, emotion), caller, theme);
    }
}

/// Whether the last reading is about this moment.
fn is_present(caller: &Caller) -> bool {
    matches!(caller.printed.state, State::Uncertain | State::Emotion(..) | State::Group { .. })
}

/// Whether an emotion's name stands out: the most probable one's, or of a group those that it may be.
fn stands_out(state: State, scores: Scores, emotion: Emotion) -> bool {
    match state {
        State::Group { likeliest: Some(likeliest), .. } => likeliest.contains(&emotion),
        State::Group { group, .. } => group.has(emotion),
        _ => scores.top().0 == emotion,
    }
}

fn draw_bar(
    buffer: &mut Buffer,
    area: Rect,
    (row, emotion): (u16, Emotion),
    caller: &Caller,
    theme: Theme,
) {
    let scores = caller.printed.reading.map(|(_, scores)| scores);
    let present = is_present(caller);
    let state = caller.printed.state;
    let is_top = present && scores.is_some_and(|scores| stands_out(state, scores, emotion));
    let name_style = match (is_top, present) {
        (true, _) => theme.strong(),
        (false, true) => Style::new(),
        (false, false) => theme.dim(),
    };
    put(buffer, area, (0, row), &format!(" {} ", emotion.letter()), theme.on(emotion));
    let wide = area.width >= LETTER + LONG_NAME + PERCENT + 12;
    let (name, name_columns) =
        if wide { (emotion.words(), LONG_NAME) } else { (emotion.label(), SHORT_NAME) };
    put(buffer, area, (LETTER, row), name, name_style);

    let Some(score) = scores.map(|scores| scores.of(emotion)) else { return };
    let start = LETTER + name_columns;
    let room = area.width.saturating_sub(start + PERCENT + 1).min(LONGEST_BAR);
    let colour = if present { Style::new().fg(theme.ink(emotion)) } else { theme.dim() };
    put(buffer, area, (start, row), &bar(score, room), colour);
    let numbers = Rect { width: area.width.min(start + room + PERCENT + 1), ..area };
    put_right(buffer, numbers, row, &format!("{} %", percent(score)), name_style);
}

/// A bar of at most `columns`, exact to an eighth of a column.
pub(super) fn bar(part: f32, columns: u16) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = f32::from(columns) * 8.0 * part.clamp(0.0, 1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most 65,535 columns, and not-a-number becomes 0"
    )]
    let eighths = eighths.round() as usize;
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

/// As many of the most probable emotions as fit into one row.
fn draw_line(buffer: &mut Buffer, area: Rect, caller: &Caller, theme: Theme) {
    let Some((_, scores)) = caller.printed.reading else {
        put(buffer, area, (0, 0), "no reading yet", theme.dim());
        return;
    };
    let text_style = if is_present(caller) { Style::new() } else { theme.dim() };
    let mut column = 0;
    for (emotion, score) in ranked(scores) {
        let text = format!(" {} {} %  ", emotion.label(), percent(score));
        if usize::from(column) + 3 + text.len() > usize::from(area.width) + 2 {
            return;
        }
        column =
            put(buffer, area, (column, 0), &format!(" {} ", emotion.letter()), theme.on(emotion));
        column = put(buffer, area, (column, 0), &text, text_style);
    }
}

/// Emotions by falling probability.
fn ranked(scores: Scores) -> Vec<(Emotion, f32)> {
    let mut ranked: Vec<_> = scores.iter().collect();
    ranked.sort_by(|one, other| other.1.total_cmp(&one.1));
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{LIVE, app_after, setup};
    use crate::theme::{Colours, Paper};
    use ratatui::style::Modifier;

    fn rows(app: &App, width: u16, height: u16) -> (Buffer, Vec<String>) {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        let area = buffer.area;
        draw(&mut buffer, area, app, Theme::new(Colours::True, Paper::Unknown));
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        let rows = (0..height).map(|y| row(y).trim_end().to_owned()).collect();
        (buffer, rows)
    }

    #[test]
    fn every_emotion_has_a_bar_and_the_most_probable_one_stands_out() {
        let (buffer, rows) = rows(&app_after(108, setup(&["caller"], LIVE)), 36, ROWS);
        assert_eq!(rows[0], "probabilities");
        assert_eq!(rows[3], " F  fear      ███████████▋      73 %");
        assert_eq!(rows[7], " N  neutral   ▉                  5 %");
        assert!(buffer[(4, 3)].modifier.contains(Modifier::BOLD));
        assert!(!buffer[(4, 4)].modifier.contains(Modifier::BOLD));
    }

    #[test]
    fn of_a_group_those_stand_out_that_it_may_be() {
        use crate::feed::Feed;
        use hearing::fact::{Event, Fact};
        use hearing::stream_time::StreamTime;
        use hearing::timeline::{Reading, Verdict};

        let mut app = app_after(108, setup(&["caller"], LIVE));
        let at = StreamTime::from_ms(108_100);
        let scores = Scores([0.05, 0.05, 0.4, 0.05, 0.05, 0.3, 0.1]);
        let verdict = Verdict::Group(hearing::emotion::Group::Distressed);
        let event = Event::Reading(Reading { at, scores, verdict });
        app.apply(Feed::Fact(Fact { caller: 0, at, event }));
        app.tick(std::time::Duration::from_secs(109));
        let (buffer, rows) = rows(&app, 44, ROWS);
        assert_eq!(rows[0], "probabilities: distressed 80 %");
        let bold = |row| buffer[(4, row)].modifier.contains(Modifier::BOLD);
        assert_eq!(
            [1, 2, 3, 4, 5, 6, 7].map(bold),
            [false, false, true, false, false, true, false]
        );
    }

    #[test]
    fn in_silence_the_bars_say_how_old_they_are() {
        let (buffer, rows) = rows(&app_after(77, setup(&["caller"], LIVE)), 36, ROWS);
        assert_eq!(rows[0], "last reading, at 1:13");
        let theme = Theme::new(Colours::True, Paper::Unknown);
        assert_eq!(Some(buffer[(14, 6)].fg), theme.dim().fg);
    }

    #[test]
    fn one_row_names_the_most_probable_emotions_that_fit() {
        let app = app_after(108, setup(&["caller"], LIVE));
        assert_eq!(rows(&app, 40, 1).1, [" F  fear 73 %   D  disgust 8 %"]);
        assert_eq!(rows(&app, 16, 1).1, [" F  fear 73 %"]);
    }

    #[test]
    fn bars_are_exact_to_an_eighth_of_a_column() {
        assert_eq!(bar(0.5, 4), "██");
        assert_eq!(bar(0.5, 3), "█▌");
        assert_eq!(bar(0.03, 4), "▏");
        assert_eq!(bar(1.0, 2), "██");
        assert_eq!(bar(f32::NAN, 2), "");
        assert_eq!(bar(-1.0, 2), "");
    }
}
