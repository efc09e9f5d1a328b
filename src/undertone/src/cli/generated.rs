//! What is made of the command line's own description: completions for shells, and manual pages.
//!
//! In: the description in [`Cli`]. Out: texts. Keeps nothing.

use super::Cli;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use std::io;
use std::path::PathBuf;

/// `undertone completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: Shell,
}

/// `undertone man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write a page for each command into this folder, instead of the first one to standard output
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// Replace pages that are there
    #[arg(long, requires = "dir")]
    pub force: bool,
}

/// The script that lets a shell complete commands, options and files.
#[must_use]
pub fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "undertone", &mut script);
    script
}

/// Manual pages by file name (`undertone.1`, `undertone-replay.1`), the program's own first.
///
/// # Errors
/// None that a text in memory could give.
pub fn manual_pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    add_page(&command, &mut pages)?;
    Ok(pages)
}

fn add_page(command: &clap::Command, pages: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    let mut page = Vec::new();
    let man = Man::new(command.clone());
    man.render(&mut page)?;
    pages.push((man.get_filename(), page));
    for subcommand in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        add_page(subcommand, pages)?;
    }
    Ok(())
}
