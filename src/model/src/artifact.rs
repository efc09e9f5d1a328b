//! A model on disk: `manifest.toml` (what it is) beside `weights.bpk` (its numbers, burn's own format).
//!
//! In: a folder, or the bundled model. Out: an [`Artifact`] whose weights are whole and whose labels and
//! recipe are known. Labels stand in the manifest and nowhere else.

use super::ModelError;
pub use super::calibration::{Calibration, GroupThresholds};
use super::network::NetworkShape;
use hearing::classifier::Normalisation;
use hearing::emotion::{Emotion, N_EMOTIONS};
use hearing::features::recipe::Recipe;
use hearing::language::Language;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Version of the manifest's layout that this program writes and reads.
pub const MANIFEST_FORMAT: u32 = 2;
/// Name of the manifest in a model's folder.
pub const MANIFEST_FILE: &str = "manifest.toml";
/// Name of the weights in a model's folder.
pub const WEIGHTS_FILE: &str = "weights.bpk";

/// What the network is given of a clip or a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputForm {
    /// The frames in the order of time, normalised.
    #[default]
    Frames,
    /// The mean of each coefficient over the whole clip, one after the other: the original notebook's
    /// form. It needs a whole clip and cannot follow a call.
    CoefficientMeans,
}

/// How much speech the network sees at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentLimits {
    /// Least speech for a reading, in milliseconds.
    pub min_ms: u32,
    /// Most speech that a reading looks back on, in milliseconds.
    pub max_ms: u32,
}

/// Where the weights come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The command that trained it.
    pub command: String,
    /// Version of Undertone that trained it.
    pub undertone: String,
    /// Whose answers it learned to give beside the labels, where anybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teacher: Option<String>,
    /// Names of the corpora.
    pub corpora: Vec<String>,
    /// Number of training clips and of their speakers.
    pub clips: usize,
    /// Number of training speakers.
    pub speakers: usize,
    /// Seed of every random choice.
    pub seed: u64,
    /// Epochs that were run.
    pub epochs: usize,
    /// The epoch that was kept: the best UAR on the dev speakers.
    pub best_epoch: usize,
}

/// A score on speakers that the model never heard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HonestScore {
    /// What was scored, as "RAVDESS, 8 test actors".
    pub on: String,
    /// Number of clips.
    pub clips: usize,
    /// Unweighted average recall, in [0, 1].
    pub uar: f64,
    /// Share of right answers, in [0, 1].
    pub accuracy: f64,
}

/// Everything about a model but its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Layout of this file; see [`MANIFEST_FORMAT`].
    pub format: u32,
    /// The model's name, which is its folder's name.
    pub name: String,
    /// One sentence for listings.
    pub description: String,
    /// What may be done with the weights, in a line: it follows from what they were trained on. Empty where nobody
    /// has said it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub licence: String,
    /// The features it was trained on.
    pub recipe: Recipe,
    /// What it is given of them.
    #[serde(default)]
    pub input: InputForm,
    /// The meaning of each output, in the network's order.
    pub labels: Vec<Emotion>,
    /// SHA-256 of the weights file, in hexadecimal.
    pub weights_sha256: String,
    /// How much speech it sees.
    pub segment: SegmentLimits,
    /// Its network.
    pub network: NetworkShape,
    /// From logits to probabilities, for callers of whom nothing is known: it was earned on the voices and languages that
    /// the model knows least.
    pub calibration: Calibration,
    /// The same for callers who are known to speak a language that the model knows well.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub languages: BTreeMap<Language, Calibration>,
    /// Scores on strangers.
    #[serde(default)]
    pub scores: Vec<HonestScore>,
    /// Where it comes from.
    pub training: Provenance,
    /// Normalisation of the frames; empty for a network that takes raw values.
    pub normalisation: Normalisation,
}

impl Manifest {
    /// The honest score on the most clips as words, for the screen: "UAR 0.53 on strangers".
    #[must_use]
    pub fn honest_line(&self) -> String {
        match self.scores.iter().max_by_key(|score| score.clips) {
            Some(score) => format!("{}: UAR {:.2} on {}", self.name, score.uar, score.on),
            None => format!("{}: not scored yet", self.name),
        }
    }

