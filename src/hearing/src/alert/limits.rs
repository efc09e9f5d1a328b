//! How many alerts are borne: a cool-down for each rule, quiet after any alert, a cap an hour.
//!
//! Times are counted in what was listened to, which never goes back, whatever a recording's position does.

use super::{AlertSettings, Rule, seconds};
use crate::stream_time::StreamTime;
use std::collections::VecDeque;

const HOUR: StreamTime = StreamTime::from_ms(3_600_000);

/// What may become of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// It may be told.
    Free,
    /// It may be told later, if it is still so.
    Later,
    /// Attention was just asked for: it counts as told.
    Told,
}

/// The alerts of the last hour.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    cap: usize,
    quiet: StreamTime,
    /// In the order of [`Rule::ALL`].
    cool_downs: [StreamTime; Rule::ALL.len()],
    last: [Option<StreamTime>; Rule::ALL.len()],
    /// When there were alerts, at most the cap.
    recent: VecDeque<StreamTime>,
}

impl Limits {
    pub(super) fn new(settings: &AlertSettings) -> Self {
        Limits {
            cap: usize::try_from(settings.max_per_hour).unwrap_or(usize::MAX),
            quiet: seconds(settings.quiet_s),
            cool_downs: Rule::ALL.map(|rule| seconds(settings.cool_down_s(rule))),
            last: [None; Rule::ALL.len()],
            recent: VecDeque::new(),
        }
    }

    /// What may become of a rule's finding after so much listening.
    pub(super) fn pass(&mut self, rule: Rule, now: StreamTime) -> Pass {
        while self.recent.front().is_some_and(|first| now.since(*first) >= HOUR) {
            self.recent.pop_front();
        }
        let within = |last: StreamTime, length: StreamTime| now.since(last) < length;
        let own = self.last[index(rule)];
        if self.recent.back().is_some_and(|last| own != Some(*last) && within(*last, self.quiet)) {
            Pass::Told
        } else if self.recent.len() >= self.cap
            || own.is_some_and(|last| within(last, self.cool_downs[index(rule)]))
        {
            Pass::Later
        } else {
            Pass::Free
        }
    }

    /// The rule's finding was told.
    pub(super) fn told(&mut self, rule: Rule, now: StreamTime) {
        self.last[index(rule)] = Some(now);
        self.recent.push_back(now);
    }
}

fn index(rule: Rule) -> usize {
    rule as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_stand_in_their_own_order() {
        for (place, rule) in Rule::ALL.into_iter().enumerate() {
            assert_eq!(index(rule), place);
        }
    }
}
