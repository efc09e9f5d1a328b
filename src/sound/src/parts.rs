//! A recording whose samples stand in blocks of one length, in one part of a file or in several: WAV, `.au`, and
//! what has no header.
//!
//! In: bytes, and where the samples are. Out: [`Piece`]s. Keeps the parts, a block decoder, and what is to be remarked.
//! Where WAV files were joined, another header stands among the samples; it ends one part and begins the next.

use std::io;
use std::path::{Path, PathBuf};

use super::bytes::Bytes;
use super::coding::{BlockDecoder, Layout};
use super::error::AudioError;
use super::piece::{Piece, Spec, checked_rate, described, duration_s};
use super::riff;
use super::wav::{WavPart, WavReader};
use super::wav_format::WavFormat;

/// Bytes that are decoded at once: 0.25 s at 8 kHz and 16 bits.
const READ_LEN: usize = 4 * 1024;

/// As much has to be looked at to know whether another file begins.
const HEAD_LEN: usize = 16;

/// Samples that stand together.
#[derive(Clone, Debug)]
struct Part {
    layout: Layout,
    start: u64,
    /// How many bytes there are; `None` if only the end of the stream will tell.
    len: Option<u64>,
    /// How many the header promises, if it tells.
    declared: Option<u64>,
}

/// An open recording.
pub(super) struct Parts {
    path: PathBuf,
    bytes: Bytes,
    container: &'static str,
    /// For what may follow the samples; none where nothing can.
    wav: Option<WavReader>,
    found: Vec<Part>,
    current: usize,
    /// Bytes of the current part that were taken.
    taken: u64,
    decoder: BlockDecoder,
    /// Why nothing comes after the parts, if that is a fault.
    fault: Option<AudioError>,
    remarks: Vec<String>,
}

impl Parts {
    /// A WAV file of which the first samples were found.
    ///
    /// # Errors
    /// An absurd rate; no samples; what cannot be read.
    pub(super) fn of_wav(
        path: &Path,
        bytes: Bytes,
        wav: WavReader,
        first: &WavPart,
    ) -> Result<Parts, AudioError> {
        let first = part_of(first, path)?;
        let mut parts = Parts::new(path, bytes, "wave", first)?;
        parts.wav = Some(wav);
        parts.find_further();
        if parts.bytes.len().is_some() && parts.found.iter().all(|part| part.len == Some(0)) {
            return Err(AudioError::NoAudio { path: path.to_owned() });
        }
        Ok(parts)
    }

    /// Samples from `start` on, of which a header promised `declared` bytes.
    ///
    /// # Errors
    /// An absurd rate; no samples; what cannot be read.
    pub(super) fn of_rest(
        path: &Path,
        bytes: Bytes,
        container: &'static str,
        layout: Layout,
        (start, declared): (u64, Option<u64>),
    ) -> Result<Parts, AudioError> {
        let len = bytes.len().map(|len| len.saturating_sub(start));
        if len.is_some_and(|len| len < layout.block_len() as u64) {
            return Err(AudioError::NoAudio { path: path.to_owned() });
        }
        Parts::new(path, bytes, container, Part { layout, start, len, declared })
    }

    fn new(
        path: &Path,
        mut bytes: Bytes,
        container: &'static str,
        first: Part,
    ) -> Result<Parts, AudioError> {
        checked_rate(path, first.layout.rate_hz)?;
        let failed = |source| AudioError::Read { path: path.to_owned(), source };
        bytes.move_to(first.start).map_err(failed)?;
        let decoder = BlockDecoder::new(first.layout.coding);
        Ok(Parts {
            path: path.to_owned(),
            bytes,
            container,
            wav: None,
            found: vec![first],
            current: 0,
            taken: 0,
            decoder,
            fault: None,
            remarks: Vec::new(),
        })
    }

    /// The current part's rate and channels.
    pub(super) fn spec(&self) -> Spec {
        let layout = self.part().layout;
        Spec { rate_hz: layout.rate_hz, n_channels: layout.n_channels }
    }

