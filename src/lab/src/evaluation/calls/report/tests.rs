use super::super::script::{Script, noise, speech, truth};
use super::super::{Label, RuleMeasures};
use super::*;
use hearing::alert::Rule;
use hearing::emotion::Emotion::{Anger, Fear, Neutral};
use hearing::emotion::Group;

fn measures(stretches: &[(u64, Label)], script: Script) -> CallMeasures {
    CallMeasures::of(&CallCounts::of(&truth(stretches), &script.updates()))
}

fn close(value: Option<f64>, expected: f64) {
    let value = value.expect("there is something to measure");
    assert!((value - expected).abs() < 1e-9, "{value} {expected}");
}

/// 20 s of speech: 10 s of fear, 10 s neutral. Fear is heard late, doubted for 2 s, and lasts too long.
fn call() -> CallMeasures {
    let script = Script::new().too_short(1).speaking(2).reads(3, Anger).reads(5, Fear);
    let script = script.reads(6, Fear).uncertain(7).reads(9, Fear).reads(11, Fear);
    let script = script.reads(13, Neutral).reads(15, Neutral).reads(17, Neutral);
    measures(&[(10, speech(Fear)), (20, speech(Neutral))], script.reads(19, Neutral).listening(20))
}

#[test]
fn shares_of_speech_are_those_by_hand() {
    // Fear, 10 s: 1 closed, 2 too short, 2 anger, 3 fear (5-7, 9-10), 2 uncertain. Neutral: 3 fear, 7.
    let all = call();
    close(all.right_of_speech, 10.0 / 20.0);
    close(all.right_of_committed, 10.0 / 15.0);
    close(all.committed, 15.0 / 20.0);
    close(all.uncertain, 2.0 / 20.0);
    close(all.no_reading, 3.0 / 20.0);
    close(all.gate_closed, 1.0 / 20.0);
    let fear = &all.by_emotion[&Fear];
    close(fear.recall, 0.3);
    close(fear.right_of_committed, 0.6);
    close(Some(fear.shown_s[&Anger]), 2.0);
    close(all.by_emotion[&Neutral].recall, 0.7);
    assert_eq!(all.by_emotion.len(), 2);
}

#[test]
fn a_group_is_right_where_what_is_said_is_in_it() {
    // Fear, 10 s: 2 closed, 3 distressed, 2 fear, 3 calm. Neutral, 10 s: 4 distressed, 6 calm.
    let script =
        Script::new().speaking(2).groups(2, Group::Distressed).groups(4, Group::Distressed);
    let script = script.reads(5, Fear).reads(6, Fear).groups(7, Group::Calm).groups(9, Group::Calm);
    let script = script.groups(10, Group::Distressed).groups(12, Group::Distressed);
    let script = script.groups(14, Group::Calm).groups(16, Group::Calm).groups(18, Group::Calm);
    let all = measures(&[(10, speech(Fear)), (20, speech(Neutral))], script.listening(20));
    close(all.right_of_groups, 9.0 / 16.0);
    close(all.groups, 16.0 / 20.0);
    close(all.right_of_shown, 11.0 / 18.0);
    close(all.shown, 18.0 / 20.0);
    close(all.right_of_committed, 1.0);
    close(all.uncertain, 0.0);
    close(Some(all.by_emotion[&Fear].groups_s[&Group::Distressed]), 3.0);
    // A group is no emotion: of fear 2 s show it, and neutral shows none.
    close(Some(all.eder.missed_s), 8.0);
    close(Some(all.eder.false_alarm_s), 0.0);
    // Neutral was never named, but calm has it.
    close(all.delay.never, 0.5);
    close(all.delay.never_in_group, 0.0);
}

#[test]
fn the_diarisation_error_is_that_by_hand() {
    // Anger over fear 2 s; closed, too short and uncertain 5 s missed; fear over neutral 3 s.
    let eder = call().eder;
    close(Some(eder.confusion_s), 2.0);
    close(Some(eder.missed_s), 5.0);
    close(Some(eder.false_alarm_s), 3.0);
    close(eder.of_speech, 10.0 / 20.0);
    close(eder.of_emotional_speech, 10.0 / 10.0);
}

