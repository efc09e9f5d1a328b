use super::*;
use crate::emotion::{Group, Scores};
use proptest::prelude::*;

const HOP: StreamTime = StreamTime::from_ms(250);

fn s(seconds: f64) -> StreamTime {
    StreamTime::from_seconds(seconds)
}

fn scores(emotion: Emotion, certainty: f32) -> Scores {
    let rest = (1.0 - certainty) / 6.0;
    Scores(Emotion::ALL.map(|other| if other == emotion { certainty } else { rest }))
}

fn reading(at: f64, emotion: Emotion, certainty: f32) -> Reading {
    let verdict = Verdict::Emotion(emotion);
    Reading { at: s(at), scores: scores(emotion, certainty), verdict }
}

fn uncertain(at: f64) -> Reading {
    Reading { at: s(at), scores: Scores::UNIFORM, verdict: Verdict::Uncertain }
}

#[test]
fn the_present_group_is_told_with_what_stands_out_in_it() {
    let mut timeline = Timeline::new();
    timeline.activity(s(0.0), Activity::Speaking);
    let scores = Scores([0.05, 0.0, 0.4, 0.0, 0.0, 0.4, 0.15]);
    let verdict = Verdict::Group(Group::Distressed);
    timeline.reading(Reading { at: s(1.0), scores, verdict });
    let State::Group { group, certainty, likeliest } = timeline.state() else { panic!("none") };
    assert_eq!(group, Group::Distressed);
    assert!((certainty - 0.85).abs() < 1e-6);
    assert_eq!(likeliest, Some([Emotion::Fear, Emotion::Sadness]));
}

/// Speech from 1 s on, readings from 3 s to 6 s, silence from 6 s to 8 s.
fn short_call() -> Timeline {
    let mut timeline = Timeline::new();
    timeline.activity(s(1.0), Activity::TooShort);
    timeline.activity(s(3.0), Activity::Speaking);
    for hop in 0..12 {
        timeline.reading(reading(3.25 + 0.25 * f64::from(hop), Emotion::Sadness, 0.8));
    }
    timeline.activity(s(6.0), Activity::Listening);
    timeline.advance(s(8.0));
    timeline
}

#[test]
fn each_part_of_a_call_is_drawn_as_what_it_was() {
    let timeline = short_call();
    assert_eq!(timeline.now(), s(8.0));
    assert_eq!(timeline.cell(s(0.0), s(1.0)), Cell::Silence);
    assert_eq!(timeline.cell(s(1.0), s(3.0)), Cell::TooShort);
    assert_eq!(timeline.cell(s(4.0), s(5.0)), Cell::Emotion(Emotion::Sadness, 0.8));
    assert_eq!(timeline.cell(s(6.0), s(8.0)), Cell::Silence);
    assert_eq!(timeline.cell(s(8.0), s(9.0)), Cell::Unheard);
    assert_eq!(timeline.cell(s(5.0), s(5.0)), Cell::Unheard);
}

#[test]
fn a_cell_shorter_than_a_hop_shows_the_reading_that_covers_it() {
    let timeline = short_call();
    let cell = timeline.cell(s(4.01), s(4.06));
    assert_eq!(cell, Cell::Emotion(Emotion::Sadness, 0.8));
}

#[test]
fn muted_time_is_drawn_as_such_and_is_neither_lost_nor_heard() {
    let mut timeline = short_call();
    timeline.activity(s(8.0), Activity::Speaking);
    timeline.muted(s(9.0), s(4.0));
    assert_eq!(timeline.cell(s(9.0), s(13.0)), Cell::Muted);
    assert_eq!(timeline.state(), State::Listening);
    assert!(!timeline.has_gap(s(0.0), s(13.0)));
    timeline.muted(s(13.0), s(2.0));
    timeline.skipped(s(15.0), 4);
    let summary = timeline.summary(s(15.0));
    assert!((summary.muted_s - 6.0).abs() < 1e-9);
    assert!((summary.speech_s - 6.0).abs() < 1e-9);
    assert_eq!((summary.gaps, summary.lost_s, summary.skipped), (0, 0.0, 4));
}

#[test]
fn most_time_wins_a_cell_and_a_loss_wins_among_equals() {
    let mut timeline = Timeline::new();
    timeline.gap(s(5.0), s(1.0));
    timeline.advance(s(10.0));
    assert_eq!(timeline.cell(s(3.0), s(6.0)), Cell::Silence);
    assert_eq!(timeline.cell(s(4.0), s(6.0)), Cell::Gap);
    assert!(timeline.has_gap(s(3.0), s(5.1)));
    assert!(!timeline.has_gap(s(3.0), s(5.0)));
}

