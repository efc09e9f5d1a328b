//! `undertone inspect`: what is in a clip or in a corpus, as pictures, text and tables.
//!
//! In: a recording, or a manifest or folder of labelled clips. Out: a report on the given writer, SVG files
//! in a folder, the feature frames as CSV where wanted.

mod clip;
mod frames_csv;
mod labelled;
mod pictures;

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::ensure;

use super::Exit;
use hearing::emotion::Scores;
use hearing::features::Recipe;
use sound::recording::{Channel, Decoded};

/// What was asked for.
#[derive(Clone, Debug)]
pub struct InspectSettings {
    /// A recording, a manifest CSV, or a folder of labelled clips.
    pub input: PathBuf,
    /// The folder for the pictures; none for `inspect-NAME` in the working directory.
    pub output: Option<PathBuf>,
    /// The recipe of the features; none for the product's, `phone-v3`.
    pub features: Option<Recipe>,
    /// Write the feature frames there, `-` for `out`, and draw pictures only where `output` says so.
    pub csv: Option<PathBuf>,
    /// Which channel of a recording.
    pub channel: Channel,
    /// The report as JSON instead of text.
    pub json: bool,
    /// Replace files that are there.
    pub force: bool,
}

impl InspectSettings {
    /// The folder for the pictures, where there are to be any.
    fn picture_folder(&self) -> Option<PathBuf> {
        match (&self.output, &self.csv) {
            (Some(folder), _) => Some(folder.clone()),
            (None, Some(_)) => None,
            (None, None) => Some(PathBuf::from(format!("inspect-{}", name_of(&self.input)))),
        }
    }
}

/// Inspects a recording, or a corpus, which a folder and a file ending in `.csv` are.
///
/// `score` gives the emotion probabilities of a decoded clip; where it fails, the report says why and goes on.
/// It is not called for a corpus, nor where only the feature frames go to `out`.
///
/// The end is [`Exit::Partial`] where a part of the recording or a clip of the corpus does not decode, which
/// the report tells.
///
/// # Errors
/// A recording that does not decode, an unreadable corpus, a file that exists or cannot be written.
pub fn run(
    settings: &InspectSettings,
    score: &mut dyn FnMut(&Decoded) -> anyhow::Result<Scores>,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let extension = settings.input.extension().unwrap_or_default();
    if settings.input.is_dir() || extension.eq_ignore_ascii_case(OsStr::new("csv")) {
        ensure!(
            settings.csv.is_none() && settings.features.is_none(),
            "{} is a corpus: features are written of one recording at a time",
            settings.input.display()
        );
        return labelled::run(settings, out);
    }
    clip::run(settings, score, out)
}

/// How it ends where so many parts of the input do not decode.
fn exit_with(n_not_decoded: u64) -> Exit {
    if n_not_decoded == 0 { Exit::Done } else { Exit::Partial }
}

/// What a folder of pictures of `input` is called.
fn name_of(input: &Path) -> String {
    let whole = input.canonicalize().unwrap_or_else(|_| input.to_owned());
    let name = if whole.is_dir() { whole.file_name() } else { whole.file_stem() };
    name.map_or_else(|| "root".to_owned(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_made_unless_only_the_table_is_wanted() {
        let mut settings = InspectSettings {
            input: "calls/Anna 3.wav".into(),
            output: None,
            features: None,
            csv: None,
            channel: Channel::Mix,
            json: false,
            force: false,
        };
        assert_eq!(settings.picture_folder(), Some("inspect-Anna 3".into()));
        settings.csv = Some("frames.csv".into());
        assert_eq!(settings.picture_folder(), None);
        settings.output = Some("here".into());
        assert_eq!(settings.picture_folder(), Some("here".into()));
    }
}
