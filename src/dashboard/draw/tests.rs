use super::*;
use crate::dashboard::feed::{Action, CallNews, Feed, Line, LogStopped, Mode, Status};
use crate::dashboard::rehearsal::{self, LIVE, REPLAY, app_after, begun, reading, setup};
use crate::dashboard::theme::Colours;
use crate::emotion::{Emotion, Scores};
use crate::pipeline::{Event, Gap, Level, Update};
use crate::plain_text::plain;
use crate::plain_text::tests::hostile;
use crate::prosody::{Explanation, Facts};
use crate::stream_time::StreamTime;
use crate::timeline::{Activity, Reading, Verdict};
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::Color;
use std::time::Duration;

mod pictures;

fn drawn(columns: u16, rows: u16, app: &App) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw(frame, app)).unwrap();
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
    app.handed_over(&Action::Mark { caller: 0, text: String::new() });
    insta::assert_snapshot!(drawn(120, 40, &app));
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
    let theme = Theme::new(Colours::True);
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
    let colours: Vec<Color> = Emotion::ALL.map(|e| Theme::new(Colours::True).colour(e)).into();
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

/// A dashboard that was told the same text of everything.
fn told_everywhere(text: &str, mode: Mode) -> App {
    let mut setup = setup(&[text, text], mode);
    for place in [&mut setup.model, &mut setup.backend] {
        text.clone_into(place);
    }
    setup.lines = vec![Line { label: text.to_owned(), source: text.to_owned() }; 2];
    setup.notice_text = Some(text.to_owned());
    setup.notice = Some(text.to_owned());
    let mut app = app_after(20, setup);
    app.apply(Feed::Notice(text.to_owned()));
    let news =
        CallNews::Begun { label: text.to_owned(), log: Some(text.into()), awaits_notice: true };
    app.apply(Feed::Call { caller: 1, news });
    app
}

/// The picture is one of harmless cells, and what stands beside the text is where it belongs.
#[track_caller]
fn text_breaks_nothing(app: &App) {
    for (columns, rows) in [(40, 10), (80, 24), (120, 40)] {
        let backend = drawn(columns, rows, app);
        for cell in backend.buffer().content() {
            assert_eq!(plain(cell.symbol()), cell.symbol());
            assert!(cell.symbol().chars().count() < 16, "{:?}", cell.symbol());
        }
        let text = text(&backend);
        let first = text.lines().next().unwrap();
        assert!(first.contains("0:20 / 4:00\"") || first.contains("0:20 / 4:00 \""), "{text}");
    }
}

#[test]
fn ten_thousand_characters_of_any_kind_break_nothing() {
    for part in [
        "x",
        "机",
        "\u{1b}[2J",
        "\n",
        "\u{202e}",
        "\u{200b}",
        "\u{301}",
        "ᄀ",
        "ᅡ",
        "क्",
        "👩\u{200d}",
    ] {
        let text = part.repeat(10_000 / part.chars().count());
        let mut app = told_everywhere(&text, REPLAY);
        text_breaks_nothing(&app);
        app.apply(Feed::Finished(Some(text)));
        text_breaks_nothing(&app);
    }
}

/// One thing that can happen to the dashboard.
#[derive(Clone, Debug)]
enum Happening {
    Feed(Feed),
    Key(KeyCode, KeyModifiers),
    Paste(String),
    Tick,
}

fn event() -> impl Strategy<Value = (Event, Option<u64>)> {
    let activities = vec![Activity::Listening, Activity::TooShort, Activity::Speaking];
    prop_oneof![
        prop::sample::select(activities).prop_map(|activity| (Event::Activity(activity), None)),
        (0_usize..7, 0_u16..=100, 0_u64..1 << 40).prop_map(|(emotion, percent, at)| {
            let reading = reading(StreamTime(at), Emotion::ALL[emotion], percent);
            (Event::Reading(reading), Some(at))
        }),
        (0_u64..1 << 40).prop_map(|at| {
            let verdict = Verdict::Emotion(Emotion::Fear);
            let scores = Scores([f32::NAN; 7]);
            (Event::Reading(Reading { at: StreamTime(at), scores, verdict }), Some(at))
        }),
        prop::array::uniform2(prop::num::f32::ANY)
            .prop_map(|[rms_db, peak_db]| (Event::Level(Level { rms_db, peak_db }), None)),
        prop::array::uniform5(prop::num::f32::ANY).prop_map(|values| {
            let [loudness_db, hz, semitones, syllables_per_s, pause_share] = values;
            let (pitch_hz, pitch_range_semitones) = (Some(hz), Some(semitones));
            let facts = Facts {
                loudness_db,
                pitch_hz,
                pitch_range_semitones,
                syllables_per_s,
                pause_share,
            };
            let other = Facts { loudness_db: 0.0, ..facts };
            (Event::Facts(Explanation { facts, change: Some(facts.against(&other)) }), None)
        }),
        (0_u64..1 << 40, any::<u32>())
            .prop_map(|(lost_samples, rate_hz)| (Event::Gap(Gap { lost_samples, rate_hz }), None)),
        (0_u64..1 << 40).prop_map(|from| (Event::Seek { from: StreamTime(from) }, None)),
    ]
}

