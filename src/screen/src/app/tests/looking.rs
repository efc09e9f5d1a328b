//! Keys and clicks that change what is looked at, and nothing else.

use super::*;
use crate::app::order::Attention;
use hearing::emotion::Emotion;
use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

fn twelve() -> App {
    let labels: Vec<String> = (1..=12).map(|number| format!("Line {number}")).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let mut app = app_after(60, setup(&labels, LIVE));
    app.resized((120, 40));
    app
}

fn mouse(app: &mut App, kind: MouseEventKind, column: u16, row: u16) {
    app.on_mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE });
}

#[test]
fn who_needs_attention_comes_first_and_the_selected_line_stays_selected() {
    let mut app = twelve();
    press(&mut app, KeyCode::Down);
    app.apply(begun(9, "told?", true));
    let mut status = app.status.clone();
    status.is_heard[4] = false;
    app.apply(Feed::Status(status));
    app.apply(Feed::Call { caller: 0, news: CallNews::Ended });
    press(&mut app, KeyCode::Char('s'));
    assert_eq!(app.order[..2], [4, 9]);
    app.apply(alert(7, 58));
    app.tick(Duration::from_secs(70));
    assert_eq!(app.order[..3], [7, 4, 9]);
    assert_eq!(app.order[11], 0);
    assert_eq!(app.selected, 1);
    let mut sorted = app.order.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..12).collect::<Vec<_>>());
    let place = app.place();
    press(&mut app, KeyCode::Down);
    assert_eq!(app.selected, app.order[place + 1]);
    press(&mut app, KeyCode::Char('s'));
    assert_eq!(app.order, (0..12).collect::<Vec<_>>());
}

#[test]
fn distress_of_the_last_seconds_is_attention_and_neutral_speech_is_not() {
    let mut app = app_after(1, setup(&["one", "two"], LIVE));
    for (line, emotion) in [(0, Emotion::Neutral), (1, Emotion::Fear)] {
        for second in 2..30 {
            let at = StreamTime::from_ms(1000 * second);
            let event = Event::Reading(crate::rehearsal::reading(at, emotion, 80));
            app.apply(Feed::Fact(Fact { caller: line, at, event }));
        }
    }
    assert_eq!(app.attention(0), Attention::Calm);
    assert_eq!(app.attention(1), Attention::Much);
    app.apply(Feed::Call { caller: 1, news: CallNews::Ended });
    assert_eq!(app.attention(1), Attention::None);
}

#[test]
fn a_sorted_list_moves_only_every_three_seconds() {
    let mut app = twelve();
    press(&mut app, KeyCode::Char('s'));
    let before = app.order.clone();
    app.apply(begun(11, "told?", true));
    app.tick(Duration::from_millis(62_900));
    assert_eq!(app.order, before);
    app.tick(Duration::from_secs(63));
    assert_eq!(app.order[0], 11);
}

#[test]
fn a_caller_is_found_while_the_name_is_typed() {
    let mut app = twelve();
    press(&mut app, KeyCode::Down);
    press(&mut app, KeyCode::Char('/'));
    type_in(&mut app, "NE 11");
    assert_eq!(app.selected, 10);
    type_in(&mut app, "x");
    assert!(app.entry.as_ref().unwrap().is_refused);
    press(&mut app, KeyCode::Backspace);
    assert_eq!(press(&mut app, KeyCode::Enter), None, "the engine has nothing to do with it");
    assert_eq!((app.selected, app.entry.is_none()), (10, true));
    press(&mut app, KeyCode::Char('/'));
    type_in(&mut app, "line 3");
    assert_eq!(app.selected, 2);
    press(&mut app, KeyCode::Esc);
    assert_eq!(app.selected, 10, "never mind");
}

