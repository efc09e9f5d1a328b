//! The first message of each dialect.
//!
//! In: a text. Out: what it says of the call, or that it is no first message. Keeps nothing.
//!
//! Sources: the READMEs of `mod_audio_stream` and `mod_audio_fork`; jambonz' `listen.js`; Asterisk's
//! `chan_websocket.c`; Vonage's guide to its `WebSocket` connections.

use super::{ChannelUse, L16Dialect, L16Settings, StereoSide};
use crate::protocol::{Refusal, Side, checked_rate, parameters_of, person};
use record::person_number::is_address;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What a first message says.
#[derive(Debug)]
pub(super) struct First {
    /// What the peer calls the call.
    pub call: Option<String>,
    pub rate_hz: u32,
    pub coding: Coding,
    pub layout: Layout,
    pub parameters: Vec<(String, String)>,
}

/// How a sample is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// 16 bits, little-endian.
    L16,
    /// G.711 mu-law.
    MuLaw,
    /// G.711 A-law.
    ALaw,
}

/// How many channels there are, and whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// One.
    One(Side),
    /// Two, and where the caller is, if that is known.
    Two(Option<StereoSide>),
}

/// FreeSWITCH's rate where no setting says another, in Hz.
const USUAL_RATE_HZ: u32 = 8_000;
/// What Asterisk calls L16 of each rate in Hz; `slin8` is taken for its `slin`.
const SLIN_HZ: [(&str, u32); 10] = [
    ("slin", 8_000),
    ("slin8", 8_000),
    ("slin12", 12_000),
    ("slin16", 16_000),
    ("slin24", 24_000),
    ("slin32", 32_000),
    ("slin44", 44_100),
    ("slin48", 48_000),
    ("slin96", 96_000),
    ("slin192", 192_000),
];
/// Where metadata of one's own may name the call, the first of these first: letters and digits in lower case.
const NAMES_OF_CALL: [&str; 6] =
    ["call", "callid", "callsid", "calluuid", "uuid", "conversationuuid"];
/// More is no name of a call. A UUID has 36.
const MAX_CALL_CHARS: usize = 200;
/// What jambonz itself says of a call, beside which its user's own metadata stand.
const JAMBONZ_OWN: [&str; 18] = [
    "accountSid",
    "apiBaseUrl",
    "applicationSid",
    "callId",
    "callStatus",
    "callerId",
    "callerName",
    "direction",
    "duration",
    "from",
    "fsPublicIp",
    "fsSipAddress",
    "originatingSipIp",
    "originatingSipTrunkName",
    "parentCallSid",
    "sipReason",
    "sipStatus",
    "traceId",
];

/// Reads a first message; none where the text is something else that may be left unread.
pub(super) fn read(text: &str, settings: &L16Settings) -> Result<Option<First>, Refusal> {
    match settings.dialect {
        L16Dialect::FreeSwitch => free(text, settings),
        L16Dialect::Jambonz => jambonz(text, settings),
        L16Dialect::Asterisk => asterisk(text, settings),
        L16Dialect::Vonage => vonage(text, settings),
    }
}

/// What holds where sound comes without a first message.
pub(super) fn none(settings: &L16Settings) -> Result<First, Refusal> {
    if settings.dialect != L16Dialect::FreeSwitch {
        return Err(Refusal::Malformed("sound before the first message"));
    }
    Ok(First {
        call: None,
        rate_hz: checked_rate(u64::from(settings.rate_hz.unwrap_or(USUAL_RATE_HZ)))?,
        coding: Coding::L16,
        layout: Layout::of(settings.channels),
        parameters: Vec::new(),
    })
}

/// What Asterisk calls L16 of a rate; `slin` where it has no name for it.
pub(crate) fn slin_of_rate(rate_hz: u32) -> &'static str {
    SLIN_HZ.iter().find(|(_, rate)| *rate == rate_hz).map_or("slin", |(name, _)| name)
}

