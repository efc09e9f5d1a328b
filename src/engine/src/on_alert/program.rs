//! One run of a program: started without a shell, given its input, watched, and killed when it is late.

use anyhow::ensure;
use crossbeam_channel::{Receiver, bounded};
use record::plain_text::plain_line;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// How often it is looked after.
const LOOK: Duration = Duration::from_millis(20);

/// So long its last words are waited for when it has ended.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Characters of an error's first line that are told.
const MAX_LINE: usize = 200;

/// Bytes of it that are read.
const MAX_LINE_LEN: u64 = 4_096;

/// Helper threads that may be left over, because something that a program started still holds its input or its
/// errors open: two a run.
const MAX_HELPERS: usize = 8;

/// A program with its arguments.
#[derive(Debug)]
pub(super) struct Program {
    words: Vec<String>,
    /// One for each helper thread that runs, and one of our own.
    helpers: Arc<()>,
}

impl Program {
    /// A program that is there.
    pub(super) fn new(words: Vec<String>) -> anyhow::Result<Self> {
        let name = words.first().map_or("", String::as_str);
        ensure!(
            is_program(name),
            "cannot run '{}' for alerts: there is no such program; check --on-alert, or on_alert.command in the \
             configuration",
            plain_line(name, MAX_LINE)
        );
        Ok(Program { words, helpers: Arc::new(()) })
    }

    /// Runs it with this input until it ends, or is killed because `is_late` says so.
    pub(super) fn run(
        &self,
        input: String,
        mut is_late: impl FnMut() -> bool,
    ) -> Result<(), String> {
        if Arc::strong_count(&self.helpers) > MAX_HELPERS {
            return Err("not started: what earlier runs have started still runs".to_owned());
        }
        let mut child = self.start().map_err(|reason| format!("cannot be started: {reason}"))?;
        let complaint = self.attend(&mut child, input);
        let outcome = loop {
            match child.try_wait() {
                Ok(Some(status)) => break how_it_ended(status),
                Ok(None) if is_late() => {
                    kill(&mut child);
                    break Err("did not end in time and was killed".to_owned());
                }
                Ok(None) => thread::sleep(LOOK),
                Err(reason) => {
                    kill(&mut child);
                    break Err(format!("cannot be watched: {reason}"));
                }
            }
        };
        outcome.map_err(|what| match complaint.recv_timeout(LAST_WORDS) {
            Ok(line) if !line.is_empty() => format!("{what}: {line}"),
            _ => what,
        })
    }

    fn start(&self) -> io::Result<Child> {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        // A group of its own: the terminal's Ctrl-C does not reach it, and what it starts can be killed with it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn()
    }

    /// Writes its input, and reads the first line of its errors, without anybody waiting.
    fn attend(&self, child: &mut Child, input: String) -> Receiver<String> {
        let (tell, complaint) = bounded(1);
        if let Some(mut stdin) = child.stdin.take() {
            // Who does not read its input need not.
            self.help(move || drop(stdin.write_all(input.as_bytes())));
        }
        if let Some(stderr) = child.stderr.take() {
            self.help(move || {
                let mut errors = BufReader::new(stderr);
                let mut line = Vec::new();
                let _ = errors.by_ref().take(MAX_LINE_LEN).read_until(b'\n', &mut line);
                let line = String::from_utf8_lossy(&line);
                let _ = tell.try_send(plain_line(line.trim(), MAX_LINE));
                // It must not wait for somebody to read the rest.
                let _ = io::copy(&mut errors, &mut io::sink());
            });
        }
        complaint
    }

    /// Does something on a thread of its own; if there is none, it is not done.
    fn help(&self, work: impl FnOnce() + Send + 'static) {
        let counted = Arc::clone(&self.helpers);
        let _ = thread::Builder::new().name("alert pipe".into()).spawn(move || {
            work();
            drop(counted);
        });
    }
}

fn how_it_ended(status: ExitStatus) -> Result<(), String> {
    match status.code() {
        Some(0) => Ok(()),
        Some(code) => Err(format!("ended with exit code {code}")),
        None => Err("was ended by a signal".to_owned()),
    }
}

/// Kills it with what it has started, and takes its leave: no zombie stays.
fn kill(child: &mut Child) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Whether the system would find a program of this name.
fn is_program(name: &str) -> bool {
    if name.is_empty() {
        return false;
    }
    // Elsewhere the name's ending may be left out, and only a try tells.
    if !cfg!(unix) {
        return true;
    }
    if name.contains('/') {
        return is_executable(Path::new(name));
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| is_executable(&folder.join(name)))
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}
