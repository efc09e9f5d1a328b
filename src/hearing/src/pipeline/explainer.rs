//! Tells how a caller speaks, every second of speech.

use super::utterance::HeardFrame;
use crate::features::{Recipe, Voice};
use crate::prosody::{Explanation, FRAMES_PER_S, Frame, Prosody};

/// One caller's prosody, where the frames have it.
pub(super) struct Explainer {
    recipe: Recipe,
    prosody: Prosody,
}

impl Explainer {
    pub(super) fn new(recipe: Recipe) -> Self {
        Explainer { recipe, prosody: Prosody::default() }
    }

    /// Takes the next frame; in speech, every second, gives the facts.
    pub(super) fn take(&mut self, frame: &HeardFrame<'_>) -> Option<Explanation> {
        let voice = Voice::of_frame(self.recipe, frame.values)?;
        self.prosody.push(&Frame::of_voice(&voice, frame.is_speech));
        let is_due = frame.is_speech && frame.number.is_multiple_of(FRAMES_PER_S as usize);
        if is_due { self.prosody.explanation() } else { None }
    }

    /// Audio was lost: what comes does not join on.
    pub(super) fn break_off(&mut self) {
        self.prosody.break_off();
    }

    /// What comes may be of another time: the caller is not known any more.
    pub(super) fn forget(&mut self) {
        self.prosody.reset();
    }
}
