//! The folders that Undertone uses, from the environment.

use super::ConfigError;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The folder for session logs when no other is named: `undertone/sessions` in `$XDG_STATE_HOME` or
/// `~/.local/state`.
///
/// # Errors
/// [`ConfigError::NoHome`] if neither is known.
pub fn sessions_dir() -> Result<PathBuf, ConfigError> {
    let state = base_dir("XDG_STATE_HOME", ".local/state", environment);
    Ok(state.ok_or(ConfigError::NoHome)?.join("undertone/sessions"))
}

/// The user's own folder for models and the like: `undertone` in `$XDG_DATA_HOME` or `~/.local/share`.
#[must_use]
pub fn data_dir() -> Option<PathBuf> {
    Some(base_dir("XDG_DATA_HOME", ".local/share", environment)?.join("undertone"))
}

/// The configuration file's usual place: `undertone/config.toml` in `$XDG_CONFIG_HOME` or `~/.config`. Where there is
/// none, the one for everybody on the computer, if there is that: in one of `$XDG_CONFIG_DIRS`, or in `/etc/xdg`.
#[must_use]
pub fn usual_path() -> Option<PathBuf> {
    let own = usual_file(environment);
    if own.as_ref().is_some_and(|path| path.exists()) {
        return own;
    }
    files_for_everybody(environment).into_iter().find(|path| path.exists()).or(own)
}

fn files_for_everybody(variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let named = variable("XDG_CONFIG_DIRS").filter(|dirs| !dirs.is_empty());
    let dirs = named.unwrap_or_else(|| "/etc/xdg".into());
    std::env::split_paths(&dirs)
        .filter(|dir| dir.is_absolute())
        .map(|dir| dir.join("undertone/config.toml"))
        .collect()
}

pub(super) fn usual_file(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    Some(base_dir("XDG_CONFIG_HOME", ".config", variable)?.join("undertone/config.toml"))
}

/// A folder by the XDG Base Directory Specification, which says to ignore a relative one.
pub(super) fn base_dir(
    name: &str,
    below_home: &str,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Option<PathBuf> {
    let named = variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    named.or_else(|| home(variable).map(|home| home.join(below_home)))
}

pub(super) fn home(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    variable("HOME").map(PathBuf::from).filter(|path| path.is_absolute())
}

pub(super) fn resolve_dir(
    dir: &Path,
    file: &Path,
    variable: impl Fn(&str) -> Option<OsString>,
) -> PathBuf {
    match (dir.strip_prefix("~"), home(variable)) {
        (Ok(below_home), Some(home)) => home.join(below_home),
        _ => file.parent().map_or_else(|| dir.to_owned(), |folder| folder.join(dir)),
    }
}

pub(super) fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_follow_the_environment_and_relative_ones_are_ignored() {
        let with = |name: &'static str, value: &'static str| {
            move |asked: &str| match asked {
                "HOME" => Some("/home/me".into()),
                asked if asked == name => Some(value.into()),
                _ => None,
            }
        };
        let state = |variable| base_dir("XDG_STATE_HOME", ".local/state", variable);
        assert_eq!(state(with("XDG_STATE_HOME", "/state")), Some("/state".into()));
        assert_eq!(state(with("XDG_STATE_HOME", "state")), Some("/home/me/.local/state".into()));
        assert_eq!(base_dir("XDG_STATE_HOME", ".local/state", |_: &str| None), None);
        assert_eq!(usual_file(with("", "")), Some("/home/me/.config/undertone/config.toml".into()));
        let all = ["/a/undertone/config.toml", "/b/undertone/config.toml"].map(PathBuf::from);
        assert_eq!(files_for_everybody(with("XDG_CONFIG_DIRS", "/a:b:/b")), all);
        assert_eq!(
            files_for_everybody(with("XDG_CONFIG_DIRS", "")),
            [PathBuf::from("/etc/xdg/undertone/config.toml")]
        );
        let file = Path::new("/etc/undertone.toml");
        assert_eq!(
            resolve_dir(Path::new("~/calls"), file, with("", "")),
            Path::new("/home/me/calls")
        );
        assert_eq!(resolve_dir(Path::new("calls"), file, with("", "")), Path::new("/etc/calls"));
        assert_eq!(resolve_dir(Path::new("/calls"), file, with("", "")), Path::new("/calls"));
    }
}
