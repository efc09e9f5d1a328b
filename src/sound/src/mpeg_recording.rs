//! A recording in MPEG audio: MP3 and its older layers, on their own or in WAV.
//!
//! In: bytes. Out: [`Piece`]s. Keeps the stream of frames and a decoder.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use symphonia::core::codecs::audio::well_known::{CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};
use symphonia::default::get_codecs;

use super::bytes::Bytes;
use super::error::AudioError;
use super::mpeg::{MpegFrames, MpegStep};
use super::mpeg_header::FrameHeader;
use super::piece::{Piece, Spec, described};

/// An open recording.
pub(super) struct MpegRecording {
    path: PathBuf,
    frames: MpegFrames,
    decoder: Box<dyn AudioDecoder>,
    spec: Spec,
    format: String,
    len: Option<u64>,
    /// A step that was taken while looking for a place, and is still to be done.
    held: Option<MpegStep>,
    all: Vec<f32>,
}

impl MpegRecording {
    /// The recording in these bytes from where they stand, if they are MPEG audio; if not, they are given back. It may
    /// be in a container.
    ///
    /// # Errors
    /// What cannot be read.
    pub(super) fn find(
        path: &Path,
        bytes: Bytes,
        container: Option<&str>,
    ) -> Result<Result<Self, Bytes>, AudioError> {
        let failed = |source| AudioError::Read { path: path.to_owned(), source };
        let mut frames = match MpegFrames::find(bytes).map_err(failed)? {
            Ok(frames) => frames,
            Err(bytes) => return Ok(Err(bytes)),
        };
        let kind = frames.kind();
        let spec = spec_of(&kind);
        let coding = format!("mp{}", kind.layer);
        Ok(Ok(MpegRecording {
            path: path.to_owned(),
            decoder: decoder_of(path, &kind)?,
            spec,
            format: described(container.unwrap_or(&coding), &coding, spec),
            len: frames.measure().map_err(failed)?,
            frames,
            held: None,
            all: Vec::new(),
        }))
    }

    /// The rate and channels of what comes now.
    pub(super) fn spec(&self) -> Spec {
        self.spec
    }

    /// Container, coding, rate and channels, for messages.
    pub(super) fn format(&self) -> String {
        self.format.clone()
    }

    /// Samples in all, if the file tells; an estimate where it does not.
    pub(super) fn len(&self) -> Option<u64> {
        self.len
    }

    fn failed(&self, source: io::Error) -> AudioError {
        AudioError::Read { path: self.path.clone(), source }
    }

    fn next_step(&mut self) -> Result<MpegStep, AudioError> {
        match self.held.take() {
            Some(step) => Ok(step),
            None => self.frames.next_step().map_err(|source| self.failed(source)),
        }
    }

    /// The next samples, interleaved, or what happened instead.
    ///
    /// # Errors
    /// What cannot be read further.
    pub(super) fn next_piece(&mut self, interleaved: &mut Vec<f32>) -> Result<Piece, AudioError> {
        interleaved.clear();
        loop {
            match self.next_step()? {
                MpegStep::Frame { data, heard } => {
                    let n_heard = heard.len() as u64;
                    if !self.decode(data, heard, interleaved) {
                        return Ok(Piece::Gap(n_heard));
                    }
                    if !interleaved.is_empty() {
                        return Ok(Piece::Audio);
                    }
                }
                MpegStep::Link(kind) => {
                    self.decoder = decoder_of(&self.path, &kind)?;
                    self.spec = spec_of(&kind);
                }
                MpegStep::Lost(len) => return Ok(Piece::Gap(len)),
                MpegStep::End { missing: 0 } => return Ok(Piece::End),
                MpegStep::End { missing } => return Ok(Piece::Cut { missing }),
            }
        }
    }

    /// The heard samples of a frame. False: it is corrupt.
    fn decode(&mut self, data: Vec<u8>, heard: Range<usize>, interleaved: &mut Vec<f32>) -> bool {
        let packet = Packet::new(0, Timestamp::ZERO, Duration::ZERO, data);
        let Ok(buffer) = self.decoder.decode(&packet) else { return heard.is_empty() };
        if buffer.num_planes() != self.spec.n_channels {
            return heard.is_empty();
        }
        buffer.copy_to_vec_interleaved(&mut self.all);
        let n_channels = self.spec.n_channels;
        let all = self.all.get(heard.start * n_channels..heard.end * n_channels);
        interleaved.extend_from_slice(all.unwrap_or_default());
        all.is_some()
    }

    /// Jumps to a frame at or before this sample; where that is. `None` where only reading from the beginning leads
    /// there.
    pub(super) fn jump(&mut self, sample: u64) -> Option<u64> {
        if !self.frames.can_rewind() {
            return None;
        }
        self.frames.rewind().ok()?;
        self.decoder.reset();
        let mut at = 0;
        loop {
            let step = self.frames.next_step().ok()?;
            let len = match &step {
                MpegStep::Frame { heard, .. } => heard.len() as u64,
                MpegStep::Lost(len) => *len,
                MpegStep::Link(_) | MpegStep::End { .. } => return None,
            };
            if at + len > sample {
                self.held = Some(step);
                return Some(at);
            }
            at += len;
        }
    }
}

fn spec_of(kind: &FrameHeader) -> Spec {
    Spec { rate_hz: kind.rate_hz, n_channels: kind.n_channels }
}

fn decoder_of(path: &Path, kind: &FrameHeader) -> Result<Box<dyn AudioDecoder>, AudioError> {
    let codec = [CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3][usize::from(kind.layer) - 1];
    let mut params = AudioCodecParameters::new();
    params.for_codec(codec).with_sample_rate(kind.rate_hz);
    let made = get_codecs().make_audio_decoder(&params, &AudioDecoderOptions::default());
    made.map_err(|error| AudioError::Malformed { path: path.to_owned(), reason: error.to_string() })
}
