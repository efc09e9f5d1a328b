//! The switchboard: which call is on which line, from its beginning to its end.
//!
//! In: updates in the lines' times, keys, and silence. Out: [`News`] in the calls' times, each logged before it is
//! given; [`Ended`] calls. Keeps the calls that are under way, and those that ended until they are taken.

use super::auto_call::{AutoCall, Turn};
use super::call::{Call, Ended};
use super::delay::longest;
use super::line_calls::LineCalls;
use super::log_book::LogBook;
use super::notices::Notices;
use super::on_alert::{AlertFailure, AlertMessage};
use super::running_log::RunningLog;
use super::seen_on_wall::SeenOnWall;
use hearing::fact::{Fact, SeenBy};
use hearing::stream_time::StreamTime;
use record::call_news::{CallNews, LogStopped};
use record::session::record::{CallerEntry, Delay, EndReason, rfc3339};
use std::collections::VecDeque;

/// When calls begin and end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallRule {
    /// One call of all lines, from the beginning to the end: a recording.
    Recording,
    /// One call a line, at once, and the others by key.
    ByKey,
    /// One a line, with its source, which the engine is [given](super::Engine::connect) and takes away.
    BySource,
    /// By themselves, with speech and after so long a silence; by key too.
    Auto(StreamTime),
}

/// What happens, in order.
#[derive(Clone, Debug)]
pub enum News {
    /// Something about a caller, in the time of the call.
    Fact(Fact),
    /// A line's call begins or ends.
    Call(usize, CallNews),
}

/// All lines' calls.
pub struct Switchboard {
    rule: CallRule,
    book: LogBook,
    lines: Vec<LineCalls>,
    calls: Vec<Call>,
    requires_notice: bool,
    news: VecDeque<News>,
    alerts: Vec<AlertMessage>,
    ended: Vec<Ended>,
    on_wall: Option<SeenOnWall>,
}

impl Switchboard {
    /// A switchboard on which nothing has happened.
    #[must_use]
    pub fn new(
        rule: CallRule,
        book: LogBook,
        lines: Vec<CallerEntry>,
        requires_notice: bool,
    ) -> Self {
        let auto = match rule {
            CallRule::Auto(end_after) => Some(AutoCall::new(end_after)),
            CallRule::Recording | CallRule::ByKey | CallRule::BySource => None,
        };
        let line = |entry| LineCalls { auto: auto.clone(), ..LineCalls::new(entry, None) };
        let on_wall = book.folder().map(SeenOnWall::beside);
        Switchboard {
            rule,
            book,
            lines: lines.into_iter().map(line).collect(),
            calls: Vec::new(),
            requires_notice,
            news: VecDeque::new(),
            alerts: Vec::new(),
            ended: Vec::new(),
            on_wall,
        }
    }

    /// Begins the calls that are there from the beginning.
    ///
    /// # Errors
    /// A log that cannot be begun.
    pub fn open(&mut self) -> anyhow::Result<()> {
        match self.rule {
            CallRule::Recording => {
                let started = now();
                let entries = self.lines.iter().map(|l| l.entry.clone()).collect();
                let log = self.book.begin(entries, None, &started)?;
                let callers = self.lines.iter().enumerate();
                let callers = callers.map(|(at, l)| (at, l.entry.label.clone(), StreamTime::ZERO));
                self.connect(Call::new(callers.collect(), started, RunningLog::new(log)));
                (0..self.lines.len()).for_each(|line| self.tell_begun(line));
            }
            CallRule::ByKey => {
                for line in 0..self.lines.len() {
                    let started = now();
                    let entries = vec![self.lines[line].entry.clone()];
                    let log = self.book.begin(entries, None, &started)?;
                    let label = self.lines[line].entry.label.clone();
                    let callers = vec![(line, label, StreamTime::ZERO)];
                    self.take_up(Call::new(callers, started, RunningLog::new(log)), line);
                }
            }
            CallRule::Auto(_) | CallRule::BySource => {}
        }
        Ok(())
    }

    /// Whether nothing may be read on this line: until the caller was told what has to be told, and where the
    /// notice is required also before there is a call.
    #[must_use]
    pub fn is_held(&self, line: usize) -> bool {
        let needs_call = matches!(self.rule, CallRule::ByKey | CallRule::BySource);
        let without_call = self.requires_notice || needs_call;
        self.call(line).map_or(without_call, Call::awaits_notice)
    }

    /// Whether calls end with their sources.
    #[must_use]
    pub fn calls_follow_sources(&self) -> bool {
        self.rule == CallRule::BySource
    }

    /// Whether no call is on this line.
    #[must_use]
    pub fn is_free(&self, line: usize) -> bool {
        self.call(line).is_none()
    }

