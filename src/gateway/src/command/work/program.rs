//! The desktop program as a child process: a recording that breaks a decoder ends the child, and nothing else.
//!
//! In: recordings, arguments. Out: what `undertone replay` says of each, and logs in a folder. Keeps nothing. The child runs in
//! the shared folder and is given paths below it: so its logs name the same files on all machines.

use fleet::job::Reader;
use record::session::SessionReader;
use record::session::record::Header;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

/// How often it is seen whether the child has ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How long a program may be written to before it is started: an upgrade of it takes no longer.
const LONGEST_WRITING: Duration = Duration::from_secs(5);
/// What the child prints.
const REPORT: &str = "report";
const WORDS: &str = "words";
/// A recording of silence, to see what a log says.
const SILENCE: &str = "silence.wav";
const SILENCE_LOG: &str = "silence.wav.jsonl";
/// Any channel may be asked for.
const SILENCE_CHANNELS: u16 = 8;
const SILENCE_HZ: u32 = 8_000;
const SILENCE_BYTES: u32 = 2 * SILENCE_CHANNELS as u32 * SILENCE_HZ / 10;

/// What is wrong with this machine: no recording fares better on it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Trouble(pub String);

/// The program, and where it runs.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its file.
    pub file: PathBuf,
    /// The folder that all machines share.
    pub root: PathBuf,
}

/// What the program says of recordings.
#[derive(Debug, Default, Deserialize)]
pub struct Report {
    /// They have no log, or not to its end.
    pub failed: Vec<Reason>,
    /// Something is missing in them.
    pub incomplete: Vec<Reason>,
    /// So many were read to the end.
    pub replayed: u64,
}

/// What is wrong with a recording.
#[derive(Debug, Deserialize)]
pub struct Reason {
    /// As it was named.
    pub recording: String,
    /// Why.
    pub reason: String,
}

/// How the program ended.
#[derive(Debug)]
pub enum Ended {
    /// It says what became of each.
    Told(Report),
    /// It does not do what it is asked for, and says why.
    Refused(String),
    /// It died, and of what.
    Died(String),
    /// It was stopped.
    Stopped,
}

/// What logs say that are made with certain arguments.
#[derive(Clone, Debug)]
pub struct Known {
    /// In short.
    pub reader: Reader,
    /// The header.
    pub header: Header,
    /// Which channels are heard.
    pub heard: String,
}

impl Program {
    /// Reads recordings, named below the shared folder, into logs in this folder.
    ///
    /// # Errors
    /// The program cannot be started, or this machine cannot be used.
    pub fn replay(
        &self,
        args: &[String],
        recordings: &[&str],
        logs: &Path,
        stop: &AtomicBool,
    ) -> Result<Ended, Trouble> {
        let output = |name: &str| {
            File::create(logs.join(name)).map_err(|reason| {
                Trouble(format!("cannot write into {}: {reason}", logs.display()))
            })
        };
        let mut command = Command::new(&self.file);
        command
            .args(["replay", "--headless", "--json", "--jobs", "1", "--log-dir"])
            .arg(logs)
            .args(args)
            .arg("--")
            .args(recordings)
            .current_dir(&self.root)
            .stdin(Stdio::null())
            .stdout(output(REPORT)?)
            .stderr(output(WORDS)?);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let started = started(&mut command, stop).map_err(|reason| {
            Trouble(format!(
                "the program {} cannot be started in {}: {reason}; name it with --program",
                self.file.display(),
                self.root.display()
            ))
        })?;
        let Some(mut child) = started else { return Ok(Ended::Stopped) };
        let Some(status) =
            waited(&mut child, stop).map_err(|reason| Trouble(reason.to_string()))?
        else {
            return Ok(Ended::Stopped);
        };
        let text = |name: &str| {
            let bytes = fs::read(logs.join(name)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).trim().to_owned()
        };
        if let Some(cause) = death(status) {
            return Ok(Ended::Died(cause));
        }
        let words = text(WORDS);
        let report = serde_json::from_str::<Report>(&text(REPORT));
        let reasons = report.iter().flat_map(|report| &report.failed).map(|it| it.reason.as_str());
        if let Some(reason) = reasons.chain([words.as_str()]).find(|text| is_of_machine(text)) {
            return Err(Trouble(reason.to_owned()));
        }
        Ok(match report {
            Ok(report) => Ended::Told(report),
            Err(_) => Ended::Refused(words.trim_start_matches("undertone: ").to_owned()),
        })
    }

