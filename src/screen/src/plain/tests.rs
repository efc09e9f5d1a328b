use super::*;
use crate::feed::{Action, ScreenOptions};
use crate::key_settings::KeySettings;
use crate::keys::Keys;
use crate::rehearsal::{LIVE, REPLAY, alert, begun, reading, setup};
use hearing::emotion::Emotion;
use hearing::fact::{Gap, Level, SeenBy};
use hearing::timeline::Activity;
use proptest::prelude::*;

fn ms(ms: u64) -> StreamTime {
    StreamTime::from_ms(ms)
}

/// A journal of callers whose calls have begun.
fn journal(labels: &[&str], mode: Mode) -> Journal {
    let mut journal = Journal::new(setup(labels, mode));
    for (line, label) in labels.iter().enumerate() {
        journal.take(begun(line, label, false));
    }
    journal
}

fn event(caller: usize, at: StreamTime, event: Event) -> Feed {
    Feed::Fact(Fact { caller, at, event })
}

/// The caller speaks like this from one second to another; what was told.
fn speaks(
    journal: &mut Journal,
    caller: usize,
    seconds: std::ops::Range<u64>,
    emotion: Emotion,
    percent: u16,
) -> Vec<String> {
    let mut told =
        journal.take(event(caller, ms(1000 * seconds.start), Event::Activity(Activity::Speaking)));
    for quarter in 4 * seconds.start..4 * seconds.end {
        let at = ms(250 * quarter);
        let reading = reading(at, emotion, percent);
        told.extend(journal.take(event(caller, at, Event::Reading(reading))));
    }
    told
}

/// The caller says nothing from one second to another; what was told.
fn is_silent(journal: &mut Journal, caller: usize, seconds: std::ops::Range<u64>) -> Vec<String> {
    let listening = Event::Activity(Activity::Listening);
    let mut told = journal.take(event(caller, ms(1000 * seconds.start), listening));
    for tenth in 10 * seconds.start..=10 * seconds.end {
        let level = Level { rms_db: -60.0, peak_db: -50.0 };
        told.extend(journal.take(event(caller, ms(100 * tenth), Event::Level(level))));
    }
    told
}

fn status(journal: &Journal, change: impl FnOnce(&mut Status)) -> Feed {
    let mut status = journal.status.clone();
    change(&mut status);
    Feed::Status(status)
}

#[test]
fn it_opens_with_what_computes_and_how_good_that_is() {
    let setup = setup(&["Anna"], LIVE);
    let journal = Journal::new(Setup { notice: Some("no GPU found".into()), ..setup.clone() });
    assert_eq!(
        journal.opening(),
        [
            format!("00:00:00 undertone: {}; computed by {}", setup.model, setup.backend),
            "00:00:00 undertone: no GPU found".to_owned(),
            "00:00:00 undertone: ? lists commands".to_owned(),
        ]
    );
}

#[test]
fn a_call_is_a_line_for_each_thing_that_matters() {
    let mut journal = Journal::new(setup(&["Anna", "Bella"], LIVE));
    let mut told = journal.take(begun(0, "Anna", false));
    told.extend(speaks(&mut journal, 0, 4..9, Emotion::Neutral, 66));
    told.extend(speaks(&mut journal, 0, 9..14, Emotion::Neutral, 0));
    told.extend(speaks(&mut journal, 0, 14..20, Emotion::Fear, 73));
    told.extend(journal.take(alert(0, 20)));
    told.extend(is_silent(&mut journal, 0, 21..26));
    let gap = Event::Gap(Gap { lost_samples: 8_000, rate_hz: 8_000 });
    told.extend(journal.take(event(0, ms(26_000), gap)));
    told.extend(journal.take(Feed::Notice("Anna: 1.0 s of sound were lost".into())));
    told.extend(journal.take(event(0, ms(28_000), Event::Skipped { readings: 3 })));
    told.extend(journal.take(event(0, ms(29_000), Event::Skipped { readings: 4 })));
    told.extend(journal.take(event(0, ms(38_000), Event::Skipped { readings: 1 })));
    told.extend(journal.take(Feed::Call { caller: 0, news: CallNews::Renamed("Cleo".into()) }));
    told.extend(journal.take(Feed::Call { caller: 0, news: CallNews::Ended }));
    told.extend(speaks(&mut journal, 0, 40..44, Emotion::Anger, 80));
    assert_eq!(
        told,
        [
            "00:00:00 Anna: call begins, log: /var/calls/2026-11-22T14-03-11.jsonl",
            "00:00:04 Anna: neutral, 66 % certain",
            "00:00:09 Anna: uncertain",
            "00:00:14 Anna: fear, 73 % certain",
            "00:00:20 Anna: ALERT: sustained distress: fear for 8 s of speech, 75 % on average; anger and \
             sadness 10 %; guidance: Slow down. Ask what is happening right now.",
            "00:00:24 Anna: no speech",
            "00:00:24 Anna: 1.0 s of sound were lost",
            "00:00:28 Anna: 3 readings left out: the machine is behind",
            "00:00:38 Anna: 5 readings left out: the machine is behind",
            "00:00:38 Cleo: that is the caller's new label",
            "00:00:38 Cleo: call ends",
        ]
    );
}

