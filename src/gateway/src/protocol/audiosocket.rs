//! AudioSocket: Asterisk's sound over TCP, one voice a connection.
//!
//! In: bytes, split in any way. Out: the call's beginning with its first sound, the sound, and its end. Keeps the
//! frame that is not whole yet, and the call's key and rate.
//!
//! A frame is its type (1 byte), the payload's length (2 bytes, big-endian) and the payload; sound is 16-bit,
//! little-endian. Source: `res_audiosocket.c` and `chan_audiosocket.c` of Asterisk. Asterisk itself closes without
//! a word: the end of the bytes is the usual end of a call.

use crate::protocol::{
    Begin, Incoming, Protocol, Refusal, Said, Side, Sides, Sound, checked_rate, samples_of_l16,
};

/// The call is over.
const HANGUP: u8 = 0x00;
/// The call's UUID: always the first frame.
const UUID: u8 = 0x01;
/// A key was pressed.
const DTMF: u8 = 0x03;
/// The first type of sound: 8 kHz, or in older versions any rate.
const SLIN: u8 = 0x10;
/// An error, after which nothing comes.
const ERROR: u8 = 0xff;

/// Samples a second of the types of sound from 0x10 on.
const RATES_HZ: [u32; 9] = [8_000, 12_000, 16_000, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000];

const HEADER_LEN: usize = 3;
const UUID_LEN: usize = 16;
/// Sound comes, and is sent, in frames of 20 ms: so many in a second.
const FRAMES_A_SECOND: u32 = 50;

/// What the connection itself does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioSocketSettings {
    /// Who is heard on this connection.
    pub side: Side,
    /// Samples a second of type 0x10: 8,000, but older versions of Asterisk send it for every rate.
    pub rate_hz_of_slin: u32,
}

/// One AudioSocket connection.
#[derive(Debug)]
pub struct AudioSocket {
    settings: AudioSocketSettings,
    /// The beginning of a frame: at most 65,537 bytes between two messages.
    pending: Vec<u8>,
    /// None before the UUID.
    key: Option<String>,
    /// None before the first sound.
    rate_hz: Option<u32>,
    is_over: bool,
}

impl AudioSocket {
    /// A connection from which nothing came yet.
    #[must_use]
    pub fn new(settings: AudioSocketSettings) -> Self {
        AudioSocket { settings, pending: Vec::new(), key: None, rate_hz: None, is_over: false }
    }

