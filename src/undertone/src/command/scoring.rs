//! A model that scores whole clips, for `evaluate` and `inspect`.

use super::evaluate::Listening;
use anyhow::{Context, ensure};
use hearing::classifier::Baseline;
use hearing::emotion::Scores;
use hearing::features::Recipe;
use hearing::language::Language;
use hearing::stream_time::STREAM_RATE_HZ;
use lab::corpus::Clip;
use lab::evaluation::Condition;
use lab::evaluation::clip::{clip_frames, clip_samples, clip_scores};
use lab::evaluation::condition::speech;
use model::LstmClassifier;
use model::artifact::Artifact;
use model::device::{self, Backend, BackendChoice};
use sound::recording::{Channel, Decoded, decode};
use std::collections::HashMap;
use std::path::PathBuf;

/// A model that is loaded when the first clip is scored: a listing of features needs none.
pub struct ClipScorer {
    model: Option<String>,
    language: Option<Language>,
    backend: BackendChoice,
    classifier: Option<LstmClassifier>,
    /// The voices in clips that came before others, by file and number of the condition: each is wanted
    /// about as often as there are clips in the seconds before.
    voices: HashMap<(PathBuf, usize), Baseline>,
}

impl ClipScorer {
    /// A model by name or folder, for callers of a language; without them the default, for all.
    #[must_use]
    pub fn new(model: Option<String>, language: Option<Language>, backend: BackendChoice) -> Self {
        ClipScorer { model, language, backend, classifier: None, voices: HashMap::new() }
    }

    /// A model that was just trained, on the CPU.
    ///
    /// # Errors
    /// Weights that do not fit its manifest.
    pub fn of(artifact: &Artifact) -> anyhow::Result<Self> {
        let classifier = LstmClassifier::new(artifact, Backend::cpu())?;
        let classifier = Some(classifier);
        Ok(ClipScorer { classifier, ..Self::new(None, None, BackendChoice::Cpu) })
    }

    /// The same with the model loaded.
    ///
    /// # Errors
    /// No such model, a damaged one, no device.
    pub fn loaded(
        model: Option<String>,
        language: Option<Language>,
        backend: BackendChoice,
    ) -> anyhow::Result<Self> {
        let mut scorer = Self::new(model, language, backend);
        scorer.classifier()?;
        Ok(scorer)
    }

    fn classifier(&mut self) -> anyhow::Result<&mut LstmClassifier> {
        if self.classifier.is_none() {
            let artifact: Artifact = super::installed::open(self.model.as_deref())?;
            let artifact = artifact.for_callers_of(self.language.as_ref());
            self.classifier = Some(device::start(&artifact, self.backend)?);
        }
        self.classifier.as_mut().context("the model was just loaded")
    }

    /// Probabilities of a clip's file under each condition, its speaker being as well known as asked for.
    ///
    /// # Errors
    /// No such model, a damaged one, no device; a clip that does not decode or is too short.
    pub fn score(&mut self, clip: &Clip, listening: &Listening) -> anyhow::Result<Vec<Scores>> {
        let recorded = decode(&clip.path, Channel::Mix)?;
        let scores_under = |(number, condition): (usize, &Condition)| {
            let mut frames = self.frames_under(*condition, clip, &recorded, listening)?;
            let known = &listening.known.settings;
            let recipe = self.classifier()?.manifest().recipe;
            if let Some(heard_s) = known.heard_s {
                frames.truncate(n_frames(recipe, heard_s) * recipe.n_features());
            }
            let mut baseline = Baseline::default();
            for other in listening.known.before(clip) {
                if baseline.n_frames() >= n_frames(recipe, known.before_s) {
                    break;
                }
                baseline.join(self.voice(other, (number, *condition), listening)?);
            }
            Ok(clip_scores(self.classifier()?, &frames, &baseline)?)
        };
        listening.conditions.iter().enumerate().map(scores_under).collect()
    }

    /// The voice in a clip that came before another.
    fn voice(
        &mut self,
        clip: &Clip,
        (number, condition): (usize, Condition),
        listening: &Listening,
    ) -> anyhow::Result<&Baseline> {
        let key = (clip.path.clone(), number);
        if !self.voices.contains_key(&key) {
            let recorded = decode(&clip.path, Channel::Mix)?;
            let frames = self.frames_under(condition, clip, &recorded, listening)?;
            let n_features = self.classifier()?.manifest().recipe.n_features();
            self.voices.insert(key.clone(), Baseline::of(&frames, n_features));
        }
        self.voices.get(&key).context("the voice was just heard")
    }

    /// The frames of a clip that is heard under a condition.
    fn frames_under(
        &mut self,
        condition: Condition,
        clip: &Clip,
        recorded: &Decoded,
        listening: &Listening,
    ) -> anyhow::Result<Vec<f32>> {
        if condition.is_none() {
            return self.frames(&recorded.samples, recorded.sample_rate_hz);
        }
        let input = self.classifier()?.manifest().input;
        let mut samples = speech(&recorded.samples, recorded.sample_rate_hz, input)?;
        condition.change(&mut samples, clip, &listening.sounds);
        self.frames(&samples, STREAM_RATE_HZ)
    }

    /// Probabilities of a decoded recording, as one clip.
    ///
    /// # Errors
    /// No such model, a damaged one, no device; a recording that is too short.
    pub fn score_decoded(&mut self, decoded: &Decoded) -> anyhow::Result<Scores> {
        let frames = self.frames(&decoded.samples, decoded.sample_rate_hz)?;
        Ok(clip_scores(self.classifier()?, &frames, &Baseline::default())?)
    }

    fn frames(&mut self, samples: &[f32], rate_hz: u32) -> anyhow::Result<Vec<f32>> {
        let manifest = self.classifier()?.manifest();
        let (recipe, input) = (manifest.recipe, manifest.input);
        let samples = clip_samples(samples, rate_hz, recipe, input)?;
        let frames = clip_frames(&samples, recipe, input);
        ensure!(
            !frames.is_empty(),
            "too short: {} samples of speech at {} Hz",
            samples.len(),
            recipe.sample_rate_hz()
        );
        Ok(frames)
    }
}

/// Frames in so many seconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "seconds of a clip, at least 0"
)]
fn n_frames(recipe: Recipe, seconds: f64) -> usize {
    recipe.frames_in_ms((seconds * 1000.0) as u32)
}
