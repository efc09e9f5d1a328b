//! A report on calls as text.

use std::fmt::Write;

use super::report::{CallMeasures, CallReport, NonSpeech};
use hearing::emotion::{Emotion, Group};

/// Width of the column of names; a longer name pushes its row to the right.
const NAME_WIDTH: usize = 24;

/// Width of a column of numbers: the longest label and a space.
const COLUMN_WIDTH: usize = 11;

impl CallReport {
    /// The report as text: each call and all of them, what was said against what showed, and readings where
    /// nobody speaks. Ends with a line break.
    #[must_use]
    pub fn table(&self) -> String {
        let mut parts = Vec::new();
        if self.all.speech_s > 0.0 {
            parts.extend([self.speech_table(), self.all.emotion_table(), self.all.delay_lines()]);
        }
        parts.push(self.all.non_speech.table());
        parts.push(self.all.alert_lines());
        parts.join("\n")
    }

    fn speech_table(&self) -> String {
        let header = [
            "emotions",
            "groups",
            "together",
            "of speech",
            "uncertain",
            "no reading",
            "delay s",
            "EDER",
        ];
        let mut text = line("right of shown, %", header.into_iter().map(str::to_owned));
        let calls = self.calls.iter().map(|call| (call.audio.as_str(), &call.measures));
        for (name, measures) in std::iter::once(("all", &self.all)).chain(calls) {
            let shares = [
                measures.right_of_committed,
                measures.right_of_groups,
                measures.right_of_shown,
                measures.right_of_speech,
                measures.uncertain,
                measures.no_reading,
            ];
            let delay = number(measures.delay.median_s, 2);
            let eder = percent(measures.eder.of_speech);
            text += &line(name, shares.into_iter().map(percent).chain([delay, eder]));
        }
        text
    }
}

impl CallMeasures {
    fn emotion_table(&self) -> String {
        let header = Emotion::ALL.iter().map(ToString::to_string);
        let header = header.chain(Group::ALL.iter().map(ToString::to_string));
        let rest = ["uncertain", "no reading"].map(str::to_owned);
        let mut text = line("said, shown as (%)", header.chain(rest));
        for (emotion, said) in &self.by_emotion {
            let share = |shown: &f64| percent((said.speech_s > 0.0).then(|| shown / said.speech_s));
            let shown = Emotion::ALL.iter().map(|emotion| share(&said.shown_s[emotion]));
            let shown = shown.chain(Group::ALL.iter().map(|group| share(&said.groups_s[group])));
            let rest = [said.uncertain, said.no_reading].map(percent);
            text += &line(emotion.label(), shown.chain(rest));
        }
        text
    }

    fn delay_lines(&self) -> String {
        let delay = &self.delay;
        let eder = &self.eder;
        format!(
            "detection delay: {} emotions began; median {} s, 95 % within {} s of those detected; \
             never detected {} %\n\
             the same where a group that has the emotion counts: never shown {} %\n\
             diarisation error: {} % of speech, {} % of emotional speech \
             (false alarm {:.1} s, missed {:.1} s, confusion {:.1} s)\n",
            delay.n,
            number(delay.median_s, 2),
            number(delay.p95_s, 2),
            percent(delay.never),
            percent(delay.never_in_group),
            percent(eder.of_speech),
            percent(eder.of_emotional_speech),
            eder.false_alarm_s,
            eder.missed_s,
            eder.confusion_s,
        )
    }

    fn alert_lines(&self) -> String {
        let alerts = &self.alerts;
        let by_rule: Vec<String> = alerts
            .by_rule
            .iter()
            .map(|(rule, measured)| format!("{} {}", measured.n, rule.words()))
            .collect();
        let by_rule =
            if by_rule.is_empty() { String::new() } else { format!(" ({})", by_rule.join(", ")) };
        format!(
            "alerts: {}{by_rule}, of them false {}; false an hour {}; misnamed {}\n\
             distress (anger, fear or sadness for 10 s of speech): {} episodes, found {} %; median after {} s\n",
            alerts.n,
            alerts.n_false,
            number(alerts.false_per_hour, 1),
            alerts.n_misnamed,
            alerts.episodes.n,
            percent(alerts.episodes.found),
            number(alerts.episodes.median_delay_s, 1),
        )
    }
}

