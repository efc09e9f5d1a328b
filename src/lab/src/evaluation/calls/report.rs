//! The measures of a model over labelled calls, over all and for each call.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;

use super::alert_measures::AlertMeasures;
use super::counts::{CallCounts, Other};
use super::detection::Onset;
use super::screen::{N_SIGHTS, OnScreen};
use hearing::emotion::{Emotion, Group, N_EMOTIONS};
use hearing::stream_time::StreamTime;

/// The measures of a model over labelled calls.
///
/// Its JSON has the keys of [`CallMeasures`] for all calls together, `n`, and `calls`: the same keys with
/// `audio` for each.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallReport {
    /// Calls.
    pub n: usize,
    /// All of them together: sums of time, not means of calls.
    #[serde(flatten)]
    pub all: CallMeasures,
    /// Each of them, in the manifest's order.
    pub calls: Vec<CallRow>,
}

/// One call of a report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallRow {
    /// The recording as the manifest names it.
    pub audio: String,
    /// Its measures.
    #[serde(flatten)]
    pub measures: CallMeasures,
}

/// What was measured over one call or many. Shares are in [0, 1], times in seconds; `None` (`null`) where
/// nothing could be measured, as the share of speech in a call without any.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallMeasures {
    /// Audio.
    pub length_s: f64,
    /// Time labelled with an emotion.
    pub speech_s: f64,
    /// Of the speech in which an emotion shows: the share in which it is the right one.
    pub right_of_committed: Option<f64>,
    /// Share of all speech in which the right emotion shows.
    pub right_of_speech: Option<f64>,
    /// Share of speech in which an emotion shows, right or wrong.
    pub committed: Option<f64>,
    /// Of the speech in which a group of emotions shows: the share in which the right one is in it.
    pub right_of_groups: Option<f64>,
    /// Share of speech in which a group shows, since no emotion was certain enough.
    pub groups: Option<f64>,
    /// Of the speech in which an emotion or a group shows: the share in which it is right.
    pub right_of_shown: Option<f64>,
    /// Share of speech in which an emotion or a group shows.
    pub shown: Option<f64>,
    /// Share of speech in which "uncertain" shows.
    pub uncertain: Option<f64>,
    /// Share of speech without a reading: the gate is closed, or too little was heard yet.
    pub no_reading: Option<f64>,
    /// Share of speech in which the gate is closed; a part of `no_reading`.
    pub gate_closed: Option<f64>,
    /// From the beginning of an emotion to its detection.
    pub delay: Delay,
    /// Readings where nobody speaks.
    pub non_speech: NonSpeech,
    /// Alerts, and what they found.
    pub alerts: AlertMeasures,
    /// Emotion diarisation error rate.
    pub eder: EderMeasures,
    /// By the emotion that is said, where it is said at all.
    pub by_emotion: BTreeMap<Emotion, EmotionMeasures>,
}

/// From the beginning of an emotion to its detection.
///
/// It begins with the first sample of the first turn in another emotion than the turn before (and of the
/// first turn); pauses between turns of one emotion begin nothing. It is detected at the end of the audio of
/// the first committed reading that names it, before the next emotion begins; pauses count as they pass.
/// The time to compute a reading is not in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Delay {
    /// Emotions that began.
    pub n: usize,
    /// Median over those detected (nearest rank).
    pub median_s: Option<f64>,
    /// 95th percentile over those detected (nearest rank).
    pub p95_s: Option<f64>,
    /// Share never detected.
    pub never: Option<f64>,
    /// Share never detected even where a group that has the emotion counts.
    pub never_in_group: Option<f64>,
    /// Median over all, never being longest; `None` where half or more were never detected.
    pub median_of_all_s: Option<f64>,
    /// Share named already by the reading before they began: luck, not detection.
    pub named_before: Option<f64>,
}

/// Readings where nobody speaks. The first 0.5 s after speech are left out: what comes there may be about it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NonSpeech {
    /// Time without speech, in minutes.
    pub minutes: f64,
    /// Readings a minute, "uncertain" among them.
    pub readings_per_minute: Option<f64>,
    /// Readings a minute that say something: an emotion or a group.
    pub committed_per_minute: Option<f64>,
    /// The same by what is heard.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_kind: BTreeMap<String, NonSpeech>,
}

