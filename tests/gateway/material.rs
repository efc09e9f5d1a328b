//! Recordings to send: parts of the demo call, which is our own, and what `undertone replay` makes of them.

use crate::gateway::facts;
use serde_json::Value;
use sound::g711::to_i16;
use sound::recording::{Channel, decode};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The desktop program, which `make test-gateway` builds beside the gateway.
fn undertone() -> PathBuf {
    let program = Path::new(crate::gateway::PROGRAM).with_file_name("undertone");
    assert!(program.is_file(), "{} is not there: run `make test-gateway`", program.display());
    program
}

/// The demo call's samples: 16 bits, 8 kHz.
pub fn demo_call() -> Vec<i16> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/demo-call.wav");
    let decoded = decode(&file, Channel::Mix).unwrap();
    assert_eq!(decoded.sample_rate_hz, 8_000);
    decoded.samples.into_iter().map(to_i16).collect()
}

/// Some seconds of it from a time on.
pub fn part(from_s: usize, seconds: usize) -> Vec<i16> {
    demo_call()[8_000 * from_s..8_000 * (from_s + seconds)].to_vec()
}

/// Writes a WAV file; channels are interleaved.
pub fn write(file: &Path, n_channels: u16, rate_hz: u32, samples: &[i16]) {
    let spec = hound::WavSpec {
        channels: n_channels,
        sample_rate: rate_hz,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(file, spec).unwrap();
    for sample in samples {
        writer.write_sample(*sample).unwrap();
    }
    writer.finalize().unwrap();
}

/// The facts that `undertone replay` finds in a recording.
pub fn replayed(file: &Path, more: &[&str]) -> Vec<Value> {
    let log = file.with_extension("jsonl");
    let done = Command::new(undertone())
        .args(["replay", "--headless", "--speed", "max", "--backend", "cpu", "--language", "en"])
        .args(more)
        .arg("--log")
        .arg(&log)
        .arg(file)
        .env("HOME", file.parent().unwrap())
        .env_remove("XDG_CONFIG_HOME")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(log.is_file(), "{}", String::from_utf8_lossy(&done.stderr));
    facts(&log)
}
