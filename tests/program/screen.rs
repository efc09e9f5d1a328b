//! A terminal of 80 columns and 24 rows (tmux), with a shell in it.
//!
//! In: what is typed. Out: what is on the screen, and the state of the terminal. Keeps a tmux server of its
//! own, which ends with the test.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::sandbox::{PROGRAM, Sandbox, wait_for};

/// Time for the model to load and for a picture to be drawn, on a loaded machine.
pub const SOON: Duration = Duration::from_secs(30);

/// Between two looks at the screen.
const LOOK: Duration = Duration::from_millis(50);

/// What the shell prints when it waits for a command.
const PROMPT: &str = "ready>";

pub struct Screen<'a> {
    sandbox: &'a Sandbox,
}

impl<'a> Screen<'a> {
    /// Starts the terminal and waits for its shell.
    pub fn open(sandbox: &'a Sandbox) -> Self {
        let found = Command::new("tmux").arg("-V").stdout(Stdio::null()).status();
        assert!(found.is_ok(), "tmux is missing: `make test` installs it");
        let screen = Screen { sandbox };
        let size = ["-x", "80", "-y", "24"];
        screen.tmux(&[&["new-session", "-d"], &size[..], &["sh"]].concat());
        // In two pieces, so that what is typed is not taken for the prompt.
        screen.enter("PS1='ready''> '");
        screen.wait_for(PROMPT);
        screen
    }

    fn command(&self, arguments: &[&str]) -> Output {
        let mut command = self.sandbox.command("tmux");
        // A short name: the path of a socket has at most 107 bytes.
        command.env("LC_ALL", "C.UTF-8").env("TERM", "xterm");
        command.args(["-u", "-f", "/dev/null", "-S", "tmux.sock"]).args(arguments);
        command.output().unwrap()
    }

    /// A command of tmux that must succeed; what it prints.
    pub fn tmux(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments);
        assert!(output.status.success(), "tmux {arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The text on the screen.
    pub fn text(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// Presses a key, as tmux calls it: `q`, `Space`, `Right`, `Enter`.
    pub fn press(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    /// Types a line to the shell.
    pub fn enter(&self, line: &str) {
        self.tmux(&["send-keys", "-l", line]);
        self.press("Enter");
    }

    /// Waits until the text is on the screen; the whole screen.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> String {
        self.wait_until(&format!("'{text}' is not on the screen"), |screen| screen.contains(text))
    }

    #[track_caller]
    pub fn wait_until(&self, what: &str, is_so: impl Fn(&str) -> bool) -> String {
        let mut last = String::new();
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wait_for(what, SOON, || {
                last = self.text();
                sleep(LOOK);
                is_so(&last).then(|| last.clone())
            })
        }));
        found.unwrap_or_else(|_| panic!("{what}; it shows:\n{last}"))
    }

    /// Starts the program with these arguments from the shell and gives its process.
    ///
    /// When it ends, the shell prints `ended with CODE`.
    pub fn start(&self, arguments: &str) -> u32 {
        self.start_as("", arguments)
    }

    /// As [`Screen::start`], with a word before the program, as `setsid`.
    pub fn start_as(&self, before: &str, arguments: &str) -> u32 {
        let script = format!("echo $$ > pid.new; mv pid.new pid; exec {PROGRAM} {arguments}");
        self.enter(&format!("{before} sh -c '{script}'; echo ended with $?"));
        let pid = self.sandbox.join("pid");
        wait_for("the program does not start", SOON, || {
            std::fs::read_to_string(&pid).ok()?.trim().parse().ok()
        })
    }

    /// The terminal is as it was before: the shell's screen, a cursor, and lines with echo.
    #[track_caller]
    pub fn is_restored(&self) {
        let state = self.tmux(&["display", "-p", "#{alternate_on} #{cursor_flag} #{pane_in_mode}"]);
        assert_eq!(state.trim(), "0 1 0", "alternate screen, cursor, tmux's own mode");
        self.enter("stty -a > stty.new; mv stty.new stty");
        let stty = self.sandbox.join("stty");
        let modes =
            wait_for("the shell does not answer", SOON, || std::fs::read_to_string(&stty).ok());
        for mode in ["icanon", "echo", "isig", "icrnl", "opost"] {
            assert!(modes.split_whitespace().any(|word| word == mode), "{mode} is off: {modes}");
        }
    }
}

impl Drop for Screen<'_> {
    fn drop(&mut self) {
        self.command(&["kill-server"]);
        // A program that outlives its terminal fails its test; it must not outlive the test, too.
        let pid = std::fs::read_to_string(self.sandbox.join("pid")).unwrap_or_default();
        let home = std::fs::read_link(format!("/proc/{}/cwd", pid.trim()));
        if home.is_ok_and(|home| home == self.sandbox.path()) {
            let _ = Command::new("kill").arg("-KILL").arg(pid.trim()).status();
        }
    }
}

/// Whether the process runs, or at least waits to be collected by a parent that will not come.
pub fn is_running(pid: u32) -> bool {
    let status = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
    // After the name in brackets comes the state; Z has ended.
    status.is_ok_and(|text| !text.rsplit(')').next().is_some_and(|rest| rest.starts_with(" Z")))
}

/// Sends a signal by its name, as `TERM`.
pub fn signal(pid: u32, name: &str) {
    let kill = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status();
    assert!(kill.unwrap().success(), "cannot signal {pid}");
}
