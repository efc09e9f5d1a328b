//! `undertone models export`: a model as a file for other programs.

use crate::cli::ExportModelArgs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::command::installed;
use crate::command::printer::{print, print_to_stdout};
use model::export::WeightsFormat;
use record::output_file::{IfExists, ReadableBy, save};

/// Writes the file and says where it is.
///
/// # Errors
/// When there is no such model, it is damaged or not of a kind that can be exported, or the file cannot be written
/// or exists already.
pub fn run(args: &ExportModelArgs) -> anyhow::Result<()> {
    let artifact = installed::open(Some(&args.model))?;
    let name = &artifact.manifest.name;
    let format: WeightsFormat = args.format.parse()?;
    let file = format.file(&artifact)?;
    if args.output.as_deref() == Some(Path::new("-")) {
        return Ok(print_to_stdout(|out| out.write_all(&file))?);
    }
    let usual = || PathBuf::from(format!("{name}.{format}"));
    let path = args.output.clone().unwrap_or_else(usual);
    save(&path, IfExists::from_force(args.force), ReadableBy::Everyone, &file)
        .with_context(|| format!("model '{name}' is not exported"))?;
    Ok(print(&format!("{name} as {format}: {}\n", path.display()))?)
}