    /// What logs say that are made with these arguments: of a moment of silence.
    ///
    /// # Errors
    /// This machine cannot be used. A sentence within: the program refuses these arguments.
    pub fn known(
        &self,
        args: &[String],
        folder: &Path,
        stop: &AtomicBool,
    ) -> Result<Result<Known, String>, Trouble> {
        let failed = |reason: &dyn std::fmt::Display| {
            Trouble(format!("cannot write into {}: {reason}", folder.display()))
        };
        let silence = folder.join(SILENCE);
        fs::write(&silence, silent_wav()).map_err(|reason| failed(&reason))?;
        let silence = silence.canonicalize().map_err(|reason| failed(&reason))?;
        let silence = silence.to_string_lossy().into_owned();
        let report = match self.replay(args, &[&silence], folder, stop)? {
            Ended::Told(report) => report,
            Ended::Refused(words) => return Ok(Err(words)),
            Ended::Died(cause) => {
                let file = self.file.display();
                return Err(Trouble(format!("the program {file} died of silence: {cause}")));
            }
            Ended::Stopped => return Ok(Err("stopped".to_owned())),
        };
        if let Some(failed) = report.failed.first() {
            return Ok(Err(failed.reason.clone()));
        }
        let log = folder.join(SILENCE_LOG);
        let header = match SessionReader::open(&log) {
            Ok(reader) if report.replayed == 1 => reader.header().clone(),
            Ok(_) => {
                return Ok(Err("arguments of a replay name no recordings of their own".to_owned()));
            }
            Err(error) => return Ok(Err(error.to_string())),
        };
        fs::remove_file(&log).map_err(|reason| failed(&reason))?;
        Ok(known(header))
    }
}

fn known(header: Header) -> Result<Known, String> {
    let Some(entry) = &header.recording else {
        return Err("this version of undertone names no recordings in its logs".to_owned());
    };
    let heard = entry.heard.clone();
    let language = &header.model.language;
    let all = (&header.settings, &header.alerts, &header.calls, language, &heard);
    let text = serde_json::to_vec(&all).map_err(|error| error.to_string())?;
    let reader = Reader {
        undertone: header.undertone.clone(),
        model: header.model.name.clone(),
        model_sha256: header.model.sha256.clone(),
        settings_sha256: format!("{:x}", Sha256::digest(text)),
    };
    Ok(Known { reader, header, heard })
}

/// Starts a program, and waits where somebody is still writing its file ("Text file busy", execve(2)); none when it was
/// stopped.
fn started(command: &mut Command, stop: &AtomicBool) -> io::Result<Option<Child>> {
    let mut waited = Duration::ZERO;
    loop {
        match command.spawn() {
            Err(error)
                if error.kind() == io::ErrorKind::ExecutableFileBusy
                    && waited < LONGEST_WRITING =>
            {
                if stop.load(Ordering::Relaxed) {
                    return Ok(None);
                }
                sleep(LOOK_EVERY);
                waited += LOOK_EVERY;
            }
            result => return result.map(Some),
        }
    }
}

/// None when it was stopped.
fn waited(child: &mut Child, stop: &AtomicBool) -> io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if stop.load(Ordering::Relaxed) {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        sleep(LOOK_EVERY);
    }
}

/// What a process died of, if it did.
fn death(status: ExitStatus) -> Option<String> {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return Some(format!("signal {signal}"));
    }
    match status.code() {
        // What Rust's programs end with that panic.
        Some(101) => Some("a panic".to_owned()),
        Some(0..=3) => None,
        Some(code) => Some(format!("exit code {code}")),
        None => Some("an unknown cause".to_owned()),
    }
}

