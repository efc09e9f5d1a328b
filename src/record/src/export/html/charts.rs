//! The probability of each emotion over time: seven rows, each with its name, so that no colour has to be told apart.
//!
//! In: a caller's means. Out: an SVG within the page. Keeps nothing.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::export::palette::{DIM, FAINT, INK};
use crate::export::picture::{Anchor, Area, Canvas, Type, WIDTH, count, fraction, ticks};
use crate::export::story::{Caller, Story};
use crate::export::svg::{Elements, FONT};
use crate::markup::escaped;
use crate::palette;
use crate::palette::hex;
use hearing::emotion::Emotion;
use hearing::stream_time::StreamTime;

/// Steps across the chart; each so many pixels wide.
const N_STEPS: u64 = 360;
const STEP_WIDTH: f64 = 2.9;
const LEFT: f64 = 120.0;
/// Height of a row, and of its probability 1.
const ROW: f64 = 30.0;
const FULL: f64 = 24.0;

pub(super) fn write_probabilities(
    story: &Story,
    caller: &Caller,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut chart = Elements::default();
    let foot = ROW * count(Emotion::ALL.len() as u64) + 4.0;
    for (row, emotion) in (0..).zip(Emotion::ALL) {
        let foot = ROW * count(row + 1);
        let name = Type { anchor: Anchor::End, size: 13.0, colour: INK, is_bold: false };
        chart.text((LEFT - 8.0, foot - 6.0), name, emotion.words());
        let line = Area { left: LEFT, top: foot, width: STEP_WIDTH * count(N_STEPS), height: 1.0 };
        chart.rect(line, FAINT, "");
        chart.rect(Area { top: foot - FULL / 2.0, ..line }, FAINT, "");
        // Writing into a string cannot fail.
        let _ = writeln!(
            chart.text,
            "<path d=\"{}\" fill=\"{}\" stroke=\"{}\" stroke-width=\"0.8\" class=\"area\"/>",
            path(story, caller, emotion, foot),
            hex(palette::behind(emotion)),
            hex(INK)
        );
    }
    for at in ticks(story.length) {
        let x = LEFT + STEP_WIDTH * count(N_STEPS) * fraction(at.0, story.length.0);
        let look = Type { anchor: Anchor::Middle, size: 12.0, colour: DIM, is_bold: false };
        chart.text((x, foot + 16.0), look, &at.to_string());
    }
    write!(
        out,
        "<figure>\n<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"Probability of each emotion of {} over \
         time. The table below has the numbers.\" {FONT}>\n{}</svg>\n<figcaption>Each row goes from 0 to 100 %; the \
         line in its middle is 50 %. A step is {:.1} s. Empty where nothing was read.</figcaption>\n</figure>\n",
        foot + 22.0,
        escaped(&caller.label),
        chart.text,
        story.length.seconds() / count(N_STEPS)
    )
}

/// A step line from the foot; nothing where there is no reading.
fn path(story: &Story, caller: &Caller, emotion: Emotion, foot: f64) -> String {
    let mut path = String::new();
    let mut drawn: Option<f64> = None;
    for step in 0..=N_STEPS {
        let time = |step: u64| StreamTime(story.length.0 * step / N_STEPS);
        let means = (step < N_STEPS).then(|| caller.means.between(time(step), time(step + 1)));
        let height =
            means.flatten().map(|means| (FULL * means[emotion.index()] * 10.0).round() / 10.0);
        if height == drawn {
            continue;
        }
        let x = (10.0 * (LEFT + STEP_WIDTH * count(step))).round() / 10.0;
        let _ = match (drawn, height) {
            (None, Some(height)) => write!(path, "M{x} {foot}V{}", foot - height),
            (Some(_), Some(height)) => write!(path, "H{x}V{}", foot - height),
            (Some(_), None) => write!(path, "H{x}V{foot}Z"),
            (None, None) => Ok(()),
        };
        drawn = height;
    }
    path
}
