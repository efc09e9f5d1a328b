//! Sessions as Genesys opens, fills and closes them.

mod refused;

use super::*;
use crate::protocol::audiohook::message::NIL;

const ORGANIZATION: &str = "d7934305-0972-4844-938e-9060eef73d05";
const SESSION: &str = "e160e428-53e2-487c-977d-96989bf5c99d";
const CONVERSATION: &str = "090eaa2f-72fa-480a-83e0-8667ff89c0ec";

fn session() -> AudioHook {
    AudioHook::new(SessionHeaders {
        organization_id: ORGANIZATION.to_owned(),
        session_id: SESSION.to_owned(),
    })
}

fn message(seq: u64, kind: &str, parameters: &Value) -> String {
    json!({
        "version": "2", "type": kind, "id": SESSION, "seq": seq, "serverseq": 0, "position": "PT0S",
        "parameters": parameters,
    })
    .to_string()
}

fn offer(channels: &[&str]) -> Value {
    json!({ "type": "audio", "format": "PCMU", "channels": channels, "rate": 8000 })
}

fn open_parameters(media: &[Value]) -> Value {
    json!({
        "organizationId": ORGANIZATION,
        "conversationId": CONVERSATION,
        "participant": {
            "id": "883efee8-3d6c-4537-b500-6d7ca4b92fa0",
            "ani": "+1-555-555-1234", "aniName": "John Doe", "dnis": "+1-800-555-6789",
        },
        "media": media,
        "language": "en-US",
        "supportedLanguages": true,
        "continuedSessions": [],
        "customConfig": {
            "desk": "line 3", "notice": true, "level": 2, "deep": { "a": 1 }, "list": [1],
            "ANI": "+1-555-555-1234", "dnis": "+1-800-555-6789",
        },
    })
}

fn usual_offers() -> [Value; 3] {
    [offer(&["external", "internal"]), offer(&["external"]), offer(&["internal"])]
}

fn hear_text(hook: &mut AudioHook, text: &str) -> (Vec<Said>, Result<(), Refusal>) {
    let mut said = Vec::new();
    let heard = hook.hear(Incoming::Text(text), &mut said);
    (said, heard)
}

fn hear_bytes(hook: &mut AudioHook, bytes: &[u8]) -> (Vec<Said>, Result<(), Refusal>) {
    let mut said = Vec::new();
    let heard = hook.hear(Incoming::Binary(bytes), &mut said);
    (said, heard)
}

fn opened_with(media: &[Value]) -> (AudioHook, Vec<Said>) {
    let mut hook = session();
    let (said, heard) = hear_text(&mut hook, &message(1, "open", &open_parameters(media)));
    heard.unwrap();
    (hook, said)
}

fn said_well(hook: &mut AudioHook, seq: u64, kind: &str, parameters: &Value) -> Vec<Said> {
    let (said, heard) = hear_text(hook, &message(seq, kind, parameters));
    heard.unwrap();
    said
}

fn value_of(said: &Said) -> Value {
    let Said::Reply(Reply::Text(text)) = said else { panic!("no answer: {said:?}") };
    serde_json::from_str(text).unwrap()
}

fn answer(seq: u64, client_seq: u64, kind: &str, parameters: &Value) -> Value {
    json!({
        "version": "2", "type": kind, "id": SESSION, "seq": seq, "clientseq": client_seq,
        "parameters": parameters,
    })
}

fn sounds(said: &[Said]) -> Vec<&Sound> {
    said.iter()
        .map(|one| match one {
            Said::Sound(sound) => sound,
            other => panic!("no sound: {other:?}"),
        })
        .collect()
}

