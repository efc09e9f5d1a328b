//! The speech gate: which audio is speech, and so worth classifying.
//!
//! In: samples at [`STREAM_RATE_HZ`] in any portions. Out: a [`Chunk`] for every [`CHUNK_LEN`] samples.
//! Keeps the voice activity detector's state, how long speech has been there or gone, and whether a voice was
//! heard lately; [`SpeechGate::reset`] forgets all. [`GatedFrames`] and [`utterances`] bring its decisions to frames of
//! features: in a call and in training the same frames are speech.
//!
//! The detector is the crate `earshot` (a small recurrent network over 16 kHz audio). Its area under the
//! ROC curve on telephone prompts is 0.996, clean and through G.711. Where nobody has spoken yet it takes
//! steady noise from -50 dB on, tones and music for speech; so the gate also wants a voice (`voicing`)
//! within the last three seconds, which noise and the tones of a telephone network do not have. Music does.

mod gated_frames;
mod voicing;

pub use gated_frames::{Decided, GatedFrames, GatedFramesError, Utterance, utterances};

use voicing::VoiceMemory;

use crate::features::{HumFilter, Recipe};
use crate::stream_time::STREAM_RATE_HZ;
use resample::{ResampleError, Resampler};

/// Samples of the stream that one decision is about: 16 ms.
pub const CHUNK_LEN: usize = 128;

/// The detector's rate and frame, twice the stream's.
const DETECTOR_RATE_HZ: u32 = 16_000;
const DETECTOR_FRAME_LEN: usize = 2 * CHUNK_LEN;

/// The detector's own decision threshold (its documentation).
const SPEECH_PROBABILITY: f32 = 0.5;
/// Chunks in a row that must be speech before the gate opens: 48 ms, shorter than any syllable.
const OPEN_AFTER: u32 = 3;
/// Chunks that the gate stays open after the last speech: 256 ms, so that stops and breaths inside a
/// sentence do not close it.
const CLOSE_AFTER: u32 = 16;
/// Mean power below which a chunk is silence whatever the detector says: -60 dB of full scale, some 30 dB
/// under quiet speech on a telephone line.
pub const SILENCE_POWER: f32 = 1e-6;

/// What follows the last samples of a stream.
const SILENT_CHUNK: [f32; CHUNK_LEN] = [0.0; CHUNK_LEN];

/// Samples that are filtered at once, on the stack.
const FILTERED_LEN: usize = 2 * CHUNK_LEN;

/// What is known of [`CHUNK_LEN`] samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chunk {
    /// Whether it is speech.
    pub is_speech: bool,
    /// Mean power, hum taken off where the recipe does so; 1 is a square wave of full scale.
    pub power: f32,
}

/// The gate of one caller.
pub struct SpeechGate {
    hum: Option<HumFilter>,
    to_detector: Resampler,
    detector: Box<earshot::Detector>,
    voice: VoiceMemory,
    upsampled: Vec<f32>,
    pending: Vec<f32>,
    is_open: bool,
    n_speech: u32,
    n_other: u32,
}

impl SpeechGate {
    /// A closed gate that hears what a recipe's features are made of: without hum where that is taken off.
    ///
    /// # Errors
    /// [`ResampleError`] if the doubling of the rate cannot be set up.
    pub fn new(recipe: Recipe) -> Result<Self, ResampleError> {
        Ok(SpeechGate {
            hum: recipe.hum_filter(),
            to_detector: Resampler::new(STREAM_RATE_HZ, DETECTOR_RATE_HZ)?,
            detector: earshot::Detector::default_boxed(),
            voice: VoiceMemory::new(),
            upsampled: Vec::with_capacity(8 * DETECTOR_FRAME_LEN),
            pending: Vec::with_capacity(8 * CHUNK_LEN),
            is_open: false,
            n_speech: 0,
            n_other: 0,
        })
    }

    /// Takes samples and appends every chunk that they complete; chunks follow each other
    /// without gap from the first sample after construction or reset.
    pub fn push(&mut self, samples: &[f32], chunks: &mut Vec<Chunk>) {
        if let Some(hum) = &mut self.hum {
            let mut filtered = [0.0; FILTERED_LEN];
            for samples in samples.chunks(FILTERED_LEN) {
                let filtered = &mut filtered[..samples.len()];
                hum.apply(samples, filtered);
                self.pending.extend_from_slice(filtered);
                self.to_detector.push(filtered, &mut self.upsampled);
            }
        } else {
            self.pending.extend_from_slice(samples);
            self.to_detector.push(samples, &mut self.upsampled);
        }
        self.decide_pending(chunks);
    }

