//! `undertone config`: the settings in force, the commented defaults, or whether a file is valid.

use super::printer::{print, print_json};
use crate::cli::ConfigArgs;
use crate::config::{Config, DEFAULT_CONFIG, Flags, usual_path};

/// Prints what was asked for.
///
/// # Errors
/// A file that is missing or not valid: the message says which line, and which key may be meant.
pub fn run(args: &ConfigArgs) -> anyhow::Result<()> {
    if args.defaults {
        return Ok(print(DEFAULT_CONFIG)?);
    }
    if let Some(named) = &args.check {
        let file = named.clone().or_else(|| usual_path().filter(|path| path.exists()));
        Config::resolve(file.as_deref(), Flags::default())?;
        let told = file.map_or_else(
            || "there is no file: the defaults are used".to_owned(),
            |file| format!("{} is valid", file.display()),
        );
        return Ok(print(&(told + "\n"))?);
    }
    let config = Config::resolve(args.config.as_deref(), Flags::default())?;
    if args.json {
        print_json(&config)?;
    } else {
        print(&toml::to_string_pretty(&config)?)?;
    }
    Ok(())
}
