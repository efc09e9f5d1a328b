//! The small changes and disturbances of audEERING's published list of tests for speech emotion
//! recognition (A. Derington et al., "Testing speech emotion recognition machine learning models", arXiv
//! 2312.06270; github.com/audeering/ser-tests, docs/method-tests.rst and test/emotion), which cannot be run
//! outside their house.
//!
//! Theirs are at 16 kHz, ours at 8: lengths in samples are halved, so that they are as long in time, and
//! frequencies near the upper end are halved too (a tone of 5 to 7 kHz would not be heard here). What they
//! take from data of their own is made here: music, a cough, a sneeze; and Opus stands in for AMR.
//!
//! In: a clip at 8 kHz, recorded sounds, a random generator. Out: the clip, a little different; the same
//! seed gives the same difference.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::biquad::Biquad;
use super::compressor::Compressor;
use super::level::{amplitude, change_level};
use super::mobile::mobile;
use super::music::music;
use super::noise::{NoiseAt, NoiseKind, Sounds, add_at, pink, white};
use super::outburst::{cough, sneeze};
use super::power;
use hearing::stream_time::STREAM_RATE_HZ;

/// One change of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Perturbation {
    /// A tone of 2.5 to 3.5 kHz, its peak 40, 45 or 50 dB below the clip's.
    Tone,
    /// 50, 250 or 500 zeros (6 to 62 ms) at the end.
    AppendZeros,
    /// The same at the beginning.
    PrependZeros,
    /// The highest 0.1, 0.2 or 0.3 % of the samples are clipped.
    Clip,
    /// 50, 250 or 500 samples (6 to 62 ms) less at the beginning.
    CropBeginning,
    /// The same at the end.
    CropEnd,
    /// 1 or 2 dB more or less.
    Gain,
    /// A high-pass of first order at 50, 100 or 150 Hz.
    HighPass,
    /// A low-pass of first order at 3,750, 3,500 or 3,250 Hz.
    LowPass,
    /// Gaussian white noise 35, 40 or 45 dB below the clip.
    FaintWhiteNoise,
    /// 4 to 7 voices 20 dB below the clip.
    Babble,
    /// One cough, 10 dB below the clip, at a random place.
    Cough,
    /// A recorded noise 20 dB below the clip.
    Environment,
    /// Music 20 dB below the clip.
    Music,
    /// One sneeze, 10 dB below the clip, at a random place.
    Sneeze,
    /// Gaussian white noise 20 dB below the clip.
    WhiteNoise,
    /// A compressor, a codec of 7.4 kbit/s, and pink noise above 3 kHz.
    LowQualityPhone,
}

/// What a model has to keep to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// The least share of clips whose decision stays the same, in [0, 1].
    pub least_equal: f64,
    /// What it may cost of the unweighted average recall, in [0, 1]; `None` where the list sets no limit.
    pub most_uar_loss: Option<f64>,
}

impl Perturbation {
    /// All of the list: small changes, noises, the telephone.
    pub const ALL: [Perturbation; 17] = [
        Perturbation::Tone,
        Perturbation::AppendZeros,
        Perturbation::PrependZeros,
        Perturbation::Clip,
        Perturbation::CropBeginning,
        Perturbation::CropEnd,
        Perturbation::Gain,
        Perturbation::HighPass,
        Perturbation::LowPass,
        Perturbation::FaintWhiteNoise,
        Perturbation::Babble,
        Perturbation::Cough,
        Perturbation::Environment,
        Perturbation::Music,
        Perturbation::Sneeze,
        Perturbation::WhiteNoise,
        Perturbation::LowQualityPhone,
    ];

