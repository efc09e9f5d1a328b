use super::view::Stage;
use super::*;
use crate::theme::Theme;
use hearing::emotion::{Emotion, Group};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::style::{Color, Modifier};
use record::wall::picture::OVER;
use record::wall::{AlertPicture, CallPicture, NodePicture};

mod anything;

fn call(id: &str, label: &str, now: char, words: &str) -> CallPicture {
    CallPicture {
        call: id.to_owned(),
        node: None,
        label: label.to_owned(),
        length_s: 725,
        now,
        words: words.to_owned(),
        distress: 0,
        note: None,
        timeline: "....NNNN??NN!!,FFFF".to_owned(),
        alerts: Vec::new(),
    }
}

fn alert(at_s: u64, is_acknowledged: bool) -> AlertPicture {
    AlertPicture {
        at: 8_000 * at_s,
        at_s,
        rule: "sustained distress".to_owned(),
        reason: "fear for 8 s of speech, 75 % on average; anger and sadness 10 %".to_owned(),
        guidance: Some("Slow down.\nAsk what is happening right now.".to_owned()),
        is_acknowledged,
    }
}

/// Three calls: one with alerts, one that is over, one at a desk that is silent.
fn three() -> Picture {
    let on = |call: CallPicture, node: &str| CallPicture { node: Some(node.to_owned()), ..call };
    let fear = call("desk-1.a", "Line 2", 'F', "fear 71 %");
    let fear = CallPicture { alerts: vec![alert(700, false), alert(610, true)], ..fear };
    let over = CallPicture { length_s: 4_000, ..call("desk-2.b", "Line 1", OVER, "it is over") };
    let unheard = call("desk-3.c", "Line 9", 'T', "distressed 64 %: fear or sadness");
    let note = Some("nothing is heard of the desk".to_owned());
    let desk = |name: &str, silent_s| NodePicture { name: name.to_owned(), calls: 1, silent_s };
    Picture {
        calls: vec![
            on(fear, "desk-1"),
            on(CallPicture { note, ..unheard }, "desk-3"),
            on(over, "desk-2"),
        ],
        open_alerts: 1,
        cell_s: 5,
        nodes: vec![desk("desk-1", None), desk("desk-2", None), desk("desk-3", Some(40))],
        warning: None,
    }
}

fn settings(colours: Colours) -> Settings {
    Settings { colours, ..Settings::default() }
}

fn view_of(picture: Picture) -> View {
    let mut view = View::new(settings(Colours::True));
    view.resized((100, 20));
    view.take(picture);
    view
}

fn drawn(columns: u16, rows: u16, view: &View) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw::draw(frame, view)).unwrap();
    terminal.backend().clone()
}

fn text(view: &View) -> String {
    drawn(100, 20, view).to_string()
}

fn row_of(buffer: &Buffer, part: &str) -> u16 {
    let row = |y| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..buffer.area.height).find(|y| row(*y).contains(part)).unwrap_or_else(|| panic!("no {part}"))
}

fn press(view: &mut View, code: KeyCode) -> Option<Asked> {
    view.on_key(KeyEvent::new(code, KeyModifiers::NONE))
}

fn selected(view: &View) -> &str {
    &view.call().unwrap().call
}

#[test]
fn three_calls_on_several_screens() {
    let view = view_of(three());
    insta::assert_snapshot!("wall_100x20", drawn(100, 20, &view));
    insta::assert_snapshot!("wall_40x10", drawn(40, 10, &view));
    insta::assert_snapshot!("wall_180x20", drawn(180, 20, &view));
}

#[test]
fn the_help_says_what_keys_and_signs_mean() {
    let mut view = view_of(three());
    press(&mut view, KeyCode::Char('?'));
    insta::assert_snapshot!("wall_help_80x24", drawn(80, 24, &view));
    // Nothing is done behind it, and any key closes it.
    assert_eq!(press(&mut view, KeyCode::Char('a')), None);
    assert!(!view.shows_help);
    press(&mut view, KeyCode::Char('?'));
    assert_eq!(press(&mut view, KeyCode::Char('q')), Some(Asked::Quit));
}