#[test]
fn delays_are_those_by_hand() {
    let delay = call().delay;
    assert_eq!(delay.n, 2);
    // Fear after 5 s, neutral 3 s after it began.
    close(delay.median_s, 3.0);
    close(delay.p95_s, 5.0);
    close(delay.never, 0.0);
    close(delay.named_before, 0.0);
}

#[test]
fn what_was_never_detected_makes_the_median_of_all_longer() {
    let onset = |(delay, is_in_group): (Option<u64>, bool)| Onset {
        delay: delay.map(|s| StreamTime::from_ms(1000 * s)),
        is_in_group,
        was_named_before: false,
    };
    let delays = [(Some(4), true), (None, true), (Some(1), true), (Some(2), true), (None, false)];
    let delays = delays.map(onset);
    let delay = Delay::of(&delays);
    close(delay.median_s, 2.0);
    close(delay.p95_s, 4.0);
    close(delay.never, 0.4);
    close(delay.never_in_group, 0.2);
    close(delay.median_of_all_s, 4.0);
    assert_eq!(Delay::of(&delays[1..2]).median_of_all_s, None);
    assert_eq!(Delay::of(&[]).never, None);
}

#[test]
fn readings_on_noise_are_counted_by_the_minute_and_by_kind() {
    let script = Script::new().speaking(9).reads_from_to(10, 20, Fear).uncertain(20).listening(20);
    let script = script.alert(12, 20, Rule::Sustained, Some(Fear));
    let all = measures(&[(30, noise("music")), (90, noise("hum"))], script);
    close(Some(all.non_speech.minutes), 1.5);
    close(all.non_speech.readings_per_minute, 11.0 / 1.5);
    close(all.non_speech.committed_per_minute, 10.0 / 1.5);
    close(all.non_speech.by_kind["hum"].readings_per_minute, 0.0);
    close(all.alerts.false_per_hour, 3600.0 / 90.0);
    assert_eq!((all.alerts.episodes.n, all.alerts.episodes.found), (0, None));
    assert_eq!(all.right_of_speech, None);
    assert_eq!(all.eder.of_speech, None);
}

#[test]
fn alerts_are_counted_by_rule_and_by_what_they_found() {
    let script = Script::new().alert(5, 14, Rule::Sustained, Some(Anger));
    let script =
        script.alert(16, 18, Rule::SuddenChange, Some(Fear)).alert(30, 55, Rule::Rising, None);
    let stretches =
        [(20, speech(Fear)), (40, speech(Neutral)), (52, speech(Anger)), (64, speech(Neutral))];
    let alerts = measures(&stretches, script).alerts;
    assert_eq!((alerts.n, alerts.n_false, alerts.n_misnamed), (3, 1, 1));
    assert_eq!(alerts.by_rule[&Rule::Rising], RuleMeasures { n: 1, n_false: 1 });
    assert_eq!(alerts.by_rule[&Rule::SuddenChange].n_false, 0);
    // Fear was found after 14 s; anger was not, since that alert came too late.
    assert_eq!(alerts.episodes.n, 2);
    close(alerts.episodes.found, 0.5);
    close(alerts.episodes.median_delay_s, 14.0);
}

#[test]
fn the_json_has_the_measures_of_all_and_of_each_call() {
    let counts = CallCounts::of(
        &truth(&[(10, speech(Fear)), (12, Label::silence())]),
        &Script::new().speaking(1).reads_from_to(2, 10, Fear).listening(10).updates(),
    );
    let calls = [("a.wav".to_owned(), counts.clone()), ("b.wav".to_owned(), counts)];
    let json = serde_json::to_value(CallReport::new(&calls)).unwrap();
    assert_eq!(json["n"], 2);
    assert_eq!(json["length_s"], 24.0);
    assert_eq!(json["right_of_speech"], 0.8);
    assert_eq!(json["by_emotion"]["fear"]["recall"], 0.8);
    assert_eq!(json["delay"]["median_s"], 2.0);
    assert_eq!(json["non_speech"]["by_kind"]["silence"]["readings_per_minute"], 0.0);
    assert_eq!(json["calls"][1]["audio"], "b.wav");
    assert_eq!(json["calls"][1]["eder"]["of_speech"], 0.2);
}