    /// Its name, with its strength.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Perturbation::Tone => "tone at -40 to -50 dB",
            Perturbation::AppendZeros => "zeros at the end",
            Perturbation::PrependZeros => "zeros at the beginning",
            Perturbation::Clip => "0.1 to 0.3 % clipped",
            Perturbation::CropBeginning => "beginning cropped",
            Perturbation::CropEnd => "end cropped",
            Perturbation::Gain => "gain of 1 or 2 dB",
            Perturbation::HighPass => "high-pass at 50 to 150 Hz",
            Perturbation::LowPass => "low-pass at 3.25 to 3.75 kHz",
            Perturbation::FaintWhiteNoise => "white noise at 35 to 45 dB",
            Perturbation::Babble => "babble at 20 dB",
            Perturbation::Cough => "cough at 10 dB",
            Perturbation::Environment => "environmental noise at 20 dB",
            Perturbation::Music => "music at 20 dB",
            Perturbation::Sneeze => "sneeze at 10 dB",
            Perturbation::WhiteNoise => "white noise at 20 dB",
            Perturbation::LowQualityPhone => "low-quality phone",
        }
    }

    /// The list's pass marks.
    #[must_use]
    pub fn limits(self) -> Limits {
        match self {
            Perturbation::Babble
            | Perturbation::Cough
            | Perturbation::Environment
            | Perturbation::Music
            | Perturbation::Sneeze
            | Perturbation::WhiteNoise => Limits { least_equal: 0.9, most_uar_loss: Some(0.05) },
            Perturbation::LowQualityPhone => Limits { least_equal: 0.5, most_uar_loss: Some(0.05) },
            _ => Limits { least_equal: 0.95, most_uar_loss: None },
        }
    }

    /// Changes a clip at 8 kHz. A clip that is shorter than what would be cropped of it, and one more
    /// sample, is not cropped.
    pub fn apply(self, samples: &mut Vec<f32>, sounds: &Sounds, rng: &mut ChaCha8Rng) {
        let len = samples.len();
        match self {
            Perturbation::Tone => add_tone(samples, rng),
            Perturbation::AppendZeros => samples.resize(len + edge_len(rng), 0.0),
            Perturbation::PrependZeros => {
                samples.splice(0..0, vec![0.0; edge_len(rng)]);
            }
            Perturbation::Clip => clip(samples, one_of([0.001, 0.002, 0.003], rng)),
            Perturbation::CropBeginning => {
                let n_cropped = edge_len(rng);
                samples.drain(..if n_cropped < len { n_cropped } else { 0 });
            }
            Perturbation::CropEnd => {
                let n_cropped = edge_len(rng);
                samples.truncate(if n_cropped < len { len - n_cropped } else { len });
            }
            Perturbation::Gain => change_level(samples, one_of([-2.0, -1.0, 1.0, 2.0], rng)),
            Perturbation::HighPass => {
                Biquad::first_order_high_pass(one_of([50.0, 100.0, 150.0], rng)).filter(samples);
            }
            Perturbation::LowPass => {
                let edge_hz = one_of([3_750.0, 3_500.0, 3_250.0], rng);
                Biquad::first_order_low_pass(edge_hz).filter(samples);
            }
            Perturbation::FaintWhiteNoise => {
                let snr_db = one_of([35.0, 40.0, 45.0], rng);
                add_at(samples, &gaussian(len, rng), snr_db);
            }
            Perturbation::Babble => {
                let kind = NoiseKind::Babble { n_voices: rng.random_range(4..=7) };
                NoiseAt { kind, snr_db: 20.0 }.add(samples, sounds, rng);
            }
            Perturbation::Cough => add_once(samples, &cough(rng), 10.0, rng),
            Perturbation::Environment => {
                let kind = NoiseKind::Recorded { pick: rng.random() };
                NoiseAt { kind, snr_db: 20.0 }.add(samples, sounds, rng);
            }
            Perturbation::Music => add_at(samples, &music(len, rng), 20.0),
            Perturbation::Sneeze => add_once(samples, &sneeze(rng), 10.0, rng),
            Perturbation::WhiteNoise => add_at(samples, &gaussian(len, rng), 20.0),
            Perturbation::LowQualityPhone => low_quality_phone(samples, rng),
        }
    }
}

fn one_of<const N: usize>(values: [f32; N], rng: &mut ChaCha8Rng) -> f32 {
    values[rng.random_range(0..N)]
}

/// 100, 500 or 1,000 samples at 16 kHz.
fn edge_len(rng: &mut ChaCha8Rng) -> usize {
    [50, 250, 500][rng.random_range(0..3)]
}

