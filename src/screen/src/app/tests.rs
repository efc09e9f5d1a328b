mod alerts;
mod looking;

use super::*;
use crate::feed::{Action, Line};
use crate::rehearsal::{LIVE, REPLAY, alert, app_after, begun, setup};
use hearing::fact::{Event, Fact, Level};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

const MARK: Action =
    Action::Mark { caller: 0, at: StreamTime::from_ms(20_000), text: String::new() };

fn live() -> App {
    app_after(20, setup(&["caller"], LIVE))
}

fn replay() -> App {
    app_after(20, setup(&["caller"], REPLAY))
}

fn press(app: &mut App, code: KeyCode) -> Option<Action> {
    app.on_key(KeyEvent::new(code, KeyModifiers::NONE))
}

#[test]
fn a_replay_can_be_held_and_moved_and_a_live_call_cannot() {
    let keys = [
        (KeyCode::Char(' '), Action::TogglePause),
        (KeyCode::Left, Action::SeekBy(-5)),
        (KeyCode::Right, Action::SeekBy(5)),
        (KeyCode::PageUp, Action::SeekBy(-30)),
        (KeyCode::PageDown, Action::SeekBy(30)),
        (KeyCode::Char('+'), Action::SetSpeed(2.0)),
        (KeyCode::Char('-'), Action::SetSpeed(0.5)),
    ];
    for (key, action) in keys {
        assert_eq!(press(&mut replay(), key), Some(action));
        assert_eq!(press(&mut live(), key), None);
    }
}

#[test]
fn escape_closes_the_help_before_it_quits() {
    let mut app = live();
    assert_eq!(press(&mut app, KeyCode::Char('?')), None);
    assert!(app.help);
    assert_eq!(press(&mut app, KeyCode::Esc), None);
    assert!(!app.help);
    assert_eq!(press(&mut app, KeyCode::Esc), Some(Action::Quit));
}

#[test]
fn letting_a_key_go_does_nothing() {
    let mut key = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE);
    key.kind = KeyEventKind::Release;
    assert_eq!(live().on_key(key), None);
}

#[test]
fn each_press_steps_the_speed_on_even_before_the_engine_answers() {
    let mut app = replay();
    for expected in [2.0, 4.0, 8.0, 16.0] {
        let action = press(&mut app, KeyCode::Char('+'));
        assert_eq!(action, Some(Action::SetSpeed(expected)));
        app.handed_over(&Action::SetSpeed(expected));
    }
    assert_eq!(press(&mut app, KeyCode::Char('+')), None);
    app.status.speed = f64::INFINITY;
    assert_eq!(press(&mut app, KeyCode::Char('-')), Some(Action::SetSpeed(16.0)));
}

#[test]
fn a_mark_is_drawn_only_once_the_engine_has_it() {
    let mut app = live();
    let action = press(&mut app, KeyCode::Char('m'));
    assert_eq!(action, Some(MARK));
    let marks = |app: &App| {
        let timeline = &app.callers[0].timeline;
        timeline.marks(StreamTime::ZERO, StreamTime::from_ms(60_000)).count()
    };
    assert_eq!(marks(&app), 0);
    app.handed_over(&MARK);
    assert_eq!(marks(&app), 1);
    assert_eq!(app.last_answer(), Some("marked at 0:20"));
    app.refused();
    assert_eq!(marks(&app), 1);
}

#[test]
fn an_answer_goes_after_a_while_and_a_notice_stays() {
    let mut app = live();
    app.handed_over(&MARK);
    app.tick(Duration::from_secs(22));
    assert!(app.last_answer().is_some());
    app.take_changed();
    app.tick(Duration::from_secs(23));
    assert!(app.last_answer().is_none());
    assert!(app.take_changed());
    assert!(app.notice.is_some());
}

#[test]
fn numbers_change_at_most_twice_a_second() {
    let mut app = live();
    let numbers = |app: &App| (app.callers[0].printed.level_db, app.callers[0].printed.clock);
    let mut changes = 0;
    for tenth in 1..=100_u16 {
        let at = StreamTime::from_ms(20_000 + 100 * u64::from(tenth));
        let level = Level { rms_db: -f32::from(tenth), peak_db: 0.0 };
        app.apply(Feed::Fact(Fact { caller: 0, at, event: Event::Level(level) }));
        let before = numbers(&app);
        app.tick(Duration::from_secs(20) + Duration::from_millis(100) * tenth.into());
        changes += u32::from(numbers(&app) != before);
    }
    assert_eq!(changes, 20);
}

#[test]
fn nothing_new_needs_no_new_picture() {
    let mut app = live();
    assert!(app.take_changed());
    assert!(!app.take_changed());
    app.tick(Duration::from_secs(21));
    assert!(!app.take_changed());
    press(&mut app, KeyCode::Char('y'));
    assert!(!app.take_changed());
    app.resized((80, 24));
    assert!(app.take_changed());
}

