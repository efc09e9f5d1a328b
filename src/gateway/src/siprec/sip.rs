//! SIP messages as they come (RFC 3261), as far as one side of a recording needs them.
//!
//! In: one whole message. Out: its method or status, its headers under their long names in lower case, and its body.
//! Keeps nothing. No error names what stood in a message.

use crate::protocol::Refusal;
use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

/// The largest message that is read: what a UDP datagram holds.
pub const MAX_LEN: usize = 64 * 1024;
const MAX_HEADERS: usize = 128;
const MAX_CALL_ID_LEN: usize = 512;
/// SIP's port where none is named.
const DEFAULT_PORT: u16 = 5_060;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Begins a call, or changes it.
    Invite,
    /// The answer to an INVITE was heard.
    Ack,
    /// Ends a call.
    Bye,
    /// Takes an INVITE back.
    Cancel,
    /// Asks whether we are there.
    Options,
    /// Changes a call.
    Update,
    /// Anything else.
    Other,
}

impl Method {
    fn of(word: &str) -> Self {
        match word {
            "INVITE" => Method::Invite,
            "ACK" => Method::Ack,
            "BYE" => Method::Bye,
            "CANCEL" => Method::Cancel,
            "OPTIONS" => Method::Options,
            "UPDATE" => Method::Update,
            _ => Method::Other,
        }
    }
}

/// A message's headers.
#[derive(Clone, Debug)]
pub struct Headers<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

/// A request.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// What it asks for.
    pub method: Method,
    /// Its headers: From, To, Call-ID, `CSeq` and Via are there.
    pub headers: Headers<'a>,
    /// The number of its `CSeq`.
    pub sequence: u32,
    /// What follows the headers.
    pub body: &'a [u8],
}

/// A message.
#[derive(Clone, Debug)]
pub enum Message<'a> {
    /// A request.
    Request(Request<'a>),
    /// An answer to a request of ours.
    Response {
        /// 100 to 699.
        status: u16,
        /// Its headers.
        headers: Headers<'a>,
    },
}

impl<'a> Message<'a> {
    /// Reads one whole message.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`] above 64 KiB or 128 headers, [`Refusal::Malformed`] for what is not SIP/2.0, lacks a
    /// header that every message has, or ends before its Content-Length.
    pub fn parse(message: &'a [u8]) -> Result<Self, Refusal> {
        if message.len() > MAX_LEN {
            return Err(Refusal::TooLarge("SIP: a message of more than 64 KiB"));
        }
        let (head, rest) =
            split_head(message).ok_or(Refusal::Malformed("SIP: no end of headers"))?;
        let head = std::str::from_utf8(head).map_err(|_| Refusal::Malformed("SIP: no UTF-8"))?;
        let (start, lines) = head.split_once('\n').unwrap_or((head, ""));
        let headers = Headers::parse(lines)?;
        let body = match headers.one("content-length") {
            Some(len) => len.parse().ok().and_then(|len| rest.get(..len)),
            None => Some(rest),
        };
        let body = body.ok_or(Refusal::Malformed("SIP: Content-Length"))?;
        headers.check()?;

        let mut words = start.trim_end_matches('\r').split(' ');
        let (first, second, third) = (words.next(), words.next(), words.next());
        if first == Some("SIP/2.0") {
            let status = second.and_then(|code| code.parse().ok());
            let status = status.filter(|code| (100..700).contains(code));
            let status = status.ok_or(Refusal::Malformed("SIP: status"))?;
            return Ok(Message::Response { status, headers });
        }
        let (Some(word), Some("SIP/2.0"), None) = (first, third, words.next()) else {
            return Err(Refusal::Malformed("SIP: first line"));
        };
        let (sequence, method) = headers.sequence().ok_or(Refusal::Malformed("SIP: CSeq"))?;
        if method != word {
            return Err(Refusal::Malformed("SIP: CSeq"));
        }
        Ok(Message::Request(Request { method: Method::of(word), headers, sequence, body }))
    }
}

impl<'a> Headers<'a> {
    fn parse(lines: &'a str) -> Result<Self, Refusal> {
        let mut headers: Vec<(Cow<'a, str>, Cow<'a, str>)> = Vec::new();
        for line in lines.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)) {
            if line.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
                return Err(Refusal::Malformed("SIP: a control character"));
            }
            if line.starts_with([' ', '\t']) {
                let (_, value) = headers.last_mut().ok_or(Refusal::Malformed("SIP: headers"))?;
                let value = value.to_mut();
                value.push(' ');
                value.push_str(line.trim());
                continue;
            }
            if line.is_empty() {
                continue;
            }
            let (name, value) = line.split_once(':').ok_or(Refusal::Malformed("SIP: headers"))?;
            if headers.len() == MAX_HEADERS {
                return Err(Refusal::TooLarge("SIP: more than 128 headers"));
            }
            headers.push((long_name(name.trim()), Cow::Borrowed(value.trim())));
        }
        Ok(Headers(headers))
    }

    /// Each message has one each of these, and at least one Via.
    fn check(&self) -> Result<(), Refusal> {
        let is_whole =
            ["from", "to", "call-id", "cseq"].iter().all(|name| self.all(name).count() == 1)
                && self.one("via").is_some();
        if !is_whole || self.call_id().is_empty() || self.call_id().len() > MAX_CALL_ID_LEN {
            return Err(Refusal::Malformed("SIP: From, To, Call-ID, CSeq or Via"));
        }
        Ok(())
    }

    /// The first header of that long name in lower case.
    #[must_use]
    pub fn one(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All headers of that long name in lower case, in their order.
    pub fn all<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h str> {
        let fields = self.0.iter().filter(move |(known, _)| known == name);
        fields.map(|(_, value)| value.as_ref())
    }

    /// The call's id: never empty.
    #[must_use]
    pub fn call_id(&self) -> &str {
        self.one("call-id").unwrap_or_default()
    }

    /// The number and the method of `CSeq`.
    #[must_use]
    pub fn sequence(&self) -> Option<(u32, &str)> {
        let mut words = self.one("cseq")?.split_whitespace();
        Some((words.next()?.parse().ok()?, words.next()?))
    }

    /// The tag of `from` or `to`.
    #[must_use]
    pub fn tag(&self, name: &str) -> Option<&str> {
        let (_, parameters) = address_of(self.one(name)?);
        parameter(parameters, "tag").filter(|tag| !tag.is_empty())
    }

    /// The address in a header such as `contact`.
    #[must_use]
    pub fn address(&self, name: &str) -> Option<&str> {
        let (address, _) = address_of(self.one(name)?);
        Some(address).filter(|text| !text.is_empty() && !text.contains(char::is_whitespace))
    }

    /// The words of a list such as `require`, in lower case.
    #[must_use]
    pub fn words(&self, name: &str) -> Vec<String> {
        let words = self.all(name).flat_map(|value| value.split(','));
        words.map(|word| word.trim().to_ascii_lowercase()).filter(|word| !word.is_empty()).collect()
    }
}

