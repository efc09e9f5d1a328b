//! How every clip of an evaluation is heard.
//!
//! In: conditions, and a data folder where recorded noises are wanted. Out: the conditions with the sounds
//! that they mix in. Nothing that training may use is among these sounds.

use std::path::Path;

use super::known::Known;
use crate::command::material::samples;
use hearing::emotion::Emotion;
use lab::augment::Sounds;
use lab::corpus::{Clip, Split, sounds};
use lab::evaluation::Condition;

/// Voices that babble is mixed from: enough that no two mixtures of a handful are likely the same.
const N_VOICES: usize = 40;

/// The conditions under which each clip is heard, and what they need.
#[derive(Clone, Debug, Default)]
pub struct Listening {
    /// Each clip is scored once under each.
    pub conditions: Vec<Condition>,
    /// Recorded sounds at the rate of the line; without them noise is made up.
    pub sounds: Sounds,
    /// What is known when a clip is judged.
    pub known: Known,
}

impl Listening {
    /// The same with the noises of a data folder's test part, and voices for babble: neutral clips that are
    /// neither for training nor of the split that is judged.
    ///
    /// # Errors
    /// A folder without noises, a file that does not decode.
    pub fn with_recorded(
        conditions: Vec<Condition>,
        data: &Path,
        clips: &[Clip],
        judged: Option<Split>,
    ) -> anyhow::Result<Self> {
        let all = sounds::non_speech(data)?;
        let noises = all.iter().filter(|sound| sound.split == Split::Test);
        let noises = noises.map(|sound| samples(&sound.path)).collect::<anyhow::Result<_>>()?;
        let is_voice = |clip: &&Clip| {
            let split = clip.split.filter(|split| *split != Split::Train && Some(*split) != judged);
            clip.emotion == Emotion::Neutral && split.is_some()
        };
        let voices = clips.iter().filter(is_voice).take(N_VOICES);
        let voices = voices.map(|clip| samples(&clip.path)).collect::<anyhow::Result<_>>()?;
        Ok(Listening { conditions, sounds: Sounds { noises, voices }, known: Known::default() })
    }
}
