//! What happened in a session, as stretches: what the formats that draw or annotate are made of.
//!
//! In: an open log. Out: a [`Story`]: for each caller what was done and shown from when to when, mean
//! probabilities over time, and what happened beside. Keeps stretches, not readings; alerts, marks and losses one
//! by one.
//!
//! A reading stands for the time since the reading before it, or for one hop where that was longer ago than
//! [`HOLD`]; never for silence, lost or muted time. Where a recording was moved back, the later hearing counts, but
//! marks and alerts stay.

use crate::session::record::{EndReason, Header, Record, UnwrittenRecord};
use crate::session::{SessionError, SessionReader};
use hearing::fact::{Event, Fact};
use hearing::stream_time::StreamTime;
use hearing::timeline::history::HOLD;
use hearing::timeline::talk::Talk;
use hearing::timeline::{Activity, Alert, Reading};

use super::means::Means;
pub(super) use super::stretch::{Doing, Shown, Span};

/// What a log without that setting is taken to have been made with.
const USUAL_HOP_MS: u64 = 250;

/// Something at a time, in words.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Note {
    /// When.
    pub at: StreamTime,
    /// What somebody typed or a sentence.
    pub text: String,
}

/// One caller.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    /// The label in the header, which no other caller has: from the second caller of that label on with a number.
    pub label: String,
    /// Without holes from zero to the end, once [`Story::read`] is through.
    pub doing: Vec<Span<Doing>>,
    /// In order of time, not overlapping.
    pub shown: Vec<Span<Shown>>,
    /// Mean probabilities over time.
    pub means: Means,
    /// In the order of the log.
    pub alerts: Vec<Alert>,
    /// When an alert was, and when it was acknowledged.
    pub acknowledged: Vec<(StreamTime, StreamTime)>,
    /// Who spoke how much, by the log's end, where the operator's side was heard.
    pub talk: Option<Talk>,
    /// Marks in the order of the log.
    pub marks: Vec<Note>,
    /// New labels, notices, seeks, failed programs of alerts and readings left out.
    pub others: Vec<Note>,
}

/// A whole session.
#[derive(Clone, Debug)]
pub(super) struct Story {
    /// The log's first line.
    pub header: Header,
    /// The latest stream time of any record, and at least a millisecond.
    pub length: StreamTime,
    /// In the order of the header.
    pub callers: Vec<Caller>,
    /// Why the session ended; none if the log does not say.
    pub end: Option<EndReason>,
    hop: StreamTime,
}

impl Story {
    /// Reads a log to its end.
    ///
    /// # Errors
    /// [`SessionError`] at the first damaged line.
    pub fn read(session: &mut SessionReader) -> Result<Self, SessionError> {
        let header = session.header().clone();
        let hop_ms = header.settings.get("hop_ms").and_then(serde_json::Value::as_u64);
        let mut story = Story {
            callers: unique_labels(&header).into_iter().map(Caller::new).collect(),
            length: StreamTime::from_ms(1),
            end: None,
            hop: StreamTime::from_ms(hop_ms.unwrap_or(USUAL_HOP_MS).clamp(1, 10_000)),
            header,
        };
        for record in session.by_ref() {
            story.add(record?);
        }
        for caller in &mut story.callers {
            caller.close(story.length);
        }
        Ok(story)
    }

    fn add(&mut self, record: Record) {
        self.length = self.length.max(record.t());
        match record {
            Record::End(end) => {
                for (caller, summary) in self.callers.iter_mut().zip(end.callers) {
                    caller.talk = summary.talk;
                }
                self.end = Some(end.reason);
            }
            Record::Unwritten(UnwrittenRecord { from, t, .. }) => {
                for caller in &mut self.callers {
                    caller.interrupt(from, t.since(from), Doing::Unwritten);
                }
            }
            Record::Fact(fact) => {
                let hop = self.hop;
                if let Some(caller) = self.callers.get_mut(fact.caller) {
                    caller.add(fact, hop);
                }
            }
        }
    }
}

impl Caller {
    fn new(label: String) -> Self {
        let nothing = Span {
            from: StreamTime::ZERO,
            to: StreamTime::ZERO,
            what: Doing::Heard(Activity::Listening),
        };
        Caller {
            label,
            doing: vec![nothing],
            shown: Vec::new(),
            means: Means::default(),
            alerts: Vec::new(),
            acknowledged: Vec::new(),
            talk: None,
            marks: Vec::new(),
            others: Vec::new(),
        }
    }

