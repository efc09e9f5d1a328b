//! PNG: the same picture as the SVG, in pixels, for programs that know no SVG.
//!
//! In: an open log. Out: an image of few colours. Keeps its pixels, a byte each.
//!
//! Letters are those of the crate `font8x8` (Latin and Greek); another letter becomes a box. The SVG has all.

use std::io::Write;

use font8x8::UnicodeFonts;
use png::{BitDepth, ColorType, Compression, Encoder, EncodingError};

use super::palette::PAPER;
use super::picture::{Anchor, Area, Canvas, Type, WIDTH, draw, height};
use super::story::Story;
use super::{ExportError, Format};
use crate::palette::Rgb;
use crate::session::SessionReader;

/// Pixels for each unit of the picture.
const SCALE: f64 = 2.0;

/// Dots of a letter in each direction.
const DOTS: usize = 8;

/// The format.
pub struct Png;

impl Format for Png {
    fn write(&self, session: &mut SessionReader, out: &mut dyn Write) -> Result<(), ExportError> {
        let story = Story::read(session)?;
        let mut pixels = Pixels::new(WIDTH, height(&story));
        draw(&story, &mut pixels);
        pixels.encode(out).map_err(|error| match error {
            EncodingError::IoError(error) => ExportError::Write(error),
            other => ExportError::Write(std::io::Error::other(other)),
        })?;
        out.flush()?;
        Ok(())
    }
}

/// An image of at most 256 colours.
struct Pixels {
    width: usize,
    height: usize,
    /// Rows from the top, each pixel a place in `colours`.
    rows: Vec<u8>,
    colours: Vec<Rgb>,
}

impl Pixels {
    /// Paper.
    fn new(width: f64, height: f64) -> Self {
        let (width, height) = (pixel(width), pixel(height));
        Pixels { width, height, rows: vec![0; width * height], colours: vec![PAPER] }
    }

    /// The place of a colour; of one too many the paper's.
    fn place(&mut self, colour: Rgb) -> u8 {
        let found = self.colours.iter().position(|known| *known == colour);
        let place = found.unwrap_or_else(|| {
            self.colours.push(colour);
            self.colours.len() - 1
        });
        u8::try_from(place).unwrap_or(0)
    }

    /// Fills pixels; what lies outside is left out.
    fn fill(&mut self, (left, top): (usize, usize), (width, height): (usize, usize), colour: Rgb) {
        let place = self.place(colour);
        let (left, right) = (left.min(self.width), (left + width).min(self.width));
        for row in top.min(self.height)..(top + height).min(self.height) {
            self.rows[row * self.width..][left..right].fill(place);
        }
    }

    fn draw_letter(&mut self, letter: char, (left, top): (usize, usize), dot: usize, colour: Rgb) {
        for (row, dots) in (0..).zip(glyph(letter)) {
            for column in (0..DOTS).filter(|column| dots >> column & 1 == 1) {
                self.fill((left + column * dot, top + row * dot), (dot, dot), colour);
            }
        }
    }

    /// The file, of eight bits a pixel and colours from a palette.
    fn encode(&self, out: &mut dyn Write) -> Result<(), EncodingError> {
        let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let mut encoder = Encoder::new(out, side(self.width), side(self.height));
        encoder.set_color(ColorType::Indexed);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_compression(Compression::High);
        let palette: Vec<u8> = self.colours.iter().flat_map(|(r, g, b)| [*r, *g, *b]).collect();
        encoder.set_palette(palette);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.rows)?;
        writer.finish()
    }
}

impl Canvas for Pixels {
    fn rect(&mut self, area: Area, fill: Rgb, _: &str) {
        let corner = (pixel(area.left), pixel(area.top));
        let size =
            (pixel(area.left + area.width) - corner.0, pixel(area.top + area.height) - corner.1);
        self.fill(corner, size, fill);
    }

    /// By rows: a pixel belongs to it if its middle does. Shapes are convex.
    fn polygon(&mut self, points: &[(f64, f64)], fill: Rgb, _: &str) {
        let tops = points.iter().map(|point| point.1);
        let (first, last) = (tops.clone().fold(f64::MAX, f64::min), tops.fold(0.0, f64::max));
        for row in pixel(first)..pixel(last) {
            let y = (super::picture::count(row as u64) + 0.5) / SCALE;
            let sides = points.iter().zip(points.iter().cycle().skip(1));
            let crossings = sides.filter_map(|(one, other)| {
                let ((x0, y0), (x1, y1)) = (*one, *other);
                ((y0 <= y) != (y1 <= y)).then(|| x0 + (x1 - x0) * (y - y0) / (y1 - y0))
            });
            let (left, right) = crossings
                .fold((f64::MAX, f64::MIN), |(left, right), x| (left.min(x), right.max(x)));
            if left < right {
                self.fill((pixel(left), row), (pixel(right) - pixel(left), 1), fill);
            }
        }
    }

    fn text(&mut self, foot: (f64, f64), look: Type, text: &str) {
        // 13 units are letters of 16 pixels, from 15 on of 24.
        let dot = if look.size >= 15.0 { 3 } else { 2 };
        let text: Vec<char> = text.chars().collect();
        let width = text.len() * DOTS * dot;
        let left = match look.anchor {
            Anchor::Start => pixel(foot.0),
            Anchor::Middle => pixel(foot.0).saturating_sub(width / 2),
            Anchor::End => pixel(foot.0).saturating_sub(width),
        };
        // The lowest row of dots is for what hangs below the line.
        let top = pixel(foot.1).saturating_sub((DOTS - 1) * dot);
        for (place, letter) in text.into_iter().enumerate() {
            let left = left + place * DOTS * dot;
            self.draw_letter(letter, (left, top), dot, look.colour);
            if look.is_bold {
                self.draw_letter(letter, (left + 1, top), dot, look.colour);
            }
        }
    }
}

/// Rows of dots from the top, the lowest bit at the left.
fn glyph(letter: char) -> [u8; DOTS] {
    const BOX: [u8; DOTS] = [0x7e, 0x42, 0x42, 0x42, 0x42, 0x42, 0x7e, 0];
    let latin = || font8x8::LATIN_FONTS.get(letter);
    let greek = || font8x8::GREEK_FONTS.get(letter);
    font8x8::BASIC_FONTS.get(letter).or_else(latin).or_else(greek).unwrap_or(BOX)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped; a picture is far smaller than 2^32 pixels"
)]
fn pixel(units: f64) -> usize {
    (units * SCALE).round().max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_and_letters_are_drawn_where_they_belong_and_nowhere_else() {
        let mut pixels = Pixels::new(20.0, 10.0);
        let red = (255, 0, 0);
        pixels.rect(Area { left: 1.0, top: 1.0, width: 2.0, height: 2.0 }, red, "");
        pixels.polygon(&[(10.0, 0.0), (13.0, 6.0), (7.0, 6.0)], red, "");
        pixels.rect(Area { left: 18.0, top: 8.0, width: 99.0, height: 99.0 }, red, "");
        let n_red: u32 = pixels.rows.iter().map(|place| u32::from(*place)).sum();
        assert_eq!(n_red, 16 + 72 + 16);
        assert_eq!(pixels.rows[2 * 40 + 2], 1);
    }

    #[test]
    fn letters_of_western_languages_are_there_and_others_are_boxes() {
        for letter in "Aé·×~?!ßΩ".chars() {
            assert_ne!(glyph(letter), glyph('机'), "{letter}");
        }
    }
}
