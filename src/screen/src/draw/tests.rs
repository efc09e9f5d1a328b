use super::*;
use crate::charset::Charset;
use crate::feed::{Action, CallNews, Feed, LogStopped, Mode, Setup, Status};
use crate::rehearsal::{self, LIVE, REPLAY, alert, app_after, begun, reading, setup};
use crate::theme::{Colours, Paper};
use hearing::emotion::Emotion;
use hearing::fact::SeenBy;
use hearing::stream_time::StreamTime;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::Color;
use std::time::Duration;

mod anything;
mod golden_log;
mod groups;
mod pictures;

fn drawn(columns: u16, rows: u16, app: &App) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| Picture::default().draw(frame, app)).unwrap();
    terminal.backend().clone()
}

fn text(backend: &TestBackend) -> String {
    backend.to_string()
}

#[test]
fn a_live_call_on_the_smallest_screen() {
    let app = app_after(108, setup(&["caller"], LIVE));
    insta::assert_snapshot!(drawn(40, 10, &app));
}

#[test]
fn a_live_call_on_an_ordinary_screen() {
    let app = app_after(108, setup(&["caller"], LIVE));
    insta::assert_snapshot!(drawn(80, 24, &app));
}

#[test]
fn a_replay_on_a_large_screen() {
    let mut app = app_after(108, setup(&["caller"], REPLAY));
    app.handed_over(&Action::Mark {
        caller: 0,
        at: StreamTime::from_ms(108_000),
        text: String::new(),
    });
    insta::assert_snapshot!(drawn(120, 40, &app));
}

#[test]
fn a_terminal_without_unicode_gets_none_and_everything_keeps_its_place() {
    let mut setup = setup(&["caller", "Zoë 電話番号"], REPLAY);
    setup.options.charset = Charset::Ascii;
    let ascii = drawn(120, 40, &app_after(108, setup.clone()));
    setup.options.charset = Charset::Unicode;
    let unicode = drawn(120, 40, &app_after(108, setup));
    let (ascii, unicode) = (ascii.buffer(), unicode.buffer());
    assert!(unicode.content.iter().any(|cell| !cell.symbol().is_ascii()));
    for (one, other) in ascii.content.iter().zip(&unicode.content) {
        assert!(one.symbol().is_ascii());
        assert_eq!((one.fg, one.bg, one.modifier), (other.fg, other.bg, other.modifier));
        if other.symbol().is_ascii() {
            assert_eq!(one.symbol(), other.symbol());
        }
    }
}

#[test]
fn a_silent_moment() {
    let app = app_after(42, setup(&["caller"], LIVE));
    insta::assert_snapshot!(drawn(80, 24, &app));
}

#[test]
fn the_first_moment() {
    let app = App::new(setup(&["caller"], REPLAY));
    insta::assert_snapshot!(drawn(80, 24, &app));
}

#[test]
fn several_callers() {
    let app = app_after(108, setup(&["Line 1", "Line 2 (transfer)", "Line 3"], LIVE));
    insta::assert_snapshot!(drawn(120, 40, &app));
}

#[test]
fn a_call_with_its_marks_on_the_largest_screen() {
    let mut app = app_after(108, setup(&["caller"], LIVE));
    app.callers[0].timeline.mark(StreamTime::from_ms(50_000), "speaks of her brother");
    insta::assert_snapshot!(drawn(200, 60, &app));
}

#[test]
fn twelve_callers_who_needs_attention_first() {
    let mut app = pictures::twelve();
    app.on_key(KeyEvent::new(KeyCode::Char('s'), KeyModifiers::NONE));
    insta::assert_snapshot!(drawn(120, 40, &app));
}

#[test]
fn an_alert_on_an_ordinary_screen() {
    let mut app = app_after(108, setup(&["caller"], LIVE));
    app.apply(alert(0, 105));
    insta::assert_snapshot!(drawn(80, 24, &app));
}

