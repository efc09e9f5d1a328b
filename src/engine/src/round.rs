//! One round of the engine: a block of each line, what is due of all of them, and the logs.
//!
//! ```text
//!  all callers                  whoever sheds load leaves readings out; where that is over, the newest segments
//!  each line, side by side      take a block; the caller hears it: frames, speech or not
//!  line by line                 losses, ends, the operator's side
//!  all callers                  segments that are due, read at once
//!  line by line                 calls begin and end; logs; then whoever watches
//! ```
//!
//! A batch is what fell due in the round: no segment waits for a fuller one, so that batches cost no delay beyond
//! the round, some milliseconds.
//!
//! In: what the sources have. Out: news that is logged. Keeps nothing beside the [`Engine`].

use super::input::Taken;
use super::line::{Line, Surroundings};
use super::switchboard::{Change, News};
use super::{Engine, Step};
use hearing::fact::{Event, Fact};
use hearing::pipeline::PipelineError;
use rayon::prelude::*;
use record::plain_text::chain;
use sound::AudioError;

impl Engine {
    /// Takes one block of each line through the pipeline; `watch` gets what came of it after it was logged.
    ///
    /// # Errors
    /// The pipeline's failure, or that of a source when no other goes on. What was heard before it has been
    /// logged.
    pub fn step(&mut self, watch: &mut dyn FnMut(&News)) -> anyhow::Result<Step> {
        if self.ended {
            self.hand_on(watch);
            return Ok(Step::Ended);
        }
        if let Some(operator) = &mut self.operator {
            operator.catch_up(&mut self.pipeline, &mut self.notices);
        }
        let mut step = Step::Ended;
        let mut failure = None;
        if let Err(error) = self.shed_as_needed() {
            failure.get_or_insert(error.into());
        }
        let taken = self.take_blocks();
        let heard = taken.iter().map(|taken| matches!(taken, Taken::Heard)).collect::<Vec<_>>();
        for (line, taken) in taken.into_iter().enumerate() {
            match self.on_line(line, |line, with| line.follow(taken, with)) {
                Ok(done) => step = step.max(done),
                Err(error) => self.fails(line, error, &mut failure),
            }
            self.settle_told(line);
        }
        if let Err(error) = self.read(&heard) {
            failure.get_or_insert(error.into());
        }
        self.end_streams();
        self.switchboard.tend(&mut self.notices);
        if let Some(notice) = self.pipeline.classifier().take_notice() {
            self.backend = Some(self.pipeline.classifier().backend().description.clone());
            self.notices.add(notice);
        }
        self.ended = failure.is_some() || step == Step::Ended;
        self.hand_on(watch);
        failure.map_or(Ok(step), Err)
    }

    /// Lines on which too much audio waits leave readings out; where that is over the newest segments are read.
    fn shed_as_needed(&mut self) -> Result<(), PipelineError> {
        let both = self.lines.iter_mut().zip(self.pipeline.callers());
        let changed = both.map(|(line, caller)| line.shed_as_needed(caller)).collect::<Vec<_>>();
        self.read(&changed)
    }

    /// Reads what is due of all callers, where anything came of these lines, and settles those.
    fn read(&mut self, came: &[bool]) -> Result<(), PipelineError> {
        if !came.contains(&true) {
            return Ok(());
        }
        let read = self.pipeline.read();
        for line in (0..self.lines.len()).filter(|line| came[*line]) {
            self.pipeline.tell(line, &mut self.updates);
            self.settle(line);
        }
        read
    }

    /// Takes a block of each line, on as many threads as there are.
    fn take_blocks(&mut self) -> Vec<Taken> {
        let callers = self.pipeline.callers();
        let lines = &mut self.lines;
        match &self.pool {
            None => lines.iter_mut().zip(callers).map(|(line, caller)| line.take(caller)).collect(),
            Some(pool) => {
                let both = lines.par_iter_mut().zip(callers.par_iter_mut());
                pool.install(|| both.map(|(line, caller)| line.take(caller)).collect())
            }
        }
    }

    /// A failing source is a failure if no other goes on, and else only told. The channels of one file that was cut off
    /// end together, and it is told once.
    fn fails(&mut self, line: usize, error: anyhow::Error, failure: &mut Option<anyhow::Error>) {
        let all_over = self.lines.iter().all(Line::is_over);
        let is_cut = error.downcast_ref().is_some_and(AudioError::is_after_sound);
        let ends_alone = !self
            .lines
            .iter()
            .any(|other| !other.is_over() && other.is_of_file_of(&self.lines[line]));
        if all_over || !error.is::<AudioError>() {
            failure.get_or_insert(error);
        } else if ends_alone || !is_cut {
            self.notices.add(format!(
                "{}: {}",
                self.lines[line].entry().label,
                chain(error.as_ref())
            ));
        }
    }

    pub(super) fn on_line<T>(
        &mut self,
        line: usize,
        work: impl FnOnce(&mut Line, &mut Surroundings) -> T,
    ) -> T {
        let mut with = Surroundings {
            pipeline: &mut self.pipeline,
            operator: self.operator.as_mut(),
            updates: &mut self.updates,
            notices: &mut self.notices,
        };
        work(&mut self.lines[line], &mut with)
    }

    /// Gives the line's calls what the pipeline told of it.
    pub(super) fn settle(&mut self, line: usize) {
        let mut updates = std::mem::take(&mut self.updates);
        for update in &updates {
            if let Event::Sound(fault) = update.event {
                self.lines[line].tell_sound(fault, &mut self.notices);
            }
            match self.switchboard.take(update, &mut self.notices) {
                Change::None => {}
                Change::Begun => self.hold_as_needed(line),
                Change::Over => self.end_call(line),
            }
        }
        updates.clear();
        self.updates = updates;
        let now = self.pipeline.position(line);
        self.switchboard.settle(line, now);
    }

    /// The same where there is something.
    fn settle_told(&mut self, line: usize) {
        if !self.updates.is_empty() {
            self.settle(line);
        }
    }

    /// Readings are held back where nothing may be read.
    pub(super) fn hold_as_needed(&mut self, line: usize) {
        let hold = self.switchboard.is_held(line);
        self.pipeline.hold(line, hold);
    }

    /// Shows what happened.
    pub(super) fn hand_on(&mut self, watch: &mut dyn FnMut(&News)) {
        while let Some(news) = self.switchboard.take_news() {
            if let News::Fact(Fact { caller, event: Event::Reading(reading), .. }) = &news {
                let at = self.switchboard.line_time_of(*caller, reading.at);
                self.lines[*caller].logged(at);
            }
            watch(&news);
        }
        let alerts = self.switchboard.take_alerts();
        if let Some(on_alert) = &self.on_alert {
            for alert in alerts {
                on_alert.send(alert);
            }
            while let Some(failure) = on_alert.take_failure() {
                self.notices.add(format!("the program for alerts: {}", failure.reason));
                self.switchboard.alert_failed(failure);
            }
        }
    }
}
