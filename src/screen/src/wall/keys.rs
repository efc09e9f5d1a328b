//! The wall's keys: one table that decides what a key does and fills the help and the footer.
//!
//! In: a key. Out: what it does. Keeps nothing; the configuration binds keys of the dashboard alone.

use crate::key_name::Key;
use crate::keys::interrupts;
use ratatui::crossterm::event::KeyEvent;

/// What a key makes the wall do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Acknowledge,
    /// Select the next call with an open alert.
    NextAlert,
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Help,
    /// Close the help.
    Back,
    Quit,
}

/// One row of the help: what belongs together.
pub(super) struct Binding {
    /// Each command with its keys; the first one is named.
    pub(super) keys: &'static [(Command, &'static [&'static str])],
    /// What the keys do, in their order.
    pub(super) what: &'static str,
    /// A word for the footer; empty where there is no room for this row.
    pub(super) short: &'static str,
}

/// All that keys can do; what is needed first comes first.
pub(super) const BINDINGS: [Binding; 7] = [
    Binding {
        keys: &[(Command::Acknowledge, &["a"])],
        what: "the newest open alert was seen: acknowledge it",
        short: "acknowledge",
    },
    Binding {
        keys: &[(Command::NextAlert, &["n"])],
        what: "the next call with an open alert",
        short: "next alert",
    },
    Binding {
        keys: &[(Command::Up, &["up", "k"]), (Command::Down, &["down", "j"])],
        what: "the call above, below; so do k and j",
        short: "call",
    },
    Binding {
        keys: &[(Command::PageUp, &["pgup"]), (Command::PageDown, &["pgdn"])],
        what: "a page up, down",
        short: "",
    },
    Binding {
        keys: &[(Command::First, &["home"]), (Command::Last, &["end"])],
        what: "the first call, the last one",
        short: "",
    },
    Binding {
        keys: &[(Command::Help, &["?", "h"]), (Command::Back, &["esc"])],
        what: "this help; any key closes it",
        short: "help",
    },
    Binding { keys: &[(Command::Quit, &["q"])], what: "quit; so does Ctrl-C", short: "quit" },
];

/// What a key does.
pub(super) fn command(event: KeyEvent) -> Option<Command> {
    if interrupts(event) {
        return Some(Command::Quit);
    }
    let key = Key::of(event);
    let mut all = BINDINGS.iter().flat_map(|binding| binding.keys);
    all.find(|(_, keys)| keys.iter().any(|text| Key::parse(text) == Some(key)))
        .map(|(command, _)| *command)
}

impl Binding {
    /// What the keys are called: the first one of each command.
    pub(super) fn names(&self) -> String {
        let first = self.keys.iter().filter(|(command, _)| *command != Command::Back);
        let names = first.filter_map(|(_, keys)| Key::parse(keys.first()?)).map(Key::name);
        names.collect::<Vec<_>>().join(" ")
    }

    /// Whether it is named in the footer however narrow the screen is.
    pub(super) fn is_last(&self) -> bool {
        matches!(self.keys[0].0, Command::Help | Command::Quit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn in_the_table_every_key_can_be_read_and_does_one_thing() {
        let texts = BINDINGS.iter().flat_map(|binding| binding.keys).flat_map(|(_, keys)| *keys);
        let mut found = HashSet::new();
        for text in texts {
            let key = Key::parse(text).unwrap_or_else(|| panic!("{text} is no key"));
            assert!(found.insert(key), "{text} stands there twice");
        }
        assert_eq!(found.len(), 14);
        let names: Vec<String> = BINDINGS.iter().map(Binding::names).collect();
        assert_eq!(names, ["a", "n", "↑ ↓", "PgUp PgDn", "Home End", "?", "q"]);
    }
}
