//! What the system tells of the machine and of this process.
//!
//! In: `/proc`, where there is one. Out: words and numbers, or nothing. Keeps nothing.

use std::fs;
use std::time::Duration;

/// Clock ticks a second in `/proc/self/stat`: 100 on every Linux.
const TICKS_PER_S: f64 = 100.0;

/// Number of cores and the processor's name.
pub(super) fn description() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let name = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let cores = if cores == 1 { "1 core".to_owned() } else { format!("{cores} cores") };
    match name {
        Some(name) => format!("{name}, {cores}"),
        None => cores,
    }
}

/// What systems allow at most that say they allow any number.
#[cfg(unix)]
const MOST_FILES: u64 = 10_240;

/// Lets this process open as many files as it may, since systems begin with as few as 256: how many, where there is a
/// limit that is known.
pub(super) fn allow_open_files() -> Option<usize> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        for current in [limit.maximum, Some(MOST_FILES)] {
            if setrlimit(Resource::Nofile, Rlimit { current, ..limit }).is_ok() {
                break;
            }
        }
        usize::try_from(getrlimit(Resource::Nofile).current?).ok()
    }
    #[cfg(not(unix))]
    None
}

/// The time that all threads of this process have computed so far.
pub(super) fn computed() -> Option<Duration> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    // The program's name may hold anything; what follows its closing bracket are numbers.
    let mut fields = text.rsplit_once(')')?.1.split_whitespace().skip(11);
    let ticks: f64 = fields.next()?.parse::<f64>().ok()? + fields.next()?.parse::<f64>().ok()?;
    Some(Duration::from_secs_f64(ticks / TICKS_PER_S))
}

/// What they have computed since then.
pub(super) fn computed_since(before: Option<Duration>) -> Option<Duration> {
    Some(computed()?.saturating_sub(before?))
}

/// The memory that this process uses now, in MB of 1,000,000 bytes.
pub(super) fn memory_mb() -> Option<f64> {
    status_mb("VmRSS:")
}

/// The most memory that it used at once since it began, or since [`forget_peak`].
pub(super) fn peak_memory_mb() -> Option<f64> {
    status_mb("VmHWM:")
}

/// Has the peak begin anew from what is used now; false where the system does not do that.
pub(super) fn forget_peak() -> bool {
    // 5 is this command's number: proc(5).
    fs::write("/proc/self/clear_refs", "5").is_ok()
}

fn status_mb(name: &str) -> Option<f64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_computed_and_uses_memory() {
        let before = computed().unwrap();
        let mut sum = 0_u64;
        while computed().unwrap() < before + Duration::from_millis(20) {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(memory_mb().unwrap() > 1.0);
        assert!(peak_memory_mb().unwrap() > 1.0);
        assert!(description().contains("core"));
    }
}
