//! What the wall shows at a moment: all that leaves the gateway for a browser.
//!
//! In: nothing. Out: values that serde writes. No field is about an operator, and none holds a number or a name that a
//! telephone system told.

use hearing::emotion::{Emotion, Group};
use hearing::timeline::history::Cell;
use record::palette::{behind, behind_group, has_white_letter, hex};
use serde::Serialize;

/// All calls, those that need somebody first.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Picture {
    /// The calls.
    pub calls: Vec<CallPicture>,
    /// Alerts that nobody has acknowledged.
    pub open_alerts: usize,
    /// What one cell of a timeline stands for, in seconds.
    pub cell_s: u32,
}

/// A call.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallPicture {
    /// Its number since the gateway began.
    pub call: u64,
    /// Its label.
    pub label: String,
    /// How long it lasts, in whole seconds.
    pub length_s: u64,
    /// What is heard at this moment, as a letter of the timeline.
    pub now: char,
    /// The same in words: `fear 71 %`, `silence`.
    pub words: String,
    /// What else is to be known: nothing is read before notice was given, audio was lost.
    pub note: Option<String>,
    /// The last five minutes, oldest first: a letter for each cell, as [`letter`] has them.
    pub timeline: String,
    /// Its alerts, newest first.
    pub alerts: Vec<AlertPicture>,
}

/// An alert.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlertPicture {
    /// When, in samples of the call at 8 kHz: which alert it is.
    pub at: u64,
    /// When, in whole seconds of the call.
    pub at_s: u64,
    /// The rule in words: `sustained distress`.
    pub rule: &'static str,
    /// One sentence with the numbers.
    pub reason: String,
    /// The hotline's own text.
    pub guidance: Option<String>,
    /// Whether somebody has said that it was seen.
    pub is_acknowledged: bool,
}

/// What filled a stretch of a call, as one letter: that of the emotion or the group on the terminal's screen, or a sign
/// for what is none.
#[must_use]
pub fn letter(cell: &Cell) -> char {
    match cell {
        Cell::Unheard => ' ',
        Cell::Silence => '.',
        Cell::TooShort => ',',
        Cell::Uncertain => '?',
        Cell::Emotion(emotion, _) => emotion.letter(),
        Cell::Group(group, _) => group.letter(),
        Cell::Gap => '!',
        Cell::Muted => 'x',
    }
}

/// The page's colours: those of the terminal's screen, for each letter a class.
#[must_use]
pub fn colours() -> String {
    let emotion = |emotion: Emotion| {
        let on = if has_white_letter(emotion) { "#fff" } else { "#000" };
        (emotion.letter(), behind(emotion), on)
    };
    let group = |group: Group| (group.letter(), behind_group(group), "#000");
    let all = Emotion::ALL.map(emotion).into_iter().chain(Group::ALL.map(group));
    let mut text = String::new();
    for (letter, behind, on) in all {
        let (letter, behind) = (letter.to_string(), hex(behind));
        text += &[".c-", &letter, " { background: ", &behind, "; color: ", on, " }\n"].concat();
    }
    text
}

/// What a call's letter is once it is over.
pub const OVER: char = '-';

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_two_letters_are_the_same() {
        let rest =
            [Cell::Unheard, Cell::Silence, Cell::TooShort, Cell::Uncertain, Cell::Gap, Cell::Muted];
        let letters: HashSet<char> = Emotion::ALL
            .map(|emotion| Cell::Emotion(emotion, 1.0))
            .into_iter()
            .chain(Group::ALL.map(|group| Cell::Group(group, 1.0)))
            .chain(rest)
            .map(|cell| letter(&cell))
            .chain([OVER])
            .collect();
        assert_eq!(letters.len(), 7 + 3 + 6 + 1);
    }
}
