//! The pages of an Ogg file: which streams it holds, one after the other, and how long they are.
//!
//! In: bytes. Out: the first packets of the streams with which it begins; the length of a chain. Keeps nothing.
//! Source: RFC 3533 (Ogg), RFC 7845 (Opus in it).

use std::io;

use super::bytes::Bytes;
use super::opus::OpusHead;

/// A page's header with all of its segments.
const MAX_HEADER_LEN: usize = 27 + 255;

/// A file begins with a page for each stream; more are damage.
const MAX_STREAMS: usize = 16;

/// The longest page.
const MAX_PAGE_LEN: usize = MAX_HEADER_LEN + 255 * 255;

/// The flag of a stream's first page.
const BEGINS: u8 = 2;

struct Page {
    flags: u8,
    granule: u64,
    header_len: usize,
    len: usize,
}

impl Page {
    fn read(head: &[u8]) -> Option<Page> {
        if !head.starts_with(b"OggS") || head.len() < 27 {
            return None;
        }
        let header_len = 27 + usize::from(head[26]);
        let body: usize = head.get(27..header_len)?.iter().map(|len| usize::from(*len)).sum();
        let granule = u64::from_le_bytes(head[6..14].try_into().ok()?);
        Some(Page { flags: head[5], granule, header_len, len: header_len + body })
    }
}

/// The beginnings of the first packets of the streams with which the file begins. The bytes stay where they are.
///
/// # Errors
/// The system's.
pub(super) fn first_packets(bytes: &mut Bytes) -> io::Result<Vec<Vec<u8>>> {
    let mut packets = Vec::new();
    let mut at = 0;
    while packets.len() < MAX_STREAMS {
        let head = bytes.peek(at + MAX_HEADER_LEN)?;
        let page = head.get(at..).and_then(Page::read).filter(|page| page.flags & BEGINS != 0);
        let Some(page) = page else { break };
        let end = (at + page.header_len + 32).min(at + page.len);
        let packet = bytes.peek(end)?.get(at + page.header_len..).unwrap_or_default().to_vec();
        packets.push(packet);
        at += page.len;
    }
    Ok(packets)
}

/// The samples of a chain of Opus streams; `None` if there is one stream only, or others are among them.
///
/// # Errors
/// The system's.
pub(super) fn chain_len(bytes: &mut Bytes) -> io::Result<Option<u64>> {
    let (mut n_streams, mut total, mut is_beginning) = (0, 0, false);
    let (mut pre_skip, mut granule) = (0, 0);
    let mut is_opus = true;
    loop {
        let head = bytes.peek(MAX_PAGE_LEN)?;
        let Some(page) = Page::read(head) else { break };
        if page.flags & BEGINS != 0 && !is_beginning {
            total += granule - pre_skip.min(granule);
            let packet = head.get(page.header_len..).unwrap_or_default();
            is_opus &= packet.starts_with(b"OpusHead");
            (pre_skip, granule) = (OpusHead::read(Some(packet), false).pre_skip as u64, 0);
            n_streams += 1;
        }
        is_beginning = page.flags & BEGINS != 0;
        if page.granule != u64::MAX {
            granule = granule.max(page.granule);
        }
        let next = bytes.position() + page.len as u64;
        bytes.move_to(next)?;
    }
    total += granule - pre_skip.min(granule);
    Ok((n_streams > 1 && is_opus).then_some(total))
}
