//! What is fuzzed: each parser, the sequences to begin with, and what is done with each input.

use crate::call::Call;
use crate::input::{Input, Kind, Message};
use crate::{recordings, siprec, streams};
use gateway::config::{Config, EXAMPLE};
use gateway::legs::Counting;
use gateway::protocol::audiohook::signature::{Credentials, SignatureError, Signed, Verifier};
use gateway::protocol::audiohook::{AudioHook, SessionHeaders};
use gateway::protocol::audiosocket::{AudioSocket, AudioSocketSettings};
use gateway::protocol::l16::{ChannelUse, L16, L16Dialect, L16Settings, StereoSide};
use gateway::protocol::twilio::{CallerTrack, Dialect, Twilio, TwilioSettings};
use gateway::protocol::{Incoming, Protocol, Side};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The organization and the session that AudioHook's headers name.
pub const SESSION: [&str; 2] =
    ["8bb01349-75a2-454b-b299-0283da5da512", "c91dfdbf-93c3-4727-b294-62c0a837c43e"];
/// An id and its secret, which is `c2VjcmV0c2VjcmV0` in base64.
pub const KEY: (&str, &str) = ("k\"1", "secretsecret");

/// What is fuzzed. An event is another connection, but for recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    AudioSocket,
    L16,
    Twilio,
    AudioHook,
    /// The proof of who opens an AudioHook connection.
    Signature,
    /// A SIP message.
    Sip,
    /// SIP messages over TCP.
    Frame,
    /// SIPREC's calls; an event hangs one up here.
    Recorder,
    Sdp,
    /// Who is in a recording.
    Metadata,
    /// Both streams of a recording; an event is a new offer that pauses it, or lets it go on.
    Rtp,
    /// The settings' file.
    Config,
}

impl Target {
    pub const ALL: [Target; 12] = [
        Target::AudioSocket,
        Target::L16,
        Target::Twilio,
        Target::AudioHook,
        Target::Signature,
        Target::Sip,
        Target::Frame,
        Target::Recorder,
        Target::Sdp,
        Target::Metadata,
        Target::Rtp,
        Target::Config,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Target::AudioSocket => "audiosocket",
            Target::L16 => "l16",
            Target::Twilio => "twilio",
            Target::AudioHook => "audiohook",
            Target::Signature => "signature",
            Target::Sip => "sip",
            Target::Frame => "frame",
            Target::Recorder => "recorder",
            Target::Sdp => "sdp",
            Target::Metadata => "metadata",
            Target::Rtp => "rtp",
            Target::Config => "config",
        }
    }

    pub fn named(name: &str) -> Target {
        Target::ALL.into_iter().find(|target| target.name() == name).unwrap()
    }

    /// Whether bytes may come in pieces of any length.
    pub fn is_stream(self) -> bool {
        matches!(self, Target::AudioSocket | Target::L16 | Target::Frame)
    }

    /// Valid inputs.
    pub fn seeds(self, folder: &Path) -> Vec<Input> {
        match self {
            Target::AudioSocket => streams::audiosocket(),
            Target::L16 => streams::l16(),
            Target::Twilio => streams::twilio(),
            Target::AudioHook => streams::audiohook(),
            Target::Signature => streams::signatures(),
            Target::Sip => recordings::messages(),
            Target::Frame => recordings::connections(),
            Target::Recorder => recordings::calls(),
            Target::Sdp => recordings::offers(),
            Target::Metadata => recordings::metadata(),
            Target::Rtp => recordings::packets(),
            Target::Config => settings(folder),
        }
    }

    /// Makes good what would hide all other damage: counts of messages, and lengths.
    pub fn repair(self, messages: &mut [Message]) {
        match self {
            Target::AudioHook => count_anew(messages),
            Target::Sip | Target::Frame | Target::Recorder => {
                for message in messages {
                    siprec::mend_length(&mut message.bytes);
                }
            }
            _ => {}
        }
    }

    /// Whether all of an input is accepted; that it is refused is no fault.
    pub fn accepts(self, input: &Input, seeds: &[Input], folder: &Path) -> bool {
        let setting = input.setting;
        match self {
            Target::AudioSocket => heard(input, Counting::None, || Box::new(audiosocket(setting))),
            Target::L16 => heard(input, Counting::None, || Box::new(l16(setting))),
            Target::Twilio => heard(input, Counting::Shared, || Box::new(twilio(setting))),
            Target::AudioHook => heard(input, Counting::Told, || Box::new(audiohook())),
            Target::Signature => is_proven(input, seeds),
            Target::Sip => siprec::message(input),
            Target::Frame => siprec::connection(input),
            Target::Recorder => siprec::recorder(input),
            Target::Sdp => siprec::sdp(input),
            Target::Metadata => siprec::metadata(input),
            Target::Rtp => siprec::rtp(input),
            Target::Config => is_config(input, folder),
        }
    }
}

