//! One stream of one device: opened, watched, and closed when it is dropped.
//!
//! In: a device, and how it was opened before if it was. Out: the reader's end of a ring, and why the stream
//! ended. The objects of the sound system stay on the thread that opened them, so they need not be able to
//! move, and closing one may wait for a sound server that hangs.

use std::sync::mpsc::SyncSender;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{BufferSize, ErrorKind, FromSample, SampleFormat, SizedSample, StreamConfig};

use super::super::AudioError;
use super::super::channel::Channel;
use super::capture::{Captured, RingSettings, ring_from};
use super::clock::Clock;
use super::counters::{Beginning, Counters};
use super::device::{Device, Found, Input};
#[cfg(target_os = "linux")]
use super::pulse::{self, Link, LinkError, Tap, Tapped, Whereabouts};

/// Asked of a sound server: twice the pipeline's own rate, so that the errors of the server's simple
/// resampler lie where the pipeline's filter removes them.
const SERVER_RATE_HZ: u32 = 16_000;

/// Blocks a second that are asked of a sound card, and read at once.
const BLOCKS_A_SECOND: u32 = 10;

/// The same of a sound server, which gives half of such a block at a time, and keeps ten of those asked for while the
/// program is held up.
const SERVER_BLOCKS_A_SECOND: u32 = 5;

/// A server whose last audio is no older answers questions at once, as far as is known.
const ANSWERS_WITHIN: Duration = Duration::from_millis(500);

/// How much audio can wait for a busy reader. The longest stall that was measured under load is 0.4 s;
/// this is ten times that, and 256 kB at 16 kHz. What does not fit is dropped, newest first, and counted.
const RING: Duration = Duration::from_secs(4);

/// How long a sound system may take to make a stream.
const ANSWER_TIME: Duration = Duration::from_secs(4);

/// A device that always sends, and has sent nothing for so long, is dead: four times the longest pause that
/// was measured under load, and soon enough to be told within 2 s.
pub(super) const SILENT_TIME: Duration = Duration::from_millis(1500);

/// How a device is opened. A device that comes back is opened as it was, so that its samples go on as they
/// were.
#[derive(Clone, Copy, Debug)]
pub(super) struct Format {
    sample: SampleFormat,
    config: StreamConfig,
    channel: Channel,
}

impl Format {
    /// Samples a second.
    pub(super) fn rate_hz(&self) -> u32 {
        self.config.sample_rate
    }

    /// Which channel is listened to.
    pub(super) fn channel(&self) -> Channel {
        self.channel
    }

    /// A server converts to what is asked for; anything else is taken as it is.
    pub(super) fn wanted(input: &Input, channel: Channel) -> Result<Self, AudioError> {
        let n_channels = input.about().n_channels;
        if let Some(wanted) = channel.number().filter(|number| *number > usize::from(n_channels)) {
            let device = input.about().id.clone();
            let n_channels = usize::from(n_channels);
            return Err(AudioError::MissingDeviceChannel { device, wanted, n_channels });
        }
        let found = match input {
            Input::Card(found) => found,
            #[cfg(target_os = "linux")]
            Input::Served(_) => {
                let buffer_size = BufferSize::Fixed(SERVER_RATE_HZ / SERVER_BLOCKS_A_SECOND);
                let (channels, sample_rate) = (n_channels, SERVER_RATE_HZ);
                let config = StreamConfig { channels, sample_rate, buffer_size };
                return Ok(Format { sample: SampleFormat::F32, config, channel });
            }
        };
        let native = found.native_config().map_err(|error| failed(&found.about, &error))?;
        let buffer_size = BufferSize::Fixed(native.sample_rate() / BLOCKS_A_SECOND);
        let config = StreamConfig { buffer_size, ..native.config() };
        Ok(Format { sample: native.sample_format(), config, channel })
    }
}

/// What a stream is, beside its format.
pub(super) struct Wanted<'a> {
    /// What it is called in the system's mixer.
    pub(super) title: &'a str,
    pub(super) clock: &'a Clock,
    /// What comes before its first sample.
    pub(super) beginning: Beginning,
    /// Woken by its failure.
    pub(super) wake: &'a SyncSender<()>,
}

/// A stream that runs.
pub(super) struct Stream {
    about: Device,
    format: Format,
    /// What the sound system said first of all that ends a stream.
    failure: Arc<OnceLock<String>>,
    counters: Arc<Counters>,
    /// `None` while it is being closed.
    running: Option<Running>,
}

/// What delivers the samples.
enum Running {
    /// Only to be dropped.
    Card { _stream: cpal::Stream },
    #[cfg(target_os = "linux")]
    Served { tap: Tap, link: Option<Link>, silenced: Option<&'static str> },
}

impl Stream {
    /// Starts a stream whose failure wakes its owner. If the input was heard before, what lies between is the
    /// first thing that its reader finds.
    pub(super) fn open(
        input: Input,
        format: Format,
        wanted: &Wanted,
    ) -> Result<(Self, Captured), AudioError> {
        match input {
            Input::Card(found) => Stream::of_card(&found, format, wanted),
            #[cfg(target_os = "linux")]
            Input::Served(about) => Stream::of_server(about, format, wanted),
        }
    }

