//! Updates of the pipeline as records of the log, and back.
//!
//! In: an [`Update`], or a [`Record`]. Out: the other. A record read back from a log is the update that it
//! was made of, its scores rounded to four decimals and its facts to two: so a log drives what a pipeline drives.

use super::decimals::{four_decimals, two_decimals};
use super::record::{
    ActivityRecord, AlertRecord, FactsRecord, GapRecord, MutedRecord, OperatorRecord,
    ReadingRecord, ReadingState, Record, SeekRecord, SkippedRecord, SoundRecord,
};
use crate::emotion::Group;
use crate::pipeline::{Event, Gap, Muted, Update};
use crate::prosody::{Comparison, Explanation, Facts};
use crate::stream_time::StreamTime;
use crate::timeline::{Alert, OperatorState, Reading, Verdict};

impl Record {
    /// The line for an update; none for a level, which is shown but not logged.
    #[must_use]
    pub fn of_update(update: &Update) -> Option<Self> {
        let (caller, t) = (update.caller, update.at);
        Some(match &update.event {
            Event::Reading(reading) => Record::Reading(ReadingRecord::new(caller, reading)),
            &Event::Activity(activity) => Record::Activity(ActivityRecord { caller, t, activity }),
            Event::Facts(facts) => Record::Facts(FactsRecord::new(caller, t, facts)),
            Event::Operator(state) => Record::Operator(OperatorRecord {
                caller,
                t,
                speaks: state.speaks,
                echoed: state.is_echoed,
            }),
            Event::Alert(alert) => Record::Alert(AlertRecord::new(caller, alert)),
            &Event::Sound(fault) => Record::Sound(SoundRecord { caller, t, fault }),
            &Event::Gap(gap) => Record::Gap(GapRecord::new(caller, t, gap)),
            &Event::Muted(muted) => Record::Muted(MutedRecord::new(caller, t, muted)),
            &Event::Skipped { readings } => Record::Skipped(SkippedRecord { caller, t, readings }),
            &Event::Seek { from } => Record::Seek(SeekRecord { caller, t, from }),
            Event::Level(_) => return None,
        })
    }

    /// The update that the line was made of; none for what is none, such as a mark or the end.
    #[must_use]
    pub fn update(&self) -> Option<Update> {
        let (caller, at, event) = match self {
            Record::Reading(record) => (record.caller, record.t, Event::Reading(record.reading())),
            Record::Activity(record) => (record.caller, record.t, Event::Activity(record.activity)),
            Record::Facts(FactsRecord { caller, t, facts, change }) => {
                (*caller, *t, Event::Facts(Explanation { facts: *facts, change: *change }))
            }
            Record::Operator(OperatorRecord { caller, t, speaks, echoed }) => {
                let state = OperatorState { speaks: *speaks, is_echoed: *echoed };
                (*caller, *t, Event::Operator(state))
            }
            Record::Sound(SoundRecord { caller, t, fault }) => (*caller, *t, Event::Sound(*fault)),
            Record::Gap(record) => {
                let gap = Gap { lost_samples: record.lost_samples, rate_hz: record.rate_hz };
                (record.caller, record.t, Event::Gap(gap))
            }
            Record::Muted(MutedRecord { caller, t, samples, rate_hz, .. }) => {
                (*caller, *t, Event::Muted(Muted { samples: *samples, rate_hz: *rate_hz }))
            }
            Record::Skipped(SkippedRecord { caller, t, readings }) => {
                (*caller, *t, Event::Skipped { readings: *readings })
            }
            Record::Seek(record) => (record.caller, record.t, Event::Seek { from: record.from }),
            Record::Alert(record) => (record.caller, record.t, Event::Alert(record.alert())),
            Record::Mark(_)
            | Record::Acknowledged(_)
            | Record::AlertFailed(_)
            | Record::Label(_)
            | Record::Notice(_)
            | Record::Unwritten(_)
            | Record::End(_) => return None,
        };
        Some(Update { caller, at, event })
    }

