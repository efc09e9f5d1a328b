//! Standard input, pipes, files that grow, and a file for each side.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use super::headers::{Wav, pcm16};
use super::sandbox::{PROGRAM, Running, Sandbox, refuses};
use super::{DEMO_CALL, arguments, fixture, outcome, voice};

#[test]
fn standard_input_is_read_with_a_header_and_without() {
    let pcm = pcm16(&voice(10.0));
    let unknown = Wav { data_len: Some(u32::MAX), ..Wav::new(1, 1, 8000, 16, pcm.clone()) };
    for (bytes, more) in [
        (fs::read(DEMO_CALL).unwrap(), &[][..]),
        (unknown.bytes(), &[]),
        (fixture("sweep-opus.webm"), &[]),
        (pcm, &["--raw", "sln"]),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("input", &bytes);
        let mut command = sandbox.command("sh");
        let line = format!("cat input | exec {PROGRAM} {} -", arguments(more).join(" "));
        let replayed = outcome(&sandbox, sandbox.finish(command.args(["-c", &line])));
        assert!(replayed.code == 0 && replayed.end_s > 3.9, "{}", replayed.told);
        assert_eq!(sandbox.records("log.jsonl")[0]["callers"][0]["label"], "standard input");
    }
}

#[test]
fn a_pipe_is_read_while_it_is_written() {
    let sandbox = Sandbox::new();
    assert!(Command::new("mkfifo").arg(sandbox.join("pipe")).status().unwrap().success());
    let mut command = sandbox.command(PROGRAM);
    command.args(arguments(&["pipe"])).stdout(Stdio::null()).stderr(Stdio::null());
    let mut running = Running(command.spawn().unwrap());
    let mut pipe = OpenOptions::new().write(true).open(sandbox.join("pipe")).unwrap();
    pipe.write_all(&Wav { data_len: Some(0), ..Wav::new(1, 1, 8000, 16, vec![]) }.bytes()).unwrap();
    let is_read = || {
        let log = fs::read_to_string(sandbox.join("log.jsonl")).unwrap_or_default();
        log.contains("\"record\":\"reading\"")
    };
    // Readings come before the pipe is closed.
    for piece in pcm16(&voice(20.0)).chunks(8_000) {
        pipe.write_all(piece).unwrap();
    }
    super::sandbox::wait_for("a reading", Duration::from_secs(20), || is_read().then_some(()));
    drop(pipe);
    let code = super::sandbox::wait_for("the end", Duration::from_secs(20), || {
        running.0.try_wait().unwrap()
    });
    assert_eq!(code.code(), Some(0));
}

#[test]
fn a_growing_file_is_followed() {
    let sandbox = Sandbox::new();
    let pcm = pcm16(&voice(20.0));
    let (first, rest) = pcm.split_at(80_000);
    sandbox.write("call.wav", Wav::new(1, 1, 8000, 16, first.to_vec()).bytes());
    let writer = {
        let (path, rest) = (sandbox.join("call.wav"), rest.to_vec());
        thread::spawn(move || {
            for piece in rest.chunks(60_000) {
                thread::sleep(Duration::from_millis(150));
                OpenOptions::new().append(true).open(&path).unwrap().write_all(piece).unwrap();
            }
        })
    };
    let ended = sandbox.run(&arguments(&["call.wav", "--follow=2"]));
    writer.join().unwrap();
    let replayed = outcome(&sandbox, ended);
    assert!(replayed.code == 0 && (replayed.end_s - 20.0).abs() < 0.1, "{}", replayed.told);
}

#[test]
fn each_side_may_have_a_file_of_its_own_with_an_offset() {
    let sandbox = Sandbox::new();
    let silence = Wav::new(1, 1, 16_000, 16, vec![0; 2 * 16_000 * 40]);
    sandbox.write("in.wav", silence.bytes());
    fs::copy(DEMO_CALL, sandbox.join("out.wav")).unwrap();
    let speaks_at = |more: &[&'static str]| {
        let sides = ["--caller", "Anna=in.wav", "--operator", "out.wav"];
        sandbox.run(&arguments(&[&sides[..], more].concat())).with_code(0);
        let records = sandbox.records("log.jsonl");
        assert_eq!(records[0]["callers"][0]["label"], "Anna");
        assert!(records[0]["operator"].as_str().unwrap().contains("out.wav"), "{}", records[0]);
        let first = records.iter().find(|record| record["record"] == "operator").unwrap();
        first["t"].as_f64().unwrap()
    };
    let at_once = speaks_at(&[]);
    let later = speaks_at(&["--operator-offset", "5"]) - at_once;
    let earlier = at_once - speaks_at(&["--operator-offset", "-1"]);
    assert!((later - 5.0).abs() < 0.2 && (earlier - 1.0).abs() < 0.2, "{later}, {earlier}");
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    let sandbox = Sandbox::new().with_call();
    let replay = |more: &[&'static str]| arguments(more);
    refuses(&sandbox, &replay(&["--caller", "right"]), &["a file for each caller"]);
    let twice = ["--caller", "call.wav", "--operator", "call.wav"];
    refuses(&sandbox, &replay(&twice), &["give each a channel of its own"]);
    let offset = ["call.wav", "--caller", "left", "--operator", "right", "--operator-offset", "1"];
    refuses(&sandbox, &replay(&offset), &["--operator-offset is for an operator's file"]);
    let input = ["-", "--caller", "left", "--operator", "right"];
    refuses(&sandbox, &replay(&input), &["can be read once only"]);
    sandbox.run(&replay(&["call.wav", "--raw", "mp3"])).with_code(2);
}
