//! The configuration file, the terminal and the folder for logs.
//!
//! In: the configuration, the environment, the disk. Out: findings. Leaves nothing behind.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use super::finding::Finding;
use crate::command::terminal_colours;
use crate::config::{Config, ConfigError, usual_path};
use screen::Colours;

/// The dashboard needs so many columns and rows to show one caller in full.
const GOOD_SIZE: (u16, u16) = (80, 24);

/// With less room than this a log would soon stop: a day of a busy line.
const LITTLE_ROOM: u64 = 100_000_000;

/// Twelve lines for a month.
const GOOD_ROOM: u64 = 2_000_000_000;

/// Whether there is a file with settings, and whether it is valid.
pub(super) fn config_file(named: Option<&Path>, error: Option<&ConfigError>) -> Finding {
    let path = named.map(Path::to_owned).or_else(|| usual_path().filter(|path| path.exists()));
    match (error, path) {
        (Some(error), _) => Finding::problem(
            "config",
            error.to_string(),
            "mend that line; `undertone config --print` shows every setting with its default",
        ),
        (None, Some(path)) => Finding::ok("config", format!("{} is valid", path.display())),
        (None, None) => {
            let place = usual_path()
                .map_or_else(String::new, |path| format!(" (it would be {})", path.display()));
            Finding::ok("config", format!("there is no file{place}: the defaults are used"))
        }
    }
}

/// What the terminal can show.
pub(super) fn terminal() -> Finding {
    if !std::io::stdout().is_terminal() {
        let told = "standard output is no terminal".to_owned();
        return Finding::warning(
            "terminal",
            told,
            "run it in a terminal to see the dashboard; --headless needs none",
        );
    }
    let size = terminal_size::terminal_size().map(|(width, height)| (width.0, height.0));
    let colours = match terminal_colours() {
        Colours::None => "no colours",
        Colours::Sixteen => "16 colours",
        Colours::Indexed => "256 colours",
        Colours::True => "all colours",
    };
    terminal_of(size, colours, speaks_utf8(|name| std::env::var(name).ok()))
}

fn terminal_of(size: Option<(u16, u16)>, colours: &str, is_utf8: bool) -> Finding {
    let (columns, rows) = size.unwrap_or_default();
    let letters = if is_utf8 { "UTF-8" } else { "not UTF-8" };
    let told = format!("{columns} columns, {rows} rows, {colours}, {letters}");
    if !is_utf8 {
        return Finding::warning("terminal", told, "choose a UTF-8 locale, such as LC_ALL=C.UTF-8");
    }
    if columns < GOOD_SIZE.0 || rows < GOOD_SIZE.1 {
        let (columns, rows) = GOOD_SIZE;
        let advice =
            format!("make it {columns} columns wide and {rows} rows high to see everything");
        return Finding::warning("terminal", told, advice);
    }
    Finding::ok("terminal", told)
}

/// Whether the locale is one of UTF-8 (POSIX: the first of these that is set and not empty counts).
fn speaks_utf8(variable: impl Fn(&str) -> Option<String>) -> bool {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"];
    let locale = names.into_iter().find_map(|name| variable(name).filter(|text| !text.is_empty()));
    let locale = locale.unwrap_or_default().to_lowercase();
    cfg!(not(unix)) || locale.contains("utf-8") || locale.contains("utf8")
}

/// Whether logs can be written, for how long, and who may read them.
pub(super) fn logs(config: &Config) -> Finding {
    match config.sessions_dir() {
        Ok(folder) => logs_in(&folder),
        Err(error) => Finding::problem("logs", error.to_string(), "set session.dir"),
    }
}

fn logs_in(folder: &Path) -> Finding {
    let Some(there) = folder.ancestors().find(|path| path.exists()).map(PathBuf::from) else {
        let told = format!("{} cannot be made", folder.display());
        return Finding::problem("logs", told, "set session.dir in the configuration");
    };
    if let Err(reason) = tempfile::tempfile_in(&there) {
        let told = format!("nothing can be written in {}: {reason}", there.display());
        let advice = "make it writable, or set session.dir; --no-log keeps nothing";
        return Finding::problem("logs", told, advice);
    }
    let is_new = there != folder;
    let told = format!(
        "{} {}{}",
        folder.display(),
        if is_new { "will be made" } else { "can be written" },
        room_in(&there).map_or_else(String::new, |room| format!(", {} free", megabytes(room)))
    );
    match room_in(&there) {
        Some(room) if room < LITTLE_ROOM => {
            Finding::problem("logs", told, "free some space: a log takes about 3 MB an hour")
        }
        Some(room) if room < GOOD_ROOM => {
            Finding::warning("logs", told, "free some space soon: a log takes about 3 MB an hour")
        }
        _ if !is_new && is_open_to_others(folder) => {
            let advice = format!("keep others out: chmod 700 {}", folder.display());
            Finding::warning("logs", told + ", but others may look into it", advice)
        }
        _ => Finding::ok("logs", told),
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes / 1_000_000)
}

#[cfg(unix)]
fn is_open_to_others(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(folder).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}

/// Bytes that may still be written there; none where that cannot be told.
#[cfg(unix)]
fn room_in(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    found.f_bavail.checked_mul(found.f_frsize)
}

#[cfg(not(unix))]
fn room_in(_: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn a_small_terminal_and_other_letters_are_warnings() {
        let verdict = |size, is_utf8| terminal_of(size, "16 colours", is_utf8).verdict;
        assert_eq!(verdict(Some((80, 24)), true), Verdict::Ok);
        for (size, is_utf8) in
            [(Some((79, 24)), true), (Some((80, 23)), true), (None, true), (Some((80, 24)), false)]
        {
            assert_eq!(verdict(size, is_utf8), Verdict::Warning);
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_first_variable_that_is_set_tells_the_letters() {
        let with = |set: &'static [(&str, &str)]| {
            move |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())
        };
        assert!(speaks_utf8(with(&[("LANG", "de_DE.UTF-8")])));
        assert!(speaks_utf8(with(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8")])));
        assert!(!speaks_utf8(with(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")])));
        assert!(!speaks_utf8(with(&[])));
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_for_logs_is_writable_private_and_may_be_missing() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("logs");
        let missing = logs_in(&folder);
        assert!(missing.told.contains("will be made"), "{missing:?}");
        assert!(!folder.exists(), "nothing is left behind");
        std::fs::create_dir(&folder).unwrap();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        let open = logs_in(&folder);
        assert!(open.advice.is_some_and(|advice| advice.contains("chmod 700")));
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(logs_in(&folder).verdict, Verdict::Ok);
        let file = home.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert_eq!(logs_in(&file.join("logs")).verdict, Verdict::Problem);
    }
}
