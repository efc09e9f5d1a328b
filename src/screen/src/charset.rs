//! Which characters the terminal can show.
//!
//! In: the locale, from the environment. Out: a picture in signs that the terminal has.

use ratatui::buffer::Buffer;

/// Which characters the terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// All of them.
    #[default]
    Unicode,
    /// Those of ASCII.
    Ascii,
}

/// What stands for a sign where there is only ASCII; `?` for all others.
const STAND_INS: [(&str, char); 15] = [
    ("─━", '-'),
    ("│┃▏▎▍▌", '|'),
    ("┌┐└┘├┤┬┴┼", '+'),
    ("█▋▊▉▆▇▅▓", '#'),
    ("▀", '^'),
    ("▄▃", '='),
    ("▁▂", '_'),
    ("·•", '.'),
    ("×", 'x'),
    ("…", '~'),
    ("▲↑", '^'),
    ("▼↓✓", 'v'),
    ("►→›", '>'),
    ("◄←‹", '<'),
    ("\u{a0}", ' '),
];

impl Charset {
    /// From the variables of the locale, the first that is set and not empty being the one that counts (POSIX). A
    /// terminal without any is taken for one of today.
    #[must_use]
    pub fn of_locale(lc_all: Option<&str>, lc_ctype: Option<&str>, lang: Option<&str>) -> Self {
        let set = [lc_all, lc_ctype, lang].into_iter().flatten().find(|locale| !locale.is_empty());
        let is_utf8 = |locale: &str| {
            let before_modifier = locale.split('@').next().unwrap_or_default();
            let codeset = before_modifier.rsplit('.').next().unwrap_or_default();
            codeset.eq_ignore_ascii_case("utf-8") || codeset.eq_ignore_ascii_case("utf8")
        };
        if set.is_none_or(is_utf8) { Charset::Unicode } else { Charset::Ascii }
    }

    /// Puts what the terminal can show in the place of what it cannot. Each sign keeps its columns.
    pub(super) fn put_into(self, buffer: &mut Buffer) {
        if self == Charset::Unicode {
            return;
        }
        for cell in &mut buffer.content {
            if !cell.symbol().is_ascii() {
                let sign = stand_in(cell.symbol());
                cell.set_char(sign);
            }
        }
    }
}

/// The ASCII sign for a symbol of one cell.
fn stand_in(symbol: &str) -> char {
    let first = symbol.chars().next().unwrap_or(' ');
    let found = STAND_INS.iter().find(|(signs, _)| signs.contains(first));
    found.map_or('?', |(_, sign)| *sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_says_what_the_terminal_can_show() {
        use Charset::{Ascii, Unicode};
        for (lc_all, lc_ctype, lang, charset) in [
            (None, None, None, Unicode),
            (Some("C"), None, Some("de_DE.UTF-8"), Ascii),
            (Some("POSIX"), None, None, Ascii),
            (Some(""), None, Some("C"), Ascii),
            (Some(""), Some(""), Some(""), Unicode),
            (None, Some("en_US.utf8"), Some("C"), Unicode),
            (None, None, Some("C.UTF-8"), Unicode),
            (None, None, Some("de_DE.UTF-8@euro"), Unicode),
            (None, None, Some("de_DE.utf8@euro"), Unicode),
            (None, None, Some("de_DE.ISO-8859-1"), Ascii),
            (None, None, Some("de_DE"), Ascii),
        ] {
            assert_eq!(Charset::of_locale(lc_all, lc_ctype, lang), charset, "{lc_all:?} {lang:?}");
        }
    }
}
