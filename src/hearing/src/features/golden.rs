//! The recipes against librosa's values, of `phone-v3` what stands before the voice; `tests/data/features/golden.py` writes them and says how.

use super::mel::mel_bands;
use super::{Recipe, clip_frames};
use std::f64::consts::TAU;

/// Absolute, in units of the coefficients: what `seed-v1` promises.
const TOLERANCE: f32 = 1e-3;
/// Relative: the weights are written with eight digits.
const WEIGHT_TOLERANCE: f64 = 1e-7;

/// The same signal as in the script: one second of silence, a chirp in noise, and faint noise.
#[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
fn signal(rate_hz: u32) -> Vec<f32> {
    let mut state = 1_u32;
    let sample = |n: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = f64::from(state) / f64::from(1_u32 << 31) - 1.0;
        let time_s = f64::from(n) / f64::from(rate_hz);
        let slope_hz = 0.45 * f64::from(rate_hz) - 100.0;
        let cycles = 100.0 * time_s + slope_hz * time_s * time_s / 2.0;
        if time_s < 0.1 {
            0.0
        } else if time_s < 0.8 {
            (0.5 * (TAU * cycles).sin() + 0.01 * noise) as f32
        } else {
            (1e-4 * noise) as f32
        }
    };
    (0..rate_hz).map(sample).collect()
}

fn rows(csv: &str) -> Vec<Vec<f64>> {
    csv.lines().map(|line| line.split(',').map(|field| field.parse().unwrap()).collect()).collect()
}

fn assert_frames(recipe: Recipe, expected: &str, n_frames: usize) {
    let frames = clip_frames(recipe, &signal(recipe.sample_rate_hz()));
    let expected: Vec<f64> = rows(expected).concat();
    let (n_mfcc, n_features) = (recipe.n_mfcc(), recipe.n_features());
    assert_eq!(expected.len(), n_frames * n_mfcc);
    assert_eq!(frames.len(), n_frames * n_features);
    let coefficients = frames.chunks_exact(n_features).flat_map(|frame| &frame[..n_mfcc]);
    let mut largest = 0.0_f32;
    for (index, (&value, &golden)) in coefficients.zip(&expected).enumerate() {
        #[expect(clippy::cast_possible_truncation, reason = "the golden values have five decimals")]
        let difference = (value - golden as f32).abs();
        let (frame, coefficient) = (index / n_mfcc, index % n_mfcc);
        assert!(
            difference <= TOLERANCE,
            "{recipe}: frame {frame}, mfcc_{coefficient}: {value} and not {golden}"
        );
        largest = largest.max(difference);
    }
    println!("{recipe}: {} values, largest difference {largest:e}", frames.len());
}

#[test]
fn phone_v1_has_the_reference_values() {
    assert_frames(
        Recipe::PhoneV1,
        include_str!("../../../../tests/data/features/expected/phone-v1.csv"),
        98,
    );
}

#[test]
fn phone_v3_has_the_reference_values() {
    assert_frames(
        Recipe::PhoneV3,
        include_str!("../../../../tests/data/features/expected/phone-v3.csv"),
        98,
    );
}

#[test]
fn seed_v1_has_librosas_values() {
    let expected = include_str!("../../../../tests/data/features/expected/seed-v1.csv");
    assert_frames(Recipe::SeedV1, expected, 44);
}

#[test]
fn mel_weights_are_librosas() {
    let phone = include_str!("../../../../tests/data/features/expected/mel-phone-v1.csv");
    let filtered = include_str!("../../../../tests/data/features/expected/mel-phone-v3.csv");
    let seed = include_str!("../../../../tests/data/features/expected/mel-seed-v1.csv");
    for (recipe, expected) in
        [(Recipe::PhoneV1, phone), (Recipe::PhoneV3, filtered), (Recipe::SeedV1, seed)]
    {
        let bands = mel_bands(
            recipe.sample_rate_hz(),
            recipe.fft_len(),
            recipe.n_mels(),
            recipe.band_edges_hz(),
        );
        let expected = rows(expected);
        assert_eq!(expected.len(), recipe.n_mels());
        for (index, (band, golden)) in bands.iter().zip(&expected).enumerate() {
            let (first_bin, golden) = golden.split_first().unwrap();
            assert_eq!(first_bin.to_string(), band.first_bin.to_string(), "{recipe}: band {index}");
            assert_eq!(golden.len(), band.weights.len(), "{recipe}: band {index}");
            for (weight, golden) in band.weights.iter().zip(golden) {
                let difference = (weight - golden).abs();
                assert!(
                    difference <= WEIGHT_TOLERANCE * golden,
                    "{recipe}: band {index}: {weight}"
                );
            }
        }
    }
}
