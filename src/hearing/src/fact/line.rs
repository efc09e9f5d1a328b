//! A fact as a line of the session log, and back: one JSON object that begins with `record`, `caller` and `t`.
//!
//! In: a [`Fact`], or a line. Out: the other, times and probabilities rounded to four decimals, facts of the voice to
//! two. `docs/session-log.md` describes the format: a change of a field's name, or a new kind, raises its version.

use super::decimals::{
    four_decimals, labelled_scores, probability, rounded, rounded_comparison, rounded_facts,
    seconds,
};
use super::{Event, Fact, Gap, Level, Muted, SeenBy};
use crate::emotion::{Emotion, Group, Scores};
use crate::fact::SoundFault;
use crate::prosody::{Comparison, Explanation, Facts};
use crate::stream_time::StreamTime;
use crate::timeline::{Activity, Alert, OperatorState, Reading, Rule, Verdict};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// The kinds of lines, as `record` names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Reading,
    Activity,
    Facts,
    Operator,
    Sound,
    Gap,
    Muted,
    Alert,
    Acknowledged,
    AlertFailed,
    Skipped,
    Mark,
    Label,
    Notice,
    Seek,
    Level,
}

impl Event {
    fn kind(&self) -> Kind {
        match self {
            Event::Reading(_) => Kind::Reading,
            Event::Activity(_) => Kind::Activity,
            Event::Facts(_) => Kind::Facts,
            Event::Operator(_) => Kind::Operator,
            Event::Sound(_) => Kind::Sound,
            Event::Gap(_) => Kind::Gap,
            Event::Muted(_) => Kind::Muted,
            Event::Alert(_) => Kind::Alert,
            Event::Acknowledged { .. } => Kind::Acknowledged,
            Event::AlertFailed { .. } => Kind::AlertFailed,
            Event::Skipped { .. } => Kind::Skipped,
            Event::Mark { .. } => Kind::Mark,
            Event::Label { .. } => Kind::Label,
            Event::Notice => Kind::Notice,
            Event::Seek { .. } => Kind::Seek,
            Event::Level(_) => Kind::Level,
        }
    }
}

/// A stream time in seconds.
#[derive(Serialize, Deserialize)]
struct Seconds(#[serde(with = "seconds")] StreamTime);

/// A probability with four decimals.
#[derive(Serialize)]
struct Probability(#[serde(serialize_with = "probability")] f32);

/// All probabilities by name.
#[derive(Serialize)]
struct Labelled(#[serde(with = "labelled_scores")] Scores);

/// What a reading says of its segment.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Emotion,
    Uncertain,
    Distressed,
    Pleasant,
    Calm,
}

impl State {
    fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Emotion(_) => State::Emotion,
            Verdict::Uncertain => State::Uncertain,
            Verdict::Group(Group::Distressed) => State::Distressed,
            Verdict::Group(Group::Pleasant) => State::Pleasant,
            Verdict::Group(Group::Calm) => State::Calm,
        }
    }

    fn verdict(self, emotion: Emotion) -> Verdict {
        match self {
            State::Emotion => Verdict::Emotion(emotion),
            State::Uncertain => Verdict::Uncertain,
            State::Distressed => Verdict::Group(Group::Distressed),
            State::Pleasant => Verdict::Group(Group::Pleasant),
            State::Calm => Verdict::Group(Group::Calm),
        }
    }
}

impl Serialize for Fact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("record", &self.event.kind())?;
        line.serialize_entry("caller", &self.caller)?;
        line.serialize_entry("t", &Seconds(self.at))?;
        self.event.write(&mut line)?;
        line.end()
    }
}

