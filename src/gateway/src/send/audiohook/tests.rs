//! The sender against our own server: the same samples, and the right messages.

use super::*;
use crate::protocol::audiohook::{AudioHook, DisconnectReason, SessionHeaders};
use crate::protocol::{Protocol, Said, Side, Sides};
use sound::g711::mu_law;

const ORGANIZATION: &str = "d7934305-0972-4844-938e-9060eef73d05";
const SESSION: &str = "e160e428-53e2-487c-977d-96989bf5c99d";
const CONVERSATION: &str = "090eaa2f-72fa-480a-83e0-8667ff89c0ec";

/// A sender and the server that hears it, with all that the server made of it.
struct Line {
    speaker: AudioHookSpeaker,
    hook: AudioHook,
    sent: Vec<Reply>,
    said: Vec<Said>,
}

impl Line {
    fn new(conversation_id: &str, has_operator: bool) -> Self {
        let own = |text: &str| text.to_owned();
        let (organization_id, session_id) = (own(ORGANIZATION), own(SESSION));
        let headers = SessionHeaders { organization_id, session_id };
        let (organization_id, session_id) = (own(ORGANIZATION), own(SESSION));
        let conversation_id = own(conversation_id);
        Line {
            speaker: AudioHookSpeaker::new(
                organization_id,
                session_id,
                conversation_id,
                has_operator,
            ),
            hook: AudioHook::new(headers),
            sent: Vec::new(),
            said: Vec::new(),
        }
    }

    fn open(conversation_id: &str, has_operator: bool) -> Self {
        let mut line = Line::new(conversation_id, has_operator);
        let opening = line.speaker.opening();
        assert!(!line.speaker.may_send());
        line.carry(opening);
        assert!(line.speaker.may_send());
        line
    }

    /// Carries messages to the server, and its answers back, until nobody has more to say.
    fn carry(&mut self, mut messages: Vec<Reply>) {
        while !messages.is_empty() {
            let first = self.said.len();
            for message in &messages {
                self.hook.hear(incoming(message), &mut self.said).unwrap();
            }
            self.sent.append(&mut messages);
            for said in &self.said[first..] {
                if let Said::Reply(reply) = said {
                    messages.extend(self.speaker.hear(incoming(reply)));
                }
            }
        }
    }

    fn ask(&mut self, kind: &str) {
        let text = json!({
            "version": "2", "type": kind, "id": SESSION, "seq": 99, "clientseq": 0, "parameters": {},
        });
        let answers = self.speaker.hear(Incoming::Text(&text.to_string()));
        self.carry(answers);
    }

    fn heard(&self, side: Side) -> Vec<f32> {
        let mut all = Vec::new();
        for said in &self.said {
            if let Said::Sound(sound) = said
                && sound.side == side
            {
                all.extend(&sound.samples);
            }
        }
        all
    }

    /// Where the pieces of the caller's sound are, and how long.
    fn pieces(&self) -> Vec<(u64, usize)> {
        let piece = |said: &Said| match said {
            Said::Sound(sound) if sound.side == Side::Caller => {
                Some((sound.at.unwrap(), sound.samples.len()))
            }
            _ => None,
        };
        self.said.iter().filter_map(piece).collect()
    }

    fn types(&self) -> Vec<String> {
        let kind = |sent: &Reply| match sent {
            Reply::Text(text) => {
                serde_json::from_str::<Value>(text).unwrap()["type"].as_str().unwrap().to_owned()
            }
            Reply::Binary(bytes) => bytes.len().to_string(),
        };
        self.sent.iter().map(kind).collect()
    }
}

fn incoming(reply: &Reply) -> Incoming<'_> {
    match reply {
        Reply::Text(text) => Incoming::Text(text),
        Reply::Binary(bytes) => Incoming::Binary(bytes),
    }
}

fn wave(len: usize, step: i16) -> Vec<i16> {
    (0..len)
        .scan(0_i16, |sample, _| Some(std::mem::replace(sample, sample.wrapping_add(step))))
        .collect()
}

/// What the line makes of samples.
fn over_the_line(samples: &[i16]) -> Vec<f32> {
    samples.iter().map(|&sample| f32::from(mu_law(mu_law_code(sample))) / 32_768.0).collect()
}

#[test]
fn what_is_sent_is_heard_to_the_same_samples() {
    let mut line = Line::open(CONVERSATION, true);
    let (caller, operator) = (wave(5_000, 97), wave(5_000, -1_009));
    for (caller, operator) in caller.chunks(160).zip(operator.chunks(160)) {
        let sent = line.speaker.block(caller, Some(operator));
        line.carry(sent);
    }
    let closing = line.speaker.closing();
    line.carry(closing);
    assert_eq!(line.heard(Side::Caller), over_the_line(&caller));
    assert_eq!(line.heard(Side::Operator), over_the_line(&operator));
    assert_eq!(line.types(), ["open", "3200", "3200", "3200", "400", "close"]);
    assert_eq!(line.said.last(), Some(&Said::End));
    assert!(!line.speaker.may_send() && line.speaker.closing().is_empty());
}

