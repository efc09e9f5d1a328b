//! `undertone-gateway submit`: puts recordings on the queue, and waits until workers have read them.
//!
//! In: recordings below the shared folder, the broker. Out: jobs, and what became of each. A recording's content goes nowhere: a
//! job has its path, its length and its SHA-256.

mod listing;

use super::broker;
use super::work::program::{Known, Program, found};
use crate::cli::SubmitArgs;
use ::fleet::Link;
use ::fleet::job::{Job, Outcome, Told};
use ::fleet::link::silently;
use ::fleet::queue::{Queue, Submitted};
use anyhow::{Context, ensure};
use futures_util::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use record::plain_text::plain_text;
use record::session::earlier::sha256_of;
use sound::archive::Item;
use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

/// So many recordings are looked through at once.
const AT_ONCE: usize = 4;
/// Something of what was asked for did not come about.
const PARTIAL: u8 = 3;

/// Puts recordings on the queue, or says what is on it.
///
/// # Errors
/// No broker, no such recordings, arguments that a replay does not take.
pub async fn run(config: Option<&Path>, args: &SubmitArgs) -> anyhow::Result<ExitCode> {
    let settings = broker::settings(config, &args.broker)?;
    let broker = settings.fleet.broker().map_err(anyhow::Error::msg)?;
    if args.status {
        let queue = Queue::open(Link::open(&broker, silently()).await?).await?;
        return status(&queue).await;
    }
    ensure!(!args.recordings.is_empty(), "name a folder of recordings, or a list of them");
    ensure!(
        args.root.is_dir(),
        "the shared folder {} is no folder: see --root",
        args.root.display()
    );
    let root = args.root.canonicalize().context("the shared folder")?;
    let listed = listing::listed(&args.recordings, &root)?;
    let known = known(args, &root)?;
    let queue = Queue::open(Link::open(&broker, silently()).await?).await?;
    let after = queue.end_of_outcomes().await?;
    let mut put = Put::default();
    put_all(&queue, listed.items, &root, &known, args, &mut put).await?;
    say(&format!(
        "{} recordings submitted, {} were on the queue already, {} were done already\n",
        put.n_new, put.n_waiting, put.n_done
    ))?;
    for (path, reason) in &listed.left_out {
        let path = path.strip_prefix(&root).unwrap_or(path);
        say(&format!("left out: {}: {reason}\n", path.display()))?;
    }
    for (path, reason) in &put.failed {
        say(&format!("failed: {path}: {reason}\n"))?;
    }
    let n_not_put = put.failed.len() + listed.left_out.len();
    let n_failed = if args.no_wait { 0 } else { wait(&queue, after, put.jobs).await? };
    let is_all = n_not_put + n_failed == 0;
    Ok(if is_all { ExitCode::SUCCESS } else { ExitCode::from(PARTIAL) })
}

/// What became of putting recordings on the queue.
#[derive(Default)]
struct Put {
    n_new: usize,
    n_waiting: usize,
    n_done: usize,
    /// What is on the queue now: its name, and its bytes.
    jobs: HashMap<String, u64>,
    failed: Vec<(String, String)>,
}

async fn put_all(
    queue: &Queue,
    items: Vec<Item>,
    root: &Path,
    known: &Known,
    args: &SubmitArgs,
    put: &mut Put,
) -> anyhow::Result<()> {
    let bar = bar(items.iter().map(|item| item.bytes).sum());
    bar.set_message("looked through");
    let job = |item: Item| {
        let (root, reader, args) = (root.to_owned(), known.reader.clone(), args.replay.clone());
        async move {
            let path = item.path.clone();
            let look = tokio::task::spawn_blocking(move || {
                let path = path_of(&item)?;
                let sha256 = sha256_of(&root.join(&item.path))
                    .map_err(|reason| format!("cannot read it: {reason}"))?;
                let Item { bytes, log_name: log, .. } = item;
                let job = Job { path, bytes, sha256, reader, args, log };
                job.fault().map_or(Ok(job), |fault| Err(fault.to_owned()))
            });
            let job = look.await.unwrap_or_else(|error| Err(error.to_string()));
            job.map_err(|reason| (path.display().to_string(), reason))
        }
    };
    let mut jobs = futures_util::stream::iter(items).map(job).buffered(AT_ONCE);
    while let Some(job) = jobs.next().await {
        let job = match job {
            Ok(job) => job,
            Err(failed) => {
                put.failed.push(failed);
                continue;
            }
        };
        bar.inc(job.bytes);
        match queue.submit(&job, args.again).await? {
            Submitted::New => put.n_new += 1,
            Submitted::Waiting => put.n_waiting += 1,
            Submitted::Done => {
                put.n_done += 1;
                continue;
            }
        }
        put.jobs.insert(job.id(), job.bytes);
    }
    bar.finish_and_clear();
    Ok(())
}

