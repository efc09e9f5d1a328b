//! The one thing to see at a glance: what the caller sounds like now, in big plain words.

use super::app::App;
use super::lettering::Lettering;
use super::situation::Situation;
use super::text::{put, width};
use super::theme::Theme;
use hearing::emotion::{Emotion, Group};
use hearing::stream_time::StreamTime;
use hearing::timeline::history::State;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// What a state is called on the screen.
pub(super) fn words(state: State) -> &'static str {
    match state {
        State::Listening => "listening",
        State::SpeechTooShort => "speech too short",
        State::Uncertain => "uncertain",
        State::Emotion(emotion, _) => emotion.words(),
        State::Group { group, .. } => group.label(),
    }
}

/// A group in a sentence, with its two likeliest emotions where they stand out: `sounds distressed (fear or
/// sadness)`. How a voice sounds is all that was heard.
pub(super) fn group_words(group: Group, likeliest: Option<[Emotion; 2]>) -> String {
    let between = likeliest.map_or_else(String::new, |[one, other]| {
        format!(" ({} or {})", one.words(), other.words())
    });
    format!("sounds {group}{between}")
}

/// How certain it is, where a certainty belongs to it.
pub(super) fn certainty(state: State) -> Option<f32> {
    match state {
        State::Emotion(_, certainty) | State::Group { certainty, .. } => Some(certainty),
        State::Listening | State::SpeechTooShort | State::Uncertain => None,
    }
}

/// A probability in whole percent. Never 100, because no reading is certain.
pub(super) fn percent(probability: f32) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped; not-a-number becomes 0"
    )]
    let percent = (probability * 100.0).round().clamp(0.0, 99.0) as u8;
    percent
}

/// The style in which a state's words stand.
pub(super) fn style(state: State, theme: Theme) -> Style {
    match state {
        State::Listening | State::SpeechTooShort => theme.dim(),
        State::Uncertain => theme.uncertain(),
        State::Emotion(emotion, _) => theme.on(emotion),
        State::Group { group, .. } => theme.on_group(group),
    }
}

/// Rows for the smallest letters and the line that explains them.
pub(super) const SMALL_ROWS: u16 = 4;

/// Rows for letters of twice that size, with one above.
pub(super) const LARGE_ROWS: u16 = 8;

/// What is written large, and the line that explains it.
struct Sign {
    words: &'static str,
    style: Style,
    certainty: Option<f32>,
    explained: String,
    /// How long it has been so; left out where it does not fit.
    lasting: Option<StreamTime>,
}

/// Draws the words of a situation, big if they fit above one line that explains them, and otherwise in one row.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, situation: Situation, app: &App, theme: Theme) {
    let certainty = match situation {
        Situation::Heard(state) => self::certainty(state),
        _ => None,
    };
    let sign = Sign {
        words: situation.words(),
        style: situation.style(theme),
        certainty,
        explained: situation.explained(app),
        lasting: app.caller().filter(|_| certainty.is_some()).map(|it| it.printed.lasting),
    };
    draw_sign(buffer, area, &sign, theme);
}

fn draw_sign(buffer: &mut Buffer, area: Rect, sign: &Sign, theme: Theme) {
    let letter_rows = area.height.saturating_sub(1);
    let inner = area.width.saturating_sub(2);
    if let Some(lettering) = Lettering::fitting(sign.words, inner, letter_rows) {
        draw_big(buffer, area, sign, &lettering);
    } else {
        let text = format!(" {} ", sign.words.to_uppercase());
        let style = sign.style.patch(theme.strong());
        put(buffer, area, (0, letter_rows / 2), &text, style);
    }
    let last = area.height.saturating_sub(1);
    let lasting = sign.lasting.map_or_else(String::new, |lasting| format!(", for {lasting}"));
    let in_full = format!("{}{lasting}", sign.explained);
    let explained = if width(&in_full) <= area.width.into() { &in_full } else { &sign.explained };
    put(buffer, area, (0, last), explained, theme.dim());
}

fn draw_big(buffer: &mut Buffer, area: Rect, sign: &Sign, lettering: &Lettering) {
    let columns = u16::try_from(lettering.columns()).unwrap_or(area.width);
    let above = area.height.saturating_sub(1 + lettering.rows());
    let chip = Rect { y: area.y + above, width: columns + 2, height: lettering.rows(), ..area };
    buffer.set_style(chip.intersection(buffer.area), sign.style);
    lettering.draw(buffer, Rect { x: area.x + 1, width: columns, ..chip }, sign.style);
    if let (Some(paper), 1, 1..) = (sign.style.bg, lettering.scale(), above) {
        let edge = "▄".repeat(chip.width.into());
        put(buffer, area, (0, above - 1), &edge, Style::new().fg(paper));
    }
    draw_certainty(buffer, Rect { x: chip.right() + 3, ..chip }, sign, lettering.scale());
}

