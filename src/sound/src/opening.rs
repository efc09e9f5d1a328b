//! What kind of recording a file is, by its content, and the engine that reads it.
//!
//! In: a path, and what is known beforehand. Out: an [`Engine`]. Keeps nothing. A file's ending counts only where the
//! content has no name of its own: recordings without a header.

use std::iter;
use std::path::Path;
use std::time::Duration;

use super::au;
use super::bytes::Bytes;
use super::chain::{Chain, Opener, Window};
use super::coding_name;
use super::error::AudioError;
use super::matroska;
use super::mp4;
use super::mpeg_recording::MpegRecording;
use super::ogg;
use super::packets::{Ending, Packets};
use super::parts::Parts;
use super::piece::{Piece, Spec};
use super::raw::RawCoding;
use super::riff;
use super::spliced::Spliced;
use super::wav::{WavPart, WavReader};
use super::wav_format::WavFormat;

/// So many bytes tell a container.
const HEAD_LEN: usize = 64;

/// The largest block that a header of ADPCM can name; larger ones are damage.
const MAX_ADPCM_LEN: u64 = 1 << 32;

/// What is known of a file before it is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileHints {
    /// It has no header, and is coded so.
    pub raw: Option<RawCoding>,
    /// It is still being written: read on as it grows, until it has not grown for so long.
    pub follow: Option<Duration>,
}

/// What reads a recording.
pub(super) enum Engine {
    Parts(Box<Parts>),
    Mpeg(Box<MpegRecording>),
    Chain(Box<Chain>),
}

impl Engine {
    /// The rate and channels of what comes now.
    pub(super) fn spec(&self) -> Spec {
        match self {
            Engine::Parts(parts) => parts.spec(),
            Engine::Mpeg(recording) => recording.spec(),
            Engine::Chain(chain) => chain.spec(),
        }
    }

    /// Container, coding, rate and channels, for messages.
    pub(super) fn format(&self) -> String {
        match self {
            Engine::Parts(parts) => parts.format(),
            Engine::Mpeg(recording) => recording.format(),
            Engine::Chain(chain) => chain.format(),
        }
    }

    /// Samples in all at the first rate, if the file tells.
    pub(super) fn len(&self) -> Option<u64> {
        match self {
            Engine::Parts(parts) => parts.len(),
            Engine::Mpeg(recording) => recording.len(),
            Engine::Chain(chain) => chain.len(),
        }
    }

    /// What there is to say of the recording beside its sound, once.
    pub(super) fn take_remark(&mut self) -> Option<String> {
        match self {
            Engine::Parts(parts) => parts.take_remark(),
            Engine::Mpeg(_) | Engine::Chain(_) => None,
        }
    }

    /// The next samples, interleaved, or what happened instead.
    ///
    /// # Errors
    /// What cannot be read further.
    pub(super) fn next_piece(&mut self, interleaved: &mut Vec<f32>) -> Result<Piece, AudioError> {
        match self {
            Engine::Parts(parts) => parts.next_piece(interleaved),
            Engine::Mpeg(recording) => recording.next_piece(interleaved),
            Engine::Chain(chain) => chain.next_piece(interleaved),
        }
    }

    /// Whether a jump may be exact.
    pub(super) fn can_jump(&self) -> bool {
        match self {
            Engine::Parts(_) | Engine::Mpeg(_) => true,
            Engine::Chain(chain) => chain.can_jump(),
        }
    }

    /// Jumps to at most this sample; where that is. After `None` it has to be opened anew.
    pub(super) fn jump(&mut self, sample: u64) -> Option<u64> {
        match self {
            Engine::Parts(parts) => parts.jump(sample),
            Engine::Mpeg(recording) => recording.jump(sample),
            Engine::Chain(chain) => chain.jump(sample),
        }
    }
}