#[test]
fn a_recording_that_is_replayed_faster_is_not_told_faster() {
    let told = |speed| {
        let Mode::Replay { length, .. } = REPLAY else { unreachable!() };
        let mut journal = journal(&["call"], Mode::Replay { length, speed });
        (0..40).fold(0, |n, second| {
            let emotion = if second % 2 == 0 { Emotion::Fear } else { Emotion::Anger };
            n + speaks(&mut journal, 0, second..second + 1, emotion, 70).len()
        })
    };
    assert_eq!([1.0, 4.0, f64::INFINITY].map(told), [20, 5, 20]);
}

#[test]
fn what_the_engine_comes_to_is_told_once() {
    let mut journal = journal(&["Anna"], REPLAY);
    let position = ms(31_000);
    let _ = is_silent(&mut journal, 0, 30..31);
    let muted = status(&journal, |it| (it.is_muted, it.position) = (true, position));
    let muted_line = "00:00:31 undertone: muted: nobody is listened to; p listens again";
    assert_eq!(journal.take(muted.clone()), [muted_line]);
    assert!(journal.take(muted).is_empty());
    let heard = status(&journal, |it| (it.is_muted, it.paused, it.speed) = (false, true, 4.0));
    assert_eq!(
        journal.take(heard),
        [
            "00:00:31 undertone: not muted any more: listening",
            "00:00:31 undertone: paused",
            "00:00:31 undertone: speed: 4 times real time",
        ]
    );
    let seek = event(0, ms(5_000), Event::Seek { from: position });
    assert_eq!(journal.take(seek), ["00:00:05 Anna: moved here from 00:00:31"]);
    assert_eq!(journal.take(Feed::Finished(None)), ["00:00:05 undertone: the recording is over"]);
    let failed = Feed::Finished(Some("the disk is gone".into()));
    assert!(journal.take(failed).is_empty(), "an error belongs to standard error");
}

#[test]
fn the_notice_is_read_out_and_confirmed() {
    let mut setup = setup(&["Anna"], LIVE);
    setup.notice_text = Some("A program\nlistens too.".into());
    let mut journal = Journal::new(setup);
    let told = journal.take(begun(0, "Anna", true));
    assert_eq!(
        told[1],
        "00:00:00 Anna: tell the caller, before anything is read: A program␊listens too.; then c"
    );
    assert!(speaks(&mut journal, 0, 1..4, Emotion::Fear, 70).is_empty(), "nothing is read yet");
    assert_eq!(journal.typed("c Anna").action, Some(Action::ConfirmNotice { caller: 0 }));
    let confirmed = Feed::Call { caller: 0, news: CallNews::NoticeConfirmed };
    assert_eq!(journal.take(confirmed)[0], "00:00:01 Anna: the caller was told; readings begin");
    assert!(journal.input_ended().is_empty());
    let told = journal.take(begun(0, "Bella", true));
    assert!(told[1].ends_with("need --notice-given"), "{told:?}");
}

#[test]
fn typed_lines_do_what_their_keys_do() {
    let mut journal = journal(&["Anna", "Bella"], LIVE);
    let _ = is_silent(&mut journal, 0, 0..7);
    let action = |journal: &mut Journal, line: &str| {
        let answer = journal.typed(line);
        assert!(answer.lines.is_empty(), "{answer:?}");
        answer.action.unwrap()
    };
    let mark = |text: &str| Action::Mark { caller: 0, at: ms(7_000), text: text.into() };
    for line in ["m speaks of a \u{1b}gun", "  note   speaks of a gun ", "t speaks of a gun\r\n"] {
        let marked = action(&mut journal, line);
        assert_eq!(marked, mark("speaks of a gun"), "{line}");
    }
    assert_eq!(action(&mut journal, "m"), mark(""));
    assert_eq!(
        journal.handed_over(&mark("speaks of a gun")),
        ["00:00:07 Anna: mark: speaks of a gun"]
    );
    assert_eq!(action(&mut journal, "p"), Action::ToggleMute);
    let begin = Action::BeginCall { caller: 0, label: "Cleo B.".into() };
    assert_eq!(action(&mut journal, "n Cleo B."), begin);
    assert_eq!(action(&mut journal, "e"), Action::EndCall { caller: 0 });
    assert_eq!(action(&mut journal, "e bella"), Action::EndCall { caller: 1 });
    assert_eq!(action(&mut journal, "QUIT"), Action::Quit);
    let chosen = "00:00:07 undertone: Bella is chosen: commands are about this caller";
    assert_eq!(journal.typed("/ bell").lines, [chosen]);
    let label = Action::Rename { caller: 1, label: "Dora".into() };
    assert_eq!(action(&mut journal, "l Dora"), label);
    assert_eq!(journal.typed("").action, None);
    assert!(journal.typed(" \n").lines.is_empty());
}

