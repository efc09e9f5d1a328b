//! What is done with each input of SIPREC's parsers, and what has to hold whatever comes.

use crate::call::Call;
use crate::input::{Input, Kind, Message};
use crate::recordings;
use gateway::legs::Counting;
use gateway::protocol::{Begin, Refusal, Said, Side, Sides};
use gateway::siprec::frame::{Frame, Frames};
use gateway::siprec::recorder::{Recorder, Settings};
use gateway::siprec::response::Response;
use gateway::siprec::rtcp::receiver_report;
use gateway::siprec::rtp::{Coding, RATE_HZ, RtpStream};
use gateway::siprec::sdp::{Answerer, Offer, answer};
use gateway::siprec::sip::{MAX_LEN, Message as Sip, Request, Via};
use gateway::siprec::{Action, StreamOffer, metadata as recording};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

/// How many streams a recorder can hear, by its setting.
pub const N_PORTS: [usize; 3] = [2, 4, 64];
/// Longer than anything is sent again.
const LONG: Duration = Duration::from_secs(70);

/// Where a message comes from.
pub fn peer(setting: usize) -> SocketAddr {
    ["192.0.2.1:5070", "[2001:db8::1]:5060"][setting % 2].parse().unwrap()
}

/// Whether a parser that keeps nothing accepts each message.
fn each(input: &Input, mut accepts: impl FnMut(&Message) -> bool) -> bool {
    let messages = input.messages.iter().filter(|message| message.kind != Kind::Event);
    messages.filter(|message| !accepts(message)).count() == 0
}

/// A body has the length that its message says, as far as there is a message.
pub fn mend_length(bytes: &mut Vec<u8>) {
    let text = bytes.as_slice();
    let name = b"\r\nContent-Length: ";
    let end = text.windows(4).position(|window| window == b"\r\n\r\n");
    let begin = text.windows(name.len()).position(|window| window == name);
    if let (Some(begin), Some(end)) = (begin, end)
        && begin < end
    {
        let begin = begin + name.len();
        let n_digits = text[begin..].iter().take_while(|byte| **byte != b'\r').count();
        let len = (text.len() - end - 4).to_string();
        bytes.splice(begin..begin + n_digits, len.into_bytes());
    }
}

/// A SIP message, and our answer to it, which is SIP again.
pub fn message(input: &Input) -> bool {
    let from = peer(input.setting);
    each(input, |message| match Sip::parse(&message.bytes) {
        Ok(Sip::Request(request)) => {
            check_request(&request, from);
            true
        }
        Ok(Sip::Response { status, headers }) => {
            assert!((100..700).contains(&status) && !headers.call_id().is_empty(), "{status}");
            true
        }
        Err(_) => false,
    })
}

fn check_request(request: &Request<'_>, from: SocketAddr) {
    let headers = &request.headers;
    for name in ["from", "to", "contact", "require"] {
        let _ = (headers.tag(name), headers.address(name), headers.words(name));
    }
    for via in headers.all("via").filter_map(Via::parse) {
        let _ = (via.is_connected(), via.answer_to(from), via.received(from));
    }
    let response = Response::new(200, "ours").with("Allow", "INVITE");
    let (_, answer) = Response { sdp: Some(b"v=0\r\n"), ..response }.to(request, from);
    let is_sip = match Sip::parse(&answer) {
        Ok(answer) => matches!(answer, Sip::Response { status: 200, .. }),
        // The longest requests have longer answers.
        Err(refusal) => matches!(refusal, Refusal::TooLarge(_)),
    };
    assert!(is_sip, "{}", String::from_utf8_lossy(&answer));
}

