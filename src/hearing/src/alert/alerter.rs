//! The rules of one caller's call together.

use super::limits::{Limits, Pass};
use super::places::Places;
use super::rising::Rising;
use super::silence::LongSilence;
use super::speech::Speech;
use super::sudden::SuddenChange;
use super::sustained::Sustained;
use super::{Alert, AlertSettings, Finding, Rule, seconds};
use crate::fact::Event;
use crate::stream_time::StreamTime;
use crate::timeline::{Activity, Reading};

/// After so long without speech the next voice may be another caller's: what is known of the last one is
/// forgotten. The pipeline forgets a voice after the same time.
const HANG_UP_S: u32 = 60;

/// Gives the alerts of one caller.
///
/// The same calls give the same alerts; there is no other clock than the positions that are told.
#[derive(Clone, Debug)]
pub struct Alerter {
    settings: AlertSettings,
    limits: Limits,
    places: Places,
    speech: Speech,
    sustained: Sustained,
    sudden: SuddenChange,
    rising: Rising,
    silence: LongSilence,
    caller_speaks: bool,
    /// How far the call has come.
    now: StreamTime,
    /// How long it was listened to, over all jumps.
    listened: StreamTime,
    /// How long no voice was heard of the caller.
    pause: StreamTime,
}

impl Alerter {
    /// An alerter at the beginning of a call.
    #[must_use]
    pub fn new(settings: &AlertSettings) -> Self {
        Alerter {
            limits: Limits::new(settings),
            places: Places::from(StreamTime::ZERO),
            speech: Speech::default(),
            sustained: Sustained::new(&settings.sustained),
            sudden: SuddenChange::new(&settings.sudden_change),
            rising: Rising::new(&settings.rising),
            silence: LongSilence::new(&settings.long_silence),
            caller_speaks: false,
            now: StreamTime::ZERO,
            listened: StreamTime::ZERO,
            pause: StreamTime::ZERO,
            settings: settings.clone(),
        }
    }

    /// Takes what happened at `at`, in order of time but for [`Event::Seek`]; gives the alert that it causes. Levels
    /// come out of order and say nothing new.
    pub fn take(&mut self, at: StreamTime, event: &Event) -> Option<Alert> {
        match event {
            Event::Seek { .. } => {
                self.move_to(at);
                None
            }
            Event::Gap(gap) => self.miss(at, gap.length()),
            Event::Muted(muted) => self.miss(at, muted.length()),
            Event::Activity(activity) => {
                let alert = self.advance(at);
                self.caller_speaks = *activity != Activity::Listening;
                self.speech.activity(at, *activity);
                self.silence.activity(*activity);
                alert
            }
            Event::Operator(state) => {
                let alert = self.advance(at);
                self.silence.operator(*state);
                alert
            }
            // Who is being read is not silent: time has nothing to find.
            Event::Reading(reading) => self.advance(at).or_else(|| self.hear(reading)),
            _ => None,
        }
    }

    /// From here on so much was not heard: it was lost, or listening was paused.
    fn miss(&mut self, at: StreamTime, length: StreamTime) -> Option<Alert> {
        let alert = self.advance(at);
        self.skip(length);
        alert
    }

    /// The sound up to what is told next has this mean power (1 is full scale); none where it is silent.
    pub fn sound(&mut self, power: Option<f32>) {
        self.silence.sound(power);
    }

    /// Sound was heard up to here, and nothing else happened; gives the alert that this causes.
    pub fn advance(&mut self, at: StreamTime) -> Option<Alert> {
        let time = at.since(self.now);
        self.now = self.now.max(at);
        self.listened = self.listened + time;
        self.places.advance(self.now);
        self.pause = if self.caller_speaks { StreamTime::ZERO } else { self.pause + time };
        if self.pause >= seconds(HANG_UP_S) {
            self.forget_voice();
        }
        let finding = self.silence.pass(self.now, time)?;
        self.judge(vec![(Rule::LongSilence, finding)])
    }

    /// A new call begins on the line at this position: nothing of the last one counts any more.
    pub fn reset(&mut self, at: StreamTime) {
        let mut silence = self.silence.clone();
        silence.reset(at);
        *self = Alerter {
            places: Places::from(at),
            silence,
            caller_speaks: self.caller_speaks,
            now: at,
            ..Alerter::new(&self.settings)
        };
    }

    fn hear(&mut self, reading: &Reading) -> Option<Alert> {
        let piece = self.speech.piece(reading)?;
        // Every rule hears everything, whatever another has found.
        let findings = [
            (Rule::Sustained, self.sustained.hear(&piece)),
            (Rule::SuddenChange, self.sudden.hear(&piece)),
            (Rule::Rising, self.rising.hear(&piece)),
        ];
        let found = findings.into_iter().filter_map(|(rule, finding)| Some((rule, finding?)));
        self.judge(found.collect())
    }

    /// Gives the first finding that may be told.
    fn judge(&mut self, findings: Vec<(Rule, Finding)>) -> Option<Alert> {
        let mut alert = None;
        for (rule, finding) in findings {
            if !self.is_enabled(rule) {
                continue;
            }
            let pass = match self.limits.pass(rule, self.listened) {
                // Who goes back was told already, and one alert at a moment is enough.
                _ if alert.is_some() || self.places.was_heard(self.now) => Pass::Told,
                pass => pass,
            };
            if pass == Pass::Later {
                continue;
            }
            self.set_told(rule);
            if pass == Pass::Free {
                self.limits.told(rule, self.listened);
                alert = Some(self.alert(rule, finding));
            }
        }
        alert
    }

    fn alert(&self, rule: Rule, finding: Finding) -> Alert {
        let Finding { from, emotion, reason } = finding;
        let guidance = self.settings.guidance(rule).cloned();
        Alert { at: self.now, from, rule, emotion, reason, guidance }
    }

    fn is_enabled(&self, rule: Rule) -> bool {
        let of_rule = match rule {
            Rule::Sustained => self.settings.sustained.enabled,
            Rule::SuddenChange => self.settings.sudden_change.enabled,
            Rule::Rising => self.settings.rising.enabled,
            Rule::LongSilence => self.settings.long_silence.enabled,
        };
        self.settings.enabled && of_rule
    }

    fn set_told(&mut self, rule: Rule) {
        match rule {
            Rule::Sustained => self.sustained.told(),
            Rule::SuddenChange => self.sudden.told(),
            Rule::Rising => self.rising.told(),
            Rule::LongSilence => self.silence.told(),
        }
    }

    /// Nothing was heard for so long from now on: it neither counts nor breaks anything, unless another may
    /// speak after it.
    fn skip(&mut self, length: StreamTime) {
        self.speech.break_off();
        self.now = self.now + length;
        self.listened = self.listened + length;
        self.places.advance(self.now);
        if length >= seconds(HANG_UP_S) {
            self.forget_voice();
        }
    }

    fn move_to(&mut self, at: StreamTime) {
        self.places.jump(at);
        self.now = at;
        self.pause = StreamTime::ZERO;
        self.forget_voice();
        self.silence.reset(at);
    }

    fn forget_voice(&mut self) {
        self.speech.break_off();
        self.sustained.reset();
        self.sudden.reset();
        self.rising.reset();
    }
}
