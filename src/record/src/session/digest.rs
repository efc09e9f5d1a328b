//! All that a call comes to: who spoke how much, what was shown, asked for, marked, lost and left out.
//!
//! In: the updates and records of a call, while it runs or from its log. Out: a [`CallerDigest`] a caller, and for a
//! log a [`Digest`]. Keeps a bounded timeline a caller, so that a log may be as long as it wants.

use super::SessionError;
use super::reader::SessionReader;
use super::record::{Delay, EndReason, Header, Record};
use hearing::fact::{Event, Fact};
use hearing::stream_time::StreamTime;
use hearing::timeline::Alert;
use hearing::timeline::episodes::{Episode, Episodes};
use hearing::timeline::history::{MAX_ALERTS, Mark, Timeline};
use hearing::timeline::summary::Summary;

/// What one caller's call comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct CallerDigest {
    /// The caller's last label.
    pub label: String,
    /// Times and shares.
    pub summary: Summary,
    /// The longest episodes, the longest first.
    pub longest: Vec<Episode>,
    /// The strongest episodes, the strongest first.
    pub strongest: Vec<Episode>,
    /// The last [`MAX_ALERTS`] alerts, in order of time.
    pub alerts: Vec<Alerted>,
    /// The last marks, in order of time.
    pub marks: Vec<Mark>,
    /// When it was confirmed that the caller was told what has to be told.
    pub notice: Option<StreamTime>,
}

/// An alert, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alerted {
    /// The alert.
    pub alert: Alert,
    /// How the program failed that it was to run.
    pub failed: Option<String>,
    /// When the operator acknowledged it.
    pub acknowledged: Option<StreamTime>,
}

/// One caller's call so far.
#[derive(Clone, Debug, Default)]
pub struct CallerTally {
    timeline: Timeline,
    episodes: Episodes,
    /// When the alert was, and the reason.
    failed: Vec<(StreamTime, String)>,
    /// When the alert was, and when it was acknowledged.
    acknowledged: Vec<(StreamTime, StreamTime)>,
    notice: Option<StreamTime>,
}

impl CallerTally {
    /// Takes a fact of this caller, in the call's time.
    pub fn take(&mut self, fact: &Fact) {
        match &fact.event {
            Event::Reading(reading) => self.episodes.reading(reading),
            Event::Seek { .. } => self.episodes.seek(fact.at),
            // The first time counts.
            Event::Notice => drop(self.notice.get_or_insert(fact.at)),
            Event::AlertFailed { reason } if self.failed.len() < MAX_ALERTS => {
                self.failed.push((fact.at, reason.clone()));
            }
            Event::Acknowledged { alert_t, .. }
                if self.has_alert(*alert_t) && self.acknowledged.len() < MAX_ALERTS =>
            {
                self.acknowledged.push((*alert_t, fact.at));
            }
            _ => {}
        }
        fact.tell(&mut self.timeline);
    }

    /// Whether there was an alert at this time.
    #[must_use]
    pub fn has_alert(&self, at: StreamTime) -> bool {
        self.timeline.alerts(at, StreamTime(at.0.saturating_add(1))).next().is_some()
    }

    /// What it comes to up to `now`.
    #[must_use]
    pub fn digest(&self, label: &str, now: StreamTime) -> CallerDigest {
        let end = StreamTime(u64::MAX);
        let alerted = |alert: &Alert| {
            let failed = self.failed.iter().find(|(at, _)| *at == alert.at);
            let seen = self.acknowledged.iter().find(|(at, _)| *at == alert.at);
            Alerted {
                alert: alert.clone(),
                failed: failed.map(|(_, reason)| reason.clone()),
                acknowledged: seen.map(|(_, at)| *at),
            }
        };
        CallerDigest {
            label: label.to_owned(),
            summary: self.timeline.summary(now),
            longest: self.episodes.longest(),
            strongest: self.episodes.strongest(),
            alerts: self.timeline.alerts(StreamTime::ZERO, end).map(alerted).collect(),
            marks: self.timeline.marks(StreamTime::ZERO, end).cloned().collect(),
            notice: self.notice,
        }
    }
}

