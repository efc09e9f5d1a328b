//! What a parser is given: messages, each some time after the one before.
//!
//! In: messages. Out: the same as lines of hex, for who looks for the fault.

use gateway::protocol::Reply;
use std::borrow::Cow;
use std::fmt;

/// How a message comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As text; what is no UTF-8 is replaced.
    Text,
    /// As bytes: a message, a datagram, or what one read of a connection gave.
    Binary,
    /// It is no message. What happens says [`Target`](crate::target::Target): mostly another connection goes on.
    Event,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// So long after the one before.
    pub wait_ms: u64,
    pub kind: Kind,
    pub bytes: Vec<u8>,
}

impl Message {
    /// Text that comes at once.
    pub fn text(text: impl Into<String>) -> Self {
        Message { wait_ms: 0, kind: Kind::Text, bytes: text.into().into_bytes() }
    }

    /// Bytes that come at once.
    pub fn binary(bytes: impl Into<Vec<u8>>) -> Self {
        Message { wait_ms: 0, kind: Kind::Binary, bytes: bytes.into() }
    }

    /// No message.
    pub fn event() -> Self {
        Message { wait_ms: 0, kind: Kind::Event, bytes: Vec::new() }
    }

    /// The same after so long.
    pub fn after(self, wait_ms: u64) -> Self {
        Message { wait_ms, ..self }
    }

    pub fn as_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }
}

impl From<Reply> for Message {
    fn from(reply: Reply) -> Self {
        match reply {
            Reply::Text(text) => Message::text(text),
            Reply::Binary(bytes) => Message::binary(bytes),
        }
    }
}

/// All that a parser is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Which of its settings the parser has: any number.
    pub setting: usize,
    pub messages: Vec<Message>,
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "setting {}", self.setting)?;
        self.messages.iter().try_for_each(|message| {
            let Message { wait_ms, kind, bytes } = message;
            let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
            let hex: String =
                bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0f)]).collect();
            writeln!(f, "{wait_ms} {kind:?} {hex}")
        })
    }
}
