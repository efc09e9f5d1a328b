//! What each dialect's first message comes to, in the messages of the dialects themselves.

use super::*;

fn settings(dialect: L16Dialect, channels: ChannelUse) -> L16Settings {
    L16Settings { dialect, rate_hz: None, channels, call: "url-1".to_owned() }
}

fn read_mono(dialect: L16Dialect, text: &str) -> Result<Option<First>, Refusal> {
    read(text, &settings(dialect, ChannelUse::Mono(Side::Caller)))
}

fn first(dialect: L16Dialect, text: &str) -> First {
    read_mono(dialect, text).unwrap().expect("it is a first message")
}

fn is_none(dialect: L16Dialect, text: &str) -> bool {
    matches!(read_mono(dialect, text), Ok(None))
}

fn malformed(dialect: L16Dialect, text: &str) -> bool {
    matches!(read_mono(dialect, text), Err(Refusal::Malformed(_)))
}

fn unsupported(dialect: L16Dialect, text: &str) -> bool {
    matches!(read_mono(dialect, text), Err(Refusal::Unsupported(_)))
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

const JAMBONZ: &str = r#"{"sampleRate":16000,"mixType":"stereo",
    "callSid":"9ffa4ad2-3c3d-4f1d-8b6b-2a5cb55e8a3a","direction":"inbound","from":"+4930111",
    "to":"+4930222","callerName":"Erika","callId":"4f1d@10.0.0.1","sipStatus":200,
    "callStatus":"in-progress","callerId":"4930111","accountSid":"a","applicationSid":"b",
    "label":"desk 4","metadata":{"notice":true,"from":"+4930111"}}"#;

const MEDIA_START: &str = r#"{"event":"MEDIA_START","connection_id":"media_connection1",
    "channel":"WebSocket/media_connection1/0x78b36c003130","channel_id":"asterisk-1762.14",
    "format":"slin16","optimal_frame_size":640,"ptime":20,
    "channel_variables":{"LABEL":"desk 4","CALLERID(num)":"4930111"}}"#;

const MEDIA_START_PLAIN: &str = "MEDIA_START connection_id:undertone \
    channel:WebSocket/undertone/0x78b36c003130 channel_id:ext-98fc90e9 format:ulaw \
    optimal_frame_size:160 ptime:20";

const CONNECTED: &str = r#"{"event":"websocket:connected","content-type":"audio/l16;rate=16000",
    "uuid":"aaaa-1","prop1":"value1","caller-id":"4930111","to":"4930222"}"#;

