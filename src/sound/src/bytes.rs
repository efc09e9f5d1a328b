//! The bytes of a recording: a file, standard input, a pipe, or a file that still grows.
//!
//! In: a path. Out: bytes, which can be looked at before they are taken. Keeps what was looked at, and where it
//! stands. A file can be read anywhere; the others only onwards, and reading them waits for whoever writes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use symphonia::core::io::MediaSource;

use super::error::AudioError;
use super::growing::Growing;

/// Read at once. A live stream gives what it has, so this delays nothing.
const READ_LEN: usize = 64 * 1024;

/// The path that stands for standard input.
pub const STANDARD_INPUT: &str = "-";

/// Bytes from a place.
pub(super) struct Bytes {
    inner: Inner,
    buffer: Vec<u8>,
    /// Where in the buffer the next byte is.
    start: usize,
    /// Where in the file or stream the next byte is.
    position: u64,
}

enum Inner {
    File { file: File, len: u64 },
    Stream(Box<dyn Read + Send + Sync>),
}

impl Bytes {
    /// Opens a path. With `follow` a file is read as one that grows, until it has not grown for so long.
    ///
    /// # Errors
    /// What is missing, is neither file nor pipe, or is an empty file.
    pub(super) fn open(path: &Path, follow: Option<Duration>) -> Result<Bytes, AudioError> {
        if path.as_os_str() == STANDARD_INPUT {
            return Ok(Bytes::of_stream(io::stdin()));
        }
        let failed = |source| AudioError::Open { path: path.to_owned(), source };
        // Before it is opened: opening a pipe waits for whoever writes, and a device may do anything.
        let metadata = path.metadata().map_err(failed)?;
        if is_pipe(&metadata) {
            return Ok(Bytes::of_stream(File::open(path).map_err(failed)?));
        }
        if !metadata.is_file() {
            return Err(AudioError::NotAFile { path: path.to_owned() });
        }
        let file = File::open(path).map_err(failed)?;
        if let Some(patience) = follow {
            return Ok(Bytes::of_stream(Growing::new(file, patience)));
        }
        match metadata.len() {
            0 => Err(AudioError::EmptyFile { path: path.to_owned() }),
            len => Ok(Bytes::new(Inner::File { file, len })),
        }
    }

    /// Whether a path is read as it comes: only onwards, and waiting for whoever writes.
    pub(super) fn is_live(path: &Path, follow: Option<Duration>) -> bool {
        path.as_os_str() == STANDARD_INPUT
            || follow.is_some()
            || path.metadata().is_ok_and(|metadata| is_pipe(&metadata))
    }

    fn of_stream(stream: impl Read + Send + Sync + 'static) -> Bytes {
        Bytes::new(Inner::Stream(Box::new(stream)))
    }

    fn new(inner: Inner) -> Bytes {
        Bytes { inner, buffer: Vec::new(), start: 0, position: 0 }
    }

    /// The same as a stream whose length nobody knows, from where it stands.
    pub(super) fn into_stream(mut self) -> Bytes {
        if let Inner::File { file, .. } = self.inner {
            self.inner = Inner::Stream(Box::new(file));
        }
        self
    }

    /// How many bytes there are; `None` for what is still being written.
    pub(super) fn len(&self) -> Option<u64> {
        match &self.inner {
            Inner::File { len, .. } => Some(*len),
            Inner::Stream(_) => None,
        }
    }

