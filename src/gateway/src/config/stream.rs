//! Where telephone systems send to: which protocol, who may, and which side is the caller's.
//!
//! In: tables of the settings. Out: the same, with secrets read, and what is wrong with them.

use super::Secret;
use super::allow::Allow;
use crate::protocol::Side;
use crate::protocol::audiosocket::AudioSocketSettings;
use crate::protocol::l16::{ChannelUse, L16Dialect, StereoSide, subprotocol};
use crate::protocol::twilio::{CallerTrack, Dialect};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// `[[audiosocket]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AudioSocketSection {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Who may connect: addresses or networks. The protocol knows no password.
    #[serde(default)]
    pub allow: Allow,
    /// The rate in Hz that the frame type 0x10 stands for: older versions of Asterisk send it for every rate.
    #[serde(default = "narrow")]
    pub rate_hz: u32,
}

fn narrow() -> u32 {
    8_000
}

impl AudioSocketSection {
    /// How the protocol is to be understood.
    #[must_use]
    pub fn settings(&self) -> AudioSocketSettings {
        AudioSocketSettings { side: Side::Caller, rate_hz_of_slin: self.rate_hz }
    }

    pub(super) fn check(&self, wrong: &mut Vec<String>) {
        if !self.listen.ip().is_loopback() && self.allow.is_empty() {
            wrong.push(format!(
                "audiosocket {}: the protocol has no password; say who may connect, such as \
                 allow = [\"192.0.2.7\"]",
                self.listen
            ));
        }
        if !(8_000..=192_000).contains(&self.rate_hz) {
            wrong.push(format!("audiosocket {}: rate_hz must be from 8000 to 192000", self.listen));
        }
    }

    pub(super) fn in_words(&self) -> String {
        format!("audiosocket {} (Asterisk): from {}", self.listen, self.allow)
    }
}

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each is the product's own name")]
pub enum StreamProtocol {
    FreeSwitch,
    Jambonz,
    Asterisk,
    Vonage,
    Twilio,
    SignalWire,
    Telnyx,
    Plivo,
    AudioHook,
}

/// What a protocol is a kind of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Binary sound.
    L16(L16Dialect),
    /// JSON with base64.
    Twilio(Dialect),
    /// Genesys.
    AudioHook,
}

impl Family {
    /// The WebSocket subprotocol that the peer may offer.
    #[must_use]
    pub fn subprotocol(self) -> Option<&'static str> {
        match self {
            Family::L16(dialect) => subprotocol(dialect),
            Family::Twilio(_) | Family::AudioHook => None,
        }
    }
}

impl StreamProtocol {
    /// All of them.
    pub const ALL: [StreamProtocol; 9] = [
        StreamProtocol::FreeSwitch,
        StreamProtocol::Jambonz,
        StreamProtocol::Asterisk,
        StreamProtocol::Vonage,
        StreamProtocol::Twilio,
        StreamProtocol::SignalWire,
        StreamProtocol::Telnyx,
        StreamProtocol::Plivo,
        StreamProtocol::AudioHook,
    ];

    /// What it is a kind of.
    #[must_use]
    pub fn family(self) -> Family {
        match self {
            StreamProtocol::FreeSwitch => Family::L16(L16Dialect::FreeSwitch),
            StreamProtocol::Jambonz => Family::L16(L16Dialect::Jambonz),
            StreamProtocol::Asterisk => Family::L16(L16Dialect::Asterisk),
            StreamProtocol::Vonage => Family::L16(L16Dialect::Vonage),
            StreamProtocol::Twilio => Family::Twilio(Dialect::Twilio),
            StreamProtocol::SignalWire => Family::Twilio(Dialect::SignalWire),
            StreamProtocol::Telnyx => Family::Twilio(Dialect::Telnyx),
            StreamProtocol::Plivo => Family::Twilio(Dialect::Plivo),
            StreamProtocol::AudioHook => Family::AudioHook,
        }
    }

    /// One word, for counters and logs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self.family() {
            Family::L16(dialect) => dialect.word(),
            Family::Twilio(dialect) => dialect.word(),
            Family::AudioHook => "audiohook",
        }
    }

    /// The one of that word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        StreamProtocol::ALL.into_iter().find(|protocol| protocol.word() == word)
    }
}

/// Which channel of a stream of L16 is the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallerChannel {
    /// The stream is mono and of the caller's leg.
    Mono,
    /// The stream is stereo.
    Left,
    /// The same.
    Right,
}

/// `[[stream]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamSection {
    /// The path of its address, such as `/freeswitch`.
    pub path: String,
    /// Who sends.
    pub protocol: StreamProtocol,
    /// L16: which channel is the caller's. Without it nobody knows, and nothing is read.
    pub caller: Option<CallerChannel>,
    /// L16: the rate in Hz, where the first message tells none.
    pub rate_hz: Option<u32>,
    /// Twilio's family: which track is the caller's.
    pub caller_track: Option<CallerTrack>,
    /// A token that the peer sends as `Authorization: Bearer TOKEN`, or as `?token=TOKEN`.
    pub token_file: Option<PathBuf>,
    /// Twilio: the account's token, with which requests are signed.
    pub signature_file: Option<PathBuf>,
    /// Genesys: one key, or two while they are changed.
    #[serde(default)]
    pub key: Vec<KeySection>,
    /// What the files hold.
    #[serde(skip)]
    pub token: Option<Secret>,
    /// What the files hold.
    #[serde(skip)]
    pub signature: Option<Secret>,
}