    fn add(&mut self, fact: Fact, hop: StreamTime) {
        let Fact { at, event, .. } = fact;
        match event {
            Event::Reading(reading) => self.reading(&reading, hop),
            Event::Activity(activity) => self.begin(at, Doing::Heard(activity)),
            Event::Gap(gap) => {
                self.interrupt(at, StreamTime::from_seconds(gap.seconds()), Doing::Lost);
            }
            Event::Muted(muted) => {
                let length = StreamTime::from_seconds(muted.seconds());
                self.interrupt(at, length, Doing::Muted);
                // Nobody has been heard to speak since.
                self.begin(at + length, Doing::Heard(Activity::Listening));
            }
            Event::Seek { from } => self.seek(from, at),
            Event::Alert(alert) => self.alerts.push(alert),
            Event::Mark { text } => self.marks.push(Note { at, text }),
            Event::AlertFailed { reason } => {
                self.tell(at, format!("the program for an alert failed: {reason}"));
            }
            Event::Skipped { readings } => {
                self.tell(
                    at,
                    format!("{readings} readings left out: the computer did not keep up"),
                );
            }
            Event::Sound(fault) => self.tell(
                at,
                fault.map_or_else(
                    || "nothing is wrong with the sound any more".to_owned(),
                    |fault| format!("the sound: {}", fault.words()),
                ),
            ),
            Event::Label { label } => self.tell(at, format!("the caller is called: {label}")),
            Event::Acknowledged { alert_t, .. } => self.acknowledged.push((alert_t, at)),
            Event::Notice => self.tell(at, "the caller was told (notice confirmed)".to_owned()),
            Event::Operator(_) | Event::Facts(_) | Event::Level(_) => {}
        }
    }

    fn tell(&mut self, at: StreamTime, text: String) {
        self.others.push(Note { at, text });
    }

    /// What goes on last, and since when.
    fn last(&self) -> (StreamTime, Doing) {
        let last = self.doing.last();
        last.map_or((StreamTime::ZERO, Doing::Unheard), |span| (span.from, span.what))
    }

    /// Begins a stretch, not before the running one.
    fn begin(&mut self, at: StreamTime, what: Doing) {
        let at = at.max(self.last().0);
        self.doing.pop_if(|last| last.from == at);
        if let Some(last) = self.doing.last_mut() {
            if last.what == what {
                return;
            }
            last.to = at;
        }
        self.doing.push(Span { from: at, to: at, what });
    }

    /// For so long something else; afterwards all goes on as before.
    fn interrupt(&mut self, at: StreamTime, length: StreamTime, what: Doing) {
        let (since, before) = self.last();
        let at = at.max(since);
        if length > StreamTime::ZERO {
            self.begin(at, what);
            self.begin(at + length, before);
        }
    }

    fn reading(&mut self, reading: &Reading, hop: StreamTime) {
        self.means.add(reading.at, &reading.scores);
        if !matches!(self.last().1, Doing::Heard(Activity::Speaking)) {
            // There are readings only while there is speech, even where the word of it is missing.
            self.begin(reading.at.since(hop), Doing::Heard(Activity::Speaking));
        }
        let what = Shown::of(reading);
        let before = self.shown.last().map_or(StreamTime::ZERO, |last| last.to);
        let is_near = reading.at.since(before) <= HOLD && before >= self.last().0;
        let from = if is_near { before } else { reading.at.since(hop).max(self.last().0) };
        if from >= reading.at || from < before {
            return;
        }
        match self.shown.last_mut() {
            Some(last) if last.to == from && last.what.verdict == what.verdict => {
                last.to = reading.at;
                last.what.add(&what);
            }
            _ => self.shown.push(Span { from, to: reading.at, what }),
        }
    }

    fn seek(&mut self, from: StreamTime, to: StreamTime) {
        self.tell(to, format!("the recording was moved from {from} to {to}"));
        if to > self.last().0 && to >= from {
            self.begin(from, Doing::Unheard);
        } else {
            self.doing.retain(|span| span.from < to);
            self.shown.retain(|span| span.from < to);
            if let Some(last) = self.shown.last_mut() {
                last.to = last.to.min(to);
            }
            self.means.forget_from(to);
        }
        self.begin(to, Doing::Heard(Activity::Listening));
    }

    fn close(&mut self, length: StreamTime) {
        if let Some(last) = self.doing.last_mut() {
            last.to = length.max(last.from);
        }
        // A gap at the very end may reach beyond the last record.
        for span in &mut self.doing {
            span.to = span.to.min(length);
        }
        self.doing.retain(|span| span.to > span.from);
        self.alerts.sort_by_key(|alert| alert.at);
        self.marks.sort_by_key(|mark| mark.at);
    }
}

