//! No voice was heard of the caller for long.
//!
//! Only who has spoken can fall silent: a line on which nobody calls gives no alert. While the operator speaks
//! the caller listens, so that time is left out; who is asked and does not answer is still silent. Who whispers has
//! no voice either, and no program can tell a whisper from the wind: the reason says how much sound there was, and
//! how loud.

use super::{Finding, LongSilenceSettings, length, seconds};
use crate::stream_time::StreamTime;
use crate::timeline::{Activity, OperatorState};

/// So much speech ends a silence: a word, and no crackle on the line.
const WORD: StreamTime = StreamTime::from_ms(500);

/// Less sound than this is not worth a word.
const HARDLY_ANY: StreamTime = StreamTime::from_ms(1_000);

/// The rule's state.
#[derive(Clone, Debug)]
pub(super) struct LongSilence {
    needed: StreamTime,
    limit: StreamTime,
    caller_speaks: bool,
    operator_speaks: bool,
    /// Speech in all.
    heard: StreamTime,
    /// Where the silence began.
    from: StreamTime,
    /// How long it is.
    silence: StreamTime,
    /// Speech without a break.
    crackle: StreamTime,
    /// How long the operator spoke in it.
    operator: StreamTime,
    /// Mean power of the sound now; none where it is silent.
    power: Option<f32>,
    /// How long there was sound in it, and the energy of that: power times seconds.
    sound: StreamTime,
    energy: f64,
    is_told: bool,
}

impl LongSilence {
    pub(super) fn new(settings: &LongSilenceSettings) -> Self {
        LongSilence {
            needed: seconds(settings.heard_s),
            limit: seconds(settings.silence_s),
            caller_speaks: false,
            operator_speaks: false,
            heard: StreamTime::ZERO,
            from: StreamTime::ZERO,
            silence: StreamTime::ZERO,
            crackle: StreamTime::ZERO,
            operator: StreamTime::ZERO,
            power: None,
            sound: StreamTime::ZERO,
            energy: 0.0,
            is_told: false,
        }
    }

    /// The caller does this from here on.
    pub(super) fn activity(&mut self, activity: Activity) {
        self.caller_speaks = activity != Activity::Listening;
    }

    /// The sound that passes next has this mean power; none where it is silent.
    pub(super) fn sound(&mut self, power: Option<f32>) {
        self.power = power;
    }

    /// The operator does this from here on.
    pub(super) fn operator(&mut self, state: OperatorState) {
        self.operator_speaks = state.speaks;
    }

    /// What was done last went on for so long, up to `at`; finds something as long as it lasts and was not told.
    pub(super) fn pass(&mut self, at: StreamTime, time: StreamTime) -> Option<Finding> {
        if self.caller_speaks {
            self.heard = self.heard + time;
            self.crackle = self.crackle + time;
            if self.crackle >= WORD {
                self.begin(at);
            }
            return None;
        }
        self.crackle = StreamTime::ZERO;
        if self.operator_speaks {
            self.operator = self.operator + time;
            return None;
        }
        self.silence = self.silence + time;
        if let Some(power) = self.power {
            self.sound = self.sound + time;
            self.energy += f64::from(power) * time.seconds();
        }
        let is_so = self.heard >= self.needed && self.silence >= self.limit;
        (is_so && !self.is_told).then(|| self.finding())
    }

    fn finding(&self) -> Finding {
        let silence = length(self.silence);
        // Walls leave this out again, by these words: `record::wall::board`.
        let without = if self.operator > StreamTime::ZERO {
            format!(", without the {} in which you spoke", length(self.operator))
        } else {
            String::new()
        };
        let reason = format!("none heard for {silence}{without}; {}", self.sound_words());
        Finding { from: self.from, emotion: None, reason }
    }

    fn sound_words(&self) -> String {
        if self.sound < HARDLY_ANY {
            return "next to no other sound".to_owned();
        }
        let level_db = 10.0 * (self.energy / self.sound.seconds()).log10();
        let sound = length(self.sound);
        format!("other sound for {sound} of them, at {level_db:.0} dB: quiet speech or noise")
    }

    /// It was told: nothing is found until the caller has spoken.
    pub(super) fn told(&mut self) {
        self.is_told = true;
    }

    /// Begins anew; what both sides do goes on.
    pub(super) fn reset(&mut self, at: StreamTime) {
        self.heard = StreamTime::ZERO;
        self.crackle = StreamTime::ZERO;
        self.begin(at);
    }

    /// A silence begins here, if nothing is said.
    fn begin(&mut self, at: StreamTime) {
        self.from = at;
        self.silence = StreamTime::ZERO;
        self.operator = StreamTime::ZERO;
        self.sound = StreamTime::ZERO;
        self.energy = 0.0;
        self.is_told = false;
    }
}