/// `[[stream.key]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySection {
    /// The API key.
    pub id: String,
    /// The client secret, in base64 as Genesys has it.
    pub secret_file: PathBuf,
    /// What the file holds.
    #[serde(skip)]
    pub secret: Option<Secret>,
}

impl StreamSection {
    /// How channels are used, for L16.
    #[must_use]
    pub fn channels(&self) -> ChannelUse {
        match self.caller {
            Some(CallerChannel::Mono) => ChannelUse::Mono(Side::Caller),
            Some(CallerChannel::Left) => ChannelUse::Stereo { caller: StereoSide::Left },
            Some(CallerChannel::Right) => ChannelUse::Stereo { caller: StereoSide::Right },
            None => ChannelUse::Mono(Side::Unknown),
        }
    }

    pub(super) fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let keys = self.key.iter_mut().map(|key| &mut key.secret_file);
        self.token_file.iter_mut().chain(self.signature_file.iter_mut()).chain(keys)
    }

    pub(super) fn read_secrets(&mut self, mut read: impl FnMut(&Path) -> Option<Secret>) {
        self.token = self.token_file.as_deref().and_then(&mut read);
        self.signature = self.signature_file.as_deref().and_then(&mut read);
        for key in &mut self.key {
            key.secret = read(&key.secret_file);
        }
    }

    pub(super) fn check(&self, public_url: Option<&str>, is_open: bool, wrong: &mut Vec<String>) {
        let name = format!("stream {}", self.path);
        let mut say = |text: &str| wrong.push(format!("{name}: {text}"));
        if !self.path.starts_with('/') || self.path.contains(['?', '{', '}', '*', ' ']) {
            say("path must begin with / and hold no ?, *, spaces or braces");
        }
        let family = self.protocol.family();
        match family {
            Family::L16(_) => {
                if self.rate_hz.is_some_and(|rate_hz| !(8_000..=192_000).contains(&rate_hz)) {
                    say("rate_hz must be from 8000 to 192000");
                }
            }
            Family::Twilio(_) | Family::AudioHook => {
                if self.caller.is_some() || self.rate_hz.is_some() {
                    say("caller and rate_hz are for streams of L16 alone");
                }
            }
        }
        if self.caller_track.is_some() && !matches!(family, Family::Twilio(_)) {
            say("caller_track is for Twilio and its like alone");
        }
        if self.key.is_empty() != (family != Family::AudioHook) {
            say("audiohook, and it alone, needs [[stream.key]] with id and secret_file");
        }
        if self.key.len() > 2 {
            say("more than two keys");
        }
        if self.signature_file.is_some() && public_url.is_none() {
            say("signatures are of the public address: give http.public_url");
        }
        let is_proven =
            self.token_file.is_some() || self.signature_file.is_some() || !self.key.is_empty();
        if is_open && !is_proven {
            say("others reach it, so who sends must prove it: give token_file, or signature_file");
        }
    }

    pub(super) fn in_words(&self) -> String {
        let proof = if !self.key.is_empty() {
            "signed"
        } else if self.signature_file.is_some() {
            "signed by the account's token"
        } else if self.token_file.is_some() {
            "with a token"
        } else {
            "from this machine alone"
        };
        let side = match (self.protocol.family(), self.caller) {
            (Family::L16(_), None) => "; side unknown: nothing is read (give caller)",
            _ => "",
        };
        format!("stream {} ({}): {proof}{side}", self.path, self.protocol.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_another_protocol_are_told() {
        let wrong = |text: &str| {
            let section: StreamSection = toml::from_str(text).unwrap();
            let mut wrong = Vec::new();
            section.check(None, false, &mut wrong);
            wrong.join("; ")
        };
        let stream = |protocol: &str, more: &str| {
            wrong(&format!("path = \"/a\"\nprotocol = \"{protocol}\"\n{more}"))
        };
        assert_eq!(stream("freeswitch", "caller = \"left\"\n"), "");
        assert!(stream("freeswitch", "rate_hz = 1\n").contains("rate_hz must be"));
        assert!(stream("twilio", "caller = \"left\"\n").contains("L16 alone"));
        assert!(stream("vonage", "caller_track = \"inbound\"\n").contains("Twilio"));
        assert!(stream("audiohook", "").contains("[[stream.key]]"));
        assert!(stream("twilio", "signature_file = \"x\"\n").contains("public_url"));
        assert!(wrong("path = \"a\"\nprotocol = \"twilio\"\n").contains("path must begin"));
    }
}