    /// Container, coding, rate and channels, for messages.
    pub(super) fn format(&self) -> String {
        let layout = self.found[0].layout;
        described(self.container, &layout.name(), self.spec())
    }

    /// Samples in all, at the first part's rate; `None` if only the end will tell.
    pub(super) fn len(&self) -> Option<u64> {
        let rate_hz = self.found[0].layout.rate_hz;
        let last = self.found.len() - 1;
        let lens = self.found.iter().enumerate().map(|(index, part)| {
            let missing = if index < last { part.missing(part.len?) } else { 0 };
            let len = part.layout.samples_in(part.len?) + missing;
            Some(len * u64::from(rate_hz) / u64::from(part.layout.rate_hz))
        });
        lens.sum()
    }

    /// What there is to say of the file, once.
    pub(super) fn take_remark(&mut self) -> Option<String> {
        (!self.remarks.is_empty()).then(|| self.remarks.remove(0))
    }

    fn part(&self) -> &Part {
        &self.found[self.current]
    }

    fn failed(&self, source: io::Error) -> AudioError {
        AudioError::Read { path: self.path.clone(), source }
    }

    /// Finds the parts after the last one that is known, in a file; the bytes stand where they stood.
    fn find_further(&mut self) {
        let (Some(wav), Some(_)) = (&mut self.wav, self.bytes.len()) else { return };
        let before = self.bytes.position();
        while let Some(Part { start, len: Some(len), .. }) = self.found.last() {
            let found = match self.bytes.move_to(start + len) {
                Ok(()) => wav.next_part(&mut self.bytes),
                Err(source) => Err(AudioError::Read { path: self.path.clone(), source }),
            };
            let found =
                found.and_then(|found| found.map(|part| part_of(&part, &self.path)).transpose());
            match found {
                Ok(Some(part)) => self.found.push(part),
                Ok(None) => break,
                Err(error) => {
                    self.fault = Some(error);
                    break;
                }
            }
        }
        if let Err(source) = self.bytes.move_to(before) {
            self.fault = Some(self.failed(source));
        }
    }

    /// The next samples, interleaved, or what happened instead.
    ///
    /// # Errors
    /// What cannot be read further.
    pub(super) fn next_piece(&mut self, interleaved: &mut Vec<f32>) -> Result<Piece, AudioError> {
        interleaved.clear();
        loop {
            let layout = self.part().layout;
            let block_len = layout.block_len();
            let left = self.part().len.map_or(u64::MAX, |len| len - self.taken);
            let wanted = READ_LEN.next_multiple_of(block_len);
            let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(wanted);
            let ahead = self.bytes.peek(wanted + HEAD_LEN);
            let ahead =
                ahead.map_err(|source| AudioError::Read { path: self.path.clone(), source })?;
            if self.wav.is_some()
                && let Some(joint) = riff::wav_within(ahead).filter(|joint| *joint < wanted)
            {
                self.split(joint as u64);
                continue;
            }
            let len = ahead.len().min(wanted) / block_len * block_len;
            if len > 0 {
                self.decoder.decode(layout, &ahead[..len], interleaved);
                self.bytes.consume(len);
                self.taken += len as u64;
                return Ok(Piece::Audio);
            }
            if let Some(piece) = self.next_part()? {
                return Ok(piece);
            }
        }
    }

    /// Another file begins among the samples, so many bytes from here.
    fn split(&mut self, joint: u64) {
        let end = self.taken + joint;
        self.found.truncate(self.current + 1);
        self.found[self.current].len = Some(end);
        self.fault = None;
        self.find_further();
    }

