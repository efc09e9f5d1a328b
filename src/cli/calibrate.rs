//! The flags of `undertone calibrate`.

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
    /// Folder in which frames are kept, as for train [default: with the model]
    #[arg(long, value_name = "DIR")]
    pub features_cache: Option<PathBuf>,
}
