//! How things look: colours for the terminal at hand, and letters that say the same without them.
//!
//! In: what the terminal can show, and what it is written on. Out: styles. The colours of the emotions and their
//! groups are those of [`record::palette`] or the nearest that the terminal has; `vision` checks that every eye can tell them apart.

use hearing::emotion::{Emotion, Group, N_EMOTIONS, N_GROUPS};
use hearing::timeline::history::Cell;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use record::palette::{self, Rgb};

/// From this certainty on an emotion's letter is a capital.
pub(super) const STRONG: f32 = 0.5;

/// Where sound was lost.
pub(super) const LOST: char = '×';

/// Where nobody was allowed to listen.
pub(super) const MUTED: char = '=';

/// The palette's colours, as far as xterm's 256 have them.
const INDEXED: [u8; N_EMOTIONS] = [166, 73, 135, 228, 214, 123, 60];
const GROUPS_INDEXED: [u8; N_GROUPS] = [209, 187, 147];
const UNCERTAIN_INDEXED: u8 = 237;

/// The nearest of the sixteen colours that every terminal has, in the terminal's own shades.
const SIXTEEN: [Color; N_EMOTIONS] = [
    Color::Red,
    Color::Green,
    Color::Magenta,
    Color::LightYellow,
    Color::Yellow,
    Color::LightCyan,
    Color::Blue,
];
const GROUPS_SIXTEEN: [Color; N_GROUPS] = [Color::LightRed, Color::LightGreen, Color::LightBlue];

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

/// What the terminal is written on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paper {
    /// Nobody knows: what is drawn has to be seen on both.
    #[default]
    Unknown,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

impl Paper {
    /// From the value of the environment variable `COLORFGBG`, which some terminals set: `15;0` is white on
    /// black.
    #[must_use]
    pub fn of_terminal(colorfgbg: Option<&str>) -> Self {
        let background = colorfgbg.and_then(|value| value.rsplit(';').next()?.parse::<u8>().ok());
        match background {
            Some(0..=6 | 8) => Paper::Dark,
            Some(7 | 9..=15) => Paper::Light,
            Some(_) | None => Paper::Unknown,
        }
    }
}

/// Styles for one terminal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Theme {
    colours: Colours,
    paper: Paper,
}

impl Theme {
    pub(super) fn new(colours: Colours, paper: Paper) -> Self {
        Theme { colours, paper }
    }

    /// The colour of an emotion's bars and curves: on light paper it has to be darker to be seen.
    pub(super) fn ink(self, emotion: Emotion) -> Color {
        match (self.colours, self.paper) {
            (Colours::True, Paper::Light) => rgb(palette::on_light(emotion)),
            _ => self.colour(emotion),
        }
    }

    /// The colour of an emotion; the terminal's own without colours.
    pub(super) fn colour(self, emotion: Emotion) -> Color {
        match self.colours {
            Colours::None => Color::Reset,
            Colours::Sixteen => SIXTEEN[emotion.index()],
            Colours::Indexed => Color::Indexed(INDEXED[emotion.index()]),
            Colours::True => rgb(palette::behind(emotion)),
        }
    }

    /// A letter on the colour of its emotion; reversed without colours.
    pub(super) fn on(self, emotion: Emotion) -> Style {
        let style = Style::new().add_modifier(Modifier::BOLD);
        if self.colours == Colours::None {
            return style.add_modifier(Modifier::REVERSED);
        }
        let letter = if palette::has_white_letter(emotion) { self.white() } else { self.black() };
        style.fg(letter).bg(self.colour(emotion))
    }

