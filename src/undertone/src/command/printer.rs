//! Prints: the only way from a command to the terminal, and so where nothing gets through that steers it.
//!
//! A reader of standard output that goes away early (`| head`) is no error.

use std::io::{self, BufWriter, Write};

use serde::Serialize;

use record::plain_text::{escaped_json, plain_message, plain_text};

/// Tells something beside the results: one line on standard error, made harmless.
///
/// Where nobody can be told, nothing happens: the terminal may be gone.
pub fn tell(message: &str) {
    let _ = writeln!(io::stderr(), "{}", plain_message(message));
}

/// Hands standard output, buffered, to `print` and flushes it. What is written goes out byte by byte: for
/// exports, which are the same in a file.
///
/// # Errors
/// What `print` fails with, unless it failed because nobody reads any more.
pub fn print_to_stdout<E: From<io::Error>>(
    print: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    print_to(io::stdout().lock(), print)
}

/// Prints a text of any number of lines to standard output, made harmless.
///
/// # Errors
/// What the system says, unless nobody reads any more.
pub fn print(text: &str) -> io::Result<()> {
    print_to_stdout(|out| out.write_all(plain_text(text).as_bytes()))
}

/// Prints lines of a run that goes on, made harmless; false when nobody reads them any more.
///
/// # Errors
/// What the system says.
pub fn print_now(text: &str) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    match out.write_all(plain_text(text).as_bytes()).and_then(|()| out.flush()) {
        Err(reason) if reason.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true),
    }
}

/// Prints what `write` writes, made harmless. Its text is held in memory: for lists, not for exports.
///
/// # Errors
/// What `write` fails with; or what the system says, unless nobody reads any more.
pub fn print_lines<E: From<io::Error>>(
    write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let mut bytes = Vec::new();
    write(&mut bytes)?;
    Ok(print(&String::from_utf8_lossy(&bytes))?)
}

/// Prints a value as JSON of several lines; nothing in its strings is lost.
///
/// # Errors
/// A value that is no JSON; or what the system says, unless nobody reads any more.
pub fn print_json(value: &impl Serialize) -> io::Result<()> {
    print(&format!("{}\n", escaped_json(&serde_json::to_string_pretty(value)?)))
}

fn print_to<E: From<io::Error>>(
    sink: impl Write,
    print: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let mut output = Output { sink: BufWriter::new(sink), reader_left: false };
    let printed = print(&mut output).and_then(|()| Ok(output.flush()?));
    if output.reader_left {
        // Dropping the buffer would try to write what is left in it.
        let _ = output.sink.into_parts();
        return Ok(());
    }
    printed
}

/// Remembers that the reader left, whatever becomes of the error on its way up.
struct Output<W: Write> {
    sink: BufWriter<W>,
    reader_left: bool,
}

impl<W: Write> Output<W> {
    fn noted<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(reason) = &result {
            self.reader_left |= reason.kind() == io::ErrorKind::BrokenPipe;
        }
        result
    }
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.sink.write(bytes);
        self.noted(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.sink.flush();
        self.noted(flushed)
    }
}

/// An error with its causes on one line, without repeating what a cause already said.
#[must_use]
pub fn chain(error: &anyhow::Error) -> String {
    record::plain_text::chain(error.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Refuses every byte.
    struct Refusing(io::ErrorKind);

    impl Write for Refusing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_printed_arrives() {
        let mut bytes = Vec::new();
        print_to(&mut bytes, |out| writeln!(out, "a line")).unwrap();
        assert_eq!(bytes, b"a line\n");
    }

    #[test]
    fn a_reader_that_leaves_is_no_error_and_a_full_disk_is_one() {
        for len in [1, 100_000] {
            let print = |kind| print_to(Refusing(kind), |out| out.write_all(&vec![b'x'; len]));
            assert!(print(io::ErrorKind::BrokenPipe).is_ok());
            let failure = print(io::ErrorKind::StorageFull).unwrap_err();
            assert_eq!(failure.kind(), io::ErrorKind::StorageFull);
        }
    }

    #[test]
    fn other_errors_of_the_printing_come_through() {
        let failed = print_to(Vec::new(), |_| Err::<(), _>(io::Error::other("damaged")));
        assert_eq!(failed.unwrap_err().to_string(), "damaged");
    }
}
