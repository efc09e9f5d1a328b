//! What a session leaves on the disk: nothing with `--no-log`, old logs not for long, and a log that is whole
//! whatever happens to the process or the disk.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;
use std::thread::{scope, sleep};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use crate::sandbox::{PROGRAM, Running, Sandbox, refuses, unchained, wait_for};
use crate::screen::{SOON, Screen};

const REPLAY: [&str; 5] = ["replay", "call.wav", "--headless", "--backend", "cpu"];

/// Where logs go when no place is named.
const SESSIONS: &str = "XDG_STATE_HOME/undertone/sessions";

/// What a killed process may lose of a call.
const LAST_SECOND: f64 = 1.0;

#[test]
fn without_a_log_nothing_is_kept_at_all() {
    let sandbox = Sandbox::new().with_call();
    let before = sandbox.listing();
    let ended = sandbox.run(&[&REPLAY[..], &["--no-log"]].concat()).with_code(0);
    assert!(ended.stdout.contains("log: none, nothing is kept"), "{ended:?}");
    let json = sandbox.run(&[&REPLAY[..], &["--no-log", "--json"]].concat()).with_code(0).json();
    assert_eq!(json["log"], Value::Null);
    assert_eq!(sandbox.listing(), before);
    let both = sandbox.run(&[&REPLAY[..], &["--no-log", "--log", "a.jsonl"]].concat());
    assert!(both.with_code(2).stderr.contains("--no-log"));
    assert_eq!(sandbox.listing(), before);
}

#[test]
fn without_a_log_the_screen_says_so_and_a_mark_leaves_nothing() {
    let sandbox = Sandbox::new().with_call();
    let screen = Screen::open(&sandbox);
    screen.start("replay call.wav --backend cpu --no-log");
    screen.wait_for("none: nothing is kept");
    screen.press("m");
    screen.wait_for("marked at");
    screen.press("q");
    screen.wait_for("ended with 0");
    assert!(!sandbox.join("XDG_STATE_HOME").exists());
    let jsonl = |(path, _): &(PathBuf, u64)| path.extension().is_some_and(|end| end == "jsonl");
    assert!(!sandbox.listing().iter().any(jsonl));
}

/// A log of the demo call in the usual folder, so many days old.
fn old_log(sandbox: &Sandbox, name: &str, days: u64) -> PathBuf {
    fs::create_dir_all(sandbox.join(SESSIONS)).unwrap();
    let log = format!("{SESSIONS}/{name}");
    sandbox.run(&[&REPLAY[..], &["--log", &log]].concat()).with_code(0);
    let text = sandbox.read(&log);
    let (before, rest) = text.split_once("\"started\":\"").unwrap();
    let (_, after) = rest.split_once('"').unwrap();
    sandbox.write(&log, format!("{before}\"started\":\"2020-01-01T00:00:00+00:00\"{after}"));
    let file = File::options().write(true).open(sandbox.join(&log)).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_hours(24 * days)).unwrap();
    sandbox.join(&log)
}

#[test]
fn old_logs_are_purged_by_age_and_nothing_else() {
    let sandbox = Sandbox::new().with_call();
    let old = old_log(&sandbox, "old.jsonl", 31);
    let young = old_log(&sandbox, "young.jsonl", 29);
    sandbox.write(&format!("{SESSIONS}/notes.jsonl"), "{\"mine\":true}\n");
    let purge = ["sessions", "purge", "--older-than"];
    let looked = sandbox.run(&[&purge[..], &["30d", "--dry-run"]].concat()).with_code(0);
    assert!(looked.stdout.contains("would delete old.jsonl\n"), "{looked:?}");
    assert!(old.exists());
    let json = sandbox.run(&[&purge[..], &["30d", "--dry-run", "--json"]].concat()).json();
    assert_eq!((&json["dry_run"], &json["younger"]), (&true.into(), &1.into()), "{json}");
    assert_eq!(json["deleted"], serde_json::json!([old.to_str().unwrap()]));
    let purged = sandbox.run(&[&purge[..], &["30d"]].concat()).with_code(0);
    assert!(purged.stdout.contains("deleted 1 session log older than 30 days in"), "{purged:?}");
    assert!(!old.exists() && young.exists());
    for age in ["30", "soon", "0d", "-1d", "1.5d", "99999999999d"] {
        let flag = format!("--older-than={age}");
        refuses(&sandbox, &["sessions", "purge", &flag], &["is no age", "such as 30d"]);
    }
    sandbox.run(&["sessions", "purge"]).with_code(2);
    assert!(sandbox.join(&format!("{SESSIONS}/notes.jsonl")).exists());
}

#[test]
fn the_configured_retention_is_applied_when_a_session_begins_and_told() {
    let sandbox = Sandbox::new().with_call();
    let old = old_log(&sandbox, "old.jsonl", 31);
    sandbox.write("keep.toml", "[session]\nretention_days = 0\n");
    sandbox.write("month.toml", "[session]\nretention_days = 30\n");
    let kept = sandbox.run(&[&REPLAY[..], &["--config", "keep.toml", "--no-log"]].concat());
    assert_eq!((kept.with_code(0).stderr.as_str(), old.exists()), ("", true));
    let deleted = sandbox.run(&[&REPLAY[..], &["--config", "month.toml"]].concat()).with_code(0);
    assert_eq!(deleted.stderr, "deleted 1 session log older than 30 days\n");
    assert!(!old.exists());
    let again = sandbox.run(&[&REPLAY[..], &["--config", "month.toml"]].concat()).with_code(0);
    assert_eq!(again.stderr, "");
    assert_eq!(fs::read_dir(sandbox.join(SESSIONS)).unwrap().count(), 2);
}

