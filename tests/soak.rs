//! The program for as long as a shift lasts: memory flat, no drift, no lost sample, file handles constant.
//!
//! Not part of plain `cargo test`, because it takes most of an hour and needs a sound server: `make soak`.
//! `UNDERTONE_SOAK_HOURS` (8) and `UNDERTONE_SOAK_MINUTES` (30) set how long. Linux only: it looks into `/proc`.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that fails on `unwrap` says enough")]

#[path = "soak/call.rs"]
mod call;
#[path = "soak/process.rs"]
mod process;
#[expect(dead_code, reason = "nothing happens to the sound card here")]
mod sound_card;

use call::{RATE_HZ, write_call};
use hearing::fact::{Event, Fact};
use hearing::stream_time::StreamTime;
use process::{Program, Watch};
use record::session::reader::SessionReader;
use record::session::record::{EndRecord, Record};
use sound_card::sound_card;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What memory may grow by after the first half of the simulated call: an allocator's own moods. The history of
/// a caller is full after two and a half hours.
const GROWTH_SIMULATED_KIB: u64 = 2048;

/// What it may grow by live, after the first third: in half an hour the history still grows, by 40 bytes a
/// reading and 32 a pause, some 300 KiB.
const GROWTH_LIVE_KIB: u64 = 2048;

/// What stream and clock may drift apart live: a null sink goes by the computer's own clock, so it is nothing but
/// what blocks of 50 ms and a busy machine blur.
const DRIFT: Duration = Duration::from_millis(100);

/// What a stream may be shorter than the time that the program ran: to load the model, open the input, and stop.
const START: Duration = Duration::from_secs(5);

fn number(variable: &str, usual: u64) -> u64 {
    let set = std::env::var(variable).ok();
    set.map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number")))
}

/// A log, read to its end.
struct Log {
    readings: Vec<StreamTime>,
    /// Whatever was not heard, read or written.
    missing: Vec<Record>,
    n_records: u64,
    end: EndRecord,
}

/// Reads a log; its records are in order.
fn read(path: &Path) -> Log {
    let (mut readings, mut missing, mut end) = (Vec::new(), Vec::new(), None);
    let (mut n_records, mut last) = (0, StreamTime::ZERO);
    for record in SessionReader::open(path).unwrap() {
        let record = record.unwrap();
        assert!(record.t() >= last, "{record:?} after {last}");
        last = record.t();
        n_records += 1;
        match record {
            Record::Unwritten(_) => missing.push(record),
            Record::End(record) => end = Some(record),
            Record::Fact(ref fact) => match fact.event {
                Event::Reading(_) => readings.push(fact.at),
                Event::Gap(_) | Event::Skipped { .. } | Event::Muted(_) => missing.push(record),
                _ => {}
            },
        }
    }
    Log { readings, missing, n_records, end: end.expect("the log has an end") }
}

