//! What keeps a fuzzed process within its time and memory.
//!
//! In: when each input begins. Out: the process's end, where an input takes too long; the system ends it where it takes too
//! much memory. Keeps the limits.

use rustix::process::{Resource, Rlimit, setrlimit};
use std::fs;
use std::process::abort;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What a child may use beyond what it begins with.
const MAX_MEMORY: u64 = 500 << 20;

/// How long one input may take.
const MAX_TIME: Duration = Duration::from_secs(10);

/// The watch over one process's inputs.
pub struct Guard {
    begun: Instant,
    since: &'static AtomicU64,
}

impl Guard {
    /// Limits the process's memory, and starts a thread that ends it when an input takes too long.
    pub fn start() -> Self {
        limit_memory();
        let begun = Instant::now();
        Guard { begun, since: watched(begun) }
    }

    /// An input is tried.
    pub fn over<T>(&self, trial: impl FnOnce() -> T) -> T {
        self.since.store(millis(self.begun), Ordering::Relaxed);
        let done = trial();
        self.since.store(u64::MAX, Ordering::Relaxed);
        done
    }

    /// The most memory that this process has used, in bytes.
    pub fn most_memory() -> u64 {
        bytes_of("VmHWM:")
    }
}

/// A thread that ends the process when an input takes too long; it is told when each begins.
fn watched(begun: Instant) -> &'static AtomicU64 {
    let since: &'static AtomicU64 = Box::leak(Box::new(AtomicU64::new(u64::MAX)));
    thread::spawn(move || {
        loop {
            thread::sleep(Duration::from_millis(100));
            let since = since.load(Ordering::Relaxed);
            if u128::from(millis(begun).saturating_sub(since)) > MAX_TIME.as_millis() {
                eprintln!("an input takes longer than {} s", MAX_TIME.as_secs());
                abort();
            }
        }
    });
    since
}

fn millis(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap()
}

fn limit_memory() {
    // The watching thread's stack and heap are addresses too, which nobody uses.
    let threads = 256 << 20;
    let most = Some(bytes_of("VmSize:") + MAX_MEMORY + threads);
    setrlimit(Resource::As, Rlimit { current: most, maximum: most }).unwrap();
}

/// What Linux says of this process, in bytes.
fn bytes_of(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let size = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    size.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}
