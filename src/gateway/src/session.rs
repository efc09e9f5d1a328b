//! A connection: its protocol, and the call that it carries.
//!
//! In: the peer's messages and moments. Out: what is to be sent back, and when to close. Keeps when something came last.
//! What carries the bytes, TCP or WebSocket, is elsewhere.

use crate::hub::{Attached, Hub, NotTaken, unpoisoned};
use crate::legs::Counting;
use crate::log::log;
use crate::protocol::{Begin, Incoming, Protocol, Refusal, Reply, Said};
use engine::streams::STOPPED;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A peer that connects says something within this.
const FIRST_MESSAGE: Duration = Duration::from_secs(5);

/// Why a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Close {
    /// The call is over.
    #[error("the call is over")]
    Over,
    /// Another connection goes on with the call.
    #[error("another connection goes on with this call")]
    TakenOver,
    /// What came is refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The call is not taken.
    #[error(transparent)]
    NotTaken(#[from] NotTaken),
    /// Nothing came for too long.
    #[error("nothing came for too long")]
    Idle,
    /// The connection broke off: what came is no WebSocket, or too large a message, or the peer is gone.
    #[error("the connection broke off")]
    Broken,
    /// The gateway stops.
    #[error("the gateway stops")]
    Drained,
}

impl Close {
    /// The close code of WebSocket (RFC 6455, section 7.4).
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Close::Over | Close::TakenOver => 1000,
            Close::Drained => 1001,
            Close::Broken => 1002,
            Close::Refused(Refusal::TooLarge(_)) => 1009,
            Close::Refused(_) | Close::Idle => 1008,
            Close::NotTaken(_) => 1013,
        }
    }

    /// What cut the call off, in one word for a counter; none where it came to its end.
    #[must_use]
    pub fn cut(self) -> Option<&'static str> {
        match self {
            Close::Over | Close::TakenOver => None,
            Close::Broken => Some("broken"),
            Close::Drained => Some(STOPPED),
            Close::Refused(_) => Some("refused"),
            Close::NotTaken(_) => Some("not_taken"),
            Close::Idle => Some("idle"),
        }
    }
}

/// One connection.
pub struct Session {
    hub: Arc<Hub>,
    word: &'static str,
    protocol: Box<dyn Protocol>,
    counting: Counting,
    attached: Option<Attached>,
    begun: Instant,
    heard: Option<Instant>,
    is_probe: bool,
    /// Whether a peer that sends too fast loses what is too much, and not the call.
    is_patient: bool,
    was_drained: bool,
    said: Vec<Said>,
    replies: Vec<Reply>,
}

impl Session {
    /// A connection over which nothing came yet.
    #[must_use]
    pub fn new(
        hub: Arc<Hub>,
        word: &'static str,
        protocol: Box<dyn Protocol>,
        counting: Counting,
        now: Instant,
    ) -> Self {
        Session {
            hub,
            word,
            protocol,
            counting,
            attached: None,
            begun: now,
            heard: None,
            is_probe: false,
            is_patient: false,
            was_drained: false,
            said: Vec::new(),
            replies: Vec::new(),
        }
    }

    /// The same for a peer that hangs up a person where it is not heard: what comes too fast is left out.
    #[must_use]
    pub fn patient(mut self) -> Self {
        self.is_patient = true;
        self
    }

    /// Takes a message. What is to be sent back is there afterwards, also where the connection is to be closed.
    ///
    /// # Errors
    /// [`Close`]: nothing more is to be given to it but its end.
    pub fn hear(&mut self, message: Incoming<'_>, now: Instant) -> Result<(), Close> {
        self.heard = Some(now);
        if self.is_taken_over() {
            return Err(Close::TakenOver);
        }
        let mut said = std::mem::take(&mut self.said);
        let heard = self.protocol.hear(message, &mut said);
        let mut done = Ok(());
        for said in said.drain(..) {
            done = done.and_then(|()| self.follow(said, now));
        }
        self.said = said;
        if let Err(refusal) = heard {
            self.hub.metrics().hears_nonsense(refusal.word());
        }
        done.and(heard.map_err(Close::from))
    }

