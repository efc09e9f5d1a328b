//! What is typed about exports.

use clap::Args;
use std::path::PathBuf;

/// `undertone export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The session logs: paths, or file names, stems or unambiguous parts of them in the sessions folder; or
    /// --since or --until for those that are in it
    #[arg(value_name = "SESSION", required_unless_present_any = ["since", "until"])]
    pub sessions: Vec<String>,
    /// csv, json, jsonl, parquet, vtt, textgrid, eaf, emotionml, svg, png or html
    #[arg(long)]
    pub format: String,
    /// Write CSV as the spreadsheets of a country do, such as de, fr or de-CH: semicolons, decimal commas, and a
    /// mark by which they know UTF-8
    #[arg(long, value_name = "LOCALE")]
    pub locale: Option<String>,
    /// Write there instead of to standard output: a file, or a folder for several sessions in a format that
    /// takes one session a file
    #[arg(long, short, value_name = "FILE|FOLDER")]
    pub output: Option<PathBuf>,
    /// Replace files of that name
    #[arg(long)]
    pub force: bool,
    /// All sessions that began since then: an age (12h, 7d, 4w), a day (2026-11-22) or a moment (RFC 3339)
    #[arg(long, value_name = "TIME", conflicts_with = "sessions")]
    pub since: Option<String>,
    /// All sessions that began until then; of a day, until its end
    #[arg(long, value_name = "TIME", conflicts_with = "sessions")]
    pub until: Option<String>,
    /// The sessions folder [default: ~/.local/state/undertone/sessions]
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// Configuration file, which may name that folder [default: ~/.config/undertone/config.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}
