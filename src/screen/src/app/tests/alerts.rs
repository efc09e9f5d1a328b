//! Alerts: acknowledged, forgotten with their call, and found again in a replay.

use super::*;
use hearing::fact::SeenBy;

#[test]
fn alerts_are_acknowledged_one_by_one_and_only_while_they_are_in_sight() {
    let mut app = live();
    assert_eq!(press(&mut app, KeyCode::Char('a')), None, "there is none");
    app.apply(alert(0, 12));
    app.apply(alert(0, 18));
    assert_eq!(app.alerts(), 1, "one caller has them");
    press(&mut app, KeyCode::Char('f'));
    assert_eq!(press(&mut app, KeyCode::Char('a')), None, "the picture is an old one");
    press(&mut app, KeyCode::Char('f'));
    for second in [18, 12] {
        let at = StreamTime::from_ms(1000 * second);
        let action = press(&mut app, KeyCode::Char('a')).unwrap();
        assert_eq!(action, Action::Acknowledge { caller: 0, at, by: SeenBy::Desk });
        app.handed_over(&action);
    }
    assert_eq!(app.last_answer(), Some("the alert of 0:12 is acknowledged"));
    assert_eq!(press(&mut app, KeyCode::Char('a')), None);
    assert_eq!(app.alerts(), 0);
}

#[test]
fn the_alert_of_a_call_that_is_over_asks_for_nobody() {
    let mut app = live();
    app.apply(alert(0, 12));
    app.apply(Feed::Call { caller: 0, news: CallNews::Ended });
    assert_eq!((app.alerts(), press(&mut app, KeyCode::Char('a'))), (0, None));
    assert_eq!(app.callers[0].open_alerts().len(), 1, "it was not acknowledged");
    app.apply(begun(0, "next", false));
    assert_eq!(app.alerts(), 0);
}

#[test]
fn a_replay_goes_to_the_mark_or_alert_before_and_after() {
    let mut app = replay();
    for key in ['[', ']'] {
        assert_eq!(press(&mut app, KeyCode::Char(key)), None, "there is none");
    }
    assert_eq!(app.last_answer(), Some("no mark or alert after this that was heard"));
    app.apply(alert(0, 8));
    app.callers[0].timeline.mark(StreamTime::from_ms(14_000), "");
    let seconds = |second: u64| Some(Action::SeekTo(StreamTime::from_ms(1000 * second)));
    assert_eq!(press(&mut app, KeyCode::Char('[')), seconds(14));
    let moved = |from, to| {
        let [from, at] = [from, to].map(|second: u64| StreamTime::from_ms(1000 * second));
        Feed::Fact(Fact { caller: 0, at, event: Event::Seek { from } })
    };
    app.apply(moved(20, 14));
    assert_eq!(press(&mut app, KeyCode::Char('[')), seconds(8));
    app.apply(moved(14, 8));
    assert_eq!(press(&mut app, KeyCode::Char(']')), seconds(14));
    assert_eq!(press(&mut live(), KeyCode::Char('[')), None);
}