fn call_news() -> impl Strategy<Value = CallNews> {
    prop_oneof![
        3 => (hostile(), any::<bool>()).prop_map(|(label, awaits_notice)| {
            CallNews::Begun { log: Some(label.clone().into()), label, awaits_notice }
        }),
        1 => hostile().prop_map(CallNews::Renamed),
        1 => Just(CallNews::NoticeConfirmed),
        1 => Just(CallNews::Ended),
    ]
}

fn feed() -> impl Strategy<Value = Feed> {
    prop_oneof![
        8 => (0_usize..4, 0_u64..1 << 40, event()).prop_map(|(caller, at, (event, own))| {
            Feed::Update(Update { caller, at: StreamTime(own.unwrap_or(at)), event })
        }),
        2 => (any::<Option<f32>>(), any::<u64>(), any::<[bool; 4]>(), any::<u64>(), any::<f64>())
            .prop_map(|(delay_p95_ms, dropped_samples, is, position, speed)| {
                let [is_heard, paused, is_muted, has_failed] = is;
                let position = StreamTime(position);
                let log_stopped = paused.then_some(LogStopped { since: position, disk_full: true });
                Feed::Status(Status {
                    delay_p95_ms,
                    dropped_samples,
                    is_heard: vec![is_heard, paused],
                    is_muted,
                    backend: has_failed.then(|| "\u{1b}CPU".to_owned()),
                    paused,
                    position,
                    speed,
                    log_stopped,
                })
            }),
        2 => (0_usize..4, call_news()).prop_map(|(caller, news)| Feed::Call { caller, news }),
        1 => ".*".prop_map(Feed::Notice),
        1 => prop::option::of(".*").prop_map(Feed::Finished),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    let codes = prop_oneof![
        any::<char>().prop_map(KeyCode::Char),
        prop::sample::select("?hqm +-jktnelcp".chars().collect::<Vec<_>>()).prop_map(KeyCode::Char),
        prop::sample::select(vec![
            KeyCode::Left,
            KeyCode::Up,
            KeyCode::Down,
            KeyCode::Esc,
            KeyCode::Enter,
            KeyCode::Backspace,
        ]),
    ];
    prop_oneof![
        4 => feed().prop_map(Happening::Feed),
        2 => (codes, any::<bool>()).prop_map(|(code, shift)| {
            let modifiers = if shift { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
            Happening::Key(code, modifiers)
        }),
        1 => hostile().prop_map(Happening::Paste),
        1 => Just(Happening::Tick),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_sequence_of_updates_keys_and_sizes_panics(
        labels in prop::collection::vec(".*", 0..4),
        replay in any::<bool>(),
        steps in prop::collection::vec((happening(), 0_u16..210, 0_u16..65), 0..24),
    ) {
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let mut app = App::new(setup(&labels, if replay { REPLAY } else { LIVE }));
        let mut elapsed = Duration::ZERO;
        for (happening, columns, rows) in steps {
            match happening {
                Happening::Feed(feed) => app.apply(feed),
                Happening::Key(code, modifiers) => {
                    if let Some(action) = app.on_key(KeyEvent::new(code, modifiers)) {
                        app.handed_over(&action);
                    }
                }
                Happening::Paste(text) => app.on_paste(&text),
                Happening::Tick => {
                    elapsed += Duration::from_millis(600);
                    app.tick(elapsed);
                }
            }
            let backend = drawn(columns, rows, &app);
            for cell in backend.buffer().content() {
                prop_assert!(!cell.symbol().contains(char::is_control));
            }
        }
    }

    #[test]
    fn hostile_text_breaks_nothing(text in hostile()) {
        text_breaks_nothing(&told_everywhere(&text, REPLAY));
    }

    #[test]
    fn every_size_shows_a_call(columns in 40_u16..220, rows in 10_u16..80, callers in 1_usize..5) {
        let app = app_after(30, setup(&["a caller"; 4][..callers.min(4)], LIVE));
        let text = text(&drawn(columns, rows, &app));
        prop_assert!(text.contains("a caller"), "{}", text);
        prop_assert!(text.contains("no emotion stands out"), "{}", text);
        prop_assert!(text.contains("now"), "{}", text);
    }
}
