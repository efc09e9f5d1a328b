//! The engine: every line's sound through one pipeline, into the logs of the calls, and from there to whoever
//! watches.
//!
//! A reading is in the log before anyone sees it. [`Engine::step`] is one round of a block a line and never waits, so the
//! same engine serves the live thread, a paced replay with a dashboard, and a replay as fast as it reads.

pub mod assembly;
mod auto_call;
pub mod backlog;
pub mod call;
pub mod delay;
pub mod input;
pub mod line;
mod line_calls;
pub mod log_book;
pub mod notices;
pub mod on_alert;
pub mod operator_side;
mod own_operator;
pub mod reorder;
mod round;
pub mod run;
pub mod running_log;
mod seen_on_wall;
pub mod step;
pub mod streams;
pub mod switchboard;

use call::Ended;
use delay::Delays;
use hearing::fact::{Fact, SeenBy};
use hearing::pipeline::Pipeline;
use hearing::stream_time::StreamTime;
pub use input::LineSetup;
use line::{Clock, Line};
use model::failover::Failover;
use notices::Notices;
use on_alert::OnAlert;
use operator_side::OperatorSide;
use rayon::ThreadPool;
use record::action::Action;
use record::call_news::LogStopped;
use record::session::record::{Delay, EndReason};
use sound::recording::Pace;
use std::sync::Arc;
pub use step::Step;
use switchboard::{News, Switchboard};

/// All lines, the pipeline and the calls.
pub struct Engine {
    lines: Vec<Line>,
    operator: Option<OperatorSide>,
    pipeline: Pipeline<Failover>,
    switchboard: Switchboard,
    updates: Vec<Fact>,
    notices: Notices,
    on_alert: Option<OnAlert>,
    pool: Option<Arc<ThreadPool>>,
    /// Delays on lines that have become others.
    past_delays: Delays,
    /// What computes, since something else failed.
    backend: Option<String>,
    is_muted: bool,
    is_paused: bool,
    ended: bool,
}

impl Engine {
    /// An engine at the beginning of its sources; the pipeline has a caller for each line.
    #[must_use]
    pub fn new(
        lines: Vec<LineSetup>,
        operator: Option<OperatorSide>,
        pipeline: Pipeline<Failover>,
        switchboard: Switchboard,
        clock: Clock,
    ) -> Self {
        let are_several = lines.len() > 1;
        let line = |(index, LineSetup { entry, input })| {
            Line::new(index, entry, input, clock, are_several)
        };
        let mut engine = Engine {
            lines: lines.into_iter().enumerate().map(line).collect(),
            operator,
            pipeline,
            switchboard,
            updates: Vec::new(),
            notices: Notices::default(),
            on_alert: None,
            pool: None,
            past_delays: Delays::default(),
            backend: None,
            is_muted: false,
            is_paused: false,
            ended: false,
        };
        (0..engine.lines.len()).for_each(|line| engine.hold_as_needed(line));
        engine
    }

    /// Has a program run for each alert.
    #[must_use]
    pub fn with_on_alert(mut self, on_alert: Option<OnAlert>) -> Self {
        self.on_alert = on_alert;
        self
    }

    /// Shares the lines among these threads; the logs are the same.
    #[must_use]
    pub fn on_threads(mut self, pool: Option<Arc<ThreadPool>>) -> Self {
        self.pool = pool;
        self
    }

    /// On how many threads lines are worked on.
    #[must_use]
    pub fn n_threads(&self) -> usize {
        self.pool.as_ref().map_or(1, |pool| pool.current_num_threads())
    }

    /// Writes a mark at this time of the line's call.
    fn mark(&mut self, line: usize, at: StreamTime, text: &str) {
        self.switchboard.mark(line, at, text);
    }

    /// Logs that somebody has seen the alert of this time of the line's call.
    fn acknowledge(&mut self, line: usize, alert_at: StreamTime, by: SeenBy) {
        self.switchboard.acknowledge(line, alert_at, by);
    }