    /// Puts another line in the place of one that is free, or one more behind the last; its time begins at zero.
    pub fn place(&mut self, line: usize, entry: CallerEntry, operator: Option<String>) {
        let new = LineCalls::new(entry, operator);
        match self.lines.get_mut(line) {
            Some(place) => *place = new,
            None => self.lines.push(new),
        }
    }

    fn call(&self, line: usize) -> Option<&Call> {
        self.calls.get(self.lines.get(line)?.call?)
    }

    fn call_mut(&mut self, line: usize) -> Option<&mut Call> {
        self.calls.get_mut(self.lines.get(line)?.call?)
    }

    /// Takes what the pipeline told of a line, which has come to `now`; says how its calls change.
    pub fn take(&mut self, update: &Fact, notices: &mut Notices) -> Change {
        let line = update.caller;
        let held = self.is_held(line);
        let turn = match &mut self.lines[line].auto {
            Some(auto) => auto.take(update, held),
            None => Turn::None,
        };
        match turn {
            Turn::None | Turn::End => {
                if let Some(call) = self.call_mut(line) {
                    call.take(update);
                }
            }
            Turn::Begin(start, told) => {
                let label = self.lines[line].entry.label.clone();
                self.begin_logged(line, start, label, notices);
                if let Some(call) = self.call_mut(line) {
                    for update in &told {
                        call.take(update);
                    }
                }
                return Change::Begun;
            }
        }
        if turn == Turn::End { Change::Over } else { Change::None }
    }

    /// The line has come to here; what is settled is logged and becomes news.
    pub fn settle(&mut self, line: usize, now: StreamTime) {
        self.lines[line].now = now;
        let lines = &self.lines;
        if let Some(call) = lines[line].call.and_then(|call| self.calls.get_mut(call)) {
            let settled = call.settle(|line| lines[line].now);
            self.news.extend(settled.into_iter().map(News::Fact));
            self.alerts.extend(call.take_alerts());
        }
    }

    /// A key begins a call on this line, where no other is under way.
    pub fn begin(&mut self, line: usize, label: &str, notices: &mut Notices) {
        let start = self.lines[line].now;
        let label = if label.trim().is_empty() { &self.lines[line].entry.label } else { label };
        let label = label.to_owned();
        self.begin_logged(line, start, label, notices);
        self.watch_anew(line, true);
    }

    /// Begins a call, also when it cannot be logged: then that is told.
    fn begin_logged(
        &mut self,
        line: usize,
        start: StreamTime,
        label: String,
        notices: &mut Notices,
    ) {
        let entry = CallerEntry { label: label.clone(), ..self.lines[line].entry.clone() };
        let started = now();
        let operator = self.lines[line].operator.as_deref();
        let log = match self.book.begin(vec![entry], operator, &started) {
            Ok(log) => RunningLog::new(log),
            Err(error) => {
                notices.add(format!("{label}: this call is not logged: {error}"));
                RunningLog::not_begun(&error)
            }
        };
        self.take_up(Call::new(vec![(line, label, start)], started, log), line);
    }

    fn take_up(&mut self, mut call: Call, line: usize) {
        if self.requires_notice {
            call.await_notice();
        }
        self.connect(call);
        self.tell_begun(line);
    }

    /// Puts a call on its lines.
    fn connect(&mut self, call: Call) {
        for (number, line) in self.lines.iter_mut().enumerate() {
            if call.is_on(number) {
                line.call = Some(self.calls.len());
            }
        }
        self.calls.push(call);
    }

    fn tell_begun(&mut self, line: usize) {
        let Some(call) = self.call(line) else { return };
        let news = CallNews::Begun {
            label: call.label(line).unwrap_or_default().to_owned(),
            log: call.log_path(),
            awaits_notice: call.awaits_notice(),
        };
        self.news.push_back(News::Call(line, news));
    }

    /// Ends the call on this line, if there is one; `delay` is that of a line's readings.
    pub fn end(&mut self, line: usize, reason: EndReason, delay: impl Fn(usize) -> Option<Delay>) {
        if let Some(at) = self.lines[line].call {
            self.end_call(at, reason, delay);
        }
        self.watch_anew(line, false);
    }

    fn watch_anew(&mut self, line: usize, is_call: bool) {
        let now = self.lines[line].now;
        if let Some(auto) = &mut self.lines[line].auto {
            auto.set(now, is_call);
        }
    }

