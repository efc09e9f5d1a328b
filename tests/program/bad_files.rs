//! Recordings, logs and places that cannot be used: the message names them, and nothing is left behind.

use std::fs;

use record::session::SESSION_VERSION;

use crate::sandbox::{Sandbox, refuses, refuses_command};

const REPLAY: [&str; 4] = ["replay", "--headless", "--backend", "cpu"];

/// `replay` without a screen, and these arguments.
fn replay<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&REPLAY, arguments].concat()
}

/// A home in which `call.jsonl` is the log of the demo call.
fn with_log() -> Sandbox {
    let sandbox = Sandbox::new().with_call();
    sandbox.run(&replay(&["call.wav", "--log", "call.jsonl"])).with_code(0);
    sandbox
}

#[test]
fn recordings_that_are_none_are_refused_by_name() {
    let sandbox = Sandbox::new().with_call();
    sandbox.write("empty.wav", "");
    sandbox.write("text.wav", "Dear diary, this is no sound at all.\n".repeat(100));
    let mut zero_channels = fs::read(sandbox.join("call.wav")).unwrap();
    zero_channels[22..24].fill(0);
    sandbox.write("zero.wav", zero_channels);
    for (name, told) in [
        ("none.wav", ["cannot open none.wav", "check the path"]),
        ("empty.wav", ["empty.wav is empty", "copy it again"]),
        ("text.wav", ["text.wav is not a recording", "convert it"]),
        ("zero.wav", ["zero.wav has 0 channels", "export it again"]),
    ] {
        refuses(&sandbox, &replay(&[name]), &told);
        refuses(&sandbox, &["inspect", name, "--csv", "frames.csv"], &told);
    }
}

#[test]
fn a_channel_that_is_not_there_is_refused() {
    let sandbox = Sandbox::new().with_call();
    let told = ["call.wav has 1 channel", "no channel 3", "choose"];
    refuses(&sandbox, &replay(&["call.wav", "--channel", "3"]), &told);
    let told = ["'top' is not a channel", "left, right, mix"];
    refuses(&sandbox, &replay(&["call.wav", "--channel", "top"]), &told);
}

#[test]
fn a_recording_that_was_cut_off_is_used_up_to_there() {
    /// Seconds of the demo call that are kept; it has 8000 bytes a second.
    const KEPT_S: f64 = 30.0;
    let sandbox = Sandbox::new().with_call();
    let call = fs::read(sandbox.join("call.wav")).unwrap();
    sandbox.write("cut.wav", &call[..240_000]);
    let ended = sandbox.run(&replay(&["cut.wav", "--log", "cut.jsonl"])).with_code(3);
    for part in ["cut.wav was cut off", "copy it again"] {
        assert!(ended.stderr.contains(part), "{ended:?}");
    }
    let records = sandbox.records("cut.jsonl");
    let end = records.last().unwrap();
    assert!(end["record"] == "end" && end["reason"].as_str().unwrap().contains("cut off"), "{end}");
    assert!((end["t"].as_f64().unwrap() - KEPT_S).abs() < 0.1, "{end}");

    sandbox.run(&replay(&["call.wav", "--log", "whole.jsonl"])).with_code(0);
    let whole = sandbox.records("whole.jsonl");
    let n_readings = records.iter().filter(|record| record["record"] == "reading").count();
    assert!(n_readings > 20, "{n_readings} readings");
    let is_early = |t: f64| t < KEPT_S - 0.5;
    let early = |records: &[serde_json::Value]| -> Vec<String> {
        let facts = records.iter().filter(|record| record["t"].as_f64().is_some_and(is_early));
        facts.map(ToString::to_string).collect()
    };
    assert_eq!(early(&records), early(&whole), "what was heard before the cut is as ever");
}

#[test]
fn a_log_of_another_version_or_kind_is_refused() {
    let sandbox = with_log();
    let version = |number: u32| format!("\"version\":{number}");
    let ours = version(SESSION_VERSION);
    let newer = sandbox.read("call.jsonl").replacen(&ours, &version(SESSION_VERSION + 1), 1);
    sandbox.write("newer.jsonl", newer);
    for (name, told) in [
        ("newer.jsonl", ["newer.jsonl was written by a newer Undertone", "update"]),
        ("call.wav", ["call.wav is no session log", "name a .jsonl"]),
        ("none.jsonl", ["there is no session 'none.jsonl' in ", "sessions list` lists them"]),
    ] {
        refuses(&sandbox, &["export", name, "--format", "json", "--output", "out.json"], &told);
    }
    let told = ["'xml' is not a format", "csv, json, jsonl,", "and html"];
    refuses(&sandbox, &["export", "call.jsonl", "--format", "xml"], &told);
}

