//! The engine's thread beside the dashboard's.
//!
//! ```text
//!  "engine" thread                        main thread
//!  ┌──────────────────────────────┐       ┌────────────────────┐
//!  │ Engine::step until stopped,  │ Feed  │ dashboard:         │
//!  │ logs, then try_send          ├──────►│ apply, draw, keys  │
//!  └──────────────▲───────────────┘       └─────────┬──────────┘
//!                 └────────────── Action ───────────┘
//! ```
//!
//! Both channels are bounded. When the screen is slow, updates for it are dropped; the log has them. When the
//! dashboard is closed, the engine stops within one poll.

use super::engine::call::Ended;
use super::engine::switchboard::News;
use super::engine::{Engine, Step};
use super::printer::chain;
use super::sound::{Screen, Sound};
use crate::audio::recording::Pace;
use crate::dashboard::{self, Action, Feed, Setup, Status};
use crate::pipeline::Event;
use crate::session::record::EndReason;
use crate::stream_time::StreamTime;
use anyhow::Context;
use crossbeam_channel::{Receiver, Sender, TryRecvError, TrySendError, bounded};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// How long the engine sleeps when its source has nothing: a small part of the 50 ms of a device's block.
pub const POLL: Duration = Duration::from_millis(4);
/// Messages to the screen that may wait: some 15 s of one caller's. When it is full the screen misses them.
const FEED_LEN: usize = 1024;
/// Key presses that may wait; nobody types faster than the engine polls.
const ACTIONS_LEN: usize = 64;
/// How often the screen learns the engine's state.
const STATUS_EVERY: Duration = Duration::from_millis(250);

/// How a watched run ended.
pub struct Watched {
    /// What each call amounts to.
    pub ended: Vec<Ended>,
    /// What broke it off, if something did.
    pub failure: Option<anyhow::Error>,
    /// Whether something of a recording was lost.
    pub has_lost_sound: bool,
}

/// A flag that an interrupt, a termination or a hang-up of the terminal sets.
///
/// # Errors
/// When the system does not let signals be handled.
pub fn stop_flag() -> anyhow::Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [
        signal_hook::consts::SIGINT,
        signal_hook::consts::SIGTERM,
        #[cfg(unix)]
        signal_hook::consts::SIGHUP,
    ] {
        signal_hook::flag::register(signal, Arc::clone(&flag))
            .context("cannot handle the system's signals")?;
    }
    Ok(flag)
}

/// How whoever watches is told.
#[derive(Default)]
pub struct Ways {
    /// Whether the engine waits for a slow reader, who then misses nothing.
    pub waits: bool,
    /// Who gets the calls that end while the engine goes on; without one they are told at the end.
    pub ended: Option<Sender<Ended>>,
    /// What of a recording is heard beside it; nothing of it comes back into the engine.
    pub sound: Option<Sound>,
}

/// Runs the engine on its thread and shows the dashboard until it is closed; `sound` goes with the screen.
///
/// # Errors
/// What the dashboard says, after the engine has ended its log.
pub fn run(setup: Setup, engine: Engine, sound: Option<Sound>) -> anyhow::Result<Watched> {
    let ways = Ways { sound, ..Ways::default() };
    beside(engine, ways, |feed, actions| Ok(dashboard::run(setup, feed, actions)?))
}

/// Runs the engine on its thread until `show` returns, which gets what the engine says and tells it what to do.
///
/// # Errors
/// What `show` says, after the engine has ended its log.
pub fn beside(
    engine: Engine,
    ways: Ways,
    show: impl FnOnce(Receiver<Feed>, Sender<Action>) -> anyhow::Result<()>,
) -> anyhow::Result<Watched> {
    let (feed_sender, feed) = bounded(FEED_LEN);
    let (action_sender, actions) = bounded(ACTIONS_LEN);
    let outbox = Outbox { feed: feed_sender, waits: ways.waits, waiting: VecDeque::new() };
    let Ways { ended, sound, .. } = ways;
    let session = Session { engine, sound, outbox, ended, actions, last_status: Instant::now() };
    let engine = std::thread::Builder::new()
        .name("engine".into())
        .spawn(move || session.run())
        .context("cannot start the engine's thread")?;
    let shown = show(feed, action_sender);
    let watched = engine.join().map_err(|_| anyhow::anyhow!("the engine's thread panicked"))?;
    shown?;
    Ok(watched)
}

