//! Callers who come and go, each with an operator of their own: calls from a telephone system.
//!
//! In: a source's rate, and the operator's. Out: a caller at time zero in the place of another. Keeps nothing beside the
//! [`Pipeline`].

use super::caller::Caller;
use super::echo::Echo;
use super::operator::Operator;
use super::{Pipeline, PipelineError};
use crate::classifier::Classifier;
use crate::stream_time::StreamTime;

impl<C: Classifier> Pipeline<C> {
    /// Puts somebody else in the place of a caller, or one more behind the last: at time zero, with a source of this rate
    /// in Hz, and where `operator` says so with an operator of their own, of this rate and lag. Readings are those that a
    /// pipeline of this caller alone gives.
    ///
    /// # Errors
    /// A rate that cannot be resampled.
    ///
    /// # Panics
    /// Where callers before this one are missing.
    pub fn renew(
        &mut self,
        caller: usize,
        source_rate_hz: u32,
        operator: Option<(u32, StreamTime)>,
    ) -> Result<(), PipelineError> {
        let (recipe, thresholds) = (self.recipe, self.thresholds);
        let mut new =
            Caller::new(caller, (0, 1), &self.settings, recipe, thresholds, source_rate_hz)?;
        if let Some(alerts) = &self.alerts {
            new.with_alerts(alerts);
        }
        if let Some((rate_hz, lag)) = operator {
            new.bring_operator(Operator::new(recipe, rate_hz, lag)?, lag);
        }
        if let Some(place) = self.callers.get_mut(caller) {
            *place = new;
        } else {
            assert_eq!(caller, self.callers.len(), "a caller behind the last one");
            self.callers.push(new);
        }
        Ok(())
    }
}

impl Caller {
    /// The operator is heard too, later by so much.
    pub(super) fn expect_operator(&mut self, lag: StreamTime) {
        self.echo = Some(Echo::new(lag));
    }

    /// This operator is heard too, by this caller alone, later by so much.
    pub(super) fn bring_operator(&mut self, operator: Operator, lag: StreamTime) {
        self.own_operator = Some(Box::new(operator));
        self.expect_operator(lag);
    }

    /// Takes the next samples of the caller's own operator, where there is one.
    pub fn hear_operator(&mut self, samples: &[f32]) {
        if let Some(operator) = &mut self.own_operator {
            operator.push(samples);
        }
    }

    /// So many samples of the caller's own operator were lost.
    pub fn miss_operator(&mut self, lost_samples: u64) {
        if let Some(operator) = &mut self.own_operator {
            operator.gap(lost_samples);
        }
    }
}
