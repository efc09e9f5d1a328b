//! `undertone replay FOLDER --headless`: an archive of recorded calls, a log each, on several threads.
//!
//! ```text
//! main thread                     thread "job 1"            thread "job 2" ...
//! which recordings, which have    a model of its own;       a model of its own;
//! a log already ──────────────►   takes the next recording  takes the next recording
//! bar, list of failures ◄──────── what became of each       what became of each
//! ```
//!
//! A log is named as its recording: `b.wav` in the folder `a` of the archive gives `a__b.wav.jsonl`. Its header has
//! the file's length, its time of change and the SHA-256 of its content. With `--resume` a recording is left out
//! whose log has an end, was made with this model and these settings, and is of this file: of the same length, and
//! either not changed since or of the same content (a copied archive has other times). Anything else is not
//! overwritten without `--force`.

mod job;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Builder};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use indicatif::ProgressBar;
use serde_json::json;

use super::Exit;
use super::printer::{print, print_json, tell};
use super::progress;
use super::replay::{ReplaySettings, check_sides};
use super::session::{Prepared, SessionSettings};
use super::watch::stop_flag;
use engine::log_book::LogTo;
use job::{Job, Outcome};
use model::device::BackendChoice;
use record::plain_text::plain;
use record::session::create_private_folder;
use record::session::earlier::{Earlier, earlier, is_same};
use sound::archive::{Archive, Item, archive};

/// What was asked for.
#[derive(Clone, Debug)]
pub struct BatchSettings {
    /// Recordings and folders of recordings.
    pub archive: Vec<PathBuf>,
    /// How each is replayed; its own recording and log are not used.
    pub replay: ReplaySettings,
    /// How many at once; none for as many as there are cores.
    pub jobs: Option<NonZeroUsize>,
    /// Whether recordings are left out that have their log.
    pub resume: bool,
    /// Whether logs are replaced.
    pub force: bool,
    /// Where the logs go; none for the usual folder.
    pub log_dir: Option<PathBuf>,
}

