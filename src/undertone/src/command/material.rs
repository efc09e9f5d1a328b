//! What is mixed into training clips: recorded noises, and voices for babble.
//!
//! In: the data folders and the training clips. Out: samples at the stream's rate. Noises that are kept for
//! choosing and measuring are left out.

use super::printer::tell;
use anyhow::Context;
use hearing::emotion::Emotion;
use hearing::stream_time::STREAM_RATE_HZ;
use lab::augment::Sounds;
use lab::corpus::{Clip, Split, recordings, sounds};
use lab::training::parallel;
use resample::resample_all;
use sound::recording::{Channel, decode};
use std::path::{Path, PathBuf};

/// Voices that babble is mixed from.
const N_VOICES: usize = 120;
/// The training part of the noises beside the data, where there are any, and neutral training voices.
///
/// # Errors
/// A noise or a voice that does not decode.
pub fn training_sounds(data: &[PathBuf], clips: &[Clip]) -> anyhow::Result<Sounds> {
    let mut files = Vec::new();
    for path in data {
        let folder = if path.is_dir() { Some(path.as_path()) } else { path.parent() };
        if let Some(folder) = folder.filter(|folder| folder.join(sounds::FOLDER).is_dir()) {
            let found = sounds::non_speech(folder)?;
            let training = found.into_iter().filter(|sound| sound.split == Split::Train);
            files.extend(training.map(|sound| sound.path));
        }
    }
    if files.is_empty() {
        tell("no recorded noises found beside the data: noise is made up");
    }
    let neutral = clips.iter().filter(|clip| clip.emotion == Emotion::Neutral);
    let own = neutral.clone().filter(|clip| clip.corpus == "neutral_speech");
    let voices: Vec<&Path> =
        own.chain(neutral).take(N_VOICES).map(|clip| clip.path.as_path()).collect();
    Ok(Sounds {
        noises: files.iter().map(|path| samples(path)).collect::<Result<_, _>>()?,
        voices: voices.into_iter().map(samples).collect::<Result<_, _>>()?,
    })
}

/// All recordings below some folders, at the stream's rate.
///
/// # Errors
/// A folder without recordings, or a file that does not decode, by name.
pub fn recordings_in(folders: &[PathBuf]) -> anyhow::Result<Vec<(PathBuf, Vec<f32>)>> {
    let mut files = Vec::new();
    for folder in folders {
        let found = recordings(folder)?;
        anyhow::ensure!(!found.is_empty(), "{} holds no recording", folder.display());
        files.extend(found);
    }
    let read = |_: usize, file: &PathBuf| Ok((file.clone(), samples(file)?));
    parallel::map(&files, read, || {}).into_iter().collect()
}

/// A recording at the stream's rate.
///
/// # Errors
/// A file that does not decode, by name.
pub fn samples(path: &Path) -> anyhow::Result<Vec<f32>> {
    let decoded = decode(path, Channel::Mix)
        .with_context(|| format!("cannot use the sound {}", path.display()))?;
    Ok(resample_all(&decoded.samples, decoded.sample_rate_hz, STREAM_RATE_HZ)?)
}

/// The folder in which frames are kept: the one asked for, or one with the model.
///
/// # Errors
/// It cannot be made.
pub fn kept_in(asked: Option<&Path>, output: &Path) -> anyhow::Result<PathBuf> {
    let folder = asked.map_or_else(|| output.join("features"), Path::to_owned);
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    Ok(folder)
}