/// Opens a recording.
///
/// # Errors
/// A file that is missing, empty, no audio, of an unsupported coding or rate, or damaged.
pub(super) fn open(path: &Path, hints: FileHints) -> Result<Engine, AudioError> {
    let mut bytes = Bytes::open(path, hints.follow)?;
    if let Some(raw) = hints.raw {
        return without_header(path, bytes, raw);
    }
    let failed = |source| AudioError::Read { path: path.to_owned(), source };
    let head = bytes.peek(HEAD_LEN).map_err(failed)?.to_vec();
    if head.is_empty() {
        return Err(AudioError::EmptyFile { path: path.to_owned() });
    }
    if riff::begins_wav(&head) {
        return wav(path, bytes);
    }
    if let Some(refusal) = coding_name::refusal(path, &head) {
        return Err(refusal);
    }
    if au::begins_au(&head) {
        let part = au::read(&mut bytes, path)?;
        let place = (part.start, part.declared);
        return Parts::of_rest(path, bytes, "au", part.layout, place).map(in_parts);
    }
    match &head[..] {
        [b'O', b'g', b'g', b'S', ..] => ogg(path, bytes),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => matroska(path, bytes),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => mp4(path, bytes),
        [b'f', b'L', b'a', b'C', ..]
        | [b'F', b'O', b'R', b'M', ..]
        | [b'c', b'a', b'f', b'f', ..] => flac(path, bytes),
        _ => match RawCoding::of_name(path) {
            Some(raw) => without_header(path, bytes, raw),
            None => match MpegRecording::find(path, bytes, None)? {
                Ok(recording) => Ok(Engine::Mpeg(Box::new(recording))),
                Err(bytes) => alone(path, bytes, Ending::Told),
            },
        },
    }
}

fn in_parts(parts: Parts) -> Engine {
    Engine::Parts(Box::new(parts))
}

fn without_header(path: &Path, bytes: Bytes, raw: RawCoding) -> Result<Engine, AudioError> {
    Parts::of_rest(path, bytes, "raw", raw.layout(), (0, None)).map(in_parts)
}

/// A container alone.
fn alone(path: &Path, bytes: Bytes, ending: Ending) -> Result<Engine, AudioError> {
    let packets = Packets::open(path, Box::new(bytes), ending)?;
    Ok(Engine::Chain(Box::new(Chain::of(packets))))
}

/// Containers that begin at these places of a file; the first begins at its beginning, whatever stands there.
fn joined(path: &Path, bytes: Bytes, starts: &[u64], ending: Ending) -> Result<Engine, AudioError> {
    let failed = |source| AudioError::Read { path: path.to_owned(), source };
    let Some(end) = bytes.len().filter(|_| starts.len() > 1) else {
        let mut bytes = bytes;
        bytes.move_to(0).map_err(failed)?;
        return alone(path, bytes, ending);
    };
    let ends = starts[1..].iter().copied().chain([end]);
    let openers = iter::once(0).chain(starts[1..].iter().copied()).zip(ends).map(|(start, end)| {
        let path = path.to_owned();
        let open = move || {
            let failed = |source| AudioError::Read { path: path.clone(), source };
            let window = Window::new(Bytes::open(&path, None)?, start, end - start);
            Packets::open(&path, Box::new(window.map_err(failed)?), ending)
        };
        Box::new(open) as Opener
    });
    Ok(Engine::Chain(Box::new(Chain::open(openers.collect())?)))
}

fn wav(path: &Path, mut bytes: Bytes) -> Result<Engine, AudioError> {
    let mut reader = WavReader::new(path);
    let Some(part) = reader.next_part(&mut bytes)? else {
        return Err(AudioError::NoAudio { path: path.to_owned() });
    };
    match part.format {
        WavFormat::Blocks(_) => Parts::of_wav(path, bytes, reader, &part).map(in_parts),
        WavFormat::Adpcm { .. } => adpcm(path, bytes, reader, part),
        WavFormat::Mpeg => match MpegRecording::find(path, bytes, Some("wave"))? {
            Ok(recording) => Ok(Engine::Mpeg(Box::new(recording))),
            Err(_) => Err(AudioError::NoAudio { path: path.to_owned() }),
        },
    }
}

fn adpcm(
    path: &Path,
    mut bytes: Bytes,
    mut reader: WavReader,
    first: WavPart,
) -> Result<Engine, AudioError> {
    let failed = |source| AudioError::Read { path: path.to_owned(), source };
    if bytes.len().is_none() {
        let len = first.len.unwrap_or(MAX_ADPCM_LEN).min(MAX_ADPCM_LEN);
        return Ok(Engine::Chain(Box::new(Chain::of(adpcm_part(path, bytes, &first, len)?))));
    }
    let mut openers: Vec<Opener> = Vec::new();
    let mut next = Some(first);
    while let Some(part) = next {
        let len = part.len.unwrap_or(0).min(MAX_ADPCM_LEN);
        bytes.move_to(part.start + len).map_err(failed)?;
        let path = path.to_owned();
        openers.push(Box::new(move || adpcm_part(&path, Bytes::open(&path, None)?, &part, len)));
        next = reader.next_part(&mut bytes).ok().flatten();
    }
    Ok(Engine::Chain(Box::new(Chain::open(openers)?)))
}

