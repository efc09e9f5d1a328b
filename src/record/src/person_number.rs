//! Numbers and addresses of persons in a text: what must not go where others read it.
//!
//! In: a text. Out: whether it is, or holds, somebody's number. Keeps nothing.

use crate::plain_text::plain_line;

/// Labels are names for a screen.
const LABEL_CHARS: usize = 40;

/// Whether a text says itself that it is a person's: a number with its country (`+49 ...`), or a SIP or telephone
/// address.
#[must_use]
pub fn is_address(value: &str) -> bool {
    let value = value.trim_start();
    let is_scheme = |scheme: &str| {
        value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    let digits = value.strip_prefix('+').unwrap_or_default();
    let n_digits = digits.chars().filter(char::is_ascii_digit).count();
    (digits.starts_with(|first: char| first.is_ascii_digit() || first == '(') && n_digits >= 3)
        || ["sip:", "sips:", "tel:"].into_iter().any(is_scheme)
}

/// Whether a text may be somebody's number: nothing but digits and what separates them, at least seven of them.
#[must_use]
pub fn may_be_number(value: &str) -> bool {
    let is_sign = |sign: char| sign.is_ascii_digit() || " +-.()/".contains(sign);
    value.chars().all(is_sign) && value.chars().filter(char::is_ascii_digit).count() >= 7
}

/// Whether a text holds somebody's number or address anywhere.
#[must_use]
pub fn holds_number(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_between = |sign: char| " +-.()/_*#".contains(sign);
    let mut n_digits = 0;
    let has_run = text.chars().any(|sign| {
        n_digits = match sign {
            _ if sign.is_ascii_digit() => n_digits + 1,
            _ if is_between(sign) => n_digits,
            _ => 0,
        };
        n_digits >= 7
    });
    has_run
        || is_address(text)
        || ["sip:", "sips:", "tel:"].iter().any(|scheme| lower.contains(scheme))
}

/// A label as others may see it: at most 40 characters, none that steer a terminal; `instead` where there is none, or
/// where it holds a person's number.
#[must_use]
pub fn nobodys_label(label: &str, instead: impl FnOnce() -> String) -> String {
    let plain = plain_line(label.trim(), LABEL_CHARS);
    if plain.is_empty() || holds_number(&plain) { instead() } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_with_its_country_and_an_address_are_a_persons() {
        let kept = ["4711", "+", "+x", "+3", "siphon", "", "té"];
        for value in ["+49 30 1234", " +4930", "sip:100@example.org", "SIPS:a", "tel:110"] {
            assert!(is_address(value), "{value}");
        }
        assert!(kept.iter().all(|value| !is_address(value)));
    }

    #[test]
    fn digits_alone_may_be_a_number_and_an_id_is_none() {
        assert!(["4930123456", "+49 (30) 123-456", "030/1234567"].into_iter().all(may_be_number));
        assert!(
            ["", "4711", "call 4930123456", "CA4930123456"].iter().all(|id| !may_be_number(id))
        );
    }

    #[test]
    fn a_label_that_holds_a_number_is_replaced() {
        let shown = |label: &str| nobodys_label(label, || "call 7".to_owned());
        for label in
            ["", " ", "030 1234567", "Jane <tel:+4930>", "call +4930123456", "*31#4930123456"]
        {
            assert_eq!(shown(label), "call 7", "{label}");
        }
        assert_eq!(shown(" desk 3 "), "desk 3");
        assert!(!shown("desk \u{1b}3").contains('\u{1b}'));
        assert_eq!(shown(&"x".repeat(100)).chars().count(), LABEL_CHARS);
    }
}
