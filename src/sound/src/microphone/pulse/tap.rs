//! A recording stream of the sound server, and the thread that reads it.
//!
//! In: a source's name. Out: interleaved samples to a callback, and once why it ended. Keeps the connection, which
//! closes with it: at once, also with a server that hangs.

use std::io::BufRead;
use std::thread::{Builder, JoinHandle};

use pulseaudio::protocol::{
    self, ChannelMap, ChannelPosition, Command, CreateRecordStreamReply, Prop, Props,
    RecordStreamParams, SampleFormat, SampleSpec, stream,
};

use super::link::{Hangup, failed, text};
use super::source::words;
use super::{Link, LinkError};

/// Bytes of a sample.
const SAMPLE_LEN: u32 = 4;

/// So many blocks may wait at the server while this machine is busy: with one, audio was lost without a word. More is
/// late enough to be a loss, which the clock finds.
const WAITING_BLOCKS: u32 = 10;

/// A control message is longer only if the connection is out of step.
const MOST_CONTROL: u32 = 1 << 20;

/// Audio of one message at most, as the protocol has it.
const MOST_AUDIO: u32 = 4 << 20;

/// How a source is tapped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tapped<'a> {
    /// The source's name.
    pub(crate) source: &'a str,
    /// What the stream is called in the system's mixer.
    pub(crate) title: &'a str,
    /// Samples a second.
    pub(crate) rate_hz: u32,
    /// Channels, as the source has them.
    pub(crate) n_channels: u16,
    /// Moments that come at once.
    pub(crate) block_len: u32,
}

/// A stream that runs until it is dropped.
pub(crate) struct Tap {
    /// Its number at the server, and that of its source.
    stream: u32,
    source: u32,
    hangup: Option<Hangup>,
    thread: Option<JoinHandle<()>>,
}

impl Tap {
    /// Starts a stream. `on_audio` is called on a thread of its own and must not wait; `on_end` once, with the reason,
    /// when nothing more comes.
    ///
    /// # Errors
    /// No server, no such source, or a server that gives another one.
    pub(crate) fn open(
        wanted: &Tapped,
        on_audio: impl FnMut(&[f32]) + Send + 'static,
        on_end: impl FnOnce(String) + Send + 'static,
    ) -> Result<Self, LinkError> {
        let mut link = Link::open()?;
        let reply: CreateRecordStreamReply =
            link.ask(&Command::CreateRecordStream(parameters(wanted)))?;
        let given = reply.sink_name.as_deref().map(words).unwrap_or_default();
        if given != wanted.source {
            return Err(LinkError::Broken(format!("it gives {given} instead")));
        }
        let broken = |error: std::io::Error| LinkError::Broken(error.to_string());
        let (mut socket, version) = link.into_parts();
        // From now on nothing may come for as long as it likes: whoever watches ends it.
        socket.get_mut().set_read_timeout(None).map_err(broken)?;
        let hangup = Some(Hangup::of(socket.get_ref()).map_err(broken)?);
        let channel = reply.channel;
        let thread = Builder::new()
            .name("sound server".to_owned())
            .spawn(move || on_end(listen(&mut socket, channel, version, on_audio)))
            .map_err(broken)?;
        let (stream, source) = (reply.stream_index, reply.sink_index);
        Ok(Tap { stream, source, hangup, thread: Some(thread) })
    }

    /// Its number at the server, and that of the source that it began at.
    pub(crate) fn numbers(&self) -> (u32, u32) {
        (self.stream, self.source)
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        drop(self.hangup.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed, and nothing more can be done about it here.
            let _ = thread.join();
        }
    }
}

fn parameters(wanted: &Tapped) -> RecordStreamParams {
    let channels = u8::try_from(wanted.n_channels).unwrap_or(u8::MAX);
    let block = wanted.block_len * u32::from(wanted.n_channels) * SAMPLE_LEN;
    let mut props = Props::new();
    props.set(Prop::MediaName, text(wanted.title));
    RecordStreamParams {
        sample_spec: SampleSpec {
            format: SampleFormat::Float32Le,
            sample_rate: wanted.rate_hz,
            channels,
        },
        channel_map: channel_map(channels),
        source_name: Some(text(wanted.source)),
        buffer_attr: stream::BufferAttr {
            max_length: block.saturating_mul(WAITING_BLOCKS),
            fragment_size: block,
            ..stream::BufferAttr::default()
        },
        flags: stream::StreamFlags {
            no_move: true,
            adjust_latency: true,
            // Channels come as they are, whatever they are called.
            no_remap_channels: true,
            ..stream::StreamFlags::default()
        },
        props,
        ..RecordStreamParams::default()
    }
}

