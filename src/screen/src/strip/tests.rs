use super::*;
use crate::rehearsal::reading;
use crate::rehearsal::{LIVE, begun, setup};
use crate::theme::{Colours, Paper};
use hearing::emotion::Emotion;
use hearing::timeline::Activity;
use ratatui::style::{Color, Modifier};

fn seconds(seconds: u64) -> StreamTime {
    StreamTime::from_ms(1000 * seconds)
}

/// Silence to 4 s, fear to 8 s, lost to 10 s, weak sadness to 12 s, and a mark at 5 s.
fn timeline() -> Timeline {
    let mut timeline = Timeline::new();
    timeline.activity(seconds(4), Activity::Speaking);
    timeline.reading(reading(seconds(6), Emotion::Fear, 80));
    timeline.reading(reading(seconds(8), Emotion::Fear, 80));
    timeline.gap(seconds(8), seconds(2));
    timeline.reading(reading(seconds(12), Emotion::Sadness, 40));
    timeline.mark(seconds(5), "here");
    timeline
}

fn live(area: Rect, timeline: &Timeline) -> Window {
    Window::live(Zoom::default(), area.width, timeline.now())
}

#[test]
fn the_strip_ends_now_and_begins_with_the_call() {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 9, 1));
    let area = buffer.area;
    let mut timeline = timeline();
    timeline.advance(StreamTime::from_ms(12_100));
    draw(
        &mut buffer,
        area,
        live(area, &timeline),
        &timeline,
        Theme::new(Colours::None, Paper::Unknown),
    );
    let fear = Modifier::BOLD | Modifier::REVERSED;
    let mut expected = Buffer::with_lines(["  ··FF×ss"]);
    for (x, modifier) in
        [(2, Modifier::DIM), (3, Modifier::DIM), (4, fear | Modifier::UNDERLINED), (5, fear)]
    {
        expected[(x, 0)].modifier = modifier;
    }
    for (x, modifier) in [(6, Modifier::BOLD), (7, fear), (8, fear)] {
        expected[(x, 0)].modifier = modifier;
    }
    assert_eq!(buffer, expected);
}

#[test]
fn what_was_drawn_moves_left_and_keeps_its_face() {
    let face = |now: u64| {
        let mut timeline = timeline();
        timeline.activity(seconds(12), Activity::Listening);
        timeline.advance(StreamTime::from_ms(now));
        let mut buffer = Buffer::empty(Rect::new(0, 0, 9, 1));
        let area = buffer.area;
        draw(
            &mut buffer,
            area,
            live(area, &timeline),
            &timeline,
            Theme::new(Colours::True, Paper::Unknown),
        );
        buffer.content().iter().map(|cell| cell.symbol().to_owned()).collect::<String>()
    };
    assert_eq!(face(12_100), "  ··FF×s·");
    assert_eq!(face(13_900), "  ··FF×s·");
    assert_eq!(face(14_100), " ··FF×s··");
}

#[test]
fn colours_and_losses_fill_every_row_and_letters_one() {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 7, 3));
    let area = buffer.area;
    draw(
        &mut buffer,
        area,
        live(area, &timeline()),
        &timeline(),
        Theme::new(Colours::True, Paper::Unknown),
    );
    let symbols = |y: u16| (0..7).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    assert_eq!(symbols(0), "    ×  ");
    assert_eq!(symbols(1), "··FF×s ");
    for y in 0..3 {
        assert_eq!(buffer[(2, y)].bg, Color::Rgb(0xc4, 0x4a, 0xff));
    }
}

fn rows(buffer: &Buffer) -> Vec<String> {
    let area = buffer.area;
    let row = |y| (0..area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..area.height).map(row).collect()
}

fn app() -> App {
    let mut app = App::new(setup(&["caller"], LIVE));
    app.apply(begun(0, "caller", false));
    app.callers[0].timeline = timeline();
    app
}

fn drawn(app: &App, columns: u16) -> Vec<String> {
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, 3));
    let strip = Rect { height: 1, ..buffer.area };
    let axis = Rect { y: 1, height: 2, ..buffer.area };
    let caller = &app.callers[0];
    let view = View::new(strip, app, caller);
    draw_view(&mut buffer, strip, &view, caller, Theme::new(Colours::None, Paper::Unknown));
    draw_axis(&mut buffer, axis, &view, caller, Theme::new(Colours::None, Paper::Unknown));
    rows(&buffer)
}

#[test]
fn the_axis_shows_marks_and_losses_where_they_were() {
    let rows = drawn(&app(), 40);
    assert_eq!(rows[1], "─────────┬─────────────────────────▲─×─┐");
    assert_eq!(rows[2], "       1 min                         now");
}

#[test]
fn what_was_before_is_shown_beside_the_live_edge() {
    let mut app = app();
    app.callers[0].timeline.activity(seconds(12), Activity::Listening);
    app.callers[0].timeline.advance(seconds(300));
    app.looks_at = Some(seconds(9));
    let rows = drawn(&app, 48);
    assert_eq!(rows[0], "                                  ··FF×┃······· ");
    assert_eq!(rows[1], "──────────────────────────────────┬─▲─×┃───────┐");
    assert_eq!(rows[2], "                                0:00         now");
}

#[test]
fn labels_are_round_and_never_touch() {
    let mut app = app();
    app.callers[0].timeline.advance(seconds(5000));
    for (zoom, labels) in [
        (Zoom::HalfAMinute, "30 s 20 s 10 s now"),
        (Zoom::TwoSeconds, "2 min 1 min now"),
        (Zoom::Call, "1 h 30 min now"),
    ] {
        app.zoom = zoom;
        let rows = drawn(&app, 78);
        assert_eq!(rows[2].split_whitespace().collect::<Vec<_>>().join(" "), labels);
    }
}

#[test]
fn in_one_row_a_mark_underlines_its_column() {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 9, 1));
    let area = buffer.area;
    draw(
        &mut buffer,
        area,
        live(area, &timeline()),
        &timeline(),
        Theme::new(Colours::None, Paper::Unknown),
    );
    let underlined = |x: u16| buffer[(x, 0)].modifier.contains(Modifier::UNDERLINED);
    assert_eq!((0..9).filter(|x| underlined(*x)).collect::<Vec<_>>(), [4]);
}
