//! Where one SIP message ends and the next begins on a TCP connection (RFC 3261, section 18.3; RFC 5626).
//!
//! In: what is read, however it is cut. Out: message after message. Keeps what is no whole message yet.

use crate::protocol::Refusal;
use crate::siprec::sip::{MAX_LEN, split_head};

/// What stands at the beginning of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Not yet a whole message: more is to be read.
    Partial,
    /// Empty lines of so many bytes, to be thrown away: they keep the connection open.
    Blank(usize),
    /// A peer asks with so many bytes whether we are there: [`PONG`] is to be sent back.
    Ping(usize),
    /// A message of so many bytes.
    Whole(usize),
}

/// The answer to a [`Frame::Ping`].
pub const PONG: &[u8] = b"\r\n";

/// What was read of a connection and not yet taken.
///
/// However a message comes, in one piece or byte by byte, each byte of its head is looked at a few times at most.
#[derive(Debug, Default)]
pub struct Frames {
    bytes: Vec<u8>,
    /// So many bytes were searched for the end of the head.
    n_searched: usize,
    /// The length of the first message, once its head is there.
    len: Option<usize>,
}

impl Frames {
    /// Takes what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes what stands at the beginning, with its bytes; a partial message stays.
    ///
    /// # Errors
    /// [`Refusal`]: the connection is to be closed, for nobody knows where the next message begins.
    pub fn take(&mut self) -> Result<(Frame, Vec<u8>), Refusal> {
        let frame = self.first()?;
        let len = match frame {
            Frame::Partial => return Ok((frame, Vec::new())),
            Frame::Blank(len) | Frame::Ping(len) | Frame::Whole(len) => len,
        };
        (self.n_searched, self.len) = (0, None);
        Ok((frame, self.bytes.drain(..len).collect()))
    }

    /// So many bytes wait for the rest of their message.
    #[must_use]
    pub fn n_waiting(&self) -> usize {
        self.bytes.len()
    }

    fn first(&mut self) -> Result<Frame, Refusal> {
        let bytes = &self.bytes;
        if bytes.starts_with(b"\r\n\r\n") {
            return Ok(Frame::Ping(4));
        }
        let n_blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        if n_blank > 0 {
            let is_ping_perhaps = n_blank == bytes.len() && b"\r\n\r\n".starts_with(bytes);
            return Ok(if is_ping_perhaps { Frame::Partial } else { Frame::Blank(n_blank) });
        }
        let Some(len) = self.message_len()? else { return Ok(Frame::Partial) };
        Ok(if len <= self.bytes.len() { Frame::Whole(len) } else { Frame::Partial })
    }

    /// The length of the message with its body, once the head is there.
    fn message_len(&mut self) -> Result<Option<usize>, Refusal> {
        if self.len.is_some() {
            return Ok(self.len);
        }
        // An empty line is three bytes behind the end of another one at most.
        let from = self.n_searched.saturating_sub(3);
        let Some((head, rest)) = split_head(&self.bytes[from..]) else {
            if self.bytes.len() > MAX_LEN {
                return Err(Refusal::TooLarge("SIP: headers of more than 64 KiB"));
            }
            self.n_searched = self.bytes.len();
            return Ok(None);
        };
        let head = &self.bytes[..from + head.len()];
        let body_len = content_length(head).ok_or(Refusal::Malformed("SIP: Content-Length"))?;
        let len = (self.bytes.len() - rest.len()).saturating_add(body_len);
        if len > MAX_LEN {
            return Err(Refusal::TooLarge("SIP: a message of more than 64 KiB"));
        }
        self.len = Some(len);
        Ok(self.len)
    }
}