    /// What there is to say of callers of a language that the model has no calibration for; nothing where it has one, or
    /// no language is given.
    #[must_use]
    pub fn lacks_calibration_for(&self, language: Option<&Language>) -> Option<String> {
        let language = language.filter(|language| !self.languages.contains_key(language))?;
        Some(format!(
            "{} has no calibration for callers who speak '{language}', and says only what holds for strangers",
            self.name
        ))
    }

    /// Reads and checks a manifest; `path` is for messages.
    fn parse(text: &str, path: &Path) -> Result<Self, ModelError> {
        /// What every layout has: another one may say things that this program does not know.
        #[derive(Deserialize)]
        struct Layout {
            format: u32,
        }
        let wrong = |what: String| ModelError::Manifest { path: path.to_owned(), what };
        let malformed = |error: toml::de::Error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or("");
            let line = before.matches('\n').count() + 1;
            wrong(format!(
                "line {line}: {}; copy or train the model again",
                error.message().replace('\n', ", ")
            ))
        };
        let Layout { format } = toml::from_str(text).map_err(malformed)?;
        if format != MANIFEST_FORMAT {
            return Err(wrong(format!(
                "it has layout {format}, this program reads layout {MANIFEST_FORMAT}; update \
                 Undertone or train the model again"
            )));
        }
        let manifest: Manifest = toml::from_str(text).map_err(malformed)?;
        manifest.check(path)?;
        Ok(manifest)
    }

    fn check(&self, path: &Path) -> Result<(), ModelError> {
        let wrong = |what: String| ModelError::Manifest { path: path.to_owned(), what };
        let mut counts = BTreeMap::new();
        for label in &self.labels {
            *counts.entry(label).or_insert(0) += 1;
        }
        if self.labels.len() != self.network.n_labels || counts.values().any(|&n| n > 1) {
            return Err(wrong(format!(
                "it names {} labels for a network with {} outputs, or one of them twice",
                self.labels.len(),
                self.network.n_labels
            )));
        }
        if self.network.n_labels > N_EMOTIONS {
            return Err(wrong(format!(
                "its network has {} labels; {N_EMOTIONS} are known",
                self.network.n_labels
            )));
        }
        check_shape(&self.network, self.recipe, self.input, self.segment).map_err(wrong)?;
        let n_normalised = self.normalisation.mean.len();
        if self.input == InputForm::Frames
            && (n_normalised != self.network.n_features
                || self.normalisation.deviation.len() != n_normalised)
        {
            return Err(wrong(format!(
                "its normalisation has {n_normalised} values for {} features",
                self.network.n_features
            )));
        }
        for calibration in self.languages.values().chain([&self.calibration]) {
            if !(calibration.temperature.is_finite() && calibration.temperature > 0.0) {
                return Err(wrong(format!(
                    "its calibration temperature is {}, not a positive number",
                    calibration.temperature
                )));
            }
            if calibration.thresholds().groups.iter().any(|from| !(0.0..=f32::MAX).contains(from)) {
                return Err(wrong(
                    "a threshold of its groups of emotions is no number from 0 on".into(),
                ));
            }
        }
        Ok(())
    }
}

/// Whether a network, its features and its segments fit each other; what is wrong, if they do not.
///
/// # Errors
/// Words for the person who wrote the numbers.
pub fn check_shape(
    network: &NetworkShape,
    recipe: Recipe,
    input: InputForm,
    segment: SegmentLimits,
) -> Result<(), String> {
    let counts = [network.n_features, network.frames_per_step, network.n_units, network.n_labels];
    if counts.contains(&0) || network.dense.contains(&0) || !(0.0..1.0).contains(&network.dropout) {
        return Err("its network has a size of 0, or a dropout outside [0, 1)".into());
    }
    let n_features = match input {
        InputForm::Frames => recipe.n_features(),
        InputForm::CoefficientMeans => 1,
    };
    if network.n_features != n_features {
        return Err(format!(
            "its network takes {} features, {recipe} gives {n_features}",
            network.n_features
        ));
    }
    if network.front.iter().any(|layer| [layer.units, layer.width, layer.stride].contains(&0)) {
        return Err("a layer of its front has a size of 0".into());
    }
    if network.is_told() && (network.front.is_empty() || network.frames_per_step > 1) {
        return Err(
            "a caller's baseline and a mean of frames need a front over single frames".into()
        );
    }
    let shortest = match input {
        InputForm::Frames => recipe.frames_in_ms(segment.min_ms),
        InputForm::CoefficientMeans => recipe.n_features(),
    };
    if segment.min_ms > segment.max_ms || network.lstm_steps(shortest) == 0 {
        return Err(format!(
            "its segments of {} to {} ms are upside down or shorter than one step",
            segment.min_ms, segment.max_ms
        ));
    }
    Ok(())
}

