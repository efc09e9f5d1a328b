//! `[screen]`: what a person wants of the screen.

use screen::{Charset, Paper, ScreenOptions};
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
    /// Which characters the terminal can show.
    pub charset: CharsetChoice,
}

impl Default for ScreenSection {
    fn default() -> Self {
        ScreenSection {
            compact: false,
            plain: false,
            mouse: true,
            paper: PaperChoice::Auto,
            charset: CharsetChoice::Auto,
        }
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

/// Which characters the terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CharsetChoice {
    /// Those of the locale.
    #[default]
    Auto,
    /// All.
    Unicode,
    /// Those of ASCII.
    Ascii,
}

/// What the terminal tells of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TerminalFound {
    /// What it is written on.
    pub paper: Paper,
    /// Which characters it can show.
    pub charset: Charset,
}

impl super::Config {
    /// What is wanted of the screen, and of what the terminal tells what counts.
    ///
    /// # Errors
    /// [`ConfigError`](super::ConfigError) for what is no action or no key, and for a key that would do two things.
    pub fn screen_options(
        &self,
        found: TerminalFound,
    ) -> Result<ScreenOptions, super::ConfigError> {
        Ok(ScreenOptions {
            is_compact: self.screen.compact,
            takes_mouse: self.screen.mouse,
            paper: match self.screen.paper {
                PaperChoice::Auto => found.paper,
                PaperChoice::Dark => Paper::Dark,
                PaperChoice::Light => Paper::Light,
            },
            charset: match self.screen.charset {
                CharsetChoice::Auto => found.charset,
                CharsetChoice::Unicode => Charset::Unicode,
                CharsetChoice::Ascii => Charset::Ascii,
            },
            keys: screen::Keys::new(&self.keys)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn what_was_chosen_goes_before_what_the_terminal_says() {
        let found = TerminalFound { paper: Paper::Light, charset: Charset::Ascii };
        let mut config = Config::default();
        let options = config.screen_options(found).unwrap();
        assert_eq!((options.paper, options.charset), (Paper::Light, Charset::Ascii));
        config.screen.paper = PaperChoice::Dark;
        config.screen.charset = CharsetChoice::Unicode;
        let options = config.screen_options(found).unwrap();
        assert_eq!((options.paper, options.charset), (Paper::Dark, Charset::Unicode));
    }

    #[test]
    fn keys_that_do_two_things_are_refused() {
        let config: Config = toml::from_str("[keys]\nmark = \"q\"\n").unwrap();
        let refused = config.screen_options(TerminalFound::default()).unwrap_err().to_string();
        assert!(refused.starts_with("keys: 'q' does "), "{refused}");
    }
}