#[test]
fn when_it_is_over_only_looking_moving_and_leaving_are_left() {
    let mut app = replay();
    app.apply(Feed::Finished(None));
    app.engine_left();
    assert_eq!(app.ending, Some(Ending::Over), "the engine may leave after the end");
    assert_eq!(press(&mut app, KeyCode::Char(' ')), None);
    assert_eq!(press(&mut app, KeyCode::Char('m')), None);
    assert_eq!(press(&mut app, KeyCode::Char('q')), Some(Action::Quit));
    assert_eq!(press(&mut app, KeyCode::Left), Some(Action::SeekBy(-5)));
    let event = Event::Seek { from: StreamTime::from_ms(20_000) };
    app.apply(Feed::Fact(Fact { caller: 0, at: StreamTime::from_ms(15_000), event }));
    assert_eq!(app.ending, None, "a replay that was moved back goes on");
}

#[test]
fn an_engine_that_leaves_without_a_word_is_an_error() {
    let mut app = live();
    app.engine_left();
    assert!(matches!(app.ending, Some(Ending::Failed(_))));
}

#[test]
fn the_selection_stays_among_the_callers() {
    let mut app = app_after(1, setup(&["one", "two"], LIVE));
    for (key, selected) in
        [(KeyCode::Up, 0), (KeyCode::Down, 1), (KeyCode::Down, 1), (KeyCode::Char('k'), 0)]
    {
        assert_eq!(press(&mut app, key), None);
        assert_eq!(app.selected, selected);
    }
    let mut nobody = App::new(setup(&[], LIVE));
    assert_eq!(press(&mut nobody, KeyCode::Down), None);
    assert_eq!(nobody.selected, 0);
}

#[test]
fn an_update_of_an_unknown_caller_is_ignored() {
    let mut app = live();
    let before = app.callers[0].printed;
    let level = Level { rms_db: -1.0, peak_db: 0.0 };
    let at = StreamTime::from_ms(99_000);
    app.apply(Feed::Fact(Fact { caller: 7, at, event: Event::Level(level) }));
    app.tick(Duration::from_mins(1));
    assert_eq!(app.callers[0].printed, before);
}

#[test]
fn nothing_that_comes_from_outside_steers_the_terminal() {
    let nasty = "\u{1b}[31mred\u{7}";
    let mut setup = setup(&[nasty], LIVE);
    setup.lines = vec![Line { label: nasty.into(), source: nasty.into() }];
    (setup.model, setup.backend) = (nasty.to_owned(), nasty.to_owned());
    setup.notice_text = Some(nasty.to_owned());
    setup.notice = Some(nasty.to_owned());
    let mut app = App::new(setup);
    let clean = "␛[31mred␇";
    assert_eq!([&app.callers[0].label, &app.callers[0].source], [clean; 2]);
    assert_eq!([&app.setup.model, &app.setup.backend], [clean; 2]);
    assert_eq!(app.notice.as_deref(), Some(clean));
    assert_eq!(app.setup.notice_text.as_deref(), Some(clean));
    let news =
        CallNews::Begun { label: nasty.into(), log: Some(nasty.into()), awaits_notice: true };
    app.apply(Feed::Call { caller: 0, news });
    assert_eq!(app.callers[0].log.as_deref(), Some(clean));
    app.apply(Feed::Notice(nasty.to_owned()));
    assert_eq!(app.notice.as_deref(), Some(clean));
    app.apply(Feed::Call { caller: 0, news: CallNews::NoticeConfirmed });
    let Feed::Fact(mut update) = alert(0, 1) else { panic!("an alert is an update") };
    if let Event::Alert(alert) = &mut update.event {
        (alert.reason, alert.guidance) = (nasty.to_owned(), Some(nasty.to_owned()));
    }
    app.apply(Feed::Fact(update));
    let alert = app.alert(0).unwrap();
    assert_eq!((alert.reason.as_str(), alert.guidance.as_deref()), (clean, Some(clean)));
    app.apply(Feed::Status(Status { backend: Some(nasty.to_owned()), ..app.status.clone() }));
    assert_eq!(app.backend(), clean);
    app.apply(Feed::Finished(Some(nasty.to_owned())));
    assert_eq!(app.ending, Some(Ending::Failed(clean.to_owned())));
}

fn type_in(app: &mut App, text: &str) {
    for character in text.chars() {
        assert_eq!(press(app, KeyCode::Char(character)), None);
    }
}

fn idle() -> App {
    App::new(setup(&["line 1", "line 2"], LIVE))
}

#[test]
fn a_call_begins_with_the_label_that_was_typed_on_the_selected_line() {
    let mut app = idle();
    press(&mut app, KeyCode::Down);
    assert_eq!(press(&mut app, KeyCode::Char('n')), None);
    type_in(&mut app, "Mr q, 2nd");
    let label = "Mr q, 2nd".to_owned();
    let action = press(&mut app, KeyCode::Enter);
    assert_eq!(action, Some(Action::BeginCall { caller: 1, label }));
    assert!(app.entry.is_none());
}

#[test]
fn while_something_is_typed_keys_write_and_only_control_c_quits() {
    let mut app = live();
    press(&mut app, KeyCode::Char('t'));
    type_in(&mut app, "qmpne?");
    app.on_paste("\nq\u{3}");
    assert_eq!(app.entry.as_ref().unwrap().text, "qmpne? q");
    assert_eq!(press(&mut app, KeyCode::Esc), None);
    assert!(app.entry.is_none());
    press(&mut app, KeyCode::Char('l'));
    let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(app.on_key(interrupt), Some(Action::Quit));
}

