//! A file that is still being written, read as it grows.
//!
//! In: the file. Out: its bytes; at its end it waits for more. Keeps since when nothing came. It sleeps, so only
//! a thread of its own may read it.

use std::fs::File;
use std::io::{self, Read};
use std::thread;
use std::time::{Duration, Instant};

/// How often it looks for more: well below the length of a block of live sound, 50 ms.
const POLL: Duration = Duration::from_millis(20);

/// A file that grows, until it has not grown for some time.
pub(super) struct Growing {
    file: File,
    patience: Duration,
}

impl Growing {
    /// The file ends when nothing was added for `patience`.
    pub(super) fn new(file: File, patience: Duration) -> Growing {
        Growing { file, patience }
    }
}

impl Read for Growing {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let begun = Instant::now();
        loop {
            let n_read = self.file.read(out)?;
            if n_read > 0 || out.is_empty() || begun.elapsed() >= self.patience {
                return Ok(n_read);
            }
            thread::sleep(POLL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn what_is_added_is_read_and_then_it_ends() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().write_all(b"abc").unwrap();
        let mut writer = file.reopen().unwrap();
        let growing = file.reopen().unwrap();
        let adding = thread::spawn(move || {
            thread::sleep(Duration::from_millis(100));
            io::Seek::seek(&mut writer, io::SeekFrom::End(0)).unwrap();
            writer.write_all(b"def").unwrap();
        });
        let mut all = Vec::new();
        Growing::new(growing, Duration::from_secs(1)).read_to_end(&mut all).unwrap();
        adding.join().unwrap();
        assert_eq!(all, b"abcdef");
    }
}
