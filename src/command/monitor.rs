//! `undertone monitor`: a live input through the pipeline, with the dashboard or without a screen.
//!
//! ```text
//!  OS audio thread            "engine" thread (watch.rs)          main thread
//!  cpal callback ──SPSC ring──► pipeline, log ──bounded channel──► dashboard
//! ```

use super::engine::{Clock, Input};
use super::printer::tell;
use super::session::{Prepared, SessionSettings};
use super::{Exit, replay, watch};
use crate::audio::microphone::{DeviceChoice, Microphone};
use crate::audio::recording::Channel;
use crate::dashboard::{Line, Mode, Setup};
use crate::session::record::CallerEntry;
use std::time::Duration;

/// What was asked for.
#[derive(Clone, Debug)]
pub struct MonitorSettings {
    /// The input and its channel; without one the system's default.
    pub device: Option<DeviceChoice>,
    /// Stop after this long.
    pub stop_after: Option<Duration>,
    /// The rest.
    pub session: SessionSettings,
}

/// Monitors until it is stopped.
///
/// # Errors
/// A device, model or log that cannot be used.
pub fn run(settings: &MonitorSettings) -> anyhow::Result<Exit> {
    let prepared = Prepared::new(settings.session.clone())?;
    let microphone = Microphone::open(settings.device.as_ref())?;
    let device = microphone.device();
    let source = match microphone.channel() {
        Channel::Mix => format!("{} ({})", device.name, device.id),
        channel => format!("{} ({}, channel {channel})", device.name, device.id),
    };
    let caller = CallerEntry { label: "caller".into(), source: source.clone() };
    let input = Input::Microphone(Box::new(microphone));
    if settings.session.headless {
        if let Some(notice) = prepared.notice() {
            tell(&notice);
        }
        let engine = prepared.engine(input, caller, None, Clock::RealTime)?;
        return replay::headless(engine, None, settings.stop_after, settings.session.json);
    }
    let setup = Setup {
        lines: vec![Line { label: caller.label.clone(), source }],
        model: prepared.model_line(),
        backend: prepared.backend().description.clone(),
        notice_text: None,
        mode: Mode::Live { auto_calls: false },
        notice: prepared.notice(),
        colours: super::terminal_colours(),
        options: crate::dashboard::ScreenOptions::default(),
    };
    let watched = watch::run(setup, prepared.engine(input, caller, None, Clock::RealTime)?)?;
    replay::finish(watched, false)
}
