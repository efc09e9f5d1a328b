//! A home of its own for one run of the program, and a limit on how long the run may take.
//!
//! In: arguments. Out: what the program printed, and how it ended. Keeps a temporary folder, which is the
//! working directory, the home and the place of settings and logs, and which goes with the test.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_undertone");

/// The bundled call: a synthetic voice.
pub const DEMO_CALL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/demo-call.wav");

/// Longer than any command here takes on a loaded machine; what takes longer hangs.
const LIMIT: Duration = Duration::from_mins(1);

/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(10);

/// An empty home.
pub struct Sandbox {
    folder: TempDir,
    /// Beside the home, so that what is printed is no file in it.
    printed: TempDir,
}

impl Sandbox {
    pub fn new() -> Self {
        Sandbox { folder: tempfile::tempdir().unwrap(), printed: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A file or folder in the home.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.join(name), content).unwrap();
    }

    /// Copies the demo call into the home as `call.wav`.
    pub fn with_call(self) -> Self {
        fs::copy(DEMO_CALL, self.join("call.wav")).unwrap();
        self
    }

    /// A command that sees this home and neither a sound system nor a graphics card.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path()).stdin(Stdio::null());
        for name in ["HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
            let folder = if name == "HOME" { self.path().to_owned() } else { self.join(name) };
            command.env(name, folder);
        }
        for name in ["VK_ICD_FILENAMES", "VK_DRIVER_FILES", "ALSA_CONFIG_PATH"] {
            command.env(name, "/nonexistent");
        }
        command.env("PULSE_SERVER", "unix:/nonexistent").env("PULSE_CLIENTCONFIG", "/dev/null");
        for name in ["XDG_RUNTIME_DIR", "PULSE_RUNTIME_PATH", "TMUX", "NO_COLOR", "COLORTERM"] {
            command.env_remove(name);
        }
        // Whatever the tests themselves run in.
        command.env("TERM", "xterm");
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.finish(self.command(PROGRAM).args(arguments))
    }

    /// Runs any command of [`Sandbox::command`] to its end.
    pub fn finish(&self, command: &mut Command) -> Ended {
        let [stdout, stderr] = ["stdout", "stderr"].map(|name| self.printed.path().join(name));
        command.stdout(File::create(&stdout).unwrap()).stderr(File::create(&stderr).unwrap());
        let mut running = Running(command.spawn().unwrap());
        let what = format!("{command:?} does not end");
        let code = wait_for(&what, LIMIT, || running.0.try_wait().unwrap()).code();
        let text = |path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        Ended { code, stdout: text(stdout), stderr: text(stderr) }
    }

    /// Everything in the home, with sizes: to see whether a run left something behind.
    pub fn listing(&self) -> Vec<(PathBuf, u64)> {
        let mut found = Vec::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let entry = entry.unwrap();
                let is_folder = entry.file_type().unwrap().is_dir();
                found.push((
                    entry.path(),
                    if is_folder { 0 } else { entry.metadata().unwrap().len() },
                ));
                if is_folder {
                    folders.push(entry.path());
                }
            }
        }
        found.sort();
        found
    }

    /// The records of a log, its header first.
    ///
    /// Without their checksums, which depend on the header, and that on the clock.
    pub fn records(&self, log: &str) -> Vec<Value> {
        let parse = |line: &str| {
            let mut record: Value =
                serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
            record.as_object_mut().unwrap().remove("chain");
            record
        };
        self.read(log).lines().map(parse).collect()
    }
}

/// The records of a log without their checksums, which depend on the header, and that on the clock.
pub fn unchained(log: &str) -> Vec<String> {
    let own = |line: &str| line.rsplit_once(",\"chain\":").unwrap().0.to_owned() + "}";
    log.lines().skip(1).map(own).collect()
}

/// How a run ended; no code when a signal ended it.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// It ended with this code, and without a panic.
    #[track_caller]
    pub fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(!self.stderr.contains("panicked"), "{self:?}");
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A process that does not outlive its test.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until `found` gives something; fails when that takes too long.
#[track_caller]
pub fn wait_for<T>(what: &str, limit: Duration, mut found: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(begun.elapsed() < limit, "{what} after {limit:?}");
        sleep(POLL);
    }
}

/// Runs the program with arguments that cannot work: it must fail, say all of `told`, and leave nothing behind.
#[track_caller]
pub fn refuses(sandbox: &Sandbox, arguments: &[&str], told: &[&str]) {
    refuses_command(sandbox, sandbox.command(PROGRAM).args(arguments), told);
}

/// The same of a command that was made by hand.
#[track_caller]
pub fn refuses_command(sandbox: &Sandbox, command: &mut Command, told: &[&str]) {
    let before = sandbox.listing();
    let ended = sandbox.finish(command).with_code(1);
    let message = &ended.stderr;
    assert!(message.starts_with("undertone: "), "{ended:?}");
    assert!(message.lines().count() == 1, "one line is enough: {message}");
    for part in told {
        assert!(message.contains(part), "'{part}' is missing: {message}");
    }
    assert_eq!(ended.stdout, "");
    assert_eq!(sandbox.listing(), before, "something was left behind");
}
