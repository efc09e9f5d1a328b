//! Versioned feature recipes: every number that a frame of features depends on.
//!
//! In: a recipe's name. Out: its numbers. A recipe never changes once a model was trained on it: another
//! number is another version.

use super::{HumFilter, MfccSettings, Voice};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How samples become frames of features; in files the [`name`](Recipe::name).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Recipe {
    /// The product's, for streams, inside a telephone's band: at 8 kHz, 25 ms under a Hann taper every 10 ms,
    /// transform of 256, 48 mel bands from 80 to 3800 Hz of the power, natural logarithm with a fixed floor
    /// ([`PHONE_V1_POWER_FLOOR`]), 40 coefficients of the orthonormal DCT-II. No padding.
    PhoneV1,
    /// [`PhoneV1`](Recipe::PhoneV1) with three numbers of the voice after the coefficients, as
    /// [`Voice`] gives them: octaves above 160 Hz (0 without voice), voicing in [0, 1], and the
    /// natural logarithm of the power. The frames are the same; the voice is judged over the 50 ms that end with a frame.
    PhoneV2,
    /// [`PhoneV2`](Recipe::PhoneV2) of samples without hum and without a constant offset: a [`HumFilter`] is in front of
    /// everything, the mel bands begin at 240 Hz, and a voice is one from -70 dB of full scale on
    /// ([`PHONE_V3_LEAST_VOICE`]).
    PhoneV3,
    /// The original notebook's, for clips: `librosa.feature.mfcc(y, sr=22050, n_mfcc=40)` of librosa 0.11
    /// with its defaults: 2048 samples under a Hann taper every 512, padded with 1024 zeros at both ends,
    /// 128 mel bands up to 11,025 Hz of the power in dB, at least 80 dB below the clip's loudest band, 40
    /// coefficients of the orthonormal DCT-II.
    SeedV1,
}

/// The least power of a mel band in `phone-v1`, for full-scale samples of 1; about -18.4 as a logarithm.
///
/// The quantisation noise of mu-law's smallest step (2 of 8159, uniform) gives
/// `step^2 / 12 * sum(taper^2) / (8000 Hz / 256)` = 1.2e-8 in every band: what lies below has not come
/// through a telephone line, and a line that sends digital silence looks like a very quiet one.
pub const PHONE_V1_POWER_FLOOR: f32 = 1e-8;

/// Mean square of the noise that a voice must stand out of to count as one in `phone-v2`: about the quantisation
/// noise of a mu-law line, so that silence is not voiced.
const PHONE_V2_LEAST_VOICE: f32 = 1e-8;

/// The same in `phone-v3`: what the filter leaves of a hum is periodic too, and stays below this.
pub const PHONE_V3_LEAST_VOICE: f32 = 1e-7;

/// The least power of a mel band in `seed-v1`: librosa's `amin`.
const SEED_V1_POWER_FLOOR: f32 = 1e-10;

/// Coefficients in a frame of every recipe so far, as in the original notebook.
pub const N_MFCC: usize = 40;

/// A recipe's numbers.
struct Definition {
    name: &'static str,
    mfcc: MfccSettings,
    hop_len: usize,
    /// Whether pitch, voicing and level follow, and the noise that a voice must stand out of.
    least_voice: Option<f32>,
    is_filtered: bool,
}

const PHONE_V1: Definition = Definition {
    name: "phone-v1",
    mfcc: MfccSettings {
        sample_rate_hz: 8_000,
        taper_len: 200,
        fft_len: 256,
        n_mels: 48,
        band_edges_hz: (80.0, 3_800.0),
        power_floor: PHONE_V1_POWER_FLOOR,
        n_mfcc: N_MFCC,
    },
    hop_len: 80,
    least_voice: None,
    is_filtered: false,
};

const PHONE_V2: Definition =
    Definition { name: "phone-v2", least_voice: Some(PHONE_V2_LEAST_VOICE), ..PHONE_V1 };

const PHONE_V3: Definition = Definition {
    name: "phone-v3",
    mfcc: MfccSettings { band_edges_hz: (240.0, 3_800.0), ..PHONE_V1.mfcc },
    least_voice: Some(PHONE_V3_LEAST_VOICE),
    is_filtered: true,
    ..PHONE_V1
};

const SEED_V1: Definition = Definition {
    name: "seed-v1",
    mfcc: MfccSettings {
        sample_rate_hz: 22_050,
        taper_len: 2_048,
        fft_len: 2_048,
        n_mels: 128,
        band_edges_hz: (0.0, 11_025.0),
        power_floor: SEED_V1_POWER_FLOOR,
        n_mfcc: N_MFCC,
    },
    hop_len: 512,
    least_voice: None,
    is_filtered: false,
};

impl Recipe {
    /// All recipes, the product's first.
    pub const ALL: [Recipe; 4] =
        [Recipe::PhoneV3, Recipe::PhoneV2, Recipe::PhoneV1, Recipe::SeedV1];