    /// Decides on every chunk that is there.
    fn decide_pending(&mut self, chunks: &mut Vec<Chunk>) {
        let n_chunks =
            (self.pending.len() / CHUNK_LEN).min(self.upsampled.len() / DETECTOR_FRAME_LEN);
        let mut heard = [0.0; CHUNK_LEN];
        for chunk in 0..n_chunks {
            heard.copy_from_slice(&self.pending[chunk * CHUNK_LEN..(chunk + 1) * CHUNK_LEN]);
            #[expect(clippy::cast_precision_loss, reason = "a chunk's length")]
            let power = heard.iter().map(|sample| sample * sample).sum::<f32>() / CHUNK_LEN as f32;
            let is_silent = power < SILENCE_POWER;
            let start = chunk * DETECTOR_FRAME_LEN;
            let probability =
                self.detector.predict_f32(&self.upsampled[start..start + DETECTOR_FRAME_LEN]);
            let is_voice = self.voice.hear(&heard, is_silent);
            let is_open = self.decide(probability >= SPEECH_PROBABILITY && !is_silent);
            chunks.push(Chunk { is_speech: is_open && is_voice, power });
        }
        self.pending.drain(..n_chunks * CHUNK_LEN);
        self.upsampled.drain(..n_chunks * DETECTOR_FRAME_LEN);
    }

    /// The audio is over: decides on what is left, with silence after it.
    pub fn finish(&mut self, chunks: &mut Vec<Chunk>) {
        let n_missing = self.pending.len().next_multiple_of(CHUNK_LEN) - self.pending.len();
        let silence = &SILENT_CHUNK[..n_missing];
        self.pending.extend_from_slice(silence);
        self.to_detector.push(silence, &mut self.upsampled);
        self.decide_pending(chunks);
        let n_waiting = self.pending.len() / CHUNK_LEN;
        self.to_detector.finish(&mut self.upsampled);
        self.upsampled.resize(n_waiting * DETECTOR_FRAME_LEN, 0.0);
        self.decide_pending(chunks);
    }

    /// Forgets everything heard so far.
    pub fn reset(&mut self) {
        if let Some(hum) = &mut self.hum {
            hum.reset();
        }
        self.to_detector.reset();
        self.detector.reset();
        self.voice.reset();
        self.upsampled.clear();
        self.pending.clear();
        self.is_open = false;
        self.n_speech = 0;
        self.n_other = 0;
    }

    fn decide(&mut self, is_speech: bool) -> bool {
        if is_speech {
            self.n_speech += 1;
            self.n_other = 0;
        } else {
            self.n_other += 1;
            self.n_speech = 0;
        }
        if self.n_speech >= OPEN_AFTER {
            self.is_open = true;
        } else if self.n_other >= CLOSE_AFTER {
            self.is_open = false;
        }
        self.is_open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decisions(samples: &[f32], portion: usize) -> Vec<bool> {
        decisions_of(Recipe::PhoneV2, samples, portion)
    }

    fn decisions_of(recipe: Recipe, samples: &[f32], portion: usize) -> Vec<bool> {
        let mut gate = SpeechGate::new(recipe).expect("the rates are fixed");
        let mut chunks = Vec::new();
        for part in samples.chunks(portion) {
            gate.push(part, &mut chunks);
        }
        chunks.into_iter().map(|chunk| chunk.is_speech).collect()
    }

    #[test]
    fn silence_keeps_the_gate_closed() {
        let decisions = decisions(&vec![0.0; 16_000], 800);
        assert!(decisions.len() >= 120);
        assert!(decisions.iter().all(|open| !open));
    }

    #[test]
    fn faint_noise_keeps_the_gate_closed() {
        let mut state = 1_u32;
        let noise: Vec<f32> = (0..32_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (f32::from((state >> 16) as u16) / 32_768.0 - 1.0) * 0.01
            })
            .collect();
        assert!(decisions(&noise, 800).iter().all(|open| !open));
    }

    #[test]
    fn the_gate_opens_after_three_chunks_and_closes_after_sixteen() {
        let mut gate = SpeechGate::new(Recipe::PhoneV2).expect("the rates are fixed");
        let speech: Vec<bool> = (0..5).map(|_| gate.decide(true)).collect();
        assert_eq!(speech, [false, false, true, true, true]);
        let after: Vec<bool> = (0..17).map(|_| gate.decide(false)).collect();
        assert_eq!(after.iter().filter(|open| **open).count(), 15);
        assert!(!gate.decide(true));
    }

