//! What every command has in common: help, exit codes, JSON, closed pipes, and who may read the log.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::sandbox::{PROGRAM, Running, Sandbox, wait_for};

const COMMANDS: [&str; 17] = [
    "monitor",
    "replay",
    "devices",
    "export",
    "sessions",
    "models",
    "inspect",
    "degrade",
    "train",
    "calibrate",
    "evaluate",
    "make-calls",
    "report",
    "doctor",
    "config",
    "completions",
    "man",
];

/// A home whose sessions folder holds the log of the demo call.
fn with_session() -> Sandbox {
    let sandbox = Sandbox::new().with_call();
    sandbox.run(&["replay", "call.wav", "--headless", "--backend", "cpu"]).with_code(0);
    sandbox
}

/// The only log in the sessions folder.
fn session(sandbox: &Sandbox) -> String {
    let folder = fs::read_dir(sandbox.join("XDG_STATE_HOME/undertone/sessions")).unwrap();
    let logs: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    assert_eq!(logs.len(), 1, "{logs:?}");
    logs[0].to_str().unwrap().to_owned()
}

#[test]
fn every_command_explains_itself() {
    let sandbox = Sandbox::new();
    let overview = sandbox.run(&["--help"]).with_code(0).stdout;
    for command in COMMANDS {
        assert!(overview.contains(&format!("\n  {command} ")), "{command}: {overview}");
        let ended = sandbox.run(&[command, "--help"]).with_code(0);
        assert!(ended.stdout.contains(&format!("Usage: undertone {command}")), "{ended:?}");
        assert!(!ended.stdout.contains("--block"), "meant for tests: {ended:?}");
    }
    assert!(overview.contains("Exit codes:"));
    let version = sandbox.run(&["--version"]).with_code(0).stdout;
    assert_eq!(version, format!("undertone {}\n", env!("CARGO_PKG_VERSION")));
    assert!(sandbox.listing().is_empty());
}

#[test]
fn a_command_line_that_is_not_understood_gives_2() {
    let sandbox = Sandbox::new();
    for arguments in [
        vec!["--loud"],
        vec!["listen"],
        vec!["replay"],
        vec!["replay", "a.wav", "b.wav", "--jobs", "2"],
        vec!["sessions", "verify"],
        vec!["completions", "cmd"],
        vec!["replay", "a.wav", "--json"],
        vec!["replay", "a.wav", "--listen", "--headless"],
        vec!["export", "a.jsonl"],
        vec!["train", "--recipe", "phone"],
        vec!["monitor", "--seconds", "soon"],
    ] {
        let ended = sandbox.run(&arguments).with_code(2);
        assert!(ended.stderr.starts_with("error: ") && ended.stdout.is_empty(), "{ended:?}");
    }
    assert!(sandbox.listing().is_empty());
}

#[test]
fn every_listing_is_json_where_wanted() {
    let sandbox = with_session();
    let list = sandbox.run(&["sessions", "--json"]).with_code(0).json();
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!(
        (&list[0]["ended"], &list[0]["callers"][0]["label"]),
        (&"finished".into(), &"call".into())
    );
    let models = sandbox.run(&["models", "--json"]).with_code(0).json();
    assert!(!models.as_array().unwrap().is_empty());
    let log = session(&sandbox);
    let exported = sandbox.run(&["export", &log, "--format", "json"]).with_code(0).json();
    assert!(exported.is_object(), "{exported}");
    let replay = ["replay", "call.wav", "--headless", "--json", "--backend", "cpu"];
    let summary = sandbox.run(&replay).with_code(0).json();
    assert!(summary["summary"]["readings"].as_u64().unwrap() > 100, "{summary}");
    assert!((summary["length_s"].as_f64().unwrap() - 73.2).abs() < 0.1);
    let inspected = sandbox.run(&["inspect", "call.wav", "--json"]).with_code(0).json();
    assert!(inspected["scores"].is_object(), "{inspected}");
}

