//! The command line as it is typed: names, flags and their help. What they mean is decided elsewhere.

mod export;
mod generated;
mod listening;
mod models;
mod sessions;
mod training;

use clap::{Args, Parser, Subcommand};
use hearing::language::Language;
use std::num::NonZeroUsize;
use std::path::PathBuf;

pub use export::ExportArgs;
pub use generated::{CompletionsArgs, ManArgs, completions, manual_pages};
pub use listening::{EngineArgs, MonitorArgs, ReplayArgs};
pub use models::{ExportModelArgs, ModelsAction, ModelsArgs};
pub use sessions::{
    DeleteArgs, LogArgs, PurgeArgs, ReportArgs, SessionsAction, SessionsArgs, VerifyArgs,
};
pub use training::{CalibrateArgs, FoldsArgs, TrainArgs};

/// Undertone hears a caller and shows a live emotion timeline. Everything stays on this machine.
#[derive(Debug, Parser)]
#[command(version, about, args_conflicts_with_subcommands = true, after_help = EXIT_CODES)]
pub struct Cli {
    /// Without a subcommand: monitor.
    #[command(flatten)]
    pub monitor: MonitorArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXIT_CODES: &str = "Exit codes: 0 done; 1 failed; 2 wrong usage; 3 done, but a part of the input \
could not be used or a part of the log could not be written.";

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Watch a live call (the same as no subcommand)
    Monitor(MonitorArgs),
    /// Play a recorded call through the same pipeline
    Replay(ReplayArgs),
    /// List the inputs and what each carries
    Devices(DevicesArgs),
    /// What the sessions of a shift or a week come to, by day and in all
    Report(ReportArgs),
    /// See whether this computer is ready for a call, and what to do where it is not
    Doctor(DoctorArgs),
    /// Print the settings in force or the commented defaults, or check a file
    Config(ConfigArgs),
    /// Turn session logs into other formats
    Export(ExportArgs),
    /// List, show, check or delete session logs
    Sessions(SessionsArgs),
    /// List the installed models with their honest scores, or export one for other programs
    Models(ModelsArgs),
    /// Look at a clip (pictures, features, probabilities) or at a corpus
    Inspect(InspectArgs),
    /// Let a recording sound as it does over a telephone, with noise, with lost packets
    Degrade(DegradeArgs),
    /// Train a model on labelled clips
    Train(TrainArgs),
    /// Set again from which probabilities on a trained model says something, without training it
    ///
    /// Fits temperature and bias, the probabilities from which on the model says an emotion, "distressed", "pleasant"
    /// or "calm", and the threshold of speech on the dev clips, each corpus counting as much as another; then scores
    /// it on the test clips. Only the manifest in the model's folder is written anew.
    Calibrate(CalibrateArgs),
    /// Train and measure over a corpus' speaker folds, to compare with published figures
    Folds(FoldsArgs),
    /// Measure a model on labelled clips or calls
    Evaluate(EvaluateArgs),
    /// Make simulated calls with known labels out of labelled clips
    MakeCalls(MakeCallsArgs),
    /// Find out how many callers this computer carries, and what limits it
    Capacity(CapacityArgs),
    /// Print a script that lets a shell complete what is typed
    Completions(CompletionsArgs),
    /// Print the manual page
    Man(ManArgs),
}

/// `undertone devices`.
#[derive(Debug, Args)]
pub struct DevicesArgs {
    /// As JSON; with --watch one line a second
    #[arg(long)]
    pub json: bool,
    /// Show a live level for each input (q ends it; without a terminal: a line a second)
    #[arg(long)]
    pub watch: bool,
    /// Stop by itself after so many seconds (with --watch)
    #[arg(long, value_name = "SECONDS", requires = "watch")]
    pub seconds: Option<f64>,
}

