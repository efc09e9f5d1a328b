//! The frames of an MPEG audio stream (MP3 and its older layers), whatever stands between them.
//!
//! In: bytes. Out: [`MpegStep`]s. Keeps the kind of frames that is under way, where the first sample to be heard is, and
//! how much of the bit reservoir is there. Files that were joined, with or without their tags, are read one after the
//! other; frames that were cut, or that need bytes which are gone, are lost sound. Source: see [`super::mpeg_header`];
//! for tags the specifications of ID3v2.4 and of `APEv2`.

use std::io;

use super::bytes::Bytes;
use super::mpeg_header::{FrameHeader, InfoTag};
use super::riff;

/// Sound is looked for this far into a file, after its tags.
const SEARCH_LEN: usize = 16 * 1024;

/// MP3 in WAV: before the sound stands no more than this.
const MAX_WAV_HEADER_LEN: usize = 4096;

/// So many frames in a row are a stream and no accident.
const SURE_FRAMES: usize = 3;

/// Longer files are not walked over before they are read: 64 MB are 4 hours at 32 kbit/s.
const MAX_MEASURED_LEN: u64 = 64 << 20;

/// The reservoir reaches no further back.
const RESERVOIR_LEN: usize = 511;

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum MpegStep {
    /// A frame, and which of its samples are heard.
    Frame { data: Vec<u8>, heard: std::ops::Range<usize> },
    /// Frames of another kind, or of another file, begin: a new decoder is needed.
    Link(FrameHeader),
    /// So many samples are lost.
    Lost(u64),
    /// The end; so many samples are missing before it, by what the file says of itself.
    End { missing: u64 },
}

/// A stream of frames.
pub(super) struct MpegFrames {
    bytes: Bytes,
    /// Where the sound begins.
    first: u64,
    kind: FrameHeader,
    info: InfoTag,
    /// Frames since this file of possibly several began.
    n_frames: u64,
    /// Bytes of the frames before that this one may need.
    reservoir: usize,
    /// Another file begins here, with such frames.
    waiting: Option<FrameHeader>,
    /// It has begun, and is still to be told.
    is_link_due: bool,
}

const NO_INFO: InfoTag = InfoTag { n_frames: None, delay: 0, padding: 0 };

