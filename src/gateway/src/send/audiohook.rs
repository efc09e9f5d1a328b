//! What Genesys Cloud sends as an AudioHook client.
//!
//! In: a call's sound. Out: `open`, the sound in frames of 200 ms, pings by the sound's own time, what was left out,
//! `close`, and the answers to what the server asks. Keeps both numbers, the position and less than a frame of sound.

mod signing;

use serde_json::{Value, json};
use sound::g711::mu_law_code;

pub use self::signing::{Request, headers};
use super::Speaker;
use crate::protocol::audiohook::message::{self, Channels, Head, duration_of};
use crate::protocol::{Incoming, Reply};

/// Samples of a frame: 200 ms.
const FRAME_LEN: usize = 1_600;
/// The first ping comes after 1 s, the next each 5 s, in samples.
const FIRST_PING: u64 = 8_000;
const PING_EVERY: u64 = 40_000;
/// Silence in the mu-law.
const SILENCE: u8 = 0xff;

/// A call on its way to the server.
#[derive(Clone, Debug)]
pub struct AudioHookSpeaker {
    organization_id: String,
    session_id: String,
    conversation_id: String,
    has_operator: bool,
    state: State,
    /// The number of our last message, and of the server's.
    seq: u64,
    server_seq: u64,
    /// Samples since the call began: of those that were sent or left out.
    position: u64,
    next_ping: u64,
    /// Sound that makes no frame yet.
    collected: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// Before `opened`.
    Asking,
    Open(Channels),
    /// Since the server asked for a pause; so many samples were dropped.
    Paused(Channels, u64),
    /// After `close`.
    Closing,
    /// After `closed`.
    Closed,
}

impl AudioHookSpeaker {
    /// A call of which both sides are offered, or the caller's alone. A conversation's id of only zeros makes it a
    /// probe.
    #[must_use]
    pub fn new(
        organization_id: String,
        session_id: String,
        conversation_id: String,
        has_operator: bool,
    ) -> Self {
        AudioHookSpeaker {
            organization_id,
            session_id,
            conversation_id,
            has_operator,
            state: State::Asking,
            seq: 0,
            server_seq: 0,
            position: 0,
            next_ping: FIRST_PING,
            collected: Vec::new(),
        }
    }

    fn message(&mut self, kind: &str, parameters: &Value) -> Reply {
        self.seq += 1;
        let message = json!({
            "version": message::VERSION,
            "type": kind,
            "id": self.session_id,
            "seq": self.seq,
            "serverseq": self.server_seq,
            "position": duration_of(self.position),
            "parameters": parameters,
        });
        Reply::Text(message.to_string())
    }

    /// What was collected as a frame, though it may be a short one.
    fn frame(&mut self, channels: Channels) -> Option<Reply> {
        if self.collected.is_empty() {
            return None;
        }
        let frame = std::mem::take(&mut self.collected);
        self.position += (frame.len() / channels.count()) as u64;
        Some(Reply::Binary(frame))
    }

    /// A sample of each side that the server chose.
    fn collect(&mut self, channels: Channels, caller: i16, operator: Option<i16>) {
        let operator = operator.map_or(SILENCE, mu_law_code);
        match channels {
            Channels::Both => self.collected.extend([mu_law_code(caller), operator]),
            Channels::External => self.collected.push(mu_law_code(caller)),
            Channels::Internal => self.collected.push(operator),
        }
    }

    fn close(&mut self, reason: &str) -> Vec<Reply> {
        let mut sent = Vec::new();
        if let State::Open(channels) = self.state {
            sent.extend(self.frame(channels));
        }
        if !matches!(self.state, State::Closing | State::Closed) {
            self.state = State::Closing;
            sent.push(self.message("close", &json!({ "reason": reason })));
        }
        sent
    }

    fn opened(&mut self, text: &str) {
        let chosen = message::parameters(text)
            .ok()
            .and_then(|message::Opened { media }| Channels::chosen_from(&media));
        if let (State::Asking, Some(channels)) = (self.state, chosen) {
            self.state = State::Open(channels);
        }
    }

