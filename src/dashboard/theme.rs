//! How things look: colours for the terminal at hand, and letters that say the same without them.
//!
//! In: what the terminal can show. Out: styles. The seven colours are those of Okabe and Ito's palette
//! (2008), which people with any of the usual kinds of colour blindness can tell apart.

use crate::emotion::{Emotion, N_EMOTIONS};
use crate::timeline::history::Cell;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

/// From this certainty on an emotion's letter is a capital.
pub(super) const STRONG: f32 = 0.5;

/// Where sound was lost.
pub(super) const LOST: char = '×';

/// Where nobody was allowed to listen.
pub(super) const MUTED: char = '=';

/// Anger, disgust, fear, happiness, surprise, sadness, neutral: red, green, blue.
const PALETTE: [(u8, u8, u8); N_EMOTIONS] = [
    (0xd5, 0x5e, 0x00),
    (0x00, 0x9e, 0x73),
    (0xcc, 0x79, 0xa7),
    (0xf0, 0xe4, 0x42),
    (0xe6, 0x9f, 0x00),
    (0x00, 0x72, 0xb2),
    (0x56, 0xb4, 0xe9),
];

/// The nearest of xterm's 256 colours; orange is moved one step away from yellow.
const INDEXED: [u8; N_EMOTIONS] = [166, 36, 175, 221, 214, 25, 74];

/// The nearest of the sixteen colours that every terminal has, in the terminal's own shades.
const SIXTEEN: [Color; N_EMOTIONS] = [
    Color::Red,
    Color::Green,
    Color::Magenta,
    Color::LightYellow,
    Color::Yellow,
    Color::Blue,
    Color::Cyan,
];

/// What the terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colours {
    /// None, or none wanted: letters, bold and reversed carry everything.
    None,
    /// The terminal's own sixteen.
    #[default]
    Sixteen,
    /// xterm's 256.
    Indexed,
    /// Any.
    True,
}

impl Colours {
    /// From the values of the environment variables `NO_COLOR` (any but an empty one means no colour,
    /// <https://no-color.org>), `COLORTERM` and `TERM`.
    #[must_use]
    pub fn of_terminal(
        no_color: Option<&str>,
        colorterm: Option<&str>,
        term: Option<&str>,
    ) -> Self {
        let term = term.unwrap_or_default();
        if no_color.is_some_and(|value| !value.is_empty()) || term == "dumb" {
            Colours::None
        } else if matches!(colorterm, Some("truecolor" | "24bit")) || term.ends_with("-direct") {
            Colours::True
        } else if term.contains("256color") {
            Colours::Indexed
        } else {
            Colours::Sixteen
        }
    }
}

/// Styles for one terminal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Theme {
    colours: Colours,
}

impl Theme {
    pub(super) fn new(colours: Colours) -> Self {
        Theme { colours }
    }

    /// The colour of an emotion; the terminal's own without colours.
    pub(super) fn colour(self, emotion: Emotion) -> Color {
        match self.colours {
            Colours::None => Color::Reset,
            Colours::Sixteen => SIXTEEN[emotion.index()],
            Colours::Indexed => Color::Indexed(INDEXED[emotion.index()]),
            Colours::True => {
                let (red, green, blue) = PALETTE[emotion.index()];
                Color::Rgb(red, green, blue)
            }
        }
    }

    /// A letter on the colour of its emotion; reversed without colours.
    pub(super) fn on(self, emotion: Emotion) -> Style {
        let style = Style::new().add_modifier(Modifier::BOLD);
        match (self.colours, emotion) {
            (Colours::None, _) => style.add_modifier(Modifier::REVERSED),
            (_, Emotion::Sadness) => style.fg(self.white()).bg(self.colour(emotion)),
            _ => style.fg(self.black()).bg(self.colour(emotion)),
        }
    }

    /// The character and style of one cell of the timeline.
    pub(super) fn cell(self, cell: Cell) -> (char, Style) {
        match cell {
            Cell::Unheard => (' ', Style::new()),
            Cell::Silence => ('·', self.dim()),
            Cell::TooShort => ('~', self.dim()),
            Cell::Uncertain => ('?', self.uncertain()),
            Cell::Emotion(emotion, certainty) if certainty >= STRONG => {
                (emotion.letter(), self.on(emotion))
            }
            Cell::Emotion(emotion, _) => (emotion.letter().to_ascii_lowercase(), self.on(emotion)),
            Cell::Gap => (LOST, self.strong()),
            Cell::Muted => (MUTED, self.strong()),
        }
    }

