//! The keys: one table that decides what a key does and fills the help panel and the footer.
//!
//! In: what the configuration binds otherwise. Out: what a key does, and how the keys are called.

use super::key_name::{INTERRUPT, Key};
use super::key_settings::{KeyError, KeySettings};
use ratatui::crossterm::event::KeyEvent;
use std::collections::HashMap;

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
    /// Move a replay to the mark or alert before, or after.
    PreviousNote,
    NextNote,
    Faster,
    Slower,
    Mark,
    /// A mark with a text that is asked for.
    Note,
    BeginCall,
    EndCall,
    Label,
    ConfirmNotice,
    /// The alert was seen.
    Acknowledge,
    Mute,
    NextCaller,
    PreviousCaller,
    /// Callers who need attention first, or in their own order.
    Sort,
    Find,
    /// The timeline shows less time, or more.
    Closer,
    Farther,
    /// The timeline shows what was before, or after.
    Earlier,
    Later,
    /// The timeline ends now.
    Now,
    /// Probabilities over time, or of this moment.
    Graph,
    /// The picture stands still; listening goes on.
    Hold,
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
    /// While the selected call has an alert that was not acknowledged.
    Alert,
    /// Until it is over, and only where time can be held.
    Playing,
    /// Only where time can be held, also when it is over.
    Replay,
    /// Only when there is another caller to choose.
    SeveralCallers,
}

/// Something to do, and the keys that do it unless the configuration names others.
pub(super) struct KeyCommand {
    /// What it is called in the configuration.
    pub(super) name: &'static str,
    pub(super) command: Command,
    keys: &'static [&'static str],
}