/// What goes to the screen. Pictures may be missed; that a call begins or ends, and an alert, may not.
struct Outbox {
    feed: Sender<Feed>,
    /// Whether nothing is missed.
    waits: bool,
    /// What must arrive and found no room.
    waiting: VecDeque<Feed>,
}

impl Outbox {
    /// Sends what waits, as far as there is room.
    fn send_waiting(&mut self) {
        while let Some(message) = self.waiting.pop_front() {
            if self.waits {
                let _ = self.feed.send(message);
            } else if let Err(TrySendError::Full(message)) = self.feed.try_send(message) {
                self.waiting.push_front(message);
                return;
            }
        }
    }

    /// Sends a picture, unless the screen is too slow: then it misses this, the log does not.
    fn show(&mut self, message: Feed) {
        self.send_waiting();
        if self.waits {
            // Whoever has gone away misses nothing.
            let _ = self.feed.send(message);
        } else if self.waiting.is_empty() {
            let _ = self.feed.try_send(message);
        }
    }

    /// Sends what must arrive, in order, now or later.
    fn tell(&mut self, message: Feed) {
        self.waiting.push_back(message);
        self.send_waiting();
    }

    fn news(&mut self, news: &News) {
        match news {
            News::Update(update) if matches!(update.event, Event::Alert(_)) => {
                self.tell(Feed::Update(update.clone()));
            }
            News::Update(update) => self.show(Feed::Update(update.clone())),
            News::Call(caller, news) => {
                self.tell(Feed::Call { caller: *caller, news: news.clone() });
            }
        }
    }
}

/// The engine with its two channels.
struct Session {
    engine: Engine,
    /// What of a recording is heard; nothing of it comes back into the engine.
    sound: Option<Sound>,
    outbox: Outbox,
    ended: Option<Sender<Ended>>,
    actions: Receiver<Action>,
    last_status: Instant,
}

/// How a replay is held or hurried.
struct Transport {
    paused: bool,
    speed: f64,
}

impl Session {
    fn run(mut self) -> Watched {
        let mut transport = Transport { paused: false, speed: self.engine.speed() };
        let mut failure = None;
        let mut finished = false;
        while self.obey(&mut transport, &mut failure) {
            let step = if failure.is_some() { Step::Ended } else { self.step(&mut failure) };
            self.play(&transport, step);
            self.tell_notices(&transport);
            self.tell_ended();
            if step == Step::Worked {
                // Also a replay that was over and was moved back.
                finished = false;
            }
            if step == Step::Ended && !finished {
                self.tell_status(&transport);
                let message = failure.as_ref().map(chain);
                self.outbox.tell(Feed::Finished(message));
                finished = true;
            }
            if self.last_status.elapsed() >= STATUS_EVERY {
                self.tell_status(&transport);
            }
            self.outbox.send_waiting();
            if step != Step::Worked {
                std::thread::sleep(POLL);
            }
        }
        let reason = match &failure {
            Some(error) => EndReason::Error(chain(error)),
            None if finished => EndReason::Finished,
            None => EndReason::Stopped,
        };
        let has_lost_sound = self.engine.has_lost_sound();
        Watched { ended: self.engine.end(&reason), failure, has_lost_sound }
    }

    fn step(&mut self, failure: &mut Option<anyhow::Error>) -> Step {
        let outbox = &mut self.outbox;
        let result = self.engine.step(&mut |news| outbox.news(news));
        result.unwrap_or_else(|error| {
            *failure = Some(error);
            Step::Ended
        })
    }

