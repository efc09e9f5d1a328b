use super::*;
use crate::dashboard::rehearsal::{REPLAY, app_after, setup};
use crate::pipeline::{Event, Level, Update};
use ratatui::crossterm::event::{KeyCode, KeyModifiers};

fn live() -> App {
    app_after(20, setup(&["caller"], Mode::Live))
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
        app.handed_over(Action::SetSpeed(expected));
    }
    assert_eq!(press(&mut app, KeyCode::Char('+')), None);
    app.status.speed = f64::INFINITY;
    assert_eq!(press(&mut app, KeyCode::Char('-')), Some(Action::SetSpeed(16.0)));
}

#[test]
fn a_mark_is_drawn_only_once_the_engine_has_it() {
    let mut app = live();
    let action = press(&mut app, KeyCode::Char('m'));
    assert_eq!(action, Some(Action::Mark));
    let marks = |app: &App| {
        let timeline = &app.callers[0].timeline;
        timeline.marks(StreamTime::ZERO, StreamTime::from_ms(60_000)).count()
    };
    assert_eq!(marks(&app), 0);
    app.handed_over(Action::Mark);
    assert_eq!(marks(&app), 1);
    assert_eq!(app.last_answer(), Some("marked at 0:20"));
    app.refused();
    assert_eq!(marks(&app), 1);
}

#[test]
fn an_answer_goes_after_a_while_and_a_notice_stays() {
    let mut app = live();
    app.handed_over(Action::Mark);
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
    let mut changes = 0;
    for tenth in 1..=100_u16 {
        let at = StreamTime::from_ms(20_000 + 100 * u64::from(tenth));
        let level = Level { rms_db: -f32::from(tenth), peak_db: 0.0 };
        app.apply(Feed::Update(Update { caller: 0, at, event: Event::Level(level) }));
        let before = app.callers[0].printed;
        app.tick(Duration::from_secs(20) + Duration::from_millis(100) * tenth.into());
        changes += u32::from(app.callers[0].printed != before);
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
    press(&mut app, KeyCode::Char('x'));
    assert!(!app.take_changed());
    app.resized();
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
    app.apply(Feed::Update(Update { caller: 0, at: StreamTime::from_ms(15_000), event }));
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
    let mut app = app_after(1, setup(&["one", "two"], Mode::Live));
    for (key, selected) in
        [(KeyCode::Up, 0), (KeyCode::Down, 1), (KeyCode::Down, 1), (KeyCode::Char('k'), 0)]
    {
        assert_eq!(press(&mut app, key), None);
        assert_eq!(app.selected, selected);
    }
    let mut nobody = App::new(setup(&[], Mode::Live));
    assert_eq!(press(&mut nobody, KeyCode::Down), None);
    assert_eq!(nobody.selected, 0);
}

#[test]
fn an_update_of_an_unknown_caller_is_ignored() {
    let mut app = live();
    let before = app.callers[0].printed;
    let level = Level { rms_db: -1.0, peak_db: 0.0 };
    let at = StreamTime::from_ms(99_000);
    app.apply(Feed::Update(Update { caller: 7, at, event: Event::Level(level) }));
    app.tick(Duration::from_mins(1));
    assert_eq!(app.callers[0].printed, before);
}

#[test]
fn nothing_that_comes_from_outside_steers_the_terminal() {
    let nasty = "\u{1b}[31mred\u{7}";
    let mut setup = setup(&[nasty], Mode::Live);
    for text in [&mut setup.model, &mut setup.backend, &mut setup.source] {
        *text = nasty.to_owned();
    }
    setup.log = Some(nasty.into());
    setup.notice = Some(nasty.to_owned());
    let mut app = App::new(setup);
    let clean = "␛[31mred␇";
    assert_eq!(app.callers[0].label, clean);
    assert_eq!([&app.setup.model, &app.setup.backend, &app.setup.source], [clean; 3]);
    assert_eq!((app.log.as_deref(), app.notice.as_deref()), (Some(clean), Some(clean)));
    app.apply(Feed::Notice(nasty.to_owned()));
    assert_eq!(app.notice.as_deref(), Some(clean));
    app.apply(Feed::Finished(Some(nasty.to_owned())));
    assert_eq!(app.ending, Some(Ending::Failed(clean.to_owned())));
}