#[test]
fn the_metadata_of_freeswitch_are_parameters_and_may_name_the_call() {
    let first = first(L16Dialect::FreeSwitch, r#"{"Call-ID":"c-7","label":"desk 4","ani":"1"}"#);
    assert_eq!(first.call.as_deref(), Some("c-7"));
    assert_eq!((first.rate_hz, first.layout), (8_000, Layout::One(Side::Caller)));
    assert_eq!(first.parameters, pairs(&[("Call-ID", "c-7"), ("label", "desk 4")]));
    for text in ["hello", "", "4711", "[1]", "{\"a\":", &"[".repeat(30_000)] {
        assert!(is_none(L16Dialect::FreeSwitch, text));
    }
}

#[test]
fn a_number_or_too_long_a_text_does_not_name_a_call() {
    let of = |call: &str| {
        let text = serde_json::json!({ "call": call, "uuid": "u-1" }).to_string();
        first(L16Dialect::FreeSwitch, &text).call
    };
    assert_eq!(of("c-7").as_deref(), Some("c-7"));
    for call in ["", "+4930111", "sip:a@b", "a\nb", &"x".repeat(201)] {
        assert_eq!(of(call).as_deref(), Some("u-1"), "{call}");
    }
    assert_eq!(first(L16Dialect::FreeSwitch, r#"{"call":7}"#).call, None);
}

#[test]
fn jambonz_says_rate_and_channels_and_keeps_no_number() {
    let first = first(L16Dialect::Jambonz, JAMBONZ);
    assert_eq!(first.call.as_deref(), Some("9ffa4ad2-3c3d-4f1d-8b6b-2a5cb55e8a3a"));
    assert_eq!(first.rate_hz, 16_000);
    assert_eq!(first.layout, Layout::Two(Some(StereoSide::Left)));
    assert_eq!(first.parameters, pairs(&[("label", "desk 4"), ("notice", "true")]));
}

#[test]
fn the_mix_of_jambonz_decides_who_is_heard() {
    let layout = |mix: &str, channels| {
        let text = format!(r#"{{"callSid":"c","sampleRate":8000{mix}}}"#);
        read(&text, &settings(L16Dialect::Jambonz, channels)).map(|first| first.unwrap().layout)
    };
    let (mono, stereo) = (r#","mixType":"mono""#, r#","mixType":"stereo""#);
    let right = ChannelUse::Stereo { caller: StereoSide::Right };
    let operator = ChannelUse::Mono(Side::Operator);
    let unknown = ChannelUse::Mono(Side::Unknown);
    assert_eq!(layout(mono, operator), Ok(Layout::One(Side::Operator)));
    assert_eq!(layout(mono, right), Ok(Layout::One(Side::Operator)));
    assert_eq!(layout(stereo, operator), Ok(Layout::Two(Some(StereoSide::Right))));
    assert_eq!(layout(stereo, right), Ok(Layout::Two(Some(StereoSide::Right))));
    assert_eq!(layout(stereo, unknown), Ok(Layout::Two(None)));
    assert_eq!(layout(r#","mixType":"mixed""#, operator), Ok(Layout::One(Side::Unknown)));
    assert_eq!(layout("", right), Ok(Layout::Two(Some(StereoSide::Right))));
    let other = layout(r#","mixType":"quad""#, operator);
    assert!(matches!(other, Err(Refusal::Unsupported(_))));
}

#[test]
fn what_jambonz_does_not_send_is_refused_and_a_pressed_key_passed_over() {
    assert!(is_none(L16Dialect::Jambonz, r#"{"event":"dtmf","dtmf":"2","duration":"1600"}"#));
    assert!(malformed(L16Dialect::Jambonz, "hello"));
    assert!(malformed(L16Dialect::Jambonz, "[]"));
    assert!(malformed(L16Dialect::Jambonz, r#"{"callSid":"c","mixType":"mono"}"#), "no rate");
    assert!(malformed(L16Dialect::Jambonz, r#"{"callSid":"c","sampleRate":"8000"}"#));
    assert!(malformed(L16Dialect::Jambonz, r#"{"callSid":7,"sampleRate":8000}"#));
    assert!(malformed(L16Dialect::Jambonz, r#"{"callSid":"a\u0000","sampleRate":8000}"#));
    assert!(malformed(L16Dialect::Jambonz, &format!(r#"{{"x":{}"#, "[".repeat(30_000))));
    assert!(unsupported(L16Dialect::Jambonz, r#"{"callSid":"c","sampleRate":4000}"#));
    let unnamed = first(L16Dialect::Jambonz, r#"{"callSid":"","sampleRate":8000}"#);
    assert_eq!(unnamed.call, None);
}

#[test]
fn media_start_is_read_as_json_and_as_plain_text() {
    let json = first(L16Dialect::Asterisk, MEDIA_START);
    assert_eq!(json.call.as_deref(), Some("asterisk-1762.14"));
    assert_eq!((json.rate_hz, json.coding), (16_000, Coding::L16));
    assert_eq!(json.parameters, pairs(&[("LABEL", "desk 4")]));
    let plain = first(L16Dialect::Asterisk, MEDIA_START_PLAIN);
    assert_eq!(plain.call.as_deref(), Some("ext-98fc90e9"));
    assert_eq!((plain.rate_hz, plain.coding), (8_000, Coding::MuLaw));
    assert_eq!(plain.layout, Layout::One(Side::Caller));
    let older = first(L16Dialect::Asterisk, "MEDIA_START connection_id:c-1 format:alaw");
    assert_eq!((older.call.as_deref(), older.coding), (Some("c-1"), Coding::ALaw));
}

#[test]
fn each_format_of_asterisk_has_its_rate_and_name() {
    for (name, rate_hz) in SLIN_HZ {
        let first = first(L16Dialect::Asterisk, &format!("MEDIA_START format:{name}"));
        assert_eq!((first.rate_hz, first.coding), (rate_hz, Coding::L16), "{name}");
        assert_eq!(slin_of_rate(rate_hz), if name == "slin8" { "slin" } else { name });
    }
    assert!(unsupported(L16Dialect::Asterisk, "MEDIA_START channel_id:c format:g722"));
    assert!(unsupported(L16Dialect::Asterisk, "MEDIA_START channel_id:c format:"));
    assert!(malformed(L16Dialect::Asterisk, "MEDIA_START channel_id:c"));
    assert!(malformed(L16Dialect::Asterisk, r#"{"event":"MEDIA_START","format":8}"#));
    assert!(malformed(L16Dialect::Asterisk, r#"{"event":"MEDIA_START""#));
}

#[test]
fn other_events_of_asterisk_and_vonage_are_passed_over() {
    for text in [
        "DTMF_END digit:5 channel_id:c",
        "STATUS channel_id:c queue_length:0",
        "MEDIA_XOFF",
        r#"{"event":"MEDIA_XON","channel_id":"c"}"#,
        r#"{"digit":"5"}"#,
        "",
    ] {
        assert!(is_none(L16Dialect::Asterisk, text), "{text}");
    }
    for event in ["websocket:dtmf", "websocket:cleared", "websocket:notify"] {
        let text = format!(r#"{{"event":"{event}","digit":"5","duration":260}}"#);
        assert!(is_none(L16Dialect::Vonage, &text), "{text}");
    }
    assert!(is_none(L16Dialect::Vonage, r#"{"event":["websocket:connected"]}"#));
}

#[test]
fn vonage_says_the_rate_and_what_the_user_added() {
    let connected = first(L16Dialect::Vonage, CONNECTED);
    assert_eq!((connected.call.as_deref(), connected.rate_hz), (Some("aaaa-1"), 16_000));
    assert_eq!(connected.parameters, pairs(&[("prop1", "value1"), ("uuid", "aaaa-1")]));

    let of = |content_type: &str| {
        let text = serde_json::json!({
            "event": "websocket:connected", "content-type": content_type
        });
        read_mono(L16Dialect::Vonage, &text.to_string()).map(|first| first.unwrap().rate_hz)
    };
    assert_eq!(of("Audio/L16; Rate=24000; channels=1"), Ok(24_000));
    assert!(matches!(of("audio/l16"), Err(Refusal::Malformed(_))));
    assert!(matches!(of("audio/l16;rate=fast"), Err(Refusal::Malformed(_))));
    assert!(matches!(of("audio/l16;rate=1"), Err(Refusal::Unsupported(_))));
    assert!(matches!(of("audio/l16;rate=8000;channels=2"), Err(Refusal::Unsupported(_))));
    assert!(matches!(of("audio/opus;rate=48000"), Err(Refusal::Unsupported(_))));
    assert!(malformed(L16Dialect::Vonage, r#"{"event":"websocket:connected"}"#));
    assert!(malformed(L16Dialect::Vonage, "websocket:connected"));
}

#[test]
fn settings_give_the_rate_that_is_not_said_and_never_stereo_to_a_mono_sender() {
    let mut settings = settings(L16Dialect::Vonage, ChannelUse::Mono(Side::Caller));
    settings.rate_hz = Some(24_000);
    let text = r#"{"event":"websocket:connected","content-type":"audio/l16"}"#;
    assert_eq!(read(text, &settings).unwrap().unwrap().rate_hz, 24_000);
    assert_eq!(read(CONNECTED, &settings).unwrap().unwrap().rate_hz, 16_000);
    settings.channels = ChannelUse::Stereo { caller: StereoSide::Left };
    assert!(matches!(read(CONNECTED, &settings), Err(Refusal::Unsupported(_))));
    settings.dialect = L16Dialect::Asterisk;
    assert!(matches!(read(MEDIA_START, &settings), Err(Refusal::Unsupported(_))));
    settings.dialect = L16Dialect::FreeSwitch;
    settings.rate_hz = Some(1);
    assert!(matches!(read("{}", &settings), Err(Refusal::Unsupported(_))));
}
