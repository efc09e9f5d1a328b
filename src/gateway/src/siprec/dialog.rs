//! One recording's dialog: what was agreed with the peer, and what may have to be sent again (RFC 3261, sections 12
//! to 15).
//!
//! In: the requests of one call, and the time. Out: answers, and what they mean for the streams. Keeps the streams,
//! the newest answers, and what a BYE of our own needs; nothing of it is ever shown.

use crate::protocol::Side;
use crate::siprec::content::{Content, NOT_ACCEPTABLE, Sides};
use crate::siprec::peer::Peer;
use crate::siprec::ports::Ports;
use crate::siprec::recorder::Settings;
use crate::siprec::repeat::{Answered, GIVEN_UP, Repeat};
use crate::siprec::response::{ACCEPT, ALLOW, Response};
use crate::siprec::sdp::{Answerer, Flow, Offer, answer};
use crate::siprec::sip::{Method, Request};
use crate::siprec::{Action, StreamOffer};
use std::net::SocketAddr;
use std::time::Duration;

enum Phase {
    /// The answer to the newest INVITE is not acknowledged.
    Answered(Repeat),
    /// It is.
    Confirmed,
    /// The call is over; what comes late is still answered until then.
    Ended { until: Duration, bye: Option<Repeat> },
}

/// One recording.
pub(super) struct Dialog {
    call: String,
    call_id: String,
    own_tag: String,
    peer_tag: Option<String>,
    peer: Peer,
    phase: Phase,
    /// The newest `CSeq` of the peer.
    newest: u32,
    invite: Answered,
    other: Option<Answered>,
    sdp_session: u64,
    sdp_version: u64,
    /// Our port for each `m=` line.
    ports: Vec<Option<u16>>,
    streams: Vec<StreamOffer>,
}

/// A request, where it came from, and when.
#[derive(Clone, Copy)]
pub(super) struct Arrived<'a> {
    pub request: &'a Request<'a>,
    pub from: SocketAddr,
    pub now: Duration,
}

/// What a new dialog is called: its key outside, our tag, and the number of its SDP.
pub(super) struct Names {
    pub call: String,
    pub own_tag: String,
    pub sdp_session: u64,
}

/// What all dialogs share.
pub(super) struct Resources<'a> {
    pub settings: &'a Settings,
    pub ports: &'a mut Ports,
}

impl Dialog {
    /// Takes a call, if its offer has a line that can be heard and there are ports for all such lines; else the
    /// status that refuses it, and one word why.
    pub fn begin(
        arrived: Arrived<'_>,
        names: Names,
        resources: &mut Resources<'_>,
    ) -> Result<(Self, Vec<Action>), (u16, &'static str)> {
        let Arrived { request, from, .. } = arrived;
        let Names { call, own_tag, sdp_session } = names;
        let content = Content::of(request).map_err(|status| (status, "unacceptable"))?;
        let offer = content.offer.as_ref().filter(|_| content.is_multipart);
        let offer = offer.ok_or((NOT_ACCEPTABLE, "unacceptable"))?;
        let n_usable = offer.lines.iter().filter(|line| line.is_usable).count();
        if n_usable == 0 {
            return Err((NOT_ACCEPTABLE, "unacceptable"));
        }
        if n_usable > resources.ports.n_free() {
            return Err((486, "no_port"));
        }
        let headers = &request.headers;
        let mut dialog = Dialog {
            call_id: headers.call_id().to_owned(),
            peer: Peer::new(request, from, &own_tag),
            peer_tag: headers.tag("from").map(str::to_owned),
            phase: Phase::Confirmed,
            newest: request.sequence,
            invite: Answered { sequence: request.sequence, to: from, bytes: Vec::new() },
            other: None,
            sdp_version: 0,
            ports: Vec::new(),
            streams: Vec::new(),
            call,
            own_tag,
            sdp_session,
        };
        let sides = content.sides(&resources.settings.own_numbers);
        let trouble = sides.as_ref().and_then(|sides| sides.as_ref().err().copied());
        dialog.take_offer(offer, sides.as_ref(), resources);
        let begin =
            Action::Begin { call: dialog.call.clone(), streams: dialog.streams.clone(), trouble };
        let send = dialog.accept(arrived, Some(offer), resources.settings);
        Ok((dialog, vec![begin, send]))
    }

    /// The call's key.
    pub fn call(&self) -> &str {
        &self.call
    }

    /// Whether the call goes on.
    pub fn is_live(&self) -> bool {
        !matches!(self.phase, Phase::Ended { .. })
    }

