//! The settings of a gateway: one TOML file, checked before anything listens.
//!
//! In: a file. Out: a [`Config`] whose values are in range and whose secrets are read, or all that is wrong with it. Keeps
//! nothing.

mod allow;
mod fleet;
mod secret;
mod siprec;
mod stream;
mod wall;

pub use allow::Allow;
pub use fleet::{FleetFile, FleetSection, checked_name};
pub use secret::Secret;
pub use siprec::SiprecSection;
pub use stream::{AudioSocketSection, Family, StreamProtocol, StreamSection};
pub use wall::{WallOf, WallSection};

use hearing::alert::AlertSettings;
use hearing::language::Language;
use hearing::pipeline::PipelineSettings;
use model::device::BackendChoice;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// The commented settings, as `assets/gateway.toml` has them.
pub const EXAMPLE: &str = include_str!("../../../assets/gateway.toml");

/// Everything that a file can hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The folder of a model; none for the one inside the program.
    pub model: Option<PathBuf>,
    /// What callers speak, where it is one language.
    pub language: Option<Language>,
    /// What computes.
    #[serde(default)]
    pub backend: BackendChoice,
    /// How readings are made.
    #[serde(default)]
    pub pipeline: PipelineSettings,
    /// When attention is asked for.
    #[serde(default)]
    pub alerts: AlertSettings,
    /// Where calls are logged.
    pub session: SessionSection,
    /// What callers have to be told.
    #[serde(default)]
    pub notice: NoticeSection,
    /// How much is taken at once.
    #[serde(default)]
    pub limits: Limits,
    /// Web addresses: streams over WebSocket, health, metrics.
    #[serde(default)]
    pub http: HttpSection,
    /// Where Asterisk's AudioSocket is listened for.
    #[serde(default)]
    pub audiosocket: Vec<AudioSocketSection>,
    /// Streams over WebSocket, each with a path.
    #[serde(default)]
    pub stream: Vec<StreamSection>,
    /// Copies of calls from session border controllers.
    pub siprec: Option<SiprecSection>,
    /// A page with all calls, for whoever leads the shift.
    pub wall: Option<WallSection>,
    /// The broker that joins many desks and gateways.
    pub fleet: Option<FleetSection>,
}

/// `[session]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionSection {
    /// The folder for session logs; a relative one begins at the file's own folder.
    pub dir: PathBuf,
    /// Older logs are deleted at the start, and once a day; 0 keeps them.
    #[serde(default)]
    pub retention_days: u32,
}

/// `[notice]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NoticeSection {
    /// Whether nothing is read before the telephone system, or somebody over HTTP, says that the caller was told.
    pub require: bool,
}

/// `[limits]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Calls at once; what is more is refused.
    pub calls: usize,
    /// Connections at once, with those that say nothing yet.
    pub connections: usize,
    /// Connections at once from one address.
    pub connections_per_address: usize,
    /// New calls are refused while the engine is so much behind.
    pub backlog_ms: u64,
    /// After a SIGTERM calls may go on for so long.
    pub drain_s: u64,
    /// A connection over which nothing comes for so long is closed.
    pub idle_s: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            calls: 300,
            connections: 2_000,
            connections_per_address: 1_000,
            backlog_ms: 1_000,
            drain_s: 1_800,
            idle_s: 30,
        }
    }
}

/// `[http]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSection {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The address that telephone systems are given, such as `wss://calls.example.org`: signatures are of it.
    pub public_url: Option<String>,
    /// Certificate chain and key, as PEM files: read again at SIGHUP.
    pub certificate: Option<PathBuf>,
    /// The certificate's key.
    pub key: Option<PathBuf>,
    /// TLS ends at a proxy in front of this.
    pub behind_proxy: bool,
    /// The token for `/calls`; without one, those addresses do not exist.
    pub control_token_file: Option<PathBuf>,
    /// What the file holds.
    #[serde(skip)]
    pub control_token: Option<Secret>,
}

impl Default for HttpSection {
    fn default() -> Self {
        HttpSection {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080),
            public_url: None,
            certificate: None,
            key: None,
            behind_proxy: false,
            control_token_file: None,
            control_token: None,
        }
    }
}

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read the settings {path}: {reason}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: std::io::Error,
    },
    /// It holds something that is no setting.
    #[error("{path}, line {line}: {reason}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// Values that cannot be.
    #[error("{}", .0.join("\n"))]
    Wrong(Vec<String>),
}

