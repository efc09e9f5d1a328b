//! The chain that holds a log's lines together: each line ends with a checksum of itself and of all before it.
//!
//! In: lines, in order. Out: their checksums. Keeps the last one.
//!
//! A line is `{...,"chain":"0123456789abcdef"}`. The checksum is the first 16 hexadecimal digits of the SHA-256
//! over the checksum of the line before (nothing for the first line) and this line's bytes before `,"chain":"`.
//! So a line that is altered, missing, repeated or in another place no longer follows from the one before it.
//! That finds accidents and clumsy hands. It is no signature: who rewrites the log from some line to its end can
//! make new checksums, but not the same last one.

use sha2::{Digest, Sha256};

/// What stands between a line's own bytes and its checksum.
const FIELD: &[u8] = b",\"chain\":\"";

/// What stands after the checksum.
const CLOSING: &[u8] = b"\"}";

/// Bytes of a checksum: 64 bits in hexadecimal.
const CHECKSUM_LEN: usize = 16;

/// A line's checksum; of no line at first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Chain {
    /// Lower-case hexadecimal digits; none before the first line.
    digits: Option<[u8; CHECKSUM_LEN]>,
}

impl Chain {
    /// The checksum of the line that follows, of which `body` is what stands before its checksum.
    pub(super) fn next(self, body: &[u8]) -> Self {
        let mut hash = Sha256::new();
        if let Some(before) = self.digits {
            hash.update(before);
        }
        hash.update(body);
        let mut digits = [0; CHECKSUM_LEN];
        for (two, byte) in digits.chunks_exact_mut(2).zip(hash.finalize()) {
            two.copy_from_slice(&[hexadecimal(byte >> 4), hexadecimal(byte & 15)]);
        }
        Chain { digits: Some(digits) }
    }

    /// Puts a JSON object, which is all of `line`, and a checksum together; gives the checksum.
    pub(super) fn close(self, line: &mut Vec<u8>) -> Self {
        debug_assert_eq!(line.last(), Some(&b'}'), "a line is an object with a field or more");
        line.pop();
        let chain = self.next(line);
        line.extend_from_slice(FIELD);
        line.extend_from_slice(&chain.digits.unwrap_or_default());
        line.extend_from_slice(CLOSING);
        chain
    }

    /// A line as its own bytes and its checksum; none if it has none.
    pub(super) fn split(line: &[u8]) -> Option<(&[u8], Self)> {
        let rest = line.strip_suffix(CLOSING)?;
        let (rest, digits) = rest.split_last_chunk::<CHECKSUM_LEN>()?;
        let is_digit = |digit: &u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(digit);
        let body = rest.strip_suffix(FIELD).filter(|_| digits.iter().all(is_digit))?;
        Some((body, Chain { digits: Some(*digits) }))
    }

    /// The checksum in words; empty before the first line.
    pub(super) fn text(self) -> String {
        self.digits.iter().flatten().map(|&digit| char::from(digit)).collect()
    }
}

fn hexadecimal(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'a' + value - 10 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_closed_is_split_into_the_same_again() {
        let mut line = b"{\"record\":\"mark\"}".to_vec();
        let chain = Chain::default().close(&mut line);
        let (body, found) = Chain::split(&line).unwrap();
        assert_eq!((body, found), (&b"{\"record\":\"mark\""[..], chain));
        assert_eq!(Chain::default().next(body), chain);
        assert_ne!(chain.next(body), chain, "the line before counts");
    }

    /// `printf '{"record":"mark"' | sha256sum`, and the same with the first checksum before it.
    #[test]
    fn the_checksum_is_the_one_that_sha256sum_gives() {
        let first = Chain::default().next(b"{\"record\":\"mark\"");
        assert_eq!(first.text(), "4f04e083bd99e11f");
        assert_eq!(first.next(b"{\"record\":\"mark\"").text(), "a5d74b47c1a1a4c5");
    }

    #[test]
    fn a_line_without_a_checksum_is_told_from_one_with() {
        for line in [
            "",
            "{}",
            "{\"chain\":\"0123456789abcdef\"}",
            "{\"a\":1,\"chain\":\"0123456789ABCDEF\"}",
            "{\"a\":1,\"chain\":\"123456789abcdef\"}",
            "{\"a\":1,\"chain\":\"0123456789abcdef\",\"b\":2}",
        ] {
            assert_eq!(Chain::split(line.as_bytes()), None, "{line}");
        }
    }
}