fn free(text: &str, settings: &L16Settings) -> Result<Option<First>, Refusal> {
    // Any text may be sent: what is no object says nothing of the call.
    let Ok(said) = serde_json::from_str::<Map<String, Value>>(text) else { return Ok(None) };
    let first = none(settings)?;
    Ok(Some(First { call: call_among(&said), parameters: parameters(said), ..first }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listen {
    call_sid: Option<String>,
    sample_rate: Option<u64>,
    mix_type: Option<String>,
    metadata: Option<Map<String, Value>>,
    #[serde(flatten)]
    other: Map<String, Value>,
}

fn jambonz(text: &str, settings: &L16Settings) -> Result<Option<First>, Refusal> {
    let said: Listen = json(text)?;
    if said.call_sid.is_none() && said.sample_rate.is_none() && said.mix_type.is_none() {
        return Ok(None);
    }
    let layout = match said.mix_type.as_deref() {
        None => Layout::of(settings.channels),
        Some("mono") => Layout::one_of(settings.channels),
        Some("stereo") => Layout::two_of(settings.channels),
        Some("mixed") => Layout::One(Side::Unknown),
        Some(_) => return Err(Refusal::Unsupported("a mixType")),
    };
    // The metadata of one's own stand beside jambonz' own fields, or by themselves.
    let mut own = said.other;
    own.retain(|name, _| !JAMBONZ_OWN.contains(&name.as_str()));
    own.extend(said.metadata.unwrap_or_default());
    Ok(Some(First {
        call: named(said.call_sid)?,
        rate_hz: rate(said.sample_rate, settings)?,
        coding: Coding::L16,
        layout,
        parameters: parameters(own),
    }))
}

#[derive(Default, Deserialize)]
struct MediaStart {
    #[serde(default)]
    event: String,
    connection_id: Option<String>,
    channel_id: Option<String>,
    format: Option<String>,
    channel_variables: Option<Map<String, Value>>,
}

fn asterisk(text: &str, settings: &L16Settings) -> Result<Option<First>, Refusal> {
    let is_json = text.trim_start().starts_with('{');
    let said = if is_json { json(text)? } else { media_start_of_plain(text) };
    if said.event != "MEDIA_START" {
        return Ok(None);
    }
    let (coding, rate_hz) = match said.format.as_deref() {
        None => return Err(Refusal::Malformed("MEDIA_START without a format")),
        Some("ulaw") => (Coding::MuLaw, 8_000),
        Some("alaw") => (Coding::ALaw, 8_000),
        Some(format) => {
            let slin = SLIN_HZ.iter().find(|(name, _)| *name == format);
            let (_, rate_hz) = slin.ok_or(Refusal::Unsupported("a format of MEDIA_START"))?;
            (Coding::L16, *rate_hz)
        }
    };
    // The channel's id first: for a connection that Asterisk makes the other one names an entry of its settings,
    // which all calls share.
    let call = named(said.channel_id)?.map_or_else(|| named(said.connection_id), |id| Ok(Some(id)));
    Ok(Some(First {
        call: call?,
        rate_hz,
        coding,
        layout: Layout::mono_only(settings.channels)?,
        parameters: parameters(said.channel_variables.unwrap_or_default()),
    }))
}

/// `MEDIA_START connection_id:... channel_id:... format:...`; what has no name is passed over.
fn media_start_of_plain(text: &str) -> MediaStart {
    let mut words = text.split_ascii_whitespace();
    let event = words.next().unwrap_or_default().to_owned();
    let mut said = MediaStart { event, ..MediaStart::default() };
    for (name, value) in words.filter_map(|word| word.split_once(':')) {
        let field = match name {
            "connection_id" => &mut said.connection_id,
            "channel_id" => &mut said.channel_id,
            "format" => &mut said.format,
            _ => continue,
        };
        *field = Some(value.to_owned());
    }
    said
}

fn vonage(text: &str, settings: &L16Settings) -> Result<Option<First>, Refusal> {
    let mut said: Map<String, Value> = json(text)?;
    if said.remove("event").as_ref().and_then(Value::as_str) != Some("websocket:connected") {
        return Ok(None);
    }
    let content_type = said.remove("content-type");
    let content_type = content_type.as_ref().and_then(Value::as_str);
    let mut parts =
        content_type.ok_or(Refusal::Malformed("no content-type"))?.split(';').map(str::trim);
    if !parts.next().is_some_and(|media| media.eq_ignore_ascii_case("audio/l16")) {
        return Err(Refusal::Unsupported("a content-type other than audio/l16"));
    }
    let mut rate_hz = None;
    for (name, value) in parts.filter_map(|part| part.split_once('=')) {
        let number = value.parse().map_err(|_| Refusal::Malformed("a number in the content-type"));
        match name.trim_end().to_ascii_lowercase().as_str() {
            "rate" => rate_hz = Some(number?),
            "channels" if number? != 1 => return Err(Refusal::Unsupported("several channels")),
            _ => {}
        }
    }
    Ok(Some(First {
        call: call_among(&said),
        rate_hz: rate(rate_hz, settings)?,
        coding: Coding::L16,
        layout: Layout::mono_only(settings.channels)?,
        parameters: parameters(said),
    }))
}

fn json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Refusal> {
    serde_json::from_str(text).map_err(|_| Refusal::Malformed("a first message"))
}

fn rate(said: Option<u64>, settings: &L16Settings) -> Result<u32, Refusal> {
    let rate_hz = said.or(settings.rate_hz.map(u64::from));
    checked_rate(rate_hz.ok_or(Refusal::Malformed("no rate in the first message"))?)
}

fn parameters(mut said: Map<String, Value>) -> Vec<(String, String)> {
    person::forget(&mut said);
    parameters_of(&said)
}

fn may_name_a_call(id: &str) -> bool {
    id.chars().count() <= MAX_CALL_CHARS && !id.chars().any(char::is_control)
}

/// A call's name in its own field; an empty one is none.
fn named(id: Option<String>) -> Result<Option<String>, Refusal> {
    let id = id.filter(|id| !id.is_empty());
    if id.as_deref().is_some_and(|id| !may_name_a_call(id)) {
        return Err(Refusal::Malformed("a call's name"));
    }
    Ok(id)
}

/// A call's name among metadata of somebody's own, never a person's address.
fn call_among(said: &Map<String, Value>) -> Option<String> {
    let plain = |name: &str| {
        let letters = name.chars().filter(char::is_ascii_alphanumeric);
        letters.map(|letter| letter.to_ascii_lowercase()).collect::<String>()
    };
    let of = |wanted: &&str| {
        let mut same = said.iter().filter(|(name, _)| plain(name) == **wanted);
        same.find_map(|(_, value)| value.as_str())
            .filter(|id| !id.is_empty() && may_name_a_call(id) && !is_address(id))
    };
    NAMES_OF_CALL.iter().find_map(of).map(str::to_owned)
}

impl Layout {
    fn of(channels: ChannelUse) -> Self {
        match channels {
            ChannelUse::Mono(side) => Layout::One(side),
            ChannelUse::Stereo { caller } => Layout::Two(Some(caller)),
        }
    }

    /// One channel, which is what the left one would be: the tapped leg's party.
    fn one_of(channels: ChannelUse) -> Self {
        Layout::One(match channels {
            ChannelUse::Mono(side) => side,
            ChannelUse::Stereo { caller: StereoSide::Left } => Side::Caller,
            ChannelUse::Stereo { caller: StereoSide::Right } => Side::Operator,
        })
    }

    /// Two channels, of which the left one is what the one would be.
    fn two_of(channels: ChannelUse) -> Self {
        Layout::Two(match channels {
            ChannelUse::Mono(Side::Caller) => Some(StereoSide::Left),
            ChannelUse::Mono(Side::Operator) => Some(StereoSide::Right),
            ChannelUse::Mono(Side::Unknown) => None,
            ChannelUse::Stereo { caller } => Some(caller),
        })
    }

    /// Where a dialect has one channel only, a setting for two is an error: nobody knows whose the one is.
    fn mono_only(channels: ChannelUse) -> Result<Self, Refusal> {
        match channels {
            ChannelUse::Mono(side) => Ok(Layout::One(side)),
            ChannelUse::Stereo { .. } => {
                Err(Refusal::Unsupported("stereo of a sender that has mono"))
            }
        }
    }
}

#[cfg(test)]
mod tests;
