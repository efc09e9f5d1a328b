//! The flags of `train`, `calibrate` and `folds`.

use clap::Args;
use std::path::PathBuf;

/// `undertone train`.
#[derive(Debug, Args)]
pub struct TrainArgs {
    /// phone, seed, or a recipe file
    #[arg(long)]
    pub recipe: String,
    /// Folder or manifest of labelled clips; may be given several times
    #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
    pub data: Vec<PathBuf>,
    /// Only these corpora of the data, with commas between them
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub corpora: Vec<String>,
    /// Leave out the recorded noises beside the data: their licences forbid commercial use
    #[arg(long)]
    pub no_recorded_noise: bool,
    /// A larger network's word on the clips, to learn it beside the labels; scripts/teacher makes the file
    #[arg(long, value_name = "FILE")]
    pub teacher: Option<PathBuf>,
    /// Begin with the weights of this model, by name or folder, whose network has the recipe's shape [default: random]
    #[arg(long, value_name = "MODEL")]
    pub begin_with: Option<String>,
    /// What it hears at each moment, to be imitated step by step; scripts/teacher/frames.py makes the file
    #[arg(long, value_name = "FILE", requires = "teacher")]
    pub teacher_frames: Option<PathBuf>,
    /// The model's folder
    #[arg(long, short, value_name = "FOLDER")]
    pub output: PathBuf,
    /// Which clips are held out: manifest (its split column), notebook, random, speaker:NAME,
    /// or holdout:CORPUS/NAME (as the manifest, but that speaker is for testing)
    #[arg(long, default_value = "manifest")]
    pub split: String,
    /// Passes over the clips [default: the recipe's]
    #[arg(long)]
    pub epochs: Option<usize>,
    /// Segments in one step [default: the recipe's]
    #[arg(long)]
    pub batch: Option<usize>,
    /// Largest learning rate [default: the recipe's]
    #[arg(long)]
    pub learning_rate: Option<f64>,
    /// A folder of music without voices, to learn that it is no speech; may be given several times
    #[arg(long, value_name = "FOLDER")]
    pub music: Vec<PathBuf>,
    /// Seed of every random choice [default: the recipe's]
    #[arg(long)]
    pub seed: Option<u64>,
    /// Folder in which frames are kept for the next training [default: with the model]
    #[arg(long, value_name = "DIR")]
    pub features_cache: Option<PathBuf>,
    /// What may be done with the model, in a line for its manifest: it follows from the data's licences
    #[arg(long, default_value = "", value_name = "TEXT", hide_default_value = true)]
    pub licence: String,
    /// Where to compute: auto, gpu or cpu
    #[arg(long, default_value = "auto")]
    pub backend: String,
    /// Begin anew where a model or an interrupted run is
    #[arg(long)]
    pub force: bool,
}

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
