//! The operator's side of the calls: whether the operator speaks, how loud, and nothing else.
//!
//! In: blocks of the operator's samples. Out: answers about the last [`KEPT`] of them. It has no features and
//! meets no classifier: the operator's voice cannot be read for emotion. Keeps decisions and loudness of the
//! last seconds, no audio.

use super::meter::Meter;
use super::{Level, stream_position};
use crate::resample::{ResampleError, Resampler};
use crate::speech::{CHUNK_LEN, SpeechGate};
use crate::stream_time::{STREAM_RATE_HZ, StreamTime};
use std::collections::VecDeque;

/// Samples of one value of the loudness: 10 ms, a frame's hop.
pub(super) const STEP_LEN: u64 = 80;
/// How far back answers are given: the longest echo and the stretch that is compared, twice over.
const KEPT: StreamTime = StreamTime::from_ms(8_000);
/// The gate has decided on audio of so long ago, however the blocks come.
const DECIDED_AFTER: StreamTime = StreamTime::from_ms(100);
/// Added to the power before its logarithm is taken: -80 dB of full scale.
const POWER_FLOOR: f32 = 1e-8;

/// What the operator's source has delivered lately.
pub(super) struct Operator {
    rate_hz: u32,
    resampler: Resampler,
    gate: SpeechGate,
    meter: Meter,
    /// Source samples heard or lost since the beginning.
    source_position: u64,
    /// Where the present stretch of unbroken audio begins.
    stretch_start: StreamTime,
    /// Samples at the stream's rate since then.
    stretch_len: u64,
    resampled: Vec<f32>,
    new_decisions: Vec<bool>,
    /// Loudness of the steps, the first of which has the number `first_step` since the beginning of the stream.
    loudness: VecDeque<f32>,
    first_step: u64,
    step: (u64, f32),
    /// Decisions of the gate, one a chunk of the stretch, the first of which has the number `first_chunk`.
    decisions: VecDeque<bool>,
    first_chunk: u64,
}

impl Operator {
    pub(super) fn new(rate_hz: u32) -> Result<Self, ResampleError> {
        Ok(Operator {
            rate_hz,
            resampler: Resampler::new(rate_hz, STREAM_RATE_HZ)?,
            gate: SpeechGate::new()?,
            meter: Meter::default(),
            source_position: 0,
            stretch_start: StreamTime::ZERO,
            stretch_len: 0,
            resampled: Vec::new(),
            new_decisions: Vec::new(),
            loudness: VecDeque::new(),
            first_step: 0,
            step: (0, 0.0),
            decisions: VecDeque::new(),
            first_chunk: 0,
        })
    }

    /// Takes the operator's next samples; `tell` gets the level of every interval that fills.
    pub(super) fn push(&mut self, samples: &[f32], tell: impl FnMut(StreamTime, Level)) {
        self.source_position += samples.len() as u64;
        self.resampled.clear();
        self.resampler.push(samples, &mut self.resampled);
        let start = self.stretch_start + StreamTime(self.stretch_len);
        self.meter.push(&self.resampled, start, tell);
        self.stretch_len += self.resampled.len() as u64;
        self.gate.push(&self.resampled, &mut self.new_decisions);
        self.decisions.extend(self.new_decisions.drain(..));
        for &sample in &self.resampled {
            self.step.0 += 1;
            self.step.1 += sample * sample;
            if self.step.0 == STEP_LEN {
                #[expect(clippy::cast_precision_loss, reason = "a step's length")]
                let power = self.step.1 / STEP_LEN as f32;
                self.loudness.push_back((power + POWER_FLOOR).ln());
                self.step = (0, 0.0);
            }
        }
        while self.loudness.len() as u64 * STEP_LEN > KEPT.0 {
            self.loudness.pop_front();
            self.first_step += 1;
        }
        while self.decisions.len() * CHUNK_LEN > usize::try_from(KEPT.0).unwrap_or(usize::MAX) {
            self.decisions.pop_front();
            self.first_chunk += 1;
        }
    }

    /// So many samples were lost: nothing is known of what was said in them.
    pub(super) fn gap(&mut self, lost_samples: u64) {
        self.move_to(self.source_position + lost_samples);
    }

    /// The recording was moved: what was heard before is elsewhere.
    pub(super) fn move_to(&mut self, source_position: u64) {
        self.source_position = source_position;
        self.stretch_start = stream_position(source_position, self.rate_hz);
        self.stretch_len = 0;
        self.resampler.reset();
        self.gate.reset();
        self.meter = Meter::default();
        self.loudness.clear();
        self.decisions.clear();
        self.first_step = 0;
        self.first_chunk = 0;
        self.step = (0, 0.0);
    }

    /// Whether the operator spoke [`DECIDED_AFTER`] before a time; not where nothing was heard, or where it is
    /// long ago.
    pub(super) fn speaks_at(&self, at: StreamTime) -> bool {
        let at = at - DECIDED_AFTER;
        let chunk = at.since(self.stretch_start).0 / CHUNK_LEN as u64;
        let index = chunk.checked_sub(self.first_chunk).and_then(|at| usize::try_from(at).ok());
        at >= self.stretch_start
            && index.and_then(|index| self.decisions.get(index)).copied().unwrap_or(false)
    }

    /// The loudness of `n` steps that end at a time, oldest first, in natural logarithms of the power; none
    /// where not all of them were heard or are kept.
    pub(super) fn loudness_until(
        &self,
        at: StreamTime,
        n: usize,
    ) -> Option<impl Iterator<Item = f32> + '_> {
        if at < self.stretch_start {
            return None;
        }
        let end = at.since(self.stretch_start).0 / STEP_LEN;
        let end = usize::try_from(end.checked_sub(self.first_step)?).ok()?;
        let start = end.checked_sub(n)?;
        (end <= self.loudness.len()).then(|| self.loudness.range(start..end).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(samples: &[f32], block: usize) -> Operator {
        let mut operator = Operator::new(STREAM_RATE_HZ).expect("the stream's own rate");
        for block in samples.chunks(block) {
            operator.push(block, |_, _| {});
        }
        operator
    }

    fn loudness(operator: &Operator, ms: u64, n: usize) -> Option<Vec<f32>> {
        operator.loudness_until(StreamTime::from_ms(ms), n).map(Iterator::collect)
    }

    #[test]
    fn loudness_is_that_of_the_steps_before_a_time_however_the_blocks_come() {
        let samples: Vec<f32> =
            (0..80_000).map(|n| if n / 80 % 2 == 0 { 0.5 } else { 0.0 }).collect();
        for block in [37, 80, 4_096] {
            let operator = heard(&samples, block);
            let last = loudness(&operator, 9_000, 2).expect("it is kept");
            assert!((last[0] - 0.25_f32.ln()).abs() < 0.3, "{last:?}");
            assert!(last[1] < last[0] - 1.0, "{last:?}");
            assert_eq!(loudness(&operator, 1_000, 2), None);
            assert_eq!(loudness(&operator, 11_000, 2), None);
        }
    }

    #[test]
    fn after_a_gap_nothing_is_known_of_what_was_before() {
        let mut operator = heard(&vec![0.1; 16_000], 160);
        assert!(loudness(&operator, 1_500, 10).is_some());
        operator.gap(8_000);
        operator.push(&vec![0.1; 1_600], |_, _| {});
        assert_eq!(loudness(&operator, 1_500, 10), None);
        assert!(loudness(&operator, 3_150, 10).is_some());
        assert!(!operator.speaks_at(StreamTime::from_ms(1_000)));
    }
}
