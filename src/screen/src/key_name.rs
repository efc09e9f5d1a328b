//! Keys as words: how a configuration names them, and how the screen does.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// One key, with what is held down beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// Names of keys that are no character, in a configuration and on the screen.
const NAMED: [(&str, KeyCode, &str); 16] = [
    ("space", KeyCode::Char(' '), "space"),
    ("esc", KeyCode::Esc, "Esc"),
    ("enter", KeyCode::Enter, "Enter"),
    ("tab", KeyCode::Tab, "Tab"),
    ("backspace", KeyCode::Backspace, "Backspace"),
    ("delete", KeyCode::Delete, "Del"),
    ("insert", KeyCode::Insert, "Ins"),
    ("left", KeyCode::Left, "←"),
    ("right", KeyCode::Right, "→"),
    ("up", KeyCode::Up, "↑"),
    ("down", KeyCode::Down, "↓"),
    ("pgup", KeyCode::PageUp, "PgUp"),
    ("pgdn", KeyCode::PageDown, "PgDn"),
    ("home", KeyCode::Home, "Home"),
    ("end", KeyCode::End, "End"),
    ("backtab", KeyCode::BackTab, "Shift-Tab"),
];

/// Words before a key's name, each with a hyphen.
const MODIFIERS: [(&str, KeyModifiers, &str); 3] = [
    ("ctrl-", KeyModifiers::CONTROL, "Ctrl-"),
    ("alt-", KeyModifiers::ALT, "Alt-"),
    ("shift-", KeyModifiers::SHIFT, "Shift-"),
];

/// The highest function key that terminals tell of.
const MAX_FUNCTION_KEY: u8 = 12;

/// Ctrl-C quits whatever is going on, and can be bound to nothing else.
pub(super) const INTERRUPT: Key =
    Key { code: KeyCode::Char('c'), modifiers: KeyModifiers::CONTROL };

impl Key {
    /// The key of an event. Shift is part of a character already: `?` needs it on one keyboard and not on
    /// another.
    pub(super) fn of(event: KeyEvent) -> Self {
        Key { code: event.code, modifiers: event.modifiers }.normal()
    }

    /// Reads `m`, `M`, `?`, `space`, `pgup`, `f5`, `ctrl-l`, `shift-left`; nothing if it is no key.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = text;
        // A hyphen alone is a key.
        while let Some((word, modifier, _)) =
            MODIFIERS.iter().find(|(word, ..)| starts_with_word(rest, word))
        {
            modifiers |= *modifier;
            rest = &rest[word.len()..];
        }
        let mut characters = rest.chars();
        let code = match (characters.next(), characters.next()) {
            (Some(one), None) if !one.is_control() && one != ' ' => KeyCode::Char(one),
            _ => named(rest)?,
        };
        Some(Key { code, modifiers }.normal())
    }

    fn normal(self) -> Self {
        let ignored = match self.code {
            KeyCode::Char(_) | KeyCode::BackTab => KeyModifiers::SHIFT,
            _ => KeyModifiers::NONE,
        };
        Key { modifiers: self.modifiers.difference(ignored), ..self }
    }

    /// As it stands on the screen.
    pub(super) fn name(self) -> String {
        let held: String = MODIFIERS
            .iter()
            .filter(|(_, modifier, _)| self.modifiers.contains(*modifier))
            .map(|(.., shown)| *shown)
            .collect();
        let named = NAMED.iter().find(|(_, code, _)| *code == self.code);
        let name = match (named, self.code) {
            (Some((.., shown)), _) => (*shown).to_owned(),
            (None, KeyCode::Char(character)) => character.to_string(),
            (None, KeyCode::F(number)) => format!("F{number}"),
            (None, _) => "?".to_owned(),
        };
        held + &name
    }
}

fn starts_with_word(text: &str, word: &str) -> bool {
    text.len() > word.len()
        && text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

fn named(text: &str) -> Option<KeyCode> {
    let lower = text.to_ascii_lowercase();
    if let Some((_, code, _)) = NAMED.iter().find(|(name, ..)| *name == lower) {
        return Some(*code);
    }
    let number = lower.strip_prefix('f')?.parse().ok()?;
    (1..=MAX_FUNCTION_KEY).contains(&number).then_some(KeyCode::F(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(code: KeyCode, modifiers: KeyModifiers) -> Key {
        Key::of(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn a_configured_key_is_the_key_that_a_terminal_tells_of() {
        for (text, code, modifiers, shown) in [
            ("m", KeyCode::Char('m'), KeyModifiers::NONE, "m"),
            ("M", KeyCode::Char('M'), KeyModifiers::SHIFT, "M"),
            ("?", KeyCode::Char('?'), KeyModifiers::SHIFT, "?"),
            ("-", KeyCode::Char('-'), KeyModifiers::NONE, "-"),
            ("space", KeyCode::Char(' '), KeyModifiers::NONE, "space"),
            ("Shift-Left", KeyCode::Left, KeyModifiers::SHIFT, "Shift-←"),
            ("ctrl-l", KeyCode::Char('l'), KeyModifiers::CONTROL, "Ctrl-l"),
            ("F12", KeyCode::F(12), KeyModifiers::NONE, "F12"),
            ("ctrl-c", KeyCode::Char('c'), KeyModifiers::CONTROL, "Ctrl-c"),
            ("é", KeyCode::Char('é'), KeyModifiers::NONE, "é"),
        ] {
            let key = Key::parse(text).unwrap();
            assert_eq!(key, event(code, modifiers), "{text}");
            assert_eq!(key.name(), shown);
        }
        assert_eq!(Key::parse("ctrl-c"), Some(INTERRUPT));
    }

    #[test]
    fn what_is_no_key_is_none() {
        for text in ["", " ", "mm", "f13", "f0", "ctrl-", "hyper-x", "\n", "pagedown"] {
            assert_eq!(Key::parse(text), None, "{text:?}");
        }
    }
}
