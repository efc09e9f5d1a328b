//! A grid of values as colours, with a bar that says which colour is which value.
//!
//! In: values over two axes. Out: SVG. Kept between calls: nothing.

use super::panel::Panel;
use super::svg::{Anchor, Area, Svg};
use super::{Axis, ColourMap, axis, colour, count};
use std::fmt::Write as _;

/// Colours that are told apart. More make larger files, and nobody sees them.
const N_LEVELS: usize = 64;

/// Values over time, `[n_columns, n_rows]`: a column is one time, its first value the lowest row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    /// Values in a column.
    pub n_rows: usize,
    /// Column after column.
    pub values: Vec<f64>,
}

impl Grid {
    /// Columns of the grid.
    #[must_use]
    pub fn n_columns(&self) -> usize {
        self.values.len().checked_div(self.n_rows).unwrap_or(0)
    }

    fn value(&self, column: usize, row: usize) -> f64 {
        self.values[column * self.n_rows + row]
    }

    /// Means of neighbours, so that there are at most so many columns and rows.
    #[must_use]
    pub fn pooled(&self, max_columns: usize, max_rows: usize) -> Grid {
        let (n_columns, n_rows) = (self.n_columns().min(max_columns), self.n_rows.min(max_rows));
        let part =
            |index: usize, n_parts: usize, n: usize| index * n / n_parts..(index + 1) * n / n_parts;
        let mut values = Vec::with_capacity(n_columns * n_rows);
        for column in 0..n_columns {
            for row in 0..n_rows {
                let columns = part(column, n_columns, self.n_columns());
                let rows = part(row, n_rows, self.n_rows);
                let n = count(columns.len() * rows.len());
                let cells = columns.flat_map(|column| rows.clone().map(move |row| (column, row)));
                values.push(cells.map(|(column, row)| self.value(column, row)).sum::<f64>() / n);
            }
        }
        Grid { n_rows, values }
    }
}

/// A heat map to be drawn.
pub struct HeatMap<'a> {
    /// Words above it.
    pub title: &'a str,
    /// From the left edge of the first column to the right edge of the last.
    pub x: Axis,
    /// From the lower edge of the lowest row to the upper edge of the highest.
    pub y: Axis,
    /// The values that have the first and the last colour.
    pub value: Axis,
    /// The colours.
    pub colours: ColourMap,
    /// One more value for each column, as a line above the map.
    pub curve: Option<Curve>,
}

/// A value for each column of a heat map.
pub struct Curve {
    /// The axis at the side.
    pub y: Axis,
    /// The values.
    pub values: Vec<f64>,
}

