//! A teacher's word on the clips of a training.
//!
//! In: the teacher's file, and what is to be learned. Out: examples with its word, those without a label among them.
//! Keeps nothing.

use super::super::printer::tell;
use super::super::progress;
use super::is_wanted;
use crate::cli::TrainArgs;
use lab::corpus;
use lab::training::example::{Example, without_label};
use lab::training::hearing::Listener;
use lab::training::recipe::{Teaching, TrainingRecipe};
use lab::training::teacher::Teacher;
use std::path::{Path, PathBuf};

/// The teacher that the recipe learns from; without one it learns from the labels alone.
///
/// # Errors
/// A file that is no teacher's, or one that the recipe cannot use.
pub fn teacher(
    file: Option<&Path>,
    frames: Option<&Path>,
    recipe: &mut TrainingRecipe,
) -> anyhow::Result<Option<Teacher>> {
    let Some(file) = file else {
        if recipe.teaching.is_taught() {
            tell("no --teacher: learning from the labels alone");
        }
        (recipe.teaching, recipe.network) = (Teaching::default(), recipe.network.in_use());
        return Ok(None);
    };
    let mut teacher = Teacher::read(file)?;
    if let Some(frames) = frames {
        teacher.read_moments(frames)?;
    } else if recipe.network.n_imitated > 0 {
        tell("no --teacher-frames: no moment is imitated");
        (recipe.teaching.moments, recipe.network.n_imitated) = (0.0, 0);
    }
    let wanted = recipe.network.n_embedding;
    anyhow::ensure!(recipe.teaching.is_taught(), "the recipe {} has no teaching", recipe.name);
    anyhow::ensure!(
        wanted == 0 || wanted == teacher.n_embedding,
        "the recipe {} wants an embedding of {wanted} numbers, {} has {}",
        recipe.name,
        file.display(),
        teacher.n_embedding
    );
    let wanted = recipe.network.n_imitated;
    anyhow::ensure!(
        wanted == teacher.n_imitated,
        "the recipe {} imitates moments of {wanted} numbers, the teacher's have {}",
        recipe.name,
        teacher.n_imitated
    );
    Ok(Some(teacher))
}

/// Gives examples the teacher's word on their clips; counts those that have one.
pub fn taught(examples: &mut [Example], teacher: &Teacher, data: &[PathBuf]) -> usize {
    let mut n = 0;
    for example in examples {
        example.taught = teacher.on(&example.path, data);
        n += usize::from(example.taught.is_some());
    }
    n
}

/// The unlabelled recordings beside the data.
pub(super) fn unlabelled(
    args: &TrainArgs,
    listener: &Listener<'_>,
    teacher: &Teacher,
) -> anyhow::Result<Vec<Example>> {
    let mut recordings = Vec::new();
    for folder in args.data.iter().filter(|path| path.is_dir()) {
        recordings.extend(corpus::unlabelled::read(folder)?);
    }
    recordings.retain(|recording| is_wanted(&args.corpora, &recording.corpus));
    let bar = progress::counting(recordings.len(), "unlabelled recordings");
    let word = |path: &Path| teacher.on(path, &args.data);
    let n_hearings = listener.recipe.hearings;
    let found = without_label(&recordings, listener, n_hearings, word, || bar.inc(1));
    bar.finish_and_clear();
    for (path, reason) in found.refused {
        tell(&format!("not used: {} ({reason})", path.display()));
    }
    Ok(found.examples)
}