    #[test]
    fn loud_noise_and_a_dial_tone_keep_the_gate_closed_and_a_buzz_opens_it() {
        let mut state = 1_u32;
        let mut noise = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (f32::from((state >> 16) as u16) / 32_768.0 - 1.0) * 0.3
        };
        let loud: Vec<f32> = (0..32_000).map(|_| noise()).collect();
        assert!(decisions(&loud, 800).iter().all(|open| !open));
        let tone = |hz: f32, index: u16| (hz * f32::from(index) * 0.000_785_4).sin();
        let dial: Vec<f32> =
            (0..32_000).map(|index| 0.1 * (tone(350.0, index) + tone(440.0, index))).collect();
        assert!(decisions(&dial, 800).iter().all(|open| !open));
        let buzz: Vec<f32> = (0..32_000)
            .map(|index| (1..=10_u8).map(|n| 0.05 * tone(150.0 * f32::from(n), index)).sum())
            .collect();
        assert!(decisions(&buzz, 800).iter().any(|open| *open));
    }

    /// Mains hum with its second to fourth harmonic at a level in dB, for 4 s.
    fn hum(mains_hz: f32, level_db: f32) -> Vec<f32> {
        let scale =
            10_f32.powf(level_db / 20.0) / (0.5 * (1.0 + 0.25 + 0.0625 + 0.015_625_f32)).sqrt();
        (0..32_000_u16)
            .map(|index| {
                let turns = mains_hz * f32::from(index) / 8_000.0;
                let harmonics = [(1.0, 1.0), (2.0, 0.5), (3.0, 0.25), (4.0, 0.125)];
                let tone =
                    |(k, share): (f32, f32)| share * (std::f32::consts::TAU * k * turns).sin();
                scale * harmonics.map(tone).iter().sum::<f32>()
            })
            .collect()
    }

    /// Harmonics of 120 Hz, 4 times a second 150 ms long with 100 ms between them, for 2 s of 4.
    fn words() -> Vec<f32> {
        (0..32_000_u16)
            .map(|index| {
                let time = f32::from(index) / 8_000.0;
                let is_voice = (1.0..3.0).contains(&time) && time % 0.25 < 0.15;
                let phase = std::f32::consts::TAU * (120.0 * time + 4.0 * (time * 3.0).sin());
                let voice: f32 = (1..20_u8)
                    .map(|k| (phase * f32::from(k)).sin() / (1.0 + (f32::from(k) - 5.0).abs()))
                    .sum();
                if is_voice { 0.05 * voice } else { 0.0 }
            })
            .collect()
    }

    #[test]
    fn hum_and_an_offset_neither_open_the_gate_nor_keep_it_from_a_voice() {
        let without = decisions_of(Recipe::PhoneV3, &words(), 800);
        assert!(without.iter().filter(|open| **open).count() > 60);
        for mains_hz in [50.0, 60.0] {
            for level_db in [-50.0, -40.0, -30.0] {
                let hum: Vec<f32> =
                    hum(mains_hz, level_db).iter().map(|sample| sample + 0.05).collect();
                let alone = decisions_of(Recipe::PhoneV3, &hum, 800);
                assert!(alone.iter().all(|open| !open), "{mains_hz} Hz at {level_db} dB");
                let both: Vec<f32> = words().iter().zip(&hum).map(|(a, b)| a + b).collect();
                let with = decisions_of(Recipe::PhoneV3, &both, 800);
                let n_other = with.iter().zip(&without).filter(|(a, b)| a != b).count();
                assert!(n_other <= 2, "{mains_hz} Hz at {level_db} dB: {n_other} decisions");
            }
        }
    }

    #[test]
    fn any_split_of_the_audio_gives_the_same_decisions() {
        let sweep: Vec<f32> = (0..24_000_u16)
            .map(|index| {
                let time = f32::from(index) / 8000.0;
                0.3 * (time * (400.0 + 900.0 * time)).sin() * (time * 25.0).sin().abs()
            })
            .collect();
        for recipe in [Recipe::PhoneV2, Recipe::PhoneV3] {
            let whole = decisions_of(recipe, &sweep, 24_000);
            for portion in [1, 7, 128, 1000] {
                let parts = decisions_of(recipe, &sweep, portion);
                assert_eq!(parts, whole, "{recipe}: portions of {portion}");
            }
        }
    }
}
