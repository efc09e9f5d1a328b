//! Text from outside that wants to steer the terminal: file names, arguments, labels in logs.

use std::fs;

use record::plain_text::visible;

use crate::sandbox::{DEMO_CALL, Ended, PROGRAM, Sandbox};
use crate::screen::Screen;

/// Sets a terminal's title, clears it, breaks lines, turns the text around and hides.
const NAME: &str = "\u{1b}]0;owned\u{7}\u{9b}2J\r\n\t\u{202e}lived\u{200b}e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}";

/// Nothing printed steers a terminal. CSV ends its lines with a carriage return, too.
#[track_caller]
fn is_harmless(ended: &Ended) {
    for text in [ended.stdout.replace("\r\n", "\n"), ended.stderr.clone()] {
        let odd =
            text.chars().find(|&character| character != '\n' && visible(character) != character);
        assert_eq!(odd, None, "{ended:?}");
    }
    assert!(!ended.stderr.contains("panicked"), "{ended:?}");
}

#[test]
fn a_recording_with_a_hostile_name_is_replayed_listed_and_exported() {
    let sandbox = Sandbox::new();
    let call = format!("{NAME}.wav");
    fs::copy(DEMO_CALL, sandbox.join(&call)).unwrap();
    let usual = ["--headless", "--backend", "cpu", "--log"];
    let replay = |log: &str, more: &[&str]| {
        let ended = sandbox.run(&[&["replay", &call], &usual[..], &[log], more].concat());
        is_harmless(&ended);
        ended.with_code(0)
    };
    let log = format!("{NAME}.jsonl");
    replay(&log, &[]);
    assert_eq!(replay("2.jsonl", &["--json"]).json()["log"], "2.jsonl");
    assert_eq!(replay(&format!("3{log}"), &["--json"]).json()["log"], format!("3{log}"));
    assert_eq!(sandbox.records(&log)[0]["callers"][0]["label"], NAME);
    assert_eq!(sandbox.records(&log)[0]["callers"][0]["source"], call);

    let list = sandbox.run(&["sessions", "--dir", "."]).with_code(0);
    is_harmless(&list);
    assert_eq!(list.stdout.lines().count(), 4, "{list:?}");
    let list = sandbox.run(&["sessions", "--dir", ".", "--json"]).with_code(0);
    is_harmless(&list);
    assert_eq!(list.json()[0]["callers"][0]["label"], NAME);
    for format in ["csv", "json", "jsonl", "vtt", "textgrid", "eaf", "emotionml", "svg", "html"] {
        let exported = sandbox.run(&["export", &log, "--format", format]).with_code(0);
        is_harmless(&exported);
        let file = format!("out.{format}");
        sandbox.run(&["export", &log, "--format", format, "--output", &file]).with_code(0);
        assert_eq!(exported.stdout, sandbox.read(&file));
    }
    let csv = sandbox.read("out.csv");
    assert_eq!(csv.lines().count(), sandbox.records(&log).len(), "a record is a line");
}

#[test]
fn messages_repeat_what_was_typed_without_its_power() {
    let sandbox = Sandbox::new().with_call();
    let long = NAME.repeat(10_000 / NAME.chars().count() + 1);
    let missing = format!("{NAME}.jsonl");
    sandbox.write(
        "hostile.toml",
        format!("\"\\u001b]0;x\\u0007\\u202e{}\" = 1\n", "x".repeat(10_000)),
    );
    let replay = ["replay", "call.wav", "--headless"];
    for (arguments, code) in [
        (vec![NAME], 2),
        (vec!["--", NAME, NAME], 2),
        (vec!["replay", &missing], 1),
        (vec!["replay", &long, "--headless"], 1),
        (vec!["export", &missing, "--format", "csv"], 1),
        (vec!["export", "call.wav", "--format", NAME], 1),
        (vec!["export", "call.wav", "--format", "csv"], 1),
        (vec!["sessions", "purge", "--older-than", &long], 1),
        (vec!["sessions", "--dir", &long], 1),
        (vec!["inspect", &missing], 1),
        (vec!["degrade", &missing, "out.wav"], 1),
        ([&replay[..], &["--model", &long]].concat(), 1),
        ([&replay[..], &["--backend", &long]].concat(), 1),
        ([&replay[..], &["--config", &missing]].concat(), 1),
        ([&replay[..], &["--config", "hostile.toml"]].concat(), 1),
        ([&replay[..], &["--speed", &long]].concat(), 1),
    ] {
        let ended = sandbox.run(&arguments);
        is_harmless(&ended);
        let ended = ended.with_code(code);
        assert!(code == 2 || ended.stderr.lines().count() == 1, "one line is enough: {ended:?}");
        assert!(ended.stderr.chars().count() < 2_500, "{ended:?}");
    }
}

#[test]
fn on_the_screen_a_hostile_name_is_a_name() {
    let sandbox = Sandbox::new();
    fs::copy(DEMO_CALL, sandbox.join(&format!("{NAME}.wav"))).unwrap();
    let screen = Screen::open(&sandbox);
    let title = || screen.tmux(&["display", "-p", "#{pane_title}"]);
    let before = title();
    screen.enter(&format!("{PROGRAM} replay *.wav --backend cpu; echo ended with $?"));
    let shown = screen.wait_for(" / 1:13");
    assert!(shown.contains("␛]0;owned␇"), "{shown}");
    screen.press("q");
    let after = screen.wait_for("ended with 0");
    assert!(after.contains("log: "), "{after}");
    assert_eq!(title(), before);
    screen.is_restored();
}
