//! Scenario files: readings in, alerts expected.
//!
//! `tests/data/alerts/input/NAME.txt` has one fact a line, times in seconds, `#` for remarks:
//!
//! ```text
//! set sustained.speech_s = 5         a setting that is not the default's
//! 3.0 speaking                       or too_short, listening
//! 3.0..9.0 reading fear=71 anger=9   a reading each 250 ms (or one, at 3.0); the rest is neutral, in percent
//! 9.0 reading fear=40 anger=35 distressed   the same, shown as a group
//! 4.0 operator speaks                or silent
//! 5.0 unheard 2.5                    so long was lost or not listened to
//! 9.0 seek 2.0                       a recording was moved
//! 9.0 reset 0.0                      a new call begins
//! 60.0 time                          nothing more until here
//! ```
//!
//! `expected/NAME.txt` has a line for each alert: when, rule, emotion, where it began, and the reason; then the
//! guidance, if there is any. A reading below 55 % is uncertain; with `distressed` behind it, it is shown as that.

use super::{AlertSettings, Alerter};
use crate::emotion::{Emotion, Group, Scores, Thresholds};
use crate::fact::{Event, Gap};
use crate::stream_time::{STREAM_RATE_HZ, StreamTime};
use crate::timeline::{Activity, Alert, OperatorState, Reading, Verdict};
use proptest::prelude::*;
use std::fmt::Write;
use std::path::Path;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/alerts");

/// Time goes on in steps like the pipeline's frames, only longer: what is found does not depend on it much.
const STEP: StreamTime = StreamTime::from_ms(50);

const HOP: StreamTime = StreamTime::from_ms(250);

fn time(word: &str) -> StreamTime {
    StreamTime::from_seconds(word.parse().unwrap_or_else(|_| panic!("'{word}' is no time")))
}

fn scores(words: &[&str]) -> Scores {
    let mut scores = [0.0; 7];
    for word in words {
        let (emotion, percent) = word.split_once('=').expect("emotion=percent");
        let emotion: Emotion = emotion.parse().expect("an emotion");
        scores[emotion.index()] = percent.parse::<f32>().expect("a number") / 100.0;
    }
    scores[Emotion::Neutral.index()] += 1.0 - scores.iter().sum::<f32>();
    Scores(scores)
}

fn reading(at: StreamTime, scores: Scores) -> Reading {
    Reading { at, scores, verdict: Thresholds::emotions_from(0.55).verdict(&scores) }
}

/// A call that an alerter follows.
struct Call {
    alerter: Alerter,
    now: StreamTime,
    alerts: Vec<Alert>,
}

impl Call {
    fn new(settings: &AlertSettings) -> Self {
        Call { alerter: Alerter::new(settings), now: StreamTime::ZERO, alerts: Vec::new() }
    }

    fn advance(&mut self, to: StreamTime) {
        while self.now < to {
            self.now = to.min(self.now + STEP);
            self.alerts.extend(self.alerter.advance(self.now));
        }
    }

    fn take(&mut self, at: StreamTime, event: &Event) {
        self.advance(at);
        self.alerts.extend(self.alerter.take(at, event));
    }

    fn read(&mut self, from: StreamTime, to: StreamTime, words: &[&str]) {
        let (group, words) = match words.split_last() {
            Some((last, words)) if last.parse::<Group>().is_ok() => (last.parse().ok(), words),
            _ => (None, words),
        };
        let mut at = from;
        while at <= to {
            let reading = reading(at, scores(words));
            let verdict = group.map_or(reading.verdict, Verdict::Group);
            self.take(at, &Event::Reading(Reading { verdict, ..reading }));
            at = at + HOP;
        }
    }

    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (from, to) = words[0].split_once("..").unwrap_or((words[0], words[0]));
        let at = time(from);
        match words[1..] {
            ["speaking"] => self.take(at, &Event::Activity(Activity::Speaking)),
            ["too_short"] => self.take(at, &Event::Activity(Activity::TooShort)),
            ["sound", "none"] => {
                self.advance(at);
                self.alerter.sound(None);
            }
            ["sound", level_db] => {
                self.advance(at);
                let level_db: f32 = level_db.parse().expect("a level in dB");
                self.alerter.sound(Some(10_f32.powf(level_db / 10.0)));
            }
            ["listening"] => self.take(at, &Event::Activity(Activity::Listening)),
            ["operator", does] => {
                let state = OperatorState { speaks: does == "speaks", is_echoed: false };
                self.take(at, &Event::Operator(state));
            }
            ["unheard", length] => {
                self.take(at, &unheard(time(length)));
                self.now = self.now + time(length);
            }
            ["seek", to] => {
                self.advance(at);
                self.now = time(to);
                self.take(self.now, &Event::Seek { from: at });
            }
            ["reset", to] => {
                self.advance(at);
                self.now = time(to);
                self.alerter.reset(self.now);
            }
            ["time"] => self.advance(at),
            ["reading", ..] => self.read(at, time(to), &words[2..]),
            _ => panic!("'{line}' is not understood"),
        }
    }
}

/// What the scenarios were written for, whatever the defaults are.
const SETTINGS: &str =
    "quiet_s = 30\n[sustained]\nspeech_s = 8\nlevel_percent = 70\ncool_down_s = 120\n";

