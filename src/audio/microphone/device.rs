//! The inputs that this computer has, and which of them carries what the speakers play.
//!
//! A softphone's caller is heard where the speakers are, so those inputs are the ones to listen to:
//! monitors of `PulseAudio` and `PipeWire`, and, on Windows and macOS, outputs opened as inputs.
//!
//! In: nothing, or an input's name. Out: [`Device`]s, or the one of that name. Keeps nothing. Functions
//! here may wait for a sound server: they run on a thread whose owner gives up after a time.

use std::fmt;

use cpal::HostId;
use cpal::traits::{DeviceTrait, HostTrait};

use super::super::AudioError;

/// What an input hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Carries {
    /// A microphone or a line: the operator's own voice, usually.
    Microphone,
    /// What the speakers play: a softphone's caller.
    Playback,
}

impl fmt::Display for Carries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Carries::Microphone => "microphone",
            Carries::Playback => "playback",
        })
    }
}

/// An input of this computer.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Device {
    /// Stable, to be given as `--device`: `pulseaudio:softphone.monitor`.
    pub id: String,
    /// As the system calls it.
    pub name: String,
    /// Whether it is listened to when no device is named.
    pub is_default: bool,
    /// What it hears.
    pub carries: Carries,
    /// Channels that it has.
    pub n_channels: u16,
    /// Samples a second that it records at.
    pub sample_rate_hz: u32,
}

/// A device that can be opened.
pub(super) struct Found {
    pub(super) device: cpal::Device,
    pub(super) about: Device,
}

impl Found {
    /// Whether a sound server converts to what is asked of it, and drops what is not fetched in time.
    pub(super) fn is_on_server(&self) -> bool {
        self.device.id().is_ok_and(|id| is_server(id.host()))
    }

    /// A connection to ask a server about this device; `None` for a device that is on none.
    pub(super) fn server(&self) -> Option<cpal::Host> {
        let id = self.device.id().ok()?;
        if is_server(id.host()) { cpal::host_from_id(id.host()).ok() } else { None }
    }

    /// Whether a server still knows the device.
    pub(super) fn is_present(&self, server: &cpal::Host) -> bool {
        self.device.id().is_ok_and(|id| server.device_by_id(&id).is_some())
    }

    /// What the device gives without conversion.
    pub(super) fn native_config(&self) -> Result<cpal::SupportedStreamConfig, cpal::Error> {
        native_config(&self.device, self.about.carries)
    }
}

/// All inputs of the best sound system that answers.
pub(super) fn list() -> Result<Vec<Found>, AudioError> {
    silence_alsa();
    let host = best_host()?;
    let default_id = host.default_input_device().and_then(|device| device.id().ok());
    let devices = host.devices().map_err(|error| no_sound_system(&error))?;
    let found: Vec<Found> =
        devices.filter_map(|device| describe(device, default_id.as_ref())).collect();
    if found.is_empty() && !is_server(host.id()) {
        let reason = "no sound server answers, and there is no sound card".to_owned();
        return Err(AudioError::NoSoundSystem { reason });
    }
    Ok(found)
}

/// The input of that id or name, or the default one.
pub(super) fn find(wanted: Option<&str>) -> Result<Found, AudioError> {
    let mut inputs = list()?;
    let Some(wanted) = wanted else {
        let index = inputs.iter().position(|input| input.about.is_default);
        return index.map(|index| inputs.swap_remove(index)).ok_or(AudioError::NoInput);
    };
    let is_wanted = |input: &Found| {
        let id = input.about.id.as_str();
        let bare_id = id.split_once(':').map_or(id, |(_, bare)| bare);
        wanted == id || wanted == bare_id || wanted == input.about.name
    };
    if let Some(index) = inputs.iter().position(is_wanted) {
        return Ok(inputs.swap_remove(index));
    }
    by_id(wanted).ok_or_else(|| AudioError::UnknownDevice {
        wanted: wanted.to_owned(),
        known: inputs.into_iter().map(|input| input.about.id).collect(),
    })
}