    /// Position in the header's list of callers; none for what is about the whole session.
    #[must_use]
    pub fn caller(&self) -> Option<usize> {
        match self {
            Record::Reading(record) => Some(record.caller),
            Record::Activity(record) => Some(record.caller),
            Record::Facts(record) => Some(record.caller),
            Record::Operator(record) => Some(record.caller),
            Record::Sound(record) => Some(record.caller),
            Record::Gap(record) => Some(record.caller),
            Record::Muted(record) => Some(record.caller),
            Record::Alert(record) => Some(record.caller),
            Record::Acknowledged(record) => Some(record.caller),
            Record::AlertFailed(record) => Some(record.caller),
            Record::Skipped(record) => Some(record.caller),
            Record::Mark(record) => Some(record.caller),
            Record::Label(record) => Some(record.caller),
            Record::Notice(record) => Some(record.caller),
            Record::Seek(record) => Some(record.caller),
            Record::Unwritten(_) | Record::End(_) => None,
        }
    }

    /// When, in the caller's own stream.
    #[must_use]
    pub fn t(&self) -> StreamTime {
        match self {
            Record::Reading(record) => record.t,
            Record::Activity(record) => record.t,
            Record::Facts(record) => record.t,
            Record::Operator(record) => record.t,
            Record::Sound(record) => record.t,
            Record::Gap(record) => record.t,
            Record::Muted(record) => record.t,
            Record::Alert(record) => record.t,
            Record::Acknowledged(record) => record.t,
            Record::AlertFailed(record) => record.t,
            Record::Skipped(record) => record.t,
            Record::Mark(record) => record.t,
            Record::Label(record) => record.t,
            Record::Notice(record) => record.t,
            Record::Seek(record) => record.t,
            Record::Unwritten(record) => record.t,
            Record::End(record) => record.t,
        }
    }
}

impl ReadingRecord {
    fn new(caller: usize, reading: &Reading) -> Self {
        let Reading { at, scores, verdict } = *reading;
        let emotion = verdict.emotion().unwrap_or_else(|| scores.top().0);
        // A sum of probabilities has more digits than any of them; the log has four.
        let certainty = rounded(verdict.probability(&scores));
        let state = ReadingState::of(verdict);
        ReadingRecord { caller, t: at, state, emotion, certainty, scores }
    }

    /// The reading that the line was made of, its scores rounded to four decimals.
    #[must_use]
    pub fn reading(&self) -> Reading {
        Reading { at: self.t, scores: self.scores, verdict: self.verdict() }
    }

    /// What is shown.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self.state {
            ReadingState::Emotion => Verdict::Emotion(self.emotion),
            ReadingState::Uncertain => Verdict::Uncertain,
            ReadingState::Distressed => Verdict::Group(Group::Distressed),
            ReadingState::Pleasant => Verdict::Group(Group::Pleasant),
            ReadingState::Calm => Verdict::Group(Group::Calm),
        }
    }
}

impl AlertRecord {
    fn new(caller: usize, alert: &Alert) -> Self {
        let Alert { at, from, rule, emotion, reason, guidance } = alert.clone();
        AlertRecord { caller, t: at, from, rule, emotion, reason, guidance }
    }

    /// The alert that the line was made of.
    #[must_use]
    pub fn alert(&self) -> Alert {
        let AlertRecord { t, from, rule, emotion, reason, guidance, .. } = self.clone();
        Alert { at: t, from, rule, emotion, reason, guidance }
    }
}

impl FactsRecord {
    fn new(caller: usize, t: StreamTime, explanation: &Explanation) -> Self {
        let Explanation { facts, change } = explanation;
        let facts = Facts {
            loudness_db: two_decimals(facts.loudness_db),
            pitch_hz: facts.pitch_hz.map(two_decimals),
            pitch_range_semitones: facts.pitch_range_semitones.map(two_decimals),
            syllables_per_s: two_decimals(facts.syllables_per_s),
            pause_share: two_decimals(facts.pause_share),
        };
        let change = change.map(|change| Comparison {
            loudness_db: two_decimals(change.loudness_db),
            pitch_semitones: change.pitch_semitones.map(two_decimals),
            pitch_range_semitones: change.pitch_range_semitones.map(two_decimals),
            rate_ratio: change.rate_ratio.map(two_decimals),
            pause_share: two_decimals(change.pause_share),
        });
        FactsRecord { caller, t, facts, change }
    }
}

impl GapRecord {
    fn new(caller: usize, t: StreamTime, gap: Gap) -> Self {
        let Gap { lost_samples, rate_hz } = gap;
        GapRecord { caller, t, lost_samples, rate_hz, lost_s: seconds_of(lost_samples, rate_hz) }
    }
}

impl MutedRecord {
    fn new(caller: usize, t: StreamTime, muted: Muted) -> Self {
        let Muted { samples, rate_hz } = muted;
        MutedRecord { caller, t, samples, rate_hz, muted_s: seconds_of(samples, rate_hz) }
    }
}

