//! Screens as a terminal gets them, to be looked at: `cargo test --release --lib -- --ignored pictures` writes
//! them into `target/pictures`.

use super::*;
use crate::pipeline::{Event, Level, Update};
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
    alerted_large.handed_over(&Action::Acknowledge { caller: 0, at: StreamTime::from_ms(95_000) });
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
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/target/pictures");
    std::fs::create_dir_all(folder).unwrap();
    for (name, columns, rows, app) in screens {
        let backend = drawn(columns, rows, &app);
        let path = format!("{folder}/{name}.{columns}x{rows}.ansi");
        std::fs::write(path, ansi(backend.buffer())).unwrap();
    }
}

/// How long a picture takes on 120 x 40, if each tenth of a second brings every caller something new.
fn a_picture_takes(app: &mut App, from_s: u64) -> Duration {
    let mut picture = Picture::default();
    let mut terminal = Terminal::new(TestBackend::new(120, 40)).unwrap();
    let pictures = 200_u32;
    let began = std::time::Instant::now();
    for number in 0..pictures {
        let ms = 1000 * from_s + 100 * u64::from(number);
        for caller in 0..12 {
            let at = StreamTime::from_ms(ms);
            let event = Event::Level(Level { rms_db: -30.0, peak_db: -20.0 });
            app.apply(Feed::Update(Update { caller, at, event }));
        }
        app.tick(Duration::from_millis(ms));
        terminal.draw(|frame| picture.draw(frame, app)).unwrap();
    }
    began.elapsed() / pictures
}

#[test]
#[ignore = "measures, and says nothing of right or wrong"]
fn drawing_twelve_callers_takes_so_long() {
    println!("after two minutes: {:?} a picture", a_picture_takes(&mut twelve(), 120));
    let mut app = twelve();
    for caller in 0..12 {
        for quarter in 480..4 * 7200 {
            let emotion = Emotion::ALL[quarter / 40 % 7];
            let at = StreamTime::from_ms(250 * quarter as u64);
            let event = Event::Reading(reading(at, emotion, 60));
            app.apply(Feed::Update(Update { caller, at, event }));
        }
    }
    app.on_key(KeyEvent::new(KeyCode::Char('s'), KeyModifiers::NONE));
    println!("after two hours: {:?} a picture", a_picture_takes(&mut app, 7200));
    for key in ['g', 'x', 'x', 'x', 'x', 'x'] {
        app.on_key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE));
    }
    println!("the whole call: {:?} a picture", a_picture_takes(&mut app, 7240));
}
