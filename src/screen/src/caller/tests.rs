use super::*;
use hearing::emotion::{Emotion, Scores};
use hearing::fact::Gap;
use hearing::prosody::Facts;
use hearing::timeline::{Activity, Reading, Verdict};

fn apply(caller: &mut Caller, at: StreamTime, event: &Event) {
    caller.apply(&Fact { caller: 0, at, event: event.clone() });
}

fn reading(caller: &mut Caller, ms: u64, emotion: Emotion, certainty: f32) {
    let at = StreamTime::from_ms(ms);
    let rest = (1.0 - certainty) / 6.0;
    let scores = Scores(Emotion::ALL.map(|e| if e == emotion { certainty } else { rest }));
    let verdict = Verdict::Emotion(emotion);
    apply(caller, at, &Event::Reading(Reading { at, scores, verdict }));
}

fn line() -> Caller {
    let line = Line { label: "line 1".into(), source: "softphone".into() };
    Caller::new(&line, Phase::NoCall)
}

fn begun(awaits_notice: bool) -> CallNews {
    CallNews::Begun { label: "caller".into(), log: None, awaits_notice }
}

fn speaking() -> Caller {
    let mut caller = line();
    caller.call(begun(false));
    apply(&mut caller, StreamTime::from_ms(100), &Event::Activity(Activity::Speaking));
    caller
}

const MS: fn(u64) -> Duration = Duration::from_millis;

#[test]
fn a_new_word_comes_at_once_with_its_numbers_if_the_last_one_could_be_read() {
    let mut caller = speaking();
    reading(&mut caller, 250, Emotion::Fear, 0.6);
    assert!(caller.reword(MS(250)));
    assert_eq!(caller.printed.state, State::Emotion(Emotion::Fear, 0.6));
    reading(&mut caller, 500, Emotion::Fear, 0.7);
    assert!(!caller.reword(MS(500)), "a number waits");
    assert!(caller.reword(MS(750)));
    assert_eq!(caller.printed.state, State::Emotion(Emotion::Fear, 0.7));
    reading(&mut caller, 800, Emotion::Anger, 0.8);
    assert!(caller.reword(MS(800)));
    let top = |caller: &Caller| caller.printed.reading.map(|(_, scores)| scores.top().0);
    assert_eq!(caller.printed.state, State::Emotion(Emotion::Anger, 0.8));
    assert_eq!(top(&caller), Some(Emotion::Anger), "the bars say the same as the word");
    assert!(!caller.reword(MS(1400)), "nothing is new");
}

#[test]
fn a_word_that_is_too_new_waits_and_so_does_what_goes_with_it() {
    let mut caller = speaking();
    let mut words = Vec::new();
    for step in 2..42_u64 {
        let emotion = if step % 2 == 0 { Emotion::Fear } else { Emotion::Anger };
        reading(&mut caller, 100 * step, emotion, 0.6);
        caller.reword(MS(100 * step));
        let State::Emotion(word, _) = caller.printed.state else { panic!("no word") };
        assert_eq!(caller.printed.reading.map(|(_, scores)| scores.top().0), Some(word));
        words.push(word);
    }
    let changes = words.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!((3..=8).contains(&changes), "{changes} in four seconds");
}

#[test]
fn words_that_stay_the_same_say_since_when() {
    let mut caller = speaking();
    for (ms, emotion) in [(2000, Emotion::Fear), (3000, Emotion::Fear), (6000, Emotion::Fear)] {
        reading(&mut caller, ms, emotion, 0.6);
    }
    caller.reword(MS(6000));
    assert_eq!(caller.printed.lasting, StreamTime::from_ms(4000));
    reading(&mut caller, 7000, Emotion::Sadness, 0.6);
    caller.reword(MS(7000));
    assert_eq!(caller.printed.lasting, StreamTime::ZERO);
}

#[test]
fn without_a_call_only_the_level_is_taken_in() {
    let mut caller = line();
    let level = Level { rms_db: -30.0, peak_db: -20.0 };
    apply(&mut caller, StreamTime::from_ms(100), &Event::Level(level));
    reading(&mut caller, 250, Emotion::Fear, 0.6);
    assert_eq!((caller.level(), caller.timeline.now()), (Some(level), StreamTime::ZERO));
    assert!(caller.timeline.latest().is_none());
}

