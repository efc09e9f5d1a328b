//! `docs/commands.md` is made of the command line's own description.

use clap::CommandFactory;
use std::fs;
use undertone::cli::Cli;

/// Set by `make commands`: then the document is written.
const WRITE: &str = "UNDERTONE_WRITE_COMMANDS";

#[test]
fn the_document_of_commands_says_what_the_program_says() {
    let path = super::files::project().join("docs/commands.md");
    let options =
        clap_markdown::MarkdownOptions::new().title("Commands".to_owned()).show_footer(false);
    let text = clap_markdown::help_markdown_command_custom(&Cli::command(), &options);
    // The library ends some lines in blanks.
    let text: String = text.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    if std::env::var_os(WRITE).is_some() {
        fs::write(&path, &text).expect("docs is a folder that can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(text.contains("undertone replay"), "nothing was made");
    assert!(written == text, "docs/commands.md is not what --help says: run `make commands`");
}
