//! `replay` of an archive: a log each, several at once, resumed, and bad recordings among good ones.

use std::fs;

use serde_json::Value;

use crate::sandbox::{DEMO_CALL, Sandbox, refuses, unchained};
use crate::sound;

/// An archive of two calls below each other, one that is no sound and a text.
fn with_archive() -> Sandbox {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.join("archive/2026")).unwrap();
    fs::copy(DEMO_CALL, sandbox.join("archive/2026/demo.wav")).unwrap();
    sound::write(&sandbox.join("archive/buzz.wav"), sound::RATE_HZ, 1, &sound::buzz(5, 150.0, 3.0));
    sandbox.write("archive/broken.wav", "no sound at all");
    sandbox.write("archive/notes.txt", "call them back");
    sandbox
}

const REPLAY: [&str; 8] =
    ["replay", "archive", "--headless", "--backend", "cpu", "--log-dir", "logs", "--json"];

/// One of them: a log whose name and content tell of its recording.
const DEMO_LOG: &str = "logs/2026__demo.wav.jsonl";

#[test]
fn each_call_of_an_archive_has_its_log_and_a_bad_one_stops_nothing() {
    let sandbox = with_archive();
    let ended = sandbox.run(&[&REPLAY[..], &["--jobs", "2"]].concat()).with_code(3);
    let json = ended.json();
    assert_eq!(
        (&json["replayed"], &json["skipped"], &json["left"]),
        (&2.into(), &0.into(), &0.into())
    );
    assert_eq!(json["failed"][0]["recording"], "archive/broken.wav", "{json}");
    assert!(ended.stderr.contains("failed: archive/broken.wav: "), "{ended:?}");
    assert!(ended.stderr.contains("left out: archive/notes.txt: is no recording"), "{ended:?}");
    assert!((json["audio_s"].as_f64().unwrap() - 78.0).abs() < 2.0, "{json}");
    let header: Value =
        serde_json::from_str(sandbox.read(DEMO_LOG).lines().next().unwrap()).unwrap();
    assert_eq!(header["recording"]["bytes"], fs::metadata(DEMO_CALL).unwrap().len());
    assert_eq!(
        (&header["recording"]["heard"], &header["callers"][0]["label"]),
        (&"mix".into(), &"demo".into())
    );
    sandbox.run(&["sessions", "verify", "--all", "--dir", "logs"]).with_code(0);
    assert_eq!(fs::read_dir(sandbox.join("logs")).unwrap().count(), 2);

    // The same as of a call alone, whatever else went through the model before.
    let alone = [
        "replay",
        "archive/2026/demo.wav",
        "--headless",
        "--backend",
        "cpu",
        "--log",
        "alone.jsonl",
    ];
    sandbox.run(&alone).with_code(0);
    assert_eq!(unchained(&sandbox.read(DEMO_LOG)), unchained(&sandbox.read("alone.jsonl")));
}

#[test]
fn a_batch_goes_on_where_it_stopped_and_overwrites_nothing_else() {
    let sandbox = with_archive();
    fs::remove_file(sandbox.join("archive/broken.wav")).unwrap();
    fs::remove_file(sandbox.join("archive/notes.txt")).unwrap();
    let run = |more: &[&str], code| sandbox.run(&[&REPLAY[..], more].concat()).with_code(code);
    run(&[], 0);
    let told = ["2 of 2 recordings have a log in logs already", "--resume"];
    refuses(&sandbox, &REPLAY, &told);

    let counts = |more: &[&str], code| {
        let json = run(&[&["--resume"], more].concat(), code).json();
        let number = |key: &str| json[key].as_u64().unwrap();
        (number("replayed"), number("skipped"), json["failed"].as_array().unwrap().len())
    };
    assert_eq!(counts(&[], 0), (0, 2, 0));
    // What was killed in the middle has no end; what was never begun has no log.
    let whole = sandbox.read(DEMO_LOG);
    sandbox.write(DEMO_LOG, &whole[..whole.len() / 2]);
    fs::remove_file(sandbox.join("logs/buzz.wav.jsonl")).unwrap();
    assert_eq!(counts(&[], 0), (2, 0, 0));
    assert_eq!(unchained(&sandbox.read(DEMO_LOG)), unchained(&whole));
    // A copy of the archive has other times and the same content.
    fs::copy(DEMO_CALL, sandbox.join("archive/2026/demo.wav")).unwrap();
    assert_eq!(counts(&[], 0), (0, 2, 0));
    // Another recording, other channels, other settings: the log stays, unless it may be replaced.
    sound::write(&sandbox.join("archive/buzz.wav"), sound::RATE_HZ, 1, &sound::buzz(5, 220.0, 3.0));
    assert_eq!(counts(&[], 3), (0, 1, 1));
    assert_eq!(counts(&["--force"], 0), (1, 1, 0));
    assert_eq!(counts(&["--channel", "left"], 3), (0, 0, 2));
    sandbox.write("hop.toml", "[pipeline]\nhop_ms = 500\n");
    assert_eq!(counts(&["--config", "hop.toml"], 3), (0, 0, 2));
}