    const fn definition(self) -> &'static Definition {
        match self {
            Recipe::PhoneV1 => &PHONE_V1,
            Recipe::PhoneV2 => &PHONE_V2,
            Recipe::PhoneV3 => &PHONE_V3,
            Recipe::SeedV1 => &SEED_V1,
        }
    }

    /// The name in files and on the command line, with its version.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.definition().name
    }

    /// The numbers of its coefficients.
    #[must_use]
    pub const fn mfcc(self) -> MfccSettings {
        self.definition().mfcc
    }

    /// Samples a second that the recipe takes.
    #[must_use]
    pub const fn sample_rate_hz(self) -> u32 {
        self.mfcc().sample_rate_hz
    }

    /// Numbers in a frame: the MFCCs, then the voice if the recipe has it.
    #[must_use]
    pub const fn n_features(self) -> usize {
        self.n_mfcc() + if self.has_voice() { Voice::N_FEATURES } else { 0 }
    }

    /// MFCCs in a frame, from the 0th on.
    #[must_use]
    pub const fn n_mfcc(self) -> usize {
        self.mfcc().n_mfcc
    }

    /// Whether pitch, voicing and level follow the MFCCs.
    #[must_use]
    pub const fn has_voice(self) -> bool {
        self.least_voice().is_some()
    }

    /// Mean square of the noise that a voice must stand out of, where the recipe has a voice.
    #[must_use]
    pub const fn least_voice(self) -> Option<f32> {
        self.definition().least_voice
    }

    /// What the samples go through before anything else hears them, at the start of a stream; none if nothing.
    #[must_use]
    pub fn hum_filter(self) -> Option<HumFilter> {
        self.definition().is_filtered.then(HumFilter::new)
    }

    /// Samples that a frame looks at.
    #[must_use]
    pub const fn taper_len(self) -> usize {
        self.mfcc().taper_len
    }

    /// Samples that are transformed: a frame's, and zeros.
    #[must_use]
    pub const fn fft_len(self) -> usize {
        self.mfcc().fft_len
    }

    /// Samples between the starts of two frames.
    #[must_use]
    pub const fn hop_len(self) -> usize {
        self.definition().hop_len
    }

    /// Mel bands of a frame.
    #[must_use]
    pub const fn n_mels(self) -> usize {
        self.mfcc().n_mels
    }

    /// Lower edge of the lowest and upper edge of the highest mel band.
    #[must_use]
    pub const fn band_edges_hz(self) -> (f64, f64) {
        self.mfcc().band_edges_hz
    }

    /// Whether an [`Extractor`](super::Extractor) can follow a stream with it.
    #[must_use]
    pub const fn streams(self) -> bool {
        !matches!(self, Recipe::SeedV1)
    }

    /// Frames of a clip of `n_samples`.
    #[must_use]
    pub const fn n_frames(self, n_samples: usize) -> usize {
        let (taper_len, hop_len) = (self.taper_len(), self.hop_len());
        match self {
            Recipe::SeedV1 if n_samples == 0 => 0,
            Recipe::SeedV1 => 1 + n_samples / hop_len,
            _ if n_samples < taper_len => 0,
            _ => 1 + (n_samples - taper_len) / hop_len,
        }
    }

    /// Steps between frames in `ms` milliseconds, rounded down.
    #[must_use]
    pub const fn frames_in_ms(self, ms: u32) -> usize {
        (ms as u64 * self.sample_rate_hz() as u64 / 1000) as usize / self.hop_len()
    }

    /// Where frame `index` stands in its clip or stream, in seconds: its first sample in the phone recipes, its middle
    /// in `seed-v1`, as librosa counts.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a recording is far shorter than 2^52 samples")]
    pub fn frame_time_s(self, index: usize) -> f64 {
        (index * self.hop_len()) as f64 / f64::from(self.sample_rate_hz())
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is no recipe's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not a feature recipe; known are phone-v3, phone-v2 and phone-v1 (streams and clips) and seed-v1 (clips)"
)]
pub struct UnknownRecipe(pub String);

impl FromStr for Recipe {
    type Err = UnknownRecipe;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Recipe::ALL
            .into_iter()
            .find(|recipe| recipe.name() == text)
            .ok_or_else(|| UnknownRecipe(text.to_owned()))
    }
}

impl TryFrom<String> for Recipe {
    type Error = UnknownRecipe;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Recipe> for String {
    fn from(recipe: Recipe) -> Self {
        recipe.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_also_from_json() {
        for recipe in Recipe::ALL {
            assert_eq!(recipe.to_string().parse(), Ok(recipe));
            let json = serde_json::to_string(&recipe).unwrap();
            assert_eq!(json, format!("\"{}\"", recipe.name()));
            assert_eq!(serde_json::from_str::<Recipe>(&json).unwrap(), recipe);
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let message = "phone-v9".parse::<Recipe>().unwrap_err().to_string();
        for recipe in Recipe::ALL {
            assert!(message.contains(recipe.name()) && message.contains("phone-v9"), "{message}");
        }
        assert!(serde_json::from_str::<Recipe>("\"phone-v9\"").is_err());
    }

    #[test]
    fn frames_are_counted_as_they_come() {
        let phone = [0, 199, 200, 279, 280, 8000].map(|n| Recipe::PhoneV1.n_frames(n));
        assert_eq!(phone, [0, 0, 1, 1, 2, 98]);
        let seed = [0, 1, 511, 512, 22_050].map(|n| Recipe::SeedV1.n_frames(n));
        assert_eq!(seed, [0, 1, 1, 2, 44]);
    }

    #[test]
    fn frame_times_are_multiples_of_the_hop() {
        assert!((Recipe::PhoneV1.frame_time_s(3) - 0.03).abs() < 1e-12);
        assert!((Recipe::SeedV1.frame_time_s(1) - 512.0 / 22_050.0).abs() < 1e-12);
    }
}
