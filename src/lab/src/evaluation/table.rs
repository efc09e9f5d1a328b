//! A table of words and numbers, for a terminal, a model card or a page.
//!
//! In: a head and rows. Out: aligned text, Markdown or HTML. What a name from outside holds cannot steer
//! a terminal or break the document.

use std::fmt::Write;

use record::markup::escaped;
use record::plain_text::plain;

/// Least width of the column of names; a longer name makes it wider.
const NAME_WIDTH: usize = 16;

/// Least width of a column of numbers: the longest emotion and a space.
const COLUMN_WIDTH: usize = 10;

/// A table: names in the first column, numbers in the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table; the first word stands above the names.
    #[must_use]
    pub fn new(head: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Table { head: head.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// The same with one row more, as many cells as the head has words.
    #[must_use]
    pub fn with(mut self, name: &str, cells: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let cells = cells.into_iter().map(Into::into);
        self.rows.push(std::iter::once(name.to_owned()).chain(cells).collect());
        self
    }

    /// Aligned lines, each with a line break, names to the left and numbers to the right.
    #[must_use]
    pub fn text(&self) -> String {
        let lines: Vec<Vec<String>> = self.lines().map(|line| line.map(plain).collect()).collect();
        let width = |column: usize| {
            let widths = lines.iter().filter_map(|line| line.get(column));
            widths.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let name_width = width(0).max(NAME_WIDTH);
        let widths: Vec<usize> =
            (0..self.head.len()).map(|column| (width(column) + 1).max(COLUMN_WIDTH)).collect();
        let mut text = String::new();
        for cells in &lines {
            let mut line = String::new();
            for (column, cell) in cells.iter().enumerate() {
                let _ = match column {
                    0 => write!(line, "{cell:<name_width$}"),
                    _ => write!(line, "{cell:>0$}", widths[column]),
                };
            }
            let _ = writeln!(text, "{}", line.trim_end());
        }
        text
    }

    /// The table as Markdown, with a line break at its end.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        for (number, line) in self.lines().enumerate() {
            let cells: Vec<String> = line.map(|cell| plain(cell).replace('|', "\\|")).collect();
            let _ = writeln!(text, "| {} |", cells.join(" | "));
            if number == 0 {
                let _ = writeln!(text, "|---|{}", "---:|".repeat(cells.len().saturating_sub(1)));
            }
        }
        text
    }

    /// The table as an HTML element.
    #[must_use]
    pub fn html(&self) -> String {
        let mut text = "<table>\n".to_owned();
        for (number, line) in self.lines().enumerate() {
            text.push_str("<tr>");
            for (column, words) in line.enumerate() {
                // So that a screen reader says of which row and column a number is.
                let (opening, closing) = match (number, column) {
                    (0, _) => ("th scope=\"col\"", "th"),
                    (_, 0) => ("th scope=\"row\"", "th"),
                    _ => ("td", "td"),
                };
                let _ = write!(text, "<{opening}>{}</{closing}>", escaped(words));
            }
            text.push_str("</tr>\n");
        }
        text + "</table>\n"
    }

    /// The head, then the rows.
    fn lines(&self) -> impl Iterator<Item = impl Iterator<Item = &str>> {
        let lines = std::iter::once(&self.head).chain(&self.rows);
        lines.map(|line| line.iter().map(String::as_str))
    }
}

/// A share as a number of per cent with one decimal: `47.2`.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{:.1}", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table::new(["clips", "UAR %"]).with("a|b", ["47.2"]).with("<\u{1b}[2J>", ["100.0"])
    }

    #[test]
    fn text_is_aligned_and_cannot_steer_a_terminal() {
        let expected = [
            "clips                UAR %",
            "a|b                   47.2",
            "<␛[2J>               100.0",
            "",
        ];
        assert_eq!(table().text(), expected.join("\n"));
    }

    #[test]
    fn a_long_name_makes_its_column_wider_for_all_rows() {
        let text = Table::new(["", "n"]).with("a name of more than sixteen", ["7"]).text();
        let ends: Vec<usize> = text.lines().map(str::len).collect();
        assert_eq!(ends, [37, 37]);
    }

    #[test]
    fn markdown_has_a_rule_below_its_head_and_no_column_too_many() {
        let expected =
            ["| clips | UAR % |", "|---|---:|", "| a\\|b | 47.2 |", "| <␛[2J> | 100.0 |", ""];
        assert_eq!(table().markdown(), expected.join("\n"));
    }

    #[test]
    fn html_holds_words_not_elements() {
        let html = table().html();
        let head = "<tr><th scope=\"col\">clips</th><th scope=\"col\">UAR %</th></tr>";
        assert!(html.contains(head), "{html}");
        let row = "<th scope=\"row\">&lt;␛[2J&gt;</th><td>100.0</td>";
        assert!(html.contains(row), "{html}");
    }
}
