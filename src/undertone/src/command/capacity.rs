//! `undertone capacity`: how many callers this machine carries, and what limits it.
//!
//! In: what computes, and for how long each number of callers is tried. Out: a table of the delays, the work and
//! the memory at each number, and the largest that was carried. The engine is the one that `monitor` runs, with a
//! log for each call; only the callers are simulated: everybody says the demo call's text, each begins elsewhere
//! in it, and the samples come by the clock in blocks of one length.

pub mod lengths;
mod long_call;
mod machine;
mod model;
mod picture;
mod trial;

use super::installed;
use super::printer::{print, print_json};
use super::watch::stop_flag;
use ::model::artifact::Artifact;
use ::model::device::BackendChoice;
use hearing::classifier::SEGMENTS_AT_ONCE;
use lengths::Lengths;
use record::output_file::{IfExists, OutputFile, ReadableBy};
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use trial::{Callers, Trial};

/// A machine carries callers while 95 of 100 readings are in the log so soon after their last sample.
const LIMIT_MS: f64 = 250.0;

/// Numbers of callers that are tried, until one is too many; then between the last two.
const LADDER: [usize; 13] = [1, 2, 5, 10, 20, 50, 100, 200, 400, 800, 1_600, 3_200, 6_400];

/// The engine carries no more where it is at work for a larger share of the time.
const FULL: f64 = 0.8;

/// Files that are open for each caller, the sound and the log, and for all else.
const FILES_EACH: usize = 2;
const OWN_FILES: usize = 64;

/// How often the number is halved between what was carried and what was not.
const N_HALVED: usize = 3;

/// What was asked for.
#[derive(Clone, Debug)]
pub struct CapacitySettings {
    /// Name or folder of the model; none for the default one.
    pub model: Option<String>,
    /// What computes.
    pub backend: BackendChoice,
    /// How long each number of callers is listened to; some seconds more are not counted.
    pub length: Duration,
    /// Only this number of callers.
    pub callers: Option<usize>,
    /// Whether nobody says anything.
    pub silent: bool,
    /// Milliseconds of sound that come at once, 1 to 200.
    pub block_ms: u32,
    /// Calls of these lengths instead, one after the other.
    pub lengths: Option<Lengths>,
    /// Write a picture there.
    pub plot: Option<PathBuf>,
    /// Replace a picture that is there.
    pub force: bool,
    /// As JSON.
    pub json: bool,
}

/// What was found.
#[derive(Debug, Serialize)]
struct Findings {
    machine: String,
    backend: String,
    /// Milliseconds for one segment alone.
    segment_ms: f64,
    /// Milliseconds for each of [`SEGMENTS_AT_ONCE`] segments.
    segment_of_many_ms: f64,
    limit_ms: f64,
    /// Milliseconds of sound that came at once.
    block_ms: u32,
    trials: Vec<Trial>,
    /// The largest number of callers whose delay was within the limit; none if none was.
    carried: Option<usize>,
    /// None where no number that was tried was too much.
    limited_by: Option<String>,
}

/// Tries numbers of callers, or lengths of calls, and prints what they cost.
///
/// # Errors
/// No such model or device; a log that cannot be written; more callers than the system lets files be open for; a
/// picture that exists or cannot be written.
pub fn run(settings: &CapacitySettings) -> anyhow::Result<()> {
    // Begun before the work, so that a picture that must not be replaced is told at once.
    let plot = settings.plot.as_ref().map(|path| {
        OutputFile::create(path, IfExists::from_force(settings.force), ReadableBy::Everyone)
    });
    let plot = plot.transpose()?;
    // What is temporary goes at a signal too.
    let stop = stop_flag()?;
    let picture = match &settings.lengths {
        Some(lengths) => lengths::run(settings, lengths, stop)?,
        None => numbers(settings, stop)?,
    };
    if let Some(mut plot) = plot {
        plot.write_all(picture.as_bytes())?;
        plot.commit()?;
    }
    Ok(())
}

