//! What a call comes to: how much was said, what it sounded like, and what was lost.
//!
//! In: stretches of time and readings, one by one. Out: a [`Summary`] that goes into the session log.

use crate::emotion::{Emotion, Group, N_EMOTIONS, N_GROUPS};
use crate::stream_time::StreamTime;
use crate::timeline::talk::Talk;
use crate::timeline::{Reading, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Totals of one caller's call.
///
/// Readings come at a fixed hop, so a share of readings is a share of the time that they stand for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Seconds in which the caller spoke, with or without readings.
    pub speech_s: f64,
    /// Readings made, uncertain ones included.
    pub readings: u64,
    /// Readings in which no emotion was certain enough, and no group of them.
    pub uncertain: u64,
    /// `uncertain` as a share of all readings, in [0, 1]; 0 without readings.
    pub uncertain_share: f64,
    /// Share of each of the seven emotions among the readings that were *not* uncertain. With those of the groups
    /// they sum to 1, or are all 0 when there was no such reading.
    pub shares: BTreeMap<Emotion, f64>,
    /// Share of the groups that were shown where no emotion was certain enough, among the same readings.
    #[serde(default, skip_serializing_if = "is_none")]
    pub groups: BTreeMap<Group, f64>,
    /// How many times audio was lost.
    pub gaps: u64,
    /// Seconds of lost audio.
    pub lost_s: f64,
    /// Seconds in which nobody was allowed to listen; they are not lost.
    #[serde(default, skip_serializing_if = "is_none")]
    pub muted_s: f64,
    /// How many alerts there were; left out where there was none.
    #[serde(default, skip_serializing_if = "is_none")]
    pub alerts: u64,
    /// Readings that were left out, since the audio came faster than it could be worked on.
    #[serde(default, skip_serializing_if = "is_none")]
    pub skipped: u64,
    /// Who spoke how much, where the operator's side was heard too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talk: Option<Talk>,
}

/// Whether there is nothing to tell.
fn is_none<T: Default + PartialEq>(count: &T) -> bool {
    *count == T::default()
}

/// Exact counts from which a [`Summary`] is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    speech: StreamTime,
    lost: StreamTime,
    muted: StreamTime,
    gaps: u64,
    uncertain: u64,
    committed: [u64; N_EMOTIONS],
    groups: [u64; N_GROUPS],
}

impl Tally {
    /// The caller spoke for so long.
    pub(super) fn speech(&mut self, length: StreamTime) {
        self.speech = self.speech + length;
    }

    /// So much was lost; a gap that is told in several parts still has to be counted once.
    pub(super) fn lost(&mut self, length: StreamTime) {
        self.lost = self.lost + length;
    }

    /// Nobody was allowed to listen for so long.
    pub(super) fn muted(&mut self, length: StreamTime) {
        self.muted = self.muted + length;
    }

    /// One more gap.
    pub(super) fn gap(&mut self) {
        self.gaps += 1;
    }

    /// One more reading.
    pub(super) fn reading(&mut self, reading: &Reading) {
        match reading.verdict {
            Verdict::Emotion(emotion) => self.committed[emotion.index()] += 1,
            Verdict::Group(group) => self.groups[group.index()] += 1,
            Verdict::Uncertain => self.uncertain += 1,
        }
    }

    /// The counts as seconds and shares.
    pub(super) fn summary(&self) -> Summary {
        let shown: u64 = self.committed.iter().chain(&self.groups).sum();
        let readings = shown + self.uncertain;
        let shares = Emotion::ALL.map(|e| (e, share(self.committed[e.index()], shown)));
        let groups = Group::ALL.map(|g| (g, share(self.groups[g.index()], shown)));
        Summary {
            speech_s: self.speech.seconds(),
            readings,
            uncertain: self.uncertain,
            uncertain_share: share(self.uncertain, readings),
            shares: shares.into(),
            groups: groups.into_iter().filter(|(_, share)| *share > 0.0).collect(),
            gaps: self.gaps,
            lost_s: self.lost.seconds(),
            muted_s: self.muted.seconds(),
            alerts: 0,
            skipped: 0,
            talk: None,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a call has far fewer than 2^53 readings")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emotion::Scores;

    fn reading(verdict: Verdict) -> Reading {
        Reading { at: StreamTime::ZERO, scores: Scores::UNIFORM, verdict }
    }

    #[test]
    fn nothing_heard_makes_shares_of_zero_and_not_of_nothing() {
        let summary = Tally::default().summary();
        assert_eq!(summary.readings, 0);
        assert_eq!(summary.shares.len(), N_EMOTIONS);
        assert!(summary.shares.values().all(|share| *share == 0.0));
    }

    #[test]
    fn uncertain_readings_do_not_dilute_the_shares_of_the_others() {
        let mut tally = Tally::default();
        for verdict in [
            Verdict::Emotion(Emotion::Fear),
            Verdict::Emotion(Emotion::Fear),
            Verdict::Emotion(Emotion::Fear),
            Verdict::Emotion(Emotion::Anger),
            Verdict::Uncertain,
        ] {
            tally.reading(&reading(verdict));
        }
        let summary = tally.summary();
        assert_eq!((summary.readings, summary.uncertain), (5, 1));
        assert!((summary.uncertain_share - 0.2).abs() < 1e-12);
        assert!((summary.shares[&Emotion::Fear] - 0.75).abs() < 1e-12);
        assert!((summary.shares[&Emotion::Anger] - 0.25).abs() < 1e-12);
    }

    #[test]
    fn groups_share_with_the_emotions_what_is_not_uncertain() {
        let mut tally = Tally::default();
        for verdict in [
            Verdict::Emotion(Emotion::Fear),
            Verdict::Group(Group::Distressed),
            Verdict::Group(Group::Distressed),
            Verdict::Group(Group::Calm),
            Verdict::Uncertain,
        ] {
            tally.reading(&reading(verdict));
        }
        let summary = tally.summary();
        assert_eq!((summary.readings, summary.uncertain), (5, 1));
        assert!((summary.shares[&Emotion::Fear] - 0.25).abs() < 1e-12);
        assert_eq!(summary.groups, [(Group::Distressed, 0.5), (Group::Calm, 0.25)].into());
        let json = serde_json::to_string(&summary).unwrap();
        assert!(json.contains("\"groups\":{\"distressed\":0.5,\"calm\":0.25}"), "{json}");
        assert_eq!(serde_json::from_str::<Summary>(&json).unwrap(), summary);
    }

    #[test]
    fn a_summary_survives_json_with_labels_as_keys() {
        let mut tally = Tally::default();
        tally.reading(&reading(Verdict::Emotion(Emotion::Sadness)));
        tally.lost(StreamTime::from_ms(1500));
        tally.gap();
        let json = serde_json::to_string(&tally.summary()).unwrap();
        assert!(json.contains("\"sadness\":1.0"), "{json}");
        assert!(json.contains("\"lost_s\":1.5"), "{json}");
        assert!(!json.contains("groups"), "none was shown: {json}");
        assert_eq!(serde_json::from_str::<Summary>(&json).unwrap(), tally.summary());
    }
}
