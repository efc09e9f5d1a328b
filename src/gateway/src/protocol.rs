//! What telephone systems say, each in its own protocol, as one vocabulary.
//!
//! In: a peer's messages, one after the other. Out: [`Said`], or a [`Refusal`], after which nothing more is heard of the
//! peer. A protocol opens no connection, reads no clock and starts no thread: whoever carries the bytes does.

pub mod audiohook;
pub mod audiosocket;
pub mod l16;
pub mod person;
pub mod twilio;

use sound::g711::of_i16;

/// A peer's message.
#[derive(Clone, Copy, Debug)]
pub enum Incoming<'a> {
    /// Text: JSON nearly always.
    Text(&'a str),
    /// Bytes: nearly always sound.
    Binary(&'a [u8]),
}

/// Whose sound it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The person who is cared for: the one who is read.
    Caller,
    /// Who takes the call: heard for who speaks, never read.
    Operator,
    /// No rule and no setting tells: nothing is read.
    Unknown,
}

/// Which sides come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sides {
    /// The caller alone.
    Caller,
    /// Both, each sample of one with one of the other.
    Together,
    /// Both, each by itself: one may come later than the other.
    Apart,
    /// Nobody knows whose they are.
    Unknown,
}

/// A call, or one more connection of a call, begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begin {
    /// What tells this call from all others; two connections with one key are of one call. Never a person's number.
    pub key: String,
    /// Samples a second.
    pub rate_hz: u32,
    /// Who is heard.
    pub sides: Sides,
    /// What else the peer said of the call, such as a label or that notice was given: at most 20, of at most 500
    /// characters each.
    pub parameters: Vec<(String, String)>,
}

/// A piece of one side's sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Sound {
    /// Whose.
    pub side: Side,
    /// Where the peer's own count has the first sample, in samples since the peer's zero; none where it does not count.
    pub at: Option<u64>,
    /// Whether the peer says that nothing was left out between the piece before and this one: then what is missing by the
    /// count was silence, and not lost.
    pub follows: bool,
    /// Samples in [-1, 1] at the call's rate.
    pub samples: Vec<f32>,
}

/// What a message comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// A call begins.
    Begin(Begin),
    /// Sound.
    Sound(Sound),
    /// So many samples of both sides were lost on the way to the peer.
    Lost(u64),
    /// From here on nobody may listen, until [`Said::Resumed`].
    Paused,
    /// Listening is allowed again: after so many samples, where the peer says how many.
    Resumed(Option<u64>),
    /// To be sent back at once.
    Reply(Reply),
    /// The peer is only tried out: no call, no log.
    Probe,
    /// The call is over.
    End,
}

/// What is sent back to a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// As text.
    Text(String),
    /// As bytes.
    Binary(Vec<u8>),
}

/// Why a peer is heard no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// What came is not what the protocol has.
    #[error("not what the protocol has: {0}")]
    Malformed(&'static str),
    /// More than the limit.
    #[error("too large: {0}")]
    TooLarge(&'static str),
    /// The peer may not.
    #[error("not allowed: {0}")]
    NotAllowed(&'static str),
    /// A coding or rate that is not read.
    #[error("not read here: {0}")]
    Unsupported(&'static str),
}

impl Refusal {
    /// One word for a counter.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Refusal::Malformed(_) => "malformed",
            Refusal::TooLarge(_) => "too_large",
            Refusal::NotAllowed(_) => "not_allowed",
            Refusal::Unsupported(_) => "unsupported",
        }
    }
}

/// A protocol, from its first message to its last.
pub trait Protocol: Send {
    /// Hears the next message and appends what it comes to.
    ///
    /// # Errors
    /// [`Refusal`]: the connection is to be closed, and nothing more given to it.
    fn hear(&mut self, message: Incoming<'_>, said: &mut Vec<Said>) -> Result<(), Refusal>;

    /// What asks the peer to go elsewhere, since the gateway is about to stop; nothing where the protocol has no word for
    /// that.
    fn drain(&mut self) -> Option<Reply> {
        None
    }
}

/// Samples a second that a call may have. Odd ones would cost megabytes a call for their filters.
const RATES_HZ: [u32; 12] = [
    8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000,
];
/// What a peer may say of a call.
const MAX_PARAMETERS: usize = 20;
const MAX_PARAMETER_CHARS: usize = 500;

/// A rate that sound may have.
///
/// # Errors
/// [`Refusal::Unsupported`].
pub fn checked_rate(rate_hz: u64) -> Result<u32, Refusal> {
    u32::try_from(rate_hz)
        .ok()
        .filter(|rate_hz| RATES_HZ.contains(rate_hz))
        .ok_or(Refusal::Unsupported("a rate that no telephone system has"))
}

/// The parameters of a call from a JSON object: strings, numbers and booleans; what is too long or too many is left out.
#[must_use]
pub fn parameters_of(object: &serde_json::Map<String, serde_json::Value>) -> Vec<(String, String)> {
    let short = |text: &str| text.chars().count() <= MAX_PARAMETER_CHARS;
    object
        .iter()
        .filter_map(|(name, value)| {
            let value = match value {
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Number(number) => number.to_string(),
                serde_json::Value::Bool(is) => is.to_string(),
                _ => return None,
            };
            (short(name) && short(&value)).then(|| (name.clone(), value))
        })
        .take(MAX_PARAMETERS)
        .collect()
}

/// 16-bit samples, little-endian, as numbers in [-1, 1].
#[must_use]
pub fn samples_of_l16(bytes: &[u8]) -> Vec<f32> {
    let one = |pair: &[u8]| of_i16(i16::from_le_bytes([pair[0], pair[1]]));
    bytes.chunks_exact(2).map(one).collect()
}
