//! Fear, anger or sadness for some time.
//!
//! Their probabilities are summed: a voice in distress moves between the three, and so does the model. Where it says
//! no more than that the voice sounds distressed, that counts as it is, disgust included; disgust alone counts for
//! nothing.

use super::speech::Piece;
use super::window::Window;
use super::{ALARMING, Finding, SustainedSettings, length, percent, seconds, share};
use crate::stream_time::StreamTime;

/// So far must the mean fall below the level until the cause counts as ended: a third of the way from 70 % to
/// what speech of the other four emotions has on average.
const BACK: f64 = 0.15;

/// From this share of all probability on, one emotion stands out.
const MOST: f64 = 0.5;

/// The rule's state.
#[derive(Clone, Debug)]
pub(super) struct Sustained {
    level: f64,
    window: Window,
    is_told: bool,
}

impl Sustained {
    pub(super) fn new(settings: &SustainedSettings) -> Self {
        Sustained {
            level: share(settings.level_percent),
            window: Window::new(seconds(settings.speech_s)),
            is_told: false,
        }
    }

    /// Takes speech; finds something as long as it lasts and was not told.
    pub(super) fn hear(&mut self, piece: &Piece) -> Option<Finding> {
        self.window.push(*piece, |_| ());
        let distress = self.window.shown_distress();
        if distress < self.level - BACK {
            self.is_told = false;
        }
        let is_so = self.window.is_full() && distress >= self.level;
        (is_so && !self.is_told).then(|| self.finding(distress))
    }

    fn finding(&self, distress: f64) -> Finding {
        let (strongest, mean) = self.window.strongest();
        let last = length(self.window.length());
        let shown = match self.window.shown_distressed() {
            StreamTime::ZERO => String::new(),
            shown => format!("; shown as distressed for {} of it", length(shown)),
        };
        let (emotion, reason) = if mean >= MOST {
            let others: Vec<_> = ALARMING.iter().filter(|other| **other != strongest).collect();
            let reason = format!(
                "{strongest} for {last} of speech, {} on average; {} and {} {}{shown}",
                percent(mean),
                others[0],
                others[1],
                percent(self.window.distress() - mean)
            );
            (Some(strongest), reason)
        } else {
            let reason = format!(
                "{} for {last} of speech, together {} on average; most of it {strongest} ({}){shown}",
                if shown.is_empty() {
                    "anger, fear or sadness"
                } else {
                    "anger, fear, sadness or disgust"
                },
                percent(distress),
                percent(mean)
            );
            (None, reason)
        };
        Finding { from: self.window.from(), emotion, reason }
    }

    /// It was told: nothing is found until it has ended.
    pub(super) fn told(&mut self) {
        self.is_told = true;
    }

    pub(super) fn reset(&mut self) {
        self.window.clear();
        self.is_told = false;
    }
}
