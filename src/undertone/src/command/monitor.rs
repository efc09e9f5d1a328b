//! `undertone monitor`: live inputs through the pipeline, with the dashboard or without a screen.
//!
//! ```text
//!  OS audio threads, one a source   "engine" thread (watch.rs)          main thread
//!  cpal callbacks ──SPSC rings──────► pipeline, logs ──bounded channel──► dashboard
//! ```

use super::printer::tell;
use super::session::{Prepared, SessionSettings};
use super::{Exit, plain, replay, watch};
use crate::config::CallsSection;
use anyhow::Context;
use engine::LineSetup;
use engine::input::Input;
use engine::line::Clock;
use engine::operator_side::OperatorSide;
use engine::switchboard::CallRule;
use hearing::stream_time::StreamTime;
use record::session::record::CallerEntry;
use screen::{Line, Mode, Setup};
use sound::microphone::{CallerChoice, DeviceChoice, Microphone};
use sound::recording::Channel;
use std::time::Duration;

/// What the only caller is called, and the operator in the system's mixer.
const CALLER: &str = "caller";
const OPERATOR: &str = "operator";

/// What was asked for.
#[derive(Clone, Debug)]
pub struct MonitorSettings {
    /// Who is heard where.
    pub callers: Callers,
    /// The input that the operator speaks into, to know who speaks.
    pub operator: Option<DeviceChoice>,
    /// Without a screen: somebody else sees to it that callers are told what has to be told.
    pub notice_given: bool,
    /// Stop after this long.
    pub stop_after: Option<Duration>,
    /// The rest.
    pub session: SessionSettings,
}

/// Who is heard where.
#[derive(Clone, Debug)]
pub enum Callers {
    /// One caller on this input and its channel; without one the system's default.
    One(Option<DeviceChoice>),
    /// Several, each with a label.
    Labelled(Vec<CallerChoice>),
}

/// Monitors until it is stopped.
///
/// # Errors
/// A device, model or log that cannot be used.
pub fn run(settings: &MonitorSettings) -> anyhow::Result<Exit> {
    let calls = &settings.session.config.calls;
    if settings.session.headless && calls.require_notice && !settings.notice_given {
        anyhow::bail!(
            "calls.require_notice is true, and without a screen nobody can confirm that a caller was told; \
             give --notice-given if callers are told in another way"
        );
    }
    let mut session = settings.session.clone();
    session.config.calls.require_notice &= !settings.notice_given;
    let prepared = Prepared::new(session)?;
    let lines = open_lines(&settings.callers)?;
    let operator = settings.operator.as_ref().map(open_operator).transpose()?;
    check_roles(&lines, operator.as_ref())?;
    let rule = rule(calls);
    if settings.session.headless {
        if let Some(notice) = prepared.notice() {
            tell(&notice);
        }
        let engine = prepared.engine(lines, operator, rule, Clock::RealTime)?;
        return replay::headless(engine, None, settings.stop_after, settings.session.json);
    }
    let line = |setup: &LineSetup| Line {
        label: setup.entry.label.clone(),
        source: setup.entry.source.clone(),
    };
    let setup = Setup {
        lines: lines.iter().map(line).collect(),
        model: prepared.model_line(),
        backend: prepared.backend().description.clone(),
        notice_text: calls.notice.clone(),
        mode: Mode::Live { auto_calls: calls.auto },
        notice: prepared.notice(),
        colours: super::terminal_colours(),
        options: settings.session.config.screen_options(super::terminal_found())?,
    };
    let engine = prepared.engine(lines, operator, rule, Clock::RealTime)?;
    if settings.session.config.screen.plain {
        return plain::run(setup, engine, None, plain::StandardInput::Commands);
    }
    replay::finish(watch::run(setup, engine, None)?, settings.session.json)
}

fn rule(calls: &CallsSection) -> CallRule {
    if calls.auto {
        CallRule::Auto(StreamTime::from_ms(u64::from(calls.end_after_s) * 1000))
    } else {
        CallRule::ByKey
    }
}

fn open_lines(callers: &Callers) -> anyhow::Result<Vec<LineSetup>> {
    match callers {
        Callers::One(device) => {
            let microphone = Microphone::open(device.as_ref(), CALLER)?;
            Ok(vec![line_of(CALLER.to_owned(), microphone)])
        }
        Callers::Labelled(callers) => callers
            .iter()
            .map(|caller| {
                let opened = Microphone::open(Some(&caller.device), &caller.label);
                let microphone = opened.with_context(|| format!("caller {}", caller.label))?;
                Ok(line_of(caller.label.clone(), microphone))
            })
            .collect(),
    }
}

/// One device and channel in two roles: nobody could say whose voice is heard.
fn check_roles(lines: &[LineSetup], operator: Option<&OperatorSide>) -> anyhow::Result<()> {
    let lines = lines.iter().map(|line| (line.entry.label.as_str(), &line.input));
    let operator = operator.map(|side| (OPERATOR, side.input()));
    let mut taken: Vec<(String, (String, usize))> = Vec::new();
    for (role, input) in lines.chain(operator) {
        let Some(microphone) = input.microphone() else { continue };
        let place =
            place_of(&microphone.device().id, microphone.device().n_channels, microphone.channel());
        let other = taken.iter().find(|(_, other)| *other == place);
        if let Some((other, (id, _))) = other {
            anyhow::bail!(
                "{other} and {role} are both {id} and the same channel of it; give each an input or a channel of its \
                 own, such as {id}:left and {id}:right"
            );
        }
        taken.push((role.to_owned(), place));
    }
    Ok(())
}

/// A device and the number of the channel; 0 is the mix of several.
fn place_of(id: &str, n_channels: u16, channel: Channel) -> (String, usize) {
    (id.to_owned(), channel.number().unwrap_or(usize::from(n_channels == 1)))
}

fn line_of(label: String, microphone: Microphone) -> LineSetup {
    let source = words_for(&microphone);
    let entry = CallerEntry { label, source };
    LineSetup { entry, input: Input::Microphone(Box::new(microphone)) }
}

fn open_operator(device: &DeviceChoice) -> anyhow::Result<OperatorSide> {
    let microphone = Microphone::open(Some(device), OPERATOR).context("operator")?;
    let source = words_for(&microphone);
    Ok(OperatorSide::new(Input::Microphone(Box::new(microphone)), source))
}

/// The device and its channel, for screen and log.
fn words_for(microphone: &Microphone) -> String {
    let device = microphone.device();
    match microphone.channel() {
        Channel::Mix => format!("{} ({})", device.name, device.id),
        channel => format!("{} ({}, channel {channel})", device.name, device.id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_channel_is_one_place_whatever_it_is_called() {
        let place = |n_channels, channel| place_of("a:b", n_channels, channel);
        assert_eq!(place(1, Channel::Mix), place(1, Channel::Left));
        assert_eq!(place(2, Channel::Right), place(2, Channel::Number(2)));
        assert_ne!(place(2, Channel::Mix), place(2, Channel::Left));
        assert_ne!(place(2, Channel::Left), place(2, Channel::Right));
        assert_ne!(place(1, Channel::Mix), place_of("a:c", 1, Channel::Mix));
    }
}