/// Names for the channels; they are taken by their number.
fn channel_map(n_channels: u8) -> ChannelMap {
    match n_channels {
        1 => ChannelMap::mono(),
        2 => ChannelMap::stereo(),
        n => ChannelMap::new(std::iter::repeat_n(ChannelPosition::Mono, n.into())),
    }
}

/// Hands on the audio of a channel until the connection ends or the stream is not at its source any more; why.
fn listen(
    socket: &mut impl BufRead,
    channel: u32,
    version: u16,
    mut on_audio: impl FnMut(&[f32]),
) -> String {
    let mut bytes: Vec<u8> = Vec::new();
    let mut samples: Vec<f32> = Vec::new();
    loop {
        let message = match protocol::read_descriptor(socket) {
            Ok(message) => message,
            Err(error) => return failed(error).to_string(),
        };
        let is_control = message.channel == u32::MAX;
        if message.length > if is_control { MOST_CONTROL } else { MOST_AUDIO } {
            return "the sound server sends what is no audio".to_owned();
        }
        bytes.resize(usize::try_from(message.length).unwrap_or(0), 0);
        if let Err(error) = socket.read_exact(&mut bytes) {
            return failed(error.into()).to_string();
        }
        if is_control {
            if let Some(reason) = end_of(&bytes, version) {
                return reason;
            }
        } else if message.channel == channel {
            samples.clear();
            let (all, _) = bytes.as_chunks::<4>();
            samples.extend(all.iter().map(|sample| f32::from_le_bytes(*sample)));
            on_audio(&samples);
        }
    }
}

/// Why the stream is over, if a control message says so.
fn end_of(message: &[u8], version: u16) -> Option<String> {
    // What is not understood is about something else.
    let (_, command) = Command::read_tag_prefixed(&mut &message[..], version).ok()?;
    match command {
        // The connection has no other stream.
        Command::RecordStreamMoved(moved) => Some(moved_to(&words(&moved.device_name))),
        Command::RecordStreamKilled(_) => Some("it is not there any more".to_owned()),
        _ => None,
    }
}

/// What is said of a stream that is at another source.
pub(crate) fn moved_to(place: &str) -> String {
    format!("the sound server moved the stream to {place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_behind_the_word_that_the_stream_was_moved_is_taken() {
        let version = protocol::MAX_VERSION;
        let mut sent = Vec::new();
        let audio = |value: f32| [value; 3].map(f32::to_le_bytes).concat();
        protocol::write_memblock(&mut sent, 5, &audio(0.25), 0).unwrap();
        protocol::write_memblock(&mut sent, 6, &audio(0.75), 0).unwrap();
        protocol::write_memblock(&mut sent, 5, &audio(0.5), 0).unwrap();
        let moved = Command::RecordStreamMoved(protocol::RecordStreamMovedParams {
            stream_index: 5,
            device_index: 3,
            device_name: text("headset"),
            device_suspended: false,
            buffer_attr: stream::BufferAttr::default(),
            configured_source_latency: 0,
        });
        protocol::write_command_message(&mut sent, u32::MAX, &moved, version).unwrap();
        protocol::write_memblock(&mut sent, 5, &audio(1.0), 0).unwrap();
        let mut heard = Vec::new();
        let reason = listen(&mut &sent[..], 5, version, |samples| heard.extend_from_slice(samples));
        assert_eq!(heard, [0.25, 0.25, 0.25, 0.5, 0.5, 0.5]);
        assert!(reason.contains("moved the stream to headset"), "{reason}");
    }

    #[test]
    fn a_stream_that_is_killed_or_cut_off_ends_with_a_reason() {
        let version = protocol::MAX_VERSION;
        let mut sent = Vec::new();
        let killed = Command::RecordStreamKilled(5);
        protocol::write_command_message(&mut sent, u32::MAX, &killed, version).unwrap();
        let reason = listen(&mut &sent[..], 5, version, |_| {});
        assert!(reason.contains("not there any more"), "{reason}");
        let reason = listen(&mut &sent[..9], 5, version, |_| {});
        assert!(reason.contains("hung up"), "{reason}");
    }
}
