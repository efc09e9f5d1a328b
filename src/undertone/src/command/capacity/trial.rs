//! A number of simulated callers in the real engine, for some seconds.
//!
//! In: how many. Out: a [`Trial`]. Keeps the model, which goes from engine to engine, and the sound in a folder
//! that is removed at the end.

use super::model::{Counted, Measured};
use super::{CapacitySettings, FULL, cell, machine};
use anyhow::{Context, ensure};
use engine::LineSetup;
use engine::input::Input;
use engine::line::Clock;
use engine::log_book::LogTo;
use engine::switchboard::CallRule;
use model::device::Backend;
use record::output_file::IfExists;
use record::session::record::{CallerEntry, EndReason};
use serde::Serialize;
use sound::Source;
use sound::recording::{Channel, Pace, Recording};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What everybody says: a synthetic voice.
pub(super) const CALL: &[u8] = include_bytes!("../../../../../assets/demo-call.wav");

/// Before it counts: the longest segment is full, and what runs for the first time has run.
const WARM_UP: Duration = Duration::from_secs(4);

/// Segments that are timed alone.
const N_TIMED: usize = 50;

/// What so many callers cost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Trial {
    pub(super) callers: usize,
    /// Threads that the callers were shared among.
    pub(super) threads: usize,
    pub(super) readings_per_s: f64,
    /// From a segment's last sample to its reading in the log; none without readings.
    pub(super) p50_ms: Option<f64>,
    pub(super) p95_ms: Option<f64>,
    pub(super) p99_ms: Option<f64>,
    /// Share of the time in which the engine was at work, waiting for its threads and its device included.
    pub(super) busy: f64,
    /// Cores that were busy, on average; none where the system does not tell.
    pub(super) cores: Option<f64>,
    /// Memory of the whole program; none after a trial of more callers, who leave some behind.
    pub(super) memory_mb: Option<f64>,
    /// Whether nobody said anything.
    pub(super) is_silent: bool,
}

impl Trial {
    /// Whether 95 % of the readings came in time; where nobody said anything, whether there was time left.
    pub(super) fn is_carried(&self, limit_ms: f64) -> bool {
        let keeps_up = self.is_silent && self.busy < FULL;
        self.p95_ms.map_or(keeps_up, |delay| delay <= limit_ms)
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:7}  {:10.1}  {:>5}  {:>5}  {:>5}     {:>5}  {:>9}",
            self.callers,
            self.readings_per_s,
            cell(self.p50_ms, 0),
            cell(self.p95_ms, 0),
            cell(self.p99_ms, 0),
            cell(self.cores, 2),
            cell(self.memory_mb, 1),
        )
    }
}

/// Simulated callers.
pub(super) struct Callers {
    model: Measured,
    folder: TempDir,
    call: PathBuf,
    silent: bool,
    block_ms: u32,
    length: Duration,
    /// The most callers that were tried.
    most: usize,
}

impl Callers {
    /// Loads the model and writes down what is said.
    ///
    /// # Errors
    /// As [`Measured::load`]; a folder for temporary files that cannot be written.
    pub(super) fn new(wanted: &CapacitySettings, stop: Arc<AtomicBool>) -> anyhow::Result<Self> {
        let &CapacitySettings { silent, block_ms, length, .. } = wanted;
        let model = Measured::load(wanted, stop)?;
        let folder = tempfile::tempdir().context("cannot write temporary files")?;
        let call = folder.path().join("call.wav");
        let mut bytes = CALL.to_vec();
        if silent {
            // The samples are mu-law, where this is zero; the header is shorter than a hundred bytes.
            bytes.iter_mut().skip(100).for_each(|byte| *byte = 0xff);
        }
        std::fs::write(&call, bytes).context("cannot write temporary files")?;
        Ok(Callers { model, folder, call, silent, block_ms, length, most: 0 })
    }

    /// Where the model runs.
    pub(super) fn backend(&self) -> &Backend {
        self.model.backend()
    }