const fn key(name: &'static str, command: Command, keys: &'static [&'static str]) -> KeyCommand {
    KeyCommand { name, command, keys }
}

/// One row of the help: what belongs together.
pub(super) struct Binding {
    pub(super) commands: &'static [KeyCommand],
    /// What the keys do, in their order.
    pub(super) what: &'static str,
    /// A word for the footer; empty where there is no room for this row.
    pub(super) short: &'static str,
    pub(super) scope: Scope,
}

/// All that keys can do; what an operator needs first comes first.
pub(super) const BINDINGS: &[Binding] = &[
    Binding {
        commands: &[key("confirm_notice", Command::ConfirmNotice, &["c"])],
        what: "the caller was told: readings begin",
        short: "the caller was told",
        scope: Scope::Notice,
    },
    Binding {
        commands: &[key("acknowledge", Command::Acknowledge, &["a"])],
        what: "the alert was seen: acknowledge it",
        short: "acknowledge",
        scope: Scope::Alert,
    },
    Binding {
        commands: &[key("mark", Command::Mark, &["m"]), key("note", Command::Note, &["t"])],
        what: "mark this moment, with a text",
        short: "mark",
        scope: Scope::InCall,
    },
    Binding {
        commands: &[key("mute", Command::Mute, &["p"])],
        what: "mute: listen to nobody, listen again",
        short: "mute",
        scope: Scope::Live,
    },
    Binding {
        commands: &[key("begin_call", Command::BeginCall, &["n"])],
        what: "begin a new call on this line",
        short: "new call",
        scope: Scope::Live,
    },
    Binding {
        commands: &[key("end_call", Command::EndCall, &["e"])],
        what: "end the call: press it twice",
        short: "end",
        scope: Scope::LiveCall,
    },
    Binding {
        commands: &[key("label", Command::Label, &["l"])],
        what: "give the call another label",
        short: "label",
        scope: Scope::LiveCall,
    },
    Binding {
        commands: &[key("pause", Command::Pause, &["space"])],
        what: "pause, go on",
        short: "pause",
        scope: Scope::Playing,
    },
    Binding {
        commands: &[
            key("back_5s", Command::Seek(-5), &["left"]),
            key("on_5s", Command::Seek(5), &["right"]),
        ],
        what: "5 seconds back, on",
        short: "seek",
        scope: Scope::Replay,
    },
    Binding {
        commands: &[
            key("back_30s", Command::Seek(-30), &["pgup", "shift-left"]),
            key("on_30s", Command::Seek(30), &["pgdn", "shift-right"]),
        ],
        what: "30 seconds back, on",
        short: "",
        scope: Scope::Replay,
    },
    Binding {
        commands: &[
            key("previous_note", Command::PreviousNote, &["["]),
            key("next_note", Command::NextNote, &["]"]),
        ],
        what: "to the mark or alert before, after",
        short: "",
        scope: Scope::Replay,
    },
    Binding {
        commands: &[
            key("faster", Command::Faster, &["+", "="]),
            key("slower", Command::Slower, &["-"]),
        ],
        what: "faster, slower",
        short: "speed",
        scope: Scope::Replay,
    },
    Binding {
        commands: &[
            key("previous_caller", Command::PreviousCaller, &["up", "k"]),
            key("next_caller", Command::NextCaller, &["down", "j"]),
        ],
        what: "the caller above, below",
        short: "caller",
        scope: Scope::SeveralCallers,
    },
    Binding {
        commands: &[key("find", Command::Find, &["/"]), key("sort", Command::Sort, &["s"])],
        what: "find a caller; who needs attention first",
        short: "find, sort",
        scope: Scope::SeveralCallers,
    },
    Binding {
        commands: &[
            key("zoom_in", Command::Closer, &["z"]),
            key("zoom_out", Command::Farther, &["x"]),
        ],
        what: "timeline: less time, more time",
        short: "zoom",
        scope: Scope::Always,
    },
    Binding {
        commands: &[
            key("earlier", Command::Earlier, &[","]),
            key("later", Command::Later, &["."]),
            key("now", Command::Now, &["0", "end"]),
        ],
        what: "timeline: earlier, later, now",
        short: "",
        scope: Scope::Always,
    },
    Binding {
        commands: &[key("graph", Command::Graph, &["g"]), key("hold", Command::Hold, &["f"])],
        what: "probabilities over time; freeze the picture",
        short: "",
        scope: Scope::Always,
    },
    Binding {
        commands: &[key("help", Command::Help, &["?", "h"])],
        what: "this help",
        short: "help",
        scope: Scope::Always,
    },
    Binding {
        commands: &[
            key("quit", Command::Quit, &["q"]),
            // Named together with it, for it quits when there is nothing to close.
            key("back", Command::Back, &["esc"]),
        ],
        what: "quit; so do Ctrl-C, and Esc when no help is open",
        short: "quit",
        scope: Scope::Always,
    },
];

/// What is shown however narrow the screen is.
pub(super) fn is_last(binding: &Binding) -> bool {
    matches!(binding.commands[0].command, Command::Help | Command::Quit)
}

/// All that keys can do, with when they can.
pub(super) fn commands() -> impl Iterator<Item = (&'static KeyCommand, Scope)> {
    BINDINGS.iter().flat_map(|binding| binding.commands.iter().map(|one| (one, binding.scope)))
}

/// Which keys do what: the table, changed by the configuration.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Of every command by its name, the keys in their order.
    bound: HashMap<&'static str, Vec<Key>>,
}

impl Default for Keys {
    fn default() -> Self {
        let bound = commands().map(|(one, _)| {
            (one.name, one.keys.iter().filter_map(|text| Key::parse(text)).collect())
        });
        Keys { bound: bound.collect() }
    }
}

impl Keys {
    /// The table with the keys of the configuration in place of the usual ones.
    ///
    /// # Errors
    /// [`KeyError`] for what is no action or no key, and for a key that would do two things.
    pub fn new(settings: &KeySettings) -> Result<Self, KeyError> {
        let mut keys = Keys::default();
        for (name, wanted) in settings.parsed(commands().map(|(one, _)| one.name))? {
            keys.bound.insert(name, wanted);
        }
        keys.check()?;
        Ok(keys)
    }

    fn check(&self) -> Result<(), KeyError> {
        let mut taken: HashMap<Key, &'static str> = HashMap::new();
        for (one, _) in commands() {
            for key in self.of(one) {
                if *key == INTERRUPT {
                    return Err(KeyError::Interrupt { action: one.name });
                }
                if let Some(other) = taken.insert(*key, one.name) {
                    let key = key.name();
                    return Err(KeyError::Twice { key, one: other, other: one.name });
                }
            }
        }
        Ok(())
    }

