//! A training recipe: every choice that makes a model, as one small file that is kept beside the weights.

use hearing::emotion::N_EMOTIONS;
use hearing::features::recipe::Recipe;
use model::artifact::{InputForm, SegmentLimits, check_shape};
use model::network::NetworkShape;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// How the learning rate goes over the epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// The same throughout.
    Constant,
    /// A short rise, then half a cosine down to a hundredth (Loshchilov & Hutter, 2017).
    Cosine,
}

/// Who turns gradients into steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Optimiser {
    /// Adam (Kingma & Ba, 2015), with decoupled weight decay (Loshchilov & Hutter, 2019) where there is any.
    #[default]
    Adam,
    /// Muon (Jordan et al., 2024; steps as large as Adam's by Liu et al., 2025) for the weight matrices of the
    /// hidden layers, Adam for the rest.
    Muon,
}

/// Everything that decides how a model is trained, but for the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingRecipe {
    /// The recipe's name.
    pub name: String,
    /// One sentence for the model's manifest.
    pub description: String,
    /// The feature recipe.
    pub features: Recipe,
    /// What the network is given of the features.
    pub input: InputForm,
    /// Hearings of each clip: the clip as it is, and so many less one at other speeds and levels, over a
    /// telephone, with noise.
    pub hearings: usize,
    /// Whether the hearings differ in speed, level and line alone, without noise, rooms and lost packets: for
    /// comparing with figures of networks that heard nothing else.
    #[serde(default)]
    pub quiet: bool,
    /// Deviation of the Gaussian noise that is added to normalised values while training.
    pub input_noise: f32,
    /// Longest stretch of a segment that is hidden, twice a segment at random places.
    pub time_mask_ms: u32,
    /// Passes over the training clips.
    pub epochs: usize,
    /// Segments in one step of the optimiser.
    pub batch: usize,
    /// The optimiser.
    #[serde(default)]
    pub optimiser: Optimiser,
    /// The largest learning rate.
    pub learning_rate: f64,
    /// How it goes over the epochs.
    pub schedule: Schedule,
    /// Decoupled weight decay; 0 is plain Adam.
    pub weight_decay: f32,
    /// How much of itself the mean of the weights keeps at each step, in [0, 1); 0 to use the last weights.
    #[serde(default)]
    pub average: f64,
    /// Share of the target that is spread over all labels, in [0, 1).
    pub label_smoothing: f32,
    /// Share of the target that goes by what listeners heard, for clips that were put to listeners.
    #[serde(default)]
    pub votes: f32,
    /// Share of the segments into which another one is mixed, in [0, 1].
    #[serde(default)]
    pub mixed: f64,
    /// Whether calm is a label of its own, the eighth, as in RAVDESS' own protocol. Such a network is for
    /// comparing with published figures; the product's seven emotions have no calm.
    #[serde(default)]
    pub calm_apart: bool,
    /// Whether a rare label weighs more: by the inverse root of its share.
    pub balance_classes: bool,
    /// At most so many clips of one voice in an epoch, drawn anew each epoch; 0 for all.
    pub clips_per_speaker: usize,
    /// Seed of every random choice.
    pub seed: u64,
    /// Segments that sound as if others had said them; none by default.
    #[serde(default)]
    pub other_voices: OtherVoices,
    /// How often a clip of a corpus is heard in an epoch, where not once: small corpora would hardly be heard among
    /// large ones. Each time it is another hearing, drawn anew.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub corpus_repeats: BTreeMap<String, usize>,
    /// How much a clip of a corpus counts among the labels and the teacher's answers, where not 1: corpora that would
    /// teach how they were recorded, or that read speech is neutral.
    #[serde(default)]
    pub corpus_weights: BTreeMap<String, f32>,
    /// How much the labels count, and a teacher.
    #[serde(default)]
    pub teaching: Teaching,
    /// How much speech the network sees.
    pub segment: SegmentLimits,
    /// The network.
    pub network: NetworkShape,
}