/// `undertone doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Configuration file [default: ~/.config/undertone/config.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// `undertone capacity`.
#[derive(Debug, Args)]
pub struct CapacityArgs {
    /// Model, by name or folder [default: the one inside the program]
    #[arg(long)]
    pub model: Option<String>,
    /// Where to compute: auto, gpu, cpu, or software (a software graphics driver, for tests)
    #[arg(long, default_value = "auto")]
    pub backend: String,
    /// Listen so long to each number of callers
    #[arg(long, default_value_t = 8.0, value_name = "SECONDS")]
    pub seconds: f64,
    /// Try only this number of callers
    #[arg(long, value_name = "N")]
    pub callers: Option<NonZeroUsize>,
    /// Callers who say nothing
    #[arg(long)]
    pub silent: bool,
    /// The sound comes in blocks of so many milliseconds: 20 as on most telephone networks, 100 as from a sound server
    #[arg(long, default_value = "20", value_name = "MS", value_parser = clap::value_parser!(u32).range(1..=200))]
    pub block_ms: u32,
    /// Instead: what one call costs by its length, read as fast as it can be, such as 30s,10m,8h (29 MB an hour in
    /// the folder for temporary files) [default: 1, 2, 5, 10, 30 minutes, 1, 2, 4, 8 hours]
    #[arg(long, value_name = "LENGTHS", conflicts_with_all = ["seconds", "callers", "silent", "block_ms"])]
    pub lengths: Option<Option<String>>,
    /// Write a picture of the cost there, as SVG
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,
    /// Replace a picture of that name
    #[arg(long, requires = "plot")]
    pub force: bool,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// `undertone config`.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// Print the commented defaults: a file to begin with
    #[arg(long = "print", conflicts_with_all = ["check", "config", "json"])]
    pub defaults: bool,
    /// Only check the file, or the one in its usual place
    #[arg(long, value_name = "FILE", conflicts_with_all = ["config", "json"])]
    pub check: Option<Option<PathBuf>>,
    /// Configuration file [default: ~/.config/undertone/config.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// `undertone inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// A clip, a folder of clips, or a manifest
    pub input: PathBuf,
    /// Folder for the pictures [default: inspect-NAME here]
    #[arg(long, short, value_name = "FOLDER")]
    pub output: Option<PathBuf>,
    /// Feature recipe for the frames: phone-v3, phone-v2, phone-v1 or seed-v1 [default: phone-v3]
    #[arg(long, value_name = "RECIPE")]
    pub features: Option<String>,
    /// Write the feature frames there, one row a frame, the time in seconds first
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Which channel of a recording: left, right, mix or a number from 1
    #[arg(long, default_value = "mix")]
    pub channel: String,
    /// Model for the probabilities, by name or folder [default: the one inside the program]
    #[arg(long)]
    pub model: Option<String>,
    /// The report as JSON
    #[arg(long)]
    pub json: bool,
    /// Replace files that are there
    #[arg(long)]
    pub force: bool,
}

/// `undertone degrade`.
#[derive(Debug, Args)]
pub struct DegradeArgs {
    /// The recording: WAV, FLAC, MP3, Ogg, M4A ...
    pub input: PathBuf,
    /// The WAV file to write: mono, 16 bits, 8 kHz
    pub output: PathBuf,
    /// A telephone line: 300 to 3400 Hz, G.711 mu-law
    #[arg(long)]
    pub phone: bool,
    /// A line of another band, in Hz
    #[arg(long, value_name = "LOW-HIGH", allow_hyphen_values = true)]
    pub band: Option<String>,
    /// A line of another codec: mulaw, alaw or opus (9 kbit/s, as a mobile call)
    #[arg(long)]
    pub codec: Option<String>,
    /// Add noise so far below the voice
    #[arg(long, value_name = "DB", allow_negative_numbers = true)]
    pub snr: Option<f32>,
    /// Which noise: white, pink, hum, babble or a recording
    #[arg(long, value_name = "KIND|FILE", default_value = "pink", requires = "snr")]
    pub noise: String,
    /// Lose this share of the packets, such as 0.03
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    pub loss: Option<f32>,
    /// A room in which a sound dies away in so many seconds, such as 0.3
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub room: Option<f32>,
    /// Louder or quieter by so many dB (not below -50 dB of full scale; what passes full scale is clipped)
    #[arg(long, value_name = "DB", allow_negative_numbers = true)]
    pub level: Option<f32>,
    /// Faster and higher, or slower and lower, such as 1.05
    #[arg(long, value_name = "FACTOR", allow_negative_numbers = true)]
    pub speed: Option<f32>,
    /// Which channel of the recording: left, right, mix or a number from 1
    #[arg(long, default_value = "mix")]
    pub channel: String,
    /// Another number is other noise, another room and other packets
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Replace a file of that name
    #[arg(long)]
    pub force: bool,
}

