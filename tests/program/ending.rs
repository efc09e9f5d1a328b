//! Every way out of the dashboard: signals, a terminal that goes away, and a process that is killed.

use std::time::Duration;

use serde_json::Value;

use crate::sandbox::{Sandbox, wait_for};
use crate::screen::{SOON, Screen, is_running, signal};

/// A program that has lost its terminal is gone by then.
const PROMPTLY: Duration = Duration::from_secs(3);

const REPLAY: &str = "replay call.wav --backend cpu --log call.jsonl";

/// Starts the replay and waits until it has something to lose; its process.
fn start(screen: &Screen, before: &str, sandbox: &Sandbox) -> u32 {
    let pid = screen.start_as(before, REPLAY);
    screen.wait_for(" / 1:13");
    wait_for("the log has no record", SOON, || {
        std::fs::read_to_string(sandbox.join("call.jsonl"))
            .ok()
            .filter(|log| log.lines().count() > 1)
    });
    pid
}

/// The log is complete: its last record says why it ended.
#[track_caller]
fn log_has_end(sandbox: &Sandbox) {
    let records = sandbox.records("call.jsonl");
    let end: &Value = records.last().unwrap();
    assert_eq!((&end["record"], &end["reason"]), (&"end".into(), &"stopped".into()));
}

#[test]
fn signals_restore_the_terminal_and_complete_the_log() {
    for name in ["TERM", "HUP", "INT"] {
        let sandbox = Sandbox::new().with_call();
        let screen = Screen::open(&sandbox);
        let pid = start(&screen, "", &sandbox);
        signal(pid, name);
        screen.wait_for("ended with 0");
        screen.is_restored();
        log_has_end(&sandbox);
    }
}

#[test]
fn without_a_screen_signals_complete_the_log_too() {
    for name in ["TERM", "HUP", "INT"] {
        let sandbox = Sandbox::new().with_call();
        let screen = Screen::open(&sandbox);
        let pid = screen.start(&format!("{REPLAY} --headless --speed 1"));
        wait_for("the log has no record", SOON, || {
            let log = std::fs::read_to_string(sandbox.join("call.jsonl")).ok()?;
            (log.lines().count() > 1).then_some(())
        });
        signal(pid, name);
        screen.wait_for("ended with 0");
        log_has_end(&sandbox);
    }
}

/// The shell's own job gets a hang-up; one in a session of its own only finds the terminal dead.
#[test]
fn a_terminal_that_goes_away_ends_the_program() {
    for before in ["", "setsid --wait"] {
        let sandbox = Sandbox::new().with_call();
        let screen = Screen::open(&sandbox);
        let pid = start(&screen, before, &sandbox);
        screen.tmux(&["kill-pane"]);
        let what = format!("the program ({before:?}) runs on without a terminal");
        wait_for(&what, PROMPTLY, || (!is_running(pid)).then_some(()));
        log_has_end(&sandbox);
    }
}

#[test]
fn the_log_of_a_killed_program_is_readable() {
    let sandbox = Sandbox::new().with_call();
    let screen = Screen::open(&sandbox);
    let pid = start(&screen, "", &sandbox);
    signal(pid, "KILL");
    wait_for("the program is not killed", SOON, || (!is_running(pid)).then_some(()));
    let log = sandbox.read("call.jsonl");
    assert!(log.lines().count() > 1 && !log.contains("\"record\":\"end\""), "{log}");
    let export = ["export", "call.jsonl", "--format", "json"];
    sandbox.run(&export).with_code(0).json();
    let list = sandbox.run(&["sessions", "--dir", ".", "--json"]).with_code(0).json();
    assert_eq!(list[0]["ended"], Value::Null, "{list}");
    // What a power cut leaves: half a line.
    sandbox.write("call.jsonl", &log[..log.len() - 20]);
    sandbox.run(&export).with_code(0).json();
}
