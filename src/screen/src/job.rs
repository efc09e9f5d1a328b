//! Stopping for a while, as a shell's Ctrl-Z does, and going on.
//!
//! Out: whether it is asked for, and whether the program was continued. Keeps two flags that signals set.

use signal_hook::consts::{SIGCONT, SIGSTOP, SIGTSTP};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Parents that are looked at: a shell, what it started, a wrapper or two.
const MOST_PARENTS: usize = 16;

/// The program as a shell's job.
pub(super) struct Job {
    asked: Arc<AtomicBool>,
    continued: Arc<AtomicBool>,
}

impl Job {
    /// Takes the signals; from the moment that `given_back` is set they do what they usually do.
    pub(super) fn watch(given_back: &Arc<AtomicBool>) -> io::Result<Self> {
        let (asked, continued) = (Arc::default(), Arc::default());
        signal_hook::flag::register_conditional_default(SIGTSTP, Arc::clone(given_back))?;
        signal_hook::flag::register(SIGTSTP, Arc::clone(&asked))?;
        signal_hook::flag::register(SIGCONT, Arc::clone(&continued))?;
        Ok(Job { asked, continued })
    }

    /// Asks to stop, as the signal does.
    pub(super) fn ask_to_stop(&self) {
        self.asked.store(true, Ordering::SeqCst);
    }

    /// Whether somebody asked to stop, once for each time. Where no shell could continue it, nobody did: the system
    /// drops the signal there too.
    pub(super) fn take_asked(&self) -> bool {
        self.asked.swap(false, Ordering::SeqCst) && can_be_continued()
    }

    /// Stops this process until it is continued.
    pub(super) fn stop(&self) -> io::Result<()> {
        signal_hook::low_level::raise(SIGSTOP)?;
        self.continued.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Whether the program was continued since this was asked last, by whomever it was stopped.
    pub(super) fn take_continued(&self) -> bool {
        self.continued.swap(false, Ordering::SeqCst)
    }
}

/// A process as `/proc` tells of it.
struct Process {
    parent: u32,
    group: u32,
    session: u32,
}

impl Process {
    fn of(pid: &str) -> Option<Self> {
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name, in brackets, may hold anything; the state comes after it.
        let mut fields = text.rsplit_once(')')?.1.split_whitespace().skip(1);
        let mut next = || fields.next()?.parse().ok();
        Some(Process { parent: next()?, group: next()?, session: next()? })
    }
}

/// Whether somebody outside this process's group, but in its session, started it: a shell that can say `fg`. Otherwise
/// the group is orphaned (POSIX.1-2017, 3.264), and what is stopped there stays so. Yes where the system does not tell.
fn can_be_continued() -> bool {
    let Some(own) = Process::of("self") else { return true };
    let mut parent = own.parent;
    for _ in 0..MOST_PARENTS {
        let Some(process) = Process::of(&parent.to_string()) else { return false };
        if process.session != own.session {
            return false;
        }
        if process.group != own.group {
            return true;
        }
        parent = process.parent;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_told_with_its_parent_group_and_session() {
        let own = Process::of("self").expect("this is Linux");
        assert_eq!(own.parent, std::os::unix::process::parent_id());
        assert!(own.group > 0 && Process::of("no process").is_none());
    }
}
