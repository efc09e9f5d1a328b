//! A caller's history as the engine keeps it, for the summary at the end.
//!
//! In: updates, in order. Out: a timeline that is up to date. Keeps nothing.

use crate::pipeline::{Event, Update};
use crate::timeline::history::Timeline;

/// Brings a timeline up to date.
pub(super) fn follow(timeline: &mut Timeline, update: &Update) {
    match update.event {
        Event::Activity(activity) => timeline.activity(update.at, activity),
        Event::Reading(reading) => timeline.reading(reading),
        Event::Gap(gap) => timeline.gap(update.at, gap.length()),
        Event::Muted(muted) => timeline.muted(update.at, muted.length()),
        Event::Skipped { readings } => timeline.skipped(update.at, readings),
        Event::Seek { from } => timeline.seek(from, update.at),
        Event::Operator(state) => timeline.operator(update.at, state),
        Event::Level(_) | Event::Facts(_) => timeline.advance(update.at),
    }
}
