//! The keys: one table that decides what a key does and fills the help panel and the footer.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key makes the dashboard do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Quit,
    /// Close the help, or quit when it is closed.
    Back,
    Help,
    Pause,
    /// Move a replay by so many seconds.
    Seek(i64),
    Faster,
    Slower,
    Mark,
    /// A mark with a text that is asked for.
    Note,
    BeginCall,
    EndCall,
    Label,
    ConfirmNotice,
    Mute,
    NextCaller,
    PreviousCaller,
}

/// When a key means anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Always,
    /// Until it is over, and only where somebody is on the line.
    Live,
    /// While a call is under way on the selected line.
    InCall,
    /// Both.
    LiveCall,
    /// While the selected call waits for the caller to be told.
    Notice,
    /// Until it is over, and only where time can be held.
    Playing,
    /// Only where time can be held, also when it is over.
    Replay,
    /// Only when there is another caller to choose.
    SeveralCallers,
}

/// One row of the help: keys that belong together.
pub(super) struct Binding {
    /// The keys as a person calls them.
    pub(super) name: &'static str,
    /// What they do, in the order of their names.
    pub(super) what: &'static str,
    /// A word for the footer; empty where there is no room for this row.
    pub(super) short: &'static str,
    pub(super) scope: Scope,
    keys: &'static [(KeyCode, KeyModifiers, Command)],
}

const NONE: KeyModifiers = KeyModifiers::NONE;
const SHIFT: KeyModifiers = KeyModifiers::SHIFT;

/// All keys, those first that an operator needs first.
pub(super) const BINDINGS: &[Binding] = &[
    Binding {
        name: "c",
        what: "the caller was told: readings begin",
        short: "the caller was told",
        scope: Scope::Notice,
        keys: &[(KeyCode::Char('c'), NONE, Command::ConfirmNotice)],
    },
    Binding {
        name: "m t",
        what: "mark this moment, with a text",
        short: "mark",
        scope: Scope::InCall,
        keys: &[
            (KeyCode::Char('m'), NONE, Command::Mark),
            (KeyCode::Char('t'), NONE, Command::Note),
        ],
    },
    Binding {
        name: "p",
        what: "mute: listen to nobody, listen again",
        short: "mute",
        scope: Scope::Live,
        keys: &[(KeyCode::Char('p'), NONE, Command::Mute)],
    },
    Binding {
        name: "n",
        what: "begin a new call on this line",
        short: "new call",
        scope: Scope::Live,
        keys: &[(KeyCode::Char('n'), NONE, Command::BeginCall)],
    },
    Binding {
        name: "e",
        what: "end the call: press it twice",
        short: "end",
        scope: Scope::LiveCall,
        keys: &[(KeyCode::Char('e'), NONE, Command::EndCall)],
    },
    Binding {
        name: "l",
        what: "give the call another label",
        short: "label",
        scope: Scope::LiveCall,
        keys: &[(KeyCode::Char('l'), NONE, Command::Label)],
    },
    Binding {
        name: "space",
        what: "pause, go on",
        short: "pause",
        scope: Scope::Playing,
        keys: &[(KeyCode::Char(' '), NONE, Command::Pause)],
    },
    Binding {
        name: "← →",
        what: "5 seconds back, on",
        short: "seek",
        scope: Scope::Replay,
        keys: &[(KeyCode::Left, NONE, Command::Seek(-5)), (KeyCode::Right, NONE, Command::Seek(5))],
    },
    Binding {
        name: "PgUp PgDn",
        what: "30 seconds back, on (or shift ← →)",
        short: "",
        scope: Scope::Replay,
        keys: &[
            (KeyCode::PageUp, NONE, Command::Seek(-30)),
            (KeyCode::PageDown, NONE, Command::Seek(30)),
            (KeyCode::Left, SHIFT, Command::Seek(-30)),
            (KeyCode::Right, SHIFT, Command::Seek(30)),
        ],
    },
    Binding {
        name: "+ -",
        what: "faster, slower",
        short: "speed",
        scope: Scope::Replay,
        keys: &[
            (KeyCode::Char('+'), NONE, Command::Faster),
            (KeyCode::Char('='), NONE, Command::Faster),
            (KeyCode::Char('-'), NONE, Command::Slower),
        ],
    },
    Binding {
        name: "↑ ↓",
        what: "the caller above, below (or k j)",
        short: "caller",
        scope: Scope::SeveralCallers,
        keys: &[
            (KeyCode::Up, NONE, Command::PreviousCaller),
            (KeyCode::Char('k'), NONE, Command::PreviousCaller),
            (KeyCode::Down, NONE, Command::NextCaller),
            (KeyCode::Char('j'), NONE, Command::NextCaller),
        ],
    },
    Binding {
        name: "?",
        what: "this help (or h)",
        short: "help",
        scope: Scope::Always,
        keys: &[
            (KeyCode::Char('?'), NONE, Command::Help),
            (KeyCode::Char('h'), NONE, Command::Help),
        ],
    },
    Binding {
        name: "q",
        what: "quit (or Ctrl-C; Esc closes the help first)",
        short: "quit",
        scope: Scope::Always,
        keys: &[(KeyCode::Char('q'), NONE, Command::Quit), (KeyCode::Esc, NONE, Command::Back)],
    },
];

/// Whether it is Ctrl-C, which quits whatever is going on.
pub(super) fn interrupts(key: KeyEvent) -> bool {
    key.code == KeyCode::Char('c') && key.modifiers == KeyModifiers::CONTROL
}

/// The names of those that are shown however narrow the screen is.
pub(super) const LAST: [&str; 2] = ["?", "q"];

/// What a key does, and when.
pub(super) fn command(key: KeyEvent) -> Option<(Command, Scope)> {
    // Shift is part of a character already: `?` needs it on one keyboard and not on another.
    let ignored = if matches!(key.code, KeyCode::Char(_)) { SHIFT } else { NONE };
    let modifiers = key.modifiers.difference(ignored);
    BINDINGS.iter().find_map(|binding| {
        let matches = |(code, with, _): &&_| *code == key.code && *with == modifiers;
        let (_, _, command) = binding.keys.iter().find(matches)?;
        Some((*command, binding.scope))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn does(code: KeyCode, modifiers: KeyModifiers) -> Option<Command> {
        command(KeyEvent::new(code, modifiers)).map(|(command, _)| command)
    }

    #[test]
    fn no_key_does_two_things() {
        let keys: Vec<_> =
            BINDINGS.iter().flat_map(|b| b.keys).map(|(code, with, _)| (*code, *with)).collect();
        let different: HashSet<_> = keys.iter().collect();
        assert_eq!(different.len(), keys.len());
    }

    #[test]
    fn shift_makes_a_seek_longer_and_leaves_characters_alone() {
        assert_eq!(does(KeyCode::Left, NONE), Some(Command::Seek(-5)));
        assert_eq!(does(KeyCode::Right, SHIFT), Some(Command::Seek(30)));
        assert_eq!(does(KeyCode::Char('?'), SHIFT), Some(Command::Help));
        assert_eq!(does(KeyCode::Char('+'), SHIFT), Some(Command::Faster));
    }

    #[test]
    fn control_makes_another_key_of_a_character() {
        assert_eq!(does(KeyCode::Char('c'), NONE), Some(Command::ConfirmNotice));
        assert_eq!(does(KeyCode::Char('c'), KeyModifiers::CONTROL), None);
        assert_eq!(does(KeyCode::Char('m'), KeyModifiers::CONTROL), None);
        assert!(interrupts(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)));
        assert!(!interrupts(KeyEvent::new(KeyCode::Char('c'), NONE)));
    }
}
