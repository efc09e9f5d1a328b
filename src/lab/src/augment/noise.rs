//! Noise beside the voice, at a stated signal-to-noise ratio.
//!
//! In: a clip, a kind of noise, a ratio in dB, recorded sounds, a random generator. Out: the clip with
//! the noise added.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::hum::hum;
use super::power;

/// Recorded sounds that noise is made of, mono at 8 kHz. Where one of the lists is empty, pink noise
/// stands in for it.
#[derive(Clone, Debug, Default)]
pub struct Sounds {
    /// Noises without speech.
    pub noises: Vec<Vec<f32>>,
    /// Voices of people who speak neutrally, of which babble is mixed.
    pub voices: Vec<Vec<f32>>,
}

/// A kind of noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NoiseKind {
    /// The same power in every hertz.
    White,
    /// The same power in every octave: nearer to what rooms sound like.
    Pink,
    /// A fan or another machine, with the hum of mains of this frequency in Hz.
    Hum {
        /// The mains' frequency in Hz.
        mains_hz: f32,
    },
    /// One of [`Sounds::noises`], from a random place on, and over again where it is short.
    Recorded {
        /// Which, counted round: any number is one of them.
        pick: u32,
    },
    /// Some of [`Sounds::voices`] at once, equally loud, each from a random place on.
    Babble {
        /// How many.
        n_voices: usize,
    },
    /// Another kind each time: recorded in 40 % of clips, babble in 30 %, pink, white and hum in 10 %
    /// each.
    Varied,
}

impl NoiseKind {
    /// A kind for a call: recorded 45 %, babble of 3 to 7 voices 20 %, pink 15 %, hum 12 %, white 8 %.
    pub fn random(rng: &mut ChaCha8Rng) -> Self {
        Self::drawn([45, 65, 80, 92], rng)
    }

    /// A kind by the upper ends of the shares of recorded noise, babble, pink and hum in percent.
    fn drawn(ends: [u32; 4], rng: &mut ChaCha8Rng) -> Self {
        let draw = rng.random_range(0..100);
        match ends.iter().position(|end| draw < *end) {
            Some(0) => NoiseKind::Recorded { pick: rng.random() },
            Some(1) => NoiseKind::Babble { n_voices: rng.random_range(3..=7) },
            Some(2) => NoiseKind::Pink,
            Some(_) => NoiseKind::Hum { mains_hz: if rng.random_bool(0.5) { 50.0 } else { 60.0 } },
            None => NoiseKind::White,
        }
    }

    /// So many samples of the noise, at no particular level.
    fn samples(self, len: usize, sounds: &Sounds, rng: &mut ChaCha8Rng) -> Vec<f32> {
        match self {
            NoiseKind::White => white(len, rng),
            NoiseKind::Hum { mains_hz } => hum(len, mains_hz, rng),
            NoiseKind::Recorded { pick } if !sounds.noises.is_empty() => {
                piece(&sounds.noises[pick as usize % sounds.noises.len()], len, rng)
            }
            NoiseKind::Babble { n_voices } if !sounds.voices.is_empty() => {
                babble(n_voices, len, &sounds.voices, rng)
            }
            NoiseKind::Varied => Self::drawn([40, 70, 80, 90], rng).samples(len, sounds, rng),
            NoiseKind::Pink | NoiseKind::Recorded { .. } | NoiseKind::Babble { .. } => {
                pink(&white(len, rng))
            }
        }
    }
}

/// Noise at the talker's side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoiseAt {
    /// The kind.
    pub kind: NoiseKind,
    /// The voice's mean power above the noise's, in dB.
    pub snr_db: f32,
}

impl NoiseAt {
    /// Adds the noise so that the clip's mean power stands `snr_db` above the noise's.
    ///
    /// A silent clip, and a piece of a recording that is silent, leave the clip as it is: there is no
    /// such ratio then. Nothing is clipped here.
    pub fn add(&self, samples: &mut [f32], sounds: &Sounds, rng: &mut ChaCha8Rng) {
        let noise = self.kind.samples(samples.len(), sounds, rng);
        add_at(samples, &noise, self.snr_db);
    }
}