/// The callers' labels; a label that was there before gets a number.
fn unique_labels(header: &Header) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for caller in &header.callers {
        let mut label = caller.label.clone();
        let mut number = 2;
        while unique.contains(&label) {
            label = format!("{} ({number})", caller.label);
            number += 1;
        }
        unique.push(label);
    }
    unique
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;
    use std::path::Path;

    const GOLDEN: &str = include_str!("../../../../tests/data/session/input/two-callers.jsonl");
    const GOLDEN_MUTED: &str = include_str!("../../../../tests/data/session/input/muted.jsonl");
    const GOLDEN_UNWRITTEN: &str =
        include_str!("../../../../tests/data/session/input/unwritten.jsonl");

    fn story(log: &str) -> Story {
        let log = Cursor::new(log.to_owned());
        let mut log = SessionReader::new(Box::new(log), Path::new("call.jsonl")).unwrap();
        Story::read(&mut log).unwrap()
    }

    fn doing(caller: &Caller) -> Vec<(f64, f64, &'static str)> {
        let span = |span: &Span<Doing>| (span.from.seconds(), span.to.seconds(), span.what.label());
        caller.doing.iter().map(span).collect()
    }

    fn shown(caller: &Caller) -> Vec<(f64, f64, String)> {
        let span = |span: &Span<Shown>| (span.from.seconds(), span.to.seconds(), span.what.words());
        caller.shown.iter().map(span).collect()
    }

    #[test]
    fn equal_readings_are_one_stretch_that_begins_with_the_speech() {
        let story = story(GOLDEN);
        assert_eq!(
            shown(&story.callers[0]),
            [(1.84, 2.0, "uncertain (fear 33 %)".into()), (2.0, 2.5, "fear 76 %".into())]
        );
        assert_eq!(
            doing(&story.callers[0]),
            [
                (0.0, 0.64, "listening"),
                (0.64, 1.84, "too_short"),
                (1.84, 5.0, "speaking"),
                (5.0, 9.5, "listening")
            ]
        );
    }

    #[test]
    fn groups_are_stretches_of_their_own_with_what_stands_out_in_them() {
        let story = story(include_str!("../../../../tests/data/session/input/groups.jsonl"));
        let words: Vec<String> =
            shown(&story.callers[0]).into_iter().map(|(.., words)| words).collect();
        assert_eq!(
            words,
            [
                "uncertain (fear 30 %)",
                "distressed (fear or sadness) 81 %",
                "fear 60 %",
                "distressed 80 %",
                "pleasant (happiness or pleasant surprise) 70 %",
                "calm 52 %",
                "uncertain (neutral 35 %)"
            ]
        );
        assert_eq!(story.callers[0].shown[1].what.label(), "distressed");
    }

    #[test]
    fn lost_skipped_and_muted_time_is_no_speech_and_leaves_no_hole() {
        let two = story(GOLDEN);
        let kinds: Vec<&str> = doing(&two.callers[1]).into_iter().map(|(.., kind)| kind).collect();
        let expected =
            ["listening", "gap", "listening", "speaking", "unheard", "listening", "speaking"];
        assert_eq!(kinds, expected);
        let muted = story(GOLDEN_MUTED);
        assert!(doing(&muted.callers[0]).contains(&(2.5, 7.5, "muted")));
        let unwritten = story(GOLDEN_UNWRITTEN);
        assert!(doing(&unwritten.callers[0]).contains(&(2.5, 7.31, "unwritten")));
        for story in [two, muted, unwritten] {
            for caller in story.callers {
                assert_eq!(caller.doing[0].from, StreamTime::ZERO);
                assert!(caller.doing.windows(2).all(|pair| pair[0].to == pair[1].from));
                assert_eq!(caller.doing.last().unwrap().to, story.length);
            }
        }
    }

    #[test]
    fn a_recording_moved_back_is_told_as_it_was_heard_last() {
        let (before, _) = GOLDEN.rsplit_once("{\"record\":\"seek\"").unwrap();
        let log = format!(
            "{before}{}\n{}\n",
            "{\"record\":\"seek\",\"caller\":0,\"t\":2.25,\"from\":5.0}",
            "{\"record\":\"activity\",\"caller\":0,\"t\":3.0,\"activity\":\"too_short\"}"
        );
        let story = story(&log);
        assert_eq!(story.callers[0].shown.last().unwrap().to, StreamTime::from_ms(2_250));
        assert_eq!(story.callers[0].marks.len(), 1);
        assert_eq!(
            doing(&story.callers[0])[2..],
            [(1.84, 2.25, "speaking"), (2.25, 3.0, "listening"), (3.0, 5.0, "too_short")]
        );
    }

    #[test]
    fn callers_of_one_label_are_told_apart() {
        let story = story(&GOLDEN.replacen("=HYPERLINK(\\\"http://example.org\\\")", "desk", 1));
        let labels: Vec<&str> = story.callers.iter().map(|caller| caller.label.as_str()).collect();
        assert_eq!(labels, ["desk", "desk (2)"]);
    }
}
