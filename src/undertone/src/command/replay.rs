//! `undertone replay`: a recorded call through the same pipeline, with the dashboard or without a screen.

pub mod side;

use super::Exit;
use super::plain::{self, StandardInput};
use super::printer::{chain, tell};
use super::progress;
use super::session::{Prepared, SessionSettings};
use super::sound::Sound;
use super::summary::print_summaries;
use super::watch::{self, Watched};
use engine::call::Ended;
use engine::input::Input;
use engine::line::Clock;
use engine::operator_side::OperatorSide;
use engine::run::{self, Driver, Outcome};
use engine::switchboard::CallRule;
use engine::{Engine, LineSetup, Step};
use hearing::stream_time::StreamTime;
use hearing::stream_time::stream_position;
use indicatif::ProgressBar;
use record::session::record::CallerEntry;
use screen::{Line, Mode, Setup};
use side::{CallerSide, Side};
use sound::loudspeaker::OutputChoice;
use sound::recording::{Channel, FileHints, Pace, Recording, STANDARD_INPUT, is_live};
use sound::{AudioError, Source};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// As fast as it can be, a recording is read in blocks of so long where nobody watches, so that several readings go
/// through the network at once: in a second four are due, and six go best. The pipeline keeps 8 s of the operator.
const UNWATCHED_BLOCK_MS: u32 = 4_500;

/// What was asked for.
#[derive(Clone, Debug)]
pub struct ReplaySettings {
    /// The recording.
    pub call: PathBuf,
    /// Which channels are callers, or which files; at least one.
    pub callers: Vec<CallerSide>,
    /// Which channel or file is the operator, if that side is heard.
    pub operator: Option<Side>,
    /// By how many seconds the operator's file begins after the callers'; before them if it is negative.
    pub operator_offset_s: f64,
    /// What is known of the files.
    pub hints: FileHints,
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
    /// All sides, with who is heard there.
    fn sides(&self) -> impl Iterator<Item = (&'static str, &Side)> {
        let callers = self.callers.iter().map(|caller| ("caller", &caller.side));
        callers.chain(self.operator.iter().map(|side| ("operator", side)))
    }

    /// Which channels are heard, in words: `mix`, or `right, operator left`.
    #[must_use]
    pub fn heard(&self) -> String {
        let callers = self.callers.iter().map(|caller| caller.side.to_string());
        let operator = self.operator.as_ref().map(|side| format!("operator {side}"));
        callers.chain(operator).collect::<Vec<_>>().join(", ")
    }
}

/// Replays the call.
///
/// # Errors
/// A recording, model, device or log that cannot be used. A recording that was cut off is replayed to its
/// last sample and gives [`Exit::Partial`], as does one of which something in the middle was lost.
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
        mode: Mode::Replay { length, speed: settings.pace.speed() },
        notice: prepared.notice(),
        colours: super::terminal_colours(),
        options: settings.session.config.screen_options(super::terminal_found())?,
    };
    let clock = Clock::of_speed(settings.pace.speed());
    if settings.session.headless {
        if let Some(notice) = &setup.notice {
            tell(notice);
        }
        let engine = prepared.engine(lines, operator, CallRule::Recording, clock)?;
        return headless(engine, length, None, settings.session.json);
    }
    let engine = prepared.engine(lines, operator, CallRule::Recording, clock)?;
    if settings.session.config.screen.plain {
        let is_recording = |side: &Side| side.file_or(&settings.call).as_os_str() == STANDARD_INPUT;
        let input = if settings.sides().any(|(_, side)| is_recording(side)) {
            StandardInput::Recording
        } else {
            StandardInput::Commands
        };
        return plain::run(setup, engine, sound, input);
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
        let recording = open(settings, &caller.side, settings.pace, 0.0)?;
        let rate_hz = recording.sample_rate_hz();
        opened.length = recording.len_samples().map(|samples| stream_position(samples, rate_hz));
        let entry =
            CallerEntry { label: label(settings, caller), source: source(settings, caller) };
        let source = format!("{} ({})", entry.source, recording.format());
        opened.shown.push(Line { label: entry.label.clone(), source });
        opened.lines.push(LineSetup { entry, input: Input::Recording(Box::new(recording)) });
    }
    let operator = settings.operator.as_ref().map(|side| operator_side(settings, side));
    opened.operator = operator.transpose()?;
    Ok(opened)
}

