//! The inputs that this computer has, and which of them carries what the speakers play.
//!
//! A softphone's caller is heard where the speakers are, so those inputs are the ones to listen to:
//! monitors of `PulseAudio` and `PipeWire`, and, on Windows and macOS, outputs opened as inputs.
//!
//! In: nothing, or what was chosen. Out: [`Device`]s, or the one that is meant. Keeps nothing. Functions
//! here may wait for a sound server: they run on a thread whose owner gives up after a time.

use std::fmt;

use cpal::HostId;
use cpal::traits::{DeviceTrait, HostTrait};

use super::super::AudioError;
use super::super::channel::Channel;
use super::choice::DeviceChoice;
#[cfg(target_os = "linux")]
use super::pulse::{self, Link, LinkError};

/// What an input hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Carries {
    /// A microphone or a line: the operator's own voice, usually.
    Microphone,
    /// What the machine plays (a monitor source, or an output opened as an input): a softphone's caller.
    Playback,
    /// What some program plays into a loopback card.
    Loopback,
}

impl fmt::Display for Carries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Carries::Microphone => "microphone",
            Carries::Playback => "what the machine plays",
            Carries::Loopback => "loopback",
        })
    }
}

/// An input of this computer.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Device {
    /// To be given as `--device`: `pulseaudio:softphone.monitor`. It is the same after a reboot and after
    /// the device was plugged in again: a sound server makes it of the socket or the serial number, ALSA of
    /// the card's name.
    pub id: String,
    /// As the system calls it.
    pub name: String,
    /// Whether it is listened to when no device is named.
    pub is_default: bool,
    /// Whether it hears what is played where nothing else was chosen.
    pub is_default_output: bool,
    /// What it hears.
    pub carries: Carries,
    /// Channels that it has.
    pub n_channels: u16,
    /// Samples a second that it records at.
    pub sample_rate_hz: u32,
}

/// A device that can be opened.
pub(crate) struct Found {
    pub(crate) device: cpal::Device,
    pub(crate) about: Device,
}

impl Found {
    /// Whether a sound server converts to what is asked of it, and drops what is not fetched in time.
    pub(crate) fn is_on_server(&self) -> bool {
        self.device.id().is_ok_and(|id| is_server(id.host()))
    }

    /// A connection to ask a server about this device; `None` for a device that is on none.
    pub(crate) fn server(&self) -> Option<cpal::Host> {
        let id = self.device.id().ok()?;
        if is_server(id.host()) { cpal::host_from_id(id.host()).ok() } else { None }
    }

    /// Whether a server still knows the device.
    pub(crate) fn is_present(&self, server: &cpal::Host) -> bool {
        self.device.id().is_ok_and(|id| server.device_by_id(&id).is_some())
    }

    /// What the device gives without conversion.
    pub(super) fn native_config(&self) -> Result<cpal::SupportedStreamConfig, cpal::Error> {
        native_config(&self.device, self.about.carries)
    }
}

/// What a host takes where nothing was chosen.
#[derive(Default)]
struct Defaults {
    input: Option<cpal::DeviceId>,
    output: Option<cpal::DeviceId>,
}

impl Defaults {
    fn of(host: &cpal::Host) -> Self {
        Defaults {
            input: host.default_input_device().and_then(|device| device.id().ok()),
            output: host.default_output_device().and_then(|device| device.id().ok()),
        }
    }

    /// Whether the input hears what the default output plays: its monitor, or the output itself.
    fn is_output(&self, id: &cpal::DeviceId) -> bool {
        self.output.as_ref().is_some_and(|output| {
            id == output || id.id().strip_suffix(MONITOR) == Some(output.id())
        })
    }
}

/// An input that can be opened.
pub(super) enum Input {
    /// A device of the system's own interface.
    Card(Box<Found>),
    /// A source of the sound server.
    #[cfg(target_os = "linux")]
    Served(Device),
}

impl Input {
    /// What is told of it.
    pub(super) fn about(&self) -> &Device {
        match self {
            Input::Card(found) => &found.about,
            #[cfg(target_os = "linux")]
            Input::Served(about) => about,
        }
    }
}

/// All inputs of the best sound system that answers: a sound server if one does (it converts and shares), or else
/// the system's own interface.
pub(super) fn list() -> Result<Vec<Input>, AudioError> {
    silence_alsa();
    #[cfg(target_os = "linux")]
    let refusal = match served() {
        Ok(inputs) => return Ok(inputs),
        Err(refusal) => refusal.to_string(),
    };
    #[cfg(not(target_os = "linux"))]
    let refusal = "no sound server answers".to_owned();
    let cards = cards()?;
    if cards.is_empty() {
        let reason = format!("{refusal}, and there is no sound card");
        return Err(AudioError::NoSoundSystem { reason });
    }
    Ok(cards)
}

/// All sources of the sound server.
#[cfg(target_os = "linux")]
fn served() -> Result<Vec<Input>, LinkError> {
    let sources = pulse::sources(&mut Link::open()?)?;
    Ok(sources.into_iter().map(Input::Served).collect())
}

/// Why the sound server that is there cannot be used, in words; none where it can be, or where there is none.
#[cfg(target_os = "linux")]
pub(super) fn server_trouble() -> Option<String> {
    match served() {
        Ok(_) | Err(LinkError::NoServer) => None,
        Err(error) => Some(error.to_string()),
    }
}

