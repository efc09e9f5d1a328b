//! Containers that were joined end to end in one file, one after the other.
//!
//! In: a container that is open, and how the others are opened. Out: [`Piece`]s. Keeps one open container. Where one
//! was cut off before the next, what is missing is a gap.

use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

use super::bytes::Bytes;
use super::error::AudioError;
use super::packets::Packets;
use super::piece::{Piece, Spec};

/// Opens a container.
pub(super) type Opener = Box<dyn Fn() -> Result<Packets, AudioError> + Send>;

/// A gap of which nobody knows how long it is counts as one packet of a telephone: 20 ms, as parts of a second.
const UNKNOWN_GAP: u64 = 50;

/// One container or several.
pub(super) struct Chain {
    packets: Packets,
    rest: VecDeque<Opener>,
    /// Whether the next one has begun.
    is_beyond_first: bool,
    len: Option<u64>,
}

impl Chain {
    /// One container.
    pub(super) fn of(packets: Packets) -> Chain {
        let len = packets.len();
        Chain { packets, rest: VecDeque::new(), is_beyond_first: false, len }
    }

    /// The containers that these open, of which there is at least one.
    ///
    /// # Errors
    /// The first cannot be opened.
    pub(super) fn open(openers: Vec<Opener>) -> Result<Chain, AudioError> {
        let mut rest: VecDeque<Opener> = openers.into();
        let first = rest.pop_front().map(|open| open());
        let packets = first.unwrap_or_else(|| unreachable!("a file is a container at least"))?;
        let rate_hz = packets.spec().rate_hz;
        let lens = rest.iter().map(|open| {
            let packets = open().ok()?;
            Some(packets.len()? * u64::from(rate_hz) / u64::from(packets.spec().rate_hz))
        });
        let others: Option<u64> = lens.sum();
        let len = packets.len().zip(others).map(|(first, others)| first + others);
        Ok(Chain { packets, rest, is_beyond_first: false, len })
    }

    /// The rate and channels of what comes now.
    pub(super) fn spec(&self) -> Spec {
        self.packets.spec()
    }

    /// Container, coding, rate and channels of what comes now, for messages.
    pub(super) fn format(&self) -> String {
        self.packets.format()
    }

    /// Samples in all, if the files tell.
    pub(super) fn len(&self) -> Option<u64> {
        self.len
    }

    /// Whether a jump is exact.
    pub(super) fn can_jump(&self) -> bool {
        self.rest.is_empty() && !self.is_beyond_first && self.packets.can_jump()
    }

    /// Jumps to at most this sample; where that is.
    pub(super) fn jump(&mut self, sample: u64) -> Option<u64> {
        if self.can_jump() { self.packets.jump(sample) } else { None }
    }

    /// The next samples, interleaved, or what happened instead.
    ///
    /// # Errors
    /// What cannot be read further.
    pub(super) fn next_piece(&mut self, interleaved: &mut Vec<f32>) -> Result<Piece, AudioError> {
        loop {
            let piece = self.packets.next_piece(interleaved)?;
            let missing = match piece {
                Piece::Audio | Piece::Gap(_) => return Ok(piece),
                Piece::End => 0,
                Piece::Cut { missing: 0 } => u64::from(self.spec().rate_hz) / UNKNOWN_GAP,
                Piece::Cut { missing } => missing,
            };
            let Some(open) = self.rest.pop_front() else { return Ok(piece) };
            let before = self.spec();
            self.packets = open()?;
            self.is_beyond_first = true;
            if missing > 0 {
                let rate_hz = u64::from(self.spec().rate_hz);
                return Ok(Piece::Gap(missing * rate_hz / u64::from(before.rate_hz)));
            }
        }
    }
}

/// A part of a file as a file.
pub(super) struct Window {
    bytes: Bytes,
    start: u64,
    len: u64,
}

impl Window {
    /// The bytes from `start` on, as many as `len`.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn new(mut bytes: Bytes, start: u64, len: u64) -> io::Result<Window> {
        bytes.move_to(start)?;
        Ok(Window { bytes, start, len })
    }

    fn position(&self) -> u64 {
        self.bytes.position().saturating_sub(self.start)
    }
}

impl Read for Window {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = self.len.saturating_sub(self.position());
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(out.len());
        self.bytes.read(&mut out[..wanted])
    }
}

impl Seek for Window {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(to) => Some(to),
            SeekFrom::Current(by) => self.position().checked_add_signed(by),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
        };
        let to = to.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?.min(self.len);
        self.bytes.move_to(self.start + to)?;
        Ok(to)
    }
}

impl MediaSource for Window {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.len)
    }
}
