//! What is typed about session logs: where one goes, and what becomes of them.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Where the log of a session goes.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// Write the session log there instead of into the sessions folder
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Replace a log of that name
    #[arg(long)]
    pub force: bool,
    /// Keep nothing of this session on disk: no log, and so no marks
    #[arg(long, conflicts_with_all = ["log", "force"])]
    pub no_log: bool,
}

/// `undertone sessions`.
#[derive(Debug, Args)]
pub struct SessionsArgs {
    /// The folder [default: ~/.local/state/undertone/sessions]
    #[arg(long, value_name = "FOLDER", global = true)]
    pub dir: Option<PathBuf>,
    /// Configuration file [default: ~/.config/undertone/config.toml]
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// As JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Without one: list.
    #[command(subcommand)]
    pub action: Option<SessionsAction>,
}

/// What to do with the session logs.
#[derive(Debug, Subcommand)]
pub enum SessionsAction {
    /// List the logs, newest first (the same as no action)
    List,
    /// Show all that a session comes to, and the settings that were in force
    Show {
        /// File name, its stem, an unambiguous part of it, or a path
        id: String,
    },
    /// Delete logs
    Delete(DeleteArgs),
    /// Check that logs still are what was written: find a line that was altered, added, moved or cut off
    Verify(VerifyArgs),
    /// Delete the logs in the folder that are older than an age
    Purge(PurgeArgs),
}

/// `undertone sessions purge`.
#[derive(Debug, Args)]
pub struct PurgeArgs {
    /// The age since a session's last record: 12h, 30d or 4w (hours, days, weeks)
    #[arg(long, value_name = "AGE")]
    pub older_than: String,
    /// Only say what would be deleted
    #[arg(long)]
    pub dry_run: bool,
}

/// `undertone sessions delete`.
#[derive(Debug, Args)]
pub struct DeleteArgs {
    /// File name, its stem, an unambiguous part of it, or a path
    #[arg(required = true)]
    pub id: Vec<String>,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
}

/// `undertone sessions verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// File name, its stem, an unambiguous part of it, or a path
    #[arg(required_unless_present = "all")]
    pub id: Vec<String>,
    /// All logs in the folder
    #[arg(long, conflicts_with = "id")]
    pub all: bool,
}

/// `undertone report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Sessions that began since then: an age (12h, 7d, 4w), a day (2026-11-22) or a moment (RFC 3339)
    #[arg(long, value_name = "TIME", default_value = "7d")]
    pub since: String,
    /// Sessions that began until then; of a day, until its end [default: now]
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// The folder of logs [default: ~/.local/state/undertone/sessions]
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// Configuration file [default: ~/.config/undertone/config.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Write it as a page too, which needs nothing else
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Replace a page of that name
    #[arg(long)]
    pub force: bool,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}