    /// Lets what is heard follow the screen.
    fn play(&mut self, transport: &Transport, step: Step) {
        let Some(sound) = &mut self.sound else { return };
        let notice = sound.follow(&Screen {
            position: self.engine.position(),
            speed: transport.speed,
            is_held: transport.paused,
            is_muted: self.engine.is_muted(),
            is_level: step == Step::Waiting,
        });
        if let Some(notice) = notice {
            self.outbox.show(Feed::Notice(notice));
        }
    }

    /// Does what was asked for; false when the dashboard was closed.
    fn obey(&mut self, transport: &mut Transport, failure: &mut Option<anyhow::Error>) -> bool {
        loop {
            match self.actions.try_recv() {
                Ok(Action::Quit) | Err(TryRecvError::Disconnected) => return false,
                Err(TryRecvError::Empty) => return true,
                Ok(Action::Mark { caller, at, text }) => self.engine.mark(caller, at, &text),
                Ok(Action::BeginCall { caller, label }) => self.engine.begin_call(caller, &label),
                Ok(Action::EndCall { caller }) => self.engine.end_call(caller),
                Ok(Action::Rename { caller, label }) => self.engine.rename(caller, &label),
                Ok(Action::ConfirmNotice { caller }) => self.engine.confirm_notice(caller),
                Ok(Action::Acknowledge { caller, at }) => self.engine.acknowledge(caller, at),
                Ok(Action::ToggleMute) => self.engine.toggle_mute(),
                Ok(Action::TogglePause) => {
                    transport.paused = !transport.paused;
                    self.engine.pause(transport.paused);
                }
                Ok(Action::SetSpeed(speed)) => {
                    transport.speed = speed;
                    self.engine.set_speed(speed);
                }
                Ok(Action::SeekBy(seconds)) => {
                    *failure = self.seek_by(seconds).err().or(failure.take());
                }
                Ok(Action::SeekTo(target)) => {
                    *failure = self.seek_to(target).err().or(failure.take());
                }
            }
            self.tell_status(transport);
        }
    }

    fn seek_by(&mut self, seconds: i64) -> anyhow::Result<()> {
        let step = StreamTime::from_ms(seconds.unsigned_abs() * 1000);
        let position = self.engine.position();
        let target = if seconds < 0 { position - step } else { position + step };
        self.seek_to(target)
    }

    fn seek_to(&mut self, target: StreamTime) -> anyhow::Result<()> {
        let outbox = &mut self.outbox;
        self.engine.seek_to(target, &mut |news| outbox.news(news))
    }

    fn tell_status(&mut self, transport: &Transport) {
        self.last_status = Instant::now();
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds for a screen")]
        let delay_p95_ms = self.engine.delay().map(|delay| delay.p95_ms as f32);
        let status = Status {
            delay_p95_ms,
            dropped_samples: self.engine.dropped_samples(),
            is_heard: self.engine.is_heard(),
            is_muted: self.engine.is_muted(),
            backend: self.engine.backend(),
            paused: transport.paused,
            position: self.engine.position(),
            speed: transport.speed,
            log_stopped: self.engine.log_stopped(),
        };
        self.outbox.show(Feed::Status(status));
    }

    /// Tells which calls ended, if somebody wants to know at once.
    fn tell_ended(&mut self) {
        if let Some(sender) = &self.ended {
            for call in self.engine.take_ended() {
                let _ = sender.send(call);
            }
        }
    }

    /// Tells what the engine noticed, with the state that goes with it; what finds no room waits.
    fn tell_notices(&mut self, transport: &Transport) {
        while !self.outbox.feed.is_full()
            && let Some(notice) = self.engine.take_notice()
        {
            self.outbox.show(Feed::Notice(notice));
            self.tell_status(transport);
        }
    }
}

/// The pace of a speed; infinite is as fast as it reads.
#[must_use]
pub fn pace_of(speed: f64) -> Pace {
    if speed.is_finite() { Pace::Paced { speed } } else { Pace::AsRead }
}

/// The speed of a pace.
#[must_use]
pub fn speed_of(pace: Pace) -> f64 {
    match pace {
        Pace::Paced { speed } => speed,
        Pace::AsRead => f64::INFINITY,
    }
}
