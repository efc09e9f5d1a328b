//! Genesys AudioHook, version 2: a JSON message is text, sound is binary, and each side numbers its own messages.
//!
//! In: the client's messages in their order. Out: the call, its sound and the answers. Keeps both numbers, the
//! position in the stream and what was opened; never a participant's number or name.
//!
//! The position counts the samples that came, those of `discarded` and those of `resumed`: what [`Said::Lost`] says is
//! in it already.

pub(crate) mod message;
pub mod signature;

use serde_json::{Value, json};
use sound::g711::mu_law;

use self::message::{Channels, Discarded, Head, Open, RATE_HZ, Resumed, samples_in};
use super::{
    Begin, Incoming, Protocol, Refusal, Reply, Said, Side, Sides, Sound, checked_rate,
    parameters_of, person,
};

/// The longest text that the protocol allows, in bytes.
pub(crate) const MAX_TEXT_BYTES: usize = 65_535;
/// The longest piece of sound, in bytes: 4 s of both sides, where 0.2 s are usual.
const MAX_SOUND_BYTES: usize = 65_536;
/// Full scale of 16 bits.
const FULL_SCALE: f32 = 32_768.0;

/// What the headers of the request said of the session, once their signature was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionHeaders {
    /// `Audiohook-Organization-Id`.
    pub organization_id: String,
    /// `Audiohook-Session-Id`.
    pub session_id: String,
}

/// Why the server ends a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisconnectReason {
    /// Nothing more is wanted.
    Completed,
    /// The client may not.
    Unauthorized,
    /// Something went wrong, on either side.
    Error,
}

impl DisconnectReason {
    fn word(self) -> &'static str {
        match self {
            DisconnectReason::Completed => "completed",
            DisconnectReason::Unauthorized => "unauthorized",
            DisconnectReason::Error => "error",
        }
    }
}

/// One session, from its `open` to its `close`.
#[derive(Clone, Debug)]
pub struct AudioHook {
    headers: SessionHeaders,
    state: State,
    /// The number of the client's last message, 0 before the first.
    client_seq: u64,
    /// The number of our last message, 0 before the first.
    server_seq: u64,
    /// Samples since the session began.
    position: u64,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Before `open`.
    New,
    /// Sound may come.
    Opened(Opened),
    /// After `close` or a refusal: nothing more is heard.
    Over,
}

#[derive(Clone, Copy, Debug)]
struct Opened {
    channels: Channels,
    is_probe: bool,
    is_paused: bool,
}

impl AudioHook {
    /// A session that was asked for with these headers.
    #[must_use]
    pub fn new(headers: SessionHeaders) -> Self {
        AudioHook { headers, state: State::New, client_seq: 0, server_seq: 0, position: 0 }
    }

    /// Asks the client to come again, to another server: for a server that takes no more calls. The session goes on
    /// until the client closes it.
    pub fn reconnect(&mut self) -> Reply {
        self.reply("reconnect", &json!({}))
    }

    /// Asks the client to close. A client that keeps to the protocol answers with `close`, which is to be heard still.
    pub fn disconnect(&mut self, reason: DisconnectReason, info: &str) -> Reply {
        self.reply("disconnect", &json!({ "reason": reason.word(), "info": info }))
    }

    fn reply(&mut self, kind: &str, parameters: &Value) -> Reply {
        self.server_seq += 1;
        let message = json!({
            "version": message::VERSION,
            "type": kind,
            "id": self.headers.session_id,
            "seq": self.server_seq,
            "clientseq": self.client_seq,
            "parameters": parameters,
        });
        Reply::Text(message.to_string())
    }

