//! The engine's own thread: all calls, one pipeline, one model.
//!
//! ```text
//!  connections (tokio)                       "engine" thread
//!  sound ── a channel a call ───────────────► Engine::step: pipeline, logs
//!  orders ── one channel ───────────────────► connect, notice, mute, end
//!            ◄── load: backlog, delays ──────
//! ```
//!
//! In: calls and orders. Out: session logs, and how busy the engine is. It never waits for a network.

use crate::call_name::our_name;
use crate::hub::unpoisoned;
use crossbeam_channel::{Receiver, Sender, unbounded};
use engine::call::Ended;
use engine::run::{self, Driver, Outcome};
use engine::streams::StreamOperator;
use engine::switchboard::News;
use engine::{Engine, LineSetup, Step};
use hearing::fact::{Event, SeenBy};
use hearing::stream_time::StreamTime;
use record::action::Action;
use record::wall::Board;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Tells one call from all others, for as long as the program runs.
pub type CallId = u64;

/// What the engine is asked for.
pub enum Order {
    /// A call begins.
    Connect(CallId, Box<LineSetup>, Option<Box<StreamOperator>>),
    /// Its caller was told what has to be told.
    Notice(CallId),
    /// Nobody may listen, or somebody may again.
    Mute(CallId, bool),
    /// It is called so from now on.
    Rename(CallId, String),
    /// Its alert of that time was seen, on the wall.
    Acknowledge(CallId, StreamTime),
}

/// How busy the engine is.
#[derive(Debug, Default)]
pub struct Load {
    /// What has waited for longer than a burst explains.
    backlog_ms: AtomicU64,
    /// Calls that were begun and are not yet read to their ends.
    n_calls: AtomicUsize,
    /// When the engine was looked at last, in milliseconds since the start.
    looked_ms: AtomicU64,
    begun: Begun,
    /// 50, 95 and 99 of 100 readings came within so many milliseconds; 0 where there was none.
    delays_ms: [AtomicU64; 3],
    readings: AtomicU64,
}

/// When the program began.
#[derive(Debug)]
struct Begun(Instant);

impl Default for Begun {
    fn default() -> Self {
        Begun(Instant::now())
    }
}

/// An engine that was not looked at for so long has too much to do.
const STALE: Duration = Duration::from_secs(2);
/// A burst is read within this.
const BURST: Duration = Duration::from_secs(1);
/// So many orders are obeyed between two rounds of the engine: nobody who calls and hangs up holds up the others.
const ORDERS_A_ROUND: usize = 16;

impl Load {
    /// Calls that are not yet read to their ends.
    #[must_use]
    pub fn n_calls(&self) -> usize {
        self.n_calls.load(Ordering::Relaxed)
    }

    /// Whether the engine has not come to an end of its work for seconds.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        let looked = Duration::from_millis(self.looked_ms.load(Ordering::Relaxed));
        self.begun.0.elapsed().saturating_sub(looked) > STALE
    }

    /// How long the program runs.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.begun.0.elapsed()
    }

    fn looks(&self) {
        self.looked_ms.store(in_ms(self.begun.0.elapsed()), Ordering::Relaxed);
    }

    /// How much sound of the worst call waits, where that has been so for longer than a burst explains.
    #[must_use]
    pub fn backlog(&self) -> Duration {
        Duration::from_millis(self.backlog_ms.load(Ordering::Relaxed))
    }

    /// Delays of the readings in milliseconds: 50, 95 and 99 of 100.
    #[must_use]
    pub fn delays_ms(&self) -> [Option<f64>; 3] {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds")]
        let of = |delay: &AtomicU64| match delay.load(Ordering::Relaxed) {
            0 => None,
            ms => Some(ms as f64),
        };
        [of(&self.delays_ms[0]), of(&self.delays_ms[1]), of(&self.delays_ms[2])]
    }

    /// How many readings there were.
    #[must_use]
    pub fn readings(&self) -> u64 {
        self.readings.load(Ordering::Relaxed)
    }
}

