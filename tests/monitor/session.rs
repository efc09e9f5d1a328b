//! A run of the program beside the sound card, what its log tells, and how like another log that is.

use crate::sound_card::wait_until;
use hearing::emotion::Scores;
use hearing::fact::{Event, Fact};
use record::session::Header;
use record::session::reader::SessionReader;
use record::session::record::Record;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The recording: 73 s of a synthetic caller, with pauses.
pub const CALL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/demo-call.wav");
/// Readings of both runs that are compared: their hops do not fall on the same samples, so a live reading
/// may be half a hop from its counterpart.
const HALF_HOP_S: f64 = 0.126;
/// By how much probability two readings may differ that tell nearly the same: half the sum of all differences.
const NEARLY: f32 = 0.25;

/// What a log tells.
pub struct Log {
    pub header: Header,
    pub readings: Vec<(f64, Scores)>,
    /// Where and how long, in seconds.
    pub gaps: Vec<(f64, f64)>,
    pub lost_samples: u64,
    pub length_s: f64,
    /// Everything else.
    pub others: Vec<Fact>,
}

#[track_caller]
pub fn read(path: &Path) -> Log {
    let reader = SessionReader::open(path).unwrap();
    let header = reader.header().clone();
    let (readings, gaps, others) = (Vec::new(), Vec::new(), Vec::new());
    let mut log = Log { header, readings, gaps, lost_samples: 0, length_s: 0.0, others };
    let mut has_ended = false;
    for record in reader {
        match record.unwrap() {
            Record::Fact(fact) => match fact.event {
                Event::Reading(reading) => {
                    log.readings.push((fact.at.seconds(), reading.scores));
                }
                Event::Gap(gap) => log.gaps.push((fact.at.seconds(), gap.seconds())),
                _ => log.others.push(fact),
            },
            Record::End(end) => {
                has_ended = true;
                log.lost_samples = end.dropped_samples;
                log.length_s = end.t.seconds();
                println!("{}: delay {:?}", path.display(), end.delay);
            }
            Record::Unwritten(missing) => panic!("records are missing: {missing:?}"),
        }
    }
    assert!(has_ended, "{} has no end record", path.display());
    log
}

pub fn undertone(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_undertone"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Share of the replay's readings that the live log has too, wherever within ten seconds that began.
pub fn share_found(replayed: &Log, live: &Log) -> f64 {
    (0..1000)
        .map(|step| share_found_at(replayed, live, f64::from(step) / 100.0))
        .fold(0.0, f64::max)
}

fn share_found_at(replayed: &Log, live: &Log, offset_s: f64) -> f64 {
    let found = replayed
        .readings
        .iter()
        .filter(|(at, scores)| {
            live.readings.iter().any(|(live_at, live_scores)| {
                (live_at - at - offset_s).abs() <= HALF_HOP_S
                    && difference(live_scores, scores) <= NEARLY
            })
        })
        .count();
    #[expect(clippy::cast_precision_loss, reason = "a few hundred readings")]
    let share = found as f64 / replayed.readings.len() as f64;
    share
}

/// The probability that has to be moved to make one of the other: 0 for the same, 1 at most.
fn difference(one: &Scores, other: &Scores) -> f32 {
    let differences = one.0.iter().zip(other.0).map(|(one, other)| (one - other).abs());
    differences.sum::<f32>() / 2.0
}

/// What a replay of this recording logs.
#[track_caller]
pub fn replayed(recording: &Path, log: &Path) -> Log {
    let mut replay = undertone(&["replay", "--headless", "--backend", "cpu", "--log"]);
    assert!(replay.arg(log).arg(recording).status().unwrap().success(), "the replay failed");
    read(log)
}

/// A sound file of these samples.
pub fn file(path: PathBuf, samples: &[f32], sample_rate: u32) -> PathBuf {
    let sample_format = hound::SampleFormat::Float;
    let spec = hound::WavSpec { channels: 1, sample_rate, bits_per_sample: 32, sample_format };
    let mut writer = hound::WavWriter::create(&path, spec).unwrap();
    for sample in samples {
        writer.write_sample(*sample).unwrap();
    }
    writer.finalize().unwrap();
    path
}

/// Plays a sound into an output until this is dropped.
pub struct Player(Child);

impl Player {
    pub fn start(output: &str) -> Player {
        Player::of(Path::new(CALL), output)
    }

    pub fn of(sound: &Path, output: &str) -> Player {
        let mut player = Command::new("paplay");
        player.args(["--latency-msec=200", "-d", output]).arg(sound).stderr(Stdio::null());
        Player(player.spawn().expect("paplay is installed"))
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until a session has begun its log.
#[track_caller]
pub fn wait_for_log(path: &Path) {
    wait_until("there is no log", Duration::from_secs(30), || path.exists());
}