#[test]
fn what_is_pasted_where_nothing_is_asked_for_is_no_command() {
    let mut app = live();
    app.take_changed();
    app.on_paste("q");
    assert!(app.entry.is_none() && !app.take_changed());
}

#[test]
fn a_mark_with_a_text_is_drawn_with_it() {
    let mut app = live();
    press(&mut app, KeyCode::Char('t'));
    type_in(&mut app, "cries");
    let at = StreamTime::from_ms(24_000);
    let level = Level { rms_db: -20.0, peak_db: 0.0 };
    app.apply(Feed::Fact(Fact { caller: 0, at, event: Event::Level(level) }));
    let action = press(&mut app, KeyCode::Enter).unwrap();
    let at = StreamTime::from_ms(20_000);
    assert_eq!(action, Action::Mark { caller: 0, at, text: "cries".into() }, "while it was typed");
    app.handed_over(&action);
    let marks = app.callers[0].timeline.marks(StreamTime::ZERO, StreamTime::from_ms(60_000));
    assert_eq!(marks.map(|mark| mark.text.as_str()).collect::<Vec<_>>(), ["cries"]);
}

#[test]
fn a_call_ends_on_the_second_press_within_three_seconds_and_nothing_between() {
    let end = Some(Action::EndCall { caller: 0 });
    let mut app = live();
    assert_eq!(press(&mut app, KeyCode::Char('e')), None);
    assert_eq!(app.to_end(), Some("caller"));
    assert_eq!(press(&mut app, KeyCode::Char('e')), end);

    press(&mut app, KeyCode::Char('e'));
    press(&mut app, KeyCode::Char('?'));
    assert_eq!(press(&mut app, KeyCode::Char('e')), None, "another key was between");

    app.tick(Duration::from_secs(24));
    assert_eq!(app.to_end(), None);
    assert_eq!(press(&mut app, KeyCode::Char('e')), None, "it took too long");

    app.apply(Feed::Call { caller: 0, news: CallNews::Ended });
    assert_eq!(app.to_end(), None);
    assert_eq!(press(&mut app, KeyCode::Char('e')), None);
    assert_eq!(app.last_answer(), Some("there is no call on this line; n begins one"));
}

#[test]
fn the_notice_is_confirmed_only_where_it_is_asked_for() {
    let mut app = live();
    assert_eq!(press(&mut app, KeyCode::Char('c')), None);
    app.apply(begun(0, "next", true));
    let action = press(&mut app, KeyCode::Char('c'));
    assert_eq!(action, Some(Action::ConfirmNotice { caller: 0 }));
    app.handed_over(&action.unwrap());
    assert_eq!(app.callers[0].phase, Phase::AwaitsNotice, "the engine has to say it");
    app.apply(Feed::Call { caller: 0, news: CallNews::NoticeConfirmed });
    assert_eq!(app.callers[0].phase, Phase::Running);
    assert_eq!(app.last_answer(), Some("next: the caller was told; readings begin"));
    assert_eq!(press(&mut app, KeyCode::Char('c')), None);
}

#[test]
fn only_the_engine_says_that_nobody_is_listened_to_and_the_screen_counts_how_long() {
    let mut app = live();
    let action = press(&mut app, KeyCode::Char('p'));
    assert_eq!(action, Some(Action::ToggleMute));
    app.handed_over(&action.unwrap());
    assert!(!app.is_muted());
    let muted = |is_muted| Feed::Status(Status { is_muted, ..live().status });
    app.apply(muted(true));
    assert!(app.is_muted());
    app.take_changed();
    app.tick(Duration::from_secs(62));
    assert!(app.take_changed(), "the clock runs");
    app.apply(muted(true));
    assert_eq!(app.muted_for(), StreamTime::from_ms(42_000));
    app.apply(begun(0, "next", true));
    assert_eq!(press(&mut app, KeyCode::Char('c')), None, "the notice is not in sight");
    app.apply(muted(false));
    assert!(!app.is_muted());
    assert_eq!(press(&mut replay(), KeyCode::Char('p')), None, "a recording hears nobody");
}

#[test]
fn what_is_typed_for_a_call_that_ended_is_told_and_not_sent() {
    let mut app = live();
    press(&mut app, KeyCode::Char('t'));
    type_in(&mut app, "late");
    app.apply(Feed::Call { caller: 0, news: CallNews::Ended });
    assert!(app.entry.is_none());
    assert!(app.last_answer().unwrap().contains("that call is over"));
    press(&mut app, KeyCode::Char('n'));
    app.apply(begun(0, "by itself", false));
    assert!(app.entry.is_some(), "a new call is still wanted");
}

#[test]
fn news_of_an_unknown_line_are_ignored() {
    let mut app = live();
    app.apply(begun(9, "none", true));
    assert_eq!(app.callers.len(), 1);
    assert_eq!(app.callers[0].label, "caller");
}
