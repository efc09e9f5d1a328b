//! The calls under way with their histories, and what of it a wall shows.
//!
//! In: what is told of each call. Out: [`CallPicture`]s. Keeps a timeline and the alerts of each call until it is over, and
//! for a minute after that. Moments are lengths since any beginning, the same for all.

use super::picture::{AlertPicture, CELL_S, CallPicture, OVER, Picture, letter};
use crate::call_news::CallNews;
use crate::person_number::nobodys_label;
use hearing::emotion::Group;
use hearing::fact::{Event, Fact, SoundFault};
use hearing::stream_time::StreamTime;
use hearing::timeline::history::{Cell, State, Timeline};
use std::collections::HashMap;
use std::time::Duration;

/// Cells of a timeline: five minutes.
const CELLS: usize = 60;
/// Newest cells that may still change: what is told late is a few seconds late.
const UNSETTLED: usize = 3;
/// Alerts of a call that are shown.
const ALERTS: usize = 8;
/// A call that is over stays for so long.
pub const LINGERS: Duration = Duration::from_mins(1);

/// All calls, each under a key that tells it from all others: a number, or a session.
#[derive(Default)]
pub struct Board {
    calls: HashMap<String, Call>,
    version: u64,
}

/// A call under way, or just over.
struct Call {
    label: String,
    timeline: Timeline,
    /// Letters of the cells that no longer change.
    letters: Vec<char>,
    acknowledged: Vec<StreamTime>,
    awaits_notice: bool,
    sound: Option<&'static str>,
    is_over_since: Option<Duration>,
}

impl Board {
    /// Takes what becomes of a call; `instead` is what it is called where its label holds a person's number.
    pub fn news(&mut self, key: &str, news: &CallNews, instead: &str, now: Duration) {
        self.version += 1;
        let shown = |label: &str| nobodys_label(label, || instead.to_owned());
        if let CallNews::Begun { label, awaits_notice, .. } = news {
            let call = Call {
                label: shown(label),
                timeline: Timeline::new(),
                letters: Vec::new(),
                acknowledged: Vec::new(),
                awaits_notice: *awaits_notice,
                sound: None,
                is_over_since: None,
            };
            self.forget_old(now);
            self.calls.insert(key.to_owned(), call);
            return;
        }
        let Some(call) = self.calls.get_mut(key) else { return };
        match news {
            CallNews::Renamed(label) => call.label = shown(label),
            CallNews::NoticeConfirmed => call.awaits_notice = false,
            CallNews::Acknowledged(at) => call.acknowledged.push(*at),
            CallNews::Ended => call.is_over_since = Some(now),
            CallNews::Begun { .. } => {}
        }
    }

    /// Takes a fact about a call.
    pub fn fact(&mut self, key: &str, fact: &Fact) {
        self.version += 1;
        if let Some(call) = self.calls.get_mut(key) {
            call.take(fact);
        }
    }

    fn forget_old(&mut self, now: Duration) {
        self.calls.retain(|_, call| {
            call.is_over_since.is_none_or(|since| now.saturating_sub(since) < LINGERS)
        });
    }

    /// Changes whenever something was told.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The calls as a wall shows them, in no order.
    #[must_use]
    pub fn calls(&mut self, now: Duration) -> Vec<CallPicture> {
        self.forget_old(now);
        self.calls.iter_mut().map(|(key, call)| call.picture(key)).collect()
    }

    /// What a wall shows now.
    #[must_use]
    pub fn picture(&mut self, now: Duration) -> Picture {
        Picture::of(self.calls(now))
    }
}

impl Call {
    fn take(&mut self, fact: &Fact) {
        match &fact.event {
            // Who speaks on the other side is nobody's business here.
            Event::Operator(_) => self.timeline.advance(fact.at),
            Event::Sound(fault) => {
                self.sound = fault.map(SoundFault::words);
                fact.tell(&mut self.timeline);
            }
            // A log tells of silence only when it has lasted: by an alert.
            Event::Alert(_) => {
                self.timeline.advance(fact.at);
                fact.tell(&mut self.timeline);
            }
            _ => fact.tell(&mut self.timeline),
        }
    }

    fn alerts(&self) -> impl Iterator<Item = &hearing::timeline::Alert> {
        self.timeline.alerts(StreamTime::ZERO, StreamTime(u64::MAX))
    }

