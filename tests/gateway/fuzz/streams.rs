//! Valid calls as the gateway's own sender sends them, and some written by hand: what is damaged then.
//!
//! Out: for each protocol, sequences of messages with the setting that they need.

use crate::input::{Input, Kind, Message};
use crate::target::{self, KEY, L16_SETTINGS, SESSION, audiosocket_setting, l16_setting};
use gateway::protocol::audiohook::AudioHook;
use gateway::protocol::audiosocket::{hangup_frame, silence_frame};
use gateway::protocol::l16::L16Dialect;
use gateway::protocol::twilio::Dialect;
use gateway::protocol::{Incoming, Protocol, Reply, Said};
use gateway::send::Speaker;
use gateway::send::audiohook::{AudioHookSpeaker, Request, headers};
use gateway::send::audiosocket::AudioSocketSpeaker;
use gateway::send::l16::L16Speaker;
use gateway::send::twilio::TwilioSpeaker;
use serde_json::Value;

const BLOCK_MS: u64 = 20;
const UUID: [u8; 16] = *b"0123456789abcdef";
const CONVERSATION: &str = "090eaa2f-72fa-480a-83e0-8667ff89c0ec";
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// When the requests of [`signatures`] are made, in seconds since 1970.
pub const SIGNED_AT: u64 = 1_795_900_992;

/// So many samples that are no silence.
fn samples(n: usize) -> Vec<i16> {
    (0..n).map(|index| i16::try_from(index * 7_919 % 30_011).unwrap() - 15_000).collect()
}

/// A call in blocks of 20 ms, of which some are left out in the middle.
fn call(mut speaker: impl Speaker, rate_hz: usize, n_blocks: usize) -> Vec<Message> {
    let block = samples(rate_hz / 50);
    let mut messages: Vec<Message> = speaker.opening().into_iter().map(Message::from).collect();
    for index in 0..n_blocks {
        let mut wait_ms = BLOCK_MS;
        if index == n_blocks / 2 {
            messages.extend(speaker.skip(rate_hz / 20).into_iter().map(Message::from));
            wait_ms += 50;
        }
        let mut sent = speaker.block(&block, Some(&block)).into_iter().map(Message::from);
        messages.extend(sent.next().map(|message| message.after(wait_ms)));
        messages.extend(sent);
    }
    messages.extend(speaker.closing().into_iter().map(Message::from));
    messages
}

/// A call, and the same once more over another connection.
fn twice(messages: &[Message]) -> Vec<Message> {
    [messages, &[Message::event().after(3_000)], messages].concat()
}

pub fn audiosocket() -> Vec<Input> {
    let of = |rate_hz: u32| call(AudioSocketSpeaker::new(UUID, rate_hz), rate_hz as usize, 6);
    let usual = audiosocket_setting(8_000);
    let mut ended = of(8_000);
    ended.push(Message::binary([3, 0, 1, b'5']));
    ended.push(Message::binary(silence_frame(8_000)).after(BLOCK_MS));
    ended.push(Message::binary(hangup_frame()));
    let mut error = of(16_000);
    error.push(Message::binary([0xff, 0, 1, 4]));
    // Sound without a pause, and then nothing for long: rule 4.
    let mut quiet = of(8_000);
    quiet.push(Message::binary(silence_frame(8_000)).after(20_000));
    let all = [(of(8_000), usual), (of(48_000), usual), (of(11_025), audiosocket_setting(16_000))];
    let others = [(ended, usual), (error, usual), (quiet, usual), (twice(&of(8_000)), usual)];
    inputs(all.into_iter().chain(others))
}

