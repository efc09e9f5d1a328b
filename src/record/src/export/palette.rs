//! The colours of a timeline on paper.
//!
//! In: what fills a cell. Out: colours: those of an emotion and of a group are the screen's. A letter on each
//! stands out by at least 4.5:1.

use super::strip::Fill;
use crate::palette::{self, Rgb};

/// What is written.
pub(super) const INK: Rgb = (0x1f, 0x23, 0x28);
/// What is written to be read second.
pub(super) const DIM: Rgb = (0x59, 0x5f, 0x67);
/// Lines behind the data.
pub(super) const FAINT: Rgb = (0xc9, 0xcd, 0xd2);
/// The page.
pub(super) const PAPER: Rgb = (0xff, 0xff, 0xff);

const BLACK: Rgb = (0, 0, 0);
const WHITE: Rgb = (0xff, 0xff, 0xff);

/// The frame of a cell that has one: an uncertain one is empty, so that a page of them does not outshout what was
/// heard, and no grey is far from all emotions for every eye.
pub(super) fn frame_of(fill: Fill) -> Option<Rgb> {
    (fill == Fill::Uncertain).then_some(palette::UNCERTAIN)
}

/// The colour of a cell, and of the letter on it.
pub(super) fn of_fill(fill: Fill) -> (Rgb, Rgb) {
    match fill {
        Fill::Nothing | Fill::Uncertain => (PAPER, INK),
        Fill::Silence => ((0xee, 0xf0, 0xf2), DIM),
        Fill::TooShort => ((0xd4, 0xd8, 0xdd), INK),
        Fill::Emotion(emotion, _) => {
            let letter = if palette::has_white_letter(emotion) { WHITE } else { BLACK };
            (palette::behind(emotion), letter)
        }
        Fill::Group(group, _) => (palette::behind_group(group), BLACK),
        Fill::Lost | Fill::Unwritten => (BLACK, WHITE),
        Fill::Muted => ((0x3b, 0x2e, 0x58), WHITE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_stand_out_from_their_colour() {
        // WCAG 2.2 asks for 4.5:1 in normal text.
        let fills = Fill::all().into_iter().map(of_fill).chain([(PAPER, INK), (PAPER, DIM)]);
        let mut n_checked = 0;
        for (paper, ink) in fills {
            let (one, other) = (luminance(paper), luminance(ink));
            let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
            assert!(contrast >= 4.5, "{paper:?} {ink:?}: {contrast:.1}");
            n_checked += 1;
        }
        assert_eq!(n_checked, 18);
    }

    /// Relative luminance of an sRGB colour (WCAG 2.2).
    fn luminance((red, green, blue): Rgb) -> f64 {
        let linear = |value: u8| {
            let part = f64::from(value) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }
}
