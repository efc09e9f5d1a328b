//! Sentences for the operator that wait to be shown: few, as each stands for something that lasts or is rare.

use std::collections::VecDeque;

/// Notices that may wait; the oldest give way.
const MAX_NOTICES: usize = 16;

/// What is to be told.
#[derive(Debug, Default)]
pub struct Notices(VecDeque<String>);

impl Notices {
    /// Adds a sentence.
    pub fn add(&mut self, text: String) {
        if self.0.len() == MAX_NOTICES {
            self.0.pop_front();
        }
        self.0.push_back(text);
    }

    /// The oldest one that was not taken yet.
    pub fn take(&mut self) -> Option<String> {
        self.0.pop_front()
    }
}
