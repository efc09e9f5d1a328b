//! A mobile or internet call: narrowband Opus at a low rate, through and through (RFC 6716).
//!
//! At 6 to 12 kbit/s Opus codes 8 kHz speech with its SILK part, by linear prediction of 20 ms frames, as
//! the codecs of mobile networks do (AMR-NB: 4.75 to 12.2 kbit/s). It stands in for them. The one Rust
//! library that was found to code AMR-NB (rvoip-codec-core) takes several times as long and brings a
//! logging framework with it; for GSM there are only bindings to C that nobody keeps up.
//!
//! In: a clip at 8 kHz, a bit rate, the packets that are lost. Out: the clip as it is decoded, with the
//! codec's own concealment of losses, in time with what went in.

use ropus::{Application, Bitrate, Channels, DecodeMode, Decoder, Encoder, Signal};

use super::loss::PACKET_LEN;
use hearing::stream_time::STREAM_RATE_HZ;

/// The encoder's effort, of 10: low, as in a cheap telephone, and quick for training.
const COMPLEXITY: u8 = 2;

/// More bytes than 20 ms have at any rate (RFC 6716, section 3.2.1).
const LONGEST_PACKET_BYTES: usize = 1_275;

/// Bits a second that a call has: the range of AMR-NB within Opus's own lower end of 6,000.
pub const BITRATES_BPS: std::ops::RangeInclusive<u32> = 6_000..=12_200;

/// Sends a clip at 8 kHz through Opus and back; `lost` has one entry a packet of 20 ms, and packets
/// beyond its end arrive.
///
/// # Panics
/// If the bit rate is outside 500 to 512,000, which Opus does not have.
pub fn mobile(samples: &mut [f32], bitrate_bps: u32, lost: &[bool]) {
    let bitrate = Bitrate::try_bits(bitrate_bps).expect("Opus has rates from 500 to 512,000 bit/s");
    let mut encoder = Encoder::builder(STREAM_RATE_HZ, Channels::Mono, Application::Voip)
        .bitrate(bitrate)
        .complexity(COMPLEXITY)
        .signal(Signal::Voice)
        .build()
        .expect("Opus has a rate of 8 kHz");
    let mut decoder = Decoder::new(STREAM_RATE_HZ, Channels::Mono).expect("Opus decodes to 8 kHz");
    // The library counts what the encoder holds back in samples of its own rate.
    let delay_len = encoder.lookahead() as usize;
    let mut received = Vec::with_capacity(samples.len() + delay_len + PACKET_LEN);
    let mut bytes = [0; LONGEST_PACKET_BYTES];
    let mut heard = [0.0; PACKET_LEN];
    for packet in 0..(samples.len() + delay_len).div_ceil(PACKET_LEN) {
        let from = (packet * PACKET_LEN).min(samples.len());
        let to = (from + PACKET_LEN).min(samples.len());
        let mut spoken = [0.0; PACKET_LEN];
        spoken[..to - from].copy_from_slice(&samples[from..to]);
        let n_bytes = encoder.encode_float(&spoken, &mut bytes).expect("20 ms are a frame of Opus");
        let arrived = if lost.get(packet) == Some(&true) { &[][..] } else { &bytes[..n_bytes] };
        decoder
            .decode_float(arrived, &mut heard, DecodeMode::Normal)
            .expect("the packet is whole, or none");
        received.extend_from_slice(&heard);
    }
    samples.copy_from_slice(&received[delay_len..][..samples.len()]);
}

#[cfg(test)]
mod tests {
    use super::super::power;
    use super::super::tests::voice;
    use super::*;

    /// Share of `one`'s power that `other` explains.
    fn likeness(one: &[f32], other: &[f32]) -> f64 {
        let product: f64 = one.iter().zip(other).map(|(one, other)| f64::from(one * other)).sum();
        let energies: f64 = [one, other]
            .iter()
            .map(|samples| samples.iter().map(|sample| f64::from(sample * sample)).sum::<f64>())
            .product();
        product / energies.sqrt()
    }

    #[test]
    fn a_voice_comes_back_changed_but_in_time() {
        let clean = voice(7_777);
        for bitrate_bps in [6_000, 12_200] {
            let mut sent = clean.clone();
            mobile(&mut sent, bitrate_bps, &[]);
            assert_eq!(sent.len(), clean.len());
            let at = |shift: usize| likeness(&sent[400 + shift..7_000], &clean[400..7_000 - shift]);
            let before = likeness(&sent[400..7_000], &clean[401..7_001]);
            assert!(at(0) > 0.8, "{bitrate_bps}: {}", at(0));
            assert!(at(0) < 0.999, "{bitrate_bps}: {}", at(0));
            assert!(at(0) > at(1) && at(0) > before, "{} {} {before}", at(0), at(1));
            assert!((power(&sent) / power(&clean)).log10().abs() < 0.2);
        }
    }

    #[test]
    fn a_lost_packet_is_concealed_and_others_stay_nearly_as_they_are() {
        let (mut whole, mut gappy) = (voice(8_000), voice(8_000));
        mobile(&mut whole, 9_000, &[]);
        let mut lost = vec![false; 50];
        lost[20] = true;
        mobile(&mut gappy, 9_000, &lost);
        assert_eq!(whole[..20 * PACKET_LEN - 60], gappy[..20 * PACKET_LEN - 60]);
        assert_ne!(whole, gappy);
        // The codec's own concealment begins with the voice and fades.
        assert!(power(&gappy[3_160..3_200]) > 0.2 * power(&whole[3_160..3_200]));
        assert!(likeness(&whole[6_000..], &gappy[6_000..]) > 0.95);
    }

    #[test]
    fn nothing_gives_nothing() {
        mobile(&mut [], 8_000, &[]);
    }
}
