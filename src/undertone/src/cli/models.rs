//! What is typed about models.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `undertone models`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ModelsArgs {
    /// As JSON
    #[arg(long)]
    pub json: bool,
    /// What to do; without it they are listed.
    #[command(subcommand)]
    pub action: Option<ModelsAction>,
}

/// What is done with a model.
#[derive(Debug, Subcommand)]
pub enum ModelsAction {
    /// Write a model as a file for other programs, as ONNX or safetensors
    Export(ExportModelArgs),
}

/// `undertone models export`.
#[derive(Debug, Args)]
pub struct ExportModelArgs {
    /// The model, by name or folder
    #[arg(value_name = "NAME")]
    pub model: String,
    /// onnx or safetensors
    #[arg(long)]
    pub format: String,
    /// The file, or - for standard output [default: NAME.onnx or NAME.safetensors here]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Replace a file of that name
    #[arg(long)]
    pub force: bool,
}
