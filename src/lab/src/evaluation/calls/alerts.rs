//! Alerts of the product's own rules, against what was said.
//!
//! In: a call's stretches, and its updates with the alerts. Out: how many were false, and when each episode of
//! distress was found.

use std::collections::BTreeMap;

use super::counts::TAIL;
use super::{Label, Stretch};
use hearing::alert::{ALARMING, Alert, Rule};
use hearing::emotion::Emotion;
use hearing::fact::{Event, Fact};
use hearing::stream_time::StreamTime;

/// From so much speech in anger, fear or sadness on, pauses left out and no other emotion between, it is an
/// episode of distress: what the rules look at, and a few seconds.
pub const EPISODE: StreamTime = StreamTime::from_ms(10_000);

/// Alerts of a call, or of many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Alerts {
    pub(super) by_rule: BTreeMap<Rule, Outcomes>,
    /// For each episode of distress: from its first sample to the first alert, if there was one in it.
    pub(super) episodes: Vec<Option<StreamTime>>,
}

/// What the alerts of a rule were worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcomes {
    pub(super) n: u64,
    pub(super) n_false: u64,
    /// Not false, but with the name of an emotion that was not said for half of that speech.
    pub(super) n_misnamed: u64,
}

impl Outcomes {
    pub(super) fn add(&mut self, other: Outcomes) {
        self.n += other.n;
        self.n_false += other.n_false;
        self.n_misnamed += other.n_misnamed;
    }
}

impl Alerts {
    /// Adds another call.
    pub(super) fn add(&mut self, other: &Alerts) {
        for (rule, outcomes) in &other.by_rule {
            self.by_rule.entry(*rule).or_default().add(*outcomes);
        }
        self.episodes.extend(&other.episodes);
    }

    /// The alerts of all rules.
    pub(super) fn all(&self) -> Outcomes {
        let mut sum = Outcomes::default();
        self.by_rule.values().for_each(|outcomes| sum.add(*outcomes));
        sum
    }
}

/// The alerts of a call whose `stretches` have no holes.
pub(super) fn alerts(stretches: &[Stretch], updates: &[Fact]) -> Alerts {
    let given: Vec<&Alert> = updates
        .iter()
        .filter_map(|update| match &update.event {
            Event::Alert(alert) => Some(alert),
            _ => None,
        })
        .collect();
    let mut by_rule: BTreeMap<Rule, Outcomes> = BTreeMap::new();
    for alert in &given {
        by_rule.entry(alert.rule).or_default().add(outcome(alert, stretches));
    }
    let found = |(from, to): (StreamTime, StreamTime)| {
        let within = |alert: &&&Alert| {
            alert.rule != Rule::LongSilence && from < alert.at && alert.at <= to + TAIL
        };
        given.iter().find(within).map(|alert| alert.at.since(from))
    };
    Alerts { by_rule, episodes: episodes(stretches).into_iter().map(found).collect() }
}

/// What an alert was worth, by what was said in the time of which it tells.
fn outcome(alert: &Alert, stretches: &[Stretch]) -> Outcomes {
    let said = |wanted: &dyn Fn(Emotion) -> bool| -> u64 {
        let overlap =
            |stretch: &Stretch| stretch.to.min(alert.at).since(stretch.from.max(alert.from));
        let is_wanted = |stretch: &&Stretch| stretch.label.emotion().is_some_and(wanted);
        stretches.iter().filter(is_wanted).map(|stretch| overlap(stretch).0).sum()
    };
    let speech = said(&|_| true);
    let is_false = match alert.rule {
        Rule::LongSilence => 2 * speech > alert.at.since(alert.from).0,
        _ => speech == 0 || 2 * said(&|emotion| ALARMING.contains(&emotion)) < speech,
    };
    let is_misnamed = alert.emotion.is_some_and(|named| 2 * said(&|other| other == named) < speech);
    Outcomes { n: 1, n_false: u64::from(is_false), n_misnamed: u64::from(is_misnamed && !is_false) }
}