    fn of_card(
        found: &Found,
        mut format: Format,
        wanted: &Wanted,
    ) -> Result<(Self, Captured), AudioError> {
        let failure = Arc::new(OnceLock::new());
        let built = build(found, format, wanted, &failure).or_else(|error| {
            // A sound card may not know blocks of this length; then its own are as good.
            if error.kind() != ErrorKind::UnsupportedConfig {
                return Err(error);
            }
            format.config.buffer_size = BufferSize::Default;
            build(found, format, wanted, &failure)
        });
        let (stream, counters, captured) = built.map_err(|error| failed(&found.about, &error))?;
        stream.play().map_err(|error| failed(&found.about, &error))?;
        let (about, running) = (found.about.clone(), Some(Running::Card { _stream: stream }));
        Ok((Stream { about, format, failure, counters, running }, captured))
    }

    #[cfg(target_os = "linux")]
    fn of_server(
        about: Device,
        format: Format,
        wanted: &Wanted,
    ) -> Result<(Self, Captured), AudioError> {
        let refused = |error: LinkError| AudioError::DeviceFailed {
            device: about.id.clone(),
            reason: error.to_string(),
        };
        let failure = Arc::new(OnceLock::new());
        let (mut capture, captured) =
            ring_from(&settings(format), wanted.clock, wanted.beginning.clone());
        let counters = capture.counters();
        let source = about.id.split_once(':').map_or(&*about.id, |(_, name)| name);
        let tapped = Tapped {
            source,
            title: wanted.title,
            rate_hz: format.config.sample_rate,
            n_channels: format.config.channels,
            block_len: format.config.sample_rate / SERVER_BLOCKS_A_SECOND,
        };
        let (ended, wake) = (Arc::clone(&failure), wanted.wake.clone());
        let on_end = move |reason| {
            let _ = ended.set(reason);
            // Full means that the thread is already told.
            let _ = wake.try_send(());
        };
        let on_audio = move |interleaved: &[f32]| capture.on_block(interleaved);
        let tap = Tap::open(&tapped, on_audio, on_end).map_err(refused)?;
        let running = Some(Running::Served { tap, link: None, silenced: None });
        Ok((Stream { about, format, failure, counters, running }, captured))
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// What is heard.
    pub(super) fn about(&self) -> &Device {
        &self.about
    }

    /// Whether it sends silence when there is nothing to hear, so that nothing at all is a fault. Devices
    /// that are on no server may stop while an output plays nothing.
    pub(super) fn sends_always(&self) -> bool {
        !matches!(self.running, Some(Running::Card { .. }))
    }

    /// What its callback tells.
    pub(super) fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }

    /// Why nothing comes any more, if that is so. May wait for the sound server.
    ///
    /// A server that moves the stream to another source, whatever the reason, ends it: the wrong person would be heard.
    pub(super) fn fault(&mut self, clock: &Clock) -> Option<String> {
        if let Some(failure) = self.failure.get() {
            return Some(failure.clone());
        }
        let silent_for = clock.now().saturating_sub(self.counters.last_callback());
        if self.sends_always() && silent_for > SILENT_TIME {
            return Some(silence());
        }
        // A server that hangs would keep whoever asks it waiting.
        if silent_for < ANSWERS_WITHIN { self.elsewhere() } else { None }
    }

