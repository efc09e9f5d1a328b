//! One simulated call of any length through the real engine, as fast as it can be read.
//!
//! In: how long. Out: a [`Cost`]. Keeps the model, which goes from engine to engine, and the sound and the log in a
//! folder that is removed at the end.

use super::lengths::words;
use super::model::{Counted, Measured};
use super::trial::CALL;
use super::{CapacitySettings, cell, machine};
use crate::command::replay::unwatched;
use anyhow::Context;
use engine::LineSetup;
use engine::input::Input;
use engine::line::Clock;
use engine::log_book::LogTo;
use engine::switchboard::CallRule;
use model::device::Backend;
use record::output_file::IfExists;
use record::session::record::{CallerEntry, EndReason};
use serde::Serialize;
use sound::recording::{Channel, Pace, Recording};
use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Samples a second of the simulated call, a byte each.
const RATE_HZ: u32 = 8_000;

/// Where the samples of [`CALL`] begin: after a RIFF header with the chunks `fmt `, `fact` and `data`.
const HEADER_LEN: usize = 58;

/// Calls that are shorter are heard several times: the system counts computing in hundredths of a second.
const HEARD_IN_ALL: Duration = Duration::from_mins(10);

/// What a call of some length costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Cost {
    pub(super) length_s: f64,
    pub(super) readings: u64,
    /// Of all threads; none where the system does not tell.
    pub(super) computing_s: Option<f64>,
    /// By the clock.
    pub(super) passed_s: f64,
    /// Memory of the whole program.
    pub(super) peak_memory_mb: Option<f64>,
}

impl Cost {
    pub(super) fn length(&self) -> Duration {
        Duration::from_secs_f64(self.length_s)
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>8}  {:8}  {:>11}  {:8.2}  {:15.0}  {:>9}",
            words(self.length()),
            self.readings,
            cell(self.computing_s, 2),
            self.passed_s,
            self.length_s / self.passed_s,
            cell(self.peak_memory_mb, 1),
        )
    }
}

/// A simulated call.
pub(super) struct LongCall {
    model: Measured,
    folder: TempDir,
}

impl LongCall {
    /// Loads the model.
    ///
    /// # Errors
    /// As [`Measured::load`]; a folder for temporary files that cannot be written.
    pub(super) fn new(wanted: &CapacitySettings, stop: Arc<AtomicBool>) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("cannot write temporary files")?;
        Ok(LongCall { model: Measured::load(wanted, stop)?, folder })
    }

    /// Where the model runs.
    pub(super) fn backend(&self) -> &Backend {
        self.model.backend()
    }

    /// Hears a call of this length; a short one several times, of which the cost is the mean.
    ///
    /// # Errors
    /// Sound or a log that cannot be written; a device that failed; a signal that ends it.
    pub(super) fn hear(&mut self, length: Duration) -> anyhow::Result<Cost> {
        let path = self.write(length)?;
        let n_times = (HEARD_IN_ALL.as_secs() / length.as_secs()).max(1);
        machine::forget_peak();
        let (computed_before, begun) = (machine::computed(), Instant::now());
        let mut readings = 0;
        for _ in 0..n_times {
            readings = self.hear_once(&path)?;
        }
        let passed = begun.elapsed();
        let computed = machine::computed_since(computed_before);
        #[expect(clippy::cast_precision_loss, reason = "at most 600")]
        let mean = |all: Duration| all.as_secs_f64() / n_times as f64;
        Ok(Cost {
            length_s: length.as_secs_f64(),
            readings,
            computing_s: computed.map(mean),
            passed_s: mean(passed),
            peak_memory_mb: machine::peak_memory_mb(),
        })
    }

    /// From the first sample to the end of the log; the number of readings.
    fn hear_once(&mut self, path: &Path) -> anyhow::Result<u64> {
        let recording = unwatched(Recording::open(path, Channel::Mix, Pace::AsRead)?);
        let entry = CallerEntry { label: "caller".to_owned(), source: "simulated".to_owned() };
        let line = LineSetup { entry, input: Input::Recording(Box::new(recording)) };
        let log = LogTo::File(self.folder.path().join("log.jsonl"), IfExists::Replace);
        let clock = Clock::of_speed(f64::INFINITY);
        let mut engine = self.model.engine(log, vec![line], CallRule::Recording, clock)?;
        let Counted { readings, .. } = self.model.run(&mut engine, |_, _| true)?;
        self.model.end(engine, &EndReason::Finished)?;
        Ok(readings)
    }

    /// Writes down what is said.
    fn write(&self, length: Duration) -> anyhow::Result<PathBuf> {
        let path = self.folder.path().join("call.wav");
        let n_samples = length.as_secs() * u64::from(RATE_HZ);
        let written = File::create(&path).and_then(|file| write_call(file, n_samples));
        written.with_context(|| {
            format!(
                "cannot write the sound of a call of {}, {} MB, into {}; free some space there, or name another \
                 folder as TMPDIR",
                words(length),
                n_samples / 1_000_000,
                self.folder.path().display()
            )
        })?;
        Ok(path)
    }
}

/// The demo call, again and again.
fn write_call(file: File, n_samples: u64) -> io::Result<()> {
    let (header, said) = CALL.split_at(HEADER_LEN);
    let mut header = header.to_vec();
    let n_samples_in = |n: u64| u32::try_from(n).map_err(io::Error::other);
    // The lengths of the file from here on, of `fact` and of `data`.
    for (at, length) in [(4, n_samples + 50), (46, n_samples), (54, n_samples)] {
        header[at..at + 4].copy_from_slice(&n_samples_in(length)?.to_le_bytes());
    }
    let mut file = BufWriter::new(file);
    file.write_all(&header)?;
    let mut left = n_samples;
    while left > 0 {
        let len = usize::try_from(left).unwrap_or(usize::MAX).min(said.len());
        file.write_all(&said[..len])?;
        left -= len as u64;
    }
    file.into_inner()?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sound::recording::decode;

    #[test]
    fn a_longer_call_is_the_demo_call_again_and_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("call.wav");
        write_call(File::create(&path).unwrap(), 600_001).unwrap();
        let long = decode(&path, Channel::Mix).unwrap();
        assert_eq!((long.samples.len(), long.sample_rate_hz), (600_001, RATE_HZ));
        assert_eq!(
            (long.format.as_str(), long.n_lost),
            ("wave (pcm_mulaw), 8000 Hz, 1 channel(s)", 0)
        );
        let demo = CALL.len() - HEADER_LEN - 1;
        assert!(
            (demo..demo + 2)
                .any(|len| long.samples[len..].iter().eq(&long.samples[..600_001 - len]))
        );
    }
}