    /// Whether a request with both tags is of this dialog.
    pub fn has(&self, request: &Request<'_>) -> bool {
        self.is_from(request) && request.headers.tag("to") == Some(&self.own_tag)
    }

    /// Whether a request is of the same peer.
    pub fn is_from(&self, request: &Request<'_>) -> bool {
        request.headers.tag("from") == self.peer_tag.as_deref()
    }

    /// An INVITE without our tag, for this call: nearly always the first one, once more. None if it is another one.
    pub fn invited_again(&self, request: &Request<'_>) -> Option<Vec<Action>> {
        if !self.is_from(request) || request.sequence > self.newest {
            return None;
        }
        let is_newest = request.sequence == self.invite.sequence;
        Some(if is_newest { self.invite.again() } else { Vec::new() })
    }

    /// The peer heard our answer.
    pub fn acknowledged(&mut self, sequence: u32) {
        if sequence == self.invite.sequence && matches!(self.phase, Phase::Answered(_)) {
            self.phase = Phase::Confirmed;
        }
    }

    /// The peer heard our BYE.
    pub fn bye_answered(&mut self) {
        if let Phase::Ended { bye, .. } = &mut self.phase {
            *bye = None;
        }
    }

    /// An INVITE, UPDATE or BYE with both tags.
    pub fn hear(&mut self, arrived: Arrived<'_>, resources: &mut Resources<'_>) -> Vec<Action> {
        let Arrived { request, from, now } = arrived;
        let is_invite = request.method == Method::Invite;
        let before = if is_invite { Some(&self.invite) } else { self.other.as_ref() };
        if let Some(answered) = before.filter(|answered| answered.sequence == request.sequence) {
            return answered.again();
        }
        if !self.is_live() {
            return self.refuse(481, request, from);
        }
        if request.sequence < self.newest {
            return self.refuse(500, request, from);
        }
        self.newest = request.sequence;
        if request.method == Method::Bye {
            let (to, bytes) = Response::new(200, &self.own_tag).to(request, from);
            self.other = Some(Answered { sequence: request.sequence, to, bytes: bytes.clone() });
            let mut actions = vec![Action::Send { to, bytes }];
            actions.extend(self.end(now, None, resources.ports));
            return actions;
        }
        self.change(arrived, resources)
    }

    /// A new offer, new metadata, or only a sign that the peer is still there.
    fn change(&mut self, arrived: Arrived<'_>, resources: &mut Resources<'_>) -> Vec<Action> {
        let Arrived { request, from, .. } = arrived;
        let content = match Content::of(request) {
            Ok(content) if content.offer.is_none() && request.method == Method::Invite => {
                return self.refuse(NOT_ACCEPTABLE, request, from);
            }
            Ok(content) => content,
            Err(status) => return self.refuse(status, request, from),
        };
        self.peer.refresh(request, from);
        let sides = content.sides(&resources.settings.own_numbers);
        let trouble = sides.as_ref().and_then(|sides| sides.as_ref().err().copied());
        let before = self.streams.clone();
        match &content.offer {
            Some(offer) => self.take_offer(offer, sides.as_ref(), resources),
            None => self.take_sides(sides.as_ref()),
        }
        let mut actions = Vec::new();
        if self.streams != before || trouble.is_some() {
            let (call, streams) = (self.call.clone(), self.streams.clone());
            actions.push(Action::Change { call, streams, trouble });
        }
        actions.push(self.accept(arrived, content.offer.as_ref(), resources.settings));
        actions
    }

    /// Gives each line its port, and takes back those of lines that are gone.
    fn take_offer(&mut self, offer: &Offer, sides: Option<&Sides>, resources: &mut Resources<'_>) {
        let mut before = std::mem::take(&mut self.ports).into_iter();
        for line in &offer.lines {
            let port = before.next().flatten();
            self.ports.push(match port {
                Some(port) if !line.is_usable => {
                    resources.ports.give_back(port);
                    None
                }
                None if line.is_usable => resources.ports.take(),
                _ => port,
            });
        }
        before.flatten().for_each(|port| resources.ports.give_back(port));

        let known = std::mem::take(&mut self.streams);
        let lines = offer.lines.iter().zip(&self.ports);
        self.streams = lines
            .filter_map(|(line, port)| {
                let mut same = known.iter().filter(|stream| stream.label == line.label);
                Some(StreamOffer {
                    label: line.label.clone(),
                    port: (*port)?,
                    side: same.next().map_or(Side::Unknown, |stream| stream.side),
                    formats: line.formats.clone(),
                    remote: line.remote,
                    rtcp: line.rtcp,
                    sends: line.flow == Flow::Sends,
                })
            })
            .collect();
        self.take_sides(sides);
    }

