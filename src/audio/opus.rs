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
    interleaved: Vec<f32>,
}

impl OpusDecoder {
    /// A fresh decoder; `None` for anything but one or two channels.
    pub(super) fn new(n_channels: usize) -> Option<Self> {
        let channels = match n_channels {
            1 => Channels::Mono,
            2 => Channels::Stereo,
            _ => return None,
        };
        let inner = Decoder::new(OPUS_RATE_HZ, channels).ok()?;
        Some(OpusDecoder {
            inner,
            channels,
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
        decoded.ok().map(|len| &self.interleaved[..len * self.channels.count()])
    }
}

/// The samples to drop at the start of the stream (RFC 7845, section 5.1: bytes 10 and 11 of the
/// identification header); 0 if the header is not there.
pub(super) fn pre_skip(header: Option<&[u8]>) -> usize {
    match header {
        Some(header) if header.starts_with(b"OpusHead") && header.len() >= 12 => {
            usize::from(u16::from_le_bytes([header[10], header[11]]))
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pre_skip_is_read_from_the_identification_header() {
        assert_eq!(pre_skip(Some(b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0")), 312);
        assert_eq!(pre_skip(Some(b"OpusHead")), 0);
        assert_eq!(pre_skip(None), 0);
    }

    #[test]
    fn more_than_two_channels_have_no_decoder() {
        assert!(OpusDecoder::new(0).is_none());
        assert!(OpusDecoder::new(2).is_some());
        assert!(OpusDecoder::new(6).is_none());
    }

    #[test]
    fn a_corrupt_packet_is_told_from_a_good_one() {
        let mut encoder = ropus::Encoder::builder(48_000, Channels::Mono, ropus::Application::Voip)
            .build()
            .unwrap();
        let mut packet = [0; 4000];
        let len = encoder.encode(&[0; 960], &mut packet).unwrap();
        let mut decoder = OpusDecoder::new(1).unwrap();
        assert_eq!(decoder.decode(&packet[..len]).map(<[f32]>::len), Some(960));
        assert_eq!(decoder.decode(&[]), None);
        assert_eq!(decoder.decode(&[0xff]), None, "a packet that promises frames and has none");
    }
}
