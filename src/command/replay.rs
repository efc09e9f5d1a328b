//! `undertone replay`: a recorded call through the same pipeline, with the dashboard or without a screen.

use super::Exit;
use super::engine::call::Ended;
use super::engine::input::Input;
use super::engine::line::Clock;
use super::engine::operator_side::OperatorSide;
use super::engine::switchboard::CallRule;
use super::engine::{Engine, LineSetup, Step};
use super::plain;
use super::printer::{chain, tell};
use super::progress;
use super::session::{Prepared, SessionSettings};
use super::sound::Sound;
use super::summary::print_summaries;
use super::watch::{self, Watched};
use crate::audio::loudspeaker::OutputChoice;
use crate::audio::recording::{Channel, Pace, Recording};
use crate::audio::{AudioError, Source};
use crate::dashboard::{Line, Mode, Setup};
use crate::pipeline::stream_position;
use crate::session::record::{CallerEntry, EndReason};
use crate::stream_time::StreamTime;
use indicatif::ProgressBar;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// As fast as it can be, a recording is read in blocks of so long where nobody watches, so that several readings go
/// through the network at once: in a second four are due, and six go best. The pipeline keeps 8 s of the operator.
const UNWATCHED_BLOCK_MS: u32 = 4_500;

/// What was asked for.
#[derive(Clone, Debug)]
pub struct ReplaySettings {
    /// The recording.
    pub call: PathBuf,
    /// Which channels are callers; at least one.
    pub callers: Vec<CallerChannel>,
    /// Which channel is the operator, if that side is heard.
    pub operator: Option<Channel>,
    /// Where the recording is heard, if it is.
    pub listen: Option<OutputChoice>,
    /// How fast.
    pub pace: Pace,
    /// Another block length than the decoder's.
    pub block_len: Option<usize>,
    /// The rest.
    pub session: SessionSettings,
}

impl ReplaySettings {
    /// Which channels are heard, in words: `mix`, or `right, operator left`.
    #[must_use]
    pub fn heard(&self) -> String {
        let callers = self.callers.iter().map(|caller| caller.channel.to_string());
        let operator = self.operator.map(|channel| format!("operator {channel}"));
        callers.chain(operator).collect::<Vec<_>>().join(", ")
    }
}

/// A caller in a recording: `[LABEL=]CHANNEL`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerChannel {
    /// What the caller is called; if nothing was typed, as the recording, or as the channel among several.
    pub label: Option<String>,
    /// Where the caller is heard.
    pub channel: Channel,
}

impl FromStr for CallerChannel {
    type Err = <Channel as FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (label, channel) = text.rsplit_once('=').unwrap_or(("", text));
        let label = Some(label.trim()).filter(|label| !label.is_empty()).map(str::to_owned);
        Ok(CallerChannel { label, channel: channel.parse()? })
    }
}

/// Replays the call.
///
/// # Errors
/// A recording, model, device or log that cannot be used. A recording that was cut off is replayed to its
/// last sample and gives [`Exit::Partial`].
pub fn run(settings: &ReplaySettings) -> anyhow::Result<Exit> {
    check_sides(settings)?;
    let Opened { lines, shown, length, operator } = opened(settings)?;
    let sound = settings.listen.as_ref().map(|output| sound(settings, output)).transpose()?;
    let prepared = Prepared::new(settings.session.clone())?;
    let setup = Setup {
        lines: shown,
        model: prepared.model_line(),
        backend: prepared.backend().description.clone(),
        notice_text: None,
        mode: Mode::Replay { length, speed: watch::speed_of(settings.pace) },
        notice: prepared.notice(),
        colours: super::terminal_colours(),
        options: settings.session.config.screen_options(super::terminal_found())?,
    };
    let clock = Clock::of_speed(watch::speed_of(settings.pace));
    if settings.session.headless {
        if let Some(notice) = &setup.notice {
            tell(notice);
        }
        let engine = prepared.engine(lines, operator, CallRule::Recording, clock)?;
        return headless(engine, length, None, settings.session.json);
    }
    let engine = prepared.engine(lines, operator, CallRule::Recording, clock)?;
    if settings.session.config.screen.plain {
        return plain::run(setup, engine, sound);
    }
    finish(watch::run(setup, engine, sound)?, settings.session.json)
}

/// The sides of a recording, opened.
pub(super) struct Opened {
    pub(super) lines: Vec<LineSetup>,
    shown: Vec<Line>,
    /// Of the recording, if it tells.
    pub(super) length: Option<StreamTime>,
    pub(super) operator: Option<OperatorSide>,
}

/// Opens a recording for each side.
///
/// # Errors
/// A recording or a channel that cannot be used.
pub(super) fn opened(settings: &ReplaySettings) -> anyhow::Result<Opened> {
    let mut opened = Opened { lines: Vec::new(), shown: Vec::new(), length: None, operator: None };
    for caller in &settings.callers {
        let recording = open(settings, caller.channel, settings.pace)?;
        let rate_hz = recording.sample_rate_hz();
        opened.length = recording.len_samples().map(|samples| stream_position(samples, rate_hz));
        let entry =
            CallerEntry { label: label(settings, caller), source: source(settings, caller) };
        let source = format!("{} ({})", entry.source, recording.format());
        opened.shown.push(Line { label: entry.label.clone(), source });
        opened.lines.push(LineSetup { entry, input: Input::Recording(Box::new(recording)) });
    }
    let operator = settings.operator.map(|channel| operator_side(settings, channel));
    opened.operator = operator.transpose()?;
    Ok(opened)
}