/// Messages on a connection, as they are taken from it.
pub fn connection(input: &Input) -> bool {
    let mut frames = Frames::default();
    let mut is_accepted = true;
    for message in &input.messages {
        frames.push(&message.bytes);
        loop {
            match frames.take() {
                Ok((Frame::Partial, _)) => break,
                Ok((Frame::Blank(n) | Frame::Ping(n), taken)) => assert!(n == taken.len() && n > 0),
                Ok((Frame::Whole(n), taken)) => {
                    assert_eq!(n, taken.len());
                    is_accepted &= Sip::parse(&taken).is_ok();
                }
                Err(_) => return false,
            }
        }
        let most = MAX_LEN + message.bytes.len();
        assert!(frames.n_waiting() <= most, "{} bytes wait", frames.n_waiting());
    }
    is_accepted && frames.n_waiting() == 0
}

/// A recorder without calls.
pub fn recorder_of(setting: usize) -> Recorder {
    let n_ports = u16::try_from(N_PORTS[setting % N_PORTS.len()]).unwrap();
    Recorder::new(Settings {
        contact: "10.0.0.7:5060".parse().unwrap(),
        media: "10.0.0.7".parse().unwrap(),
        ports: (0..n_ports).map(|index| 30_000 + 2 * index).collect(),
        own_numbers: vec!["116123".to_owned()],
        seed: [7; 16],
    })
}

/// Our tag in the answer to an INVITE.
pub fn tag_in(actions: &[Action]) -> String {
    let sent = actions.iter().find_map(|action| match action {
        Action::Send { bytes, .. } => Some(String::from_utf8_lossy(bytes)),
        _ => None,
    });
    let answer = sent.unwrap();
    let to = answer.lines().find(|line| line.starts_with("To:")).unwrap();
    to.split("tag=").nth(1).unwrap().to_owned()
}

/// The calls that a recorder says to go on, with their ports.
#[derive(Default)]
struct Calls {
    ports: BTreeMap<String, BTreeSet<u16>>,
    is_accepted: bool,
}

impl Calls {
    fn follow(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Begin { call, streams, .. } => {
                    assert!(!self.ports.contains_key(&call), "it begins twice");
                    self.ports.insert(call, ports_of(&streams));
                }
                Action::Change { call, streams, .. } => {
                    let before = self.ports.insert(call, ports_of(&streams));
                    assert!(before.is_some(), "a change of no call");
                }
                Action::End { call } => {
                    assert!(self.ports.remove(&call).is_some(), "an end of no call");
                }
                Action::Refused(_) => self.is_accepted = false,
                Action::Send { bytes, .. } => {
                    let is_answer = bytes.starts_with(b"SIP/2.0 ");
                    self.is_accepted &= !is_answer || bytes.starts_with(b"SIP/2.0 200 ");
                }
            }
            let n_ports: usize = self.ports.values().map(BTreeSet::len).sum();
            let all: BTreeSet<u16> = self.ports.values().flatten().copied().collect();
            assert_eq!(all.len(), n_ports, "two calls have one port");
        }
    }
}

fn ports_of(streams: &[StreamOffer]) -> BTreeSet<u16> {
    let ports: BTreeSet<u16> = streams.iter().map(|stream| stream.port).collect();
    assert_eq!(ports.len(), streams.len(), "two streams have one port");
    ports
}

/// Calls, of which no port is lost and none is forgotten.
pub fn recorder(input: &Input) -> bool {
    let (setting, from) = (input.setting, peer(input.setting));
    let mut recorder = recorder_of(setting);
    recorder.set_full(setting % 89 == 88);
    recorder.set_draining(setting % 97 == 96);
    let mut calls = Calls { is_accepted: true, ..Calls::default() };
    let mut now = Duration::ZERO;
    for message in &input.messages {
        let wait = Duration::from_millis(message.wait_ms);
        for _ in 0..4 {
            now += wait / 4;
            calls.follow(recorder.tick(now));
        }
        match (message.kind, calls.ports.keys().next().cloned()) {
            (Kind::Event, Some(call)) => calls.follow(recorder.hang_up(&call, now)),
            (Kind::Event, None) => {}
            _ => calls.follow(recorder.hear(&message.bytes, from, now)),
        }
        assert_eq!(recorder.n_calls(), calls.ports.len(), "calls that go on");
    }
    let is_accepted = calls.is_accepted;
    for call in calls.ports.keys().cloned().collect::<Vec<_>>() {
        calls.follow(recorder.hang_up(&call, now));
    }
    calls.follow(recorder.tick(now + LONG));
    recorder.set_full(false);
    recorder.set_draining(false);
    let n_lines = N_PORTS[setting % N_PORTS.len()].min(16);
    for n in 0..N_PORTS[setting % N_PORTS.len()] / n_lines {
        let invite = recordings::invite(1_000 + n, n_lines);
        calls.follow(recorder.hear(&invite.bytes, from, now + LONG));
        assert_eq!(calls.ports.len(), n + 1, "a port is lost");
    }
    is_accepted
}