/// Emotion diarisation error rate (Wang et al., 2023, "Speech Emotion Diarization"): the sum of the three
/// errors over the speech. Neutral is the absence of emotion, and so are a group, "uncertain" and no reading:
/// where an emotion is said they count as missed. One voice is monitored, so no two emotions overlap.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EderMeasures {
    /// Of all speech: the published form, where an utterance's whole duration divides.
    pub of_speech: Option<f64>,
    /// Of the speech that is not neutral: above 1 where false alarms are more than what is found.
    pub of_emotional_speech: Option<f64>,
    /// An emotion shows where the voice is neutral, or after the first 0.5 s where nobody speaks.
    pub false_alarm_s: f64,
    /// No emotion shows where one is said.
    pub missed_s: f64,
    /// Another emotion shows.
    pub confusion_s: f64,
}

/// Speech of one emotion.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EmotionMeasures {
    /// How much of it there is.
    pub speech_s: f64,
    /// Share in which it shows: recall over time.
    pub recall: Option<f64>,
    /// The same of the part in which an emotion shows.
    pub right_of_committed: Option<f64>,
    /// Share in which "uncertain" shows.
    pub uncertain: Option<f64>,
    /// Share without a reading.
    pub no_reading: Option<f64>,
    /// For how long each emotion shows.
    pub shown_s: BTreeMap<Emotion, f64>,
    /// For how long each group shows.
    pub groups_s: BTreeMap<Group, f64>,
}

impl CallReport {
    /// The report of calls with their names.
    #[must_use]
    pub fn new(calls: &[(String, CallCounts)]) -> Self {
        let mut sum = CallCounts::default();
        for (_, counts) in calls {
            sum.add(counts);
        }
        let row = |(audio, counts): &(String, CallCounts)| CallRow {
            audio: audio.clone(),
            measures: CallMeasures::of(counts),
        };
        CallReport {
            n: calls.len(),
            all: CallMeasures::of(&sum),
            calls: calls.iter().map(row).collect(),
        }
    }
}

impl CallMeasures {
    /// The measures that follow from counts.
    #[must_use]
    pub fn of(counts: &CallCounts) -> Self {
        let rows = || Emotion::ALL.into_iter().map(|emotion| Row::of(emotion, counts));
        let sum = |part: fn(&Row) -> u64| rows().map(|row| part(&row)).sum::<u64>();
        let speech = sum(Row::speech);
        let (committed, groups) = (sum(Row::committed), sum(Row::groups));
        let right_groups = sum(Row::right_groups);
        let gate_closed = sum(|row| row.showing(OnScreen::Listening));
        CallMeasures {
            length_s: seconds(counts.length),
            speech_s: seconds(speech),
            right_of_committed: ratio(sum(Row::right), committed),
            right_of_speech: ratio(sum(Row::right), speech),
            committed: ratio(committed, speech),
            right_of_groups: ratio(right_groups, groups),
            groups: ratio(groups, speech),
            right_of_shown: ratio(sum(Row::right) + right_groups, committed + groups),
            shown: ratio(committed + groups, speech),
            uncertain: ratio(sum(|row| row.showing(OnScreen::Uncertain)), speech),
            no_reading: ratio(sum(Row::unread), speech),
            gate_closed: ratio(gate_closed, speech),
            delay: Delay::of(&counts.onsets),
            non_speech: NonSpeech::of(counts),
            alerts: AlertMeasures::of(&counts.alerts, counts.length),
            eder: EderMeasures::of(counts),
            by_emotion: rows()
                .filter(|row| row.speech() > 0)
                .map(|row| (row.said, EmotionMeasures::of(&row)))
                .collect(),
        }
    }
}

/// What shows while one emotion is said.
struct Row {
    said: Emotion,
    times: [u64; N_SIGHTS],
}

impl Row {
    fn of(said: Emotion, counts: &CallCounts) -> Self {
        Row { said, times: counts.speech[said.index()] }
    }

    fn showing(&self, seen: OnScreen) -> u64 {
        self.times[seen.index()]
    }

    fn speech(&self) -> u64 {
        self.times.iter().sum()
    }

    fn committed(&self) -> u64 {
        self.times[..N_EMOTIONS].iter().sum()
    }

    fn right(&self) -> u64 {
        self.showing(OnScreen::Emotion(self.said))
    }

    fn groups(&self) -> u64 {
        Group::ALL.into_iter().map(|group| self.showing(OnScreen::Group(group))).sum()
    }

