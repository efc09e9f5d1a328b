//! Noise beside the voice, at a stated signal-to-noise ratio.
//!
//! In: a clip, a kind of noise, a ratio in dB, a random generator. Out: the clip with the noise added.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::power;

/// A kind of noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Noise<'a> {
    /// The same power in every hertz.
    White,
    /// The same power in every octave: nearer to what rooms sound like.
    Pink,
    /// A recording, at the clip's rate: read from a random place on and over again where it is short.
    Recorded(&'a [f32]),
}

/// Adds noise so that the clip's mean power stands `snr_db` above the noise's.
///
/// A silent clip, and a piece of a recording that is silent, leave the clip as it is: there is no
/// such ratio then. Nothing is clipped here.
pub fn add_noise(samples: &mut [f32], noise: Noise<'_>, snr_db: f32, rng: &mut ChaCha8Rng) {
    let noise = drawn(noise, samples.len(), rng);
    let noise_power = power(&noise);
    if noise_power <= 0.0 {
        return;
    }
    let ratio = 10_f64.powf(f64::from(snr_db) / 10.0);
    #[expect(clippy::cast_possible_truncation, reason = "a gain needs no more than an f32")]
    let gain = (power(samples) / ratio / noise_power).sqrt() as f32;
    for (sample, noise) in samples.iter_mut().zip(&noise) {
        *sample += gain * noise;
    }
}

/// So many samples of the noise, at no particular level.
fn drawn(noise: Noise<'_>, len: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    match noise {
        Noise::White => white(len, rng),
        Noise::Pink => pink(&white(len, rng)),
        Noise::Recorded([]) => Vec::new(),
        Noise::Recorded(recording) => {
            let start = rng.random_range(0..recording.len());
            recording.iter().copied().cycle().skip(start).take(len).collect()
        }
    }
}

fn white(len: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    (0..len).map(|_| rng.random_range(-1.0..=1.0)).collect()
}

/// White noise through three first-order filters whose sum falls 3 dB an octave, to within 0.5 dB
/// from 1/5000 of the sample rate on (P. Kellett, "economy" pink filter, musicdsp.org archive 76).
fn pink(white: &[f32]) -> Vec<f32> {
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
mod tests {
    use super::super::tests::sine;
    use super::*;
    use rand::SeedableRng;
    use realfft::RealFftPlanner;

    fn rng() -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(5)
    }

    /// Power in dB between neighbouring edges.
    fn band_powers_db(samples: &[f32], edges_hz: &[usize]) -> Vec<f64> {
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
        let recording = sine(90.0, 0.01);
        for noise in [Noise::White, Noise::Pink, Noise::Recorded(&recording[..3_333])] {
            for snr_db in [5.0, 30.0] {
                let clean = sine(440.0, 0.3);
                let mut noisy = clean.clone();
                add_noise(&mut noisy, noise, snr_db, &mut rng());
                let added: Vec<f32> = noisy.iter().zip(&clean).map(|(n, c)| n - c).collect();
                let measured_db = 10.0 * (power(&clean) / power(&added)).log10();
                assert!((measured_db - f64::from(snr_db)).abs() < 0.01, "{noise:?} {measured_db}");
            }
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
        let mut silent = vec![0.0; 100];
        add_noise(&mut silent, Noise::White, 10.0, &mut rng());
        assert_eq!(silent, vec![0.0; 100]);
        for recording in [&[][..], &[0.0; 10]] {
            let mut voice = sine(200.0, 0.1);
            add_noise(&mut voice, Noise::Recorded(recording), 10.0, &mut rng());
            assert_eq!(voice, sine(200.0, 0.1));
        }
        add_noise(&mut [], Noise::Pink, 10.0, &mut rng());
    }
}