fn put_over(all: &mut toml::Table, own: toml::Table) {
    for (key, value) in own {
        match (all.get_mut(&key), value) {
            (Some(toml::Value::Table(all)), toml::Value::Table(own)) => put_over(all, own),
            (_, value) => drop(all.insert(key, value)),
        }
    }
}

fn alerts_of(scenario: &str) -> Vec<Alert> {
    let lines = || scenario.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let settings: String = lines()
        .filter_map(|line| line.strip_prefix("set "))
        .fold(String::new(), |all, line| all + line + "\n");
    let mut all: toml::Table = SETTINGS.parse().expect("settings");
    put_over(&mut all, settings.parse().expect("settings"));
    let settings: AlertSettings = all.try_into().expect("settings");
    let mut call = Call::new(&settings);
    lines().filter(|line| !line.starts_with("set ")).for_each(|line| call.line(line));
    call.alerts
}

fn told(alerts: &[Alert]) -> String {
    let mut text = String::new();
    for alert in alerts {
        let emotion = alert.emotion.map_or("-", Emotion::label);
        let (at, from) = (alert.at.seconds(), alert.from.seconds());
        let _ = writeln!(text, "{at:.2} {} {emotion} from {from:.2}: {}", alert.rule, alert.reason);
        if let Some(guidance) = &alert.guidance {
            let _ = writeln!(text, "  {guidance}");
        }
    }
    text
}

#[test]
fn every_scenario_gives_the_alerts_that_are_expected() {
    let mut n_checked = 0;
    let mut differing = String::new();
    for entry in std::fs::read_dir(Path::new(FOLDER).join("input")).expect("the scenarios") {
        let input = entry.unwrap().path();
        let expected = Path::new(FOLDER).join("expected").join(input.file_name().unwrap());
        let given = told(&alerts_of(&std::fs::read_to_string(&input).unwrap()));
        if given != std::fs::read_to_string(&expected).unwrap_or("(no such file)".to_owned()) {
            let _ = writeln!(differing, "== {} would be:\n{given}", expected.display());
        }
        n_checked += 1;
    }
    assert!(n_checked > 0, "there is no scenario");
    assert!(differing.is_empty(), "{differing}");
}

/// So much was not heard.
fn unheard(length: StreamTime) -> Event {
    Event::Gap(Gap { lost_samples: length.0, rate_hz: STREAM_RATE_HZ })
}

fn told_of_anything() -> impl Strategy<Value = (u64, Event)> {
    let scores = prop::array::uniform7(0.0_f32..=1.0);
    let certain = prop::sample::select(Emotion::ALL.as_slice());
    let activity = prop::sample::select(
        [Activity::Listening, Activity::TooShort, Activity::Speaking].as_slice(),
    );
    let told = prop_oneof![
        10 => (scores, certain).prop_map(|(scores, emotion)| Event::Reading(Reading {
            at: StreamTime::ZERO,
            scores: Scores(scores),
            verdict: Verdict::Emotion(emotion),
        })),
        5 => Just(Event::Reading(reading(StreamTime::ZERO, scores_of_fear()))),
        3 => activity.prop_map(Event::Activity),
        1 => any::<bool>().prop_map(|speaks| {
            Event::Operator(OperatorState { speaks, is_echoed: false })
        }),
        1 => (0_u64..1 << 40).prop_map(|length| unheard(StreamTime(length))),
        1 => Just(Event::Seek { from: StreamTime::ZERO }),
    ];
    (prop_oneof![10 => 0_u64..200_000, 1 => 0_u64..1 << 40], told)
}

fn scores_of_fear() -> Scores {
    scores(&["fear=90"])
}

proptest! {
    /// Positions go forward by what is told, but for seeks, which go anywhere.
    #[test]
    fn nothing_makes_it_panic_or_pass_the_cap(
        steps in prop::collection::vec(told_of_anything(), 0..300),
        max_per_hour in 0_u32..4,
    ) {
        let limits = |cool_down_s| format!("cool_down_s = {cool_down_s}");
        let settings = format!(
            "max_per_hour = {max_per_hour}\nquiet_s = 0\n[sustained]\nspeech_s = 1\n{}\n[long_silence]\n\
             silence_s = 1\nheard_s = 1\n{}",
            limits(0), limits(0)
        );
        let mut alerter = Alerter::new(&toml::from_str(&settings).unwrap());
        let (mut at, mut listened) = (0_u64, 0_u64);
        let mut given: Vec<u64> = Vec::new();
        for (step, told) in steps {
            let told = match told {
                Event::Seek { .. } => {
                    at = step;
                    told
                }
                other => {
                    at += step;
                    listened += step;
                    match other {
                        Event::Reading(reading) => {
                            Event::Reading(Reading { at: StreamTime(at), ..reading })
                        }
                        other => other,
                    }
                }
            };
            if alerter.take(StreamTime(at), &told).is_some() {
                given.push(listened);
            }
            if let Event::Gap(gap) = told {
                at += gap.length().0;
                listened += gap.length().0;
            }
        }
        let hour = StreamTime::from_ms(3_600_000).0;
        for (index, &first) in given.iter().enumerate() {
            let within = given[index..].iter().filter(|&&other| other - first < hour).count();
            prop_assert!(within <= max_per_hour as usize);
        }
    }
}
