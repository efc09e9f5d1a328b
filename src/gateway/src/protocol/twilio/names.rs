//! How each dialect of the Twilio family words its messages.
//!
//! In: a message's text. Out: its event, and what a start or a piece of sound says, under one set of names. Keeps
//! nothing.

use std::borrow::Cow;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::Dialect;
use super::format::Format;
use super::parameters;
use crate::protocol::Refusal;

/// How long a call's name may be: Telnyx has the longest, of about 60 characters.
const MAX_CALL_ID_LEN: usize = 200;

/// One direction of a call, as the platform sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Track {
    /// What the platform receives from the leg that is streamed.
    Inbound,
    /// What it sends there.
    Outbound,
}

/// What a start says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Started {
    pub(super) call_id: String,
    pub(super) format: Format,
    /// Whether the inbound and the outbound track come; none of them where the dialect does not tell (Telnyx).
    pub(super) tracks: [bool; 2],
    pub(super) parameters: Vec<(String, String)>,
}

/// What a piece of sound says of itself.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    pub(super) track: Option<Track>,
    /// The number among the track's pieces, or else among all messages.
    pub(super) number: Option<u64>,
    /// Milliseconds since the platform's zero: for Plivo that of Unix, else the stream's begin.
    pub(super) timestamp_ms: Option<u64>,
    /// In base64.
    pub(super) payload: Cow<'a, str>,
}

/// A whole number, sent as such or as a text of digits.
#[derive(Clone, Copy, Debug)]
struct Count(u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Sent {
            Number(u64),
            Text(String),
        }
        match Sent::deserialize(deserializer)? {
            Sent::Number(number) => Ok(Count(number)),
            Sent::Text(text) => text.parse().map(Count).map_err(D::Error::custom),
        }
    }
}

#[derive(Deserialize)]
struct EventMessage<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
}

#[derive(Deserialize)]
struct StartMessage {
    start: Start,
    /// Plivo's.
    extra_headers: Option<Value>,
}

#[derive(Deserialize)]
struct Start {
    #[serde(rename = "callSid")]
    call_sid: Option<String>,
    call_control_id: Option<String>,
    #[serde(rename = "callId")]
    call_id: Option<String>,
    tracks: Option<Vec<String>>,
    #[serde(rename = "mediaFormat", alias = "media_format")]
    format: Option<MediaFormat>,
    #[serde(rename = "customParameters", alias = "custom_parameters")]
    parameters: Option<Value>,
}

#[derive(Deserialize)]
struct MediaFormat {
    encoding: String,
    #[serde(rename = "sampleRate", alias = "sample_rate")]
    rate: Option<Count>,
    channels: Option<Count>,
}

#[derive(Deserialize)]
struct MediaMessage<'a> {
    #[serde(rename = "sequenceNumber", alias = "sequence_number")]
    sequence: Option<Count>,
    #[serde(borrow)]
    media: Media<'a>,
}

#[derive(Deserialize)]
struct Media<'a> {
    track: Option<String>,
    chunk: Option<Count>,
    timestamp: Option<Count>,
    #[serde(borrow)]
    payload: Cow<'a, str>,
}

/// Which event a message tells of.
///
/// # Errors
/// [`Refusal::Malformed`]: it is no JSON object, or one of another protocol.
pub(super) fn event(text: &str) -> Result<Cow<'_, str>, Refusal> {
    serde_json::from_str(text)
        .map(|message: EventMessage<'_>| message.event)
        .map_err(|_| Refusal::Malformed("a message without an event"))
}

/// Reads a message of the event `start`.
///
/// # Errors
/// [`Refusal`]: something that the dialect always has is missing or another, or the coding is not read.
pub(super) fn start(text: &str, dialect: Dialect) -> Result<Started, Refusal> {
    let message: StartMessage =
        serde_json::from_str(text).map_err(|_| Refusal::Malformed("a start"))?;
    let start = message.start;
    let call_id = match dialect {
        Dialect::Twilio | Dialect::SignalWire => start.call_sid,
        Dialect::Telnyx => start.call_control_id,
        Dialect::Plivo => start.call_id,
    };
    let call_id = call_id.ok_or(Refusal::Malformed("a start without its call"))?;
    if call_id.len() > MAX_CALL_ID_LEN {
        return Err(Refusal::TooLarge("a call's name"));
    }
    if call_id.is_empty() || !call_id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Refusal::Malformed("a call's name"));
    }
    let format = start.format.ok_or(Refusal::Malformed("a start without its format"))?;
    let count = |number: Option<Count>| number.map(|Count(number)| number);
    let format =
        Format::new(dialect, &format.encoding, count(format.rate), count(format.channels))?;
    let given = match dialect {
        Dialect::Plivo => message.extra_headers,
        _ => start.parameters,
    };
    Ok(Started {
        call_id,
        format,
        tracks: tracks(&start.tracks.unwrap_or_default())?,
        parameters: given.map_or_else(Vec::new, parameters::of),
    })
}

/// Reads a message of the event `media`.
///
/// # Errors
/// [`Refusal::Malformed`]: there is no payload, or something is of another type.
pub(super) fn media(text: &str) -> Result<Piece<'_>, Refusal> {
    let message: MediaMessage<'_> =
        serde_json::from_str(text).map_err(|_| Refusal::Malformed("a piece of sound"))?;
    let media = message.media;
    Ok(Piece {
        track: media.track.as_deref().map(track).transpose()?,
        number: media.chunk.or(message.sequence).map(|Count(number)| number),
        timestamp_ms: media.timestamp.map(|Count(number)| number),
        payload: media.payload,
    })
}