/// How far the voices of segments are changed, each by a draw of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherVoices {
    /// Share of the segments that are changed, in [0, 1].
    pub share: f64,
    /// The longest and the shortest vocal tract: 0.12 moves formants by a factor from 1/1.12 to 1.12.
    pub tract: f64,
    /// Most that the pitch goes up or down.
    pub pitch_octaves: f32,
    /// Where given, a voice is moved to a mean pitch between these, drawn evenly in octaves, in Hz, and its formants
    /// follow: women's voices become men's, and the other way. `pitch_octaves` counts for those without a pitch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pitch_hz: Option<[f32; 2]>,
    /// Deviation of what is added to the low coefficients, in each one's own deviations.
    pub colour: f32,
}

/// The weights of the loss's parts (Hinton et al., 2015). Without a teacher only the labels count.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Teaching {
    /// Of the labels.
    pub labels: f32,
    /// Of the divergence from the teacher's answers, times the square of the temperature.
    pub logits: f32,
    /// The temperature at which the answers are compared.
    pub temperature: f32,
    /// Of the mean squared error of the teacher's embedding.
    pub embedding: f32,
    /// Of the mean squared error of the teacher's view of each moment.
    #[serde(default)]
    pub moments: f32,
}

impl Default for Teaching {
    fn default() -> Self {
        Teaching { labels: 1.0, logits: 0.0, temperature: 1.0, embedding: 0.0, moments: 0.0 }
    }
}

impl Teaching {
    /// Whether a teacher's word counts at all.
    #[must_use]
    pub fn is_taught(&self) -> bool {
        self.logits > 0.0 || self.embedding > 0.0 || self.moments > 0.0
    }
}

/// A name that is neither a built-in recipe nor a readable recipe file.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// No such recipe.
    #[error(
        "no training recipe '{0}'; built in are seed, phone, phone-open and ravdess, or give the path of a .toml file"
    )]
    Unknown(String),
    /// The file does not say what a recipe says.
    #[error("{path} is not a training recipe: {reason}")]
    Malformed {
        /// The file.
        path: String,
        /// What the reader says.
        reason: String,
    },
}

