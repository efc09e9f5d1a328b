//! The gateway as a whole: starts, listens, drains, ends.
//!
//! ```text
//!  settings ─► model, engine's thread ─► listeners ─► READY ─► calls ─► SIGTERM: no new calls ─► all over, or time is up
//! ```
//!
//! In: settings. Out: an exit code. A second SIGTERM ends everything at once; SIGHUP reads certificates again.

use crate::command::agent::teller;
use crate::config::{Config, FleetSection, WallOf};
use crate::hub::Hub;
use crate::listen::tls::Tls;
use crate::listen::{audiosocket, http, siprec};
use crate::log::log;
use crate::metrics::Metrics;
use crate::room::{Room, Told};
use crate::wall::everybody::Everybody;
use crate::wall::page;
use crate::wall::shown::Own;
use ::fleet::publisher::{self, Node};
use ::fleet::watch::Watch;
use anyhow::Context;
use engine::assembly::{Assembly, Calls, Hearing, threads_for};
use engine::line::Clock;
use engine::log_book::LogTo;
use engine::on_alert::OnAlertSettings;
use engine::switchboard::CallRule;
use jiff::Timestamp;
use model::artifact::Artifact;
use record::session::create_private_folder;
use record::session::retention::{Age, Mode, purge};
use record::wall::Board;
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

/// How often it is looked whether all calls are over.
const POLL: Duration = Duration::from_millis(50);
/// Calls that are cut off have this long to end their logs.
const LAST_WORDS: Duration = Duration::from_millis(500);
const DAY: Duration = Duration::from_hours(24);

/// The model that the settings ask for.
///
/// # Errors
/// No such model, or one that cannot be used.
pub fn load(config: &Config) -> anyhow::Result<Assembly> {
    let artifact = match &config.model {
        None => Artifact::bundled()?,
        Some(folder) => Artifact::load(folder)?,
    };
    let artifact = artifact.for_callers_of(config.language.as_ref());
    let hearing = Hearing {
        language: config.language.clone(),
        pipeline: config.pipeline,
        alerts: config.alerts.clone(),
        calls: json!({ "require_notice": config.notice.require }),
    };
    Assembly::start(&artifact, config.backend, hearing)
}

fn start_engine(config: &Config, board: Option<Arc<Mutex<Board>>>) -> anyhow::Result<Room> {
    let assembly = load(config)?;
    log(
        "model",
        &json!({ "backend": assembly.backend().description, "notice": assembly.backend().notice }),
    );
    let calls = Calls {
        rule: CallRule::BySource,
        require_notice: config.notice.require,
        log: LogTo::Folder,
        folder: Some(config.session.dir.clone()),
        recording: None,
        on_alert: OnAlertSettings::default(),
    };
    let pool = threads_for(config.limits.calls)?;
    let engine = assembly.engine(pool, Vec::new(), None, calls, Clock::RealTime)?;
    Room::start(engine, board, tell).context("cannot start the engine's thread")
}

fn tell(told: Told) {
    match told {
        Told::Notice(text) => log("notice", &json!({ "text": text })),
        Told::Failed(reason) => log("engine_failed", &json!({ "reason": reason })),
        Told::Ended(ended) => log(
            "log_ends",
            &json!({
                "log": ended.log,
                "seconds": ended.position.seconds(),
                "lost_samples": ended.dropped_samples,
                "failure": ended.log_failure,
            }),
        ),
    }
}

/// Serves until it is told to stop.
///
/// # Errors
/// What keeps it from starting; an engine that failed.
pub async fn run(config: Config) -> anyhow::Result<()> {
    forbid_core_dumps();
    raise_open_files(&config);
    create_private_folder(&config.session.dir).with_context(|| {
        format!("cannot make the folder for session logs {}", config.session.dir.display())
    })?;
    delete_old_logs(&config);
    let tls = Tls::read(&config.http).map_err(anyhow::Error::msg)?.map(Arc::new);
    let shows_own = config.wall.as_ref().is_some_and(|wall| wall.of == WallOf::Gateway);
    let board = shows_own.then(Arc::<Mutex<Board>>::default);
    let room = start_engine(&config, board.clone())?;
    let hub = Arc::new(Hub::new(config, room, Arc::new(Metrics::default())));
    let mut router = http::router(&hub).map_err(anyhow::Error::msg)?;
    if let Some(board) = board {
        let shown = Arc::new(Own { hub: Arc::clone(&hub), board });
        router = router.merge(page::router(&hub, shown).map_err(anyhow::Error::msg)?);
    }
    let mut tasks = Vec::new();
    if let Some(fleet) = hub.config().fleet.clone() {
        if hub.config().hears() {
            tasks.push(publish(&fleet, hub.config())?);
        }
        if !shows_own && hub.config().wall.is_some() {
            let shown = Arc::new(watch_all(&fleet, &mut tasks)?);
            router = router.merge(page::router(&hub, shown).map_err(anyhow::Error::msg)?);
        }
    }
    let listener = bind(hub.config().http.listen).await?;
    for section in hub.config().audiosocket.clone() {
        let listener = bind(section.listen).await?;
        tasks.push(tokio::spawn(audiosocket::serve(listener, section, Arc::clone(&hub))));
    }
    if let Some(section) = hub.config().siprec.clone() {
        let address = section.listen;
        let serving = siprec::serve(section, Arc::clone(&hub)).await;
        let serving = serving.with_context(|| format!("cannot listen on {address}"))?;
        tasks.push(tokio::spawn(serving));
    }
    tasks.push(tokio::spawn(http::serve(listener, router, tls.clone(), Arc::clone(&hub))));
    for line in hub.config().in_words() {
        log("listening", &json!({ "where": line }));
    }
    let mut signals = Signals::new()?;
    notify("READY=1");
    log("ready", &json!({}));
    let done = wait(&hub, tls.as_deref(), &mut signals).await;
    tasks.iter().for_each(JoinHandle::abort);
    hub.stop();
    log("stopped", &json!({}));
    crate::log::flush();
    done
}

