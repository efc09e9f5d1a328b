//! Recordings of two sides: the caller's is read, the operator's only tells who speaks.

use crate::sandbox::{DEMO_CALL, Sandbox};
use crate::sound;
use ::sound::recording::{Channel, decode};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

const RATE_HZ: u32 = 8_000;

fn demo_call() -> Vec<f32> {
    let call = decode(Path::new(DEMO_CALL), Channel::Mix).unwrap();
    resample::resample_all(&call.samples, call.sample_rate_hz, RATE_HZ).unwrap()
}

/// The same sound so much later and quieter.
fn delayed(samples: &[f32], delay: usize, gain: f32) -> Vec<f32> {
    let late = |n: usize| n.checked_sub(delay).map_or(0.0, |n| gain * samples[n]);
    (0..samples.len()).map(late).collect()
}

/// The log's records of a call with the operator on the left and the caller on the right.
fn records(operator: &[f32], caller: &[f32], arguments: &[&str]) -> Vec<Value> {
    let sandbox = Sandbox::new();
    let stereo: Vec<f32> = operator.iter().zip(caller).flat_map(|(&l, &r)| [l, r]).collect();
    sound::write(&sandbox.join("call.wav"), RATE_HZ, 2, &stereo);
    let usual = ["replay", "call.wav", "--headless", "--backend", "cpu", "--log", "call.jsonl"];
    sandbox.run(&[&usual, arguments].concat()).with_code(0);
    sandbox.records("call.jsonl")
}

fn of_kind<'a>(records: &'a [Value], kind: &str) -> Vec<&'a Value> {
    records.iter().filter(|record| record["record"] == kind).collect()
}

#[test]
fn the_operators_side_is_told_of_and_never_read() {
    let caller = demo_call();
    let silence = vec![0.0; caller.len()];
    let sides = ["--caller", "right", "--operator", "left"];
    let spoken = records(&caller, &silence, &sides);
    assert!(of_kind(&spoken, "reading").is_empty(), "the operator's voice was read");
    assert!(of_kind(&spoken, "facts").is_empty(), "the operator's voice was described");
    let told = of_kind(&spoken, "operator");
    assert!(told.iter().any(|record| record["speaks"] == true), "{told:?}");
    let fields: BTreeSet<&str> = told
        .iter()
        .flat_map(|record| record.as_object().unwrap().keys().map(String::as_str))
        .collect();
    assert_eq!(fields, BTreeSet::from(["record", "caller", "t", "speaks", "echoed"]));
    assert!(spoken[0]["operator"].as_str().unwrap().contains("left"));
    let talk = &of_kind(&spoken, "end")[0]["callers"][0]["talk"];
    assert!(talk["operator_s"].as_f64().unwrap() > 20.0, "{talk}");
    assert_eq!(talk["caller_share"], 0.0);
}

#[test]
fn a_caller_is_read_alike_beside_a_silent_operator() {
    let caller = demo_call();
    let silence = vec![0.0; caller.len()];
    let alone = records(&silence, &caller, &["--channel", "right"]);
    let beside = records(&silence, &caller, &["--caller", "right", "--operator", "left"]);
    assert!(of_kind(&alone, "reading").len() > 100);
    assert_eq!(of_kind(&alone, "reading"), of_kind(&beside, "reading"));
}

#[test]
fn an_echo_of_the_operator_is_not_read_and_blocks_change_nothing() {
    let operator = demo_call();
    let echo = delayed(&operator, 1_000, 0.1);
    let sides = ["--caller", "right", "--operator", "left"];
    let unaware = records(&operator, &echo, &["--channel", "right"]);
    let aware = records(&operator, &echo, &sides);
    let [read, still] = [&unaware, &aware].map(|all| of_kind(all, "reading").len());
    assert!(read > 100, "{read}");
    assert!(still * 5 < read, "{still} of {read} readings of an echo are left");
    let blocks = records(&operator, &echo, &[&sides[..], &["--block", "37"]].concat());
    assert_eq!(blocks[1..], aware[1..]);
}

#[test]
fn the_same_channel_cannot_be_both_sides() {
    let sandbox = Sandbox::new().with_call();
    let arguments = ["replay", "call.wav", "--headless", "--caller", "left", "--operator", "left"];
    let ended = sandbox.run(&arguments).with_code(1);
    assert!(ended.stderr.contains("each a channel of its own"), "{ended:?}");
}

#[test]
fn several_callers_of_one_recording_are_in_one_log_whatever_the_blocks() {
    let caller = demo_call();
    let mut other = caller.clone();
    other.rotate_left(caller.len() / 2);
    let callers = ["--caller", "Anna=left", "--caller", "right"];
    let both = records(&caller, &other, &callers);
    assert_eq!(both[0]["callers"][0]["label"], "Anna");
    assert_eq!(both[0]["callers"][1]["label"], "call right");
    let of = |index: usize| {
        let of = |record: &&Value| record["caller"] == index && record["record"] != "activity";
        both.iter().filter(of).count()
    };
    assert!(of(0) > 20 && of(1) > 20, "{} and {}", of(0), of(1));
    let times: Vec<f64> = both[1..].iter().map(|record| record["t"].as_f64().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    for block in ["37", "50000"] {
        let again = records(&caller, &other, &[&callers[..], &["--block", block]].concat());
        assert_eq!(again[1..], both[1..], "in blocks of {block}");
    }
    // Each is read as it is alone.
    let alone = records(&caller, &other, &["--caller", "left"]);
    let readings = |records: &[Value]| -> Vec<Value> {
        let of = |record: &&Value| record["caller"] == 0 && record["record"] == "reading";
        records.iter().filter(of).cloned().collect()
    };
    assert_eq!(readings(&both), readings(&alone));
}
