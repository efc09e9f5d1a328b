//! A log gives back what was told.

use super::*;
use crate::emotion::{Emotion, Group, Scores};
use crate::prosody::{Comparison, Facts};
use crate::timeline::{Rule, Verdict};
use proptest::prelude::*;

/// The fact after it was written and read.
fn read_back(fact: &Fact) -> Fact {
    let line = serde_json::to_string(fact).unwrap();
    assert!(!line.contains('\n'));
    serde_json::from_str(&line).unwrap()
}

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
                let (loudness_db, pitch_semitones, pitch_range_semitones, rate_ratio, pause_share) =
                    change;
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
        prop::option::of(prop::sample::select(SoundFault::ALL.as_slice())).prop_map(Event::Sound),
        (number(), number()).prop_map(|(rms_db, peak_db)| Event::Level(Level { rms_db, peak_db })),
        (any::<bool>(), any::<bool>()).prop_map(|(speaks, is_echoed)| {
            Event::Operator(OperatorState { speaks, is_echoed })
        }),
        ".{0,40}".prop_map(|text| Event::Mark { text }),
        ".{0,40}".prop_map(|label| Event::Label { label }),
        ".{0,40}".prop_map(|reason| Event::AlertFailed { reason }),
        (0_u64..1 << 40, any::<bool>()).prop_map(|(t, is_wall)| Event::Acknowledged {
            alert_t: StreamTime(t),
            by: if is_wall { SeenBy::Wall } else { SeenBy::Desk },
        }),
        Just(Event::Notice),
        (0_u64..1 << 40).prop_map(|from| Event::Seek { from: StreamTime(from) }),
        alert().prop_map(Event::Alert),
    ]
}

fn alert() -> impl Strategy<Value = Alert> {
    let rule = prop::sample::select(Rule::ALL.as_slice());
    let parts = (0_u64..1 << 40, rule, prop::option::of(emotion()), ".{0,40}");
    (parts, prop::option::of(".{0,40}")).prop_map(|((from, rule, emotion, reason), guidance)| {
        let from = StreamTime(from);
        Alert { at: StreamTime::ZERO, from, rule, emotion, reason, guidance }
    })
}

fn fact() -> impl Strategy<Value = Fact> {
    (0_usize..50, 0_u64..1 << 40, event()).prop_map(|(caller, at, mut event)| {
        match &mut event {
            Event::Reading(reading) => reading.at = StreamTime(at),
            Event::Alert(alert) => alert.at = StreamTime(at),
            _ => {}
        }
        Fact { caller, at: StreamTime(at), event }
    })
}

proptest! {
    #[test]
    fn every_fact_survives_its_line(fact in fact()) {
        prop_assert_eq!(read_back(&fact), fact);
    }

    #[test]
    fn the_order_of_the_fields_does_not_matter(fact in fact()) {
        let serde_json::Value::Object(fields) = serde_json::to_value(&fact).unwrap() else {
            panic!("a line is an object")
        };
        let reversed: serde_json::Map<_, _> = fields.into_iter().rev().collect();
        let line: Vec<String> =
            reversed.iter().map(|(key, value)| format!("{key:?}:{value}")).collect();
        for line in [line.join(","), line.into_iter().rev().collect::<Vec<_>>().join(",")] {
            let read: Fact = serde_json::from_str(&format!("{{{line}}}")).unwrap();
            prop_assert_eq!(&read, &fact);
        }
    }
}

#[test]
fn a_reading_line_holds_the_agreed_fields() {
    let scores = Scores([0.8123, 0.0123, 0.1, 0.05, 0.0, 0.0254, 0.0]);
    let at = StreamTime::from_ms(12_250);
    let line = |verdict| {
        let event = Event::Reading(Reading { at, scores, verdict });
        serde_json::to_string(&Fact { caller: 1, at, event }).unwrap()
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
        serde_json::to_string(&Fact { caller: 0, at, event }).unwrap()
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
        let fact = Fact { caller: 0, at, event: Event::Alert(alert) };
        serde_json::to_string(&fact).unwrap()
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