/// Every reading lies on the grid of hops that the first one lies on.
fn lie_on_one_grid(readings: &[StreamTime]) {
    let hop = StreamTime::from_ms(250).0;
    assert!(readings.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(readings.iter().all(|at| at.0 % hop == readings[0].0 % hop));
}

#[test]
fn a_simulated_shift_at_full_speed_keeps_memory_files_and_positions() {
    let folder = tempfile::tempdir().unwrap();
    let hours = number("UNDERTONE_SOAK_HOURS", 8);
    // Not a whole number of anything.
    let n_samples = hours * 3600 * u64::from(RATE_HZ) + 12_345;
    let (recording, log) = (folder.path().join("shift.wav"), folder.path().join("shift.jsonl"));
    let speech_s = write_call(&recording, n_samples);
    let program = Program::copied_to(folder.path());
    let begun = Instant::now();
    let mut replay = program
        .command(&["replay", "--headless", "--backend", "cpu", "--speed", "max", "--log"])
        .arg(&log)
        .arg(&recording)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut watch = Watch::new(&replay);
    let status = loop {
        if let Some(status) = replay.try_wait().unwrap() {
            break status;
        }
        watch.look();
        sleep(Duration::from_millis(500));
    };
    assert!(status.success(), "{status}");
    let took = begun.elapsed();
    let told = read(&log);
    let length = fs::metadata(&log).unwrap().len();
    let (readings, records) = (told.readings.len(), told.n_records);
    println!(
        "{hours} h ({speech_s:.0} s of speech) in {took:.0?}: {records} records, {readings} \
         readings, a log of {length} bytes; {watch}"
    );
    assert_eq!(told.end.t, StreamTime(n_samples), "right to the sample");
    assert!(told.missing.is_empty() && told.end.dropped_samples == 0, "{:?}", told.missing);
    assert_eq!(told.end.callers[0].readings, readings as u64, "the summary forgets nothing");
    assert!(readings as u64 > hours * 3600, "hardly anything was read");
    lie_on_one_grid(&told.readings);
    watch.was_steady(watch.len() / 2, GROWTH_SIMULATED_KIB);
}

/// Plays the recording over and over until it is dropped.
struct Softphone(Child);

impl Softphone {
    fn play(recording: &Path) -> Softphone {
        // A clock of its own: each pass begins when the one before has ended.
        let script = "while paplay --latency-msec=200 -d softphone \"$1\"; do :; done";
        let player = Command::new("bash").args(["-c", script, "softphone"]).arg(recording).spawn();
        Softphone(player.expect("bash is installed"))
    }
}

impl Drop for Softphone {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How far the log is behind the clock, at best, in the first and in the last tenth of the time.
struct Drift {
    begun: Instant,
    length: Duration,
    first: Option<Duration>,
    last: Option<Duration>,
    /// Of the log that was looked at.
    seen_len: u64,
}

impl Drift {
    fn new(length: Duration) -> Self {
        Drift { begun: Instant::now(), length, first: None, last: None, seen_len: 0 }
    }

    /// Looks whether there is a new reading.
    fn look(&mut self, log: &Path) {
        let now = self.begun.elapsed();
        let len = fs::metadata(log).map_or(0, |found| found.len());
        if len == self.seen_len {
            return;
        }
        self.seen_len = len;
        let Some(at) = last_reading(log) else { return };
        let behind = now.saturating_sub(Duration::from_secs_f64(at.seconds()));
        let tenth = self.length / 10;
        let least = |known: Option<Duration>| Some(known.map_or(behind, |known| known.min(behind)));
        if now < tenth {
            self.first = least(self.first);
        } else if now + tenth > self.length {
            self.last = least(self.last);
        }
    }
}

/// The time of the last reading, if it is the last record.
fn last_reading(log: &Path) -> Option<StreamTime> {
    use std::io::{Read, Seek, SeekFrom};
    const TAIL_LEN: u64 = 1024;
    let mut file = fs::File::open(log).ok()?;
    let len = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(len.saturating_sub(TAIL_LEN))).ok()?;
    let mut tail = String::new();
    file.read_to_string(&mut tail).ok()?;
    let (_, line) = tail.strip_suffix('\n')?.rsplit_once('\n')?;
    let fact: Fact = serde_json::from_str(line).ok()?;
    matches!(fact.event, Event::Reading(_)).then_some(fact.at)
}

#[test]
fn half_an_hour_live_loses_nothing_and_does_not_drift() {
    let _card = sound_card();
    let folder = tempfile::tempdir().unwrap();
    let minutes = number("UNDERTONE_SOAK_MINUTES", 30);
    let length = Duration::from_secs(60 * minutes);
    let (recording, log) = (folder.path().join("call.wav"), folder.path().join("live.jsonl"));
    write_call(&recording, 600 * u64::from(RATE_HZ));
    let program = Program::copied_to(folder.path());
    let seconds = length.as_secs().to_string();
    let _softphone = Softphone::play(&recording);
    let begun = Instant::now();
    let mut monitor = program
        .command(&["monitor", "--headless", "--backend", "cpu", "--seconds", &seconds])
        .args(["--device", "pulseaudio:softphone.monitor", "--log"])
        .arg(&log)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let (mut watch, mut drift) = (Watch::new(&monitor), Drift::new(length));
    let mut next_look = begun + START;
    let status = loop {
        if let Some(status) = monitor.try_wait().unwrap() {
            break status;
        }
        drift.look(&log);
        if Instant::now() >= next_look {
            watch.look();
            next_look += Duration::from_secs(2);
        }
        sleep(Duration::from_millis(5));
    };
    assert!(status.success(), "{status}");
    let took = begun.elapsed();
    let told = read(&log);
    let (first, last) = (drift.first.unwrap(), drift.last.unwrap());
    println!(
        "{minutes} min live: the stream is {:.1} s of {took:.1?}; {} readings; lost {}; at best \
         {first:.0?} behind at first and {last:.0?} at the end; delay {:?}; {watch}",
        told.end.t.seconds(),
        told.readings.len(),
        told.end.dropped_samples,
        told.end.delay,
    );
    assert!(told.missing.is_empty() && told.end.dropped_samples == 0, "{:?}", told.missing);
    let streamed = Duration::from_secs_f64(told.end.t.seconds());
    assert!(streamed <= took && streamed + START >= took, "{streamed:?} of {took:?}");
    assert!(first.abs_diff(last) <= DRIFT, "{first:?} and {last:?}");
    assert!(told.readings.len() as u64 > 60 * minutes, "hardly anything was read");
    lie_on_one_grid(&told.readings);
    watch.was_steady(watch.len() / 3, GROWTH_LIVE_KIB);
}