#[test]
fn calls_stand_in_the_pictures_order_and_in_no_other() {
    let ids = ["c", "a", "b"];
    let calls = ids.map(|id| call(id, &format!("Label {id}"), 'N', "neutral 60 %"));
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let calls: Vec<_> = order.iter().map(|index| calls[*index].clone()).collect();
        let view = view_of(Picture { calls: calls.clone(), ..Picture::default() });
        let backend = drawn(100, 20, &view);
        let rows: Vec<u16> =
            calls.iter().map(|call| row_of(backend.buffer(), &call.label)).collect();
        assert!(rows[0] + 1 == rows[1] && rows[1] + 1 == rows[2], "{rows:?}");
    }
}

#[test]
fn a_row_has_clock_words_and_letters_the_newest_at_the_right() {
    let view = view_of(three());
    let backend = drawn(100, 20, &view);
    let buffer = backend.buffer();
    let y = row_of(buffer, "› desk-1");
    let row: String = (0..100).map(|x| buffer[(x, y)].symbol()).collect();
    for part in ["› desk-1", "Line 2", "12:05", " fear 71 % ", " ALERT "] {
        assert!(row.contains(part), "{part} is missing in {row}");
    }
    assert!(row.ends_with("····NNNN??NN××~FFFF"), "{row}");
    let theme = Theme::new(Colours::True, Paper::Unknown);
    assert_eq!(buffer[(99, y)].bg, theme.colour(Emotion::Fear));
    let words = u16::try_from(row.chars().position(|sign| sign == '7').unwrap()).unwrap();
    assert_eq!(buffer[(words, y)].bg, theme.colour(Emotion::Fear));
    let other = row_of(buffer, "  desk-2");
    assert!((0..100).map(|x| buffer[(x, other)].symbol()).collect::<String>().contains("1:06:40"));
}

#[test]
fn the_first_line_counts_and_says_what_is_wrong() {
    let mut picture = three();
    let first = |view: &View| text(view).lines().next().unwrap().to_owned();
    let line = first(&view_of(picture.clone()));
    for part in ["Undertone wall", "2 calls", " 1 OPEN ALERT ", "desk-3 silent for 40 s"] {
        assert!(line.contains(part), "{part} is missing in {line}");
    }
    picture.warning = Some("no link to the broker".to_owned());
    picture.open_alerts = 0;
    let view = view_of(picture);
    let backend = drawn(40, 10, &view);
    assert_eq!(row_of(backend.buffer(), "no link to the broker"), 1, "a line of its own");
    assert!(backend.buffer()[(3, 1)].modifier.contains(Modifier::REVERSED), "an alarm");
    assert!(first(&view).contains("no open alert"));
    for size in [(30, 4), (39, 9)] {
        assert!(drawn(size.0, size.1, &view).to_string().contains("no link to the broker"));
    }
}

#[test]
fn a_long_list_is_shown_by_pages() {
    let calls = (1..=50).map(|n| call(&n.to_string(), &format!("Line {n};"), 'N', "neutral"));
    let mut view = view_of(Picture { calls: calls.collect(), ..Picture::default() });
    for (code, part, place) in [
        (KeyCode::Home, "1-8 of 50", 0),
        (KeyCode::PageDown, "9-16 of 50", 8),
        (KeyCode::PageDown, "17-24 of 50", 16),
        (KeyCode::PageUp, "9-16 of 50", 8),
        (KeyCode::Up, "1-8 of 50", 7),
        (KeyCode::End, "43-50 of 50", 49),
    ] {
        press(&mut view, code);
        let text = text(&view);
        assert!(text.contains(part) && text.contains(&format!("› Line {};", place + 1)), "{text}");
        assert_eq!(view.place(), place);
    }
}

#[test]
fn before_the_first_picture_and_without_calls_it_says_so() {
    let view = View::new(Settings::default());
    assert!(text(&view).contains("waiting for the first picture"));
    let view = view_of(Picture::default());
    assert!(text(&view).contains("no calls") && !text(&view).contains("waiting"));
}

