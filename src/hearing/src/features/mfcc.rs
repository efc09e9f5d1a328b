//! Mel-frequency cepstral coefficients of one frame.
//!
//! In: the samples of a frame. Out: its coefficients. Kept between calls: buffers only.

use super::banded::BandedMatrix;
use super::logarithm::replace_by_ln;
use super::mel::mel_bands;
use super::spectrum::PowerSpectrum;
use pulp::Arch;
use std::f64::consts::PI;

/// What coefficients depend on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MfccSettings {
    /// Samples a second.
    pub sample_rate_hz: u32,
    /// Samples that a frame looks at, under a periodic Hann taper.
    pub taper_len: usize,
    /// Samples that are transformed, at least as many: a frame's, and zeros.
    pub fft_len: usize,
    /// Mel bands, on Slaney's scale and of unit area.
    pub n_mels: usize,
    /// Lower edge of the lowest and upper edge of the highest band.
    pub band_edges_hz: (f64, f64),
    /// The least power of a band, a positive normal number.
    pub power_floor: f32,
    /// Coefficients of the orthonormal DCT-II, from the 0th on; at most as many as bands.
    pub n_mfcc: usize,
}

/// Turns frames into coefficients, or stops half way at the logarithms of the mel bands.
pub struct Mfcc {
    arch: Arch,
    settings: MfccSettings,
    spectrum: PowerSpectrum,
    bands: BandedMatrix,
    cosines: BandedMatrix,
    /// Of every bin, then what fills up for `bands`.
    power: Vec<f32>,
    /// Of every band, then what fills up for `cosines`.
    mel: Vec<f32>,
    coefficients: Vec<f32>,
}

impl Mfcc {
    /// Plans the transforms. Everything is allocated here.
    #[must_use]
    pub fn new(settings: &MfccSettings) -> Self {
        let &MfccSettings { sample_rate_hz, fft_len, n_mels, n_mfcc, .. } = settings;
        let bands = mel_bands(sample_rate_hz, fft_len, n_mels, settings.band_edges_hz);
        let bands: Vec<_> =
            bands.iter().map(|band| (band.first_bin, band.weights.as_slice())).collect();
        let bands = BandedMatrix::new(&bands);
        let cosines = cosines(n_mels, n_mfcc);
        let cosines: Vec<_> = cosines.iter().map(|row| (0, row.as_slice())).collect();
        let cosines = BandedMatrix::new(&cosines);
        Mfcc {
            arch: Arch::new(),
            settings: *settings,
            spectrum: PowerSpectrum::new(settings.taper_len, fft_len),
            power: vec![0.0; bands.n_inputs().max(fft_len / 2 + 1)],
            mel: vec![0.0; bands.n_padded().max(cosines.n_inputs())],
            coefficients: vec![0.0; cosines.n_padded()],
            bands,
            cosines,
        }
    }

    /// The natural logarithm of the power in every mel band of `frame`, at least that of the floor.
    ///
    /// # Panics
    /// When `frame` has not `taper_len` samples.
    pub fn mel_logarithms(&mut self, frame: &[f32]) -> &[f32] {
        self.mel_power(frame);
        // What fills up too: it must be finite for the cosines.
        replace_by_ln(self.arch, &mut self.mel, self.settings.power_floor);
        &self.mel[..self.settings.n_mels]
    }

    /// Appends the coefficients of `frame` to `frames`.
    ///
    /// # Panics
    /// When `frame` has not `taper_len` samples.
    pub fn append_frame(&mut self, frame: &[f32], frames: &mut Vec<f32>) {
        self.mel_logarithms(frame);
        self.append_cosines(frames);
    }

    /// Appends the coefficients of logarithms that were made elsewhere, one a mel band.
    ///
    /// # Panics
    /// When there are more of them than mel bands.
    pub fn append_cosines_of(&mut self, mel_logarithms: &[f32], frames: &mut Vec<f32>) {
        self.mel[..mel_logarithms.len()].copy_from_slice(mel_logarithms);
        self.append_cosines(frames);
    }

