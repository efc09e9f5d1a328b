//! Whatever comes: text that steers terminals, and any size.

use super::*;
use crate::hostile::hostile;
use proptest::prelude::*;
use record::plain_text::plain;
use record::wall::picture::OVER;

/// One call with the same text everywhere.
fn told_everywhere(text: &str) -> Picture {
    let some = || Some(text.to_owned());
    let mut picture = three();
    let alert = AlertPicture { rule: text.into(), reason: text.into(), ..alert(7, false) };
    picture.calls[0] = CallPicture {
        node: some(),
        note: some(),
        timeline: text.to_owned(),
        alerts: vec![AlertPicture { guidance: some(), ..alert }],
        length_s: u64::MAX,
        // One that is over is not counted as a call.
        ..call(text, text, text.chars().next().filter(|it| *it != OVER).unwrap_or(' '), text)
    };
    picture.nodes[2].name = text.to_owned();
    picture.nodes[2].silent_s = Some(u64::MAX);
    picture.warning = some();
    picture
}

#[track_caller]
fn breaks_nothing(text: &str) {
    let mut view = view_of(told_everywhere(text));
    view.sent(Seen { call: text.to_owned(), at: 56_000 });
    for (columns, rows) in [(3, 1), (40, 10), (100, 20), (160, 40)] {
        let backend = drawn(columns, rows, &view);
        for cell in backend.buffer().content() {
            assert_eq!(plain(cell.symbol()), cell.symbol());
            assert!(cell.symbol().chars().count() < 16, "{:?}", cell.symbol());
        }
        // What stands beside the text is where it belongs.
        assert!(columns < 40 || backend.to_string().lines().next().unwrap().contains("2 calls "));
        assert!(columns < 100 || backend.to_string().contains("  desk-2"));
    }
}

proptest! {
    #[test]
    fn text_from_outside_steers_nothing(text in hostile()) {
        breaks_nothing(&text);
    }
}

#[test]
fn ten_thousand_characters_break_nothing() {
    for part in ["x", "机", "\u{1b}[2J", "\n", "\u{202e}", "\u{301}", "👩\u{200d}"] {
        breaks_nothing(&part.repeat(10_000 / part.chars().count()));
    }
}

#[test]
fn no_size_is_too_small_to_be_drawn() {
    let many = (0..50).map(|n| call(&n.to_string(), &format!("Line {n}"), 'F', "fear 71 %"));
    let mut last = view_of(Picture { calls: many.collect(), ..three() });
    press(&mut last, KeyCode::End);
    let mut help = view_of(three());
    press(&mut help, KeyCode::Char('?'));
    let views = [View::new(Settings::default()), view_of(three()), last, help];
    for rows in (1..=60).filter(|rows| *rows < 14 || rows % 5 == 0) {
        for columns in (1..=200).filter(|columns| *columns < 45 || columns % 10 == 0) {
            for view in &views {
                drawn(columns, rows, view);
            }
            let shown = drawn(columns, rows, &views[2]).to_string();
            let is_told = shown.contains("Line 49") || columns < 40 || rows < 10;
            assert!(is_told, "the selected call is out of sight on {columns} x {rows}:\n{shown}");
        }
    }
}