    /// Milliseconds for one of the longest segments, where so many come at once.
    ///
    /// # Errors
    /// When the device fails.
    pub(super) fn segment_ms(&mut self, n_at_once: usize) -> anyhow::Result<f64> {
        let prepared = self.model.alone();
        let begun = Instant::now();
        for _ in 0..N_TIMED {
            prepared.classify_test_segments(n_at_once)?;
        }
        #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
        let n_segments = (N_TIMED * n_at_once) as f64;
        Ok(begun.elapsed().as_secs_f64() * 1e3 / n_segments)
    }

    /// Has so many callers speak at once.
    ///
    /// # Errors
    /// A log or a recording that cannot be opened: there are limits to open files; a log that is not whole; a device
    /// that failed; a signal that ends it.
    pub(super) fn listen(&mut self, n_callers: usize) -> anyhow::Result<Trial> {
        let logs = self.folder.path().join(format!("{n_callers}"));
        std::fs::create_dir_all(&logs).context("cannot write temporary files")?;
        let log = LogTo::File(logs.join("log.jsonl"), IfExists::Replace);
        let lines = (0..n_callers).map(|caller| self.line(caller, n_callers));
        let lines = lines.collect::<anyhow::Result<Vec<_>>>()?;
        let mut engine = self.model.engine(log, lines, CallRule::ByKey, Clock::RealTime)?;
        let mut since: Option<(Instant, Option<Duration>)> = None;
        let (begun, most) = (Instant::now(), WARM_UP + self.length);
        let Counted { readings: n_readings, at_work } =
            self.model.run(&mut engine, |engine, counted| {
                if since.is_none() && begun.elapsed() >= WARM_UP {
                    engine.count_delays_anew();
                    *counted = Counted::default();
                    since = Some((Instant::now(), machine::computed()));
                }
                begun.elapsed() < most
            })?;
        let (since, computed_before) = since.context("the callers said too little")?;
        let wall = since.elapsed().as_secs_f64();
        let computed = machine::computed_since(computed_before);
        let memory_mb = machine::memory_mb().filter(|_| n_callers >= self.most);
        self.most = self.most.max(n_callers);
        let (delays, threads) = (engine.delays(), engine.n_threads());
        self.model.end(engine, &EndReason::Stopped)?;
        std::fs::remove_dir_all(&logs).context("cannot remove temporary files")?;
        #[expect(clippy::cast_precision_loss, reason = "readings of some seconds")]
        let readings_per_s = n_readings as f64 / wall;
        Ok(Trial {
            callers: n_callers,
            threads,
            readings_per_s,
            p50_ms: delays.percentile(50),
            p95_ms: delays.percentile(95),
            p99_ms: delays.percentile(99),
            busy: at_work.as_secs_f64() / wall,
            cores: computed.map(|computed| computed.as_secs_f64() / wall),
            memory_mb,
            is_silent: self.silent,
        })
    }

    /// One caller, who begins elsewhere in the text than the others, and comes to no end of it.
    fn line(&self, caller: usize, n_callers: usize) -> anyhow::Result<LineSetup> {
        let recording = Recording::open(&self.call, Channel::Mix, Pace::Paced { speed: 1.0 })?;
        let rate_hz = u64::from(recording.sample_rate_hz());
        let mut recording = recording.with_block_ms(self.block_ms);
        let all = recording.len_samples().unwrap_or_default();
        let heard = (WARM_UP + self.length).as_secs() + 2;
        let room = all.saturating_sub(heard * rate_hz);
        ensure!(
            room > 0,
            "the simulated call is {} s long; try fewer --seconds than that",
            all / rate_hz
        );
        recording.seek(room * caller as u64 / n_callers as u64)?;
        let label = format!("caller {}", caller + 1);
        let entry = CallerEntry { label, source: "simulated".to_owned() };
        Ok(LineSetup { entry, input: Input::Recording(Box::new(recording)) })
    }
}
