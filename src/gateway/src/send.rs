//! The test sender: a telephone system that plays recordings as calls, over each protocol.
//!
//! In: recordings and how bad the line is. Out: the protocol's messages in real time. It is what the tests send with, and
//! what an engineer tries a new server with.

pub mod audiohook;
pub mod audiosocket;
pub mod l16;
pub mod run;
pub mod twilio;

use crate::protocol::{Incoming, Reply};

/// Takes all whole parts of so many items off the front; what is left makes no whole one yet.
fn take_whole<T: Clone>(collected: &mut Vec<T>, len: usize) -> Vec<Vec<T>> {
    let n_whole = collected.len() / len * len;
    let whole: Vec<T> = collected.drain(..n_whole).collect();
    whole.chunks(len).map(<[T]>::to_vec).collect()
}

/// What a telephone system sends in one protocol; it opens no connection and reads no clock.
pub trait Speaker: Send {
    /// What is sent as soon as the connection is open.
    fn opening(&mut self) -> Vec<Reply>;

    /// The next block of both sides, equally long, at the call's rate; without an operator the caller's alone. What the
    /// protocol collects to larger messages may come later.
    fn block(&mut self, caller: &[i16], operator: Option<&[i16]>) -> Vec<Reply>;

    /// So many samples of each side are left out, as if lost on the way to the sender: counts go on.
    fn skip(&mut self, n_samples: usize) -> Vec<Reply>;

    /// What is sent at the end of the call.
    fn closing(&mut self) -> Vec<Reply>;

    /// What the other side says; answers to be sent at once.
    fn hear(&mut self, message: Incoming<'_>) -> Vec<Reply>;

    /// Whether sound may be sent: some protocols wait for an answer first.
    fn may_send(&self) -> bool {
        true
    }

    /// Whether the connection may be closed: some protocols wait for the other side's last word first.
    fn may_close(&self) -> bool {
        true
    }
}
