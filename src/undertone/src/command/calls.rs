//! `undertone evaluate --calls`: labelled calls through the product's own pipeline, as fast as they are read.
//!
//! In: a manifest of calls and a model. Out: the table on standard output, the report as JSON where wanted,
//! every call that could not be read to its end on the error stream.
//!
//! Calls are shared out over as many threads as there are cores, each with a model of its own; what is
//! counted of a call depends on nothing but the call, and the rows stand in the manifest's order.

use std::io::Write;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, ensure};
use indicatif::ProgressBar;

use super::printer::{chain, print, tell};
use super::replay::unwatched;
use super::session::{Prepared, SessionSettings};
use super::{Exit, progress};
use crate::config::Config;
use engine::log_book::LogTo;
use hearing::fact::Fact;
use hearing::language::Language;
use hearing::stream_time::StreamTime;
use lab::evaluation::calls::{Call, CallCounts, CallReport, read_manifest};
use model::device::BackendChoice;
use record::output_file::{IfExists, OutputFile, ReadableBy};
use sound::recording::{Channel, Pace, Recording};
use sound::{Block, Source};

/// What was asked for.
#[derive(Clone, Debug)]
pub struct CallsSettings {
    /// The manifest.
    pub manifest: PathBuf,
    /// The model, by name or folder; the bundled one if `None`.
    pub model: Option<String>,
    /// What callers speak, where it is one language.
    pub language: Option<Language>,
    /// Whether what each caller speaks is known, as the manifest says it.
    pub languages_known: bool,
    /// Where to compute.
    pub backend: BackendChoice,
    /// How readings and alerts are made: the defaults, or what a file that was named says of them.
    pub config: Config,
    /// Write the report there.
    pub json: Option<PathBuf>,
    /// Replace a report that is there.
    pub force: bool,
}

/// Runs the calls, prints the table and writes the report.
///
/// # Errors
/// An unreadable manifest or labels, a model that cannot follow a call, no call that can be read, a report
/// that exists or cannot be written. A call that fails is named, is in no number, and makes it
/// [`Exit::Partial`].
pub fn run(settings: &CallsSettings) -> anyhow::Result<Exit> {
    let if_exists = IfExists::from_force(settings.force);
    let begin = |path: &PathBuf| OutputFile::create(path, if_exists, ReadableBy::Owner);
    let json = settings.json.as_ref().map(begin).transpose()?;
    let calls = read_manifest(&settings.manifest)?;
    // A model that cannot be used is told once, not for each call.
    drop(prepared(settings, settings.language.as_ref())?);
    let bar = progress::counting(calls.len(), "calls");
    let results = counted(settings, &calls, &bar);
    bar.finish_and_clear();
    let mut done = Vec::with_capacity(calls.len());
    let mut failed = Vec::new();
    for (call, result) in calls.iter().zip(results) {
        match result {
            Ok(counts) => done.push((call.name.clone(), counts)),
            Err(reason) => failed.push(format!("{}: {}", call.audio.display(), chain(&reason))),
        }
    }
    ensure!(!done.is_empty(), "none of the calls could be measured: {}", failed.join("; "));
    let report = CallReport::new(&done);
    print(&report.table())?;
    if let Some(mut json) = json {
        serde_json::to_writer_pretty(&mut json, &report).context("cannot write the report")?;
        json.write_all(b"\n")?;
        json.commit()?;
    }
    for reason in &failed {
        tell(&format!("not measured: {reason}"));
    }
    Ok(if failed.is_empty() { Exit::Done } else { Exit::Partial })
}

/// A model that is ready. The configuration in its usual place does not count: it would make scores that nobody can
/// repeat.
fn prepared(settings: &CallsSettings, language: Option<&Language>) -> anyhow::Result<Prepared> {
    let config = Config {
        model: settings.model.clone(),
        language: language.cloned(),
        backend: settings.backend,
        ..settings.config.clone()
    };
    Prepared::new(SessionSettings {
        config,
        log: LogTo::Nowhere,
        headless: true,
        json: false,
        recording: None,
    })
}

/// What came of each call, in their order.
fn counted(
    settings: &CallsSettings,
    calls: &[Call],
    bar: &ProgressBar,
) -> Vec<anyhow::Result<CallCounts>> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(calls.len()));
    let work = || {
        while let Some((index, call)) = {
            let index = next.fetch_add(1, Ordering::Relaxed);
            calls.get(index).map(|call| (index, call))
        } {
            let result = measure(settings, call);
            bar.inc(1);
            done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((index, result));
        }
    };
    let n_threads = thread::available_parallelism().map_or(1, NonZero::get).min(calls.len());
    thread::scope(|scope| {
        for _ in 0..n_threads {
            scope.spawn(work);
        }
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// One call through a fresh pipeline.
fn measure(settings: &CallsSettings, call: &Call) -> anyhow::Result<CallCounts> {
    let (updates, length) = heard(settings, call)?;
    let stretches = call.labels.over(length)?;
    Ok(CallCounts::of(&stretches, &updates))
}

/// All updates of a call, and how long it is.
fn heard(settings: &CallsSettings, call: &Call) -> anyhow::Result<(Vec<Fact>, StreamTime)> {
    let mut recording = unwatched(Recording::open(&call.audio, Channel::Mix, Pace::AsRead)?);
    let of_call = call.language.as_ref().filter(|_| settings.languages_known);
    let prepared = prepared(settings, of_call.or(settings.language.as_ref()))?;
    let pipeline = prepared.pipeline(&[recording.sample_rate_hz()])?;
    let mut pipeline = pipeline.with_alerts(&settings.config.alerts);
    let mut updates = Vec::new();
    loop {
        match recording.next_block()? {
            Block::Audio(samples) => pipeline.push(0, samples, &mut updates)?,
            Block::Gap(lost) => pipeline.gap(0, lost, &mut updates)?,
            Block::Muted(len) => pipeline.muted(0, len, &mut updates)?,
            Block::Waiting => {}
            Block::End => break,
        }
    }
    pipeline.finish(0, &mut updates)?;
    Ok((updates, pipeline.position(0)))
}