#[test]
fn open_is_answered_before_the_call_begins() {
    let (_, said) = opened_with(&usual_offers());
    let media = json!({ "media": [offer(&["external", "internal"])], "startPaused": false });
    assert_eq!(value_of(&said[0]), answer(1, 1, "opened", &media));
    let parameters =
        [("desk", "line 3"), ("language", "en-US"), ("level", "2"), ("notice", "true")];
    let mut begin = match &said[1..] {
        [Said::Begin(begin)] => begin.clone(),
        other => panic!("{other:?}"),
    };
    begin.parameters.sort();
    assert_eq!(begin.key, format!("audiohook:{CONVERSATION}"));
    assert_eq!((begin.rate_hz, begin.sides), (8_000, Sides::Together));
    assert_eq!(
        begin.parameters,
        parameters.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
}

#[test]
fn no_number_or_name_of_the_participant_is_kept() {
    let (hook, said) = opened_with(&usual_offers());
    let all = format!("{hook:?}{said:?}");
    assert!(!all.contains("555") && !all.contains("John"), "{all}");
}

#[test]
fn both_sides_are_told_apart_and_placed() {
    let (mut hook, _) = opened_with(&usual_offers());
    let (said, heard) = hear_bytes(&mut hook, &[0x00, 0xff, 0x80, 0x00]);
    assert_eq!(heard, Ok(()));
    let lowest = -32_124.0 / 32_768.0;
    let sound = |side, at, samples: &[f32]| {
        Said::Sound(Sound { side, at: Some(at), follows: false, samples: samples.to_vec() })
    };
    assert_eq!(
        said,
        [sound(Side::Operator, 0, &[0.0, lowest]), sound(Side::Caller, 0, &[lowest, -lowest])]
    );
    let (said, _) = hear_bytes(&mut hook, &[0xff; 3_200]);
    assert!(sounds(&said).iter().all(|sound| sound.at == Some(2) && sound.samples.len() == 1_600));
    assert!(hear_bytes(&mut hook, &[]).0.is_empty());
}

#[test]
fn one_side_alone_is_taken_where_both_are_not_offered() {
    let (mut hook, said) = opened_with(&[offer(&["internal"]), offer(&["external"])]);
    assert_eq!(value_of(&said[0])["parameters"]["media"], json!([offer(&["external"])]));
    assert!(matches!(&said[1], Said::Begin(begin) if begin.sides == Sides::Caller));
    let (said, _) = hear_bytes(&mut hook, &[0xff; 3]);
    assert_eq!(sounds(&said)[0].side, Side::Caller);

    let (mut hook, said) = opened_with(&[offer(&["internal"])]);
    assert!(matches!(&said[1], Said::Begin(begin) if begin.sides == Sides::Apart));
    let (said, _) = hear_bytes(&mut hook, &[0xff; 1_600]);
    let sounds = sounds(&said);
    assert_eq!((sounds.len(), sounds[0].side), (1, Side::Operator));
    assert_eq!((sounds[0].at, sounds[0].samples.len()), (Some(0), 1_600));
}

#[test]
fn a_probe_is_answered_and_is_no_call() {
    let mut parameters = open_parameters(&usual_offers());
    parameters["conversationId"] = json!(NIL);
    parameters["participant"]["id"] = json!(NIL);
    let mut hook = session();
    let said = said_well(&mut hook, 1, "open", &parameters);
    assert_eq!(value_of(&said[0])["type"], "opened");
    assert_eq!(said[1..], [Said::Probe]);
    assert!(hear_bytes(&mut hook, &[0xff; 3_200]).0.is_empty());
    assert!(said_well(&mut hook, 2, "paused", &json!({})).is_empty());
    let gap = json!({ "start": "PT0S", "discarded": "PT1S" });
    assert!(said_well(&mut hook, 3, "discarded", &gap).is_empty());
    assert!(said_well(&mut hook, 4, "resumed", &gap).is_empty());
    assert_eq!(
        said_well(&mut hook, 5, "close", &json!({ "reason": "end" })).last(),
        Some(&Said::End)
    );
}

#[test]
fn each_answer_has_the_next_number() {
    let (mut hook, _) = opened_with(&usual_offers());
    let rtt = json!({ "rtt": "PT0.02S" });
    let said = said_well(&mut hook, 2, "ping", &rtt);
    assert_eq!(value_of(&said[0]), answer(2, 2, "pong", &json!({})));
    let said = said_well(&mut hook, 3, "update", &json!({ "language": "fr-CA" }));
    assert_eq!(value_of(&said[0]), answer(3, 3, "updated", &json!({})));
    let error = json!({ "code": 429, "message": "slow down", "retryAfter": "PT3S" });
    assert!(said_well(&mut hook, 4, "error", &error).is_empty());
    assert!(said_well(&mut hook, 5, "what is new", &json!({})).is_empty());
    let asked = Said::Reply(hook.reconnect());
    assert_eq!(value_of(&asked), answer(4, 5, "reconnect", &json!({})));
    let told = Said::Reply(hook.disconnect(DisconnectReason::Completed, "drained"));
    let parameters = json!({ "reason": "completed", "info": "drained" });
    assert_eq!(value_of(&told), answer(5, 5, "disconnect", &parameters));
    let said = said_well(&mut hook, 6, "close", &json!({ "reason": "disconnect" }));
    assert_eq!(value_of(&said[0]), answer(6, 6, "closed", &json!({})));
    assert_eq!(said[1..], [Said::End]);
    assert_eq!(hear_bytes(&mut hook, &[0xff; 3]), (vec![], Ok(())));
}

#[test]
fn pauses_and_losses_are_told_and_counted() {
    let (mut hook, _) = opened_with(&usual_offers());
    hear_bytes(&mut hook, &[0xff; 3_200]).1.unwrap();
    let gap = json!({ "start": "PT0.2S", "discarded": "PT1.2S" });
    assert_eq!(said_well(&mut hook, 2, "discarded", &gap), [Said::Lost(9_600)]);
    assert_eq!(sounds(&hear_bytes(&mut hook, &[0xff; 2]).0)[0].at, Some(11_200));
    assert_eq!(said_well(&mut hook, 3, "paused", &json!({})), [Said::Paused]);
    assert!(said_well(&mut hook, 4, "paused", &json!({})).is_empty());
    assert_eq!(hear_bytes(&mut hook, &[0x00; 2]), (vec![], Ok(())));
    let resumed = json!({ "start": "PT1.400125S", "discarded": "PT1S" });
    assert_eq!(said_well(&mut hook, 5, "resumed", &resumed), [Said::Resumed(Some(8_000))]);
    assert!(said_well(&mut hook, 6, "resumed", &resumed).is_empty());
    assert_eq!(sounds(&hear_bytes(&mut hook, &[0xff; 2]).0)[0].at, Some(19_201));
    let nothing = json!({ "start": "PT0S", "discarded": "PT0S" });
    assert!(said_well(&mut hook, 7, "discarded", &nothing).is_empty());
}

#[test]
fn a_configuration_that_is_not_flat_or_too_large_is_left_out() {
    for config in [json!(null), json!("text"), json!([1, 2]), json!({ "long": "x".repeat(501) })] {
        let mut parameters = open_parameters(&usual_offers());
        parameters["customConfig"] = config;
        let said = said_well(&mut session(), 1, "open", &parameters);
        let Said::Begin(begin) = &said[1] else { panic!("{said:?}") };
        assert_eq!(begin.parameters, [("language".to_owned(), "en-US".to_owned())]);
    }
}
