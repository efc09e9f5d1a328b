//! A recording in a container that symphonia takes apart: Ogg, FLAC, MP4, `WebM`, AIFF, CAF, AAC, and ADPCM in WAV.
//!
//! In: bytes. Out: [`Piece`]s. Keeps one packet and the codec's state, never the file. Where another stream begins in
//! the same file (chained Ogg, RFC 3533), a new decoder is made and reading goes on.

use std::io;
use std::path::{Path, PathBuf};

use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::{FormatReader, SeekMode, SeekTo};
use symphonia::core::io::MediaSource;
use symphonia::core::packet::Packet;
use symphonia::core::units::Timestamp;

use super::decoder::MAX_GAP_S;
use super::error::AudioError;
use super::piece::{Piece, Spec};
use super::track::{self, Codec, Opened, TrackFacts};

/// Time stamps that count samples may differ from what was decoded by this much before audio counts as missing.
const STAMP_TOLERANCE_MS: u64 = 10;

/// Coarser stamps are those of a clock, which has its own pace and jitters. A packet is missing where two follow each
/// other later than by their length and three quarters of it, or by this at least.
const CLOCK_JUMP_MS: u64 = 10;

/// And where the clock is ahead by so much in all, whatever the packets: a computer's clock and its sound card differ
/// by up to 100 parts in a million, 0.36 s an hour.
const CLOCK_LEAD_MS: u64 = 500;

/// What is known of the end before it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The container says when it is over.
    Told,
    /// It ends where its bytes end, and nothing is missing then.
    Open,
}

/// An open recording.
pub(super) struct Packets {
    path: PathBuf,
    reader: Box<dyn FormatReader>,
    codec: Codec,
    track: TrackFacts,
    ending: Ending,
    /// A packet that was read but waits for the gap before it to be told.
    held: Option<Packet>,
    /// The time stamp of the first sample, in samples.
    origin: Option<i64>,
    /// The next sample's position in this stream, counted from 0.
    position: u64,
    /// Where the packet after this one should begin, and how long this one was.
    expected: Option<(i64, u64)>,
    /// Streams that were read before.
    n_streams: usize,
}

/// What decoding a packet gave.
enum Decoded {
    /// So many samples are heard, after so many that are not.
    Samples {
        heard: u64,
        skipped: u64,
    },
    Corrupt,
}

impl Packets {
    /// Opens a container.
    ///
    /// # Errors
    /// What is no audio, of an unsupported coding or rate, or damaged.
    pub(super) fn open(
        path: &Path,
        source: Box<dyn MediaSource>,
        ending: Ending,
    ) -> Result<Packets, AudioError> {
        let Opened { reader, codec, track } = track::open(path, source)?;
        Ok(Packets {
            path: path.to_owned(),
            reader,
            codec,
            track,
            ending,
            held: None,
            origin: None,
            position: 0,
            expected: None,
            n_streams: 0,
        })
    }

    /// The rate and channels of what comes now.
    pub(super) fn spec(&self) -> Spec {
        self.track.spec
    }

    /// Container, coding, rate and channels, for messages.
    pub(super) fn format(&self) -> String {
        self.track.format.clone()
    }

    /// How many samples there are, if the file tells.
    pub(super) fn len(&self) -> Option<u64> {
        self.track.len
    }

    /// Says that the header promises `ratio` times as many samples as there are.
    pub(super) fn promise(&mut self, ratio: f64) {
        self.track.declared_len = self.track.len.map(|len| track::scaled(len, ratio));
    }

    /// Whether a jump is exact: in the first stream, where stamps count samples.
    pub(super) fn can_jump(&self) -> bool {
        self.n_streams == 0 && self.track.has_sample_stamps()
    }

