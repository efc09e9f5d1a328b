//! A recording that is sent over any protocol gives the readings that a replay gives of it.

use crate::gateway::{Gateway, STREAMS, facts, header_and_length};
use crate::material::{part, replayed, write};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Child;

/// Sends over all of these at once, and waits for their ends.
fn send_all(senders: Vec<Child>) {
    for sender in senders {
        let done = sender.wait_with_output().unwrap();
        assert!(done.status.success(), "{done:?}");
    }
}

/// The log whose caller comes from this protocol.
fn log_of(gateway: &Gateway, protocol: &str) -> PathBuf {
    let is_of = |log: &PathBuf| {
        header_and_length(log).0.callers[0].source.starts_with(&format!("{protocol}:"))
    };
    let mut logs = gateway.logs().into_iter().filter(is_of);
    let log = logs.next().unwrap_or_else(|| panic!("no log of {protocol}"));
    assert_eq!(logs.next(), None, "{protocol}");
    log
}

/// What is the same however the sound came: all but the levels, which are told in blocks.
fn of_voice(facts: &[Value]) -> Vec<Value> {
    facts.iter().filter(|fact| fact["record"] != "level").cloned().collect()
}

fn assert_same(log: &Path, replayed: &[Value], name: &str) {
    let (sent, replayed) = (of_voice(&facts(log)), of_voice(replayed));
    let first = sent.iter().zip(&replayed).position(|(one, other)| one != other);
    if let Some(first) = first {
        panic!("{name}: {} instead of {}", sent[first], replayed[first]);
    }
    assert_eq!(sent.len(), replayed.len(), "{name}");
    let n_readings = sent.iter().filter(|fact| fact["record"] == "reading").count();
    assert!(n_readings >= 20, "{name}: {n_readings} readings");
}

/// The recording is mu-law at 8 kHz, so that no protocol changes a sample of it.
#[test]
fn every_protocol_gives_to_the_byte_what_a_replay_gives() {
    let gateway = Gateway::start("");
    let recording = gateway.folder.path().join("call.wav");
    write(&recording, 1, 8_000, &part(10, 15));
    let replayed = replayed(&recording, &[]);
    let protocols = STREAMS.iter().map(|(name, _)| *name).chain(["audiosocket"]);
    let protocols: Vec<&str> = protocols.collect();
    let send = |protocol: &&str| gateway.sender(protocol, &recording, &[]).spawn().unwrap();
    send_all(protocols.iter().map(send).collect());
    gateway.wait_until("log_ends", std::time::Duration::from_secs(5));
    std::thread::sleep(std::time::Duration::from_millis(300));
    for protocol in protocols {
        assert_same(&log_of(&gateway, protocol), &replayed, protocol);
    }
    assert_eq!(gateway.count("gap_seconds_total"), 0.0);
}

#[test]
fn other_rates_are_heard_as_a_recording_of_that_rate() {
    let gateway = Gateway::start("");
    let recording = gateway.folder.path().join("call.wav");
    // Each sample twice: 16 kHz, in which the resampler has something to do.
    let doubled: Vec<i16> = part(10, 12).into_iter().flat_map(|sample| [sample, sample]).collect();
    write(&recording, 1, 16_000, &doubled);
    let replayed = replayed(&recording, &[]);
    let wide = ["--rate", "16000"];
    let protocols = ["audiosocket", "jambonz", "asterisk", "vonage"];
    let send = |protocol: &&str| gateway.sender(protocol, &recording, &wide).spawn().unwrap();
    send_all(protocols.iter().map(send).collect());
    std::thread::sleep(std::time::Duration::from_millis(500));
    for protocol in protocols {
        assert_same(&log_of(&gateway, protocol), &replayed, protocol);
    }
}

