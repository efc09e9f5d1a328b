//! Codings whose blocks all have one length in bytes and one in samples: PCM, G.711, GSM 06.10 and G.722.
//!
//! In: whole blocks. Out: interleaved samples in [-1, 1]. Keeps the state of GSM and G.722. Sources: Microsoft's
//! "Multiple Channel Audio Data and WAVE Files" (containers wider than their samples), ITU-T G.711.

use super::g711::{a_law, mu_law, of_i16};
use super::g722::G722Decoder;
use super::gsm::{self, GsmDecoder};

/// How samples are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// Integers of `width` bytes, 1 to 4; what is narrower stands in the upper bits.
    Integer { width: usize, order: Order, is_signed: bool },
    /// Floating point of 4 or 8 bytes.
    Float { width: usize, order: Order },
    /// G.711 mu-law.
    MuLaw,
    /// G.711 A-law.
    ALaw,
    /// GSM 06.10, 33 bytes a frame.
    Gsm,
    /// The same as WAV49: two frames in 65 bytes.
    GsmPair,
    /// G.722 at 64 kbit/s.
    G722,
}

/// Which byte of a number comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

/// A coding with its rate and channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) coding: Coding,
    pub(super) rate_hz: u32,
    pub(super) n_channels: usize,
}

impl Layout {
    /// Bytes of a block.
    pub(super) fn block_len(self) -> usize {
        self.n_channels
            * match self.coding {
                Coding::Integer { width, .. } | Coding::Float { width, .. } => width,
                Coding::MuLaw | Coding::ALaw | Coding::G722 => 1,
                Coding::Gsm => gsm::FRAME_LEN,
                Coding::GsmPair => gsm::PAIR_LEN,
            }
    }

    /// Samples of each channel in a block.
    pub(super) fn block_samples(self) -> u64 {
        match self.coding {
            Coding::Gsm => gsm::FRAME_SAMPLES as u64,
            Coding::GsmPair => 2 * gsm::FRAME_SAMPLES as u64,
            Coding::G722 => 2,
            _ => 1,
        }
    }

    /// Samples in the whole blocks of so many bytes.
    pub(super) fn samples_in(self, n_bytes: u64) -> u64 {
        n_bytes / self.block_len() as u64 * self.block_samples()
    }

    /// The coding as ffmpeg and symphonia name it.
    pub(super) fn name(self) -> String {
        let ending = |width, order| match (width, order) {
            (1, _) => "",
            (_, Order::Little) => "le",
            (_, Order::Big) => "be",
        };
        match self.coding {
            Coding::Integer { width, order, is_signed } => {
                let sign = if is_signed { "s" } else { "u" };
                format!("pcm_{sign}{}{}", 8 * width, ending(width, order))
            }
            Coding::Float { width, order } => format!("pcm_f{}{}", 8 * width, ending(width, order)),
            Coding::MuLaw => "pcm_mulaw".to_owned(),
            Coding::ALaw => "pcm_alaw".to_owned(),
            Coding::Gsm | Coding::GsmPair => "gsm".to_owned(),
            Coding::G722 => "g722".to_owned(),
        }
    }
}

/// What a coding keeps from block to block.
pub(super) enum BlockDecoder {
    /// Nothing.
    Plain,
    Gsm(Box<GsmDecoder>),
    G722(Box<G722Decoder>),
}

impl BlockDecoder {
    /// A decoder at the beginning of a stream.
    pub(super) fn new(coding: Coding) -> BlockDecoder {
        match coding {
            Coding::Gsm | Coding::GsmPair => BlockDecoder::Gsm(Box::default()),
            Coding::G722 => BlockDecoder::G722(Box::default()),
            _ => BlockDecoder::Plain,
        }
    }

    /// Appends the samples of whole blocks.
    pub(super) fn decode(&mut self, layout: Layout, blocks: &[u8], out: &mut Vec<f32>) {
        match (layout.coding, self) {
            (Coding::Integer { width, order, is_signed }, _) => {
                let sample = |bytes: &[u8]| integer(bytes, order, is_signed);
                out.extend(blocks.chunks_exact(width).map(sample));
            }
            (Coding::Float { width: 4, order }, _) => {
                let (numbers, _) = blocks.as_chunks::<4>();
                out.extend(numbers.iter().map(|bytes| match order {
                    Order::Little => f32::from_le_bytes(*bytes),
                    Order::Big => f32::from_be_bytes(*bytes),
                }));
            }
            (Coding::Float { order, .. }, _) => {
                let (numbers, _) = blocks.as_chunks::<8>();
                #[expect(clippy::cast_possible_truncation, reason = "samples are f32 here")]
                out.extend(numbers.iter().map(|bytes| match order {
                    Order::Little => f64::from_le_bytes(*bytes) as f32,
                    Order::Big => f64::from_be_bytes(*bytes) as f32,
                }));
            }
            (Coding::MuLaw, _) => out.extend(blocks.iter().map(|code| of_i16(mu_law(*code)))),
            (Coding::ALaw, _) => out.extend(blocks.iter().map(|code| of_i16(a_law(*code)))),
            (Coding::Gsm, BlockDecoder::Gsm(decoder)) => {
                let (frames, _) = blocks.as_chunks::<{ gsm::FRAME_LEN }>();
                for frame in frames {
                    out.extend(decoder.frame(frame).map(of_i16));
                }
            }
            (Coding::GsmPair, BlockDecoder::Gsm(decoder)) => {
                let (pairs, _) = blocks.as_chunks::<{ gsm::PAIR_LEN }>();
                for pair in pairs {
                    out.extend(decoder.pair(pair).into_iter().flatten().map(of_i16));
                }
            }
            (Coding::G722, BlockDecoder::G722(decoder)) => {
                out.extend(blocks.iter().flat_map(|code| decoder.pair(*code)).map(of_i16));
            }
            (Coding::Gsm | Coding::GsmPair | Coding::G722, _) => {
                unreachable!("a decoder is made for its coding")
            }
        }
    }
}

/// An integer of 1 to 4 bytes as a sample: full scale of its width is 1.
#[expect(clippy::cast_precision_loss, reason = "samples are f32 here, also those of 32 bits")]
fn integer(bytes: &[u8], order: Order, is_signed: bool) -> f32 {
    // At the upper end of 32 bits the scale is the same for every width.
    let mut wide = [0; 4];
    match order {
        Order::Little => wide[4 - bytes.len()..].copy_from_slice(bytes),
        Order::Big => {
            for (to, from) in wide.iter_mut().rev().zip(bytes) {
                *to = *from;
            }
        }
    }
    if !is_signed {
        wide[3] ^= 0x80;
    }
    i32::from_le_bytes(wide) as f32 / 2_147_483_648.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(coding: Coding, n_channels: usize, bytes: &[u8]) -> Vec<f32> {
        let layout = Layout { coding, rate_hz: 8000, n_channels };
        let mut out = Vec::new();
        BlockDecoder::new(coding).decode(layout, bytes, &mut out);
        out
    }

    #[test]
    fn integers_of_every_width_and_order_have_one_scale() {
        for width in 1..=4_usize {
            for order in [Order::Little, Order::Big] {
                let coding = Coding::Integer { width, order, is_signed: true };
                let mut half = vec![0; width];
                half[if order == Order::Big { 0 } else { width - 1 }] = 0x40;
                assert_eq!(samples(coding, 1, &half), [0.5], "{coding:?}");
            }
        }
        let unsigned = Coding::Integer { width: 1, order: Order::Little, is_signed: false };
        assert_eq!(samples(unsigned, 1, &[0, 128, 192]), [-1.0, 0.0, 0.5]);
    }
}
