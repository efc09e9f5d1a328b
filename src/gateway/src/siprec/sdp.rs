//! What a session border controller offers to send, and our answer (RFC 8866, RFC 3264; labels of RFC 4574).
//!
//! In: an SDP offer, and the ports that its lines get. Out: its `m=` lines, and the answer: `recvonly`, with the same
//! labels and in those offered formats alone that are read. Keeps nothing.

use crate::protocol::Refusal;
use crate::siprec::rtp::{Coding, RATE_HZ};
use sdp_types::{Attribute, Connection, Media, Origin, Session, Time};
use std::net::{IpAddr, SocketAddr};

/// Far more streams than a call has.
const MAX_LINES: usize = 16;
const MAX_LABEL_LEN: usize = 64;
/// Payload types of one line: there are no more.
const MAX_FORMATS: usize = 128;

/// Whether the peer sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// It does.
    Sends,
    /// It does not now: the recording is paused.
    Stands,
}

/// One `m=` line of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// `a=label`; empty without one.
    pub label: String,
    /// The payload types that are read, in the peer's order.
    pub formats: Vec<(u8, Coding)>,
    /// Where the peer's RTP comes from, by what it says; none without an IP address.
    pub remote: Option<SocketAddr>,
    /// Where the peer takes RTCP.
    pub rtcp: Option<SocketAddr>,
    /// Whether it sends.
    pub flow: Flow,
    /// Whether the line can be answered with a port: plain RTP with G.711, and not switched off.
    pub is_usable: bool,
    media: String,
    proto: String,
    fmt: String,
}

/// An offer's `m=` lines, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// At most 16.
    pub lines: Vec<Line>,
}

impl Offer {
    /// Reads an offer.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] for what is no SDP, and labels that are no tokens; [`Refusal::TooLarge`] for more than
    /// 16 lines.
    pub fn parse(sdp: &[u8]) -> Result<Self, Refusal> {
        let session = Session::parse(sdp).map_err(|_| Refusal::Malformed("SDP"))?;
        if session.medias.len() > MAX_LINES {
            return Err(Refusal::TooLarge("SDP: more than 16 m= lines"));
        }
        let lines = session.medias.iter().map(|media| Line::of(media, &session));
        Ok(Offer { lines: lines.collect::<Result<_, _>>()? })
    }
}

impl Line {
    fn of(media: &Media, session: &Session) -> Result<Self, Refusal> {
        let label = value(&media.attributes, "label").unwrap_or_default();
        if label.len() > MAX_LABEL_LEN || !label.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Refusal::Malformed("SDP: a label that is no token of 64 characters"));
        }
        let connection = media.connections.first().or(session.connection.as_ref());
        let address = connection.and_then(ip_of);
        let formats = formats_of(media);
        let has_sound =
            formats.iter().any(|(_, coding)| matches!(coding, Coding::MuLaw | Coding::ALaw));
        let is_plain = matches!(media.proto.as_str(), "RTP/AVP" | "RTP/AVPF");
        Ok(Line {
            label: label.to_owned(),
            formats,
            remote: address.map(|address| SocketAddr::new(address, media.port)),
            rtcp: rtcp_of(media, address),
            flow: flow_of(&media.attributes)
                .or(flow_of(&session.attributes))
                .unwrap_or(Flow::Sends),
            is_usable: media.media == "audio" && media.port != 0 && is_plain && has_sound,
            media: media.media.clone(),
            proto: media.proto.clone(),
            fmt: media.fmt.clone(),
        })
    }

    fn answer(&self, port: Option<u16>) -> Media {
        let mut attributes = Vec::new();
        let mut fmt = self.fmt.clone();
        if port.is_some() {
            let types: Vec<String> =
                self.formats.iter().map(|(number, _)| number.to_string()).collect();
            fmt = types.join(" ");
            for (number, coding) in &self.formats {
                let name = name_of(*coding);
                attributes
                    .push(Attribute::with_value("rtpmap", format!("{number} {name}/{RATE_HZ}")));
            }
        }
        if !self.label.is_empty() {
            attributes.push(Attribute::with_value("label", &self.label));
        }
        if port.is_some() {
            attributes.push(Attribute::new(match self.flow {
                Flow::Sends => "recvonly",
                Flow::Stands => "inactive",
            }));
        }
        Media {
            media: self.media.clone(),
            port: port.unwrap_or(0),
            num_ports: None,
            proto: self.proto.clone(),
            fmt,
            media_title: None,
            connections: Vec::new(),
            bandwidths: Vec::new(),
            key: None,
            attributes,
        }
    }
}

