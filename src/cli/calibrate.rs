//! The flags of `undertone calibrate`.

use clap::Args;
use std::path::PathBuf;

/// `undertone calibrate`.
///
/// Fits the model's temperature and bias, the probabilities from which on it says an emotion, "distressed",
/// "pleasant" or "calm", and the threshold of speech, all on the dev clips, each corpus counting as much as another;
/// then scores it on the test clips. Only the manifest in the model's folder is written: the weights stay.
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
    /// Folder in which frames are kept, as for train [default: with the model]
    #[arg(long, value_name = "DIR")]
    pub features_cache: Option<PathBuf>,
}
