//! `undertone sessions purge`: deletes old session logs; and the same by itself when a session begins.

use std::path::{Path, PathBuf};

use anyhow::Context;
use jiff::Timestamp;
use serde_json::json;

use crate::command::Exit;
use crate::command::printer::{print, print_json, tell};
use crate::config::Config;
use record::plain_text::plain;
use record::session::retention::{Age, Mode, Purge, purge};

/// What to delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurgeSettings {
    /// The folder.
    pub dir: PathBuf,
    /// Logs that are older go.
    pub age: Age,
    /// Whether they are deleted, or only named.
    pub mode: Mode,
    /// Whether to print JSON.
    pub json: bool,
}

/// Deletes the old logs and says which.
///
/// # Errors
/// When the folder cannot be read or standard output cannot be written. A log that cannot be deleted is told
/// and gives [`Exit::Partial`].
pub fn run(settings: &PurgeSettings) -> anyhow::Result<Exit> {
    let PurgeSettings { dir, age, mode, json } = settings;
    let purged = purge(dir, *age, Timestamp::now(), *mode)
        .with_context(|| format!("cannot read the folder of session logs {}", dir.display()))?;
    let printed = if *json {
        print_json(&as_json(&purged, settings))
    } else {
        print(&as_text(&purged, settings))
    };
    printed.context("cannot write the list")?;
    for (path, reason) in &purged.failed {
        tell(&format!("warning: cannot delete {}: {reason}", path.display()));
    }
    Ok(if purged.failed.is_empty() { Exit::Done } else { Exit::Partial })
}

/// Deletes what the configuration says is too old, and says so in a line; nothing when nothing was to be done.
/// A session is not held up by what goes wrong.
#[must_use]
pub fn at_start(config: &Config) -> Option<String> {
    let age = Age::of_days(config.session.retention_days)?;
    let dir = config.sessions_dir().ok()?;
    let told = |purged: Purge| {
        let Purge { deleted, failed, .. } = purged;
        match (deleted.len(), failed.len()) {
            (0, 0) => None,
            (n, 0) => Some(format!("deleted {}", logs(n, age))),
            (n, n_failed) => {
                Some(format!("deleted {}; {n_failed} more could not be deleted", logs(n, age)))
            }
        }
    };
    purge(&dir, age, Timestamp::now(), Mode::Delete).map_or_else(
        |reason| Some(format!("old session logs were not deleted: {}: {reason}", dir.display())),
        told,
    )
}

/// `1 session log older than 30 days`
fn logs(n: usize, age: Age) -> String {
    format!("{n} session log{} older than {age}", if n == 1 { "" } else { "s" })
}

fn as_text(purged: &Purge, settings: &PurgeSettings) -> String {
    let name = |path: &Path| plain(&path.file_name().unwrap_or_default().to_string_lossy());
    let done = match settings.mode {
        Mode::Delete => "deleted",
        Mode::DryRun => "would delete",
    };
    let gone = purged.deleted.iter().map(|path| format!("{done} {}", name(path)));
    let in_use = purged.in_use.iter().map(|path| format!("in use, stays: {}", name(path)));
    let folder = plain(&settings.dir.to_string_lossy());
    let of = logs(purged.deleted.len(), settings.age);
    let sum = format!("{done} {of} in {folder}; {} younger\n", purged.n_younger);
    gone.chain(in_use).chain([sum]).collect::<Vec<_>>().join("\n")
}

fn as_json(purged: &Purge, settings: &PurgeSettings) -> serde_json::Value {
    let paths = |paths: &[PathBuf]| -> Vec<String> {
        paths.iter().map(|path| path.to_string_lossy().into_owned()).collect()
    };
    let failed: Vec<_> = purged
        .failed
        .iter()
        .map(|(path, reason)| json!({ "path": path.to_string_lossy(), "reason": reason.to_string() }))
        .collect();
    json!({
        "folder": settings.dir.to_string_lossy(),
        "older_than": settings.age.to_string(),
        "dry_run": settings.mode == Mode::DryRun,
        "deleted": paths(&purged.deleted),
        "in_use": paths(&purged.in_use),
        "failed": failed,
        "younger": purged.n_younger,
    })
}