/// Numbers of callers; the picture of what they cost.
fn numbers(settings: &CapacitySettings, stop: Arc<AtomicBool>) -> anyhow::Result<String> {
    let artifact = installed::open(settings.model.as_deref())?;
    let most = machine::allow_open_files().map(|n| n.saturating_sub(OWN_FILES) / FILES_EACH);
    let mut callers = Callers::new(settings, stop)?;
    let (segment_ms, segment_of_many_ms) =
        (callers.segment_ms(1)?, callers.segment_ms(SEGMENTS_AT_ONCE)?);
    if !settings.json {
        print(&heading(&callers, &artifact, settings.block_ms, [segment_ms, segment_of_many_ms]))?;
    }
    let (trials, carried) = match settings.callers {
        Some(n_callers) => {
            let trial = tried(&mut callers, n_callers, settings.json)?;
            let carried = trial.is_carried(LIMIT_MS).then_some(n_callers);
            (vec![trial], carried)
        }
        None => search(&mut callers, most, settings.json)?,
    };
    let cpu_segment_ms = (!callers.backend().is_gpu()).then_some(segment_of_many_ms);
    let limited_by = limit(&trials, carried, cpu_segment_ms).or_else(|| {
        let most =
            most.filter(|most| settings.callers.is_none() && *most < LADDER[LADDER.len() - 1]);
        most.map(|most| {
            format!("open files: the system allows this program those of {most} callers")
        })
    });
    let findings = Findings {
        machine: machine::description(),
        backend: callers.backend().description.clone(),
        segment_ms,
        segment_of_many_ms,
        limit_ms: LIMIT_MS,
        block_ms: settings.block_ms,
        trials,
        carried,
        limited_by,
    };
    if settings.json {
        print_json(&findings)?;
    } else {
        print(&conclusion(&findings))?;
    }
    Ok(picture::callers(&findings))
}

fn heading(callers: &Callers, artifact: &Artifact, block_ms: u32, segment_ms: [f64; 2]) -> String {
    let [one, of_many] = segment_ms;
    format!(
        "{}\n{} on {}: {one:.2} ms a segment, {of_many:.2} ms each of {SEGMENTS_AT_ONCE} at once\n\
         sound in blocks of {block_ms} ms, which the delays include\n\n\
         callers  readings/s    p50    p95    p99 ms   cores  memory MB\n",
        machine::description(),
        artifact.manifest.name,
        callers.backend().description
    )
}

/// Tries one number, and tells it at once.
fn tried(callers: &mut Callers, n_callers: usize, json: bool) -> anyhow::Result<Trial> {
    let trial = callers.listen(n_callers)?;
    if !json {
        print(&format!("{trial}\n"))?;
    }
    Ok(trial)
}

/// Up the ladder until the delay is too long, and then between the last two steps.
fn search(
    callers: &mut Callers,
    most: Option<usize>,
    json: bool,
) -> anyhow::Result<(Vec<Trial>, Option<usize>)> {
    let mut trials = Vec::new();
    let (mut carried, mut too_many) = (None, None);
    for n_callers in LADDER.into_iter().filter(|n| most.is_none_or(|most| *n <= most)) {
        let trial = tried(callers, n_callers, json)?;
        let is_carried = trial.is_carried(LIMIT_MS);
        trials.push(trial);
        if !is_carried {
            too_many = Some(n_callers);
            break;
        }
        carried = Some(n_callers);
    }
    for _ in 0..N_HALVED {
        let (Some(below), Some(above)) = (carried, too_many) else { break };
        let middle = below.midpoint(above);
        if middle == below {
            break;
        }
        let trial = tried(callers, middle, json)?;
        if trial.is_carried(LIMIT_MS) {
            carried = Some(middle);
        } else {
            too_many = Some(middle);
        }
        trials.push(trial);
    }
    trials.sort_by_key(|trial| trial.callers);
    Ok((trials, carried))
}

