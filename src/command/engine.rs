//! The engine: every line's sound through one pipeline, into the logs of the calls, and from there to whoever
//! watches.
//!
//! A reading is in the log before anyone sees it. [`Engine::step`] is one round of a block a line and never waits, so the
//! same engine serves the live thread, a paced replay with a dashboard, and a replay as fast as it reads.

mod auto_call;
pub mod backlog;
pub mod call;
pub mod delay;
pub mod input;
pub mod line;
pub mod log_book;
pub mod notices;
pub mod on_alert;
pub mod operator_side;
pub mod reorder;
mod round;
pub mod running_log;
pub mod steady;
mod steady_worker;
pub mod step;
pub mod switchboard;

use crate::dashboard::LogStopped;
use crate::pipeline::{Pipeline, Update};
use crate::session::record::{Delay, EndReason};
use crate::stream_time::StreamTime;
use call::Ended;
use delay::Delays;
pub use line::LineSetup;
use line::{Clock, Line};
use notices::Notices;
use on_alert::OnAlert;
use operator_side::OperatorSide;
use rayon::ThreadPool;
use std::sync::Arc;
use steady::Steady;
pub use step::Step;
use switchboard::{News, Switchboard};

/// All lines, the pipeline and the calls.
pub struct Engine {
    lines: Vec<Line>,
    operator: Option<OperatorSide>,
    pipeline: Pipeline<Steady>,
    switchboard: Switchboard,
    updates: Vec<Update>,
    notices: Notices,
    on_alert: Option<OnAlert>,
    pool: Option<Arc<ThreadPool>>,
    /// What computes, since something else failed.
    backend: Option<String>,
    is_muted: bool,
    ended: bool,
}

impl Engine {
    /// An engine at the beginning of its sources; the pipeline has a caller for each line.
    #[must_use]
    pub fn new(
        lines: Vec<LineSetup>,
        operator: Option<OperatorSide>,
        pipeline: Pipeline<Steady>,
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
            backend: None,
            is_muted: false,
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
    pub fn mark(&mut self, line: usize, at: StreamTime, text: &str) {
        self.switchboard.mark(line, at, text);
    }

    /// Logs that the operator has seen the alert of this time of the line's call.
    pub fn acknowledge(&mut self, line: usize, alert_at: StreamTime) {
        self.switchboard.acknowledge(line, alert_at);
    }

    /// Begins a call on this line; one that is under way ends.
    pub fn begin_call(&mut self, line: usize, label: &str) {
        if line < self.lines.len() {
            self.end_on(line);
            self.switchboard.begin(line, label, &mut self.notices);
            self.lines[line].count_delays_anew();
            self.hold_as_needed(line);
        }
    }

    /// Ends the call on this line.
    pub fn end_call(&mut self, line: usize) {
        if line < self.lines.len() {
            self.end_on(line);
            self.lines[line].count_delays_anew();
            self.hold_as_needed(line);
        }
    }

    /// What is under way on this line belongs to the call that ends; nothing is known of the next caller.
    fn end_on(&mut self, line: usize) {
        let mut updates = Vec::new();
        self.pipeline.hang_up(line, &mut updates);
        for update in &updates {
            self.switchboard.take(update, &mut self.notices);
        }
        let now = self.pipeline.position(line);
        self.switchboard.settle(line, now);
        self.switchboard.end(line, |line| self.lines[line].delay());
    }

    /// Gives the call on this line another label.
    pub fn rename(&mut self, line: usize, label: &str) {
        self.switchboard.rename(line, label);
    }

    /// The caller on this line was told what has to be told.
    pub fn confirm_notice(&mut self, line: usize) {
        if line < self.lines.len() {
            self.switchboard.confirm_notice(line);
            self.hold_as_needed(line);
        }
    }

    /// Stops listening to everybody at once, or listens again: the inputs are closed meanwhile. Recordings go
    /// on.
    pub fn toggle_mute(&mut self) {
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

    /// Whether nobody is listened to.
    #[must_use]
    pub fn is_muted(&self) -> bool {
        self.is_muted
    }

    /// Moves recordings; nothing happens to live devices.
    ///
    /// # Errors
    /// When a recording cannot be read there.
    pub fn seek_to(
        &mut self,
        target: StreamTime,
        watch: &mut dyn FnMut(&News),
    ) -> anyhow::Result<()> {
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
    pub fn pause(&mut self, paused: bool) {
        for line in &mut self.lines {
            if let Some(recording) = line.recording() {
                recording.pause(paused);
            }
            line.restart_clock();
        }
    }

    /// Delivers recordings so fast.
    pub fn set_speed(&mut self, speed: f64) {
        for line in &mut self.lines {
            if let Some(recording) = line.recording() {
                recording.set_pace(super::watch::pace_of(speed));
            }
            line.set_clock(Clock::of_speed(speed));
        }
    }

    /// How many times faster than real time recordings come; 1 for live devices.
    #[must_use]
    pub fn speed(&mut self) -> f64 {
        let recording = self.lines.first_mut().and_then(Line::recording);
        recording.map_or(1.0, |recording| super::watch::speed_of(recording.pace()))
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
        self.lines.iter().fold(Delays::default(), |mut all, line| {
            all.join(line.delays());
            all
        })
    }

    /// Delays are counted from here on.
    pub fn count_delays_anew(&mut self) {
        self.lines.iter_mut().for_each(Line::count_delays_anew);
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
    pub fn end_with_classifier(mut self, reason: &EndReason) -> (Vec<Ended>, Steady) {
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