    /// Gives each stream the side that the metadata give it; it keeps the one it has where they do not name it.
    fn take_sides(&mut self, sides: Option<&Sides>) {
        let labels: Vec<String> = self.streams.iter().map(|stream| stream.label.clone()).collect();
        for stream in &mut self.streams {
            let is_named = !stream.label.is_empty()
                && labels.iter().filter(|label| **label == stream.label).count() == 1;
            stream.side = match sides {
                _ if !is_named => Side::Unknown,
                Some(Err(_)) => Side::Unknown,
                Some(Ok(sides)) => side_of(sides, &stream.label).unwrap_or(stream.side),
                None => stream.side,
            };
        }
    }

    /// A request is answered with 200; that of an INVITE is sent until it is acknowledged.
    fn accept(
        &mut self,
        arrived: Arrived<'_>,
        offer: Option<&Offer>,
        settings: &Settings,
    ) -> Action {
        let Arrived { request, from, now } = arrived;
        let sdp = offer.map(|offer| {
            self.sdp_version += 1;
            let (session, version) = (self.sdp_session, self.sdp_version);
            answer(offer, &self.ports, Answerer { address: settings.media, session, version })
        });
        let response = Response::new(200, &self.own_tag)
            .with("Contact", self.peer.own_contact(settings.contact))
            .with("Allow", ALLOW)
            .with("Accept", ACCEPT)
            .with("Supported", "siprec");
        let (to, bytes) = Response { sdp: sdp.as_deref(), ..response }.to(request, from);
        let answered = Answered { sequence: request.sequence, to, bytes: bytes.clone() };
        if request.method == Method::Invite {
            self.invite = answered;
            self.phase = Phase::Answered(Repeat::new(to, bytes.clone(), now));
        } else {
            self.other = Some(answered);
        }
        Action::Send { to, bytes }
    }

    fn refuse(&self, status: u16, request: &Request<'_>, from: SocketAddr) -> Vec<Action> {
        let (to, bytes) =
            Response::new(status, &self.own_tag).with("Accept", ACCEPT).to(request, from);
        vec![Action::Send { to, bytes }]
    }

    /// We end the call.
    pub fn hang_up(
        &mut self,
        branch: &str,
        now: Duration,
        resources: &mut Resources<'_>,
    ) -> Vec<Action> {
        let bytes = self.peer.bye(&self.call_id, branch, resources.settings.contact);
        let to = self.peer.address;
        let mut actions = vec![Action::Send { to, bytes: bytes.clone() }];
        actions.extend(self.end(now, Some(Repeat::new(to, bytes, now)), resources.ports));
        actions
    }

    fn end(&mut self, now: Duration, bye: Option<Repeat>, ports: &mut Ports) -> Option<Action> {
        let was_live = self.is_live();
        self.phase = Phase::Ended { until: now + GIVEN_UP, bye };
        self.streams.clear();
        self.ports.drain(..).flatten().for_each(|port| ports.give_back(port));
        was_live.then(|| Action::End { call: self.call.clone() })
    }

    /// What is due now, unless the peer never acknowledged our answer: then the call is to be ended.
    pub fn tick(&mut self, now: Duration) -> Due {
        match &mut self.phase {
            Phase::Answered(answer) if now >= answer.until => Due::Unheard,
            Phase::Ended { until, .. } if now >= *until => Due::Over,
            Phase::Answered(repeat) | Phase::Ended { bye: Some(repeat), .. } => {
                repeat.due(now).map_or(Due::Nothing, Due::Send)
            }
            Phase::Confirmed | Phase::Ended { .. } => Due::Nothing,
        }
    }
}

/// What a dialog has to do as time goes by.
pub(super) enum Due {
    /// Nothing.
    Nothing,
    /// To send something once more.
    Send(Action),
    /// To end: nobody acknowledged our answer.
    Unheard,
    /// To be forgotten.
    Over,
}

fn side_of(sides: &[(String, Side)], label: &str) -> Option<Side> {
    let mut named = sides.iter().filter(|(known, _)| known == label);
    let (_, side) = named.next()?;
    Some(if named.next().is_some() { Side::Unknown } else { *side })
}
