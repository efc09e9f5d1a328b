//! The pictures of one recording: waveform, spectrogram and MFCCs.
//!
//! In: samples and feature frames. Out: SVG documents.

use hearing::features::{PowerSpectrum, Recipe};
use lab::plot::{Axis, ColourMap, Curve, Grid, HeatMap, waveform};
use sound::recording::Decoded;

/// The files, in the order of [`draw`].
pub(super) const NAMES: [&str; 3] = ["waveform.svg", "spectrogram.svg", "mfcc.svg"];

/// Cells of a heat map at most: more would make the file larger than what a screen shows.
const MAX_COLUMNS: usize = 600;
const MAX_ROWS: usize = 128;

/// Length of a spectrogram's frames, and the step between them: fine enough to show single pulses of a voice's
/// onset, long enough for its harmonics.
const SPECTROGRAM_TAPER_MS: u32 = 25;
const SPECTROGRAM_HOP_MS: u32 = 5;
/// What a spectrogram shows below its loudest cell.
const SPECTROGRAM_RANGE_DB: f64 = 80.0;

pub(super) fn draw(title: &str, decoded: &Decoded, recipe: Recipe, frames: &[f32]) -> [String; 3] {
    let Decoded { samples, sample_rate_hz, .. } = decoded;
    [
        waveform(&format!("{title}: waveform"), samples, *sample_rate_hz),
        spectrogram(&format!("{title}: spectrogram"), samples, *sample_rate_hz),
        mfcc(&format!("{title}: MFCC of {recipe}"), recipe, frames),
    ]
}

/// The level over time and frequency, relative to a sine of full scale.
fn spectrogram(title: &str, samples: &[f32], sample_rate_hz: u32) -> String {
    let len_of = |ms: u32| (sample_rate_hz * ms / 1000).max(2) as usize;
    let (taper_len, hop_len) = (len_of(SPECTROGRAM_TAPER_MS), len_of(SPECTROGRAM_HOP_MS));
    let n_frames = 1 + samples.len().saturating_sub(taper_len) / hop_len;
    let mut grid = power_grid(samples, (taper_len, hop_len), n_frames);
    // A sine of amplitude 1 has half the sum of the taper at its bin; the sum of a Hann taper is half its length.
    let full_scale = (count(taper_len) / 4.0).powi(2);
    for power in &mut grid.values {
        *power = 10.0 * (*power / full_scale).max(1e-20).log10();
    }
    let loudest = grid.values.iter().copied().fold(-150.0, f64::max);
    let top_db = (loudest / 10.0).ceil() * 10.0;
    let rate = f64::from(sample_rate_hz);
    let start_s = (count(taper_len) - count(hop_len)) / 2.0 / rate;
    HeatMap {
        title,
        x: Axis::new("time (s)", start_s, start_s + count(n_frames * hop_len) / rate),
        y: Axis::new("frequency (Hz)", 0.0, rate / 2.0),
        value: Axis::new(
            "level (dB, 0 is a full-scale sine)",
            top_db - SPECTROGRAM_RANGE_DB,
            top_db,
        ),
        colours: ColourMap::Viridis,
        curve: None,
    }
    .draw(&grid)
}

/// The mean power in every cell; one column at a time, so that memory does not grow with the recording.
fn power_grid(samples: &[f32], (taper_len, hop_len): (usize, usize), n_frames: usize) -> Grid {
    let mut spectrum = PowerSpectrum::new(taper_len, taper_len.next_power_of_two());
    let mut frame = vec![0.0; taper_len];
    let n_columns = n_frames.min(MAX_COLUMNS);
    let mut grid = Grid::default();
    for column in 0..n_columns {
        let mut powers = Grid::default();
        for index in column * n_frames / n_columns..(column + 1) * n_frames / n_columns {
            let part = &samples[index * hop_len..samples.len().min(index * hop_len + taper_len)];
            frame.fill(0.0);
            for (to, &from) in frame.iter_mut().zip(part) {
                *to = if from.is_finite() { from } else { 0.0 };
            }
            let power = spectrum.power(&frame);
            powers.n_rows = power.len();
            powers.values.extend(power.iter().map(|&power| f64::from(power)));
        }
        let pooled = powers.pooled(1, MAX_ROWS);
        grid.n_rows = pooled.n_rows;
        grid.values.extend(pooled.values);
    }
    grid
}