    /// How distressed the caller sounds now, as far as the screen says so.
    fn distress_percent(&self) -> u32 {
        match self.timeline.state() {
            State::Emotion(emotion, certainty) if Group::of(emotion) == Group::Distressed => {
                percent(certainty)
            }
            State::Group { group: Group::Distressed, certainty, .. } => percent(certainty),
            _ => 0,
        }
    }

    fn picture(&mut self, key: &str) -> CallPicture {
        let (now, words) = match self.is_over_since {
            Some(_) => (OVER, "over".to_owned()),
            None => state(self.timeline.state()),
        };
        CallPicture {
            call: key.to_owned(),
            node: None,
            label: self.label.clone(),
            length_s: whole_seconds(self.timeline.now()),
            now,
            words,
            distress: if self.is_over_since.is_some() { 0 } else { self.distress_percent() },
            note: self.note(),
            timeline: self.letters(),
            alerts: self.pictured_alerts(),
        }
    }

    /// The last cells. They end at full steps of the call's time, so that they do not change as time goes on.
    fn letters(&mut self) -> String {
        let step = u64::from(CELL_S) * StreamTime::from_ms(1_000).0;
        let timeline = &self.timeline;
        let of = |cell: usize| {
            let from = cell as u64 * step;
            letter(&timeline.cell(StreamTime(from), StreamTime(from + step)))
        };
        let n = usize::try_from(timeline.now().0.div_ceil(step)).unwrap_or(usize::MAX);
        self.letters.extend((self.letters.len()..n.saturating_sub(UNSETTLED)).map(of));
        let settled = &self.letters[self.letters.len().min(n.saturating_sub(CELLS))..];
        settled.iter().copied().chain((self.letters.len()..n).map(of)).collect()
    }

    fn pictured_alerts(&self) -> Vec<AlertPicture> {
        let mut alerts: Vec<AlertPicture> = self
            .alerts()
            .map(|alert| AlertPicture {
                at: alert.at.0,
                at_s: whole_seconds(alert.at),
                rule: alert.rule.words().to_owned(),
                reason: without_operator(&alert.reason),
                guidance: alert.guidance.clone(),
                is_acknowledged: self.acknowledged.contains(&alert.at),
            })
            .collect();
        alerts.reverse();
        // Old ones that were seen go first.
        while alerts.len() > ALERTS {
            let seen = alerts.iter().rposition(|alert| alert.is_acknowledged);
            alerts.remove(seen.unwrap_or(alerts.len() - 1));
        }
        alerts
    }

    fn note(&self) -> Option<String> {
        if self.is_over_since.is_some() {
            None
        } else if self.awaits_notice {
            Some("nothing is read before notice was given".to_owned())
        } else {
            self.sound.map(str::to_owned)
        }
    }
}

/// An alert's reason without how long the operator spoke: that is nobody's business on a wall.
#[must_use]
pub fn without_operator(reason: &str) -> String {
    const BEGINS: &str = ", without the ";
    const ENDS: &str = " in which you spoke";
    let cut = reason.find(BEGINS).zip(reason.find(ENDS)).filter(|(begin, end)| begin < end);
    match cut {
        Some((begin, end)) => [&reason[..begin], &reason[end + ENDS.len()..]].concat(),
        None => reason.to_owned(),
    }
}

fn whole_seconds(time: StreamTime) -> u64 {
    time.0 / StreamTime::from_ms(1_000).0
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share in percent")]
fn percent(certainty: f32) -> u32 {
    (100.0 * certainty.clamp(0.0, 1.0)).round() as u32
}

/// What is heard now, as a letter and in words.
fn state(state: State) -> (char, String) {
    let (cell, words) = match state {
        State::Listening => (Cell::Silence, "silence".to_owned()),
        State::SpeechTooShort => (Cell::TooShort, "too short".to_owned()),
        State::Uncertain => (Cell::Uncertain, "uncertain".to_owned()),
        State::Emotion(emotion, certainty) => {
            let words = format!("{} {} %", emotion.words(), percent(certainty));
            (Cell::Emotion(emotion, certainty), words)
        }
        State::Group { group, certainty, likeliest } => {
            let which = likeliest.map_or(String::new(), |[one, other]| {
                format!(": {} or {}", one.words(), other.words())
            });
            let words = format!("{} {} %{which}", group.label(), percent(certainty));
            (Cell::Group(group, certainty), words)
        }
    };
    (letter(&cell), words)
}

#[cfg(test)]
mod tests;
