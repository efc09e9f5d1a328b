//! `undertone-gateway prepare`: makes the broker's streams, once, by somebody who may.
//!
//! In: the broker. Out: streams; those that are there stay as they are.

use super::broker;
use crate::cli::PrepareArgs;
use ::fleet::link::silently;
use ::fleet::{Link, streams};
use std::path::Path;

/// Makes the streams.
///
/// # Errors
/// No broker, no right.
pub async fn run(config: Option<&Path>, args: &PrepareArgs) -> anyhow::Result<()> {
    let settings = broker::settings(config, &args.broker)?;
    let broker = settings.fleet.broker().map_err(anyhow::Error::msg)?;
    let link = Link::open(&broker, silently()).await?;
    Ok(streams::prepare(&link, args.replicas).await?)
}
