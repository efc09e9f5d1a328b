//! Drawing one screen of twelve callers at 120 x 40, after a minute and after two hours: `make bench`.
//!
//! Before each picture every caller brings a new level, as in a call.

mod budget;

use budget::measure;
use criterion::Criterion;
use hearing::emotion::{Emotion, Scores};
use hearing::fact::{Event, Fact, Level};
use hearing::stream_time::StreamTime;
use hearing::timeline::{Reading, Verdict};
use screen::{CallNews, Colours, Feed, Line, Mode, Offscreen, ScreenOptions, Setup};
use std::time::Duration;

/// Ten pictures a second may take 1 % of a core.
const BUDGET: Duration = Duration::from_millis(1);

const N_CALLERS: usize = 12;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("screen");
    for (name, minutes) in [("after a minute", 1), ("after two hours", 120)] {
        let mut screen = screen_after(minutes);
        let mut tenths = 600 * minutes;
        measure(&mut group, name, BUDGET, || {
            tenths += 1;
            let event = Event::Level(Level { rms_db: -30.0, peak_db: -20.0 });
            tell_all(&mut screen, 100 * tenths, &event);
            screen.draw(Duration::from_millis(100 * tenths));
        });
    }
    group.finish();
    criterion.final_summary();
}

/// A screen whose callers have spoken for so long, with four readings a second.
fn screen_after(minutes: u64) -> Offscreen {
    let line = |number| Line { label: format!("Line {number}"), source: "a microphone".to_owned() };
    let mut screen = Offscreen::new(
        Setup {
            lines: (1..=N_CALLERS).map(line).collect(),
            model: "a model".to_owned(),
            backend: "a CPU".to_owned(),
            notice_text: None,
            mode: Mode::Live { auto_calls: false },
            notice: None,
            colours: Colours::True,
            options: ScreenOptions::default(),
        },
        (120, 40),
    );
    for caller in 0..N_CALLERS {
        let label = format!("Line {}", caller + 1);
        let news = CallNews::Begun { label, log: None, awaits_notice: false };
        screen.apply(Feed::Call { caller, news });
    }
    for quarter in 0..240 * minutes {
        let ten_seconds = usize::try_from(quarter / 40).unwrap_or(0);
        let emotion = Emotion::ALL[ten_seconds % Emotion::ALL.len()];
        let at = StreamTime::from_ms(250 * quarter);
        let verdict = Verdict::Emotion(emotion);
        let reading = Reading { at, scores: Scores::UNIFORM, verdict };
        tell_all(&mut screen, 250 * quarter, &Event::Reading(reading));
    }
    screen
}

fn tell_all(screen: &mut Offscreen, ms: u64, event: &Event) {
    for caller in 0..N_CALLERS {
        let at = StreamTime::from_ms(ms);
        screen.apply(Feed::Fact(Fact { caller, at, event: event.clone() }));
    }
}