/// Who sent a request last, as its first Via has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Via<'a> {
    /// `UDP`, `TCP` or another.
    pub transport: &'a str,
    host: &'a str,
    port: Option<u16>,
    asks_port: bool,
}

impl<'a> Via<'a> {
    /// The first of a Via header's senders.
    #[must_use]
    pub fn parse(value: &'a str) -> Option<Self> {
        let (first, _) = split_outside_quotes(value, ',');
        let (sent, parameters) = first.split_once(';').unwrap_or((first, ""));
        let (transport, by) = sent.splitn(3, '/').nth(2)?.trim().split_once(char::is_whitespace)?;
        let by = by.trim();
        let (host, port) = match by.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port.trim().parse().ok()?)),
            _ => (by, None),
        };
        let host = host.trim().trim_matches(['[', ']']);
        let asks_port = parameter(parameters, "rport").is_some();
        Some(Via { transport, host, port, asks_port })
    }

    /// Whether an answer goes back on the connection on which the request came.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        !self.transport.eq_ignore_ascii_case("UDP")
    }

    /// Where an answer goes, of a request that came from there (RFC 3261, section 18.2.2; RFC 3581).
    #[must_use]
    pub fn answer_to(&self, from: SocketAddr) -> SocketAddr {
        if self.is_connected() || self.asks_port {
            return from;
        }
        SocketAddr::new(from.ip(), self.port.unwrap_or(DEFAULT_PORT))
    }

    /// What is told in an answer of where the request came from, as parameters of this Via.
    #[must_use]
    pub fn received(&self, from: SocketAddr) -> String {
        let address = from.ip().to_canonical();
        let is_known = self.host.parse() == Ok::<IpAddr, _>(address);
        match (self.asks_port, is_known) {
            (true, _) => format!(";received={address};rport={}", from.port()),
            (false, false) => format!(";received={address}"),
            (false, true) => String::new(),
        }
    }
}

/// Where the empty line stands: what is before it, and what after.
pub(crate) fn split_head(message: &[u8]) -> Option<(&[u8], &[u8])> {
    let ends =
        message.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(index, _)| index);
    for end in ends {
        let rest = &message[end + 1..];
        let empty = [b"\r\n".as_slice(), b"\n"];
        if let Some(body) = empty.iter().find_map(|line| rest.strip_prefix(*line)) {
            return Some((&message[..end], body));
        }
    }
    None
}

fn long_name(name: &str) -> Cow<'_, str> {
    let name = name.to_ascii_lowercase();
    Cow::Borrowed(match name.as_str() {
        "c" => "content-type",
        "e" => "content-encoding",
        "f" => "from",
        "i" => "call-id",
        "k" => "supported",
        "l" => "content-length",
        "m" => "contact",
        "t" => "to",
        "v" => "via",
        _ => return Cow::Owned(name),
    })
}

/// The address in a header such as From, without a name, and the header's parameters.
fn address_of(value: &str) -> (&str, &str) {
    let (name, bracketed) = split_outside_quotes(value, '<');
    if let Some((address, rest)) = bracketed.and_then(|rest| rest.split_once('>')) {
        return (address.trim(), rest.trim_start().trim_start_matches(';'));
    }
    let (address, parameters) = name.split_once(';').unwrap_or((name, ""));
    (address.trim(), parameters)
}

/// A parameter's value, without quotation marks; empty where it has none.
pub(crate) fn parameter<'a>(parameters: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = Some(parameters);
    while let Some(text) = rest {
        let (one, others) = split_outside_quotes(text, ';');
        let (key, value) = one.split_once('=').unwrap_or((one, ""));
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(value.trim().trim_matches('"'));
        }
        rest = others;
    }
    None
}

/// What stands before the first such sign that is in no quoted text, and what after.
pub(crate) fn split_outside_quotes(text: &str, sign: char) -> (&str, Option<&str>) {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (index, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if c == sign && !is_quoted => {
                return (&text[..index], Some(&text[index + c.len_utf8()..]));
            }
            _ => {}
        }
    }
    (text, None)
}

#[cfg(test)]
mod tests;