fn in_ms(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}

/// What the engine tells of itself, in sentences and as calls that ended.
#[derive(Debug)]
pub enum Told {
    /// Something was lost, a log stopped, another device computes.
    Notice(String),
    /// A call ended.
    Ended(Box<Ended>),
    /// It goes on no longer.
    Failed(String),
}

/// The engine's thread, from outside.
pub struct Room {
    orders: Sender<Order>,
    load: Arc<Load>,
    stop: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Room {
    /// Starts the thread; `board` gets what is told of each call, where there is a wall, and `tell` what there is to tell of
    /// the engine, on that thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        engine: Engine,
        board: Option<Arc<Mutex<Board>>>,
        tell: impl Fn(Told) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (orders, receiver) = unbounded();
        let load = Arc::new(Load::default());
        let stop = Arc::new(AtomicBool::new(false));
        let exchange = Exchange {
            orders: receiver,
            load: Arc::clone(&load),
            stop: Arc::clone(&stop),
            lines: HashMap::new(),
            calls: HashMap::new(),
            board,
            tell: Box::new(tell),
            last_look: Instant::now(),
            behind_since: None,
            has_failed: false,
            stop_by: None,
        };
        let thread = std::thread::Builder::new()
            .name("engine".into())
            .spawn(move || exchange.run(engine))?;
        Ok(Room { orders, load, stop, thread: Mutex::new(Some(thread)) })
    }

    /// Asks for something; nothing happens where the engine is gone.
    pub fn order(&self, order: Order) {
        if matches!(order, Order::Connect(..)) {
            self.load.n_calls.fetch_add(1, Ordering::Relaxed);
        }
        let _ = self.orders.send(order);
    }

    /// How busy the engine is.
    #[must_use]
    pub fn load(&self) -> &Load {
        &self.load
    }

    /// Whether it still hears.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        unpoisoned(&self.thread).as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Ends all calls and their logs, and waits for that.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = unpoisoned(&self.thread).take() {
            let _ = thread.join();
        }
    }
}

/// The one who connects calls.
struct Exchange {
    orders: Receiver<Order>,
    load: Arc<Load>,
    stop: Arc<AtomicBool>,
    lines: HashMap<CallId, usize>,
    /// The same the other way round: which call a line has, or had last.
    calls: HashMap<usize, CallId>,
    board: Option<Arc<Mutex<Board>>>,
    tell: Box<dyn Fn(Told) + Send>,
    last_look: Instant,
    behind_since: Option<Instant>,
    has_failed: bool,
    /// It is to stop: once all calls are over, and by this moment in any case.
    stop_by: Option<Instant>,
}

/// When it is to stop, calls that were ended are read to their ends within this.
const READ_TO_THE_END: Duration = Duration::from_secs(10);

/// How often the engine's state is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);

impl Exchange {
    fn run(mut self, mut engine: Engine) {
        let Outcome { reason, failure } = run::run(&mut engine, &mut self);
        for ended in engine.end(&reason) {
            (self.tell)(Told::Ended(Box::new(ended)));
        }
        if let Some(failure) = failure {
            (self.tell)(Told::Failed(format!("{failure:#}")));
        }
    }

    fn obey(&mut self, order: Order, engine: &mut Engine) -> anyhow::Result<()> {
        match order {
            Order::Connect(id, setup, operator) => {
                match engine.connect(*setup, operator.map(|side| *side)) {
                    Ok(line) => {
                        if let Some(before) = self.calls.insert(line, id) {
                            self.lines.remove(&before);
                        }
                        self.lines.insert(id, line);
                    }
                    Err(error) => {
                        self.load.n_calls.fetch_sub(1, Ordering::Relaxed);
                        (self.tell)(Told::Notice(format!("a call is not read: {error:#}")));
                    }
                }
            }
            Order::Notice(id) => self.act(id, engine, |caller| Action::ConfirmNotice { caller })?,
            Order::Rename(id, label) => {
                self.act(id, engine, |caller| Action::Rename { caller, label })?;
            }
            Order::Acknowledge(id, at) => {
                let by = SeenBy::Wall;
                self.act(id, engine, |caller| Action::Acknowledge { caller, at, by })?;
            }
            Order::Mute(id, muted) => {
                if let Some(line) = self.line_of(id, engine) {
                    engine.mute(line, muted);
                }
            }
        }
        Ok(())
    }