pub fn l16() -> Vec<Input> {
    let mut all = Vec::new();
    for setting in 0..L16_SETTINGS {
        let (dialect, is_stereo) = l16_setting(setting);
        for rate_hz in [8_000, 24_000] {
            // Only this dialect's first message tells no rate.
            if dialect != L16Dialect::FreeSwitch || rate_hz == 8_000 {
                let speaker = L16Speaker::new(dialect, "c-1", rate_hz, is_stereo);
                all.push((call(speaker, rate_hz as usize, 6), setting));
            }
        }
    }
    let of = |dialect| (0..L16_SETTINGS).find(|it| l16_setting(*it) == (dialect, false)).unwrap();
    let with = |first: &str, dialect| {
        let sound = Message::binary([1, 2].repeat(160)).after(BLOCK_MS);
        let messages =
            vec![Message::text(first), sound.clone(), sound, Message::text("{\"event\":\"x\"}")];
        (messages, of(dialect))
    };
    all.push(with("no JSON", L16Dialect::FreeSwitch));
    all.push(with(
        "{\"caller_id\":\"4711\",\"Call-UUID\":\"a-1\",\"label\":[1,{\"x\":null}],\"note\":\"desk \\u00e4\"}",
        L16Dialect::FreeSwitch,
    ));
    all.push(with(
        "{\"callSid\":\"a\",\"sampleRate\":8000,\"mixType\":\"mono\",\"metadata\":{\"from\":\"+49301\",\"a\":1.5}}",
        L16Dialect::Jambonz,
    ));
    all.push(with(
        "MEDIA_START connection_id:undertone channel:a/b channel_id:17.5 format:ulaw ptime:20",
        L16Dialect::Asterisk,
    ));
    all.push(with(
        "{\"event\":\"websocket:connected\",\"content-type\":\"audio/l16; rate=16000; channels=1\",\"uuid\":\"c\"}",
        L16Dialect::Vonage,
    ));
    let (messages, setting) = all[0].clone();
    all.push((twice(&messages), setting));
    inputs(all)
}

pub fn twilio() -> Vec<Input> {
    let dialects = [Dialect::Twilio, Dialect::SignalWire, Dialect::Telnyx, Dialect::Plivo];
    let mut all = Vec::new();
    for (setting, dialect) in dialects.into_iter().enumerate() {
        for has_operator in [false, true] {
            let speaker = TwilioSpeaker::new(dialect, "CA1", has_operator);
            all.push((call(speaker, 8_000, 6), setting));
        }
    }
    let start = |format: &str, more: &str| {
        format!(
            "{{\"event\":\"start\",\"sequenceNumber\":1,\"start\":{{\"callSid\":\"1\",\"callId\":\"1\",\
             \"call_control_id\":\"1\",\"tracks\":[\"both_tracks\"],\"mediaFormat\":{format},\
             \"customParameters\":{{\"label\":\"desk 3\",\"From\":\"+4930123456\",\"n\":1}}}}{more}}}"
        )
    };
    let media = "{\"event\":\"media\",\"media\":{\"track\":\"inbound\",\"timestamp\":\"20\",\"chunk\":2,\
        \"payload\":\"\\/wCA\\/wCA\"}}";
    let dtmf = "{\"event\":\"dtmf\",\"dtmf\":{\"track\":\"inbound_track\",\"digit\":\"1\"}}";
    let of =
        |start: String| [Message::text(start), Message::text(media).after(20), Message::text(dtmf)];
    let linear = "{\"encoding\":\"L16@24000h\",\"channels\":\"1\"}";
    let headers = ",\"extra_headers\":\"{X-PH-a: 1, X-PH-b: x y}\"";
    all.push((of(start("{\"encoding\":\"audio/x-mulaw\",\"sampleRate\":8000}", "")).to_vec(), 0));
    all.push((of(start(linear, "")).to_vec(), 1));
    all.push((of(start("{\"encoding\":\"audio/x-l16;rate=16000\"}", headers)).to_vec(), 3));
    let (messages, setting) = all[1].clone();
    all.push((twice(&messages), setting));
    inputs(all)
}

/// A client of Genesys and our own server, as they talk.
struct Talk {
    client: AudioHookSpeaker,
    server: AudioHook,
    messages: Vec<Message>,
}

impl Talk {
    fn new(conversation: &str, has_operator: bool) -> Self {
        let [organization, session] = SESSION.map(str::to_owned);
        let client =
            AudioHookSpeaker::new(organization, session, conversation.to_owned(), has_operator);
        let mut talk = Talk { client, server: target::audiohook(), messages: Vec::new() };
        let opening = talk.client.opening();
        talk.send(opening);
        talk
    }

