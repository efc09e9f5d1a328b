//! `undertone sessions delete`: deletes the logs that are named, after a question.

use std::io::{self, BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use anyhow::bail;
use serde_json::json;

use crate::command::Exit;
use crate::command::printer::{print, print_json, tell};
use record::plain_text::plain;
use record::session::retention::{Deleted, delete};

/// What to delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteSettings {
    /// The logs.
    pub logs: Vec<PathBuf>,
    /// Whether it was said already that they are to go.
    pub is_confirmed: bool,
    /// Whether to print JSON.
    pub json: bool,
}

/// Deletes the logs and says which.
///
/// # Errors
/// When nobody can be asked, or says no; when standard output cannot be written. A log that cannot be deleted is
/// told and gives [`Exit::Partial`].
pub fn run(settings: &DeleteSettings) -> anyhow::Result<Exit> {
    if !settings.is_confirmed {
        ask(&settings.logs)?;
    }
    let mut deleted = Vec::new();
    let mut failed = Vec::new();
    for log in &settings.logs {
        match delete(log) {
            Ok(Deleted::Gone) => deleted.push(log),
            Ok(Deleted::InUse) => failed.push((log, "a session is writing it".to_owned())),
            Err(error) => failed.push((log, error.to_string())),
        }
    }
    if settings.json {
        let failed: Vec<_> =
            failed.iter().map(|(log, reason)| json!({ "path": log, "reason": reason })).collect();
        print_json(&json!({ "deleted": deleted, "failed": failed }))?;
    } else {
        let lines: Vec<String> =
            deleted.iter().map(|log| format!("deleted {}\n", name(log))).collect();
        print(&lines.concat())?;
    }
    for (log, reason) in &failed {
        tell(&format!("warning: {} stays: {reason}", log.display()));
    }
    Ok(if failed.is_empty() { Exit::Done } else { Exit::Partial })
}

fn name(log: &Path) -> String {
    plain(&log.display().to_string())
}

/// Goes on only after a yes.
fn ask(logs: &[PathBuf]) -> anyhow::Result<()> {
    if !io::stdin().is_terminal() {
        bail!("nobody can be asked whether to delete {} session logs; give --yes", logs.len());
    }
    for log in logs {
        tell(&log.display().to_string());
    }
    tell("delete for good? Type y and Enter for yes, anything else for no:");
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if !matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        bail!("nothing was deleted");
    }
    Ok(())
}
