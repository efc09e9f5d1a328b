//! Recordings made for one test: silence, noise, tones, and the demo call at other rates.

use std::f32::consts::TAU;
use std::path::Path;

use ::sound::recording::{Channel, decode};
use hound::{SampleFormat, WavSpec, WavWriter};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use resample::resample_all;

use crate::sandbox::DEMO_CALL;

/// The rate of what is made here, unless another one is named.
pub const RATE_HZ: u32 = 8_000;

/// Writes 16-bit PCM; the samples of all channels in turn.
pub fn write(path: &Path, sample_rate: u32, channels: u16, samples: &[f32]) {
    let sample_format = SampleFormat::Int;
    let spec = WavSpec { channels, sample_rate, bits_per_sample: 16, sample_format };
    let mut writer = WavWriter::create(path, spec).unwrap();
    for sample in samples {
        #[expect(clippy::cast_possible_truncation, reason = "within full scale")]
        writer.write_sample((sample * 32_767.0).round() as i16).unwrap();
    }
    writer.finalize().unwrap();
}

fn n_samples(seconds: usize) -> usize {
    seconds * RATE_HZ as usize
}

/// Digital silence.
pub fn silence(seconds: usize) -> Vec<f32> {
    vec![0.0; n_samples(seconds)]
}

/// White noise of -45 dB of full scale, a noisy line; uniform, so that its RMS is its peak by the root of 3.
pub fn noise(seconds: usize) -> Vec<f32> {
    let peak = 10.0_f32.powf(-45.0 / 20.0) * 3.0_f32.sqrt();
    let mut rng = ChaCha8Rng::seed_from_u64(45);
    (0..n_samples(seconds)).map(|_| rng.random_range(-peak..peak)).collect()
}

/// A buzz of ten harmonics that swells `modulation_hz` times a second: as good as a voice for a network.
pub fn buzz(seconds: usize, pitch_hz: f32, modulation_hz: f32) -> Vec<f32> {
    let sample = |index: u16| {
        let t = f32::from(index) / 8_000.0;
        let harmonics = 1..=10_u8;
        let tone: f32 = harmonics.map(|n| (TAU * pitch_hz * f32::from(n) * t).sin()).sum();
        0.05 * tone * (1.0 + 0.8 * (TAU * modulation_hz * t).sin())
    };
    (0..u16::try_from(n_samples(seconds)).unwrap()).map(sample).collect()
}

/// The demo call at another rate in stereo: silence on the left, the caller on the right.
pub fn stereo_call(path: &Path, rate_hz: u32) {
    let call = decode(Path::new(DEMO_CALL), Channel::Mix).unwrap();
    let samples = resample_all(&call.samples, call.sample_rate_hz, rate_hz).unwrap();
    let stereo: Vec<f32> = samples.iter().flat_map(|&sample| [0.0, sample]).collect();
    write(path, rate_hz, 2, &stereo);
}
