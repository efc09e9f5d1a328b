//! The Twilio family's side of a call: what Twilio, `SignalWire`, Telnyx or Plivo would send.
//!
//! In: blocks of both sides at 8 kHz. Out: JSON text with 20 ms of mu-law in base64, a message for each track. Keeps
//! what does not fill a message yet, and the counts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sound::g711;

use super::Speaker;
use crate::protocol::twilio::Dialect;
use crate::protocol::{Incoming, Reply};

/// A message's sound: 20 ms at 8 kHz.
const PIECE_LEN: usize = 160;
const SAMPLES_PER_MS: u64 = 8;
/// Plivo's zero of time is that of Unix, and a call begins long after it: in November 2023 here.
const PLIVO_BEGIN_MS: u64 = 1_700_000_000_000;
/// Tracks as the platform names them: the caller's leg is streamed.
const CALLER_TRACK: &str = "inbound";
const OPERATOR_TRACK: &str = "outbound";
/// Whose call it would be.
const ACCOUNT: &str = "AC0";

/// A call that is streamed by a platform.
#[derive(Debug)]
pub struct TwilioSpeaker {
    dialect: Dialect,
    call_id: String,
    has_operator: bool,
    /// Of the next message.
    sequence: u64,
    /// Of the next piece of each track.
    chunk: u64,
    /// Samples before the next piece.
    position: u64,
    caller: Vec<i16>,
    /// As long as the caller's, or empty without an operator.
    operator: Vec<i16>,
}

impl TwilioSpeaker {
    /// A call that has this name in the platform; with an operator, both tracks are sent.
    #[must_use]
    pub fn new(dialect: Dialect, call_id: &str, has_operator: bool) -> Self {
        TwilioSpeaker {
            dialect,
            call_id: call_id.to_owned(),
            has_operator,
            sequence: 1,
            chunk: 1,
            position: 0,
            caller: Vec::with_capacity(PIECE_LEN),
            operator: Vec::with_capacity(PIECE_LEN),
        }
    }

    fn stream_id(&self) -> String {
        format!("MZ{}", self.call_id)
    }

    /// A message of the call under the next number.
    fn message(&mut self, event: &str, body: Value) -> Reply {
        let (stream_id, number) = (self.stream_id(), self.sequence);
        self.sequence = number.saturating_add(1);
        let mut message = match self.dialect {
            Dialect::Twilio | Dialect::SignalWire => {
                json!({ "sequenceNumber": number.to_string(), "streamSid": stream_id })
            }
            Dialect::Telnyx => {
                json!({ "sequence_number": number.to_string(), "stream_id": stream_id })
            }
            Dialect::Plivo => json!({ "sequenceNumber": number, "streamId": stream_id }),
        };
        message["event"] = event.into();
        message[event] = body;
        Reply::Text(message.to_string())
    }

    fn start(&mut self) -> Reply {
        let (call_id, stream_id) = (&self.call_id, self.stream_id());
        let tracks: &[&str] =
            if self.has_operator { &[CALLER_TRACK, OPERATOR_TRACK] } else { &[CALLER_TRACK] };
        let body = match self.dialect {
            Dialect::Twilio | Dialect::SignalWire => json!({
                "accountSid": ACCOUNT, "streamSid": stream_id, "callSid": call_id, "tracks": tracks,
                "mediaFormat": { "encoding": "audio/x-mulaw", "sampleRate": 8_000, "channels": 1 },
                "customParameters": {},
            }),
            Dialect::Telnyx => json!({
                "user_id": ACCOUNT, "call_control_id": call_id,
                "media_format": { "encoding": "PCMU", "sample_rate": 8_000, "channels": 1 },
                "custom_parameters": {},
            }),
            Dialect::Plivo => json!({
                "accountId": ACCOUNT, "streamId": stream_id, "callId": call_id, "tracks": tracks,
                "mediaFormat": { "encoding": "audio/x-mulaw", "sampleRate": 8_000 },
            }),
        };
        self.message("start", body)
    }