/// Flags of `evaluate` that mean something for clips and nothing for calls.
const CLIPS_ONLY: [&str; 9] = [
    "clips",
    "split",
    "degrade",
    "noises",
    "heard",
    "before",
    "before_kind",
    "robustness",
    "report",
];

/// `undertone evaluate`.
#[derive(Debug, Args)]
pub struct EvaluateArgs {
    /// The model, by name or folder [default: the one inside the program]
    #[arg(long)]
    pub model: Option<String>,
    /// What callers are known to speak, as a code such as en: of languages that the model knows well it says more
    #[arg(long, value_name = "CODE")]
    pub language: Option<Language>,
    /// Manifest or folder of labelled clips
    #[arg(long, value_name = "MANIFEST", required_unless_present = "calls")]
    pub clips: Option<PathBuf>,
    /// Manifest of labelled calls instead: a CSV with the columns audio,labels
    #[arg(long, value_name = "MANIFEST", conflicts_with_all = CLIPS_ONLY)]
    pub calls: Option<PathBuf>,
    /// With --calls: how readings and alerts are made, as a configuration file says it [default: the defaults]
    #[arg(long, value_name = "FILE", requires = "calls")]
    pub config: Option<PathBuf>,
    /// With --calls: what each caller speaks is known, as the manifest's column language says it
    #[arg(long, requires = "calls")]
    pub languages_known: bool,
    /// Only clips of this split: train, dev or test
    #[arg(long)]
    pub split: Option<String>,
    /// Write the report there as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// How clips are degraded first: none, phone, phone-noise (20 dB), phone-loss (3 %), or all of them, each
    /// with what it costs
    #[arg(long, default_value = "none", value_name = "HOW")]
    pub degrade: String,
    /// Data folder with recorded noises (noise/esc10, noise/nonspeech), of which the test part is mixed in
    /// [default: noise is made up]
    #[arg(long, value_name = "DIR")]
    pub noises: Option<PathBuf>,
    /// Let the model hear only so many seconds of each clip
    #[arg(long, value_name = "SECONDS")]
    pub heard: Option<f64>,
    /// Let so many seconds of the speaker's other clips come before each clip, as in a call
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0)]
    pub before: f64,
    /// Which clips came before: mixed, same (of the emotion that is judged) or neutral
    #[arg(long, default_value = "mixed", value_name = "KIND")]
    pub before_kind: String,
    /// Instead: what small changes and disturbances do to the decisions, as tests passed or failed
    #[arg(long, conflicts_with_all = ["degrade", "report"])]
    pub robustness: bool,
    /// With --robustness: write its tables there as Markdown
    #[arg(long, value_name = "FILE", requires = "robustness")]
    pub markdown: Option<PathBuf>,
    /// Write the report into that folder: one page (index.html) and its charts
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
    /// Where to compute: auto, gpu, cpu or software
    #[arg(long, default_value = "cpu")]
    pub backend: String,
    /// Replace a report of that name
    #[arg(long)]
    pub force: bool,
}

/// `undertone make-calls`.
#[derive(Debug, Args)]
pub struct MakeCallsArgs {
    /// Folder or manifest of labelled clips, with noises in its folder noise
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Only clips and noises of this split: train, dev or test
    #[arg(long, default_value = "test")]
    pub split: String,
    /// mixed (the emotion changes every few sentences), lasting (one lasts two minutes) or non-speech
    #[arg(long)]
    pub kind: String,
    /// How many calls
    #[arg(long, default_value_t = 8)]
    pub count: usize,
    /// How long each is at least
    #[arg(long, default_value_t = 3.0)]
    pub minutes: f64,
    /// Seed of every choice
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// A folder of further recordings without speech, such as hold music; may be given several times
    #[arg(long, value_name = "FOLDER")]
    pub extra: Vec<PathBuf>,
    /// Replace calls that are there
    #[arg(long)]
    pub force: bool,
    /// Folder for the calls
    #[arg(value_name = "OUTPUT_DIR")]
    pub output: PathBuf,
}