/// What a protocol says of messages, and what the rule of time makes of it.
fn heard(input: &Input, counting: Counting, protocol: impl Fn() -> Box<dyn Protocol>) -> bool {
    let mut call = Call::new(counting);
    let mut connection = protocol();
    let mut said = Vec::new();
    let mut is_accepted = true;
    for message in &input.messages {
        call.wait(message.wait_ms);
        let heard = match message.kind {
            Kind::Text => connection.hear(Incoming::Text(&message.as_text()), &mut said),
            Kind::Binary => connection.hear(Incoming::Binary(&message.bytes), &mut said),
            Kind::Event => {
                let _ = connection.drain();
                connection = protocol();
                Ok(())
            }
        };
        for said in said.drain(..) {
            is_accepted &= call.follow(said);
        }
        if heard.is_err() {
            // The connection is closed; another one may come.
            is_accepted = false;
            connection = protocol();
        }
    }
    call.end();
    is_accepted
}

const RATES_HZ: [u32; 4] = [8_000, 16_000, 192_000, 0];

/// Which setting has that rate.
pub fn audiosocket_setting(rate_hz: u32) -> usize {
    3 * RATES_HZ.iter().position(|rate| *rate == rate_hz).unwrap()
}

fn audiosocket(setting: usize) -> AudioSocket {
    let side = [Side::Caller, Side::Operator, Side::Unknown][setting % 3];
    AudioSocket::new(AudioSocketSettings { side, rate_hz_of_slin: RATES_HZ[setting / 3 % 4] })
}

/// Four dialects with five uses of channels each, without Asterisk's and Vonage's stereo.
pub const L16_SETTINGS: usize = 16;

/// A setting's dialect, and whether it has two channels.
pub fn l16_setting(setting: usize) -> (L16Dialect, bool) {
    match setting % L16_SETTINGS {
        setting @ 0..5 => (L16Dialect::FreeSwitch, setting > 2),
        setting @ 5..10 => (L16Dialect::Jambonz, setting > 7),
        10..13 => (L16Dialect::Asterisk, false),
        _ => (L16Dialect::Vonage, false),
    }
}

fn l16(setting: usize) -> L16 {
    let (dialect, _) = l16_setting(setting);
    let stereo = |caller| ChannelUse::Stereo { caller };
    let channels = [
        ChannelUse::Mono(Side::Caller),
        ChannelUse::Mono(Side::Operator),
        ChannelUse::Mono(Side::Unknown),
        stereo(StereoSide::Left),
        stereo(StereoSide::Right),
    ];
    let channels = match setting % L16_SETTINGS {
        setting @ 0..10 => channels[setting % 5],
        setting => channels[(setting - 10) % 3],
    };
    let rate_hz = [None, Some(16_000), Some(7_999)][setting / L16_SETTINGS % 3];
    L16::new(L16Settings { dialect, rate_hz, channels, call: "url".to_owned() })
}

fn twilio(setting: usize) -> Twilio {
    let dialects = [Dialect::Twilio, Dialect::SignalWire, Dialect::Telnyx, Dialect::Plivo];
    let tracks = [None, Some(CallerTrack::Inbound), Some(CallerTrack::Outbound)];
    let (dialect, caller_track) = (dialects[setting % 4], tracks[setting / 4 % 3]);
    Twilio::new(TwilioSettings { dialect, caller_track })
}

/// The session of [`SESSION`].
pub fn audiohook() -> AudioHook {
    let [organization_id, session_id] = SESSION.map(str::to_owned);
    AudioHook::new(SessionHeaders { organization_id, session_id })
}