#[test]
fn a_file_that_exists_is_replaced_only_by_force() {
    let sandbox = with_log();
    let log = sandbox.read("call.jsonl");
    let told = ["call.jsonl exists already", "--force"];
    refuses(&sandbox, &replay(&["call.wav", "--log", "call.jsonl"]), &told);
    assert_eq!(sandbox.read("call.jsonl"), log);

    sandbox.write("out.csv", "mine");
    let export = ["export", "call.jsonl", "--format", "csv", "--output", "out.csv"];
    refuses(&sandbox, &export, &["out.csv exists already", "--force"]);
    assert_eq!(sandbox.read("out.csv"), "mine");
    sandbox.run(&[&export[..], &["--force"]].concat()).with_code(0);
    assert!(sandbox.read("out.csv").lines().count() > 100);
    sandbox.run(&replay(&["call.wav", "--log", "call.jsonl", "--force"])).with_code(0);
}

#[test]
fn what_cannot_be_begun_on_a_full_disk_says_so() {
    let sandbox = with_log();
    let told = ["/dev/full", "the disk is full", "free some space"];
    refuses(&sandbox, &replay(&["call.wav", "--log", "/dev/full"]), &told);
    let export = ["export", "call.jsonl", "--format", "json", "--output", "/dev/full"];
    refuses(&sandbox, &export, &told);
    let told = ["cannot create nowhere/call.jsonl", "check that its folder exists"];
    refuses(&sandbox, &replay(&["call.wav", "--log", "nowhere/call.jsonl"]), &told);
}

/// A limit on the size of files stands for a disk that fills up in the middle of a call.
#[test]
fn a_log_that_cannot_go_on_keeps_whole_records_and_does_not_stop_the_call() {
    let sandbox = Sandbox::new().with_call();
    let script = format!(
        "ulimit -f 16; trap '' XFSZ; exec {} {} call.wav --log small.jsonl",
        crate::sandbox::PROGRAM,
        REPLAY.join(" ")
    );
    let ended = sandbox.finish(sandbox.command("sh").args(["-c", &script])).with_code(3);
    assert!(ended.stderr.contains("the log is incomplete"), "{ended:?}");
    assert!(ended.stderr.contains("small.jsonl"), "{ended:?}");
    assert!(ended.stdout.contains("1:13 of audio"), "the call went on: {ended:?}");
    assert!(sandbox.read("small.jsonl").ends_with("}\n"));
    let records = sandbox.records("small.jsonl");
    assert!(records.len() > 5 && records.iter().all(|record| record["record"] != "end"));
    sandbox.run(&["export", "small.jsonl", "--format", "csv"]).with_code(0);
}

#[test]
fn a_dashboard_without_a_terminal_is_refused_before_anything_is_begun() {
    let sandbox = Sandbox::new().with_call();
    let told = ["needs a terminal", "--headless"];
    refuses(&sandbox, &["replay", "call.wav", "--backend", "cpu"], &told);
}

#[test]
fn no_sound_system_is_said_and_what_to_do() {
    let sandbox = Sandbox::new();
    let told = ["no sound system", "start one"];
    refuses(&sandbox, &["devices"], &told);
    refuses(&sandbox, &["--headless", "--backend", "cpu"], &told);
    refuses(&sandbox, &["monitor", "--device", "nobody", "--headless", "--backend", "cpu"], &told);
}

#[test]
fn a_folder_that_may_not_be_written_is_named() {
    let sandbox = Sandbox::new().with_call();
    // A file in the place of a folder keeps root out, too.
    sandbox.write("state", "");
    let mut command = sandbox.command(crate::sandbox::PROGRAM);
    command.args(replay(&["call.wav"])).env("XDG_STATE_HOME", sandbox.join("state"));
    refuses_command(&sandbox, &mut command, &["state/undertone/sessions"]);
}
