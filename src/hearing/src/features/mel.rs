//! Bands of a spectrum that are equally wide to the ear.
//!
//! In: the rate, the transform's length and the edges. Out: the weight of every bin in every mel band. Keeps nothing.
//!
//! The scale is Slaney's (Auditory Toolbox, 1998), linear below 1 kHz and logarithmic above, and each
//! triangular band has unit area in Hz: librosa's defaults (`htk=False`, `norm="slaney"`).

use super::MfccSettings;

/// Slope of the linear part.
const HZ_PER_MEL: f64 = 200.0 / 3.0;
/// Where the logarithmic part begins.
const LOG_START_HZ: f64 = 1000.0;
const LOG_START_MEL: f64 = LOG_START_HZ / HZ_PER_MEL;
/// 27 mels to a factor of 6.4 in the logarithmic part.
const MELS_PER_LOG_STEP: f64 = 27.0;
const LOG_STEP: f64 = 6.4;

/// The bins under one triangle.
pub(super) struct Band {
    /// The lowest bin with a weight.
    pub(super) first_bin: usize,
    /// The weights of this bin and of those that follow.
    pub(super) weights: Vec<f64>,
}

/// `n_mels` triangular bands between `low_hz` and `high_hz` over the bins of a transform of `fft_len` at
/// `sample_rate_hz`, the lowest first; the edges are equally far apart on the mel scale.
pub(super) fn mel_bands(
    sample_rate_hz: u32,
    fft_len: usize,
    n_mels: usize,
    (low_hz, high_hz): (f64, f64),
) -> Vec<Band> {
    let (low_mel, high_mel) = (mel_from_hz(low_hz), mel_from_hz(high_hz));
    let step = (high_mel - low_mel) / count(n_mels + 1);
    let edge_hz = |index: usize| hz_from_mel(low_mel + step * count(index));
    let bin_hz = f64::from(sample_rate_hz) / count(fft_len);

    let band = |index: usize| {
        let (low, centre, high) = (edge_hz(index), edge_hz(index + 1), edge_hz(index + 2));
        let weight = |bin: usize| {
            let hz = bin_hz * count(bin);
            let rising = (hz - low) / (centre - low);
            let falling = (high - hz) / (high - centre);
            rising.min(falling).max(0.0) * 2.0 / (high - low)
        };
        let is_inside = |&bin: &usize| weight(bin) > 0.0;
        let first_bin = (0..=fft_len / 2).find(is_inside).unwrap_or(0);
        let weights = (first_bin..=fft_len / 2).take_while(is_inside).map(weight).collect();
        Band { first_bin, weights }
    };
    (0..n_mels).map(band).collect()
}

/// The middle of a band.
pub(super) fn centre_hz(settings: &MfccSettings, band: usize) -> f64 {
    let (low_mel, high_mel) =
        (mel_from_hz(settings.band_edges_hz.0), mel_from_hz(settings.band_edges_hz.1));
    hz_from_mel(low_mel + (high_mel - low_mel) * count(band + 1) / count(settings.n_mels + 1))
}

/// Hz to mel on Slaney's scale.
pub(super) fn mel_from_hz(hz: f64) -> f64 {
    if hz < LOG_START_HZ {
        hz / HZ_PER_MEL
    } else {
        LOG_START_MEL + (hz / LOG_START_HZ).ln() / LOG_STEP.ln() * MELS_PER_LOG_STEP
    }
}

/// Mel to Hz on Slaney's scale.
fn hz_from_mel(mel: f64) -> f64 {
    if mel < LOG_START_MEL {
        mel * HZ_PER_MEL
    } else {
        LOG_START_HZ * LOG_STEP.powf((mel - LOG_START_MEL) / MELS_PER_LOG_STEP)
    }
}

#[expect(clippy::cast_precision_loss, reason = "bins and bands are few")]
fn count(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_linear_below_1_khz_and_reads_back() {
        assert!((mel_from_hz(200.0) - 3.0).abs() < 1e-12);
        assert!((mel_from_hz(6400.0) - 42.0).abs() < 1e-12);
        for hz in [0.0, 60.0, 999.0, 1000.0, 1001.0, 3800.0, 11_025.0] {
            assert!((hz_from_mel(mel_from_hz(hz)) - hz).abs() < 1e-9);
        }
    }

    #[test]
    fn no_band_of_either_recipe_is_empty() {
        for recipe in super::super::Recipe::ALL {
            let bands = mel_bands(
                recipe.sample_rate_hz(),
                recipe.fft_len(),
                recipe.n_mels(),
                recipe.band_edges_hz(),
            );
            assert_eq!(bands.len(), recipe.n_mels());
            for (index, band) in bands.iter().enumerate() {
                assert!(!band.weights.is_empty(), "{recipe}: band {index} has no bin");
            }
        }
    }

    #[test]
    fn a_wide_band_has_unit_area() {
        for band in mel_bands(8000, 4096, 10, (80.0, 3800.0)) {
            let area = band.weights.iter().sum::<f64>() * 8000.0 / 4096.0;
            assert!((area - 1.0).abs() < 1e-3, "{area}");
        }
    }
}
