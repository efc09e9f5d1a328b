//! `undertone-gateway agent`: what desks' screens show goes to the broker, and what walls say comes back.
//!
//! In: the desks' folders of session logs. Out: messages. The desktop program has no network code: this follows its logs.

use super::broker;
use crate::cli::AgentArgs;
use crate::config::checked_name;
use crate::log::log;
use crate::server::open_all_files;
use ::fleet::link::Tell;
use ::fleet::publisher::{self, Node};
use anyhow::{Context, ensure};
use futures_util::future::select_all;
use record::session::create_private_folder;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

/// Follows the desks' logs until it is stopped.
///
/// # Errors
/// Settings or folders that cannot be used.
pub async fn run(config: Option<&Path>, args: &AgentArgs) -> anyhow::Result<()> {
    let settings = broker::settings(config, &args.broker)?;
    let broker = settings.fleet.broker().map_err(anyhow::Error::msg)?;
    let mut nodes = args.desk.iter().map(|desk| node(desk)).collect::<anyhow::Result<Vec<_>>>()?;
    if nodes.is_empty() {
        let session = settings.session.context(
            "whose logs? Give --desk NAME=FOLDER, or settings with [fleet] node and [session] dir",
        )?;
        let name = settings.fleet.node().map_err(anyhow::Error::msg)?;
        nodes.push(Node { name, logs: session.dir });
    }
    for (at, node) in nodes.iter().enumerate() {
        let is_twice = nodes[..at].iter().any(|other| other.name == node.name);
        ensure!(!is_twice, "two desks are called {}", node.name);
        if !node.logs.exists() {
            // Before a desk's first call there is none.
            let folder = node.logs.display().to_string();
            create_private_folder(&node.logs).with_context(|| format!("cannot make {folder}"))?;
            log("folder_made", &json!({ "node": node.name, "folder": folder }));
        }
        ensure!(node.logs.is_dir(), "{} is no folder", node.logs.display());
    }
    // Each call has its log open.
    open_all_files();
    log("agent", &json!({ "nodes": nodes.iter().map(|node| &node.name).collect::<Vec<_>>() }));
    let running = nodes.into_iter().map(|node| {
        let tell = teller(&node.name);
        tokio::spawn(publisher::run(node, broker.clone(), tell))
    });
    let stops = tokio::signal::ctrl_c();
    tokio::select! {
        (ended, ..) = select_all(running) => ended.context("an agent ended")??,
        stopped = stops => stopped.context("cannot handle the system's signals")?,
    }
    Ok(())
}

/// Says of this node what there is to say.
#[must_use]
pub fn teller(node: &str) -> Tell {
    let node = node.to_owned();
    Arc::new(move |text: &str| log("fleet", &json!({ "node": node, "text": text })))
}

/// `NAME=FOLDER`
fn node(desk: &str) -> anyhow::Result<Node> {
    let (name, folder) = desk.split_once('=').context("--desk wants NAME=FOLDER")?;
    let name = checked_name(name).map_err(anyhow::Error::msg)?;
    Ok(Node { name, logs: folder.into() })
}
