//! What a wall shows at a moment: all that leaves a program for a browser, or a desk for the wall.
//!
//! In: nothing. Out: values that serde writes and reads. No field is about an operator, and none holds a number or a name
//! that a telephone system told.

use crate::palette::{behind, behind_group, has_white_letter, hex};
use hearing::emotion::{Emotion, Group};
use hearing::timeline::history::Cell;
use serde::{Deserialize, Serialize};

/// What one cell of a timeline stands for, in seconds.
pub const CELL_S: u32 = 5;

/// All calls, those that need somebody first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// The calls.
    pub calls: Vec<CallPicture>,
    /// Alerts that nobody has acknowledged.
    pub open_alerts: usize,
    /// What one cell of a timeline stands for, in seconds.
    pub cell_s: u32,
    /// The desks and gateways that were heard of, by name; none on the wall of one gateway.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<NodePicture>,
    /// What is wrong with the wall itself: that there is no link to the broker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}

/// A desk's program, or a gateway: where calls are heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodePicture {
    /// Its name.
    pub name: String,
    /// Calls that go on there.
    pub calls: usize,
    /// For how many seconds nothing has been heard of it, where that is longer than it should be.
    pub silent_s: Option<u64>,
}

/// A call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallPicture {
    /// Which call it is: letters, digits, `-`, `_` and `.`; the same as long as the call is shown.
    pub call: String,
    /// The desk or gateway that hears it; none on the wall of one gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Its label.
    pub label: String,
    /// How long it lasts, in whole seconds.
    pub length_s: u64,
    /// What is heard at this moment, as a letter of the timeline.
    pub now: char,
    /// The same in words: `fear 71 %`, `silence`.
    pub words: String,
    /// How distressed the caller sounds now, in percent, as far as the screen says so.
    pub distress: u32,
    /// What else is to be known: nothing is read before notice was given, audio was lost, the desk is silent.
    pub note: Option<String>,
    /// The last five minutes, oldest first: a letter for each cell, as [`letter`] has them.
    pub timeline: String,
    /// Its alerts, newest first.
    pub alerts: Vec<AlertPicture>,
}

/// An alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertPicture {
    /// When, in samples of the call at 8 kHz: which alert it is.
    pub at: u64,
    /// When, in whole seconds of the call.
    pub at_s: u64,
    /// The rule in words: `sustained distress`.
    pub rule: String,
    /// One sentence with the numbers.
    pub reason: String,
    /// The hotline's own text.
    pub guidance: Option<String>,
    /// Whether somebody has said that it was seen.
    pub is_acknowledged: bool,
}

impl Picture {
    /// A picture of these calls, those first that need somebody: open alerts, the newest first; then calls that go on
    /// before those that are over, the more distressed first; then by their names.
    #[must_use]
    pub fn of(mut calls: Vec<CallPicture>) -> Self {
        calls.sort_by_cached_key(|call| {
            let newest = call.open_alerts().map(|alert| alert.at_s).max();
            (
                newest.is_none(),
                newest.map(|at_s| call.length_s.saturating_sub(at_s)),
                call.is_over(),
                std::cmp::Reverse(call.distress),
                // Numbers in order: 9 before 10.
                (call.node.clone(), call.call.len(), call.call.clone()),
            )
        });
        let open_alerts = calls.iter().map(|call| call.open_alerts().count()).sum();
        Picture { calls, open_alerts, cell_s: CELL_S, nodes: Vec::new(), warning: None }
    }
}

impl CallPicture {
    /// Alerts that nobody has acknowledged.
    pub fn open_alerts(&self) -> impl Iterator<Item = &AlertPicture> {
        self.alerts.iter().filter(|alert| !alert.is_acknowledged)
    }

    /// Whether the call is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.now == OVER
    }
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
