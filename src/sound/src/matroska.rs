//! The elements of a Matroska or `WebM` file: which codings it names, and whether it was cut off.
//!
//! In: bytes. Out: a [`MatroskaFile`]. Keeps nothing. Browsers write files whose lengths are not known: such a file is
//! whole if it ends where an element ends. Source: RFC 8794 (EBML), RFC 9559 (Matroska).

use std::io;

use super::bytes::Bytes;

const HEADER: u32 = 0x1a45_dfa3;
const SEGMENT: u32 = 0x1853_8067;
const TRACKS: u32 = 0x1654_ae6b;
const TRACK_ENTRY: u32 = 0xae;
const CODEC_ID: u32 = 0x86;

/// The longest header of an element: 4 bytes of name, 8 of length.
const MAX_HEADER_LEN: usize = 12;

/// A name of a coding that is longer is damage.
const MAX_NAME_LEN: u64 = 64;

/// What a file says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct MatroskaFile {
    /// The codings of its sound.
    pub(super) codings: Vec<String>,
    /// Whether it ends within an element.
    pub(super) is_cut: bool,
    /// Where it begins, and where files begin that were joined to it.
    pub(super) starts: Vec<u64>,
}

/// Walks over a file from its beginning.
///
/// # Errors
/// The system's.
pub(super) fn read(bytes: &mut Bytes) -> io::Result<MatroskaFile> {
    let mut file = MatroskaFile::default();
    let end = bytes.len().unwrap_or(u64::MAX);
    loop {
        let head = bytes.peek(MAX_HEADER_LEN)?;
        if head.is_empty() {
            return Ok(file);
        }
        let Some((id, len, header_len)) = element(head) else {
            file.is_cut = true;
            return Ok(file);
        };
        if id == HEADER {
            file.starts.push(bytes.position());
        }
        bytes.consume(header_len);
        let content = bytes.position();
        if len.is_some_and(|len| content.saturating_add(len) > end) {
            file.is_cut = true;
        }
        match (id, len) {
            // What lies within is walked over as well.
            (SEGMENT | TRACKS | TRACK_ENTRY, _) | (_, None) => continue,
            (CODEC_ID, Some(len)) if len <= MAX_NAME_LEN => {
                let name = bytes.peek(usize::try_from(len).unwrap_or(0))?;
                let name = String::from_utf8_lossy(name).trim_end_matches('\0').to_owned();
                if name.starts_with("A_") {
                    file.codings.push(name);
                }
            }
            _ => {}
        }
        bytes.move_to(content.saturating_add(len.unwrap_or(0)))?;
    }
}

/// An element's name, its length if that is known, and the length of both.
fn element(head: &[u8]) -> Option<(u32, Option<u64>, usize)> {
    let id_len = head[0].leading_zeros() as usize + 1;
    if id_len > 4 {
        return None;
    }
    let id = head.get(..id_len)?.iter().fold(0, |id, byte| id << 8 | u32::from(*byte));
    let first = *head.get(id_len)?;
    let size_len = first.leading_zeros() as usize + 1;
    if size_len > 8 {
        return None;
    }
    let size = head.get(id_len..id_len + size_len)?;
    let mask = (1_u64 << (7 * size_len)) - 1;
    let len = size.iter().fold(0, |len, byte| len << 8 | u64::from(*byte)) & mask;
    Some((id, (len != mask).then_some(len), id_len + size_len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_lengths_of_elements_are_read() {
        let known = [0x1a, 0x45, 0xdf, 0xa3, 0x9f, 0];
        assert_eq!(element(&known), Some((0x1a45_dfa3, Some(31), 5)));
        let unknown = [0x18, 0x53, 0x80, 0x67, 1, 255, 255, 255, 255, 255, 255, 255];
        assert_eq!(element(&unknown), Some((SEGMENT, None, 12)));
        let cluster = [0x1f, 0x43, 0xb6, 0x75, 0xff];
        assert_eq!(element(&cluster), Some((0x1f43_b675, None, 5)));
        assert_eq!(element(&[0xae, 0x40, 0x80]), Some((TRACK_ENTRY, Some(128), 3)));
        assert_eq!(element(&[0, 1, 2]), None);
        assert_eq!(element(&[0xae]), None);
    }
}