#[test]
fn an_alert_is_acknowledged_for_the_caller_who_is_named() {
    let mut journal = journal(&["Anna", "Bella"], LIVE);
    let _ = is_silent(&mut journal, 1, 0..20);
    journal.take(alert(1, 20));
    let refused = "00:00:20 undertone: Anna: there is no alert to acknowledge";
    assert_eq!(journal.typed("a").lines, [refused]);
    let action = journal.typed("a Bella").action.unwrap();
    assert_eq!(action, Action::Acknowledge { caller: 1, at: ms(20_000), by: SeenBy::Desk });
    let told = journal.handed_over(&action);
    assert_eq!(told, ["00:00:20 Bella: the alert of 00:00:20 is acknowledged"]);
    let refused = "00:00:20 undertone: Bella: there is no alert to acknowledge";
    assert_eq!(journal.typed("a Bella").lines, [refused]);
    assert_eq!(journal.typed("a Cleo").lines, ["00:00:20 undertone: no caller is called so"]);
}

#[test]
fn what_means_nothing_here_says_why() {
    let mut live = journal(&["Anna"], LIVE);
    for (line, says) in [
        ("x", "'x' is no command; ? lists them"),
        ("what\u{1b}[2J now", "'what␛[2J' is no command; ? lists them"),
        ("space", "that is for recordings; this is live"),
        ("back_5s", "that is for recordings; this is live"),
        ("j", "there is only one caller"),
        ("c", "Anna: nothing waits for the caller to be told"),
        ("l", "type the label too"),
    ] {
        assert_eq!(live.typed(line).lines, [format!("00:00:00 undertone: {says}")], "{line}");
        assert_eq!(live.typed(line).action, None);
    }
    live.take(Feed::Call { caller: 0, news: CallNews::Ended });
    let refused = "00:00:00 undertone: Anna: there is no call; n begins one";
    assert_eq!(live.typed("m").lines, [refused]);
    let mut replay = journal(&["call"], REPLAY);
    assert_eq!(replay.typed("left").action, Some(Action::SeekBy(-5)));
    assert_eq!(replay.typed("pause").action, Some(Action::TogglePause));
    let refused = "00:00:00 undertone: that is for live calls; this is a recording";
    assert_eq!(replay.typed("n").lines, [refused]);
    assert_eq!(
        replay.typed("next_note").lines,
        ["00:00:00 undertone: no mark or alert after this that was heard"]
    );
}

#[test]
fn keys_that_were_bound_otherwise_count() {
    let settings: KeySettings = toml::from_str("mark = [\"y\", \"f2\"]\n").unwrap();
    let keys = Keys::new(&settings).unwrap();
    let setup = setup(&["Anna"], LIVE);
    let options = ScreenOptions { keys, ..setup.options.clone() };
    let mut journal = Journal::new(Setup { options, ..setup });
    journal.take(begun(0, "Anna", false));
    let mark = Action::Mark { caller: 0, at: StreamTime::ZERO, text: "x".into() };
    assert_eq!(journal.typed("y x").action, Some(mark.clone()));
    assert_eq!(journal.typed("f2 x").action, Some(mark));
    assert_eq!(journal.typed("m x").action, None);
    let help = journal.typed("?").lines;
    assert!(help.contains(&"00:00:00 undertone: y, or mark [TEXT]: mark this moment".to_owned()));
}

