//! What kind of recording a file is, by its content, and the engine that reads it.
//!
//! In: a path, and what is known beforehand. Out: an [`Engine`]. Keeps nothing. A file's ending counts only where the
//! content has no name of its own: recordings without a header.

use std::path::Path;
use std::time::Duration;

use super::au;
use super::bytes::Bytes;
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
    Packets(Box<Packets>),
    /// Packets, and the length that they do not tell.
    Chain(Box<Packets>, u64),
}

impl Engine {
    /// The rate and channels of what comes now.
    pub(super) fn spec(&self) -> Spec {
        match self {
            Engine::Parts(parts) => parts.spec(),
            Engine::Mpeg(recording) => recording.spec(),
            Engine::Packets(packets) | Engine::Chain(packets, _) => packets.spec(),
        }
    }

    /// Container, coding, rate and channels, for messages.
    pub(super) fn format(&self) -> String {
        match self {
            Engine::Parts(parts) => parts.format(),
            Engine::Mpeg(recording) => recording.format(),
            Engine::Packets(packets) | Engine::Chain(packets, _) => packets.format(),
        }
    }

    /// Samples in all at the first rate, if the file tells.
    pub(super) fn len(&self) -> Option<u64> {
        match self {
            Engine::Parts(parts) => parts.len(),
            Engine::Mpeg(recording) => recording.len(),
            Engine::Packets(packets) => packets.len(),
            Engine::Chain(_, len) => Some(*len),
        }
    }

    /// What there is to say of the recording beside its sound, once.
    pub(super) fn take_remark(&mut self) -> Option<String> {
        match self {
            Engine::Parts(parts) => parts.take_remark(),
            Engine::Mpeg(_) | Engine::Packets(_) | Engine::Chain(..) => None,
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
            Engine::Packets(packets) | Engine::Chain(packets, _) => packets.next_piece(interleaved),
        }
    }

    /// Whether a jump may be exact.
    pub(super) fn can_jump(&self) -> bool {
        match self {
            Engine::Parts(_) | Engine::Mpeg(_) => true,
            Engine::Packets(packets) => packets.can_jump(),
            Engine::Chain(..) => false,
        }
    }

    /// Jumps to at most this sample; where that is. After `None` it has to be opened anew.
    pub(super) fn jump(&mut self, sample: u64) -> Option<u64> {
        match self {
            Engine::Parts(parts) => parts.jump(sample),
            Engine::Mpeg(recording) => recording.jump(sample),
            Engine::Packets(packets) => packets.jump(sample),
            Engine::Chain(..) => None,
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
        | [b'c', b'a', b'f', b'f', ..] => packets(path, bytes, Ending::Told),
        _ => match RawCoding::of_name(path) {
            Some(raw) => without_header(path, bytes, raw),
            None => match MpegRecording::find(path, bytes, None)? {
                Ok(recording) => Ok(Engine::Mpeg(Box::new(recording))),
                Err(bytes) => packets(path, bytes, Ending::Told),
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

fn packets(path: &Path, bytes: Bytes, ending: Ending) -> Result<Engine, AudioError> {
    Ok(Engine::Packets(Box::new(Packets::open(path, Box::new(bytes), ending)?)))
}

fn wav(path: &Path, mut bytes: Bytes) -> Result<Engine, AudioError> {
    let mut reader = WavReader::new(path);
    let Some(part) = reader.next_part(&mut bytes)? else {
        return Err(AudioError::NoAudio { path: path.to_owned() });
    };
    match part.format.clone() {
        WavFormat::Blocks(_) => Parts::of_wav(path, bytes, reader, &part).map(in_parts),
        WavFormat::Adpcm { chunk, block_len } => adpcm(path, bytes, &part, &chunk, block_len),
        WavFormat::Mpeg => match MpegRecording::find(path, bytes, Some("wave"))? {
            Ok(recording) => Ok(Engine::Mpeg(Box::new(recording))),
            Err(_) => Err(AudioError::NoAudio { path: path.to_owned() }),
        },
    }
}

fn adpcm(
    path: &Path,
    bytes: Bytes,
    part: &WavPart,
    chunk: &[u8],
    block_len: u64,
) -> Result<Engine, AudioError> {
    let len = part.len.unwrap_or(MAX_ADPCM_LEN).min(MAX_ADPCM_LEN);
    if len == 0 {
        return Err(AudioError::NoAudio { path: path.to_owned() });
    }
    let spliced = Spliced::new(bytes, chunk, part.start, len);
    let mut packets = Packets::open(path, Box::new(spliced), Ending::Told)?;
    if let Some(promised) = part.declared.filter(|declared| *declared > len) {
        #[expect(clippy::cast_precision_loss, reason = "file lengths are below 2^53 bytes")]
        packets.promise((promised / block_len) as f64 / (len / block_len).max(1) as f64);
    }
    Ok(Engine::Packets(Box::new(packets)))
}

fn ogg(path: &Path, mut bytes: Bytes) -> Result<Engine, AudioError> {
    let failed = |source| AudioError::Read { path: path.to_owned(), source };
    let streams = ogg::first_packets(&mut bytes).map_err(failed)?;
    if let Some(refusal) = coding_name::refusal_of_ogg(path, &streams) {
        return Err(refusal);
    }
    let mut chain_len = None;
    if bytes.len().is_some() {
        chain_len = ogg::chain_len(&mut bytes).map_err(failed)?;
        bytes.move_to(0).map_err(failed)?;
    }
    let packets = Box::new(Packets::open(path, Box::new(bytes), Ending::Told)?);
    Ok(match chain_len {
        Some(len) => Engine::Chain(packets, len),
        None => Engine::Packets(packets),
    })
}

fn matroska(path: &Path, mut bytes: Bytes) -> Result<Engine, AudioError> {
    let failed = |source| AudioError::Read { path: path.to_owned(), source };
    if bytes.len().is_none() {
        return packets(path, bytes, Ending::Open);
    }
    let file = matroska::read(&mut bytes).map_err(failed)?;
    let refusals = file.codings.iter().map(|coding| coding_name::refusal_of_matroska(path, coding));
    if let Some(Some(refusal)) = refusals.min_by_key(Option::is_some) {
        return Err(refusal);
    }
    bytes.move_to(0).map_err(failed)?;
    if file.is_cut {
        // symphonia refuses a file that is shorter than it says, but for one whose length it does not know.
        return packets(path, bytes.into_stream(), Ending::Told);
    }
    packets(path, bytes, Ending::Open)
}

fn mp4(path: &Path, mut bytes: Bytes) -> Result<Engine, AudioError> {
    let failed = |source| AudioError::Read { path: path.to_owned(), source };
    if bytes.len().is_some() {
        let sounds = mp4::sounds(&mut bytes).map_err(failed)?;
        let refusals = sounds.into_iter().map(|letters| coding_name::refusal_of_mp4(path, letters));
        if let Some(Some(refusal)) = refusals.min_by_key(Option::is_some) {
            return Err(refusal);
        }
        bytes.move_to(0).map_err(failed)?;
    }
    packets(path, bytes, Ending::Told)
}