/// Each side is a channel of its own, or a file.
///
/// # Errors
/// Two sides in one place; an offset between files where there is one.
pub(super) fn check_sides(settings: &ReplaySettings) -> anyhow::Result<()> {
    let sides: Vec<(&str, &Side)> = settings.sides().collect();
    for (at, (name, side)) in sides.iter().enumerate() {
        let file = side.file_or(&settings.call);
        let is_taken = |(_, other): &&(&str, &Side)| {
            other.file_or(&settings.call) == file
                && (other.channel == side.channel
                    || [other.channel, side.channel].contains(&Channel::Mix))
        };
        anyhow::ensure!(
            !is_live(file)
                || sides[..at].iter().all(|(_, other)| other.file_or(&settings.call) != file),
            "{} can be read once only: give each side a file, such as --caller in.wav --operator out.wav",
            file.display()
        );
        if let Some((other_name, other)) = sides[..at].iter().find(is_taken) {
            anyhow::bail!(
                "{other_name} and {name} are {other} and {side}; give each a channel of its own, such as --caller right \
                 --operator left, or a file"
            );
        }
    }
    anyhow::ensure!(
        settings.operator_offset_s == 0.0
            || settings.operator.as_ref().is_some_and(|side| side.file.is_some()),
        "--operator-offset is for an operator's file of its own: --operator out.wav"
    );
    Ok(())
}

/// Opens a side in the call's time: `offset_s` after its beginning.
fn open(
    settings: &ReplaySettings,
    side: &Side,
    pace: Pace,
    offset_s: f64,
) -> anyhow::Result<Recording> {
    let file = side.file_or(&settings.call);
    let recording = Recording::open_with(file, side.channel, pace, settings.hints)?;
    // Of several callers the log tells what happened in the order of time, as blocks tell it. What is still being
    // written is read as it comes.
    let is_alone = settings.session.headless && settings.callers.len() == 1;
    let is_unwatched = is_alone && pace == Pace::AsRead && !recording.is_live();
    let recording = match settings.block_len {
        Some(len) => recording.with_block_len(len),
        None if is_unwatched => unwatched(recording),
        None => recording,
    };
    if offset_s == 0.0 {
        return Ok(recording);
    }
    anyhow::ensure!(
        !recording.is_live(),
        "{} is still being written: its offset cannot be set",
        file.display()
    );
    Ok(recording.shifted(offset_s)?)
}

/// A recording of one caller in blocks for which nobody waits.
pub(super) fn unwatched(recording: Recording) -> Recording {
    recording.with_block_ms(UNWATCHED_BLOCK_MS)
}

/// What a caller is called: as was typed, or as the recording.
fn label(settings: &ReplaySettings, caller: &CallerSide) -> String {
    let file = caller.side.file_or(&settings.call);
    if caller.label.is_none() && file.as_os_str() == STANDARD_INPUT {
        return "standard input".to_owned();
    }
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    match (&caller.label, stem) {
        (Some(label), _) => label.clone(),
        (None, Some(stem)) if settings.callers.len() == 1 => stem,
        (None, Some(stem)) => format!("{stem} {}", caller.side.channel),
        (None, None) => "caller".to_owned(),
    }
}

/// Where a caller is heard: the file, and among several the channel.
fn source(settings: &ReplaySettings, caller: &CallerSide) -> String {
    let file = caller.side.file_or(&settings.call).display();
    if settings.callers.len() == 1 {
        file.to_string()
    } else {
        format!("{file} ({})", caller.side.channel)
    }
}

