//! The operator's side of the calls: whether the operator speaks, and nothing else.
//!
//! In: blocks of the operator's samples. Out: whether the operator spoke at a time of the last seconds, and the
//! samples themselves, to find their echo on a caller's side. It has no features and meets no classifier: the
//! operator's voice cannot be read for emotion. Keeps the samples and decisions of the last [`KEPT`].

use super::stream_position;
use crate::features::Recipe;
use crate::resample::{ResampleError, Resampler};
use crate::speech::{CHUNK_LEN, Chunk, SpeechGate};
use crate::stream_time::{STREAM_RATE_HZ, StreamTime};
use std::collections::VecDeque;

/// How far back answers are given: the stretch that is searched for an echo, and the longest block of a source.
const KEPT: StreamTime = StreamTime::from_ms(8_000);
/// The gate has decided on audio of so long ago, however the blocks come.
const DECIDED_AFTER: StreamTime = StreamTime::from_ms(100);

/// What the operator's source has delivered lately.
pub(super) struct Operator {
    rate_hz: u32,
    resampler: Resampler,
    gate: SpeechGate,
    /// Source samples heard or lost since the beginning.
    source_position: u64,
    /// Where the present stretch of unbroken audio begins.
    stretch_start: StreamTime,
    /// Samples at the stream's rate since then.
    stretch_len: u64,
    resampled: Vec<f32>,
    new_chunks: Vec<Chunk>,
    /// The newest samples of the stretch.
    samples: VecDeque<f32>,
    /// The gate's newest decisions, and the number of the first of them in the stretch.
    decisions: VecDeque<bool>,
    first_chunk: u64,
    /// By how much the operator's audio may come later than a caller's.
    lag: StreamTime,
}

impl Operator {
    /// An operator whose source delivers at this rate, so much later than the callers'; heard as a recipe hears.
    pub(super) fn new(
        recipe: Recipe,
        rate_hz: u32,
        lag: StreamTime,
    ) -> Result<Self, ResampleError> {
        Ok(Operator {
            rate_hz,
            lag,
            resampler: Resampler::new(rate_hz, STREAM_RATE_HZ)?,
            gate: SpeechGate::new(recipe)?,
            source_position: 0,
            stretch_start: StreamTime::ZERO,
            stretch_len: 0,
            resampled: Vec::new(),
            new_chunks: Vec::new(),
            samples: VecDeque::new(),
            decisions: VecDeque::new(),
            first_chunk: 0,
        })
    }

    /// Takes the operator's next samples.
    pub(super) fn push(&mut self, samples: &[f32]) {
        self.source_position += samples.len() as u64;
        self.resampled.clear();
        self.resampler.push(samples, &mut self.resampled);
        self.stretch_len += self.resampled.len() as u64;
        self.gate.push(&self.resampled, &mut self.new_chunks);
        self.decisions.extend(self.new_chunks.drain(..).map(|chunk| chunk.is_speech));
        self.samples.extend(&self.resampled);
        let most = usize::try_from(KEPT.0).unwrap_or(usize::MAX);
        self.samples.drain(..self.samples.len().saturating_sub(most));
        let old = self.decisions.len().saturating_sub(most / CHUNK_LEN);
        self.decisions.drain(..old);
        self.first_chunk += old as u64;
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
        self.samples.clear();
        self.decisions.clear();
        self.first_chunk = 0;
    }

    /// Whether the operator spoke [`DECIDED_AFTER`] and the lag before a time; not where nothing was heard, or where it is
    /// long ago.
    pub(super) fn spoke_before(&self, at: StreamTime) -> bool {
        let at = at - DECIDED_AFTER - self.lag;
        let chunk = at.since(self.stretch_start).0 / CHUNK_LEN as u64;
        let index = chunk.checked_sub(self.first_chunk).and_then(|at| usize::try_from(at).ok());
        at >= self.stretch_start
            && index.and_then(|index| self.decisions.get(index)).copied().unwrap_or(false)
    }

    /// The `n` samples before a time, oldest first; none where not all of them were heard or are kept.
    pub(super) fn samples_until(
        &self,
        at: StreamTime,
        n: usize,
    ) -> Option<impl Iterator<Item = f32> + '_> {
        let newest = self.stretch_start + StreamTime(self.stretch_len);
        let back = usize::try_from(newest.0.checked_sub(at.0)?).ok()?;
        let end = self.samples.len().checked_sub(back)?;
        let start = end.checked_sub(n)?;
        Some(self.samples.range(start..end).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(samples: &[f32], block: usize) -> Operator {
        let mut operator = Operator::new(Recipe::PhoneV2, STREAM_RATE_HZ, StreamTime::ZERO)
            .expect("the stream's own rate");
        for block in samples.chunks(block) {
            operator.push(block);
        }
        operator
    }

    fn before(operator: &Operator, at: u64, n: usize) -> Option<Vec<f32>> {
        operator.samples_until(StreamTime(at), n).map(Iterator::collect)
    }

    #[test]
    fn the_samples_before_a_time_are_the_same_however_the_blocks_come() {
        let samples: Vec<f32> =
            (0..90_u8).flat_map(|_| 0..1_000_u16).map(|n| f32::from(n) / 1_000.0).collect();
        for block in [37, 80, 4_096] {
            let operator = heard(&samples, block);
            assert_eq!(before(&operator, 80_003, 3), Some(vec![0.0, 0.001, 0.002]));
            assert_eq!(before(&operator, 20_000, 3), None);
            assert_eq!(before(&operator, 90_001, 3), None);
        }
    }

    #[test]
    fn after_a_gap_nothing_is_known_of_what_was_before() {
        let mut operator = heard(&vec![0.1; 16_000], 160);
        assert!(before(&operator, 15_000, 10).is_some());
        operator.gap(8_000);
        operator.push(&vec![0.1; 1_600]);
        assert_eq!(before(&operator, 15_000, 10), None);
        assert!(before(&operator, 25_000, 10).is_some());
        assert!(!operator.spoke_before(StreamTime::from_ms(1_000)));
    }
}
