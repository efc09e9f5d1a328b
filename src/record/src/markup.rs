//! Text made safe for XML and HTML, as content and within quotes.
//!
//! In: any text. Out: text without characters that mean something there, that XML forbids, that reorder a line or
//! hide in it. Keeps nothing.

use crate::plain_text::plain;

/// The text as XML or HTML shows it, within quotes too.
#[must_use]
pub fn escaped(text: &str) -> String {
    content(text).replace('"', "&quot;").replace('\'', "&#39;")
}

/// The text as content only: for `WebVTT`, whose readers know few entities.
#[must_use]
pub fn content(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in plain(text).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            // No character, and so none that XML allows (XML 1.0, section 2.2).
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_opens_an_element_an_entity_or_a_quote() {
        assert_eq!(
            escaped("a<b>&'\"c\u{1b}\n\u{202e}\u{ffff}"),
            "a&lt;b&gt;&amp;&#39;&quot;c␛␊\u{fffd}\u{fffd}"
        );
        assert_eq!(escaped("Büro 機"), "Büro 機");
    }
}
