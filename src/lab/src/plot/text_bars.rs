//! Values as bars of a terminal.
//!
//! In: names, values and words. Out: lines of text. Kept between calls: nothing.

use super::count;

/// Eighths of a character, from none to seven.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// A line for each row (name, value, words): the name, a bar of up to `bar_width` characters for `largest`, and
/// the words. Every line ends with a line feed; a value above 0 has a mark, however small.
#[must_use]
pub fn text_bars(rows: &[(String, f64, String)], largest: f64, bar_width: usize) -> String {
    let name_width = rows.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0);
    let line = |(name, value, words): &(String, f64, String)| {
        let bar = bar(*value / largest, bar_width);
        format!("  {name:<name_width$}  {bar:<bar_width$}  {words}\n")
    };
    rows.iter().map(line).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a bar's few characters"
)]
fn bar(fraction: f64, width: usize) -> String {
    let fraction = if fraction.is_finite() { fraction.clamp(0.0, 1.0) } else { 0.0 };
    let n_eighths = (fraction * count(width * 8)).round() as usize;
    let n_eighths = if fraction > 0.0 { n_eighths.max(1) } else { 0 };
    "█".repeat(n_eighths / 8) + EIGHTHS[n_eighths % 8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_in_proportion_and_line_up() {
        let rows = [("anger", 8.0), ("joy", 3.0), ("none", 0.0), ("rare", 1e-9)]
            .map(|(name, value)| (name.to_owned(), value, format!("{value:.0}")));
        assert_eq!(
            text_bars(&rows, 8.0, 2),
            "  anger  ██  8\n  joy    ▊   3\n  none       0\n  rare   ▏   0\n"
        );
    }

    #[test]
    fn nothing_at_all_is_no_bar() {
        assert_eq!(bar(f64::NAN, 10), "");
    }
}