    fn follow(&mut self, said: Said, now: Instant) -> Result<(), Close> {
        match said {
            Said::Begin(begin) => self.begin(begin, now)?,
            Said::Reply(reply) => self.replies.push(reply),
            Said::Probe => {
                self.is_probe = true;
                log("probe", &json!({ "protocol": self.word }));
            }
            Said::End => return Err(Close::Over),
            Said::Sound(sound) => {
                if let Some(attached) = &self.attached {
                    let done = unpoisoned(&attached.call).take(attached.connection, sound, now);
                    if !self.is_patient {
                        done?;
                    }
                }
            }
            Said::Lost(n_samples) => self.with_call(|call| call.lose(n_samples, now)),
            Said::Paused => self.with_call(|call| call.pause(now)),
            Said::Resumed(told) => self.with_call(|call| call.resume(told, now)),
        }
        Ok(())
    }

    fn begin(&mut self, begin: Begin, now: Instant) -> Result<(), NotTaken> {
        match self.hub.begin(begin, self.word, self.counting, now) {
            Ok(attached) => self.attached = Some(attached),
            Err(reason) => {
                self.hub.metrics().refuses(reason.word());
                log("call_refused", &json!({ "protocol": self.word, "reason": reason.word() }));
                return Err(reason);
            }
        }
        Ok(())
    }

    fn with_call(&self, work: impl FnOnce(&mut crate::call::Call)) {
        if let Some(attached) = &self.attached {
            work(&mut unpoisoned(&attached.call));
        }
    }

    fn is_taken_over(&self) -> bool {
        let newest = |it: &Attached| unpoisoned(&it.call).connection;
        self.attached.as_ref().is_some_and(|it| newest(it) != it.connection)
    }

    /// Time passes: some ten times a second.
    ///
    /// # Errors
    /// [`Close`]: nothing came for too long, or another connection goes on with the call.
    pub fn tick(&mut self, now: Instant) -> Result<(), Close> {
        if self.is_taken_over() {
            return Err(Close::TakenOver);
        }
        if self.hub.is_cut_off() {
            return Err(Close::Drained);
        }
        self.with_call(|call| call.tick(now));
        let idle = Duration::from_secs(self.hub.config().limits.idle_s);
        let is_idle = match self.heard {
            None => now.duration_since(self.begun) >= FIRST_MESSAGE,
            // Whoever says something, but not which call this is, has as long as a silent call.
            Some(_) if self.attached.is_none() && !self.is_probe => {
                now.duration_since(self.begun) >= idle
            }
            Some(heard) => now.duration_since(heard) >= idle,
        };
        if is_idle {
            return Err(Close::Idle);
        }
        if self.hub.is_draining() && !std::mem::replace(&mut self.was_drained, true) {
            self.replies.extend(self.protocol.drain());
        }
        Ok(())
    }

    /// What is to be sent back now.
    pub fn take_replies(&mut self) -> std::vec::Drain<'_, Reply> {
        self.replies.drain(..)
    }

    /// The connection is closed: so is its call, unless another goes on with it.
    pub fn end(mut self, why: Close, now: Instant) {
        let Some(attached) = self.attached.take() else { return };
        if let Close::Refused(_) | Close::Idle | Close::Broken = why {
            let (call, reason) = (&attached.key, why.to_string());
            log("connection_closed", &json!({ "call": call, "reason": reason }));
        }
        self.hub.end(&attached, now, why.cut());
    }
}

impl Drop for Session {
    /// A task that is gone leaves no call behind.
    fn drop(&mut self) {
        if let Some(attached) = self.attached.take() {
            self.hub.end(&attached, Instant::now(), Close::Broken.cut());
        }
    }
}
