//! WebSocket with 16-bit sound: FreeSWITCH, jambonz, Asterisk's `chan_websocket` and Vonage.
//!
//! In: the first message, which each of them writes in its own way, and binary messages with sound. Out: the call's
//! beginning and its sound, that of the operator first. Keeps what the first message said, and the bytes of a
//! sample, or of a pair of samples, that is not whole yet.
//!
//! None of them counts samples or says that a call is over: a position is the number of samples that came, and the
//! end is the connection's.

mod first;

use crate::protocol::{
    Begin, Incoming, Protocol, Refusal, Said, Side, Sides, Sound, samples_of_l16,
};
pub(crate) use first::slin_of_rate;
use first::{Coding, First, Layout};
use serde::Deserialize;
use sound::g711;

/// A longer message is refused: 64 KiB are 0.7 s of stereo at 24 kHz, and what is sent is 20 ms.
const MAX_MESSAGE_LEN: usize = 65_536;

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum L16Dialect {
    /// FreeSWITCH, with `mod_audio_stream` or `mod_audio_fork`: any text or none before the sound.
    FreeSwitch,
    /// The verb `listen` of jambonz.
    Jambonz,
    /// `chan_websocket` of Asterisk, with JSON or plain text.
    Asterisk,
    /// Vonage's Voice API.
    Vonage,
}

impl L16Dialect {
    /// One word: what calls' names begin with.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            L16Dialect::FreeSwitch => "freeswitch",
            L16Dialect::Jambonz => "jambonz",
            L16Dialect::Asterisk => "asterisk",
            L16Dialect::Vonage => "vonage",
        }
    }
}

/// A channel of stereo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StereoSide {
    /// The first of each two samples. In FreeSWITCH and jambonz: what the tapped leg's party says.
    Left,
    /// The second. In FreeSWITCH and jambonz: what the tapped leg's party hears.
    Right,
}

/// Whose sound the channels are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelUse {
    /// One channel, and whose it is.
    Mono(Side),
    /// Two: the caller's and the operator's. FreeSWITCH and jambonz only.
    Stereo {
        /// Where the caller is.
        caller: StereoSide,
    },
}

/// What the connection itself does not tell, or need not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct L16Settings {
    /// Who sends.
    pub dialect: L16Dialect,
    /// Samples a second where the first message names none; without it 8,000 for FreeSWITCH, and a refusal for
    /// the others.
    pub rate_hz: Option<u32>,
    /// Whose sound the channels are. Where jambonz says `mono` and this stereo, or the other way round, the left
    /// channel and the one channel are the same party: the tapped leg's.
    pub channels: ChannelUse,
    /// The key's last part where the first message names no call: from the URL or the connection.
    pub call: String,
}

/// The subprotocol to be accepted where the peer offers it. `mod_audio_fork`, jambonz and Asterisk offer theirs as
/// they are usually set up; `mod_audio_stream` and Vonage offer none.
#[must_use]
pub fn subprotocol(dialect: L16Dialect) -> Option<&'static str> {
    match dialect {
        L16Dialect::FreeSwitch => Some("audio.drachtio.org"),
        L16Dialect::Jambonz => Some("audio.jambonz.org"),
        L16Dialect::Asterisk => Some("media"),
        L16Dialect::Vonage => None,
    }
}

/// One WebSocket connection with sound.
#[derive(Debug)]
pub struct L16 {
    settings: L16Settings,
    call: Option<Call>,
    /// At most 3 bytes.
    rest: Vec<u8>,
}

/// A call that began.
#[derive(Debug)]
struct Call {
    /// What the first message named it, if it did.
    named: Option<String>,
    coding: Coding,
    layout: Layout,
}

impl L16 {
    /// A connection from which nothing came yet.
    #[must_use]
    pub fn new(settings: L16Settings) -> Self {
        L16 { settings, call: None, rest: Vec::new() }
    }