/// Where the episodes of distress begin and end.
fn episodes(stretches: &[Stretch]) -> Vec<(StreamTime, StreamTime)> {
    let mut runs: Vec<(StreamTime, StreamTime, StreamTime)> = Vec::new();
    let mut goes_on = false;
    for stretch in stretches {
        let Label::Speech(emotion) = stretch.label else { continue };
        let length = stretch.to.since(stretch.from);
        match runs.last_mut().filter(|_| goes_on) {
            Some(run) if ALARMING.contains(&emotion) => {
                run.1 = stretch.to;
                run.2 = run.2 + length;
            }
            _ if ALARMING.contains(&emotion) => runs.push((stretch.from, stretch.to, length)),
            _ => {}
        }
        goes_on = ALARMING.contains(&emotion);
    }
    let long = runs.into_iter().filter(|(_, _, speech)| *speech >= EPISODE);
    long.map(|(from, to, _)| (from, to)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::script::{S, Script, noise, speech, truth};
    use super::*;
    use hearing::emotion::Emotion::{Anger, Fear, Neutral, Sadness};

    fn of(stretches: &[(u64, Label)], script: Script) -> Alerts {
        alerts(&truth(stretches), &script.updates())
    }

    #[test]
    fn an_alert_is_false_where_most_of_the_speech_was_something_else() {
        let stretches = [(10, speech(Neutral)), (14, Label::silence()), (20, speech(Fear))];
        let script = Script::new().alert(2, 12, Rule::Rising, None);
        let script = script.alert(9, 16, Rule::Sustained, Some(Fear));
        let found = of(&stretches, script.alert(6, 17, Rule::Sustained, None));
        // 1 s neutral and 2 s fear; 4 s neutral and 3 s fear.
        assert_eq!(found.by_rule[&Rule::Sustained], Outcomes { n: 2, n_false: 1, n_misnamed: 0 });
        assert_eq!(found.by_rule[&Rule::Rising].n_false, 1);
        assert_eq!(found.all(), Outcomes { n: 3, n_false: 2, n_misnamed: 0 });
    }

    #[test]
    fn another_emotion_of_distress_is_misnamed_and_not_false() {
        let script = Script::new().alert(2, 10, Rule::Sustained, Some(Anger));
        let found = of(&[(10, speech(Sadness))], script);
        assert_eq!(found.all(), Outcomes { n: 1, n_false: 0, n_misnamed: 1 });
    }

    #[test]
    fn distress_in_music_is_false_and_silence_where_nobody_speaks_is_not() {
        let script = Script::new().alert(2, 10, Rule::SuddenChange, Some(Fear));
        assert_eq!(of(&[(30, noise("music"))], script).all().n_false, 1);
        let silence = || Script::new().alert(10, 70, Rule::LongSilence, None);
        assert_eq!(of(&[(10, speech(Fear)), (70, noise("hum"))], silence()).all().n_false, 0);
        assert_eq!(of(&[(70, speech(Neutral))], silence()).all().n_false, 1);
    }

    #[test]
    fn episodes_go_over_pauses_and_end_with_another_emotion() {
        let stretches = [
            (4, speech(Fear)),
            (9, Label::silence()),
            (15, speech(Sadness)),
            (16, speech(Neutral)),
            (25, speech(Fear)),
            (30, speech(Neutral)),
            (45, speech(Anger)),
        ];
        // Fear and sadness from 0 to 15, 10 s of it speech; nine seconds of fear are none; anger from 30 on.
        let script = Script::new().alert(1, 12, Rule::Sustained, None);
        let script = script.alert(20, 24, Rule::Sustained, None);
        let found = of(&stretches, script.alert(30, 40, Rule::LongSilence, None));
        assert_eq!(found.episodes, [Some(StreamTime(12 * S)), None]);
    }
}
