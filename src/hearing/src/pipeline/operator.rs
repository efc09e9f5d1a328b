//! The operator's side of the calls: whether the operator speaks, and nothing else.
//!
//! In: blocks of the operator's samples. Out: whether the operator spoke at a time of the last seconds, and the
//! samples themselves after an [`Emphasis`], to find them on a caller's side. It has no features and meets no classifier: the
//! operator's voice cannot be read for emotion. Keeps the samples and decisions of the last [`KEPT`].

use super::echo::emphasis::Emphasis;
use super::echo::{copy, signed};
use crate::features::Recipe;
use crate::speech::{CHUNK_LEN, Chunk, SpeechGate};
use crate::stream_time::stream_position;
use crate::stream_time::{STREAM_RATE_HZ, StreamTime};
use resample::{ResampleError, Resampler};
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
    emphasis: Emphasis,
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
            emphasis: Emphasis::default(),
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
        let Operator { samples: kept, resampled, emphasis, .. } = self;
        kept.extend(resampled.iter().map(|&sample| emphasis.next(sample)));
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
        self.emphasis = Emphasis::default();
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

    /// Whether what was said up to a time is known, or known to be lost.
    pub(super) fn has_come_to(&self, at: i64) -> bool {
        self.newest() >= at
    }

    /// Fills a part with what was said from a time on; what is not there, or not kept, is silence.
    pub(super) fn copy(&self, from: i64, part: &mut [f32]) {
        let first = self.newest() - signed(self.samples.len());
        let (head, tail) = self.samples.as_slices();
        let middle = first + signed(head.len());
        let in_head = usize::try_from((middle - from).max(0)).unwrap_or(0).min(part.len());
        let (before, after) = part.split_at_mut(in_head);
        copy(head, first, from, before);
        copy(tail, middle, from + signed(in_head), after);
    }

    fn newest(&self) -> i64 {
        (self.stretch_start.0 + self.stretch_len).cast_signed()
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

    fn said(operator: &Operator, from: i64, n: usize) -> Vec<f32> {
        let mut part = vec![9.0; n];
        operator.copy(from, &mut part);
        part
    }

    #[test]
    fn what_was_said_is_the_same_however_the_blocks_come_and_silence_where_nothing_is_kept() {
        let samples: Vec<f32> =
            (0..90_u8).flat_map(|_| 0..1_000_u16).map(|n| f32::from(n) / 1_000.0).collect();
        let mut emphasis = Emphasis::default();
        let emphasised: Vec<f32> = samples.iter().map(|&sample| emphasis.next(sample)).collect();
        for block in [37, 80, 4_096] {
            let operator = heard(&samples, block);
            assert_eq!(said(&operator, 80_000, 3), emphasised[80_000..80_003]);
            assert_eq!(said(&operator, 20_000, 2), [0.0; 2]);
            assert_eq!(said(&operator, 89_999, 2), [emphasised[89_999], 0.0]);
            assert!(operator.has_come_to(90_000) && !operator.has_come_to(90_001));
        }
    }

    #[test]
    fn after_a_gap_nothing_is_known_of_what_was_before() {
        let mut operator = heard(&vec![0.1; 16_000], 160);
        operator.gap(8_000);
        operator.push(&vec![0.1; 1_600]);
        assert_eq!(said(&operator, 15_000, 10), [0.0; 10]);
        assert!(said(&operator, 24_000, 10).iter().any(|sample| sample.abs() > 0.01));
        assert!(operator.has_come_to(25_600));
        assert!(!operator.spoke_before(StreamTime::from_ms(1_000)));
    }
}