#[test]
fn an_alert_among_twelve_callers() {
    let mut app = pictures::twelve();
    app.apply(alert(6, 105));
    app.selected = 6;
    app.on_key(KeyEvent::new(KeyCode::Char('s'), KeyModifiers::NONE));
    insta::assert_snapshot!(drawn(120, 40, &app));
}

#[test]
fn an_alert_on_the_smallest_screen_names_its_key() {
    let mut app = app_after(108, setup(&["caller"], LIVE));
    app.apply(alert(0, 105));
    insta::assert_snapshot!(drawn(40, 10, &app));
    let at = StreamTime::from_ms(105_000);
    app.handed_over(&Action::Acknowledge { caller: 0, at, by: SeenBy::Desk });
    assert!(!text(&drawn(40, 10, &app)).contains("a acknowledge"));
    app.apply(alert(0, 108));
    let with_answer = text(&drawn(40, 10, &app));
    assert!(with_answer.contains("is ack…  a acknowledge"), "{with_answer}");
}

#[test]
fn an_acknowledged_alert_has_another_sign_than_an_open_one() {
    let mut app = app_after(108, setup(&["Anna", "Bella", "Cleo"], LIVE));
    for line in [0, 1] {
        app.apply(alert(line, 95));
        let at = StreamTime::from_ms(95_000);
        app.handed_over(&Action::Acknowledge { caller: line, at, by: SeenBy::Desk });
    }
    app.apply(alert(0, 105));
    insta::assert_snapshot!(drawn(120, 40, &app));
}

#[test]
fn an_alert_covers_nothing_that_says_what_the_caller_sounds_like() {
    for callers in [1, 2, 3, 12] {
        let labels: Vec<String> = (1..=callers).map(|number| format!("Line {number}")).collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let mut app = app_after(108, setup(&labels, LIVE));
        app.apply(alert(0, 105));
        for (columns, rows) in [(40, 10), (80, 24), (100, 30), (120, 40), (200, 60)] {
            let text = text(&drawn(columns, rows, &app));
            let first = if columns < 80 { "fear for 8" } else { "fear for 8 s of speech, 75 %" };
            for part in ["ALERT 1:45", first, "fear: 73 % certain", "AAAAPPPFFFFFFF"] {
                assert!(text.contains(part), "{part} is missing on {columns} x {rows}:\n{text}");
            }
        }
        app.callers[0].acknowledge(StreamTime::from_ms(105_000));
        assert!(!text(&drawn(80, 24, &app)).contains("ALERT"));
    }
}

#[test]
fn a_held_picture_says_that_there_is_an_alert() {
    let mut app = app_after(108, setup(&["caller"], LIVE));
    app.on_key(KeyEvent::new(KeyCode::Char('f'), KeyModifiers::NONE));
    app.apply(alert(0, 105));
    assert!(text(&drawn(80, 24, &app)).contains("ALERT; PICTURE HELD"));
}

#[test]
fn probabilities_over_time_beside_the_live_edge() {
    let mut app = app_after(108, setup(&["caller"], LIVE));
    for key in ['g', 'z', ','] {
        app.on_key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE));
    }
    insta::assert_snapshot!(drawn(80, 24, &app));
}

#[test]
fn a_held_picture_says_so_and_stays() {
    let mut app = app_after(108, setup(&["caller"], LIVE));
    let mut picture = Picture::default();
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    let mut show = |app: &App| {
        terminal.draw(|frame| picture.draw(frame, app)).unwrap();
        terminal.backend().to_string()
    };
    app.on_key(KeyEvent::new(KeyCode::Char('f'), KeyModifiers::NONE));
    let first = show(&app);
    assert!(first.contains("PICTURE HELD for 0:00; listening goes on; f: live again"), "{first}");
    assert!(first.contains("fear: 73 %"), "{first}");
    app.apply(Feed::Call { caller: 0, news: CallNews::Ended });
    app.tick(Duration::from_secs(113));
    let held = show(&app);
    assert!(held.contains("HELD for 0:05") && held.contains("fear: 73 %"), "{held}");
    app.on_key(KeyEvent::new(KeyCode::Char('f'), KeyModifiers::NONE));
    assert!(show(&app).contains("this is how it was"));
}