impl Event {
    /// The fields of its kind.
    fn write<M: SerializeMap>(&self, line: &mut M) -> Result<(), M::Error> {
        match self {
            Event::Reading(Reading { scores, verdict, .. }) => {
                line.serialize_entry("state", &State::of(*verdict))?;
                let emotion = verdict.emotion().unwrap_or_else(|| scores.top().0);
                line.serialize_entry("emotion", &emotion)?;
                // Of the rounded scores, so that whoever adds them up in a log finds the same.
                let certainty = verdict.probability(&rounded(scores));
                line.serialize_entry("certainty", &Probability(certainty))?;
                line.serialize_entry("scores", &Labelled(*scores))
            }
            Event::Activity(activity) => line.serialize_entry("activity", activity),
            Event::Facts(Explanation { facts, change }) => {
                line.serialize_entry("facts", &rounded_facts(facts))?;
                match change {
                    Some(change) => line.serialize_entry("change", &rounded_comparison(change)),
                    None => Ok(()),
                }
            }
            Event::Operator(OperatorState { speaks, is_echoed }) => {
                line.serialize_entry("speaks", speaks)?;
                line.serialize_entry("echoed", is_echoed)
            }
            Event::Alert(Alert { from, rule, emotion, reason, guidance, .. }) => {
                line.serialize_entry("from", &Seconds(*from))?;
                line.serialize_entry("rule", rule)?;
                if let Some(emotion) = emotion {
                    line.serialize_entry("emotion", emotion)?;
                }
                line.serialize_entry("reason", reason)?;
                guidance.iter().try_for_each(|text| line.serialize_entry("guidance", text))
            }
            Event::Level(Level { rms_db, peak_db }) => {
                line.serialize_entry("rms_db", rms_db)?;
                line.serialize_entry("peak_db", peak_db)
            }
            Event::Sound(fault) => line.serialize_entry("fault", fault),
            Event::Gap(gap @ Gap { lost_samples, rate_hz }) => {
                line.serialize_entry("lost_samples", lost_samples)?;
                line.serialize_entry("rate_hz", rate_hz)?;
                line.serialize_entry("lost_s", &gap.seconds())
            }
            Event::Muted(muted @ Muted { samples, rate_hz }) => {
                line.serialize_entry("samples", samples)?;
                line.serialize_entry("rate_hz", rate_hz)?;
                line.serialize_entry("muted_s", &muted.seconds())
            }
            Event::Skipped { readings } => line.serialize_entry("readings", readings),
            Event::Mark { text } => line.serialize_entry("text", text),
            Event::Label { label } => line.serialize_entry("label", label),
            Event::Notice => Ok(()),
            Event::Acknowledged { alert_t, by } => {
                line.serialize_entry("alert_t", &Seconds(*alert_t))?;
                // Before there were walls, nobody said so.
                if *by == SeenBy::Desk { Ok(()) } else { line.serialize_entry("by", by) }
            }
            Event::AlertFailed { reason } => line.serialize_entry("reason", reason),
            Event::Seek { from } => line.serialize_entry("from", &Seconds(*from)),
        }
    }
}

impl Gap {
    /// How long it was, in seconds with four decimals.
    #[must_use]
    pub fn seconds(self) -> f64 {
        seconds_of(self.lost_samples, self.rate_hz)
    }
}

impl Muted {
    /// How long it was, in seconds with four decimals.
    #[must_use]
    pub fn seconds(self) -> f64 {
        seconds_of(self.samples, self.rate_hz)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a call is far shorter than 2^53 samples")]
fn seconds_of(samples: u64, rate_hz: u32) -> f64 {
    four_decimals(samples as f64 / f64::from(rate_hz.max(1)))
}

impl<'de> Deserialize<'de> for Fact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Line)
    }
}

struct Line;

impl<'de> Visitor<'de> for Line {
    type Value = Fact;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a line of a session log")
    }

    /// The fields of a kind are read without a map in between where `record`, `caller` and `t` come first, as this
    /// program writes them: a long log has a million lines.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fact, A::Error> {
        let (mut kind, mut caller, mut at) = (None, None, None);
        let mut others = serde_json::Map::new();
        while kind.is_none() || caller.is_none() || at.is_none() {
            let Some(key) = map.next_key::<Cow<'_, str>>()? else { break };
            match key.as_ref() {
                "record" => kind = Some(map.next_value::<Kind>()?),
                "caller" => caller = Some(map.next_value::<usize>()?),
                "t" => at = Some(map.next_value::<Seconds>()?.0),
                _ => drop(others.insert(key.into_owned(), map.next_value()?)),
            }
        }
        let kind = kind.ok_or_else(|| A::Error::missing_field("record"))?;
        let caller = caller.ok_or_else(|| A::Error::missing_field("caller"))?;
        let at = at.ok_or_else(|| A::Error::missing_field("t"))?;
        let event = if others.is_empty() {
            event(kind, at, MapAccessDeserializer::new(map))?
        } else {
            while let Some((key, value)) = map.next_entry()? {
                others.insert(key, value);
            }
            event(kind, at, serde_json::Value::Object(others)).map_err(A::Error::custom)?
        };
        Ok(Fact { caller, at, event })
    }
}

