//! `undertone-gateway work`: takes recordings from the queue and reads them, with the desktop program as a child process.
//!
//! ```text
//!  UT_JOBS ─► lane 1: take ─► undertone replay ─► log under its name ─► outcome ─► off the queue
//!          ─► lane 2: the same, with a child of its own
//! ```
//!
//! In: the broker, the shared folder. Out: logs. A log is under its name before anybody is told, and whoever finds it there
//! does not read again: so each recording has its log once, whatever dies in between.

mod lane;
pub mod program;
mod shelf;

use super::agent::teller;
use super::broker;
use crate::cli::WorkArgs;
use crate::log::log;
use ::fleet::Link;
use ::fleet::queue::Queue;
use anyhow::{Context, ensure};
use lane::{Lane, Shared};
use program::Program;
use serde_json::json;
use shelf::Shelf;
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// Works until it is stopped, or until there is nothing left where that is wanted.
///
/// # Errors
/// Settings, folders or a program that cannot be used; a disk that is full. The jobs go back.
pub async fn run(config: Option<&Path>, args: &WorkArgs) -> anyhow::Result<()> {
    let settings = broker::settings(config, &args.broker)?;
    let broker = settings.fleet.broker().map_err(anyhow::Error::msg)?;
    ensure!(
        args.root.is_dir(),
        "the shared folder {} is no folder: see --root",
        args.root.display()
    );
    let root = args.root.canonicalize().context("the shared folder")?;
    let file = program::found(args.program.as_deref());
    let file = std::path::absolute(&file).unwrap_or(file);
    let shelf = Shelf::open(&args.log_dir)?;
    let shared = Arc::new(Shared {
        program: Program { file, root },
        shelf,
        known: Mutex::new(HashMap::new()),
        stop: Arc::new(AtomicBool::new(false)),
        until_empty: args.until_empty,
        n_missing: 0.into(),
        has_found: AtomicBool::new(false),
    });
    // What does not work at all is said before a job is taken.
    shared.known(0, &[])?.map_err(anyhow::Error::msg)?;
    let worker = args.name.clone().unwrap_or_else(name_of_machine);
    let link = Link::open_at_last(&broker, &teller(&worker)).await?;
    let intake = Arc::new(Queue::open(link).await?.intake(worker).await?);
    let n = args
        .jobs
        .or_else(|| std::thread::available_parallelism().ok())
        .map_or(1, NonZeroUsize::get);
    log("work", &json!({ "jobs": n, "program": shared.program.file, "root": shared.program.root }));
    let stop = Arc::clone(&shared.stop);
    tokio::spawn(async move {
        stopped().await;
        stop.store(true, Ordering::Relaxed);
    });
    let mut lanes = Vec::new();
    for number in 1..=n {
        let lane = Lane { number, shared: Arc::clone(&shared), intake: Arc::clone(&intake) };
        lanes.push(tokio::spawn(lane.run()));
    }
    let mut ended = Ok(());
    for lane in lanes {
        let of_lane = lane.await.context("a lane ended").and_then(|ended| ended);
        ended = ended.and(of_lane);
    }
    ended
}

fn name_of_machine() -> String {
    let read = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = read.trim();
    if name.is_empty() { "worker".to_owned() } else { name.to_owned() }
}

/// Until somebody wants this to end.
async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = tokio::signal::ctrl_c().await;
}
