//! Numbers as the lines of a log have them: stream times in seconds, both they and probabilities with at
//! most four decimals, facts with two.
//!
//! In: values. Out: their JSON, and back. Four decimals keep a stream time exact, because one sample at
//! 8 kHz is 0.000125 s: the nearest sample to the rounded time is the sample itself.

use crate::emotion::{Emotion, N_EMOTIONS, Scores};
use crate::prosody::{Comparison, Facts};
use crate::stream_time::StreamTime;
use serde::Serializer;

/// The nearest number with four decimals.
#[must_use]
pub fn four_decimals(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// Probabilities with four decimals.
#[expect(clippy::cast_possible_truncation, reason = "probabilities")]
pub(crate) fn rounded(scores: &Scores) -> Scores {
    Scores(scores.0.map(|score| four_decimals(f64::from(score)) as f32))
}

/// The nearest number with two decimals: more than can be heard.
fn two_decimals(value: f32) -> f32 {
    (value * 100.0).round() / 100.0
}

/// Facts of a voice with two decimals.
pub(crate) fn rounded_facts(facts: &Facts) -> Facts {
    Facts {
        loudness_db: two_decimals(facts.loudness_db),
        pitch_hz: facts.pitch_hz.map(two_decimals),
        pitch_range_semitones: facts.pitch_range_semitones.map(two_decimals),
        syllables_per_s: two_decimals(facts.syllables_per_s),
        pause_share: two_decimals(facts.pause_share),
    }
}

/// How they have changed, with two decimals.
pub(crate) fn rounded_comparison(change: &Comparison) -> Comparison {
    Comparison {
        loudness_db: two_decimals(change.loudness_db),
        pitch_semitones: change.pitch_semitones.map(two_decimals),
        pitch_range_semitones: change.pitch_range_semitones.map(two_decimals),
        rate_ratio: change.rate_ratio.map(two_decimals),
        pause_share: two_decimals(change.pause_share),
    }
}

/// For `#[serde(with)]`: a [`StreamTime`] in seconds.
pub mod seconds {
    use super::{StreamTime, four_decimals};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// About 31 years: far beyond any call, and far below what overflows a count of samples.
    const MAX_SECONDS: f64 = 1e9;

    /// With four decimals.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(time: &StreamTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(four_decimals(time.seconds()))
    }

    /// The nearest sample.
    ///
    /// # Errors
    /// What is no time.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<StreamTime, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        if (0.0..=MAX_SECONDS).contains(&seconds) {
            Ok(StreamTime::from_seconds(seconds))
        } else {
            Err(D::Error::custom(format!("{seconds} is not a time in seconds")))
        }
    }
}

/// For `#[serde(serialize_with)]`: one probability.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
pub(crate) fn probability<S: Serializer>(value: &f32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(four_decimals(f64::from(*value)))
}

/// For `#[serde(with)]`: [`Scores`] as a map from label to probability, in the fixed order.
pub(crate) mod labelled_scores {
    use super::{Emotion, N_EMOTIONS, Scores, four_decimals};
    use serde::de::{Error, MapAccess, Visitor};
    use serde::{Deserializer, Serializer};
    use std::fmt;

    pub fn serialize<S: Serializer>(scores: &Scores, serializer: S) -> Result<S::Ok, S::Error> {
        let labelled = scores.iter().map(|(emotion, p)| (emotion, four_decimals(f64::from(p))));
        serializer.collect_map(labelled)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Scores, D::Error> {
        deserializer.deserialize_map(Labelled)
    }

    /// Takes the scores in any order, without a map in between: a long log has a million of them.
    struct Labelled;

    impl<'de> Visitor<'de> for Labelled {
        type Value = Scores;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a probability for each emotion")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scores, A::Error> {
            let mut scores = [None; N_EMOTIONS];
            while let Some((emotion, score)) = map.next_entry::<Emotion, f32>()? {
                scores[emotion.index()] = Some(score);
            }
            let found = scores.iter().flatten().count();
            if found != N_EMOTIONS {
                return Err(A::Error::custom(format!("{found} of {N_EMOTIONS} scores are there")));
            }
            Ok(Scores(scores.map(Option::unwrap_or_default)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Line {
        #[serde(with = "seconds")]
        t: StreamTime,
        #[serde(with = "labelled_scores")]
        scores: Scores,
    }

    proptest! {
        /// Up to 40 hours.
        #[test]
        fn every_sample_of_a_long_call_survives_the_rounding(samples in 0_u64..1_200_000_000) {
            let line = Line { t: StreamTime(samples), scores: Scores::UNIFORM };
            let text = serde_json::to_string(&line).unwrap();
            let read: Line = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(read.t, line.t);
            prop_assert_eq!(serde_json::to_string(&read).unwrap(), text);
        }
    }

    #[test]
    fn scores_stand_in_the_fixed_order_with_four_decimals() {
        let line = Line { t: StreamTime::from_ms(12_250), scores: Scores::UNIFORM };
        assert_eq!(
            serde_json::to_string(&line).unwrap(),
            "{\"t\":12.25,\"scores\":{\"anger\":0.1429,\"disgust\":0.1429,\"fear\":0.1429,\
             \"happiness\":0.1429,\"surprise\":0.1429,\"sadness\":0.1429,\"neutral\":0.1429}}"
        );
    }

    #[test]
    fn impossible_times_and_missing_scores_are_refused() {
        for text in ["-1", "1e10", "null", "\"1\""] {
            let line = format!("{{\"t\":{text},\"scores\":{{}}}}");
            assert!(serde_json::from_str::<Line>(&line).is_err(), "{line}");
        }
        let failure =
            serde_json::from_str::<Line>("{\"t\":1,\"scores\":{\"anger\":1}}").unwrap_err();
        assert!(failure.to_string().starts_with("1 of 7 scores are there"), "{failure}");
    }
}
