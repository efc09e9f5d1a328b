//! What stands where on the wall, and what never does.

use super::*;
use hearing::emotion::{Emotion, Scores, Verdict};
use hearing::timeline::{Activity, Alert, OperatorState, Reading, Rule};

fn s(seconds: u64) -> StreamTime {
    StreamTime::from_ms(1_000 * seconds)
}

/// What is told in these tests, of calls with numbers.
enum News {
    Fact(Fact),
    Call(CallNews),
}

trait Take {
    fn take(&mut self, call: u64, news: &News, now: Duration);
}

impl Take for Board {
    fn take(&mut self, call: u64, news: &News, now: Duration) {
        let key = call.to_string();
        match news {
            News::Fact(fact) => self.fact(&key, fact),
            News::Call(news) => self.news(&key, news, &format!("call {call}"), now),
        }
    }
}

const NOW: Duration = Duration::from_secs(100);

fn fact(at: StreamTime, event: Event) -> News {
    News::Fact(Fact { caller: 0, at, event })
}

fn begun(label: &str) -> News {
    let label = label.to_owned();
    News::Call(CallNews::Begun { label, log: None, awaits_notice: false })
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
fn board(calls: &[(u64, &str)]) -> Board {
    let mut board = Board::default();
    for (id, label) in calls {
        board.take(*id, &begun(label), NOW);
        board.take(*id, &fact(s(0), Event::Activity(Activity::Speaking)), NOW);
    }
    board
}

fn order(board: &mut Board) -> Vec<u64> {
    board.picture(NOW).calls.iter().map(|call| call.call.parse().unwrap()).collect()
}

#[test]
fn a_call_with_an_open_alert_comes_first_until_it_is_acknowledged() {
    let mut board = board(&[(1, "one"), (2, "two"), (3, "three")]);
    let now = NOW;
    for id in 1..=3 {
        board.take(id, &reading(s(20), Emotion::Neutral, 0.9), now);
    }
    assert_eq!(order(&mut board), [1, 2, 3]);
    board.take(3, &reading(s(21), Emotion::Fear, 0.8), now);
    assert_eq!(order(&mut board), [3, 1, 2], "who sounds distressed");
    board.take(2, &alert(s(21)), now);
    assert_eq!(order(&mut board), [2, 3, 1]);
    let picture = board.picture(NOW);
    assert_eq!((picture.open_alerts, picture.calls[0].alerts[0].at_s), (1, 21));
    assert_eq!(picture.calls[1].words, "fear 80 %");
    board.take(2, &News::Call(CallNews::Acknowledged(s(21))), now);
    assert_eq!(order(&mut board), [3, 1, 2]);
    assert_eq!(board.picture(NOW).open_alerts, 0);
    assert!(board.picture(NOW).calls[2].alerts[0].is_acknowledged);
}

#[test]
fn the_newer_of_two_open_alerts_comes_first() {
    let mut board = board(&[(1, "one"), (2, "two")]);
    let now = NOW;
    board.take(1, &alert(s(30)), now);
    board.take(2, &alert(s(40)), now);
    board.take(1, &reading(s(60), Emotion::Neutral, 0.9), now);
    board.take(2, &reading(s(60), Emotion::Neutral, 0.9), now);
    assert_eq!(order(&mut board), [2, 1]);
}

#[test]
fn a_timeline_has_a_cell_for_each_five_seconds_of_the_last_five_minutes() {
    let mut board = board(&[(1, "one")]);
    let now = NOW;
    for second in 1..=400 {
        let emotion = if second <= 300 { Emotion::Neutral } else { Emotion::Anger };
        board.take(1, &reading(s(second), emotion, 0.9), now);
    }
    let call = board.picture(NOW).calls.remove(0);
    assert_eq!((call.length_s, call.timeline.len()), (400, 60));
    let (neutral, anger) = (Emotion::Neutral.letter(), Emotion::Anger.letter());
    let expected: String = [neutral; 40].into_iter().chain([anger; 20]).collect();
    assert_eq!(call.timeline, expected);
    // Drawn again and again as time went on, it is the same.
    let mut often = super::tests::board(&[(1, "one")]);
    for second in 1..=400 {
        let emotion = if second <= 300 { Emotion::Neutral } else { Emotion::Anger };
        often.take(1, &reading(s(second), emotion, 0.9), now);
        let _ = often.picture(NOW);
    }
    assert_eq!(often.picture(NOW).calls[0].timeline, expected);
}

#[test]
fn a_call_that_is_over_says_so_and_goes_after_a_minute() {
    let mut board = board(&[(1, "one"), (2, "two")]);
    let now = NOW;
    board.take(1, &reading(s(20), Emotion::Fear, 0.9), now);
    board.take(1, &News::Call(CallNews::Ended), now);
    let picture = board.picture(NOW);
    assert_eq!(order(&mut board), [2, 1]);
    assert_eq!(picture.calls[1].words, "over");
    let later = board.picture(now + LINGERS);
    assert_eq!(later.calls.iter().map(|call| call.call.as_str()).collect::<Vec<_>>(), ["2"]);
}

#[test]
fn nothing_tells_a_number_or_anything_of_an_operator() {
    let mut board = board(&[(7, "+49 30 1234567"), (8, "desk \u{1b}3")]);
    let now = NOW;
    let speaks = OperatorState { speaks: true, is_echoed: false };
    board.take(8, &fact(s(3), Event::Operator(speaks)), now);
    board.take(8, &News::Call(CallNews::Renamed("sip:4930@x".into())), now);
    let text = serde_json::to_string(&board.picture(NOW)).unwrap();
    assert!(text.contains("\"label\":\"call 7\"") && text.contains("\"label\":\"call 8\""));
    for word in ["operator", "4930", "1234567", "\u{1b}", "speaks"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
}

#[test]
fn more_alerts_than_fit_keep_the_open_ones() {
    let mut board = board(&[(1, "one")]);
    let now = NOW;
    for n in 1..=12 {
        board.take(1, &alert(s(100 * n)), now);
    }
    for n in 5..=12 {
        board.take(1, &News::Call(CallNews::Acknowledged(s(100 * n))), now);
    }
    let call = board.picture(NOW).calls.remove(0);
    let open = call.alerts.iter().filter(|alert| !alert.is_acknowledged);
    assert_eq!(open.map(|alert| alert.at_s).collect::<Vec<_>>(), [400, 300, 200, 100]);
    assert_eq!(call.alerts.len(), ALERTS);
}

#[test]
fn what_hinders_reading_is_said() {
    let mut board = Board::default();
    let now = NOW;
    let begun = CallNews::Begun { label: "a".into(), log: None, awaits_notice: true };
    board.take(1, &News::Call(begun), now);
    assert!(board.picture(NOW).calls[0].note.as_ref().is_some_and(|note| note.contains("notice")));
    board.take(1, &News::Call(CallNews::NoticeConfirmed), now);
    assert_eq!(board.picture(NOW).calls[0].note, None);
}