#[test]
fn requests_that_make_no_sense_for_an_archive_are_refused() {
    let sandbox = with_archive();
    refuses(&sandbox, &["replay", "archive"], &["without a screen", "--headless"]);
    refuses(&sandbox, &["replay", "a.wav", "b.wav"], &["without a screen", "--headless"]);
    refuses(&sandbox, &["replay", "archive", "--headless", "--no-log"], &["--log-dir"]);
    refuses(&sandbox, &["replay", "archive", "--headless", "--log", "a.jsonl"], &["--log-dir"]);
    sandbox.run(&["replay", "archive", "--headless", "--jobs", "0"]).with_code(2);
    sandbox.run(&["replay"]).with_code(2);
    fs::create_dir(sandbox.join("empty")).unwrap();
    refuses(&sandbox, &["replay", "empty", "--headless"], &["empty holds no recording"]);
}

#[test]
fn sessions_are_reported_by_day_as_tables_json_and_a_page() {
    let sandbox = with_archive();
    sandbox.run(&REPLAY).with_code(3);
    let report = ["report", "--dir", "logs"];
    let text = sandbox.run(&report).with_code(0).stdout;
    assert!(text.contains("certain %") && text.contains("sustained distress"), "{text}");
    let json =
        sandbox.run(&[&report[..], &["--json", "--since", "1h"]].concat()).with_code(0).json();
    assert_eq!((&json["all"]["calls"], json["days"].as_object().unwrap().len()), (&2.into(), 1));
    assert!((json["all"]["length_s"].as_f64().unwrap() - 78.0).abs() < 2.0, "{json}");
    let page = [&report[..], &["--html", "report.html"]].concat();
    sandbox.run(&page).with_code(0);
    let html = sandbox.read("report.html");
    assert!(html.contains("<html lang=\"en\">") && !html.contains("demo"), "{html}");
    let taken = sandbox.run(&page).with_code(1);
    assert!(
        taken.stderr.contains("exists already") && taken.stderr.contains("--force"),
        "{taken:?}"
    );
    let none =
        sandbox.run(&[&report[..], &["--since", "2020-01-01", "--until", "2020-01-07"]].concat());
    assert!(none.with_code(0).stdout.starts_with("No sessions from 2020-01-01"));
    refuses(&sandbox, &["report", "--since", "soon"], &["'soon' is no time", "12h, 7d or 4w"]);
    sandbox.write(
        "logs/damaged.jsonl",
        sandbox.read(DEMO_LOG).replacen("\"speaking\"", "\"singing\"", 1),
    );
    let damaged = sandbox.run(&report).with_code(3);
    assert!(
        damaged.stderr.contains("not counted: ") && damaged.stderr.contains("line "),
        "{damaged:?}"
    );
}

#[cfg(unix)]
#[test]
fn a_reason_is_told_once_however_deep_it_lies() {
    let sandbox = Sandbox::new().with_call();
    fs::create_dir(sandbox.join("archive")).unwrap();
    fs::copy(DEMO_CALL, sandbox.join("archive/demo.wav")).unwrap();
    std::os::unix::fs::symlink("/nowhere/call.wav", sandbox.join("archive/gone.wav")).unwrap();
    let in_batch = sandbox.run(&REPLAY).with_code(3).stderr;
    let alone = sandbox.run(&["replay", "archive/gone.wav", "--headless", "--no-log"]).stderr;
    for told in [in_batch, alone] {
        let failed = told.lines().find(|line| line.contains("gone.wav")).unwrap_or_default();
        assert_eq!(failed.matches("No such file").count(), 1, "{told}");
    }
}