/// The same on all systems.
fn path_of(item: &Item) -> Result<String, String> {
    let part = |part: std::path::Component| part.as_os_str().to_str().map(str::to_owned);
    let parts: Option<Vec<String>> = item.path.components().map(part).collect();
    parts.map(|parts| parts.join("/")).ok_or_else(|| "its name is no text".to_owned())
}

/// What logs say that are made so.
fn known(args: &SubmitArgs, root: &Path) -> anyhow::Result<Known> {
    let file = found(args.program.as_deref());
    let file = std::path::absolute(&file).unwrap_or(file);
    let program = Program { file, root: root.to_owned() };
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let known = program.known(&args.replay, folder.path(), &AtomicBool::new(false))?;
    known.map_err(anyhow::Error::msg).context("undertone replay")
}

/// Waits until all have been read; how many failed.
async fn wait(queue: &Queue, after: u64, jobs: HashMap<String, u64>) -> anyhow::Result<usize> {
    if jobs.is_empty() {
        return Ok(0);
    }
    if !queue.counts().await?.has_worker {
        say("nobody works just now: start undertone-gateway work on any machine\n")?;
    }
    let n = jobs.len();
    let bar = bar(jobs.values().sum());
    bar.set_message(format!("0 of {n} recordings"));
    let (mut n_done, mut n_failed) = (0, 0);
    let mut said = Ok(());
    let tell = |id: &str, told: Told| {
        bar.inc(jobs.get(id).copied().unwrap_or_default());
        n_done += 1;
        let line = match told.outcome {
            Outcome::Failed { reason } => {
                n_failed += 1;
                Some(format!("failed: {}: {reason}\n", told.path))
            }
            Outcome::Done { lacks: Some(lacks) } => {
                Some(format!("incomplete: {}: {lacks}\n", told.path))
            }
            _ => None,
        };
        bar.set_message(format!("{n_done} of {n} recordings"));
        if let Some(line) = line {
            let printed = bar.suspend(|| say(&line));
            if said.is_ok() {
                said = printed;
            }
        }
    };
    queue.wait_for(after, jobs.keys().cloned().collect(), tell).await?;
    bar.finish_and_clear();
    said?;
    say(&format!("{} recordings have their log, {n_failed} failed\n", n - n_failed))?;
    Ok(n_failed)
}

async fn status(queue: &Queue) -> anyhow::Result<ExitCode> {
    let counts = queue.counts().await?;
    let mut failed: Vec<(String, String)> = Vec::new();
    let mut n_done = 0;
    for told in queue.all_outcomes().await? {
        match told.outcome {
            Outcome::Done { .. } => n_done += 1,
            Outcome::Failed { reason } => failed.push((told.path, reason)),
            Outcome::Returned { .. } => {}
        }
    }
    failed.sort();
    let nobody = if counts.has_worker { "" } else { " (nobody works just now)" };
    say(&format!(
        "{} wait{nobody}, {} are given out, {n_done} are done, {} failed\n",
        counts.waiting,
        counts.given_out,
        failed.len()
    ))?;
    for (path, reason) in &failed {
        say(&format!("failed: {path}: {reason}\n"))?;
    }
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(PARTIAL) })
}

/// Bytes, with the time that is left.
fn bar(bytes: u64) -> ProgressBar {
    let template = "{wide_bar} {percent} % {msg} ({eta} left)";
    let style = ProgressStyle::with_template(template);
    ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Somebody who reads no more is no error.
fn say(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(plain_text(text).as_bytes()).and_then(|()| out.flush()) {
        Err(reason) if reason.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        said => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_the_same_on_all_systems() {
        let item = |path: &Path| Item { path: path.into(), log_name: String::new(), bytes: 0 };
        assert_eq!(path_of(&item(&Path::new("a").join("b.wav"))).unwrap(), "a/b.wav");
    }
}
