//! The engine of several lines, put together as `monitor` does.

use super::*;
use engine::Step;
use engine::input::Input;
use model::device::BackendChoice;
use rayon::ThreadPoolBuilder;
use record::output_file::IfExists;
use record::session::record::{CallerEntry, EndReason};
use sound::recording::{Channel, Pace, Recording};
use std::path::Path;

const N_LINES: usize = 5;

/// The demo call from another place, and in other blocks, on each line.
fn line(number: usize) -> LineSetup {
    let call = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/demo-call.wav");
    let recording = Recording::open(&call, Channel::Mix, Pace::AsRead).unwrap();
    let mut recording = recording.with_block_len(160 + 40 * number);
    let all = recording.len_samples().unwrap();
    recording.seek(all - 8_000 * (20 + 2 * number as u64)).unwrap();
    let entry = CallerEntry { label: format!("line {number}"), source: "demo".into() };
    LineSetup { entry, input: Input::Recording(Box::new(recording)) }
}

/// The logs of the calls on all lines, without what tells when they began: their headers, and the sums over them.
fn logs(pool: Option<Arc<ThreadPool>>) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let settings = SessionSettings {
        config: Config { backend: BackendChoice::Cpu, ..Config::default() },
        log: LogTo::File(folder.path().join("log.jsonl"), IfExists::Refuse),
        headless: true,
        json: false,
        recording: None,
    };
    let prepared = Prepared::new(settings).unwrap();
    let lines = (0..N_LINES).map(line).collect();
    let clock = Clock::of_speed(f64::INFINITY);
    let mut engine = prepared.engine_on(pool, lines, None, CallRule::ByKey, clock).unwrap();
    while engine.step(&mut |_| {}).unwrap() != Step::Ended {}
    let ended = engine.end(&EndReason::Finished);
    let read = |call: engine::call::Ended| {
        let log = std::fs::read_to_string(call.log.unwrap()).unwrap();
        let records = log.lines().skip(1).map(|line| line.split_once(",\"chain\"").unwrap().0);
        records.collect::<Vec<_>>().join("\n")
    };
    ended.into_iter().map(read).collect()
}

#[test]
fn lines_that_are_shared_among_threads_are_logged_to_the_byte_as_on_one() {
    let alone = logs(None);
    assert_eq!(alone.len(), N_LINES);
    assert!(alone.iter().all(|log| log.matches("\"reading\"").count() > 20));
    let pool = ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    assert!(logs(Some(Arc::new(pool))) == alone);
}
