//! From a segment of feature frames to probabilities, on the device that was chosen.

use super::ModelError;
use super::artifact::{Artifact, Manifest};
use super::cpu::{CpuNetwork, Scratch};
use super::device::Backend;
use super::gpu::GpuNetwork;
use super::network::Network;
use super::prepared::Prepared;
use burn::module::Module;
use burn::store::ModuleRecord;
use burn::tensor::{Bytes, Device};
use hearing::classifier::{
    Answer, Baseline, Classifier, ClassifierError, SEGMENTS_AT_ONCE, Sound, Spoken,
};
use hearing::emotion::N_EMOTIONS;
use rayon::ThreadPool;
use rayon::prelude::*;
use std::sync::Arc;

/// The logit of speech at which it is as likely as not.
const EVEN_ODDS: f32 = 0.0;

/// The product's classifier: the LSTM of a model artifact.
pub struct LstmClassifier {
    manifest: Manifest,
    network: Form,
    backend: Backend,
    pool: Option<Arc<ThreadPool>>,
    /// One for each thread.
    scratchpads: Vec<Scratchpad>,
}

/// What one thread needs, reused.
#[derive(Default)]
struct Scratchpad {
    prepared: Prepared,
    scratch: Scratch,
    logits: Vec<f32>,
}

/// The network in the form that its device wants.
enum Form {
    Cpu(Box<CpuNetwork>),
    Graphics(Box<GpuNetwork>),
}

impl LstmClassifier {
    /// Puts a model's weights on a device.
    ///
    /// # Errors
    /// [`ModelError::CorruptWeights`] when they do not fit the manifest's network; [`ModelError::NoGpu`] when the
    /// network does not fit a graphics device.
    pub fn new(artifact: &Artifact, backend: Backend) -> Result<Self, ModelError> {
        let manifest = artifact.manifest.clone();
        let network = load_network(artifact, &Backend::cpu().device)?;
        let shape = &manifest.network;
        let network = if backend.is_gpu() {
            let most_frames = manifest.recipe.frames_in_ms(manifest.segment.max_ms);
            let most_steps = most_frames / shape.frames_per_step;
            Form::Graphics(Box::new(GpuNetwork::new(&network, shape, &backend, most_steps)?))
        } else {
            Form::Cpu(Box::new(CpuNetwork::new(&network, shape)))
        };
        let scratchpads = vec![Scratchpad::default()];
        Ok(LstmClassifier { manifest, network, backend, pool: None, scratchpads })
    }

    /// Shares what several callers said among these threads, where the CPU reads it, or reads all on its caller's.
    pub fn work_on(&mut self, pool: Option<Arc<ThreadPool>>) {
        let n_threads = pool.as_ref().map_or(1, |pool| pool.current_num_threads());
        self.scratchpads.resize_with(n_threads, Scratchpad::default);
        self.pool = pool;
    }

    /// The model.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where it runs.
    #[must_use]
    pub fn backend(&self) -> &Backend {
        &self.backend
    }

    /// Classifies a segment of the shortest and of the longest length, so that kernels are compiled
    /// before the first caller speaks.
    ///
    /// # Errors
    /// As [`Classifier::classify`].
    pub fn warm_up(&mut self) -> Result<(), ClassifierError> {
        let segment = self.test_segment();
        let limits = self.manifest.segment;
        let shortest = segment.len() * limits.min_ms as usize / limits.max_ms as usize;
        let whole_frames = shortest - shortest % self.manifest.network.n_features;
        self.classify(&segment, &Baseline::default())?;
        self.classify(&segment[..whole_frames], &Baseline::default())?;
        Ok(())
    }

    /// A longest segment of slowly changing values around the normalisation's mean: the same on every
    /// device, to compare them.
    #[must_use]
    pub fn test_segment(&self) -> Vec<f32> {
        let n_features = self.manifest.recipe.n_features();
        let normalisation = &self.manifest.normalisation;
        let n_frames = self.manifest.recipe.frames_in_ms(self.manifest.segment.max_ms);
        let mut segment = Vec::with_capacity(n_frames * n_features);
        for frame in 0..n_frames {
            for feature in 0..n_features {
                #[expect(clippy::cast_precision_loss, reason = "small counts")]
                let wave = (frame as f32 * 0.07 + feature as f32 * 0.9).sin();
                let mean = normalisation.mean.get(feature).copied().unwrap_or(0.0);
                let deviation = normalisation.deviation.get(feature).copied().unwrap_or(1.0);
                segment.push(mean + deviation * wave);
            }
        }
        segment
    }

    /// Logits of a segment in the order of the manifest's labels, then of its being speech where the network
    /// says so.
    ///
    /// # Errors
    /// As [`Classifier::classify`].
    pub fn logits(
        &mut self,
        segment: &[f32],
        baseline: &Baseline,
    ) -> Result<Vec<f32>, ClassifierError> {
        let spoken = Spoken { frames: segment, baseline };
        self.fill_scratchpads(&[spoken])?;
        Ok(self.scratchpads[0].logits.clone())
    }

