//! The settings: defaults, then the configuration file, then flags, into one checked [`Config`].
//!
//! In: a TOML file and what was typed. Out: a [`Config`] whose values are all in range. Keeps nothing.

mod calls;
mod folders;
mod screen;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use calls::CallsSection;
use engine::on_alert::OnAlertSettings;
pub use folders::{data_dir, sessions_dir, usual_path};
use folders::{environment, resolve_dir};
use hearing::alert::AlertSettings;
pub use screen::{CharsetChoice, PaperChoice, ScreenSection, TerminalFound};

use ::screen::{KeyError, KeySettings, Keys};
use hearing::language::Language;
use hearing::pipeline::PipelineSettings;
use hearing::range::{OutOfRange, in_range};
use model::device::BackendChoice;

/// The commented defaults, as `assets/config.toml` has them.
pub const DEFAULT_CONFIG: &str = include_str!("../../../assets/config.toml");

/// Every setting that a file can hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Name or folder of the model; none for the default one.
    pub model: Option<String>,
    /// What callers speak, where it is one language: a model may know some better than others.
    pub language: Option<Language>,
    /// What computes.
    pub backend: BackendChoice,
    /// How readings are made.
    pub pipeline: PipelineSettings,
    /// When calls begin and end, and what callers have to be told.
    pub calls: CallsSection,
    /// When the operator's attention is asked for.
    pub alerts: AlertSettings,
    /// The program that is run for each alert.
    pub on_alert: OnAlertSettings,
    /// What is wanted of the screen.
    pub screen: ScreenSection,
    /// Other keys than the usual ones.
    pub keys: KeySettings,
    /// Where sessions are logged.
    pub session: SessionSection,
}

/// `[session]`: where sessions are logged, and for how long.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SessionSection {
    /// The folder; none for [`sessions_dir`]. In a file, `~` is the home folder and a relative path
    /// begins at the file's own folder.
    pub dir: Option<PathBuf>,
    /// Logs in that folder that are older than so many days are deleted when a session begins; 0 keeps them.
    pub retention_days: u32,
}

/// What was typed and goes before the file; none where nothing was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// Name or folder of the model.
    pub model: Option<String>,
    /// What callers speak.
    pub language: Option<Language>,
    /// What computes.
    pub backend: Option<BackendChoice>,
    /// The folder for session logs.
    pub session_dir: Option<PathBuf>,
    /// The program for alerts and its arguments.
    pub on_alert: Option<Vec<String>>,
}

/// What can be wrong with the configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}: {reason}; check the path given with --config")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: io::Error,
    },
    /// The file holds something that is no setting.
    #[error("{path}, line {line}: {reason}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there, and which key may be meant.
        reason: String,
    },
    /// A number is too small or too large.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    /// A notice is to be confirmed, and there is none.
    #[error(
        "calls.require_notice is true, but there is no calls.notice: say what callers are told"
    )]
    NoNotice,
    /// A key that is none, or does two things.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// There is no folder to put session logs in.
    #[error(
        "HOME is not set, so there is no folder for session logs; name one in the configuration as session.dir"
    )]
    NoHome,
}

impl Config {
    /// Merges the defaults, the file and the flags, and checks the result.
    ///
    /// `file` must exist; without it, the file in its usual place is taken if there is one.
    ///
    /// # Errors
    /// [`ConfigError`] if the file cannot be read, has an unknown key or a value of the wrong kind, or if
    /// a number is out of range.
    pub fn resolve(file: Option<&Path>, flags: Flags) -> Result<Self, ConfigError> {
        let mut config = match (file, usual_path()) {
            (Some(path), _) => Config::read(path)?,
            (None, Some(path)) if path.exists() => Config::read(&path)?,
            (None, _) => Config::default(),
        };
        config.override_with(flags);
        config.check()?;
        Ok(config)
    }

    fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path)
            .map_err(|reason| ConfigError::Read { path: path.to_owned(), reason })?;
        let mut config = Config::parse(&text, path)?;
        if let Some(dir) = &mut config.session.dir {
            *dir = resolve_dir(dir, path, environment);
        }
        Ok(config)
    }

    /// Reads a file's text; `path` is what errors call it. Values are not checked yet.
    fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| {
            let begin = error.span().map_or(0, |span| span.start);
            let line = 1 + text.bytes().take(begin).filter(|&byte| byte == b'\n').count();
            ConfigError::Parse { path: path.to_owned(), line, reason: explain(error.message()) }
        })
    }

    /// The folder for session logs: the one that is set, or [`sessions_dir`].
    ///
    /// # Errors
    /// [`ConfigError::NoHome`] if none is set and none is known.
    pub fn sessions_dir(&self) -> Result<PathBuf, ConfigError> {
        self.session.dir.clone().map_or_else(sessions_dir, Ok)
    }

    fn override_with(&mut self, flags: Flags) {
        let Flags { model, language, backend, session_dir, on_alert } = flags;
        self.model = model.or(self.model.take());
        self.language = language.or(self.language.take());
        self.backend = backend.unwrap_or(self.backend);
        self.session.dir = session_dir.or(self.session.dir.take());
        if let Some(command) = on_alert {
            self.on_alert.command = command;
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        self.pipeline.check()?;
        self.calls.check()?;
        Keys::new(&self.keys)?;
        // A hundred years.
        in_range("session.retention_days", self.session.retention_days, 0..=36_500)?;
        in_range("on_alert.every_s", self.on_alert.every_s, 0..=3_600)?;
        self.alerts.check()?;
        Ok(())
    }
}

