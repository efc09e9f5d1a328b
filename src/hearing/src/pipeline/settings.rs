//! When readings are made, and of how much speech.

use crate::range::{OutOfRange, in_range};
use serde::{Deserialize, Serialize};

/// Settings of the pipeline, a part of the configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PipelineSettings {
    /// Step between two readings.
    pub hop_ms: u32,
    /// Least speech for a reading.
    pub min_speech_ms: u32,
    /// Most speech that a reading looks back on.
    pub segment_ms: u32,
    /// A longer pause begins a new utterance: what was said before no longer counts.
    pub pause_ms: u32,
    /// Time constant of the smoothing; 0 for none.
    pub smoothing_ms: u32,
}

impl Default for PipelineSettings {
    fn default() -> Self {
        PipelineSettings {
            hop_ms: 250,
            min_speech_ms: 1200,
            segment_ms: 3000,
            pause_ms: 2500,
            smoothing_ms: 750,
        }
    }
}

impl PipelineSettings {
    /// Checks every number.
    ///
    /// # Errors
    /// [`OutOfRange`] for the first that cannot be.
    pub fn check(&self) -> Result<(), OutOfRange> {
        // Below 50 ms a reading says nothing new; above 30 s emotions are averaged away.
        in_range("pipeline.hop_ms", self.hop_ms, 50..=5_000)?;
        in_range("pipeline.segment_ms", self.segment_ms, 500..=30_000)?;
        in_range("pipeline.min_speech_ms", self.min_speech_ms, 100..=self.segment_ms)?;
        in_range("pipeline.pause_ms", self.pause_ms, 100..=60_000)?;
        in_range("pipeline.smoothing_ms", self.smoothing_ms, 0..=60_000)
    }
}