/// Whether this is about the machine, and not about a recording.
fn is_of_machine(reason: &str) -> bool {
    [
        "the log is incomplete: ",
        "No space left on device",
        "Disk quota exceeded",
        "Read-only file system",
        "File too large",
    ]
    .iter()
    .any(|words| reason.contains(words))
}

fn silent_wav() -> Vec<u8> {
    let frame = 2 * SILENCE_CHANNELS;
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + SILENCE_BYTES).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0");
    wav.extend(SILENCE_CHANNELS.to_le_bytes());
    wav.extend(SILENCE_HZ.to_le_bytes());
    wav.extend((SILENCE_HZ * u32::from(frame)).to_le_bytes());
    wav.extend(frame.to_le_bytes());
    wav.extend(b"\x10\0data");
    wav.extend(SILENCE_BYTES.to_le_bytes());
    wav.resize(wav.len() + SILENCE_BYTES as usize, 0);
    wav
}

/// The program that was named, or the one beside this program.
#[must_use]
pub fn found(named: Option<&Path>) -> PathBuf {
    let beside = || std::env::current_exe().ok().map(|own| own.with_file_name("undertone"));
    named.map(Path::to_owned).or_else(beside).unwrap_or_else(|| PathBuf::from("undertone"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// A program that is a shell script.
    fn program(folder: &Path, script: &str) -> Program {
        let file = folder.join("program");
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        Program { file, root: folder.to_owned() }
    }

    fn ended(script: &str) -> Result<Ended, Trouble> {
        let folder = tempfile::tempdir().unwrap();
        let program = program(folder.path(), script);
        program.replay(&[], &["a.wav"], folder.path(), &AtomicBool::new(false))
    }

    #[test]
    fn how_the_program_ended_is_told_apart() {
        let told = r#"echo '{"failed":[{"recording":"a.wav","reason":"it is empty"}],"incomplete":[],"replayed":0,"left":0}'; exit 3"#;
        let told = ended(told);
        let reason = |report: &Report| report.failed[0].reason == "it is empty";
        assert!(matches!(&told, Ok(Ended::Told(report)) if reason(report)), "{told:?}");
        let killed = ended("kill -9 $$");
        assert!(matches!(&killed, Ok(Ended::Died(cause)) if cause == "signal 9"), "{killed:?}");
        let panicked = ended("exit 101");
        assert!(matches!(&panicked, Ok(Ended::Died(cause)) if cause == "a panic"), "{panicked:?}");
        let refused = ended("echo 'undertone: no such model' >&2; exit 1");
        assert!(
            matches!(&refused, Ok(Ended::Refused(words)) if words == "no such model"),
            "{refused:?}"
        );
        let full = ended("echo 'undertone: cannot make it: No space left on device' >&2; exit 1");
        assert!(full.unwrap_err().to_string().contains("No space left"));
        let missing = Program { file: "/nowhere/undertone".into(), root: "/".into() };
        let folder = tempfile::tempdir().unwrap();
        let missing = missing.replay(&[], &[], folder.path(), &AtomicBool::new(false));
        assert!(missing.unwrap_err().to_string().contains("--program"));
    }

    #[test]
    fn a_program_that_is_still_being_written_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let program = program(folder.path(), "kill -9 $$");
        let writer = fs::OpenOptions::new().append(true).open(&program.file).unwrap();
        let replay =
            |stop: bool| program.replay(&[], &["a.wav"], folder.path(), &AtomicBool::new(stop));
        assert!(matches!(replay(true), Ok(Ended::Stopped)));
        let closing = std::thread::spawn(move || {
            sleep(Duration::from_millis(200));
            drop(writer);
        });
        let ended = replay(false);
        assert!(matches!(&ended, Ok(Ended::Died(cause)) if cause == "signal 9"), "{ended:?}");
        closing.join().unwrap();
    }

    #[test]
    fn a_program_that_is_to_stop_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let program = program(folder.path(), "exec sleep 60");
        let stopped = program.replay(&[], &[], folder.path(), &AtomicBool::new(true));
        assert!(matches!(stopped, Ok(Ended::Stopped)));
    }
}