/// The parser's message; for an unknown key also the known one that is most like it.
fn explain(message: &str) -> String {
    // Serde writes: unknown field `hop`, expected one of `hop_ms`, `segment_ms`
    let mut names = message.split('`').skip(1).step_by(2);
    match (message.starts_with("unknown field"), names.next()) {
        (true, Some(unknown)) => {
            let distance = |known: &&str| strsim::damerau_levenshtein(known, unknown);
            let nearest = names.min_by_key(distance);
            let hint = nearest.map_or(String::new(), |known| format!("; did you mean '{known}'?"));
            format!("unknown setting '{unknown}'{hint}")
        }
        _ => message.replace('\n', ": "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new("config.toml")).map_err(|error| error.to_string())
    }

    fn checked(text: &str) -> Result<(), String> {
        parse(text)?.check().map_err(|error| error.to_string())
    }

    #[test]
    fn the_commented_file_holds_the_defaults() {
        let config = parse(DEFAULT_CONFIG).unwrap();
        assert_eq!(config, Config::default());
        config.check().unwrap();
    }

    #[test]
    fn every_setting_stands_in_the_commented_file() {
        let uncommented = DEFAULT_CONFIG.lines().map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.is_empty() && !setting.starts_with(' ') => setting,
            _ => line,
        });
        let text = uncommented.collect::<Vec<_>>().join("\n");
        let config = parse(&text).unwrap();
        assert!(
            config.model.is_some() && config.session.dir.is_some() && config.calls.notice.is_some()
        );
        let all: toml::Table = toml::Table::try_from(&config).unwrap();
        let written: toml::Table = text.parse().unwrap();
        assert_eq!(all, written);
    }

    #[test]
    fn flags_go_before_the_file_and_the_file_before_the_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.toml");
        let text =
            "model = \"a\"\nlanguage = \"en-US\"\nbackend = \"gpu\"\n[session]\ndir = \"logs\"\n";
        fs::write(&file, text).unwrap();
        let config = Config::resolve(Some(&file), Flags::default()).unwrap();
        assert_eq!(config.model.as_deref(), Some("a"));
        assert_eq!(config.language.as_ref().map(Language::code), Some("en"));
        assert_eq!(config.backend, BackendChoice::Gpu);
        assert_eq!(config.session.dir, Some(folder.path().join("logs")));
        assert_eq!(config.pipeline, PipelineSettings::default());

        let flags = Flags {
            model: Some("b".to_owned()),
            language: Some("pl".parse().unwrap()),
            backend: Some(BackendChoice::Cpu),
            session_dir: Some(PathBuf::from("here")),
            on_alert: Some(vec!["say".to_owned()]),
        };
        let config = Config::resolve(Some(&file), flags).unwrap();
        assert_eq!(config.model.as_deref(), Some("b"));
        assert_eq!(config.language.as_ref().map(Language::code), Some("pl"));
        assert_eq!(config.backend, BackendChoice::Cpu);
        assert_eq!(config.session.dir, Some(PathBuf::from("here")));
        assert_eq!(config.on_alert.command, ["say"]);
    }

    #[test]
    fn an_unknown_setting_is_refused_with_its_line_and_the_nearest_one() {
        let refused = parse("backend = \"cpu\"\n\n[pipeline]\nhop_ms = 1\nsmothing_ms = 3\n");
        assert_eq!(
            refused.unwrap_err(),
            "config.toml, line 5: unknown setting 'smothing_ms'; did you mean 'smoothing_ms'?"
        );
        assert_eq!(
            parse("[sesion]\ndir = \"x\"\n").unwrap_err(),
            "config.toml, line 1: unknown setting 'sesion'; did you mean 'session'?"
        );
    }

    #[test]
    fn values_of_the_wrong_kind_are_refused_with_their_line() {
        let backend = parse("model = \"a\"\nbackend = \"tpu\"\n").unwrap_err();
        assert!(backend.starts_with("config.toml, line 2: unknown variant `tpu`"), "{backend}");
        let language = parse("\nlanguage = \"english\"\n").unwrap_err();
        assert!(
            language.starts_with("config.toml, line 2: 'english' is no language"),
            "{language}"
        );
        let negative = parse("[pipeline]\nhop_ms = -1\n").unwrap_err();
        assert!(negative.starts_with("config.toml, line 2: "), "{negative}");
        let broken = parse("model = \"a\n").unwrap_err();
        assert!(broken.starts_with("config.toml, line 1: "), "{broken}");
        assert!(!broken.contains('\n'), "{broken}");
    }

    #[test]
    fn numbers_out_of_range_are_refused_by_name() {
        assert_eq!(
            checked("[pipeline]\nhop_ms = 0\n").unwrap_err(),
            "pipeline.hop_ms is 0, but must be from 50 to 5000"
        );
        assert_eq!(
            checked("[pipeline]\nsegment_ms = 1000\nmin_speech_ms = 1001\n").unwrap_err(),
            "pipeline.min_speech_ms is 1001, but must be from 100 to 1000"
        );
        assert!(checked("[pipeline]\nsmoothing_ms = 0\n").is_ok());
        assert_eq!(
            checked("[alerts.sustained]\nlevel_percent = 101\n").unwrap_err(),
            "alerts.sustained.level_percent is 101, but must be from 1 to 100"
        );
        assert_eq!(
            checked("[session]\nretention_days = 36501\n").unwrap_err(),
            "session.retention_days is 36501, but must be from 0 to 36500"
        );
    }

    #[test]
    fn a_file_named_but_missing_is_an_error() {
        let missing = Config::resolve(Some(Path::new("/none/config.toml")), Flags::default());
        assert!(missing.unwrap_err().to_string().contains("/none/config.toml"));
    }
}
