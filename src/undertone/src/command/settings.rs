//! `undertone config`: the settings in force, the commented defaults, or whether a file is valid.

use std::path::PathBuf;

use super::printer::{print, print_json};
use crate::config::{Config, DEFAULT_CONFIG, Flags, usual_path};

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigSettings {
    /// The commented defaults.
    Defaults,
    /// Whether the file, or the one in its usual place, is valid.
    Check(Option<PathBuf>),
    /// The settings in force: defaults, then the file.
    InForce {
        /// Another file than the one in its usual place.
        file: Option<PathBuf>,
        /// Whether to print JSON.
        json: bool,
    },
}

/// Prints what was asked for.
///
/// # Errors
/// A file that is missing or not valid: the message says which line, and which key may be meant.
pub fn run(settings: &ConfigSettings) -> anyhow::Result<()> {
    match settings {
        ConfigSettings::Defaults => print(DEFAULT_CONFIG)?,
        ConfigSettings::Check(named) => {
            let file = named.clone().or_else(|| usual_path().filter(|path| path.exists()));
            Config::resolve(file.as_deref(), Flags::default())?;
            let told = file.map_or_else(
                || "there is no file: the defaults are used".to_owned(),
                |file| format!("{} is valid", file.display()),
            );
            print(&(told + "\n"))?;
        }
        ConfigSettings::InForce { file, json } => {
            let config = Config::resolve(file.as_deref(), Flags::default())?;
            if *json {
                print_json(&config)?;
            } else {
                print(&toml::to_string_pretty(&config)?)?;
            }
        }
    }
    Ok(())
}