    fn pause(&mut self) -> Vec<Reply> {
        let mut sent = Vec::new();
        if let State::Open(channels) = self.state {
            sent.extend(self.frame(channels));
            self.state = State::Paused(channels, 0);
        }
        if let State::Paused(..) = self.state {
            sent.push(self.message("paused", &json!({})));
        }
        sent
    }

    fn resume(&mut self) -> Vec<Reply> {
        let State::Paused(channels, n_dropped) = self.state else { return Vec::new() };
        let start = duration_of(self.position);
        self.position += n_dropped;
        self.state = State::Open(channels);
        let parameters = json!({ "start": start, "discarded": duration_of(n_dropped) });
        vec![self.message("resumed", &parameters)]
    }
}

impl Speaker for AudioHookSpeaker {
    fn opening(&mut self) -> Vec<Reply> {
        let offered: &[Channels] = if self.has_operator {
            &[Channels::Both, Channels::External, Channels::Internal]
        } else {
            &[Channels::External]
        };
        let media: Vec<Value> = offered.iter().map(|channels| channels.media()).collect();
        let nobody = json!({
            "id": self.conversation_id, "ani": "", "aniName": "", "dnis": "",
        });
        let parameters = json!({
            "organizationId": self.organization_id,
            "conversationId": self.conversation_id,
            "participant": nobody,
            "media": media,
            "language": "en-US",
        });
        vec![self.message("open", &parameters)]
    }

    /// While the server has it paused, sound is dropped and counted.
    fn block(&mut self, caller: &[i16], operator: Option<&[i16]>) -> Vec<Reply> {
        let channels = match &mut self.state {
            State::Open(channels) => *channels,
            State::Paused(_, n_dropped) => {
                *n_dropped += caller.len() as u64;
                return Vec::new();
            }
            State::Asking | State::Closing | State::Closed => return Vec::new(),
        };
        let mut sent = Vec::new();
        for (index, &sample) in caller.iter().enumerate() {
            let operator = operator.and_then(|operator| operator.get(index).copied());
            self.collect(channels, sample, operator);
            if self.collected.len() >= FRAME_LEN * channels.count() {
                sent.extend(self.frame(channels));
            }
        }
        if self.position >= self.next_ping {
            self.next_ping = self.position + PING_EVERY;
            sent.push(self.message("ping", &json!({})));
        }
        sent
    }

    fn skip(&mut self, n_samples: usize) -> Vec<Reply> {
        let channels = match &mut self.state {
            State::Open(channels) => *channels,
            State::Paused(_, n_dropped) => {
                *n_dropped += n_samples as u64;
                return Vec::new();
            }
            State::Asking | State::Closing | State::Closed => return Vec::new(),
        };
        let mut sent = Vec::from_iter(self.frame(channels));
        if n_samples > 0 {
            let start = duration_of(self.position);
            self.position += n_samples as u64;
            let discarded = duration_of(n_samples as u64);
            let parameters = json!({ "start": start, "discarded": discarded });
            sent.push(self.message("discarded", &parameters));
        }
        sent
    }

    fn closing(&mut self) -> Vec<Reply> {
        self.close("end")
    }

    /// Texts that are none of the protocol's are passed over.
    fn hear(&mut self, message: Incoming<'_>) -> Vec<Reply> {
        let Incoming::Text(text) = message else { return Vec::new() };
        let Ok(head) = Head::of(text) else { return Vec::new() };
        self.server_seq = head.seq;
        match &*head.kind {
            "opened" => {
                self.opened(text);
                Vec::new()
            }
            "closed" => {
                self.state = State::Closed;
                Vec::new()
            }
            "pause" => self.pause(),
            "resume" => self.resume(),
            "disconnect" => self.close("disconnect"),
            _ => Vec::new(),
        }
    }

    fn may_send(&self) -> bool {
        matches!(self.state, State::Open(_) | State::Paused(..))
    }

    fn may_close(&self) -> bool {
        self.state == State::Closed
    }
}

#[cfg(test)]
mod tests;