    /// How many bytes are missing to the end of the header, or of the frame where the header is there. A header
    /// that may not come is refused at once, and not only when its payload is there.
    fn missing(&self) -> Result<usize, Refusal> {
        let &[kind, high, low, ..] = self.pending.as_slice() else {
            return Ok(HEADER_LEN - self.pending.len());
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        self.check(kind, length)?;
        Ok(HEADER_LEN + length - self.pending.len())
    }

    fn check(&self, kind: u8, length: usize) -> Result<(), Refusal> {
        match (kind, &self.key) {
            (UUID, None) if length == UUID_LEN => Ok(()),
            (_, None) => Err(Refusal::Malformed("AudioSocket that does not begin with a UUID")),
            (HANGUP | DTMF | ERROR, _) => Ok(()),
            (UUID, _) => Err(Refusal::Malformed("a second UUID on one AudioSocket connection")),
            _ if index_of(kind).is_none() => Err(Refusal::Malformed("an AudioSocket frame's type")),
            _ if !length.is_multiple_of(2) => Err(Refusal::Malformed("half a sample")),
            _ => Ok(()),
        }
    }

    /// Takes the whole frame in `pending`; what it says goes behind the first `n_before` of `said`.
    fn take_frame(&mut self, n_before: usize, said: &mut Vec<Said>) -> Result<(), Refusal> {
        let frame = std::mem::take(&mut self.pending);
        let (kind, payload) = (frame[0], &frame[HEADER_LEN..]);
        match kind {
            UUID => self.key = Some(format!("audiosocket:{}", text_of_uuid(payload))),
            HANGUP | ERROR => {
                self.is_over = true;
                said.push(Said::End);
            }
            DTMF => {}
            _ => self.take_sound(kind, payload, n_before, said)?,
        }
        // The same memory for the next frame.
        self.pending = frame;
        self.pending.clear();
        Ok(())
    }

    fn take_sound(
        &mut self,
        kind: u8,
        payload: &[u8],
        n_before: usize,
        said: &mut Vec<Said>,
    ) -> Result<(), Refusal> {
        if payload.is_empty() {
            return Ok(());
        }
        let rate_hz = match index_of(kind) {
            Some(index) if kind != SLIN => RATES_HZ[index],
            _ => checked_rate(u64::from(self.settings.rate_hz_of_slin))?,
        };
        match self.rate_hz {
            None => {
                self.rate_hz = Some(rate_hz);
                said.push(Said::Begin(self.begin(rate_hz)));
            }
            Some(before) if before == rate_hz => {}
            Some(_) => return Err(Refusal::Unsupported("a rate that changes within a call")),
        }
        let samples = samples_of_l16(payload);
        // Many short frames at once become one piece: nobody makes this program keep a record for two bytes.
        if let Some(Said::Sound(sound)) = said[n_before..].last_mut() {
            sound.samples.extend_from_slice(&samples);
        } else {
            let side = self.settings.side;
            said.push(Said::Sound(Sound { side, at: None, follows: false, samples }));
        }
        Ok(())
    }

    fn begin(&self, rate_hz: u32) -> Begin {
        let sides = match self.settings.side {
            Side::Caller => Sides::Caller,
            Side::Operator => Sides::Apart,
            Side::Unknown => Sides::Unknown,
        };
        let key = self.key.clone().unwrap_or_default();
        Begin { key, rate_hz, sides, parameters: Vec::new() }
    }
}

impl Protocol for AudioSocket {
    /// Nothing is said before the first sound, since only that tells the rate. After [`Said::End`] all is ignored.
    fn hear(&mut self, message: Incoming<'_>, said: &mut Vec<Said>) -> Result<(), Refusal> {
        let Incoming::Binary(mut bytes) = message else {
            return Err(Refusal::Malformed("text where AudioSocket has frames"));
        };
        let n_before = said.len();
        while !self.is_over {
            let has_header = self.pending.len() >= HEADER_LEN;
            let missing = self.missing()?;
            if missing > bytes.len() {
                self.pending.extend_from_slice(bytes);
                break;
            }
            let (now, later) = bytes.split_at(missing);
            self.pending.extend_from_slice(now);
            bytes = later;
            if has_header {
                self.take_frame(n_before, said)?;
            }
        }
        Ok(())
    }
}

/// 20 ms of silence as a frame, to be sent all the time: Asterisk may send no sound to a peer that is silent
/// (asterisk#2089). Any rate will do, whatever comes: 8,000 is `10 01 40` and 320 zero bytes.
#[must_use]
pub fn silence_frame(rate_hz: u32) -> Vec<u8> {
    sound_frame(rate_hz, &vec![0; samples_in_frame(rate_hz)])
}

/// Asks Asterisk to hang up.
#[must_use]
pub fn hangup_frame() -> Vec<u8> {
    frame(HANGUP, &[])
}

/// The first frame of a connection.
pub(crate) fn uuid_frame(uuid: [u8; UUID_LEN]) -> Vec<u8> {
    frame(UUID, &uuid)
}

/// Sound as a frame; of a rate that no type stands for it has the type 0x10, as older versions of Asterisk do it.
pub(crate) fn sound_frame(rate_hz: u32, samples: &[i16]) -> Vec<u8> {
    let kinds = (SLIN..).zip(RATES_HZ);
    let kind = kinds.into_iter().find(|(_, rate)| *rate == rate_hz).map_or(SLIN, |(kind, _)| kind);
    let payload: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    frame(kind, &payload)
}

/// Samples in 20 ms, at least one, and no more than a frame may have.
pub(crate) fn samples_in_frame(rate_hz: u32) -> usize {
    let longest = usize::from(u16::MAX / 2);
    usize::try_from(rate_hz / FRAMES_A_SECOND).map_or(longest, |length| length.clamp(1, longest))
}

/// The payload's end is cut where it is longer than a length can say; nothing here makes one so long.
fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap_or(u16::MAX);
    let [high, low] = length.to_be_bytes();
    let mut frame = vec![kind, high, low];
    frame.extend_from_slice(&payload[..usize::from(length)]);
    frame
}

