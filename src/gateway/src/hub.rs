//! Which calls are under way, and whether one more is taken.
//!
//! In: calls that begin, from any connection. Out: each as a [`Call`] that its connection fills, and the engine's orders.
//! Keeps the calls by their keys.

use crate::call::{Call, result_of};
use crate::call_name::{label_of, nobodys, parameter};
use crate::config::Config;
use crate::legs::Counting;
use crate::log::log;
use crate::metrics::Metrics;
use crate::protocol::{Begin, Sides};
use crate::room::{CallId, Order, Room};
use engine::LineSetup;
use engine::input::Input;
use engine::streams::StreamOperator;
use hearing::stream_time::StreamTime;
use record::plain_text::plain_line;
use record::session::record::CallerEntry;
use serde_json::json;
use sound::stream::stream;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// So much sound of a call may wait for the engine, in seconds.
const MOST_WAITING_S: u64 = 30;
/// One side may come later than the other by this.
const APART_LAG: StreamTime = StreamTime::from_ms(300);

/// Why a call is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// There are as many as may be, or the engine is behind.
    #[error("no room for another call")]
    Full,
    /// The gateway is about to stop.
    #[error("no new calls: the gateway is about to stop")]
    Draining,
    /// A call of that name goes on over another connection, with other sides or another rate.
    #[error("a call of that name is under way, and it is another one")]
    Another,
}

impl NotTaken {
    /// One word for a counter.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            NotTaken::Full => "full",
            NotTaken::Draining => "draining",
            NotTaken::Another => "another",
        }
    }
}

/// A call, as a connection has it.
pub struct Attached {
    /// The call's key.
    pub key: String,
    /// Which connection this is.
    pub connection: u64,
    /// The call.
    pub call: Arc<Mutex<Call>>,
}

/// What is told of a call under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The call's key.
    pub key: String,
    /// Over which protocol.
    pub protocol: &'static str,
}

/// All calls.
pub struct Hub {
    config: Config,
    room: Room,
    metrics: Arc<Metrics>,
    calls: Mutex<HashMap<String, Arc<Mutex<Call>>>>,
    next_call: AtomicU64,
    next_connection: AtomicU64,
    is_draining: AtomicBool,
    is_cut_off: AtomicBool,
    /// Open connections by address.
    connections: Mutex<HashMap<IpAddr, usize>>,
}

impl Hub {
    /// A gateway in which nothing happened yet.
    #[must_use]
    pub fn new(config: Config, room: Room, metrics: Arc<Metrics>) -> Self {
        Hub {
            config,
            room,
            metrics,
            calls: Mutex::default(),
            next_call: AtomicU64::new(1),
            next_connection: AtomicU64::new(1),
            is_draining: AtomicBool::new(false),
            is_cut_off: AtomicBool::new(false),
            connections: Mutex::default(),
        }
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The counts.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// The engine.
    #[must_use]
    pub fn room(&self) -> &Room {
        &self.room
    }

    /// Whether one more call is taken now.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub fn may_take(&self) -> Result<(), NotTaken> {
        self.has_room_beside(self.lock().len())
    }

    /// Whether a call of that key is under way: a connection that names it goes on with it, also where no new one is taken.
    #[must_use]
    pub fn goes_on(&self, key: &str) -> bool {
        self.lock().contains_key(&nobodys(key.to_owned()))
    }

    fn has_room_beside(&self, n_calls: usize) -> Result<(), NotTaken> {
        let limits = &self.config.limits;
        if self.is_draining() {
            return Err(NotTaken::Draining);
        }
        let load = self.room.load();
        let is_behind =
            load.backlog() > Duration::from_millis(limits.backlog_ms) || load.is_stale();
        // A call that is over takes room until the engine has read it to its end.
        let n_calls = n_calls.max(load.n_calls());
        if is_behind || n_calls >= limits.calls || !self.room.is_alive() {
            return Err(NotTaken::Full);
        }
        Ok(())
    }

