//! The server that recordings are sent to: SIP's side of all calls.
//!
//! In: each message, where it came from, and the time. Out: [`Action`]s. Keeps a dialog for each call until 32 s
//! after its end, and the free ports. A call's only name outside is a hash of its Call-ID.

use crate::siprec::Action;
use crate::siprec::dialog::{Arrived, Dialog, Due, Names, Resources};
use crate::siprec::ports::Ports;
use crate::siprec::response::{ACCEPT, ALLOW, Response};
use crate::siprec::sip::{Message, Method, Request};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Calls at once.
const MAX_CALLS: usize = 1_000;
/// With those that ended less than 32 s ago.
const MAX_DIALOGS: usize = 4 * MAX_CALLS;
/// When a peer that was refused may ask again, seconds: about when some call ended, with 1,000 of them.
const RETRY_AFTER: &str = "10";

/// What the server goes by.
#[derive(Clone)]
pub struct Settings {
    /// Where peers reach us by SIP.
    pub contact: SocketAddr,
    /// Where peers send RTP.
    pub media: IpAddr,
    /// The ports for RTP, each even; the one after each is for its RTCP.
    pub ports: Vec<u16>,
    /// The numbers or user names that are called here: they tell the operator from the caller.
    pub own_numbers: Vec<String>,
    /// Random bytes, others at each start: without them nobody can guess the tag that ends a call.
    pub seed: [u8; 16],
}

/// The server.
pub struct Recorder {
    settings: Settings,
    ports: Ports,
    /// By Call-ID.
    dialogs: HashMap<String, Dialog>,
    is_full: bool,
    is_draining: bool,
}