#[test]
fn a_caller_alone_is_sent_in_one_channel() {
    let mut line = Line::open(CONVERSATION, false);
    assert!(
        line.said
            .iter()
            .any(|said| matches!(said, Said::Begin(begin) if begin.sides == Sides::Caller))
    );
    let caller = wave(3_200, 77);
    let sent = line.speaker.block(&caller, None);
    line.carry(sent);
    assert_eq!(line.types(), ["open", "1600", "1600"]);
    assert_eq!(line.heard(Side::Caller), over_the_line(&caller));
    assert!(line.heard(Side::Operator).is_empty());
}

#[test]
fn an_operator_who_is_not_given_is_silent() {
    let mut line = Line::open(CONVERSATION, true);
    let sent = line.speaker.block(&wave(1_600, 77), None);
    line.carry(sent);
    assert_eq!(line.heard(Side::Operator), [0.0; 1_600]);
}

#[test]
fn what_is_left_out_is_told_and_counts_go_on() {
    let mut line = Line::open(CONVERSATION, true);
    let block = wave(400, 31);
    for n_skipped in [2_000, 0] {
        let sent = line.speaker.block(&block, Some(&block));
        line.carry(sent);
        let sent = line.speaker.skip(n_skipped);
        line.carry(sent);
    }
    assert!(line.said.contains(&Said::Lost(2_000)));
    assert_eq!(line.pieces(), [(0, 400), (2_400, 400)]);
    assert_eq!(line.types(), ["open", "800", "discarded", "800"]);
    let Reply::Text(text) = &line.sent[2] else { panic!() };
    let value: Value = serde_json::from_str(text).unwrap();
    assert_eq!(value["parameters"], json!({ "start": "PT0.05S", "discarded": "PT0.25S" }));
    assert_eq!(value["position"], "PT0.3S");
    assert_eq!((&value["seq"], &value["serverseq"]), (&json!(2), &json!(1)));
}

#[test]
fn a_pause_is_kept_and_its_length_is_told() {
    let mut line = Line::open(CONVERSATION, true);
    let block = wave(100, 31);
    let sent = line.speaker.block(&block, Some(&block));
    line.carry(sent);
    line.ask("pause");
    line.ask("pause");
    assert!(line.speaker.may_send());
    assert!(line.speaker.block(&block, Some(&block)).is_empty());
    assert!(line.speaker.skip(60).is_empty());
    line.ask("resume");
    line.ask("resume");
    let sent = line.speaker.block(&wave(1_600, 9), Some(&wave(1_600, 9)));
    line.carry(sent);
    assert_eq!(line.types(), ["open", "200", "paused", "paused", "resumed", "3200"]);
    assert_eq!(line.pieces(), [(0, 100), (260, 1_600)]);
}

#[test]
fn pings_come_after_1_s_and_then_each_5_s() {
    let mut line = Line::open(CONVERSATION, false);
    let mut at = Vec::new();
    for second in 1..=12 {
        let sent = line.speaker.block(&[0; 8_000], None);
        if sent.iter().any(|sent| matches!(sent, Reply::Text(_))) {
            at.push(second);
        }
        line.carry(sent);
    }
    assert_eq!(at, [1, 6, 11]);
    let n_pongs = line.said.iter().filter(|said| matches!(said, Said::Reply(_))).count() - 1;
    assert_eq!(n_pongs, at.len());
}

#[test]
fn who_is_asked_to_leave_closes() {
    let mut line = Line::open(CONVERSATION, true);
    let reconnect = line.hook.reconnect();
    assert!(line.speaker.hear(incoming(&reconnect)).is_empty() && line.speaker.may_send());
    let asked = line.hook.disconnect(DisconnectReason::Completed, "");
    let sent = line.speaker.hear(incoming(&asked));
    line.carry(sent);
    assert_eq!(line.types(), ["open", "close"]);
    assert_eq!(line.said.last(), Some(&Said::End));
    assert!(!line.speaker.may_send() && line.speaker.block(&[0; 1_600], None).is_empty());
}

#[test]
fn a_probe_is_no_call() {
    let line = Line::open("00000000-0000-0000-0000-000000000000", true);
    assert_eq!(line.said.last(), Some(&Said::Probe));
}

#[test]
fn nothing_is_sent_before_the_server_opened() {
    let mut line = Line::new(CONVERSATION, true);
    assert!(!line.speaker.may_send());
    assert!(line.speaker.block(&[0; 1_600], None).is_empty() && line.speaker.skip(7).is_empty());
    for text in ["", "{}", r#"{"type":"opened","version":"2","id":"x","seq":1,"parameters":{}}"#] {
        assert!(line.speaker.hear(Incoming::Text(text)).is_empty());
    }
    assert!(line.speaker.hear(Incoming::Binary(&[1])).is_empty());
    assert!(!line.speaker.may_send());
}