#[test]
fn most_readings_win_a_cell_with_the_mean_of_their_scores() {
    let mut timeline = Timeline::new();
    timeline.activity(s(0.0), Activity::Speaking);
    timeline.reading(reading(1.0, Emotion::Fear, 0.6));
    timeline.reading(reading(1.25, Emotion::Fear, 0.8));
    timeline.reading(reading(1.5, Emotion::Anger, 0.9));
    timeline.reading(uncertain(1.75));
    let Cell::Emotion(emotion, mean) = timeline.cell(s(0.5), s(2.0)) else {
        panic!("no emotion");
    };
    assert_eq!(emotion, Emotion::Fear);
    let anger_rest = 0.1 / 6.0;
    assert!((mean - (0.6 + 0.8 + anger_rest + 1.0 / 7.0) / 4.0).abs() < 1e-6);
}

#[test]
fn as_many_uncertain_readings_as_others_make_an_uncertain_cell() {
    let mut timeline = Timeline::new();
    timeline.activity(s(0.0), Activity::Speaking);
    timeline.reading(reading(1.0, Emotion::Fear, 0.6));
    timeline.reading(uncertain(1.25));
    assert_eq!(timeline.cell(s(0.5), s(2.0)), Cell::Uncertain);
}

#[test]
fn the_state_follows_the_call() {
    let mut timeline = Timeline::new();
    assert_eq!(timeline.state(), State::Listening);
    timeline.activity(s(1.0), Activity::TooShort);
    assert_eq!(timeline.state(), State::SpeechTooShort);
    timeline.activity(s(3.0), Activity::Speaking);
    assert_eq!(timeline.state(), State::SpeechTooShort);
    timeline.reading(uncertain(3.0));
    assert_eq!(timeline.state(), State::Uncertain);
    timeline.reading(reading(3.25, Emotion::Anger, 0.75));
    assert_eq!(timeline.state(), State::Emotion(Emotion::Anger, 0.75));
    timeline.activity(s(4.0), Activity::Listening);
    assert_eq!(timeline.state(), State::Listening);
    timeline.activity(s(5.0), Activity::Speaking);
    assert_eq!(timeline.state(), State::SpeechTooShort, "a reading of earlier speech is not now");
}

#[test]
fn an_old_reading_is_not_called_the_present_emotion() {
    let mut timeline = Timeline::new();
    timeline.activity(s(1.0), Activity::Speaking);
    timeline.reading(reading(2.0, Emotion::Fear, 0.9));
    timeline.advance(s(4.0));
    assert_eq!(timeline.state(), State::Emotion(Emotion::Fear, 0.9));
    timeline.advance(s(4.1));
    assert_eq!(timeline.state(), State::Uncertain);
}

#[test]
fn a_reading_says_that_there_is_speech_when_the_word_of_it_was_lost() {
    let mut timeline = Timeline::new();
    timeline.reading(reading(2.0, Emotion::Fear, 0.9));
    assert_eq!(timeline.state(), State::Emotion(Emotion::Fear, 0.9));
    timeline.activity(s(2.5), Activity::Listening);
    timeline.reading(reading(2.5, Emotion::Fear, 0.9));
    assert_eq!(timeline.state(), State::Listening, "the last reading of the speech before");
}

#[test]
fn speech_goes_on_after_a_gap() {
    let mut timeline = short_call();
    timeline.activity(s(8.0), Activity::Speaking);
    timeline.gap(s(9.0), s(2.0));
    assert_eq!(timeline.now(), s(11.0));
    assert_eq!(timeline.cell(s(9.0), s(11.0)), Cell::Gap);
    timeline.reading(reading(11.5, Emotion::Fear, 0.7));
    assert_eq!(timeline.state(), State::Emotion(Emotion::Fear, 0.7));
}

#[test]
fn seeking_forward_leaves_an_unheard_stretch() {
    let mut timeline = short_call();
    timeline.seek(s(8.0), s(20.0));
    timeline.advance(s(21.0));
    assert_eq!(timeline.cell(s(9.0), s(19.0)), Cell::Unheard);
    assert_eq!(timeline.cell(s(20.0), s(21.0)), Cell::Silence);
    assert_eq!(timeline.state(), State::Listening);
}