    /// Does what the operator asks for. What belongs to the screen alone, such as closing it, changes nothing here.
    ///
    /// # Errors
    /// When a recording cannot be read at the place that it is moved to.
    pub fn act(&mut self, action: Action, watch: &mut dyn FnMut(&News)) -> anyhow::Result<()> {
        match action {
            Action::Quit => {}
            Action::Mark { caller, at, text } => self.mark(caller, at, &text),
            Action::BeginCall { caller, label } => self.begin_call(caller, &label),
            Action::EndCall { caller } => self.end_call(caller),
            Action::Rename { caller, label } => self.rename(caller, &label),
            Action::ConfirmNotice { caller } => self.confirm_notice(caller),
            Action::Acknowledge { caller, at, by } => self.acknowledge(caller, at, by),
            Action::ToggleMute => self.toggle_mute(),
            Action::TogglePause => self.pause(!self.is_paused),
            Action::SetSpeed(speed) => self.set_speed(speed),
            Action::SeekBy(seconds) => {
                let step = StreamTime::from_ms(seconds.unsigned_abs() * 1000);
                let position = self.position();
                let target = if seconds < 0 { position - step } else { position + step };
                self.seek_to(target, watch)?;
            }
            Action::SeekTo(target) => self.seek_to(target, watch)?,
        }
        Ok(())
    }

    /// Begins a call on this line; one that is under way ends.
    fn begin_call(&mut self, line: usize, label: &str) {
        if line < self.lines.len() {
            self.end_on(line, EndReason::Stopped);
            self.switchboard.begin(line, label, &mut self.notices);
            self.lines[line].count_delays_anew();
            self.hold_as_needed(line);
        }
    }

    /// Ends the call on this line.
    fn end_call(&mut self, line: usize) {
        if line < self.lines.len() {
            self.end_on(line, EndReason::Stopped);
            self.lines[line].count_delays_anew();
            self.hold_as_needed(line);
        }
    }

    /// What is under way on this line belongs to the call that ends; nothing is known of the next caller.
    fn end_on(&mut self, line: usize, reason: EndReason) {
        let mut updates = Vec::new();
        self.pipeline.hang_up(line, &mut updates);
        for update in &updates {
            self.switchboard.take(update, &mut self.notices);
        }
        let now = self.pipeline.position(line);
        self.switchboard.settle(line, now);
        self.switchboard.end(line, reason, |line| self.lines[line].delay());
    }

    /// Gives the call on this line another label.
    fn rename(&mut self, line: usize, label: &str) {
        self.switchboard.rename(line, label);
    }

    /// The caller on this line was told what has to be told.
    fn confirm_notice(&mut self, line: usize) {
        if line < self.lines.len() {
            self.switchboard.confirm_notice(line);
            self.hold_as_needed(line);
        }
    }

    /// Stops listening to everybody at once, or listens again: the inputs are closed meanwhile. Recordings go
    /// on.
    fn toggle_mute(&mut self) {
        let muted = !self.is_muted;
        self.is_muted = muted;
        for line in 0..self.lines.len() {
            self.on_line(line, |line, with| line.set_muted(muted, with));
            self.settle(line);
        }
        if let Some(operator) = &mut self.operator {
            operator.set_muted(muted);
        }
    }

    /// Whether recordings are held.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Whether nobody is listened to.
    #[must_use]
    pub fn is_muted(&self) -> bool {
        self.is_muted
    }

    /// Moves recordings; nothing happens to live devices.
    ///
    /// # Errors
    /// When a recording cannot be read there.
    fn seek_to(&mut self, target: StreamTime, watch: &mut dyn FnMut(&News)) -> anyhow::Result<()> {
        self.switchboard.settle_all();
        for line in 0..self.lines.len() {
            self.on_line(line, |line, with| line.seek_to(target, with))?;
            self.settle(line);
        }
        self.switchboard.settle_all();
        self.ended = false;
        self.hand_on(watch);
        Ok(())
    }

    /// Holds recordings, or lets them go on; live devices go on.
    fn pause(&mut self, paused: bool) {
        self.is_paused = paused;
        for line in &mut self.lines {
            if let Some(recording) = line.recording() {
                recording.pause(paused);
            }
            line.restart_clock();
        }
    }