/// On a connection every message has it.
fn content_length(head: &[u8]) -> Option<usize> {
    let mut lines = head.split(|byte| *byte == b'\n');
    lines.find_map(|line| {
        let (name, value) = std::str::from_utf8(line).ok()?.split_once(':')?;
        let name = name.trim();
        let is_it = name.eq_ignore_ascii_case("content-length") || name.eq_ignore_ascii_case("l");
        is_it.then(|| value.trim().parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What stands at the beginning of these bytes.
    fn first(bytes: &[u8]) -> Result<Frame, Refusal> {
        let mut frames = Frames::default();
        frames.push(bytes);
        frames.take().map(|(frame, _)| frame)
    }

    /// All that comes of bytes that are read in pieces.
    fn all(bytes: &[u8], piece: usize) -> Vec<(Frame, Vec<u8>)> {
        let mut frames = Frames::default();
        let mut taken = Vec::new();
        for piece in bytes.chunks(piece) {
            frames.push(piece);
            while let Ok((frame, bytes)) = frames.take() {
                if frame == Frame::Partial {
                    break;
                }
                taken.push((frame, bytes));
            }
        }
        taken
    }

    #[test]
    fn however_a_connection_is_cut_the_messages_are_the_same() {
        let message = b"BYE sip:a SIP/2.0\r\nl: 3\r\n\r\nabc";
        let other = b"ACK sip:a SIP/2.0\nContent-Length: 0\n\n";
        let bytes = [&message[..], b"\r\n\r\n", other, message].concat();
        for piece in 1..bytes.len() {
            let taken = all(&bytes, piece);
            let messages: Vec<&[u8]> = taken
                .iter()
                .filter(|(frame, _)| matches!(frame, Frame::Whole(_)))
                .map(|(_, bytes)| bytes.as_slice())
                .collect();
            assert_eq!(messages, [&message[..], other, message], "{piece}");
        }
    }

    #[test]
    fn a_head_that_comes_byte_by_byte_costs_no_more_than_one_that_comes_at_once() {
        let mut bytes = b"INVITE sip:a SIP/2.0\r\nl: 20000\r\n".to_vec();
        while bytes.len() < 40_000 {
            bytes.extend_from_slice(b"X-Filler: 0123456789\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.resize(bytes.len() + 20_000, b'x');
        let mut frames = Frames::default();
        let mut n_looked_at = 0;
        let mut whole = 0;
        for byte in &bytes {
            frames.push(&[*byte]);
            let before = frames.n_searched.saturating_sub(3);
            n_looked_at += if frames.len.is_some() { 0 } else { frames.bytes.len() - before };
            whole += usize::from(matches!(frames.take(), Ok((Frame::Whole(_), _))));
        }
        assert_eq!(whole, 1);
        assert!(n_looked_at < 5 * bytes.len(), "{n_looked_at}");
    }

    #[test]
    fn a_message_ends_with_its_body() {
        let bytes = b"BYE sip:a SIP/2.0\r\nl: 3\r\n\r\nabcBYE";
        assert_eq!(first(bytes), Ok(Frame::Whole(bytes.len() - 3)));
        for end in 1..bytes.len() - 3 {
            assert_eq!(first(&bytes[..end]), Ok(Frame::Partial), "{end}");
        }
    }

    #[test]
    fn pings_are_told_from_empty_lines() {
        assert_eq!(first(b"\r\n\r\nBYE"), Ok(Frame::Ping(4)));
        assert_eq!(first(b"\r\n\r"), Ok(Frame::Partial));
        assert_eq!(first(b"\r\nBYE"), Ok(Frame::Blank(2)));
        assert_eq!(first(b"\n\n"), Ok(Frame::Blank(2)));
        assert_eq!(first(b""), Ok(Frame::Partial));
    }

    #[test]
    fn what_has_no_end_is_refused() {
        assert!(first(b"BYE sip:a SIP/2.0\r\n\r\n").is_err());
        assert!(first(b"BYE sip:a SIP/2.0\r\nContent-Length: -1\r\n\r\n").is_err());
        assert!(
            first(b"BYE sip:a SIP/2.0\r\nContent-Length: 99999999999999999999\r\n\r\n").is_err()
        );
        assert!(first(b"BYE sip:a SIP/2.0\r\nContent-Length: 65536\r\n\r\n").is_err());
        assert!(first(&vec![b'a'; MAX_LEN + 1]).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(text in "(\r\n|\n|l:|[0-9]{1,20}|\\PC)*") {
            if let Ok(Frame::Whole(len) | Frame::Ping(len) | Frame::Blank(len)) = first(text.as_bytes()) {
                prop_assert!((1..=text.len()).contains(&len));
            }
        }
    }
}
