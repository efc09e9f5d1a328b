//! A confusion matrix: how often each of some kinds was taken for each.
//!
//! In: labels and counts. Out: SVG, each cell with its count and its share of the row, which is also its
//! colour. Kept between calls: nothing.

use super::svg::{Anchor, Area, Svg};
use super::{ColourMap, count};

const CELL_WIDTH: f64 = 96.0;
const CELL_HEIGHT: f64 = 44.0;
const LABEL_WIDTH: f64 = 120.0;
const TOP: f64 = 84.0;

/// From this share on white words are read more easily than dark ones.
const DARK_FROM: f64 = 0.8;

/// The matrix; `counts` is `[truth][taken for]`, in the order of `labels`.
#[must_use]
pub fn confusion_matrix(title: &str, labels: &[String], counts: &[Vec<u64>]) -> String {
    let n = count(labels.len());
    let mut svg = Svg::new(LABEL_WIDTH + CELL_WIDTH * n + 24.0, TOP + CELL_HEIGHT * n + 24.0);
    svg.title((24.0, 30.0), title);
    svg.text((LABEL_WIDTH, 54.0), Anchor::Start, "heard as (rows: what was expressed)");
    for (index, label) in labels.iter().enumerate() {
        let middle = count(index) + 0.5;
        svg.text((LABEL_WIDTH + CELL_WIDTH * middle, TOP - 8.0), Anchor::Middle, label);
        svg.text((LABEL_WIDTH - 8.0, TOP + CELL_HEIGHT * middle + 4.0), Anchor::End, label);
    }
    for (row, counts) in counts.iter().enumerate() {
        let all: u64 = counts.iter().sum();
        for (column, n) in counts.iter().enumerate() {
            let left = LABEL_WIDTH + CELL_WIDTH * count(column);
            let top = TOP + CELL_HEIGHT * count(row);
            let area = Area { left, top, width: CELL_WIDTH - 1.0, height: CELL_HEIGHT - 1.0 };
            draw_cell(&mut svg, area, *n, all);
        }
    }
    svg.finish()
}

#[expect(clippy::cast_precision_loss, reason = "far fewer clips than 2^52")]
fn draw_cell(svg: &mut Svg, area: Area, n: u64, all: u64) {
    let share = n as f64 / all.max(1) as f64;
    svg.rect(area, &ColourMap::WhiteBlue.colour(share));
    let at = (area.left + area.width / 2.0, area.top + area.height / 2.0 + 4.0);
    let words = format!("{n} ({:.0} %)", 100.0 * share);
    if share >= DARK_FROM {
        svg.light_text(at, Anchor::Middle, &words);
    } else {
        svg.text(at, Anchor::Middle, &words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_has_its_count_and_its_share_of_the_row() {
        let labels = ["anger", "fear"].map(str::to_owned);
        let picture = confusion_matrix("mine", &labels, &[vec![1, 3], vec![5, 0]]);
        for words in [">mine<", ">1 (25 %)<", ">3 (75 %)<", ">5 (100 %)<", ">0 (0 %)<"] {
            assert_eq!(picture.matches(words).count(), 1, "{words}");
        }
        assert_eq!(picture.matches(">anger<").count(), 2);
        assert_eq!(picture.matches("fill=\"#ffffff\">").count(), 1, "white words in one dark cell");
    }

    #[test]
    fn of_no_labels_there_is_an_empty_picture() {
        assert!(confusion_matrix("none", &[], &[]).ends_with("</svg>\n"));
    }
}
