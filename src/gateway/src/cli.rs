//! The command line of `undertone-gateway`.

use crate::config::StreamProtocol;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Hears calls straight from a telephone system, and keeps a session log of each.
///
/// Without a command it serves: it listens where the settings say, until it gets SIGTERM. Sound is heard in memory only:
/// none is written, and none goes anywhere.
#[derive(Debug, Parser)]
#[command(name = "undertone-gateway", version, max_term_width = 100)]
pub struct Cli {
    /// The settings.
    #[arg(long, value_name = "FILE")]
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
