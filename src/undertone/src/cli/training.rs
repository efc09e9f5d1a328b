//! The flags of `calibrate` and `folds`, which stand beside `train`.

use clap::Args;
use std::path::PathBuf;

/// `undertone calibrate`.
#[derive(Debug, Args)]
pub struct CalibrateArgs {
    /// The model's folder
    #[arg(long, value_name = "FOLDER")]
    pub model: PathBuf,
    /// Folder or manifest of labelled clips with a split for each; may be given several times
    #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
    pub data: Vec<PathBuf>,
    /// The training recipe that the model was trained by: phone, seed, or a recipe file
    #[arg(long, default_value = "phone")]
    pub recipe: String,
    /// Only these corpora's dev clips, with commas between them; the scores are of all test clips
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub corpora: Vec<String>,
    /// Leave out the recorded noises beside the data, as for train
    #[arg(long)]
    pub no_recorded_noise: bool,
    /// Folder in which frames are kept, as for train [default: with the model]
    #[arg(long, value_name = "DIR")]
    pub features_cache: Option<PathBuf>,
}

/// `undertone folds`.
#[derive(Debug, Args)]
pub struct FoldsArgs {
    /// ravdess, another recipe's name, or a recipe file
    #[arg(long, default_value = "ravdess")]
    pub recipe: String,
    /// Folder or manifest of labelled clips with a fold column
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// A larger network's view of the clips, to learn it beside the labels; scripts/teacher makes the file
    #[arg(long, value_name = "FILE")]
    pub teacher: Option<PathBuf>,
    /// Folder for checkpoints and results; an interrupted run goes on
    #[arg(long, short, value_name = "FOLDER")]
    pub output: PathBuf,
    /// Passes over the clips [default: the recipe's]
    #[arg(long)]
    pub epochs: Option<usize>,
    /// Folder in which frames are kept for the next training [default: in the output folder]
    #[arg(long, value_name = "DIR")]
    pub features_cache: Option<PathBuf>,
    /// Where to compute: auto, gpu or cpu
    #[arg(long, default_value = "auto")]
    pub backend: String,
}