    /// A letter on the colour of its group; reversed without colours.
    pub(super) fn on_group(self, group: Group) -> Style {
        let style = Style::new().add_modifier(Modifier::BOLD).fg(self.black());
        match self.colours {
            Colours::None => Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED),
            Colours::Sixteen => style.bg(GROUPS_SIXTEEN[group.index()]),
            Colours::Indexed => style.bg(Color::Indexed(GROUPS_INDEXED[group.index()])),
            Colours::True => style.bg(rgb(palette::behind_group(group))),
        }
    }

    /// The character and style of one cell of the timeline.
    pub(super) fn cell(self, cell: Cell) -> (char, Style) {
        match cell {
            Cell::Unheard => (' ', Style::new()),
            Cell::Silence => ('·', self.dim()),
            Cell::TooShort => ('~', self.dim()),
            Cell::Uncertain => ('?', self.uncertain()),
            Cell::Emotion(emotion, certainty) => {
                (sized(emotion.letter(), certainty), self.on(emotion))
            }
            Cell::Group(group, certainty) => {
                (sized(group.letter(), certainty), self.on_group(group))
            }
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
            Colours::Indexed => Style::new().fg(Color::Indexed(match self.paper {
                Paper::Dark => 247,
                Paper::Unknown => 244,
                Paper::Light => 241,
            })),
            Colours::True => Style::new().fg(match self.paper {
                Paper::Dark => Color::Rgb(0x9c, 0xa2, 0xab),
                Paper::Unknown => Color::Rgb(0x80, 0x86, 0x8f),
                Paper::Light => Color::Rgb(0x5c, 0x62, 0x6b),
            }),
        }
    }

    /// Uncertainty: grey, as no emotion is.
    pub(super) fn uncertain(self) -> Style {
        match self.colours {
            Colours::None => Style::new(),
            Colours::Sixteen => Style::new().fg(Color::White).bg(Color::DarkGray),
            Colours::Indexed => {
                Style::new().fg(Color::Indexed(255)).bg(Color::Indexed(UNCERTAIN_INDEXED))
            }
            Colours::True => {
                Style::new().fg(Color::Rgb(0xee, 0xee, 0xee)).bg(rgb(palette::UNCERTAIN))
            }
        }
    }

    /// Makes what is drawn there the past: its letters stay, its colours go.
    pub(super) fn fade(self, buffer: &mut Buffer, area: Rect) {
        for place in area.intersection(buffer.area).positions() {
            buffer[place].set_style(Style::reset().patch(self.dim()));
        }
    }

    /// A column in which something was marked.
    #[expect(clippy::unused_self, reason = "which styles depend on colours is the theme's affair")]
    pub(super) fn marked(self) -> Style {
        Style::new().add_modifier(Modifier::UNDERLINED)
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

/// A capital where it is certain.
fn sized(letter: char, certainty: f32) -> char {
    if certainty >= STRONG { letter } else { letter.to_ascii_lowercase() }
}

fn rgb((red, green, blue): Rgb) -> Color {
    Color::Rgb(red, green, blue)
}

#[cfg(test)]
mod vision;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const CELLS: [Cell; 10] = [
        Cell::Unheard,
        Cell::Silence,
        Cell::TooShort,
        Cell::Uncertain,
        Cell::Gap,
        Cell::Muted,
        Cell::Emotion(Emotion::Fear, 0.9),
        Cell::Group(Group::Distressed, 0.9),
        Cell::Group(Group::Pleasant, 0.9),
        Cell::Group(Group::Calm, 0.9),
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
    fn every_emotion_and_every_group_has_its_own_colour_in_every_depth() {
        for colours in [Colours::Sixteen, Colours::Indexed, Colours::True] {
            let theme = Theme::new(colours, Paper::Unknown);
            let mut all: HashSet<Color> = Emotion::ALL.map(|e| theme.colour(e)).into();
            assert_eq!(all.len(), N_EMOTIONS, "{colours:?}");
            all.extend(Group::ALL.map(|group| theme.on_group(group).bg.expect("a colour")));
            all.extend(theme.uncertain().bg);
            assert_eq!(all.len(), N_EMOTIONS + N_GROUPS + 1, "{colours:?}");
        }
    }

    #[test]
    fn cells_differ_by_their_character_alone() {
        let theme = Theme::new(Colours::None, Paper::Unknown);
        let all: HashSet<char> = CELLS.map(|cell| theme.cell(cell).0).into();
        assert_eq!(all.len(), CELLS.len());
        assert_eq!(theme.cell(Cell::Emotion(Emotion::Fear, 0.4)).0, 'f');
        assert_eq!(theme.cell(Cell::Group(Group::Distressed, 0.4)).0, 't');
    }

    #[test]
    fn without_colours_no_style_names_one() {
        let theme = Theme::new(Colours::None, Paper::Unknown);
        let mut styles = vec![theme.dim(), theme.strong(), theme.alarm(), theme.uncertain()];
        styles.extend(Emotion::ALL.map(|emotion| theme.on(emotion)));
        styles.extend(Group::ALL.map(|group| theme.on_group(group)));
        styles.extend(CELLS.map(|cell| theme.cell(cell).1));
        for style in styles {
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }

    #[test]
    fn the_terminal_tells_what_it_is_written_on_or_nobody_knows() {
        for (told, paper) in [
            (Some("15;0"), Paper::Dark),
            (Some("0;default;15"), Paper::Light),
            (Some("0;7"), Paper::Light),
            (Some("default;default"), Paper::Unknown),
            (None, Paper::Unknown),
        ] {
            assert_eq!(Paper::of_terminal(told), paper, "{told:?}");
        }
    }
}
