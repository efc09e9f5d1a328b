//! Alerts by a plain stand-in rule, to count how many would be false.
//!
//! The *five-second rule*: an emotion of [`ALARMING`] that the screen shows for [`SUSTAINED`] of speech gives
//! one alert. Pauses neither count nor break it; another emotion or "uncertain" ends it, and only then can the
//! same emotion give another. An alert is false when for more than half of its five seconds something else
//! was said.

use super::Stretch;
use super::counts::TAIL;
use super::screen::{OnScreen, Screen};
use crate::emotion::Emotion;
use crate::stream_time::StreamTime;

/// Emotions that give an alert.
pub const ALARMING: [Emotion; 3] = [Emotion::Anger, Emotion::Fear, Emotion::Sadness];

/// How much speech the screen must show an alarming emotion for.
pub const SUSTAINED: StreamTime = StreamTime::from_ms(5_000);

/// Alerts of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Alerts {
    pub(super) n: u64,
    pub(super) n_false: u64,
}

/// An alarming emotion that shows without a break.
struct Run {
    emotion: Emotion,
    shown: StreamTime,
    right: StreamTime,
    is_told: bool,
}

/// The alerts of a call whose `stretches` have no holes.
pub(super) fn alerts(stretches: &[Stretch], screen: &Screen) -> Alerts {
    let mut alerts = Alerts::default();
    let mut run: Option<Run> = None;
    // The last speech and where its tail ends: what shows there is still its emotion.
    let mut spoken = (StreamTime::ZERO, None);
    for stretch in stretches {
        if let Some(emotion) = stretch.label.emotion() {
            spoken = (stretch.to + TAIL, Some(emotion));
        }
        for (from, to, seen) in screen.between(stretch.from, stretch.to) {
            let emotion = match seen {
                OnScreen::Emotion(emotion) => emotion,
                OnScreen::Uncertain => {
                    run = None;
                    continue;
                }
                OnScreen::TooShort | OnScreen::Listening => continue,
            };
            let run = match &mut run {
                Some(run) if run.emotion == emotion => run,
                other => other.insert(Run {
                    emotion,
                    shown: StreamTime::ZERO,
                    right: StreamTime::ZERO,
                    is_told: false,
                }),
            };
            let is_right = from < spoken.0 && spoken.1 == Some(emotion);
            run.goes_on_for(to.since(from), is_right, &mut alerts);
        }
    }
    alerts
}

impl Run {
    fn goes_on_for(&mut self, length: StreamTime, is_right: bool, alerts: &mut Alerts) {
        if self.is_told || !ALARMING.contains(&self.emotion) {
            return;
        }
        let counted = length.min(SUSTAINED.since(self.shown));
        self.shown = self.shown + counted;
        if is_right {
            self.right = self.right + counted;
        }
        if self.shown >= SUSTAINED {
            self.is_told = true;
            alerts.n += 1;
            alerts.n_false += u64::from(2 * self.right.0 < SUSTAINED.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Label;
    use super::super::script::{Script, noise, speech, truth};
    use super::*;
    use crate::emotion::Emotion::{Fear, Happiness, Neutral};

    fn counted(stretches: &[(u64, Label)], script: Script) -> (u64, u64) {
        let alerts = alerts(&truth(stretches), &Screen::of(&script.updates()));
        (alerts.n, alerts.n_false)
    }

    fn fear_from_to(from: u64, to: u64) -> Script {
        Script::new().speaking(from).reads_from_to(from, to, Fear)
    }

    #[test]
    fn five_seconds_of_a_wrong_alarming_emotion_are_one_false_alert() {
        let neutral = [(30, speech(Neutral))];
        assert_eq!(counted(&neutral, fear_from_to(0, 20).listening(20)), (1, 1));
        assert_eq!(counted(&neutral, fear_from_to(0, 4).listening(4)), (0, 0));
        let happy = Script::new().speaking(0).reads_from_to(0, 20, Happiness).listening(20);
        assert_eq!(counted(&neutral, happy), (0, 0));
    }

    #[test]
    fn a_right_alert_stays_right_when_the_caller_calms_down() {
        let stretches = [(10, speech(Fear)), (30, speech(Neutral))];
        assert_eq!(counted(&stretches, fear_from_to(0, 20).listening(20)), (1, 0));
        // Two of five seconds were fear.
        assert_eq!(counted(&stretches, fear_from_to(8, 20).listening(20)), (1, 1));
    }

    #[test]
    fn pauses_do_not_break_it_and_doubt_does() {
        let stretches = [(30, speech(Neutral))];
        let paused = fear_from_to(0, 3).listening(3).speaking(10).reads_from_to(10, 13, Fear);
        assert_eq!(counted(&stretches, paused.listening(13)), (1, 1));
        let doubted = fear_from_to(0, 3).uncertain(3).reads_from_to(4, 7, Fear).listening(7);
        assert_eq!(counted(&stretches, doubted), (0, 0));
        let twice = fear_from_to(0, 6).uncertain(6).reads_from_to(7, 13, Fear).listening(13);
        assert_eq!(counted(&stretches, twice), (2, 2));
    }

    #[test]
    fn fear_in_music_is_false() {
        assert_eq!(counted(&[(30, noise("music"))], fear_from_to(0, 9).listening(9)), (1, 1));
    }
}