    fn text(&mut self, text: &str, said: &mut Vec<Said>) -> Result<(), Refusal> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(Refusal::TooLarge("a text over 65,535 bytes"));
        }
        let head = Head::of(text)?;
        if head.version != message::VERSION {
            return Err(Refusal::Malformed("a version other than 2"));
        }
        if head.id != self.headers.session_id {
            return Err(Refusal::Malformed("the id of another session"));
        }
        if Some(head.seq) != self.client_seq.checked_add(1) {
            return Err(Refusal::Malformed("a number out of order"));
        }
        self.client_seq = head.seq;
        match &*head.kind {
            "open" => self.open(message::parameters(text)?, said)?,
            "ping" => said.push(Said::Reply(self.reply("pong", &json!({})))),
            "update" => said.push(Said::Reply(self.reply("updated", &json!({})))),
            "discarded" => self.discarded(&message::parameters(text)?, said)?,
            "paused" => self.paused(said),
            "resumed" => self.resumed(&message::parameters(text)?, said)?,
            "close" => self.close(said),
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, open: Open, said: &mut Vec<Said>) -> Result<(), Refusal> {
        if !matches!(self.state, State::New) {
            return Err(Refusal::Malformed("a second open"));
        }
        if open.organization_id != self.headers.organization_id {
            return Err(Refusal::NotAllowed("an organization other than the header's"));
        }
        let is_probe = open.is_probe();
        if !is_probe && !message::is_uuid(&open.conversation_id) {
            return Err(Refusal::Malformed("a conversation without a proper id"));
        }
        let channels = Channels::chosen_from(&open.media)
            .ok_or(Refusal::Unsupported("no offer of PCMU at 8,000 Hz"))?;
        let begin = begin(open, channels)?;
        let opened = json!({ "media": [channels.media()], "startPaused": false });
        said.push(Said::Reply(self.reply("opened", &opened)));
        said.push(if is_probe { Said::Probe } else { Said::Begin(begin) });
        self.state = State::Opened(Opened { channels, is_probe, is_paused: false });
        Ok(())
    }

    fn sound(&mut self, bytes: &[u8], said: &mut Vec<Said>) -> Result<(), Refusal> {
        if bytes.len() > MAX_SOUND_BYTES {
            return Err(Refusal::TooLarge("sound over 64 KiB"));
        }
        let State::Opened(opened) = self.state else {
            return Err(Refusal::Malformed("sound before open"));
        };
        if !bytes.len().is_multiple_of(opened.channels.count()) {
            return Err(Refusal::Malformed("half a pair of samples"));
        }
        // A client that keeps to the protocol sends none while it is paused.
        if bytes.is_empty() || opened.is_probe || opened.is_paused {
            return Ok(());
        }
        let at = self.position;
        let mut push = |side, first, step| {
            let one = |code: &u8| f32::from(mu_law(*code)) / FULL_SCALE;
            let samples = bytes.iter().skip(first).step_by(step).map(one).collect();
            said.push(Said::Sound(Sound { side, at: Some(at), follows: false, samples }));
        };
        match opened.channels {
            Channels::Both => {
                push(Side::Operator, 1, 2);
                push(Side::Caller, 0, 2);
            }
            Channels::External => push(Side::Caller, 0, 1),
            Channels::Internal => push(Side::Operator, 0, 1),
        }
        self.go_on(bytes.len() as u64 / opened.channels.count() as u64);
        Ok(())
    }

    fn discarded(&mut self, what: &Discarded, said: &mut Vec<Said>) -> Result<(), Refusal> {
        let n_samples = checked_samples(&what.discarded)?;
        let State::Opened(Opened { is_probe: false, .. }) = self.state else { return Ok(()) };
        if n_samples > 0 {
            self.go_on(n_samples);
            said.push(Said::Lost(n_samples));
        }
        Ok(())
    }

    /// A client tells that it is paused as often as it is asked, so what is told twice is said once.
    fn paused(&mut self, said: &mut Vec<Said>) {
        if let State::Opened(opened @ Opened { is_probe: false, is_paused: false, .. }) =
            &mut self.state
        {
            opened.is_paused = true;
            said.push(Said::Paused);
        }
    }

    fn resumed(&mut self, what: &Resumed, said: &mut Vec<Said>) -> Result<(), Refusal> {
        let n_samples = what.discarded.as_deref().map_or(Ok(0), checked_samples)?;
        if let State::Opened(opened @ Opened { is_paused: true, .. }) = &mut self.state {
            opened.is_paused = false;
            self.go_on(n_samples);
            // With a position that stands still the peer says nothing of the length.
            said.push(Said::Resumed(Some(n_samples).filter(|n_samples| *n_samples > 0)));
        }
        Ok(())
    }

    fn close(&mut self, said: &mut Vec<Said>) {
        said.push(Said::Reply(self.reply("closed", &json!({}))));
        said.push(Said::End);
        self.state = State::Over;
    }

    fn go_on(&mut self, n_samples: u64) {
        self.position = self.position.saturating_add(n_samples);
    }
}

impl Protocol for AudioHook {
    /// A refusal comes after the `disconnect` that tells the client of it.
    fn hear(&mut self, message: Incoming<'_>, said: &mut Vec<Said>) -> Result<(), Refusal> {
        if matches!(self.state, State::Over) {
            return Ok(());
        }
        let heard = match message {
            Incoming::Text(text) => self.text(text, said),
            Incoming::Binary(bytes) => self.sound(bytes, said),
        };
        if let Err(refusal) = heard {
            let reason = match refusal {
                Refusal::NotAllowed(_) => DisconnectReason::Unauthorized,
                _ => DisconnectReason::Error,
            };
            said.push(Said::Reply(self.disconnect(reason, &refusal.to_string())));
            self.state = State::Over;
        }
        heard
    }

    fn drain(&mut self) -> Option<Reply> {
        matches!(self.state, State::Opened(_)).then(|| self.reconnect())
    }
}

fn begin(open: Open, channels: Channels) -> Result<Begin, Refusal> {
    let mut object = match open.custom_config {
        Some(Value::Object(object)) => object,
        _ => serde_json::Map::new(),
    };
    person::forget(&mut object);
    if let Some(language) = open.language {
        object.insert("language".to_owned(), Value::String(language));
    }
    Ok(Begin {
        key: format!("audiohook:{}", open.conversation_id.to_ascii_lowercase()),
        rate_hz: checked_rate(RATE_HZ)?,
        sides: match channels {
            Channels::Both => Sides::Together,
            Channels::External => Sides::Caller,
            // The caller's side may come over another connection, or never.
            Channels::Internal => Sides::Apart,
        },
        parameters: parameters_of(&object),
    })
}

fn checked_samples(duration: &str) -> Result<u64, Refusal> {
    samples_in(duration).ok_or(Refusal::Malformed("a duration that is none"))
}

#[cfg(test)]
mod tests;