/// The same where there is no such server.
#[cfg(not(target_os = "linux"))]
pub(super) fn server_trouble() -> Option<String> {
    None
}

/// All inputs of the system's own interface.
fn cards() -> Result<Vec<Input>, AudioError> {
    let host = card_host()?;
    let defaults = Defaults::of(&host);
    let devices = host.devices().map_err(|error| no_sound_system(&error))?;
    Ok(devices
        .filter(|device| device.id().is_ok_and(|id| is_worth_opening(id.host(), id.id())))
        .filter_map(|device| describe(device, &defaults))
        .map(|found| Input::Card(Box::new(found)))
        .collect())
}

/// The system's own interface.
fn card_host() -> Result<cpal::Host, AudioError> {
    first_host(cpal::available_hosts().into_iter().filter(|id| !is_server(*id)))
}

/// The input that was chosen, or the default one, and which channel of it.
pub(super) fn find(choice: Option<&DeviceChoice>) -> Result<(Input, Channel), AudioError> {
    let mut inputs = list()?;
    let Some(choice) = choice else {
        let index = inputs.iter().position(|input| input.about().is_default);
        let index = index.ok_or(AudioError::NoInput)?;
        return Ok((inputs.swap_remove(index), Channel::Mix));
    };
    let about: Vec<Device> = inputs.iter().map(|input| input.about().clone()).collect();
    if let Some((index, channel)) = choice.among(&about)? {
        return Ok((inputs.swap_remove(index), channel));
    }
    choice
        .meanings()
        .find_map(|(id, channel)| Some((by_id(id)?, channel)))
        .ok_or_else(|| choice.unknown(&about))
}

/// A device of any sound system, also one that is not listed: `alsa:hw:CARD=1`.
pub(super) fn by_id(wanted: &str) -> Option<Input> {
    #[cfg(target_os = "linux")]
    if let Some((pulse::HOST, name)) = wanted.split_once(':') {
        let mut link = Link::open().ok()?;
        return pulse::found(&mut link, name).ok()?.map(Input::Served);
    }
    let id: cpal::DeviceId = wanted.parse().ok()?;
    let host = cpal::host_from_id(id.host()).ok()?;
    describe(host.device_by_id(&id)?, &Defaults::default())
        .map(|found| Input::Card(Box::new(found)))
}

/// What plays: a sound server if one answers, or else the system's own interface.
pub(crate) fn best_host() -> Result<cpal::Host, AudioError> {
    let mut ids = cpal::available_hosts();
    ids.sort_by_key(|id| !is_server(*id));
    first_host(ids)
}

/// The first that answers, or why the first does not.
fn first_host(ids: impl IntoIterator<Item = HostId>) -> Result<cpal::Host, AudioError> {
    let mut failure = None;
    for id in ids {
        match cpal::host_from_id(id) {
            Ok(host) => return Ok(host),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    Err(failure.map_or_else(none_supported, |error| no_sound_system(&error)))
}

fn none_supported() -> AudioError {
    AudioError::NoSoundSystem { reason: "none is supported here".to_owned() }
}

pub(crate) fn no_sound_system(error: &cpal::Error) -> AudioError {
    AudioError::NoSoundSystem { reason: error.to_string() }
}

#[cfg(target_os = "linux")]
pub(crate) fn is_server(id: HostId) -> bool {
    id == HostId::PulseAudio
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn is_server(_: HostId) -> bool {
    false
}

/// What is told of a device; `None` if it is no input that a person would choose.
fn describe(device: cpal::Device, defaults: &Defaults) -> Option<Found> {
    let id = device.id().ok()?;
    let carries = carries(&device, id.host(), id.id())?;
    let config = native_config(&device, carries).ok()?;
    let about = Device {
        id: id.to_string(),
        name: device.description().ok()?.name().to_owned(),
        is_default: defaults.input.as_ref() == Some(&id),
        is_default_output: carries == Carries::Playback && defaults.is_output(&id),
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
        Carries::Microphone | Carries::Loopback => Err(error),
    })
}

/// ALSA also lists plugins, and each `hw` device a second time. Asking about some of them opens them,
/// which prints, starts servers and takes seconds; a device left out can still be named by its id.
#[cfg(target_os = "linux")]
pub(crate) fn is_worth_opening(host: HostId, id: &str) -> bool {
    host != HostId::Alsa
        || matches!(id, "default" | "pipewire" | "pulse")
        || id.starts_with("plughw:")
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn is_worth_opening(_: HostId, _: &str) -> bool {
    true
}

/// How `PulseAudio` and `PipeWire` end the name of what an output plays.
pub(super) const MONITOR: &str = ".monitor";

/// What a device hears; `None` if it cannot be listened to.
#[cfg(target_os = "linux")]
fn carries(device: &cpal::Device, _: HostId, id: &str) -> Option<Carries> {
    if !device.supports_input() {
        return None;
    }
    Some(if id.ends_with(MONITOR) {
        Carries::Playback
    } else if id.contains("CARD=Loopback") {
        Carries::Loopback
    } else {
        Carries::Microphone
    })
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
pub(crate) fn silence_alsa() {
    // What it would have said comes back as an error of the call; if this fails it is only noisy.
    let _ = alsa::Output::local_error_handler();
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn silence_alsa() {}
