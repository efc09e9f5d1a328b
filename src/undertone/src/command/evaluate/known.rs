//! What is known when a clip is judged: how much of it was heard, and of its speaker before.
//!
//! In: the clips of an evaluation. Out: for each the other clips of its speaker that came before it, as in a
//! call; the same ones every time.

use std::collections::BTreeMap;
use std::str::FromStr;

use rand::seq::SliceRandom;

use hearing::emotion::Emotion;
use lab::corpus::Clip;
use lab::evaluation::condition::seeded_by;

/// Which of a speaker's other clips came before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BaselineKind {
    /// Any.
    #[default]
    Mixed,
    /// Those of the emotion that is judged: the speaker has felt it all the time.
    Same,
    /// Neutral ones.
    Neutral,
}

impl BaselineKind {
    /// The word for flags and files.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            BaselineKind::Mixed => "mixed",
            BaselineKind::Same => "same",
            BaselineKind::Neutral => "neutral",
        }
    }
}

/// A word that names no kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no kind of baseline; choose mixed, same or neutral")]
pub struct UnknownKind(String);

impl FromStr for BaselineKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let kinds = [BaselineKind::Mixed, BaselineKind::Same, BaselineKind::Neutral];
        let named = kinds.into_iter().find(|kind| kind.label() == text);
        named.ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

/// What was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct KnownSettings {
    /// Only so many seconds of each clip are heard; all, if none.
    pub heard_s: Option<f64>,
    /// So many seconds of speech came before each clip; none, if 0.
    pub before_s: f64,
    /// Of which kind.
    pub kind: BaselineKind,
}

impl KnownSettings {
    /// The same in words, for a report.
    #[must_use]
    pub fn words(&self) -> String {
        let before = if self.before_s > 0.0 {
            format!(
                "after {} s of the speaker's other clips ({})",
                self.before_s,
                self.kind.label()
            )
        } else {
            "nothing known of the speaker".to_owned()
        };
        let heard = self.heard_s.map_or_else(String::new, |s| format!(", {s} s heard of each"));
        before + &heard
    }
}

/// What is known of each clip's speaker.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// What was asked for.
    pub settings: KnownSettings,
    by_speaker: BTreeMap<String, Vec<Clip>>,
}

impl Known {
    /// Sorts the clips by their speakers.
    #[must_use]
    pub fn of(settings: KnownSettings, clips: &[Clip]) -> Self {
        let mut by_speaker: BTreeMap<String, Vec<Clip>> = BTreeMap::new();
        if settings.before_s > 0.0 {
            for clip in clips {
                by_speaker.entry(clip.speaker_key()).or_default().push(clip.clone());
            }
        }
        Known { settings, by_speaker }
    }

    /// The speaker's other clips of the kind, in an order drawn for this clip.
    #[must_use]
    pub fn before(&self, clip: &Clip) -> Vec<&Clip> {
        let fits = |other: &&Clip| {
            other.path != clip.path
                && match self.settings.kind {
                    BaselineKind::Mixed => true,
                    BaselineKind::Same => other.emotion == clip.emotion,
                    BaselineKind::Neutral => other.emotion == Emotion::Neutral,
                }
        };
        let own = self.by_speaker.get(&clip.speaker_key());
        let mut others: Vec<&Clip> = own.into_iter().flatten().filter(fits).collect();
        others.shuffle(&mut seeded_by(clip, "before"));
        others
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip(name: &str, speaker: &str, emotion: Emotion) -> Clip {
        Clip::new(name, emotion, "a", speaker)
    }

    #[test]
    fn before_a_clip_come_others_of_its_speaker_of_the_wanted_kind() {
        let clips = [
            clip("1", "x", Emotion::Fear),
            clip("2", "x", Emotion::Fear),
            clip("3", "x", Emotion::Neutral),
            clip("4", "y", Emotion::Fear),
        ];
        let names = |kind| {
            let settings = KnownSettings { heard_s: None, before_s: 20.0, kind };
            let known = Known::of(settings, &clips);
            let mut names: Vec<String> = known
                .before(&clips[0])
                .iter()
                .map(|clip| clip.path.display().to_string())
                .collect();
            names.sort();
            names
        };
        assert_eq!(names(BaselineKind::Mixed), ["2", "3"]);
        assert_eq!(names(BaselineKind::Same), ["2"]);
        assert_eq!(names(BaselineKind::Neutral), ["3"]);
        assert!(Known::of(KnownSettings::default(), &clips).before(&clips[0]).is_empty());
    }

    #[test]
    fn settings_are_told_in_words() {
        assert_eq!(KnownSettings::default().words(), "nothing known of the speaker");
        let kind = "same".parse::<BaselineKind>().unwrap();
        let settings = KnownSettings { heard_s: Some(1.5), before_s: 20.0, kind };
        let told = "after 20 s of the speaker's other clips (same), 1.5 s heard of each";
        assert_eq!(settings.words(), told);
        assert!("calm".parse::<BaselineKind>().unwrap_err().to_string().contains("neutral"));
    }
}
