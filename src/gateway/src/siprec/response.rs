//! Our answers to SIP requests (RFC 3261, section 8.2.6; RFC 7866).
//!
//! In: a request, where it came from, and what is answered. Out: where the answer goes, and its bytes. Keeps nothing.
//! Who calls stands in an answer only as it stood in the request.

use crate::siprec::sip::{Request, Via, split_outside_quotes};
use std::fmt::Write as _;
use std::net::SocketAddr;

/// The methods that are served.
pub const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE";
/// The bodies that are read.
pub const ACCEPT: &str = "application/sdp, application/rs-metadata+xml, multipart/mixed";

/// An answer.
#[derive(Clone, Debug)]
pub struct Response<'a> {
    /// 200 to 699.
    pub status: u16,
    /// Our tag, for a To that has none.
    pub tag: &'a str,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// An SDP answer.
    pub sdp: Option<&'a [u8]>,
}

impl<'a> Response<'a> {
    /// An answer with nothing but its status.
    #[must_use]
    pub fn new(status: u16, tag: &'a str) -> Self {
        Response { status, tag, headers: Vec::new(), sdp: None }
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Where the answer to a request goes that came from there, and its bytes.
    #[must_use]
    pub fn to(&self, request: &Request<'_>, from: SocketAddr) -> (SocketAddr, Vec<u8>) {
        let headers = &request.headers;
        let mut text = format!("SIP/2.0 {} {}\r\n", self.status, reason(self.status));
        let mut to = from;
        for (index, via) in headers.all("via").enumerate() {
            let (first, others) = split_outside_quotes(via, ',');
            let received = match Via::parse(via).filter(|_| index == 0) {
                Some(sender) => {
                    to = sender.answer_to(from);
                    sender.received(from)
                }
                None => String::new(),
            };
            let first = if received.is_empty() { first } else { &without_rport(first) };
            push(&mut text, "Via", &format!("{first}{received}"));
            if let Some(others) = others {
                push(&mut text, "Via", others.trim());
            }
        }
        for route in headers.all("record-route") {
            push(&mut text, "Record-Route", route);
        }
        push(&mut text, "From", headers.one("from").unwrap_or_default());
        push(&mut text, "To", &tagged(request, self.tag));
        push(&mut text, "Call-ID", headers.call_id());
        push(&mut text, "CSeq", headers.one("cseq").unwrap_or_default());
        for (name, value) in &self.headers {
            push(&mut text, name, value);
        }
        if self.sdp.is_some() {
            push(&mut text, "Content-Type", "application/sdp");
        }
        let sdp = self.sdp.unwrap_or_default();
        push(&mut text, "Content-Length", &sdp.len().to_string());
        text.push_str("\r\n");
        (to, [text.as_bytes(), sdp].concat())
    }
}

/// A request's To with our tag.
#[must_use]
pub fn tagged(request: &Request<'_>, tag: &str) -> String {
    let to = request.headers.one("to").unwrap_or_default();
    match request.headers.tag("to") {
        Some(_) => to.to_owned(),
        None => format!("{to};tag={tag}"),
    }
}

/// Writes one header.
pub fn push(text: &mut String, name: &str, value: &str) {
    // Writing into memory does not fail.
    let _ = write!(text, "{name}: {value}\r\n");
}

/// A Via without the question that is answered in it.
fn without_rport(via: &str) -> String {
    let is_question = |part: &&str| part.trim().eq_ignore_ascii_case("rport");
    via.split(';').filter(|part| !is_question(part)).collect::<Vec<_>>().join(";")
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        405 => "Method Not Allowed",
        415 => "Unsupported Media Type",
        420 => "Bad Extension",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        486 => "Busy Here",
        488 => "Not Acceptable Here",
        503 => "Service Unavailable",
        _ => "Server Internal Error",
    }
}
