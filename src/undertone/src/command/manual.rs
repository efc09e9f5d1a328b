//! `undertone man`: the manual pages, the first on standard output or all into a folder.

use crate::cli::ManArgs;
use std::fs;

use anyhow::Context;

use super::printer::print_to_stdout;
use record::output_file::{IfExists, ReadableBy, save};

/// Writes the pages, which stand with their file names.
///
/// # Errors
/// When they cannot be written, or are there already.
pub fn run(args: &ManArgs, pages: &[(String, Vec<u8>)]) -> anyhow::Result<()> {
    let Some(folder) = &args.dir else {
        let first = pages.first().map_or(&[][..], |(_, page)| page);
        return print_to_stdout(|out| Ok(out.write_all(first)?));
    };
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    for (name, page) in pages {
        let if_exists = IfExists::from_force(args.force);
        save(&folder.join(name), if_exists, ReadableBy::Everyone, page)?;
    }
    Ok(())
}
