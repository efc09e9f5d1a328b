//! What helps in the first minute: `doctor`, `config`, `completions` and `man`.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::sandbox::{PROGRAM, Sandbox, refuses};

/// The findings about a part.
fn of<'a>(findings: &'a Value, part: &str) -> Vec<&'a Value> {
    let all = findings.as_array().unwrap().iter();
    all.filter(|finding| finding["part"] == part).collect()
}

#[test]
fn the_doctor_names_each_part_with_a_verdict_and_what_to_do() {
    let sandbox = Sandbox::new();
    let json = sandbox.run(&["doctor", "--json"]).with_code(1).json();
    for part in ["config", "terminal", "model", "sound", "gpu", "logs"] {
        assert_eq!(of(&json, part).len(), 1, "{part}: {json}");
    }
    let verdict = |part: &str| of(&json, part)[0]["verdict"].as_str().unwrap().to_owned();
    assert_eq!((verdict("config").as_str(), verdict("model").as_str()), ("ok", "ok"), "{json}");
    assert_eq!((verdict("logs").as_str(), verdict("sound").as_str()), ("ok", "problem"), "{json}");
    assert_eq!(verdict("gpu"), "warning");
    assert!(of(&json, "sound")[0]["advice"].as_str().unwrap().contains("sound server"));
    let ended = sandbox.run(&["doctor"]).with_code(1);
    assert!(ended.stdout.contains("PROBLEM  sound "), "{ended:?}");
    assert!(ended.stderr.contains("there is a problem"), "{ended:?}");
    assert!(!sandbox.join("XDG_STATE_HOME").exists(), "nothing is left behind");

    sandbox.write("bad.toml", "[pipeline]\nhop = 250\n");
    let json = sandbox.run(&["doctor", "--json", "--config", "bad.toml"]).with_code(1).json();
    let config = of(&json, "config")[0];
    assert_eq!(config["verdict"], "problem");
    assert!(config["told"].as_str().unwrap().contains("did you mean 'hop_ms'"), "{config}");
}

/// A sound server that takes a connection and then says nothing.
#[cfg(unix)]
#[test]
fn the_doctor_ends_when_the_sound_server_hangs() {
    let sandbox = Sandbox::new();
    let socket = sandbox.join("pulse");
    let _server = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let mut command = sandbox.command(PROGRAM);
    command.args(["doctor", "--json"]).env("PULSE_SERVER", format!("unix:{}", socket.display()));
    let begun = Instant::now();
    let json = sandbox.finish(command.stdin(Stdio::null())).with_code(1).json();
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert_eq!(of(&json, "sound")[0]["verdict"], "problem", "{json}");
    assert_eq!(of(&json, "model")[0]["verdict"], "ok", "{json}");
}

#[test]
fn the_commented_defaults_are_a_valid_file_and_in_force_without_one() {
    let sandbox = Sandbox::new();
    let defaults = sandbox.run(&["config", "--print"]).with_code(0).stdout;
    assert_eq!(
        defaults,
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/config.toml"))
            .unwrap()
    );
    sandbox.write("mine.toml", &defaults);
    let checked = sandbox.run(&["config", "--check", "mine.toml"]).with_code(0).stdout;
    assert_eq!(checked, "mine.toml is valid\n");
    assert!(sandbox.run(&["config", "--check"]).with_code(0).stdout.contains("there is no file"));
    let in_force = sandbox.run(&["config"]).with_code(0).stdout;
    sandbox.write("again.toml", &in_force);
    let again = sandbox.run(&["config", "--config", "again.toml"]).with_code(0).stdout;
    assert_eq!(again, in_force);
    let json = sandbox.run(&["config", "--json"]).with_code(0).json();
    assert_eq!(json["pipeline"]["hop_ms"], 250);
    sandbox.write("bad.toml", "backend = \"cpu\"\n[alerts]\nenable = true\n");
    let told = ["bad.toml, line 3", "unknown setting 'enable'", "did you mean 'enabled'?"];
    refuses(&sandbox, &["config", "--check", "bad.toml"], &told);
    refuses(&sandbox, &["config", "--check", "gone.toml"], &["cannot read", "gone.toml"]);
    fs::create_dir_all(sandbox.join("XDG_CONFIG_HOME/undertone")).unwrap();
    sandbox.write("XDG_CONFIG_HOME/undertone/config.toml", "[pipeline]\nhop_ms = 500\n");
    let json = sandbox.run(&["config", "--json"]).with_code(0).json();
    assert_eq!(json["pipeline"]["hop_ms"], 500);
}

#[test]
fn a_shell_takes_the_completions_and_man_the_pages() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = sandbox.run(&["completions", shell]).with_code(0).stdout;
        assert!(script.contains("undertone") && script.contains("replay"), "{shell}");
    }
    let script = sandbox.run(&["completions", "bash"]).with_code(0).stdout;
    let complete = "COMP_WORDS=(undertone sess); COMP_CWORD=1; _undertone undertone sess undertone; \
                    echo ${COMPREPLY[@]}";
    sandbox.write("complete.sh", script + "\n" + complete);
    let completed = sandbox.finish(sandbox.command("bash").arg("complete.sh")).with_code(0).stdout;
    assert_eq!(completed.trim(), "sessions");
    sandbox.run(&["completions", "cmd"]).with_code(2);

    let page = sandbox.run(&["man"]).with_code(0).stdout;
    assert!(page.contains(".TH undertone 1") && page.contains("undertone\\-replay(1)"), "{page}");
    sandbox.run(&["man", "--dir", "man"]).with_code(0);
    assert_eq!(sandbox.read("man/undertone.1"), page);
    for name in ["undertone-replay.1", "undertone-sessions-verify.1"] {
        assert!(sandbox.read(&format!("man/{name}")).contains(".SH OPTIONS"), "{name}");
    }
    refuses(&sandbox, &["man", "--dir", "man"], &["undertone.1 exists already", "--force"]);
}
