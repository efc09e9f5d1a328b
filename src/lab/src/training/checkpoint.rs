//! What an interrupted run needs to go on: weights, their mean, the optimiser's moments, the best weights so far and the
//! record of each epoch. Written after every epoch, whole or not at all.

use super::TrainingError;
use super::average::Average;
use super::curves::EpochRecord;
use super::epoch::{Trainer, optimiser, weights};
use super::recipe::TrainingRecipe;
use burn::module::Module;
use burn::store::ModuleRecord;
use burn::tensor::{Bytes, Device};
use record::output_file::{IfExists, ReadableBy, save as save_file};
use serde::{Deserialize, Serialize};
use std::path::Path;

const STATE: &str = "state.json";
const WEIGHTS: &str = "weights.bpk";
const AVERAGE: &str = "average.bpk";
const MOMENTS: &str = "moments.bpk";
const BEST: &str = "best.bpk";
/// Endings of the folder while it is written, and of the one that it replaces.
const PARTIAL: &str = "partial";
const BEFORE: &str = "before";

/// A run that can go on.
pub struct Checkpoint {
    /// The network and its optimiser after the last epoch.
    pub trainer: Trainer,
    /// The epochs so far.
    pub records: Vec<EpochRecord>,
}

#[derive(Serialize, Deserialize)]
struct State {
    recipe: TrainingRecipe,
    data: String,
    n_steps: u64,
    records: Vec<EpochRecord>,
}

impl Checkpoint {
    /// The checkpoint in a folder, or `None` when there is none yet.
    ///
    /// # Errors
    /// A checkpoint of another recipe, or a damaged one: it is not overwritten silently.
    pub fn load(
        folder: &Path,
        recipe: &TrainingRecipe,
        data: &str,
        device: &Device,
    ) -> Result<Option<Self>, TrainingError> {
        let path = folder.join(STATE);
        let before = folder.with_extension(BEFORE);
        if !path.exists() && before.join(STATE).exists() {
            // The run was ended between the two renames of `save`.
            std::fs::rename(&before, folder).map_err(|error| TrainingError::File {
                path: before.clone(),
                reason: error.to_string(),
            })?;
        }
        if !path.exists() {
            return Ok(None);
        }
        let failed = |reason: String| TrainingError::File { path: path.clone(), reason };
        let text = std::fs::read_to_string(&path).map_err(|error| failed(error.to_string()))?;
        let state: State =
            serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
        if state.recipe != *recipe {
            return Err(failed("it was begun with another recipe".into()));
        }
        if state.data != data {
            return Err(failed("it was begun with other clips or another split".into()));
        }
        let read = |name: &str| {
            std::fs::read(folder.join(name))
                .map(Bytes::from_bytes_vec)
                .map_err(|error| failed(format!("{name}: {error}")))
        };
        let network = |name: &str| {
            let record =
                ModuleRecord::from_bytes(read(name)?).map_err(|error| failed(error.to_string()))?;
            let network = recipe.network.init(device).try_load_record(record);
            network.map_err(|error| failed(error.to_string()))
        };
        let average = Average::new(recipe.average, &network(AVERAGE)?, state.n_steps)?;
        let network = network(WEIGHTS)?;
        let moments = optimiser(recipe)?
            .from_bytes(read(MOMENTS)?)
            .map_err(|error| failed(error.to_string()))?;
        let network = network.to_device(&device.clone().autodiff()).train();
        let trainer = Trainer::with(network, moments, average, device);
        Ok(Some(Checkpoint { trainer, records: state.records }))
    }
}

/// The best weights of the run so far, if a checkpoint has any.
///
/// # Errors
/// A file that is there but cannot be read.
pub fn best_weights(folder: &Path) -> Result<Option<Vec<u8>>, TrainingError> {
    let path = folder.join(BEST);
    if !path.exists() {
        return Ok(None);
    }
    std::fs::read(&path)
        .map(Some)
        .map_err(|error| TrainingError::File { path, reason: error.to_string() })
}

/// Writes a checkpoint beside the one before, then puts it in its place: whenever the run is ended, one of
/// the two is whole.
///
/// # Errors
/// What the file system says.
pub fn save(
    folder: &Path,
    trainer: &Trainer,
    records: &[EpochRecord],
    (recipe, data): (&TrainingRecipe, &str),
    best: Option<&[u8]>,
) -> Result<(), TrainingError> {
    let failed = |reason: String| TrainingError::File { path: folder.to_owned(), reason };
    let (partial, before) = (folder.with_extension(PARTIAL), folder.with_extension(BEFORE));
    let io = |result: std::io::Result<()>| result.map_err(|error| failed(error.to_string()));
    for leftover in [&partial, &before] {
        if leftover.exists() {
            io(std::fs::remove_dir_all(leftover))?;
        }
    }
    io(std::fs::create_dir_all(&partial))?;
    write(&partial.join(WEIGHTS), &weights(&trainer.network)?)?;
    write(&partial.join(AVERAGE), &weights(&trainer.averaged())?)?;
    let moments = trainer.optimiser.into_bytes().map_err(|error| failed(error.to_string()))?;
    write(&partial.join(MOMENTS), &moments)?;
    if let Some(best) = best {
        write(&partial.join(BEST), best)?;
    }
    let state = State {
        recipe: recipe.clone(),
        data: data.to_owned(),
        n_steps: trainer.average.n_steps(),
        records: records.to_vec(),
    };
    let text = serde_json::to_string(&state).map_err(|error| failed(error.to_string()))?;
    write(&partial.join(STATE), text.as_bytes())?;
    if folder.exists() {
        io(std::fs::rename(folder, &before))?;
    }
    io(std::fs::rename(&partial, folder))?;
    if before.exists() {
        io(std::fs::remove_dir_all(&before))?;
    }
    Ok(())
}

/// Writes a file beside its place and moves it there.
///
/// # Errors
/// What the file system says.
pub fn write(path: &Path, content: &[u8]) -> Result<(), TrainingError> {
    save_file(path, IfExists::Replace, ReadableBy::Everyone, content)
        .map_err(|error| TrainingError::File { path: path.to_owned(), reason: error.to_string() })
}
