//! What Asterisk sends over AudioSocket.
//!
//! In: the caller's sound. Out: frames. Keeps the sound that is not yet a frame of 20 ms.

use crate::protocol::audiosocket::{samples_in_frame, sound_frame, uuid_frame};
use crate::protocol::{Incoming, Reply};
use crate::send::{Speaker, take_whole};

/// Asterisk, with one call: the caller alone is sent, since AudioSocket has one voice a connection.
#[derive(Clone, Debug)]
pub struct AudioSocketSpeaker {
    uuid: [u8; 16],
    rate_hz: u32,
    rest: Vec<i16>,
}

impl AudioSocketSpeaker {
    /// A call of that UUID. A rate in Hz that AudioSocket has no type for is sent with type 0x10, as older
    /// versions do.
    #[must_use]
    pub fn new(uuid: [u8; 16], rate_hz: u32) -> Self {
        AudioSocketSpeaker { uuid, rate_hz, rest: Vec::new() }
    }
}

impl Speaker for AudioSocketSpeaker {
    fn opening(&mut self) -> Vec<Reply> {
        vec![Reply::Binary(uuid_frame(self.uuid))]
    }

    fn block(&mut self, caller: &[i16], _operator: Option<&[i16]>) -> Vec<Reply> {
        self.rest.extend_from_slice(caller);
        let frames = take_whole(&mut self.rest, samples_in_frame(self.rate_hz));
        let frame = |samples: Vec<i16>| Reply::Binary(sound_frame(self.rate_hz, &samples));
        frames.into_iter().map(frame).collect()
    }

    /// Nothing: AudioSocket counts nothing, so what is left out is not seen.
    fn skip(&mut self, _n_samples: usize) -> Vec<Reply> {
        Vec::new()
    }

    /// The sound that is left, and no more: Asterisk closes the connection without a word.
    fn closing(&mut self) -> Vec<Reply> {
        let rest = std::mem::take(&mut self.rest);
        if rest.is_empty() {
            return Vec::new();
        }
        vec![Reply::Binary(sound_frame(self.rate_hz, &rest))]
    }

    fn hear(&mut self, _message: Incoming<'_>) -> Vec<Reply> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::audiosocket::{AudioSocket, AudioSocketSettings};
    use crate::protocol::{Protocol, Said, Side};
    use proptest::prelude::*;

    const RATES_HZ: [u32; 9] =
        [8_000, 12_000, 16_000, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000];

    fn bytes_of(replies: Vec<Reply>) -> Vec<u8> {
        let bytes = |reply| match reply {
            Reply::Binary(bytes) => bytes,
            Reply::Text(text) => panic!("text: {text}"),
        };
        replies.into_iter().flat_map(bytes).collect()
    }

    #[test]
    fn a_call_is_its_uuid_and_frames_of_20_ms() {
        let mut speaker = AudioSocketSpeaker::new([7; 16], 8_000);
        let mut opening = vec![1, 0, 16];
        opening.extend([7; 16]);
        assert_eq!(bytes_of(speaker.opening()), opening);
        assert_eq!(speaker.block(&[1; 100], None), []);
        let sent = speaker.block(&[1; 230], Some(&[2; 230]));
        assert_eq!(sent.len(), 2);
        assert!(matches!(&sent[0], Reply::Binary(frame)
            if frame.len() == 323 && frame[..5] == [0x10, 0x01, 0x40, 1, 0]));
        assert_eq!(speaker.skip(160), []);
        assert_eq!(bytes_of(speaker.closing())[..3], [0x10, 0, 20]);
        assert_eq!(speaker.closing(), []);
    }

    proptest! {
        #[test]
        fn what_is_sent_is_heard_to_the_sample_however_its_bytes_are_split(
            blocks in prop::collection::vec(prop::collection::vec(any::<i16>(), 0..400), 1..8),
            pieces in prop::collection::vec(1..700_usize, 1..20),
            rate_hz in prop::sample::select(RATES_HZ.as_slice()),
        ) {
            let mut speaker = AudioSocketSpeaker::new([0xab; 16], rate_hz);
            let mut bytes = bytes_of(speaker.opening());
            for block in &blocks {
                bytes.extend(bytes_of(speaker.block(block, None)));
            }
            bytes.extend(bytes_of(speaker.closing()));

            let settings = AudioSocketSettings { side: Side::Caller, rate_hz_of_slin: 8_000 };
            let (mut socket, mut said) = (AudioSocket::new(settings), Vec::new());
            let (mut bytes, mut pieces) = (bytes.as_slice(), pieces.iter().cycle());
            while !bytes.is_empty() {
                let piece = (*pieces.next().unwrap()).min(bytes.len());
                socket.hear(Incoming::Binary(&bytes[..piece]), &mut said).unwrap();
                bytes = &bytes[piece..];
            }

            let sent: Vec<i16> = blocks.concat();
            let mut heard = Vec::new();
            for (index, said) in said.into_iter().enumerate() {
                match said {
                    Said::Begin(begin) => prop_assert_eq!((index, begin.rate_hz), (0, rate_hz)),
                    Said::Sound(sound) => heard.extend(sound.samples),
                    other => prop_assert!(false, "{:?}", other),
                }
            }
            let sent: Vec<f32> = sent.iter().map(|sample| f32::from(*sample) / 32_768.0).collect();
            prop_assert_eq!(sent, heard);
        }
    }
}