impl NonSpeech {
    fn table(&self) -> String {
        let header = ["minutes", "readings", "committed"].map(str::to_owned);
        let mut text = line("no speech, a minute", header.into_iter());
        let kinds = self.by_kind.iter().map(|(kind, measured)| (kind.as_str(), measured));
        for (name, measured) in std::iter::once(("all", self)).chain(kinds) {
            let rates = [measured.readings_per_minute, measured.committed_per_minute];
            let minutes = number(Some(measured.minutes), 1);
            text += &line(name, [minutes].into_iter().chain(rates.map(|rate| number(rate, 1))));
        }
        text
    }
}

fn percent(share: Option<f64>) -> String {
    number(share.map(|share| 100.0 * share), 1)
}

fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.decimals$}"))
}

fn line(name: &str, cells: impl Iterator<Item = String>) -> String {
    let mut text = format!("{name:<NAME_WIDTH$}");
    for cell in cells {
        let _ = write!(text, "{cell:>COLUMN_WIDTH$}");
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::super::CallCounts;
    use super::super::Label;
    use super::super::script::{Script, noise, speech, truth};
    use super::*;
    use hearing::alert::Rule;
    use hearing::emotion::Emotion::{Fear, Neutral};

    #[test]
    fn the_table_shows_every_call_every_emotion_said_and_every_kind_of_noise() {
        let stretches = truth(&[
            (8, speech(Fear)),
            (12, speech(Neutral)),
            (20, Label::silence()),
            (30, noise("music")),
        ]);
        let script = Script::new().speaking(2).reads_from_to(2, 12, Fear).listening(12);
        let script =
            script.alert(2, 10, Rule::Sustained, Some(Fear)).alert(20, 30, Rule::Rising, None);
        let counts = CallCounts::of(&stretches, &script.updates());
        let table = CallReport::new(&[("a.wav".into(), counts)]).table();
        let expected = [
            "right of shown, %          emotions     groups   together  of speech  uncertain no reading    delay s       EDER",
            "all                            60.0          -       60.0       50.0        0.0       16.7       2.00       50.0",
            "a.wav                          60.0          -       60.0       50.0        0.0       16.7       2.00       50.0",
            "",
            "said, shown as (%)            anger    disgust       fear  happiness   surprise    sadness    neutral distressed   pleasant       calm  uncertain no reading",
            "fear                            0.0        0.0       75.0        0.0        0.0        0.0        0.0        0.0        0.0        0.0        0.0       25.0",
            "neutral                         0.0        0.0      100.0        0.0        0.0        0.0        0.0        0.0        0.0        0.0        0.0        0.0",
            "",
            "detection delay: 2 emotions began; median 2.00 s, 95 % within 2.00 s of those detected; never detected 50.0 %",
            "the same where a group that has the emotion counts: never shown 50.0 %",
            "diarisation error: 50.0 % of speech, 75.0 % of emotional speech (false alarm 4.0 s, missed 2.0 s, confusion 0.0 s)",
            "",
            "no speech, a minute         minutes   readings  committed",
            "all                             0.3        0.0        0.0",
            "music                           0.2        0.0        0.0",
            "silence                         0.1        0.0        0.0",
            "",
            "alerts: 2 (1 sustained distress, 1 rising distress), of them false 1; false an hour 120.0; misnamed 0",
            "distress (anger, fear or sadness for 10 s of speech): 0 episodes, found - %; median after - s",
            "",
        ];
        assert_eq!(table, expected.join("\n"));
    }

    #[test]
    fn a_call_of_noise_alone_says_nothing_of_speech() {
        let counts = CallCounts::of(&truth(&[(60, noise("hum"))]), &[]);
        let table = CallReport::new(&[("a.wav".into(), counts)]).table();
        assert!(table.starts_with("no speech, a minute"), "{table}");
    }
}
