//! What is wrong with a sound is said in words within ten seconds: in the log, and on standard error without a screen.

use crate::sandbox::{DEMO_CALL, Sandbox};
use crate::sound;
use ::sound::recording::{Channel, decode};
use serde_json::Value;
use std::path::Path;

const RATE_HZ: u32 = 8_000;

fn demo_call() -> Vec<f32> {
    let call = decode(Path::new(DEMO_CALL), Channel::Mix).unwrap();
    resample::resample_all(&call.samples, call.sample_rate_hz, RATE_HZ).unwrap()
}

/// The faults in the log of a call of two channels, each with its time; null is the end of one.
fn faults(left: &[f32], right: &[f32], arguments: &[&str]) -> Vec<(f64, Value)> {
    let sandbox = Sandbox::new();
    let stereo: Vec<f32> = left.iter().zip(right).flat_map(|(&l, &r)| [l, r]).collect();
    sound::write(&sandbox.join("call.wav"), RATE_HZ, 2, &stereo);
    let usual = ["replay", "call.wav", "--headless", "--backend", "cpu", "--log", "call.jsonl"];
    sandbox.run(&[&usual, arguments].concat()).with_code(0);
    let records = sandbox.records("call.jsonl");
    let sounds = records.iter().filter(|record| record["record"] == "sound");
    sounds.map(|record| (record["t"].as_f64().unwrap(), record["fault"].clone())).collect()
}

#[test]
fn every_fault_of_a_sound_is_in_the_log_within_ten_seconds() {
    let call = demo_call();
    let zeros = vec![0.0; call.len()];
    let times = |gain: f32| call.iter().map(|sample| gain * sample).collect::<Vec<_>>();
    let clipped: Vec<f32> = times(30.0).iter().map(|sample| sample.clamp(-1.0, 1.0)).collect();
    let sides: &[&str] = &["--caller", "right", "--operator", "left"];
    let (left, mix): (&[&str], &[&str]) = (&["--caller", "left"], &[]);
    for (a, b, arguments, fault) in [
        (&zeros, &call, left, "silent"),
        (&times(0.003), &call, left, "quiet"),
        (&clipped, &call, left, "clipped"),
        (&call, &times(-1.0), mix, "cancelled"),
        (&call, &call, sides, "same"),
        (&call, &zeros, sides, "only_operator"),
    ] {
        let faults = faults(a, b, arguments);
        println!("{fault}: {faults:?}");
        let first = faults.iter().find(|(_, told)| *told == fault);
        assert!(first.is_some_and(|(t, _)| *t <= 10.0), "{fault}: {faults:?}");
    }
}

#[test]
fn a_good_sound_has_no_fault() {
    let call = demo_call();
    assert_eq!(faults(&call, &call, &["--caller", "left"]), []);
}