/// What the fields of a kind tell.
fn event<'de, D: Deserializer<'de>>(kind: Kind, at: StreamTime, d: D) -> Result<Event, D::Error> {
    Ok(match kind {
        Kind::Reading => {
            #[derive(Deserialize)]
            struct Fields {
                state: State,
                emotion: Emotion,
                #[serde(with = "labelled_scores")]
                scores: Scores,
            }
            let Fields { state, emotion, scores } = Fields::deserialize(d)?;
            Event::Reading(Reading { at, scores, verdict: state.verdict(emotion) })
        }
        Kind::Activity => {
            #[derive(Deserialize)]
            struct Fields {
                activity: Activity,
            }
            Event::Activity(Fields::deserialize(d)?.activity)
        }
        Kind::Facts => {
            #[derive(Deserialize)]
            struct Fields {
                facts: Facts,
                change: Option<Comparison>,
            }
            let Fields { facts, change } = Fields::deserialize(d)?;
            Event::Facts(Explanation { facts, change })
        }
        Kind::Alert => {
            #[derive(Deserialize)]
            struct Fields {
                from: Seconds,
                rule: Rule,
                emotion: Option<Emotion>,
                reason: String,
                guidance: Option<String>,
            }
            let Fields { from, rule, emotion, reason, guidance } = Fields::deserialize(d)?;
            Event::Alert(Alert { at, from: from.0, rule, emotion, reason, guidance })
        }
        Kind::Level => Event::Level(Level::deserialize(d)?),
        Kind::Gap => {
            #[derive(Deserialize)]
            struct Fields {
                lost_samples: u64,
                rate_hz: u32,
            }
            let Fields { lost_samples, rate_hz } = Fields::deserialize(d)?;
            Event::Gap(Gap { lost_samples, rate_hz })
        }
        Kind::Muted => {
            #[derive(Deserialize)]
            struct Fields {
                samples: u64,
                rate_hz: u32,
            }
            let Fields { samples, rate_hz } = Fields::deserialize(d)?;
            Event::Muted(Muted { samples, rate_hz })
        }
        other => smaller_event(other, d)?,
    })
}

/// The same for kinds of one or two fields.
fn smaller_event<'de, D: Deserializer<'de>>(kind: Kind, d: D) -> Result<Event, D::Error> {
    /// Of each kind those that it has.
    #[derive(Deserialize)]
    struct Fields {
        speaks: Option<bool>,
        echoed: Option<bool>,
        fault: Option<SoundFault>,
        readings: Option<u64>,
        text: Option<String>,
        label: Option<String>,
        reason: Option<String>,
        alert_t: Option<Seconds>,
        by: Option<SeenBy>,
        from: Option<Seconds>,
    }
    fn needed<T, E: Error>(field: Option<T>, name: &'static str) -> Result<T, E> {
        field.ok_or_else(|| E::missing_field(name))
    }
    let fields = Fields::deserialize(d)?;
    Ok(match kind {
        Kind::Operator => Event::Operator(OperatorState {
            speaks: needed(fields.speaks, "speaks")?,
            is_echoed: needed(fields.echoed, "echoed")?,
        }),
        Kind::Sound => Event::Sound(fields.fault),
        Kind::Skipped => Event::Skipped { readings: needed(fields.readings, "readings")? },
        Kind::Mark => Event::Mark { text: needed(fields.text, "text")? },
        Kind::Label => Event::Label { label: needed(fields.label, "label")? },
        Kind::AlertFailed => Event::AlertFailed { reason: needed(fields.reason, "reason")? },
        Kind::Acknowledged => Event::Acknowledged {
            alert_t: needed(fields.alert_t, "alert_t")?.0,
            by: fields.by.unwrap_or_default(),
        },
        Kind::Seek => Event::Seek { from: needed(fields.from, "from")?.0 },
        _ => Event::Notice,
    })
}
