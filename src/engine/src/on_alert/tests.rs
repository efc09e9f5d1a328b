#![cfg(unix)]

use super::*;
use hearing::emotion::Emotion;
use hearing::stream_time::StreamTime;
use hearing::timeline::{Alert, Rule};
use std::path::Path;

const PATIENT: Limits =
    Limits { every: Duration::ZERO, time: Duration::from_secs(30), grace: Duration::from_secs(30) };

fn message(label: &str) -> AlertMessage {
    AlertMessage {
        line: 0,
        session: Some("/logs/call.jsonl".into()),
        started: "2026-11-22T14:30:05+01:00".to_owned(),
        caller: 1,
        label: label.to_owned(),
        alert: Alert {
            at: StreamTime::from_ms(20_500),
            from: StreamTime::from_ms(9_000),
            rule: Rule::Sustained,
            emotion: Some(Emotion::Fear),
            reason: "fear for 8 s of speech".to_owned(),
            guidance: None,
        },
    }
}

fn script(text: &str, argument: &Path) -> Vec<String> {
    let argument = argument.display().to_string();
    vec!["sh".to_owned(), "-c".to_owned(), text.to_owned(), "script".to_owned(), argument]
}

/// Starts a program, has it run for so many alerts, and gives all failures.
fn failures(words: Vec<String>, limits: Limits, n: usize) -> Vec<String> {
    let on_alert = OnAlert::with_limits(words, limits).unwrap();
    (0..n).for_each(|_| on_alert.send(message("desk")));
    on_alert.finish().into_iter().map(|failed| failed.reason).collect()
}

#[test]
fn the_program_gets_the_alert_as_one_json_object() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("alert.json");
    let hostile = "\u{1b}[2J\n\"\u{202e}".repeat(3_000);
    let on_alert = OnAlert::with_limits(script("cat > \"$1\"", &file), PATIENT).unwrap();
    on_alert.send(message(&hostile));
    assert_eq!(on_alert.finish(), []);
    let text = std::fs::read_to_string(file).unwrap();
    assert_eq!(text.lines().count(), 1);
    assert_eq!(record::plain_text::plain_text(&text), text);
    let mut given: serde_json::Value = serde_json::from_str(&text).unwrap();
    let label = given["label"].take();
    assert_eq!(label.as_str().unwrap().chars().count(), 200);
    let expected = serde_json::json!({
        "version": 1, "session": "/logs/call.jsonl", "started": "2026-11-22T14:30:05+01:00", "caller": 1,
        "label": null, "t": 20.5, "from": 9.0, "rule": "sustained", "emotion": "fear",
        "reason": "fear for 8 s of speech", "guidance": null,
    });
    assert_eq!(given, expected);
}

#[test]
fn a_command_is_split_like_in_a_shell_and_nothing_is_expanded() {
    let split = words("notify-send 'two words' \"$HOME\" *.txt; `id` a\\ b").unwrap();
    assert_eq!(split, ["notify-send", "two words", "$HOME", "*.txt;", "`id`", "a b"]);
    for broken in ["", "  ", "say 'it"] {
        assert!(words(broken).is_err(), "{broken}");
    }
}

#[test]
fn a_program_that_is_not_there_is_told_at_the_start() {
    let missing = |name: &str| OnAlert::start(vec![name.to_owned()], &OnAlertSettings::default());
    for name in ["no-such-program-anywhere", "/none/such", "/etc/passwd", ""] {
        let told = missing(name).unwrap_err().to_string();
        assert!(told.contains("there is no such program") && told.contains("--on-alert"), "{told}");
    }
}

#[test]
fn a_failure_is_told_with_the_first_line_of_its_errors_made_plain() {
    let text = "printf 'no \\033[31mdisplay\\nmore\\n' >&2; exit 3";
    let told = failures(script(text, Path::new("")), PATIENT, 1);
    assert_eq!(told, ["ended with exit code 3: no ␛[31mdisplay"]);
    assert_eq!(failures(vec!["true".to_owned()], PATIENT, 1), [""; 0]);
}

#[test]
fn a_program_that_floods_both_outputs_and_reads_nothing_ends_all_the_same() {
    let text = "yes | head -c 3000000; yes | head -c 3000000 >&2";
    assert_eq!(failures(script(text, Path::new("")), PATIENT, 1), [""; 0]);
}

#[test]
fn a_program_that_does_not_end_is_killed_with_all_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let text = "sleep 600 & echo $! > \"$1\"; wait";
    let limits = Limits { time: Duration::from_millis(500), ..PATIENT };
    let begun = Instant::now();
    assert_eq!(failures(script(text, &file), limits, 1), ["did not end in time and was killed"]);
    assert!(begun.elapsed() < Duration::from_secs(20));
    let pid = std::fs::read_to_string(file).unwrap();
    // Gone, or dead and not yet taken leave of by whoever inherited it. On a busy machine it dies a moment after the signal.
    loop {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
        let stat = stat.unwrap_or_default();
        if stat.is_empty() || stat.contains(") Z") {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{stat}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_end_of_a_session_waits_only_a_short_time() {
    let limits = Limits { grace: Duration::from_millis(100), ..PATIENT };
    let begun = Instant::now();
    let told = failures(vec!["sleep".to_owned(), "600".to_owned()], limits, 2);
    assert_eq!(told, ["did not end in time and was killed", "not started: the session has ended"]);
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn alerts_that_come_too_fast_do_not_start_it_and_are_told() {
    let limits = Limits { every: Duration::from_secs(50), ..PATIENT };
    let on_alert = OnAlert::with_limits(vec!["true".to_owned()], limits).unwrap();
    on_alert.send(message("desk"));
    on_alert.send(message("desk"));
    let second = on_alert.failures.recv_timeout(Duration::from_secs(30)).unwrap();
    assert_eq!(second.reason, "not started: it was started less than 50 s before");
    assert_eq!((second.caller, second.at), (1, StreamTime::from_ms(20_500)));
    assert_eq!(on_alert.take_failure(), None);
}

#[test]
fn a_queue_that_is_full_makes_nobody_wait() {
    let limits = Limits { grace: Duration::ZERO, ..PATIENT };
    let on_alert = OnAlert::with_limits(vec!["sleep".into(), "600".into()], limits).unwrap();
    for _ in 0..QUEUE_LEN + 3 {
        on_alert.send(message("desk"));
    }
    let told = on_alert.take_failure().unwrap().reason;
    assert_eq!(told, "not started: 16 alerts wait for it already");
    assert!(!on_alert.finish().is_empty());
}
