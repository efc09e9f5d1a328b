//! `undertone models export`: a model as a file for other programs.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::command::installed;
use crate::command::printer::{print, print_to_stdout};
use model::export::WeightsFormat;
use record::output_file::{IfExists, ReadableBy, save};

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportModelSettings {
    /// The model, by name or folder.
    pub model: String,
    /// The format.
    pub format: WeightsFormat,
    /// The file; `-` for standard output, none for one here that is called as the model.
    pub output: Option<PathBuf>,
    /// Whether an existing file is replaced.
    pub force: bool,
}

/// Writes the file and says where it is.
///
/// # Errors
/// When there is no such model, it is damaged or not of a kind that can be exported, or the file cannot be written
/// or exists already.
pub fn run(settings: &ExportModelSettings) -> anyhow::Result<()> {
    let artifact = installed::open(Some(&settings.model))?;
    let name = &artifact.manifest.name;
    let file = settings.format.file(&artifact)?;
    if settings.output.as_deref() == Some(Path::new("-")) {
        return Ok(print_to_stdout(|out| out.write_all(&file))?);
    }
    let usual = || PathBuf::from(format!("{name}.{}", settings.format));
    let path = settings.output.clone().unwrap_or_else(usual);
    save(&path, IfExists::from_force(settings.force), ReadableBy::Everyone, &file)
        .with_context(|| format!("model '{name}' is not exported"))?;
    Ok(print(&format!("{name} as {}: {}\n", settings.format, path.display()))?)
}