#[test]
fn an_export_has_a_row_for_every_reading() {
    let sandbox = with_session();
    let log = session(&sandbox);
    let text = fs::read_to_string(&log).unwrap();
    let n_readings = text.matches("\"record\":\"reading\"").count();
    let table = sandbox.run(&["export", &log, "--format", "csv"]).with_code(0).stdout;
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let columns: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(Result::unwrap);
    let readings = rows.filter(|row| row.iter().any(|field| field == "reading")).count();
    assert_eq!(readings, n_readings, "{columns:?}");
}

#[test]
fn an_export_takes_what_names_a_session_as_well_as_a_path() {
    let sandbox = with_session();
    let log = session(&sandbox);
    let csv = |typed: &str| sandbox.run(&["export", typed, "--format", "csv"]);
    let expected = csv(&log).with_code(0).stdout;
    let stem = std::path::Path::new(&log).file_stem().unwrap().to_str().unwrap();
    // A part of the name that any log begun in this century has.
    for typed in [stem, &format!("{stem}.jsonl"), "20"] {
        assert!(csv(typed).with_code(0).stdout == expected, "{typed}");
    }
    let several = [stem, &log, "--format", "jsonl"];
    sandbox.run(&[&["export"], &several[..]].concat()).with_code(0);
    sandbox.run(&["replay", "call.wav", "--headless", "--backend", "cpu"]).with_code(0);
    let refused = csv("20").with_code(1);
    assert!(refused.stderr.contains("'20' may be each of 2 sessions: "), "{refused:?}");
    let refused = csv("gone").with_code(1);
    assert!(refused.stderr.contains("there is no session 'gone'"), "{refused:?}");
    // A file is exported where there are no settings that could be read.
    fs::create_dir_all(sandbox.join("XDG_CONFIG_HOME/undertone")).unwrap();
    sandbox.write("XDG_CONFIG_HOME/undertone/config.toml", "what");
    csv(&log).with_code(0);
    csv(stem).with_code(1);
}

#[test]
fn only_its_owner_may_read_a_log() {
    let sandbox = Sandbox::new().with_call();
    let script = format!("umask 000; exec {PROGRAM} replay call.wav --headless --backend cpu");
    sandbox.finish(sandbox.command("sh").args(["-c", &script])).with_code(0);
    let mode = |path: &str| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&session(&sandbox)), 0o600);
    let folder = sandbox.join("XDG_STATE_HOME/undertone/sessions");
    assert_eq!(mode(folder.to_str().unwrap()), 0o700);
}

#[test]
fn two_sessions_in_one_second_are_two_logs() {
    let sandbox = with_session();
    for _ in 0..2 {
        sandbox.run(&["replay", "call.wav", "--headless", "--backend", "cpu"]).with_code(0);
    }
    let list: Value = sandbox.run(&["sessions", "--json"]).with_code(0).json();
    assert_eq!(list.as_array().unwrap().len(), 3);
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let sandbox = with_session();
    let log = session(&sandbox);
    for arguments in [
        vec!["sessions"],
        vec!["models", "--json"],
        vec!["--help"],
        vec!["export", &log, "--format", "csv"],
        vec!["inspect", "call.wav", "--csv", "-"],
        vec!["replay", "call.wav", "--headless", "--backend", "cpu"],
    ] {
        let mut command = sandbox.command(PROGRAM);
        command.args(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = Running(command.spawn().unwrap());
        drop(running.0.stdout.take());
        let limit = Duration::from_mins(1);
        let status = wait_for("the program runs on", limit, || running.0.try_wait().unwrap());
        let mut message = String::new();
        std::io::Read::read_to_string(&mut running.0.stderr.take().unwrap(), &mut message).unwrap();
        assert!(status.success() && message.is_empty(), "{arguments:?}: {status}: {message}");
    }
}
