//! What can go wrong with a recording or a device: what happened, to what, and what to do next.

use std::path::{Path, PathBuf};

/// A failure of a recording or a device. Every message names the file or the device and says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AudioError {
    /// The file cannot be opened.
    #[error("cannot open {path}: {source}; check the path and that you may read the file")]
    Open {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The path leads to a folder, a pipe or a device.
    #[error("{path} is not a file but a folder or a device; name one recording")]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The file has no bytes.
    #[error("{path} is empty (0 bytes); copy it again from where it was recorded")]
    EmptyFile {
        /// The file.
        path: PathBuf,
    },
    /// No known format was recognised in the file's content.
    #[error(
        "{path} is not a recording that can be read: no known audio format in it, whatever its name \
         says; if it is one, convert it first: {}; or, if it has no header, say how it is coded: --raw ulaw",
        conversion(path)
    )]
    NotAudio {
        /// The file.
        path: PathBuf,
    },
    /// The container is known, the coding inside is not read here; ffmpeg reads it.
    #[error(
        "{path} is coded as {codec}, which is not read here; convert it first: {}",
        conversion(path)
    )]
    UnsupportedCodec {
        /// The file.
        path: PathBuf,
        /// The coding, as far as it is known.
        codec: String,
    },
    /// Neither this program nor ffmpeg reads what the file holds.
    #[error(
        "{path} is {codec}, which is not read here, nor by ffmpeg; \
         export it as WAV with the program that recorded it"
    )]
    ClosedCodec {
        /// The file.
        path: PathBuf,
        /// What it holds.
        codec: String,
    },
    /// The header says that there are no channels.
    #[error(
        "{path} has 0 channels: its header is damaged; export it again from where it was recorded"
    )]
    NoChannels {
        /// The file.
        path: PathBuf,
    },
    /// A channel was asked for that the recording does not have.
    #[error(
        "{path} has {n_channels} channel(s) and so no channel {wanted}; \
         choose a channel from 1 to {n_channels}, or mix"
    )]
    MissingChannel {
        /// The file.
        path: PathBuf,
        /// The channel asked for, counted from 1.
        wanted: usize,
        /// How many there are.
        n_channels: usize,
    },
    /// The sample rate is zero or far from what speech is recorded at.
    #[error(
        "{path} says it has {rate_hz} samples a second; 4000 to 384000 are supported: \
         its header is damaged, or convert it first: ffmpeg -i INPUT -ar 16000 OUTPUT.wav"
    )]
    SampleRate {
        /// The file.
        path: PathBuf,
        /// The rate in the header.
        rate_hz: u32,
    },
    /// The file is well formed as far as it goes, but holds not one sample.
    #[error(
        "{path} holds no audio: there is a header and nothing after it; \
         copy it again from where it was recorded"
    )]
    NoAudio {
        /// The file.
        path: PathBuf,
    },
    /// The file breaks its own format, or uses a rare part of it.
    #[error(
        "{path} cannot be read: {reason}; copy it again from where it was recorded, \
         or convert it first: {}",
        conversion(path)
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The file ends before its header says. Everything up to there has been delivered before this.
    #[error(
        "{path} was cut off: it ends after {read_s:.2} s{}; everything up to there was used; \
         copy it again from where it was recorded if it is complete there",
        declared_s.map_or_else(String::new, |s| format!(", but its header promises {s:.2} s"))
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Seconds that were there.
        read_s: f64,
        /// Seconds that the header promises, if it says so.
        declared_s: Option<f64>,
    },
    /// The file cannot be read further. Everything up to there has been delivered before this.
    #[error(
        "{path} cannot be read beyond {read_s:.2} s: {reason}; everything up to there was used; \
         copy it again from where it was recorded, or convert it first: {}",
        conversion(path)
    )]
    BrokenOff {
        /// The file.
        path: PathBuf,
        /// Seconds that were there.
        read_s: f64,
        /// Why.
        reason: String,
    },
    /// The system could not read on.
    #[error(
        "cannot read {path} further: {source}; check the disk or the network folder it lies on"
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// No sound system can be reached.
    #[error(
        "no sound system: {reason}; start one (on Linux PipeWire or PulseAudio, in this user's session) \
         or connect a sound card; recordings can be replayed without one"
    )]
    NoSoundSystem {
        /// Why not.
        reason: String,
    },
    /// There is a sound system, but it has no default input.
    #[error("there is no default input; connect a microphone, or name an input: undertone devices")]
    NoInput,
    /// There is no input of that id or name.
    #[error("there is no input '{wanted}'; {}; undertone devices tells more", hint(near, known))]
    UnknownDevice {
        /// What was asked for.
        wanted: String,
        /// The ids that are like it.
        near: Vec<String>,
        /// The ids of the inputs that there are.
        known: Vec<String>,
    },
    /// Several inputs are meant.
    #[error("'{wanted}' may be {}; name one of them by its whole id", ids.join(" or "))]
    AmbiguousDevice {
        /// What was asked for.
        wanted: String,
        /// The ids of the inputs that it may be.
        ids: Vec<String>,
    },
    /// What follows the input's name is no channel.
    #[error(
        "'{channel}' is no channel of {device}; after the colon give left, right, mix, or a number from 1"
    )]
    NotAChannel {
        /// The input.
        device: String,
        /// What follows it.
        channel: String,
    },
    /// The input does not have that channel.
    #[error(
        "{device} has {n_channels} channel(s) and so no channel {wanted}; \
         choose a channel from 1 to {n_channels}, or mix"
    )]
    MissingDeviceChannel {
        /// Its id.
        device: String,
        /// The channel asked for, counted from 1.
        wanted: usize,
        /// How many there are.
        n_channels: usize,
    },
    /// The input cannot be opened.
    #[error(
        "cannot listen to {device}: {reason}; close other programs that use it, or choose another input: \
         undertone devices"
    )]
    DeviceFailed {
        /// Its id.
        device: String,
        /// The sound system's reason.
        reason: String,
    },
    /// There is a sound system, but it has no default output.
    #[error("there is no default output; connect a headset, or name an output: --listen=OUTPUT")]
    NoOutput,
    /// There is no output of that id or name.
    #[error(
        "there is no output '{wanted}'; {}; --listen alone takes the default one",
        hint(near, known)
    )]
    UnknownOutput {
        /// What was asked for.
        wanted: String,
        /// The ids that are like it.
        near: Vec<String>,
        /// The ids of the outputs that there are.
        known: Vec<String>,
    },
    /// The output cannot be opened.
    #[error(
        "cannot play on {output}: {reason}; close other programs that use it, or choose another output: \
         --listen=OUTPUT"
    )]
    OutputFailed {
        /// Its id.
        output: String,
        /// The sound system's reason.
        reason: String,
    },
    /// The input is gone. Everything that it sent has been delivered before this.
    #[error("{device} stopped: {reason}; connect it again and start anew")]
    DeviceLost {
        /// Its id.
        device: String,
        /// What happened to it.
        reason: String,
    },
}

impl AudioError {
    /// Whether a part of a recording was read and used before this.
    #[must_use]
    pub fn is_after_sound(&self) -> bool {
        matches!(self, AudioError::Truncated { .. } | AudioError::BrokenOff { .. })
    }
}

/// A command for a shell that makes a WAV file of this one, beside it, with another name.
fn conversion(path: &Path) -> String {
    let is_wav = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("wav"));
    let output = path.with_extension(if is_wav { "pcm.wav" } else { "wav" });
    format!("ffmpeg -i {} -c:a pcm_s16le {}", quoted(path), quoted(&output))
}

/// A path as a shell takes it, and never as an option.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let text = if text.starts_with('-') { format!("./{text}") } else { text };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+,".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn hint(near: &[String], known: &[String]) -> String {
    match (near, known) {
        (_, []) => "there is none at all".to_owned(),
        ([], known) => format!("there is: {}", known.join(", ")),
        (near, _) => format!("did you mean {}?", near.join(" or ")),
    }
}