/// The samples of one header.
fn adpcm_part(path: &Path, bytes: Bytes, part: &WavPart, len: u64) -> Result<Packets, AudioError> {
    let WavFormat::Adpcm { chunk, block_len } = &part.format else {
        let reason = "the coding changes in the middle".to_owned();
        return Err(AudioError::Malformed { path: path.to_owned(), reason });
    };
    if len == 0 {
        return Err(AudioError::NoAudio { path: path.to_owned() });
    }
    let spliced = Spliced::new(bytes, chunk, part.start, len);
    let mut packets = Packets::open(path, Box::new(spliced), Ending::Told)?;
    if let Some(promised) = part.declared.filter(|declared| *declared > len) {
        #[expect(clippy::cast_precision_loss, reason = "file lengths are below 2^53 bytes")]
        packets.promise((promised / block_len) as f64 / (len / block_len).max(1) as f64);
    }
    Ok(packets)
}

/// FLAC, AIFF and CAF; of these FLAC may be joined: each begins with its mark and the block of 34 bytes on the stream.
fn flac(path: &Path, mut bytes: Bytes) -> Result<Engine, AudioError> {
    let failed = |source| AudioError::Read { path: path.to_owned(), source };
    let mut starts = Vec::new();
    if bytes.len().is_some() && bytes.peek(4).map_err(failed)? == b"fLaC" {
        let begins = |head: &[u8]| {
            head.starts_with(b"fLaC")
                && matches!(head[4], 0 | 0x80)
                && head[5..].starts_with(&[0, 0, 34])
        };
        starts = bytes.find_all(8, begins).map_err(failed)?;
    }
    joined(path, bytes, &starts, Ending::Told)
}

fn ogg(path: &Path, mut bytes: Bytes) -> Result<Engine, AudioError> {
    let failed = |source| AudioError::Read { path: path.to_owned(), source };
    let streams = ogg::first_packets(&mut bytes).map_err(failed)?;
    if let Some(refusal) = coding_name::refusal_of_ogg(path, &streams) {
        return Err(refusal);
    }
    let mut starts = Vec::new();
    if bytes.len().is_some() {
        starts = ogg::starts(&mut bytes).map_err(failed)?;
    }
    joined(path, bytes, &starts, Ending::Told)
}

fn matroska(path: &Path, mut bytes: Bytes) -> Result<Engine, AudioError> {
    let failed = |source| AudioError::Read { path: path.to_owned(), source };
    if bytes.len().is_none() {
        return alone(path, bytes, Ending::Open);
    }
    let file = matroska::read(&mut bytes).map_err(failed)?;
    let refusals = file.codings.iter().map(|coding| coding_name::refusal_of_matroska(path, coding));
    if let Some(Some(refusal)) = refusals.min_by_key(Option::is_some) {
        return Err(refusal);
    }
    if file.is_cut && file.starts.len() < 2 {
        // symphonia refuses a file that is shorter than it says, but for one whose length it does not know.
        bytes.move_to(0).map_err(failed)?;
        return alone(path, bytes.into_stream(), Ending::Told);
    }
    joined(path, bytes, &file.starts, if file.is_cut { Ending::Told } else { Ending::Open })
}

fn mp4(path: &Path, mut bytes: Bytes) -> Result<Engine, AudioError> {
    let failed = |source| AudioError::Read { path: path.to_owned(), source };
    if bytes.len().is_none() {
        return alone(path, bytes, Ending::Told);
    }
    let sounds = mp4::sounds(&mut bytes).map_err(failed)?;
    let refusals = sounds.iter().map(|letters| coding_name::refusal_of_mp4(path, *letters));
    if let Some(Some(refusal)) = refusals.min_by_key(Option::is_some) {
        return Err(refusal);
    }
    bytes.move_to(0).map_err(failed)?;
    let (starts, is_cut) = mp4::starts(&mut bytes).map_err(failed)?;
    if is_cut && starts.len() < 2 {
        // As with Matroska: what is cut off is only read as a stream.
        bytes.move_to(0).map_err(failed)?;
        return alone(path, bytes.into_stream(), Ending::Told);
    }
    joined(path, bytes, &starts, Ending::Told).map_err(|error| match (error, &sounds[..]) {
        (AudioError::UnsupportedCodec { path, codec }, [letters])
            if codec.contains("not known") =>
        {
            let codec = format!("'{}' in MP4 or QuickTime", String::from_utf8_lossy(letters));
            AudioError::UnsupportedCodec { path, codec }
        }
        (error, _) => error,
    })
}
