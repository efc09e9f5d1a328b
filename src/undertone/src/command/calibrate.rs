//! `undertone calibrate`: sets again from which probabilities on a trained model says something, without training it.
//!
//! In: a model's folder and the clips that it was trained with. Out: its manifest with another calibration and the
//! scores that follow, and on the terminal what it says of each corpus with it. The weights stay as they are.

use super::material::{kept_in, training_sounds};
use super::printer::{print, tell};
use super::train::{by_manifest, is_wanted, prepared, with_scores};
use crate::cli::CalibrateArgs;
use anyhow::{Context, ensure};
use hearing::emotion::Group;
use lab::corpus::{self, Split};
use lab::evaluation::Shown;
use lab::training::calibration::calibrated_with_shown;
use lab::training::hearing::Listener;
use lab::training::recipe::TrainingRecipe;
use model::artifact::{Artifact, Calibration};
use std::fmt::Write;

/// Hearings of each dev clip: as it is, and over a random line, as in training.
const N_HEARINGS: usize = 2;

/// Calibrates the model on the dev clips, scores it on the test clips and writes its manifest.
///
/// # Errors
/// No model in the folder, a recipe that is not the model's, unreadable data, a folder that cannot be written.
pub fn run(args: &CalibrateArgs) -> anyhow::Result<()> {
    let artifact = Artifact::load(&args.model)?;
    let recipe = TrainingRecipe::named(&args.recipe)?;
    let manifest = &artifact.manifest;
    ensure!(
        recipe.features == manifest.recipe && recipe.input == manifest.input,
        "the model in {} hears {}, the training recipe {} is for {}; name the recipe that it was trained by",
        args.model.display(),
        manifest.recipe.name(),
        args.recipe,
        recipe.features.name()
    );
    let mut clips = Vec::new();
    for path in &args.data {
        let found = corpus::open(path).with_context(|| format!("cannot use {}", path.display()))?;
        clips.extend(found.clips);
    }
    clips.retain(|clip| clip.split == Some(Split::Test) || is_wanted(&args.corpora, &clip.corpus));
    let divided = by_manifest(clips)?;
    let noises = if args.no_recorded_noise { &[] } else { args.data.as_slice() };
    let sounds = training_sounds(noises, &divided.train)?;
    let kept_in = kept_in(args.features_cache.as_deref(), &args.model)?;
    let listener = Listener::new(&recipe, &sounds, Some(kept_in.as_path()));
    let n_hearings = recipe.hearings.min(N_HEARINGS);
    let dev = prepared("dev clips", &divided.dev, &listener, n_hearings)?;
    let before = manifest.calibration;
    let calibrated = calibrated_with_shown(artifact, &dev)?;
    let after = &calibrated.artifact.manifest;
    let mut told = format!("before: {}after:  {}", in_words(&before), in_words(&after.calibration));
    for (language, calibration) in &after.languages {
        // Writing into a string cannot fail.
        let _ = write!(told, "callers known to speak {language}: {}", in_words(calibration));
    }
    print(&(told + "\n"))?;
    let rows = calibrated.shown.iter().map(|(corpus, shown)| (corpus.as_str(), shown));
    print(&format!(
        "dev clips, as they are, over a line, and their first moments:\n{}\n",
        Shown::table(rows).text()
    ))?;
    let artifact = with_scores(calibrated.artifact, &divided, &recipe)?;
    artifact.save(&args.model)?;
    tell(&format!("wrote {}", args.model.display()));
    Ok(())
}

/// One line: from which probability on what is said.
fn in_words(calibration: &Calibration) -> String {
    let thresholds = calibration.thresholds();
    let mut words = format!(
        "temperature {:.2}; an emotion from {:.2} on",
        calibration.temperature, thresholds.emotion
    );
    for group in Group::ALL {
        let from = thresholds.groups[group.index()];
        let from = if from > 1.0 { "never".to_owned() } else { format!("from {from:.2} on") };
        // Writing into a string cannot fail.
        let _ = write!(words, ", {group} {from}");
    }
    words + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::artifact::GroupThresholds;

    #[test]
    fn a_calibration_is_told_in_one_line() {
        let mut calibration = Calibration { uncertain_below: 0.553, ..Calibration::default() };
        assert_eq!(
            in_words(&calibration),
            "temperature 1.00; an emotion from 0.55 on, distressed never, pleasant never, calm never\n"
        );
        calibration.group_from =
            Some(GroupThresholds { distressed: 0.7, pleasant: 2.0, calm: 0.5 });
        assert!(
            in_words(&calibration)
                .ends_with("distressed from 0.70 on, pleasant never, calm from 0.50 on\n")
        );
    }
}
