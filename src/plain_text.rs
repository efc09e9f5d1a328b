//! Text from outside (labels, device names, notes) made harmless for one line of a terminal or file.
//!
//! In: any text. Out: text without control characters, escape sequences, line breaks or marks that
//! change the reading direction. Keeps nothing.

/// The text as one line that a terminal shows as it stands; see [`visible`].
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars().map(visible).collect()
}

/// The same with at most `max_chars` characters; what is cut off is marked with `…`.
#[must_use]
pub fn plain_line(text: &str, max_chars: usize) -> String {
    let mut characters = text.chars().map(visible);
    let mut line: String = characters.by_ref().take(max_chars).collect();
    if characters.next().is_some() {
        line.pop();
        line.push('…');
    }
    line
}

/// The character itself, or what stands for it if it would steer a terminal or reorder a line.
///
/// A control character becomes its picture (`␛` for escape); one without a picture, and a mark that
/// reorders or hides text, becomes `U+FFFD`.
#[must_use]
pub fn visible(character: char) -> char {
    match character {
        // The Unicode block "Control Pictures" has the C0 controls in their own order.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        // C1 controls, zero-width and direction marks, line separators, byte order mark.
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}' => '\u{fffd}',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_of_any_language_stays_as_it_is() {
        assert_eq!(plain("Büro 3, стол, 机"), "Büro 3, стол, 机");
    }

    #[test]
    fn nothing_is_left_that_steers_a_terminal() {
        let line = plain("a\u{1b}[31m\nb\t\u{9b}2J\u{202e}c\u{2028}\u{7f}\0");
        assert_eq!(line, "a␛[31m␊b␉\u{fffd}2J\u{fffd}c\u{fffd}␡␀");
        assert!(!line.chars().any(char::is_control));
    }

    #[test]
    fn long_text_is_cut_with_a_mark() {
        assert_eq!(plain_line("abcdef", 6), "abcdef");
        assert_eq!(plain_line("abcdefg", 6), "abcde…");
    }
}