    /// Leaves the logits of all segments on the scratchpads, one after the other.
    fn fill_scratchpads(&mut self, spoken: &[Spoken<'_>]) -> Result<(), ClassifierError> {
        let LstmClassifier { manifest, network, pool, scratchpads, .. } = self;
        for scratchpad in scratchpads.iter_mut() {
            scratchpad.logits.clear();
        }
        match (network, pool) {
            (Form::Cpu(network), Some(pool)) if spoken.len() > 1 => {
                let share = spoken.len().div_ceil(scratchpads.len());
                let work = spoken.par_chunks(share).zip(scratchpads.par_iter_mut());
                pool.install(|| {
                    work.try_for_each(|(some, scratchpad)| scratchpad.read(manifest, network, some))
                })
            }
            (Form::Cpu(network), _) => scratchpads[0].read(manifest, network, spoken),
            (Form::Graphics(network), _) => {
                let Scratchpad { prepared, logits, .. } = &mut scratchpads[0];
                prepared.take(manifest, spoken)?;
                network.logits(&prepared.segments(), logits)
            }
        }
    }
}

impl Scratchpad {
    fn read(
        &mut self,
        manifest: &Manifest,
        network: &CpuNetwork,
        spoken: &[Spoken<'_>],
    ) -> Result<(), ClassifierError> {
        // As many as are read at once, so that they are still in the processor's caches.
        for some in spoken.chunks(SEGMENTS_AT_ONCE) {
            self.prepared.take(manifest, some)?;
            network.logits(&self.prepared.segments(), &mut self.scratch, &mut self.logits);
        }
        Ok(())
    }
}

impl Classifier for LstmClassifier {
    fn classify(
        &mut self,
        segment: &[f32],
        baseline: &Baseline,
    ) -> Result<Answer, ClassifierError> {
        let logits = self.logits(segment, baseline)?;
        Ok(answer(&self.manifest, &logits))
    }

    fn classify_all(
        &mut self,
        spoken: &[Spoken<'_>],
        answers: &mut Vec<Answer>,
    ) -> Result<(), ClassifierError> {
        self.fill_scratchpads(spoken)?;
        let n_outputs = self.manifest.network.n_outputs();
        let logits = self
            .scratchpads
            .iter()
            .flat_map(|scratchpad| scratchpad.logits.chunks_exact(n_outputs));
        answers.extend(logits.map(|logits| answer(&self.manifest, logits)));
        Ok(())
    }
}

/// What the logits of a segment say.
fn answer(manifest: &Manifest, logits: &[f32]) -> Answer {
    let calibration = &manifest.calibration;
    let speech = logits.get(manifest.labels.len());
    let sound = match speech {
        Some(&logit) if logit < EVEN_ODDS && logit < calibration.speech_from => Sound::Other,
        Some(&logit) if logit < calibration.speech_from => Sound::Doubtful,
        _ => Sound::Speech,
    };
    let mut by_emotion = [f32::NEG_INFINITY; N_EMOTIONS];
    for (label, &logit) in manifest.labels.iter().zip(logits) {
        by_emotion[label.index()] = logit;
    }
    Answer { scores: calibration.scores(by_emotion), sound }
}

/// The mean of each coefficient over the frames of `[n_frames, n_coefficients]`; nothing of no frames.
#[must_use]
pub fn coefficient_means(frames: &[f32], n_coefficients: usize) -> Vec<f32> {
    let n_frames = frames.len() / n_coefficients;
    if n_frames == 0 {
        return Vec::new();
    }
    let mut sums = vec![0.0_f64; n_coefficients];
    for frame in frames.chunks_exact(n_coefficients) {
        for (sum, &value) in sums.iter_mut().zip(frame) {
            *sum += f64::from(value);
        }
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "a mean of f32"
    )]
    sums.into_iter().map(|sum| (sum / n_frames as f64) as f32).collect()
}

/// A model's network on a device of burn.
///
/// # Errors
/// [`ModelError::CorruptWeights`] when the weights do not fit the manifest's network.
pub fn load_network(artifact: &Artifact, device: &Device) -> Result<Network, ModelError> {
    let corrupt = |reason: String| ModelError::CorruptWeights {
        path: artifact.folder.as_deref().map_or_else(
            || "the bundled model".into(),
            |folder| folder.join(super::artifact::WEIGHTS_FILE),
        ),
        reason,
    };
    let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(artifact.weights.clone()))
        .map_err(|error| corrupt(error.to_string()))?;
    artifact
        .manifest
        .network
        .init(device)
        .try_load_record(record)
        .map_err(|error| corrupt(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rayon::ThreadPoolBuilder;

    #[test]
    fn what_is_read_at_once_is_read_as_alone_on_any_number_of_threads() {
        let artifact = Artifact::bundled().unwrap();
        let mut classifier = LstmClassifier::new(&artifact, Backend::cpu()).unwrap();
        let (longest, n_features) =
            (classifier.test_segment(), artifact.manifest.recipe.n_features());
        let baselines = [Baseline::default(), Baseline::of(&longest, n_features)];
        let spoken: Vec<Spoken<'_>> = (0..20)
            .map(|number| Spoken {
                frames: &longest[number * 5 * n_features..],
                baseline: &baselines[number % 2],
            })
            .collect();
        let alone = spoken.iter().map(|spoken| classifier.classify(spoken.frames, spoken.baseline));
        let alone: Vec<Answer> = alone.collect::<Result<_, _>>().unwrap();
        assert!(alone.windows(2).all(|pair| pair[0] != pair[1]));
        for n_threads in [1, 3] {
            let pool = ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            classifier.work_on((n_threads > 1).then(|| Arc::new(pool)));
            for n in [0, 1, 2, 7, 20] {
                let mut answers = Vec::new();
                classifier.classify_all(&spoken[..n], &mut answers).unwrap();
                assert_eq!(answers, alone[..n], "{n} on {n_threads} threads");
            }
        }
    }
}
