//! The calls under way with their histories, and what of it a wall shows.
//!
//! In: what the engine tells of each call. Out: a [`Picture`]. Keeps a timeline and the alerts of each call until it is
//! over, and for a minute after that.

use super::picture::{AlertPicture, CallPicture, OVER, Picture, letter};
use crate::protocol::person::holds_number;
use crate::room::CallId;
use engine::switchboard::News;
use hearing::emotion::Group;
use hearing::fact::{Event, Fact};
use hearing::stream_time::StreamTime;
use hearing::timeline::history::{State, Timeline};
use record::call_news::CallNews;
use record::plain_text::plain_line;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// What one cell of a timeline stands for.
const CELL_S: u32 = 5;
/// Cells of a timeline: five minutes.
const CELLS: usize = 60;
/// Newest cells that may still change: what is told late is a few seconds late.
const UNSETTLED: usize = 3;
/// Alerts of a call that are shown.
const ALERTS: usize = 8;
/// A call that is over stays for so long.
const LINGERS: Duration = Duration::from_secs(60);
/// Labels are names for a screen.
const LABEL_CHARS: usize = 40;

/// All calls.
#[derive(Default)]
pub struct Board {
    calls: HashMap<CallId, Call>,
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
    is_over_since: Option<Instant>,
}

impl Board {
    /// Takes what the engine tells of a call.
    pub fn take(&mut self, id: CallId, news: &News, now: Instant) {
        self.version += 1;
        self.forget_old(now);
        match news {
            News::Call(_, CallNews::Begun { label, awaits_notice, .. }) => {
                let call = Call {
                    label: shown_label(id, label),
                    timeline: Timeline::new(),
                    letters: Vec::new(),
                    acknowledged: Vec::new(),
                    awaits_notice: *awaits_notice,
                    sound: None,
                    is_over_since: None,
                };
                self.calls.insert(id, call);
            }
            News::Call(_, news) => {
                let Some(call) = self.calls.get_mut(&id) else { return };
                match news {
                    CallNews::Renamed(label) => call.label = shown_label(id, label),
                    CallNews::NoticeConfirmed => call.awaits_notice = false,
                    CallNews::Acknowledged(at) => call.acknowledged.push(*at),
                    CallNews::Ended => call.is_over_since = Some(now),
                    CallNews::Begun { .. } => {}
                }
            }
            News::Fact(fact) => {
                if let Some(call) = self.calls.get_mut(&id) {
                    call.take(fact);
                }
            }
        }
    }

    fn forget_old(&mut self, now: Instant) {
        self.calls.retain(|_, call| {
            call.is_over_since.is_none_or(|since| now.duration_since(since) < LINGERS)
        });
    }

    /// Changes whenever something was told.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// What a wall shows now, those first that need somebody: open alerts, the newest first; then calls that go on before
    /// those that are over, the more distressed first; then the older call.
    #[must_use]
    pub fn picture(&mut self, now: Instant) -> Picture {
        self.forget_old(now);
        let mut calls: Vec<(&CallId, &mut Call)> = self.calls.iter_mut().collect();
        calls.sort_by_cached_key(|(id, call)| {
            let newest = call.open_alerts().map(|alert| alert.at).max();
            let waited = newest.map(|at| call.timeline.now().since(at));
            (
                newest.is_none(),
                waited,
                call.is_over_since.is_some(),
                std::cmp::Reverse(call.distress_percent()),
                **id,
            )
        });
        Picture {
            open_alerts: calls.iter().map(|(_, call)| call.open_alerts().count()).sum(),
            calls: calls.into_iter().map(|(id, call)| call.picture(*id)).collect(),
            cell_s: CELL_S,
        }
    }
}

impl Call {
    fn take(&mut self, fact: &Fact) {
        match &fact.event {
            // Who speaks on the other side is nobody's business here.
            Event::Operator(_) => self.timeline.advance(fact.at),
            Event::Sound(fault) => {
                self.sound = fault.map(|fault| fault.words());
                fact.tell(&mut self.timeline);
            }
            _ => fact.tell(&mut self.timeline),
        }
    }

    fn alerts(&self) -> impl Iterator<Item = &hearing::timeline::Alert> {
        self.timeline.alerts(StreamTime::ZERO, StreamTime(u64::MAX))
    }