    /// The next samples, interleaved, or what happened instead.
    ///
    /// # Errors
    /// What cannot be read further.
    pub(super) fn next_piece(&mut self, interleaved: &mut Vec<f32>) -> Result<Piece, AudioError> {
        loop {
            interleaved.clear();
            let packet = match self.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => return Ok(self.end()),
                Err(SymphoniaError::IoError(error))
                    if error.kind() == io::ErrorKind::UnexpectedEof =>
                {
                    return Ok(self.end_of_bytes());
                }
                Err(SymphoniaError::ResetRequired) => {
                    self.begin_stream()?;
                    continue;
                }
                Err(error) => return Err(self.failed(error)),
            };
            if let Some(lost) = self.missing_before(&packet) {
                self.held = Some(packet);
                self.position += lost;
                self.expected = None;
                return Ok(Piece::Gap(lost));
            }
            match self.decode(&packet, interleaved)? {
                Decoded::Samples { heard, skipped } => {
                    self.position += heard;
                    let len = heard + skipped;
                    let stamp = self.track.sample_of(packet.pts.get(), packet.trim_start.get());
                    self.expected = Some((stamp.saturating_add_unsigned(len), len));
                    if heard > 0 {
                        return Ok(Piece::Audio);
                    }
                }
                Decoded::Corrupt => {
                    let lost = self.track.samples_in(packet.dur.get());
                    if lost > 0 {
                        self.position += lost;
                        self.expected = None;
                        return Ok(Piece::Gap(lost));
                    }
                }
            }
        }
    }

    /// Jumps to a packet at or before this sample; where that is. `None` where it could not; then the position is not
    /// known.
    pub(super) fn jump(&mut self, sample: u64) -> Option<u64> {
        if !self.can_jump() {
            return None;
        }
        let origin = self.known_origin()?;
        let ts = Timestamp::new(origin.saturating_add_unsigned(sample));
        let to = SeekTo::Timestamp { ts, track_id: self.track.id };
        self.reader.seek(SeekMode::Accurate, to).ok()?;
        self.codec.reset();
        (self.held, self.expected) = (None, None);
        let packet = self.next_packet().ok()??;
        let first = self.track.sample_of(packet.pts.get(), packet.trim_start.get());
        self.position = u64::try_from(first.saturating_sub(origin)).ok()?;
        self.held = Some(packet);
        Some(self.position)
    }

    /// The time stamp of the first sample, for which some packets may have to be decoded.
    fn known_origin(&mut self) -> Option<i64> {
        let mut unheard = Vec::new();
        while self.origin.is_none() {
            match self.next_piece(&mut unheard) {
                Ok(Piece::Audio | Piece::Gap(_)) => {}
                Ok(Piece::End | Piece::Cut { .. }) | Err(_) => return None,
            }
        }
        self.origin
    }

    /// How many samples are missing between the last packet and this one, by their time stamps. Stamps that leap by
    /// more than a day are wrong, and those after them count from there.
    fn missing_before(&mut self, packet: &Packet) -> Option<u64> {
        let origin = self.origin?;
        let stamp = self.track.sample_of(packet.pts.get(), packet.trim_start.get());
        let here = u64::try_from(stamp.saturating_sub(origin)).ok()?;
        let missing = here.saturating_sub(self.position);
        if missing > self.samples_of_ms(1000 * MAX_GAP_S) {
            self.origin = Some(stamp.saturating_sub_unsigned(self.position));
            return None;
        }
        let is_missing = if self.track.has_sample_stamps() {
            missing > self.samples_of_ms(STAMP_TOLERANCE_MS)
        } else {
            let jump = self.expected.map_or(0, |(expected, _)| stamp.saturating_sub(expected));
            let packet_len = self.expected.map_or(0, |(_, len)| len);
            let least = self.samples_of_ms(CLOCK_JUMP_MS).max(packet_len * 3 / 4);
            missing > 0 && u64::try_from(jump).is_ok_and(|jump| jump > least)
                || missing > self.samples_of_ms(CLOCK_LEAD_MS)
        };
        is_missing.then_some(missing)
    }

    fn samples_of_ms(&self, ms: u64) -> u64 {
        u64::from(self.track.spec.rate_hz) * ms / 1000
    }

    /// The next packet of the track; `None` at the end.
    fn next_packet(&mut self) -> Result<Option<Packet>, SymphoniaError> {
        if let Some(packet) = self.held.take() {
            return Ok(Some(packet));
        }
        loop {
            match self.reader.next_packet()? {
                Some(packet) if packet.track_id != self.track.id => {}
                packet => return Ok(packet),
            }
        }
    }

    /// Another stream begins in the same file.
    fn begin_stream(&mut self) -> Result<(), AudioError> {
        let (codec, track) = track::choose(&self.path, self.reader.as_ref())?;
        self.codec = codec;
        self.track = track;
        (self.held, self.origin, self.expected) = (None, None, None);
        self.position = 0;
        self.n_streams += 1;
        Ok(())
    }

    fn failed(&self, error: SymphoniaError) -> AudioError {
        let path = self.path.clone();
        match error {
            SymphoniaError::IoError(source) => AudioError::Read { path, source },
            other => AudioError::Malformed { path, reason: other.to_string() },
        }
    }

    /// The container says that it is over.
    fn end(&self) -> Piece {
        match self.track.declared_len {
            Some(declared) if declared > self.position => {
                Piece::Cut { missing: declared - self.position }
            }
            _ => Piece::End,
        }
    }

    /// The bytes are over.
    fn end_of_bytes(&self) -> Piece {
        match self.end() {
            Piece::End if self.ending == Ending::Told => Piece::Cut { missing: 0 },
            piece => piece,
        }
    }

    /// Puts the packet's samples into `interleaved`.
    fn decode(
        &mut self,
        packet: &Packet,
        interleaved: &mut Vec<f32>,
    ) -> Result<Decoded, AudioError> {
        let n_channels = self.track.spec.n_channels;
        let skipped = match &mut self.codec {
            Codec::Opus { decoder, skip_len } => {
                let Some(samples) = decoder.decode(&packet.data) else {
                    return Ok(Decoded::Corrupt);
                };
                let kept = self.track.kept(packet, *skip_len, samples.len() / n_channels);
                let skipped = kept.start.min(*skip_len);
                *skip_len -= skipped;
                interleaved
                    .extend_from_slice(&samples[kept.start * n_channels..kept.end * n_channels]);
                skipped
            }
            Codec::Symphonia(decoder) => match decoder.decode(packet) {
                Ok(buffer) => {
                    // What the decoder says rules: a container may know only half of it.
                    match buffer.num_planes() {
                        0 => return Ok(Decoded::Corrupt),
                        n_channels => self.track.spec.n_channels = n_channels,
                    }
                    buffer.copy_to_vec_interleaved(interleaved);
                    0
                }
                Err(SymphoniaError::DecodeError(_) | SymphoniaError::IoError(_)) => {
                    return Ok(Decoded::Corrupt);
                }
                Err(error) => return Err(self.failed(error)),
            },
        };
        let len = (interleaved.len() / self.track.spec.n_channels) as u64;
        if len > 0 && self.origin.is_none() {
            let first = self.track.sample_of(packet.pts.get(), packet.trim_start.get());
            let first = first.saturating_add_unsigned(skipped as u64);
            self.origin = Some(first.saturating_sub_unsigned(self.position));
        }
        Ok(Decoded::Samples { heard: len, skipped: skipped as u64 })
    }
}