/// Sends what this gateway's logs say to the broker.
fn publish(fleet: &FleetSection, config: &Config) -> anyhow::Result<JoinHandle<()>> {
    let name = fleet.node().map_err(anyhow::Error::msg)?;
    let broker = fleet.broker().map_err(anyhow::Error::msg)?;
    let tell = teller(&name);
    let node = Node { name, logs: config.session.dir.clone() };
    Ok(tokio::spawn(async move {
        if let Err(error) = publisher::run(node, broker, Arc::clone(&tell)).await {
            tell(&error.to_string());
        }
    }))
}

/// What all nodes hear, for the wall: as soon as there is a broker.
fn watch_all(fleet: &FleetSection, tasks: &mut Vec<JoinHandle<()>>) -> anyhow::Result<Everybody> {
    let broker = fleet.broker().map_err(anyhow::Error::msg)?;
    let tell = teller("wall");
    let watch = Watch::new(Arc::clone(&tell));
    let running = watch.clone().run(broker);
    tasks.push(tokio::spawn(async move {
        if let Err(error) = running.await {
            tell(&error.to_string());
        }
    }));
    Ok(Everybody { watch })
}

async fn bind(address: std::net::SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// What the system may ask for.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Self> {
        let of = |kind| signal(kind).context("cannot handle the system's signals");
        Ok(Signals {
            terminate: of(SignalKind::terminate())?,
            interrupt: of(SignalKind::interrupt())?,
            hang_up: of(SignalKind::hangup())?,
        })
    }

    async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Waits for the end: until all calls are over after it was asked for, or until it was asked for again.
async fn wait(hub: &Arc<Hub>, tls: Option<&Tls>, signals: &mut Signals) -> anyhow::Result<()> {
    let mut next_purge = Instant::now() + DAY;
    loop {
        tokio::select! {
            _ = signals.terminate.recv() => break,
            _ = signals.interrupt.recv() => break,
            _ = signals.hang_up.recv() => renew(tls),
            () = sleep_until(next_purge) => {
                delete_old_logs(hub.config());
                next_purge += DAY;
            }
            () = sleep(POLL) => {
                anyhow::ensure!(hub.room().is_alive(), "the engine has stopped");
            }
        }
    }
    hub.drain();
    notify("STOPPING=1");
    let drain = Duration::from_secs(hub.config().limits.drain_s);
    log("draining", &json!({ "calls": hub.n_calls(), "seconds": drain.as_secs() }));
    let until = Instant::now() + drain;
    while hub.n_calls() > 0 && hub.room().is_alive() && Instant::now() < until {
        tokio::select! {
            () = signals.stop() => break,
            () = sleep(POLL) => {}
        }
    }
    hub.cut_off();
    sleep(LAST_WORDS).await;
    Ok(())
}

fn renew(tls: Option<&Tls>) {
    match tls.map(Tls::renew) {
        None => {}
        Some(Ok(())) => log("certificate", &json!({ "state": "read again" })),
        Some(Err(reason)) => log("certificate", &json!({ "state": "kept", "reason": reason })),
    }
}

/// What is in memory is sound: no crash may write it to a disk.
fn forbid_core_dumps() {
    let none = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(reason) = rustix::process::setrlimit(rustix::process::Resource::Core, none) {
        log("core_dumps", &json!({ "reason": reason.to_string() }));
    }
}

/// As many open files as the system lets us have; says how many that are.
pub(crate) fn open_all_files() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// A call needs a connection and a log, and a recorded one four ports.
fn raise_open_files(config: &Config) {
    let most = open_all_files();
    let needed = config.limits.connections + 6 * config.limits.calls;
    if most < needed as u64 {
        let text = "fewer open files than limits.connections and limits.calls need (LimitNOFILE)";
        log("open_files", &json!({ "most": most, "needed": needed, "text": text }));
    }
}

fn delete_old_logs(config: &Config) {
    let Some(age) = Age::of_days(config.session.retention_days) else { return };
    match purge(&config.session.dir, age, Timestamp::now(), Mode::Delete) {
        Ok(purged) if purged.deleted.is_empty() && purged.failed.is_empty() => {}
        Ok(purged) => log(
            "old_logs",
            &json!({ "deleted": purged.deleted.len(), "failed": purged.failed.len() }),
        ),
        Err(reason) => log("old_logs", &json!({ "reason": reason.to_string() })),
    }
}

/// Tells systemd, where it is what started this program (`sd_notify(3)`).
fn notify(state: &str) {
    let Some(socket) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let sent = std::os::unix::net::UnixDatagram::unbound()
        .and_then(|datagram| datagram.send_to(state.as_bytes(), socket));
    if let Err(reason) = sent {
        log("notify_failed", &json!({ "reason": reason.to_string() }));
    }
}