    fn right_groups(&self) -> u64 {
        self.showing(OnScreen::Group(Group::of(self.said)))
    }

    fn unread(&self) -> u64 {
        self.showing(OnScreen::TooShort) + self.showing(OnScreen::Listening)
    }
}

impl EmotionMeasures {
    fn of(row: &Row) -> Self {
        let shown = |emotion: Emotion| (emotion, seconds(row.showing(OnScreen::Emotion(emotion))));
        let group = |group: Group| (group, seconds(row.showing(OnScreen::Group(group))));
        EmotionMeasures {
            speech_s: seconds(row.speech()),
            recall: ratio(row.right(), row.speech()),
            right_of_committed: ratio(row.right(), row.committed()),
            uncertain: ratio(row.showing(OnScreen::Uncertain), row.speech()),
            no_reading: ratio(row.unread(), row.speech()),
            shown_s: Emotion::ALL.into_iter().map(shown).collect(),
            groups_s: Group::ALL.into_iter().map(group).collect(),
        }
    }
}

impl Delay {
    fn of(onsets: &[Onset]) -> Self {
        let mut delays: Vec<u64> =
            onsets.iter().filter_map(|onset| onset.delay.map(|delay| delay.0)).collect();
        delays.sort_unstable();
        let n_never = onsets.len() - delays.len();
        let n_out_of_group = onsets.iter().filter(|onset| !onset.is_in_group).count();
        let n_before = onsets.iter().filter(|onset| onset.was_named_before).count();
        let at_rank = |rank: usize| {
            rank.checked_sub(1).and_then(|index| delays.get(index)).map(|delay| seconds(*delay))
        };
        Delay {
            n: onsets.len(),
            median_s: at_rank(delays.len().div_ceil(2)),
            p95_s: at_rank((95 * delays.len()).div_ceil(100)),
            never: ratio(n_never as u64, onsets.len() as u64),
            never_in_group: ratio(n_out_of_group as u64, onsets.len() as u64),
            median_of_all_s: at_rank(onsets.len().div_ceil(2)),
            named_before: ratio(n_before as u64, onsets.len() as u64),
        }
    }
}

impl NonSpeech {
    fn of(counts: &CallCounts) -> Self {
        let measured = |other: &Other| NonSpeech {
            minutes: seconds(other.time) / 60.0,
            readings_per_minute: per(other.readings, other.time, 60),
            committed_per_minute: per(other.committed, other.time, 60),
            by_kind: BTreeMap::new(),
        };
        let by_kind =
            counts.other.iter().map(|(kind, other)| (kind.clone(), measured(other))).collect();
        NonSpeech { by_kind, ..measured(&counts.all_other()) }
    }
}

impl EderMeasures {
    fn of(counts: &CallCounts) -> Self {
        let rows = || Emotion::ALL.into_iter().map(|emotion| Row::of(emotion, counts));
        let is_emotional = |row: &Row| row.said != Emotion::Neutral;
        let neutral_shows = |row: &Row| row.showing(OnScreen::Emotion(Emotion::Neutral));
        let emotion_shows = |row: &Row| row.committed() - neutral_shows(row);
        let emotional = || rows().filter(is_emotional);
        let false_alarm =
            emotion_shows(&Row::of(Emotion::Neutral, counts)) + counts.all_other().emotional;
        let missed: u64 = emotional().map(|row| row.speech() - emotion_shows(&row)).sum();
        let confusion: u64 = emotional().map(|row| emotion_shows(&row) - row.right()).sum();
        let errors = false_alarm + missed + confusion;
        EderMeasures {
            of_speech: ratio(errors, rows().map(|row| row.speech()).sum()),
            of_emotional_speech: ratio(errors, emotional().map(|row| row.speech()).sum()),
            false_alarm_s: seconds(false_alarm),
            missed_s: seconds(missed),
            confusion_s: seconds(confusion),
        }
    }
}

fn seconds(samples: u64) -> f64 {
    StreamTime(samples).seconds()
}

#[expect(clippy::cast_precision_loss, reason = "a call is far shorter than 2^53 samples")]
pub(super) fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// How many there are in each `unit_s` seconds of so many samples.
#[expect(clippy::cast_precision_loss, reason = "a call is far shorter than 2^53 samples")]
pub(super) fn per(n: u64, samples: u64, unit_s: u32) -> Option<f64> {
    (samples > 0).then(|| n as f64 * f64::from(unit_s) / seconds(samples))
}
