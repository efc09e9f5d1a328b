//! A connection to the sound server, to ask it something.
//!
//! In: commands. Out: replies, or what is wrong in words that help. Keeps the connection; one that failed is of no use
//! any more.

use std::ffi::CString;
use std::fmt;
use std::io::{BufReader, ErrorKind};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pulseaudio::protocol::{
    self, AuthParams, AuthReply, Command, CommandReply, Prop, Props, ProtocolError, PulseError,
    SetClientNameReply,
};

/// How long the server may take for an answer.
const ANSWER_TIME: Duration = Duration::from_secs(2);

/// A server reads so many bytes as a cookie, also one that lets in everybody: then it does not matter which.
const COOKIE_LEN: usize = 256;

/// What the program is called in the system's mixer.
const APPLICATION: &str = "Undertone";

/// Why the sound server cannot be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    /// There is no socket.
    #[error("no sound server answers")]
    NoServer,
    /// There is a socket, and nobody behind it.
    #[error("the sound server at {} does not answer: {reason}", path.display())]
    Unreachable {
        /// The socket.
        path: PathBuf,
        /// In the system's words.
        reason: String,
    },
    /// It wants a cookie.
    #[error("the sound server at {} refuses this user: {cookie}", path.display())]
    Refused {
        /// The socket.
        path: PathBuf,
        /// What it was shown.
        cookie: Cookie,
    },
    /// It says no.
    #[error("the sound server says: {0}")]
    Said(PulseError),
    /// It says something that is not understood, or nothing more.
    #[error("the sound server's answer is not understood: {0}")]
    Broken(String),
}

/// What a server is shown so that it lets the program in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// There is no file.
    Missing,
    /// A file that cannot be read, or is no cookie.
    Unusable(PathBuf, String),
    /// A file.
    File(PathBuf),
}

impl fmt::Display for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cookie::Missing => f.write_str(
                "it asks for its cookie, and there is no cookie file here; copy ~/.config/pulse/cookie of the user \
                 who runs the server to the same place, or name it in PULSE_COOKIE",
            ),
            Cookie::Unusable(path, reason) => write!(
                f,
                "it asks for its cookie, and {} is of no use ({reason}); copy the cookie of the user who runs the \
                 server there",
                path.display()
            ),
            Cookie::File(path) => write!(
                f,
                "{} is not its cookie; copy the cookie of the user who runs the server there",
                path.display()
            ),
        }
    }
}

impl Cookie {
    /// What there is, and the bytes to show: zeros where there is nothing, which an open server does not look at.
    fn of(file: Option<PathBuf>) -> (Self, Vec<u8>) {
        let nothing = || vec![0; COOKIE_LEN];
        let Some(path) = file else { return (Cookie::Missing, nothing()) };
        match std::fs::read(&path) {
            Ok(bytes) if bytes.len() == COOKIE_LEN => (Cookie::File(path), bytes),
            Ok(bytes) => {
                let reason = format!("{} bytes long instead of {COOKIE_LEN}", bytes.len());
                (Cookie::Unusable(path, reason), nothing())
            }
            Err(error) => (Cookie::Unusable(path, error.to_string()), nothing()),
        }
    }
}

/// A connection.
pub(crate) struct Link {
    socket: BufReader<UnixStream>,
    version: u16,
    n_asked: u32,
}

impl Link {
    /// Connects to the server that the environment names.
    ///
    /// # Errors
    /// [`LinkError`]; a server that hangs is given up after two seconds.
    pub(crate) fn open() -> Result<Self, LinkError> {
        let path = pulseaudio::socket_path_from_env().ok_or(LinkError::NoServer)?;
        Link::to(&path, pulseaudio::cookie_path_from_env())
    }

    pub(super) fn to(path: &Path, cookie_file: Option<PathBuf>) -> Result<Self, LinkError> {
        let unreachable = |reason: std::io::Error| LinkError::Unreachable {
            path: path.to_owned(),
            reason: reason.to_string(),
        };
        let socket = UnixStream::connect(path).map_err(unreachable)?;
        socket.set_read_timeout(Some(ANSWER_TIME)).map_err(unreachable)?;
        socket.set_write_timeout(Some(ANSWER_TIME)).map_err(unreachable)?;
        let version = protocol::MAX_VERSION;
        let mut link = Link { socket: BufReader::new(socket), version, n_asked: 0 };
        let (cookie, bytes) = Cookie::of(cookie_file);
        let (supports_shm, supports_memfd) = (false, false);
        let auth = AuthParams { version, supports_shm, supports_memfd, cookie: bytes };
        let reply: AuthReply = link.ask(&Command::Auth(auth)).map_err(|error| match error {
            LinkError::Said(PulseError::AccessDenied | PulseError::AuthKey) => {
                LinkError::Refused { path: path.to_owned(), cookie: cookie.clone() }
            }
            LinkError::Broken(reason) => LinkError::Unreachable { path: path.to_owned(), reason },
            error => error,
        })?;
        link.version = version.min(reply.version);
        let mut about = Props::new();
        about.set(Prop::ApplicationName, text(APPLICATION));
        about.set(Prop::ApplicationProcessId, text(&std::process::id().to_string()));
        let _: SetClientNameReply = link.ask(&Command::SetClientName(about))?;
        Ok(link)
    }

