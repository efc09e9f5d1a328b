//! `undertone man`: the manual pages, the first on standard output or all into a folder.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;

use super::printer::print_to_stdout;
use record::output_file::{IfExists, ReadableBy, save};

/// Where the pages go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManualSettings {
    /// The folder for all; none for the first one to standard output.
    pub dir: Option<PathBuf>,
    /// Whether pages that are there are replaced.
    pub force: bool,
}

/// Writes the pages, which stand with their file names.
///
/// # Errors
/// When they cannot be written, or are there already.
pub fn run(settings: &ManualSettings, pages: &[(String, Vec<u8>)]) -> anyhow::Result<()> {
    let Some(folder) = &settings.dir else {
        let first = pages.first().map_or(&[][..], |(_, page)| page);
        return print_to_stdout(|out| Ok(out.write_all(first)?));
    };
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    for (name, page) in pages {
        let if_exists = IfExists::from_force(settings.force);
        save(&folder.join(name), if_exists, ReadableBy::Everyone, page)?;
    }
    Ok(())
}