/// Draws the certainty of an emotion beside its name, as big as that.
fn draw_certainty(buffer: &mut Buffer, area: Rect, sign: &Sign, scale: u16) {
    if let Some(certainty) = sign.certainty
        && let Some(big) = Lettering::at_scale(&format!("{}%", percent(certainty)), scale)
        && usize::from(area.x) + big.columns() <= usize::from(buffer.area.right())
    {
        let columns = u16::try_from(big.columns()).unwrap_or(u16::MAX);
        big.draw(buffer, Rect { width: columns, ..area }, Style::new());
    }
}

/// One line in small letters.
pub(super) fn explained(state: State) -> String {
    match state {
        State::Listening => "no speech now".to_owned(),
        State::SpeechTooShort => "a little more speech is needed".to_owned(),
        State::Uncertain => "no emotion stands out".to_owned(),
        State::Emotion(emotion, certainty) => {
            format!("{}: {} % certain", emotion.words(), percent(certainty))
        }
        State::Group { group, certainty, likeliest } => {
            format!("{}: {} % certain", group_words(group, likeliest), percent(certainty))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{LIVE, app_after, setup};
    use crate::theme::{Colours, Paper};

    fn rows_of(situation: Situation, width: u16, height: u16) -> Vec<String> {
        let app = app_after(2, setup(&["caller"], LIVE));
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        let area = buffer.area;
        draw(&mut buffer, area, situation, &app, Theme::new(Colours::True, Paper::Unknown));
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..height).map(|y| row(y).trim_end().to_owned()).collect()
    }

    fn rows(state: State, width: u16, height: u16) -> Vec<String> {
        rows_of(Situation::Heard(state), width, height)
    }

    #[test]
    fn a_word_is_written_big_on_its_colour_with_its_certainty_beside_it() {
        let state = State::Emotion(Emotion::Fear, 0.64);
        assert_eq!(
            rows(state, 44, 5),
            [
                "▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄",
                " █▀▀ █▀▀ ▄▀▀▄ █▀▀▄    █▀▀ █ █ ▀  ▄▀",
                " █▀  █▀  █▀▀█ █▀█     █▀█ ▀▀█  ▄▀",
                " ▀   ▀▀▀ ▀  ▀ ▀  ▀    ▀▀▀   ▀ ▀   ▀",
                "fear: 64 % certain, for 0:02"
            ]
        );
    }

    #[test]
    fn a_group_is_written_big_and_explained_with_what_stands_out_in_it() {
        let likeliest = Some([Emotion::Fear, Emotion::Sadness]);
        let state = State::Group { group: Group::Distressed, certainty: 0.81, likeliest };
        let told = rows(state, 70, 5);
        assert_eq!(told[1], " █▀▀▄ █ ▄▀▀ ▀█▀ █▀▀▄ █▀▀ ▄▀▀ ▄▀▀ █▀▀ █▀▀▄    █▀█ ▄█  ▀  ▄▀");
        assert_eq!(told[4], "sounds distressed (fear or sadness): 81 % certain, for 0:02");
        let calm = State::Group { group: Group::Calm, certainty: 0.6, likeliest: None };
        assert_eq!(explained(calm), "sounds calm: 60 % certain");
        let likeliest = Some([Emotion::Happiness, Emotion::Surprise]);
        assert_eq!(
            group_words(Group::Pleasant, likeliest),
            "sounds pleasant (happiness or pleasant surprise)"
        );
    }

    #[test]
    fn where_a_word_does_not_fit_it_is_written_small() {
        let state = State::Emotion(Emotion::Surprise, 0.5);
        let rows = rows(state, 40, 4);
        assert_eq!(rows, ["", " PLEASANT SURPRISE", "", "pleasant surprise: 50 % certain"]);
    }

    #[test]
    fn a_device_that_is_gone_is_written_big() {
        let rows = rows_of(Situation::NoSound, 40, 4);
        assert_eq!(rows[0], " █▄ █ ▄▀▀▄    ▄▀▀ ▄▀▀▄ █  █ █▄ █ █▀▀▄");
        assert_eq!(rows[3], "the device is gone; looking for it");
    }

    #[test]
    fn percents_are_whole_and_never_say_certain() {
        assert_eq!(percent(0.724), 72);
        assert_eq!(percent(0.999), 99);
        assert_eq!(percent(1.0), 99);
        assert_eq!(percent(f32::NAN), 0);
        assert_eq!(percent(-0.1), 0);
    }
}