impl Config {
    /// Reads and checks a file, and the secrets that it names.
    ///
    /// # Errors
    /// [`ConfigError`] with all that is wrong.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path)
            .map_err(|reason| ConfigError::Read { path: path.to_owned(), reason })?;
        let mut config: Config = parse(&text, path)?;
        let mut wrong = Vec::new();
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        config.find_files(&folder);
        config.read_secrets(&mut wrong);
        config.check(&mut wrong);
        if wrong.is_empty() { Ok(config) } else { Err(ConfigError::Wrong(wrong)) }
    }

    /// Relative paths begin at the file's own folder.
    fn find_files(&mut self, folder: &Path) {
        let http = &mut self.http;
        let named = [
            self.model.as_mut(),
            Some(&mut self.session.dir),
            http.certificate.as_mut(),
            http.key.as_mut(),
            http.control_token_file.as_mut(),
        ];
        let wall = self.wall.as_mut().and_then(|wall| wall.token_file.as_mut());
        let fleet = self.fleet.iter_mut().flat_map(FleetSection::files);
        let streams =
            self.stream.iter_mut().flat_map(StreamSection::files).chain(wall).chain(fleet);
        for file in named.into_iter().flatten().chain(streams) {
            *file = folder.join(&*file);
        }
    }

    fn read_secrets(&mut self, wrong: &mut Vec<String>) {
        let mut read = |path: &Path| Secret::read(path).map_err(|error| wrong.push(error)).ok();
        let http = &mut self.http;
        http.control_token = http.control_token_file.as_deref().and_then(&mut read);
        for stream in &mut self.stream {
            stream.read_secrets(&mut read);
        }
        if let Some(wall) = &mut self.wall {
            wall.token = wall.token_file.as_deref().and_then(&mut read);
        }
    }

    fn check(&self, wrong: &mut Vec<String>) {
        let http = &self.http;
        if http.certificate.is_some() != http.key.is_some() {
            wrong.push("http.certificate and http.key belong together".into());
        }
        let is_open = !http.listen.ip().is_loopback();
        if is_open && http.certificate.is_none() && !http.behind_proxy {
            wrong.push(format!(
                "http.listen is {}, which others reach: give http.certificate and http.key, or \
                 http.behind_proxy = true where a proxy ends TLS",
                http.listen
            ));
        }
        let mut paths = Vec::new();
        for stream in &self.stream {
            stream.check(http.public_url.as_deref(), is_open || http.behind_proxy, wrong);
            if paths.contains(&&stream.path) {
                wrong.push(format!("two streams have the path {}", stream.path));
            }
            paths.push(&stream.path);
        }
        for socket in &self.audiosocket {
            socket.check(wrong);
        }
        if let Some(siprec) = &self.siprec {
            siprec.check(wrong);
        }
        if let Some(wall) = &self.wall {
            wall.check(http, self.fleet.is_some(), wrong);
        }
        if let Some(fleet) = &self.fleet {
            fleet.check(self.hears(), wrong);
        }
        let shows_others = self.wall.as_ref().is_some_and(|wall| wall.of == WallOf::Fleet);
        let hears =
            !self.stream.is_empty() || !self.audiosocket.is_empty() || self.siprec.is_some();
        if !hears && !shows_others {
            wrong.push(
                "nothing to listen for: give [siprec], or at least one [[audiosocket]] or [[stream]]"
                    .into(),
            );
        }
        let limits = &self.limits;
        if limits.calls == 0 || limits.connections < limits.calls || limits.idle_s == 0 {
            wrong.push(
                "limits.calls and limits.idle_s must be at least 1, and limits.connections no less than \
                 limits.calls"
                    .into(),
            );
        }
        let out_of_range = [self.pipeline.check().err(), self.alerts.check().err()];
        wrong.extend(out_of_range.into_iter().flatten().map(|error| error.to_string()));
    }

    /// Whether calls come in here.
    #[must_use]
    pub fn hears(&self) -> bool {
        !self.stream.is_empty() || !self.audiosocket.is_empty() || self.siprec.is_some()
    }

    /// What will be listened to, in lines.
    #[must_use]
    pub fn in_words(&self) -> Vec<String> {
        let tls = match (&self.http.certificate, self.http.behind_proxy) {
            (Some(_), _) => "TLS",
            (None, true) => "without TLS, behind a proxy",
            (None, false) => "without TLS, this machine only",
        };
        let mut lines =
            vec![format!("http {} ({tls}): /healthz /readyz /metrics", self.http.listen)];
        lines.extend(self.wall.iter().map(|wall| wall.in_words(&self.http)));
        lines.extend(self.stream.iter().map(StreamSection::in_words));
        lines.extend(self.audiosocket.iter().map(AudioSocketSection::in_words));
        lines.extend(self.siprec.iter().map(SiprecSection::in_words));
        lines.extend(self.fleet.iter().map(|fleet| fleet.in_words(self.hears())));
        lines.push(format!(
            "at most {} calls at once; logs in {}{}",
            self.limits.calls,
            self.session.dir.display(),
            if self.notice.require { "; nothing is read before notice was given" } else { "" }
        ));
        lines
    }
}

