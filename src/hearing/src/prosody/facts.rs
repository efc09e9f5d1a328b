//! Facts and how they differ.

use serde::{Deserialize, Serialize};

/// How a caller speaks over a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Level of the speech (root mean square, pauses left out) in dB relative to full scale.
    pub loudness_db: f32,
    /// Median pitch; none where less than half a second is voiced.
    pub pitch_hz: Option<f32>,
    /// How far the pitch moves: from its 10 % to its 90 % quantile.
    pub pitch_range_semitones: Option<f32>,
    /// Syllables in a second of speech, pauses left out.
    pub syllables_per_s: f32,
    /// Share of pauses of a quarter of a second to 3 s in the turn, in [0, 1].
    pub pause_share: f32,
}

/// How a caller's speech differs from the same caller's speech before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Decibels louder.
    pub loudness_db: f32,
    /// Semitones higher; none where one of the two has no pitch.
    pub pitch_semitones: Option<f32>,
    /// Semitones that the pitch moves further.
    pub pitch_range_semitones: Option<f32>,
    /// Syllables in a second now for each one before; none where there were none.
    pub rate_ratio: Option<f32>,
    /// Pauses now less those before, as shares of the turn.
    pub pause_share: f32,
}

/// Differences that a listener is sure to hear: 3 dB; 1.5 semitones ('t Hart, 1981: differences below are
/// heard by few); a sixth of the rate (Quené, 2007: 5 to 8 % can just be noticed; the count of syllables adds
/// its own error); a tenth of the turn.
const LOUDER_DB: f32 = 3.0;
const HIGHER_SEMITONES: f32 = 1.5;
const WIDER_SEMITONES: f32 = 3.0;
const FASTER_RATIO: f32 = 7.0 / 6.0;
const MORE_PAUSES: f32 = 0.1;

impl Facts {
    /// What has changed since `before`.
    #[must_use]
    pub fn against(&self, before: &Facts) -> Comparison {
        let both = |now: Option<f32>, before: Option<f32>| now.zip(before);
        Comparison {
            loudness_db: self.loudness_db - before.loudness_db,
            pitch_semitones: both(self.pitch_hz, before.pitch_hz)
                .map(|(now, before)| 12.0 * (now / before).log2()),
            pitch_range_semitones: both(self.pitch_range_semitones, before.pitch_range_semitones)
                .map(|(now, before)| now - before),
            rate_ratio: (before.syllables_per_s > 0.0)
                .then(|| self.syllables_per_s / before.syllables_per_s),
            pause_share: self.pause_share - before.pause_share,
        }
    }
}

impl Comparison {
    /// `louder` or `quieter`, where the difference is plain.
    #[must_use]
    pub fn loudness(&self) -> Option<&'static str> {
        word(self.loudness_db, LOUDER_DB, "louder", "quieter")
    }

    /// `higher` or `lower`, where the difference is plain.
    #[must_use]
    pub fn pitch(&self) -> Option<&'static str> {
        word(self.pitch_semitones?, HIGHER_SEMITONES, "higher", "lower")
    }

    /// `livelier` or `flatter`, where the pitch plainly moves further or less far.
    #[must_use]
    pub fn movement(&self) -> Option<&'static str> {
        word(self.pitch_range_semitones?, WIDER_SEMITONES, "livelier", "flatter")
    }

    /// `faster` or `slower`, where the difference is plain.
    #[must_use]
    pub fn rate(&self) -> Option<&'static str> {
        word(
            self.rate_ratio?.max(f32::MIN_POSITIVE).log2(),
            FASTER_RATIO.log2(),
            "faster",
            "slower",
        )
    }

    /// `more` or `fewer` pauses, where the difference is plain.
    #[must_use]
    pub fn pauses(&self) -> Option<&'static str> {
        word(self.pause_share, MORE_PAUSES, "more", "fewer")
    }
}

fn word(
    difference: f32,
    least: f32,
    above: &'static str,
    below: &'static str,
) -> Option<&'static str> {
    if difference >= least {
        Some(above)
    } else if difference <= -least {
        Some(below)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: Facts = Facts {
        loudness_db: -26.0,
        pitch_hz: Some(180.0),
        pitch_range_semitones: Some(6.0),
        syllables_per_s: 4.0,
        pause_share: 0.3,
    };

    fn words(now: &Facts) -> [Option<&'static str>; 5] {
        let change = now.against(&BEFORE);
        [change.loudness(), change.pitch(), change.movement(), change.rate(), change.pauses()]
    }

    #[test]
    fn differences_have_signs_and_plain_words() {
        let excited = Facts {
            loudness_db: -20.0,
            pitch_hz: Some(180.0 * 1.189_207),
            pitch_range_semitones: Some(10.0),
            syllables_per_s: 5.0,
            pause_share: 0.1,
        };
        let change = excited.against(&BEFORE);
        assert!((change.loudness_db - 6.0).abs() < 1e-4);
        assert!((change.pitch_semitones.unwrap() - 3.0).abs() < 1e-3);
        assert!((change.rate_ratio.unwrap() - 1.25).abs() < 1e-6);
        assert!((change.pause_share + 0.2).abs() < 1e-6);
        let said = ["louder", "higher", "livelier", "faster", "fewer"].map(Some);
        assert_eq!(words(&excited), said);
        let tired = Facts {
            loudness_db: -30.0,
            pitch_hz: Some(150.0),
            pitch_range_semitones: Some(2.0),
            syllables_per_s: 3.0,
            pause_share: 0.5,
        };
        let said = ["quieter", "lower", "flatter", "slower", "more"].map(Some);
        assert_eq!(words(&tired), said);
    }

    #[test]
    fn small_differences_and_missing_facts_have_no_word() {
        let alike = Facts { loudness_db: -24.0, syllables_per_s: 4.4, ..BEFORE };
        assert_eq!(words(&alike), [None; 5]);
        let unvoiced = Facts { pitch_hz: None, pitch_range_semitones: None, ..BEFORE };
        assert_eq!(words(&unvoiced), [None; 5]);
        let silent = Facts { syllables_per_s: 0.0, ..BEFORE };
        assert_eq!(words(&silent)[3], Some("slower"));
        assert_eq!(BEFORE.against(&silent).rate_ratio, None);
    }
}