/// Replays the archive.
///
/// # Errors
/// No recordings, logs that are there already, a model or folder that cannot be used. A recording that cannot be
/// used is named at the end, does not stop the others and gives [`Exit::Partial`], as does being stopped, sound that
/// is missing in a recording, and a file in a folder that is no recording.
pub fn run(settings: &BatchSettings) -> anyhow::Result<Exit> {
    let replay = &settings.replay;
    ensure!(replay.listen.is_none(), "--listen plays one recording: name one, and no folder");
    ensure!(
        replay.session.headless,
        "several recordings are replayed without a screen: add --headless"
    );
    ensure!(
        replay.session.log == LogTo::Folder,
        "several recordings have a log each: name a folder with --log-dir instead"
    );
    check_sides(replay)?;
    ensure!(
        replay.hints.follow.is_none(),
        "--follow reads one recording that is still being written: name one, and no folder"
    );
    let has_files = replay.callers.iter().any(|caller| caller.side.file.is_some())
        || replay.operator.as_ref().is_some_and(|side| side.file.is_some());
    ensure!(!has_files, "a file for a side belongs to one call: name one call, and no folder");
    let folder = match &settings.log_dir {
        Some(folder) => folder.clone(),
        None => replay.session.config.sessions_dir()?,
    };
    let archive = archive(&settings.archive, &folder)?;
    let mut session = replay.session.clone();
    // Nobody waits for the alerts of calls that are long over.
    session.config.on_alert.command.clear();
    let first = Prepared::new(session)?;
    if let Some(notice) = first.notice() {
        tell(&notice);
    }
    create_private_folder(&folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let plan = planned(archive, &folder, &first, settings)?;
    let begun = Instant::now();
    let outcomes = replayed(&plan.todo, &folder, first, settings)?;
    report(&plan, &outcomes, &folder, begun.elapsed(), replay.session.json)
}

/// What to do with the recordings.
struct Plan {
    todo: Vec<Item>,
    /// They have their log.
    n_skipped: usize,
    /// They have another log, which stays.
    refused: Vec<(PathBuf, String)>,
    /// They are no recordings.
    left_out: Vec<(PathBuf, String)>,
}

fn planned(
    archive: Archive,
    folder: &Path,
    prepared: &Prepared,
    settings: &BatchSettings,
) -> anyhow::Result<Plan> {
    let wanted = prepared.template(None)?;
    let heard = settings.replay.heard();
    let left_out = archive.left_out;
    let mut plan = Plan { todo: Vec::new(), n_skipped: 0, refused: Vec::new(), left_out };
    let mut n_there = 0;
    for item in archive.items {
        let log = folder.join(&item.log_name);
        if !settings.resume {
            n_there += usize::from(log.exists());
            plan.todo.push(item);
            continue;
        }
        match earlier(&log, &wanted, &heard, |entry| is_same(entry, &item.path)) {
            Earlier::None | Earlier::Unfinished => plan.todo.push(item),
            Earlier::Complete => plan.n_skipped += 1,
            Earlier::Other(_) if settings.force => plan.todo.push(item),
            Earlier::Other(reason) => {
                let reason = format!("{} {reason}: replace it with --force", log.display());
                plan.refused.push((item.path, reason));
            }
        }
    }
    if n_there > 0 && !settings.force {
        bail!(
            "{n_there} of {} recordings have a log in {} already: go on where it stopped with --resume, replace the \
             logs with --force, or choose another folder with --log-dir",
            plan.todo.len(),
            folder.display()
        );
    }
    Ok(plan)
}

/// Replays all on threads; what became of each, in the order of the items.
fn replayed(
    todo: &[Item],
    folder: &Path,
    first: Prepared,
    settings: &BatchSettings,
) -> anyhow::Result<Vec<Outcome>> {
    let stop = stop_flag()?;
    let bar = progress::calls(todo.iter().map(|item| item.bytes).sum());
    let (next, n_done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let again = again_settings(&first, settings);
    let work = |prepared: Option<Prepared>| -> anyhow::Result<Vec<(usize, Outcome)>> {
        let mut job = Job::new(prepared, again.clone(), &settings.replay, folder);
        let mut outcomes = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = todo.get(index) else { break };
            outcomes.push((index, job.replay(item, &stop, &bar)?));
            let n = n_done.fetch_add(1, Ordering::Relaxed) + 1;
            bar.set_message(format!("{n} of {} calls", todo.len()));
        }
        Ok(outcomes)
    };
    let n_jobs = n_jobs(&first, settings).min(todo.len().max(1));
    let done = on_threads(first, n_jobs, &work);
    bar.finish_and_clear();
    let mut outcomes: Vec<Outcome> = todo.iter().map(|_| Outcome::NotBegun).collect();
    for (index, outcome) in done? {
        outcomes[index] = outcome;
    }
    Ok(outcomes)
}

type Work<'a> = dyn Fn(Option<Prepared>) -> anyhow::Result<Vec<(usize, Outcome)>> + Sync + 'a;

fn on_threads(
    first: Prepared,
    n_jobs: usize,
    work: &Work,
) -> anyhow::Result<Vec<(usize, Outcome)>> {
    let mut models: Vec<Option<Prepared>> = vec![Some(first)];
    models.resize_with(n_jobs, || None);
    thread::scope(|scope| {
        let start = |(number, model): (usize, Option<Prepared>)| {
            let builder = Builder::new().name(format!("job {}", number + 1));
            builder.spawn_scoped(scope, move || work(model)).context("cannot start a thread")
        };
        let threads: Vec<_> =
            models.into_iter().enumerate().map(start).collect::<anyhow::Result<_>>()?;
        let mut outcomes = Vec::new();
        for thread in threads {
            outcomes
                .extend(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok(outcomes)
    })
}

/// How further models are prepared: a graphics device is set up once a process only.
fn again_settings(first: &Prepared, settings: &BatchSettings) -> SessionSettings {
    let mut again = settings.replay.session.clone();
    again.config.on_alert.command.clear();
    again.config.session.retention_days = 0;
    if !first.backend().is_gpu() {
        again.config.backend = BackendChoice::Cpu;
    }
    again
}

/// On a GPU one: a second model there would only wait for the first.
fn n_jobs(first: &Prepared, settings: &BatchSettings) -> usize {
    let wanted = settings.jobs.map(NonZeroUsize::get);
    if first.backend().is_gpu() {
        if wanted.is_some_and(|n| n > 1) {
            tell("one job at a time: a GPU computes for one; --backend cpu uses all cores");
        }
        return 1;
    }
    wanted.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from))
}

fn report(
    plan: &Plan,
    outcomes: &[Outcome],
    folder: &Path,
    elapsed: Duration,
    json: bool,
) -> anyhow::Result<Exit> {
    let mut failed = plan.refused.clone();
    let mut incomplete = Vec::new();
    let (mut n_replayed, mut n_left, mut audio_s) = (0_usize, 0_usize, 0.0);
    for (item, outcome) in plan.todo.iter().zip(outcomes) {
        match outcome {
            Outcome::Replayed(length) => {
                n_replayed += 1;
                audio_s += length.seconds();
            }
            Outcome::Incomplete(length, what) => {
                n_replayed += 1;
                audio_s += length.seconds();
                incomplete.push((item.path.clone(), what.clone()));
            }
            Outcome::Failed(reason) => failed.push((item.path.clone(), reason.clone())),
            Outcome::NotBegun | Outcome::Stopped => n_left += 1,
        }
    }
    let elapsed_s = elapsed.as_secs_f64();
    if json {
        let listed = |files: &[(PathBuf, String)]| -> Vec<_> {
            let entry = |(recording, reason): &(PathBuf, String)| json!({ "recording": recording, "reason": reason });
            files.iter().map(entry).collect()
        };
        print_json(&json!({
            "replayed": n_replayed,
            "skipped": plan.n_skipped,
            "left": n_left,
            "failed": listed(&failed),
            "incomplete": listed(&incomplete),
            "left_out": listed(&plan.left_out),
            "audio_s": audio_s,
            "elapsed_s": elapsed_s,
            "times_real_time": audio_s / elapsed_s,
            "logs": folder,
        }))?;
    } else {
        let of_time = if audio_s > 0.0 {
            format!(", {:.0} times real time", audio_s / elapsed_s)
        } else {
            String::new()
        };
        print(&format!(
            "{n_replayed} calls replayed: {:.1} h of audio in {elapsed_s:.1} s{of_time}\n{} had their log already, \
             {} failed, {n_left} are left\n{} replayed calls lack sound, {} files are no recordings\nlogs: {}\n",
            audio_s / 3600.0,
            plan.n_skipped,
            failed.len(),
            incomplete.len(),
            plan.left_out.len(),
            plain(&folder.display().to_string())
        ))?;
    }
    for (what, files) in
        [("failed", &failed), ("incomplete", &incomplete), ("left out", &plan.left_out)]
    {
        for (file, reason) in files {
            tell(&format!("{what}: {}: {reason}", file.display()));
        }
    }
    if n_left > 0 {
        tell("stopped: the same command with --resume goes on");
    }
    let is_all = failed.is_empty() && incomplete.is_empty() && plan.left_out.is_empty();
    Ok(if is_all && n_left == 0 { Exit::Done } else { Exit::Partial })
}

/// The bar moves by the bytes of a recording, as far as it was replayed.
fn advance(bar: &ProgressBar, told: &mut u64, bytes: u64, share: f64) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of a file, for a picture"
    )]
    let now = ((share.clamp(0.0, 1.0) * bytes as f64) as u64).max(*told);
    bar.inc(now - *told);
    *told = now;
}
