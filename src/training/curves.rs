//! How a training run went, epoch by epoch: `curves.csv` and `curves.svg` beside the model.

use super::TrainingError;
use super::checkpoint;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What is known after an epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Counted from 1.
    pub epoch: usize,
    /// Mean loss of the training segments, while the weights changed.
    pub train_loss: f64,
    /// Share of right answers among them.
    pub train_accuracy: f64,
    /// Mean negative log likelihood of the dev clips.
    pub dev_loss: f64,
    /// Share of right answers on the dev clips.
    pub dev_accuracy: f64,
    /// Unweighted average recall on the dev clips, the mean over corpora.
    pub dev_uar: f64,
}

/// Writes both files anew.
///
/// # Errors
/// What the file system says.
pub fn write(folder: &Path, records: &[EpochRecord]) -> Result<(), TrainingError> {
    let path = folder.join("curves.csv");
    let failed = |reason: String| TrainingError::File { path: path.clone(), reason };
    let mut table = csv::Writer::from_writer(Vec::new());
    for record in records {
        table.serialize(record).map_err(|error| failed(error.to_string()))?;
    }
    let table = table.into_inner().map_err(|error| failed(error.to_string()))?;
    checkpoint::write(&path, &table)
}