#[test]
fn the_selection_follows_the_call_and_not_the_row() {
    let mut view = view_of(three());
    assert_eq!(selected(&view), "desk-1.a");
    press(&mut view, KeyCode::Down);
    assert_eq!(selected(&view), "desk-3.c");
    let mut picture = three();
    picture.calls.reverse();
    picture.calls.insert(0, call("new", "Line 5", 'A', "anger 80 %"));
    view.take(picture);
    assert_eq!((selected(&view), view.place()), ("desk-3.c", 2));
    let backend = drawn(100, 20, &view);
    row_of(backend.buffer(), "›!desk-3");
    for (code, place) in [
        (KeyCode::Char('k'), 1),
        (KeyCode::Up, 0),
        (KeyCode::Up, 0),
        (KeyCode::End, 3),
        (KeyCode::Char('j'), 3),
        (KeyCode::Home, 0),
        (KeyCode::PageDown, 3),
        (KeyCode::PageUp, 0),
    ] {
        press(&mut view, code);
        assert_eq!(view.place(), place, "{code:?}");
    }
}

#[test]
fn nothing_is_acknowledged_in_a_call_that_took_the_place_of_another() {
    let mut view = view_of(three());
    press(&mut view, KeyCode::Down);
    let mut picture = three();
    picture.calls.remove(1);
    view.take(picture);
    assert_eq!(selected(&view), "desk-1.a");
    assert!(text(&view).contains("the selected call is gone"));
    assert_eq!(press(&mut view, KeyCode::Char('a')), None);
    let seen = Seen { call: "desk-1.a".to_owned(), at: 5_600_000 };
    assert_eq!(press(&mut view, KeyCode::Char('a')), Some(Asked::Acknowledge(seen)));
    // Where nobody chose a call, nobody has to be told.
    let mut view = view_of(Picture { calls: three().calls.split_off(2), ..three() });
    view.take(three());
    assert_eq!(selected(&view), "desk-2.b");
    view.take(Picture { calls: three().calls[..2].to_vec(), ..three() });
    assert_eq!(selected(&view), "desk-1.a");
    assert!(!text(&view).contains("gone") && press(&mut view, KeyCode::Char('a')).is_some());
}

#[test]
fn the_newest_open_alert_of_the_selected_call_is_acknowledged() {
    let (sender, receiver) = crossbeam_channel::bounded(1);
    let mut picture = three();
    picture.calls[0].alerts.insert(1, alert(650, false));
    picture.calls[2].alerts.push(alert(720, false));
    let mut view = view_of(picture.clone());
    let acknowledge = |view: &mut View| match press(view, KeyCode::Char('a')) {
        Some(Asked::Acknowledge(seen)) => hand_over(view, seen, &sender),
        other => panic!("{other:?}"),
    };
    assert!(text(&view).contains(" open "));
    let seen = |at_s: u64| Seen { call: "desk-1.a".to_owned(), at: 8_000 * at_s };
    acknowledge(&mut view);
    assert!(text(&view).contains("acknowledgement sent: Line 2"), "{}", text(&view));
    assert!(text(&view).contains("sent, not confirmed yet"));
    acknowledge(&mut view);
    assert!(text(&view).contains("busy: not sent"), "there was no room");
    assert_eq!(receiver.try_recv().unwrap(), seen(700));
    // The next one, and when all were sent, the newest again.
    for at_s in [650, 700] {
        acknowledge(&mut view);
        assert_eq!(receiver.try_recv().unwrap(), seen(at_s));
    }
    for alert in &mut picture.calls[0].alerts {
        assert_eq!(view.stage(&three().calls[0], alert) == Stage::Acknowledged, alert.at_s == 610);
        alert.is_acknowledged = true;
    }
    view.take(picture);
    assert!(!text(&view).contains("sent") && text(&view).contains("acknowledged"));
    assert_eq!(press(&mut view, KeyCode::Char('a')), None);
    assert!(text(&view).contains("no open alert in this call"));
    drop(receiver);
    hand_over(&mut view, seen(1), &sender);
    assert!(text(&view).contains("not sent: there is no link"));
}