/// A probability with four decimals.
fn rounded(probability: f32) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "a probability")]
    let rounded = four_decimals(f64::from(probability)) as f32;
    rounded
}

/// A length in seconds, with four decimals.
#[expect(clippy::cast_precision_loss, reason = "a call is far shorter than 2^53 samples")]
fn seconds_of(samples: u64, rate_hz: u32) -> f64 {
    four_decimals(samples as f64 / f64::from(rate_hz.max(1)))
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::read_back;
    use super::*;
    use crate::emotion::{Emotion, Scores};
    use crate::pipeline::{Level, SoundFault};
    use crate::timeline::{Activity, Rule};
    use proptest::prelude::*;

    fn emotion() -> impl Strategy<Value = Emotion> {
        prop::sample::select(Emotion::ALL.as_slice())
    }

    fn event() -> impl Strategy<Value = Event> {
        let group = prop::sample::select(Group::ALL.as_slice());
        let verdict = prop_oneof![
            emotion().prop_map(Verdict::Emotion),
            group.prop_map(Verdict::Group),
            Just(Verdict::Uncertain)
        ];
        let scores = prop::array::uniform7(0_u16..=10_000)
            .prop_map(|parts| Scores(parts.map(|part| f32::from(part) / 10_000.0)));
        let activity = prop::sample::select(
            [Activity::Listening, Activity::TooShort, Activity::Speaking].as_slice(),
        );
        let number = || (-10_000_i16..=10_000).prop_map(|n| f32::from(n) / 100.0);
        let maybe = || prop::option::of(number());
        let facts = (number(), maybe(), maybe(), number(), number());
        let change = (number(), maybe(), maybe(), maybe(), number());
        prop_oneof![
            (facts, prop::option::of(change)).prop_map(|(facts, change)| {
                let (loudness_db, pitch_hz, pitch_range_semitones, syllables_per_s, pause_share) =
                    facts;
                let facts = Facts {
                    loudness_db,
                    pitch_hz,
                    pitch_range_semitones,
                    syllables_per_s,
                    pause_share,
                };
                let change = change.map(|change| {
                    let (
                        loudness_db,
                        pitch_semitones,
                        pitch_range_semitones,
                        rate_ratio,
                        pause_share,
                    ) = change;
                    Comparison {
                        loudness_db,
                        pitch_semitones,
                        pitch_range_semitones,
                        rate_ratio,
                        pause_share,
                    }
                });
                Event::Facts(Explanation { facts, change })
            }),
            (scores, verdict).prop_map(|(scores, verdict)| {
                Event::Reading(Reading { at: StreamTime::ZERO, scores, verdict })
            }),
            activity.prop_map(Event::Activity),
            (any::<u64>(), any::<u32>())
                .prop_map(|(lost_samples, rate_hz)| Event::Gap(Gap { lost_samples, rate_hz })),
            (any::<u64>(), any::<u32>())
                .prop_map(|(samples, rate_hz)| Event::Muted(Muted { samples, rate_hz })),
            any::<u64>().prop_map(|readings| Event::Skipped { readings }),
            prop::option::of(prop::sample::select(&SoundFault::ALL[..])).prop_map(Event::Sound),
            (0_u64..1 << 40).prop_map(|from| Event::Seek { from: StreamTime(from) }),
            alert().prop_map(Event::Alert),
        ]
    }

    fn alert() -> impl Strategy<Value = Alert> {
        let rule = prop::sample::select(Rule::ALL.as_slice());
        let parts = (0_u64..1 << 40, rule, prop::option::of(emotion()), ".{0,40}");
        (parts, prop::option::of(".{0,40}")).prop_map(
            |((from, rule, emotion, reason), guidance)| {
                let from = StreamTime(from);
                Alert { at: StreamTime::ZERO, from, rule, emotion, reason, guidance }
            },
        )
    }

    fn update() -> impl Strategy<Value = Update> {
        (0_usize..50, 0_u64..1 << 40, event()).prop_map(|(caller, at, mut event)| {
            match &mut event {
                Event::Reading(reading) => reading.at = StreamTime(at),
                Event::Alert(alert) => alert.at = StreamTime(at),
                _ => {}
            }
            Update { caller, at: StreamTime(at), event }
        })
    }

    proptest! {
        #[test]
        fn every_update_survives_the_log(update in update()) {
            let record = Record::of_update(&update).unwrap();
            let read = read_back(&record);
            prop_assert_eq!(&read, &record);
            prop_assert_eq!(read.update(), Some(update));
        }
    }

    #[test]
    fn a_reading_line_holds_the_agreed_fields() {
        let scores = Scores([0.8123, 0.0123, 0.1, 0.05, 0.0, 0.0254, 0.0]);
        let at = StreamTime::from_ms(12_250);
        let line = |verdict| {
            let event = Event::Reading(Reading { at, scores, verdict });
            let record = Record::of_update(&Update { caller: 1, at, event }).unwrap();
            serde_json::to_string(&record).unwrap()
        };
        let scores = "\"scores\":{\"anger\":0.8123,\"disgust\":0.0123,\"fear\":0.1,\"happiness\":0.05,\
                      \"surprise\":0.0,\"sadness\":0.0254,\"neutral\":0.0}}";
        let beginning = "{\"record\":\"reading\",\"caller\":1,\"t\":12.25,\"state\":";
        assert_eq!(
            line(Verdict::Emotion(Emotion::Fear)),
            format!("{beginning}\"emotion\",\"emotion\":\"fear\",\"certainty\":0.1,{scores}")
        );
        assert_eq!(
            line(Verdict::Uncertain),
            format!("{beginning}\"uncertain\",\"emotion\":\"anger\",\"certainty\":0.8123,{scores}")
        );
        assert_eq!(
            line(Verdict::Group(Group::Pleasant)),
            format!("{beginning}\"pleasant\",\"emotion\":\"anger\",\"certainty\":0.05,{scores}")
        );
        assert_eq!(
            line(Verdict::Group(Group::Distressed)),
            format!("{beginning}\"distressed\",\"emotion\":\"anger\",\"certainty\":0.95,{scores}")
        );
    }

    #[test]
    fn a_line_of_facts_holds_the_agreed_fields() {
        let facts = Facts {
            loudness_db: -20.123_4,
            pitch_hz: Some(210.456),
            pitch_range_semitones: None,
            syllables_per_s: 4.1,
            pause_share: 1.0 / 3.0,
        };
        let line = |change| {
            let event = Event::Facts(Explanation { facts, change });
            let at = StreamTime::from_ms(6_025);
            serde_json::to_string(&Record::of_update(&Update { caller: 0, at, event }).unwrap())
                .unwrap()
        };
        let beginning = "{\"record\":\"facts\",\"caller\":0,\"t\":6.025,\"facts\":{\"loudness_db\":-20.12,\
            \"pitch_hz\":210.46,\"pitch_range_semitones\":null,\"syllables_per_s\":4.1,\"pause_share\":0.33}";
        assert_eq!(line(None), format!("{beginning}}}"));
        let end = ",\"change\":{\"loudness_db\":0.0,\"pitch_semitones\":0.0,\"pitch_range_semitones\":null,\
            \"rate_ratio\":1.0,\"pause_share\":0.0}}";
        assert_eq!(line(Some(facts.against(&facts))), format!("{beginning}{end}"));
    }

    #[test]
    fn a_line_of_an_alert_holds_the_agreed_fields() {
        let (at, from) = (StreamTime::from_ms(20_500), StreamTime::from_ms(9_250));
        let line = |emotion, guidance| {
            let reason = "fear for 8 s of speech".to_owned();
            let alert = Alert { at, from, rule: Rule::SuddenChange, emotion, reason, guidance };
            let update = Update { caller: 0, at, event: Event::Alert(alert) };
            serde_json::to_string(&Record::of_update(&update).unwrap()).unwrap()
        };
        let beginning = "{\"record\":\"alert\",\"caller\":0,\"t\":20.5,\"from\":9.25,\
                         \"rule\":\"sudden_change\"";
        let reason = "\"reason\":\"fear for 8 s of speech\"";
        assert_eq!(line(None, None), format!("{beginning},{reason}}}"));
        assert_eq!(
            line(Some(Emotion::Fear), Some("slow down".to_owned())),
            format!("{beginning},\"emotion\":\"fear\",{reason},\"guidance\":\"slow down\"}}")
        );
    }

    #[test]
    fn a_level_has_no_line() {
        let event = Event::Level(Level { rms_db: -20.0, peak_db: -3.0 });
        assert_eq!(Record::of_update(&Update { caller: 0, at: StreamTime::ZERO, event }), None);
    }
}
