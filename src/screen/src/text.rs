//! Text on the screen: made to fit, and put in its place.
//!
//! Labels, paths and messages come from outside and may hold anything: `app` takes them in through
//! [`record::plain_text`].

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;
use record::plain_text::plain_message;

/// A text of sentences from outside as one harmless line, its line breaks made blanks.
pub(super) fn one_line(text: &str) -> String {
    plain_message(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    Span::raw(text).width()
}

/// The text with its end cut off to take at most so many columns, and `…` where something is missing.
pub(super) fn fit(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut fitted: String = first_columns(graphemes(text).into_iter(), columns).concat();
    fitted.push_str(if columns > 0 { "…" } else { "" });
    fitted
}

/// The text with its beginning cut off: of a path, the end says more.
pub(super) fn fit_end(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut kept = first_columns(graphemes(text).into_iter().rev(), columns);
    kept.reverse();
    let mark = if columns > 0 { "…" } else { "" };
    format!("{mark}{}", kept.concat())
}

/// Writes a text into one row of an area, cut to it, and says in which column of the area it ends.
pub(super) fn put(
    buffer: &mut Buffer,
    area: Rect,
    (column, row): (u16, u16),
    text: &str,
    style: Style,
) -> u16 {
    let area = area.intersection(buffer.area);
    if row >= area.height || column >= area.width {
        return column;
    }
    let (x, y) = (area.x + column, area.y + row);
    let (end, _) = buffer.set_stringn(x, y, text, usize::from(area.width - column), style);
    end - area.x
}

/// Writes a text at the right end of one row of an area, and says in which column it begins.
pub(super) fn put_right(
    buffer: &mut Buffer,
    area: Rect,
    row: u16,
    text: &str,
    style: Style,
) -> u16 {
    let columns = u16::try_from(width(text)).unwrap_or(u16::MAX);
    let column = area.width.saturating_sub(columns);
    put(buffer, area, (column, row), text, style);
    column
}

/// The text in lines of at most so many columns, broken between words where that can be done.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut rest = word.to_owned();
        if !line.is_empty() && width(&line) + 1 + width(&rest) > columns {
            lines.push(std::mem::take(&mut line));
        }
        // A word that is longer than a line.
        while width(&rest) > columns {
            let head = first_columns(graphemes(&rest).into_iter(), columns + 1).concat();
            if head.is_empty() {
                break;
            }
            rest = rest.split_off(head.len());
            lines.push(head);
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&rest);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

fn graphemes(text: &str) -> Vec<String> {
    Span::raw(text)
        .styled_graphemes(Style::default())
        .map(|grapheme| grapheme.symbol.to_owned())
        .collect()
}

/// As many graphemes as leave one column of `columns` free.
fn first_columns(graphemes: impl Iterator<Item = String>, columns: usize) -> Vec<String> {
    let mut used = 1;
    graphemes
        .take_while(|grapheme| {
            used += width(grapheme);
            used <= columns
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_by_columns_and_say_so() {
        assert_eq!(fit("caller", 6), "caller");
        assert_eq!(fit("caller one", 6), "calle…");
        assert_eq!(fit_end("/var/log/call.jsonl", 12), "…/call.jsonl");
        assert_eq!(fit("caller", 0), "");
        assert_eq!(fit_end("caller", 1), "…");
    }

    #[test]
    fn wide_characters_are_not_cut_in_half() {
        assert_eq!(fit("電話番号", 6), "電話…");
        assert_eq!(fit("電話番号", 8), "電話番号");
        assert_eq!(width(&fit("電話番号", 4)), 3);
        assert_eq!(fit_end("電話番号", 5), "…番号");
    }

    #[test]
    fn lines_break_between_words_and_only_long_words_within() {
        let text = "This call is  heard by\na computer.";
        assert_eq!(wrap(text, 12), ["This call is", "heard by a", "computer."]);
        assert_eq!(wrap("a Donaudampfschiff", 6), ["a", "Donaud", "ampfsc", "hiff"]);
        assert_eq!(wrap("電話番号です", 5), ["電話", "番号", "です"]);
        assert!(wrap("  ", 9).is_empty());
    }

    #[test]
    fn text_never_leaves_its_area() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 6, 2));
        let area = Rect::new(1, 0, 3, 9);
        assert_eq!(put(&mut buffer, area, (1, 0), "abcdef", Style::default()), 3);
        assert_eq!(put_right(&mut buffer, area, 1, "xy", Style::default()), 1);
        put(&mut buffer, area, (0, 5), "below", Style::default());
        put(&mut buffer, area, (7, 0), "beside", Style::default());
        assert_eq!(buffer, Buffer::with_lines(["  ab  ", "  xy  "]));
    }
}
