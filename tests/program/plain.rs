//! Lines instead of a screen: through a pipe, with commands typed into another one.

use crate::sandbox::{DEMO_CALL, PROGRAM, Running, Sandbox, wait_for};
use crate::screen::Screen;
use crate::sound;
use ::sound::recording::{Channel, decode};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

const LIMIT: Duration = Duration::from_mins(1);

const REPLAY: [&str; 7] =
    ["replay", "call.wav", "--plain", "--backend", "cpu", "--log", "call.jsonl"];

/// The program with a pipe at both ends.
struct Piped {
    running: Running,
    typed: Option<ChildStdin>,
    lines: BufReader<ChildStdout>,
}

impl Piped {
    fn start(sandbox: &Sandbox, arguments: &[&str]) -> Self {
        let mut command: Command = sandbox.command(PROGRAM);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut running = Running(command.stderr(Stdio::piped()).spawn().unwrap());
        let typed = running.0.stdin.take();
        let lines = BufReader::new(running.0.stdout.take().unwrap());
        Piped { running, typed, lines }
    }

    fn types(&mut self, line: &str) {
        writeln!(self.typed.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Reads on until a line has this.
    #[track_caller]
    fn wait_for(&mut self, text: &str) -> String {
        let mut all = String::new();
        loop {
            let mut line = String::new();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "no '{text}' in:\n{all}");
            if line.contains(text) {
                return line.trim_end().to_owned();
            }
            all += &line;
        }
    }

    /// The exit code, and what was told of errors.
    fn end(mut self) -> (Option<i32>, String) {
        let status = wait_for("it runs on", LIMIT, || self.running.0.try_wait().unwrap());
        let mut message = String::new();
        let mut stderr = self.running.0.stderr.take().unwrap();
        std::io::Read::read_to_string(&mut stderr, &mut message).unwrap();
        (status.code(), message)
    }
}

#[track_caller]
fn log_ended(sandbox: &Sandbox, reason: &str) {
    let records = sandbox.records("call.jsonl");
    let end = records.last().unwrap();
    assert_eq!((&end["record"], &end["reason"]), (&"end".into(), &reason.into()), "{end}");
}

/// What of the lines no model says.
fn structure(lines: &str) -> String {
    let is_of_model = |line: &&str| {
        let parts = ["certain", "ALERT", "alerts: ", "episodes: ", "computed by", " readings, "];
        parts.iter().any(|part| line.contains(part))
    };
    lines.lines().filter(|line| !is_of_model(line)).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_replayed_call_is_the_same_lines_every_time_and_none_steers_a_terminal() {
    // A caller who stops to speak: that is told whatever the model says.
    let sandbox = Sandbox::new();
    let call = decode(Path::new(DEMO_CALL), Channel::Mix).unwrap();
    let seconds = |n: usize| n * usize::try_from(call.sample_rate_hz).unwrap();
    let samples = [&call.samples[..seconds(20)], &vec![0.0; seconds(10)]].concat();
    sound::write(&sandbox.join("call.wav"), call.sample_rate_hz, 1, &samples);
    let run = || {
        let ended = sandbox.run(&[&REPLAY[..], &["--speed", "max", "--force"]].concat());
        assert!(ended.stderr.is_empty(), "{ended:?}");
        ended.with_code(0).stdout
    };
    let lines = run();
    assert!(!lines.contains('\u{1b}') && !lines.contains('\r'), "{lines:?}");
    for line in lines.lines() {
        let (time, rest) = line.split_once(' ').unwrap();
        assert!(time.len() == 8 && time.starts_with("00:00:"), "{line}");
        assert!(rest.starts_with("call: ") || rest.starts_with("undertone: "), "{line}");
    }
    assert_eq!(run(), lines);
    insta::assert_snapshot!(structure(&lines), @"
    00:00:00 undertone: ? lists commands
    00:00:00 call: call begins, log: call.jsonl
    00:00:23 call: no speech
    00:00:27 undertone: the input sends digital silence: nothing is played or plugged in there, or it is muted elsewhere
    00:00:30 undertone: the recording is over
    00:00:30 call: call ends
    00:00:30 call: log: call.jsonl
    ");
    log_ended(&sandbox, "finished");
}

#[test]
fn what_is_typed_is_done_and_the_end_of_it_ends_nothing() {
    let sandbox = Sandbox::new().with_call();
    let mut piped = Piped::start(&sandbox, &[&REPLAY[..], &["--speed", "8"]].concat());
    piped.wait_for(" call: call begins, log: call.jsonl");
    piped.types("m speaks of Kölle");
    assert!(piped.wait_for(" call: mark").ends_with(" call: mark: speaks of Kölle"));
    piped.types("what");
    piped.wait_for("undertone: 'what' is no command; ? lists them");
    piped.types("pause");
    piped.wait_for("undertone: paused");
    piped.types("space");
    piped.wait_for("undertone: goes on");
    drop(piped.typed.take());
    piped.wait_for("undertone: the recording is over");
    piped.wait_for(" call: marks: ");
    assert_eq!(piped.end(), (Some(0), String::new()));
    log_ended(&sandbox, "finished");
    let records = sandbox.records("call.jsonl");
    let mark = records.iter().find(|record| record["record"] == "mark").unwrap();
    assert_eq!(mark["text"], "speaks of Kölle");
}

#[test]
fn quit_ends_it_and_the_log() {
    let sandbox = Sandbox::new().with_call();
    let mut piped = Piped::start(&sandbox, &REPLAY);
    piped.wait_for("call begins");
    piped.types("q");
    piped.wait_for(" call: call ends");
    piped.wait_for(" call: log: call.jsonl");
    assert_eq!(piped.end(), (Some(0), String::new()));
    log_ended(&sandbox, "stopped");
}

#[test]
fn a_reader_that_goes_away_ends_it_and_the_log() {
    let sandbox = Sandbox::new().with_call();
    let script = format!("{PROGRAM} {} --speed 20 </dev/null | head -n 4", REPLAY.join(" "));
    let ended = sandbox.finish(sandbox.command("sh").args(["-c", &script])).with_code(0);
    assert_eq!(ended.stdout.lines().count(), 4, "{ended:?}");
    assert!(ended.stderr.is_empty(), "{ended:?}");
    // The shell waits for the last of a pipe only.
    wait_for("the log does not end", LIMIT, || {
        sandbox.read("call.jsonl").contains("\"record\":\"end\"").then_some(())
    });
    log_ended(&sandbox, "stopped");
}

#[test]
fn errors_go_to_standard_error() {
    let sandbox = Sandbox::new();
    let ended = sandbox.run(&REPLAY).with_code(1);
    assert!(ended.stdout.is_empty() && ended.stderr.contains("call.wav"), "{ended:?}");
    for other in ["--headless", "--compact"] {
        sandbox.run(&[&REPLAY[..], &[other]].concat()).with_code(2);
    }
}

#[test]
fn in_a_terminal_it_is_lines_as_well() {
    let sandbox = Sandbox::new().with_call();
    sandbox.write("config.toml", "[screen]\nplain = true\n");
    let screen = Screen::open(&sandbox);
    screen.start("replay call.wav --backend cpu --config config.toml --log call.jsonl");
    screen.wait_for("call: call begins");
    let state = screen.tmux(&["display", "-p", "#{alternate_on} #{cursor_flag}"]);
    assert_eq!(state.trim(), "0 1", "the shell's own screen, with a cursor");
    screen.enter("m");
    screen.wait_for("call: mark");
    screen.enter("q");
    screen.wait_for("ended with 0");
    log_ended(&sandbox, "stopped");
}

#[test]
fn a_terminal_that_can_only_print_gets_lines_by_itself() {
    let sandbox = Sandbox::new().with_call();
    let lines = |kind: &str, how: &[&str]| {
        let replay = ["replay", "call.wav", "--speed", "max", "--backend", "cpu", "--no-log"];
        let mut command = sandbox.command(PROGRAM);
        sandbox.finish(command.env("TERM", kind).args(replay).args(how)).with_code(0).stdout
    };
    let by_itself = lines("dumb", &[]);
    assert!(!by_itself.contains('\u{1b}') && by_itself.lines().count() > 10, "{by_itself}");
    assert_eq!(by_itself, lines("xterm", &["--plain"]));
    assert_ne!(by_itself, lines("dumb", &["--headless"]));
}