    /// What matters.
    #[expect(clippy::unused_self, reason = "which styles depend on colours is the theme's affair")]
    pub(super) fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What is there for those who look for it.
    pub(super) fn dim(self) -> Style {
        match self.colours {
            Colours::None => Style::new().add_modifier(Modifier::DIM),
            Colours::Sixteen => Style::new().fg(Color::DarkGray),
            Colours::Indexed => Style::new().fg(Color::Indexed(245)),
            Colours::True => Style::new().fg(Color::Rgb(0x8a, 0x90, 0x99)),
        }
    }

    /// Uncertainty: grey, as no emotion is.
    pub(super) fn uncertain(self) -> Style {
        match self.colours {
            Colours::None => Style::new(),
            Colours::Sixteen => Style::new().fg(Color::White).bg(Color::DarkGray),
            Colours::Indexed => Style::new().fg(Color::Indexed(255)).bg(Color::Indexed(240)),
            Colours::True => {
                Style::new().fg(Color::Rgb(0xee, 0xee, 0xee)).bg(Color::Rgb(0x50, 0x55, 0x5c))
            }
        }
    }

    /// Makes what is drawn there the past: its letters stay, its colours go.
    pub(super) fn fade(self, buffer: &mut Buffer, area: Rect) {
        for place in area.intersection(buffer.area).positions() {
            buffer[place].set_style(Style::reset().patch(self.dim()));
        }
    }

    /// It is over or has failed: the terminal's own colours reversed, as no emotion is.
    #[expect(clippy::unused_self, reason = "which styles depend on colours is the theme's affair")]
    pub(super) fn alarm(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD)
    }

    fn black(self) -> Color {
        match self.colours {
            Colours::True => Color::Rgb(0, 0, 0),
            Colours::Indexed => Color::Indexed(16),
            Colours::Sixteen | Colours::None => Color::Black,
        }
    }

    fn white(self) -> Color {
        match self.colours {
            Colours::True => Color::Rgb(0xff, 0xff, 0xff),
            Colours::Indexed => Color::Indexed(231),
            Colours::Sixteen | Colours::None => Color::White,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const CELLS: [Cell; 7] = [
        Cell::Unheard,
        Cell::Silence,
        Cell::TooShort,
        Cell::Uncertain,
        Cell::Gap,
        Cell::Muted,
        Cell::Emotion(Emotion::Fear, 0.9),
    ];

    #[test]
    fn the_environment_decides_and_an_empty_no_color_does_not() {
        let of = Colours::of_terminal;
        assert_eq!(of(Some("1"), Some("truecolor"), None), Colours::None);
        assert_eq!(of(Some(""), Some("truecolor"), None), Colours::True);
        assert_eq!(of(None, None, Some("xterm-256color")), Colours::Indexed);
        assert_eq!(of(None, Some("24bit"), Some("xterm")), Colours::True);
        assert_eq!(of(None, None, Some("linux")), Colours::Sixteen);
        assert_eq!(of(None, None, Some("dumb")), Colours::None);
        assert_eq!(of(None, None, None), Colours::Sixteen);
    }

    #[test]
    fn every_emotion_has_its_own_colour_in_every_depth() {
        for colours in [Colours::Sixteen, Colours::Indexed, Colours::True] {
            let theme = Theme::new(colours);
            let all: HashSet<Color> = Emotion::ALL.map(|e| theme.colour(e)).into();
            assert_eq!(all.len(), N_EMOTIONS, "{colours:?}");
        }
    }

    #[test]
    fn cells_differ_by_their_character_alone() {
        let theme = Theme::new(Colours::None);
        let all: HashSet<char> = CELLS.map(|cell| theme.cell(cell).0).into();
        assert_eq!(all.len(), CELLS.len());
        assert_eq!(theme.cell(Cell::Emotion(Emotion::Fear, 0.4)).0, 'f');
    }

    #[test]
    fn without_colours_no_style_names_one() {
        let theme = Theme::new(Colours::None);
        let mut styles = vec![theme.dim(), theme.strong(), theme.alarm(), theme.uncertain()];
        styles.extend(Emotion::ALL.map(|emotion| theme.on(emotion)));
        styles.extend(CELLS.map(|cell| theme.cell(cell).1));
        for style in styles {
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }

    #[test]
    fn letters_stand_out_from_their_colour() {
        // WCAG 2.1 asks for 4.5:1 in normal text.
        for (emotion, rgb) in Emotion::ALL.into_iter().zip(PALETTE) {
            let ink = if emotion == Emotion::Sadness { 1.0 } else { 0.0 };
            let paper = luminance(rgb);
            let contrast = (f64::max(ink, paper) + 0.05) / (f64::min(ink, paper) + 0.05);
            assert!(contrast >= 4.5, "{emotion}: {contrast:.1}");
        }
    }

    /// Relative luminance of an sRGB colour (WCAG 2.1).
    fn luminance((red, green, blue): (u8, u8, u8)) -> f64 {
        let linear = |value: u8| {
            let part = f64::from(value) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }
}