/// The operator's side of the call: it is read as far as the callers' have come.
fn operator_side(settings: &ReplaySettings, side: &Side) -> anyhow::Result<OperatorSide> {
    let recording = open(settings, side, Pace::AsRead, settings.operator_offset_s)?;
    let source = format!("{} ({})", side.file_or(&settings.call).display(), side.channel);
    Ok(OperatorSide::new(Input::Recording(Box::new(recording)), source))
}

/// All sides together, on this output.
fn sound(settings: &ReplaySettings, output: &OutputChoice) -> anyhow::Result<Sound> {
    let mut sides = Vec::new();
    for caller in &settings.callers {
        sides.push(open(settings, &caller.side, Pace::AsRead, 0.0)?);
    }
    if let Some(side) = &settings.operator {
        sides.push(open(settings, side, Pace::AsRead, settings.operator_offset_s)?);
    }
    anyhow::ensure!(
        !sides.iter().any(Recording::is_live),
        "--listen plays a recording that is whole, and not one that is still being written"
    );
    let rate_hz = sides[0].sample_rate_hz();
    anyhow::ensure!(
        sides.iter().all(|side| side.sample_rate_hz() == rate_hz),
        "--listen plays sides of one sample rate together; leave it out, or convert one of the files"
    );
    Sound::open(sides, output)
}

/// Runs to the end on this thread, with a progress bar where there is a terminal.
pub(super) fn headless(
    mut engine: Engine,
    length: Option<StreamTime>,
    stop_after: Option<Duration>,
    json: bool,
) -> anyhow::Result<Exit> {
    let bar = length.map_or_else(ProgressBar::hidden, |length| progress::percent(length.0));
    let stop = watch::stop_flag()?;
    let mut driver =
        Headless { stop, started: Instant::now(), stop_after, json, bar, incomplete: false };
    let Outcome { reason, failure } = run::run(&mut engine, &mut driver);
    driver.tell_notices(&mut engine);
    driver.bar.finish_and_clear();
    let has_lost_sound = engine.has_lost_sound();
    let ended = engine.end(&reason);
    let exit = finish(Watched { ended, failure, has_lost_sound }, json)?;
    Ok(if driver.incomplete { Exit::Partial } else { exit })
}

/// Nobody looks: a bar, notices and summaries as lines.
struct Headless {
    stop: Arc<AtomicBool>,
    started: Instant,
    stop_after: Option<Duration>,
    json: bool,
    bar: ProgressBar,
    incomplete: bool,
}

impl Headless {
    fn tell_notices(&self, engine: &mut Engine) {
        while let Some(notice) = engine.take_notice() {
            self.bar.suspend(|| tell(&notice));
        }
    }
}

impl Driver for Headless {
    fn goes_on(&mut self, _: &mut Engine) -> anyhow::Result<bool> {
        let is_late = self.stop_after.is_some_and(|limit| self.started.elapsed() >= limit);
        Ok(!is_late && !self.stop.load(Ordering::Relaxed))
    }

    fn after(
        &mut self,
        engine: &mut Engine,
        step: Step,
        _: Option<&anyhow::Error>,
    ) -> anyhow::Result<()> {
        self.tell_notices(engine);
        let ended = engine.take_ended();
        self.bar.suspend(|| print_summaries(&ended, self.json))?;
        self.incomplete |= tell_incomplete(&ended);
        if step == Step::Worked {
            self.bar.set_position(engine.position().0);
        }
        Ok(())
    }
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
        let harmless = failure.downcast_ref().is_some_and(AudioError::is_after_sound);
        if !harmless {
            return Err(failure);
        }
        tell(&format!("warning: {}", chain(&failure)));
        return Ok(Exit::Partial);
    }
    Ok(if incomplete || watched.has_lost_sound { Exit::Partial } else { Exit::Done })
}

/// Tells which logs are incomplete; whether one is.
pub(super) fn tell_incomplete(ended: &[Ended]) -> bool {
    let failures = ended.iter().filter_map(|call| call.log_failure.as_ref());
    failures.map(|failure| tell(&format!("warning: the log is incomplete: {failure}"))).count() > 0
}
