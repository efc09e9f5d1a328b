//! What a caller will most likely be read for next, so that several readings go through the network at once.
//!
//! In: the frames that wait, as they will most likely be taken. Out: segments ahead of the one that is due, and later
//! the answers to them. Keeps both until they are asked for.
//!
//! What is known of the caller's voice at a reading depends on whether the one before was of speech, so that nobody
//! knows the next segment before this one is answered. Guessed is that all answers are like the last. An answer counts
//! only for exactly the same numbers, so that a wrong guess costs time and changes nothing.

use super::utterance::{HeardFrame, Utterance};
use crate::classifier::{Answer, Baseline, SEGMENTS_AT_ONCE, Spoken};
use std::collections::VecDeque;

/// With the segment that is due as many as the CPU takes at once.
const MOST_GUESSES: usize = SEGMENTS_AT_ONCE - 1;

/// Guesses on one caller.
pub(super) struct Foresight {
    guesses: VecDeque<Guess>,
    /// Whether the last answer took what it was given for speech.
    was_speech: bool,
}

/// A segment that may come, with what will be known then.
struct Guess {
    frames: Vec<f32>,
    baseline: Baseline,
    /// Once it is there.
    answer: Option<Answer>,
}

impl Guess {
    fn spoken(&self) -> Spoken<'_> {
        Spoken { frames: &self.frames, baseline: &self.baseline }
    }
}

impl Default for Foresight {
    fn default() -> Self {
        Foresight { guesses: VecDeque::new(), was_speech: true }
    }
}

impl Foresight {
    /// The answer to this, where it was guessed.
    pub(super) fn answer_to(&mut self, spoken: Spoken<'_>) -> Option<Answer> {
        let guess = self.guesses.pop_front()?;
        let answer = guess.answer.filter(|_| guess.spoken() == spoken);
        if answer.is_none() {
            self.guesses.clear();
        }
        answer
    }

    /// Guesses what follows a segment that is due, from the frames that wait. No guess may be left.
    pub(super) fn guess<'a>(
        &mut self,
        utterance: &Utterance,
        may_read: bool,
        waiting: impl Iterator<Item = HeardFrame<'a>>,
    ) {
        let mut utterance = utterance.clone();
        utterance.suppose(self.was_speech);
        // What would be told is told when it happens.
        let mut updates = Vec::new();
        for frame in waiting {
            if utterance.take(&frame, 0, may_read, &mut updates) {
                utterance.suppose(self.was_speech);
                let Spoken { frames, baseline } = utterance.spoken();
                let (frames, baseline) = (frames.to_vec(), baseline.clone());
                self.guesses.push_back(Guess { frames, baseline, answer: None });
                if self.guesses.len() == MOST_GUESSES {
                    break;
                }
            }
        }
    }

    /// All guesses, in the order of time.
    pub(super) fn spoken(&self) -> impl Iterator<Item = Spoken<'_>> {
        self.guesses.iter().map(Guess::spoken)
    }

    /// Takes the answer to what was due, and from the others those to the guesses.
    pub(super) fn take(&mut self, to_due: Answer, others: &mut impl Iterator<Item = Answer>) {
        self.was_speech = to_due.is_speech();
        for (guess, answer) in self.guesses.iter_mut().zip(others) {
            guess.answer = Some(answer);
        }
    }

    /// There are no answers.
    pub(super) fn clear(&mut self) {
        self.guesses.clear();
    }
}
