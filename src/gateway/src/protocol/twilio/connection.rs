//! One connection of a platform of the Twilio family.
//!
//! In: messages. Out: the call's begin, its sound and its end. Keeps how the call is coded, and the highest number of
//! each track.

use super::format::Format;
use super::names::{self, Piece, Started, Track};
use super::{CallerTrack, Dialect, TwilioSettings};
use crate::protocol::{Begin, Incoming, Protocol, Refusal, Said, Side, Sides, Sound};

/// The most bytes of a message: a payload of 64 KiB in base64, and room for what goes with it.
const MAX_MESSAGE_LEN: usize = 96 * 1_024;

/// One connection of a platform.
#[derive(Debug)]
pub struct Twilio {
    dialect: Dialect,
    caller: Track,
    state: State,
}

#[derive(Debug)]
enum State {
    /// No start has come.
    Waiting,
    Streaming(Stream),
    Over,
}

#[derive(Debug)]
struct Stream {
    key: String,
    format: Format,
    tracks: [bool; 2],
    /// The highest number that was heard of each track.
    last: [Option<u64>; 2],
}

impl Twilio {
    /// A connection on which nothing was said yet.
    #[must_use]
    pub fn new(settings: TwilioSettings) -> Self {
        let caller = match settings.caller_track {
            None | Some(CallerTrack::Inbound) => Track::Inbound,
            Some(CallerTrack::Outbound) => Track::Outbound,
        };
        Twilio { dialect: settings.dialect, caller, state: State::Waiting }
    }

    fn start(&mut self, text: &str, said: &mut Vec<Said>) -> Result<(), Refusal> {
        let Started { call_id, format, tracks, parameters } = names::start(text, self.dialect)?;
        let key = format!("{}:{call_id}", self.dialect.word());
        match &self.state {
            State::Waiting => {}
            State::Streaming(stream)
                if (&stream.key, stream.format, stream.tracks) == (&key, format, tracks) =>
            {
                return Ok(());
            }
            State::Streaming(_) => {
                return Err(Refusal::Malformed("a second start, of another call"));
            }
            State::Over => return Err(Refusal::Malformed("a start after the stop")),
        }
        let sides = self.sides(tracks);
        said.push(Said::Begin(Begin {
            key: key.clone(),
            rate_hz: format.rate_hz(),
            sides,
            parameters,
        }));
        self.state = State::Streaming(Stream { key, format, tracks, last: [None; 2] });
        Ok(())
    }

    fn media(&mut self, text: &str, said: &mut Vec<Said>) -> Result<(), Refusal> {
        let piece = names::media(text)?;
        let stream = match &mut self.state {
            State::Waiting => return Err(Refusal::Malformed("sound before the start")),
            State::Streaming(stream) => stream,
            // Where order is not kept, the stop may overtake the last of the sound.
            State::Over => return Ok(()),
        };
        let track = stream.track_of(&piece)?;
        if stream.tracks != [false; 2] && !stream.tracks[track as usize] {
            return Ok(());
        }
        let samples = stream.format.samples(&piece.payload)?;
        let at = match piece.timestamp_ms {
            None => None,
            Some(ms) => Some(stream.format.at(ms).ok_or(Refusal::TooLarge("a piece's timestamp"))?),
        };
        let follows = stream.follows(track, piece.number);
        if !samples.is_empty() {
            let side = if track == self.caller { Side::Caller } else { Side::Operator };
            said.push(Said::Sound(Sound { side, at, follows, samples }));
        }
        Ok(())
    }

    fn stop(&mut self, said: &mut Vec<Said>) {
        if !matches!(self.state, State::Over) {
            said.push(Said::End);
        }
        self.state = State::Over;
    }

    /// Who is heard: both may come where the dialect does not tell which.
    fn sides(&self, tracks: [bool; 2]) -> Sides {
        let callers_alone = match self.caller {
            Track::Inbound => [true, false],
            Track::Outbound => [false, true],
        };
        if tracks == callers_alone { Sides::Caller } else { Sides::Apart }
    }
}

impl Stream {
    /// The track that a piece names, or the only one.
    fn track_of(&self, piece: &Piece<'_>) -> Result<Track, Refusal> {
        match (piece.track, self.tracks) {
            (Some(track), _) => Ok(track),
            (None, [true, false]) => Ok(Track::Inbound),
            (None, [false, true]) => Ok(Track::Outbound),
            (None, _) => Err(Refusal::Malformed("sound without its track")),
        }
    }