#[test]
fn the_timeline_goes_back_and_the_call_goes_on() {
    let mut app = app_after(108, setup(&["caller"], LIVE));
    for _ in 0..3 {
        press(&mut app, KeyCode::Char('z'));
    }
    assert_eq!(app.last_answer(), Some("the timeline shows 30 s"));
    press(&mut app, KeyCode::Char(','));
    let looks_at = app.looks_at.unwrap();
    assert!((StreamTime::from_ms(90_000)..StreamTime::from_ms(95_000)).contains(&looks_at));
    let level = Event::Level(Level { rms_db: -20.0, peak_db: -9.0 });
    let at = StreamTime::from_ms(109_000);
    app.apply(Feed::Fact(Fact { caller: 0, at, event: level }));
    assert_eq!(app.looks_at, Some(looks_at), "it stands still");
    for _ in 0..50 {
        press(&mut app, KeyCode::Char(','));
    }
    assert!(app.looks_at.unwrap() > StreamTime::from_ms(20_000), "the beginning stays in sight");
    press(&mut app, KeyCode::Char('.'));
    assert!(app.looks_at.is_some());
    press(&mut app, KeyCode::End);
    assert_eq!(app.looks_at, None);
    press(&mut app, KeyCode::Char(','));
    app.apply(begun(0, "next", false));
    assert_eq!(app.looks_at, None, "a new call begins now");
}

#[test]
fn a_held_picture_goes_on_with_the_key_with_another_size_and_when_muted() {
    let mut app = live();
    let held = |app: &mut App| {
        press(app, KeyCode::Char('f'));
        assert!(app.held_for().is_some());
    };
    held(&mut app);
    press(&mut app, KeyCode::Char('f'));
    assert!(app.held_for().is_none());
    held(&mut app);
    app.resized((100, 30));
    assert!(app.held_for().is_none());
    held(&mut app);
    app.apply(Feed::Status(Status { is_muted: true, ..app.status.clone() }));
    assert!(app.held_for().is_none());
    press(&mut app, KeyCode::Char('f'));
    assert!(app.held_for().is_none(), "that nobody is listened to stays in sight");
}

#[test]
fn a_click_selects_the_caller_and_the_wheel_moves_what_is_below_it() {
    let mut app = twelve();
    let layout = app.layout();
    mouse(&mut app, MouseEventKind::Down(MouseButton::Left), 5, layout.list.y + 4);
    assert_eq!(app.selected, 3, "the heading is the first row");
    mouse(&mut app, MouseEventKind::Down(MouseButton::Left), 5, layout.list.y);
    assert_eq!(app.selected, 3);
    mouse(&mut app, MouseEventKind::ScrollDown, 5, layout.list.y + 4);
    assert_eq!(app.selected, 4);
    mouse(&mut app, MouseEventKind::ScrollUp, 5, layout.strip.y);
    assert_eq!(app.zoom, Zoom::OneSecond);
    mouse(&mut app, MouseEventKind::ScrollDown, 5, layout.strip.y);
    assert_eq!(app.zoom, Zoom::default());
    mouse(&mut app, MouseEventKind::Down(MouseButton::Left), 500, 500);
    assert_eq!(app.selected, 4);
}

#[test]
fn other_keys_can_be_bound() {
    let settings = toml::from_str("mark = \"f2\"\nbegin_call = \"b\"").unwrap();
    let mut setup = setup(&["caller"], LIVE);
    setup.options.keys = crate::Keys::new(&settings).unwrap();
    let mut app = app_after(5, setup);
    let at = StreamTime::from_ms(5_000);
    assert_eq!(
        press(&mut app, KeyCode::F(2)),
        Some(Action::Mark { caller: 0, at, text: String::new() })
    );
    assert_eq!(press(&mut app, KeyCode::Char('m')), None);
    app.apply(Feed::Call { caller: 0, news: CallNews::Ended });
    assert_eq!(press(&mut app, KeyCode::F(2)), None);
    assert_eq!(app.last_answer(), Some("there is no call on this line; b begins one"));
}
