//! Screens to be looked at: `cargo test --release --lib -- --ignored pictures` writes them as pages into
//! `target/pictures`; `make pictures` makes PNGs of them.

use super::*;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Modifier;
use std::fmt::Write;

/// A terminal as a page: a cell of 10 by 20 pixels for each character, so that nothing depends on the font.
fn page(buffer: &Buffer, paper: &str, ink: &str) -> String {
    let (columns, rows) = (buffer.area.width, buffer.area.height);
    let mut page = format!(
        "<!doctype html><meta charset=\"utf-8\"><style>body {{ margin: 0; padding: 10px; background: {paper} }} \
         main {{ display: grid; grid-template: repeat({rows}, 20px) / repeat({columns}, 10px); color: {ink}; \
         font: 17px/20px \"DejaVu Sans Mono\", \"DejaVu Sans\", monospace; white-space: pre }} \
         i {{ font-style: normal; text-align: center; overflow: hidden }}</style><main>"
    );
    for cell in buffer.content() {
        write!(page, "<i style=\"{}\">{}</i>", style(cell, paper, ink), symbol(cell)).unwrap();
    }
    page
}

fn symbol(cell: &Cell) -> String {
    cell.symbol().replace('&', "&amp;").replace('<', "&lt;")
}

fn style(cell: &Cell, paper: &str, ink: &str) -> String {
    let css = |colour: Color, own: &str| match colour {
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
        _ => own.to_owned(),
    };
    let (mut fg, mut bg) = (css(cell.fg, ink), css(cell.bg, paper));
    if cell.modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut fg, &mut bg);
    }
    let mut style = format!("color:{fg};background:{bg}");
    for (modifier, css) in [
        (Modifier::BOLD, ";font-weight:bold"),
        (Modifier::DIM, ";opacity:0.6"),
        (Modifier::UNDERLINED, ";text-decoration:underline"),
    ] {
        if cell.modifier.contains(modifier) {
            style.push_str(css);
        }
    }
    style
}

pub(super) fn twelve() -> App {
    let labels: Vec<String> = (1..=12).map(|number| format!("Line {number}")).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let mut app = app_after(108, setup(&labels, LIVE));
    app.apply(begun(3, "Line 4", true));
    app.apply(Feed::Call { caller: 5, news: CallNews::Ended });
    let mut status = app.status.clone();
    status.is_heard[7] = false;
    app.apply(Feed::Status(status));
    app.tick(Duration::from_mins(2));
    app
}

#[test]
#[ignore = "writes files to look at"]
fn pictures() {
    let one = || app_after(108, setup(&["caller"], LIVE));
    let mut notice = three_lines();
    notice.selected = 1;
    let mut over = three_lines();
    over.selected = 2;
    let mut muted = three_lines();
    mute(&mut muted);
    let mut muted_one = one();
    mute(&mut muted_one);
    let mut help = one();
    help.help = true;
    let mut typing = one();
    typing.on_key(KeyEvent::new(KeyCode::Char('t'), KeyModifiers::NONE));
    typing.on_paste("she cries");
    let mut sorted = twelve();
    sorted.on_key(KeyEvent::new(KeyCode::Char('s'), KeyModifiers::NONE));
    let mut graph = one();
    graph.shows_graph = true;
    let mut scrolled = one();
    scrolled.on_key(KeyEvent::new(KeyCode::Char('z'), KeyModifiers::NONE));
    scrolled.on_key(KeyEvent::new(KeyCode::Char(','), KeyModifiers::NONE));
    scrolled.callers[0].timeline.mark(StreamTime::from_ms(50_000), "speaks of her brother");
    let mut replay = app_after(108, setup(&["call"], REPLAY));
    replay.handed_over(&Action::Mark {
        caller: 0,
        at: StreamTime::from_ms(108_000),
        text: "asks for help".into(),
    });
    replay.callers[0].timeline.mark(StreamTime::from_ms(50_000), "speaks of her brother");
    let mut plain = setup(&["caller"], LIVE);
    plain.colours = Colours::None;
    let mut compact = setup(&["Line 1", "Line 2", "Line 3"], LIVE);
    compact.options.is_compact = true;
    let mut light = setup(&["caller"], LIVE);
    light.options.paper = Paper::Light;
    let mut alerted = one();
    alerted.apply(alert(0, 105));
    let mut alerted_small = one();
    alerted_small.apply(alert(0, 105));
    let mut alerted_large = one();
    alerted_large.apply(alert(0, 95));
    alerted_large.handed_over(&Action::Acknowledge {
        caller: 0,
        at: StreamTime::from_ms(95_000),
        by: SeenBy::Desk,
    });
    alerted_large.apply(alert(0, 105));
    let mut alerted_list = twelve();
    alerted_list.apply(alert(6, 105));
    alerted_list.selected = 6;
    alerted_list.on_key(KeyEvent::new(KeyCode::Char('s'), KeyModifiers::NONE));
    let screens = vec![
        ("alert", 80, 24, alerted),
        ("alert-small", 40, 10, alerted_small),
        ("alert-large", 120, 40, alerted_large),
        ("alert-twelve", 120, 40, alerted_list),
        ("sorted", 120, 40, sorted),
        ("graph", 80, 24, graph),
        ("scrolled", 80, 24, scrolled),
        ("replay", 120, 40, replay),
        ("no-colour", 80, 24, app_after(108, plain)),
        ("compact", 80, 3, app_after(108, compact)),
        ("light", 80, 24, app_after(108, light)),
        ("one", 80, 24, one()),
        ("one-small", 40, 10, one()),
        ("one-large", 200, 60, one()),
        ("three", 80, 24, three_lines()),
        ("notice", 80, 24, notice),
        ("over", 80, 24, over),
        ("muted", 80, 24, muted),
        ("muted-one", 80, 24, muted_one),
        ("help", 80, 24, help),
        ("typing", 80, 24, typing),
        ("twelve", 120, 40, twelve()),
        ("twelve-small", 80, 24, twelve()),
        ("first", 80, 24, App::new(setup(&["caller"], LIVE))),
    ];
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/pictures");
    std::fs::create_dir_all(folder).unwrap();
    for (name, columns, rows, app) in screens {
        let backend = drawn(columns, rows, &app);
        let (paper, ink) =
            if name == "light" { ("#fafafa", "#1c1c1c") } else { ("#1e1e1e", "#e4e4e4") };
        let path = format!("{folder}/{name}.{columns}x{rows}.html");
        std::fs::write(path, page(backend.buffer(), paper, ink)).unwrap();
    }
}