/// Which type of sound it is, counted from 0x10; none for other types.
fn index_of(kind: u8) -> Option<usize> {
    kind.checked_sub(SLIN).map(usize::from).filter(|index| *index < RATES_HZ.len())
}

/// The usual text form: lower case, in groups of 8, 4, 4, 4 and 12 digits.
fn text_of_uuid(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 0x0f] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const UUID_FRAME: [u8; 19] = [
        0x01, 0x00, 0x10, 0x40, 0x32, 0x5e, 0xc2, 0x5e, 0xfd, 0x4b, 0xd3, 0x80, 0x5f, 0x53, 0x57,
        0x6e, 0x58, 0x1d, 0x13,
    ];
    const KEY: &str = "audiosocket:40325ec2-5efd-4bd3-805f-53576e581d13";

    fn socket() -> AudioSocket {
        let settings = AudioSocketSettings { side: Side::Caller, rate_hz_of_slin: 8_000 };
        AudioSocket::new(settings)
    }

    fn heard(pieces: &[&[u8]]) -> Result<Vec<Said>, Refusal> {
        let (mut socket, mut said) = (socket(), Vec::new());
        for piece in pieces {
            socket.hear(Incoming::Binary(piece), &mut said)?;
        }
        Ok(said)
    }

    fn begin(rate_hz: u32) -> Said {
        let (key, parameters) = (KEY.to_owned(), Vec::new());
        Said::Begin(Begin { key, rate_hz, sides: Sides::Caller, parameters })
    }

    fn sound(samples: &[f32]) -> Said {
        let samples = samples.to_vec();
        Said::Sound(Sound { side: Side::Caller, at: None, follows: false, samples })
    }

    fn malformed(pieces: &[&[u8]]) -> bool {
        matches!(heard(pieces), Err(Refusal::Malformed(_)))
    }

    #[test]
    fn a_call_begins_with_its_first_sound_under_the_uuid() {
        assert_eq!(heard(&[&UUID_FRAME]), Ok(vec![]));
        let frame = [0x10, 0x00, 0x04, 0x00, 0x40, 0x00, 0x80];
        let said = heard(&[&UUID_FRAME, &frame, &[0x10, 0x00, 0x02, 0x00, 0xc0]]);
        assert_eq!(said, Ok(vec![begin(8_000), sound(&[0.5, -1.0]), sound(&[-0.5])]));
    }

    #[test]
    fn a_frame_may_come_byte_by_byte_or_with_many_others() {
        let mut bytes = UUID_FRAME.to_vec();
        bytes.extend([0x10, 0, 2, 0, 0x40, 0x03, 0, 1, b'5', 0x10, 0, 0, 0x10, 0, 2, 0, 0x20]);
        bytes.extend([0, 0, 0]);
        let at_once = heard(&[&bytes]);
        assert_eq!(at_once, Ok(vec![begin(8_000), sound(&[0.5, 0.25]), Said::End]));
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        let said = heard(&single);
        assert_eq!(said, Ok(vec![begin(8_000), sound(&[0.5]), sound(&[0.25]), Said::End]));
    }

    #[test]
    fn each_type_of_sound_has_its_rate() {
        let rates = [8_000, 12_000, 16_000, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000];
        for (kind, rate_hz) in (0x10..=0x18).zip(rates) {
            let said = heard(&[&UUID_FRAME, &[kind, 0, 2, 0, 0x40]]);
            assert_eq!(said, Ok(vec![begin(rate_hz), sound(&[0.5])]), "{kind:#x}");
        }
        assert!(malformed(&[&UUID_FRAME, &[0x19, 0, 2, 0, 0x40]]));
        assert!(malformed(&[&UUID_FRAME, &[0x0f, 0, 2, 0, 0x40]]));
    }

    #[test]
    fn type_0x10_stands_for_the_rate_of_the_settings() {
        let settings = AudioSocketSettings { side: Side::Operator, rate_hz_of_slin: 16_000 };
        let (mut socket, mut said) = (AudioSocket::new(settings), Vec::new());
        socket.hear(Incoming::Binary(&UUID_FRAME), &mut said).unwrap();
        socket.hear(Incoming::Binary(&[0x10, 0, 2, 0, 0x40]), &mut said).unwrap();
        assert!(matches!(&said[0], Said::Begin(begin)
            if begin.rate_hz == 16_000 && begin.sides == Sides::Apart));
        assert!(matches!(&said[1], Said::Sound(sound) if sound.side == Side::Operator));

        let settings = AudioSocketSettings { side: Side::Caller, rate_hz_of_slin: 0 };
        let mut socket = AudioSocket::new(settings);
        socket.hear(Incoming::Binary(&UUID_FRAME), &mut said).unwrap();
        let refused = socket.hear(Incoming::Binary(&[0x10, 0, 2, 0, 0x40]), &mut said);
        assert!(matches!(refused, Err(Refusal::Unsupported(_))));
    }

    #[test]
    fn a_rate_that_changes_within_a_call_is_refused() {
        let refused = heard(&[&UUID_FRAME, &[0x10, 0, 2, 0, 0x40], &[0x12, 0, 2, 0, 0x40]]);
        assert!(matches!(refused, Err(Refusal::Unsupported(_))));
        let empty = heard(&[&UUID_FRAME, &[0x10, 0, 2, 0, 0x40], &[0x12, 0, 0]]);
        assert_eq!(empty.unwrap().len(), 2);
    }

    #[test]
    fn what_is_not_audiosocket_is_refused_as_soon_as_its_header_is_there() {
        assert!(malformed(&[b"GET / HTTP/1.1"]));
        assert!(malformed(&[&[0x10, 0x01, 0x40]]), "sound before the UUID");
        assert!(malformed(&[&[0x01, 0x00, 0x11]]), "a UUID of 17 bytes");
        assert!(malformed(&[&UUID_FRAME, &[0x10, 0x00, 0x03]]), "half a sample");
        assert!(malformed(&[&UUID_FRAME, &[0x02, 0xff, 0xff]]), "an unknown type");
        assert!(malformed(&[&UUID_FRAME, &UUID_FRAME]), "a second UUID");
        let mut said = Vec::new();
        let refused = socket().hear(Incoming::Text("{}"), &mut said);
        assert!(matches!(refused, Err(Refusal::Malformed(_))));
    }

    #[test]
    fn an_error_ends_the_call_and_nothing_is_heard_after_it() {
        let said = heard(&[&UUID_FRAME, &[0xff, 0, 1, 4, 0x77, 0xff, 0xff], &[0x77, 1, 1]]);
        assert_eq!(said, Ok(vec![Said::End]));
    }

    #[test]
    fn the_longest_frame_is_taken_and_no_more_is_kept_than_it() {
        let (mut socket, mut said) = (socket(), Vec::new());
        socket.hear(Incoming::Binary(&UUID_FRAME), &mut said).unwrap();
        socket.hear(Incoming::Binary(&[0x10, 0xff, 0xfe]), &mut said).unwrap();
        for _ in 0..8 {
            socket.hear(Incoming::Binary(&[0; 8_191]), &mut said).unwrap();
            assert!(socket.pending.len() <= HEADER_LEN + usize::from(u16::MAX));
        }
        assert_eq!(said, vec![]);
        socket.hear(Incoming::Binary(&[0; 8]), &mut said).unwrap();
        assert!(matches!(&said[1], Said::Sound(sound) if sound.samples.len() == 32_767));
        assert_eq!(socket.pending, [0, 0]);
    }

    #[test]
    fn silence_is_a_frame_of_20_ms_of_the_type_of_its_rate() {
        let mut expected = vec![0x10, 0x01, 0x40];
        expected.resize(323, 0);
        assert_eq!(silence_frame(8_000), expected);
        assert_eq!(silence_frame(16_000)[..3], [0x12, 0x02, 0x80]);
        assert_eq!(silence_frame(192_000).len(), 3 + 7_680);
        assert_eq!(silence_frame(u32::MAX).len(), 3 + 65_534);
        assert_eq!(hangup_frame(), [0, 0, 0]);
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(
            named in any::<bool>(),
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..20),
        ) {
            let (mut socket, mut said) = (socket(), Vec::new());
            if named {
                socket.hear(Incoming::Binary(&UUID_FRAME), &mut said).unwrap();
            }
            for piece in &pieces {
                if socket.hear(Incoming::Binary(piece), &mut said).is_err() {
                    break;
                }
            }
        }
    }
}
