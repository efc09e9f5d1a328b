//! What a wall says to a node: an alert was seen.
//!
//! In: a message on `ut.cmd.NODE.CALL.ack`. Out: a note for whoever writes the call's log. Keeps nothing.

use crate::calls::session_and_caller;
use crate::outbox::Outbox;
use crate::subject;
use async_nats::Message;
use hearing::stream_time::StreamTime;
use record::wall::inbox::{Inbox, Seen};
use serde::{Deserialize, Serialize};

/// The message.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Acknowledge {
    /// When the alert was, in samples of the call.
    pub at: u64,
}

/// Leaves a note of what the message says.
///
/// # Errors
/// What is wrong with it, in words.
pub fn leave_note(message: &Message, outbox: &Outbox, inbox: &Inbox) -> Result<(), String> {
    let call = subject::of_acknowledgement(&message.subject).ok_or("it names no call")?;
    let (session, caller) = session_and_caller(call).ok_or("it names no call")?;
    let caller = caller.parse().map_err(|_| "it names no caller")?;
    let said: Acknowledge =
        serde_json::from_slice(&message.payload).map_err(|error| error.to_string())?;
    let log = outbox.path_of(session).ok_or("there is no such call")?;
    let seen = Seen { caller, at: StreamTime(said.at) };
    inbox.leave(log, &seen).map_err(|error| error.to_string())
}