impl Recorder {
    /// A server without calls.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let ports = Ports::new(settings.ports.iter().copied());
        let dialogs = HashMap::new();
        Recorder { settings, ports, dialogs, is_full: false, is_draining: false }
    }

    /// Whether new calls are answered with 486, for nothing more can be read in time.
    pub fn set_full(&mut self, is_full: bool) {
        self.is_full = is_full;
    }

    /// Whether new calls, and the question whether we are there, are answered with 503, for the server is about to
    /// stop.
    pub fn set_draining(&mut self, is_draining: bool) {
        self.is_draining = is_draining;
    }

    /// How many calls go on.
    #[must_use]
    pub fn n_calls(&self) -> usize {
        self.dialogs.values().filter(|dialog| dialog.is_live()).count()
    }

    /// Hears a whole message, at `now`, a time since any zero.
    pub fn hear(&mut self, message: &[u8], from: SocketAddr, now: Duration) -> Vec<Action> {
        // Blank datagrams keep a way through a firewall open.
        let message = message.trim_ascii_start();
        if message.is_empty() || message == [0] {
            return Vec::new();
        }
        let request = match Message::parse(message) {
            Ok(Message::Request(request)) => request,
            Ok(Message::Response { status, headers }) => {
                let is_bye = headers.sequence().is_some_and(|(_, method)| method == "BYE");
                if let Some(dialog) = self.dialogs.get_mut(headers.call_id())
                    && is_bye
                    && status >= 200
                {
                    dialog.bye_answered();
                }
                return Vec::new();
            }
            Err(refusal) => return vec![Action::Refused(refusal.word())],
        };
        let unknown = unknown_extensions(&request);
        match request.method {
            Method::Ack => {
                let dialog = self.dialogs.get_mut(request.headers.call_id());
                if let Some(dialog) = dialog.filter(|dialog| dialog.has(&request)) {
                    dialog.acknowledged(request.sequence);
                }
                Vec::new()
            }
            Method::Cancel => {
                // Too late: every INVITE is answered at once.
                let dialog = self.dialogs.get(request.headers.call_id());
                let is_known = dialog.is_some_and(|dialog| dialog.is_from(&request));
                vec![self.answer(if is_known { 200 } else { 481 }, &request, from)]
            }
            _ if !unknown.is_empty() => {
                let tag = self.tag(&request);
                let response = Response::new(420, &tag).with("Unsupported", unknown);
                let mut actions = vec![send(&response, &request, from)];
                if request.method == Method::Invite && request.headers.tag("to").is_none() {
                    actions.push(Action::Refused("extension"));
                }
                actions
            }
            Method::Options => vec![self.answer_options(&request, from)],
            Method::Other => vec![self.answer(405, &request, from)],
            Method::Invite if request.headers.tag("to").is_none() => {
                self.invite(&request, from, now)
            }
            Method::Invite | Method::Update | Method::Bye => {
                let dialog = self.dialogs.get_mut(request.headers.call_id());
                let Some(dialog) = dialog.filter(|dialog| dialog.has(&request)) else {
                    return vec![self.answer(481, &request, from)];
                };
                let mut resources = Resources { settings: &self.settings, ports: &mut self.ports };
                dialog.hear(Arrived { request: &request, from, now }, &mut resources)
            }
        }
    }

    fn invite(&mut self, request: &Request<'_>, from: SocketAddr, now: Duration) -> Vec<Action> {
        let call_id = request.headers.call_id();
        if let Some(dialog) = self.dialogs.get(call_id) {
            if let Some(actions) = dialog.invited_again(request) {
                return actions;
            }
            if dialog.is_live() {
                return vec![self.answer(482, request, from)];
            }
        }
        if self.is_draining {
            return vec![self.answer(503, request, from), Action::Refused("draining")];
        }
        if self.dialogs.len() >= MAX_DIALOGS {
            self.dialogs.retain(|_, dialog| dialog.is_live());
        }
        if self.is_full || self.n_calls() >= MAX_CALLS {
            return vec![self.answer(486, request, from), Action::Refused("full")];
        }
        let call = format!("siprec:{}", hash(&[call_id.as_bytes()]));
        let tag = self.tag(request);
        let names = Names { call, sdp_session: session_of(&tag), own_tag: tag };
        let mut resources = Resources { settings: &self.settings, ports: &mut self.ports };
        match Dialog::begin(Arrived { request, from, now }, names, &mut resources) {
            Ok((dialog, actions)) => {
                self.dialogs.insert(call_id.to_owned(), dialog);
                actions
            }
            Err((status, word)) => {
                vec![self.answer(status, request, from), Action::Refused(word)]
            }
        }
    }

    /// Ends a call: because nothing is heard of it any longer, or its ports could not be opened. Nothing happens if
    /// it is over.
    pub fn hang_up(&mut self, call: &str, now: Duration) -> Vec<Action> {
        let Recorder { settings, ports, dialogs, .. } = self;
        let mut resources = Resources { settings, ports };
        let dialog = dialogs.values_mut().find(|dialog| dialog.is_live() && dialog.call() == call);
        dialog.map_or_else(Vec::new, |dialog| {
            dialog.hang_up(&branch(settings, call), now, &mut resources)
        })
    }

    /// What is due at `now`: to be asked 2 to 10 times a second.
    pub fn tick(&mut self, now: Duration) -> Vec<Action> {
        let Recorder { settings, ports, dialogs, .. } = self;
        let mut resources = Resources { settings, ports };
        let mut actions = Vec::new();
        dialogs.retain(|_, dialog| {
            match dialog.tick(now) {
                Due::Nothing => {}
                Due::Send(action) => actions.push(action),
                Due::Unheard => {
                    let branch = branch(settings, dialog.call());
                    actions.extend(dialog.hang_up(&branch, now, &mut resources));
                }
                Due::Over => return false,
            }
            true
        });
        actions
    }

    fn answer_options(&self, request: &Request<'_>, from: SocketAddr) -> Action {
        let status = if self.is_draining { 503 } else { 200 };
        self.answer(status, request, from)
    }

    /// An answer outside of any dialog.
    fn answer(&self, status: u16, request: &Request<'_>, from: SocketAddr) -> Action {
        let tag = self.tag(request);
        let mut response = Response::new(status, &tag);
        match status {
            486 | 503 => response = response.with("Retry-After", RETRY_AFTER),
            200 | 405 | 415 | 488 => {
                response = response.with("Allow", ALLOW).with("Accept", ACCEPT);
                response = response.with("Supported", "siprec");
            }
            _ => {}
        }
        send(&response, request, from)
    }

    /// Our tag for a call: the same however often a request comes.
    fn tag(&self, request: &Request<'_>) -> String {
        let headers = &request.headers;
        let peer_tag = headers.tag("from").unwrap_or_default();
        hash(&[&self.settings.seed, headers.call_id().as_bytes(), b"\n", peer_tag.as_bytes()])
    }
}

fn send(response: &Response<'_>, request: &Request<'_>, from: SocketAddr) -> Action {
    let (to, bytes) = response.to(request, from);
    Action::Send { to, bytes }
}

/// What a request cannot do without, and we cannot do.
fn unknown_extensions(request: &Request<'_>) -> String {
    let mut required = request.headers.words("require");
    required.retain(|extension| extension != "siprec");
    required.join(", ")
}

fn branch(settings: &Settings, call: &str) -> String {
    hash(&[&settings.seed, b"bye", call.as_bytes()])
}

/// Half of a SHA-256, in hexadecimal digits.
fn hash(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    let mut digits = String::new();
    for byte in hasher.finalize().iter().take(16) {
        // Writing into memory does not fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// A number for a session's SDP: 60 bits of its tag.
fn session_of(tag: &str) -> u64 {
    tag.get(..15).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
