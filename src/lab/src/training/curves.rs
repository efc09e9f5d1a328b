//! How a training run went, epoch by epoch: `curves.csv`, `curves-loss.svg` and `curves-right.svg` beside the
//! model, written anew after each epoch.

use super::TrainingError;
use super::checkpoint;
use crate::plot::{Axis, LineChart, Series};
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

/// Writes the table and the pictures.
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
    checkpoint::write(&path, &table)?;
    checkpoint::write(&folder.join("curves-loss.svg"), loss(records).as_bytes())?;
    checkpoint::write(&folder.join("curves-right.svg"), share_right(records).as_bytes())
}

fn loss(records: &[EpochRecord]) -> String {
    let highest =
        records.iter().map(|record| record.train_loss.max(record.dev_loss)).fold(0.1, f64::max);
    chart("loss, and negative log likelihood on the dev clips", "loss", highest, records).draw(&[
        series("train", records, |record| record.train_loss),
        series("dev", records, |record| record.dev_loss),
    ])
}

fn share_right(records: &[EpochRecord]) -> String {
    chart("share of right answers", "share", 1.0, records).draw(&[
        series("train accuracy", records, |record| record.train_accuracy),
        series("dev accuracy", records, |record| record.dev_accuracy),
        series("dev UAR", records, |record| record.dev_uar),
    ])
}

#[expect(clippy::cast_precision_loss, reason = "numbers of epochs")]
fn chart<'a>(title: &'a str, label: &str, highest: f64, records: &[EpochRecord]) -> LineChart<'a> {
    LineChart {
        title,
        x: Axis::new("epoch", 1.0, records.len().max(2) as f64),
        y: Axis::new(label, 0.0, highest),
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of epochs")]
fn series(name: &str, records: &[EpochRecord], value: impl Fn(&EpochRecord) -> f64) -> Series {
    let points = records.iter().map(|record| (record.epoch as f64, value(record))).collect();
    Series { name: name.to_owned(), points }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_an_epoch_and_the_pictures_a_line_a_measure() {
        let record = |epoch, dev_uar| EpochRecord {
            epoch,
            train_loss: 1.5,
            train_accuracy: 0.4,
            dev_loss: 1.6,
            dev_accuracy: 0.35,
            dev_uar,
        };
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), &[record(1, 0.2), record(2, 0.3)]).expect("written");
        let read = |name| std::fs::read_to_string(folder.path().join(name)).expect("there");
        let table = read("curves.csv");
        assert_eq!(table.lines().count(), 3);
        assert!(table.lines().last().is_some_and(|line| line.ends_with("0.3")), "{table}");
        assert_eq!(read("curves-loss.svg").matches("<polyline").count(), 2);
        assert_eq!(read("curves-right.svg").matches("<polyline").count(), 3);
    }
}
