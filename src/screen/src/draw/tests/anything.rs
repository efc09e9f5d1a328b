//! Whatever comes: hostile text, and any sequence of messages, keys, clicks and sizes.

use super::*;
use crate::feed::Line;
use crate::hostile::hostile;
use hearing::emotion::Scores;
use hearing::fact::{Event, Fact, Gap, Level};
use hearing::prosody::{Explanation, Facts};
use hearing::timeline::{Activity, Alert, Reading, Rule, Verdict};
use proptest::prelude::*;
use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use record::plain_text::plain;

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
    let event = alert(1000, text, Some(text.to_owned()));
    app.apply(Feed::Fact(Fact { caller: 0, at: StreamTime(1000), event }));
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
    Mouse(MouseEvent),
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
        (0_u64..1 << 40, hostile(), prop::option::of(hostile()))
            .prop_map(|(at, reason, guidance)| (alert(at, &reason, guidance), Some(at))),
    ]
}

fn alert(at: u64, reason: &str, guidance: Option<String>) -> Event {
    let at = StreamTime(at);
    let rule = Rule::LongSilence;
    Event::Alert(Alert { at, from: at, rule, emotion: None, reason: reason.to_owned(), guidance })
}

fn call_news() -> impl Strategy<Value = CallNews> {
    prop_oneof![
        3 => (hostile(), any::<bool>()).prop_map(|(label, awaits_notice)| {
            CallNews::Begun { log: Some(label.clone().into()), label, awaits_notice }
        }),
        1 => hostile().prop_map(CallNews::Renamed),
        1 => Just(CallNews::NoticeConfirmed),
        1 => (0_u64..1 << 24).prop_map(|t| CallNews::Acknowledged(StreamTime(t))),
        1 => Just(CallNews::Ended),
    ]
}

fn feed() -> impl Strategy<Value = Feed> {
    prop_oneof![
        8 => (0_usize..4, 0_u64..1 << 40, event()).prop_map(|(caller, at, (event, own))| {
            Feed::Fact(Fact { caller, at: StreamTime(own.unwrap_or(at)), event })
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
        prop::sample::select("?hqm +-jktnelca[]ps/zzxx,,.0gf".chars().collect::<Vec<_>>())
            .prop_map(KeyCode::Char),
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
        1 => (0_u16..210, 0_u16..65, 0_u8..4).prop_map(|(column, row, kind)| {
            let kind = match kind {
                0 => MouseEventKind::ScrollUp,
                1 => MouseEventKind::ScrollDown,
                2 => MouseEventKind::Moved,
                _ => MouseEventKind::Down(MouseButton::Left),
            };
            Happening::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
        }),
        1 => Just(Happening::Tick),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_sequence_of_updates_keys_and_sizes_panics(
        labels in prop::collection::vec(".*", 0..4),
        [replay, is_compact] in any::<[bool; 2]>(),
        steps in prop::collection::vec((happening(), 0_u16..210, 0_u16..65), 0..24),
    ) {
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let mut setup = setup(&labels, if replay { REPLAY } else { LIVE });
        setup.options.is_compact = is_compact;
        let mut app = App::new(setup);
        let mut picture = Picture::default();
        let mut size = (0, 0);
        let mut elapsed = Duration::ZERO;
        for (happening, columns, rows) in steps {
            match happening {
                Happening::Feed(feed) => app.apply(feed),
                Happening::Key(code, modifiers) => {
                    if let Some(action) = app.on_key(KeyEvent::new(code, modifiers)) {
                        app.handed_over(&action);
                    }
                }
                Happening::Mouse(event) => app.on_mouse(event),
                Happening::Paste(text) => app.on_paste(&text),
                Happening::Tick => {
                    elapsed += Duration::from_millis(600);
                    app.tick(elapsed);
                }
            }
            // A size lasts for a while, so that held pictures are seen.
            if columns % 3 == 0 {
                size = (columns, rows);
                app.resized(size);
            }
            let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
            terminal.draw(|frame| picture.draw(frame, &app)).unwrap();
            let backend = terminal.backend();
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
