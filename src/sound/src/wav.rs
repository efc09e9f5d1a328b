//! What a WAV file really holds, whatever its header says.
//!
//! Recorders that crash leave the lengths in the header at zero or at what the first flush wrote, those that write to
//! a pipe put in the largest number, a copy that was interrupted ends before them, files are joined with `cat`, and
//! telephone recorders write headers that are too short. So the header is read here, and what follows decides.
//!
//! In: bytes. Out: one [`WavPart`] after the other. Keeps the format that was read last.
//! Sources: Microsoft, "Multimedia Programming Interface and Data Specifications 1.0" (RIFF WAVE) and "Multiple
//! Channel Audio Data and WAVE Files" (extensible format); EBU Tech 3306 (RF64); ITU-R BS.2088 (BW64).

use std::io;
use std::path::{Path, PathBuf};

use super::bytes::Bytes;
use super::coding::Order;
use super::error::AudioError;
use super::riff;
use super::wav_format::{self, WavFormat};

/// Lengths from here on mean "not known": sox writes this number to a pipe, ffmpeg 2^32 - 1.
const UNKNOWN_LEN: u64 = 0x7fff_f000;

/// The longest format chunk that is looked at: Microsoft's ADPCM has 50 bytes.
const MAX_FORMAT_LEN: u64 = 64;

/// Samples in a WAV file, and what is known of them.
pub(super) struct WavPart {
    pub(super) format: WavFormat,
    /// Where they begin.
    pub(super) start: u64,
    /// How many bytes are there; `None` if only the end of the stream will tell.
    pub(super) len: Option<u64>,
    /// How many the header promises, if it tells: there may be fewer, or more.
    pub(super) declared: Option<u64>,
}

/// The way through a WAV file.
pub(super) struct WavReader {
    path: PathBuf,
    order: Order,
    format: Option<WavFormat>,
    /// The length of the samples as a 64-bit header tells it.
    wide_len: Option<u64>,
    /// Whether the samples before had an odd number of bytes.
    is_odd: bool,
}

impl WavReader {
    /// A reader at the beginning of a file.
    pub(super) fn new(path: &Path) -> WavReader {
        WavReader {
            path: path.to_owned(),
            order: Order::Little,
            format: None,
            wide_len: None,
            is_odd: false,
        }
    }

    /// Walks over chunks to the next samples; `None` at the end. The bytes stand at the beginning, or where the samples
    /// before end; then they stand where the next begin. The length of the whole file is not trusted.
    ///
    /// # Errors
    /// What the header says that cannot be: no channels, an absurd rate, an unknown coding.
    pub(super) fn next_part(&mut self, bytes: &mut Bytes) -> Result<Option<WavPart>, AudioError> {
        let path = self.path.clone();
        let failed = |source| AudioError::Read { path: path.clone(), source };
        if std::mem::take(&mut self.is_odd) {
            riff::take_pad(bytes).map_err(failed)?;
        }
        loop {
            let head = bytes.peek(12).map_err(failed)?.to_vec();
            if riff::begins_wav(&head) {
                self.order = if head.starts_with(b"RIFX") { Order::Big } else { Order::Little };
                (self.format, self.wide_len) = (None, None);
                bytes.consume(12);
                continue;
            }
            if head.len() < 8 {
                return Ok(None);
            }
            let len = self.number(&head[4..8]);
            bytes.consume(8);
            if head.starts_with(b"data") {
                return self.part(bytes, len).map(Some);
            }
            let from = bytes.position();
            let content = bytes.peek(usize::try_from(len.min(MAX_FORMAT_LEN)).unwrap_or(0));
            let content = content.map_err(failed)?;
            if head.starts_with(b"fmt ") {
                self.format = Some(wav_format::read(content, self.order, &self.path)?);
            } else if head.starts_with(b"ds64") && content.len() >= 16 {
                let wide = content[8..16].try_into().map_or(0, u64::from_le_bytes);
                self.wide_len = Some(wide);
            }
            bytes.move_to(from + len).map_err(failed)?;
            if len % 2 == 1 {
                riff::take_pad(bytes).map_err(failed)?;
            }
        }
    }

    fn number(&self, bytes: &[u8]) -> u64 {
        let bytes = bytes.try_into().unwrap_or_default();
        u64::from(match self.order {
            Order::Little => u32::from_le_bytes(bytes),
            Order::Big => u32::from_be_bytes(bytes),
        })
    }

    /// The samples that begin here.
    fn part(&mut self, bytes: &mut Bytes, narrow_len: u64) -> Result<WavPart, AudioError> {
        let Some(format) = self.format.clone() else {
            let reason = "the format chunk of its header is missing or too short".to_owned();
            return Err(AudioError::Malformed { path: self.path.clone(), reason });
        };
        let path = self.path.clone();
        let failed = |source| AudioError::Read { path, source };
        let declared = match self.wide_len.take() {
            Some(wide) if narrow_len >= UNKNOWN_LEN => wide,
            _ => narrow_len,
        };
        let start = bytes.position();
        let is_unknown = declared >= UNKNOWN_LEN && declared == narrow_len;
        let mut part =
            WavPart { format, start, len: None, declared: (!is_unknown).then_some(declared) };
        match bytes.len().map(|len| len.saturating_sub(start)) {
            None => part.len = part.declared.filter(|declared| *declared > 0),
            Some(there) if is_unknown => part.len = Some(there),
            Some(there) if declared > there => part.len = Some(there),
            Some(there) => {
                let is_over = ends_after(bytes, declared).map_err(failed)?;
                part.len = Some(if is_over { declared } else { there });
            }
        }
        self.is_odd = part.len.is_some_and(|len| len % 2 == 1);
        Ok(part)
    }
}

/// Whether the samples end where the header says, `declared` bytes from here. The bytes stay where they are.
fn ends_after(bytes: &mut Bytes, declared: u64) -> io::Result<bool> {
    let start = bytes.position();
    bytes.move_to(start + declared)?;
    let is_over = riff::ends_here(bytes, declared % 2 == 1)?;
    bytes.move_to(start)?;
    Ok(is_over)
}