fn track(name: &str) -> Result<Track, Refusal> {
    match name {
        "inbound" | "inbound_track" => Ok(Track::Inbound),
        "outbound" | "outbound_track" => Ok(Track::Outbound),
        _ => Err(Refusal::Malformed("a track's name")),
    }
}

fn tracks(names: &[String]) -> Result<[bool; 2], Refusal> {
    let mut come = [false; 2];
    for name in names {
        match name.as_str() {
            "both" | "both_tracks" => come = [true; 2],
            name => come[track(name)? as usize] = true,
        }
    }
    Ok(come)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) const START: &str = r#"{"event":"start","sequenceNumber":"1","start":{"accountSid":"AC1",
        "streamSid":"MZ1","callSid":"CA1","tracks":["inbound","outbound"],"mediaFormat":{"encoding":"audio/x-mulaw",
        "sampleRate":8000,"channels":1},"customParameters":{"label":"desk 3","From":"+4930123456"}},
        "streamSid":"MZ1"}"#;
    pub(in super::super) const MEDIA: &str = r#"{"event":"media","sequenceNumber":"3","media":{"track":"outbound",
        "chunk":"1","timestamp":"5","payload":"/wCA"},"streamSid":"MZ1"}"#;

    fn started(text: &str) -> Result<Started, Refusal> {
        start(text, Dialect::Twilio)
    }

    #[test]
    fn numbers_may_be_numbers_or_text_and_slashes_escaped() {
        let text = r#"{"media":{"payload":"\/wCA","timestamp":5,"chunk":"7","track":"inbound","more":[{}]},
            "event":"media","sequenceNumber":9}"#;
        assert_eq!(event(text).as_deref(), Ok("media"));
        let piece = media(text).unwrap();
        assert_eq!(
            (piece.number, piece.timestamp_ms, piece.track),
            (Some(7), Some(5), Some(Track::Inbound))
        );
        assert_eq!(piece.payload, "/wCA");
        let as_text =
            START.replace("8000", "\"8000\"").replace(r#""channels":1"#, r#""channels":"1""#);
        assert_eq!(started(&as_text), started(START));
        assert!(
            started(START).is_ok_and(|start| start.call_id == "CA1" && start.tracks == [true; 2])
        );
    }

    #[test]
    fn the_number_of_the_message_stands_in_for_that_of_the_piece() {
        let piece = media(r#"{"sequence_number":"9","media":{"payload":""}}"#).unwrap();
        assert_eq!((piece.number, piece.timestamp_ms, piece.track), (Some(9), None, None));
    }

    #[test]
    fn what_has_no_event_is_of_another_protocol() {
        for text in [
            "",
            "null",
            "[]",
            "1",
            "{",
            "{}",
            r#"{"event":1}"#,
            r#"{"event":null}"#,
            r#"{"event":"a"} "#.repeat(2).as_str(),
            r#"{"type":"open","version":"2"}"#,
            "[".repeat(90_000).as_str(),
        ] {
            let refused = Err(Refusal::Malformed("a message without an event"));
            assert_eq!(event(text), refused, "{text:.40}");
        }
    }

    #[test]
    fn starts_that_lack_something_are_refused() {
        let deep = format!("{}1{}", "[".repeat(9_000), "]".repeat(9_000));
        for (old, new) in [
            ("callSid", "callId"),
            ("\"CA1\"", "\"\""),
            ("CA1", "a b"),
            ("CA1", "a\\n"),
            ("\"CA1\"", "7"),
            ("mediaFormat", "format"),
            ("encoding", "coding"),
            ("8000", "-8000"),
            ("8000", "8e3"),
            ("\"outbound", "\"sideways"),
            (r#"["inbound","outbound"]"#, "7"),
            ("\"desk 3\"", &deep),
            ("\"start\":", "\"begin\":"),
        ] {
            let text = START.replace(old, new);
            assert_ne!(text, START, "{old}");
            let refused = started(&text);
            assert!(matches!(refused, Err(Refusal::Malformed(_))), "{new:.40}: {refused:?}");
        }
        for dialect in [Dialect::Telnyx, Dialect::Plivo] {
            let refused = start(START, dialect);
            assert_eq!(refused, Err(Refusal::Malformed("a start without its call")));
        }
        let long = START.replace("CA1", &"x".repeat(MAX_CALL_ID_LEN + 1));
        assert_eq!(started(&long), Err(Refusal::TooLarge("a call's name")));
        for (old, new) in
            [("x-mulaw", "opus"), ("8000", "4000"), (r#""channels":1"#, r#""channels":2"#)]
        {
            let refused = started(&START.replace(old, new));
            assert!(matches!(refused, Err(Refusal::Unsupported(_))), "{new}: {refused:?}");
        }
    }

    #[test]
    fn pieces_of_another_kind_are_refused() {
        for (old, new) in [
            ("\"5\"", "\"-5\""),
            ("\"5\"", "\"five\""),
            ("\"5\"", "\"\""),
            ("\"5\"", "5.5"),
            ("\"5\"", "[]"),
            ("\"5\"", "\"99999999999999999999\""),
            ("\"1\"", "{}"),
            ("\"outbound", "\"sideways"),
            ("\"/wCA\"", "null"),
            ("\"/wCA\"", "7"),
            ("payload", "sound"),
            ("\"media\":", "\"sound\":"),
        ] {
            let text = MEDIA.replace(old, new);
            assert_ne!(text, MEDIA, "{old}");
            let refused = media(&text).map(|piece| piece.number);
            assert!(matches!(refused, Err(Refusal::Malformed(_))), "{new}: {refused:?}");
        }
    }
}
