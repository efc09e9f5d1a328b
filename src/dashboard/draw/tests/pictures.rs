//! Screens as a terminal gets them, to be looked at: `cargo test --release --lib -- --ignored pictures` writes
//! them into `target/pictures`.

use super::*;
use ratatui::buffer::Buffer;
use ratatui::style::Modifier;
use std::fmt::Write;

/// The picture with escape sequences for its colours, one line a row.
fn ansi(buffer: &Buffer) -> String {
    let mut text = String::new();
    for (index, cell) in buffer.content().iter().enumerate() {
        if index > 0 && index.is_multiple_of(usize::from(buffer.area.width)) {
            text.push_str("\u{1b}[0m\n");
        }
        text.push_str("\u{1b}[0");
        for (modifier, code) in [
            (Modifier::BOLD, 1),
            (Modifier::DIM, 2),
            (Modifier::UNDERLINED, 4),
            (Modifier::REVERSED, 7),
        ] {
            if cell.modifier.contains(modifier) {
                write!(text, ";{code}").unwrap();
            }
        }
        for (colour, of) in [(cell.fg, 38), (cell.bg, 48)] {
            match colour {
                Color::Rgb(red, green, blue) => {
                    write!(text, ";{of};2;{red};{green};{blue}").unwrap();
                }
                Color::Indexed(index) => write!(text, ";{of};5;{index}").unwrap(),
                _ => {}
            }
        }
        write!(text, "m{}", cell.symbol()).unwrap();
    }
    text
}

fn twelve() -> App {
    let labels: Vec<String> = (1..=12).map(|number| format!("Line {number}")).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let mut app = app_after(108, setup(&labels, LIVE));
    app.apply(begun(3, "Line 4", true));
    app.apply(Feed::Call { caller: 5, news: CallNews::Ended });
    let mut status = app.status.clone();
    status.is_heard[7] = false;
    app.apply(Feed::Status(status));
    app.tick(Duration::from_secs(120));
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
    let screens = [
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
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/target/pictures");
    std::fs::create_dir_all(folder).unwrap();
    for (name, columns, rows, app) in screens {
        let backend = drawn(columns, rows, &app);
        let path = format!("{folder}/{name}.{columns}x{rows}.ansi");
        std::fs::write(path, ansi(backend.buffer())).unwrap();
    }
}
