//! In which order the callers stand, and who needs attention.

use super::App;
use crate::situation::Situation;
use hearing::emotion::{Emotion, Group};
use hearing::stream_time::StreamTime;
use hearing::timeline::history::Cell;
use std::cmp::Reverse;
use std::time::Duration;

/// Rows change places at most this often: nobody can read a list that moves.
const SORT_EVERY: Duration = Duration::from_secs(3);

/// What is looked at: this many stretches of two seconds.
const STRETCHES: u64 = 10;
const STRETCH: StreamTime = StreamTime::from_ms(2_000);

/// How much a line needs attention; what comes later needs it more. An alert comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Attention {
    /// There is no call.
    None,
    /// Nothing stands out.
    Calm,
    /// Anger, fear, sadness or what sounds distressed in at least a fifth of the last twenty seconds.
    Some,
    /// The same in at least half of them.
    Much,
    /// Something has to be done: the caller is not heard, or has to be told.
    Act,
    /// An alert was not acknowledged.
    Alert,
}

/// The order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sorting {
    /// As the lines were given.
    Own,
    /// Who needs attention comes first.
    Attention,
}

impl App {
    /// How much a line needs attention.
    pub(crate) fn attention(&self, line: usize) -> Attention {
        if self.alert(line).is_some() {
            return Attention::Alert;
        }
        match Situation::of(self, line) {
            Situation::AwaitsNotice | Situation::NoSound => Attention::Act,
            Situation::Stopped | Situation::NoCall | Situation::Over => Attention::None,
            Situation::Heard(_) => match self.distressed(line) {
                0..2 => Attention::Calm,
                2..5 => Attention::Some,
                5.. => Attention::Much,
            },
        }
    }

    /// In how many of the last stretches a line sounded distressed.
    fn distressed(&self, line: usize) -> usize {
        let Some(caller) = self.callers.get(line) else { return 0 };
        let now = caller.timeline.now();
        let is_distress = |back: &u64| {
            let from = now - StreamTime(STRETCH.0 * (back + 1));
            let cell = caller.timeline.cell(from, now - StreamTime(STRETCH.0 * back));
            matches!(
                cell,
                Cell::Emotion(Emotion::Anger | Emotion::Fear | Emotion::Sadness, _)
                    | Cell::Group(Group::Distressed, _)
            )
        };
        (0..STRETCHES).filter(is_distress).count()
    }

    /// Sorts the list, or puts it back into its own order.
    pub(super) fn toggle_sort(&mut self) {
        let told;
        (self.sorting, told) = match self.sorting {
            Sorting::Own => (Sorting::Attention, "who needs attention first"),
            Sorting::Attention => (Sorting::Own, "in their own order"),
        };
        self.sort();
        self.answer(format!("callers: {told}"));
    }

    /// Sorts again when it is time.
    pub(super) fn keep_sorted(&mut self) {
        if self.sorting == Sorting::Attention
            && self.elapsed.saturating_sub(self.sorted_at) >= SORT_EVERY
        {
            self.sort();
        }
    }

    fn sort(&mut self) {
        self.sorted_at = self.elapsed;
        let mut order: Vec<usize> = (0..self.callers.len()).collect();
        if self.sorting == Sorting::Attention {
            order.sort_by_key(|line| Reverse(self.attention(*line)));
        }
        self.changed |= order != self.order;
        self.order = order;
    }

    /// Where in the list the selected line is.
    pub(crate) fn place(&self) -> usize {
        self.order.iter().position(|line| *line == self.selected).unwrap_or(0)
    }

    /// Selects the line so many places below, or above.
    pub(super) fn step_to(&mut self, places: isize) {
        let last = self.order.len().saturating_sub(1);
        let place = self.place().saturating_add_signed(places).min(last);
        if let Some(line) = self.order.get(place) {
            self.select(*line);
        }
    }

    /// Selects a line; of another one, the timeline shows the present.
    pub(super) fn select(&mut self, line: usize) {
        if line != self.selected && line < self.callers.len() {
            self.selected = line;
            self.looks_at = None;
            self.changed = true;
        }
    }

    /// Selects the first line from a line on, in the order of the list, whose label has these words.
    pub(crate) fn find(&mut self, from: usize, words: &str) -> bool {
        let words = words.trim().to_lowercase();
        let start = self.order.iter().position(|line| *line == from).unwrap_or(0);
        let (before, after) = self.order.split_at(start.min(self.order.len()));
        let has_words = |line: &&usize| self.callers[**line].label.to_lowercase().contains(&words);
        let found = after.iter().chain(before).find(has_words).copied();
        if let Some(line) = found {
            self.select(line);
        }
        found.is_some()
    }
}