/// A device of another sound system, or one that is not listed: `alsa:hw:CARD=1`.
fn by_id(wanted: &str) -> Option<Found> {
    let id: cpal::DeviceId = wanted.parse().ok()?;
    let host = cpal::host_from_id(id.host()).ok()?;
    describe(host.device_by_id(&id)?, None)
}

/// A sound server if one answers (it converts and shares), or else the system's own interface.
fn best_host() -> Result<cpal::Host, AudioError> {
    let mut ids = cpal::available_hosts();
    ids.sort_by_key(|id| !is_server(*id));
    let mut failure = None;
    for id in ids {
        match cpal::host_from_id(id) {
            Ok(host) => return Ok(host),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    Err(failure.map_or_else(
        || AudioError::NoSoundSystem { reason: "none is supported here".to_owned() },
        |error| no_sound_system(&error),
    ))
}

fn no_sound_system(error: &cpal::Error) -> AudioError {
    AudioError::NoSoundSystem { reason: error.to_string() }
}

#[cfg(target_os = "linux")]
fn is_server(id: HostId) -> bool {
    id == HostId::PulseAudio
}

#[cfg(not(target_os = "linux"))]
fn is_server(_: HostId) -> bool {
    false
}

/// What is told of a device; `None` if it is no input that a person would choose.
fn describe(device: cpal::Device, default_id: Option<&cpal::DeviceId>) -> Option<Found> {
    let id = device.id().ok()?;
    if !is_worth_opening(id.host(), id.id()) {
        return None;
    }
    let carries = carries(&device, id.host(), id.id())?;
    let config = native_config(&device, carries).ok()?;
    let about = Device {
        id: id.to_string(),
        name: device.description().ok()?.name().to_owned(),
        is_default: default_id == Some(&id),
        carries,
        n_channels: config.channels(),
        sample_rate_hz: config.sample_rate(),
    };
    Some(Found { device, about })
}

fn native_config(
    device: &cpal::Device,
    carries: Carries,
) -> Result<cpal::SupportedStreamConfig, cpal::Error> {
    device.default_input_config().or_else(|error| match carries {
        Carries::Playback => device.default_output_config(),
        Carries::Microphone => Err(error),
    })
}

/// ALSA also lists plugins, and each `hw` device a second time. Asking about some of them opens them,
/// which prints, starts servers and takes seconds; a device left out can still be named by its id.
#[cfg(target_os = "linux")]
fn is_worth_opening(host: HostId, id: &str) -> bool {
    host != HostId::Alsa
        || matches!(id, "default" | "pipewire" | "pulse")
        || id.starts_with("plughw:")
}

#[cfg(not(target_os = "linux"))]
fn is_worth_opening(_: HostId, _: &str) -> bool {
    true
}

/// What a device hears; `None` if it cannot be listened to.
#[cfg(target_os = "linux")]
fn carries(device: &cpal::Device, _: HostId, id: &str) -> Option<Carries> {
    if !device.supports_input() {
        return None;
    }
    // PulseAudio's and PipeWire's name for "what this output plays", and ALSA's loop-back card.
    let is_playback = id.ends_with(".monitor") || id.contains("CARD=Loopback");
    Some(if is_playback { Carries::Playback } else { Carries::Microphone })
}

/// What a device hears: Windows and macOS record from an output what it plays.
#[cfg(not(target_os = "linux"))]
fn carries(device: &cpal::Device, _: HostId, _: &str) -> Option<Carries> {
    if device.supports_input() {
        Some(Carries::Microphone)
    } else {
        device.supports_output().then_some(Carries::Playback)
    }
}

/// Keeps ALSA's library from writing on the terminal, on this thread.
#[cfg(target_os = "linux")]
pub(super) fn silence_alsa() {
    // What it would have said comes back as an error of the call; if this fails it is only noisy.
    let _ = alsa::Output::local_error_handler();
}

#[cfg(not(target_os = "linux"))]
pub(super) fn silence_alsa() {}
