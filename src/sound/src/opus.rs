//! Opus packets to samples, for the containers that symphonia reads without a decoder for them.
//!
//! In: packets of one stream in order. Out: interleaved samples at 48 kHz. Keeps the decoder's state and
//! one packet's samples. Source of the numbers: RFC 6716 (Opus) and RFC 7845 (Opus in Ogg).

use ropus::{Channels, DecodeMode, Decoder};

/// Opus always decodes at its own full rate here, so that the pre-skip is a whole number of samples.
pub(super) const OPUS_RATE_HZ: u32 = 48_000;

/// The longest packet, 120 ms at [`OPUS_RATE_HZ`] (RFC 6716, section 3.2.5).
const LONGEST_PACKET_LEN: usize = 5_760;

/// A decoder of mono or stereo Opus.
pub(super) struct OpusDecoder {
    inner: Decoder,
    channels: Channels,
    gain: f32,
    interleaved: Vec<f32>,
}

impl OpusDecoder {
    /// A fresh decoder that makes everything louder by a factor; `None` for anything but one or two channels.
    pub(super) fn new(n_channels: usize, gain: f32) -> Option<Self> {
        let channels = match n_channels {
            1 => Channels::Mono,
            2 => Channels::Stereo,
            _ => return None,
        };
        let inner = Decoder::new(OPUS_RATE_HZ, channels).ok()?;
        Some(OpusDecoder {
            inner,
            channels,
            gain,
            interleaved: vec![0.0; LONGEST_PACKET_LEN * n_channels],
        })
    }

    /// Forgets the packets before, as after a jump.
    pub(super) fn reset(&mut self) {
        if let Ok(fresh) = Decoder::new(OPUS_RATE_HZ, self.channels) {
            self.inner = fresh;
        }
    }

    /// The interleaved samples of one packet, or `None` if it is corrupt.
    pub(super) fn decode(&mut self, packet: &[u8]) -> Option<&[f32]> {
        if packet.is_empty() {
            return None;
        }
        let decoded = self.inner.decode_float(packet, &mut self.interleaved, DecodeMode::Normal);
        let samples = &mut self.interleaved[..decoded.ok()? * self.channels.count()];
        #[expect(clippy::float_cmp, reason = "a gain of exactly 1 is the usual one")]
        if self.gain != 1.0 {
            for sample in samples.iter_mut() {
                *sample *= self.gain;
            }
        }
        Some(samples)
    }
}

/// What the identification header says of the decoding (RFC 7845, section 5.1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct OpusHead {
    /// Samples to drop at the start of the stream.
    pub(super) pre_skip: usize,
    /// By how much samples are to be made louder: a factor.
    pub(super) gain: f32,
}

impl OpusHead {
    /// Reads the header, whose numbers are little-endian but in MP4 ("Encapsulation of Opus in ISO Base Media File
    /// Format", section 4.3.2). Nothing is dropped and the gain is 1 if the header is not there.
    pub(super) fn read(header: Option<&[u8]>, is_big_endian: bool) -> OpusHead {
        let field = |at: usize| {
            let bytes = header?.strip_prefix(b"OpusHead")?.get(at..at + 2)?;
            let bytes = [bytes[0], bytes[1]];
            Some(if is_big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
        };
        let gain_db = f32::from(field(8).unwrap_or(0).cast_signed()) / 256.0;
        OpusHead {
            pre_skip: usize::from(field(2).unwrap_or(0)),
            gain: 10.0_f32.powf(gain_db / 20.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pre_skip_and_gain_are_read_from_the_identification_header() {
        let head = |header, is_big_endian| {
            let head = OpusHead::read(header, is_big_endian);
            (head.pre_skip, head.gain)
        };
        let little = b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0";
        assert_eq!(head(Some(little), false), (312, 1.0));
        let big = b"OpusHead\0\x01\x01\x38\0\0\xbb\x80\xec\0\0";
        assert_eq!(head(Some(big), true), (312, 0.1));
        assert_eq!(head(Some(b"OpusHead"), false), (0, 1.0));
        assert_eq!(head(None, false), (0, 1.0));
    }

    #[test]
    fn more_than_two_channels_have_no_decoder() {
        assert!(OpusDecoder::new(0, 1.0).is_none());
        assert!(OpusDecoder::new(2, 1.0).is_some());
        assert!(OpusDecoder::new(6, 1.0).is_none());
    }

    #[test]
    fn a_corrupt_packet_is_told_from_a_good_one() {
        let mut encoder = ropus::Encoder::builder(48_000, Channels::Mono, ropus::Application::Voip)
            .build()
            .unwrap();
        let mut packet = [0; 4000];
        let len = encoder.encode(&[0; 960], &mut packet).unwrap();
        let mut decoder = OpusDecoder::new(1, 1.0).unwrap();
        assert_eq!(decoder.decode(&packet[..len]).map(<[f32]>::len), Some(960));
        assert_eq!(decoder.decode(&[]), None);
        assert_eq!(decoder.decode(&[0xff]), None, "a packet that promises frames and has none");
    }
}