/// An offer, and our answer to it, which is SDP again.
pub fn sdp(input: &Input) -> bool {
    let address = peer(input.setting).ip();
    each(input, |message| {
        let Ok(offer) = Offer::parse(&message.bytes) else { return false };
        let lines = offer.lines.iter().zip(1..);
        let ports: Vec<Option<u16>> =
            lines.map(|(line, n)| line.is_usable.then_some(2 * n)).collect();
        let bytes = answer(&offer, &ports, Answerer { address, session: u64::MAX, version: 1 });
        let again = Offer::parse(&bytes).map(|again| again.lines.len());
        assert_eq!(again, Ok(offer.lines.len()), "{}", String::from_utf8_lossy(&bytes));
        true
    })
}

/// The participants of a recording.
pub fn metadata(input: &Input) -> bool {
    let own_numbers = [vec!["116123".to_owned()], Vec::new()];
    let own_numbers = &own_numbers[input.setting % 2];
    each(input, |message| recording::sides(&message.as_text(), own_numbers).is_ok())
}

/// Both streams of a recording, and the call that they are.
pub fn rtp(input: &Input) -> bool {
    let formats: [&[(u8, Coding)]; 3] = [
        &[(101, Coding::TelephoneEvent), (96, Coding::ALaw)],
        &[(0, Coding::ALaw), (8, Coding::ComfortNoise)],
        &[],
    ];
    let formats = formats[input.setting % formats.len()];
    let mut streams = [Side::Caller, Side::Operator].map(|side| RtpStream::new(side, formats));
    let mut call = Call::new(Counting::Apart);
    let (key, parameters) = (String::new(), Vec::new());
    let sides = if input.setting % 5 == 4 { Sides::Unknown } else { Sides::Apart };
    let mut is_accepted =
        call.follow(Said::Begin(Begin { key, rate_hz: RATE_HZ, sides, parameters }));
    let (mut now, mut n_offers) = (Duration::ZERO, 0);
    for message in &input.messages {
        now += Duration::from_millis(message.wait_ms);
        call.wait(message.wait_ms);
        if message.kind == Kind::Event {
            n_offers += 1;
            let mut sides = [Side::Caller, Side::Operator];
            sides.rotate_left(if input.setting % 7 == 6 { n_offers % 2 } else { 0 });
            for (stream, side) in streams.iter_mut().zip(sides) {
                stream.change(side, formats);
            }
            if n_offers % 2 == 1 {
                call.pause();
            } else {
                call.resume(None);
            }
            continue;
        }
        let is_operators = message.bytes.get(11).is_some_and(|byte| byte % 2 == 1);
        let stream = &mut streams[usize::from(is_operators)];
        let malformed = stream.counts().malformed;
        if let Some(sound) = stream.hear(&message.bytes, now) {
            is_accepted &= call.follow(Said::Sound(sound));
        }
        let counts = stream.counts();
        is_accepted &= counts.malformed == malformed;
        assert!(counts.unread + counts.duplicate <= counts.received, "{counts:?}");
        if message.wait_ms > 5_000 {
            let report = receiver_report(1, "undertone-gateway", stream.report());
            assert!(report.len().is_multiple_of(4), "RTCP is whole words");
        }
    }
    call.end();
    is_accepted
}