/// Starts a replay in real time that writes `call.jsonl`, with a shell's words before it.
fn start(sandbox: &Sandbox, before: &str, speed: &str) -> Running {
    let replay = "replay call.wav --headless --backend cpu --log call.jsonl";
    let mut command = sandbox.command("sh");
    command.arg("-c").arg(format!("{before} exec {PROGRAM} {replay} --speed {speed}"));
    let output = |name| File::create(sandbox.join(name)).unwrap();
    command.stdout(output("stdout")).stderr(output("stderr"));
    Running(command.spawn().unwrap())
}

/// The log so far; nothing before it is begun.
fn log_so_far(sandbox: &Sandbox) -> String {
    fs::read_to_string(sandbox.join("call.jsonl")).unwrap_or_default()
}

fn t(record: &str) -> f64 {
    serde_json::from_str::<Value>(record).unwrap()["t"].as_f64().unwrap()
}

/// The process runs with a limit on the length of its files; without the limit's signal a write just fails, after
/// a part of the line.
#[test]
fn a_full_disk_is_told_and_the_log_goes_on_when_there_is_room() {
    let sandbox = Sandbox::new().with_call();
    sandbox.run(&[&REPLAY[..], &["--log", "whole.jsonl"]].concat()).with_code(0);
    let whole = sandbox.records("whole.jsonl");
    let mut running = start(&sandbox, "trap '' XFSZ; ulimit -S -f 16;", "8");
    let stderr = || sandbox.read("stderr");
    wait_for("nobody says that the log stopped", SOON, || {
        stderr().contains("nothing is logged since ").then_some(())
    });
    let stopped = sandbox.records("call.jsonl");
    assert!(stopped.len() > 5, "complete lines, to the last: {stopped:?}");
    let pid = running.0.id().to_string();
    let room = Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited"]).status();
    assert!(room.unwrap().success());
    let code = wait_for("it does not end", SOON, || running.0.try_wait().unwrap()).code();
    assert_eq!(code, Some(3), "a part of the log is missing: {}", stderr());
    assert!(stderr().contains("the log goes on; "), "{}", stderr());
    assert!(stderr().contains("warning: the log is incomplete: "), "{}", stderr());

    let records = sandbox.records("call.jsonl");
    let is_note = |record: &&Value| record["record"] == "unwritten";
    let notes: Vec<&Value> = records.iter().filter(is_note).collect();
    assert_eq!(notes.len(), 1, "{notes:?}");
    let n_missing = usize::try_from(notes[0]["records"].as_u64().unwrap()).unwrap();
    assert!(n_missing > 0);
    assert_eq!(records.len() - 1 + n_missing, whole.len(), "each record is there or counted");
    assert_eq!(records.last().unwrap()["record"], "end");
    let list = sandbox.run(&["sessions", "--dir", "."]).with_code(0).stdout;
    assert!(list.contains("incomplete, finished"), "{list}");
    sandbox.run(&["export", "call.jsonl", "--format", "csv"]).with_code(0);
    sandbox.run(&["sessions", "verify", "./call.jsonl"]).with_code(0);
}

#[test]
fn a_killed_process_leaves_a_log_up_to_the_last_second() {
    let sandbox = Sandbox::new().with_call();
    sandbox.run(&[&REPLAY[..], &["--log", "whole.jsonl"]].concat()).with_code(0);
    let whole = unchained(&sandbox.read("whole.jsonl"));
    // Odd numbers, so that the kill falls anywhere between two records.
    scope(|scope| {
        for after_ms in [137, 1_411, 3_307, 5_903] {
            let whole = &whole;
            scope.spawn(move || killed_after(Duration::from_millis(after_ms), whole));
        }
    });
}

/// Kills a replay in real time so long after its first record, and compares its log with the whole one.
fn killed_after(after: Duration, whole: &[String]) {
    let sandbox = Sandbox::new().with_call();
    let mut running = start(&sandbox, "", "1");
    let first = wait_for("the log has no record", SOON, || {
        log_so_far(&sandbox).split_inclusive('\n').nth(1).filter(|line| line.ends_with('\n')).map(t)
    });
    let seen = Instant::now();
    sleep(after);
    // The call was here at least, by the clock on the wall.
    let position = first + seen.elapsed().as_secs_f64();
    running.0.kill().unwrap();
    running.0.wait().unwrap();

    let log = log_so_far(&sandbox);
    assert!(log.ends_with('\n'), "half a line: {log}");
    let kept = unchained(&log);
    assert_eq!(kept[..], whole[..kept.len()]);
    let due = whole.iter().filter(|record| t(record) <= position - LAST_SECOND).count();
    assert!(kept.len() >= due, "at {position:.2} s: {} of {due} records", kept.len());
    assert!(whole[due..].iter().any(|record| t(record) < position), "nothing was at stake");
    sandbox.run(&["export", "call.jsonl", "--format", "json"]).with_code(0).json();
    let verified = sandbox.run(&["sessions", "verify", "./call.jsonl"]).with_code(3);
    assert!(verified.stdout.starts_with("no end "), "{verified:?}");
}
