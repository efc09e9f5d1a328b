//! Calls written by hand for tests: what the pipeline says at whole seconds, and what is true.

use super::{Label, Stretch};
use hearing::alert::{Alert, Rule};
use hearing::emotion::{Emotion, Group, Scores};
use hearing::fact::{Event, Fact};
use hearing::stream_time::{STREAM_RATE_HZ, StreamTime};
use hearing::timeline::{Activity, Reading, Verdict};

/// Samples in a second.
pub(super) const S: u64 = STREAM_RATE_HZ as u64;

/// Updates in the order in which they are written.
#[derive(Default)]
pub(super) struct Script(Vec<Fact>);

impl Script {
    pub(super) fn new() -> Self {
        Script::default()
    }

    fn event(mut self, second: u64, event: Event) -> Self {
        self.0.push(Fact { caller: 0, at: StreamTime(second * S), event });
        self
    }

    fn verdict(self, second: u64, verdict: Verdict) -> Self {
        let at = StreamTime(second * S);
        self.event(second, Event::Reading(Reading { at, scores: Scores::UNIFORM, verdict }))
    }

    pub(super) fn speaking(self, second: u64) -> Self {
        self.event(second, Event::Activity(Activity::Speaking))
    }

    pub(super) fn too_short(self, second: u64) -> Self {
        self.event(second, Event::Activity(Activity::TooShort))
    }

    pub(super) fn listening(self, second: u64) -> Self {
        self.event(second, Event::Activity(Activity::Listening))
    }

    pub(super) fn reads(self, second: u64, emotion: Emotion) -> Self {
        self.verdict(second, Verdict::Emotion(emotion))
    }

    /// One reading a second from `from` on, up to and without `to`.
    pub(super) fn reads_from_to(self, from: u64, to: u64, emotion: Emotion) -> Self {
        (from..to).fold(self, |script, second| script.reads(second, emotion))
    }

    pub(super) fn groups(self, second: u64, group: Group) -> Self {
        self.verdict(second, Verdict::Group(group))
    }

    pub(super) fn uncertain(self, second: u64) -> Self {
        self.verdict(second, Verdict::Uncertain)
    }

    /// An alert at `second` that tells of what was since `from`.
    pub(super) fn alert(
        self,
        from: u64,
        second: u64,
        rule: Rule,
        emotion: Option<Emotion>,
    ) -> Self {
        let alert = Alert {
            at: StreamTime(second * S),
            from: StreamTime(from * S),
            rule,
            emotion,
            reason: String::new(),
            guidance: None,
        };
        self.event(second, Event::Alert(alert))
    }

    pub(super) fn updates(self) -> Vec<Fact> {
        self.0
    }
}

/// Stretches that follow each other, each with the second where it ends.
pub(super) fn truth(stretches: &[(u64, Label)]) -> Vec<Stretch> {
    let mut from = StreamTime::ZERO;
    let stretch = |(end, label): &(u64, Label)| {
        let to = StreamTime(end * S);
        Stretch { from: std::mem::replace(&mut from, to), to, label: label.clone() }
    };
    stretches.iter().map(stretch).collect()
}

pub(super) fn speech(emotion: Emotion) -> Label {
    Label::Speech(emotion)
}

pub(super) fn noise(kind: &str) -> Label {
    Label::NonSpeech(kind.into())
}