    fn open_alerts(&self) -> impl Iterator<Item = &hearing::timeline::Alert> {
        self.alerts().filter(|alert| !self.acknowledged.contains(&alert.at))
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

    fn picture(&mut self, id: CallId) -> CallPicture {
        let (now, words) = match self.is_over_since {
            Some(_) => (OVER, "the call is over".to_owned()),
            None => state(&self.timeline.state()),
        };
        CallPicture {
            call: id,
            label: self.label.clone(),
            length_s: whole_seconds(self.timeline.now()),
            now,
            words,
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
                rule: alert.rule.words(),
                reason: alert.reason.clone(),
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

fn shown_label(id: CallId, label: &str) -> String {
    let plain = plain_line(label.trim(), LABEL_CHARS);
    if plain.is_empty() || holds_number(&plain) { format!("call {id}") } else { plain }
}

fn whole_seconds(time: StreamTime) -> u64 {
    time.0 / StreamTime::from_ms(1_000).0
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share in percent")]
fn percent(certainty: f32) -> u32 {
    (100.0 * certainty.clamp(0.0, 1.0)).round() as u32
}

/// What is heard now, as a letter and in words.
fn state(state: &State) -> (char, String) {
    match state {
        State::Listening => ('.', "silence".to_owned()),
        State::SpeechTooShort => (',', "speech, too short to read".to_owned()),
        State::Uncertain => ('?', "uncertain".to_owned()),
        State::Emotion(emotion, certainty) => {
            (emotion.letter(), format!("{} {} %", emotion.words(), percent(*certainty)))
        }
        State::Group { group, certainty, likeliest } => {
            let which = likeliest.map_or(String::new(), |[one, other]| {
                format!(": {} or {}", one.words(), other.words())
            });
            (group.letter(), format!("{} {} %{which}", group.label(), percent(*certainty)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearing::emotion::{Emotion, Scores, Verdict};
    use hearing::timeline::{Activity, Alert, OperatorState, Reading, Rule};

    fn s(seconds: u64) -> StreamTime {
        StreamTime::from_ms(1_000 * seconds)
    }

    fn fact(at: StreamTime, event: Event) -> News {
        News::Fact(Fact { caller: 0, at, event })
    }

    fn begun(label: &str) -> News {
        let label = label.to_owned();
        News::Call(0, CallNews::Begun { label, log: None, awaits_notice: false })
    }

    fn reading(at: StreamTime, emotion: Emotion, certainty: f32) -> News {
        let mut scores = [(1.0 - certainty) / 6.0; 7];
        scores[emotion.index()] = certainty;
        let verdict = Verdict::Emotion(emotion);
        fact(at, Event::Reading(Reading { at, scores: Scores(scores), verdict }))
    }

    fn alert(at: StreamTime) -> News {
        let reason = "fear for 8 s of speech".to_owned();
        let rule = Rule::Sustained;
        let from = at - s(8);
        let alert = Alert { at, from, rule, emotion: None, reason, guidance: None };
        fact(at, Event::Alert(alert))
    }

    /// A board with calls in which somebody speaks from the beginning.
    fn board(calls: &[(CallId, &str)]) -> Board {
        let mut board = Board::default();
        for (id, label) in calls {
            board.take(*id, &begun(label), Instant::now());
            board.take(*id, &fact(s(0), Event::Activity(Activity::Speaking)), Instant::now());
        }
        board
    }

    fn order(board: &mut Board) -> Vec<u64> {
        board.picture(Instant::now()).calls.iter().map(|call| call.call).collect()
    }

    #[test]
    fn a_call_with_an_open_alert_comes_first_until_it_is_acknowledged() {
        let mut board = board(&[(1, "one"), (2, "two"), (3, "three")]);
        let now = Instant::now();
        for id in 1..=3 {
            board.take(id, &reading(s(20), Emotion::Neutral, 0.9), now);
        }
        assert_eq!(order(&mut board), [1, 2, 3]);
        board.take(3, &reading(s(21), Emotion::Fear, 0.8), now);
        assert_eq!(order(&mut board), [3, 1, 2], "who sounds distressed");
        board.take(2, &alert(s(21)), now);
        assert_eq!(order(&mut board), [2, 3, 1]);
        let picture = board.picture(Instant::now());
        assert_eq!((picture.open_alerts, picture.calls[0].alerts[0].at_s), (1, 21));
        assert_eq!(picture.calls[1].words, "fear 80 %");
        board.take(2, &News::Call(0, CallNews::Acknowledged(s(21))), now);
        assert_eq!(order(&mut board), [3, 1, 2]);
        assert_eq!(board.picture(Instant::now()).open_alerts, 0);
        assert!(board.picture(Instant::now()).calls[2].alerts[0].is_acknowledged);
    }

    #[test]
    fn the_newer_of_two_open_alerts_comes_first() {
        let mut board = board(&[(1, "one"), (2, "two")]);
        let now = Instant::now();
        board.take(1, &alert(s(30)), now);
        board.take(2, &alert(s(40)), now);
        board.take(1, &reading(s(60), Emotion::Neutral, 0.9), now);
        board.take(2, &reading(s(60), Emotion::Neutral, 0.9), now);
        assert_eq!(order(&mut board), [2, 1]);
    }

    #[test]
    fn a_timeline_has_a_cell_for_each_five_seconds_of_the_last_five_minutes() {
        let mut board = board(&[(1, "one")]);
        let now = Instant::now();
        for second in 1..=400 {
            let emotion = if second <= 300 { Emotion::Neutral } else { Emotion::Anger };
            board.take(1, &reading(s(second), emotion, 0.9), now);
        }
        let call = board.picture(Instant::now()).calls.remove(0);
        assert_eq!((call.length_s, call.timeline.len()), (400, 60));
        let (neutral, anger) = (Emotion::Neutral.letter(), Emotion::Anger.letter());
        let expected: String = [neutral; 40].into_iter().chain([anger; 20]).collect();
        assert_eq!(call.timeline, expected);
        // Drawn again and again as time went on, it is the same.
        let mut often = super::tests::board(&[(1, "one")]);
        for second in 1..=400 {
            let emotion = if second <= 300 { Emotion::Neutral } else { Emotion::Anger };
            often.take(1, &reading(s(second), emotion, 0.9), now);
            often.picture(Instant::now());
        }
        assert_eq!(often.picture(Instant::now()).calls[0].timeline, expected);
    }

    #[test]
    fn a_call_that_is_over_says_so_and_goes_after_a_minute() {
        let mut board = board(&[(1, "one"), (2, "two")]);
        let now = Instant::now();
        board.take(1, &reading(s(20), Emotion::Fear, 0.9), now);
        board.take(1, &News::Call(0, CallNews::Ended), now);
        let picture = board.picture(Instant::now());
        assert_eq!(order(&mut board), [2, 1]);
        assert_eq!(picture.calls[1].words, "the call is over");
        board.take(2, &reading(s(99), Emotion::Fear, 0.9), now + LINGERS);
        assert_eq!(order(&mut board), [2]);
    }

    #[test]
    fn nothing_tells_a_number_or_anything_of_an_operator() {
        let mut board = board(&[(7, "+49 30 1234567"), (8, "desk \u{1b}3")]);
        let now = Instant::now();
        let speaks = OperatorState { speaks: true, is_echoed: false };
        board.take(8, &fact(s(3), Event::Operator(speaks)), now);
        board.take(8, &News::Call(0, CallNews::Renamed("sip:4930@x".into())), now);
        let text = serde_json::to_string(&board.picture(Instant::now())).unwrap();
        assert!(text.contains("\"label\":\"call 7\"") && text.contains("\"label\":\"call 8\""));
        for word in ["operator", "4930", "1234567", "\u{1b}", "speaks"] {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }

    #[test]
    fn more_alerts_than_fit_keep_the_open_ones() {
        let mut board = board(&[(1, "one")]);
        let now = Instant::now();
        for n in 1..=12 {
            board.take(1, &alert(s(100 * n)), now);
        }
        for n in 5..=12 {
            board.take(1, &News::Call(0, CallNews::Acknowledged(s(100 * n))), now);
        }
        let call = board.picture(Instant::now()).calls.remove(0);
        let open = call.alerts.iter().filter(|alert| !alert.is_acknowledged);
        assert_eq!(open.map(|alert| alert.at_s).collect::<Vec<_>>(), [400, 300, 200, 100]);
        assert_eq!(call.alerts.len(), ALERTS);
    }

    #[test]
    fn what_hinders_reading_is_said() {
        let mut board = Board::default();
        let now = Instant::now();
        let begun = CallNews::Begun { label: "a".into(), log: None, awaits_notice: true };
        board.take(1, &News::Call(0, begun), now);
        assert!(
            board.picture(Instant::now()).calls[0]
                .note
                .as_ref()
                .is_some_and(|note| note.contains("notice"))
        );
        board.take(1, &News::Call(0, CallNews::NoticeConfirmed), now);
        assert_eq!(board.picture(Instant::now()).calls[0].note, None);
    }
}