/// A manifest with its weights.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// What the model is.
    pub manifest: Manifest,
    /// The weights as burn wrote them.
    pub weights: Vec<u8>,
    /// The folder, or `None` for the model inside the program.
    pub folder: Option<PathBuf>,
}

impl Artifact {
    /// Reads a model's folder and checks it.
    ///
    /// # Errors
    /// A missing or unreadable file, a manifest that does not fit its network, weights whose checksum is
    /// not the manifest's.
    pub fn load(folder: &Path) -> Result<Self, ModelError> {
        let read = |file: &str| {
            let path = folder.join(file);
            std::fs::read(&path).map_err(|source| ModelError::Read { path, source })
        };
        let manifest = String::from_utf8_lossy(&read(MANIFEST_FILE)?).into_owned();
        Self::assemble(&manifest, read(WEIGHTS_FILE)?, Some(folder.to_owned()))
    }

    /// The model that is compiled into the program.
    ///
    /// # Errors
    /// As [`Artifact::load`]; a test keeps that from happening.
    pub fn bundled() -> Result<Self, ModelError> {
        Self::assemble(
            include_str!("../../../models/phone-lstm/manifest.toml"),
            include_bytes!("../../../models/phone-lstm/weights.bpk").to_vec(),
            None,
        )
    }

    fn assemble(
        manifest: &str,
        weights: Vec<u8>,
        folder: Option<PathBuf>,
    ) -> Result<Self, ModelError> {
        let path = folder.as_deref().map_or_else(
            || PathBuf::from("the bundled model"),
            |folder| folder.join(MANIFEST_FILE),
        );
        let manifest = Manifest::parse(manifest, &path)?;
        if sha256_hex(&weights) != manifest.weights_sha256 {
            return Err(ModelError::CorruptWeights {
                path: path.with_file_name(WEIGHTS_FILE),
                reason: "its checksum is not the manifest's".into(),
            });
        }
        Ok(Artifact { manifest, weights, folder })
    }

    /// The model for callers of a language: with that language's calibration where it has one, else, and where none is
    /// known, with that for strangers.
    #[must_use]
    pub fn for_callers_of(mut self, language: Option<&Language>) -> Self {
        if let Some(earned) = language.and_then(|language| self.manifest.languages.get(language)) {
            self.manifest.calibration = *earned;
        }
        self
    }

    /// Writes the model into a folder, which is made if it is not there. Whole files appear or none.
    ///
    /// # Errors
    /// What the file system says.
    pub fn save(&self, folder: &Path) -> Result<(), ModelError> {
        let failed = |path: &Path, source| ModelError::Write { path: path.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(|source| failed(folder, source))?;
        let manifest = toml::to_string(&self.manifest).map_err(|error| ModelError::Manifest {
            path: folder.join(MANIFEST_FILE),
            what: error.to_string(),
        })?;
        for (name, content) in
            [(WEIGHTS_FILE, self.weights.as_slice()), (MANIFEST_FILE, manifest.as_bytes())]
        {
            let path = folder.join(name);
            let partial = folder.join(format!("{name}.partial"));
            std::fs::write(&partial, content).map_err(|source| failed(&partial, source))?;
            std::fs::rename(&partial, &path).map_err(|source| failed(&path, source))?;
        }
        Ok(())
    }
}

/// SHA-256 in lower-case hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        text
    })
}

#[cfg(test)]
mod tests;