#[test]
fn the_next_call_with_an_open_alert_is_found_around_the_end() {
    let mut picture = three();
    picture.calls[2].alerts.push(alert(720, false));
    let mut view = view_of(picture);
    for id in ["desk-2.b", "desk-1.a", "desk-2.b"] {
        press(&mut view, KeyCode::Char('n'));
        assert_eq!(selected(&view), id);
    }
    let mut view = view_of(Picture { calls: vec![call("a", "A", 'N', "")], ..Picture::default() });
    press(&mut view, KeyCode::Char('n'));
    assert!(text(&view).contains("no open alert"));
}

#[test]
fn only_some_keys_quit_and_a_key_that_is_let_go_does_nothing() {
    let mut view = view_of(three());
    let control = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(view.on_key(control), Some(Asked::Quit));
    assert_eq!(press(&mut view, KeyCode::Esc), None);
    let release = KeyEvent { kind: KeyEventKind::Release, ..KeyCode::Char('q').into() };
    assert_eq!(view.on_key(release), None);
    assert_eq!(press(&mut view, KeyCode::Char('q')), Some(Asked::Quit));
}

#[test]
fn calls_that_are_over_or_not_heard_lose_their_colours() {
    let theme = Theme::new(Colours::True, Paper::Unknown);
    let coloured: Vec<Color> = Emotion::ALL
        .map(|emotion| theme.colour(emotion))
        .into_iter()
        .chain(Group::ALL.map(|group| theme.on_group(group).bg.unwrap()))
        .collect();
    let backend = drawn(100, 20, &view_of(three()));
    let buffer = backend.buffer();
    let n_coloured = |row| (0..100).filter(|x| coloured.contains(&buffer[(*x, row)].bg)).count();
    assert!(n_coloured(row_of(buffer, "› desk-1")) > 10);
    for part in ["  desk-2", " !desk-3"] {
        let row = row_of(buffer, part);
        assert_eq!(n_coloured(row), 0, "{part}");
        assert_eq!(Some(buffer[(2, row)].fg), theme.dim().fg);
        assert_eq!(buffer[(99, row)].symbol(), "F", "the letters stay");
        assert_eq!(Some(buffer[(99, row)].fg), theme.dim().fg);
    }
}

#[test]
fn without_colours_the_letters_say_it_all() {
    let mut view = view_of(three());
    view.settings = settings(Colours::None);
    let backend = drawn(100, 20, &view);
    for cell in backend.buffer().content() {
        assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset));
    }
    assert!(backend.to_string().contains("NNNN??NN××~FFFF"));
}

#[test]
fn a_terminal_without_unicode_gets_none() {
    let mut view = view_of(three());
    let unicode = drawn(100, 20, &view);
    view.settings.charset = Charset::Ascii;
    let ascii = drawn(100, 20, &view);
    assert!(unicode.buffer().content().iter().any(|cell| !cell.symbol().is_ascii()));
    assert!(ascii.buffer().content().iter().all(|cell| cell.symbol().is_ascii()));
    row_of(ascii.buffer(), "> desk-1");
}

#[test]
fn of_many_pictures_the_newest_is_shown_and_an_end_is_told() {
    let (sender, pictures) = crossbeam_channel::unbounded();
    let mut view = View::new(Settings::default());
    for n in 0..5 {
        let calls = vec![call("a", &format!("Label {n}"), 'N', "neutral")];
        sender.send(Picture { calls, ..Picture::default() }).unwrap();
    }
    take_in(&mut view, &pictures);
    assert!(text(&view).contains("Label 4") && !text(&view).contains("this is old"));
    assert!(view.take_changed() && !view.take_changed());
    drop(sender);
    take_in(&mut view, &pictures);
    assert!(view.take_changed() && text(&view).contains("no new pictures come; this is old"));
    take_in(&mut view, &pictures);
    assert!(!view.take_changed(), "it is told once");
}