/// What a log comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Digest {
    /// Its first line, with the callers' last labels.
    pub header: Header,
    /// The latest stream time of any record.
    pub length: StreamTime,
    /// One entry a caller, in the order of the header.
    pub callers: Vec<CallerDigest>,
    /// Samples lost, at each source's rate.
    pub dropped_samples: u64,
    /// Records that are missing, since they could not be written.
    pub unwritten: u64,
    /// Why the session ended; none if it still runs or was cut off.
    pub end: Option<EndReason>,
    /// Delay of the readings of a live session.
    pub delay: Option<Delay>,
    /// Whether the last line was cut off.
    pub is_cut: bool,
}

impl Digest {
    /// Reads the log to its end. What its last record says of a caller goes before what was counted here, since it
    /// knows of records that could not be written.
    ///
    /// # Errors
    /// [`SessionError`] at the first damaged line.
    pub fn read(mut log: SessionReader) -> Result<Self, SessionError> {
        let mut header = log.header().clone();
        let mut tallies = vec![CallerTally::default(); header.callers.len()];
        let (mut length, mut dropped_samples, mut unwritten) = (StreamTime::ZERO, 0, 0);
        let mut last = None;
        for record in log.by_ref() {
            let record = record?;
            length = length.max(record.t());
            match record {
                Record::Fact(fact) => {
                    tallies[fact.caller].take(&fact);
                    match fact.event {
                        Event::Gap(gap) => dropped_samples += gap.lost_samples,
                        Event::Label { label } => header.callers[fact.caller].label = label,
                        _ => {}
                    }
                }
                Record::Unwritten(missing) => unwritten += missing.records,
                Record::End(end) => last = Some(end),
            }
        }
        let labels = header.callers.iter().map(|caller| caller.label.as_str());
        let mut callers: Vec<CallerDigest> =
            tallies.iter().zip(labels).map(|(tally, label)| tally.digest(label, length)).collect();
        let (mut reason, mut delay) = (None, None);
        if let Some(end) = last {
            for (caller, summary) in callers.iter_mut().zip(end.callers) {
                caller.summary = summary;
            }
            dropped_samples = end.dropped_samples;
            (reason, delay) = (Some(end.reason), end.delay);
        }
        let is_cut = log.is_cut();
        Ok(Digest {
            header,
            length,
            callers,
            dropped_samples,
            unwritten,
            end: reason,
            delay,
            is_cut,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;
    use std::path::Path;

    fn digest(log: &str) -> Digest {
        let log = Cursor::new(log.to_owned());
        Digest::read(SessionReader::new(Box::new(log), Path::new("call.jsonl")).unwrap()).unwrap()
    }

    const ALERTS: &str = include_str!("../../../../tests/data/session/input/alerts.jsonl");
    const CALLS: &str = include_str!("../../../../tests/data/session/input/calls.jsonl");
    const TWO: &str = include_str!("../../../../tests/data/session/input/two-callers.jsonl");

    #[test]
    fn a_log_without_an_end_comes_to_the_same_but_for_the_end() {
        let whole = digest(TWO);
        let (without_end, _) = TWO.trim_end().rsplit_once('\n').unwrap();
        let killed = digest(without_end);
        assert_eq!((killed.end.is_none(), killed.dropped_samples), (true, whole.dropped_samples));
        for (killed, whole) in killed.callers.iter().zip(&whole.callers) {
            assert_eq!(killed.marks, whole.marks);
            assert_eq!(killed.summary.readings, whole.summary.readings);
            assert_eq!(killed.summary.uncertain, whole.summary.uncertain);
        }
        assert!(whole.callers.iter().any(|caller| !caller.marks.is_empty()));
    }

    #[test]
    fn alerts_stand_with_what_became_of_them() {
        let digest = digest(ALERTS);
        let alerts = &digest.callers[0].alerts;
        assert!(alerts.len() > 1, "{alerts:?}");
        assert_eq!(alerts.iter().filter(|alert| alert.failed.is_some()).count(), 1, "{alerts:?}");
    }

    #[test]
    fn a_new_label_counts_and_a_confirmed_notice_is_known() {
        let digest = digest(CALLS);
        assert!(digest.callers[0].notice.is_some());
        assert_eq!(digest.callers[0].label, digest.header.callers[0].label);
        assert!(!CALLS.lines().next().unwrap().contains(&digest.callers[0].label));
    }
}
