//! `undertone train`: labelled clips to a model folder, with progress and a way to go on after a break.

mod display;
mod teaching;

pub use display::Display;
pub use teaching::{taught, teacher};

use super::installed;
use super::material::{kept_in, recordings_in, training_sounds};
use super::printer::{chain, print, tell};
use super::progress;
use super::scoring::ClipScorer;
use crate::cli::TrainArgs;
use anyhow::Context;
use lab::corpus::{self, Clip, Split};
use lab::evaluation::{Prediction, Report};
use lab::training::example::{Example, Prepared, prepare, without_speech};
use lab::training::hearing::Listener;
use lab::training::recipe::TrainingRecipe;
use lab::training::{TrainingData, train};
use model::artifact::{Artifact, HonestScore, InputForm, MANIFEST_FILE};
use model::device::{Backend, BackendChoice};
use sound::recording::{Channel, decode};
use std::path::Path;
use std::str::FromStr;

/// Which clips are learned from and which choose the epoch, where no manifest says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Division {
    /// As the manifest's `split` column says: train, dev, and test for the honest scores.
    Manifest,
    /// The last fifth of the clips in the original notebook's order, not shuffled.
    Notebook,
    /// A random fifth, by the recipe's seed: the same voices on both sides.
    Random,
    /// All clips of one speaker.
    Speaker(String),
    /// As the manifest says, but that all clips of one speaker, as `corpus/speaker`, are for testing.
    Holdout(String),
}

const HOLDOUT: &str = "holdout:";

/// A word that names no division.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no split; choose manifest, notebook, random, speaker:NAME or holdout:CORPUS/NAME"
)]
pub struct UnknownDivision(String);

impl FromStr for Division {
    type Err = UnknownDivision;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match (text, text.strip_prefix("speaker:")) {
            ("manifest", _) => Ok(Division::Manifest),
            ("notebook", _) => Ok(Division::Notebook),
            ("random", _) => Ok(Division::Random),
            (_, Some(name)) if !name.is_empty() => Ok(Division::Speaker(name.to_owned())),
            _ if text.starts_with(HOLDOUT) => {
                Ok(Division::Holdout(text[HOLDOUT.len()..].to_owned()))
            }
            _ => Err(UnknownDivision(text.to_owned())),
        }
    }
}

/// Trains, scores the result on the test clips and writes the model.
///
/// # Errors
/// Unreadable data, a model that is there already, a device that fails.
pub fn run(args: &TrainArgs) -> anyhow::Result<()> {
    let mut recipe = recipe(args)?;
    let (word, frames) = (args.teacher.as_deref(), args.teacher_frames.as_deref());
    let teacher = teacher(word, frames, &mut recipe)?;
    let recipe = recipe;
    anyhow::ensure!(!recipe.calm_apart, "a recipe with calm as a label is for `undertone folds`");
    make_room(args)?;
    let division = divide(args, &recipe)?;
    let noises = if args.no_recorded_noise { &[] } else { args.data.as_slice() };
    let sounds = training_sounds(noises, &division.train)?;
    let kept_in = kept_in(args.features_cache.as_deref(), &args.output)?;
    let listener = Listener::new(&recipe, &sounds, Some(kept_in.as_path()));
    let mut train_clips = prepared("training clips", &division.train, &listener, recipe.hearings)?;
    if let Some(teacher) = &teacher {
        let n = taught(&mut train_clips, teacher, &args.data);
        anyhow::ensure!(n > 0, "the teacher has judged none of the training clips");
        train_clips.extend(teaching::unlabelled(args, &listener, teacher)?);
        let n_all = train_clips.iter().filter(|example| example.taught.is_some()).count();
        tell(&format!("taught by {}: {n_all} clips, {n} of them labelled", teacher.description));
    }
    if recipe.network.hears_speech {
        let music = recordings_in(&args.music)?;
        let music: Vec<Vec<f32>> = music.into_iter().map(|(_, samples)| samples).collect();
        train_clips.extend(without_speech(&listener, &music, recipe.hearings));
    }
    let dev_clips = prepared("dev clips", &division.dev, &listener, recipe.hearings.min(2))?;
    let backend = backend(args.backend.parse()?)?;
    let name = args
        .output
        .file_name()
        .map_or_else(|| "model".into(), |name| name.to_string_lossy().into_owned());
    tell(&format!(
        "{name}: {} training clips, {} dev clips, {} epochs on {}",
        train_clips.len(),
        dev_clips.len(),
        recipe.epochs,
        backend.description
    ));
    let data = TrainingData {
        train: train_clips,
        dev: dev_clips,
        command: typed(),
        name,
        teacher: teacher.map(|teacher| teacher.description),
        licence: args.licence.clone(),
        begun_with: begun_with(args, &recipe)?,
    };
    let mut display = Display::new(recipe.epochs);
    let artifact = train(&recipe, &data, &args.output, &backend.device, &mut |progress| {
        display.show(&progress);
    })?;
    drop(data);
    let artifact = with_scores(artifact, &division, &recipe)?;
    artifact.save(&args.output)?;
    tell(&format!("wrote {}", args.output.display()));
    Ok(())
}

