//! From little fear, anger and sadness, for some time, to certainly one of them within seconds.

use super::speech::Piece;
use super::{ALARMING, Finding, SuddenChangeSettings, length, percent, seconds, share};
use crate::emotion::Emotion;
use crate::stream_time::StreamTime;
use crate::timeline::Verdict;

/// An emotion that is shown without a break.
#[derive(Clone, Copy, Debug)]
struct Shown {
    emotion: Emotion,
    from: StreamTime,
    length: StreamTime,
    /// Its probability times seconds.
    sum: f64,
}

/// The rule's state.
#[derive(Clone, Debug)]
pub(super) struct SuddenChange {
    settings: SuddenChangeSettings,
    /// Speech with little of them, without a break.
    before: StreamTime,
    /// Speech since that ended.
    after: StreamTime,
    shown: Option<Shown>,
}

impl SuddenChange {
    pub(super) fn new(settings: &SuddenChangeSettings) -> Self {
        SuddenChange {
            settings: settings.clone(),
            before: StreamTime::ZERO,
            after: StreamTime::ZERO,
            shown: None,
        }
    }

    /// Takes speech; finds something for the moments in which it is new.
    pub(super) fn hear(&mut self, piece: &Piece) -> Option<Finding> {
        let is_lasting = self.before >= seconds(self.settings.before_s);
        if piece.distress() < share(self.settings.before_percent) {
            if self.after > StreamTime::ZERO && !is_lasting {
                self.before = StreamTime::ZERO;
            }
            self.before = self.before + piece.length;
            self.after = StreamTime::ZERO;
            self.shown = None;
            return None;
        }
        self.after = self.after + piece.length;
        self.shown = self.alarming(piece).map(|(emotion, probability)| {
            let none = Shown { emotion, from: piece.from, length: StreamTime::ZERO, sum: 0.0 };
            let shown = self.shown.filter(|shown| shown.emotion == emotion).unwrap_or(none);
            Shown {
                length: shown.length + piece.length,
                sum: shown.sum + probability * piece.length.seconds(),
                ..shown
            }
        });
        let needed = seconds(self.settings.shown_s);
        if !is_lasting || self.after > seconds(self.settings.within_s) + needed {
            self.before = StreamTime::ZERO;
            return None;
        }
        self.shown.filter(|shown| shown.length >= needed).map(|shown| self.finding(&shown))
    }

    /// The emotion that is shown, if it is one of them and certain enough.
    fn alarming(&self, piece: &Piece) -> Option<(Emotion, f64)> {
        let Verdict::Emotion(emotion) = piece.reading.verdict else { return None };
        let probability = f64::from(piece.reading.scores.of(emotion));
        let is_certain = probability >= share(self.settings.level_percent);
        (ALARMING.contains(&emotion) && is_certain).then_some((emotion, probability))
    }

    fn finding(&self, shown: &Shown) -> Finding {
        let reason = format!(
            "{} at {} on average for {}, after {} of speech with less than {} for anger, fear and sadness \
             together",
            shown.emotion,
            percent(shown.sum / shown.length.seconds()),
            length(shown.length),
            length(self.before),
            percent(share(self.settings.before_percent)),
        );
        Finding { from: shown.from, emotion: Some(shown.emotion), reason }
    }

    /// It was told: the next one needs as long a time before it.
    pub(super) fn told(&mut self) {
        self.reset();
    }

    pub(super) fn reset(&mut self) {
        self.before = StreamTime::ZERO;
        self.after = StreamTime::ZERO;
        self.shown = None;
    }
}
