//! Text from outside (labels, device names, notes, paths) made harmless: the one place where that is done.
//!
//! In: any text. Out: text without control characters, escape sequences, line breaks, marks that change the
//! reading direction or hide, or towers of accents; or JSON in which they are written as escapes. Keeps
//! nothing.
//!
//! What a person may copy from a screen, a list or a table goes through [`plain`] or [`plain_line`], whatever
//! the program prints through [`plain_text`], and JSON, where nothing may be lost, through [`escaped_json`].

use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Accents on one letter: Vietnamese needs two, Hebrew with vowels and cantillation three, Tibetan stacks
/// four. More of them are drawn over the lines above.
const MAX_MARKS: usize = 4;

/// Characters of a message in one line: a full screen. Nearly all paths are far shorter.
const MAX_MESSAGE: usize = 2_000;

/// An error with its causes on one line, without repeating what a cause already said.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        let said = cause.to_string();
        if !text.contains(&said) {
            if !text.is_empty() {
                text += ": ";
            }
            text += &said;
        }
        next = cause.source();
    }
    text
}

/// The text as one line that a terminal shows as it stands, with as many characters; see [`visible`].
///
/// Accents on accents beyond four become `U+FFFD`.
#[must_use]
pub fn plain(text: &str) -> String {
    shown(text).collect()
}

/// The same with at most `max_chars` characters; what is cut off is marked with `…`.
#[must_use]
pub fn plain_line(text: &str, max_chars: usize) -> String {
    let mut characters = shown(text);
    let mut line: String = characters.by_ref().take(max_chars).collect();
    if characters.next().is_some() {
        line.pop();
        line.push('…');
    }
    line
}

/// A message as one line: of one that is far too long, `…` stands for the middle, since its beginning says
/// what happened and its end what to do.
#[must_use]
pub fn plain_message(text: &str) -> String {
    let line = plain(text);
    let n_chars = line.chars().count();
    if n_chars <= MAX_MESSAGE {
        return line;
    }
    let half = MAX_MESSAGE / 2;
    let beginning = line.chars().take(half);
    let end = line.chars().skip(n_chars - half);
    beginning.chain(['…']).chain(end).collect()
}

/// A text of several lines as a terminal shows it as it stands: its line breaks stay.
#[must_use]
pub fn plain_text(text: &str) -> String {
    text.split('\n').map(plain).collect::<Vec<_>>().join("\n")
}

/// The character itself, or what stands for it if it would steer a terminal, reorder a line or hide in it.
///
/// A control character becomes its picture (`␛` for escape); one without a picture, and a mark that
/// reorders, hides or changes its neighbours, becomes `U+FFFD`.
#[must_use]
pub fn visible(character: char) -> char {
    match character {
        // The Unicode block "Control Pictures" has the C0 controls in their own order.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        other if is_hidden(other) => '\u{fffd}',
        other => other,
    }
}

/// JSON with the same meaning, in which no string has a character that [`plain`] would replace: each is
/// written as its escape (RFC 8259, section 7). Line breaks between values stay.
#[must_use]
pub fn escaped_json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for (character, shown) in json.chars().zip(shown(json)) {
        // Within a string, JSON has no line break: this one stands between values.
        if character == '\n' || character == shown {
            escaped.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing into a string cannot fail.
            let _ = write!(escaped, "\\u{unit:04x}");
        }
    }
    escaped
}

/// Columns that a text takes on a terminal: wide characters take two, accents none.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.width()
}

fn shown(text: &str) -> impl Iterator<Item = char> {
    let mut n_marks = 0;
    text.chars().map(move |character| {
        let character = visible(character);
        n_marks = if character.width() == Some(0) { n_marks + 1 } else { 0 };
        if n_marks > MAX_MARKS { '\u{fffd}' } else { character }
    })
}

/// C1 controls, and what has no shape of its own but changes what stands around it (Unicode: `Bidi_Control`,
/// `Default_Ignorable_Code_Point`, line and paragraph separators, interlinear annotations).
fn is_hidden(character: char) -> bool {
    matches!(character,
        '\u{80}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
#[path = "../../../tests/support/hostile.rs"]
pub(crate) mod hostile;

#[cfg(test)]
mod tests {
    use super::hostile::hostile;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_text_of_any_language_stays_as_it_is() {
        for text in ["Büro 3, стол, 机", "Nguye\u{302}\u{303}n", "שָׁלוֹם", "การโทร", "☎ 👍🏽"]
        {
            assert_eq!(plain(text), text);
        }
    }

    #[test]
    fn nothing_is_left_that_steers_a_terminal() {
        let line = plain("a\u{1b}[31m\nb\t\u{9b}2J\u{202e}c\u{2028}\u{7f}\0");
        assert_eq!(line, "a␛[31m␊b␉\u{fffd}2J\u{fffd}c\u{fffd}␡␀");
        assert_eq!(plain("\u{1b}]0;x\u{7}"), "␛]0;x␇");
        assert_eq!(plain("pass\u{200b}word\u{e0041}"), "pass\u{fffd}word\u{fffd}");
    }

    #[test]
    fn a_tower_of_accents_is_cut_down() {
        let line = plain(&format!("e{}x", "\u{301}".repeat(6)));
        assert_eq!(line, format!("e{}\u{fffd}\u{fffd}x", "\u{301}".repeat(4)));
    }

    #[test]
    fn long_text_is_cut_with_a_mark() {
        assert_eq!(plain_line("abcdef", 6), "abcdef");
        assert_eq!(plain_line("abcdefg", 6), "abcde…");
        let message = plain_message(&format!("cannot open {}; check it", "x".repeat(10_000)));
        assert_eq!(message.chars().count(), MAX_MESSAGE + 1);
        assert!(message.starts_with("cannot open x") && message.ends_with("x; check it"));
    }

    #[test]
    fn lines_stay_lines_in_a_text_of_several() {
        assert_eq!(plain_text("a\u{1b}\nb\r\n"), "a␛\nb␍\n");
    }

    #[test]
    fn wide_characters_take_two_columns_and_accents_none() {
        assert_eq!([columns("机x"), columns("e\u{301}"), columns("")], [3, 1, 0]);
    }

    proptest! {
        #[test]
        fn whatever_comes_one_harmless_line_goes_out(text in hostile(), max in 0_usize..80) {
            for line in [plain(&text), plain_line(&text, max), plain_message(&text)] {
                prop_assert!(line.chars().all(|c| !c.is_control() && visible(c) == c), "{:?}", line);
                prop_assert_eq!(plain(&line).len(), line.len());
            }
            prop_assert!(plain_line(&text, max).chars().count() <= max.max(1));
            prop_assert_eq!(plain(&text).chars().count(), text.chars().count());
        }

        #[test]
        fn escaped_json_means_the_same_and_steers_nothing(text in hostile(), key in hostile()) {
            let value = serde_json::json!({ key: [text, 1.5] });
            let json = serde_json::to_string_pretty(&value).unwrap();
            let escaped = escaped_json(&json);
            prop_assert_eq!(plain_text(&escaped), escaped.as_str());
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
        }
    }
}
