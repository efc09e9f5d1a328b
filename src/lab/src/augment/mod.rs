//! What a room, a distance, a telephone and a network do to a voice.
//!
//! In: samples at 8 kHz ([`STREAM_RATE_HZ`](hearing::stream_time::STREAM_RATE_HZ)), recorded sounds and a
//! seeded random generator. Out: the clip, changed in place; the same seeds give the same change. A
//! [`Chain`] is the whole way, the other items are its stages. [`trim_silence`] takes the silence off a
//! clip's ends, in training and evaluation alike. Keeps nothing between calls.

mod biquad;
mod chain;
mod compressor;
mod hum;
mod level;
mod line;
mod loss;
mod mobile;
mod music;
mod noise;
mod outburst;
mod perturbation;
mod room;
mod speed;
mod trim;

pub use chain::Chain;
pub use level::{change_level, overdrive};
pub use line::{Band, Codec, Line};
pub use loss::{Loss, PACKET_LEN, conceal};
pub use mobile::{BITRATES_BPS, mobile};
pub use noise::{NoiseAt, NoiseKind, Sounds};
pub use perturbation::{Limits, Perturbation};
pub use room::Room;
pub use speed::{change_speed, random_speed_percent};
pub use trim::trim_silence;

/// Mean square of the samples; 0 of none.
fn power(samples: &[f32]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a clip is far shorter than 2^53 samples")]
    let n = samples.len().max(1) as f64;
    samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / n
}

#[cfg(test)]
mod tests {
    /// A sine of one second at 8 kHz.
    pub(super) fn sine(frequency_hz: f32, amplitude: f32) -> Vec<f32> {
        let step = std::f32::consts::TAU * frequency_hz / 8_000.0;
        (0_u16..8_000).map(|n| amplitude * (step * f32::from(n)).sin()).collect()
    }

    /// So many samples of something like a vowel: harmonics of a voice that glides around 120 Hz, stronger
    /// near 600 and 1,800 Hz, swelling and fading four times a second.
    #[expect(clippy::cast_precision_loss, reason = "a test's few thousand samples")]
    pub(super) fn voice(len: usize) -> Vec<f32> {
        const HARMONICS: [(f32, f32); 6] =
            [(1.0, 0.5), (2.0, 0.3), (5.0, 0.6), (6.0, 0.2), (15.0, 0.25), (22.0, 0.1)];
        (0..len)
            .map(|n| {
                let time_s = n as f32 / 8_000.0;
                let phase = std::f32::consts::TAU * 120.0 * time_s
                    + 3.0 * (std::f32::consts::TAU * 1.5 * time_s).sin();
                let swell = 0.6 - 0.4 * (std::f32::consts::TAU * 4.0 * time_s).cos();
                let harmonics = HARMONICS.map(|(multiple, share)| share * (multiple * phase).sin());
                0.4 * swell * harmonics.iter().sum::<f32>()
            })
            .collect()
    }
}
