//! Calls from their first message to their sound, and what is refused.

use super::*;
use proptest::prelude::*;

const DIALECTS: [L16Dialect; 4] =
    [L16Dialect::FreeSwitch, L16Dialect::Jambonz, L16Dialect::Asterisk, L16Dialect::Vonage];
const MONO: ChannelUse = ChannelUse::Mono(Side::Caller);
const STEREO: ChannelUse = ChannelUse::Stereo { caller: StereoSide::Right };
const CONNECTED: &str = r#"{"event":"websocket:connected","content-type":"audio/l16;rate=8000",
    "uuid":"u-1"}"#;

fn parser(dialect: L16Dialect, channels: ChannelUse) -> L16 {
    L16::new(L16Settings { dialect, rate_hz: None, channels, call: "url-1".to_owned() })
}

fn heard(mut parser: L16, messages: &[Incoming<'_>]) -> Result<Vec<Said>, Refusal> {
    let mut said = Vec::new();
    for message in messages {
        parser.hear(*message, &mut said)?;
    }
    Ok(said)
}

fn begin(key: &str, rate_hz: u32, sides: Sides) -> Said {
    Said::Begin(Begin { key: key.to_owned(), rate_hz, sides, parameters: Vec::new() })
}

fn sound(side: Side, samples: &[f32]) -> Said {
    Said::Sound(Sound { side, at: None, follows: false, samples: samples.to_vec() })
}

#[test]
fn freeswitch_may_begin_with_sound_and_then_the_url_names_the_call() {
    let messages = [
        Incoming::Text("not an object"),
        Incoming::Binary(&[]),
        Incoming::Binary(&[0x00, 0x40]),
        Incoming::Text(r#"{"call":"late"}"#),
        Incoming::Binary(&[0x00, 0x80]),
    ];
    let said = heard(parser(L16Dialect::FreeSwitch, MONO), &messages);
    let begin = begin("freeswitch:url-1", 8_000, Sides::Caller);
    let expected = vec![begin, sound(Side::Caller, &[0.5]), sound(Side::Caller, &[-1.0])];
    assert_eq!(said, Ok(expected));
}

#[test]
fn stereo_comes_as_two_pieces_of_equal_length_the_operators_first() {
    let bytes = [0, 0x40, 0, 0x80, 0, 0x20, 0, 0xc0];
    let said = heard(parser(L16Dialect::FreeSwitch, STEREO), &[Incoming::Binary(&bytes)]);
    let (operator, caller) =
        (sound(Side::Operator, &[0.5, 0.25]), sound(Side::Caller, &[-1.0, -0.5]));
    let begin = begin("freeswitch:url-1", 8_000, Sides::Together);
    assert_eq!(said, Ok(vec![begin, operator, caller]));
}

#[test]
fn a_message_may_end_inside_a_sample_or_a_pair() {
    let bytes = [0, 0x40, 0, 0x80];
    let pieces = bytes.each_ref().map(std::slice::from_ref).map(Incoming::Binary);
    let said = heard(parser(L16Dialect::FreeSwitch, STEREO), &pieces).unwrap();
    assert_eq!(said[1..], [sound(Side::Operator, &[0.5]), sound(Side::Caller, &[-1.0])]);
    let said = heard(parser(L16Dialect::FreeSwitch, MONO), &pieces).unwrap();
    assert_eq!(said[1..], [sound(Side::Caller, &[0.5]), sound(Side::Caller, &[-1.0])]);
}

#[test]
fn of_two_channels_that_nobody_knows_one_is_passed_on() {
    let unknown = ChannelUse::Mono(Side::Unknown);
    let text = r#"{"callSid":"c","sampleRate":8000,"mixType":"stereo"}"#;
    let messages = [Incoming::Text(text), Incoming::Binary(&[0, 0x40, 0, 0x80])];
    let said = heard(parser(L16Dialect::Jambonz, unknown), &messages);
    let begin = begin("jambonz:c", 8_000, Sides::Unknown);
    assert_eq!(said, Ok(vec![begin, sound(Side::Unknown, &[0.5])]));
}

#[test]
fn the_operators_own_connection_is_one_of_two_apart() {
    let operator = ChannelUse::Mono(Side::Operator);
    let said = heard(parser(L16Dialect::Vonage, operator), &[Incoming::Text(CONNECTED)]).unwrap();
    assert!(matches!(&said[..], [Said::Begin(begin)] if begin.sides == Sides::Apart));
}

#[test]
fn g711_of_asterisk_is_decoded_by_the_byte() {
    let text = "MEDIA_START channel_id:c-1 format:ulaw";
    let messages = [Incoming::Text(text), Incoming::Binary(&[0xff, 0x00, 0x80])];
    let said = heard(parser(L16Dialect::Asterisk, MONO), &messages);
    let samples = [0.0, -32_124.0 / 32_768.0, 32_124.0 / 32_768.0];
    let begin = begin("asterisk:c-1", 8_000, Sides::Caller);
    assert_eq!(said, Ok(vec![begin, sound(Side::Caller, &samples)]));

    let messages =
        [Incoming::Text("MEDIA_START format:alaw"), Incoming::Binary(&[0xd5, 0x55, 0x2a])];
    let said = heard(parser(L16Dialect::Asterisk, MONO), &messages).unwrap();
    let samples = [8.0, -8.0, -32_256.0].map(|sample: f32| sample / 32_768.0);
    assert_eq!(said[1], sound(Side::Caller, &samples));
    assert!(matches!(&said[0], Said::Begin(begin) if begin.key == "asterisk:url-1"));
}

#[test]
fn sound_before_a_first_message_is_refused_where_there_must_be_one() {
    for dialect in DIALECTS {
        let said = heard(parser(dialect, MONO), &[Incoming::Binary(&[0, 0])]);
        let is_refused = matches!(said, Err(Refusal::Malformed(_)));
        assert_eq!(is_refused, dialect != L16Dialect::FreeSwitch, "{dialect:?}");
    }
}

#[test]
fn a_second_first_message_is_passed_over_unless_it_is_of_another_call() {
    let again = [Incoming::Text(CONNECTED), Incoming::Text(CONNECTED)];
    assert_eq!(heard(parser(L16Dialect::Vonage, MONO), &again).unwrap().len(), 1);
    let other = CONNECTED.replace("u-1", "u-2");
    let said = heard(
        parser(L16Dialect::Vonage, MONO),
        &[Incoming::Text(CONNECTED), Incoming::Text(&other)],
    );
    assert!(matches!(said, Err(Refusal::Malformed(_))));
    let nonsense = [Incoming::Text(CONNECTED), Incoming::Text("{"), Incoming::Text("[]")];
    assert_eq!(heard(parser(L16Dialect::Vonage, MONO), &nonsense).unwrap().len(), 1);
}

#[test]
fn messages_of_more_than_64_kib_are_refused() {
    let (bytes, text) = (vec![0; 65_537], " ".repeat(65_537));
    for message in [Incoming::Binary(&bytes), Incoming::Text(&text)] {
        let said = heard(parser(L16Dialect::FreeSwitch, MONO), &[message]);
        assert!(matches!(said, Err(Refusal::TooLarge(_))));
    }
    let longest = [Incoming::Text(&text[1..]), Incoming::Binary(&bytes[1..])];
    let said = heard(parser(L16Dialect::FreeSwitch, MONO), &longest).unwrap();
    assert!(matches!(&said[1], Said::Sound(sound) if sound.samples.len() == 32_768));
}

#[test]
fn settings_name_dialects_and_sides_in_lower_case() {
    let names = ["freeswitch", "jambonz", "asterisk", "vonage"];
    for (name, dialect) in names.into_iter().zip(DIALECTS) {
        let read: L16Dialect = serde_json::from_value(name.into()).unwrap();
        assert_eq!(read, dialect);
    }
    assert!(serde_json::from_str::<L16Dialect>("\"Vonage\"").is_err());
    assert_eq!(serde_json::from_str::<StereoSide>("\"left\"").unwrap(), StereoSide::Left);
    assert_eq!(
        DIALECTS.map(subprotocol)[..2],
        [Some("audio.drachtio.org"), Some("audio.jambonz.org")]
    );
}

/// Text that is nearly a first message: fields of all dialects with values of all types.
fn nearly_first() -> impl Strategy<Value = String> {
    let name = prop::sample::select(&[
        "event",
        "format",
        "callSid",
        "sampleRate",
        "mixType",
        "metadata",
        "content-type",
        "channel_id",
        "channel_variables",
        "call",
        "from",
        "é\u{0}",
    ]);
    let value = prop::sample::select(&[
        "\"MEDIA_START\"",
        "\"websocket:connected\"",
        "\"slin16\"",
        "\"stereo\"",
        "16000",
        "-1",
        "1e400",
        "null",
        "true",
        "{\"to\":\"+49\"}",
        "[[]]",
        "\"audio/l16;rate=\"",
        "\"é\"",
        "\"audio/l16;rate=8000;=;;\"",
        "99999999999999999999",
        "",
    ]);
    let field = (name, value).prop_map(|(name, value)| format!("\"{name}\":{value}"));
    prop::collection::vec(field, 0..6).prop_map(|fields| format!("{{{}}}", fields.join(",")))
}

proptest! {
    #[test]
    fn whatever_comes_never_panics(
        dialect in prop::sample::select(DIALECTS.as_slice()),
        channels in prop::sample::select([MONO, STEREO].as_slice()),
        messages in prop::collection::vec(
            prop_oneof![
                nearly_first().prop_map(Ok),
                any::<String>().prop_map(Ok),
                "MEDIA_START( [a-z_:é0-9]{0,12}){0,4}".prop_map(Ok),
                prop::collection::vec(any::<u8>(), 0..9).prop_map(Err),
            ],
            0..8,
        ),
    ) {
        let (mut parser, mut said) = (parser(dialect, channels), Vec::new());
        for message in &messages {
            let message = match message {
                Ok(text) => Incoming::Text(text),
                Err(bytes) => Incoming::Binary(bytes),
            };
            if parser.hear(message, &mut said).is_err() {
                break;
            }
            prop_assert!(parser.rest.len() < 4);
        }
        for said in said {
            if let Said::Begin(begin) = said {
                let has_number = format!("{begin:?}").contains("+49");
                prop_assert!(!has_number);
            }
        }
    }
}
