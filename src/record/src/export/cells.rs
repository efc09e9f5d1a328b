//! The columns of a table of records, and the cells of one record: what CSV, JSON Lines and Parquet share.
//!
//! In: a record and its log's header. Out: one [`Cell`] a column, in the order of [`COLUMNS`]. Keeps nothing.
//!
//! The order is part of the formats: new columns come at the end.

use std::borrow::Cow;

use crate::session::Header;
use crate::session::record::{Record, UnwrittenRecord};
use hearing::emotion::N_EMOTIONS;
use hearing::fact::decimals::four_decimals;
use hearing::fact::{Event, SeenBy, SoundFault};
use hearing::prosody::Explanation;
use hearing::timeline::{Activity, Alert, Reading};

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whole numbers from 0 on.
    Integer,
    /// Numbers with at most four decimals.
    Number,
    /// Text.
    Text,
}

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell<'a> {
    /// The record has no value for this column.
    Empty,
    /// A whole number.
    Integer(u64),
    /// A number with at most four decimals.
    Number(f64),
    /// A word of the file format.
    Word(&'static str),
    /// What somebody typed or what a system said, to the letter.
    Text(Cow<'a, str>),
}

/// Number of columns.
pub(super) const N_COLUMNS: usize = 32;

/// Name and kind of each column.
pub(super) const COLUMNS: [(&str, Kind); N_COLUMNS] = [
    ("caller", Kind::Integer),
    ("label", Kind::Text),
    ("t_s", Kind::Number),
    ("record", Kind::Text),
    ("state", Kind::Text),
    ("emotion", Kind::Text),
    ("certainty", Kind::Number),
    ("p_anger", Kind::Number),
    ("p_disgust", Kind::Number),
    ("p_fear", Kind::Number),
    ("p_happiness", Kind::Number),
    ("p_surprise", Kind::Number),
    ("p_sadness", Kind::Number),
    ("p_neutral", Kind::Number),
    ("activity", Kind::Text),
    ("lost_samples", Kind::Integer),
    ("rate_hz", Kind::Integer),
    ("lost_s", Kind::Number),
    ("from_s", Kind::Number),
    ("text", Kind::Text),
    // Facts came with version 2 of the log; those with `by` tell what has changed.
    ("loudness_db", Kind::Number),
    ("pitch_hz", Kind::Number),
    ("pitch_range_semitones", Kind::Number),
    ("syllables_per_s", Kind::Number),
    ("pause_share", Kind::Number),
    ("louder_by_db", Kind::Number),
    ("higher_by_semitones", Kind::Number),
    ("wider_by_semitones", Kind::Number),
    ("faster_by_ratio", Kind::Number),
    ("more_pauses_by_share", Kind::Number),
    // Version 4.
    ("muted_s", Kind::Number),
    ("skipped_readings", Kind::Integer),
];

/// How many of the columns tell facts.
const N_FACTS: usize = 10;

/// The columns that come first where a table holds several sessions: the log's name without its end, and when
/// the session began.
pub(super) const SESSION_COLUMNS: [&str; 2] = ["session", "started"];

/// The cells of one record.
pub(super) fn cells<'a>(header: &'a Header, record: &'a Record) -> [Cell<'a>; N_COLUMNS] {
    Row::new(header, record).cells()
}