#[test]
fn seeking_back_discards_what_lies_after_but_for_marks() {
    let mut timeline = short_call();
    timeline.mark(s(5.0), "raised voice");
    timeline.seek(s(8.0), s(4.0));
    assert_eq!(timeline.now(), s(4.0));
    assert_eq!(timeline.latest().unwrap().at, s(4.0));
    assert_eq!(timeline.summary(s(4.0)).readings, 4);
    assert!((timeline.summary(s(4.0)).speech_s - 3.0).abs() < 1e-9);
    assert_eq!(timeline.cell(s(4.0), s(5.0)), Cell::Unheard);
    assert_eq!(timeline.marks(s(0.0), s(9.0)).count(), 1);
}

#[test]
fn marks_are_found_by_their_place_and_their_text_is_bounded() {
    let mut timeline = Timeline::new();
    timeline.mark(s(5.0), "later");
    timeline.mark(s(2.0), &"x".repeat(1000));
    let texts = |from, to| timeline.marks(s(from), s(to)).map(|mark| mark.text.clone()).collect();
    let found: Vec<String> = texts(0.0, 5.0);
    assert_eq!(found, ["x".repeat(MAX_MARK_CHARS)]);
    let found: Vec<String> = texts(5.0, 5.1);
    assert_eq!(found, ["later"]);
    for _ in 0..2 * MAX_MARKS {
        timeline.mark(s(9.0), "");
    }
    assert_eq!(timeline.marks(s(0.0), s(10.0)).count(), MAX_MARKS);
}

#[test]
fn the_summary_counts_time_readings_and_losses() {
    let mut timeline = short_call();
    timeline.gap(s(8.0), s(0.5));
    let summary = timeline.summary(s(8.5));
    assert!((summary.speech_s - 5.0).abs() < 1e-9);
    assert_eq!((summary.readings, summary.uncertain, summary.gaps), (12, 0, 1));
    assert!((summary.lost_s - 0.5).abs() < 1e-9);
    assert!((summary.shares[&Emotion::Sadness] - 1.0).abs() < 1e-12);
    timeline.activity(s(8.5), Activity::TooShort);
    assert!((timeline.summary(s(10.0)).speech_s - 6.5).abs() < 1e-9, "what runs counts up to now");
}

#[test]
fn old_history_leaves_the_picture_but_not_the_summary() {
    let mut timeline = Timeline::new();
    let extra = 5_000_u16;
    timeline.activity(StreamTime::ZERO, Activity::Speaking);
    let mut at = StreamTime::ZERO;
    for number in 0..MAX_READINGS + usize::from(extra) {
        at = at + HOP;
        let emotion = if number < usize::from(extra) { Emotion::Fear } else { Emotion::Neutral };
        let verdict = Verdict::Emotion(emotion);
        timeline.reading(Reading { at, scores: scores(emotion, 0.9), verdict });
    }
    assert_eq!(timeline.readings.len(), MAX_READINGS);
    assert_eq!(timeline.readings.capacity(), MAX_READINGS);
    assert_eq!(timeline.cell(s(0.0), s(60.0)), Cell::Unheard);
    assert_eq!(
        timeline.cell(at - s(7_300.0), at - s(7_200.0)),
        Cell::Emotion(Emotion::Neutral, 0.9)
    );
    let summary = timeline.summary(at);
    assert_eq!(summary.readings, 32_768 + u64::from(extra));
    assert!((summary.speech_s - at.seconds()).abs() < 1e-9);
    let fear = f64::from(extra) / f64::from(32_768 + u32::from(extra));
    assert!((summary.shares[&Emotion::Fear] - fear).abs() < 1e-12);
}

#[test]
fn many_changes_are_bounded_too() {
    let mut timeline = Timeline::new();
    for step in 0..40_000_u32 {
        let activity = if step % 2 == 0 { Activity::TooShort } else { Activity::Listening };
        timeline.activity(s(f64::from(step)), activity);
    }
    assert_eq!(timeline.cell(s(0.0), s(1.0)), Cell::Unheard);
    assert_eq!(timeline.cell(s(39_998.0), s(39_999.0)), Cell::TooShort);
    assert!((timeline.summary(timeline.now()).speech_s - 20_000.0).abs() < 1e-6);
}

/// One thing that can happen to a timeline.
#[derive(Clone, Debug)]
enum Happening {
    Advance,
    Activity(Activity),
    Reading(Verdict),
    Gap(u64),
    Seek(f64),
    Mark,
}

