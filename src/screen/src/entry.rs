//! One line that a person types: a call's label, what a mark says, or who is looked for.
//!
//! In: keys and pasted text. Out: the [`Action`] that was meant. It keeps what was typed: at most
//! [`MAX_CHARS`] characters, none of which could steer a terminal.

use super::feed::Action;
use hearing::stream_time::StreamTime;
use hearing::timeline::history::MAX_MARK_CHARS;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use record::plain_text::visible;

/// Characters that a label or a mark may have.
pub(super) const MAX_CHARS: usize = MAX_MARK_CHARS;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// The label of a new call.
    NewCall,
    /// Another label of the call.
    Label,
    /// What a mark says.
    Mark,
    /// Which caller is looked for.
    Find,
}

/// What a key made of the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// It goes on.
    On,
    /// It is complete.
    Done,
    /// It was given up.
    Cancelled,
}

/// A line that is being typed.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) asked: Asked,
    /// Which line it is about.
    pub(super) caller: usize,
    /// When it was asked, in the call's time.
    at: StreamTime,
    pub(super) text: String,
    /// Whether what is typed leads nowhere.
    pub(super) is_refused: bool,
}

impl Entry {
    /// An empty entry about a line at this time of its call.
    pub(super) fn new(asked: Asked, caller: usize, at: StreamTime) -> Self {
        Entry { asked, caller, at, text: String::new(), is_refused: false }
    }

    /// What a key does: it writes, deletes, ends the entry or does nothing.
    pub(super) fn on_key(&mut self, key: KeyEvent) -> Typed {
        let commanded = key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match key.code {
            KeyCode::Enter => return Typed::Done,
            KeyCode::Esc => return Typed::Cancelled,
            KeyCode::Backspace => {
                self.text.pop();
            }
            KeyCode::Char('u') if key.modifiers == KeyModifiers::CONTROL => self.text.clear(),
            KeyCode::Char(character) if !commanded => self.push(character),
            _ => {}
        }
        Typed::On
    }

    /// Takes in pasted text: its line breaks and tabs become spaces, what else has no shape is left out.
    pub(super) fn paste(&mut self, text: &str) {
        for character in text.chars() {
            self.push(if matches!(character, '\n' | '\r' | '\t') { ' ' } else { character });
        }
    }

    fn push(&mut self, character: char) {
        if visible(character) == character && self.text.chars().count() < MAX_CHARS {
            self.text.push(character);
        }
    }

    /// What was asked for; nothing that the engine has to know of a search.
    pub(super) fn action(&self) -> Option<Action> {
        let (caller, text) = (self.caller, self.text.trim().to_owned());
        match self.asked {
            Asked::NewCall => Some(Action::BeginCall { caller, label: text }),
            Asked::Label => Some(Action::Rename { caller, label: text }),
            Asked::Mark => Some(Action::Mark { caller, at: self.at, text }),
            Asked::Find => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(entry: &mut Entry, code: KeyCode, modifiers: KeyModifiers) -> Typed {
        entry.on_key(KeyEvent::new(code, modifiers))
    }

    fn typed(text: &str) -> Entry {
        let mut entry = Entry::new(Asked::Mark, 2, StreamTime(9));
        for character in text.chars() {
            assert_eq!(press(&mut entry, KeyCode::Char(character), KeyModifiers::NONE), Typed::On);
        }
        entry
    }

    #[test]
    fn what_is_typed_becomes_what_was_asked_for() {
        let mut entry = typed(" Qué? x");
        press(&mut entry, KeyCode::Backspace, KeyModifiers::NONE);
        assert_eq!(press(&mut entry, KeyCode::Enter, KeyModifiers::NONE), Typed::Done);
        assert_eq!(
            entry.action(),
            Some(Action::Mark { caller: 2, at: StreamTime(9), text: "Qué?".into() })
        );
        let mut entry = Entry::new(Asked::NewCall, 0, StreamTime(9));
        assert_eq!(press(&mut entry, KeyCode::Enter, KeyModifiers::NONE), Typed::Done);
        let begun = Action::BeginCall { caller: 0, label: String::new() };
        assert_eq!(entry.action(), Some(begun));
        assert_eq!(press(&mut entry, KeyCode::Esc, KeyModifiers::NONE), Typed::Cancelled);
    }

    #[test]
    fn keys_with_control_write_nothing() {
        let mut entry = typed("ab");
        press(&mut entry, KeyCode::Char('x'), KeyModifiers::CONTROL);
        press(&mut entry, KeyCode::Char('x'), KeyModifiers::ALT);
        press(&mut entry, KeyCode::Left, KeyModifiers::NONE);
        press(&mut entry, KeyCode::Char('C'), KeyModifiers::SHIFT);
        assert_eq!(entry.text, "abC");
        press(&mut entry, KeyCode::Char('u'), KeyModifiers::CONTROL);
        assert_eq!(entry.text, "");
    }

    #[test]
    fn what_is_pasted_is_one_harmless_line_of_bounded_length() {
        let mut entry = typed("a");
        entry.paste("\u{1b}[31m\r\nq\t\u{202e}b\u{0}\u{9b}2J");
        assert_eq!(entry.text, "a[31m  q b2J");
        entry.paste(&"机".repeat(10_000));
        assert_eq!(entry.text.chars().count(), MAX_CHARS);
    }
}