    /// Delivers recordings so fast.
    fn set_speed(&mut self, speed: f64) {
        for line in &mut self.lines {
            if let Some(recording) = line.recording() {
                recording.set_pace(Pace::of_speed(speed));
            }
            line.set_clock(Clock::of_speed(speed));
        }
    }

    /// How many times faster than real time recordings come; 1 for live devices.
    #[must_use]
    pub fn speed(&mut self) -> f64 {
        let recording = self.lines.first_mut().and_then(Line::recording);
        recording.map_or(1.0, |recording| recording.pace().speed())
    }

    /// What computes, if it is no longer what it was at the start.
    #[must_use]
    pub fn backend(&self) -> Option<String> {
        self.backend.clone()
    }

    /// The next sentence for the operator: what was lost, a device that is gone or back, a log that stopped.
    pub fn take_notice(&mut self) -> Option<String> {
        if let Some(operator) = &mut self.operator {
            operator.tell(&mut self.notices);
        }
        self.notices.take()
    }

    /// Whether each line's source is there; a live device may be gone for a while.
    #[must_use]
    pub fn is_heard(&self) -> Vec<bool> {
        self.lines.iter().map(Line::is_heard).collect()
    }

    /// Where the callers' audio has come to: the furthest.
    #[must_use]
    pub fn position(&self) -> StreamTime {
        let lines = 0..self.lines.len();
        lines.map(|line| self.pipeline.position(line)).max().unwrap_or_default()
    }

    /// Samples lost so far on all lines, at each source's rate.
    #[must_use]
    pub fn dropped_samples(&self) -> u64 {
        self.lines.iter().map(Line::dropped_samples).sum()
    }

    /// Whether something of a recording was lost, the operator's included.
    #[must_use]
    pub fn has_lost_sound(&self) -> bool {
        self.lines.iter().any(Line::has_lost_sound)
            || self.operator.as_ref().is_some_and(OperatorSide::has_lost_sound)
    }

    /// The delay of the readings: of the line that waits longest.
    #[must_use]
    pub fn delay(&self) -> Option<Delay> {
        delay::longest(self.lines.iter().filter_map(Line::delay))
    }

    /// The delays of all lines' readings, since they are counted.
    #[must_use]
    pub fn delays(&self) -> Delays {
        self.lines.iter().fold(self.past_delays.clone(), |mut all, line| {
            all.join(line.delays());
            all
        })
    }

    /// Delays are counted from here on.
    pub fn count_delays_anew(&mut self) {
        self.lines.iter_mut().for_each(Line::count_delays_anew);
        self.past_delays = Delays::default();
    }

    /// Since when nothing is logged, if that is so.
    #[must_use]
    pub fn log_stopped(&self) -> Option<LogStopped> {
        self.switchboard.log_stopped()
    }

    /// Calls that ended since this was asked last.
    pub fn take_ended(&mut self) -> Vec<Ended> {
        self.switchboard.take_ended()
    }

    /// Ends all calls: what is under way, the logs' last records, and the summaries of these and of those calls
    /// that ended before and were not asked for.
    #[must_use]
    pub fn end(self, reason: &EndReason) -> Vec<Ended> {
        self.end_with_classifier(reason).0
    }

    /// The same, and what read the emotions, for another engine.
    #[must_use]
    pub fn end_with_classifier(mut self, reason: &EndReason) -> (Vec<Ended>, Failover) {
        for line in 0..self.lines.len() {
            self.on_line(line, Line::finish);
            self.settle(line);
        }
        self.switchboard.settle_all();
        // Only for their delays.
        self.hand_on(&mut |_| {});
        let failures = self.on_alert.take().map(OnAlert::finish).unwrap_or_default();
        for failure in failures {
            self.switchboard.alert_failed(failure);
        }
        self.switchboard.end_all(reason, |line| self.lines[line].delay());
        (self.switchboard.take_ended(), self.pipeline.into_classifier())
    }
}
