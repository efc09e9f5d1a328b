//! What FreeSWITCH, jambonz, Asterisk and Vonage send over a WebSocket with 16-bit sound.
//!
//! In: the sound of both sides. Out: a first message and binary messages of 20 ms. Keeps the sound that is not yet
//! one.

use crate::protocol::l16::{L16Dialect, slin_of_rate};
use crate::protocol::{Incoming, Reply};
use crate::send::{Speaker, take_whole};
use serde_json::json;

/// Messages a second: 20 ms each.
const MESSAGES_A_SECOND: u32 = 50;

/// One of those senders, with one call.
#[derive(Clone, Debug)]
pub struct L16Speaker {
    dialect: L16Dialect,
    call: String,
    rate_hz: u32,
    is_stereo: bool,
    /// Bytes of less than 20 ms.
    rest: Vec<u8>,
}

impl L16Speaker {
    /// A call of that name at a rate in Hz. Stereo has the caller left and the operator right; Asterisk and Vonage
    /// have no stereo and send the caller alone. Asterisk has names for 8, 12, 16, 24, 32, 44.1, 48, 96 and 192 kHz
    /// only.
    #[must_use]
    pub fn new(dialect: L16Dialect, call: &str, rate_hz: u32, stereo: bool) -> Self {
        let has_stereo = matches!(dialect, L16Dialect::FreeSwitch | L16Dialect::Jambonz);
        let (call, is_stereo) = (call.to_owned(), stereo && has_stereo);
        L16Speaker { dialect, call, rate_hz, is_stereo, rest: Vec::new() }
    }

    /// At least one sample of each channel.
    fn message_len(&self) -> usize {
        let n_samples = usize::try_from(self.rate_hz / MESSAGES_A_SECOND).unwrap_or(1).max(1);
        n_samples * if self.is_stereo { 4 } else { 2 }
    }
}

impl Speaker for L16Speaker {
    fn opening(&mut self) -> Vec<Reply> {
        let (call, rate_hz) = (&self.call, self.rate_hz);
        let first = match self.dialect {
            L16Dialect::FreeSwitch => json!({ "call": call }),
            L16Dialect::Jambonz => json!({
                "callSid": call,
                "direction": "inbound",
                "callStatus": "in-progress",
                "sampleRate": rate_hz,
                "mixType": if self.is_stereo { "stereo" } else { "mono" },
            }),
            L16Dialect::Asterisk => json!({
                "event": "MEDIA_START",
                "connection_id": "undertone",
                "channel": "WebSocket/undertone/0x7f2a5c003130",
                "channel_id": call,
                "format": slin_of_rate(rate_hz),
                "optimal_frame_size": self.message_len(),
                "ptime": 1_000 / MESSAGES_A_SECOND,
                "channel_variables": {},
            }),
            L16Dialect::Vonage => json!({
                "event": "websocket:connected",
                "content-type": format!("audio/l16;rate={rate_hz}"),
                "uuid": call,
            }),
        };
        vec![Reply::Text(first.to_string())]
    }

    fn block(&mut self, caller: &[i16], operator: Option<&[i16]>) -> Vec<Reply> {
        for (index, sample) in caller.iter().enumerate() {
            self.rest.extend(sample.to_le_bytes());
            if self.is_stereo {
                let other = operator.and_then(|operator| operator.get(index)).unwrap_or(&0);
                self.rest.extend(other.to_le_bytes());
            }
        }
        let len = self.message_len();
        take_whole(&mut self.rest, len).into_iter().map(Reply::Binary).collect()
    }

    /// Nothing: none of them counts, so what is left out is not seen.
    fn skip(&mut self, _n_samples: usize) -> Vec<Reply> {
        Vec::new()
    }

    /// The sound that is left; FreeSWITCH also sends the text that it was told to stop with.
    fn closing(&mut self) -> Vec<Reply> {
        let rest = std::mem::take(&mut self.rest);
        let mut sent = Vec::new();
        if !rest.is_empty() {
            sent.push(Reply::Binary(rest));
        }
        if self.dialect == L16Dialect::FreeSwitch {
            sent.push(Reply::Text(json!({ "call": self.call, "event": "stop" }).to_string()));
        }
        sent
    }