    /// The server hears it, and the client hears the answers.
    fn send(&mut self, sent: Vec<Reply>) {
        for reply in sent {
            let message = Message::from(reply);
            let text = message.as_text();
            let incoming = match message.kind {
                Kind::Text => Incoming::Text(&text),
                _ => Incoming::Binary(&message.bytes),
            };
            let mut said = Vec::new();
            self.server.hear(incoming, &mut said).unwrap();
            self.messages.push(message.clone());
            for said in said {
                if let Said::Reply(Reply::Text(text)) = said {
                    let answers = self.client.hear(Incoming::Text(&text));
                    self.send(answers);
                }
            }
        }
    }

    /// The next message comes so much later.
    fn wait(&mut self, ms: u64) {
        self.messages.push(Message::event().after(ms));
    }

    /// Sound in frames of 200 ms.
    fn speak(mut self, n_frames: usize) -> Self {
        let block = samples(1_600);
        for _ in 0..n_frames {
            self.wait(200);
            let sent = self.client.block(&block, Some(&block));
            self.send(sent);
        }
        self
    }

    /// The client had no way to send for so long, and leaves that out.
    fn stall(mut self, ms: u64) -> Self {
        self.wait(ms);
        let sent = self.client.skip(usize::try_from(ms * 8).unwrap());
        self.send(sent);
        self
    }

    /// The server asks for a pause of so long; what the client dropped it tells, or not.
    fn pause(mut self, ms: u64, is_told: bool) -> Self {
        let ask = |kind: &str| {
            format!("{{\"version\":\"2\",\"type\":\"{kind}\",\"id\":\"{}\",\"seq\":9}}", SESSION[1])
        };
        let sent = self.client.hear(Incoming::Text(&ask("pause")));
        self.send(sent);
        self.wait(ms);
        self.client.skip(usize::try_from(ms * 8).unwrap());
        let sent = self.client.hear(Incoming::Text(&ask("resume")));
        let first = self.messages.len();
        self.send(sent);
        if let Some(message) = self.messages.get_mut(first).filter(|_| !is_told) {
            let mut value: Value = serde_json::from_slice(&message.bytes).unwrap();
            value["parameters"] = serde_json::json!({});
            message.bytes = value.to_string().into_bytes();
        }
        self
    }

    fn close(mut self) -> Vec<Message> {
        let sent = self.client.closing();
        self.send(sent);
        let mut messages: Vec<Message> = Vec::new();
        let mut wait_ms = 0;
        for message in self.messages {
            if message.kind == Kind::Event {
                wait_ms += message.wait_ms;
            } else {
                messages.push(message.after(std::mem::take(&mut wait_ms)));
            }
        }
        messages
    }
}

pub fn audiohook() -> Vec<Input> {
    let new = |has_operator| Talk::new(CONVERSATION, has_operator);
    let both = new(true).speak(7).stall(300).speak(2).pause(1_000, true).speak(2).close();
    let all = [
        twice(&both),
        both,
        new(false).speak(3).close(),
        Talk::new(NOBODY, true).speak(1).close(),
        new(true).speak(2).pause(1_000, false).speak(2).close(),
        new(false).pause(30_000, true).speak(2).close(),
        new(false).stall(15_000).speak(2).close(),
        new(true).speak(2).stall(20_000).speak(2).close(),
    ];
    inputs(all.map(|messages| (messages, 0)))
}

/// The parts of a signed request, in the order of [`gateway::protocol::audiohook::signature::Signed`].
pub fn signatures() -> Vec<Input> {
    let of = |number: usize| {
        let request = Request {
            request_target: ["/audiohook", "/audiohook?call=1", "/"][number % 3],
            authority: ["127.0.0.1:8080", "calls.example.org"][number % 2],
            organization_id: SESSION[0],
            session_id: SESSION[1],
            correlation_id: CONVERSATION,
        };
        let (id, secret) = KEY;
        let nonce = format!("nonce+/{number:022}=");
        let signed = headers(&request, id, secret.as_bytes(), SIGNED_AT, &nonce);
        let first = [request.request_target, request.authority].map(Message::text);
        let rest = signed.into_iter().map(|(_, value)| Message::text(value));
        (first.into_iter().chain(rest).collect(), 0)
    };
    inputs((0..6).map(of))
}

fn inputs(all: impl IntoIterator<Item = (Vec<Message>, usize)>) -> Vec<Input> {
    all.into_iter().map(|(messages, setting)| Input { setting, messages }).collect()
}