    fn end_call(&mut self, at: usize, reason: EndReason, delay: impl Fn(usize) -> Option<Delay>) {
        let mut call = self.calls.remove(at);
        for line in &mut self.lines {
            line.call = line.call.filter(|on| *on != at).map(|on| on - usize::from(on > at));
        }
        self.news.extend(call.settle_all().into_iter().map(News::Fact));
        self.alerts.extend(call.take_alerts());
        let on = (0..self.lines.len()).filter(|line| call.is_on(*line)).collect::<Vec<_>>();
        self.news.extend(on.iter().map(|line| News::Call(*line, CallNews::Ended)));
        let delay = longest(on.iter().filter_map(|line| delay(*line)));
        self.ended.push(call.end(reason, delay, |line| self.lines[line].now));
    }

    /// Ends all calls; `delay` is that of a line's readings.
    pub fn end_all(&mut self, reason: &EndReason, delay: impl Fn(usize) -> Option<Delay>) {
        while !self.calls.is_empty() {
            self.end_call(0, reason.clone(), &delay);
        }
    }

    /// Before a recording is moved: what waits comes out.
    pub fn settle_all(&mut self) {
        for call in &mut self.calls {
            self.news.extend(call.settle_all().into_iter().map(News::Fact));
            self.alerts.extend(call.take_alerts());
        }
    }

    /// Marks this time of the line's call, which is not after now.
    pub fn mark(&mut self, line: usize, at: StreamTime, text: &str) {
        let now = self.heard(line);
        if let Some(call) = self.call_mut(line) {
            call.mark(line, at.min(call.time_of(line, now)), text);
        }
    }

    /// Somebody has seen the alert of this time of the line's call.
    pub fn acknowledge(&mut self, line: usize, alert_at: StreamTime, by: SeenBy) {
        let now = self.heard(line);
        let call = self.call_mut(line);
        if call.is_some_and(|call| call.acknowledge(line, now, alert_at, by)) {
            self.news.push_back(News::Call(line, CallNews::Acknowledged(alert_at)));
        }
    }

    /// How far a line was heard.
    fn heard(&self, line: usize) -> StreamTime {
        self.lines.get(line).map_or(StreamTime::ZERO, |line| line.now)
    }

    /// Gives the line's call another label.
    pub fn rename(&mut self, line: usize, label: &str) {
        let now = self.heard(line);
        if let Some(call) = self.call_mut(line).filter(|_| !label.trim().is_empty()) {
            call.rename(line, now, label);
            self.news.push_back(News::Call(line, CallNews::Renamed(label.to_owned())));
        }
    }

    /// The caller on this line was told what has to be told.
    pub fn confirm_notice(&mut self, line: usize) {
        let now = self.lines[line].now;
        if let Some(call) = self.call_mut(line) {
            call.confirm_notice(line, now);
            self.news.push_back(News::Call(line, CallNews::NoticeConfirmed));
        }
    }

    /// The program that an alert runs failed: that is logged, if the call is still under way.
    pub fn alert_failed(&mut self, failure: AlertFailure) {
        let call = self.call_mut(failure.line).filter(|call| call.log_path() == failure.session);
        if let Some(call) = call {
            call.alert_failed(failure.caller, failure.at, failure.reason);
        }
    }

    /// The alerts that were logged since this was asked last, for whoever is to be told.
    pub fn take_alerts(&mut self) -> Vec<AlertMessage> {
        std::mem::take(&mut self.alerts)
    }

    /// The next of what happened, in order.
    pub fn take_news(&mut self) -> Option<News> {
        self.news.pop_front()
    }

    /// Calls that ended since this was asked last.
    pub fn take_ended(&mut self) -> Vec<Ended> {
        std::mem::take(&mut self.ended)
    }

    /// Looks after the logs; what there is to tell of them becomes a notice.
    pub fn tend(&mut self, notices: &mut Notices) {
        for call in &mut self.calls {
            call.tend();
            if let Some(news) = call.take_log_news() {
                notices.add(format!("warning: {news}"));
            }
        }
        let seen = self.on_wall.as_mut().map(|wall| wall.take(&self.calls)).unwrap_or_default();
        for (line, at) in seen {
            self.acknowledge(line, at, SeenBy::Wall);
        }
    }

    /// Since when nothing is logged, of the first call of which that is so.
    #[must_use]
    pub fn log_stopped(&self) -> Option<LogStopped> {
        self.calls.iter().find_map(Call::log_stopped)
    }

    /// Time of the line's call as time of the line.
    #[must_use]
    pub fn line_time_of(&self, line: usize, at: StreamTime) -> StreamTime {
        self.call(line).map_or(at, |call| call.line_time_of(line, at))
    }
}

/// This moment, as logs have it.
fn now() -> String {
    rfc3339(&jiff::Zoned::now())
}

/// How an update changed a line's calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Not at all.
    None,
    /// A call began by itself.
    Begun,
    /// Its call is over by its silence: it is to be ended.
    Over,
}
