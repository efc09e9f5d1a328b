//! A rectangle of the page with two axes.
//!
//! In: its place and its axes. Out: where values lie, and the axes drawn. Kept between calls: nothing.

use super::svg::{Anchor, Area, FAINT, INK, Svg};
use super::{Axis, axis};

/// Pixels that a mark of the axis below needs, and one of the axis at the side.
const TICK_SPACING_X: f64 = 60.0;
const TICK_SPACING_Y: f64 = 28.0;

/// A place to draw values in.
pub struct Panel<'a> {
    pub area: Area,
    pub x: &'a Axis,
    pub y: &'a Axis,
}

impl Panel<'_> {
    /// Where a pair of values lies on the page; on the edge if it is outside.
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (
            self.area.left + self.area.width * self.x.fraction(x),
            self.area.bottom() - self.area.height * self.y.fraction(y),
        )
    }

    /// Faint lines behind the data.
    pub fn draw_grid(&self, svg: &mut Svg) {
        for (value, _) in axis::ticks(self.y, n_ticks(self.area.height, TICK_SPACING_Y)) {
            let (_, y) = self.at(self.x.low, value);
            svg.line((self.area.left, y), (self.area.right(), y), FAINT);
        }
    }

    /// Both axes with their marks and words.
    pub fn draw_axes(&self, svg: &mut Svg) {
        self.draw_x_axis(svg);
        self.draw_y_axis(svg);
    }

    /// The axis below, with its words.
    fn draw_x_axis(&self, svg: &mut Svg) {
        let (left, bottom) = (self.area.left, self.area.bottom());
        for (x, words) in self.draw_x_marks(svg) {
            svg.text((x, bottom + 18.0), Anchor::Middle, &words);
        }
        svg.text((left + self.area.width / 2.0, bottom + 36.0), Anchor::Middle, &self.x.label);
    }

    /// The axis below without its words: where these belong.
    pub fn draw_x_marks(&self, svg: &mut Svg) -> Vec<(f64, String)> {
        let bottom = self.area.bottom();
        svg.line((self.area.left, bottom), (self.area.right(), bottom), INK);
        let ticks = axis::ticks(self.x, n_ticks(self.area.width, TICK_SPACING_X));
        let mark = |(value, words): (f64, String)| {
            let (x, _) = self.at(value, self.y.low);
            svg.line((x, bottom), (x, bottom + 5.0), INK);
            (x, words)
        };
        ticks.into_iter().map(mark).collect()
    }

    /// The axis at the left, with its words.
    pub fn draw_y_axis(&self, svg: &mut Svg) {
        let (left, bottom) = (self.area.left, self.area.bottom());
        svg.line((left, self.area.top), (left, bottom), INK);
        for (value, words) in axis::ticks(self.y, n_ticks(self.area.height, TICK_SPACING_Y)) {
            let (_, y) = self.at(self.x.low, value);
            svg.line((left - 5.0, y), (left, y), INK);
            svg.text((left - 8.0, y + 4.0), Anchor::End, &words);
        }
        svg.upright_text((left - 48.0, self.area.top + self.area.height / 2.0), &self.y.label);
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a page's few marks")]
fn n_ticks(pixels: f64, spacing: f64) -> usize {
    (pixels / spacing).max(1.0) as usize
}