/// Adds a noise of the clip's length at a ratio of mean powers in dB.
pub(super) fn add_at(samples: &mut [f32], noise: &[f32], snr_db: f32) {
    let noise_power = power(noise);
    if noise_power <= 0.0 {
        return;
    }
    let ratio = 10_f64.powf(f64::from(snr_db) / 10.0);
    #[expect(clippy::cast_possible_truncation, reason = "a gain needs no more than an f32")]
    let gain = (power(samples) / ratio / noise_power).sqrt() as f32;
    for (sample, noise) in samples.iter_mut().zip(noise) {
        *sample += gain * noise;
    }
}

/// So many samples of a recording from a random place on, over again where it is short.
pub(super) fn piece(recording: &[f32], len: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    if recording.is_empty() {
        return Vec::new();
    }
    let start = rng.random_range(0..recording.len());
    recording.iter().copied().cycle().skip(start).take(len).collect()
}

/// Several voices at once, each at the same mean power.
fn babble(n_voices: usize, len: usize, voices: &[Vec<f32>], rng: &mut ChaCha8Rng) -> Vec<f32> {
    let mut mix = vec![0.0; len];
    for _ in 0..n_voices {
        let voice = piece(&voices[rng.random_range(0..voices.len())], len, rng);
        let rms = power(&voice).sqrt();
        if rms > 0.0 {
            #[expect(clippy::cast_possible_truncation, reason = "a gain needs no more than an f32")]
            let gain = (1.0 / rms) as f32;
            mix.iter_mut().zip(&voice).for_each(|(sum, sample)| *sum += gain * sample);
        }
    }
    mix
}

/// White noise within [-1, 1].
pub(super) fn white(len: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    (0..len).map(|_| rng.random_range(-1.0..=1.0)).collect()
}

