//! A well-formed header, then a part of a file, as one stream: for symphonia, which reads ADPCM in WAV but refuses
//! what recorders make of its header.
//!
//! In: the format chunk, and where the samples are. Out: a [`MediaSource`]. It keeps the new header and a position.

use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

use super::bytes::Bytes;

/// A new header, then a part of what there is.
pub(super) struct Spliced {
    header: Vec<u8>,
    bytes: Bytes,
    start: u64,
    len: u64,
    at: u64,
}

impl Spliced {
    /// A WAV file with this format chunk and these samples.
    pub(super) fn new(bytes: Bytes, format: &[u8], start: u64, data_len: u64) -> Self {
        let mut header = Vec::with_capacity(28 + format.len());
        let format_len = u32::try_from(format.len()).unwrap_or(u32::MAX);
        header.extend(b"RIFF\xff\xff\xff\xffWAVEfmt ");
        header.extend(format_len.to_le_bytes());
        header.extend(format);
        header.extend(b"data");
        header.extend(u32::try_from(data_len).unwrap_or(u32::MAX).to_le_bytes());
        let len = header.len() as u64 + data_len;
        Spliced { header, bytes, start, len, at: 0 }
    }
}

impl Read for Spliced {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let header_len = self.header.len() as u64;
        let left = usize::try_from(self.len.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let wanted = left.min(out.len());
        let n_read = match usize::try_from(self.at) {
            Ok(at) if at < self.header.len() => (&self.header[at..]).read(&mut out[..wanted])?,
            _ => {
                self.bytes.move_to(self.start + self.at - header_len)?;
                self.bytes.read(&mut out[..wanted])?
            }
        };
        self.at += n_read as u64;
        Ok(n_read)
    }
}

impl Seek for Spliced {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

impl MediaSource for Spliced {
    fn is_seekable(&self) -> bool {
        self.bytes.is_seekable()
    }

    fn byte_len(&self) -> Option<u64> {
        self.bytes.len().map(|_| self.len)
    }
}