    /// Takes the number of a track's piece: whether the one before it was the last heard.
    fn follows(&mut self, track: Track, number: Option<u64>) -> bool {
        let last = &mut self.last[track as usize];
        let follows = matches!((*last, number), (Some(last), Some(number))
            if last.checked_add(1) == Some(number));
        *last = number.max(*last);
        follows
    }
}

impl Protocol for Twilio {
    fn hear(&mut self, message: Incoming<'_>, said: &mut Vec<Said>) -> Result<(), Refusal> {
        let Incoming::Text(text) = message else {
            return Err(Refusal::Malformed("bytes where there is only text"));
        };
        if text.len() > MAX_MESSAGE_LEN {
            return Err(Refusal::TooLarge("a message"));
        }
        match &*names::event(text)? {
            "start" => self.start(text, said),
            "media" => self.media(text, said),
            "stop" => {
                self.stop(said);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::twilio::names::tests::{MEDIA, START};

    const CONNECTED: &str = r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#;
    const STOP: &str = r#"{"event":"stop","sequenceNumber":"5","streamSid":"MZ1","stop":{"accountSid":"AC1",
        "callSid":"CA1"}}"#;

    fn connection(dialect: Dialect, caller_track: Option<CallerTrack>) -> Twilio {
        Twilio::new(TwilioSettings { dialect, caller_track })
    }

    /// What a connection says to messages, or its first refusal.
    fn heard<T: AsRef<str>>(mut twilio: Twilio, messages: &[T]) -> Result<Vec<Said>, Refusal> {
        let mut said = Vec::new();
        for message in messages {
            twilio.hear(Incoming::Text(message.as_ref()), &mut said)?;
        }
        Ok(said)
    }

    fn by_twilio<T: AsRef<str>>(messages: &[T]) -> Result<Vec<Said>, Refusal> {
        heard(connection(Dialect::Twilio, None), messages)
    }

    fn piece(track: &str, chunk: u64, timestamp_ms: u64) -> String {
        format!(
            r#"{{"event":"media","media":{{"track":"{track}","chunk":"{chunk}",
            "timestamp":"{timestamp_ms}","payload":"/w=="}}}}"#
        )
    }

    /// Side, place and whether it follows, of each piece of sound.
    fn sounds(said: &[Said]) -> Vec<(Side, Option<u64>, bool)> {
        let sound = |said: &Said| match said {
            Said::Sound(sound) => Some((sound.side, sound.at, sound.follows)),
            _ => None,
        };
        said.iter().filter_map(sound).collect()
    }

    fn begin(said: &[Said]) -> &Begin {
        said.iter()
            .find_map(|said| if let Said::Begin(begin) = said { Some(begin) } else { None })
            .unwrap()
    }

    #[test]
    fn a_call_of_twilio_is_heard_from_its_start_to_its_stop() {
        let dtmf =
            r#"{"event":"dtmf","streamSid":"MZ1","dtmf":{"track":"inbound_track","digit":"1"}}"#;
        let mark = r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"m"}}"#;
        let said = by_twilio(&[CONNECTED, START, MEDIA, dtmf, mark, STOP, STOP]);
        let samples = [0.0, -32_124.0 / 32_768.0, 32_124.0 / 32_768.0].to_vec();
        let expected = [
            Said::Begin(Begin {
                key: "twilio:CA1".to_owned(),
                rate_hz: 8_000,
                sides: Sides::Apart,
                parameters: [("label".to_owned(), "desk 3".to_owned())].to_vec(),
            }),
            Said::Sound(Sound { side: Side::Operator, at: Some(40), follows: false, samples }),
            Said::End,
        ];
        assert_eq!(said, Ok(expected.to_vec()));
    }

    #[test]
    fn a_call_of_telnyx_is_heard_in_its_own_words() {
        let start = r#"{"event":"start","sequence_number":"1","stream_id":"32DE0DEA","start":{"user_id":"3E6F",
            "call_control_id":"v2:T02ll-Qx_Iy","call_session_id":"ff55","from":"+13122010094","to":"+13122123456",
            "tags":["TAG1"],"client_state":"aGF2","custom_parameters":{"label":"desk 3"},
            "media_format":{"encoding":"PCMA","sample_rate":8000,"channels":1}}}"#;
        let media = r#"{"event":"media","sequence_number":"4","stream_id":"32DE0DEA","media":{"track":"inbound",
            "chunk":"2","timestamp":"5","payload":"1VU="}}"#;
        let stop = r#"{"event":"stop","sequence_number":"5","stream_id":"32DE0DEA","stop":{"user_id":"3E6F"}}"#;
        let said = heard(connection(Dialect::Telnyx, None), &[start, media, stop]).unwrap();
        let expected = Begin {
            key: "telnyx:v2:T02ll-Qx_Iy".to_owned(),
            rate_hz: 8_000,
            // It does not tell the tracks.
            sides: Sides::Apart,
            parameters: [("label".to_owned(), "desk 3".to_owned())].to_vec(),
        };
        assert_eq!(begin(&said), &expected);
        assert_eq!(sounds(&said), [(Side::Caller, Some(40), false)]);
        assert_eq!(said.last(), Some(&Said::End));
    }

    #[test]
    fn a_call_of_plivo_is_heard_in_its_own_words() {
        let start = r#"{"event":"start","sequenceNumber":0,"start":{"callId":"5401fd2e-6344","streamId":"c4df",
            "accountId":"MA1","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-l16","sampleRate":16000}},
            "extra_headers":"userId=12345;label=desk"}"#;
        let media = r#"{"event":"media","sequenceNumber":2,"streamId":"c4df","media":{"track":"inbound",
            "timestamp":"1711216222735","chunk":1,"payload":"AEAAgA=="},"extra_headers":"{}"}"#;
        let said = heard(connection(Dialect::Plivo, None), &[start, media]).unwrap();
        let mut begin = begin(&said).clone();
        begin.parameters.sort();
        let parameters = [("label", "desk"), ("userId", "12345")];
        let parameters =
            parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let key = "plivo:5401fd2e-6344".to_owned();
        assert_eq!(begin, Begin { key, rate_hz: 16_000, sides: Sides::Caller, parameters });
        let samples = [0.5, -1.0].to_vec();
        let at = Some(1_711_216_222_735 * 16);
        let sound = Sound { side: Side::Caller, at, follows: false, samples };
        assert_eq!(said.last(), Some(&Said::Sound(sound)));
    }

    #[test]
    fn tracks_and_the_setting_tell_who_is_heard() {
        use CallerTrack::{Inbound, Outbound};
        for (tracks, caller_track, sides) in [
            (r#"["inbound"]"#, None, Sides::Caller),
            (r#"["inbound","inbound"]"#, Some(Inbound), Sides::Caller),
            (r#"["outbound"]"#, Some(Outbound), Sides::Caller),
            (r#"["inbound"]"#, Some(Outbound), Sides::Apart),
            (r#"["outbound"]"#, None, Sides::Apart),
            (r#"["both_tracks"]"#, None, Sides::Apart),
            (r#"["outbound","inbound"]"#, Some(Outbound), Sides::Apart),
            ("[]", None, Sides::Apart),
            ("null", None, Sides::Apart),
        ] {
            let start = START.replace(r#"["inbound","outbound"]"#, tracks);
            let said = heard(connection(Dialect::SignalWire, caller_track), &[start]).unwrap();
            assert_eq!(begin(&said).sides, sides, "{tracks} {caller_track:?}");
            assert_eq!(begin(&said).key, "signalwire:CA1");
        }
        let pieces = [START.to_owned(), piece("inbound", 1, 0), piece("outbound", 1, 0)];
        let said = heard(connection(Dialect::Twilio, Some(Outbound)), &pieces).unwrap();
        let expected = [(Side::Operator, Some(0), false), (Side::Caller, Some(0), false)];
        assert_eq!(sounds(&said), expected);
    }

    #[test]
    fn a_track_that_was_not_told_is_not_heard() {
        let start = START.replace(r#"["inbound","outbound"]"#, r#"["inbound"]"#);
        let unnamed = piece("inbound", 2, 20).replace(r#""track":"inbound","#, "");
        let said = by_twilio(&[start, piece("outbound", 1, 0), piece("inbound", 1, 0), unnamed]);
        let expected = [(Side::Caller, Some(0), false), (Side::Caller, Some(160), true)];
        assert_eq!(sounds(&said.unwrap()), expected);
    }

    #[test]
    fn a_piece_follows_only_with_the_next_number_of_its_track() {
        let pieces = [
            START.to_owned(),
            piece("inbound", 7, 0),
            piece("outbound", 1, 0),
            piece("inbound", 8, 20),
            // Silence was not sent.
            piece("inbound", 9, 500),
            // One piece was lost.
            piece("inbound", 11, 540),
            // It comes late, and a repeated one after it.
            piece("inbound", 10, 520),
            piece("inbound", 11, 540),
            piece("inbound", 12, 560),
            piece("outbound", 2, 580),
            piece("inbound", u64::MAX, 600),
            piece("inbound", 0, 620),
        ];
        let follows: Vec<bool> =
            sounds(&by_twilio(&pieces).unwrap()).into_iter().map(|(.., follows)| follows).collect();
        let expected = [false, false, true, true, false, false, false, true, true, false, false];
        assert_eq!(follows, expected);
    }

    #[test]
    fn numbers_of_all_messages_do_where_those_of_the_track_are_missing() {
        let piece = |sequence: u64| {
            piece("inbound", 0, sequence * 20)
                .replace(r#""chunk":"0","#, "")
                .replace(r#""media","#, &format!(r#""media","sequenceNumber":{sequence},"#))
        };
        let said = by_twilio(&[START.to_owned(), piece(2), piece(3), piece(5)]).unwrap();
        let expected = [(320, false), (480, true), (800, false)];
        assert_eq!(sounds(&said), expected.map(|(at, follows)| (Side::Caller, Some(at), follows)));
    }

    #[test]
    fn a_repeated_start_is_let_pass_and_another_refused() {
        let again = START.replace("MZ1", "MZ2");
        assert_eq!(by_twilio(&[START, &again]).map(|said| said.len()), Ok(1));
        for (old, new) in [("CA1", "CA2"), ("mulaw", "alaw"), (r#","outbound"]"#, "]")] {
            let refused = by_twilio(&[START, &START.replace(old, new)]);
            assert!(matches!(refused, Err(Refusal::Malformed(_))), "{new}: {refused:?}");
        }
        assert!(matches!(by_twilio(&[START, STOP, START]), Err(Refusal::Malformed(_))));
        assert_eq!(by_twilio(&[START, STOP, MEDIA]).map(|said| said.len()), Ok(2));
    }

    #[test]
    fn what_is_too_large_or_out_of_turn_is_refused_in_kind() {
        let large = MEDIA.replace("/wCA", &"A".repeat(88_000));
        assert_eq!(by_twilio(&[START, &large]), Err(Refusal::TooLarge("a payload")));
        let larger = MEDIA.replace("MZ1", &"x".repeat(MAX_MESSAGE_LEN));
        assert_eq!(by_twilio(&[START, &larger]), Err(Refusal::TooLarge("a message")));
        let late = MEDIA.replace("\"5\"", &u64::MAX.to_string());
        assert_eq!(by_twilio(&[START, &late]), Err(Refusal::TooLarge("a piece's timestamp")));
        let early = by_twilio(&[CONNECTED, MEDIA]);
        assert_eq!(early, Err(Refusal::Malformed("sound before the start")));
        let of_none = MEDIA.replace(r#""track":"outbound","#, "");
        let of_none = by_twilio(&[START, &of_none]);
        assert_eq!(of_none, Err(Refusal::Malformed("sound without its track")));
        let bad = by_twilio(&[START, &MEDIA.replace("/wCA", "/wC*")]);
        assert_eq!(bad, Err(Refusal::Malformed("a payload's base64")));
        let mut twilio = connection(Dialect::Twilio, None);
        let refused = twilio.hear(Incoming::Binary(START.as_bytes()), &mut Vec::new());
        assert!(matches!(refused, Err(Refusal::Malformed(_))));
    }

    #[test]
    fn a_piece_without_time_has_no_place_and_an_empty_one_is_not_told() {
        let no_time = MEDIA.replace(r#""timestamp":"5","#, "");
        let empty = MEDIA.replace("/wCA", "").replace(r#""chunk":"1""#, r#""chunk":"2""#);
        let next = MEDIA.replace(r#""chunk":"1""#, r#""chunk":"3""#);
        let said = by_twilio(&[START, &no_time, &empty, &next]).unwrap();
        let expected = [(Side::Operator, None, false), (Side::Operator, Some(40), true)];
        assert_eq!(sounds(&said), expected);
    }
}
