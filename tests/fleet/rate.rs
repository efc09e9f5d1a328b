//! 700 calls with four readings a second through one broker, all on this machine: how far the wall is behind the logs.

use crate::agent::Agent;
use crate::broker::Broker;
use crate::logs::{Call, expected};
use crate::seen::{address, wall};
use std::collections::{HashMap, VecDeque};
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tokio::time::sleep;

const DESKS: usize = 7;
const CALLS: usize = 100;
const SECONDS: u64 = 20;
/// What the wall shows is counted after this: all calls are there.
const WARM_UP: Duration = Duration::from_secs(4);

/// When each reading was written, of each call by its label: the percent that it has, and when.
type Written = Mutex<HashMap<String, VecDeque<(u16, Instant)>>>;

fn write_all(folders: &[PathBuf], written: &Written, stop: &AtomicBool) {
    let mut calls = Vec::new();
    for (desk, folder) in folders.iter().enumerate() {
        for n in 0..CALLS {
            let label = format!("d{desk} line {n}");
            calls.push((Call::begin(folder, &label), label));
        }
    }
    let (begun, mut round) = (Instant::now(), 0);
    while !stop.load(Ordering::Relaxed) {
        let percent = u16::try_from(20 + round % 80).unwrap();
        for (call, label) in &mut calls {
            call.go_on(percent);
            let mut written = written.lock().unwrap();
            written.entry(label.clone()).or_default().push_back((percent, Instant::now()));
        }
        round += 1;
        let due = begun + round * Duration::from_millis(250);
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    for (call, _) in calls {
        call.end();
    }
}

/// How old the oldest reading is that the wall does not show yet; forgets those before the one that it shows.
fn behind(written: &mut VecDeque<(u16, Instant)>, shown: u16, now: Instant) -> Duration {
    if written.iter().any(|(percent, _)| *percent == shown) {
        while written.front().is_some_and(|(percent, _)| *percent != shown) {
            written.pop_front();
        }
    }
    written.get(1).map_or(Duration::ZERO, |(_, at)| now.saturating_duration_since(*at))
}

#[tokio::test(flavor = "multi_thread")]
async fn seven_hundred_calls_are_on_the_wall_within_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..DESKS).map(|desk| format!("d{desk}")).collect();
    let folders: Vec<_> = names.iter().map(|name| folder.path().join(name)).collect();
    for folder in &folders {
        fs::create_dir(folder).unwrap();
    }
    let broker = Broker::start();
    let desks: Vec<_> =
        names.iter().map(String::as_str).zip(folders.iter().map(PathBuf::as_path)).collect();
    let _agent = Agent::start(&[broker.url()], &desks);
    let watch = wall(&address(&broker)).await;
    let (written, stop) = (Written::default(), AtomicBool::new(false));
    let mut delays: Vec<Duration> = Vec::new();
    thread::scope(|scope| {
        scope.spawn(|| write_all(&folders, &written, &stop));
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(SECONDS) {
            thread::sleep(Duration::from_millis(250));
            let (picture, now) = (watch.picture(), Instant::now());
            if begun.elapsed() < WARM_UP {
                continue;
            }
            assert_eq!(picture.calls.len(), DESKS * CALLS);
            let mut written = written.lock().unwrap();
            for call in &picture.calls {
                // After 20 s the label holds a number, and is replaced.
                let Some(of_call) = written.get_mut(&call.label) else { continue };
                let shown = call.words.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap();
                delays.push(behind(of_call, shown, now));
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    delays.sort_unstable();
    let at = |percent: usize| delays[delays.len() * percent / 100].as_millis();
    println!(
        "wall behind the log, {} looks: p50 {} ms, p95 {} ms, p99 {} ms",
        delays.len(),
        at(50),
        at(95),
        at(99)
    );
    assert!(at(95) <= 1_000);
    let wanted: usize = desks.iter().map(|(name, folder)| expected(name, folder).0.len()).sum();
    let client = async_nats::connect(broker.url()).await.unwrap();
    let context = async_nats::jetstream::new(client);
    let begun = Instant::now();
    loop {
        let n = context.get_stream("UT_EV").await.unwrap().cached_info().state.messages;
        if n >= wanted as u64 {
            sleep(Duration::from_secs(2)).await;
            let n = context.get_stream("UT_EV").await.unwrap().cached_info().state.messages;
            println!("{n} messages of {wanted}");
            assert_eq!(n, wanted as u64);
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{n} of {wanted}");
        sleep(Duration::from_millis(200)).await;
    }
}