/// The coefficients over time: the 0th, which is the loudness and far larger, as a line, the others as a map.
fn mfcc(title: &str, recipe: Recipe, frames: &[f32]) -> String {
    let values = frames.iter().map(|&value| f64::from(value)).collect();
    let whole =
        Grid { n_rows: recipe.n_features(), values }.pooled(MAX_COLUMNS, recipe.n_features());
    let columns = || whole.values.chunks_exact(recipe.n_features());
    let loudness: Vec<f64> = columns().map(|column| column[0]).collect();
    let others = Grid {
        n_rows: recipe.n_mfcc() - 1,
        values: columns().flat_map(|column| &column[1..recipe.n_mfcc()]).copied().collect(),
    };
    let reach = typical_largest(&others.values);
    let n_frames = frames.len() / recipe.n_features();
    HeatMap {
        title,
        x: Axis::new("time (s)", 0.0, recipe.frame_time_s(n_frames)),
        y: Axis::new("coefficient", 0.5, count(recipe.n_mfcc()) - 0.5),
        value: Axis::new("value", -reach, reach),
        colours: ColourMap::BlueRed,
        curve: Some(Curve { y: around(&loudness), values: loudness }),
    }
    .draw(&others)
}

/// What 99 of 100 values do not exceed, so that a few large ones do not make the rest pale.
fn typical_largest(values: &[f64]) -> f64 {
    let mut sizes: Vec<f64> = values.iter().map(|value| value.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.get(sizes.len() * 99 / 100).copied().unwrap_or(1.0).max(1e-3)
}

fn around(values: &[f64]) -> Axis {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let margin = (high - low) * 0.05;
    Axis::new("0th", low - margin, high + margin)
}

#[expect(clippy::cast_precision_loss, reason = "a recording is far shorter than 2^52 samples")]
fn count(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "test signals")]
mod tests {
    use super::*;
    use hearing::features::clip_frames;
    use std::f64::consts::TAU;

    fn decoded(samples: Vec<f32>, sample_rate_hz: u32) -> Decoded {
        Decoded { samples, sample_rate_hz, n_channels: 1, format: String::new(), n_lost: 0 }
    }

    #[test]
    fn a_tone_is_one_row_of_the_spectrogram_at_its_level() {
        let tone =
            (0..16_000).map(|n| (0.5 * (TAU * 2000.0 * f64::from(n) / 16_000.0).sin()) as f32);
        let grid = power_grid(&tone.collect::<Vec<f32>>(), (400, 80), 196);
        assert_eq!((grid.n_columns(), grid.n_rows), (196, 128));
        for column in grid.values.chunks_exact(128) {
            let loudest = (0..128).max_by(|&a, &b| column[a].total_cmp(&column[b])).unwrap();
            // 2000 of 8000 Hz are row 32 of 128.
            assert!((31..=32).contains(&loudest), "row {loudest}");
        }
    }

    #[test]
    fn pictures_of_a_minute_of_noise_and_of_no_time_stay_small() {
        let mut state = 1_u32;
        let noise = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / f32::from(2_u8).powi(23) - 1.0
        };
        let minute: Vec<f32> = (0..8000 * 60).map(noise).collect();
        for samples in [minute, vec![0.5; 300], vec![f32::NAN; 300], vec![0.5], Vec::new()] {
            let frames = clip_frames(Recipe::PhoneV1, &samples);
            for picture in draw("clip", &decoded(samples, 8000), Recipe::PhoneV1, &frames) {
                assert!(picture.ends_with("</svg>\n") && picture.len() < 2_000_000);
                assert!(!picture.contains("NaN") && !picture.contains("inf"), "{picture}");
            }
        }
    }
}
