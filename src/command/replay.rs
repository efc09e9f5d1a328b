//! `undertone replay`: a recorded call through the same pipeline, with the dashboard or without a screen.

use super::Exit;
use super::engine::{Clock, Engine, Input, Step};
use super::operator_side::OperatorSide;
use super::printer::tell;
use super::progress;
use super::session::{Prepared, SessionSettings, print_summary};
use super::watch::{self, Watched};
use crate::audio::AudioError;
use crate::audio::Source;
use crate::audio::recording::{Channel, Pace, Recording};
use crate::dashboard::{Line, Mode, Setup};
use crate::session::record::{CallerEntry, EndReason};
use crate::stream_time::StreamTime;
use indicatif::ProgressBar;
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
    /// Which channel is the operator, if that side is heard.
    pub operator: Option<Channel>,
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
    let operator = settings.operator.map(|channel| operator_side(settings, channel)).transpose()?;
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
        lines: vec![Line {
            label: caller.label.clone(),
            source: format!("{} ({})", caller.source, recording.format()),
        }],
        model: prepared.model_line(),
        backend: prepared.backend().description.clone(),
        notice_text: None,
        mode: Mode::Replay { length, speed: watch::speed_of(settings.pace) },
        notice: prepared.notice(),
        colours: super::terminal_colours(),
        options: crate::dashboard::ScreenOptions::default(),
    };
    let input = Input::Recording(Box::new(recording));
    let clock = Clock::of_speed(watch::speed_of(settings.pace));
    if settings.session.headless {
        if let Some(notice) = &setup.notice {
            tell(notice);
        }
        let engine = prepared.engine(input, caller, operator, clock)?;
        return headless(engine, length, None, settings.session.json);
    }
    let watched = watch::run(setup, prepared.engine(input, caller, operator, clock)?)?;
    finish(watched, settings.session.json)
}

/// The operator's channel of the same recording: it is read as far as the caller's has come.
fn operator_side(settings: &ReplaySettings, channel: Channel) -> anyhow::Result<OperatorSide> {
    anyhow::ensure!(
        channel != settings.channel && channel != Channel::Mix && settings.channel != Channel::Mix,
        "caller and operator are {} and {channel}; give each a channel of its own, such as --caller \
         right --operator left",
        settings.channel
    );
    let mut recording = Recording::open(&settings.call, channel, Pace::AsRead)?;
    if let Some(len) = settings.block_len {
        recording = recording.with_block_len(len);
    }
    let source = format!("{} ({channel})", settings.call.display());
    Ok(OperatorSide::new(Input::Recording(Box::new(recording)), source))
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
        if let Some(news) = engine.take_log_news() {
            bar.suspend(|| tell(&format!("warning: {news}")));
        }
        while let Some(notice) = engine.take_notice() {
            bar.suspend(|| tell(&notice));
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
    let (ended, log_failure) = engine.end(reason);
    finish(Watched { ended, failure: cut_off, log_failure }, json)
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
        tell(&format!("warning: {failure:#}"));
        return Ok(Exit::Partial);
    }
    if let Some(failure) = watched.log_failure {
        tell(&format!("warning: the log is incomplete: {failure}"));
        return Ok(Exit::Partial);
    }
    Ok(Exit::Done)
}