/// Where to train.
///
/// # Errors
/// A demanded GPU or software adapter that is not there.
pub fn backend(choice: BackendChoice) -> anyhow::Result<Backend> {
    Ok(match choice {
        BackendChoice::Cpu => Backend::cpu(),
        BackendChoice::Gpu => Backend::gpu()?,
        BackendChoice::Software => Backend::software()?,
        BackendChoice::Auto => Backend::gpu().unwrap_or_else(|_| Backend::cpu()),
    })
}

/// The weights of the model to begin with.
fn begun_with(args: &TrainArgs, recipe: &TrainingRecipe) -> anyhow::Result<Option<Vec<u8>>> {
    let Some(name) = &args.begin_with else { return Ok(None) };
    let artifact = installed::open(Some(name))?;
    anyhow::ensure!(
        artifact.manifest.network == recipe.network.in_use(),
        "the network of {name} has another shape than the recipe's"
    );
    anyhow::ensure!(
        artifact.manifest.recipe == recipe.features,
        "the network of {name} hears other features than the recipe's"
    );
    Ok(Some(artifact.weights))
}

/// The command line, for the model's manifest.
fn typed() -> String {
    std::env::args().skip(1).fold("undertone".to_owned(), |line, word| line + " " + &word)
}

fn recipe(args: &TrainArgs) -> anyhow::Result<TrainingRecipe> {
    let mut recipe = TrainingRecipe::named(&args.recipe)?;
    recipe.epochs = args.epochs.unwrap_or(recipe.epochs);
    recipe.batch = args.batch.unwrap_or(recipe.batch);
    recipe.learning_rate = args.learning_rate.unwrap_or(recipe.learning_rate);
    recipe.seed = args.seed.unwrap_or(recipe.seed);
    anyhow::ensure!(recipe.epochs > 0 && recipe.batch > 0, "epochs and batch must be at least 1");
    Ok(recipe)
}

/// A finished model is not overwritten without `--force`; an interrupted run goes on.
fn make_room(args: &TrainArgs) -> anyhow::Result<()> {
    let manifest = args.output.join(MANIFEST_FILE);
    if manifest.exists() && !args.force {
        anyhow::bail!(
            "{} holds a model already; choose another folder, or replace it with --force",
            args.output.display()
        );
    }
    if args.force {
        // Without a manifest an interrupted run can go on later without --force.
        let remove = |path: &Path, removed: std::io::Result<()>| match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", path.display()))
            }
            _ => Ok(()),
        };
        let checkpoint = args.output.join("checkpoint");
        for folder in ["", "before", "partial"].map(|end| checkpoint.with_extension(end)) {
            remove(&folder, std::fs::remove_dir_all(&folder))?;
        }
        remove(&manifest, std::fs::remove_file(&manifest))?;
    }
    Ok(())
}

/// Clips by what they are for.
pub(super) struct Divided {
    pub(super) train: Vec<Clip>,
    pub(super) dev: Vec<Clip>,
    pub(super) test: Vec<Clip>,
}

fn divide(args: &TrainArgs, recipe: &TrainingRecipe) -> anyhow::Result<Divided> {
    let mut clips = Vec::new();
    for path in &args.data {
        let corpus = corpus::open(path)?;
        for left_out in &corpus.not_used {
            tell(&format!("not used: {} ({})", left_out.path.display(), left_out.reason));
        }
        clips.extend(corpus.clips);
    }
    for name in &args.corpora {
        anyhow::ensure!(
            clips.iter().any(|clip| clip.corpus == *name),
            "no clip is of the corpus '{name}'"
        );
    }
    clips.retain(|clip| is_wanted(&args.corpora, &clip.corpus));
    let (train, dev) = match &args.split.parse::<Division>()? {
        Division::Manifest => return by_manifest(clips),
        Division::Holdout(speaker) => return by_manifest(held_out(clips, speaker)?),
        Division::Notebook => corpus::last_fraction(corpus::tess::notebook_order(clips), 0.2),
        Division::Random => corpus::random_fraction(clips, 0.2, recipe.seed),
        Division::Speaker(name) => corpus::by_speaker(clips, &[name.as_str()]),
    };
    anyhow::ensure!(!train.is_empty() && !dev.is_empty(), "the split leaves one side empty");
    Ok(Divided { train, dev, test: Vec::new() })
}

