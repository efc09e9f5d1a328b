//! Which output, found and opened.
//!
//! In: what was chosen. Out: a stream that takes what it plays from a ring, and why it ended if it did. The
//! objects of the sound system stay on the thread that opened them.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{
    BufferSize, ErrorKind, FromSample, SampleFormat, SizedSample, StreamConfig,
    SupportedStreamConfig,
};

use super::super::AudioError;
use super::super::microphone::device::{
    Carries, Device, Found, best_host, is_server, is_worth_opening, no_sound_system, silence_alsa,
};
use super::OutputChoice;
use super::ring::{Feeder, ring};

/// Blocks a second that are asked of an output. A sound server holds two of them: what is heard is 80 ms late.
const BLOCKS_A_SECOND: u32 = 25;

/// How long a sound system may take to make a stream.
const ANSWER_TIME: Duration = Duration::from_secs(4);

/// An output that plays.
pub(super) struct Output {
    found: Found,
    server: Option<cpal::Host>,
    /// What the sound system said first of all that ends a stream.
    failure: Arc<OnceLock<String>>,
    /// Only to be dropped.
    _stream: cpal::Stream,
}

impl Output {
    /// Opens the output that was chosen.
    pub(super) fn open(choice: &OutputChoice) -> Result<(Self, Feeder), AudioError> {
        let found = find(choice)?;
        let failed = |error: &cpal::Error| AudioError::OutputFailed {
            output: found.about.id.clone(),
            reason: error.to_string(),
        };
        let native = found.device.default_output_config().map_err(|error| failed(&error))?;
        let failure = Arc::new(OnceLock::new());
        let short = BufferSize::Fixed((native.sample_rate() / BLOCKS_A_SECOND).max(1));
        let built = build(&found, &native, short, &failure).or_else(|error| {
            // A sound card may not know blocks of this length; then its own are as good.
            if found.is_on_server() || error.kind() != ErrorKind::UnsupportedConfig {
                return Err(error);
            }
            build(&found, &native, BufferSize::Default, &failure)
        });
        let (stream, feeder) = built.map_err(|error| failed(&error))?;
        stream.play().map_err(|error| failed(&error))?;
        let server = found.server();
        Ok((Output { found, server, failure, _stream: stream }, feeder))
    }

    /// What plays.
    pub(super) fn about(&self) -> &Device {
        &self.found.about
    }

    /// Why nothing is heard any more, if that is so. May wait for the sound server.
    ///
    /// `PulseAudio` moves a stream silently to another output when its own is unplugged; then a call would be
    /// heard by everybody in the room.
    pub(super) fn fault(&self) -> Option<String> {
        if let Some(failure) = self.failure.get() {
            return Some(failure.clone());
        }
        let is_gone = self.server.as_ref().is_some_and(|server| !self.found.is_present(server));
        is_gone.then(|| "it is not there any more".to_owned())
    }
}

/// The output that was chosen, or the default one.
fn find(choice: &OutputChoice) -> Result<Found, AudioError> {
    silence_alsa();
    let host = best_host()?;
    let default = host.default_output_device().and_then(|device| device.id().ok());
    let devices = host.output_devices().map_err(|error| no_sound_system(&error))?;
    let mut outputs: Vec<Found> = devices
        .filter(|device| device.id().is_ok_and(|id| is_worth_opening(id.host(), id.id())))
        .filter_map(|device| describe(device, default.as_ref()))
        .collect();
    if outputs.is_empty() && !is_server(host.id()) {
        let reason = "no sound server answers, and there is no sound card".to_owned();
        return Err(AudioError::NoSoundSystem { reason });
    }
    let about: Vec<Device> = outputs.iter().map(|output| output.about.clone()).collect();
    let index = match choice {
        OutputChoice::Default => about.iter().position(|output| output.is_default),
        OutputChoice::Named(name) => Some(name.output_among(&about)?),
    };
    Ok(outputs.swap_remove(index.ok_or(AudioError::NoOutput)?))
}

/// What is told of an output; `None` if it does not say how it plays.
fn describe(device: cpal::Device, default: Option<&cpal::DeviceId>) -> Option<Found> {
    let id = device.id().ok()?;
    let config = device.default_output_config().ok()?;
    let is_default = default == Some(&id);
    let about = Device {
        id: id.to_string(),
        name: device.description().ok()?.name().to_owned(),
        is_default,
        is_default_output: is_default,
        carries: Carries::Playback,
        n_channels: config.channels(),
        sample_rate_hz: config.sample_rate(),
    };
    Some(Found { device, about })
}

type Built = (cpal::Stream, Feeder);

fn build(
    found: &Found,
    native: &SupportedStreamConfig,
    buffer_size: BufferSize,
    failure: &Arc<OnceLock<String>>,
) -> Result<Built, cpal::Error> {
    let config = StreamConfig { buffer_size, ..native.config() };
    // A server converts to what is asked of it.
    let format = if found.is_on_server() { SampleFormat::F32 } else { native.sample_format() };
    match format {
        SampleFormat::F32 => build_for::<f32>(found, config, failure),
        SampleFormat::I16 => build_for::<i16>(found, config, failure),
        SampleFormat::I24 => build_for::<cpal::I24>(found, config, failure),
        SampleFormat::I32 => build_for::<i32>(found, config, failure),
        SampleFormat::U8 => build_for::<u8>(found, config, failure),
        other => {
            let message = format!("its sample format {other} is not supported");
            Err(cpal::Error::with_message(ErrorKind::UnsupportedConfig, message))
        }
    }
}

fn build_for<T: SizedSample + FromSample<f32> + Send + 'static>(
    found: &Found,
    config: StreamConfig,
    failure: &Arc<OnceLock<String>>,
) -> Result<Built, cpal::Error> {
    let (feeder, mut player) = ring(config.sample_rate, usize::from(config.channels));
    let stream = found.device.build_output_stream::<T, _, _>(
        config,
        move |interleaved: &mut [T], _| player.on_block(interleaved),
        error_handler(Arc::clone(failure)),
        Some(ANSWER_TIME),
    )?;
    Ok((stream, feeder))
}

/// What a sound system may say at any time, on threads of its own, and as often as it likes: only the first
/// failure costs anything.
fn error_handler(failure: Arc<OnceLock<String>>) -> impl FnMut(cpal::Error) + Send {
    move |error| match error.kind() {
        // The stream goes on: it was late, or runs at an ordinary priority.
        ErrorKind::Xrun | ErrorKind::RealtimeDenied => {}
        // Also one that would go on elsewhere. A later reason is a consequence of the first.
        _ => drop(failure.get_or_init(|| error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_that_ends_a_stream_is_the_reason() {
        let failure = Arc::new(OnceLock::new());
        let mut on_error = error_handler(Arc::clone(&failure));
        for kind in [ErrorKind::Xrun, ErrorKind::RealtimeDenied] {
            on_error(cpal::Error::new(kind));
        }
        assert_eq!(failure.get(), None);
        on_error(cpal::Error::with_message(ErrorKind::DeviceChanged, "it plays elsewhere"));
        on_error(cpal::Error::new(ErrorKind::DeviceNotAvailable));
        assert!(failure.get().is_some_and(|reason| reason.contains("it plays elsewhere")));
    }
}