/// The cells of one record by name; empty where it has none.
struct Row<'a> {
    caller: Cell<'a>,
    label: Cell<'a>,
    t_s: Cell<'a>,
    record: &'static str,
    state: Cell<'a>,
    emotion: Cell<'a>,
    certainty: Cell<'a>,
    probabilities: [Cell<'a>; N_EMOTIONS],
    activity: Cell<'a>,
    lost_samples: Cell<'a>,
    rate_hz: Cell<'a>,
    lost_s: Cell<'a>,
    from_s: Cell<'a>,
    text: Cell<'a>,
    facts: [Cell<'a>; N_FACTS],
    muted_s: Cell<'a>,
    skipped_readings: Cell<'a>,
}

impl<'a> Row<'a> {
    fn empty(t_s: f64) -> Self {
        Row {
            caller: Cell::Empty,
            label: Cell::Empty,
            t_s: number(t_s),
            record: "",
            state: Cell::Empty,
            emotion: Cell::Empty,
            certainty: Cell::Empty,
            probabilities: [const { Cell::Empty }; N_EMOTIONS],
            activity: Cell::Empty,
            lost_samples: Cell::Empty,
            rate_hz: Cell::Empty,
            lost_s: Cell::Empty,
            from_s: Cell::Empty,
            text: Cell::Empty,
            facts: [const { Cell::Empty }; N_FACTS],
            muted_s: Cell::Empty,
            skipped_readings: Cell::Empty,
        }
    }

    fn new(header: &'a Header, record: &'a Record) -> Self {
        let mut row = Row::empty(record.t().seconds());
        if let Some(caller) = record.caller() {
            row.caller = Cell::Integer(caller as u64);
            row.label = header.callers.get(caller).map_or(Cell::Empty, |entry| text(&entry.label));
        }
        match record {
            Record::Fact(fact) => row.tell(&fact.event),
            Record::Unwritten(unwritten) => {
                row.record = "unwritten";
                row.from_s = number(unwritten.from.seconds());
                let UnwrittenRecord { records, readings, marks, .. } = unwritten;
                row.text = Cell::Text(
                    format!("missing records: {records} (readings: {readings}, marks: {marks})")
                        .into(),
                );
            }
            Record::End(end) => {
                row.record = "end";
                row.text = Cell::Text(end.reason.to_string().into());
            }
        }
        row
    }

    /// What was heard.
    fn tell(&mut self, event: &'a Event) {
        match event {
            Event::Reading(Reading { scores, verdict, .. }) => {
                self.record = "reading";
                self.state = Cell::Word(verdict.state());
                let emotion = verdict.emotion().unwrap_or_else(|| scores.top().0);
                self.emotion = Cell::Word(emotion.label());
                self.certainty = number(f64::from(verdict.probability(scores)));
                self.probabilities = scores.0.map(|p| number(f64::from(p)));
            }
            Event::Activity(activity) => {
                self.record = "activity";
                self.activity = Cell::Word(activity_name(*activity));
            }
            Event::Operator(operator) => {
                self.record = "operator";
                self.activity = Cell::Word(match (operator.speaks, operator.is_echoed) {
                    (true, true) => "speaks_echoed",
                    (true, false) => "speaks",
                    (false, true) => "echoed",
                    (false, false) => "silent",
                });
            }
            Event::Facts(explanation) => {
                self.record = "facts";
                self.facts = cells_of_facts(explanation);
            }
            Event::Gap(gap) => {
                self.record = "gap";
                self.lost_samples = Cell::Integer(gap.lost_samples);
                self.rate_hz = Cell::Integer(gap.rate_hz.into());
                self.lost_s = number(gap.seconds());
            }
            Event::Muted(muted) => {
                self.record = "muted";
                self.rate_hz = Cell::Integer(muted.rate_hz.into());
                self.muted_s = number(muted.seconds());
            }
            other => self.tell_of_the_call(other),
        }
    }

    /// What happened beside the sound.
    fn tell_of_the_call(&mut self, event: &'a Event) {
        match event {
            Event::Alert(alert) => {
                self.record = "alert";
                self.state = Cell::Word(alert.rule.label());
                self.emotion =
                    alert.emotion.map_or(Cell::Empty, |emotion| Cell::Word(emotion.label()));
                self.from_s = number(alert.from.seconds());
                self.text = alert_text(alert);
            }
            Event::Sound(fault) => {
                self.record = "sound";
                self.text = text(fault.map_or("nothing is wrong any more", SoundFault::words));
            }
            Event::AlertFailed { reason } => {
                self.record = "alert_failed";
                self.text = text(reason);
            }
            Event::Skipped { readings } => {
                self.record = "skipped";
                self.skipped_readings = Cell::Integer(*readings);
            }
            Event::Mark { text: typed } => {
                self.record = "mark";
                self.text = text(typed);
            }
            Event::Label { label } => {
                self.record = "label";
                self.text = text(label);
            }
            Event::Acknowledged { alert_t, by } => {
                self.record = "acknowledged";
                self.from_s = number(alert_t.seconds());
                if *by == SeenBy::Wall {
                    self.text = text("wall");
                }
            }
            Event::Notice => self.record = "notice",
            Event::Seek { from } => {
                self.record = "seek";
                self.from_s = number(from.seconds());
            }
            Event::Level(_) => self.record = "level",
            Event::Reading(_)
            | Event::Activity(_)
            | Event::Operator(_)
            | Event::Facts(_)
            | Event::Gap(_)
            | Event::Muted(_) => {}
        }
    }

    /// In the order of [`COLUMNS`].
    fn cells(self) -> [Cell<'a>; N_COLUMNS] {
        let [p0, p1, p2, p3, p4, p5, p6] = self.probabilities;
        let [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9] = self.facts;
        [
            self.caller,
            self.label,
            self.t_s,
            Cell::Word(self.record),
            self.state,
            self.emotion,
            self.certainty,
            p0,
            p1,
            p2,
            p3,
            p4,
            p5,
            p6,
            self.activity,
            self.lost_samples,
            self.rate_hz,
            self.lost_s,
            self.from_s,
            self.text,
            f0,
            f1,
            f2,
            f3,
            f4,
            f5,
            f6,
            f7,
            f8,
            f9,
            self.muted_s,
            self.skipped_readings,
        ]
    }
}

/// The reason, and after a colon the hotline's own text.
fn alert_text(alert: &Alert) -> Cell<'_> {
    match &alert.guidance {
        Some(guidance) => Cell::Text(format!("{}: {guidance}", alert.reason).into()),
        None => text(&alert.reason),
    }
}

/// In the order of their columns.
fn cells_of_facts<'a>(explanation: &Explanation) -> [Cell<'a>; N_FACTS] {
    let Explanation { facts, change } = explanation;
    let change = change.as_ref();
    [
        Some(facts.loudness_db),
        facts.pitch_hz,
        facts.pitch_range_semitones,
        Some(facts.syllables_per_s),
        Some(facts.pause_share),
        change.map(|change| change.loudness_db),
        change.and_then(|change| change.pitch_semitones),
        change.and_then(|change| change.pitch_range_semitones),
        change.and_then(|change| change.rate_ratio),
        change.map(|change| change.pause_share),
    ]
    .map(|value| value.map_or(Cell::Empty, |value| number(f64::from(value))))
}

fn number<'a>(value: f64) -> Cell<'a> {
    Cell::Number(four_decimals(value))
}

fn text(text: &str) -> Cell<'_> {
    Cell::Text(Cow::Borrowed(text))
}

fn activity_name(activity: Activity) -> &'static str {
    match activity {
        Activity::Listening => "listening",
        Activity::TooShort => "too_short",
        Activity::Speaking => "speaking",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearing::emotion::Emotion;

    #[test]
    fn there_is_a_column_for_the_probability_of_each_emotion() {
        let names = COLUMNS.map(|(name, _)| name);
        for (place, emotion) in (7..).zip(Emotion::ALL) {
            assert_eq!(names[place], format!("p_{emotion}"));
        }
        let all: std::collections::HashSet<&str> =
            names.into_iter().chain(SESSION_COLUMNS).collect();
        assert_eq!(all.len(), N_COLUMNS + SESSION_COLUMNS.len());
    }
}
