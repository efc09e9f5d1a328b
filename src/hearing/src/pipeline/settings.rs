//! When readings are made, and of how much speech.

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
            pause_ms: 1500,
            smoothing_ms: 750,
        }
    }
}
