//! The thread that owns a device: opens it, watches that it is still there, closes it.
//!
//! In: which input, and how long a ring. Out: the reader's end of the ring, and in [`State`] why the
//! device ended. The objects of the sound system never leave this thread, so one that hangs hangs nothing
//! else, and they need not be able to move.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{BufferSize, ErrorKind, FromSample, SampleFormat, SizedSample, StreamConfig};

use super::super::AudioError;
use super::capture::{Captured, ring};
use super::device::{self, Device, Found};

/// Asked of a sound server: twice the pipeline's own rate, so that the errors of the server's simple
/// resampler lie where the pipeline's filter removes them.
const SERVER_RATE_HZ: u32 = 16_000;

/// Blocks a second that are asked for. cpal lets `PulseAudio` keep one block and no more: with blocks of
/// 10 ms two thirds of the audio was lost without a word, with 100 ms nothing in any run.
const BLOCKS_A_SECOND: u32 = 10;

/// How long a sound system may take to make a stream.
const ANSWER_TIME: Duration = Duration::from_secs(4);

/// How often the device is looked for.
const WATCH_PERIOD: Duration = Duration::from_secs(1);

/// What the device's thread is started for.
pub(super) struct Request {
    /// An id or a name; the default input if there is none.
    pub(super) wanted: Option<String>,
    /// How much audio can wait for the reader.
    pub(super) ring: Duration,
    /// Shared with the reader.
    pub(super) state: Arc<State>,
    /// Ends the thread; the sound system's own threads may do so too.
    pub(super) stop: SyncSender<()>,
}

/// A stream that runs, for its reader.
pub(super) struct Opened {
    pub(super) about: Device,
    pub(super) sample_rate_hz: u32,
    pub(super) captured: Captured,
    /// A server sends silence when there is nothing to hear, so that nothing at all is a fault. Others
    /// may stop while an output plays nothing.
    pub(super) sends_always: bool,
}

/// What the threads tell each other.
pub(super) struct State {
    born: Instant,
    failure: OnceLock<String>,
    is_closed: AtomicBool,
    n_overruns: AtomicU64,
    longest_callback_ns: AtomicU64,
    last_callback_ns: AtomicU64,
    /// Samples behind the clock, as the bits of an `f64`.
    behind: AtomicU64,
}

impl State {
    pub(super) fn new() -> Self {
        State {
            born: Instant::now(),
            failure: OnceLock::new(),
            is_closed: AtomicBool::new(false),
            n_overruns: AtomicU64::new(0),
            longest_callback_ns: AtomicU64::new(0),
            last_callback_ns: AtomicU64::new(0),
            behind: AtomicU64::new(0),
        }
    }

    /// Why the stream ended; only the first reason is kept.
    pub(super) fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }

    /// Whether the callback will not be called any more.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    /// How often the system says that it lost audio itself.
    pub(super) fn n_overruns(&self) -> u64 {
        self.n_overruns.load(Ordering::Relaxed)
    }

    /// The longest that the callback took.
    pub(super) fn longest_callback(&self) -> Duration {
        Duration::from_nanos(self.longest_callback_ns.load(Ordering::Relaxed))
    }

    /// How long ago the callback was last called, or the device was asked for.
    pub(super) fn silent_for(&self) -> Duration {
        let last = Duration::from_nanos(self.last_callback_ns.load(Ordering::Relaxed));
        self.born.elapsed().saturating_sub(last)
    }

    /// How many samples should have come by the clock and did not, as of the last callback.
    pub(super) fn behind_samples(&self) -> f64 {
        f64::from_bits(self.behind.load(Ordering::Relaxed))
    }

    fn fail(&self, reason: String) {
        // A later reason is a consequence of the first.
        let _ = self.failure.set(reason);
    }
}

/// Opens the device, says so, and holds it until it fails or is not wanted any more.
pub(super) fn keep(
    request: &Request,
    ready: &SyncSender<Result<Opened, AudioError>>,
    stop_asked: &Receiver<()>,
) {
    match open(request) {
        Ok((found, stream, opened)) => {
            if ready.send(Ok(opened)).is_ok() {
                watch(&found, &request.state, stop_asked);
            }
            drop(stream);
        }
        // Nobody waits for the answer any more: there is nobody left to tell.
        Err(error) => drop(ready.send(Err(error))),
    }
    request.state.is_closed.store(true, Ordering::Release);
}