/// Each side is a channel of its own.
///
/// # Errors
/// Two sides on one channel.
pub(super) fn check_sides(settings: &ReplaySettings) -> anyhow::Result<()> {
    let callers = settings.callers.iter().map(|caller| ("caller", caller.channel));
    let operator = settings.operator.map(|channel| ("operator", channel));
    let sides: Vec<(&str, Channel)> = callers.chain(operator).collect();
    let mixed = sides.iter().any(|(_, channel)| *channel == Channel::Mix);
    for (at, (side, channel)) in sides.iter().enumerate() {
        let taken = sides[..at].iter().find(|(_, other)| other == channel);
        anyhow::ensure!(
            sides.len() < 2 || !mixed && taken.is_none(),
            "{} and {side} are {} and {channel}; give each a channel of its own, such as --caller right \
             --operator left",
            sides[0].0,
            sides[0].1
        );
    }
    Ok(())
}

fn open(settings: &ReplaySettings, channel: Channel, pace: Pace) -> Result<Recording, AudioError> {
    let recording = Recording::open(&settings.call, channel, pace)?;
    // Of several callers the log tells what happened in the order of time, as blocks tell it.
    let is_unwatched = settings.session.headless && settings.callers.len() == 1;
    Ok(match settings.block_len {
        Some(len) => recording.with_block_len(len),
        None if is_unwatched && pace == Pace::AsRead => unwatched(recording),
        None => recording,
    })
}

/// A recording of one caller in blocks for which nobody waits.
pub(super) fn unwatched(recording: Recording) -> Recording {
    recording.with_block_ms(UNWATCHED_BLOCK_MS)
}

/// What a caller is called: as was typed, or as the recording.
fn label(settings: &ReplaySettings, caller: &CallerChannel) -> String {
    let stem = settings.call.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    match (&caller.label, stem) {
        (Some(label), _) => label.clone(),
        (None, Some(stem)) if settings.callers.len() == 1 => stem,
        (None, Some(stem)) => format!("{stem} {}", caller.channel),
        (None, None) => "caller".to_owned(),
    }
}

/// Where a caller is heard: the file, and among several the channel.
fn source(settings: &ReplaySettings, caller: &CallerChannel) -> String {
    if settings.callers.len() == 1 {
        settings.call.display().to_string()
    } else {
        format!("{} ({})", settings.call.display(), caller.channel)
    }
}

/// The operator's channel of the same recording: it is read as far as the callers' have come.
fn operator_side(settings: &ReplaySettings, channel: Channel) -> anyhow::Result<OperatorSide> {
    let recording = open(settings, channel, Pace::AsRead)?;
    let source = format!("{} ({channel})", settings.call.display());
    Ok(OperatorSide::new(Input::Recording(Box::new(recording)), source))
}

/// All sides together, on this output.
fn sound(settings: &ReplaySettings, output: &OutputChoice) -> anyhow::Result<Sound> {
    let callers = settings.callers.iter().map(|caller| caller.channel);
    let sides = callers.chain(settings.operator);
    let sides = sides.map(|channel| Recording::open(&settings.call, channel, Pace::AsRead));
    Sound::open(sides.collect::<Result<_, _>>()?, output)
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
    let mut incomplete = false;
    loop {
        if stop.load(Ordering::Relaxed)
            || stop_after.is_some_and(|limit| started.elapsed() >= limit)
        {
            reason = EndReason::Stopped;
            break;
        }
        let outcome = engine.step(&mut |_| {});
        while let Some(notice) = engine.take_notice() {
            bar.suspend(|| tell(&notice));
        }
        let ended = engine.take_ended();
        bar.suspend(|| print_summaries(&ended, json))?;
        incomplete |= tell_incomplete(&ended);
        match outcome {
            Ok(Step::Worked) => bar.set_position(engine.position().0),
            Ok(Step::Waiting) => std::thread::sleep(watch::POLL),
            Ok(Step::Ended) => break,
            Err(error) => {
                reason = EndReason::Error(chain(&error));
                cut_off = Some(error);
                break;
            }
        }
    }
    bar.finish_and_clear();
    let exit = finish(Watched { ended: engine.end(&reason), failure: cut_off }, json)?;
    Ok(if incomplete { Exit::Partial } else { exit })
}

/// Prints the summaries and decides the exit code.
pub(super) fn finish(watched: Watched, json: bool) -> anyhow::Result<Exit> {
    print_summaries(&watched.ended, json)?;
    conclude(watched)
}

/// Tells what went wrong and decides the exit code.
pub(super) fn conclude(watched: Watched) -> anyhow::Result<Exit> {
    let incomplete = tell_incomplete(&watched.ended);
    if let Some(failure) = watched.failure {
        let harmless = failure
            .downcast_ref::<AudioError>()
            .is_some_and(|error| matches!(error, AudioError::Truncated { .. }));
        if !harmless {
            return Err(failure);
        }
        tell(&format!("warning: {}", chain(&failure)));
        return Ok(Exit::Partial);
    }
    Ok(if incomplete { Exit::Partial } else { Exit::Done })
}

/// Tells which logs are incomplete; whether one is.
pub(super) fn tell_incomplete(ended: &[Ended]) -> bool {
    let failures = ended.iter().filter_map(|call| call.log_failure.as_ref());
    failures.map(|failure| tell(&format!("warning: the log is incomplete: {failure}"))).count() > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_of_a_recording_is_a_channel_with_or_without_a_label() {
        let read = |text: &str| text.parse::<CallerChannel>().ok();
        let caller = |label: Option<&str>, channel| CallerChannel {
            label: label.map(str::to_owned),
            channel,
        };
        assert_eq!(read("right"), Some(caller(None, Channel::Right)));
        assert_eq!(read("Anna = B=left"), Some(caller(Some("Anna = B"), Channel::Left)));
        assert_eq!(read("=left"), Some(caller(None, Channel::Left)));
        assert_eq!(read("Anna"), None);
    }
}
