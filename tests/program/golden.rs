//! The demo call from the file to the log: the same records however it is read, and the right kinds of them.

use hearing::emotion::{Emotion, Group};
use serde_json::Value;

use crate::sandbox::{DEMO_CALL, Sandbox, unchained};
use crate::sound;

/// Replays the demo call without a screen and gives its log as text.
fn log_of(arguments: &[&str]) -> String {
    let sandbox = Sandbox::new();
    let usual = ["replay", DEMO_CALL, "--headless", "--backend", "cpu", "--log", "call.jsonl"];
    sandbox.run(&[&usual, arguments].concat()).with_code(0);
    sandbox.read("call.jsonl")
}

#[test]
fn any_block_length_and_any_pace_give_the_same_log() {
    let usual = log_of(&[]);
    assert!(usual.lines().count() > 100, "{usual}");
    for how in [
        ["--block", "1"],
        ["--block", "37"],
        ["--block", "160"],
        ["--block", "4096"],
        ["--speed", "max"],
        ["--speed", "20"],
    ] {
        assert!(unchained(&log_of(&how)) == unchained(&usual), "{how:?} gives another log");
    }
}

/// Kinds and times of the records; neighbouring readings as one line, and nothing that a model says: alerts
/// among it. Facts come with some models only.
fn structure(log: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut run: Option<(f64, f64, usize)> = None;
    let tell = |run: &mut Option<(f64, f64, usize)>, lines: &mut Vec<String>| {
        if let Some((first, last, n)) = run.take() {
            lines.push(format!("{first:>8.3} to {last:>7.3}  {n} readings"));
        }
    };
    for record in log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let kind = record["record"].as_str().unwrap();
        let t = record["t"].as_f64().unwrap_or(0.0);
        if kind == "reading" {
            run = Some(run.map_or((t, t, 1), |(first, _, n)| (first, t, n + 1)));
            continue;
        }
        if kind == "facts" || kind == "alert" {
            continue;
        }
        tell(&mut run, &mut lines);
        let detail = record["activity"].as_str().or(record["reason"].as_str()).unwrap_or("");
        lines.push(format!("{t:>8.3} {kind} {detail}").trim_end().to_owned());
    }
    tell(&mut run, &mut lines);
    lines.join("\n")
}

#[test]
fn the_demo_call_is_structured_as_it_was_reviewed() {
    insta::assert_snapshot!(structure(&log_of(&[])));
}

#[test]
fn every_reading_is_made_of_probabilities() {
    let log = log_of(&[]);
    let readings: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|record| record["record"] == "reading")
        .collect();
    assert!(readings.len() > 100, "{} readings", readings.len());
    for reading in &readings {
        let scores = reading["scores"].as_object().unwrap();
        let sum: f64 = scores.values().map(|score| score.as_f64().unwrap()).sum();
        // Seven numbers of four decimals.
        assert!(scores.len() == 7 && (sum - 1.0).abs() < 7.0 * 0.000_05, "{reading}");
        let of = |emotion: Emotion| scores[emotion.label()].as_f64().unwrap();
        let certainty = reading["certainty"].as_f64().unwrap();
        let emotion: Emotion = reading["emotion"].as_str().unwrap().parse().unwrap();
        match reading["state"].as_str().unwrap() {
            "emotion" | "uncertain" => assert!((certainty - of(emotion)).abs() < 1e-9, "{reading}"),
            group => {
                let group: Group = group.parse().unwrap();
                let sum: f64 = group.members().map(of).sum();
                assert!((certainty - sum).abs() < 4.0 * 0.000_05 + 1e-9, "{reading}");
            }
        }
    }
}

#[test]
fn a_stereo_recording_at_another_rate_is_heard_alike() {
    /// Resampling moves the beginning of speech by a few milliseconds, and so a reading now and then.
    const FEW: usize = 6;
    let sandbox = Sandbox::new();
    let n_readings = |log: &str| log.matches("\"record\":\"reading\"").count();
    let expected = n_readings(&log_of(&[]));
    for rate_hz in [16_000, 44_100] {
        sound::stereo_call(&sandbox.join("stereo.wav"), rate_hz);
        let of_channel = |channel: &str| {
            let log = format!("{channel}.jsonl");
            let usual = ["replay", "stereo.wav", "--headless", "--backend", "cpu", "--force"];
            sandbox
                .run(&[&usual[..], &["--channel", channel, "--log", &log]].concat())
                .with_code(0);
            n_readings(&sandbox.read(&log))
        };
        assert!(of_channel("right").abs_diff(expected) <= FEW, "{rate_hz} Hz");
        assert_eq!(of_channel("left"), 0, "nobody speaks on the left");
    }
}

#[test]
fn silence_and_faint_noise_give_no_reading() {
    let sandbox = Sandbox::new();
    for (name, samples) in [("silence", sound::silence(10)), ("noise", sound::noise(10))] {
        let (recording, log) = (format!("{name}.wav"), format!("{name}.jsonl"));
        sound::write(&sandbox.join(&recording), sound::RATE_HZ, 1, &samples);
        let usual = ["replay", &recording, "--headless", "--backend", "cpu", "--log", &log];
        let ended = sandbox.run(&usual).with_code(0);
        assert!(ended.stdout.contains(" 0 readings"), "{ended:?}");
        let records = sandbox.records(&log);
        let kinds: Vec<&str> = records.iter().map(|r| r["record"].as_str().unwrap()).collect();
        assert!(!kinds.contains(&"reading"), "{name}: {kinds:?}");
        assert_eq!(kinds.last(), Some(&"end"));
        assert_eq!(records[kinds.len() - 1]["t"], 10.0);
    }
}