impl MpegFrames {
    /// The stream in these bytes from where they stand, if there is one; if not, they are given back there.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn find(mut bytes: Bytes) -> io::Result<Result<MpegFrames, Bytes>> {
        let before = bytes.position();
        skip_tags(&mut bytes)?;
        let head = bytes.peek(SEARCH_LEN)?;
        let found = (0..head.len().saturating_sub(4)).find_map(|at| {
            let header = FrameHeader::read(&head[at..])?;
            is_stream(&header, &head[at..], head.len() < SEARCH_LEN).then_some((at, header))
        });
        let Some((at, kind)) = found else {
            // A stream cannot go back; what was skipped is a tag, which others skip as well.
            let _ = bytes.move_to(before);
            return Ok(Err(bytes));
        };
        bytes.consume(at);
        let first = bytes.position();
        let mut frames = MpegFrames {
            bytes,
            first,
            kind,
            info: NO_INFO,
            n_frames: 0,
            reservoir: 0,
            waiting: None,
            is_link_due: false,
        };
        frames.rewind()?;
        Ok(Ok(frames))
    }

    /// The kind of frames that is under way.
    pub(super) fn kind(&self) -> FrameHeader {
        self.kind
    }

    /// Samples in all, by walking over the frames; of a long file as it tells, or reckoned from the first frame; `None`
    /// for a stream. It stands at the first frame then.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn measure(&mut self) -> io::Result<Option<u64>> {
        if self.bytes.len().is_none_or(|len| len > MAX_MEASURED_LEN) {
            return Ok(self.told_len());
        }
        let (mut len, rate_hz) = (0, self.kind.rate_hz);
        loop {
            let n_samples = match self.next_step()? {
                MpegStep::Frame { heard, .. } => heard.len() as u64,
                MpegStep::Lost(len) => len,
                MpegStep::Link(_) => 0,
                MpegStep::End { .. } => break,
            };
            len += n_samples * u64::from(rate_hz) / u64::from(self.kind.rate_hz);
        }
        self.rewind()?;
        Ok(Some(len))
    }

    fn told_len(&self) -> Option<u64> {
        let told = self.info.n_frames.map(|n_frames| {
            (n_frames * self.kind.samples()).saturating_sub(self.info.delay + self.info.padding)
        });
        let n_bytes = self.bytes.len()?.saturating_sub(self.first);
        Some(told.unwrap_or(n_bytes / self.kind.len as u64 * self.kind.samples()))
    }

    /// Whether it can go back to the first frame.
    pub(super) fn can_rewind(&self) -> bool {
        self.bytes.len().is_some()
    }

    /// Goes to the first frame.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn rewind(&mut self) -> io::Result<()> {
        self.bytes.move_to(self.first)?;
        let head = self.bytes.peek(4)?;
        if let Some(kind) = FrameHeader::read(head) {
            self.kind = kind;
        }
        self.begin_file()
    }

    /// Takes the frame that speaks of the whole file, if one stands here.
    fn begin_file(&mut self) -> io::Result<()> {
        (self.info, self.n_frames, self.reservoir) = (NO_INFO, 0, 0);
        self.is_link_due = false;
        let frame = self.bytes.peek(self.kind.len)?;
        if let Some(info) = self.kind.info_tag(frame) {
            self.info = info;
            self.bytes.consume(self.kind.len);
        }
        Ok(())
    }

    /// The next step.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn next_step(&mut self) -> io::Result<MpegStep> {
        if let Some(kind) = self.waiting.take() {
            let missing = self.missing();
            self.kind = kind;
            self.begin_file()?;
            self.is_link_due = true;
            if missing > 0 {
                return Ok(MpegStep::Lost(missing));
            }
        }
        if std::mem::take(&mut self.is_link_due) {
            return Ok(MpegStep::Link(self.kind));
        }
        skip_tags(&mut self.bytes)?;
        let head = self.bytes.peek(4)?;
        let Some(header) = FrameHeader::read(head).filter(|header| header.is_like(&self.kind))
        else {
            return self.resynchronise();
        };
        let frame = self.bytes.peek(header.len)?;
        if frame.len() < header.len {
            // The last frame was cut in the middle.
            let len = frame.len();
            self.bytes.consume(len);
            return Ok(MpegStep::Lost(self.take_frame(&header, 0).len() as u64));
        }
        if header.info_tag(frame).is_some() {
            self.waiting = Some(header);
            return self.next_step();
        }
        let data = frame.to_vec();
        self.bytes.consume(header.len);
        let needed = header.main_data_begin(&data);
        let is_whole = needed <= self.reservoir;
        let range = self.take_frame(&header, header.main_data_len());
        if !is_whole && !range.is_empty() {
            // What the frame needs is gone. Those after it need it in their reservoir all the same.
            return Ok(MpegStep::Lost(range.len() as u64));
        }
        Ok(MpegStep::Frame { data, heard: range })
    }

    /// Counts a frame, and says which of its samples are heard.
    fn take_frame(&mut self, header: &FrameHeader, main_data_len: usize) -> std::ops::Range<usize> {
        self.reservoir = (self.reservoir + main_data_len).min(RESERVOIR_LEN);
        let samples = header.samples();
        let from = self.n_frames * samples;
        self.n_frames += 1;
        let end = match self.info.n_frames {
            // More came than the encoder knew of: another file without a word of its own.
            Some(n_frames) if self.n_frames <= n_frames => {
                (n_frames * samples).saturating_sub(self.info.padding)
            }
            _ => u64::MAX,
        };
        let within = |at: u64| usize::try_from(at.saturating_sub(from).min(samples)).unwrap_or(0);
        let (start, end) = (within(self.info.delay), within(end));
        start..end.max(start)
    }

    /// What the encoder promised and did not come.
    fn missing(&self) -> u64 {
        let promised = self.info.n_frames.unwrap_or(0);
        promised.saturating_sub(self.n_frames) * self.kind.samples()
    }

    /// Looks for the next frame after something else.
    fn resynchronise(&mut self) -> io::Result<MpegStep> {
        let (mut n_skipped, mut is_silent) = (0_usize, true);
        loop {
            let head = self.bytes.peek(SEARCH_LEN)?;
            let is_end = head.len() < SEARCH_LEN;
            let found = (0..head.len().saturating_sub(3)).find_map(|at| {
                let header = FrameHeader::read(&head[at..])?;
                let is_next = is_stream(&header, &head[at..], is_end);
                is_next.then_some((at, header))
            });
            let len = match found {
                Some((at, _)) => at,
                None if is_end => head.len(),
                None => head.len() / 2,
            };
            is_silent &= head[..len].iter().all(|byte| *byte == 0);
            n_skipped += len;
            self.bytes.consume(len);
            match found {
                None if is_end => return Ok(self.at_end(n_skipped, is_silent)),
                None => {}
                Some((_, header)) => {
                    if header.is_like(&self.kind) {
                        self.reservoir = 0;
                    } else {
                        self.waiting = Some(header);
                    }
                    return match self.lost_in(n_skipped, is_silent) {
                        0 => self.next_step(),
                        lost => Ok(MpegStep::Lost(lost)),
                    };
                }
            }
        }
    }

    fn at_end(&mut self, n_skipped: usize, is_silent: bool) -> MpegStep {
        match self.lost_in(n_skipped, is_silent) {
            0 => MpegStep::End { missing: self.missing() },
            lost => MpegStep::Lost(lost),
        }
    }

    /// How many samples so many bytes of rubbish stand for: none if they fill up, else whole frames.
    fn lost_in(&mut self, n_bytes: usize, is_silent: bool) -> u64 {
        if n_bytes < 4 || is_silent {
            return 0;
        }
        let n_frames = (n_bytes as u64 / self.kind.len as u64).max(1);
        self.n_frames += n_frames;
        n_frames * self.kind.samples()
    }
}

