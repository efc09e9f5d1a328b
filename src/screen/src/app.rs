//! All that the dashboard knows: a fold over what it is told and over the keys.
//!
//! In: [`Feed`] messages, keys, and how long the dashboard has been open. Out: [`Action`]s, and a state
//! that `draw` draws. It reads no clock and touches no terminal, so that tests can drive it. What keys do
//! stands in `obey`.

mod mouse;
mod obey;
mod order;

pub(super) use order::Sorting;

use super::caller::{Caller, Phase};
use super::entry::{Asked, Entry};
use super::feed::{CallNews, Feed, Mode, Setup, Status};
use super::keys::{Command, Scope};
use super::window::Zoom;
use hearing::fact::Event;
use hearing::stream_time::StreamTime;
use hearing::timeline::Alert;
use record::plain_text::plain_message;
use std::time::Duration;

/// Printed numbers change at most twice a second: faster, a person cannot read them.
const REFRESH: Duration = Duration::from_millis(500);

/// How long the answer to a key stays in the footer, and how long a call that shall end waits for the second
/// press.
const ANSWER: Duration = Duration::from_secs(3);

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
    /// The lines, each with the call on it.
    pub(super) callers: Vec<Caller>,
    /// An index into `callers`, if there are any.
    pub(super) selected: usize,
    pub(super) status: Status,
    /// `status` as its numbers stand on the screen.
    pub(super) printed: Status,
    pub(super) notice: Option<String>,
    pub(super) ending: Option<Ending>,
    pub(super) help: bool,
    /// What is being typed.
    pub(super) entry: Option<Entry>,
    /// How much of the call the timeline shows, and up to when if not up to now.
    pub(super) zoom: Zoom,
    pub(super) looks_at: Option<StreamTime>,
    /// Whether the probabilities are shown over time.
    pub(super) shows_graph: bool,
    /// The lines in the order of the list, and what that is.
    pub(super) order: Vec<usize>,
    pub(super) sorting: Sorting,
    sorted_at: Duration,
    /// Since when the picture stands still.
    held_since: Option<Duration>,
    /// Columns and rows.
    pub(super) size: (u16, u16),
    /// When the dashboard learnt that nobody is listened to.
    muted_since: Option<Duration>,
    /// Which call ends when its key is pressed again, and until when.
    to_end: Option<(usize, Duration)>,
    answer: Option<(String, Duration)>,
    elapsed: Duration,
    refreshed: Duration,
    changed: bool,
}

impl App {
    pub(super) fn new(setup: Setup) -> Self {
        let (speed, phase) = match setup.mode {
            Mode::Live { .. } => (1.0, Phase::NoCall),
            Mode::Replay { speed, .. } => (speed, Phase::Running),
        };
        let callers: Vec<Caller> =
            setup.lines.iter().map(|line| Caller::new(line, phase)).collect();
        let status = Status {
            delay_p95_ms: None,
            dropped_samples: 0,
            is_heard: vec![true; callers.len()],
            is_muted: false,
            backend: None,
            paused: false,
            position: StreamTime::ZERO,
            speed,
            log_stopped: None,
        };
        App {
            callers,
            selected: 0,
            printed: status.clone(),
            status,
            notice: setup.notice.as_deref().map(plain_message),
            ending: None,
            help: false,
            entry: None,
            zoom: Zoom::default(),
            looks_at: None,
            shows_graph: false,
            order: (0..setup.lines.len()).collect(),
            sorting: Sorting::Own,
            sorted_at: Duration::ZERO,
            held_since: None,
            size: (80, 24),
            muted_since: None,
            to_end: None,
            answer: None,
            elapsed: Duration::ZERO,
            refreshed: Duration::ZERO,
            changed: true,
            setup: Setup {
                model: plain_message(&setup.model),
                backend: plain_message(&setup.backend),
                notice_text: setup.notice_text.as_deref().map(plain_message),
                ..setup
            },
        }
    }

    /// Takes in one message.
    pub(super) fn apply(&mut self, feed: Feed) {
        self.changed = true;
        match feed {
            Feed::Fact(update) => {
                if matches!(update.event, Event::Seek { .. }) && self.ending == Some(Ending::Over) {
                    self.ending = None;
                }
                if let Some(caller) = self.callers.get_mut(update.caller) {
                    caller.apply(&update);
                }
            }
            Feed::Call { caller, news } => self.call(caller, news),
            Feed::Status(status) => self.status(status),
            Feed::Notice(text) => self.notice = Some(plain_message(&text)),
            Feed::Finished(None) => self.ending = Some(Ending::Over),
            Feed::Finished(Some(error)) => {
                self.ending = Some(Ending::Failed(plain_message(&error)));
            }
        }
        if self.ending.is_some() {
            self.entry = None;
        }
    }

    fn call(&mut self, line: usize, news: CallNews) {
        let Some(caller) = self.callers.get_mut(line) else { return };
        let is_other_call = matches!(news, CallNews::Begun { .. } | CallNews::Ended);
        let is_confirmed = news == CallNews::NoticeConfirmed;
        caller.call(news);
        if is_confirmed {
            let label = caller.label.clone();
            self.answer(format!("{label}: the caller was told; readings begin"));
        }
        if !is_other_call {
            return;
        }
        if line == self.selected {
            self.looks_at = None;
        }
        self.to_end = self.to_end.filter(|(asked, _)| *asked != line);
        let is_about_it = |entry: &mut Entry| {
            entry.caller == line && matches!(entry.asked, Asked::Label | Asked::Mark)
        };
        if self.entry.take_if(is_about_it).is_some() {
            self.answer("that call is over: what was typed is not kept".to_owned());
        }
    }