fn happening() -> impl Strategy<Value = Happening> {
    let activity = prop::sample::select(vec![
        Activity::Listening,
        Activity::TooShort,
        Activity::Speaking,
        Activity::Speaking,
    ]);
    let verdict = prop_oneof![
        7 => prop::sample::select(Emotion::ALL.as_slice()).prop_map(Verdict::Emotion),
        3 => prop::sample::select(Group::ALL.as_slice()).prop_map(Verdict::Group),
        1 => Just(Verdict::Uncertain),
    ];
    prop_oneof![
        2 => Just(Happening::Advance),
        4 => activity.prop_map(Happening::Activity),
        8 => verdict.prop_map(Happening::Reading),
        1 => (0_u64..20_000).prop_map(Happening::Gap),
        1 => (0.0..1.5_f64).prop_map(Happening::Seek),
        1 => Just(Happening::Mark),
    ]
}

/// Lets `happening` happen up to a second after now, or half a second before it.
fn happen(timeline: &mut Timeline, happening: &Happening, step: u64) {
    let at = (timeline.now() + StreamTime(step)) - StreamTime::from_ms(500);
    match *happening {
        Happening::Advance => timeline.advance(at),
        Happening::Activity(activity) => timeline.activity(at, activity),
        Happening::Reading(verdict) => {
            timeline.reading(Reading { at, scores: Scores::UNIFORM, verdict });
        }
        Happening::Gap(length) => timeline.gap(at, StreamTime(length)),
        Happening::Seek(part) => {
            timeline.seek(timeline.now(), s(timeline.now().seconds() * part));
        }
        Happening::Mark => timeline.mark(at, "here"),
    }
}

proptest! {
    #[test]
    fn whatever_happens_the_books_balance(
        happenings in prop::collection::vec((happening(), 0_u64..12_000), 0..200),
        from in 0_u64..2_000_000,
        length in 0_u64..100_000,
    ) {
        let mut timeline = Timeline::new();
        for (happening, step) in &happenings {
            happen(&mut timeline, happening, *step);
        }
        let now = timeline.now();
        let summary = timeline.summary(now);
        prop_assert!(summary.speech_s + summary.lost_s <= now.seconds() + 1e-9);
        prop_assert!(summary.uncertain <= summary.readings);
        let sum: f64 = summary.shares.values().chain(summary.groups.values()).sum();
        let expected = if summary.readings > summary.uncertain { 1.0 } else { 0.0 };
        prop_assert!((sum - expected).abs() < 1e-9);
        prop_assert!(timeline.readings.iter().is_sorted_by_key(|reading| reading.at));
        let to = StreamTime(from + length);
        let cell = timeline.cell(StreamTime(from), to);
        if from >= now.0 {
            prop_assert_eq!(cell, Cell::Unheard);
        }
        if let Cell::Emotion(_, certainty) | Cell::Group(_, certainty) = cell {
            prop_assert!((0.0..=1.0).contains(&certainty));
        }
        if cell == Cell::Gap {
            prop_assert!(timeline.has_gap(StreamTime(from), to));
        }
    }

    #[test]
    fn hearing_a_part_again_after_going_back_counts_it_once(
        calls in prop::collection::vec((1_u64..8_000, 0_usize..3, any::<bool>()), 1..60),
        back in 0.0..1.0_f64,
    ) {
        let activities = [Activity::Listening, Activity::TooShort, Activity::Speaking];
        let mut events = Vec::new();
        let mut at = StreamTime::ZERO;
        for (step, activity, with_reading) in calls {
            at = at + StreamTime(step);
            events.push((at, activities[activity], with_reading));
        }
        let hear = |timeline: &mut Timeline, after: Option<StreamTime>| {
            let running = events.iter().rev().find(|event| Some(event.0) <= after);
            if let (Some(after), Some(running)) = (after, running) {
                timeline.activity(after, running.1);
            }
            for (at, activity, with_reading) in events.iter().filter(|event| Some(event.0) > after) {
                timeline.activity(*at, *activity);
                if *with_reading && *activity == Activity::Speaking {
                    timeline.reading(Reading {
                        at: *at, scores: Scores::UNIFORM, verdict: Verdict::Uncertain,
                    });
                }
            }
        };
        let mut once = Timeline::new();
        hear(&mut once, None);
        let mut again = once.clone();
        let to = s(at.seconds() * back);
        again.seek(at, to);
        hear(&mut again, Some(to));
        prop_assert_eq!(once.summary(at), again.summary(at));
    }
}
