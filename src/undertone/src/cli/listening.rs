//! What is typed to listen to calls: `monitor` and `replay`.

use super::LogArgs;
use clap::Args;
use hearing::language::Language;
use sound::recording::RawCoding;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Flags of everything that classifies.
#[expect(clippy::struct_excessive_bools, reason = "one for each flag")]
#[derive(Debug, Args)]
pub struct EngineArgs {
    /// Model, by name or folder [default: the one inside the program]
    #[arg(long)]
    pub model: Option<String>,
    /// What callers speak, as a code such as en: of languages that the model knows well it says more
    #[arg(long, value_name = "CODE")]
    pub language: Option<Language>,
    /// Where to compute: auto, gpu, cpu, or software (a software graphics driver, for tests)
    #[arg(long)]
    pub backend: Option<String>,
    /// Configuration file [default: ~/.config/undertone/config.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Run this program for each alert, which it gets as JSON on standard input; split into words as a shell
    /// does, but started without one
    #[arg(long, value_name = "COMMAND")]
    pub on_alert: Option<String>,
    /// Where the log goes.
    #[command(flatten)]
    pub log: LogArgs,
    /// One line a caller and nothing else, for a terminal of a line or a few
    #[arg(long, conflicts_with = "headless")]
    pub compact: bool,
    /// Lines instead of a dashboard, for a screen reader, a pipe or a file; commands are typed as lines
    #[arg(long, conflicts_with_all = ["headless", "compact"])]
    pub plain: bool,
    /// No dashboard: run without a terminal and print a summary at the end
    #[arg(long)]
    pub headless: bool,
    /// Print the summary as JSON (with --headless)
    #[arg(long, requires = "headless")]
    pub json: bool,
}

/// `undertone monitor`.
#[derive(Debug, Args)]
pub struct MonitorArgs {
    /// Input, as `undertone devices` names it or a part of that, and its channel: left, right, mix or a
    /// number from 1 [default: the system's input, mix]
    #[arg(long, value_name = "DEVICE[:CHANNEL]")]
    pub device: Option<String>,
    /// A caller and the input to hear them from; may be given several times
    #[arg(long, value_name = "LABEL=DEVICE[:CHANNEL]", conflicts_with = "device")]
    pub caller: Vec<String>,
    /// The input that you speak into, heard for who speaks and for echoes, never for emotion
    #[arg(long, value_name = "DEVICE[:CHANNEL]")]
    pub operator: Option<String>,
    /// Calls begin with speech and end with a long silence, by themselves
    #[arg(long)]
    pub auto_calls: bool,
    /// Callers are told in another way that they are monitored: do not wait for a confirmation
    #[arg(long)]
    pub notice_given: bool,
    /// Stop by itself after so many seconds (with --headless)
    #[arg(long, value_name = "SECONDS", requires = "headless")]
    pub seconds: Option<f64>,
    /// What computes, and where the log goes.
    #[command(flatten)]
    pub engine: EngineArgs,
}

/// `undertone replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// The recorded call: WAV, FLAC, MP3, Ogg, M4A ...; - is standard input; several, or folders of them, with
    /// --headless: a log each. Left out where each side has a file of its own
    #[arg(required_unless_present = "caller", value_name = "CALL")]
    pub calls: Vec<PathBuf>,
    /// 1 is real time, N so many times faster, max as fast as it reads [default: 1, headless max]
    #[arg(long)]
    pub speed: Option<String>,
    /// Which channel is a caller: left, right, mix or a number from 1; or a file of the caller alone, `FILE` or
    /// `FILE:CHANNEL`; may be given several times
    #[arg(
        long,
        visible_alias = "channel",
        value_name = "[LABEL=]CHANNEL|FILE",
        default_value = "mix"
    )]
    pub caller: Vec<String>,
    /// Which channel or file is the operator, heard for who speaks and for echoes, never for emotion
    #[arg(long, value_name = "CHANNEL|FILE")]
    pub operator: Option<String>,
    /// The operator's file begins so many seconds after the caller's; before it, if the number is negative
    #[arg(long, value_name = "SECONDS", requires = "operator", allow_negative_numbers = true)]
    pub operator_offset: Option<f64>,
    /// The recording has no header and is coded so: ulaw, alaw, gsm, g722, sln, sln16 and others, with the rate in Hz
    /// if it is not the usual one
    #[arg(long, value_name = "CODING[:RATE]")]
    pub raw: Option<RawCoding>,
    /// The recording is still being written: read on as it grows, until it has not grown for so many seconds [default:
    /// 30]
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "30")]
    pub follow: Option<f64>,
    /// Play the recording's sound, in step with the screen while the speed is 1: on the system's output, or on
    /// the one named, by its name or a part of it
    #[arg(
        long,
        value_name = "OUTPUT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        conflicts_with = "headless"
    )]
    pub listen: Option<String>,
    /// Of several calls, replay so many at once [default: one a core]
    #[arg(long, value_name = "N", requires = "headless")]
    pub jobs: Option<NonZeroUsize>,
    /// Of several calls, leave out those that have their complete log
    #[arg(long, requires = "headless")]
    pub resume: bool,
    /// Of several calls, write the logs into this folder [default: the sessions folder]
    #[arg(long, value_name = "FOLDER", requires = "headless", conflicts_with_all = ["log", "no_log"])]
    pub log_dir: Option<PathBuf>,
    /// Read the recording in blocks of so many samples (results do not depend on it)
    #[arg(long, value_name = "SAMPLES", hide = true)]
    pub block: Option<usize>,
    /// What computes, and where the log goes.
    #[command(flatten)]
    pub engine: EngineArgs,
}
