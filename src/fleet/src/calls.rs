//! The calls of a node, as its logs tell of them, and which of them walls have to be told of.
//!
//! In: lines of logs. Out: pictures of calls that changed. Keeps a board, and what was told last of each call.

use crate::outbound::our_name;
use crate::outbox::Line;
use hearing::fact::{Event, Fact};
use record::call_news::CallNews;
use record::session::Record;
use record::session::reader::HEADER_BEGINNING;
use record::session::record::Header;
use record::wall::{Board, CallPicture};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// Also what did not change is told again: it is forgotten otherwise.
const TOLD_AGAIN: Duration = Duration::from_secs(10);

/// The calls of a node. Moments are lengths since any beginning, the same for all.
#[derive(Default)]
pub struct Calls {
    board: Board,
    /// How many callers each session has.
    n_callers: HashMap<Arc<str>, usize>,
    /// When a log spoke last of each call: in silence it says nothing, and the call goes on.
    heard: HashMap<String, Duration>,
    /// What was told of each call, and when.
    told: HashMap<String, (CallPicture, Duration)>,
    /// Calls of which walls are told at once.
    urgent: HashSet<String>,
    /// Sessions whose logs go on behind what was read.
    behind: HashSet<Arc<str>>,
}

impl Calls {
    /// Takes a line of a log.
    pub fn take(&mut self, line: &Line, now: Duration) {
        let session = &line.session;
        if line.text.starts_with(HEADER_BEGINNING) {
            let Ok(header) = serde_json::from_slice::<Header>(&line.text) else { return };
            let awaits_notice = header
                .calls
                .as_ref()
                .is_some_and(|calls| calls["require_notice"].as_bool() == Some(true));
            for (caller, entry) in header.callers.iter().enumerate() {
                let label = entry.label.clone();
                let begun = CallNews::Begun { label, log: None, awaits_notice };
                self.news(session, caller, &begun, now);
            }
            self.n_callers.insert(Arc::clone(session), header.callers.len());
            return;
        }
        match Record::parse(&line.text) {
            Ok(Record::Fact(fact)) => self.fact(session, &fact, now),
            Ok(Record::End(_)) => self.end(session, now),
            Ok(Record::Unwritten(_)) | Err(_) => {}
        }
    }

    fn fact(&mut self, session: &str, fact: &Fact, now: Duration) {
        let caller = fact.caller;
        let news = match &fact.event {
            Event::Label { label } => CallNews::Renamed(label.clone()),
            Event::Notice => CallNews::NoticeConfirmed,
            Event::Acknowledged { alert_t, .. } => CallNews::Acknowledged(*alert_t),
            // Walls are told nothing of the other side.
            Event::Operator(_) => return,
            event => {
                let call = call_name(session, caller);
                self.board.fact(&call, fact);
                self.heard.insert(call.clone(), now);
                if matches!(event, Event::Alert(_)) {
                    self.urgent.insert(call);
                }
                return;
            }
        };
        self.news(session, caller, &news, now);
    }

    fn news(&mut self, session: &str, caller: usize, news: &CallNews, now: Duration) {
        let call = call_name(session, caller);
        self.board.news(&call, news, &our_name(session), now);
        self.urgent.insert(call);
    }

    /// The session is over.
    pub fn end(&mut self, session: &str, now: Duration) {
        for caller in 0..self.n_callers.remove(session).unwrap_or_default() {
            self.news(session, caller, &CallNews::Ended, now);
        }
    }

    /// Of these sessions more is written than was read, as after an outage. Walls are told nothing of them until all was
    /// read: the past is not to be taken for what is heard now.
    pub fn are_behind(&mut self, sessions: HashSet<Arc<str>>) {
        self.behind = sessions;
    }

    /// Whether walls are to be told of something at once.
    #[must_use]
    pub fn has_urgent(&self) -> bool {
        !self.urgent.is_empty()
    }

    /// The calls that go on.
    pub fn n_under_way(&mut self, now: Duration) -> usize {
        self.board.calls(now).iter().filter(|call| !call.is_over()).count()
    }

    /// The calls that changed since walls were told of them, or only those that cannot wait.
    pub fn due(&mut self, only_urgent: bool, now: Duration) -> Vec<CallPicture> {
        let mut due = Vec::new();
        for mut picture in self.board.calls(now) {
            if let Some(heard) = self.heard.get(&picture.call).filter(|_| !picture.is_over()) {
                picture.length_s += now.saturating_sub(*heard).as_secs();
            }
            let is_new = self.told.get(&picture.call).is_none_or(|(before, at)| {
                *before != picture || now.saturating_sub(*at) >= TOLD_AGAIN
            });
            let is_past = session_and_caller(&picture.call)
                .is_some_and(|(session, _)| self.behind.contains(session));
            if is_new && !is_past && (!only_urgent || self.urgent.contains(&picture.call)) {
                due.push(picture);
            }
        }
        due
    }

