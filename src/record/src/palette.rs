//! The colours of the emotions and of their groups, on the screen and on paper.
//!
//! In: an emotion or a group. Out: its colour. The seven were searched for, each in its own range of hues, for the largest
//! difference of the two most alike, as people see them who have no, or another, sense for red, green or blue;
//! the tests of the dashboard's theme check that by simulation. Neutral has the one that stands back. A group has a
//! paler colour of its members' family, searched for in the same way among what the seven leave.

use hearing::emotion::{Emotion, Group, N_EMOTIONS, N_GROUPS};

/// Red, green, blue; sRGB, 0 to 255.
pub type Rgb = (u8, u8, u8);

/// Anger, disgust, fear, happiness, surprise, sadness, neutral.
const EMOTIONS: [Rgb; N_EMOTIONS] = [
    (0xce, 0x4a, 0x00),
    (0x6e, 0xab, 0x99),
    (0xc4, 0x4a, 0xff),
    (0xff, 0xff, 0x7f),
    (0xea, 0xb7, 0x00),
    (0x8f, 0xe3, 0xed),
    (0x3b, 0x74, 0x9c),
];

/// Distressed, pleasant, calm.
const GROUPS: [Rgb; N_GROUPS] = [(0xf0, 0x78, 0x48), (0xd0, 0xd8, 0x98), (0xa0, 0xb8, 0xf8)];

/// What lies behind an uncertain stretch: grey, as no emotion is.
pub const UNCERTAIN: Rgb = (0x42, 0x46, 0x4c);

/// What lies behind an emotion's letter.
#[must_use]
pub fn behind(emotion: Emotion) -> Rgb {
    EMOTIONS[emotion.index()]
}

/// What lies behind a group's letter, which is black.
#[must_use]
pub fn behind_group(group: Group) -> Rgb {
    GROUPS[group.index()]
}

/// Whether the letter on it is white; if not, black. Either stands out by at least 4.5:1 (WCAG 2.2).
#[must_use]
pub fn has_white_letter(emotion: Emotion) -> bool {
    emotion == Emotion::Neutral
}

/// A colour as pages and drawings have it: `#d55e00`.
#[must_use]
pub fn hex((red, green, blue): Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// The colour of an emotion's bars and curves on light paper, where they have to be darker to be seen.
#[must_use]
pub fn on_light(emotion: Emotion) -> Rgb {
    let (red, green, blue) = behind(emotion);
    let darker = |value: u8| value / 5 * 3;
    (darker(red), darker(green), darker(blue))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_two_emotions_share_a_colour_on_any_paper() {
        for of in [behind, on_light] {
            let all: HashSet<Rgb> = Emotion::ALL.map(of).into();
            assert_eq!(all.len(), N_EMOTIONS);
            assert!(Group::ALL.iter().all(|group| !all.contains(&behind_group(*group))));
        }
    }
}