fn gaussian(len: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    (0..len).map(|_| rng.sample(StandardNormal)).collect()
}

fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, sample| peak.max(sample.abs()))
}

fn add_tone(samples: &mut [f32], rng: &mut ChaCha8Rng) {
    let height = peak(samples) * amplitude(-one_of([40.0, 45.0, 50.0], rng));
    #[expect(clippy::cast_precision_loss, reason = "8,000")]
    let turn = std::f32::consts::TAU * rng.random_range(2_500.0..=3_500.0) / STREAM_RATE_HZ as f32;
    let mut phase = 0.0_f32;
    for sample in samples {
        *sample += height * phase.sin();
        phase = (phase + turn) % std::f32::consts::TAU;
    }
}

/// Clips so that this share of the samples is at the limit.
fn clip(samples: &mut [f32], share: f32) {
    let mut heights: Vec<f32> = samples.iter().map(|sample| sample.abs()).collect();
    heights.sort_by(f32::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of a clip's samples"
    )]
    let n_clipped = (share * heights.len() as f32).ceil() as usize;
    if let Some(limit) = heights.get(heights.len().saturating_sub(n_clipped)).copied() {
        for sample in samples {
            *sample = sample.clamp(-limit, limit);
        }
    }
}

/// Adds a short sound at a random place; its own mean power, over its own length, stands `snr_db` below
/// the clip's. What does not fit is cut off its end.
fn add_once(samples: &mut [f32], sound: &[f32], snr_db: f32, rng: &mut ChaCha8Rng) {
    let start = rng.random_range(0..=samples.len().saturating_sub(sound.len()));
    let ratio = (power(samples) / power(sound).max(f64::MIN_POSITIVE)).sqrt();
    #[expect(clippy::cast_possible_truncation, reason = "a gain needs no more than an f32")]
    let gain = ratio as f32 * amplitude(-snr_db);
    for (sample, added) in samples[start..].iter_mut().zip(sound) {
        *sample += gain * added;
    }
}