    fn of(&self, one: &KeyCommand) -> &[Key] {
        self.bound.get(one.name).map_or(&[], Vec::as_slice)
    }

    /// What a key does, and when.
    pub(super) fn command(&self, event: KeyEvent) -> Option<(Command, Scope)> {
        let key = Key::of(event);
        let found = commands().find(|(one, _)| self.of(one).contains(&key));
        found.map(|(one, scope)| (one.command, scope))
    }

    /// What a typed word does, and when: a key, or what it does by its name.
    pub(super) fn typed(&self, word: &str) -> Option<(Command, Scope)> {
        let key = Key::parse(word);
        let is_meant = |one: &KeyCommand| {
            one.name.eq_ignore_ascii_case(word)
                || key.is_some_and(|key| self.of(one).contains(&key))
        };
        commands().find(|(one, _)| is_meant(one)).map(|(one, scope)| (one.command, scope))
    }

    /// What the keys of a row are called: the first one of each command.
    pub(super) fn names(&self, binding: &Binding) -> String {
        let first = binding.commands.iter().filter(|one| one.command != Command::Back);
        let names = first.filter_map(|one| self.of(one).first()).map(|key| key.name());
        names.collect::<Vec<_>>().join(" ")
    }

    /// What the first key of a command is called, or how to do it where there is none.
    pub(super) fn name(&self, command: Command) -> String {
        let one = commands().find(|(one, _)| one.command == command);
        let key = one.and_then(|(one, _)| self.of(one).first());
        key.map_or_else(|| "(no key)".to_owned(), |key| key.name())
    }
}

/// Whether it is Ctrl-C, which quits whatever is going on.
pub(super) fn interrupts(event: KeyEvent) -> bool {
    Key::of(event) == INTERRUPT
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::crossterm::event::{KeyCode, KeyModifiers};
    use std::collections::HashSet;

    const NONE: KeyModifiers = KeyModifiers::NONE;
    const SHIFT: KeyModifiers = KeyModifiers::SHIFT;

    fn does(keys: &Keys, code: KeyCode, modifiers: KeyModifiers) -> Option<Command> {
        keys.command(KeyEvent::new(code, modifiers)).map(|(command, _)| command)
    }

    #[test]
    fn in_the_table_every_key_can_be_read_and_does_one_thing() {
        let keys = Keys::default();
        keys.check().unwrap();
        for (one, _) in commands() {
            assert_eq!(keys.of(one).len(), one.keys.len(), "{}", one.name);
        }
        let names: HashSet<&str> = commands().map(|(one, _)| one.name).collect();
        assert_eq!(names.len(), commands().count());
    }

    #[test]
    fn shift_makes_a_seek_longer_and_leaves_characters_alone() {
        let keys = Keys::default();
        assert_eq!(does(&keys, KeyCode::Left, NONE), Some(Command::Seek(-5)));
        assert_eq!(does(&keys, KeyCode::Right, SHIFT), Some(Command::Seek(30)));
        assert_eq!(does(&keys, KeyCode::Char('?'), SHIFT), Some(Command::Help));
        assert_eq!(does(&keys, KeyCode::Char('+'), SHIFT), Some(Command::Faster));
    }

    #[test]
    fn control_makes_another_key_of_a_character() {
        let keys = Keys::default();
        assert_eq!(does(&keys, KeyCode::Char('c'), NONE), Some(Command::ConfirmNotice));
        assert_eq!(does(&keys, KeyCode::Char('c'), KeyModifiers::CONTROL), None);
        assert_eq!(does(&keys, KeyCode::Char('m'), KeyModifiers::CONTROL), None);
        assert!(interrupts(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)));
        assert!(!interrupts(KeyEvent::new(KeyCode::Char('c'), NONE)));
    }

    #[test]
    fn a_row_names_the_first_key_of_each_command() {
        let keys = Keys::default();
        let names: Vec<String> = BINDINGS.iter().map(|binding| keys.names(binding)).collect();
        assert!(names.contains(&"← →".to_owned()) && names.contains(&"m t".to_owned()));
        assert_eq!(keys.name(Command::BeginCall), "n");
    }
}