    fn hear(&mut self, _message: Incoming<'_>) -> Vec<Reply> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::l16::{ChannelUse, L16, L16Settings, StereoSide};
    use crate::protocol::{Protocol, Said, Side, Sides};
    use proptest::prelude::*;

    const DIALECTS: [(L16Dialect, &str); 4] = [
        (L16Dialect::FreeSwitch, "freeswitch:c-1"),
        (L16Dialect::Jambonz, "jambonz:c-1"),
        (L16Dialect::Asterisk, "asterisk:c-1"),
        (L16Dialect::Vonage, "vonage:c-1"),
    ];

    #[test]
    fn sound_is_sent_in_messages_of_20_ms_and_the_rest_at_the_end() {
        let mut speaker = L16Speaker::new(L16Dialect::Jambonz, "c-1", 16_000, true);
        assert_eq!(speaker.block(&[1; 300], Some(&[2; 300])), []);
        let sent = speaker.block(&[1; 30], None);
        let [Reply::Binary(message)] = sent.as_slice() else { panic!("{sent:?}") };
        assert_eq!(message.len(), 1_280);
        assert_eq!((&message[..4], &message[1_276..]), (&[1, 0, 2, 0][..], &[1, 0, 0, 0][..]));
        assert_eq!(speaker.skip(160), []);
        let sent = speaker.closing();
        assert!(matches!(sent.as_slice(), [Reply::Binary(rest)] if rest.len() == 40));
        assert_eq!(speaker.closing(), []);
    }

    #[test]
    fn asterisk_and_vonage_send_the_caller_alone() {
        for dialect in [L16Dialect::Asterisk, L16Dialect::Vonage] {
            let mut speaker = L16Speaker::new(dialect, "c-1", 8_000, true);
            let sent = speaker.block(&[1; 160], Some(&[2; 160]));
            assert_eq!(sent, [Reply::Binary([1, 0].repeat(160))]);
        }
    }

    /// All that a parser says of what a speaker sends, the sound in pieces of those lengths.
    fn heard(mut parser: L16, sent: Vec<Reply>, pieces: &[usize]) -> Vec<Said> {
        let (mut said, mut pieces) = (Vec::new(), pieces.iter().cycle());
        for reply in sent {
            match reply {
                Reply::Text(text) => parser.hear(Incoming::Text(&text), &mut said).unwrap(),
                Reply::Binary(bytes) => {
                    let mut bytes = bytes.as_slice();
                    while !bytes.is_empty() {
                        let piece = (*pieces.next().unwrap()).min(bytes.len());
                        parser.hear(Incoming::Binary(&bytes[..piece]), &mut said).unwrap();
                        bytes = &bytes[piece..];
                    }
                }
            }
        }
        said
    }

    proptest! {
        #[test]
        fn what_is_sent_is_heard_to_the_sample_however_its_bytes_are_split(
            blocks in prop::collection::vec(prop::collection::vec(any::<(i16, i16)>(), 0..400), 1..6),
            pieces in prop::collection::vec(1..700_usize, 1..20),
            (dialect, key) in prop::sample::select(DIALECTS.as_slice()),
            rate_hz in prop::sample::select([8_000, 16_000, 24_000, 48_000].as_slice()),
            stereo in any::<bool>(),
        ) {
            let mut speaker = L16Speaker::new(dialect, "c-1", rate_hz, stereo);
            let is_stereo = speaker.is_stereo;
            let mut sent = speaker.opening();
            for block in &blocks {
                let (caller, operator): (Vec<i16>, Vec<i16>) = block.iter().copied().unzip();
                sent.extend(speaker.block(&caller, Some(&operator)));
            }
            sent.extend(speaker.closing());

            let channels = if is_stereo {
                ChannelUse::Stereo { caller: StereoSide::Left }
            } else {
                ChannelUse::Mono(Side::Caller)
            };
            let rate = (dialect == L16Dialect::FreeSwitch).then_some(rate_hz);
            let settings =
                L16Settings { dialect, rate_hz: rate, channels, call: "url".to_owned() };
            let (mut caller, mut operator) = (Vec::new(), Vec::new());
            for (index, said) in heard(L16::new(settings), sent, &pieces).into_iter().enumerate() {
                match said {
                    Said::Begin(begin) => {
                        let sides = if is_stereo { Sides::Together } else { Sides::Caller };
                        prop_assert_eq!((index, begin.rate_hz, begin.sides), (0, rate_hz, sides));
                        prop_assert_eq!(begin.key, key);
                    }
                    Said::Sound(sound) if sound.side == Side::Caller => {
                        caller.extend(sound.samples);
                        prop_assert!(!is_stereo || caller.len() == operator.len());
                    }
                    Said::Sound(sound) => operator.extend(sound.samples),
                    other => prop_assert!(false, "{:?}", other),
                }
            }
            let sample = |sample: i16| f32::from(sample) / 32_768.0;
            let (sent_caller, sent_operator): (Vec<f32>, Vec<f32>) =
                blocks.concat().into_iter().map(|(one, two)| (sample(one), sample(two))).unzip();
            prop_assert_eq!(caller, sent_caller);
            prop_assert_eq!(operator, if is_stereo { sent_operator } else { Vec::new() });
        }
    }
}