/// The operator says what the caller said before: both sides have a voice.
#[test]
fn both_sides_of_a_call_are_heard_as_those_of_a_recording() {
    let gateway = Gateway::start("");
    let folder = gateway.folder.path();
    let (caller, operator) = (part(10, 15), part(40, 15));
    let (caller_file, operator_file) = (folder.join("caller.wav"), folder.join("operator.wav"));
    write(&caller_file, 1, 8_000, &caller);
    write(&operator_file, 1, 8_000, &operator);
    let both: Vec<i16> = caller.iter().zip(&operator).flat_map(|(a, b)| [*a, *b]).collect();
    let recording = folder.join("stereo.wav");
    write(&recording, 2, 8_000, &both);
    let of_replay = replayed(&recording, &["--caller", "left", "--operator", "right"]);
    let operator_file = operator_file.to_str().unwrap();
    let with_operator = ["--operator", operator_file];
    let send = |url: &str, protocol: &str| {
        let url = gateway.url(url);
        gateway.sender_to(&url, protocol, &caller_file, &with_operator).spawn().unwrap()
    };
    send_all(vec![
        send("left", "freeswitch"),
        send("audiohook", "audiohook"),
        send("twilio", "twilio"),
    ]);
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert_same(&log_of(&gateway, "freeswitch"), &of_replay, "freeswitch, left");
    assert_same(&log_of(&gateway, "audiohook"), &of_replay, "audiohook");
    // Each side comes by itself, so that it is told a little later who speaks: the readings are the same.
    let is_reading = |fact: &Value| fact["record"] == "reading";
    let read: Vec<Value> =
        facts(&log_of(&gateway, "twilio")).into_iter().filter(is_reading).collect();
    let replayed: Vec<Value> = of_replay.into_iter().filter(is_reading).collect();
    let n_same = read.iter().filter(|reading| replayed.contains(reading)).count();
    assert!(10 * n_same >= 9 * replayed.len(), "{n_same} of {} readings", replayed.len());
    let (header, _) = header_and_length(&log_of(&gateway, "twilio"));
    assert_eq!(header.operator.as_deref(), Some("twilio: the other side"));
}

#[test]
fn the_side_that_is_read_is_the_one_that_the_settings_name() {
    let gateway = Gateway::start("");
    let folder = gateway.folder.path();
    let (speech, silence) = (folder.join("speech.wav"), folder.join("silence.wav"));
    write(&speech, 1, 8_000, &part(10, 8));
    write(&silence, 1, 8_000, &vec![0; 8 * 8_000]);
    let (speech, silence) = (speech.to_str().unwrap(), silence.to_str().unwrap());
    // The sender has the caller left: to a gateway that takes the right channel, that is the operator.
    let cases = [("left", speech, silence), ("right", speech, silence), ("right", silence, speech)];
    let send = |(url, caller, operator): &(&str, &str, &str)| {
        let more = ["--operator", operator];
        gateway.sender_to(&gateway.url(url), "freeswitch", caller.as_ref(), &more).spawn().unwrap()
    };
    let mut n_readings = Vec::new();
    for case in &cases {
        let n_before = gateway.logs().len();
        send_all(vec![send(case)]);
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert_eq!(gateway.logs().len(), n_before + 1);
        n_readings.push(gateway.count("readings"));
    }
    assert!(n_readings[0] > 10.0, "{n_readings:?}");
    assert_eq!(n_readings[1], n_readings[0], "the operator was read: {n_readings:?}");
    assert_eq!(n_readings[2], 2.0 * n_readings[0], "{n_readings:?}");
}

#[test]
fn where_nobody_knows_whose_voice_it_is_nothing_is_read() {
    let gateway = Gateway::start("");
    let recording = gateway.folder.path().join("call.wav");
    write(&recording, 1, 8_000, &part(10, 6));
    let url = gateway.url("unknown");
    let done = gateway.sender_to(&url, "freeswitch", &recording, &[]).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(gateway.count("readings"), 0.0);
    let (header, length) = header_and_length(&gateway.logs()[0]);
    assert!(header.callers[0].source.ends_with("side unknown, nothing is read"));
    assert_eq!(length, Some(6.0));
}

/// Nothing is read until the gateway is told that the caller was.
#[test]
fn nothing_is_read_before_notice_was_given() {
    let gateway = Gateway::start("[notice]\nrequire = true\n");
    let recording = gateway.folder.path().join("call.wav");
    write(&recording, 1, 8_000, &part(10, 8));
    let sender = gateway.sender("vonage", &recording, &[]).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!(gateway.count("readings"), 0.0);
    let (_, calls) = gateway.ask("GET /calls");
    let calls: Value = serde_json::from_str(&calls).unwrap();
    let key = calls[0]["call"].as_str().unwrap();
    assert_eq!(gateway.ask(&format!("POST /calls/{key}/notice")).0, 204);
    assert_eq!(gateway.ask("POST /calls/none/notice").0, 404);
    send_all(vec![sender]);
    let n_readings = gateway.count("readings");
    assert!((5.0..20.0).contains(&n_readings), "{n_readings}");
    let first = facts(&gateway.logs()[0]);
    let first = first.iter().find(|fact| fact["record"] == "reading").unwrap();
    assert!(first["t"].as_f64().unwrap() > 2.9, "{first}");
}
