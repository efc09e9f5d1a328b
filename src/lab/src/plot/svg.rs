//! The elements of an SVG document, as text.
//!
//! In: shapes in pixels, from the top left corner. Out: the document. Kept between calls: what was drawn.

use record::markup::escaped;
use std::fmt::Write as _;

/// Grey of axes and their words.
pub const INK: &str = "#333333";
/// Grey of the lines behind the data.
pub const FAINT: &str = "#dddddd";

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl Area {
    pub fn right(&self) -> f64 {
        self.left + self.width
    }

    pub fn bottom(&self) -> f64 {
        self.top + self.height
    }
}

/// On which side of its point a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// A document being drawn.
pub struct Svg {
    body: String,
    width: f64,
    height: f64,
}

impl Svg {
    /// A white page.
    pub fn new(width: f64, height: f64) -> Self {
        let mut svg = Svg { body: String::new(), width, height };
        svg.rect(Area { left: 0.0, top: 0.0, width, height }, "#ffffff");
        svg
    }

    pub fn rect(&mut self, area: Area, fill: &str) {
        let Area { left, top, width, height } = area;
        self.append(format_args!(
            "<rect x=\"{left:.2}\" y=\"{top:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" \
             fill=\"{fill}\"/>\n"
        ));
    }

    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: &str) {
        self.append(format_args!(
            "<line x1=\"{:.2}\" y1=\"{:.2}\" x2=\"{:.2}\" y2=\"{:.2}\" stroke=\"{stroke}\"/>\n",
            from.0, from.1, to.0, to.1
        ));
    }

    /// A line that stands behind the data.
    pub fn dashed_line(&mut self, from: (f64, f64), to: (f64, f64), stroke: &str) {
        self.append(format_args!(
            "<line x1=\"{:.2}\" y1=\"{:.2}\" x2=\"{:.2}\" y2=\"{:.2}\" stroke=\"{stroke}\" \
             stroke-dasharray=\"6 4\"/>\n",
            from.0, from.1, to.0, to.1
        ));
    }

    /// What was measured.
    pub fn dot(&mut self, (x, y): (f64, f64), fill: &str) {
        self.append(format_args!(
            "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"3\" fill=\"{fill}\"/>\n"
        ));
    }

    /// A line through `points`, not closed.
    pub fn polyline(&mut self, points: impl Iterator<Item = (f64, f64)>, stroke: &str) {
        self.body.push_str("<polyline points=\"");
        for (x, y) in points {
            self.append(format_args!("{x:.2},{y:.2} "));
        }
        self.append(format_args!(
            "\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"1.5\" stroke-linejoin=\"round\"/>\n"
        ));
    }

    /// A filled shape around `points`.
    pub fn polygon(&mut self, points: impl Iterator<Item = (f64, f64)>, fill: &str) {
        self.body.push_str("<polygon points=\"");
        for (x, y) in points {
            self.append(format_args!("{x:.2},{y:.2} "));
        }
        self.append(format_args!(
            "\" fill=\"{fill}\" stroke=\"{fill}\" stroke-width=\"0.7\" stroke-linejoin=\"round\"/>\n"
        ));
    }

    /// Shapes in units of cells: `n_columns` by `n_rows` of them fill `area`.
    pub fn cells(
        &mut self,
        area: Area,
        (n_columns, n_rows): (f64, f64),
        shapes: &[(String, String)],
    ) {
        self.append(format_args!(
            "<g transform=\"translate({:.2} {:.2}) scale({:.6} {:.6})\" shape-rendering=\"crispEdges\">\n",
            area.left,
            area.top,
            area.width / n_columns,
            area.height / n_rows
        ));
        for (fill, path) in shapes {
            self.append(format_args!("<path fill=\"{fill}\" d=\"{path}\"/>\n"));
        }
        self.body.push_str("</g>\n");
    }

    pub fn text(&mut self, at: (f64, f64), anchor: Anchor, text: &str) {
        self.styled_text(at, anchor, "", text);
    }

    /// Text on a dark ground.
    pub fn light_text(&mut self, at: (f64, f64), anchor: Anchor, text: &str) {
        self.styled_text(at, anchor, " fill=\"#ffffff\"", text);
    }

    /// Bold, for what stands above a chart.
    pub fn title(&mut self, at: (f64, f64), text: &str) {
        self.styled_text(at, Anchor::Start, " font-size=\"15\" font-weight=\"bold\"", text);
    }

    /// Text that reads from below to above, centred on its point.
    pub fn upright_text(&mut self, at: (f64, f64), text: &str) {
        let style = format!(" transform=\"rotate(-90 {:.2} {:.2})\"", at.0, at.1);
        self.styled_text(at, Anchor::Middle, &style, text);
    }

    fn styled_text(&mut self, (x, y): (f64, f64), anchor: Anchor, style: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.append(format_args!(
            "<text x=\"{x:.2}\" y=\"{y:.2}\" text-anchor=\"{anchor}\"{style}>{}</text>\n",
            escaped(text)
        ));
    }

    /// The document.
    pub fn finish(self) -> String {
        let Svg { body, width, height } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\" fill=\"{INK}\">\n\
             {body}</svg>\n"
        )
    }

    fn append(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a `String` cannot fail.
        let _ = self.body.write_fmt(text);
    }
}