    /// Asks something that has an answer.
    ///
    /// # Errors
    /// [`LinkError::Said`] where the server says no; after any other the connection is of no use.
    pub(crate) fn ask<R: CommandReply>(&mut self, command: &Command) -> Result<R, LinkError> {
        let asked = self.n_asked;
        self.n_asked += 1;
        protocol::write_command_message(self.socket.get_mut(), asked, command, self.version)
            .map_err(failed)?;
        let (answered, reply) =
            protocol::read_reply_message(&mut self.socket, self.version).map_err(failed)?;
        if answered != asked {
            return Err(LinkError::Broken("it answers another question".to_owned()));
        }
        Ok(reply)
    }

    /// The connection itself, and the version of the protocol that is spoken on it.
    pub(super) fn into_parts(self) -> (BufReader<UnixStream>, u16) {
        (self.socket, self.version)
    }
}

impl Drop for Hangup {
    fn drop(&mut self) {
        // Closed already is as good.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

/// Ends a connection when it is dropped, also for who waits for something on it.
pub(super) struct Hangup(UnixStream);

impl Hangup {
    /// For this connection.
    pub(super) fn of(socket: &UnixStream) -> std::io::Result<Self> {
        socket.try_clone().map(Hangup)
    }
}

/// A text as the server takes it: up to the first zero.
pub(super) fn text(text: &str) -> CString {
    let until_zero = text.split('\0').next().unwrap_or_default();
    CString::new(until_zero).unwrap_or_default()
}

pub(super) fn failed(error: ProtocolError) -> LinkError {
    match error {
        ProtocolError::ServerError(said) => LinkError::Said(said),
        ProtocolError::Io(error)
            if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
        {
            LinkError::Broken(format!("it said nothing for {} s", ANSWER_TIME.as_secs()))
        }
        ProtocolError::Io(error) if error.kind() == ErrorKind::UnexpectedEof => {
            LinkError::Broken("it hung up".to_owned())
        }
        error => LinkError::Broken(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::net::UnixListener;
    use std::thread;

    /// A server that answers the first question and hangs up; what it was shown as a cookie.
    fn refusing(cookie_file: Option<PathBuf>) -> (String, Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("native");
        let listener = UnixListener::bind(&path).unwrap();
        let server = thread::spawn(move || {
            let (socket, _) = listener.accept().unwrap();
            let mut socket = BufReader::new(socket);
            let (seq, command) =
                protocol::read_command_message(&mut socket, protocol::MAX_VERSION).unwrap();
            protocol::write_error(socket.get_mut(), seq, &PulseError::AccessDenied).unwrap();
            match command {
                Command::Auth(auth) => auth.cookie,
                other => panic!("{other:?}"),
            }
        });
        let error = Link::to(&path, cookie_file).err().unwrap().to_string();
        (error, server.join().unwrap())
    }

    #[test]
    fn without_a_cookie_zeros_are_shown_and_a_refusal_says_what_to_do() {
        let (error, shown) = refusing(None);
        assert_eq!(shown, vec![0; COOKIE_LEN]);
        assert!(error.contains("no cookie file") && error.contains("PULSE_COOKIE"), "{error}");
    }

    #[test]
    fn a_cookie_is_shown_and_one_that_is_none_is_named() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&[7; COOKIE_LEN]).unwrap();
        let (error, shown) = refusing(Some(file.path().to_owned()));
        assert_eq!(shown, vec![7; COOKIE_LEN]);
        assert!(error.contains("is not its cookie"), "{error}");
        file.write_all(&[7]).unwrap();
        let (error, shown) = refusing(Some(file.path().to_owned()));
        assert_eq!(shown, vec![0; COOKIE_LEN]);
        assert!(error.contains("257 bytes long"), "{error}");
    }

    #[test]
    fn a_socket_without_a_server_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("native");
        drop(UnixListener::bind(&path).unwrap());
        let error = Link::to(&path, None).err().unwrap().to_string();
        assert!(error.contains("does not answer") && error.contains("native"), "{error}");
    }
}