    /// Where the next byte is.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// The next bytes without taking them: `len` of them, or as many as there are.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn peek(&mut self, len: usize) -> io::Result<&[u8]> {
        while self.buffer.len() - self.start < len {
            if !self.read_more(len)? {
                break;
            }
        }
        let end = self.buffer.len().min(self.start + len);
        Ok(&self.buffer[self.start..end])
    }

    /// Reads on into the buffer; false at the end.
    fn read_more(&mut self, wanted: usize) -> io::Result<bool> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let before = self.buffer.len();
        self.buffer.resize(before + READ_LEN.max(wanted), 0);
        let n_read = loop {
            match self.inner.read(&mut self.buffer[before..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        self.buffer.truncate(before + *n_read.as_ref().unwrap_or(&0));
        Ok(n_read? > 0)
    }

    /// Where in a file `begins` holds, which looks at `len` bytes at least; from here on. It stands at the end then.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn find_all(
        &mut self,
        len: usize,
        begins: impl Fn(&[u8]) -> bool,
    ) -> io::Result<Vec<u64>> {
        let mut found = Vec::new();
        loop {
            let from = self.position;
            let ahead = self.peek(READ_LEN)?;
            if ahead.len() < len {
                return Ok(found);
            }
            let n_places = ahead.len() - len + 1;
            let places = (0..n_places).filter(|at| begins(&ahead[*at..]));
            found.extend(places.map(|at| from + at as u64));
            self.consume(n_places);
        }
    }

    /// Takes bytes that were looked at.
    pub(super) fn consume(&mut self, len: usize) {
        let len = len.min(self.buffer.len() - self.start);
        self.start += len;
        self.position += len as u64;
    }

    /// Moves on, or back where that can be. Beyond the end of a file is its end.
    ///
    /// # Errors
    /// The system's; a stream that would have to go back.
    pub(super) fn move_to(&mut self, to: u64) -> io::Result<()> {
        let buffered = (self.buffer.len() - self.start) as u64;
        if to >= self.position && to - self.position <= buffered {
            self.start += usize::try_from(to - self.position).unwrap_or(0);
            self.position = to;
            return Ok(());
        }
        if let Inner::File { file, len } = &mut self.inner {
            let to = to.min(*len);
            file.seek(SeekFrom::Start(to))?;
            self.buffer.clear();
            (self.start, self.position) = (0, to);
            return Ok(());
        }
        if to < self.position {
            return Err(io::Error::from(io::ErrorKind::NotSeekable));
        }
        while self.position < to {
            let left = usize::try_from(to - self.position).unwrap_or(READ_LEN).min(READ_LEN);
            let there = self.peek(left)?.len();
            if there == 0 {
                break;
            }
            self.consume(there);
        }
        Ok(())
    }
}

impl Read for Inner {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Inner::File { file, .. } => file.read(out),
            Inner::Stream(stream) => stream.read(out),
        }
    }
}

impl Read for Bytes {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let there = self.peek(1)?;
        if there.is_empty() {
            return Ok(0);
        }
        let buffered = &self.buffer[self.start..];
        let len = buffered.len().min(out.len());
        out[..len].copy_from_slice(&buffered[..len]);
        self.consume(len);
        Ok(len)
    }
}

impl Seek for Bytes {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(to) => Some(to),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.len().and_then(|len| len.checked_add_signed(by)),
        };
        self.move_to(to.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?)?;
        Ok(self.position)
    }
}

impl MediaSource for Bytes {
    fn is_seekable(&self) -> bool {
        self.len().is_some()
    }

    fn byte_len(&self) -> Option<u64> {
        self.len()
    }
}

#[cfg(unix)]
fn is_pipe(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    metadata.file_type().is_fifo()
}

#[cfg(not(unix))]
fn is_pipe(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(bytes: &'static [u8]) -> Bytes {
        Bytes::of_stream(bytes)
    }

    #[test]
    fn what_was_looked_at_is_read_again() {
        let mut bytes = stream(b"abcdefgh");
        assert_eq!(bytes.peek(3).unwrap(), b"abc");
        bytes.consume(1);
        let mut out = [0; 4];
        assert_eq!(bytes.read(&mut out).unwrap(), 4);
        assert_eq!((&out, bytes.position()), (b"bcde", 5));
        assert_eq!(bytes.peek(99).unwrap(), b"fgh");
    }

    #[test]
    fn a_stream_goes_on_but_not_back() {
        let mut bytes = stream(b"abcdefgh");
        bytes.move_to(5).unwrap();
        assert_eq!(bytes.peek(1).unwrap(), b"f");
        assert!(bytes.move_to(2).is_err());
        bytes.move_to(99).unwrap();
        assert!(bytes.peek(1).unwrap().is_empty());
        assert_eq!(bytes.position(), 8);
    }
}
