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

use super::engine::{Clock, Ended, Engine, Step};
use crate::audio::recording::Pace;
use crate::dashboard::{self, Action, CallNews, Feed, Setup, Status};
use crate::session::record::EndReason;
use crate::stream_time::StreamTime;
use anyhow::Context;
use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};
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

/// How a watched session ended.
pub struct Watched {
    /// What it amounts to.
    pub ended: Ended,
    /// What broke it off, if something did.
    pub failure: Option<anyhow::Error>,
    /// What is missing in the log, if anything is.
    pub log_failure: Option<String>,
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

/// Runs the engine on its thread and shows the dashboard until it is closed.
///
/// # Errors
/// What the dashboard says, after the engine has ended its log.
pub fn run(setup: Setup, engine: Engine) -> anyhow::Result<Watched> {
    let begun = CallNews::Begun {
        label: setup.lines[0].label.clone(),
        log: engine.log_path(),
        awaits_notice: false,
    };
    let (feed_sender, feed) = bounded(FEED_LEN);
    let _ = feed_sender.try_send(Feed::Call { caller: 0, news: begun });
    let (action_sender, actions) = bounded(ACTIONS_LEN);
    let session = Session { engine, feed: feed_sender, actions, last_status: Instant::now() };
    let engine = std::thread::Builder::new()
        .name("engine".into())
        .spawn(move || session.run())
        .context("cannot start the engine's thread")?;
    let shown = dashboard::run(setup, feed, action_sender);
    let watched = engine.join().map_err(|_| anyhow::anyhow!("the engine's thread panicked"))?;
    shown?;
    Ok(watched)
}

/// The engine with its two channels.
struct Session {
    engine: Engine,
    feed: Sender<Feed>,
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
            if let Some(news) = self.engine.take_log_news() {
                self.tell(Feed::Notice(news.to_string()));
                self.tell_status(&transport);
            }
            if step == Step::Worked {
                // Also a replay that was over and was moved back.
                finished = false;
            }
            if step == Step::Ended && !finished {
                self.tell_status(&transport);
                // Said again at the next poll if the screen is too slow to take it now.
                let message = failure.as_ref().map(|error| format!("{error:#}"));
                finished = self.feed.try_send(Feed::Finished(message)).is_ok();
            }
            if self.last_status.elapsed() >= STATUS_EVERY {
                self.tell_status(&transport);
            }
            self.tell_notices(&transport);
            if step != Step::Worked {
                std::thread::sleep(POLL);
            }
        }
        let reason = match &failure {
            Some(error) => EndReason::Error(format!("{error:#}")),
            None if finished => EndReason::Finished,
            None => EndReason::Stopped,
        };
        let (ended, log_failure) = self.engine.end(reason);
        Watched { ended, failure, log_failure }
    }

    fn step(&mut self, failure: &mut Option<anyhow::Error>) -> Step {
        let feed = &self.feed;
        let result = self.engine.step(&mut |update| {
            // A full channel means a slow screen: it misses this, the log does not.
            let _ = feed.try_send(Feed::Update(update.clone()));
        });
        result.unwrap_or_else(|error| {
            *failure = Some(error);
            Step::Ended
        })
    }

    /// Does what was asked for; false when the dashboard was closed.
    fn obey(&mut self, transport: &mut Transport, failure: &mut Option<anyhow::Error>) -> bool {
        loop {
            match self.actions.try_recv() {
                Ok(Action::Quit) | Err(TryRecvError::Disconnected) => return false,
                Err(TryRecvError::Empty) => return true,
                Ok(Action::Mark { text, .. }) => self.engine.mark(&text),
                Ok(Action::TogglePause) => {
                    transport.paused = !transport.paused;
                    if let Some(recording) = self.engine.recording() {
                        recording.pause(transport.paused);
                    }
                    self.engine.restart_clock();
                }
                Ok(Action::SetSpeed(speed)) => {
                    transport.speed = speed;
                    self.engine.set_clock(Clock::of_speed(speed));
                    if let Some(recording) = self.engine.recording() {
                        recording.set_pace(pace_of(speed));
                    }
                }
                Ok(Action::SeekBy(seconds)) => {
                    if let Err(error) = self.seek_by(seconds) {
                        *failure = Some(error);
                    }
                }
                Ok(_) => {}
            }
            self.tell_status(transport);
        }
    }

    fn seek_by(&mut self, seconds: i64) -> anyhow::Result<()> {
        let step = StreamTime::from_ms(seconds.unsigned_abs() * 1000);
        let position = self.engine.position();
        let target = if seconds < 0 { position - step } else { position + step };
        let feed = &self.feed;
        self.engine.seek_to(target, &mut |update| {
            let _ = feed.try_send(Feed::Update(update.clone()));
        })
    }

    fn tell_status(&mut self, transport: &Transport) {
        self.last_status = Instant::now();
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds for a screen")]
        let delay_p95_ms = self.engine.delay().map(|delay| delay.p95_ms as f32);
        let status = Status {
            delay_p95_ms,
            dropped_samples: self.engine.dropped_samples(),
            is_heard: vec![self.engine.is_heard()],
            is_muted: false,
            backend: None,
            paused: transport.paused,
            position: self.engine.position(),
            speed: transport.speed,
            log_stopped: self.engine.log_stopped(),
        };
        self.tell(Feed::Status(status));
    }

    /// Tells what the engine noticed, with the state that goes with it; what finds no room waits.
    fn tell_notices(&mut self, transport: &Transport) {
        while !self.feed.is_full()
            && let Some(notice) = self.engine.take_notice()
        {
            self.tell(Feed::Notice(notice));
            self.tell_status(transport);
        }
    }

    fn tell(&self, message: Feed) {
        let _ = self.feed.try_send(message);
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
