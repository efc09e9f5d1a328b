//! The same in lines, for a screen reader, a pipe or a file: one for each thing that matters, when it happens.
//!
//! ```text
//! 00:00:12 Anna: fear, 72 % certain
//! 00:00:15 Anna: sounds distressed (fear or sadness), 81 % certain
//! 00:00:20 Anna: ALERT: sustained distress: fear for 8 s of speech, 75 % on average; guidance: Slow down.
//! 00:00:31 undertone: muted: nobody is listened to; p listens again
//! ```
//!
//! In: [`Feed`] messages, and typed lines. Out: lines without their line breaks, and [`Action`](super::Action)s.
//! It keeps an [`App`], as the screen does, and what was told last. It reads no clock: how often an emotion is
//! told is counted in the call's time, so that a recording gives the same lines however fast it is replayed. No line
//! has an earlier time than the one before, but where a recording is moved back: several callers, and the program
//! itself, are not at one moment of their sound.

mod emotion;
#[cfg(test)]
mod tests;
mod typed;

use super::app::App;
use super::caller::Phase;
use super::feed::{CallNews, Feed, Mode, Setup, Status};
use super::keys::Command;
use super::state::{group_words, percent};
use emotion::Teller;
use hearing::fact::{Event, Fact};
use hearing::stream_time::{STREAM_RATE_HZ, StreamTime};
use hearing::timeline::Alert;
use hearing::timeline::history::State;
use std::cell::Cell;
pub use typed::Answer;

/// Whose line it is when it is about no caller.
const PROGRAM: &str = "undertone";

/// The emotion of a caller is told at most once in so long.
const EMOTION_EVERY: StreamTime = StreamTime::from_ms(2_000);

/// Readings that were left out are told at most once in so long.
const SKIPPED_EVERY: StreamTime = StreamTime::from_ms(10_000);

/// All that has been told, and what is needed to tell what comes.
#[derive(Debug)]
pub struct Journal {
    app: App,
    /// What was told of each line's caller.
    told: Vec<Told>,
    /// The engine's state that was told.
    status: Status,
    /// Nothing more is typed.
    input_ended: bool,
    /// The time of the last line.
    told_until: Cell<StreamTime>,
}

/// What was told of one line's caller.
#[derive(Debug, Default)]
struct Told {
    emotion: Teller,
    /// When it was told that readings were left out, and how many were since.
    skipped: (Option<StreamTime>, u64),
}

