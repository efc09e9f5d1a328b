//! The operator's screen in a real terminal: what it shows, and what its keys do.

use std::thread::sleep;
use std::time::Duration;

use crate::sandbox::{Sandbox, wait_for};
use crate::screen::{SOON, Screen, is_running, signal};

/// Longer than printed numbers stand still, so that a clock that runs is seen to run.
const WHILE: Duration = Duration::from_millis(1_500);

/// How far a seek by one arrow moves.
const ARROW_S: u32 = 5;

/// The clock before ` / 1:13`, in seconds.
fn clock_s(screen: &str) -> Option<u32> {
    let (before, _) = screen.split_once(" / 1:13")?;
    let clock = before.rsplit(' ').next()?;
    let (minutes, seconds) = clock.split_once(':')?;
    Some(minutes.parse::<u32>().ok()? * 60 + seconds.parse::<u32>().ok()?)
}

#[test]
fn the_dashboard_shows_the_call_and_obeys_its_keys() {
    let sandbox = Sandbox::new().with_call();
    let screen = Screen::open(&sandbox);
    screen.start("replay call.wav --backend cpu --log call.jsonl");
    let first = screen.wait_until("there is no clock", |text| clock_s(text).is_some());
    assert!(first.contains("call") && first.lines().count() <= 24, "{first}");
    let state = screen.tmux(&["display", "-p", "#{alternate_on} #{cursor_flag}"]);
    assert_eq!(state.trim(), "1 0", "its own screen, without a cursor");
    screen.wait_until("nothing says how the caller sounds", |text| {
        let words = ["listening", "too short", "uncertain", "sounds", "anger", "fear", "neutral"];
        words.iter().any(|word| text.to_lowercase().contains(word))
    });

    screen.press("?");
    screen.wait_for("mark this moment");
    screen.press("?");
    screen.wait_until("the help stays", |text| !text.contains("mark this moment"));

    screen.press("m");
    screen.wait_for("marked at");

    screen.press("Space");
    screen.wait_for("paused");
    sleep(WHILE);
    let held = clock_s(&screen.text()).unwrap();
    sleep(WHILE);
    assert_eq!(clock_s(&screen.text()), Some(held), "the clock stands still");

    screen.press("Right");
    let moved = |text: &str| clock_s(text).is_some_and(|now| now == held + ARROW_S);
    screen.wait_until("the arrow does not seek", moved);
    screen.press("Space");
    screen.wait_until("it does not go on", |text| {
        clock_s(text).is_some_and(|now| now > held + ARROW_S)
    });

    screen.press("q");
    let after = screen.wait_for("ended with 0");
    assert!(after.contains("of audio"), "the summary is printed: {after}");
    screen.is_restored();
    let records = sandbox.records("call.jsonl");
    let kinds: Vec<&str> = records.iter().map(|r| r["record"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"mark") && kinds.contains(&"seek"), "{kinds:?}");
    let end = records.last().unwrap();
    assert_eq!((&end["record"], &end["reason"]), (&"end".into(), &"stopped".into()));
}

#[test]
fn a_replay_that_is_over_waits_for_the_person() {
    let sandbox = Sandbox::new().with_call();
    let screen = Screen::open(&sandbox);
    screen.start("replay call.wav --backend cpu --speed max --log call.jsonl");
    screen.wait_for("the replay is over");
    screen.press("q");
    screen.wait_for("ended with 0");
    screen.is_restored();
    let records = sandbox.records("call.jsonl");
    let end = records.last().unwrap();
    assert_eq!((&end["record"], &end["reason"]), (&"end".into(), &"finished".into()));
}

#[test]
fn a_terminal_that_is_too_small_is_told_and_recovers() {
    let sandbox = Sandbox::new().with_call();
    let screen = Screen::open(&sandbox);
    screen.start("replay call.wav --backend cpu --log call.jsonl");
    screen.wait_until("there is no clock", |text| clock_s(text).is_some());
    for (columns, rows) in [("10", "3"), ("1", "1"), ("200", "60"), ("80", "24")] {
        screen.tmux(&["resize-window", "-x", columns, "-y", rows]);
        sleep(WHILE / 3);
    }
    screen.wait_until("the screen does not recover", |text| clock_s(text).is_some());
    screen.press("q");
    screen.wait_for("ended with 0");
    screen.is_restored();
}

#[test]
fn a_failed_start_prints_on_a_normal_screen() {
    let sandbox = Sandbox::new().with_call();
    let screen = Screen::open(&sandbox);
    screen.start("replay none.wav --backend cpu");
    let after = screen.wait_for("ended with 1");
    assert!(after.contains("cannot open none.wav"), "{after}");
    screen.start("--backend cpu");
    let after = screen.wait_for("no sound system");
    assert!(!after.contains("ALSA lib"), "{after}");
    screen.is_restored();
}

#[test]
fn stopped_and_continued_it_has_its_screen_and_its_keys_again() {
    let sandbox = Sandbox::new().with_call();
    let screen = Screen::open(&sandbox);
    let pid = screen.start("replay call.wav --backend cpu --log call.jsonl");
    screen.wait_until("there is no clock", |text| clock_s(text).is_some());
    let stops: [&dyn Fn(); 3] = [
        &|| signal(pid, "TSTP"),
        &|| screen.press("C-z"),
        // Nothing can be given back then; the shell takes what it needs.
        &|| signal(pid, "STOP"),
    ];
    for (number, stop) in stops.into_iter().enumerate() {
        stop();
        if number < 2 {
            screen.wait_for("Stopped");
            screen.is_restored();
            screen.enter("clear");
        } else {
            screen.tmux(&["send-keys", "-R"]);
            wait_for("it does not stop", SOON, || is_stopped(pid).then_some(()));
        }
        screen.tmux(&["send-keys", "-l", "fg"]);
        // A terminal that was not given back is raw: there the key for a new line is no end of a line.
        screen.press("C-j");
        screen.wait_until("the picture is not whole", |text| {
            clock_s(text).is_some() && text.contains("q quit") && !text.contains("ready>")
        });
        let state = screen.tmux(&["display", "-p", "#{alternate_on} #{cursor_flag}"]);
        assert_eq!(state.trim(), "1 0", "its own screen, without a cursor");
        let mouse = screen.tmux(&["display", "-p", "#{mouse_standard_flag}"]);
        assert_eq!(mouse.trim(), "1", "clicks are told");
        screen.press("Space");
        screen.wait_for("paused");
        screen.press("Space");
        screen.wait_until("it stays paused", |text| !text.contains("paused"));
    }
    screen.press("q");
    wait_for("it does not end", SOON, || (!is_running(pid)).then_some(()));
    screen.is_restored();
}

/// Whether a process is stopped.
fn is_stopped(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    status.rsplit(')').next().is_some_and(|rest| rest.starts_with(" T"))
}
