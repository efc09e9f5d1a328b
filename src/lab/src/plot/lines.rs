//! Lines over an axis: training curves, and what else runs.
//!
//! In: named series of points. Out: SVG. Kept between calls: nothing.

use super::panel::Panel;
use super::svg::{Anchor, Area, Svg};
use super::{Axis, colour, count};

/// A named line.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Words beside its colour.
    pub name: String,
    /// Pairs of x and y, in the order in which they are joined; those that are no numbers are left out.
    pub points: Vec<(f64, f64)>,
}

/// Lines in one panel, with a legend above them.
pub struct LineChart<'a> {
    /// Words above it.
    pub title: &'a str,
    /// The axis below.
    pub x: Axis,
    /// The axis at the side.
    pub y: Axis,
}

impl LineChart<'_> {
    /// The picture of `series`, at most seven: then the colours begin again.
    #[must_use]
    pub fn draw(&self, series: &[Series]) -> String {
        let mut svg = Svg::new(960.0, 400.0);
        svg.title((72.0, 26.0), self.title);
        let area = Area { left: 72.0, top: 66.0, width: 850.0, height: 276.0 };
        let panel = Panel { area, x: &self.x, y: &self.y };
        panel.draw_grid(&mut svg);
        let mut legend_left = area.left;
        for (one, colour) in series.iter().zip(colour::SERIES.into_iter().cycle()) {
            let finite = one.points.iter().filter(|(x, y)| x.is_finite() && y.is_finite());
            svg.polyline(finite.map(|&(x, y)| panel.at(x, y)), colour);
            svg.rect(Area { left: legend_left, top: 44.0, width: 18.0, height: 4.0 }, colour);
            svg.text((legend_left + 24.0, 50.0), Anchor::Start, &one.name);
            // A little more than the width of a letter at this size.
            legend_left += 50.0 + 7.0 * count(one.name.chars().count());
        }
        panel.draw_axes(&mut svg);
        svg.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_series_has_a_line_and_a_name_and_no_number_is_left_out() {
        let chart = LineChart {
            title: "loss",
            x: Axis::new("epoch", 1.0, 3.0),
            y: Axis::new("loss", 0.0, 2.0),
        };
        let series = ["train", "dev"].map(|name| Series {
            name: name.to_owned(),
            points: vec![(1.0, 2.0), (2.0, f64::NAN), (3.0, 0.0)],
        });
        let picture = chart.draw(&series);
        assert_eq!(picture.matches("<polyline points=\"72.00,66.00 922.00,342.00 \"").count(), 2);
        assert!(picture.contains(">train<") && picture.contains(">dev<"));
        assert!(!picture.contains("NaN"));
    }
}
