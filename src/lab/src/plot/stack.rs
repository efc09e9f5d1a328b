//! Panels below each other over one axis: several costs of the same thing.
//!
//! In: for each panel its axis, series of measured points, and lines to compare them with. Out: SVG. Kept between
//! calls: nothing.

use super::lines::Series;
use super::panel::Panel;
use super::svg::{Anchor, Area, INK, Svg};
use super::{Axis, colour, count};

const LEFT: f64 = 72.0;
const WIDTH: f64 = 850.0;
/// Above the first panel: title and subtitle.
const HEAD_HEIGHT: f64 = 58.0;
/// Above each panel: its legend.
const LEGEND_HEIGHT: f64 = 24.0;
const PANEL_HEIGHT: f64 = 150.0;
/// Below each panel.
const GAP_HEIGHT: f64 = 18.0;
/// Below the last one: the axis' words.
const FOOT_HEIGHT: f64 = 48.0;

/// A straight line that nobody measured: a limit, or what a cost in proportion would be.
#[derive(Clone, Debug, PartialEq)]
pub struct Guide {
    /// Words in the legend.
    pub name: String,
    /// Its ends, as pairs of x and y; straight on the page.
    pub ends: [(f64, f64); 2],
}

/// One panel.
#[derive(Clone, Debug, PartialEq)]
pub struct StackPanel {
    /// The axis at the side.
    pub y: Axis,
    /// What was measured; each point has a dot.
    pub series: Vec<Series>,
    /// What to compare it with.
    pub guides: Vec<Guide>,
}

/// Panels below each other; the axis below the last one is that of all.
pub struct Stack<'a> {
    /// Words above them.
    pub title: &'a str,
    /// Words below the title: on what it was measured.
    pub subtitle: &'a str,
    /// The axis below.
    pub x: Axis,
}

impl Stack<'_> {
    /// The picture of `panels`, the first at the top.
    #[must_use]
    pub fn draw(&self, panels: &[StackPanel]) -> String {
        let step = LEGEND_HEIGHT + PANEL_HEIGHT + GAP_HEIGHT;
        let mut svg = Svg::new(960.0, HEAD_HEIGHT + step * count(panels.len()) + FOOT_HEIGHT);
        svg.title((LEFT, 26.0), self.title);
        svg.text((LEFT, 46.0), Anchor::Start, self.subtitle);
        for (index, one) in panels.iter().enumerate() {
            let top = HEAD_HEIGHT + step * count(index) + LEGEND_HEIGHT;
            let area = Area { left: LEFT, top, width: WIDTH, height: PANEL_HEIGHT };
            let panel = Panel { area, x: &self.x, y: &one.y };
            panel.draw_grid(&mut svg);
            one.draw(&panel, &mut svg);
            if index + 1 == panels.len() {
                panel.draw_axes(&mut svg);
            } else {
                panel.draw_x_marks(&mut svg);
                panel.draw_y_axis(&mut svg);
            }
        }
        svg.finish()
    }
}

impl StackPanel {
    /// The data, and the legend above it.
    fn draw(&self, panel: &Panel, svg: &mut Svg) {
        let mut left = panel.area.left;
        let middle = panel.area.top - 12.0;
        let mut name = |svg: &mut Svg, words: &str| {
            let from = left;
            svg.text((from + 24.0, middle + 4.0), Anchor::Start, words);
            // A little more than the width of a letter at this size.
            left += 50.0 + 7.0 * count(words.chars().count());
            ((from, middle), (from + 18.0, middle))
        };
        for Guide { name: words, ends: [from, to] } in &self.guides {
            svg.dashed_line(panel.at(from.0, from.1), panel.at(to.0, to.1), INK);
            let (from, to) = name(svg, words);
            svg.dashed_line(from, to, INK);
        }
        for (one, colour) in self.series.iter().zip(colour::SERIES.into_iter().cycle()) {
            let finite = one.points.iter().filter(|(x, y)| x.is_finite() && y.is_finite());
            let points: Vec<(f64, f64)> = finite.map(|&(x, y)| panel.at(x, y)).collect();
            svg.polyline(points.iter().copied(), colour);
            for point in points {
                svg.dot(point, colour);
            }
            let (from, to) = name(svg, &one.name);
            svg.polyline([from, to].into_iter(), colour);
            svg.dot((f64::midpoint(from.0, to.0), middle), colour);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_panel_has_its_axis_its_points_and_its_guide_and_all_share_one_axis() {
        let panel = |label: &str| StackPanel {
            y: Axis::new(label, 0.0, 10.0),
            series: vec![Series {
                name: format!("measured {label}"),
                points: vec![(0.0, 0.0), (5.0, f64::NAN), (10.0, 10.0)],
            }],
            guides: vec![Guide { name: "limit".into(), ends: [(0.0, 5.0), (10.0, 5.0)] }],
        };
        let stack = Stack { title: "cost", subtitle: "here", x: Axis::new("callers", 0.0, 10.0) };
        let picture = stack.draw(&[panel("cores"), panel("memory")]);
        for words in [">cost<", ">here<", ">cores<", ">memory<", ">measured cores<"] {
            assert_eq!(picture.matches(words).count(), 1, "{words}");
        }
        assert_eq!(picture.matches(">callers<").count(), 1, "the axis is that of all");
        // Two points and a legend's in each panel; the one that is no number is left out.
        assert_eq!(picture.matches("<circle").count(), 6);
        // A guide and a legend's in each panel.
        assert_eq!(picture.matches("stroke-dasharray").count(), 4);
        let (first_top, second_top) = (82.0, 274.0);
        for top in [first_top, second_top] {
            let corners = format!("points=\"72.00,{:.2} 922.00,{top:.2} \"", top + PANEL_HEIGHT);
            assert!(picture.contains(&corners), "{corners}");
        }
        assert!(!picture.contains("NaN"));
    }
}