    /// Where the server has the stream, if that is not its source any more.
    #[cfg(target_os = "linux")]
    fn elsewhere(&mut self) -> Option<String> {
        let Some(Running::Served { tap, link, silenced }) = &mut self.running else { return None };
        if link.is_none() {
            *link = Link::open().ok();
        }
        let (stream, source) = tap.numbers();
        match link.as_mut()?.whereabouts(stream, source) {
            Ok(Whereabouts::Here { silenced: now }) => {
                *silenced = now;
                None
            }
            Ok(Whereabouts::Elsewhere(place)) => Some(pulse::moved_to(&place)),
            Ok(Whereabouts::Gone) => Some("it is not there any more".to_owned()),
            Err(_) => {
                *link = None;
                None
            }
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn elsewhere(&mut self) -> Option<String> {
        None
    }

    /// Why nothing is heard although everything is there, in words: somebody muted it in the system's mixer. As it was
    /// when its [fault](Stream::fault) was looked for last.
    pub(super) fn silenced(&self) -> Option<&'static str> {
        match &self.running {
            #[cfg(target_os = "linux")]
            Some(Running::Served { silenced, .. }) => *silenced,
            _ => None,
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        drop(self.running.take());
        self.counters.close();
    }
}

/// Why a device that sends nothing is as good as gone.
pub(super) fn silence() -> String {
    format!("it has sent nothing for {:.1} s", SILENT_TIME.as_secs_f64())
}

fn failed(about: &Device, error: &cpal::Error) -> AudioError {
    AudioError::DeviceFailed { device: about.id.clone(), reason: error.to_string() }
}

/// The ring for a format.
fn settings(Format { config, channel, .. }: Format) -> RingSettings {
    let rate_hz = config.sample_rate;
    RingSettings {
        len: samples_in(RING, rate_hz),
        block_len: samples_in(Duration::from_secs(1) / BLOCKS_A_SECOND, rate_hz),
        rate_hz,
        n_channels: usize::from(config.channels),
        channel,
    }
}

type Built = (cpal::Stream, Arc<Counters>, Captured);

fn build(
    found: &Found,
    format: Format,
    wanted: &Wanted,
    failure: &Arc<OnceLock<String>>,
) -> Result<Built, cpal::Error> {
    match format.sample {
        SampleFormat::F32 => build_for::<f32>(found, format, wanted, failure),
        SampleFormat::I16 => build_for::<i16>(found, format, wanted, failure),
        SampleFormat::I24 => build_for::<cpal::I24>(found, format, wanted, failure),
        SampleFormat::I32 => build_for::<i32>(found, format, wanted, failure),
        SampleFormat::U8 => build_for::<u8>(found, format, wanted, failure),
        other => {
            let message = format!("its sample format {other} is not supported");
            Err(cpal::Error::with_message(ErrorKind::UnsupportedConfig, message))
        }
    }
}

fn build_for<T: SizedSample + Send + 'static>(
    found: &Found,
    format: Format,
    wanted: &Wanted,
    failure: &Arc<OnceLock<String>>,
) -> Result<Built, cpal::Error>
where
    f32: FromSample<T>,
{
    let (mut capture, captured) =
        ring_from(&settings(format), wanted.clock, wanted.beginning.clone());
    let counters = capture.counters();
    let stream = found.device.build_input_stream::<T, _, _>(
        format.config,
        move |interleaved: &[T], _| capture.on_block(interleaved),
        error_handler(Arc::clone(failure), Arc::clone(&counters), wanted.wake.clone()),
        Some(ANSWER_TIME),
    )?;
    Ok((stream, counters, captured))
}

/// How many samples a length has, at least one.
fn samples_in(length: Duration, sample_rate_hz: u32) -> usize {
    let samples = length.as_millis() * u128::from(sample_rate_hz) / 1000;
    usize::try_from(samples).unwrap_or(usize::MAX).max(1)
}

/// What a sound system may say at any time, on threads of its own, and as often as it likes: ALSA was
/// seen to say the same 65,000 times a second. Only the first failure costs anything.
fn error_handler(
    failure: Arc<OnceLock<String>>,
    counters: Arc<Counters>,
    wake: SyncSender<()>,
) -> impl FnMut(cpal::Error) + Send {
    move |error| match error.kind() {
        // How much was lost it does not say; the clock does.
        ErrorKind::Xrun => counters.overrun(),
        // The stream goes on: it follows the default device, or runs at an ordinary priority.
        ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => {}
        _ if failure.get().is_some() => {}
        _ => {
            // A later reason is a consequence of the first.
            let _ = failure.set(error.to_string());
            // Full means that the thread is already told.
            let _ = wake.try_send(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn only_the_first_failure_counts_and_wakes_the_thread() {
        let failure = Arc::new(OnceLock::new());
        let counters = Arc::new(Counters::default());
        let (wake, woken) = mpsc::sync_channel(1);
        let mut on_error = error_handler(Arc::clone(&failure), Arc::clone(&counters), wake);
        for kind in [ErrorKind::Xrun, ErrorKind::DeviceChanged, ErrorKind::RealtimeDenied] {
            on_error(cpal::Error::new(kind));
        }
        assert_eq!(counters.n_overruns(), 1);
        assert_eq!(failure.get(), None);
        assert!(woken.try_recv().is_err(), "none of these ends the stream");
        for _ in 0..1000 {
            on_error(cpal::Error::with_message(ErrorKind::StreamInvalidated, "the server is gone"));
        }
        on_error(cpal::Error::new(ErrorKind::DeviceNotAvailable));
        assert!(failure.get().is_some_and(|reason| reason.contains("the server is gone")));
        assert!(woken.try_recv().is_ok());
        assert!(woken.try_recv().is_err(), "once is enough");
    }

    #[test]
    fn lengths_become_samples() {
        assert_eq!(samples_in(Duration::from_secs(4), 16_000), 64_000);
        assert_eq!(samples_in(Duration::from_secs(1) / BLOCKS_A_SECOND, 44_100), 4410);
        assert_eq!(samples_in(Duration::ZERO, 8000), 1);
    }
}
