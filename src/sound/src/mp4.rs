//! The boxes of an MP4 file: the four letters by which it names its sound.
//!
//! In: bytes. Out: the letters. Keeps nothing. Source: ISO/IEC 14496-12, sections 4.2, 8.4.3 and 8.5.2.

use std::io;

use super::bytes::Bytes;

/// A movie's header is longer for very long recordings only, 4 bytes a packet; those are tried without a look.
const MAX_MOVIE_LEN: u64 = 32 << 20;

/// Where files begin in these bytes, one or several that were joined, and whether the last ends within a box.
///
/// # Errors
/// The system's.
pub(super) fn starts(bytes: &mut Bytes) -> io::Result<(Vec<u64>, bool)> {
    let mut starts = Vec::new();
    let end = bytes.len().unwrap_or(u64::MAX);
    loop {
        let head = bytes.peek(16)?;
        let found = header(head);
        let from = bytes.position();
        if found.is_some_and(|(name, ..)| &name == b"ftyp") {
            starts.push(from);
        }
        match found {
            Some((_, _, len)) if from.saturating_add(len) > end => return Ok((starts, true)),
            Some((_, _, len)) if len > 0 => bytes.move_to(from.saturating_add(len))?,
            _ => return Ok((starts, false)),
        }
    }
}

/// The letters of each track of sound.
///
/// # Errors
/// The system's.
pub(super) fn sounds(bytes: &mut Bytes) -> io::Result<Vec<[u8; 4]>> {
    loop {
        let head = bytes.peek(16)?;
        let Some((name, header_len, len)) = header(head) else { return Ok(Vec::new()) };
        let from = bytes.position();
        if &name == b"moov" && len <= MAX_MOVIE_LEN {
            let movie = bytes.peek(usize::try_from(len).unwrap_or(0))?;
            let mut sounds = Vec::new();
            walk(movie.get(header_len..).unwrap_or_default(), &mut None, &mut sounds);
            return Ok(sounds);
        }
        if len == 0 {
            return Ok(Vec::new());
        }
        bytes.move_to(from.saturating_add(len))?;
    }
}

/// Walks over boxes and into those that lead to the description of the samples. `handler` is the kind of the track.
fn walk(mut boxes: &[u8], handler: &mut Option<[u8; 4]>, sounds: &mut Vec<[u8; 4]>) {
    while let Some((name, header_len, len)) = header(boxes) {
        let len = usize::try_from(len).unwrap_or(usize::MAX).min(boxes.len());
        let content = boxes.get(header_len..len).unwrap_or_default();
        match &name {
            b"trak" => walk(content, &mut None, sounds),
            b"mdia" | b"minf" | b"stbl" => walk(content, handler, sounds),
            b"hdlr" if handler.is_none() => *handler = letters(content, 8),
            b"stsd" if *handler == Some(*b"soun") => sounds.extend(letters(content, 12)),
            _ => {}
        }
        if len == 0 {
            return;
        }
        boxes = &boxes[len..];
    }
}

fn letters(bytes: &[u8], at: usize) -> Option<[u8; 4]> {
    bytes.get(at..at + 4)?.try_into().ok()
}

/// A box's name, the length of its header, and that of all; a length of 0 reaches to the end.
fn header(head: &[u8]) -> Option<([u8; 4], usize, u64)> {
    let short = u32::from_be_bytes(letters(head, 0)?);
    let name = letters(head, 4)?;
    match short {
        0 => Some((name, 8, 0)),
        1 => Some((name, 16, u64::from_be_bytes(head.get(8..16)?.try_into().ok()?).max(16))),
        len => (len >= 8).then_some((name, 8, u64::from(len))),
    }
}
