//! The format chunk of a WAV file: which coding, how many channels, which rate.
//!
//! In: the bytes of the chunk. Out: a [`WavFormat`], checked. Keeps nothing. Sources: as [`super::wav`]; the numbers of
//! codings are Microsoft's (`mmreg.h`, RFC 2361).

use std::path::Path;

use super::coding::{Coding, Layout, Order};
use super::error::AudioError;
use super::gsm;

const TAG_PCM: u16 = 0x0001;
const TAG_MS_ADPCM: u16 = 0x0002;
const TAG_FLOAT: u16 = 0x0003;
const TAG_A_LAW: u16 = 0x0006;
const TAG_MU_LAW: u16 = 0x0007;
const TAG_IMA_ADPCM: u16 = 0x0011;
const TAG_GSM: u16 = 0x0031;
const TAG_MPEG: u16 = 0x0050;
const TAG_MP3: u16 = 0x0055;
const TAG_EXTENSIBLE: u16 = 0xfffe;

/// Up to where the extensible format names its coding.
const EXTENSIBLE_LEN: usize = 26;

/// What a format chunk says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WavFormat {
    /// Blocks of one length, which are decoded here.
    Blocks(Layout),
    /// Microsoft's or IMA's ADPCM, for symphonia: the chunk's bytes, and those of a block.
    Adpcm { chunk: Vec<u8>, block_len: u64 },
    /// MPEG audio: frames that say everything themselves.
    Mpeg,
}

/// Reads a format chunk.
///
/// # Errors
/// A chunk that is too short, no channels, a coding that is not read here.
pub(super) fn read(chunk: &[u8], order: Order, path: &Path) -> Result<WavFormat, AudioError> {
    let path = path.to_owned();
    if chunk.len() < 16 {
        let reason = "the format chunk of its header is missing or too short".to_owned();
        return Err(AudioError::Malformed { path, reason });
    }
    let field = |at: usize| match order {
        Order::Little => u16::from_le_bytes([chunk[at], chunk[at + 1]]),
        Order::Big => u16::from_be_bytes([chunk[at], chunk[at + 1]]),
    };
    let (tag, n_channels, block_len, bits) = (field(0), field(2), field(12), field(14));
    let rate_hz = match order {
        Order::Little => u32::from(field(4)) | u32::from(field(6)) << 16,
        Order::Big => u32::from(field(4)) << 16 | u32::from(field(6)),
    };
    if n_channels == 0 {
        return Err(AudioError::NoChannels { path });
    }
    let tag = match tag {
        TAG_EXTENSIBLE if chunk.len() >= EXTENSIBLE_LEN => field(24),
        _ => tag,
    };
    let width = sample_width(n_channels, block_len, bits);
    let coding = match (tag, width) {
        (TAG_PCM, Some(width @ 1..=4)) => Coding::Integer { width, order, is_signed: width > 1 },
        (TAG_FLOAT, Some(width @ (4 | 8))) => Coding::Float { width, order },
        (TAG_A_LAW, _) => Coding::ALaw,
        (TAG_MU_LAW, _) => Coding::MuLaw,
        (TAG_GSM, _) if n_channels == 1 && gsm_block_fits(block_len) => Coding::GsmPair,
        (TAG_MPEG | TAG_MP3, _) => return Ok(WavFormat::Mpeg),
        (TAG_MS_ADPCM | TAG_IMA_ADPCM, _) if order == Order::Little => {
            let block_len = u64::from(block_len).max(1);
            return Ok(WavFormat::Adpcm { chunk: chunk.to_vec(), block_len });
        }
        _ => return Err(AudioError::UnsupportedCodec { path, codec: coding_name(tag, bits) }),
    };
    Ok(WavFormat::Blocks(Layout { coding, rate_hz, n_channels: usize::from(n_channels) }))
}

/// Bytes of a sample. It may be wider than its bits: 20 bits stand in 24. Recorders leave the length of a block at 0.
fn sample_width(n_channels: u16, block_len: u16, bits: u16) -> Option<usize> {
    let least = bits.div_ceil(8);
    let width = match block_len {
        0 => least,
        _ if block_len.is_multiple_of(n_channels) => block_len / n_channels,
        _ => return None,
    };
    (bits > 0 && width >= least).then_some(usize::from(width))
}

/// Most recorders say how long a block of GSM is, 65 bytes; some leave it out.
fn gsm_block_fits(block_len: u16) -> bool {
    matches!(usize::from(block_len), 0 | 1 | gsm::PAIR_LEN)
}

/// A coding for a message: its name where telephone recorders use it, and its number.
fn coding_name(tag: u16, bits: u16) -> String {
    let name = match tag {
        TAG_PCM => return format!("{bits}-bit PCM in WAV"),
        TAG_FLOAT => return format!("{bits}-bit float in WAV"),
        TAG_GSM => "GSM 06.10 with blocks of an unknown kind",
        TAG_MS_ADPCM | TAG_IMA_ADPCM => "ADPCM with its bytes swapped",
        0x0010 | 0x0017 => "Dialogic ADPCM (VOX)",
        0x0014 => "G.723 ADPCM",
        0x0022 => "TrueSpeech",
        0x0040 | 0x0045 | 0x0064 => "G.726 ADPCM",
        0x0042 | 0x0111 => "G.723.1",
        0x0041 | 0x0065 | 0x028f => "G.722",
        0x0057 | 0x7361 => "AMR",
        0x0083 | 0x0133 => "G.729",
        0x00ff | 0x1600 | 0x1602 | 0x1610 => "AAC",
        0x0160..=0x0163 => "Windows Media Audio",
        0x2000 => "AC-3",
        0xa109 => "Speex",
        0xf1ac => "FLAC",
        _ => "an unknown coding",
    };
    format!("{name} in WAV (format {tag:#06x})")
}
