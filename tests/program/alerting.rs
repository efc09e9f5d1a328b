//! A program of the hotline's own that is run for each alert.

use crate::sandbox::{DEMO_CALL, Sandbox, refuses};
use crate::screen::Screen;
use crate::sound;
use ::sound::recording::{Channel, decode};
use serde_json::Value;
use std::path::Path;

/// A call in which the caller stops to speak, and rules by which that is an alert, whatever the model says.
fn silent_caller() -> Sandbox {
    let sandbox = Sandbox::new();
    let call = decode(Path::new(DEMO_CALL), Channel::Mix).unwrap();
    let seconds = |n: usize| n * usize::try_from(call.sample_rate_hz).unwrap();
    let samples = [&call.samples[..seconds(30)], &vec![0.0; seconds(80)]].concat();
    sound::write(&sandbox.join("call.wav"), call.sample_rate_hz, 1, &samples);
    sandbox.write(
        "config.toml",
        "[alerts.long_silence]\nsilence_s = 20\nguidance = \"Say that you are there.\"\n\
         [alerts.sustained]\nenabled = false\n[alerts.rising]\nenabled = false\n\
         [alerts.sudden_change]\nenabled = false\n",
    );
    sandbox
}

const REPLAY: [&str; 9] = [
    "replay",
    "call.wav",
    "--headless",
    "--backend",
    "cpu",
    "--config",
    "config.toml",
    "--log",
    "call.jsonl",
];

fn of_kind(sandbox: &Sandbox, kind: &str) -> Vec<Value> {
    let records = sandbox.records("call.jsonl");
    records.into_iter().filter(|record| record["record"] == kind).collect()
}

#[test]
fn a_program_gets_each_alert_as_json_and_is_never_run_by_a_shell() {
    let sandbox = silent_caller();
    let arguments = [&REPLAY[..], &["--on-alert", "tee 'the alert; $HOME.json'"]].concat();
    sandbox.run(&arguments).with_code(0);
    let logged = of_kind(&sandbox, "alert");
    assert_eq!(logged.len(), 1, "{logged:?}");
    let told: Value = serde_json::from_str(&sandbox.read("the alert; $HOME.json")).unwrap();
    for field in ["t", "from", "rule", "reason", "guidance"] {
        assert_eq!(told[field], logged[0][field], "{field}");
    }
    assert_eq!(told["rule"], "long_silence");
    assert_eq!(told["guidance"], "Say that you are there.");
    assert_eq!(told["label"], "call");
    assert!(told["session"].as_str().unwrap().ends_with("call.jsonl"));
    assert_eq!(told["started"], sandbox.records("call.jsonl")[0]["started"]);
    assert!(of_kind(&sandbox, "alert_failed").is_empty());
}

#[test]
fn a_program_that_fails_is_logged_and_harms_nothing() {
    let sandbox = silent_caller();
    let ended = sandbox.run(&[&REPLAY[..], &["--on-alert", "false"]].concat()).with_code(0);
    let failed = of_kind(&sandbox, "alert_failed");
    assert_eq!(failed.len(), 1, "{ended:?}");
    assert!(failed[0]["reason"].as_str().unwrap().contains("exit"), "{failed:?}");
    assert_eq!(failed[0]["t"], of_kind(&sandbox, "alert")[0]["t"]);
}

#[test]
fn a_program_that_is_not_there_is_refused_before_anything_begins() {
    let sandbox = silent_caller();
    let arguments = [&REPLAY[..], &["--on-alert", "no-such-program"]].concat();
    refuses(&sandbox, &arguments, &["no-such-program"]);
    assert!(!sandbox.join("call.jsonl").exists());
}

#[test]
fn the_key_acknowledges_an_alert_in_the_log() {
    let sandbox = silent_caller();
    let screen = Screen::open(&sandbox);
    let how = "--backend cpu --config config.toml --speed 4 --log call.jsonl";
    screen.start(&format!("replay call.wav {how}"));
    screen.wait_for("ALERT");
    screen.wait_for("a acknowledge");
    screen.press("a");
    screen.wait_for("is acknowledged");
    screen.wait_until("it still alerts", |text| !text.contains("ALERT"));
    screen.press("q");
    let after = screen.wait_for("ended with 0");
    assert!(after.contains("acknowledged at 0:"), "{after}");
    let (alerts, seen) = (of_kind(&sandbox, "alert"), of_kind(&sandbox, "acknowledged"));
    assert_eq!((alerts.len(), seen.len()), (1, 1), "{alerts:?} {seen:?}");
    assert_eq!((&seen[0]["alert_t"], &seen[0]["caller"]), (&alerts[0]["t"], &0.into()));
    assert!(seen[0]["t"].as_f64() > alerts[0]["t"].as_f64(), "{seen:?}");
}

/// Whispers of three kinds, each repeated to more than a minute: a synthesiser's, syllables of noise, and wind.
fn whispers() -> [(&'static str, Vec<f32>); 3] {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/audio/whisper.wav");
    let spoken = decode(Path::new(path), Channel::Mix).unwrap().samples;
    let n_long = spoken.len() * 12;
    let noise = || sound::noise(n_long.div_ceil(sound::RATE_HZ as usize));
    let syllables = noise().into_iter().enumerate().map(|(index, sample)| {
        let is_between = index / 1_000 % 2 == 1;
        if is_between { 0.0 } else { sample }
    });
    let mut last = 0.0;
    let wind = noise().into_iter().map(|sample| {
        last += 0.3 * (sample - last);
        last
    });
    [
        ("whisper", std::iter::repeat_n(spoken, 12).flatten().collect()),
        ("syllables", syllables.collect()),
        ("wind", wind.collect()),
    ]
}

#[test]
fn of_a_whispering_caller_no_alert_says_more_than_was_measured() {
    for (kind, whisper) in whispers() {
        let sandbox = silent_caller();
        let call = decode(Path::new(DEMO_CALL), Channel::Mix).unwrap();
        assert_eq!(call.sample_rate_hz, sound::RATE_HZ);
        let samples = [&call.samples[..30 * sound::RATE_HZ as usize], &whisper].concat();
        sound::write(&sandbox.join("call.wav"), sound::RATE_HZ, 1, &samples);
        sandbox.run(&REPLAY).with_code(0);
        let alerts = of_kind(&sandbox, "alert");
        let [alert] = &alerts[..] else { panic!("{kind}: {alerts:?}") };
        let reason = alert["reason"].as_str().unwrap();
        assert!(reason.starts_with("none heard for 20 s; other sound for "), "{kind}: {reason}");
        assert!(reason.ends_with(" dB: quiet speech or noise"), "{kind}: {reason}");
        let is_late = |reading: &&Value| reading["t"].as_f64().unwrap() > 31.5;
        let readings = of_kind(&sandbox, "reading");
        assert_eq!(readings.iter().filter(is_late).count(), 0, "{kind}");
    }
}