/// The list's telephone: a compressor, AMR narrowband at 7.4 kbit/s (here Opus), a peak at full scale,
/// and pink noise above 3 kHz with its peak at -25 dB.
fn low_quality_phone(samples: &mut [f32], rng: &mut ChaCha8Rng) {
    Compressor { threshold_db: -20.0, ratio: 0.8, attack_s: 0.01, release_s: 0.02 }
        .compress(samples);
    mobile(samples, 7_400, &[]);
    let mut hiss = pink(&white(samples.len(), rng));
    Biquad::high_pass(3_000.0, std::f64::consts::FRAC_1_SQRT_2).filter(&mut hiss);
    let gain = 1.0 / peak(samples).max(f32::MIN_POSITIVE);
    let hiss_gain = amplitude(-25.0) / peak(&hiss).max(f32::MIN_POSITIVE);
    for (sample, hiss) in samples.iter_mut().zip(hiss) {
        *sample = (gain * *sample + hiss_gain * hiss).clamp(-1.0, 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{sine, voice};
    use super::*;
    use rand::SeedableRng;

    fn applied(perturbation: Perturbation, clip: &[f32], seed: u64) -> Vec<f32> {
        let sounds = Sounds { noises: vec![sine(90.0, 0.2)], voices: vec![voice(9_000)] };
        let mut samples = clip.to_vec();
        perturbation.apply(&mut samples, &sounds, &mut ChaCha8Rng::seed_from_u64(seed));
        samples
    }

    fn difference_db(perturbation: Perturbation, seed: u64) -> f64 {
        let clean = voice(8_000);
        let changed = applied(perturbation, &clean, seed);
        assert_eq!(changed.len(), clean.len(), "{perturbation:?}");
        let difference: Vec<f32> = changed.iter().zip(&clean).map(|(d, c)| d - c).collect();
        10.0 * (power(&difference) / power(&clean)).log10()
    }

    #[test]
    fn the_list_is_complete_and_its_names_differ() {
        let names: std::collections::BTreeSet<&str> =
            Perturbation::ALL.into_iter().map(Perturbation::name).collect();
        assert_eq!(names.len(), Perturbation::ALL.len());
        let limits = Perturbation::ALL.map(Perturbation::limits);
        let n_of = |least: f64| {
            limits.iter().filter(|limits| (limits.least_equal - least).abs() < 1e-9).count()
        };
        assert_eq!([n_of(0.95), n_of(0.9), n_of(0.5)], [10, 6, 1]);
        assert_eq!(limits.iter().filter(|limits| limits.most_uar_loss == Some(0.05)).count(), 7);
    }

    #[test]
    fn each_changes_a_voice_and_the_same_with_the_same_seed() {
        let clean = voice(8_000);
        for perturbation in Perturbation::ALL {
            let changed = applied(perturbation, &clean, 1);
            assert_ne!(changed, clean, "{perturbation:?}");
            assert_eq!(changed, applied(perturbation, &clean, 1), "{perturbation:?}");
            let others = (2..9).filter(|seed| applied(perturbation, &clean, *seed) != changed);
            assert!(others.count() > 2, "{perturbation:?}");
        }
    }

    #[test]
    fn noises_stand_as_far_below_the_voice_as_stated() {
        for seed in 0..5 {
            for noise in [
                Perturbation::Babble,
                Perturbation::Environment,
                Perturbation::Music,
                Perturbation::WhiteNoise,
            ] {
                assert!((difference_db(noise, seed) + 20.0).abs() < 0.01, "{noise:?}");
            }
            let faint = difference_db(Perturbation::FaintWhiteNoise, seed);
            assert!([-35.0, -40.0, -45.0].iter().any(|db| (faint - db).abs() < 0.01), "{faint}");
            // A tone's and this voice's peaks stand 3 and about 13 dB above their means.
            let tone = difference_db(Perturbation::Tone, seed);
            assert!((-50.0..-25.0).contains(&tone), "{tone}");
            // 10 dB below over its own length of 0.2 to 0.8 of this second.
            for outburst in [Perturbation::Cough, Perturbation::Sneeze] {
                let level = difference_db(outburst, seed);
                assert!((-18.0..-10.5).contains(&level), "{outburst:?}: {level}");
            }
        }
    }

    #[test]
    fn ends_are_lengthened_and_cropped_and_what_remains_stays() {
        let clean = voice(8_000);
        for seed in 0..5 {
            let appended = applied(Perturbation::AppendZeros, &clean, seed);
            assert_eq!(appended[..8_000], clean);
            assert!([50, 250, 500].contains(&(appended.len() - 8_000)));
            let prepended = applied(Perturbation::PrependZeros, &clean, seed);
            assert_eq!(prepended[prepended.len() - 8_000..], clean);
            assert!(prepended[..prepended.len() - 8_000].iter().all(|sample| *sample == 0.0));
            let end = applied(Perturbation::CropEnd, &clean, seed);
            assert_eq!(end, clean[..end.len()]);
            let beginning = applied(Perturbation::CropBeginning, &clean, seed);
            assert_eq!(beginning, clean[8_000 - beginning.len()..]);
            assert!([50, 250, 500].contains(&(8_000 - beginning.len())));
        }
    }

    #[test]
    fn the_stated_share_of_samples_is_clipped() {
        let mut samples = voice(8_000);
        clip(&mut samples, 0.002);
        let highest = peak(&samples);
        let n_clipped = samples.iter().filter(|sample| sample.abs() >= highest).count();
        assert!((16..=17).contains(&n_clipped), "{n_clipped}");
    }

    #[test]
    fn the_low_quality_phone_is_at_full_scale_with_a_hiss_above_3_khz() {
        let phone = applied(Perturbation::LowQualityPhone, &voice(8_000), 1);
        assert!((0.9..=1.0).contains(&peak(&phone)));
        let silence = applied(Perturbation::LowQualityPhone, &vec![0.0; 8_000], 1);
        assert!(power(&silence) > 0.0);
    }

    #[test]
    fn short_and_empty_clips_are_no_trouble() {
        for perturbation in Perturbation::ALL {
            for clip in [&[][..], &[0.3; 40]] {
                let changed = applied(perturbation, clip, 3);
                assert!(changed.iter().all(|sample| sample.is_finite()), "{perturbation:?}");
            }
        }
    }
}
