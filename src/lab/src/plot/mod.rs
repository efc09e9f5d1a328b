//! Charts as SVG, and bars for the terminal.
//!
//! In: numbers with their axes. Out: a complete SVG document as text, on white, or lines of text. Kept
//! between calls: nothing.
//!
//! The SVG is written by hand, because a spectrogram has tens of thousands of cells: cells of one colour
//! share one path here, where a plotting library's element for each cell makes ten times the bytes.

mod axis;
mod bars;
mod colour;
mod envelope;
mod heat_map;
mod lines;
mod matrix;
mod panel;
mod stack;
mod svg;
mod text_bars;

pub use bars::{BarGroup, ShareGroup, bar_chart, share_chart};
pub use colour::ColourMap;
pub use envelope::waveform;
pub use heat_map::{Curve, Grid, HeatMap};
pub use lines::{LineChart, Series};
pub use matrix::confusion_matrix;
pub use stack::{Guide, Stack, StackPanel};
pub use text_bars::text_bars;

/// A quantity along an axis: what it is called, with its unit, and from where to where it goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Words beside the axis: `time (s)`.
    pub label: String,
    /// The least value shown.
    pub low: f64,
    /// The largest value shown; above `low`.
    pub high: f64,
    scale: Scale,
    /// Values that are marked, with their words, in place of round ones.
    marks: Vec<(f64, String)>,
}

/// What equal steps along an axis mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    Sums,
    Factors,
}

impl Axis {
    /// An axis from `low` to `high`; where these are equal or no numbers, a little around `low` or 0.
    #[must_use]
    pub fn new(label: &str, low: f64, high: f64) -> Self {
        let low = if low.is_finite() { low } else { 0.0 };
        let high = if high.is_finite() && high > low { high } else { low + 1.0 };
        Axis { label: label.to_owned(), low, high, scale: Scale::Sums, marks: Vec::new() }
    }

    /// An axis on which equal steps are equal factors, from `low` to `high`, both above 0; where these are not, or
    /// are equal, ten times as much as `low` or 1.
    #[must_use]
    pub fn logarithmic(label: &str, low: f64, high: f64) -> Self {
        let low = if low.is_finite() && low > 0.0 { low } else { 1.0 };
        let high = if high.is_finite() && high > low { high } else { 10.0 * low };
        Axis { scale: Scale::Factors, ..Axis::new(label, low, high) }
    }

    /// The same with these values marked.
    #[must_use]
    pub fn with_marks(self, marks: Vec<(f64, String)>) -> Self {
        Axis { marks, ..self }
    }

    /// Where `value` lies between the ends: 0 at `low`, 1 at `high`, in between if it is outside.
    fn fraction(&self, value: f64) -> f64 {
        let fraction = match self.scale {
            Scale::Sums => (value - self.low) / (self.high - self.low),
            Scale::Factors => (value / self.low).ln() / (self.high / self.low).ln(),
        };
        if fraction.is_nan() { 0.0 } else { fraction.clamp(0.0, 1.0) }
    }
}

/// A number of things as a number to reckon with.
#[expect(clippy::cast_precision_loss, reason = "what is drawn is fewer than 2^52")]
fn count(n: usize) -> f64 {
    n as f64
}