#[test]
fn the_help() {
    let mut app = app_after(108, setup(&["caller"], LIVE));
    app.help = true;
    insta::assert_snapshot!(drawn(80, 24, &app));
}

#[test]
fn without_colours_the_letters_say_it_all() {
    let mut setup = setup(&["caller"], REPLAY);
    setup.colours = Colours::None;
    let app = app_after(108, setup);
    let backend = drawn(80, 24, &app);
    for cell in backend.buffer().content() {
        assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset));
    }
    let text = text(&backend);
    for part in ["SSSSssss", "NNNNN", "???", "×", "·····", "~AAAA", "PPPFFFF", "fear: 73 % certain"]
    {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn the_strip_has_the_colours_of_its_letters() {
    let app = app_after(108, setup(&["caller"], LIVE));
    let backend = drawn(80, 24, &app);
    let buffer = backend.buffer();
    let theme = Theme::new(Colours::True, Paper::Unknown);
    let mut seen = 0;
    let row = 10;
    for x in 1..79 {
        let cell = &buffer[(x, row)];
        for emotion in Emotion::ALL {
            if cell.symbol().eq_ignore_ascii_case(&emotion.letter().to_string()) {
                assert_eq!(cell.bg, theme.colour(emotion), "column {x}");
                seen += 1;
            }
        }
    }
    assert!(seen > 30, "only {seen} letters in row {row}");
}

#[test]
fn below_the_smallest_size_one_line_says_so() {
    let app = app_after(10, setup(&["caller"], LIVE));
    for (columns, rows) in [(39, 10), (40, 9), (200, 1)] {
        let text = text(&drawn(columns, rows, &app));
        assert!(text.contains("too small: 40 x 10 or more"), "{text}");
        assert!(!text.contains("caller"), "{text}");
    }
}

#[test]
fn an_end_is_told_and_an_error_with_its_reason() {
    let mut app = app_after(30, setup(&["caller"], REPLAY));
    app.apply(Feed::Finished(None));
    assert!(text(&drawn(80, 24, &app)).contains("the replay is over; ← goes back; q quits"));
    app.apply(Feed::Finished(Some("the device is gone".to_owned())));
    for (columns, rows) in [(40, 10), (80, 24)] {
        let text = text(&drawn(columns, rows, &app));
        assert!(text.contains("stopped: the device is gone"), "{text}");
    }
}

#[test]
fn a_log_that_stopped_is_told_at_once_and_as_long_as_it_lasts() {
    let mut app = app_after(30, setup(&["caller"], LIVE));
    let running = app.status.clone();
    let since = StreamTime::from_ms(29_000);
    for (disk_full, why) in [(true, "the disk is full"), (false, "it cannot be written")] {
        let log_stopped = Some(LogStopped { since, disk_full });
        app.apply(Feed::Status(Status { log_stopped, ..running.clone() }));
        app.apply(Feed::Notice("something else".to_owned()));
        for (columns, rows) in [(40, 10), (80, 24)] {
            let text = text(&drawn(columns, rows, &app));
            assert!(text.contains("no log since 0:29"), "{text}");
            assert!(columns < 80 || text.contains(why), "{text}");
        }
        assert!(text(&drawn(80, 24, &app)).contains("log     stopped at 0:29"));
    }
    app.apply(Feed::Status(running));
    let text = text(&drawn(80, 24, &app));
    assert!(!text.contains("no log") && text.contains("14-03-11.jsonl"), "{text}");
}

#[test]
fn the_selected_caller_is_in_sight_however_many_there_are() {
    let labels: Vec<String> = (0..50).map(|number| format!("line {number}")).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let mut app = app_after(3, setup(&labels, LIVE));
    app.selected = 49;
    for (columns, rows) in [(40, 10), (80, 24), (120, 40)] {
        assert!(text(&drawn(columns, rows, &app)).contains("› line 49"));
    }
}

/// Three lines: a call in which fear is read, one that waits for its notice, one that is over.
fn three_lines() -> App {
    let mut app = app_after(108, setup(&["Line 1", "Line 2 (transfer)", "Line 3"], LIVE));
    app.apply(begun(1, "second caller", true));
    app.apply(Feed::Call { caller: 2, news: CallNews::Ended });
    app
}

fn mute(app: &mut App) {
    let status = Status { is_muted: true, ..app.status.clone() };
    app.apply(Feed::Status(status));
    app.tick(Duration::from_secs(150));
}

#[test]
fn several_lines_in_different_states() {
    insta::assert_snapshot!(drawn(80, 24, &three_lines()));
}

#[test]
fn a_notice_to_read_out() {
    let mut app = three_lines();
    app.selected = 1;
    insta::assert_snapshot!(drawn(80, 24, &app));
}

#[test]
fn a_call_that_is_over_keeps_its_history_without_colours() {
    let mut app = three_lines();
    app.selected = 2;
    let backend = drawn(80, 24, &app);
    let text = text(&backend);
    assert!(text.contains("this is how it was") && text.contains("SSSSS"), "{text}");
    let colours: Vec<Color> =
        Emotion::ALL.map(|e| Theme::new(Colours::True, Paper::Unknown).colour(e)).into();
    assert!(text.contains("level   - "), "{text}");
    // The other callers' strips are above.
    for (index, cell) in backend.buffer().content().iter().enumerate().skip(80 * 7) {
        assert!(!colours.contains(&cell.bg) && !colours.contains(&cell.fg), "cell {index}");
    }
}

#[test]
fn a_line_before_its_first_call() {
    insta::assert_snapshot!(drawn(80, 24, &App::new(setup(&["caller"], LIVE))));
}

#[test]
fn that_nobody_is_listened_to_is_over_everything() {
    let mut app = three_lines();
    mute(&mut app);
    insta::assert_snapshot!(drawn(80, 24, &app));
}

#[test]
fn muted_is_said_on_every_screen_and_without_colours() {
    for colours in [Colours::None, Colours::True] {
        let mut setup = setup(&["caller"], LIVE);
        setup.colours = colours;
        let mut app = app_after(108, setup);
        let sizes = [(40, 10), (80, 24), (200, 60), (60, 11)];
        for (columns, rows) in sizes {
            assert!(!text(&drawn(columns, rows, &app)).contains("nobody is listened to"));
        }
        mute(&mut app);
        for (columns, rows) in sizes {
            let text = text(&drawn(columns, rows, &app));
            for part in ["MUTED", "nobody is listened to, for 0:42", "p listens again"] {
                assert!(text.contains(part), "{part} is missing in\n{text}");
            }
        }
        assert!(text(&drawn(39, 9, &app)).contains("MUTED"));
    }
}

#[test]
fn the_notice_is_there_in_full_on_every_screen_that_has_room() {
    let mut app = app_after(3, setup(&["caller"], LIVE));
    app.apply(begun(0, "caller", true));
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    for (columns, rows) in [(40, 14), (80, 24), (120, 40)] {
        let text = text(&drawn(columns, rows, &app));
        let told = words(&text.replace('"', " ")).join(" ");
        assert!(told.contains(&words(rehearsal::NOTICE).join(" ")), "{text}");
        assert!(told.contains("c: the caller was told"), "{text}");
    }
    app.apply(begun(0, "caller", true));
    app.setup.notice_text = Some(rehearsal::NOTICE.repeat(2));
    let small = text(&drawn(40, 10, &app));
    assert!(small.contains("c: the caller was told"), "{small}");
    assert!(small.contains("more: enlarge the window"), "{small}");
}

#[test]
fn what_is_typed_stands_in_the_footer_while_the_call_goes_on() {
    let mut app = app_after(108, setup(&["caller"], LIVE));
    app.on_key(KeyEvent::new(KeyCode::Char('t'), KeyModifiers::NONE));
    app.on_paste("she cries; ask about the brother");
    insta::assert_snapshot!(drawn(80, 24, &app));
    assert!(text(&drawn(40, 10, &app)).contains("brother"));
}