/// Waits for the end, and makes one when the device is gone.
///
/// `PulseAudio` moves a stream silently to another source when its own is unplugged; then the wrong
/// person would be heard.
fn watch(found: &Found, state: &State, stop_asked: &Receiver<()>) {
    let host = found.server();
    while let Err(RecvTimeoutError::Timeout) = stop_asked.recv_timeout(WATCH_PERIOD) {
        if host.as_ref().is_some_and(|host| !found.is_present(host)) {
            return state.fail("it is not there any more (unplugged?)".to_owned());
        }
    }
}

/// Finds the device and starts its stream.
fn open(request: &Request) -> Result<(Found, cpal::Stream, Opened), AudioError> {
    device::silence_alsa();
    let found = device::find(request.wanted.as_deref())?;
    let failed = |error: cpal::Error| AudioError::DeviceFailed {
        device: found.about.id.clone(),
        reason: error.to_string(),
    };
    let (format, mut config) = wanted_config(&found).map_err(failed)?;
    let built = build(&found, config, format, request).or_else(|error| {
        // A sound card may not know blocks of this length; then its own are as good.
        if found.is_on_server() || error.kind() != ErrorKind::UnsupportedConfig {
            return Err(error);
        }
        config.buffer_size = BufferSize::Default;
        build(&found, config, format, request)
    });
    let (stream, captured) = built.map_err(failed)?;
    stream.play().map_err(failed)?;
    let about = found.about.clone();
    let sends_always = found.is_on_server();
    let opened = Opened { about, sample_rate_hz: config.sample_rate, captured, sends_always };
    Ok((found, stream, opened))
}

/// A server converts to what is asked for; anything else is taken as it is.
fn wanted_config(found: &Found) -> Result<(SampleFormat, StreamConfig), cpal::Error> {
    if found.is_on_server() {
        let buffer_size = BufferSize::Fixed(SERVER_RATE_HZ / BLOCKS_A_SECOND);
        let config = StreamConfig { channels: 1, sample_rate: SERVER_RATE_HZ, buffer_size };
        return Ok((SampleFormat::F32, config));
    }
    let native = found.native_config()?;
    let buffer_size = BufferSize::Fixed(native.sample_rate() / BLOCKS_A_SECOND);
    Ok((native.sample_format(), StreamConfig { buffer_size, ..native.config() }))
}

fn build(
    found: &Found,
    config: StreamConfig,
    format: SampleFormat,
    request: &Request,
) -> Result<(cpal::Stream, Captured), cpal::Error> {
    match format {
        SampleFormat::F32 => build_for::<f32>(found, config, request),
        SampleFormat::I16 => build_for::<i16>(found, config, request),
        SampleFormat::I24 => build_for::<cpal::I24>(found, config, request),
        SampleFormat::I32 => build_for::<i32>(found, config, request),
        SampleFormat::U8 => build_for::<u8>(found, config, request),
        other => {
            let message = format!("its sample format {other} is not supported");
            Err(cpal::Error::with_message(ErrorKind::UnsupportedConfig, message))
        }
    }
}

/// Makes the stream for one sample format.
fn build_for<T: SizedSample>(
    found: &Found,
    config: StreamConfig,
    request: &Request,
) -> Result<(cpal::Stream, Captured), cpal::Error>
where
    f32: FromSample<T>,
{
    let block_len = samples_in(Duration::from_secs(1) / BLOCKS_A_SECOND, config.sample_rate);
    let ring_len = samples_in(request.ring, config.sample_rate);
    let (mut capture, captured) = ring(ring_len, usize::from(config.channels), block_len);
    let mut clock = CallbackClock::new(Arc::clone(&request.state), config);
    let stream = found.device.build_input_stream::<T, _, _>(
        config,
        move |interleaved: &[T], _| {
            let begun = Instant::now();
            capture.on_block(interleaved);
            clock.count(begun, interleaved.len());
        },
        error_handler(Arc::clone(&request.state), request.stop.clone()),
        Some(ANSWER_TIME),
    )?;
    Ok((stream, captured))
}

/// How many samples a length has, at least one.
fn samples_in(length: Duration, sample_rate_hz: u32) -> usize {
    let samples = length.as_millis() * u128::from(sample_rate_hz) / 1000;
    usize::try_from(samples).unwrap_or(usize::MAX).max(1)
}

