//! A call that never was, for tests: always the same, with everything that a screen can show.

use super::app::App;
use super::feed::{CallNews, Feed, Line, Mode, ScreenOptions, Setup, Status};
use super::theme::Colours;
use hearing::emotion::{Emotion, Scores};
use hearing::fact::{Event, Fact, Gap, Level};
use hearing::prosody::{Explanation, Facts};
use hearing::stream_time::StreamTime;
use hearing::timeline::{Activity, Alert, Reading, Rule, Verdict};
use std::time::Duration;

/// What the caller sounds like: an emotion and its certainty in percent; 0 is uncertain.
type Sound = Option<(Emotion, u16)>;

/// What the caller does until so many seconds.
const SCRIPT: [(u64, Sound, Activity); 12] = [
    (4, None, Activity::Listening),
    (7, None, Activity::TooShort),
    (28, Some((Emotion::Neutral, 66)), Activity::Speaking),
    (36, Some((Emotion::Neutral, 0)), Activity::Speaking),
    (46, None, Activity::Listening),
    (66, Some((Emotion::Sadness, 71)), Activity::Speaking),
    (74, Some((Emotion::Sadness, 41)), Activity::Speaking),
    (78, None, Activity::Listening),
    (80, None, Activity::TooShort),
    (88, Some((Emotion::Anger, 58)), Activity::Speaking),
    (94, Some((Emotion::Surprise, 52)), Activity::Speaking),
    (110, Some((Emotion::Fear, 73)), Activity::Speaking),
];

/// How the caller speaks for 80 seconds, and then.
const CALM: Facts = Facts {
    loudness_db: -26.2,
    pitch_hz: Some(178.4),
    pitch_range_semitones: Some(5.1),
    syllables_per_s: 4.2,
    pause_share: 0.21,
};
const EXCITED: Facts = Facts {
    loudness_db: -20.4,
    pitch_hz: Some(211.2),
    pitch_range_semitones: Some(6.9),
    syllables_per_s: 5.3,
    pause_share: 0.12,
};

/// Seconds at which two seconds of sound were lost.
const LOST_AT: u64 = 56;

/// What stands on the screen besides the call.
pub(super) fn setup(callers: &[&str], mode: Mode) -> Setup {
    Setup {
        lines: callers
            .iter()
            .map(|label| Line {
                label: (*label).to_owned(),
                source: "pulseaudio:softphone.monitor".to_owned(),
            })
            .collect(),
        model: "phone-lstm: UAR 0.53 on strangers".to_owned(),
        backend: "CPU (AVX-512)".to_owned(),
        notice_text: Some(NOTICE.to_owned()),
        mode,
        notice: Some("no GPU found: using the CPU".to_owned()),
        colours: Colours::True,
        options: ScreenOptions::default(),
    }
}

/// What has to be told to a caller.
pub(super) const NOTICE: &str = "This service uses a computer program that estimates from the sound of \
    your voice how you feel, to help the person who listens to you. It does not record you. You can say no, \
    and nothing changes.";

/// Somebody is on the line.
pub(super) const LIVE: Mode = Mode::Live { auto_calls: false };

/// A recording of four minutes.
pub(super) const REPLAY: Mode =
    Mode::Replay { length: Some(StreamTime::from_ms(240_000)), speed: 1.0 };

/// The dashboard after so many seconds of the call, its numbers fresh.
pub(super) fn app_after(seconds: u64, setup: Setup) -> App {
    let mut app = App::new(setup);
    for caller in 0..app.callers.len() {
        app.apply(begun(caller, &app.callers[caller].label.clone(), false));
        let later = 17 * caller as u64;
        for tenth in 0..=10 * seconds {
            for event in events(tenth, later) {
                let at = StreamTime::from_ms(100 * tenth);
                app.apply(Feed::Fact(Fact { caller, at, event }));
            }
        }
    }
    app.apply(Feed::Status(Status {
        delay_p95_ms: Some(34.4),
        dropped_samples: if seconds > LOST_AT { 96_000 } else { 0 },
        is_heard: vec![true; app.callers.len()],
        is_muted: false,
        backend: None,
        paused: false,
        position: StreamTime::from_ms(1000 * seconds),
        speed: 1.0,
        log_stopped: None,
    }));
    app.tick(Duration::from_secs(seconds));
    app
}

/// A call begins on a line.
pub(super) fn begun(caller: usize, label: &str, awaits_notice: bool) -> Feed {
    let log = Some("/var/calls/2026-11-22T14-03-11.jsonl".into());
    let news = CallNews::Begun { label: label.to_owned(), log, awaits_notice };
    Feed::Call { caller, news }
}

/// The operator's attention is asked for at this second of a caller's call.
pub(super) fn alert(caller: usize, second: u64) -> Feed {
    let at = StreamTime::from_ms(1000 * second);
    let alert = Alert {
        at,
        from: StreamTime::from_ms(1000 * second.saturating_sub(9)),
        rule: Rule::Sustained,
        emotion: Some(Emotion::Fear),
        reason: "fear for 8 s of speech, 75 % on average; anger and sadness 10 %".to_owned(),
        guidance: Some("Slow down.\nAsk what is happening right now.".to_owned()),
    };
    Feed::Fact(Fact { caller, at, event: Event::Alert(alert) })
}

/// What happens in one tenth of a second of a call that began earlier by some seconds.
fn events(tenth: u64, later: u64) -> Vec<Event> {
    let at = StreamTime::from_ms(100 * tenth);
    let (emotion, activity) = scene(tenth, later);
    let mut events = Vec::new();
    if tenth == 0 || scene(tenth - 1, later).1 != activity {
        events.push(Event::Activity(activity));
    }
    if let (Some((emotion, percent)), 0) = (emotion, tenth % 3) {
        events.push(Event::Reading(reading(at, emotion, percent)));
    }
    if activity == Activity::Speaking && tenth % 10 == 5 {
        let facts = if tenth < 800 { CALM } else { EXCITED };
        let change = (tenth > 200).then(|| facts.against(&CALM));
        events.push(Event::Facts(Explanation { facts, change }));
    }
    if tenth == 10 * LOST_AT {
        events.push(Event::Gap(Gap { lost_samples: 96_000, rate_hz: 48_000 }));
    }
    let rms_db = if activity == Activity::Listening { -57.0 } else { -24.0 };
    events.push(Event::Level(Level { rms_db, peak_db: rms_db + 9.0 }));
    events
}

fn scene(tenth: u64, later: u64) -> (Sound, Activity) {
    let length = SCRIPT[SCRIPT.len() - 1].0;
    let second = (tenth / 10 + later) % length;
    let scene = SCRIPT.iter().find(|(until, ..)| second < *until);
    scene.map_or((None, Activity::Listening), |(_, emotion, activity)| (*emotion, *activity))
}

/// A reading of an emotion at a certainty in percent; at 0 it is uncertain and all are equal.
pub(super) fn reading(at: StreamTime, emotion: Emotion, percent: u16) -> Reading {
    if percent == 0 {
        return Reading { at, scores: Scores::UNIFORM, verdict: Verdict::Uncertain };
    }
    let certainty = f32::from(percent) / 100.0;
    // The others share the rest one to six, so that they differ.
    let share = |other: Emotion| {
        let place = (other.index() + 7 - emotion.index()) % 7;
        f32::from(u16::try_from(place).unwrap_or(0)) / 21.0
    };
    let scores = Emotion::ALL
        .map(|other| if other == emotion { certainty } else { (1.0 - certainty) * share(other) });
    Reading { at, scores: Scores(scores), verdict: Verdict::Emotion(emotion) }
}