    fn hear_text(&mut self, text: &str, said: &mut Vec<Said>) -> Result<(), Refusal> {
        let first = first::read(text, &self.settings);
        if let Some(call) = &self.call {
            // Once a call runs a text is of interest only if it is of another call.
            let Ok(Some(first)) = first else { return Ok(()) };
            return match (&call.named, &first.call) {
                (Some(named), Some(other)) if named != other => {
                    Err(Refusal::Malformed("a second call on one connection"))
                }
                _ => Ok(()),
            };
        }
        if let Some(first) = first? {
            self.begin(first, said);
        }
        Ok(())
    }

    fn begin(&mut self, first: First, said: &mut Vec<Said>) {
        let dialect = self.settings.dialect.word();
        let key = format!("{dialect}:{}", first.call.as_ref().unwrap_or(&self.settings.call));
        let sides = match first.layout {
            Layout::One(Side::Caller) => Sides::Caller,
            Layout::One(Side::Operator) => Sides::Apart,
            Layout::One(Side::Unknown) | Layout::Two(None) => Sides::Unknown,
            Layout::Two(Some(_)) => Sides::Together,
        };
        let First { rate_hz, parameters, .. } = first;
        said.push(Said::Begin(Begin { key, rate_hz, sides, parameters }));
        self.call = Some(Call { named: first.call, coding: first.coding, layout: first.layout });
    }

    fn hear_bytes(&mut self, bytes: &[u8], said: &mut Vec<Said>) -> Result<(), Refusal> {
        if self.call.is_none() {
            let first = first::none(&self.settings)?;
            self.begin(first, said);
        }
        let Some(call) = &self.call else { return Ok(()) };
        let mut all = std::mem::take(&mut self.rest);
        all.extend_from_slice(bytes);
        let whole_len = all.len() - all.len() % (call.coding.n_bytes() * call.layout.n_channels());
        let (whole, rest) = all.split_at(whole_len);
        self.rest = rest.to_vec();
        let samples = call.coding.samples(whole);
        if !samples.is_empty() {
            call.layout.pieces(samples, said);
        }
        Ok(())
    }
}

impl Protocol for L16 {
    /// [`Said::Begin`] comes with the first message, or with the first sound of a FreeSWITCH that sends no text
    /// before it.
    fn hear(&mut self, message: Incoming<'_>, said: &mut Vec<Said>) -> Result<(), Refusal> {
        let length = match message {
            Incoming::Text(text) => text.len(),
            Incoming::Binary(bytes) => bytes.len(),
        };
        if length > MAX_MESSAGE_LEN {
            return Err(Refusal::TooLarge("a WebSocket message of more than 64 KiB"));
        }
        match message {
            Incoming::Text(text) => self.hear_text(text, said),
            Incoming::Binary([]) => Ok(()),
            Incoming::Binary(bytes) => self.hear_bytes(bytes, said),
        }
    }
}

impl Coding {
    fn n_bytes(self) -> usize {
        if self == Coding::L16 { 2 } else { 1 }
    }

    fn samples(self, bytes: &[u8]) -> Vec<f32> {
        let decoded = |decode: fn(u8) -> i16| {
            bytes.iter().map(|code| f32::from(decode(*code)) / 32_768.0).collect()
        };
        match self {
            Coding::L16 => samples_of_l16(bytes),
            Coding::MuLaw => decoded(g711::mu_law),
            Coding::ALaw => decoded(g711::a_law),
        }
    }
}

impl Layout {
    fn n_channels(self) -> usize {
        match self {
            Layout::One(_) => 1,
            Layout::Two(_) => 2,
        }
    }

    /// Appends whole samples as pieces of one side each. Of two channels that nobody knows only the left one is
    /// passed on: one after the other they would be twice as long as the call.
    fn pieces(self, samples: Vec<f32>, said: &mut Vec<Said>) {
        let mut push = |side, samples| {
            said.push(Said::Sound(Sound { side, at: None, follows: false, samples }));
        };
        let every_second = |from: usize| samples.iter().skip(from).step_by(2).copied().collect();
        match self {
            Layout::One(side) => push(side, samples),
            Layout::Two(None) => push(Side::Unknown, every_second(0)),
            Layout::Two(Some(caller)) => {
                let caller_from = usize::from(caller == StereoSide::Right);
                push(Side::Operator, every_second(1 - caller_from));
                push(Side::Caller, every_second(caller_from));
            }
        }
    }
}

#[cfg(test)]
mod tests;
