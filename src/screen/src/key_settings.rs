//! `[keys]`: other keys than the usual ones, as a configuration names them.
//!
//! In: a table of actions and keys. Out: the same, checked against the actions that there are.

use super::key_name::Key;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Other keys than the usual ones: an action and its key, or its keys.
///
/// ```toml
/// [keys]
/// mark = "f2"
/// quit = ["Q", "ctrl-q"]
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeySettings(BTreeMap<String, OneOrMore>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// What can be wrong with the keys of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no such action.
    #[error("keys: there is no action '{action}'; did you mean '{meant}'?")]
    UnknownAction {
        /// What was written.
        action: String,
        /// The nearest action.
        meant: &'static str,
    },
    /// There is no such key.
    #[error(
        "keys.{action}: '{key}' is no key; write a character, 'space', 'left', 'pgup', 'f5', 'ctrl-l' or such"
    )]
    UnknownKey {
        /// The action.
        action: &'static str,
        /// What was written.
        key: String,
    },
    /// A key would do two things.
    #[error("keys: '{key}' does {one} and {other}; give one of them another key")]
    Twice {
        /// The key.
        key: String,
        /// What it does first.
        one: &'static str,
        /// What it does too.
        other: &'static str,
    },
    /// Ctrl-C would do something else.
    #[error("keys.{action}: Ctrl-C always quits; take another key")]
    Interrupt {
        /// What it should do.
        action: &'static str,
    },
}

impl KeySettings {
    /// Every action of these that has other keys, with them.
    pub(super) fn parsed(
        &self,
        actions: impl Iterator<Item = &'static str>,
    ) -> Result<Vec<(&'static str, Vec<Key>)>, KeyError> {
        let actions: Vec<&'static str> = actions.collect();
        let parse = |(action, keys): (&String, &OneOrMore)| {
            let action = known(action, &actions)?;
            let keys = match keys {
                OneOrMore::One(key) => std::slice::from_ref(key),
                OneOrMore::More(keys) => keys,
            };
            let keys = keys.iter().map(|key| {
                Key::parse(key).ok_or_else(|| KeyError::UnknownKey { action, key: key.clone() })
            });
            Ok((action, keys.collect::<Result<_, _>>()?))
        };
        self.0.iter().map(parse).collect()
    }
}

fn known(action: &str, actions: &[&'static str]) -> Result<&'static str, KeyError> {
    if let Some(known) = actions.iter().find(|known| **known == action) {
        return Ok(known);
    }
    let distance = |known: &&&str| strsim::damerau_levenshtein(known, action);
    let meant = actions.iter().min_by_key(distance).copied().unwrap_or("quit");
    Err(KeyError::UnknownAction { action: action.to_owned(), meant })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Command, Keys};
    use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    fn keys(toml: &str) -> Result<Keys, String> {
        let settings: KeySettings = toml::from_str(toml).unwrap();
        Keys::new(&settings).map_err(|error| error.to_string())
    }

    #[test]
    fn a_configured_key_takes_the_place_of_the_usual_ones() {
        let keys = keys("mark = \"f2\"\nquit = [\"Q\", \"ctrl-q\"]\nhelp = []\n").unwrap();
        let does = |code, modifiers| {
            keys.command(KeyEvent::new(code, modifiers)).map(|(command, _)| command)
        };
        assert_eq!(does(KeyCode::F(2), KeyModifiers::NONE), Some(Command::Mark));
        assert_eq!(does(KeyCode::Char('m'), KeyModifiers::NONE), None);
        assert_eq!(does(KeyCode::Char('Q'), KeyModifiers::SHIFT), Some(Command::Quit));
        assert_eq!(does(KeyCode::Char('q'), KeyModifiers::CONTROL), Some(Command::Quit));
        assert_eq!(does(KeyCode::Char('?'), KeyModifiers::NONE), None);
        assert_eq!(does(KeyCode::Char('p'), KeyModifiers::NONE), Some(Command::Mute));
        assert_eq!(keys.name(Command::Mark), "F2");
    }

    #[test]
    fn what_cannot_be_is_refused_with_what_to_do() {
        for (toml, refused) in [
            ("mrak = \"f2\"", "keys: there is no action 'mrak'; did you mean 'mark'?"),
            (
                "mark = \"hyper\"",
                "keys.mark: 'hyper' is no key; write a character, 'space', 'left', 'pgup', 'f5', \
                 'ctrl-l' or such",
            ),
            ("mute = \"m\"", "keys: 'm' does mark and mute; give one of them another key"),
            ("quit = \"ctrl-c\"", "keys.quit: Ctrl-C always quits; take another key"),
        ] {
            assert_eq!(keys(toml).unwrap_err(), refused);
        }
    }

    #[test]
    fn two_keys_can_be_exchanged() {
        assert!(keys("mute = \"m\"\nmark = \"p\"").is_ok());
    }
}
