//! The chunks of a RIFF file: which bytes begin one, and which are samples that go on.
//!
//! In: bytes. Out: whether a chunk begins there. Keeps nothing. Sources: Microsoft and IBM, "Multimedia Programming
//! Interface and Data Specifications 1.0"; EBU Tech 3306 (RF64) and ITU-R BS.2088 (BW64).

use std::io;

use super::bytes::Bytes;

/// The identifiers with which a file of this family begins.
const FORMS: [&[u8; 4]; 4] = [b"RIFF", b"RF64", b"BW64", b"RIFX"];

/// Chunks that are known to follow samples, or to stand before them.
const KNOWN: [&[u8; 4]; 32] = [
    b"LIST", b"fact", b"cue ", b"smpl", b"bext", b"iXML", b"axml", b"PEAK", b"JUNK", b"junk",
    b"PAD ", b"FLLR", b"plst", b"inst", b"acid", b"afsp", b"umid", b"levl", b"DISP", b"_PMX",
    b"cart", b"id3 ", b"ID3 ", b"minf", b"elm1", b"regn", b"chna", b"MD5 ", b"fmt ", b"data",
    b"ds64", b"list",
];

/// What follows samples and is all zeros, up to this length, fills the file up and is no sound: the block of a
/// disk or a memory card.
const MAX_FILLING: u64 = 65_536;

/// Whether these 12 bytes begin a WAV file.
pub(super) fn begins_wav(head: &[u8]) -> bool {
    head.len() >= 12 && is_form(head) && &head[8..12] == b"WAVE"
}

/// Where in `bytes` another WAV file begins: its header and its first chunk, 16 bytes that no sound has.
pub(super) fn wav_within(bytes: &[u8]) -> Option<usize> {
    bytes.windows(16).position(|window| {
        matches!(window[0], b'R' | b'B') && begins_wav(window) && is_name(&window[12..])
    })
}

/// Whether a chunk begins here, in a file that goes on for `rest` bytes from here if that is known.
fn is_chunk(head: &[u8], rest: Option<u64>) -> bool {
    if head.len() < 8 {
        return false;
    }
    let len = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
    let fits = rest.is_some_and(|rest| len + 8 <= rest + 1);
    is_form(head) || KNOWN.iter().any(|id| head.starts_with(*id)) || fits && is_name(&head[..4])
}

/// Whether samples end here: at the end, or with a chunk. Chunks begin at even places; `is_odd` says that this is an
/// odd one.
///
/// # Errors
/// The system's.
pub(super) fn ends_here(bytes: &mut Bytes, is_odd: bool) -> io::Result<bool> {
    let rest = bytes.len().map(|len| len.saturating_sub(bytes.position()));
    let head = bytes.peek(9)?.to_vec();
    if head.len() < 8
        || is_chunk(&head, rest)
        || is_odd && is_chunk(&head[1..], rest.map(|rest| rest - 1))
    {
        return Ok(true);
    }
    match rest {
        Some(rest) if rest <= MAX_FILLING => {
            let rest = usize::try_from(rest).unwrap_or(usize::MAX);
            Ok(bytes.peek(rest)?.iter().all(|byte| *byte == 0))
        }
        _ => Ok(false),
    }
}

/// Takes the byte that fills an odd chunk up, if it is there: some programs leave it out.
///
/// # Errors
/// The system's.
pub(super) fn take_pad(bytes: &mut Bytes) -> io::Result<()> {
    let rest = bytes.len().map(|len| len.saturating_sub(bytes.position()));
    let head = bytes.peek(9)?;
    if !is_chunk(head, rest) || head.len() == 9 && is_chunk(&head[1..], rest.map(|rest| rest - 1)) {
        bytes.consume(1);
    }
    Ok(())
}

fn is_form(head: &[u8]) -> bool {
    FORMS.iter().any(|form| head.starts_with(*form))
}

/// Whether these could be a chunk's name.
fn is_name(name: &[u8]) -> bool {
    name.iter().all(|byte| byte.is_ascii_alphanumeric() || b" _-".contains(byte))
}
