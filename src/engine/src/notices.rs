//! Sentences for the operator that wait to be shown: few, as each stands for something that lasts or is rare.

use hearing::stream_time::StreamTime;
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

/// A length of sound in a sentence: `1.5 s`, or `24 ms` if it is short.
#[must_use]
pub fn in_words(length: StreamTime) -> String {
    let seconds = length.seconds();
    if seconds < 0.1 { format!("{:.0} ms", seconds * 1000.0) } else { format!("{seconds:.1} s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_lengths_are_told_in_milliseconds() {
        assert_eq!(in_words(StreamTime::from_ms(24)), "24 ms");
        assert_eq!(in_words(StreamTime::from_ms(2_040)), "2.0 s");
    }
}
