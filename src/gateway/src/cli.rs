//! The command line of `undertone-gateway`.

use crate::config::StreamProtocol;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Hears calls straight from a telephone system, and keeps a session log of each.
///
/// Without a command it serves: it listens where the settings say, until it gets SIGTERM. Sound is heard in memory only:
/// none is written, and none goes anywhere.
#[derive(Debug, Parser)]
#[command(name = "undertone-gateway", version, max_term_width = 100)]
pub struct Cli {
    /// The settings.
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// What else to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What else can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Says what would be listened to, and what is missing for that.
    Check {
        /// The settings.
        file: PathBuf,
    },
    /// Prints commented settings to begin with.
    Example,
    /// Sends recordings as calls, in real time: to try a gateway out.
    Send(SendArgs),
    /// Publishes what desks' screens show: follows their session logs.
    ///
    /// No sound is sent, no number of a caller, and nothing of an operator.
    Agent(AgentArgs),
    /// Makes the broker's streams: once, by a user who may, where the others may not.
    Prepare(PrepareArgs),
    /// Shows the calls of all desks and gateways in this terminal.
    Wall(BrokerArgs),
    /// Puts recordings on the queue that `work` takes them from, and waits until they have been read.
    ///
    /// Recordings stay where they are, on a folder that all machines share. What is done already is left out.
    Submit(SubmitArgs),
    /// Reads recordings from the queue, on any number of machines, into a session log each.
    ///
    /// Each runs `undertone replay`. What breaks a decoder ends that program and not this one.
    Work(WorkArgs),
}

/// What is put on the queue.
#[derive(Clone, Debug, Args)]
pub struct SubmitArgs {
    /// The broker.
    #[command(flatten)]
    pub broker: BrokerArgs,
    /// The folder that all machines share; each may have it in another place.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub root: PathBuf,
    /// The program `undertone` [default: the one beside this program].
    #[arg(long, value_name = "FILE")]
    pub program: Option<PathBuf>,
    /// Also what is done already.
    #[arg(long)]
    pub again: bool,
    /// Do not wait until they have been read.
    #[arg(long)]
    pub no_wait: bool,
    /// Put nothing on the queue: say how much waits, is given out, is done and has failed, and why.
    #[arg(long, conflicts_with_all = ["recordings", "again", "no_wait", "replay"])]
    pub status: bool,
    /// Folders of recordings, recordings, or lists of them: a path a line, or a CSV file with a column `path`.
    #[arg(value_name = "FOLDER|LIST")]
    pub recordings: Vec<PathBuf>,
    /// How they are read: arguments of `undertone replay`, such as `--language en`.
    #[arg(last = true, value_name = "REPLAY ARGUMENTS")]
    pub replay: Vec<String>,
}

/// Where recordings are read, and where their logs go.
#[derive(Clone, Debug, Args)]
pub struct WorkArgs {
    /// The broker.
    #[command(flatten)]
    pub broker: BrokerArgs,
    /// The folder that all machines share, as it is named here.
    #[arg(long, value_name = "FOLDER")]
    pub root: PathBuf,
    /// Where the logs go.
    #[arg(long, value_name = "FOLDER")]
    pub log_dir: PathBuf,
    /// So many at once [default: one a core].
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// The program `undertone` [default: the one beside this program].
    #[arg(long, value_name = "FILE")]
    pub program: Option<PathBuf>,
    /// What this worker is called [default: the machine's name].
    #[arg(long)]
    pub name: Option<String>,
    /// End when the queue is empty.
    #[arg(long)]
    pub until_empty: bool,
}

/// How the streams are made.
#[derive(Clone, Debug, Args)]
pub struct PrepareArgs {
    /// The broker.
    #[command(flatten)]
    pub broker: BrokerArgs,
    /// How many brokers keep everything: 1, or 3 where there are three.
    #[arg(long, default_value_t = 1, value_parser = replicas())]
    pub replicas: usize,
}

fn replicas() -> impl TypedValueParser<Value = usize> {
    PossibleValuesParser::new(["1", "3", "5"]).map(|word| word.parse().unwrap_or(1))
}

/// Which broker.
#[derive(Clone, Debug, Args)]
pub struct BrokerArgs {
    /// A broker (NATS with JetStream), where the settings name no other [default: port 4222 of this machine].
    #[arg(long, value_name = "URL")]
    pub broker: Vec<String>,
}

/// Whose logs are followed.
#[derive(Clone, Debug, Args)]
pub struct AgentArgs {
    /// The broker.
    #[command(flatten)]
    pub broker: BrokerArgs,
    /// A desk's name and the folder of its session logs; several may be given.
    #[arg(long, value_name = "NAME=FOLDER")]
    pub desk: Vec<String>,
}

/// A protocol to send in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendProtocol {
    /// Over TCP.
    AudioSocket,
    /// Over WebSocket.
    Stream(StreamProtocol),
}

/// What AudioSocket is called on the command line.
const AUDIOSOCKET: &str = "audiosocket";

fn send_protocols() -> impl TypedValueParser<Value = SendProtocol> {
    let streams = StreamProtocol::ALL.map(StreamProtocol::word);
    let words = std::iter::once(AUDIOSOCKET).chain(streams);
    PossibleValuesParser::new(words).map(|word| {
        StreamProtocol::of_word(&word).map_or(SendProtocol::AudioSocket, SendProtocol::Stream)
    })
}

/// What to send, and over how bad a line.
#[derive(Clone, Debug, Args)]
pub struct SendArgs {
    /// The protocol.
    #[arg(long, value_parser = send_protocols())]
    pub protocol: SendProtocol,
    /// The caller's side.
    #[arg(long, value_name = "RECORDING")]
    pub caller: PathBuf,
    /// The operator's side.
    #[arg(long, value_name = "RECORDING")]
    pub operator: Option<PathBuf>,
    /// Calls at once, each a little later than the one before.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=2_000))]
    pub calls: u32,
    /// Samples a second, for protocols that have a choice.
    #[arg(long, default_value_t = 8_000, value_name = "HZ", value_parser = clap::value_parser!(u32).range(8_000..=192_000))]
    pub rate: u32,
    /// Stop after so many seconds of the recording.
    #[arg(long, value_name = "S")]
    pub seconds: Option<f64>,
    /// Messages come up to so many milliseconds late.
    #[arg(long, default_value_t = 0, value_name = "MS")]
    pub jitter: u32,
    /// So many of 100 blocks of 20 ms are lost.
    #[arg(long, default_value_t = 0.0, value_name = "PERCENT")]
    pub loss: f64,
    /// After so many seconds nothing is sent for 3 s, and then all of it at once.
    #[arg(long, value_name = "S")]
    pub stall: Option<f64>,
    /// Of each five messages the order is another.
    #[arg(long)]
    pub shuffle: bool,
    /// The token that the gateway expects.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Genesys: the API key that requests are signed with.
    #[arg(long, value_name = "ID")]
    pub key_id: Option<String>,
    /// Genesys: the key's secret, in base64.
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
    /// The same names of calls, losses and delays in every run.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Where to: `audiosocket://HOST:PORT`, or `ws://HOST:PORT/PATH`.
    pub url: String,
}
