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

use super::printer::chain;
use super::sound::{Screen, Sound};
use anyhow::Context;
use crossbeam_channel::{Receiver, Sender, TryRecvError, TrySendError, bounded};
use engine::call::Ended;
use engine::run::{self, Driver, Outcome};
use engine::switchboard::News;
use engine::{Engine, Step};
use hearing::fact::Event;
use model::driver_panic;
use screen::{self, Action, Feed, Setup, Status};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

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
    beside(engine, ways, |feed, actions| {
        Ok(screen::run(setup, feed, actions, driver_panic::is_one)?)
    })
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
    let session =
        Session { sound, outbox, ended, actions, last_status: Instant::now(), is_finished: false };
    let engine = std::thread::Builder::new()
        .name("engine".into())
        .spawn(move || session.run(engine))
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
            News::Fact(update) if matches!(update.event, Event::Alert(_)) => {
                self.tell(Feed::Fact(update.clone()));
            }
            News::Fact(update) => self.show(Feed::Fact(update.clone())),
            News::Call(caller, news) => {
                self.tell(Feed::Call { caller: *caller, news: news.clone() });
            }
        }
    }
}

/// The two channels of an engine with a screen.
struct Session {
    /// What of a recording is heard; nothing of it comes back into the engine.
    sound: Option<Sound>,
    outbox: Outbox,
    ended: Option<Sender<Ended>>,
    actions: Receiver<Action>,
    last_status: Instant,
    /// Whether it was told that the sources are over.
    is_finished: bool,
}

impl Driver for Session {
    /// Does what was asked for; not when the dashboard was closed.
    fn goes_on(&mut self, engine: &mut Engine) -> anyhow::Result<bool> {
        let mut done = Ok(());
        loop {
            match self.actions.try_recv() {
                Ok(Action::Quit) | Err(TryRecvError::Disconnected) => return Ok(false),
                Err(TryRecvError::Empty) => return done.map(|()| true),
                Ok(action) => {
                    let outbox = &mut self.outbox;
                    done = engine.act(action, &mut |news| outbox.news(news)).and(done);
                }
            }
            self.tell_status(engine);
        }
    }

    fn hear(&mut self, news: &News) {
        self.outbox.news(news);
    }

    fn after(
        &mut self,
        engine: &mut Engine,
        step: Step,
        failure: Option<&anyhow::Error>,
    ) -> anyhow::Result<()> {
        self.play(engine, step);
        self.tell_notices(engine);
        self.tell_ended(engine);
        if step == Step::Worked {
            // Also a replay that was over and was moved back.
            self.is_finished = false;
        }
        if step == Step::Ended && !self.is_finished {
            self.tell_status(engine);
            self.outbox.tell(Feed::Finished(failure.map(chain)));
            self.is_finished = true;
        }
        if self.last_status.elapsed() >= STATUS_EVERY {
            self.tell_status(engine);
        }
        self.outbox.send_waiting();
        Ok(())
    }

    fn stays(&self) -> bool {
        true
    }
}

impl Session {
    fn run(mut self, mut engine: Engine) -> Watched {
        let Outcome { reason, failure } = run::run(&mut engine, &mut self);
        let has_lost_sound = engine.has_lost_sound();
        Watched { ended: engine.end(&reason), failure, has_lost_sound }
    }

    /// Lets what is heard follow the screen.
    fn play(&mut self, engine: &mut Engine, step: Step) {
        let Some(sound) = &mut self.sound else { return };
        let notice = sound.follow(&Screen {
            position: engine.position(),
            speed: engine.speed(),
            is_held: engine.is_paused(),
            is_muted: engine.is_muted(),
            is_level: step == Step::Waiting,
        });
        if let Some(notice) = notice {
            self.outbox.show(Feed::Notice(notice));
        }
    }

    fn tell_status(&mut self, engine: &mut Engine) {
        self.last_status = Instant::now();
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds for a screen")]
        let delay_p95_ms = engine.delay().map(|delay| delay.p95_ms as f32);
        let status = Status {
            delay_p95_ms,
            dropped_samples: engine.dropped_samples(),
            is_heard: engine.is_heard(),
            is_muted: engine.is_muted(),
            backend: engine.backend(),
            paused: engine.is_paused(),
            position: engine.position(),
            speed: engine.speed(),
            log_stopped: engine.log_stopped(),
        };
        self.outbox.show(Feed::Status(status));
    }

    /// Tells which calls ended, if somebody wants to know at once.
    fn tell_ended(&mut self, engine: &mut Engine) {
        if let Some(sender) = &self.ended {
            for call in engine.take_ended() {
                let _ = sender.send(call);
            }
        }
    }

    /// Tells what the engine noticed, with the state that goes with it; what finds no room waits.
    fn tell_notices(&mut self, engine: &mut Engine) {
        while !self.outbox.feed.is_full()
            && let Some(notice) = engine.take_notice()
        {
            self.outbox.show(Feed::Notice(notice));
            self.tell_status(engine);
        }
    }
}
