//! Big letters made of half blocks, to be read from across a desk.
//!
//! Only the letters that the states, emotions and groups need are there, and digits; whoever asks for another
//! word gets nothing, and writes it small.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Dots from the top of a letter to its foot; a row of the screen shows two.
const DOTS: usize = 5;

/// A word drawn in dots.
pub(super) struct Lettering {
    /// Rows of dots from the top, all equally long.
    dots: [Vec<bool>; DOTS],
    /// How many dots on the screen make one of these: 1 or 2.
    scale: u16,
}

impl Lettering {
    /// The word at the larger of the scales 2 and 1 at which it fits; nothing if neither does, or if a
    /// letter is missing.
    pub(super) fn fitting(word: &str, columns: u16, rows: u16) -> Option<Self> {
        [2, 1].into_iter().find_map(|scale| {
            Lettering::at_scale(word, scale)
                .filter(|it| it.columns() <= usize::from(columns) && it.rows() <= rows)
        })
    }

    /// The word at a scale; nothing if a letter is missing.
    pub(super) fn at_scale(word: &str, scale: u16) -> Option<Self> {
        dots(word).map(|dots| Lettering { dots, scale })
    }

    /// The scale, 1 or 2.
    pub(super) fn scale(&self) -> u16 {
        self.scale
    }

    /// Columns that it takes.
    pub(super) fn columns(&self) -> usize {
        self.dots[0].len() * usize::from(self.scale)
    }

    /// Rows that it takes. Half a row is left below, and at scale 2 above as well.
    pub(super) fn rows(&self) -> u16 {
        3 * self.scale
    }

    /// Draws it at the left end of an area.
    pub(super) fn draw(&self, buffer: &mut Buffer, area: Rect, style: Style) {
        let top = self.scale - 1;
        let area = area.intersection(buffer.area);
        for row in 0..area.height.min(self.rows()) {
            for column in 0..area.width {
                let upper = (2 * row).checked_sub(top).is_some_and(|line| self.dot(column, line));
                let lower = self.dot(column, 2 * row + 1 - top);
                let block = match (upper, lower) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => continue,
                };
                buffer[(area.x + column, area.y + row)].set_char(block).set_style(style);
            }
        }
    }

    fn dot(&self, column: u16, line: u16) -> bool {
        let row = self.dots.get(usize::from(line / self.scale));
        row.and_then(|row| row.get(usize::from(column / self.scale))).copied().unwrap_or(false)
    }
}

/// The word's letters side by side, one column of dots apart.
fn dots(word: &str) -> Option<[Vec<bool>; DOTS]> {
    let mut dots: [Vec<bool>; DOTS] = Default::default();
    for letter in word.to_uppercase().chars() {
        for (row, line) in dots.iter_mut().zip(shape(letter)?) {
            if !row.is_empty() {
                row.push(false);
            }
            row.extend(line.bytes().map(|dot| dot == b'#'));
        }
    }
    Some(dots)
}

/// The shape of one letter.
#[rustfmt::skip]
fn shape(letter: char) -> Option<[&'static str; DOTS]> {
    Some(match letter {
        'A' => [".##.", "#..#", "####", "#..#", "#..#"],
        'C' => [".##", "#..", "#..", "#..", ".##"],
        'D' => ["###.", "#..#", "#..#", "#..#", "###."],
        'E' => ["###", "#..", "##.", "#..", "###"],
        'F' => ["###", "#..", "##.", "#..", "#.."],
        'G' => [".###", "#...", "#.##", "#..#", ".###"],
        'H' => ["#..#", "#..#", "####", "#..#", "#..#"],
        'I' => ["#", "#", "#", "#", "#"],
        'L' => ["#..", "#..", "#..", "#..", "###"],
        'M' => ["#...#", "##.##", "#.#.#", "#...#", "#...#"],
        'N' => ["#..#", "##.#", "#.##", "#..#", "#..#"],
        'O' => [".##.", "#..#", "#..#", "#..#", ".##."],
        'P' => ["###.", "#..#", "###.", "#...", "#..."],
        'R' => ["###.", "#..#", "###.", "#.#.", "#..#"],
        'S' => [".##", "#..", ".#.", "..#", "##."],
        'T' => ["###", ".#.", ".#.", ".#.", ".#."],
        'U' => ["#..#", "#..#", "#..#", "#..#", ".##."],
        'V' => ["#...#", "#...#", ".#.#.", ".#.#.", "..#.."],
        '0' => ["###", "#.#", "#.#", "#.#", "###"],
        '1' => [".#.", "##.", ".#.", ".#.", "###"],
        '2' => ["###", "..#", "###", "#..", "###"],
        '3' => ["###", "..#", ".##", "..#", "###"],
        '4' => ["#.#", "#.#", "###", "..#", "..#"],
        '5' => ["###", "#..", "###", "..#", "###"],
        '6' => ["###", "#..", "###", "#.#", "###"],
        '7' => ["###", "..#", "..#", ".#.", ".#."],
        '8' => ["###", "#.#", "###", "#.#", "###"],
        '9' => ["###", "#.#", "###", "..#", "###"],
        '%' => ["#...#", "...#.", "..#..", ".#...", "#...#"],
        ' ' => ["..", "..", "..", "..", ".."],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::words;
    use hearing::emotion::{Emotion, Group};
    use hearing::timeline::history::State;

    #[test]
    fn every_state_can_be_written_big() {
        let mut states = vec![State::Listening, State::SpeechTooShort, State::Uncertain];
        states.extend(Emotion::ALL.map(|emotion| State::Emotion(emotion, 0.5)));
        states.extend(Group::ALL.map(|group| State::Group {
            group,
            certainty: 0.5,
            likeliest: None,
        }));
        for state in states {
            let lettering = Lettering::fitting(words(state), 78, 3);
            assert!(lettering.is_some(), "{}", words(state));
        }
        assert!(Lettering::fitting("0123456789 %", 78, 3).is_some());
        assert!(Lettering::fitting("étude", 78, 3).is_none());
    }

    #[test]
    fn all_rows_of_a_letter_are_equally_long() {
        for letter in ('A'..='Z').chain('0'..='9').chain("% ".chars()) {
            if let Some(shape) = shape(letter) {
                assert!(shape.iter().all(|row| row.len() == shape[0].len()), "{letter}");
            }
        }
    }

    #[test]
    fn a_word_takes_the_largest_scale_that_fits() {
        let scale = |columns, rows| Lettering::fitting("FEAR", columns, rows).map(|l| l.scale);
        assert_eq!(scale(34, 6), Some(2));
        assert_eq!(scale(33, 6), Some(1));
        assert_eq!(scale(34, 5), Some(1));
        assert_eq!(scale(16, 3), None);
    }

    #[test]
    fn letters_are_drawn_in_half_blocks() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 3));
        let area = buffer.area;
        Lettering::fitting("ILL", 12, 3).unwrap().draw(&mut buffer, area, Style::default());
        assert_eq!(buffer, Buffer::with_lines(["█ █   █     ", "█ █   █     ", "▀ ▀▀▀ ▀▀▀   "]));
    }
}
