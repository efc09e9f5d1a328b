//! A clip's waveform.
//!
//! In: samples. Out: SVG. Kept between calls: nothing.

use super::panel::Panel;
use super::svg::{Area, Svg};
use super::{Axis, colour, count};

/// Columns of the picture: a pixel each.
const N_COLUMNS: usize = 850;

/// The lowest and highest sample of every column over time: the whole of the clip, however long it is.
#[must_use]
pub fn waveform(title: &str, samples: &[f32], sample_rate_hz: u32) -> String {
    let length_s = count(samples.len()) / f64::from(sample_rate_hz.max(1));
    let extremes = extremes(samples);
    let peak = extremes.iter().map(|(low, high)| high.max(-low)).fold(0.0, f64::max);
    // A quiet clip is enlarged, and the axis says so.
    let reach = if peak > 0.5 { peak.max(1.0) } else { (peak * 1.1).max(1e-3) };
    let (x, y) = (
        Axis::new("time (s)", 0.0, length_s),
        Axis::new("amplitude (1 is full scale)", -reach, reach),
    );

    let mut svg = Svg::new(960.0, 300.0);
    svg.title((72.0, 26.0), title);
    let area = Area { left: 72.0, top: 42.0, width: count(N_COLUMNS), height: 200.0 };
    let panel = Panel { area, x: &x, y: &y };
    panel.draw_grid(&mut svg);
    let time_s = |column: usize| length_s * (count(column) + 0.5) / count(extremes.len());
    let upper =
        extremes.iter().enumerate().map(|(column, (_, high))| panel.at(time_s(column), *high));
    let lower =
        extremes.iter().enumerate().map(|(column, (low, _))| panel.at(time_s(column), *low));
    svg.polygon(upper.chain(lower.rev()), colour::SERIES[0]);
    panel.draw_axes(&mut svg);
    svg.finish()
}

/// The lowest and highest sample of every column; samples that are no numbers do not count.
fn extremes(samples: &[f32]) -> Vec<(f64, f64)> {
    let n_columns = samples.len().min(N_COLUMNS);
    let part = |column: usize| {
        &samples[column * samples.len() / n_columns..(column + 1) * samples.len() / n_columns]
    };
    (0..n_columns)
        .map(|column| {
            let part = || part(column).iter().copied().filter(|sample| sample.is_finite());
            let low = part().reduce(f32::min).unwrap_or(0.0);
            let high = part().reduce(f32::max).unwrap_or(0.0);
            (f64::from(low), f64::from(high))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_peak_of_a_long_clip_is_lost() {
        let mut samples = vec![0.0; 100_000];
        samples[77_777] = -0.9;
        let extremes = extremes(&samples);
        assert_eq!(extremes.len(), N_COLUMNS);
        let deepest = extremes.iter().map(|(low, _)| *low).fold(0.0, f64::min);
        assert!((deepest + 0.9).abs() < 1e-6);
    }

    #[test]
    fn a_clip_without_samples_is_a_picture_all_the_same() {
        assert!(waveform("nothing", &[], 8000).ends_with("</svg>\n"));
        assert!(waveform("one", &[f32::NAN], 8000).contains("<polygon"));
    }
}