impl Journal {
    /// A journal that has told nothing.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        let app = App::new(setup);
        let told = app.callers.iter().map(|_| Told::default()).collect();
        Journal {
            status: app.status.clone(),
            app,
            told,
            input_ended: false,
            told_until: Cell::default(),
        }
    }

    /// What to know from the start: what computes, how good that is, and how to go on.
    #[must_use]
    pub fn opening(&self) -> Vec<String> {
        let setup = &self.app.setup;
        let help = self.app.key(Command::Help);
        let model = format!("{}; computed by {}", setup.model, setup.backend);
        let all = [Some(model), self.app.notice.clone(), Some(format!("{help} lists commands"))];
        all.into_iter().flatten().map(|text| self.of_program(&text)).collect()
    }

    /// Takes in one message; what there is to tell of it.
    pub fn take(&mut self, feed: Feed) -> Vec<String> {
        match feed {
            Feed::Fact(update) => self.update(update),
            Feed::Call { caller, news } => self.call(caller, &news),
            Feed::Status(status) => self.status(status),
            Feed::Notice(text) => {
                self.app.apply(Feed::Notice(text));
                self.app.notice.clone().map(|text| self.of_notice(&text)).into_iter().collect()
            }
            Feed::Finished(error) => {
                let is_over = error.is_none();
                self.app.apply(Feed::Finished(error));
                let what = if self.app.is_replay() { "the recording" } else { "monitoring" };
                // An error is told on standard error.
                is_over.then(|| self.of_program(&format!("{what} is over"))).into_iter().collect()
            }
        }
    }

    /// Nothing more can be typed.
    pub fn input_ended(&mut self) -> Vec<String> {
        self.input_ended = true;
        let waiting = self.app.callers.iter().any(|it| it.phase == Phase::AwaitsNotice);
        waiting.then(|| self.of_program(NOBODY_CONFIRMS)).into_iter().collect()
    }

    fn update(&mut self, update: Fact) -> Vec<String> {
        let (line, at, event) = (update.caller, update.at, update.event.clone());
        self.app.apply(Feed::Fact(update));
        let every = self.emotion_every();
        let (Some(caller), Some(told)) = (self.app.callers.get(line), self.told.get_mut(line))
        else {
            return Vec::new();
        };
        if !caller.is_in_call() {
            return Vec::new();
        }
        let mut texts = Vec::new();
        match event {
            Event::Alert(_) => {
                let alert = caller.open_alerts().last();
                texts.extend(alert.map(|alert| (alert.at, alert_words(alert))));
            }
            Event::Seek { from } => {
                if at < from {
                    self.told_until.set(at);
                }
                texts.push((at, format!("moved here from {}", clock(from))));
                told.emotion.forget_when();
            }
            Event::Skipped { readings } => {
                let (when, n_untold) = &mut told.skipped;
                *n_untold += readings;
                if when.is_none_or(|when| at.since(when) >= SKIPPED_EVERY) {
                    texts
                        .push((at, format!("{n_untold} readings left out: the machine is behind")));
                    (*when, *n_untold) = (Some(at), 0);
                }
            }
            _ => {}
        }
        if caller.phase == Phase::Running {
            let now = caller.timeline.now();
            let emotion = told.emotion.take(now, caller.timeline.state(), every);
            texts.extend(emotion.map(|state| (now, emotion_words(state))));
        }
        let who = &caller.label;
        texts.into_iter().map(|(at, text)| self.line(at, who, &text)).collect()
    }

    /// A recording that is replayed faster is not told faster.
    fn emotion_every(&self) -> StreamTime {
        let speed = self.app.status.speed;
        if speed.is_finite() && speed > 1.0 {
            StreamTime::from_seconds(EMOTION_EVERY.seconds() * speed)
        } else {
            EMOTION_EVERY
        }
    }

    fn call(&mut self, line: usize, news: &CallNews) -> Vec<String> {
        self.app.apply(Feed::Call { caller: line, news: news.clone() });
        let Some(caller) = self.app.callers.get(line) else { return Vec::new() };
        let texts = match news {
            CallNews::Begun { awaits_notice, .. } => {
                self.told[line] = Told::default();
                let log = caller.log.as_ref();
                let log = log.map_or_else(|| "no log".to_owned(), |log| format!("log: {log}"));
                let begins = format!("call begins, {log}");
                [Some(begins), awaits_notice.then(|| self.notice_words())]
            }
            CallNews::Renamed(_) => [Some("that is the caller's new label".to_owned()), None],
            CallNews::NoticeConfirmed => {
                [Some("the caller was told; readings begin".to_owned()), None]
            }
            // Whoever typed it was answered.
            CallNews::Acknowledged(_) => [None, None],
            CallNews::Ended => [Some("call ends".to_owned()), None],
        };
        let at = caller.timeline.now();
        texts.into_iter().flatten().map(|text| self.line(at, &caller.label, &text)).collect()
    }

    fn notice_words(&self) -> String {
        let text = self.app.setup.notice_text.as_deref();
        let text = text.unwrap_or("that an emotion monitor is in use");
        if self.input_ended {
            return format!("tell the caller: {text}; {NOBODY_CONFIRMS}");
        }
        let key = self.app.key(Command::ConfirmNotice);
        format!("tell the caller, before anything is read: {text}; then {key}")
    }

    fn status(&mut self, status: Status) -> Vec<String> {
        self.app.apply(Feed::Status(status.clone()));
        let mut texts = Vec::new();
        if status.is_muted != self.status.is_muted {
            let key = self.app.key(Command::Mute);
            texts.push(if status.is_muted {
                format!("muted: nobody is listened to; {key} listens again")
            } else {
                "not muted any more: listening".to_owned()
            });
        }
        if status.paused != self.status.paused {
            texts.push(if status.paused { "paused" } else { "goes on" }.to_owned());
        }
        if status.speed.total_cmp(&self.status.speed).is_ne() {
            texts.push(format!("speed: {} times real time", status.speed));
        }
        self.status = status;
        texts.into_iter().map(|text| self.of_program(&text)).collect()
    }

    /// A sentence of the engine: among several callers it may begin with whom it is about.
    fn of_notice(&self, text: &str) -> String {
        let lines = self.app.setup.lines.iter().map(|line| &line.label);
        let mut said = lines.filter_map(|label| Some((label, text.strip_prefix(label.as_str())?)));
        let meant = said.find_map(|(label, rest)| Some((label, rest.strip_prefix(": ")?)));
        let (who, text) = meant.map_or((PROGRAM, text), |(label, rest)| (label.as_str(), rest));
        self.line(self.now(), who, text)
    }

    fn of_program(&self, text: &str) -> String {
        self.line(self.now(), PROGRAM, text)
    }

    /// One line about a caller, or about all, of a time that is not before the last line's.
    #[must_use]
    pub fn line(&self, at: StreamTime, who: &str, text: &str) -> String {
        let at = at.max(self.told_until.get());
        self.told_until.set(at);
        format!("{} {who}: {text}", clock(at))
    }

    /// Where the recording is, or how long has been monitored.
    fn now(&self) -> StreamTime {
        let heard = self.app.callers.iter().map(|caller| caller.timeline.now()).max();
        match self.app.setup.mode {
            Mode::Live { .. } => self.app.status.position,
            Mode::Replay { .. } => heard.unwrap_or_default(),
        }
    }
}

/// Where calls wait for a confirmation that cannot come.
const NOBODY_CONFIRMS: &str = "nothing can be typed here to confirm that the caller was told, so nothing is read; \
    callers who are told in another way need --notice-given";

/// `hh:mm:ss`, always as long, so that lines can be sorted.
fn clock(at: StreamTime) -> String {
    let seconds = at.0 / u64::from(STREAM_RATE_HZ);
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn emotion_words(state: State) -> String {
    match state {
        State::Listening | State::SpeechTooShort => "no speech".to_owned(),
        State::Uncertain => "uncertain".to_owned(),
        State::Emotion(emotion, certainty) => {
            format!("{}, {} % certain", emotion.words(), percent(certainty))
        }
        State::Group { group, certainty, likeliest } => {
            format!("{}, {} % certain", group_words(group, likeliest), percent(certainty))
        }
    }
}

fn alert_words(alert: &Alert) -> String {
    let guidance = alert.guidance.as_ref();
    let guidance = guidance.map_or_else(String::new, |text| format!("; guidance: {text}"));
    format!("ALERT: {}: {}{guidance}", alert.rule.words(), alert.reason)
}
