//! A message's body in parts (RFC 2046, section 5.1; RFC 5621).
//!
//! In: the Content-Type of a message and its body. Out: the parts with their media types. Keeps nothing.

use crate::protocol::Refusal;
use crate::siprec::sip::{parameter, split_head};

/// A recording's body has two.
const MAX_PARTS: usize = 8;
/// RFC 2046's.
const MAX_BOUNDARY_LEN: usize = 70;

/// A part of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// The media type in lower case, without parameters; empty where none is named.
    pub kind: String,
    /// What it holds.
    pub body: &'a [u8],
}

/// A Content-Type's media type in lower case.
#[must_use]
pub fn media_type(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The parts of a multipart body, at most 8.
///
/// # Errors
/// [`Refusal::Malformed`] without a boundary or a part, [`Refusal::TooLarge`] for more parts.
pub fn parts<'a>(content_type: &str, body: &'a [u8]) -> Result<Vec<Part<'a>>, Refusal> {
    let (_, parameters) = content_type.split_once(';').unwrap_or_default();
    let boundary = parameter(parameters, "boundary")
        .filter(|boundary| (1..=MAX_BOUNDARY_LEN).contains(&boundary.len()))
        .ok_or(Refusal::Malformed("multipart: no boundary"))?;
    let delimiter = format!("--{boundary}");

    let mut parts = Vec::new();
    let mut part_begin = None;
    let mut line_begin = 0;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let end = line_begin;
        line_begin += line.len();
        let Some(after) = line.strip_prefix(delimiter.as_bytes()) else { continue };
        let after = after.trim_ascii();
        let is_last = after.starts_with(b"--");
        if !after.is_empty() && !is_last {
            continue;
        }
        if let Some(begin) = part_begin.replace(line_begin) {
            push(&mut parts, without_line_end(&body[begin..end]))?;
        }
        if is_last {
            part_begin = None;
            break;
        }
    }
    // Without a last delimiter the last part goes on to the end.
    if let Some(begin) = part_begin {
        push(&mut parts, without_line_end(&body[begin..]))?;
    }
    if parts.is_empty() {
        return Err(Refusal::Malformed("multipart: no part"));
    }
    Ok(parts)
}

fn push<'a>(parts: &mut Vec<Part<'a>>, part: &'a [u8]) -> Result<(), Refusal> {
    if parts.len() == MAX_PARTS {
        return Err(Refusal::TooLarge("multipart: more than 8 parts"));
    }
    let empty = [b"\r\n".as_slice(), b"\n"];
    let no_headers = empty.iter().find_map(|line| part.strip_prefix(*line));
    let split = no_headers.map(|body| (&part[..0], body)).or_else(|| split_head(part));
    let (head, body) = split.ok_or(Refusal::Malformed("multipart: a part without its headers"))?;
    let head = String::from_utf8_lossy(head);
    let kind = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let name = name.trim();
        let is_type = name.eq_ignore_ascii_case("content-type") || name.eq_ignore_ascii_case("c");
        is_type.then(|| media_type(value))
    });
    parts.push(Part { kind: kind.unwrap_or_default(), body });
    Ok(())
}

/// The line's end before a delimiter belongs to the delimiter.
fn without_line_end(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BODY: &[u8] = b"to be ignored\r\n--b1\r\nContent-Type: application/SDP; charset=x\r\n\r\nv=0\r\n\r\n\
        --b1\nc: application/rs-metadata+xml\nContent-Disposition: recording-session\n\n<a/>\n--b1x\n\
        --b1--\r\nto be ignored\r\n--b1\r\n";

    #[test]
    fn parts_are_told_by_a_boundary_with_or_without_quotation_marks() {
        let expected = [
            Part { kind: "application/sdp".to_owned(), body: b"v=0\r\n".as_slice() },
            Part { kind: "application/rs-metadata+xml".to_owned(), body: b"<a/>\n--b1x" },
        ];
        for content_type in
            ["multipart/mixed;boundary=b1", "multipart/mixed; x=\";\" ; Boundary=\"b1\";y=z"]
        {
            assert_eq!(parts(content_type, BODY).expect("two parts"), expected, "{content_type}");
        }
    }

    #[test]
    fn a_last_part_needs_no_delimiter() {
        let found = parts("multipart/mixed;boundary=b", b"--b\r\n\r\nx\r\n").expect("a part");
        assert_eq!(found, [Part { kind: String::new(), body: b"x".as_slice() }]);
    }

    #[test]
    fn what_has_no_parts_is_refused() {
        let long = format!("multipart/mixed;boundary={}", "b".repeat(71));
        assert!(parts(&long, BODY).is_err());
        assert!(parts("multipart/mixed", BODY).is_err());
        assert!(parts("multipart/mixed;boundary=", BODY).is_err());
        assert!(parts("multipart/mixed;boundary=other", BODY).is_err());
        assert!(parts("multipart/mixed;boundary=b", b"--b\r\nno end").is_err());
        let many = b"--b\r\n\r\nx\r\n".repeat(9);
        let refusal = parts("multipart/mixed;boundary=b", &many);
        assert_eq!(refusal, Err(Refusal::TooLarge("multipart: more than 8 parts")));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(body in "(--b|--|\r\n|\n|:|[a-c]|\\PC)*") {
            let _ = parts("multipart/mixed;boundary=b", body.as_bytes());
        }
    }
}
