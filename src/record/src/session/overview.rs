//! What a list of sessions tells of one log.
//!
//! In: an open log. Out: an [`Overview`], counted from the records themselves, so that a log without an
//! end (a session that still runs, or was killed) tells as much. Keeps counts only.

use hearing::emotion::{Emotion, Group, N_EMOTIONS, N_GROUPS, Verdict};
use hearing::fact::{Event, Fact};
use hearing::stream_time::StreamTime;

use super::SessionError;
use super::reader::SessionReader;
use super::record::{EndReason, Header, Record};

/// The main facts of one log.
#[derive(Clone, Debug, PartialEq)]
pub struct Overview {
    /// Its first line, with the callers' last labels.
    pub header: Header,
    /// The latest stream time of any record.
    pub length: StreamTime,
    /// Readings of all callers, the uncertain ones among them.
    pub readings: u64,
    /// Readings in which neither an emotion nor a group was certain.
    pub uncertain: u64,
    /// Number of gaps of all callers.
    pub gaps: u64,
    /// Seconds of audio lost in them.
    pub lost_s: f64,
    /// Records that are missing, since they could not be written.
    pub unwritten: u64,
    /// Why the session ended; none if it still runs or was cut off.
    pub end: Option<EndReason>,
    /// Readings by shown emotion, in the order of [`Emotion::ALL`].
    shown: [u64; N_EMOTIONS],
    /// Readings by shown group, in the order of [`Group::ALL`].
    groups: [u64; N_GROUPS],
}

impl Overview {
    /// Reads the log to its end.
    ///
    /// # Errors
    /// [`SessionError`] at the first damaged line.
    pub fn read(mut log: SessionReader) -> Result<Self, SessionError> {
        let mut overview = Overview {
            header: log.header().clone(),
            length: StreamTime::ZERO,
            readings: 0,
            uncertain: 0,
            gaps: 0,
            lost_s: 0.0,
            unwritten: 0,
            end: None,
            shown: [0; N_EMOTIONS],
            groups: [0; N_GROUPS],
        };
        log.try_for_each(|record| record.map(|record| overview.add(record)))?;
        Ok(overview)
    }

    /// The emotions and groups that were shown, each with its share of the readings that were not uncertain, as
    /// [`Summary::shares`](hearing::timeline::summary::Summary::shares) has it; the largest first.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a log has far fewer than 2^53 readings")]
    pub fn shares(&self) -> Vec<(Verdict, f64)> {
        let certain = (self.readings - self.uncertain) as f64;
        let emotions = Emotion::ALL.map(Verdict::Emotion).into_iter().zip(self.shown);
        let groups = Group::ALL.map(Verdict::Group).into_iter().zip(self.groups);
        let counts = emotions.chain(groups).filter(|&(_, count)| count > 0);
        let mut shares: Vec<(Verdict, f64)> =
            counts.map(|(shown, count)| (shown, count as f64 / certain)).collect();
        shares.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        shares
    }

    fn add(&mut self, record: Record) {
        self.length = self.length.max(record.t());
        match record {
            Record::Fact(Fact { caller, event, .. }) => self.add_event(caller, event),
            Record::Unwritten(unwritten) => self.unwritten += unwritten.records,
            Record::End(end) => self.end = Some(end.reason),
        }
    }

    fn add_event(&mut self, caller: usize, event: Event) {
        match event {
            Event::Reading(reading) => {
                self.readings += 1;
                match reading.verdict {
                    Verdict::Emotion(emotion) => self.shown[emotion.index()] += 1,
                    Verdict::Group(group) => self.groups[group.index()] += 1,
                    Verdict::Uncertain => self.uncertain += 1,
                }
            }
            Event::Gap(gap) => {
                self.gaps += 1;
                self.lost_s += gap.seconds();
            }
            Event::Label { label } => {
                if let Some(caller) = self.header.callers.get_mut(caller) {
                    caller.label = label;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;
    use std::path::Path;

    const GOLDEN: &str = include_str!("../../../../tests/data/session/input/two-callers.jsonl");

    fn overview(log: &'static str) -> Overview {
        let log = SessionReader::new(Box::new(Cursor::new(log)), Path::new("call.jsonl")).unwrap();
        Overview::read(log).unwrap()
    }

    #[test]
    fn a_finished_session_is_summed_over_its_callers() {
        let overview = overview(GOLDEN);
        assert_eq!((overview.readings, overview.uncertain), (5, 1));
        assert_eq!(overview.length, StreamTime::from_ms(9_500));
        assert_eq!((overview.gaps, overview.lost_s), (1, 0.0101));
        assert_eq!(overview.end, Some(EndReason::Stopped));
        assert_eq!(
            overview.shares(),
            [(Emotion::Fear, 0.5), (Emotion::Anger, 0.25), (Emotion::Neutral, 0.25)]
                .map(|(emotion, share)| (Verdict::Emotion(emotion), share))
        );
    }

    #[test]
    fn groups_are_summed_beside_the_emotions() {
        const GROUPS: &str = include_str!("../../../../tests/data/session/input/groups.jsonl");
        let overview = overview(GROUPS);
        assert_eq!((overview.readings, overview.uncertain), (12, 2));
        let (most, share) = overview.shares()[0];
        assert_eq!(most, Verdict::Group(Group::Distressed));
        assert!((share - 0.5).abs() < 1e-12, "{share}");
    }

    #[test]
    fn a_killed_session_tells_as_much_but_has_no_end() {
        let (without_end, _) = GOLDEN.trim_end().rsplit_once('\n').unwrap();
        let killed = overview(without_end);
        assert_eq!(killed.end, None);
        assert_eq!(killed.shares(), overview(GOLDEN).shares());
    }

    #[test]
    fn a_session_without_readings_has_no_emotions() {
        let (header, _) = GOLDEN.split_once('\n').unwrap();
        assert_eq!(overview(header).shares(), []);
    }
}
