//! Where one SIP message ends and the next begins on a TCP connection (RFC 3261, section 18.3; RFC 5626).
//!
//! In: what was read and not yet taken. Out: how many bytes the first message has. Keeps nothing.

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

/// What stands at the beginning of the bytes.
///
/// # Errors
/// [`Refusal`]: the connection is to be closed, for nobody knows where the next message begins.
pub fn first(bytes: &[u8]) -> Result<Frame, Refusal> {
    if bytes.starts_with(b"\r\n\r\n") {
        return Ok(Frame::Ping(4));
    }
    let n_blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    if n_blank > 0 {
        let is_ping_perhaps = n_blank == bytes.len() && b"\r\n\r\n".starts_with(bytes);
        return Ok(if is_ping_perhaps { Frame::Partial } else { Frame::Blank(n_blank) });
    }
    let Some((head, rest)) = split_head(bytes) else {
        if bytes.len() > MAX_LEN {
            return Err(Refusal::TooLarge("SIP: headers of more than 64 KiB"));
        }
        return Ok(Frame::Partial);
    };
    let body_len = content_length(head).ok_or(Refusal::Malformed("SIP: Content-Length"))?;
    let len = (bytes.len() - rest.len()).saturating_add(body_len);
    if len > MAX_LEN {
        return Err(Refusal::TooLarge("SIP: a message of more than 64 KiB"));
    }
    Ok(if len <= bytes.len() { Frame::Whole(len) } else { Frame::Partial })
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