/// What there is too little of, in words; `segment_ms` is what a segment costs the processor, if it does.
fn limit(trials: &[Trial], carried: Option<usize>, segment_ms: Option<f64>) -> Option<String> {
    let trial = trials.iter().find(|trial| carried.is_none_or(|n| trial.callers > n))?;
    let (callers, percent) = (trial.callers, 100.0 * trial.busy.min(1.0));
    if trial.busy < FULL {
        return Some(format!(
            "waiting: with {} the engine is at work only {percent:.0} % of the time, so other programs are in \
             the way",
            words(callers)
        ));
    }
    let at_work =
        format!("the engine: with {} it is at work {percent:.0} % of the time", words(callers));
    let Some(cores) = trial.cores else { return Some(at_work) };
    let network = segment_ms.map_or(String::new(), |segment_ms| {
        let network = trial.readings_per_s * segment_ms / 1e3;
        format!(", {:.0} % of that with the network", 100.0 * (network / cores).min(1.0))
    });
    Some(format!("{at_work}, on {cores:.2} of {} cores{network}", trial.threads))
}

/// A number as a table has it, where there is one.
fn cell(number: Option<f64>, digits: usize) -> String {
    number.map_or("-".to_owned(), |number| format!("{number:.digits$}"))
}

fn words(n_callers: usize) -> String {
    if n_callers == 1 { "1 caller".to_owned() } else { format!("{n_callers} callers") }
}

fn conclusion(findings: &Findings) -> String {
    let limit_ms = findings.limit_ms;
    let carried = match (findings.carried, &findings.trials[..]) {
        (Some(n), _) => format!("This machine carries {}", words(n)),
        (None, [only]) => format!("This machine does not carry {}", words(only.callers)),
        (None, _) => "This machine carries no caller at all".to_owned(),
    };
    let why = match findings.carried {
        _ if findings.trials.iter().all(|trial| trial.is_silent) => {
            "they say nothing, so nothing is read".to_owned()
        }
        Some(_) => {
            format!("95 % of their readings are logged within {limit_ms} ms of the last sample")
        }
        None => {
            format!("too many readings are logged later than {limit_ms} ms after the last sample")
        }
    };
    let limit = match &findings.limited_by {
        Some(limit) => format!("Limited by {limit}."),
        None => "More were not tried.".to_owned(),
    };
    format!("\n{carried}: {why}.\n{limit}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(callers: usize, p95_ms: f64, cores: f64) -> Trial {
        Trial {
            callers,
            threads: 1,
            readings_per_s: 800.0 * cores,
            p50_ms: Some(1.0),
            p95_ms: Some(p95_ms),
            p99_ms: Some(2.0 * p95_ms),
            busy: cores,
            cores: Some(cores),
            memory_mb: Some(30.0),
            is_silent: false,
        }
    }

    #[test]
    fn what_limits_is_read_from_the_first_number_that_is_too_many() {
        let trials = [trial(100, 20.0, 0.5), trial(200, 900.0, 1.0)];
        let words = limit(&trials, Some(100), Some(0.5)).unwrap();
        let expected =
            "with 200 callers it is at work 100 % of the time, on 1.00 of 1 cores, 40 % of that";
        assert!(words.contains(expected), "{words}");
        assert!(!limit(&trials, Some(100), None).unwrap().contains("network"));
        let waiting = limit(&[trial(10, 900.0, 0.2)], None, Some(0.5)).unwrap();
        assert!(waiting.contains("only 20 % of the time"), "{waiting}");
        assert_eq!(limit(&trials[..1], Some(100), Some(0.5)), None);
    }

    #[test]
    fn silence_is_carried_without_readings_and_speech_is_not() {
        let nothing = Trial { p95_ms: None, ..trial(3, 0.0, 0.1) };
        assert!(!nothing.is_carried(LIMIT_MS));
        let silent = Trial { is_silent: true, ..nothing };
        assert!(silent.is_carried(LIMIT_MS));
        assert!(!Trial { busy: 0.9, ..silent }.is_carried(LIMIT_MS));
        assert!(trial(3, 250.0, 0.1).is_carried(LIMIT_MS));
        assert!(!trial(3, 251.0, 0.1).is_carried(LIMIT_MS));
    }
}
