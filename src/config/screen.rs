//! `[screen]`: what a person wants of the screen.

use crate::dashboard::{Paper, ScreenOptions};
use serde::{Deserialize, Serialize};

/// `[screen]`: what a person wants of the screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScreenSection {
    /// One line a caller and nothing else.
    pub compact: bool,
    /// Lines instead of a screen, for a screen reader, a pipe or a file.
    pub plain: bool,
    /// Whether clicks and the wheel are taken from the terminal.
    pub mouse: bool,
    /// What the terminal is written on.
    pub paper: PaperChoice,
}

impl Default for ScreenSection {
    fn default() -> Self {
        ScreenSection { compact: false, plain: false, mouse: true, paper: PaperChoice::Auto }
    }
}

/// What the terminal is written on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaperChoice {
    /// As the terminal says, if it does.
    #[default]
    Auto,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

impl super::Config {
    /// What is wanted of the screen; `found` is the paper that the terminal tells of.
    ///
    /// # Errors
    /// [`ConfigError`](super::ConfigError) for what is no action or no key, and for a key that would do two things.
    pub fn screen_options(&self, found: Paper) -> Result<ScreenOptions, super::ConfigError> {
        Ok(ScreenOptions {
            is_compact: self.screen.compact,
            takes_mouse: self.screen.mouse,
            paper: match self.screen.paper {
                PaperChoice::Auto => found,
                PaperChoice::Dark => Paper::Dark,
                PaperChoice::Light => Paper::Light,
            },
            keys: crate::dashboard::Keys::new(&self.keys)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_paper_that_was_chosen_goes_before_what_the_terminal_says() {
        let mut config = Config::default();
        assert_eq!(config.screen_options(Paper::Light).unwrap().paper, Paper::Light);
        config.screen.paper = PaperChoice::Dark;
        assert_eq!(config.screen_options(Paper::Light).unwrap().paper, Paper::Dark);
    }

    #[test]
    fn keys_that_do_two_things_are_refused() {
        let config: Config = toml::from_str("[keys]\nmark = \"q\"\n").unwrap();
        let refused = config.screen_options(Paper::Dark).unwrap_err().to_string();
        assert!(refused.starts_with("keys: 'q' does "), "{refused}");
    }
}
