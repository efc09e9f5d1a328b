//! The whole monitor on a virtual sound card: what is played is what the log tells.
//!
//! Not part of plain `cargo test`, because it needs PulseAudio and runs in real time:
//! `bash tests/sound_card.sh cargo test --release --test monitor` (`make test-live`).

#![expect(clippy::unwrap_used, reason = "a test that fails on `unwrap` says enough")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;
use undertone::emotion::Emotion;
use undertone::session::reader::SessionReader;
use undertone::session::record::Record;

/// The recording: 73 s of a synthetic caller, with pauses.
const CALL: &str = "assets/demo-call.wav";
/// How long the monitor listens: the recording, and some silence before and after it.
const LISTEN_S: u64 = 80;
/// Readings of both runs that are compared: their hops do not fall on the same samples, so a live reading
/// may be half a hop from its counterpart.
const HALF_HOP_S: f64 = 0.126;
/// Share of the replay's readings with a live counterpart that tells the same emotion. Where two emotions
/// are almost equally probable, half a hop and the server's resampling decide.
const SAME_SHARE: f64 = 0.85;

struct Log {
    readings: Vec<(f64, Emotion)>,
    lost_samples: u64,
    length_s: f64,
}

fn read(path: &Path) -> Log {
    let mut log = Log { readings: Vec::new(), lost_samples: 0, length_s: 0.0 };
    let mut has_ended = false;
    for record in SessionReader::open(path).unwrap() {
        match record.unwrap() {
            Record::Reading(reading) => {
                let reading = reading.reading();
                log.readings.push((reading.at.seconds(), reading.scores.top().0));
            }
            Record::End(end) => {
                has_ended = true;
                log.lost_samples = end.dropped_samples;
                log.length_s = end.t.seconds();
                println!("{}: delay {:?}", path.display(), end.delay);
            }
            _ => {}
        }
    }
    assert!(has_ended, "{} has no end record", path.display());
    log
}

fn undertone(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_undertone"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Share of the replay's readings that the live log has too, when it began `offset_s` later.
fn share_found(replayed: &Log, live: &Log, offset_s: f64) -> f64 {
    let found = replayed
        .readings
        .iter()
        .filter(|(at, emotion)| {
            live.readings.iter().any(|(live_at, live_emotion)| {
                (live_at - at - offset_s).abs() <= HALF_HOP_S && live_emotion == emotion
            })
        })
        .count();
    #[expect(clippy::cast_precision_loss, reason = "a few hundred readings")]
    let share = found as f64 / replayed.readings.len() as f64;
    share
}

#[test]
fn the_live_log_holds_the_readings_of_what_is_played_and_no_sample_is_lost() {
    assert!(
        std::env::var_os("UNDERTONE_SOUND_CARD").is_some(),
        "run it as: bash tests/sound_card.sh cargo test --release --test monitor"
    );
    let folder = tempfile::tempdir().unwrap();
    let (live_log, replay_log) = (folder.path().join("live"), folder.path().join("replay"));
    let seconds = LISTEN_S.to_string();
    let mut monitor =
        undertone(&["monitor", "--headless", "--backend", "cpu", "--seconds", &seconds])
            .args(["--device", "pulseaudio:softphone.monitor", "--log"])
            .arg(&live_log)
            .spawn()
            .unwrap();
    sleep(Duration::from_secs(3));
    let played = Command::new("paplay")
        .args(["--latency-msec=50", "-d", "softphone", CALL])
        .status()
        .unwrap();
    assert!(played.success(), "paplay failed");
    assert!(monitor.wait().unwrap().success(), "the monitor failed");
    assert!(
        undertone(&["replay", CALL, "--headless", "--backend", "cpu", "--log"])
            .arg(&replay_log)
            .status()
            .unwrap()
            .success()
    );

    let (live, replayed) = (read(&live_log), read(&replay_log));
    assert_eq!(live.lost_samples, 0);
    assert!(live.length_s >= 60.0, "the monitor heard only {} s", live.length_s);
    assert!(replayed.readings.len() > 100, "only {} readings", replayed.readings.len());
    let best = (0..1000)
        .map(|step| share_found(&replayed, &live, f64::from(step) / 100.0))
        .fold(0.0, f64::max);
    println!(
        "{} readings replayed, {} live, {:.1} % the same, 0 lost in {:.0} s",
        replayed.readings.len(),
        live.readings.len(),
        100.0 * best,
        live.length_s
    );
    assert!(best >= SAME_SHARE, "only {best:.2} of the readings are the same");
}