#[test]
fn before_the_notice_nothing_that_was_read_is_shown() {
    let mut caller = line();
    caller.call(begun(true));
    assert_eq!(caller.phase, Phase::AwaitsNotice);
    apply(&mut caller, StreamTime::from_ms(200), &Event::Activity(Activity::Speaking));
    reading(&mut caller, 250, Emotion::Fear, 0.6);
    assert!(caller.timeline.latest().is_none());
    caller.call(CallNews::NoticeConfirmed);
    reading(&mut caller, 500, Emotion::Fear, 0.6);
    assert!(caller.timeline.latest().is_some());
}

#[test]
fn a_history_outlives_its_call_and_goes_with_the_next() {
    let mut caller = speaking();
    reading(&mut caller, 500, Emotion::Fear, 0.6);
    caller.call(CallNews::Ended);
    reading(&mut caller, 750, Emotion::Anger, 0.6);
    assert_eq!(caller.timeline.latest().map(|reading| reading.at), Some(StreamTime::from_ms(500)));
    caller.call(begun(false));
    assert!(caller.timeline.latest().is_none());
    assert_eq!(caller.printed, NOTHING);
}

#[test]
fn a_call_without_a_label_is_called_as_its_line() {
    let mut caller = speaking();
    assert_eq!(caller.label, "caller");
    caller.call(CallNews::Renamed(String::new()));
    assert_eq!(caller.label, "line 1");
    caller.call(CallNews::Renamed("Mrs\n\u{1b}[2J".into()));
    assert_eq!(caller.label, "Mrs␊␛[2J");
}

#[test]
fn the_peak_is_held_and_then_let_go() {
    let mut caller = speaking();
    for step in 0..=15_u16 {
        let peak_db = if step == 0 { -3.0 } else { -30.0 };
        let level = Level { rms_db: -40.0, peak_db };
        apply(&mut caller, StreamTime::from_ms(100 * u64::from(step)), &Event::Level(level));
        let held = if step < 15 { -3.0 } else { -30.0 };
        assert_eq!(caller.level(), Some(Level { rms_db: -40.0, peak_db: held }));
    }
}

#[test]
fn facts_stand_until_the_caller_has_been_silent_for_ten_seconds_or_is_moved() {
    let facts = Facts {
        loudness_db: -20.0,
        pitch_hz: None,
        pitch_range_semitones: None,
        syllables_per_s: 4.0,
        pause_share: 0.0,
    };
    let told = Explanation { facts, change: None };
    let quiet = Event::Level(Level { rms_db: -60.0, peak_db: -60.0 });
    let mut caller = speaking();
    apply(&mut caller, StreamTime::from_ms(2000), &Event::Facts(told));
    assert_eq!(caller.printed.facts, None, "it waits for the refresh");
    apply(&mut caller, StreamTime::from_ms(12_000), &quiet);
    caller.reword(Duration::from_secs(21));
    assert_eq!(caller.printed.facts, Some(told));
    apply(&mut caller, StreamTime::from_ms(12_100), &quiet);
    caller.reword(Duration::from_secs(22));
    assert_eq!(caller.printed.facts, None);
    apply(&mut caller, StreamTime::from_ms(13_000), &Event::Facts(told));
    apply(
        &mut caller,
        StreamTime::from_ms(5000),
        &Event::Seek { from: StreamTime::from_ms(13_000) },
    );
    caller.reword(Duration::from_secs(23));
    assert_eq!(caller.printed.facts, None);
}

#[test]
fn a_gap_counts_in_the_streams_own_samples() {
    let mut caller = speaking();
    let gap = Gap { lost_samples: 24_000, rate_hz: 48_000 };
    apply(&mut caller, StreamTime::from_ms(1000), &Event::Gap(gap));
    assert_eq!(caller.timeline.now(), StreamTime::from_ms(1500));
}

#[test]
fn after_going_back_the_numbers_are_those_of_before() {
    let mut caller = speaking();
    reading(&mut caller, 500, Emotion::Fear, 0.6);
    reading(&mut caller, 1000, Emotion::Anger, 0.9);
    let at = StreamTime::from_ms(600);
    apply(&mut caller, at, &Event::Seek { from: StreamTime::from_ms(1000) });
    assert_eq!(caller.printed.state, State::Listening);
    assert_eq!(caller.printed.reading.map(|reading| reading.0), Some(StreamTime::from_ms(500)));
}
