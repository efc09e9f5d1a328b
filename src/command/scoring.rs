//! A model that scores whole clips, for `evaluate` and `inspect`.

use super::evaluate::{Listening, ScoreClip, Voice};
use crate::audio::recording::{Channel, Decoded, decode};
use crate::corpus::Clip;
use crate::emotion::Scores;
use crate::evaluation::Condition;
use crate::evaluation::clip::{clip_frames, clip_samples, clip_scores};
use crate::evaluation::condition::speech;
use crate::model::artifact::Artifact;
use crate::model::device::{self, Backend, BackendChoice};
use crate::model::{Baseline, LstmClassifier};
use crate::stream_time::STREAM_RATE_HZ;
use anyhow::{Context, ensure};

/// A model that is loaded when the first clip is scored: a listing of features needs none.
pub struct ClipScorer {
    model: Option<String>,
    backend: BackendChoice,
    classifier: Option<LstmClassifier>,
}

impl ClipScorer {
    /// A model by name or folder; without one the default.
    #[must_use]
    pub fn new(model: Option<String>, backend: BackendChoice) -> Self {
        ClipScorer { model, backend, classifier: None }
    }

    /// A model that was just trained, on the CPU.
    ///
    /// # Errors
    /// Weights that do not fit its manifest.
    pub fn of(artifact: &Artifact) -> anyhow::Result<Self> {
        let classifier = LstmClassifier::new(artifact, Backend::cpu())?;
        Ok(ClipScorer { model: None, backend: BackendChoice::Cpu, classifier: Some(classifier) })
    }

    /// The same with the model loaded.
    ///
    /// # Errors
    /// No such model, a damaged one, no device.
    pub fn loaded(model: Option<String>, backend: BackendChoice) -> anyhow::Result<Self> {
        let mut scorer = Self::new(model, backend);
        scorer.classifier()?;
        Ok(scorer)
    }

    fn classifier(&mut self) -> anyhow::Result<&mut LstmClassifier> {
        if self.classifier.is_none() {
            let artifact: Artifact = super::installed::open(self.model.as_deref())?;
            self.classifier = Some(device::start(&artifact, self.backend)?);
        }
        self.classifier.as_mut().context("the model was just loaded")
    }

    /// Probabilities of a decoded recording, as one clip.
    ///
    /// # Errors
    /// No such model, a damaged one, no device; a recording that is too short.
    pub fn score_decoded(&mut self, decoded: &Decoded) -> anyhow::Result<Scores> {
        let (frames, _) = self.frames(&decoded.samples, decoded.sample_rate_hz)?;
        Ok(clip_scores(self.classifier()?, &frames, &Baseline::default())?)
    }

    /// What the network is given of a recording, and its seconds of speech.
    fn frames(&mut self, samples: &[f32], rate_hz: u32) -> anyhow::Result<(Vec<f32>, f64)> {
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
        #[expect(clippy::cast_precision_loss, reason = "a clip is far shorter than 2^52 samples")]
        let seconds = samples.len() as f64 / f64::from(recipe.sample_rate_hz());
        Ok((frames, seconds))
    }

    /// The same of a clip's file under each condition.
    fn heard(
        &mut self,
        clip: &Clip,
        listening: &Listening,
    ) -> anyhow::Result<Vec<(Vec<f32>, f64)>> {
        let recorded = decode(&clip.path, Channel::Mix)?;
        let input = self.classifier()?.manifest().input;
        let frames_under = |condition: &Condition| {
            if condition.is_none() {
                return self.frames(&recorded.samples, recorded.sample_rate_hz);
            }
            let mut samples = speech(&recorded.samples, recorded.sample_rate_hz, input)?;
            condition.change(&mut samples, clip, &listening.sounds);
            self.frames(&samples, STREAM_RATE_HZ)
        };
        listening.conditions.iter().map(frames_under).collect()
    }
}

impl ScoreClip for ClipScorer {
    fn score(
        &mut self,
        clip: &Clip,
        listening: &Listening,
        known: &[Baseline],
    ) -> anyhow::Result<Vec<Scores>> {
        let stranger = Baseline::default();
        let mut under_each = Vec::with_capacity(listening.conditions.len());
        for (number, (frames, _)) in self.heard(clip, listening)?.into_iter().enumerate() {
            let known = known.get(number).unwrap_or(&stranger);
            under_each.push(clip_scores(self.classifier()?, &frames, known)?);
        }
        Ok(under_each)
    }

    fn voice(&mut self, clip: &Clip, listening: &Listening) -> anyhow::Result<Vec<Voice>> {
        let n_features = self.classifier()?.manifest().recipe.n_features();
        let heard = self.heard(clip, listening)?.into_iter();
        let voice = |(frames, speech_s): (Vec<f32>, f64)| Voice {
            speech_s,
            statistics: Baseline::of(&frames, n_features),
        };
        Ok(heard.map(voice).collect())
    }
}
