//! What is sent again: until the peer says that it heard it, or because the peer says its own again (RFC 3261,
//! sections 13.3.1.4 and 17.2).
//!
//! In: a message of ours, and the time. Out: the message once more, when it is due. Keeps the message.

use crate::siprec::Action;
use std::net::SocketAddr;
use std::time::Duration;

/// When something is sent for the second time, the longest time between two, and when it is given up: RFC 3261's
/// timers T1, T2 and 64 × T1.
const T1: Duration = Duration::from_millis(500);
const T2: Duration = Duration::from_secs(4);
pub(super) const GIVEN_UP: Duration = Duration::from_secs(32);

/// What is sent until the peer says that it heard it.
pub(super) struct Repeat {
    to: SocketAddr,
    bytes: Vec<u8>,
    next: Duration,
    interval: Duration,
    /// When it is given up.
    pub until: Duration,
}

impl Repeat {
    /// A message that is being sent for the first time.
    pub fn new(to: SocketAddr, bytes: Vec<u8>, now: Duration) -> Self {
        Repeat { to, bytes, next: now + T1, interval: T1, until: now + GIVEN_UP }
    }

    /// The message, if it is due.
    pub fn due(&mut self, now: Duration) -> Option<Action> {
        if now < self.next {
            return None;
        }
        self.interval = (self.interval * 2).min(T2);
        self.next = now + self.interval;
        Some(Action::Send { to: self.to, bytes: self.bytes.clone() })
    }
}

/// An answer that is sent again when its request comes again.
pub(super) struct Answered {
    /// The request's `CSeq`.
    pub sequence: u32,
    pub to: SocketAddr,
    pub bytes: Vec<u8>,
}

impl Answered {
    /// The answer, once more.
    pub fn again(&self) -> Vec<Action> {
        vec![Action::Send { to: self.to, bytes: self.bytes.clone() }]
    }
}