    fn media(&mut self, track: &str, samples: &[i16]) -> Reply {
        let codes: Vec<u8> = samples.iter().map(|sample| g711::mu_law_code(*sample)).collect();
        let begin_ms = if self.dialect == Dialect::Plivo { PLIVO_BEGIN_MS } else { 0 };
        let timestamp_ms = begin_ms + self.position / SAMPLES_PER_MS;
        let chunk = match self.dialect {
            Dialect::Plivo => self.chunk.into(),
            _ => Value::from(self.chunk.to_string()),
        };
        let body = json!({
            "track": track, "chunk": chunk, "timestamp": timestamp_ms.to_string(),
            "payload": STANDARD.encode(codes),
        });
        self.message("media", body)
    }

    /// Sends the first `len` of the samples that are kept; the last piece may be a short one.
    fn send(&mut self, len: usize) -> Vec<Reply> {
        let caller: Vec<i16> = self.caller.drain(..len).collect();
        let operator: Vec<i16> = self.operator.drain(..len.min(self.operator.len())).collect();
        let mut operator = operator.chunks(PIECE_LEN);
        let mut sent = Vec::new();
        for piece in caller.chunks(PIECE_LEN) {
            sent.push(self.media(CALLER_TRACK, piece));
            sent.extend(operator.next().map(|piece| self.media(OPERATOR_TRACK, piece)));
            self.pass(piece.len(), 1);
        }
        sent
    }

    fn pass(&mut self, n_samples: usize, n_pieces: usize) {
        self.position = self.position.saturating_add(n_samples as u64);
        self.chunk = self.chunk.saturating_add(n_pieces as u64);
    }
}

impl Speaker for TwilioSpeaker {
    fn opening(&mut self) -> Vec<Reply> {
        let connected = match self.dialect {
            Dialect::Twilio | Dialect::SignalWire => {
                Some(json!({ "event": "connected", "protocol": "Call", "version": "1.0.0" }))
            }
            Dialect::Telnyx => Some(json!({ "event": "connected", "version": "1.0.0" })),
            // Its first message is the start.
            Dialect::Plivo => None,
        };
        let connected = connected.map(|message| Reply::Text(message.to_string()));
        connected.into_iter().chain([self.start()]).collect()
    }

    fn block(&mut self, caller: &[i16], operator: Option<&[i16]>) -> Vec<Reply> {
        self.caller.extend_from_slice(caller);
        if self.has_operator {
            self.operator.extend_from_slice(operator.unwrap_or_default());
            self.operator.resize(self.caller.len(), 0);
        }
        self.send(self.caller.len() - self.caller.len() % PIECE_LEN)
    }

    /// Sends what was kept before, as a short piece. Numbers go on as if each 20 ms left out had been a message.
    fn skip(&mut self, n_samples: usize) -> Vec<Reply> {
        if n_samples == 0 {
            return Vec::new();
        }
        let sent = self.send(self.caller.len());
        let n_pieces = n_samples.div_ceil(PIECE_LEN);
        self.pass(n_samples, n_pieces);
        let n_messages = n_pieces as u64 * if self.has_operator { 2 } else { 1 };
        self.sequence = self.sequence.saturating_add(n_messages);
        sent
    }

    fn closing(&mut self) -> Vec<Reply> {
        let mut sent = self.send(self.caller.len());
        let body = match self.dialect {
            Dialect::Twilio | Dialect::SignalWire => {
                json!({ "accountSid": ACCOUNT, "callSid": self.call_id })
            }
            Dialect::Telnyx => json!({ "user_id": ACCOUNT, "call_control_id": self.call_id }),
            Dialect::Plivo => json!({ "accountId": ACCOUNT, "callId": self.call_id }),
        };
        sent.push(self.message("stop", body));
        sent
    }

