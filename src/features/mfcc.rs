//! Mel-frequency cepstral coefficients of one frame.
//!
//! In: the samples of a frame. Out: its coefficients. Kept between calls: buffers only.

use super::mel::MelFilterbank;
use super::recipe::{PHONE_V1_POWER_FLOOR, Recipe};
use super::spectrum::PowerSpectrum;
use std::f64::consts::PI;

/// Turns frames into coefficients, or stops half way at the power in the mel bands.
pub struct Mfcc {
    spectrum: PowerSpectrum,
    filterbank: MelFilterbank,
    mel_power: Vec<f64>,
    cosines: CosineTransform,
}

impl Mfcc {
    /// Plans a recipe's transforms. Everything is allocated here.
    pub fn new(recipe: Recipe) -> Self {
        Mfcc {
            spectrum: PowerSpectrum::new(recipe.taper_len(), recipe.fft_len()),
            filterbank: MelFilterbank::new(
                recipe.sample_rate_hz(),
                recipe.fft_len(),
                recipe.n_mels(),
                recipe.band_edges_hz(),
            ),
            mel_power: vec![0.0; recipe.n_mels()],
            cosines: CosineTransform::new(recipe.n_mels(), recipe.n_mfcc()),
        }
    }

    /// The power in every mel band of `frame`, which has the recipe's `taper_len` samples.
    pub fn mel_power(&mut self, frame: &[f32]) -> &[f64] {
        self.filterbank.apply(self.spectrum.power(frame), &mut self.mel_power);
        &self.mel_power
    }

    /// Appends the coefficients of `frame` to `frames`: natural logarithm with a fixed floor, then cosines.
    pub fn append_frame(&mut self, frame: &[f32], frames: &mut Vec<f32>) {
        self.mel_power(frame);
        for power in &mut self.mel_power {
            // `max` also takes the floor where a sample was no number.
            *power = power.max(PHONE_V1_POWER_FLOOR).ln();
        }
        self.cosines.append(&self.mel_power, frames);
    }

    /// Appends the coefficients of logarithms that were made elsewhere, one a mel band.
    pub fn append_cosines(&self, mel_logarithms: &[f64], frames: &mut Vec<f32>) {
        self.cosines.append(mel_logarithms, frames);
    }
}

/// The first outputs of the orthonormal DCT-II (Ahmed et al., 1974), as a matrix.
struct CosineTransform {
    n_inputs: usize,
    /// Row-major `[n_outputs, n_inputs]`.
    matrix: Vec<f64>,
}

impl CosineTransform {
    #[expect(clippy::cast_precision_loss, reason = "bands and coefficients are few")]
    fn new(n_inputs: usize, n_outputs: usize) -> Self {
        let n = n_inputs as f64;
        let entry = |row: usize, column: usize| {
            let scale = if row == 0 { (1.0 / n).sqrt() } else { (2.0 / n).sqrt() };
            scale * (PI * row as f64 * (2 * column + 1) as f64 / (2.0 * n)).cos()
        };
        let matrix = (0..n_outputs)
            .flat_map(|row| (0..n_inputs).map(move |column| entry(row, column)))
            .collect();
        CosineTransform { n_inputs, matrix }
    }

    #[expect(clippy::cast_possible_truncation, reason = "features are f32")]
    fn append(&self, inputs: &[f64], outputs: &mut Vec<f32>) {
        debug_assert_eq!(inputs.len(), self.n_inputs);
        outputs.extend(self.matrix.chunks_exact(self.n_inputs).map(|row| {
            row.iter().zip(inputs).map(|(cosine, input)| cosine * input).sum::<f64>() as f32
        }));
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "test signals")]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn sine(hz: f64) -> Vec<f32> {
        (0..200).map(|n| (TAU * hz * f64::from(n) / 8000.0).sin() as f32).collect()
    }

    #[test]
    fn a_sine_is_loudest_in_the_band_around_it() {
        // Edges of the bands on Slaney's scale between 80 and 3800 Hz.
        for (hz, expected) in [(300.0, 4), (1000.0, 19), (2000.0, 34), (3600.0, 47)] {
            let mut mfcc = Mfcc::new(Recipe::PhoneV1);
            let mel_power = mfcc.mel_power(&sine(hz));
            let loudest = (0..48).max_by(|&a, &b| mel_power[a].total_cmp(&mel_power[b]));
            assert_eq!(loudest, Some(expected), "{hz} Hz");
        }
    }

    #[test]
    fn silence_and_no_number_give_the_floor() {
        let expected = (48.0_f64.sqrt() * PHONE_V1_POWER_FLOOR.ln()) as f32;
        for sample in [0.0, 1e-12, f32::NAN, f32::INFINITY] {
            let mut frames = Vec::new();
            Mfcc::new(Recipe::PhoneV1).append_frame(&[sample; 200], &mut frames);
            assert_eq!(frames.len(), 40);
            assert!((frames[0] - expected).abs() < 1e-4, "{sample}: {}", frames[0]);
            assert!(frames[1..].iter().all(|value| value.abs() < 1e-5), "{sample}: {frames:?}");
        }
    }

    #[test]
    fn an_impulse_has_the_spectrum_of_the_filterbank() {
        let mut frame = [0.0; 200];
        frame[100] = 1.0;
        let mut mfcc = Mfcc::new(Recipe::PhoneV1);
        let mel_power = mfcc.mel_power(&frame).to_vec();
        let mut weights = vec![0.0; 48];
        mfcc.filterbank.apply(&[1.0; 129], &mut weights);
        for (power, weight) in mel_power.iter().zip(&weights) {
            assert!((power - weight).abs() < 1e-12);
        }
    }

    #[test]
    fn twice_the_amplitude_moves_only_the_first_coefficient() {
        let mut mfcc = Mfcc::new(Recipe::PhoneV1);
        let noise: Vec<f32> = (0..200).map(|n| ((n * n) as f32 * 1.7).sin() * 0.4).collect();
        let louder: Vec<f32> = noise.iter().map(|sample| sample * 2.0).collect();
        let (mut quiet_frame, mut loud_frame) = (Vec::new(), Vec::new());
        mfcc.append_frame(&noise, &mut quiet_frame);
        mfcc.append_frame(&louder, &mut loud_frame);
        let step = (48.0_f64.sqrt() * 4.0_f64.ln()) as f32;
        assert!((loud_frame[0] - quiet_frame[0] - step).abs() < 1e-4);
        for (loud, quiet) in loud_frame.iter().zip(&quiet_frame).skip(1) {
            assert!((loud - quiet).abs() < 1e-4);
        }
    }

    #[test]
    fn the_cosines_are_orthonormal() {
        let transform = CosineTransform::new(48, 48);
        for (i, first) in transform.matrix.chunks_exact(48).enumerate() {
            for (j, second) in transform.matrix.chunks_exact(48).enumerate() {
                let product: f64 = first.iter().zip(second).map(|(a, b)| a * b).sum();
                let expected = if i == j { 1.0 } else { 0.0 };
                assert!((product - expected).abs() < 1e-12, "rows {i} and {j}: {product}");
            }
        }
    }
}