#[test]
fn the_help_names_what_can_be_typed_in_this_run() {
    let help = |labels: &[&str], mode| journal(labels, mode).typed("h").lines.join("\n");
    insta::assert_snapshot!(help(&["Anna"], LIVE), @"
    00:00:00 undertone: c, or confirm_notice [CALLER]: the caller was told: readings begin
    00:00:00 undertone: a, or acknowledge [CALLER]: the newest alert was seen
    00:00:00 undertone: m, or mark [TEXT]: mark this moment
    00:00:00 undertone: t, or note [TEXT]: mark this moment
    00:00:00 undertone: p, or mute: listen to nobody, listen again
    00:00:00 undertone: n, or begin_call [LABEL]: begin a new call; one that is under way ends
    00:00:00 undertone: e, or end_call [CALLER]: end the call
    00:00:00 undertone: l, or label LABEL: give the call another label
    00:00:00 undertone: ?, or help: this list
    00:00:00 undertone: q, or quit: quit
    ");
    insta::assert_snapshot!(help(&["Anna", "Bella"], REPLAY), @"
    00:00:00 undertone: a, or acknowledge [CALLER]: the newest alert was seen
    00:00:00 undertone: m, or mark [TEXT]: mark this moment
    00:00:00 undertone: t, or note [TEXT]: mark this moment
    00:00:00 undertone: pause: pause, go on
    00:00:00 undertone: back_5s: 5 seconds back
    00:00:00 undertone: on_5s: 5 seconds on
    00:00:00 undertone: back_30s: 30 seconds back
    00:00:00 undertone: on_30s: 30 seconds on
    00:00:00 undertone: [, or previous_note: to the mark or alert before
    00:00:00 undertone: ], or next_note: to the mark or alert after
    00:00:00 undertone: +, or faster: faster
    00:00:00 undertone: -, or slower: slower
    00:00:00 undertone: previous_caller: choose the caller before
    00:00:00 undertone: next_caller: choose the caller after
    00:00:00 undertone: /, or find CALLER: choose the caller of this name
    00:00:00 undertone: ?, or help: this list
    00:00:00 undertone: q, or quit: quit
    ");
}

#[test]
fn whatever_a_caller_is_called_a_line_is_one_line() {
    let hostile = "An\u{1b}[2J\nna\u{202e}";
    let mut journal = Journal::new(setup(&[hostile], LIVE));
    let mut told = journal.take(begun(0, hostile, false));
    told.extend(journal.take(Feed::Notice(format!("{hostile}: gone"))));
    told.extend(journal.handed_over(&Action::Mark {
        caller: 0,
        at: ms(1),
        text: "harmless".into(),
    }));
    assert_eq!(told.len(), 3);
    for line in told {
        assert_eq!(line, record::plain_text::plain(&line));
    }
}

/// The times with which lines begin.
fn times(lines: &[String]) -> Vec<&str> {
    lines.iter().map(|line| &line[..8]).collect()
}

proptest! {
    /// Callers are never at one moment of their sound: what is told of one has another time than what is told of the
    /// next, of the program, or of an alert that looks back.
    #[test]
    fn lines_are_in_order_of_time_whoever_they_are_about(
        steps in prop::collection::vec((0_usize..3, 0_u64..4_000, 0_u8..6), 1..200),
        position in 0_u64..100_000,
    ) {
        let mut journal = journal(&["Anna", "Bella", "Cleo"], LIVE);
        let mut lines = journal.take(status(&journal, |status| status.position = ms(position)));
        let mut heard = [0_u64; 3];
        for (caller, step, what) in steps {
            heard[caller] += step;
            let at = ms(heard[caller]);
            let feed = match what {
                0 => event(caller, at, Event::Activity(Activity::Speaking)),
                1 => event(caller, at, Event::Reading(reading(at, Emotion::Fear, 80))),
                2 => event(caller, at, Event::Reading(reading(at, Emotion::Anger, 80))),
                3 => event(caller, at, Event::Skipped { readings: 1 }),
                4 => alert(caller, heard[caller] / 1_000),
                _ => Feed::Notice("Anna: 1.0 s of sound were lost".into()),
            };
            lines.extend(journal.take(feed));
        }
        let told = times(&lines);
        prop_assert!(told.is_sorted(), "{lines:?}");
    }
}

#[test]
fn a_recording_that_is_moved_back_is_told_from_there() {
    let mut journal = journal(&["call"], REPLAY);
    let mut lines = speaks(&mut journal, 0, 20..24, Emotion::Fear, 80);
    lines.extend(journal.take(event(0, ms(5_000), Event::Seek { from: ms(24_000) })));
    lines.extend(speaks(&mut journal, 0, 6..10, Emotion::Anger, 80));
    assert!(lines.iter().any(|line| line.starts_with("00:00:05 call: moved here")), "{lines:?}");
    assert!(lines.last().is_some_and(|line| line.starts_with("00:00:0")), "{lines:?}");
}
