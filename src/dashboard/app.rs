//! All that the dashboard knows: a fold over what it is told and over the keys.
//!
//! In: [`Feed`] messages, keys, and how long the dashboard has been open. Out: [`Action`]s, and a state
//! that `draw` draws. It reads no clock and touches no terminal, so that tests can drive it.

use super::caller::Caller;
use super::feed::{Action, Feed, Mode, Setup, Status};
use super::keys::{self, Command, Scope};
use crate::pipeline::Event;
use crate::plain_text::{plain_line, plain_message};
use crate::stream_time::StreamTime;
use ratatui::crossterm::event::{KeyEvent, KeyEventKind};
use std::time::Duration;

/// Printed numbers change at most twice a second: faster, a person cannot read them.
const REFRESH: Duration = Duration::from_millis(500);

/// How long the answer to a key stays in the footer.
const ANSWER: Duration = Duration::from_secs(3);

/// Characters of a caller's label: more than the widest screen has room for.
const MAX_LABEL: usize = 500;

/// The speeds that `+` and `-` step through; a replay may begin at another one.
const SPEEDS: [f64; 7] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0];

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Over,
    Failed(String),
}

/// The state of the dashboard.
#[derive(Debug)]
pub(super) struct App {
    /// With every text made harmless.
    pub(super) setup: Setup,
    /// The log's path made harmless.
    pub(super) log: Option<String>,
    pub(super) callers: Vec<Caller>,
    /// An index into `callers`, if there are any.
    pub(super) selected: usize,
    pub(super) status: Status,
    /// `status` as its numbers stand on the screen.
    pub(super) printed: Status,
    pub(super) notice: Option<String>,
    pub(super) ending: Option<Ending>,
    pub(super) help: bool,
    answer: Option<(String, Duration)>,
    elapsed: Duration,
    refreshed: Duration,
    changed: bool,
}

impl App {
    pub(super) fn new(setup: Setup) -> Self {
        let speed = match setup.mode {
            Mode::Live => 1.0,
            Mode::Replay { speed, .. } => speed,
        };
        let status = Status {
            delay_p95_ms: None,
            dropped_samples: 0,
            is_heard: true,
            paused: false,
            position: StreamTime::ZERO,
            speed,
            log_stopped: None,
        };
        App {
            log: setup.log.as_ref().map(|path| plain_message(&path.to_string_lossy())),
            callers: setup
                .callers
                .iter()
                .map(|label| Caller::new(plain_line(label, MAX_LABEL)))
                .collect(),
            selected: 0,
            status,
            printed: status,
            notice: setup.notice.as_deref().map(plain_message),
            ending: None,
            help: false,
            answer: None,
            elapsed: Duration::ZERO,
            refreshed: Duration::ZERO,
            changed: true,
            setup: Setup {
                model: plain_message(&setup.model),
                backend: plain_message(&setup.backend),
                source: plain_message(&setup.source),
                ..setup
            },
        }
    }

    /// Takes in one message.
    pub(super) fn apply(&mut self, feed: Feed) {
        self.changed = true;
        match feed {
            Feed::Update(update) => {
                if matches!(update.event, Event::Seek { .. }) && self.ending == Some(Ending::Over) {
                    self.ending = None;
                }
                if let Some(caller) = self.callers.get_mut(update.caller) {
                    caller.apply(update.at, &update.event);
                }
            }
            Feed::Status(status) => self.status = status,
            Feed::Notice(text) => self.notice = Some(plain_message(&text)),
            Feed::Finished(None) => self.ending = Some(Ending::Over),
            Feed::Finished(Some(error)) => {
                self.ending = Some(Ending::Failed(plain_message(&error)));
            }
        }
    }

    /// The dashboard has been open for so long: numbers may change, and old answers go.
    pub(super) fn tick(&mut self, elapsed: Duration) {
        self.elapsed = elapsed;
        if elapsed.saturating_sub(self.refreshed) >= REFRESH {
            self.refreshed = elapsed;
            for caller in &mut self.callers {
                self.changed |= caller.refresh();
            }
            self.changed |= self.printed != self.status;
            self.printed = self.status;
        }
        self.changed |= self.answer.take_if(|(_, until)| *until <= elapsed).is_some();
    }

