//! What one call costs by its length: computing in proportion, memory not at all.
//!
//! In: lengths. Out: a line for each, and a picture of all. Keeps nothing.

use super::CapacitySettings;
use super::long_call::{Cost, LongCall};
use super::machine;
use super::picture;
use crate::command::printer::{print, print_json};
use anyhow::{Context, ensure};
use serde::Serialize;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// A longer call would be a slip of the finger: its sound would fill a gigabyte.
const LONGEST: Duration = Duration::from_hours(24);

/// Lengths of calls, the shortest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lengths(Vec<Duration>);

impl Default for Lengths {
    /// From a minute to a shift.
    fn default() -> Self {
        let minutes = [1, 2, 5, 10, 30, 60, 120, 240, 480];
        Lengths(minutes.map(Duration::from_mins).to_vec())
    }
}

impl FromStr for Lengths {
    type Err = anyhow::Error;

    /// Reads `30s,10m,8h`, in any order.
    fn from_str(text: &str) -> anyhow::Result<Self> {
        let mut lengths =
            text.split(',').map(|word| length(word.trim())).collect::<anyhow::Result<Vec<_>>>()?;
        lengths.sort();
        lengths.dedup();
        Ok(Lengths(lengths))
    }
}

fn length(word: &str) -> anyhow::Result<Duration> {
    let unknown = || {
        format!("'{word}' is no length of a call; give numbers with s, m or h, such as 30s,10m,8h")
    };
    let unit = word.find(|character: char| !character.is_ascii_digit()).with_context(unknown)?;
    let seconds_each: u64 = match &word[unit..] {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(anyhow::Error::msg(unknown())),
    };
    let number: u64 = word[..unit].parse().with_context(unknown)?;
    let seconds = number.saturating_mul(seconds_each);
    ensure!(
        (1..=LONGEST.as_secs()).contains(&seconds),
        "'{word}' is no length of a call; give lengths from 1s to {}h",
        LONGEST.as_secs() / 3600
    );
    Ok(Duration::from_secs(seconds))
}

/// A length in words: `10 min`.
pub(super) fn words(length: Duration) -> String {
    match length.as_secs() {
        hours if hours % 3600 == 0 => format!("{} h", hours / 3600),
        minutes if minutes % 60 == 0 => format!("{} min", minutes / 60),
        seconds => format!("{seconds} s"),
    }
}

/// What was found.
#[derive(Debug, Serialize)]
pub(super) struct Findings {
    pub(super) machine: String,
    pub(super) backend: String,
    /// What `peak_memory_mb` is the peak of.
    pub(super) memory: &'static str,
    pub(super) lengths: Vec<Cost>,
}

/// Calls of these lengths, one after the other; prints what they cost, and gives the picture of it.
///
/// # Errors
/// No such model or device; sound or a log that cannot be written; a signal that ends it.
pub(super) fn run(
    settings: &CapacitySettings,
    lengths: &Lengths,
    stop: Arc<AtomicBool>,
) -> anyhow::Result<String> {
    let mut call = LongCall::new(settings, stop)?;
    // Growing lengths, so that where the peak cannot begin anew it is at least of none that is longer.
    let memory = if machine::forget_peak() {
        "the most that the program used during a call of that length"
    } else {
        "the most that the program used until then"
    };
    let (machine, backend) = (machine::description(), call.backend().description.clone());
    if !settings.json {
        print(&format!(
            "{machine}\n{backend}; memory: {memory}\n\n  \
             length  readings  computing s  passed s  times real time  memory MB\n"
        ))?;
    }
    let mut costs = Vec::new();
    for length in &lengths.0 {
        let cost = call.hear(*length)?;
        if !settings.json {
            print(&format!("{cost}\n"))?;
        }
        costs.push(cost);
    }
    let findings = Findings { machine, backend, memory, lengths: costs };
    if settings.json {
        print_json(&findings)?;
    }
    Ok(picture::lengths(&findings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_in_any_order_and_said_in_words() {
        let Lengths(lengths) = "8h, 90s,10m,600s".parse().unwrap();
        let said: Vec<String> = lengths.into_iter().map(words).collect();
        assert_eq!(said, ["90 s", "10 min", "8 h"]);
        let Lengths(all) = Lengths::default();
        assert!(all.is_sorted() && words(all[0]) == "1 min" && words(all[8]) == "8 h");
    }

    #[test]
    fn what_is_no_length_is_refused_by_name() {
        for word in ["", "8", "h", "8d", "-1h", "1.5h", "10m,x", "99999999999999999999h"] {
            let refused = word.parse::<Lengths>().unwrap_err().to_string();
            assert!(refused.contains("is no length of a call; give numbers"), "{refused}");
        }
        for word in ["0s", "25h"] {
            let refused = word.parse::<Lengths>().unwrap_err().to_string();
            assert!(refused.contains("from 1s to 24h"), "{refused}");
        }
    }
}