/// Whether a corpus is among those named, or none is.
#[must_use]
pub fn is_wanted(corpora: &[String], corpus: &str) -> bool {
    corpora.is_empty() || corpora.iter().any(|name| name == corpus)
}

/// The clips with all of one speaker's in the test part.
fn held_out(mut clips: Vec<Clip>, speaker: &str) -> anyhow::Result<Vec<Clip>> {
    let mut n = 0;
    for clip in clips.iter_mut().filter(|clip| clip.speaker_key() == speaker) {
        clip.split = Some(Split::Test);
        n += 1;
    }
    anyhow::ensure!(
        n > 0,
        "no clip is by {speaker}; name a speaker as corpus/speaker, like tess/OAF"
    );
    Ok(clips)
}

/// The clips as their manifest divides them.
///
/// # Errors
/// Clips without a split, a voice on both sides, no clip for training or none for choosing.
pub(super) fn by_manifest(clips: Vec<Clip>) -> anyhow::Result<Divided> {
    corpus::speaker_disjoint(&clips)?;
    let (mut divided, mut n_without) =
        (Divided { train: Vec::new(), dev: Vec::new(), test: Vec::new() }, 0);
    for clip in clips {
        match clip.split {
            Some(Split::Train) => divided.train.push(clip),
            Some(Split::Dev) => divided.dev.push(clip),
            Some(Split::Test) => divided.test.push(clip),
            None => n_without += 1,
        }
    }
    anyhow::ensure!(
        n_without == 0 && !divided.train.is_empty() && !divided.dev.is_empty(),
        "{n_without} clips have no split, {} are for train and {} for dev; give a manifest with a \
         split column, or choose --split random or speaker:NAME",
        divided.train.len(),
        divided.dev.len()
    );
    Ok(divided)
}

/// Frames of clips, with progress on the terminal and a line for each file that cannot be used.
///
/// # Errors
/// No clip can be used.
pub fn prepared(
    what: &str,
    clips: &[Clip],
    listener: &Listener<'_>,
    n_hearings: usize,
) -> anyhow::Result<Vec<Example>> {
    let bar = progress::counting(clips.len(), what);
    let Prepared { examples, refused } = prepare(clips, listener, n_hearings, || bar.inc(1))?;
    bar.finish_and_clear();
    for (path, reason) in refused {
        tell(&format!("not used: {} ({reason})", path.display()));
    }
    Ok(examples)
}

/// The scores on the test clips, one corpus after the other, as they stand in the manifest.
///
/// # Errors
/// Weights that do not fit the manifest, standard output that cannot be written.
pub(super) fn with_scores(
    mut artifact: Artifact,
    divided: &Divided,
    recipe: &TrainingRecipe,
) -> anyhow::Result<Artifact> {
    let (clips, which) = if divided.test.is_empty() {
        (&divided.dev, "held-out clips")
    } else {
        (&divided.test, "test speakers")
    };
    let mut scorer = ClipScorer::of(&artifact)?;
    let bar = progress::counting(clips.len(), which);
    let mut predictions = Vec::with_capacity(clips.len());
    for clip in clips {
        let decoded = decode(&clip.path, Channel::Mix).map_err(anyhow::Error::from);
        match decoded.and_then(|decoded| scorer.score_decoded(&decoded)) {
            Ok(heard) => predictions.push(Prediction::new(clip, heard)),
            Err(error) => tell(&format!("not used: {} ({})", clip.path.display(), chain(&error))),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let report = Report::new(&predictions);
    artifact.manifest.scores = report
        .by_corpus
        .iter()
        .map(|(corpus, scores)| HonestScore {
            on: format!("{corpus}, {which}"),
            clips: scores.n,
            uar: scores.uar,
            accuracy: scores.accuracy,
        })
        .collect();
    if recipe.input == InputForm::Frames || !divided.test.is_empty() {
        print(&report.table())?;
    }
    Ok(artifact)
}
