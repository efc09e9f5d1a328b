//! What the body of a request brings: an SDP offer, metadata, or both.
//!
//! In: a request. Out: the two, or the status of the answer that refuses it. Keeps nothing.

use crate::protocol::{Refusal, Side};
use crate::siprec::metadata;
use crate::siprec::multipart::{media_type, parts};
use crate::siprec::sdp::Offer;
use crate::siprec::sip::Request;

/// Bodies that are not what is read.
pub(super) const UNSUPPORTED_MEDIA: u16 = 415;
/// No offer, or none that can be answered.
pub(super) const NOT_ACCEPTABLE: u16 = 488;
const BAD_REQUEST: u16 = 400;

/// What a request brings.
#[derive(Debug, Default)]
pub(super) struct Content<'a> {
    pub offer: Option<Offer>,
    pub metadata: Option<&'a [u8]>,
    /// Whether the body has parts, as that of a recording's first request does.
    pub is_multipart: bool,
}

/// Whose voice is in each stream that the metadata name, or why that is not known.
pub(super) type Sides = Result<Vec<(String, Side)>, Refusal>;

impl<'a> Content<'a> {
    /// What a request brings; else the status that refuses it.
    pub fn of(request: &'a Request<'_>) -> Result<Self, u16> {
        let encoding = request.headers.one("content-encoding");
        if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
            return Err(UNSUPPORTED_MEDIA);
        }
        let mut content = Content::default();
        if request.body.trim_ascii().is_empty() {
            return Ok(content);
        }
        let content_type = request.headers.one("content-type").unwrap_or_default();
        let kind = media_type(content_type);
        if kind.starts_with("multipart/") {
            content.is_multipart = true;
            for part in parts(content_type, request.body).map_err(|_| BAD_REQUEST)? {
                content.take(&part.kind, part.body)?;
            }
        } else if !content.take(&kind, request.body)? {
            return Err(UNSUPPORTED_MEDIA);
        }
        Ok(content)
    }

    /// Whether it is a body that is read.
    fn take(&mut self, kind: &str, body: &'a [u8]) -> Result<bool, u16> {
        match kind {
            "application/sdp" => self.offer = Some(Offer::parse(body).map_err(|_| NOT_ACCEPTABLE)?),
            "application/rs-metadata+xml" | "application/rs-metadata" => self.metadata = Some(body),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// What the metadata say; none without metadata.
    pub fn sides(&self, own_numbers: &[String]) -> Option<Sides> {
        // Names, which play no part, may be in another encoding.
        let text = String::from_utf8_lossy(self.metadata?);
        Some(metadata::sides(&text, own_numbers))
    }
}