/// What a sound system may say at any time, on threads of its own, and as often as it likes: ALSA was
/// seen to say the same 65,000 times a second. Only the first failure costs anything.
fn error_handler(state: Arc<State>, stop: SyncSender<()>) -> impl FnMut(cpal::Error) + Send {
    move |error| match error.kind() {
        ErrorKind::Xrun => {
            state.n_overruns.fetch_add(1, Ordering::Relaxed);
        }
        // The stream goes on: it follows the default device, or runs at an ordinary priority.
        ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => {}
        _ if state.failure().is_some() => {}
        _ => {
            state.fail(error.to_string());
            // Full means that the thread is already told.
            let _ = stop.try_send(());
        }
    }
}

/// Measures the callback from inside: how long it takes, and whether audio comes as fast as time goes.
struct CallbackClock {
    state: Arc<State>,
    n_channels: usize,
    rate_hz: f64,
    first: Option<Instant>,
    /// Moments of sound since the first block, which itself tells only where time begins.
    n_moments: usize,
}

impl CallbackClock {
    fn new(state: Arc<State>, config: StreamConfig) -> Self {
        let n_channels = usize::from(config.channels).max(1);
        let rate_hz = f64::from(config.sample_rate);
        CallbackClock { state, n_channels, rate_hz, first: None, n_moments: 0 }
    }

    /// A callback that began then has worked on so many samples.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a call is far shorter than 2^53 samples and 2^64 ns"
    )]
    fn count(&mut self, begun: Instant, n_samples: usize) {
        match self.first {
            None => self.first = Some(begun),
            Some(first) => {
                self.n_moments += n_samples / self.n_channels;
                let due = begun.duration_since(first).as_secs_f64() * self.rate_hz;
                let behind = due - self.n_moments as f64;
                self.state.behind.store(behind.to_bits(), Ordering::Relaxed);
            }
        }
        let took = begun.elapsed().as_nanos() as u64;
        self.state.longest_callback_ns.fetch_max(took, Ordering::Relaxed);
        let age = begun.duration_since(self.state.born).as_nanos() as u64;
        self.state.last_callback_ns.store(age, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    const CONFIG: StreamConfig =
        StreamConfig { channels: 2, sample_rate: 8000, buffer_size: BufferSize::Default };

    #[test]
    fn audio_that_comes_slower_than_time_is_behind() {
        let state = Arc::new(State::new());
        let mut clock = CallbackClock::new(Arc::clone(&state), CONFIG);
        let first = state.born;
        clock.count(first, 1600);
        assert!(state.behind_samples().abs() < 1e-9);
        clock.count(first + Duration::from_millis(100), 1600);
        assert!(state.behind_samples().abs() < 1e-6, "{}", state.behind_samples());
        clock.count(first + Duration::from_millis(300), 1600);
        assert!((state.behind_samples() - 800.0).abs() < 1e-6, "{}", state.behind_samples());
    }

    #[test]
    fn only_the_first_failure_counts_and_ends_the_thread() {
        let state = Arc::new(State::new());
        let (stop, stop_asked) = mpsc::sync_channel(1);
        let mut on_error = error_handler(Arc::clone(&state), stop);
        for kind in [ErrorKind::Xrun, ErrorKind::DeviceChanged, ErrorKind::RealtimeDenied] {
            on_error(cpal::Error::new(kind));
        }
        assert_eq!((state.n_overruns(), state.failure()), (1, None));
        assert!(stop_asked.try_recv().is_err(), "none of these ends the stream");
        for _ in 0..1000 {
            on_error(cpal::Error::with_message(ErrorKind::StreamInvalidated, "the server is gone"));
        }
        on_error(cpal::Error::new(ErrorKind::DeviceNotAvailable));
        assert!(state.failure().is_some_and(|reason| reason.contains("the server is gone")));
        assert!(stop_asked.try_recv().is_ok());
        assert!(stop_asked.try_recv().is_err(), "once is enough");
    }

    #[test]
    fn lengths_become_samples() {
        assert_eq!(samples_in(Duration::from_secs(4), 16_000), 64_000);
        assert_eq!(samples_in(Duration::from_secs(1) / BLOCKS_A_SECOND, 44_100), 4410);
        assert_eq!(samples_in(Duration::ZERO, 8000), 1);
    }
}
