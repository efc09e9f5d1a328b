//! Plain facts of how a caller speaks, beside the readings: loudness, pitch, its movement, speaking rate and
//! pauses, and how they differ from the same caller's speech before. Facts, not verdicts.
//!
//! In: a [`Frame`] every 10 ms. Out: an [`Explanation`] of the last seconds whenever it is asked for. Keeps
//! the frames of the last 6 s of the caller's turn, and counts of all speech before them, the [`Baseline`];
//! [`Prosody::reset`] forgets both. Nothing is allocated after construction.
//!
//! A turn is speech with pauses of at most 3 s; a longer silence is somebody else's turn and counts for
//! nothing. What is heard goes `syllables` (where is a nucleus?), `contour` (is it a pitch?), `tally` (counts),
//! [`Facts`].

mod contour;
mod facts;
mod syllables;
mod tally;

use std::collections::VecDeque;

pub use facts::{Comparison, Facts};
pub use tally::Baseline;

use crate::features::Voice;
use contour::Contour;
use syllables::NucleusFinder;
use tally::{Heard, Tally};

/// Frames a second that everything here counts in.
pub const FRAMES_PER_S: u32 = 100;

/// Level of silence, and of whatever is no number.
const FLOOR_DB: f32 = -100.0;

/// Frames that facts look back on: 6 s, about two sentences.
const WINDOW_FRAMES: usize = 600;

/// Frames of the longest silence that is a pause within a turn: 3 s.
const LONGEST_PAUSE_FRAMES: usize = 300;

/// Frames of speech without which there are no facts: 2 s, some eight syllables.
const MIN_SPEECH_FRAMES: u32 = 200;

/// Frames for which `speech::SpeechGate` stays open after the last speech: 256 ms. They belong to the pause
/// that follows, which a pipeline test measures.
const GATE_HOLD_FRAMES: usize = 25;

/// What a caller does in 10 ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Level in dB relative to full scale.
    pub level_db: f32,
    /// Pitch; none where there is no voice.
    pub pitch_hz: Option<f32>,
    /// Whether the speech gate is open.
    pub is_speech: bool,
}

impl Frame {
    /// The frame of a voice, with the gate's decision.
    #[must_use]
    pub fn of_voice(voice: &Voice, is_speech: bool) -> Self {
        Frame {
            level_db: voice.log_power * (10.0 / std::f32::consts::LN_10),
            pitch_hz: voice.is_voiced().then_some(voice.pitch_hz),
            is_speech,
        }
    }
}

/// Facts of the last seconds, and what has changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Explanation {
    /// The last 6 s of the turn, or what there is of it.
    pub facts: Facts,
    /// Against the caller's speech before; none until there are 10 s of that.
    pub change: Option<Comparison>,
}

/// Follows one caller.
pub struct Prosody {
    nuclei: NucleusFinder,
    contour: Contour,
    /// The last frames of the turn, and their counts.
    window: VecDeque<Heard>,
    tally: Tally,
    baseline: Baseline,
    /// Frames since the last speech.
    n_silent: usize,
}

impl Default for Prosody {
    fn default() -> Self {
        Prosody {
            nuclei: NucleusFinder::default(),
            contour: Contour::default(),
            window: VecDeque::with_capacity(WINDOW_FRAMES),
            tally: Tally::default(),
            baseline: Baseline::default(),
            n_silent: 0,
        }
    }
}

impl Prosody {
    /// Takes the next frame.
    pub fn push(&mut self, frame: &Frame) {
        let is_nucleus = self.nuclei.push(frame.level_db, frame.pitch_hz.is_some());
        let pitch_hz = frame.pitch_hz.filter(|_| self.nuclei.is_near_loudest(frame.level_db));
        let pitch_hz = self.contour.push(pitch_hz);
        if !frame.is_speech {
            if self.n_silent == 0 {
                self.take_back_held();
            }
            self.n_silent += 1;
            return;
        }
        if self.n_silent > LONGEST_PAUSE_FRAMES {
            self.end_turn();
        } else if !self.window.is_empty() {
            for _ in 0..self.n_silent {
                self.enter(Heard::Pause);
            }
        }
        self.n_silent = 0;
        self.enter(Heard::speech(frame.level_db, pitch_hz, is_nucleus));
    }

    /// Facts of the last seconds, once there are 2 s of speech in them.
    #[must_use]
    pub fn explanation(&self) -> Option<Explanation> {
        if self.tally.n_speech() < MIN_SPEECH_FRAMES {
            return None;
        }
        let facts = self.tally.facts();
        let change = self.baseline.facts().map(|before| facts.against(&before));
        Some(Explanation { facts, change })
    }

    /// The audio breaks off: what comes does not join on, but it is the same caller.
    pub fn break_off(&mut self) {
        self.nuclei = NucleusFinder::default();
        self.contour = Contour::default();
        self.end_turn();
    }

    /// Forgets the caller.
    pub fn reset(&mut self) {
        self.break_off();
        self.baseline = Baseline::default();
    }

    /// Adds a frame to the window; the oldest moves on to the baseline.
    fn enter(&mut self, heard: Heard) {
        if self.window.len() == WINDOW_FRAMES {
            self.let_go_of_oldest();
        }
        self.window.push_back(heard);
        self.tally.add(heard);
    }

    fn let_go_of_oldest(&mut self) {
        if let Some(oldest) = self.window.pop_front() {
            self.tally.remove(oldest);
            self.baseline.add(oldest);
        }
    }

    /// The last frames before the gate closed were silence already.
    fn take_back_held(&mut self) {
        for _ in 0..GATE_HOLD_FRAMES {
            let Some(held) = self.window.pop_back() else { break };
            self.tally.remove(held);
            self.n_silent += 1;
        }
    }

    fn end_turn(&mut self) {
        while !self.window.is_empty() {
            self.let_go_of_oldest();
        }
        self.n_silent = 0;
    }
}

#[cfg(test)]
mod tests;