fn parse<T: DeserializeOwned>(text: &str, path: &Path) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let begin = error.span().map_or(0, |span| span.start);
        let line = 1 + text.bytes().take(begin).filter(|&byte| byte == b'\n').count();
        let reason = error.message().replace('\n', ": ");
        ConfigError::Parse { path: path.to_owned(), line, reason }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gateway.toml");
        fs::write(&file, text).unwrap();
        Config::read(&file)
            .map_err(|error| error.to_string().replace(&file.display().to_string(), "FILE"))
    }

    #[test]
    fn the_commented_file_is_valid() {
        let config = read(EXAMPLE).unwrap();
        assert_eq!(config.audiosocket.len(), 1);
        assert!(config.http.listen.ip().is_loopback());
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let told = read(
            "[session]\ndir = \"logs\"\n[limits]\ncalls = 0\n[pipeline]\nhop_ms = 0\n[alerts.sustained]\nlevel_percent = 101\n[http]\nlisten = \"0.0.0.0:80\"\ncontrol_token_file = \"none\"\n",
        )
        .unwrap_err();
        for word in ["calls", "0.0.0.0:80, which others reach", "nothing to listen for", "none"] {
            assert!(told.contains(word), "{word}: {told}");
        }
    }

    #[test]
    fn an_unknown_setting_is_refused_with_its_line() {
        let told = read("[session]\ndir = \"logs\"\nretention = 3\n").unwrap_err();
        assert!(told.starts_with("FILE, line 3: unknown field `retention`"), "{told}");
        let told = read("[[audiosocket]]\nlisten = \"127.0.0.1:9092\"\n").unwrap_err();
        assert!(told.contains("missing field `session`"), "{told}");
    }

    #[test]
    fn audiosocket_and_open_streams_need_to_know_who_may_send() {
        let session = "[session]\ndir = \"logs\"\n";
        let told =
            read(&format!("{session}[[audiosocket]]\nlisten = \"0.0.0.0:9092\"\n")).unwrap_err();
        assert!(told.contains("allow"), "{told}");
        let stream = "[[stream]]\npath = \"/f\"\nprotocol = \"freeswitch\"\n";
        let open =
            format!("{session}[http]\nlisten = \"0.0.0.0:80\"\nbehind_proxy = true\n{stream}");
        let told = read(&open).unwrap_err();
        assert!(told.contains("/f") && told.contains("token_file"), "{told}");
        assert!(read(&format!("{session}{stream}")).is_ok());
    }

    #[test]
    fn a_wall_needs_to_know_who_may_see_it() {
        let all = "[session]\ndir = \"logs\"\n[[audiosocket]]\nlisten = \"127.0.0.1:9092\"\n";
        let told = read(&format!("{all}[wall]\n")).unwrap_err();
        assert!(told.contains("token_file"), "{told}");
        let by_proxy = "[wall]\nproxy_header = \"X-Forwarded-User\"\n";
        let told = read(&format!("{all}{by_proxy}")).unwrap_err();
        assert!(told.contains("behind_proxy"), "{told}");
        let config = read(&format!("{all}[http]\nbehind_proxy = true\n{by_proxy}")).unwrap();
        assert!(config.in_words().iter().any(|line| line.contains("/wall")));
    }
}