    /// Nothing is answered: a stream in one direction hears nothing.
    fn hear(&mut self, _message: Incoming<'_>) -> Vec<Reply> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::twilio::{Twilio, TwilioSettings};
    use crate::protocol::{Protocol as _, Said, Side, Sides, Sound};

    const DIALECTS: [Dialect; 4] =
        [Dialect::Twilio, Dialect::SignalWire, Dialect::Telnyx, Dialect::Plivo];

    fn said_of(dialect: Dialect, sent: &[Reply]) -> Vec<Said> {
        let mut twilio = Twilio::new(TwilioSettings { dialect, caller_track: None });
        let mut said = Vec::new();
        for reply in sent {
            let Reply::Text(text) = reply else { panic!("bytes") };
            twilio.hear(Incoming::Text(text), &mut said).unwrap();
        }
        said
    }

    fn sounds(said: Vec<Said>, side: Side) -> Vec<Sound> {
        let sound = |said| if let Said::Sound(sound) = said { Some(sound) } else { None };
        said.into_iter().filter_map(sound).filter(|sound| sound.side == side).collect()
    }

    fn samples(sounds: &[Sound]) -> Vec<f32> {
        sounds.iter().flat_map(|sound| sound.samples.clone()).collect()
    }

    /// What G.711 leaves of samples.
    fn coded(samples: &[i16]) -> Vec<f32> {
        let code = |sample: &i16| g711::of_i16(g711::mu_law(g711::mu_law_code(*sample)));
        samples.iter().map(code).collect()
    }

    fn ramp(len: i16, step: i16) -> Vec<i16> {
        (0..len).map(|index| index.wrapping_mul(step)).collect()
    }

    #[test]
    fn what_is_sent_is_read_to_the_same_samples_in_every_dialect() {
        let (caller, operator) = (ramp(1_000, 97), ramp(1_000, -31));
        for dialect in DIALECTS {
            let mut speaker = TwilioSpeaker::new(dialect, "CA1", true);
            let mut sent = speaker.opening();
            let mut from = 0;
            // Fractions and multiples of a message.
            for len in [1, 159, 160, 7, 480, 193] {
                let part = from..from + len;
                sent.extend(speaker.block(&caller[part.clone()], Some(&operator[part])));
                from += len;
            }
            assert_eq!(from, caller.len());
            sent.extend(speaker.closing());
            let said = said_of(dialect, &sent);
            let Some(Said::Begin(begin)) = said.first() else { panic!("no begin: {dialect:?}") };
            let key = format!("{}:CA1", dialect.word());
            assert_eq!((&begin.key, begin.rate_hz, begin.sides), (&key, 8_000, Sides::Apart));
            assert_eq!(said.last(), Some(&Said::End));
            for (side, spoken) in [(Side::Caller, &caller), (Side::Operator, &operator)] {
                let heard = sounds(said.clone(), side);
                assert_eq!(samples(&heard), coded(spoken), "{dialect:?} {side:?}");
                let zero = heard[0].at.unwrap();
                for (index, sound) in heard.iter().enumerate() {
                    assert_eq!(sound.at, Some(zero + 160 * index as u64));
                    assert_eq!(sound.follows, index > 0, "{dialect:?} {index}");
                }
            }
        }
    }

    #[test]
    fn without_an_operator_the_caller_alone_is_sent() {
        for (dialect, sides) in [
            (Dialect::Twilio, Sides::Caller),
            (Dialect::Plivo, Sides::Caller),
            // Telnyx does not tell its tracks.
            (Dialect::Telnyx, Sides::Apart),
        ] {
            let mut speaker = TwilioSpeaker::new(dialect, "CA1", false);
            let mut sent = speaker.opening();
            sent.extend(speaker.block(&ramp(320, 5), None));
            let said = said_of(dialect, &sent);
            assert!(matches!(&said[0], Said::Begin(begin) if begin.sides == sides));
            assert_eq!(samples(&sounds(said.clone(), Side::Caller)), coded(&ramp(320, 5)));
            assert_eq!(sounds(said, Side::Operator), []);
        }
    }

    #[test]
    fn an_operator_of_whom_nothing_is_given_is_silent() {
        let mut speaker = TwilioSpeaker::new(Dialect::Twilio, "CA1", true);
        let mut sent = speaker.opening();
        sent.extend(speaker.block(&ramp(100, 5), None));
        sent.extend(speaker.block(&ramp(60, 5), Some(&ramp(60, 9))));
        let heard = samples(&sounds(said_of(Dialect::Twilio, &sent), Side::Operator));
        assert_eq!(heard, [vec![0.0; 100], coded(&ramp(60, 9))].concat());
    }

    #[test]
    fn what_is_left_out_is_missed_by_every_count() {
        let mut speaker = TwilioSpeaker::new(Dialect::Twilio, "CA1", false);
        let mut sent = speaker.opening();
        sent.extend(speaker.block(&ramp(240, 5), None));
        assert_eq!(speaker.skip(0), []);
        sent.extend(speaker.skip(400));
        sent.extend(speaker.block(&ramp(320, 5), None));
        let heard = sounds(said_of(Dialect::Twilio, &sent), Side::Caller);
        let heard: Vec<_> =
            heard.iter().map(|sound| (sound.at, sound.samples.len(), sound.follows)).collect();
        let expected = [
            (Some(0), 160, false),
            (Some(160), 80, true),
            (Some(640), 160, false),
            (Some(800), 160, true),
        ];
        assert_eq!(heard, expected);
        let Some(Reply::Text(last)) = sent.last() else { panic!("nothing") };
        let last: Value = serde_json::from_str(last).unwrap();
        // A start and seven pieces of 20 ms or less, three of them lost.
        assert_eq!((&last["sequenceNumber"], &last["media"]["chunk"]), (&json!("8"), &json!("7")));
    }

    #[test]
    fn messages_are_worded_as_each_platform_words_them() {
        for (dialect, opening, media, stop) in [
            (
                Dialect::Twilio,
                json!([
                    { "event": "connected", "protocol": "Call", "version": "1.0.0" },
                    { "event": "start", "sequenceNumber": "1", "streamSid": "MZ7", "start": {
                        "accountSid": ACCOUNT, "streamSid": "MZ7", "callSid": "7", "tracks": ["inbound"],
                        "mediaFormat": { "encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1 },
                        "customParameters": {},
                    } },
                ]),
                json!({ "event": "media", "sequenceNumber": "2", "streamSid": "MZ7", "media": {
                    "track": "inbound", "chunk": "1", "timestamp": "0", "payload": "//8=",
                } }),
                json!({ "event": "stop", "sequenceNumber": "3", "streamSid": "MZ7",
                    "stop": { "accountSid": ACCOUNT, "callSid": "7" } }),
            ),
            (
                Dialect::Telnyx,
                json!([
                    { "event": "connected", "version": "1.0.0" },
                    { "event": "start", "sequence_number": "1", "stream_id": "MZ7", "start": {
                        "user_id": ACCOUNT, "call_control_id": "7", "custom_parameters": {},
                        "media_format": { "encoding": "PCMU", "sample_rate": 8000, "channels": 1 },
                    } },
                ]),
                json!({ "event": "media", "sequence_number": "2", "stream_id": "MZ7", "media": {
                    "track": "inbound", "chunk": "1", "timestamp": "0", "payload": "//8=",
                } }),
                json!({ "event": "stop", "sequence_number": "3", "stream_id": "MZ7",
                    "stop": { "user_id": ACCOUNT, "call_control_id": "7" } }),
            ),
            (
                Dialect::Plivo,
                json!([{ "event": "start", "sequenceNumber": 1, "streamId": "MZ7", "start": {
                    "accountId": ACCOUNT, "streamId": "MZ7", "callId": "7", "tracks": ["inbound"],
                    "mediaFormat": { "encoding": "audio/x-mulaw", "sampleRate": 8000 },
                } }]),
                json!({ "event": "media", "sequenceNumber": 2, "streamId": "MZ7", "media": {
                    "track": "inbound", "chunk": 1, "timestamp": "1700000000000", "payload": "//8=",
                } }),
                json!({ "event": "stop", "sequenceNumber": 3, "streamId": "MZ7",
                    "stop": { "accountId": ACCOUNT, "callId": "7" } }),
            ),
        ] {
            let read = |sent: Vec<Reply>| -> Vec<Value> {
                let value = |reply: &Reply| match reply {
                    Reply::Text(text) => serde_json::from_str(text).unwrap(),
                    Reply::Binary(_) => Value::Null,
                };
                sent.iter().map(value).collect()
            };
            let mut speaker = TwilioSpeaker::new(dialect, "7", false);
            assert_eq!(Value::from(read(speaker.opening())), opening);
            assert_eq!(speaker.block(&[0, 0], None), []);
            assert_eq!(read(speaker.closing()), [media, stop]);
        }
    }

    #[test]
    fn nothing_that_is_heard_is_answered() {
        let mut speaker = TwilioSpeaker::new(Dialect::Twilio, "7", true);
        assert_eq!(speaker.hear(Incoming::Text("{")), []);
        assert_eq!(speaker.hear(Incoming::Binary(&[0xff])), []);
        assert!(speaker.may_send());
    }
}
