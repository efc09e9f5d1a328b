//! Which broker a command speaks to: the one of the settings, or of the command line.
//!
//! In: arguments. Out: the settings about it. Keeps nothing.

use crate::cli::BrokerArgs;
use crate::config::{FleetFile, FleetSection};
use anyhow::Context;
use std::path::Path;

/// The settings: of the file, or the usual ones with the address of the command line.
///
/// # Errors
/// A file that cannot be used.
pub fn settings(config: Option<&Path>, args: &BrokerArgs) -> anyhow::Result<FleetFile> {
    let mut file = match config {
        Some(path) => FleetFile::read(path).context("the settings")?,
        None => FleetFile { fleet: FleetSection::default(), session: None },
    };
    if !args.broker.is_empty() {
        file.fleet.servers.clone_from(&args.broker);
    }
    Ok(file)
}