/// White noise through three first-order filters whose sum falls 3 dB an octave, to within 0.5 dB
/// from 1/5000 of the sample rate on (P. Kellett, "economy" pink filter, musicdsp.org archive 76).
pub(super) fn pink(white: &[f32]) -> Vec<f32> {
    const POLES: [f32; 3] = [0.997_65, 0.963_00, 0.570_00];
    const GAINS: [f32; 3] = [0.099_046_0, 0.296_516_4, 1.052_691_3];
    const DIRECT: f32 = 0.184_8;
    let mut states = [0.0_f32; 3];
    white
        .iter()
        .map(|sample| {
            for ((state, pole), gain) in states.iter_mut().zip(POLES).zip(GAINS) {
                *state = pole * *state + gain * sample;
            }
            states.iter().sum::<f32>() + DIRECT * sample
        })
        .collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::{sine, voice};
    use super::*;
    use rand::SeedableRng;
    use realfft::RealFftPlanner;

    fn rng() -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(5)
    }

    fn sounds() -> Sounds {
        Sounds {
            noises: vec![sine(90.0, 0.01)[..3_333].to_vec(), sine(700.0, 0.2)],
            voices: vec![voice(5_000), sine(250.0, 0.9), vec![0.0; 100]],
        }
    }

    /// Power in dB between neighbouring edges.
    pub(in super::super) fn band_powers_db(samples: &[f32], edges_hz: &[usize]) -> Vec<f64> {
        let fft = RealFftPlanner::<f32>::new().plan_fft_forward(samples.len());
        let mut spectrum = fft.make_output_vec();
        fft.process(&mut samples.to_vec(), &mut spectrum).unwrap();
        let bin = |hz: usize| hz * samples.len() / 8_000;
        let bands = edges_hz.windows(2).map(|edges| &spectrum[bin(edges[0])..bin(edges[1])]);
        bands
            .map(|bins| {
                10.0 * bins.iter().map(|bin| f64::from(bin.norm_sqr())).sum::<f64>().log10()
            })
            .collect()
    }

    #[test]
    fn the_ratio_is_the_one_asked_for() {
        let kinds = [
            NoiseKind::White,
            NoiseKind::Pink,
            NoiseKind::Hum { mains_hz: 60.0 },
            NoiseKind::Recorded { pick: 0 },
            NoiseKind::Recorded { pick: u32::MAX },
            NoiseKind::Babble { n_voices: 5 },
            NoiseKind::Varied,
        ];
        for kind in kinds {
            for snr_db in [0.0, 30.0] {
                let clean = sine(440.0, 0.3);
                let mut noisy = clean.clone();
                NoiseAt { kind, snr_db }.add(&mut noisy, &sounds(), &mut rng());
                let added: Vec<f32> = noisy.iter().zip(&clean).map(|(n, c)| n - c).collect();
                let measured_db = 10.0 * (power(&clean) / power(&added)).log10();
                assert!((measured_db - f64::from(snr_db)).abs() < 0.01, "{kind:?} {measured_db}");
            }
        }
    }

    #[test]
    fn a_pick_is_always_the_same_recording() {
        for (pick, expected_hz) in [(0, 90), (1, 700), (2, 90), (3, 700)] {
            let noise = NoiseKind::Recorded { pick }.samples(3_333, &sounds(), &mut rng());
            let powers = band_powers_db(&noise, &[60, 120, 650, 750]);
            assert_eq!(powers[0] > powers[2], expected_hz == 90, "{pick}: {powers:?}");
        }
    }

    #[test]
    fn babble_is_a_mix_of_its_voices_equally_loud() {
        let voices = [sine(250.0, 0.9), sine(1_000.0, 0.003)];
        let mix = babble(6, 8_000, &voices, &mut ChaCha8Rng::seed_from_u64(2));
        let powers = band_powers_db(&mix, &[200, 300, 950, 1_050, 2_000]);
        assert!((powers[0] - powers[2]).abs() < 15.0, "{powers:?}");
        assert!(powers[0] > powers[3] + 40.0, "{powers:?}");
    }

    #[test]
    fn without_recordings_the_noise_is_pink() {
        for kind in [NoiseKind::Recorded { pick: 3 }, NoiseKind::Babble { n_voices: 4 }] {
            let stand_in = kind.samples(500, &Sounds::default(), &mut rng());
            assert_eq!(stand_in, pink(&white(500, &mut rng())));
        }
    }

    #[test]
    fn white_noise_doubles_and_pink_noise_keeps_its_power_with_each_octave() {
        const EDGES_HZ: [usize; 6] = [125, 250, 500, 1_000, 2_000, 4_000];
        // The filter's own 0.5 dB and the chance of the narrowest band's 1,000 bins.
        const TOLERANCE_DB: f64 = 0.8;
        let white = white(64_000, &mut rng());
        for (noise, rise_db) in [(&white, 3.01), (&pink(&white), 0.0)] {
            let powers = band_powers_db(noise, &EDGES_HZ);
            for pair in powers.windows(2) {
                assert!((pair[1] - pair[0] - rise_db).abs() < TOLERANCE_DB, "{powers:?}");
            }
        }
    }

    #[test]
    fn silence_beside_anything_and_anything_beside_silence_stay_as_they_are() {
        let add = |samples: &mut [f32], kind, noises: Vec<Vec<f32>>| {
            let sounds = Sounds { voices: noises.clone(), noises };
            NoiseAt { kind, snr_db: 10.0 }.add(samples, &sounds, &mut rng());
        };
        let mut silent = vec![0.0; 100];
        add(&mut silent, NoiseKind::White, vec![]);
        assert_eq!(silent, vec![0.0; 100]);
        for recording in [vec![], vec![0.0; 10]] {
            for kind in [NoiseKind::Recorded { pick: 0 }, NoiseKind::Babble { n_voices: 3 }] {
                let mut voice = sine(200.0, 0.1);
                add(&mut voice, kind, vec![recording.clone()]);
                assert_eq!(voice, sine(200.0, 0.1));
            }
        }
        add(&mut [], NoiseKind::Pink, vec![]);
    }
}
