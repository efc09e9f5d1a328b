//! A program that is looked at from outside while it runs: its memory and its open files.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A copy of the program, so that it may be built anew meanwhile.
pub struct Program(PathBuf);

impl Program {
    pub fn copied_to(folder: &Path) -> Program {
        let copy = folder.join("undertone");
        fs::copy(env!("CARGO_BIN_EXE_undertone"), &copy).unwrap();
        Program(copy)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.0);
        command.args(arguments).stdin(Stdio::null());
        command
    }
}

/// What was seen of it.
pub struct Watch {
    folder: PathBuf,
    /// Resident memory in KiB and the number of open files, at each look.
    seen: Vec<(u64, usize)>,
}

impl Watch {
    pub fn new(process: &Child) -> Watch {
        Watch { folder: PathBuf::from(format!("/proc/{}", process.id())), seen: Vec::new() }
    }

    /// Looks at it, if it still runs.
    pub fn look(&mut self) {
        let status = fs::read_to_string(self.folder.join("status")).unwrap_or_default();
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let memory = memory.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok());
        let files = fs::read_dir(self.folder.join("fd")).map(Iterator::count);
        // One that ends has neither.
        if let (Some(memory), Ok(files)) = (memory, files)
            && files > 0
        {
            self.seen.push((memory, files));
        }
    }

    /// How often it was looked at.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// From one look on, its memory never grows above what was before by more than that, and its open files
    /// stay the same; the last look, at which it may end, is left out.
    #[track_caller]
    pub fn was_steady(&self, from: usize, growth_kib: u64) {
        assert!(from > 4 && self.len() > from + 4, "{} looks", self.len());
        let (before, after) = self.seen[..self.len() - 1].split_at(from);
        let most = |seen: &[(u64, usize)]| seen.iter().map(|(memory, _)| *memory).max().unwrap();
        let (before_kib, after_kib) = (most(before), most(after));
        assert!(after_kib <= before_kib + growth_kib, "{before_kib} KiB, then {after_kib} KiB");
        let files = before[from / 2].1;
        assert!(after.iter().all(|(_, now)| *now == files), "{files} files, then {after:?}");
    }
}

impl fmt::Display for Watch {
    /// In tenths of the time.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (0..=10).map(|tenth| (self.len() - 1) * tenth / 10);
        let (memory, files): (Vec<u64>, Vec<usize>) = tenths.map(|look| self.seen[look]).unzip();
        write!(f, "{} looks; memory {memory:?} KiB, open files {files:?}", self.len())
    }
}