/// Who answers.
#[derive(Clone, Copy, Debug)]
pub struct Answerer {
    /// Where RTP is heard.
    pub address: IpAddr,
    /// What tells this session from all others of ours.
    pub session: u64,
    /// Counts this session's answers.
    pub version: u64,
}

/// The answer to an offer whose lines get these ports, one each; a line without one is refused.
#[must_use]
pub fn answer(offer: &Offer, ports: &[Option<u16>], who: Answerer) -> Vec<u8> {
    let origin = Origin::with_ip_addr(who.session, who.version, who.address);
    let mut session = Session::new(origin, "-");
    session.connection = Some(Connection::from_ip_addr(who.address));
    session.times = vec![Time { start_time: 0, stop_time: 0, repeats: Vec::new() }];
    let ports = ports.iter().copied().chain(std::iter::repeat(None));
    session.medias = offer.lines.iter().zip(ports).map(|(line, port)| line.answer(port)).collect();
    let mut bytes = Vec::new();
    // Writing into memory does not fail.
    let _ = session.write(&mut bytes);
    bytes
}

fn value<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a str> {
    attributes.iter().find(|a| a.attribute == name)?.value.as_deref().map(str::trim)
}

/// The payload types that are read: as `a=rtpmap` says, else the static ones.
fn formats_of(media: &Media) -> Vec<(u8, Coding)> {
    let maps: Vec<(u8, &str)> = media
        .attributes
        .iter()
        .filter(|a| a.attribute == "rtpmap")
        .take(MAX_FORMATS)
        .filter_map(|a| a.value.as_deref()?.trim().split_once(' '))
        .filter_map(|(number, name)| Some((number.parse().ok()?, name)))
        .collect();
    let mut formats: Vec<(u8, Coding)> = Vec::new();
    let types = media.fmt.split_whitespace().filter_map(|fmt| fmt.parse().ok());
    for number in types.filter(|number| *number < 128).take(MAX_FORMATS) {
        let map = maps.iter().find(|(mapped, _)| *mapped == number);
        let coding = map.map_or_else(|| Coding::of_static(number), |(_, name)| coding_of(name));
        if let Some(coding) = coding.filter(|_| formats.iter().all(|(known, _)| *known != number)) {
            formats.push((number, coding));
        }
    }
    formats
}

/// The coding of a name such as `PCMU/8000` or `pcmu/8000/1`.
fn coding_of(encoding: &str) -> Option<Coding> {
    let mut parts = encoding.trim().split('/');
    let name = parts.next()?;
    let is_read = parts.next()?.parse() == Ok(RATE_HZ) && parts.next().is_none_or(|n| n == "1");
    let codings =
        [Coding::MuLaw, Coding::ALaw, Coding::ComfortNoise, Coding::TelephoneEvent].into_iter();
    codings.filter(|_| is_read).find(|coding| name_of(*coding).eq_ignore_ascii_case(name))
}

fn name_of(coding: Coding) -> &'static str {
    match coding {
        Coding::MuLaw => "PCMU",
        Coding::ALaw => "PCMA",
        Coding::ComfortNoise => "CN",
        Coding::TelephoneEvent => "telephone-event",
    }
}

fn flow_of(attributes: &[Attribute]) -> Option<Flow> {
    attributes.iter().find_map(|a| match a.attribute.as_str() {
        "sendonly" | "sendrecv" => Some(Flow::Sends),
        "recvonly" | "inactive" => Some(Flow::Stands),
        _ => None,
    })
}

fn ip_of(connection: &Connection) -> Option<IpAddr> {
    let address = connection.try_address().ok()?.ip;
    (!address.is_unspecified() && !address.is_multicast()).then_some(address)
}

/// `a=rtcp` (RFC 3605), else the port after RTP's.
fn rtcp_of(media: &Media, address: Option<IpAddr>) -> Option<SocketAddr> {
    let Some(named) = value(&media.attributes, "rtcp") else {
        return Some(SocketAddr::new(address?, media.port.checked_add(1)?));
    };
    let mut words = named.split_whitespace();
    let port = words.next()?.parse().ok()?;
    let address = words.nth(2).map_or(address, |own| own.parse().ok())?;
    Some(SocketAddr::new(address, port))
}

#[cfg(test)]
mod tests;