/// Each connection's texts of AudioHook get the numbers that they have to have.
fn count_anew(messages: &mut [Message]) {
    let mut number = 0;
    for message in messages {
        match message.kind {
            Kind::Binary => {}
            Kind::Event => number = 0,
            Kind::Text => {
                number += 1;
                let text = message.as_text();
                let Some((before, after)) = text.split_once("\"seq\":") else { continue };
                let rest = after.trim_start_matches(|sign: char| sign.is_ascii_digit());
                message.bytes = format!("{before}\"seq\":{number}{rest}").into_bytes();
            }
        }
    }
}

/// Nobody proves anything with other words than those that were signed, and nobody twice.
fn is_proven(input: &Input, seeds: &[Input]) -> bool {
    let texts: Vec<_> = input.messages.iter().map(Message::as_text).collect();
    let text = |index: usize| texts.get(index).map_or("", |text| text.as_ref());
    let signed = Signed {
        request_target: text(0),
        authority: text(1),
        organization_id: text(2),
        session_id: text(3),
        correlation_id: text(4),
        api_key: text(5),
        signature_input: text(6),
        signature: text(7),
    };
    let times = [0, 10, 11, u64::MAX / 2];
    let now = streams::SIGNED_AT + times[input.setting % times.len()];
    let keys = [(KEY.0, "c2VjcmV0c2VjcmV0"), ("other", "AA==")];
    let mut verifier = Verifier::new(Credentials::new(&keys).unwrap());
    let checked = verifier.check(&signed, now);
    if checked.is_ok() {
        let is_seed =
            |seed: &Input| (0..8).all(|index| seed.messages[index].as_text() == text(index));
        assert!(seeds.iter().any(is_seed), "somebody else's signature is taken");
        let again = verifier.check(&signed, now + 1);
        assert!(
            matches!(again, Err(SignatureError::Replayed | SignatureError::TooOld)),
            "{again:?}"
        );
    }
    checked.is_ok()
}

/// The commented settings, with and without what is a comment there; and the secrets that they name.
fn settings(folder: &Path) -> Vec<Input> {
    for name in
        ["freeswitch-token", "twilio-token", "audiohook-secret", "control-token", "wall-token"]
    {
        let file = folder.join(name);
        fs::write(&file, "0123456789abcdef").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let lines = EXAMPLE.split_inclusive('\n').filter(|line| !line.starts_with("# "));
    let without_comments: String = lines.map(|line| line.trim_start_matches('#')).collect();
    let wanted = "[session]\ndir = \"a\"\n";
    let plain =
        format!("{wanted}[[audiosocket]]\nlisten = \"[::1]:9092\"\nallow = [\"2001:db8::/32\"]\n");
    let nested = "session = { dir = \"a\\u00e4\" }\nstream = [{ path = '/a', protocol = \"plivo\" }]\n\
        pipeline.hop_ms = 1_000\nalerts.rising.enabled = false\nlimits = { calls = 0x10, drain_s = 0 }\n";
    let siprec = format!(
        "{wanted}[siprec]\nlisten = \"0.0.0.0:5060\"\nmedia = \"192.0.2.1\"\n\
        ports = [1024, 65535]\nown_numbers = [\"116123\", \"\"\"\nhelp\"\"\"]\nallow = [\"192.0.2.7\"]\n"
    );
    [EXAMPLE, &without_comments, &plain, nested, &siprec]
        .map(|text| Input { setting: 0, messages: vec![Message::text(text)] })
        .into()
}

fn is_config(input: &Input, folder: &Path) -> bool {
    let file = folder.join("gateway.toml");
    let bytes: Vec<u8> = input.messages.iter().flat_map(|it| it.bytes.iter().copied()).collect();
    fs::write(&file, bytes).unwrap();
    match Config::read(&file) {
        Ok(config) => {
            assert!(config.in_words().len() > 2, "{:?}", config.in_words());
            if let Some(siprec) = &config.siprec {
                assert!(siprec.even_ports().len() > 1, "{siprec:?}");
            }
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty(), "a refusal says why");
            false
        }
    }
}