    fn status(&mut self, mut status: Status) {
        status.backend = status.backend.as_deref().map(plain_message);
        if status.backend != self.status.backend
            && let Some(backend) = &status.backend
        {
            self.notice = Some(format!("readings go on with {backend}"));
        }
        if status.is_muted != self.status.is_muted {
            self.muted_since = status.is_muted.then_some(self.elapsed);
            self.held_since = None;
        }
        self.status = status;
    }

    /// The dashboard has been open for so long: words and numbers may change, and old answers go.
    pub(super) fn tick(&mut self, elapsed: Duration) {
        self.elapsed = elapsed;
        for caller in &mut self.callers {
            self.changed |= caller.reword(elapsed);
        }
        if elapsed.saturating_sub(self.refreshed) >= REFRESH {
            self.refreshed = elapsed;
            // Muted or held, a clock runs on the screen.
            self.changed |= self.printed != self.status;
            self.changed |= self.muted_since.is_some() || self.held_since.is_some();
            self.printed = self.status.clone();
        }
        self.keep_sorted();
        self.changed |= self.answer.take_if(|(_, until)| *until <= elapsed).is_some();
        self.changed |= self.to_end.take_if(|(_, until)| *until <= elapsed).is_some();
    }

    /// Nobody feeds the dashboard any more; if nobody said why, that is an error.
    pub(super) fn engine_left(&mut self) {
        if self.ending.is_none() {
            let error = "the engine stopped without saying why".to_owned();
            self.apply(Feed::Finished(Some(error)));
        }
    }

    /// The terminal has another size.
    pub(super) fn resized(&mut self, size: (u16, u16)) {
        self.size = size;
        // A picture of another size cannot be shown.
        self.held_since = None;
        self.changed = true;
    }

    /// Whether anything changed since this was asked last.
    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// Whether keys of this scope mean anything now.
    pub(super) fn in_scope(&self, scope: Scope) -> bool {
        let phase = self.caller().map(|caller| caller.phase);
        match scope {
            Scope::Always => true,
            Scope::Live => self.ending.is_none() && !self.is_replay(),
            Scope::InCall => self.ending.is_none() && self.caller().is_some_and(Caller::is_in_call),
            Scope::LiveCall => self.in_scope(Scope::Live) && self.in_scope(Scope::InCall),
            // Whoever is muted does not see the notice.
            Scope::Notice => {
                self.ending.is_none() && phase == Some(Phase::AwaitsNotice) && !self.is_muted()
            }
            // What is not in sight was not seen.
            Scope::Alert => {
                self.alert(self.selected).is_some() && !self.is_muted() && self.held_since.is_none()
            }
            Scope::Playing => self.ending.is_none() && self.is_replay(),
            // A replay that is over can be moved back.
            Scope::Replay => !matches!(self.ending, Some(Ending::Failed(_))) && self.is_replay(),
            Scope::SeveralCallers => self.callers.len() > 1,
        }
    }

    /// Whether a line's sound comes, as far as the engine has told.
    pub(super) fn is_heard(&self, line: usize) -> bool {
        self.status.is_heard.get(line).copied().unwrap_or(true)
    }

    /// The newest alert of a line's call that was not acknowledged; a call that is over needs nobody.
    pub(super) fn alert(&self, line: usize) -> Option<&Alert> {
        let caller = self.callers.get(line)?;
        let is_running = self.ending.is_none() && caller.phase == Phase::Running;
        caller.open_alerts().last().filter(|_| is_running)
    }

    /// How many lines have one.
    pub(super) fn alerts(&self) -> usize {
        (0..self.callers.len()).filter(|line| self.alert(*line).is_some()).count()
    }

    /// Whether nobody is listened to because the operator wants privacy.
    pub(super) fn is_muted(&self) -> bool {
        self.ending.is_none() && self.status.is_muted
    }

    /// How long nobody has been listened to.
    pub(super) fn muted_for(&self) -> StreamTime {
        self.since(self.muted_since.unwrap_or(self.elapsed))
    }

    /// How long the picture has stood still, if it does.
    pub(super) fn held_for(&self) -> Option<StreamTime> {
        self.held_since.map(|since| self.since(since))
    }

    fn since(&self, then: Duration) -> StreamTime {
        let ms = self.elapsed.saturating_sub(then).as_millis();
        StreamTime::from_ms(u64::try_from(ms).unwrap_or(u64::MAX / 8000))
    }

    pub(super) fn is_replay(&self) -> bool {
        matches!(self.setup.mode, Mode::Replay { .. })
    }

    /// What the key of a command is called.
    pub(super) fn key(&self, command: Command) -> String {
        self.setup.options.keys.name(command)
    }

    /// The caller whose details are shown.
    pub(super) fn caller(&self) -> Option<&Caller> {
        self.callers.get(self.selected)
    }

    /// The answer to the last key, for a while.
    pub(super) fn last_answer(&self) -> Option<&str> {
        self.answer.as_ref().map(|(text, _)| text.as_str())
    }

    /// The same, and forgets it.
    pub(super) fn take_answer(&mut self) -> Option<String> {
        self.answer.take().map(|(text, _)| text)
    }

    /// The label of the call that ends when its key is pressed again.
    pub(super) fn to_end(&self) -> Option<&str> {
        let (line, _) = self.to_end?;
        self.callers.get(line).map(|caller| caller.label.as_str())
    }

    /// The selected caller's clock.
    pub(super) fn clock(&self) -> StreamTime {
        self.caller().map_or(self.printed.position, |caller| caller.printed.clock)
    }

    /// What computes now.
    pub(super) fn backend(&self) -> &str {
        self.status.backend.as_ref().unwrap_or(&self.setup.backend)
    }

    fn answer(&mut self, text: String) {
        self.answer = Some((text, self.elapsed + ANSWER));
        self.changed = true;
    }
}

#[cfg(test)]
mod tests;