    /// Takes a call that begins, or goes on with it where its key is known: the younger connection has it then.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub fn begin(
        &self,
        begin: Begin,
        protocol: &'static str,
        counting: Counting,
        now: Instant,
    ) -> Result<Attached, NotTaken> {
        let begin = &Begin { key: nobodys(begin.key), ..begin };
        let connection = self.next_connection.fetch_add(1, Ordering::Relaxed);
        let attached = |call: &Arc<Mutex<Call>>| Attached {
            key: begin.key.clone(),
            connection,
            call: Arc::clone(call),
        };
        // Held to the end: two connections may begin one call at once.
        let mut calls = self.lock();
        if let Some(call) = calls.get(&begin.key) {
            let mut going_on = unpoisoned(call);
            if !going_on.is_like(begin) {
                return Err(NotTaken::Another);
            }
            going_on.take_over(connection, now);
            drop(going_on);
            return Ok(attached(call));
        }
        self.has_room_beside(calls.len())?;
        let id = self.next_call.fetch_add(1, Ordering::Relaxed);
        let mut call = self.connect(id, begin, protocol, counting);
        call.connection = connection;
        let call = Arc::new(Mutex::new(call));
        let attached = attached(&call);
        calls.insert(begin.key.clone(), call);
        drop(calls);
        log("call_begins", &json!({ "call": begin.key, "sides": side_words(begin.sides) }));
        Ok(attached)
    }

    fn connect(
        &self,
        id: CallId,
        begin: &Begin,
        protocol: &'static str,
        counting: Counting,
    ) -> Call {
        let limit = u64::from(begin.rate_hz) * MOST_WAITING_S;
        let (caller, source) = stream(begin.rate_hz, limit);
        let unread =
            if begin.sides == Sides::Unknown { ": side unknown, nothing is read" } else { "" };
        let entry = CallerEntry {
            label: label_of(id, begin),
            source: plain_line(&format!("{}{unread}", begin.key), 200),
        };
        let setup = LineSetup { entry, input: Input::Stream(Box::new(source)) };
        let lag = match begin.sides {
            Sides::Together => Some(StreamTime::ZERO),
            Sides::Apart => Some(APART_LAG),
            Sides::Caller | Sides::Unknown => None,
        };
        let (operator, sender) = match lag {
            Some(lag) => {
                let (sender, source) = stream(begin.rate_hz, limit);
                let words = format!("{protocol}: the other side");
                (Some(Box::new(StreamOperator { source, lag, words })), Some(sender))
            }
            None => (None, None),
        };
        self.room.order(Order::Connect(id, Box::new(setup), operator));
        if parameter(begin, "notice_given").is_some_and(|given| given == "true") {
            self.room.order(Order::Notice(id));
        }
        let metrics = Arc::clone(&self.metrics);
        Call::new(id, protocol, begin, counting, (caller, sender), metrics)
    }

    /// A connection's call is over, if it is still that connection's.
    pub fn end(&self, attached: &Attached, now: Instant, cut: Option<&'static str>) {
        // In the order in which a call is begun: nobody takes it over in between.
        let mut calls = self.lock();
        let mut call = unpoisoned(&attached.call);
        if call.connection != attached.connection || call.is_over() {
            return;
        }
        call.end(now, cut);
        drop(call);
        if calls.get(&attached.key).is_some_and(|call| Arc::ptr_eq(call, &attached.call)) {
            calls.remove(&attached.key);
        }
        drop(calls);
        log("call_ends", &json!({ "call": attached.key, "result": result_of(cut) }));
    }

    /// How many calls are under way.
    #[must_use]
    pub fn n_calls(&self) -> usize {
        self.lock().len()
    }

    /// The calls under way, by their keys.
    #[must_use]
    pub fn list(&self) -> Vec<Listed> {
        let calls = self.lock();
        let of = |(key, call): (&String, &Arc<Mutex<Call>>)| Listed {
            key: key.clone(),
            protocol: unpoisoned(call).protocol,
        };
        let mut listed: Vec<Listed> = calls.iter().map(of).collect();
        listed.sort_by(|one, other| one.key.cmp(&other.key));
        listed
    }

    /// Asks the engine for something about a call; whether there is such a call.
    pub fn order(&self, key: &str, order: impl FnOnce(CallId) -> Order) -> bool {
        let id = self.lock().get(&nobodys(key.to_owned())).map(|call| unpoisoned(call).id);
        if let Some(id) = id {
            self.room.order(order(id));
        }
        id.is_some()
    }

    /// From now on no new calls are taken.
    pub fn drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
        self.metrics.drains();
    }

    /// Calls that are under way still are over.
    pub fn cut_off(&self) {
        self.is_cut_off.store(true, Ordering::Relaxed);
    }

    /// Whether that is so.
    #[must_use]
    pub fn is_cut_off(&self) -> bool {
        self.is_cut_off.load(Ordering::Relaxed)
    }

    /// Ends the engine, and all logs.
    pub fn stop(&self) {
        self.room.stop();
    }

    /// Whether that is so.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Relaxed)
    }

    /// One more connection from an address; `None` where there are too many.
    pub fn connection(self: &Arc<Self>, address: IpAddr) -> Option<Connection> {
        let limits = &self.config.limits;
        let mut connections = unpoisoned(&self.connections);
        let total: usize = connections.values().sum();
        let own = connections.get(&address).copied().unwrap_or_default();
        if total >= limits.connections || own >= limits.connections_per_address {
            self.metrics.refuses("connections");
            return None;
        }
        connections.insert(address, own + 1);
        self.metrics.connects(1);
        Some(Connection { hub: Arc::clone(self), address })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Mutex<Call>>>> {
        unpoisoned(&self.calls)
    }
}

/// A connection that counts while it is there.
pub struct Connection {
    hub: Arc<Hub>,
    address: IpAddr,
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut connections = unpoisoned(&self.hub.connections);
        if let Some(n) = connections.get_mut(&self.address) {
            *n -= 1;
            if *n == 0 {
                connections.remove(&self.address);
            }
        }
        self.hub.metrics.connects(-1);
    }
}

/// A lock whose holder panicked is a lock all the same: what it keeps is whole between calls.
pub fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn side_words(sides: Sides) -> &'static str {
    match sides {
        Sides::Caller => "caller",
        Sides::Together | Sides::Apart => "caller and operator",
        Sides::Unknown => "unknown: nothing is read",
    }
}
