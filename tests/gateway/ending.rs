//! How calls end: with the gateway's own end, and without one.

use crate::gateway::{Gateway, facts, header_and_length};
use crate::material::{part, write};
use std::fs;
use std::time::{Duration, Instant};

#[test]
fn nobody_is_cut_off_while_it_drains_and_every_log_ends() {
    let mut gateway = Gateway::start("");
    let recording = gateway.folder.path().join("call.wav");
    write(&recording, 1, 8_000, &part(10, 6));
    let calls = gateway.sender("audiosocket", &recording, &["--calls", "50"]).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(3));
    gateway.signal("-TERM");
    gateway.wait_until("draining", Duration::from_secs(2));
    assert_eq!(gateway.ask("GET /readyz").0, 503);
    assert_eq!(gateway.ask("GET /healthz").0, 200);
    let late = gateway.send("audiosocket", &recording, &[]);
    assert!(!late.status.success(), "a new call was taken");
    let done = calls.wait_with_output().unwrap();
    assert!(done.status.success(), "{done:?}");
    assert!(gateway.ends_within(Duration::from_secs(5)));
    let logs = gateway.logs();
    assert_eq!(logs.len(), 50);
    for log in &logs {
        let length = header_and_length(log).1.expect("a log with an end");
        assert!((length - 6.0).abs() < 0.03, "{length} s");
    }
}

#[test]
fn a_second_signal_ends_it_at_once_with_whole_logs() {
    let mut gateway = Gateway::start("");
    let recording = gateway.folder.path().join("call.wav");
    write(&recording, 1, 8_000, &part(10, 20));
    let mut calls = gateway.sender("twilio", &recording, &["--calls", "5"]).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(3));
    gateway.signal("-TERM");
    gateway.wait_until("draining", Duration::from_secs(2));
    gateway.signal("-TERM");
    assert!(gateway.ends_within(Duration::from_secs(3)));
    calls.wait().unwrap();
    assert_eq!(gateway.logs().len(), 5);
    for log in gateway.logs() {
        let length = header_and_length(&log).1.expect("a log with an end");
        assert!((2.0..5.0).contains(&length), "{length} s");
    }
}

#[test]
fn killed_it_loses_no_more_than_a_second_and_takes_calls_again_at_once() {
    let mut gateway = Gateway::start("");
    let recording = gateway.folder.path().join("call.wav");
    write(&recording, 1, 8_000, &part(10, 12));
    let mut calls = gateway.sender("audiosocket", &recording, &["--calls", "10"]).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(6));
    gateway.signal("-KILL");
    assert!(gateway.ends_within(Duration::from_secs(1)));
    calls.wait().unwrap();
    let logs = gateway.logs();
    assert_eq!(logs.len(), 10);
    for log in &logs {
        let last = facts(log).last().unwrap()["t"].as_f64().unwrap();
        assert!(last > 4.7, "the last fact is of {last} s");
    }
    let again = Instant::now();
    gateway.start_again();
    loop {
        let done = gateway.send("audiosocket", &recording, &["--seconds", "0.5"]);
        if done.status.success() {
            break;
        }
        assert!(again.elapsed() < Duration::from_secs(2), "{done:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Sound is in memory alone: nothing but logs lies in the folder, and a crash writes no memory.
#[test]
fn no_sound_is_on_the_disk() {
    let gateway = Gateway::start("");
    let recording = gateway.folder.path().join("call.wav");
    // A voice whose samples are looked for on the disk, as they came and as numbers.
    let samples = part(10, 4);
    write(&recording, 1, 8_000, &samples);
    assert!(gateway.send("audiosocket", &recording, &[]).status.success());
    std::thread::sleep(Duration::from_millis(300));
    let bytes: Vec<u8> = samples[16_000..16_016].iter().flat_map(|s| s.to_le_bytes()).collect();
    let holds = |file: &std::path::Path, bytes: &[u8]| {
        fs::read(file).unwrap().windows(bytes.len()).any(|part| part == bytes)
    };
    assert!(holds(&recording, &bytes), "the test looks for what is there");
    let mut n_files = 0;
    for file in gateway.logs() {
        assert_eq!(file.extension().unwrap(), "jsonl");
        assert!(!holds(&file, &bytes));
        n_files += 1;
    }
    assert_eq!(n_files, 1);
    assert!(!holds(&gateway.folder.path().join("said"), &bytes));
    let open = fs::read_dir(format!("/proc/{}/fd", gateway.child.id())).unwrap();
    for file in open.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok()) {
        let name = file.to_string_lossy().into_owned();
        assert!(
            !name.contains("/tmp/") || name.starts_with(gateway.folder.path().to_str().unwrap())
        );
    }
    let limits = fs::read_to_string(format!("/proc/{}/limits", gateway.child.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
}
