//! `undertone replay`: a recorded call through the same pipeline, with the dashboard or without a screen.

use super::Exit;
use super::engine::{Clock, Engine, Input, Step};
use super::progress;
use super::session::{Prepared, SessionSettings, print_summary};
use super::watch::{self, Watched};
use crate::audio::AudioError;
use crate::audio::Source;
use crate::audio::recording::{Channel, Pace, Recording};
use crate::dashboard::{Mode, Setup};
use crate::plain_text::plain;
use crate::session::record::{CallerEntry, EndReason};
use crate::stream_time::StreamTime;
use indicatif::ProgressBar;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// What was asked for.
#[derive(Clone, Debug)]
pub struct ReplaySettings {
    /// The recording.
    pub call: PathBuf,
    /// Which channel is the caller.
    pub channel: Channel,
    /// How fast.
    pub pace: Pace,
    /// Another block length than the decoder's.
    pub block_len: Option<usize>,
    /// The rest.
    pub session: SessionSettings,
}

/// Replays the call.
///
/// # Errors
/// A recording, model, device or log that cannot be used. A recording that was cut off is replayed to its
/// last sample and gives [`Exit::Partial`].
pub fn run(settings: &ReplaySettings) -> anyhow::Result<Exit> {
    let mut recording = Recording::open(&settings.call, settings.channel, settings.pace)?;
    if let Some(len) = settings.block_len {
        recording = recording.with_block_len(len);
    }
    let length = recording
        .len_samples()
        .map(|samples| crate::pipeline::stream_position(samples, recording.sample_rate_hz()));
    let prepared = Prepared::new(settings.session.clone())?;
    let caller = CallerEntry {
        label: settings
            .call
            .file_stem()
            .map_or_else(|| "caller".into(), |stem| stem.to_string_lossy().into_owned()),
        source: settings.call.display().to_string(),
    };
    let setup = Setup {
        callers: vec![caller.label.clone()],
        model: prepared.model_line(),
        backend: prepared.backend().description.clone(),
        source: format!("{} ({})", caller.source, recording.format()),
        log: None,
        mode: Mode::Replay { length, speed: watch::speed_of(settings.pace) },
        notice: prepared.backend().notice.clone(),
        colours: super::terminal_colours(),
    };
    let input = Input::Recording(Box::new(recording));
    let clock = Clock::of_speed(watch::speed_of(settings.pace));
    if settings.session.headless {
        if let Some(notice) = &setup.notice {
            eprintln!("{notice}");
        }
        let engine = prepared.engine(input, caller, clock)?;
        return headless(engine, length, None, settings.session.json);
    }
    let watched = watch::run(setup, prepared.engine(input, caller, clock)?)?;
    finish(watched, settings.session.json)
}

/// Runs to the end on this thread, with a progress bar where there is a terminal.
pub(super) fn headless(
    mut engine: Engine,
    length: Option<StreamTime>,
    stop_after: Option<Duration>,
    json: bool,
) -> anyhow::Result<Exit> {
    let stop = watch::stop_flag()?;
    let bar = length.map_or_else(ProgressBar::hidden, |length| progress::percent(length.0));
    let started = Instant::now();
    let mut reason = EndReason::Finished;
    let mut cut_off = None;
    loop {
        if stop.load(Ordering::Relaxed)
            || stop_after.is_some_and(|limit| started.elapsed() >= limit)
        {
            reason = EndReason::Stopped;
            break;
        }
        let outcome = engine.step(&mut |_| {});
        while let Some(notice) = engine.take_notice() {
            // Not `eprintln`, which panics where nobody reads any more.
            let _ = writeln!(std::io::stderr(), "{}", plain(&notice));
        }
        match outcome {
            Ok(Step::Worked) => bar.set_position(engine.position().0),
            Ok(Step::Waiting) => std::thread::sleep(watch::POLL),
            Ok(Step::Ended) => break,
            Err(error) => {
                reason = EndReason::Error(format!("{error:#}"));
                cut_off = Some(error);
                break;
            }
        }
    }
    bar.finish_and_clear();
    let log_failure = engine.take_log_failure();
    let (ended, end_failure) = engine.end(reason);
    finish(Watched { ended, failure: cut_off, log_failure: log_failure.or(end_failure) }, json)
}

/// Prints the summary and decides the exit code.
pub(super) fn finish(watched: Watched, json: bool) -> anyhow::Result<Exit> {
    print_summary(&watched.ended, json)?;
    if let Some(failure) = watched.failure {
        let harmless = failure
            .downcast_ref::<AudioError>()
            .is_some_and(|error| matches!(error, AudioError::Truncated { .. }));
        if !harmless {
            return Err(failure);
        }
        eprintln!("warning: {failure:#}");
        return Ok(Exit::Partial);
    }
    if let Some(failure) = watched.log_failure {
        eprintln!("warning: the log is incomplete: {failure}");
        return Ok(Exit::Partial);
    }
    Ok(Exit::Done)
}