    /// What a key asks for. What it changes on the screen alone is done here.
    pub(super) fn on_key(&mut self, key: KeyEvent) -> Option<Action> {
        if key.kind == KeyEventKind::Release {
            return None;
        }
        let (command, scope) = keys::command(key)?;
        if !self.in_scope(scope) {
            return None;
        }
        self.changed = true;
        match command {
            Command::Back if self.help => self.help = false,
            Command::Quit | Command::Back => return Some(Action::Quit),
            Command::Help => self.help = !self.help,
            Command::NextCaller => {
                self.selected = (self.selected + 1).min(self.callers.len().saturating_sub(1));
            }
            Command::PreviousCaller => self.selected = self.selected.saturating_sub(1),
            Command::Pause => return Some(Action::TogglePause),
            Command::Seek(seconds) => return Some(Action::SeekBy(seconds)),
            Command::Faster => return self.speed_above().map(Action::SetSpeed),
            Command::Slower => return self.speed_below().map(Action::SetSpeed),
            Command::Mark => return Some(Action::Mark),
        }
        None
    }

    /// The action was handed over: what it will lead to is shown at once.
    pub(super) fn handed_over(&mut self, action: Action) {
        match action {
            Action::Mark => {
                for caller in &mut self.callers {
                    caller.timeline.mark(caller.timeline.now(), "");
                }
                self.answer(format!("marked at {}", self.clock()));
            }
            Action::SetSpeed(speed) => self.status.speed = speed,
            Action::Quit | Action::TogglePause | Action::SeekBy(_) => {}
        }
    }

    /// The action could not be handed over.
    pub(super) fn refused(&mut self) {
        self.answer("busy: nothing was done; press the key again".to_owned());
    }

    /// Nobody feeds the dashboard any more; if nobody said why, that is an error.
    pub(super) fn engine_left(&mut self) {
        if self.ending.is_none() {
            let error = "the engine stopped without saying why".to_owned();
            self.apply(Feed::Finished(Some(error)));
        }
    }

    /// The terminal has another size.
    pub(super) fn resized(&mut self) {
        self.changed = true;
    }

    /// Whether anything changed since this was asked last.
    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// Whether keys of this scope mean anything now.
    pub(super) fn in_scope(&self, scope: Scope) -> bool {
        match scope {
            Scope::Always => true,
            Scope::Running => self.ending.is_none(),
            Scope::Playing => self.ending.is_none() && self.is_replay(),
            // A replay that is over can be moved back.
            Scope::Replay => !matches!(self.ending, Some(Ending::Failed(_))) && self.is_replay(),
            Scope::SeveralCallers => self.callers.len() > 1,
        }
    }

    /// Whether the caller cannot be heard now, because the device is gone.
    pub(super) fn is_deaf(&self) -> bool {
        self.ending.is_none() && !self.status.is_heard
    }

    fn is_replay(&self) -> bool {
        matches!(self.setup.mode, Mode::Replay { .. })
    }

    /// The caller whose details are shown.
    pub(super) fn caller(&self) -> Option<&Caller> {
        self.callers.get(self.selected)
    }

    /// The answer to the last key, for a while.
    pub(super) fn last_answer(&self) -> Option<&str> {
        self.answer.as_ref().map(|(text, _)| text.as_str())
    }

    /// The selected caller's clock.
    pub(super) fn clock(&self) -> StreamTime {
        self.caller().map_or(self.status.position, |caller| caller.timeline.now())
    }

    fn answer(&mut self, text: String) {
        self.answer = Some((text, self.elapsed + ANSWER));
        self.changed = true;
    }

    fn speed_above(&self) -> Option<f64> {
        SPEEDS.into_iter().find(|speed| *speed > self.status.speed)
    }

    fn speed_below(&self) -> Option<f64> {
        SPEEDS.into_iter().rev().find(|speed| *speed < self.status.speed)
    }
}

#[cfg(test)]
mod tests;