    /// Goes on to the next part; says what is missing before it, or the end.
    fn next_part(&mut self) -> Result<Option<Piece>, AudioError> {
        let part = self.part().clone();
        if self.bytes.len().is_none() {
            if self.is_outgrown()? {
                self.found[self.current].len = None;
                return Ok(None);
            }
            self.find_next_in_stream(&part)?;
        }
        self.remark_on(&part);
        let missing = part.missing(self.taken);
        if self.current + 1 < self.found.len() {
            self.current += 1;
            self.taken = 0;
            let next = self.part().clone();
            self.decoder = BlockDecoder::new(next.layout.coding);
            self.bytes.move_to(next.start).map_err(|source| self.failed(source))?;
            let gap = missing * u64::from(next.layout.rate_hz) / u64::from(part.layout.rate_hz);
            return Ok((gap > 0).then_some(Piece::Gap(gap)));
        }
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        let is_cut = missing > 0 || part.layout.block_samples() > 2 && self.left_over()? > 0;
        Ok(Some(if is_cut { Piece::Cut { missing } } else { Piece::End }))
    }

    /// Bytes after the last whole block, in what is read to its end.
    fn left_over(&mut self) -> Result<u64, AudioError> {
        let block_len = self.part().layout.block_len();
        let left = self.part().len.map_or(u64::MAX, |len| len - self.taken);
        let there = self
            .bytes
            .peek(block_len)
            .map_err(|source| AudioError::Read { path: self.path.clone(), source })?;
        Ok(left.min(there.len() as u64))
    }

    /// In a stream: whether the samples go on where the header says that they end.
    fn is_outgrown(&mut self) -> Result<bool, AudioError> {
        let (Some(len), Some(_)) = (self.part().len, &self.wav) else { return Ok(false) };
        if self.taken != len {
            return Ok(false);
        }
        let is_over = riff::ends_here(&mut self.bytes, len % 2 == 1);
        Ok(!is_over.map_err(|source| self.failed(source))?)
    }

    /// In a stream: the next part, if there is one.
    fn find_next_in_stream(&mut self, part: &Part) -> Result<(), AudioError> {
        let Some(wav) = &mut self.wav else { return Ok(()) };
        if let Some(len) = part.len {
            let moved = self.bytes.move_to(part.start + len);
            moved.map_err(|source| AudioError::Read { path: self.path.clone(), source })?;
        }
        if let Some(found) = wav.next_part(&mut self.bytes)? {
            self.found.push(part_of(&found, &self.path)?);
        }
        Ok(())
    }

    fn remark_on(&mut self, part: &Part) {
        let Some(declared) = part.declared.filter(|declared| *declared < self.taken) else {
            return;
        };
        let layout = part.layout;
        let seconds = |n_bytes| duration_s(layout.samples_in(n_bytes), layout.rate_hz);
        self.remarks.push(format!(
            "the header of {} promises {:.1} s of sound, but the file goes on: {:.1} s were read",
            self.path.display(),
            seconds(declared),
            seconds(self.taken)
        ));
    }

    /// Jumps to a block at or before this sample, from which decoding leads to it; where that is. `None` where it
    /// has to be read from the beginning.
    pub(super) fn jump(&mut self, sample: u64) -> Option<u64> {
        let [part] = &self.found[..] else { return None };
        let layout = part.layout;
        self.bytes.len()?;
        let block = sample / layout.block_samples();
        let taken = (block * layout.block_len() as u64).min(part.len?);
        let taken = taken / layout.block_len() as u64 * layout.block_len() as u64;
        self.bytes.move_to(part.start + taken).ok()?;
        self.taken = taken;
        self.decoder = BlockDecoder::new(layout.coding);
        Some(layout.samples_in(taken))
    }
}

impl Part {
    /// How many samples the header promises beyond `there` bytes.
    fn missing(&self, there: u64) -> u64 {
        let samples = |n_bytes| self.layout.samples_in(n_bytes);
        self.declared.map_or(0, |declared| samples(declared).saturating_sub(samples(there)))
    }
}

fn part_of(found: &WavPart, path: &Path) -> Result<Part, AudioError> {
    let WavFormat::Blocks(layout) = found.format else {
        let reason = "the coding changes in the middle".to_owned();
        return Err(AudioError::Malformed { path: path.to_owned(), reason });
    };
    checked_rate(path, layout.rate_hz)?;
    Ok(Part { layout, start: found.start, len: found.len, declared: found.declared })
}
