//! What hum, an offset and the filter against them do to the features, on made-up voices: little in `phone-v3`.

use super::*;
use std::f64::consts::TAU;

const RATE_HZ: f64 = 8_000.0;

/// Noise of the room and the line: even, up to here, -75 dB of full scale.
const ROOM: f64 = 3e-4;

/// Root mean square of what hum changes, over all frames and numbers, in standard deviations of each number: at -50,
/// -40 and -30 dB of full scale. In `phone-v2` it is about 1 at -50 dB, 1.5 at -30 dB.
const MOST_BY_HUM: [(f64, f64); 3] = [(-50.0, 0.002), (-40.0, 0.006), (-30.0, 0.02)];

/// The same where the mains are off by 0.1 Hz, as they seldom are.
const MOST_BY_HUM_BESIDE: [(f64, f64); 3] = [(-50.0, 0.1), (-40.0, 0.25), (-30.0, 0.5)];

/// The same for a constant offset: samples are rounded differently.
const MOST_BY_OFFSET: f64 = 1e-4;

/// A voice of a pitch in Hz that moves by a tenth, in syllables with pauses, between two frequencies.
#[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
fn voice(pitch_hz: f64, band_hz: std::ops::Range<f64>) -> Vec<f32> {
    let mut state = 1_u32;
    let mut phase = 0.0;
    (0..32_000_u32)
        .map(|n| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = f64::from(state) / f64::from(1_u32 << 31) - 1.0;
            let time_s = f64::from(n) / RATE_HZ;
            let pitch_hz = pitch_hz * (1.0 + 0.1 * (TAU * 0.7 * time_s).sin());
            phase += pitch_hz / RATE_HZ;
            let formant_hz = 600.0 + 250.0 * (TAU * 0.9 * time_s).sin();
            let harmonics = (1..40).map(f64::from).filter(|k| band_hz.contains(&(k * pitch_hz)));
            let voice: f64 = harmonics
                .map(|k| {
                    let hz = k * pitch_hz;
                    let gain = 1.0 / (1.0 + ((hz - formant_hz) / 200.0).powi(2))
                        + 0.4 / (1.0 + ((hz - 1_700.0) / 300.0).powi(2));
                    gain * (TAU * phase * k).sin()
                })
                .sum();
            let syllable = (TAU * 1.5 * time_s).sin().max(0.0).sqrt();
            (0.1 * voice * syllable + ROOM * noise) as f32
        })
        .collect()
}

/// Mains hum with its second to fourth harmonic, each half as strong as the one before, at a level in dB.
#[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
fn with_hum(samples: &[f32], mains_hz: f64, level_db: f64) -> Vec<f32> {
    // Mean square of amplitudes 1, 1/2, 1/4 and 1/8.
    let scale = 10_f64.powf(level_db / 20.0) / (0.5 * (1.0 + 0.25 + 0.0625 + 0.015_625_f64)).sqrt();
    let hum = |time_s: f64| -> f64 {
        (1..=4_i32)
            .map(|k| 0.5_f64.powi(k - 1) * (TAU * mains_hz * f64::from(k) * time_s).sin())
            .sum()
    };
    let times = (0_u32..).map(|n| f64::from(n) / RATE_HZ);
    let with = samples.iter().zip(times);
    with.map(|(&sample, time_s)| (f64::from(sample) + scale * hum(time_s)) as f32).collect()
}

/// Root mean square of the differences in standard deviations of each number of `one`.
#[expect(clippy::cast_precision_loss, reason = "few frames")]
fn distance(recipe: Recipe, one: &[f32], other: &[f32]) -> f64 {
    let (one, other) = (clip_frames(recipe, one), clip_frames(recipe, other));
    let width = recipe.n_features();
    let n_frames = (one.len() / width) as f64;
    assert_eq!(one.len(), other.len());
    let squares = (0..width).map(|feature| {
        let column = |frames: &[f32]| -> Vec<f64> {
            frames.iter().skip(feature).step_by(width).map(|&value| f64::from(value)).collect()
        };
        let (one, other) = (column(&one), column(&other));
        let mean = one.iter().sum::<f64>() / n_frames;
        let spread: f64 = one.iter().map(|value| (value - mean).powi(2)).sum();
        one.iter().zip(&other).map(|(one, other)| (one - other).powi(2)).sum::<f64>() / spread
    });
    (squares.sum::<f64>() / width as f64).sqrt()
}

#[test]
fn hum_of_the_mains_changes_little() {
    for pitch_hz in [110.0, 210.0] {
        let clean = voice(pitch_hz, 0.0..3_800.0);
        for (mains_hz, most) in [
            (50.0, MOST_BY_HUM),
            (60.0, MOST_BY_HUM),
            (49.9, MOST_BY_HUM_BESIDE),
            (60.1, MOST_BY_HUM_BESIDE),
        ] {
            for (level_db, most) in most {
                let hum = with_hum(&clean, mains_hz, level_db);
                let changed = distance(Recipe::PhoneV3, &clean, &hum);
                let before = distance(Recipe::PhoneV2, &clean, &hum);
                println!("{pitch_hz} Hz, {mains_hz} Hz at {level_db} dB: {changed}, was {before}");
                assert!(changed < most, "{pitch_hz} Hz, {mains_hz} Hz at {level_db} dB: {changed}");
                assert!(before > 2.0 * changed);
            }
        }
    }
}

#[test]
fn a_constant_offset_changes_nothing_even_at_the_start() {
    let clean = voice(150.0, 0.0..3_800.0);
    for offset in [0.01, 0.05, 0.2, -0.2] {
        let shifted: Vec<f32> = clean.iter().map(|sample| sample + offset).collect();
        let changed = distance(Recipe::PhoneV3, &clean, &shifted);
        println!("offset {offset}: {changed}");
        assert!(changed < MOST_BY_OFFSET, "{offset}: {changed}");
    }
}

#[test]
fn the_pitch_is_found_with_and_without_a_telephone() {
    for band_hz in [0.0..3_800.0, 300.0..3_400.0] {
        for pitch_hz in [80.0, 110.0, 150.0, 185.0, 210.0, 240.0, 300.0, 400.0] {
            let samples = voice(pitch_hz, band_hz.clone());
            let pitches = |recipe: Recipe| -> Vec<Voice> {
                let frames = clip_frames(recipe, &samples);
                let frames = frames.chunks_exact(recipe.n_features());
                frames.filter_map(|frame| Voice::of_frame(recipe, frame)).collect()
            };
            let (v2, v3) = (pitches(Recipe::PhoneV2), pitches(Recipe::PhoneV3));
            let voiced: Vec<_> = v2.iter().zip(&v3).filter(|(v2, _)| v2.is_voiced()).collect();
            let is_same = |(v2, v3): &&(&Voice, &Voice)| {
                v3.is_voiced() && (v3.pitch_hz / v2.pitch_hz - 1.0).abs() < 0.03
            };
            let n_same = voiced.iter().filter(|pair| is_same(pair)).count();
            println!("{pitch_hz} Hz in {band_hz:?}: {n_same} of {}", voiced.len());
            assert!(voiced.len() > 100, "{pitch_hz} Hz in {band_hz:?}: {}", voiced.len());
            assert!(n_same * 100 >= voiced.len() * 95, "{pitch_hz} Hz in {band_hz:?}: {n_same}");
        }
    }
}
