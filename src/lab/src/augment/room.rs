//! A small room around the talker: the voice straight to the microphone, then its echoes, dying away.
//!
//! The echoes are Gaussian noise that decays exponentially, the statistical model of a room (J.-D. Polack,
//! 1988; used for late reverberation ever since), from the first reflection on. No single reflection is
//! placed: that needs the walls.
//!
//! In: a clip at 8 kHz. Out: the clip with the room, at the same length and the same mean power.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use realfft::RealFftPlanner;

use super::level::amplitude;
use super::power;
use hearing::stream_time::STREAM_RATE_HZ;

/// The first reflection comes so much later than the voice itself: a path 1 m longer, by a table or a
/// wall.
const FIRST_REFLECTION_LEN: usize = 24;

/// The echoes are cut off after 0.4 s; in the most reverberant of rooms they have lost 40 dB then.
const LONGEST_LEN: usize = 3_200;

/// The length of a Fourier transform: about twice the echoes'.
const FFT_LEN: usize = 8_192;

/// A room.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    /// Time in seconds in which an echo loses 60 dB; 0.15 in a furnished small room, 0.6 in a bare one.
    pub rt60_s: f32,
    /// Level of the voice itself above that of all its echoes, in dB: 15 with the telephone at the mouth,
    /// 0 with one on the table.
    pub direct_db: f32,
    /// Another number is another room with the same two properties.
    pub seed: u64,
}

impl Room {
    /// A room of 0.15 to 0.6 s, heard from near or far.
    pub fn random(rng: &mut ChaCha8Rng) -> Self {
        Room {
            rt60_s: rng.random_range(0.15..=0.6),
            direct_db: rng.random_range(0.0..=15.0),
            seed: rng.random(),
        }
    }

    /// Puts a clip into the room. What sounds on after its end is cut off.
    pub fn add(&self, samples: &mut [f32]) {
        let before = power(samples);
        convolve(samples, &self.response());
        let after = power(samples);
        if after > 0.0 {
            #[expect(clippy::cast_possible_truncation, reason = "a gain needs no more than an f32")]
            let gain = (before / after).sqrt() as f32;
            for sample in samples {
                *sample *= gain;
            }
        }
    }

    /// What an impulse becomes in the room: 1, a pause, and the echoes.
    fn response(&self) -> Vec<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        #[expect(clippy::cast_precision_loss, reason = "8,000")]
        let decay = 1_000.0_f32.ln() / (self.rt60_s * STREAM_RATE_HZ as f32);
        #[expect(clippy::cast_precision_loss, reason = "at most 3,200")]
        let echo = |n: usize| rng.sample::<f32, _>(StandardNormal) * (-decay * n as f32).exp();
        let mut response: Vec<f32> = (FIRST_REFLECTION_LEN..LONGEST_LEN).map(echo).collect();
        let energy: f32 = response.iter().map(|sample| sample * sample).sum();
        let gain = amplitude(-self.direct_db) / energy.sqrt().max(f32::MIN_POSITIVE);
        for sample in &mut response {
            *sample *= gain;
        }
        let mut direct = vec![0.0; FIRST_REFLECTION_LEN];
        direct[0] = 1.0;
        direct.extend(response);
        direct
    }
}

/// Convolves in place, a block at a time (overlap-add), and cuts off what is longer than the clip.
fn convolve(samples: &mut [f32], response: &[f32]) {
    let mut planner = RealFftPlanner::<f32>::new();
    let (forward, inverse) = (planner.plan_fft_forward(FFT_LEN), planner.plan_fft_inverse(FFT_LEN));
    let mut block = forward.make_input_vec();
    let (mut filter, mut spectrum) = (forward.make_output_vec(), forward.make_output_vec());
    block[..response.len()].copy_from_slice(response);
    forward.process(&mut block, &mut filter).expect("the buffers are the transform's own");
    let step_len = FFT_LEN + 1 - response.len();
    let input = samples.to_vec();
    samples.fill(0.0);
    #[expect(clippy::cast_precision_loss, reason = "8,192")]
    let scale = 1.0 / FFT_LEN as f32;
    for (index, piece) in input.chunks(step_len).enumerate() {
        block.fill(0.0);
        block[..piece.len()].copy_from_slice(piece);
        forward.process(&mut block, &mut spectrum).expect("the buffers are the transform's own");
        spectrum.iter_mut().zip(&filter).for_each(|(bin, filter)| *bin *= filter);
        inverse.process(&mut spectrum, &mut block).expect("the buffers are the transform's own");
        for (sum, sample) in samples[index * step_len..].iter_mut().zip(&block) {
            *sum += scale * sample;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::voice;
    use super::*;

    const ROOM: Room = Room { rt60_s: 0.4, direct_db: 3.0, seed: 1 };

    #[test]
    fn blocks_give_what_the_definition_of_convolution_gives() {
        // Three blocks and a part, against the sum.
        let clip = voice(3 * (FFT_LEN + 1 - LONGEST_LEN) + 777);
        let response = ROOM.response();
        let mut fast = clip.clone();
        convolve(&mut fast, &response);
        for n in (0..clip.len()).step_by(97) {
            let slow: f32 = (0..response.len().min(n + 1)).map(|k| response[k] * clip[n - k]).sum();
            assert!((fast[n] - slow).abs() < 1e-4, "{n}: {} {slow}", fast[n]);
        }
    }

    #[test]
    fn echoes_fall_60_db_in_the_stated_time_and_stand_below_the_voice_as_stated() {
        let response = Room { rt60_s: 0.3, ..ROOM }.response();
        assert_eq!(response.len(), LONGEST_LEN);
        let echoes: f64 = response[1..].iter().map(|sample| f64::from(sample * sample)).sum();
        assert!((10.0 * echoes.log10() + 3.0).abs() < 0.01, "{echoes}");
        assert!(response[1..FIRST_REFLECTION_LEN].iter().all(|sample| *sample == 0.0));
        // Between windows of 400 samples 0.2 s apart: 40 dB, give or take the noise's chance.
        let fall_db = 10.0 * (power(&response[100..500]) / power(&response[1_700..2_100])).log10();
        assert!((fall_db - 40.0).abs() < 1.5, "{fall_db}");
    }

    #[test]
    fn a_clip_in_a_room_keeps_its_length_and_its_power() {
        let mut samples = voice(8_000);
        let before = power(&samples);
        ROOM.add(&mut samples);
        assert_eq!(samples.len(), 8_000);
        assert!((power(&samples) / before - 1.0).abs() < 1e-4);
        assert_ne!(samples, voice(8_000));

        let mut silence = vec![0.0; 100];
        ROOM.add(&mut silence);
        assert_eq!(silence, vec![0.0; 100]);
        ROOM.add(&mut []);
    }

    #[test]
    fn a_room_is_the_same_for_every_clip_of_a_call_and_another_seed_is_another() {
        assert_eq!(ROOM.response(), ROOM.response());
        assert_ne!(ROOM.response(), Room { seed: 2, ..ROOM }.response());
    }
}
