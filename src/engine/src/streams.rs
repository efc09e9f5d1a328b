//! Calls that come and go with their sources: streams from a network.
//!
//! In: a call's source, and its operator's. Out: the line that it is heard on; the call ends with its source. Keeps
//! nothing beside the [`Engine`]: the line of a call that is over serves the next one.

use super::delay::Clock;
use super::line::Line;
use super::own_operator::OwnOperator;
use super::{Engine, LineSetup};
use hearing::stream_time::StreamTime;
use record::session::record::EndReason;
use sound::Source;
use sound::stream::StreamSource;
use std::time::Duration;

/// A stream that is cut with this word was ended by the program's own end.
pub const STOPPED: &str = "stopped";

/// Who takes a call.
pub struct StreamOperator {
    /// That side's sound, at the caller's rate; both begin at the same moment.
    pub source: StreamSource,
    /// By how much it may come later than the caller's; zero where both come together.
    pub lag: StreamTime,
    /// In words, for the log.
    pub words: String,
}

impl Engine {
    /// Takes a call that begins, and gives the number of its line. Its readings are those that it would give alone.
    ///
    /// # Errors
    /// A rate that cannot be used. A log that cannot be begun is a notice.
    pub fn connect(
        &mut self,
        setup: LineSetup,
        operator: Option<StreamOperator>,
    ) -> anyhow::Result<usize> {
        let is_vacant =
            |line: &usize| self.lines[*line].is_over() && self.switchboard.is_free(*line);
        let line = (0..self.lines.len()).find(is_vacant).unwrap_or(self.lines.len());
        let LineSetup { entry, input } = setup;
        let own = operator.as_ref().map(|side| (side.source.sample_rate_hz(), side.lag));
        self.pipeline.renew(line, input.sample_rate_hz(), own)?;
        let (words, own) = match operator {
            Some(side) => (Some(side.words), Some(OwnOperator::new(side.source))),
            None => (None, None),
        };
        let label = entry.label.clone();
        self.switchboard.place(line, entry.clone(), words);
        let new = Line::new(line, entry, input, Clock::RealTime, true).with_operator(own);
        match self.lines.get_mut(line) {
            Some(place) => {
                self.past_delays.join(place.delays());
                *place = new;
            }
            None => self.lines.push(new),
        }
        self.switchboard.begin(line, &label, &mut self.notices);
        self.hold_as_needed(line);
        self.ended = false;
        Ok(line)
    }

    /// Whether a call is on this line.
    #[must_use]
    pub fn has_call(&self, line: usize) -> bool {
        line < self.lines.len() && !self.switchboard.is_free(line)
    }

    /// Whether any call is under way.
    #[must_use]
    pub fn has_calls(&self) -> bool {
        (0..self.lines.len()).any(|line| self.has_call(line))
    }

    /// How much live sound waits on the line on which most does.
    #[must_use]
    pub fn backlog(&self) -> Duration {
        self.lines.iter().map(Line::backlog).max().unwrap_or_default()
    }

    /// Stops listening to the call on this line at once, or listens again.
    pub fn mute(&mut self, line: usize, muted: bool) {
        if line < self.lines.len() {
            self.on_line(line, |line, with| line.set_muted(muted, with));
            self.settle(line);
        }
    }

    /// Ends the calls whose streams are over.
    pub(super) fn end_streams(&mut self) {
        let follow = self.switchboard.calls_follow_sources();
        for line in (0..self.lines.len()).filter(|_| follow) {
            if self.lines[line].is_over() && !self.switchboard.is_free(line) {
                let reason = match self.lines[line].cut() {
                    None => EndReason::Finished,
                    Some(STOPPED) => EndReason::Stopped,
                    Some(why) => EndReason::Error(why.to_owned()),
                };
                self.end_on(line, reason);
            }
        }
    }
}
