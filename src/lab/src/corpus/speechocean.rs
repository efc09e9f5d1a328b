//! speechocean762 (Zhang et al., 2021): English read by 250 learners, all neutral.
//!
//! In: files named `000010011.WAV` in the original's `WAVE/SPEAKER0001`, or below a folder `neutral_speech`;
//! of the nine digits the first five are the speaker. Out: clips of corpus `neutral_speech`, neutral all:
//! nothing else in a name of nine digits tells that it is of this corpus, hence the folder.

use std::path::Path;

use super::folder::{Named, stem};
use super::{Clip, CorpusError};
use hearing::emotion::Emotion;

/// The corpus' name in [`Clip::corpus`], and a folder that makes its files known.
pub const NAME: &str = "neutral_speech";

/// Length of a file's name and of the speaker's number at its start, in digits.
const NAME_LEN: usize = 9;
const SPEAKER_LEN: usize = 5;

/// The clip that a file name tells of; none if the file is not named as in this corpus.
#[expect(clippy::unnecessary_wraps, reason = "the readers of all corpora have one signature")]
pub(super) fn clip(path: &Path) -> Result<Option<Named>, CorpusError> {
    let name = stem(path);
    if name.len() != NAME_LEN || !name.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    let Ok(number) = name[..SPEAKER_LEN].parse::<u32>() else { return Ok(None) };
    let speaker = format!("speaker{number:04}");
    let is_known = path.parent().is_some_and(|folder| {
        let mut folders = folder.iter().filter_map(|folder| folder.to_str());
        folders.any(|folder| folder == NAME || folder.eq_ignore_ascii_case(&speaker))
    });
    if !is_known {
        return Ok(None);
    }
    Ok(Some(Named::Clip(Clip {
        language: Some("en".to_owned()),
        ..Clip::new(path, Emotion::Neutral, NAME, &speaker)
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_originals_folders_and_a_flat_copy_tell_the_same_speaker() {
        for path in ["WAVE/SPEAKER0024/000240010.WAV", "data/neutral_speech/000240010.ogg"] {
            let Some(Named::Clip(clip)) = clip(Path::new(path)).unwrap() else {
                panic!("not used")
            };
            assert_eq!(clip.speaker_key(), "neutral_speech/speaker0024");
            assert_eq!(clip.emotion, Emotion::Neutral);
        }
    }

    #[test]
    fn nine_digits_in_any_other_folder_are_not_taken_for_neutral_speech() {
        for path in ["calls/000240010.wav", "SPEAKER0025/000240010.WAV", "neutral_speech/24.ogg"] {
            assert!(clip(Path::new(path)).unwrap().is_none(), "{path}");
        }
    }
}
