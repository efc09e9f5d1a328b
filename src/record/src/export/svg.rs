//! SVG: the timeline of each caller with a legend, as a picture of any size.
//!
//! In: an open log. Out: one SVG document. Keeps it.
//!
//! Every colour stands in its element, so that it looks alike in every program; text has a class by which a page
//! around it may choose another colour.

use std::fmt::Write as _;
use std::io::Write;

use super::palette::{DIM, FAINT, INK, PAPER};
use super::picture::{Anchor, Area, Canvas, Type, WIDTH, draw, height};
use super::story::Story;
use super::{ExportError, Format};
use crate::markup::escaped;
use crate::palette::{Rgb, hex};
use crate::session::SessionReader;

/// The format.
pub struct Svg;

impl Format for Svg {
    fn write(&self, session: &mut SessionReader, out: &mut dyn Write) -> Result<(), ExportError> {
        let story = Story::read(session)?;
        let height = height(&story);
        let mut elements = Elements::default();
        elements.rect(Area { left: 0.0, top: 0.0, width: WIDTH, height }, PAPER, "");
        draw(&story, &mut elements);
        let labels: Vec<&str> = story.callers.iter().map(|caller| caller.label.as_str()).collect();
        write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
             viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" {FONT}>\n<title>{}</title>\n{}</svg>\n",
            escaped(&format!("Timeline of {}", labels.join(", "))),
            elements.text
        )?;
        out.flush()?;
        Ok(())
    }
}

/// The font of all pictures.
pub(super) const FONT: &str = "font-family=\"system-ui, 'DejaVu Sans', 'Liberation Sans', Arial, sans-serif\" font-size=\"13\"";

/// Elements, one a line.
#[derive(Default)]
pub(super) struct Elements {
    /// What was drawn.
    pub text: String,
}

impl Elements {
    fn append(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing into a string cannot fail.
        let _ = self.text.write_fmt(element);
    }

    /// The end of an element, with what a pointer on it tells.
    fn close(&mut self, name: &str, about: &str) {
        if about.is_empty() {
            self.text.push_str("/>\n");
        } else {
            self.append(format_args!("><title>{}</title></{name}>\n", escaped(about)));
        }
    }
}

impl Canvas for Elements {
    fn rect(&mut self, area: Area, fill: Rgb, about: &str) {
        let Area { left, top, width, height } = area;
        self.append(format_args!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{} fill=\"{}\"",
            short(left),
            short(top),
            short(width),
            short(height),
            class(fill),
            hex(fill)
        ));
        self.close("rect", about);
    }

    fn polygon(&mut self, points: &[(f64, f64)], fill: Rgb, about: &str) {
        let points: Vec<String> =
            points.iter().map(|(x, y)| format!("{},{}", short(*x), short(*y))).collect();
        self.append(format_args!(
            "<polygon points=\"{}\"{} fill=\"{}\"",
            points.join(" "),
            class(fill),
            hex(fill)
        ));
        self.close("polygon", about);
    }

    fn text(&mut self, foot: (f64, f64), look: Type, text: &str) {
        let anchor = match look.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let bold = if look.is_bold { " font-weight=\"bold\"" } else { "" };
        // 13 is the document's own.
        let is_usual = (look.size - 13.0).abs() < 0.01;
        let size = if is_usual { String::new() } else { format!(" font-size=\"{}\"", look.size) };
        self.append(format_args!(
            "<text x=\"{}\" y=\"{}\"{anchor}{size}{bold}{} fill=\"{}\">{}</text>\n",
            short(foot.0),
            short(foot.1),
            class(look.colour),
            hex(look.colour),
            escaped(text)
        ));
    }
}

/// By which a page around the picture may choose another colour.
fn class(colour: Rgb) -> &'static str {
    match colour {
        INK => " class=\"ink\"",
        DIM => " class=\"dim\"",
        FAINT => " class=\"faint\"",
        _ => "",
    }
}

/// A number with at most two decimals.
fn short(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