impl HeatMap<'_> {
    /// The picture of `grid`.
    #[must_use]
    pub fn draw(&self, grid: &Grid) -> String {
        let curve_height = if self.curve.is_some() { 110.0 } else { 0.0 };
        let mut svg = Svg::new(960.0, 460.0 + curve_height);
        svg.title((72.0, 26.0), self.title);
        let area = Area { left: 72.0, top: 42.0, width: 780.0, height: 360.0 };
        if let Some(curve) = &self.curve {
            self.draw_curve(&mut svg, curve, Area { height: curve_height - 20.0, ..area });
        }
        self.draw_grid(&mut svg, grid, Area { top: area.top + curve_height, ..area });
        svg.finish()
    }

    fn draw_curve(&self, svg: &mut Svg, curve: &Curve, area: Area) {
        let panel = Panel { area, x: &self.x, y: &curve.y };
        panel.draw_grid(svg);
        let width = (self.x.high - self.x.low) / count(curve.values.len());
        let points = curve.values.iter().enumerate();
        let points = points
            .map(|(column, &value)| panel.at(self.x.low + width * (count(column) + 0.5), value));
        svg.polyline(points, colour::SERIES[0]);
        panel.draw_y_axis(svg);
    }

    fn draw_grid(&self, svg: &mut Svg, grid: &Grid, area: Area) {
        svg.cells(
            area,
            (count(grid.n_columns().max(1)), count(grid.n_rows.max(1))),
            &self.shapes(grid),
        );
        Panel { area, x: &self.x, y: &self.y }.draw_axes(svg);
        self.draw_colour_bar(svg, area);
    }

    /// A path for each colour: every run of equal cells in a row is a rectangle of it.
    fn shapes(&self, grid: &Grid) -> Vec<(String, String)> {
        let mut paths = vec![String::new(); N_LEVELS];
        for row in 0..grid.n_rows {
            let from_top = grid.n_rows - 1 - row;
            let levels = (0..grid.n_columns()).map(|column| self.level(grid.value(column, row)));
            let levels: Vec<usize> = levels.collect();
            let mut column = 0;
            for run in levels.chunk_by(|one, next| one == next) {
                let n = run.len();
                // Writing to a `String` cannot fail.
                let _ = write!(paths[run[0]], "M{column} {from_top}h{n}v1h-{n}z");
                column += n;
            }
        }
        let coloured =
            paths.into_iter().enumerate().map(|(level, path)| (self.colour(level), path));
        coloured.filter(|(_, path)| !path.is_empty()).collect()
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small index")]
    fn level(&self, value: f64) -> usize {
        ((self.value.fraction(value) * count(N_LEVELS)) as usize).min(N_LEVELS - 1)
    }

    fn colour(&self, level: usize) -> String {
        self.colours.colour(count(level) / count(N_LEVELS - 1))
    }

    fn draw_colour_bar(&self, svg: &mut Svg, beside: Area) {
        let bar = Area { left: beside.right() + 20.0, width: 14.0, ..beside };
        let shapes: Vec<(String, String)> = (0..N_LEVELS)
            .map(|level| (self.colour(level), format!("M0 {}h1v1h-1z", N_LEVELS - 1 - level)))
            .collect();
        svg.cells(bar, (1.0, count(N_LEVELS)), &shapes);
        for (value, words) in axis::ticks(&self.value, 8) {
            let y = bar.bottom() - bar.height * self.value.fraction(value);
            svg.text((bar.right() + 6.0, y + 4.0), Anchor::Start, &words);
        }
        svg.upright_text((bar.right() + 52.0, bar.top + bar.height / 2.0), &self.value.label);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heat_map(title: &str) -> HeatMap<'_> {
        HeatMap {
            title,
            x: Axis::new("time (s)", 0.0, 2.0),
            y: Axis::new("frequency (Hz)", 0.0, 4000.0),
            value: Axis::new("level (dB)", -80.0, 0.0),
            colours: ColourMap::Viridis,
            curve: None,
        }
    }

    #[test]
    fn pooling_keeps_the_mean() {
        let grid = Grid { n_rows: 2, values: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0] };
        assert_eq!(grid.pooled(1, 1).values, [3.5]);
        assert_eq!(grid.pooled(1, 2).values, [3.0, 4.0]);
        assert_eq!(grid.pooled(9, 9), grid);
        assert_eq!(Grid::default().pooled(4, 4).n_columns(), 0);
    }

    #[test]
    fn equal_neighbours_are_one_rectangle_and_row_0_is_at_the_bottom() {
        let grid = Grid { n_rows: 2, values: vec![-80.0, 0.0, -80.0, 0.0, -80.0, 0.0] };
        let shapes = heat_map("").shapes(&grid);
        let expected = [("#440154", "M0 1h3v1h-3z"), ("#fde725", "M0 0h3v1h-3z")];
        assert_eq!(shapes, expected.map(|(colour, path)| (colour.to_owned(), path.to_owned())));
    }

    #[test]
    fn a_curve_has_a_point_over_the_middle_of_each_column() {
        let curve = Curve { y: Axis::new("loudness", 0.0, 1.0), values: vec![0.0, 1.0] };
        let heat_map = HeatMap { curve: Some(curve), ..heat_map("") };
        let picture = heat_map.draw(&Grid { n_rows: 1, values: vec![-80.0, 0.0] });
        assert!(picture.contains("<polyline points=\"267.00,132.00 657.00,42.00 \""), "{picture}");
    }

    #[test]
    fn the_worst_spectrogram_stays_below_2_mb_and_an_empty_one_is_a_picture() {
        let noise = (0..600 * 128)
            .map(|cell: u32| f64::from(cell.wrapping_mul(2_654_435_761) >> 24) / -3.2);
        let picture = heat_map("noise").draw(&Grid { n_rows: 128, values: noise.collect() });
        assert!(picture.len() > 600 * 128, "nothing was drawn");
        assert!(picture.len() < 2_000_000, "{} bytes", picture.len());
        assert!(heat_map("empty").draw(&Grid::default()).ends_with("</svg>\n"));
    }
}