impl TrainingRecipe {
    /// A built-in recipe (`seed`, `phone`, `phone-open`, `ravdess`) or one from a TOML file.
    ///
    /// # Errors
    /// [`RecipeError`] names the recipe and what is wrong.
    pub fn named(name: &str) -> Result<Self, RecipeError> {
        let text = match name {
            "seed" => include_str!("recipes/seed.toml").to_owned(),
            "phone" => include_str!("recipes/phone.toml").to_owned(),
            "phone-open" => include_str!("recipes/phone-open.toml").to_owned(),
            "ravdess" => include_str!("recipes/ravdess.toml").to_owned(),
            path if Path::new(path).extension().is_some_and(|end| end == "toml") => {
                std::fs::read_to_string(path).map_err(|error| RecipeError::Malformed {
                    path: path.to_owned(),
                    reason: error.to_string(),
                })?
            }
            other => return Err(RecipeError::Unknown(other.to_owned())),
        };
        let malformed = |reason: String| RecipeError::Malformed { path: name.to_owned(), reason };
        let recipe: TrainingRecipe = toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or("");
            let line = before.matches('\n').count() + 1;
            let what = error.message().replace('\n', ", ");
            malformed(format!("line {line}: {what}"))
        })?;
        check_shape(&recipe.network, recipe.features, recipe.input, recipe.segment)
            .and_then(|()| recipe.check())
            .map_err(malformed)?;
        Ok(recipe)
    }

    fn check(&self) -> Result<(), String> {
        let n_labels = N_EMOTIONS + usize::from(self.calm_apart);
        if self.network.n_labels != n_labels {
            return Err(format!(
                "its network has {} labels, not {n_labels}",
                self.network.n_labels
            ));
        }
        let weights = self.corpus_weights.values().copied();
        let Teaching { labels, logits, temperature, embedding, moments } = self.teaching;
        let weights = weights.chain([labels, logits, embedding, moments]);
        if weights.into_iter().any(|weight| !(0.0..=100.0).contains(&weight)) {
            return Err("corpus_weights and the weights of teaching are from 0 to 100".into());
        }
        if self.corpus_repeats.values().any(|repeats| !(1..=20).contains(repeats)) {
            return Err("corpus_repeats are from 1 to 20".into());
        }
        if !(0.1..=20.0).contains(&temperature) {
            return Err("the temperature of teaching is from 0.1 to 20".into());
        }
        if self.optimiser == Optimiser::Muon && self.weight_decay <= 0.0 {
            return Err("Muon needs a weight_decay".into());
        }
        if self.batch == 0 || self.hearings == 0 {
            return Err("batch and hearings are at least 1".into());
        }
        if !self.features.streams() && (self.hearings > 1 || self.network.hears_speech) {
            return Err("lines, noises and what is no speech need features for streams".into());
        }
        let OtherVoices { share, tract, pitch_octaves, pitch_hz, colour } = self.other_voices;
        let shares = [f64::from(self.votes), self.mixed, self.average, share];
        let shares = shares.into_iter().chain([f64::from(self.label_smoothing)]);
        if shares.into_iter().any(|share| !(0.0..=1.0).contains(&share)) {
            return Err(
                "votes, mixed, average, label_smoothing and the share of other_voices are shares, \
                        from 0 to 1"
                    .into(),
            );
        }
        let is_human =
            |[lowest, highest]: [f32; 2]| 50.0 <= lowest && lowest <= highest && highest <= 500.0;
        if !pitch_hz.is_none_or(is_human) {
            return Err("pitch_hz of other_voices is from 50 to 500, the lower first".into());
        }
        let changes = [tract, f64::from(pitch_octaves), f64::from(colour)];
        if changes.into_iter().any(|change| !(0.0..=1.0).contains(&change)) {
            return Err("tract, pitch_octaves and colour of other_voices are from 0 to 1".into());
        }
        Ok(())
    }

    /// The learning rate of a step, counted from 0.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "step counts are far below 2^52")]
    pub fn learning_rate_at(&self, step: usize, n_steps: usize) -> f64 {
        let progress = step as f64 / n_steps.max(1) as f64;
        match self.schedule {
            Schedule::Constant => self.learning_rate,
            Schedule::Cosine if progress < WARM_UP => {
                self.learning_rate * (progress / WARM_UP).max(0.01)
            }
            Schedule::Cosine => {
                let fall = (progress - WARM_UP) / (1.0 - WARM_UP);
                self.learning_rate
                    * (0.01 + 0.99 * 0.5 * (1.0 + (std::f64::consts::PI * fall).cos()))
            }
        }
    }
}

/// Share of the training in which the cosine schedule rises.
const WARM_UP: f64 = 0.05;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_recipes_read_and_an_unknown_one_is_refused_by_name() {
        for name in ["seed", "phone", "phone-open", "ravdess"] {
            assert_eq!(TrainingRecipe::named(name).expect("built in").name, name);
        }
        let error = TrainingRecipe::named("fancy").expect_err("there is none").to_string();
        assert!(error.contains("'fancy'"), "{error}");
    }

    #[test]
    fn the_cosine_schedule_rises_then_falls_to_a_hundredth() {
        let recipe = TrainingRecipe::named("phone").expect("built in");
        let peak = recipe.learning_rate_at(50, 1000);
        assert!((peak - recipe.learning_rate).abs() < 1e-9);
        assert!(recipe.learning_rate_at(10, 1000) < peak);
        assert!((recipe.learning_rate_at(1000, 1000) / peak - 0.01).abs() < 1e-6);
    }
}