    /// Walls were told of this call.
    pub fn is_told(&mut self, picture: CallPicture, now: Duration) {
        self.urgent.remove(&picture.call);
        self.told.insert(picture.call.clone(), (picture, now));
    }

    /// Forgets calls that are gone.
    pub fn tidy(&mut self, now: Duration) {
        self.told.retain(|_, (_, at)| now.saturating_sub(*at) < 2 * TOLD_AGAIN);
        let told = &self.told;
        self.heard.retain(|call, _| told.contains_key(call));
        self.urgent.retain(|call| told.contains_key(call));
    }
}

/// What a call is called in subjects.
#[must_use]
pub fn call_name(session: &str, caller: usize) -> String {
    format!("{session}-{caller}")
}

/// The session of such a name, and the number of its caller as it was written.
#[must_use]
pub fn session_and_caller(call: &str) -> Option<(&str, &str)> {
    call.rsplit_once('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn line(text: &str) -> Line {
        Line {
            log: "a.jsonl".into(),
            session: "feed".into(),
            end: 0,
            text: format!("{text}\n").into_bytes(),
            is_to_send: true,
            is_to_tell: true,
        }
    }

    fn header() -> Line {
        line(
            r#"{"record":"header","version":6,"undertone":"0.1.0","started":"2026-11-22T14:30:05+01:00","stream_rate_hz":8000,"model":{"name":"a","recipe":"b","sha256":"c"},"settings":{},"calls":{"require_notice":true},"backend":"CPU","callers":[{"label":"line 1","source":"x"},{"label":"+49 30 7654321","source":"y"}]}"#,
        )
    }

    #[test]
    fn a_header_begins_a_call_for_each_caller_and_an_end_ends_them() {
        let mut calls = Calls::default();
        calls.take(&header(), S);
        let mut due = calls.due(true, S);
        due.sort_by(|one, other| one.call.cmp(&other.call));
        let labels: Vec<(&str, &str)> =
            due.iter().map(|call| (call.call.as_str(), call.label.as_str())).collect();
        assert_eq!(labels, [("feed-0", "line 1"), ("feed-1", "call feed")]);
        assert!(due.iter().all(|call| call.note.is_some()), "notice was not given");
        assert_eq!(calls.n_under_way(S), 2);
        calls.end("feed", S);
        assert_eq!(calls.n_under_way(S), 0);
        assert!(calls.due(true, S).iter().all(CallPicture::is_over));
    }

    #[test]
    fn of_a_log_that_was_not_read_to_its_end_walls_are_told_nothing() {
        let mut calls = Calls::default();
        calls.take(&header(), S);
        calls.are_behind(HashSet::from(["feed".into()]));
        assert!(calls.due(true, S).is_empty() && calls.due(false, S).is_empty());
        calls.are_behind(HashSet::from(["beef".into()]));
        assert_eq!(calls.due(true, S).len(), 2);
    }

    #[test]
    fn an_alert_cannot_wait_and_what_is_told_is_told_again_after_a_while() {
        let mut calls = Calls::default();
        calls.take(&header(), S);
        let told = |calls: &mut Calls, now: Duration| {
            let due = calls.due(true, now);
            let n = due.len();
            for picture in due {
                calls.is_told(picture, now);
            }
            n
        };
        assert_eq!(told(&mut calls, S), 2);
        assert!(!calls.has_urgent() && calls.due(false, S).is_empty());
        calls.take(
            &line(r#"{"record":"alert","caller":0,"t":9.0,"rule":"long_silence","from":1.0,"reason":"none heard for 8 s"}"#),
            S,
        );
        assert!(calls.has_urgent());
        assert_eq!(told(&mut calls, S), 1);
        calls.take(
            &line(r#"{"record":"operator","caller":0,"t":9.5,"speaks":true,"echoed":false}"#),
            S,
        );
        assert!(
            !calls.has_urgent() && calls.due(false, S).is_empty(),
            "of an operator walls hear nothing"
        );
        // In silence the log says nothing, and the call's clock goes on.
        let later = calls.due(false, 5 * S);
        assert_eq!(later.len(), 1);
        assert_eq!(later[0].length_s, 13);
        assert_eq!(calls.due(false, S + TOLD_AGAIN).len(), 2);
    }
}
