//! Sun's `.au`: a short header, then samples.
//!
//! In: bytes. Out: an [`AuPart`]. Keeps nothing. Sources: the header file `audio_filehdr.h` of `SunOS`.
//! A length that is wrong is not trusted: nothing follows the samples.

use std::path::Path;

use super::bytes::Bytes;
use super::coding::{Coding, Layout, Order};
use super::error::AudioError;

/// A header that is longer is damaged.
const MAX_HEADER_LEN: u32 = 1 << 20;

/// Where the samples are.
pub(super) struct AuPart {
    pub(super) layout: Layout,
    /// Where they begin.
    pub(super) start: u64,
    /// How many bytes the header promises, if it tells.
    pub(super) declared: Option<u64>,
}

/// Whether these bytes begin such a file.
pub(super) fn begins_au(head: &[u8]) -> bool {
    head.starts_with(b".snd") || head.starts_with(b"dns.")
}

/// Reads the header.
///
/// # Errors
/// A header that is cut off or damaged, a coding that is not read here.
pub(super) fn read(bytes: &mut Bytes, path: &Path) -> Result<AuPart, AudioError> {
    let head =
        bytes.peek(24).map_err(|source| AudioError::Read { path: path.to_owned(), source })?;
    let malformed =
        |reason: &str| AudioError::Malformed { path: path.to_owned(), reason: reason.to_owned() };
    if head.len() < 24 {
        return Err(malformed("it ends within its header"));
    }
    let order = if head.starts_with(b".snd") { Order::Big } else { Order::Little };
    let field = |index: usize| {
        let bytes = [0, 1, 2, 3].map(|byte| head[4 * index + byte]);
        match order {
            Order::Big => u32::from_be_bytes(bytes),
            Order::Little => u32::from_le_bytes(bytes),
        }
    };
    let (offset, len, encoding, rate_hz, n_channels) =
        (field(1), field(2), field(3), field(4), field(5));
    if !(24..=MAX_HEADER_LEN).contains(&offset) {
        return Err(malformed("its header says that the sound begins where it cannot"));
    }
    if n_channels == 0 {
        return Err(AudioError::NoChannels { path: path.to_owned() });
    }
    let n_channels = usize::try_from(n_channels).ok().filter(|n| *n <= 256);
    let n_channels =
        n_channels.ok_or_else(|| malformed("its header promises too many channels"))?;
    let integer = |width| Coding::Integer { width, order, is_signed: true };
    let coding = match encoding {
        1 => Coding::MuLaw,
        27 => Coding::ALaw,
        2..=5 => integer(encoding as usize - 1),
        6 => Coding::Float { width: 4, order },
        7 => Coding::Float { width: 8, order },
        24 if n_channels == 1 => Coding::G722,
        other => {
            let name = match other {
                23 => "G.721 ADPCM".to_owned(),
                25 | 26 => "G.723 ADPCM".to_owned(),
                other => format!("coding number {other}"),
            };
            let codec = format!("{name} in Sun's .au");
            return Err(AudioError::UnsupportedCodec { path: path.to_owned(), codec });
        }
    };
    let declared = (len != 0 && len != u32::MAX).then_some(u64::from(len));
    let layout = Layout { coding, rate_hz, n_channels };
    Ok(AuPart { layout, start: u64::from(offset), declared })
}
