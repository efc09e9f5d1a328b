//! The pages of an Ogg file: which streams it holds, beside each other and one after the other.
//!
//! In: bytes. Out: the first packets of the streams with which it begins; where others begin. Keeps nothing.
//! Source: RFC 3533.

use std::io;

use super::bytes::Bytes;

/// A page's header with all of its segments.
const MAX_HEADER_LEN: usize = MIN_HEADER_LEN + 255;

/// A file begins with a page for each stream; more are damage.
const MAX_STREAMS: usize = 16;

/// A page's header without segments.
const MIN_HEADER_LEN: usize = 27;

/// The flag of a stream's first page.
const BEGINS: u8 = 2;

struct Page {
    flags: u8,
    header_len: usize,
    len: usize,
}

impl Page {
    fn read(head: &[u8]) -> Option<Page> {
        if !head.starts_with(b"OggS") || head.len() < MIN_HEADER_LEN {
            return None;
        }
        let header_len = 27 + usize::from(head[26]);
        let body: usize = head.get(27..header_len)?.iter().map(|len| usize::from(*len)).sum();
        Some(Page { flags: head[5], header_len, len: header_len + body })
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

/// Where streams begin in a file: one group of them, or several that were chained. It stands at the end then.
///
/// # Errors
/// The system's.
pub(super) fn starts(bytes: &mut Bytes) -> io::Result<Vec<u64>> {
    let begins = |head: &[u8]| head.starts_with(b"OggS\0") && head[5] & BEGINS != 0;
    let found = bytes.find_all(MIN_HEADER_LEN, begins)?;
    // The first pages of the streams of one group follow each other.
    let mut starts = Vec::new();
    let mut group_end = None;
    for start in found {
        bytes.move_to(start)?;
        let page = Page::read(bytes.peek(MAX_HEADER_LEN)?);
        if group_end != Some(start) {
            starts.push(start);
        }
        group_end = page.map(|page| start + page.len as u64);
    }
    Ok(starts)
}
