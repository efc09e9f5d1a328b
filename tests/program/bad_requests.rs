//! Flags and settings that mean nothing: the message says what would.

use crate::sandbox::{PROGRAM, Sandbox, refuses, refuses_command};

/// The demo call without a screen, and these arguments, cannot work.
#[track_caller]
fn refuses_replay(sandbox: &Sandbox, arguments: &[&str], told: &[&str]) {
    refuses(sandbox, &[&["replay", "call.wav", "--headless"], arguments].concat(), told);
}

#[test]
fn speeds_that_are_none_are_refused() {
    let sandbox = Sandbox::new().with_call();
    for speed in ["0", "-1", "1000", "fast", "NaN", "inf"] {
        let flag = format!("--speed={speed}");
        refuses_replay(
            &sandbox,
            &[&flag],
            &[&format!("'{speed}' is no speed"), "0.1 to 100", "max"],
        );
    }
    refuses_replay(&sandbox, &["--block", "0"], &["at least one sample"]);
}

#[test]
fn times_that_are_none_are_refused() {
    let sandbox = Sandbox::new();
    let told = ["--seconds is ", "give a number of seconds"];
    for seconds in ["-1", "nan", "inf", "1e30"] {
        let flag = format!("--seconds={seconds}");
        refuses(&sandbox, &["--headless", "--backend", "cpu", &flag], &told);
    }
}

#[test]
fn backends_that_are_not_there_are_refused() {
    let sandbox = Sandbox::new().with_call();
    let told = ["'quantum' is no backend", "auto, gpu, cpu"];
    refuses_replay(&sandbox, &["--backend", "quantum"], &told);
    let told = ["no usable GPU", "--backend auto or --backend cpu"];
    refuses_replay(&sandbox, &["--backend", "gpu"], &told);
}

#[test]
fn without_a_gpu_auto_takes_the_cpu_and_says_so_in_the_log() {
    let sandbox = Sandbox::new().with_call();
    let arguments = ["replay", "call.wav", "--headless", "--backend", "auto", "--log", "a.jsonl"];
    sandbox.run(&arguments).with_code(0);
    let backend = sandbox.records("a.jsonl")[0]["backend"].clone();
    assert!(backend.as_str().unwrap().starts_with("CPU"), "{backend}");
}

#[test]
fn settings_that_are_none_are_refused_with_the_one_that_may_be_meant() {
    let sandbox = Sandbox::new().with_call();
    for (text, told) in [
        ("[pipeline]\nhop_sm = 250\n", ["odd.toml, line 2", "'hop_sm'", "'hop_ms'"]),
        ("bakend = \"cpu\"\n", ["odd.toml, line 1", "'bakend'", "'backend'"]),
        ("[pipeline]\nhop_ms = 0\n", ["hop_ms", "is 0", "must be from"]),
        ("backend = 3\n", ["odd.toml", "line 1", "wanted string"]),
        ("[pipeline\n", ["odd.toml", "line 1", ""]),
    ] {
        sandbox.write("odd.toml", text);
        refuses_replay(&sandbox, &["--backend", "cpu", "--config", "odd.toml"], &told);
    }
    let told = ["cannot read the configuration none.toml", "--config"];
    refuses_replay(&sandbox, &["--config", "none.toml"], &told);
}

#[test]
fn settings_in_the_usual_place_are_taken() {
    let sandbox = Sandbox::new().with_call();
    let folder = sandbox.join("XDG_CONFIG_HOME/undertone");
    std::fs::create_dir_all(&folder).unwrap();
    sandbox.write("XDG_CONFIG_HOME/undertone/config.toml", "[pipeline]\nhop_ms = 500\n");
    let arguments = ["replay", "call.wav", "--headless", "--backend", "cpu", "--log", "a.jsonl"];
    sandbox.run(&arguments).with_code(0);
    assert_eq!(sandbox.records("a.jsonl")[0]["settings"]["hop_ms"], 500);
}

#[test]
fn without_a_home_the_log_needs_a_place() {
    let sandbox = Sandbox::new().with_call();
    let mut command = sandbox.command(PROGRAM);
    command.args(["replay", "call.wav", "--headless", "--backend", "cpu"]);
    for name in ["HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
        command.env_remove(name);
    }
    refuses_command(&sandbox, &mut command, &["HOME is not set", "session.dir"]);
}

#[test]
fn a_recording_that_cannot_be_heard_is_refused() {
    let sandbox = Sandbox::new().with_call();
    let told = ["no sound system", "recordings can be replayed without one"];
    for flag in ["--listen", "--listen=headset"] {
        refuses(&sandbox, &["replay", "call.wav", flag], &told);
    }
    refuses(&sandbox, &["replay", ".", "--listen"], &["--listen plays one recording"]);
}
