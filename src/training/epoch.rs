//! One pass over the training clips, and the look at the dev clips after it.

use super::batch::{Batch, Batcher};
use super::curves::EpochRecord;
use super::example::Example;
use super::recipe::TrainingRecipe;
use super::{Progress, TrainingData, TrainingError};
use crate::emotion::Emotion;
use crate::evaluation::clip::clip_scores;
use crate::evaluation::{Prediction, Report};
use crate::model::artifact::Normalisation;
use crate::model::network::Network;
use crate::model::{LstmClassifier, ModelError};
use burn::grad_clipping::GradientClippingConfig;
use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::{AdamConfig, AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Norm above which a parameter's gradient is scaled down: recurrent gradients can explode
/// (Pascanu et al., 2013).
const LARGEST_GRADIENT: f32 = 5.0;

/// The network in training with its optimiser.
pub struct Trainer {
    /// The network, on a device that records gradients.
    pub network: Network,
    /// Adam's moments.
    pub optimiser: ModuleOptimizer,
    device: Device,
}

impl Trainer {
    /// A network with random weights of the recipe's seed.
    #[must_use]
    pub fn new(recipe: &TrainingRecipe, device: &Device) -> Self {
        device.seed(recipe.seed);
        let network = recipe.network.init(device).to_device(&device.clone().autodiff());
        Self::with(network.train(), optimiser(recipe), device)
    }

    /// Goes on with given weights and moments.
    #[must_use]
    pub fn with(network: Network, optimiser: ModuleOptimizer, device: &Device) -> Self {
        Trainer { network, optimiser, device: device.clone().autodiff() }
    }

    /// The weights in burn's own format.
    ///
    /// # Errors
    /// [`ModelError::Device`] when they cannot be read back.
    pub fn weights(&self) -> Result<Vec<u8>, ModelError> {
        let record = self.network.valid().into_record();
        record.into_bytes().map(|bytes| bytes.to_vec()).map_err(|error| ModelError::Device {
            device: "training device".into(),
            reason: error.to_string(),
        })
    }

    /// One epoch, counted from 0: every random choice depends on the seed and this number alone, so a
    /// resumed run is the run that was interrupted.
    ///
    /// # Errors
    /// What the device says.
    pub fn epoch(
        &mut self,
        number: usize,
        recipe: &TrainingRecipe,
        data: &TrainingData,
        normalisation: &Normalisation,
        labels: &[Emotion],
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<EpochRecord, TrainingError> {
        let seed = recipe.seed.wrapping_mul(0x9E37_79B9).wrapping_add(number as u64);
        self.device.seed(seed);
        let position = |example: &Example| {
            labels.iter().position(|&label| label == example.emotion).unwrap_or_default()
        };
        let batcher = Batcher { examples: &data.train, normalisation, recipe, label_of: &position };
        let drawn = batcher.epoch(&mut ChaCha8Rng::seed_from_u64(seed));
        let weights = class_weights(&data.train, recipe, labels);
        let (n_batches, mut sums) = (drawn.len(), Sums::default());
        for (done, batch) in drawn.into_iter().enumerate() {
            let rate =
                recipe.learning_rate_at(number * n_batches + done, recipe.epochs * n_batches);
            sums.add(self.step(&batch, recipe, weights.as_deref(), rate)?);
            progress(Progress::Batch { done: done + 1, of: n_batches });
        }
        self.look_at_dev(number, recipe, data, normalisation, labels, &sums)
    }

    /// One step of the optimiser: summed loss, right answers and segments of the batch.
    fn step(
        &mut self,
        batch: &Batch,
        recipe: &TrainingRecipe,
        class_weights: Option<&[f32]>,
        rate: f64,
    ) -> Result<Sums, TrainingError> {
        let n_segments = batch.labels.len();
        let width = n_segments * recipe.network.n_inputs();
        let steps = batch
            .values
            .chunks_exact(width)
            .map(|step| {
                let data = TensorData::new(step.to_vec(), [n_segments, width / n_segments]);
                Tensor::<2>::from_data(data, &self.device)
            })
            .collect();
        let logits = self.network.forward_train(steps, recipe.network.pooling);
        let labels: Vec<i64> =
            batch.labels.iter().map(|&label| i64::try_from(label).unwrap_or_default()).collect();
        let targets =
            Tensor::<1, Int>::from_data(TensorData::new(labels, [n_segments]), &self.device);
        let right = logits.clone().argmax(1).squeeze_dim::<1>(1).equal(targets.clone());
        let loss = CrossEntropyLossConfig::new()
            .with_smoothing((recipe.label_smoothing > 0.0).then_some(recipe.label_smoothing))
            .with_weights(class_weights.map(<[f32]>::to_vec))
            .init(&self.device)
            .forward(logits, targets);
        let gradients = GradientsParams::from_grads(loss.backward(), &self.network);
        self.network = self.optimiser.step(rate, self.network.clone(), gradients);
        let read = |error| ModelError::Device { device: "training device".into(), reason: error };
        let loss = loss.try_into_scalar::<f32>().map_err(|error| read(format!("{error:?}")))?;
        let right = right
            .int()
            .sum()
            .try_into_scalar::<i64>()
            .map_err(|error| read(format!("{error:?}")))?;
        #[expect(clippy::cast_precision_loss, reason = "segments of a batch")]
        let (n, right) = (n_segments as f64, right as f64);
        Ok(Sums { loss: f64::from(loss) * n, right, n })
    }

    fn look_at_dev(
        &self,
        number: usize,
        recipe: &TrainingRecipe,
        data: &TrainingData,
        normalisation: &Normalisation,
        labels: &[Emotion],
        sums: &Sums,
    ) -> Result<EpochRecord, TrainingError> {
        let artifact = super::assemble(
            recipe,
            data,
            normalisation.clone(),
            labels.to_vec(),
            &[],
            self.weights()?,
        );
        let backend = crate::model::device::Backend::cpu();
        let mut classifier = LstmClassifier::new(&artifact, backend)?;
        let mut loss = 0.0;
        let mut predictions = Vec::with_capacity(data.dev.len());
        for example in &data.dev {
            let prediction = predict(&mut classifier, example)?;
            loss -= f64::from(prediction.scores.of(prediction.truth).max(1e-9).ln());
            predictions.push(prediction);
        }
        let report = Report::new(&predictions);
        #[expect(clippy::cast_precision_loss, reason = "numbers of clips")]
        Ok(EpochRecord {
            epoch: number + 1,
            train_loss: sums.loss / sums.n.max(1.0),
            train_accuracy: sums.right / sums.n.max(1.0),
            dev_loss: loss / data.dev.len().max(1) as f64,
            dev_accuracy: report.accuracy,
            dev_uar: report.mean_corpus_uar(),
        })
    }
}

/// Adam as the recipe wants it.
#[must_use]
pub fn optimiser(recipe: &TrainingRecipe) -> ModuleOptimizer {
    let clipping = Some(GradientClippingConfig::Norm(LARGEST_GRADIENT));
    if recipe.weight_decay > 0.0 {
        AdamWConfig::new()
            .with_weight_decay(recipe.weight_decay)
            .with_grad_clipping(clipping)
            .init()
    } else {
        // The epsilon of the original notebook's framework.
        AdamConfig::new().with_epsilon(1e-7).init()
    }
}

/// Scores an example's first hearing as a clip is scored.
///
/// # Errors
/// What the classifier says.
pub fn predict(
    classifier: &mut LstmClassifier,
    example: &Example,
) -> Result<Prediction, TrainingError> {
    let scores = clip_scores(classifier, &example.hearings[0])?;
    Ok(Prediction {
        truth: example.emotion,
        scores,
        corpus: example.corpus.clone(),
        speaker: example.speaker.clone(),
        sex: None,
        age: None,
    })
}

/// The inverse root of each label's share, with mean 1, or `None` if all shall weigh alike.
fn class_weights(
    examples: &[Example],
    recipe: &TrainingRecipe,
    labels: &[Emotion],
) -> Option<Vec<f32>> {
    if !recipe.balance_classes {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "numbers of clips")]
    let weights: Vec<f32> = labels
        .iter()
        .map(|&label| {
            let count = examples.iter().filter(|example| example.emotion == label).count();
            1.0 / (count.max(1) as f32).sqrt()
        })
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "seven labels")]
    let mean = weights.iter().sum::<f32>() / weights.len() as f32;
    Some(weights.into_iter().map(|weight| weight / mean).collect())
}

#[derive(Clone, Copy, Default)]
struct Sums {
    loss: f64,
    right: f64,
    n: f64,
}

impl Sums {
    fn add(&mut self, other: Sums) {
        self.loss += other.loss;
        self.right += other.right;
        self.n += other.n;
    }
}
