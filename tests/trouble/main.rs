//! Faults that people met with programs of this kind, each as a kind: the real program reads a synthetic input, and
//! what it tells, logs and exits with is right. The inputs are made here; those beside the project are tried as well
//! where they lie there.

#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::trivially_copy_pass_by_ref,
    reason = "a test that fails on `unwrap` says enough, and its numbers are small"
)]

#[expect(dead_code, reason = "other tests need the rest of it")]
#[path = "../recordings/headers.rs"]
mod headers;
mod live;
mod lost;
#[expect(dead_code, reason = "other tests need the rest of it")]
#[path = "../program/sandbox.rs"]
mod sandbox;
mod shared;
#[path = "../recordings/webm.rs"]
mod webm;
mod whole;

use std::fs;
use std::path::{Path, PathBuf};

use sandbox::{DEMO_CALL, Sandbox};
use serde_json::Value;
use sound::recording::{Channel, decode};

/// What came of a recording.
struct Replayed {
    code: i32,
    told: String,
    /// The stream time of the end.
    end_s: f64,
    n_readings: usize,
    /// When, and how long.
    gaps: Vec<(f64, f64)>,
}

/// The program's arguments for a recording.
fn arguments(more: &[&'static str]) -> Vec<&'static str> {
    let fixed = ["replay", "--headless", "--backend", "cpu", "--log", "log.jsonl", "--force"];
    [&fixed[..], more].concat()
}

/// Replays a recording of this name and content.
fn replayed(name: &'static str, content: &[u8]) -> Replayed {
    let sandbox = Sandbox::new();
    sandbox.write(name, content);
    let ended = sandbox.run(&arguments(&[name]));
    outcome(&sandbox, ended)
}

fn outcome(sandbox: &Sandbox, ended: sandbox::Ended) -> Replayed {
    assert!(!ended.stderr.contains("panicked"), "{ended:?}");
    let is_there = sandbox.join("log.jsonl").exists();
    let records = if is_there { sandbox.records("log.jsonl") } else { Vec::new() };
    let of = |kind: &'static str| records.iter().filter(move |record| record["record"] == kind);
    let number = |record: &Value, key: &str| record[key].as_f64().unwrap();
    Replayed {
        code: ended.code.unwrap(),
        told: ended.stderr,
        end_s: of("end").next().map_or(0.0, |end| number(end, "t")),
        n_readings: of("reading").count(),
        gaps: of("gap").map(|gap| (number(gap, "t"), number(gap, "lost_s"))).collect(),
    }
}

/// The voice of the demo call: so many seconds as 16-bit samples at 8 kHz.
fn voice(seconds: f64) -> Vec<i16> {
    let call = decode(Path::new(DEMO_CALL), Channel::Mix).unwrap();
    let len = (seconds * 8000.0) as usize;
    call.samples[..len].iter().map(|sample| (sample * 32_767.0) as i16).collect()
}

fn fixture(name: &str) -> Vec<u8> {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/audio");
    fs::read(folder.join(name)).unwrap()
}