/// Whether frames follow this one, as many as make it sure, or up to the end.
fn is_stream(first: &FrameHeader, bytes: &[u8], is_all: bool) -> bool {
    let mut at = first.len;
    for _ in 1..SURE_FRAMES {
        match bytes.get(at..) {
            Some(rest) if rest.len() >= 4 => match FrameHeader::read(rest) {
                Some(next) if next.is_like(first) => at += next.len,
                _ => return begins_tag(rest),
            },
            Some(rest) => return is_all && rest.is_empty(),
            None => return false,
        }
    }
    true
}

fn begins_tag(bytes: &[u8]) -> bool {
    [&b"ID3"[..], b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"RIFF", b"LIST"]
        .iter()
        .any(|tag| bytes.starts_with(tag))
}

/// Skips what programs write about the sound: before it, after it, and between files that were joined, WAV headers
/// included.
fn skip_tags(bytes: &mut Bytes) -> io::Result<()> {
    loop {
        let head = bytes.peek(32)?;
        let len = if head.starts_with(b"ID3") && head.len() >= 10 {
            let size = head[6..10].iter().fold(0, |size, byte| size << 7 | u64::from(byte & 0x7f));
            size + if head[5] & 0x10 == 0 { 10 } else { 20 }
        } else if head.starts_with(b"TAG") {
            128
        } else if head.starts_with(b"APETAGEX") && head.len() >= 32 {
            let size = u32::from_le_bytes([head[12], head[13], head[14], head[15]]);
            // A header counts itself out, a footer in; what a footer belongs to lies behind.
            if head[23] & 0x20 == 0 { 32 } else { u64::from(size) + 32 }
        } else if riff::begins_wav(head) {
            match bytes.peek(MAX_WAV_HEADER_LEN)?.windows(4).position(|name| name == b"data") {
                Some(at) => at as u64 + 8,
                None => return Ok(()),
            }
        } else if head.starts_with(b"LIST") && head.len() >= 8 {
            8 + u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]))
        } else {
            return Ok(());
        };
        let to = bytes.position() + len;
        bytes.move_to(to)?;
    }
}
