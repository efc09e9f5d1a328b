//! `undertone doctor`: whether this computer is ready for a call, with what to do where it is not.
//!
//! ```text
//! ok       config    /home/me/.config/undertone/config.toml is valid
//! warning  gpu       no GPU in use (no graphics adapter answers but software ones, if any)
//!                    -> readings are made on the CPU, which is enough; for a graphics card install its driver
//! ```
//!
//! Each part of the computer is asked on a thread of its own; one that does not answer in time is left behind.

mod computing;
mod finding;
mod places;
mod sound;

use crate::cli::DoctorArgs;
use std::sync::mpsc;
use std::thread::Builder;
use std::time::{Duration, Instant};

use anyhow::bail;

use super::printer::{print, print_json};
use crate::config::{Config, Flags};
use finding::{Finding, Verdict, as_text};

/// Until then everything has answered or has a problem.
const LIMIT: Duration = Duration::from_secs(9);

/// Examines everything and says what was found.
///
/// # Errors
/// When there is a problem: something without which no call can be monitored; when standard output cannot be
/// written.
pub fn run(args: &DoctorArgs) -> anyhow::Result<()> {
    let findings = examined(args);
    if args.json {
        print_json(&findings)?;
    } else {
        print(&as_text(&findings))?;
    }
    let n = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    match n(Verdict::Problem) {
        0 => Ok(()),
        1 => bail!("there is a problem: what to do stands beside it"),
        n => bail!("there are {n} problems: what to do stands beside them"),
    }
}

/// Something to examine; it gives one finding or more.
type Examination = Box<dyn FnOnce() -> Vec<Finding> + Send>;

fn examined(args: &DoctorArgs) -> Vec<Finding> {
    let read = Config::resolve(args.config.as_deref(), Flags::default());
    let mut findings = vec![places::config_file(args.config.as_deref(), read.as_ref().err())];
    let config = read.unwrap_or_default();
    findings.push(places::terminal());
    let end = Instant::now() + LIMIT;
    // One after the other, so that what takes the time of a reading is not disturbed.
    let for_model = config.clone();
    findings.extend(within(end, "model", Box::new(move || vec![computing::model(&for_model)])));
    let for_gpu = config.clone();
    let others: [(&'static str, Examination); 3] = [
        ("sound", Box::new(sound::inputs)),
        ("gpu", Box::new(move || vec![computing::gpu(&for_gpu)])),
        ("logs", Box::new(move || vec![places::logs(&config)])),
    ];
    let answers = others.map(|(name, examination)| (name, begin(name, examination)));
    for (name, answer) in answers {
        findings.extend(wait(end, name, &answer));
    }
    findings
}

fn within(end: Instant, name: &'static str, examination: Examination) -> Vec<Finding> {
    wait(end, name, &begin(name, examination))
}

/// Starts to examine. A thread that hangs is left behind: the process ends soon.
fn begin(name: &'static str, examination: Examination) -> mpsc::Receiver<Vec<Finding>> {
    let (done, answer) = mpsc::sync_channel(1);
    let work = move || {
        let _ = done.send(examination());
    };
    // Where no thread can be started, the sender is gone, which is told as any other end without an answer.
    drop(Builder::new().name(format!("doctor: {name}")).spawn(work));
    answer
}

fn wait(end: Instant, name: &'static str, answer: &mpsc::Receiver<Vec<Finding>>) -> Vec<Finding> {
    let left = end.saturating_duration_since(Instant::now());
    answer.recv_timeout(left).unwrap_or_else(|error| {
        let told = match error {
            mpsc::RecvTimeoutError::Timeout => format!("no answer within {} s", LIMIT.as_secs()),
            mpsc::RecvTimeoutError::Disconnected => "looking at it failed".to_owned(),
        };
        vec![Finding::problem(name, told, advice(name))]
    })
}

/// What to do about a part that does not answer.
fn advice(name: &str) -> &'static str {
    match name {
        "sound" => {
            "restart the sound server (PulseAudio: `pulseaudio -k`; PipeWire: `systemctl --user restart \
                    pipewire-pulse`)"
        }
        "gpu" => {
            "the graphics driver hangs: use the CPU with `--backend cpu`, or backend = \"cpu\" in the \
                  configuration"
        }
        "logs" => {
            "the disk or network folder with the logs does not answer: choose another with session.dir"
        }
        _ => "close other programs and try again",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hangs_or_breaks_is_a_problem_with_advice_and_the_others_are_told() {
        let (release, released) = mpsc::channel::<()>();
        let hangs = begin(
            "sound",
            Box::new(move || {
                let _ = released.recv();
                Vec::new()
            }),
        );
        let breaks = begin("gpu", Box::new(|| std::panic::resume_unwind(Box::new("lost"))));
        let works = begin("logs", Box::new(|| vec![Finding::ok("logs", "there".to_owned())]));
        let end = Instant::now() + Duration::from_millis(200);
        assert_eq!(wait(end, "logs", &works)[0].verdict, Verdict::Ok);
        let broken = &wait(end, "gpu", &breaks)[0];
        assert_eq!(
            (broken.verdict, broken.told.as_str()),
            (Verdict::Problem, "looking at it failed")
        );
        let hung = &wait(end, "sound", &hangs)[0];
        assert!(hung.verdict == Verdict::Problem && hung.told.contains("no answer"), "{hung:?}");
        assert!(hung.advice.as_deref().is_some_and(|advice| advice.contains("restart")));
        drop(release);
    }
}