    fn act(
        &self,
        id: CallId,
        engine: &mut Engine,
        action: impl FnOnce(usize) -> Action,
    ) -> anyhow::Result<()> {
        match self.line_of(id, engine) {
            Some(line) => engine.act(action(line), &mut |news| self.show(news)),
            None => Ok(()),
        }
    }

    /// The line of a call that is under way.
    fn line_of(&self, id: CallId, engine: &Engine) -> Option<usize> {
        self.lines.get(&id).copied().filter(|line| engine.has_call(*line))
    }

    /// Shows it on the wall.
    fn show(&self, news: &News) {
        let Some(board) = &self.board else { return };
        let line = match news {
            News::Fact(fact) => fact.caller,
            News::Call(line, _) => *line,
        };
        let Some(id) = self.calls.get(&line) else { return };
        let (mut board, key) = (unpoisoned(board), id.to_string());
        match news {
            News::Fact(fact) => board.fact(&key, fact),
            News::Call(_, news) => {
                board.news(&key, news, &our_name(*id), self.load.age());
            }
        }
    }

    fn look(&mut self, engine: &Engine) {
        self.last_look = Instant::now();
        self.load.looks();
        let store = |cell: &AtomicU64, value: u64| cell.store(value, Ordering::Relaxed);
        let backlog = engine.backlog();
        let since = self.behind_since.unwrap_or(self.last_look);
        self.behind_since = (backlog >= BURST / 4).then_some(since);
        let lasts = self.behind_since.is_some_and(|since| since.elapsed() >= BURST);
        store(&self.load.backlog_ms, if lasts { in_ms(backlog) } else { 0 });
        let delays = engine.delays();
        for (cell, percent) in self.load.delays_ms.iter().zip([50, 95, 99]) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "milliseconds, never negative"
            )]
            let delay_ms = delays.percentile(percent).map_or(0, |delay_ms| delay_ms as u64);
            store(cell, delay_ms);
        }
    }
}

impl Driver for Exchange {
    fn goes_on(&mut self, engine: &mut Engine) -> anyhow::Result<bool> {
        for _ in 0..ORDERS_A_ROUND {
            let Ok(order) = self.orders.try_recv() else { break };
            self.obey(order, engine)?;
        }
        if self.stop.load(Ordering::Relaxed) && self.stop_by.is_none() {
            self.stop_by = Some(Instant::now() + READ_TO_THE_END);
        }
        let has_more = engine.has_calls() || !self.orders.is_empty();
        Ok(self.stop_by.is_none_or(|by| has_more && Instant::now() < by))
    }

    fn hear(&mut self, news: &News) {
        self.show(news);
        if let News::Fact(fact) = news
            && matches!(fact.event, Event::Reading(_))
        {
            self.load.readings.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn after(
        &mut self,
        engine: &mut Engine,
        _: Step,
        failure: Option<&anyhow::Error>,
    ) -> anyhow::Result<()> {
        // A classifier that fails reads nobody any more: whoever watches over this program starts it again.
        self.has_failed = failure.is_some();
        while let Some(notice) = engine.take_notice() {
            (self.tell)(Told::Notice(notice));
        }
        for ended in engine.take_ended() {
            self.load.n_calls.fetch_sub(1, Ordering::Relaxed);
            (self.tell)(Told::Ended(Box::new(ended)));
        }
        if self.last_look.elapsed() >= LOOK_EVERY {
            self.look(engine);
        }
        Ok(())
    }

    fn stays(&self) -> bool {
        !self.has_failed
    }
}