    fn append_cosines(&mut self, frames: &mut Vec<f32>) {
        self.cosines.apply(&self.mel, &mut self.coefficients);
        frames.extend_from_slice(&self.coefficients[..self.settings.n_mfcc]);
    }

    /// Writes the power in every mel band to `mel`.
    fn mel_power(&mut self, frame: &[f32]) {
        let power = self.spectrum.power(frame);
        self.power[..power.len()].copy_from_slice(power);
        self.bands.apply(&self.power, &mut self.mel[..self.bands.n_padded()]);
    }
}

/// The first rows of the orthonormal DCT-II (Ahmed et al., 1974).
#[expect(clippy::cast_precision_loss, reason = "bands and coefficients are few")]
pub(super) fn cosines(n_inputs: usize, n_outputs: usize) -> Vec<Vec<f64>> {
    let n = n_inputs as f64;
    let entry = |row: usize, column: usize| {
        let scale = if row == 0 { (1.0 / n).sqrt() } else { (2.0 / n).sqrt() };
        scale * (PI * row as f64 * (2 * column + 1) as f64 / (2.0 * n)).cos()
    };
    let row = |row: usize| (0..n_inputs).map(|column| entry(row, column)).collect();
    (0..n_outputs).map(row).collect()
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "test signals")]
mod tests {
    use super::super::Recipe;
    use super::super::recipe::PHONE_V1_POWER_FLOOR;
    use super::*;
    use std::f64::consts::TAU;

    fn sine(hz: f64) -> Vec<f32> {
        (0..200).map(|n| (TAU * hz * f64::from(n) / 8000.0).sin() as f32).collect()
    }

    #[test]
    fn a_sine_is_loudest_in_the_band_around_it() {
        // Edges of the bands on Slaney's scale between 80 and 3800 Hz.
        for (hz, expected) in [(300.0, 4), (1000.0, 19), (2000.0, 34), (3600.0, 47)] {
            let mut mfcc = Mfcc::new(&Recipe::PhoneV1.mfcc());
            let levels = mfcc.mel_logarithms(&sine(hz));
            let loudest = (0..48).max_by(|&a, &b| levels[a].total_cmp(&levels[b]));
            assert_eq!(loudest, Some(expected), "{hz} Hz");
        }
    }

    #[test]
    fn silence_and_no_number_give_the_floor() {
        let expected = 48.0_f32.sqrt() * PHONE_V1_POWER_FLOOR.ln();
        for sample in [0.0, 1e-12, f32::NAN, f32::INFINITY] {
            let mut frames = Vec::new();
            Mfcc::new(&Recipe::PhoneV1.mfcc()).append_frame(&[sample; 200], &mut frames);
            assert_eq!(frames.len(), 40);
            assert!((frames[0] - expected).abs() < 1e-4, "{sample}: {}", frames[0]);
            assert!(frames[1..].iter().all(|value| value.abs() < 1e-5), "{sample}: {frames:?}");
        }
    }

    #[test]
    fn an_impulse_has_the_spectrum_of_the_filterbank() {
        let mut frame = [0.0; 200];
        frame[100] = 1.0;
        let mut mfcc = Mfcc::new(&Recipe::PhoneV1.mfcc());
        mfcc.mel_power(&frame);
        let bands = mel_bands(8_000, 256, 48, (80.0, 3_800.0));
        assert_eq!(bands.len(), 48);
        for (power, band) in mfcc.mel.iter().zip(&bands) {
            let weight: f64 = band.weights.iter().sum();
            assert!((f64::from(*power) - weight).abs() < 1e-6 * weight, "{power} {weight}");
        }
    }

    #[test]
    fn twice_the_amplitude_moves_only_the_first_coefficient() {
        let mut mfcc = Mfcc::new(&Recipe::PhoneV1.mfcc());
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
        let rows = cosines(48, 48);
        for (i, first) in rows.iter().enumerate() {
            for (j, second) in rows.iter().enumerate() {
                let product: f64 = first.iter().zip(second).map(|(a, b)| a * b).sum();
                let expected = if i == j { 1.0 } else { 0.0 };
                assert!((product - expected).abs() < 1e-12, "rows {i} and {j}: {product}");
            }
        }
    }
}
