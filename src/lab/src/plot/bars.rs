//! Counts or shares as horizontal bars.
//!
//! In: groups of names and numbers. Out: SVG. Kept between calls: nothing.

use super::svg::{Anchor, Area, INK, Svg};
use super::{colour, count};

const ROW_HEIGHT: f64 = 20.0;
const HEADING_HEIGHT: f64 = 44.0;
const LABEL_WIDTH: f64 = 200.0;
const BAR_WIDTH: f64 = 660.0;

/// Counts of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct BarGroup {
    /// Words above the group: `by emotion`.
    pub heading: String,
    /// Names and counts, the first at the top.
    pub rows: Vec<(String, usize)>,
}

/// Shares of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareGroup {
    /// Words above the group: `anger`.
    pub heading: String,
    /// Names and shares in [0, 1], the first at the top.
    pub rows: Vec<(String, f64)>,
}

/// One row: its name, its length in [0, 1], and the words behind the bar.
type Bar = (String, f64, String);

/// The groups below each other; every group has a scale of its own.
#[must_use]
pub fn bar_chart(title: &str, groups: &[BarGroup]) -> String {
    let bars = |group: &BarGroup| {
        let largest = group.rows.iter().map(|(_, n)| *n).max().unwrap_or(0).max(1);
        let bar =
            |(name, n): &(String, usize)| (name.clone(), count(*n) / count(largest), n.to_string());
        (group.heading.clone(), group.rows.iter().map(bar).collect())
    };
    draw(title, &groups.iter().map(bars).collect::<Vec<_>>())
}

/// The groups below each other, all from 0 to 100 %.
#[must_use]
pub fn share_chart(title: &str, groups: &[ShareGroup]) -> String {
    let bars = |group: &ShareGroup| {
        let bar = |(name, share): &(String, f64)| {
            (name.clone(), share.clamp(0.0, 1.0), format!("{:.0} %", 100.0 * share))
        };
        (group.heading.clone(), group.rows.iter().map(bar).collect())
    };
    draw(title, &groups.iter().map(bars).collect::<Vec<_>>())
}

/// Draws headings, each with its bars.
fn draw(title: &str, groups: &[(String, Vec<Bar>)]) -> String {
    let heights = groups.iter().map(|(_, bars)| HEADING_HEIGHT + ROW_HEIGHT * count(bars.len()));
    let mut svg = Svg::new(960.0, 60.0 + heights.sum::<f64>());
    svg.title((24.0, 30.0), title);
    let mut top = 40.0;
    for ((heading, bars), colour) in groups.iter().zip(colour::SERIES.into_iter().cycle()) {
        svg.text((24.0, top + HEADING_HEIGHT - 14.0), Anchor::Start, heading);
        top += HEADING_HEIGHT;
        for (name, length, words) in bars {
            let width = BAR_WIDTH * length;
            let bar = Area { left: LABEL_WIDTH, top: top + 2.0, width, height: ROW_HEIGHT - 4.0 };
            svg.rect(bar, colour);
            svg.text((LABEL_WIDTH - 8.0, top + 14.0), Anchor::End, name);
            svg.text((bar.right() + 8.0, top + 14.0), Anchor::Start, words);
            top += ROW_HEIGHT;
        }
        svg.line((LABEL_WIDTH, top - ROW_HEIGHT * count(bars.len())), (LABEL_WIDTH, top), INK);
    }
    svg.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_fills_the_width_and_every_count_is_written() {
        let rows = vec![("anger".to_owned(), 400), ("fear".to_owned(), 100)];
        let picture = bar_chart("corpus", &[BarGroup { heading: "by emotion".to_owned(), rows }]);
        assert!(picture.contains("width=\"660.00\"") && picture.contains("width=\"165.00\""));
        for words in [">corpus<", ">by emotion<", ">anger<", ">400<", ">fear<", ">100<"] {
            assert!(picture.contains(words), "{words}");
        }
    }

    #[test]
    fn a_share_of_one_fills_the_width_whatever_the_others_are() {
        let rows = vec![("all".to_owned(), 0.5), ("mine".to_owned(), 0.25)];
        let picture = share_chart("recall", &[ShareGroup { heading: "anger".to_owned(), rows }]);
        assert!(picture.contains("width=\"330.00\"") && picture.contains("width=\"165.00\""));
        for words in [">recall<", ">anger<", ">all<", ">50 %<", ">mine<", ">25 %<"] {
            assert!(picture.contains(words), "{words}");
        }
    }

    #[test]
    fn a_group_of_nothing_is_a_heading() {
        let group = BarGroup { heading: "by split".to_owned(), rows: Vec::new() };
        assert!(bar_chart("corpus", &[group]).contains(">by split<"));
    }
}
