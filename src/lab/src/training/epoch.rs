//! One pass over the training clips, and the look at the dev clips after it.

use super::average::Average;
use super::batch::{Batch, Batcher};
use super::companions::Companions;
use super::curves::EpochRecord;
use super::dev_scores::DevScores;
use super::example::Example;
use super::gradient::{Sums, Whole, gradients};
use super::other_voice::Voices;
use super::recipe::{Optimiser, TrainingRecipe};
use super::{Progress, TrainingData, TrainingError, parallel};
use burn::grad_clipping::GradientClippingConfig;
use burn::module::{Module, ParamGroup};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::{
    AdamConfig, AdamWConfig, AdjustLrFn, GradientsAccumulator, GradientsParams, ModuleOptimizer,
    MuonConfig,
};
use burn::store::ModuleRecord;
use burn::tensor::{Bytes, Device};
use hearing::classifier::Baseline;
use hearing::classifier::Normalisation;
use model::ModelError;
use model::cpu::{CpuNetwork, Scratch, Segment};
use model::network::Network;
use model::prepared::append_mean;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Norm above which a parameter's gradient is scaled down: recurrent gradients can explode
/// (Pascanu et al., 2013).
const LARGEST_GRADIENT: f32 = 5.0;

/// The network in training with its optimiser.
pub struct Trainer {
    /// The network, on a device that records gradients.
    pub network: Network,
    /// Its moments.
    pub optimiser: ModuleOptimizer,
    /// The mean of the weights over the steps so far.
    pub average: Average,
    device: Device,
}

/// What the examples of a training are seen through.
pub struct View<'a> {
    /// The recipe.
    pub recipe: &'a TrainingRecipe,
    /// The clips.
    pub data: &'a TrainingData,
    /// The normalisation of their frames.
    pub normalisation: &'a Normalisation,
}

impl Trainer {
    /// A network with random weights of the recipe's seed, or with those of a network in use: then what only the
    /// training needs is random.
    ///
    /// # Errors
    /// [`ModelError::Classifier`] when weights cannot be read back, or are of another shape.
    pub fn new(
        recipe: &TrainingRecipe,
        begun_with: Option<&[u8]>,
        device: &Device,
    ) -> Result<Self, ModelError> {
        device.seed(recipe.seed);
        let mut network = recipe.network.init(device);
        if let Some(weights) = begun_with {
            let in_use = recipe.network.in_use().init(device);
            network = with_weights(in_use, weights.to_vec())?.in_training(network);
        }
        let network = network.to_device(&device.clone().autodiff()).train();
        let average = Average::new(recipe.average, &network, 0)?;
        Ok(Self::with(network, optimiser(recipe)?, average, device))
    }

    /// Goes on with given weights, moments and mean.
    #[must_use]
    pub fn with(
        network: Network,
        optimiser: ModuleOptimizer,
        average: Average,
        device: &Device,
    ) -> Self {
        Trainer { network, optimiser, average, device: device.clone().autodiff() }
    }

    /// The network with the mean weights, which is the one that counts.
    #[must_use]
    pub fn averaged(&self) -> Network {
        self.average.of(&self.network.valid())
    }

    /// One epoch, counted from 0: every random choice depends on the seed and this number alone, so a
    /// resumed run is the run that was interrupted.
    ///
    /// # Errors
    /// What the device says.
    pub fn epoch(
        &mut self,
        number: usize,
        view: &View<'_>,
        companions: &Companions,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<EpochRecord, TrainingError> {
        let View { recipe, data, normalisation } = *view;
        let seed = recipe.seed.wrapping_mul(0x9E37_79B9).wrapping_add(number as u64);
        let weights = label_weights(&data.train, recipe);
        let voices = Voices::new(recipe, &data.train);
        let batcher = Batcher {
            examples: &data.train,
            companions,
            normalisation,
            recipe,
            weights: &weights,
            voices: voices.as_ref(),
        };
        let drawn = batcher.epoch(ChaCha8Rng::seed_from_u64(seed));
        let (n_batches, mut sums) = (drawn.len(), Sums::default());
        for (done, batch) in drawn.enumerate() {
            let rate =
                recipe.learning_rate_at(number * n_batches + done, recipe.epochs * n_batches);
            sums.add(self.step(&batch, recipe, rate)?);
            progress(Progress::Batch { done: done + 1, of: n_batches });
        }
        let dev = answers(&self.averaged(), view, &data.dev);
        Ok(record(number, &sums, &dev, &data.dev))
    }

    /// One step of the optimiser; the parts' gradients are computed side by side, each on a copy of the
    /// network, and added in their order.
    fn step(
        &mut self,
        batch: &Batch,
        recipe: &TrainingRecipe,
        rate: f64,
    ) -> Result<Sums, TrainingError> {
        #[expect(clippy::cast_precision_loss, reason = "segments of a batch")]
        let whole = Whole {
            weight: batch.weight(),
            n_segments: batch.n_segments() as f32,
            n_taught: batch.n_taught(),
            n_imitated: batch.n_imitated(),
        };
        let copies: Vec<Network> =
            batch.parts.iter().map(|_| self.network.clone().fork(&self.device)).collect();
        let work = |index: usize, network: &Network| {
            gradients(network, &batch.parts[index], recipe, whole, &self.device)
        };
        let mut all = GradientsAccumulator::new();
        let mut sums = Sums::default();
        for part in parallel::map(&copies, work, || {}) {
            let (pieces, part_sums): (Vec<GradientsParams>, Sums) = part?;
            for piece in pieces {
                all.accumulate(&self.network, piece);
            }
            sums.add(part_sums);
        }
        self.network = self.optimiser.step(rate, self.network.clone(), all.grads());
        self.average.add(&self.network)?;
        Ok(sums)
    }
}

/// A network's weights in burn's own format.
///
/// # Errors
/// [`ModelError::Classifier`] when they cannot be read back.
pub fn weights(network: &Network) -> Result<Vec<u8>, ModelError> {
    let record = network.valid().into_record();
    record
        .into_bytes()
        .map(|bytes| bytes.to_vec())
        .map_err(|error| ModelError::device("training device", error.to_string()))
}

/// A network of the same shape with weights in burn's own format.
///
/// # Errors
/// [`ModelError::Classifier`] when they are of another shape.
pub fn with_weights(network: Network, weights: Vec<u8>) -> Result<Network, ModelError> {
    let failed = |reason: String| ModelError::device("training device", reason);
    let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(weights))
        .map_err(|error| failed(error.to_string()))?;
    network.try_load_record(record).map_err(|error| failed(error.to_string()))
}

/// The optimiser that the recipe wants.
///
/// # Errors
/// Never, as long as the pattern of the hidden weights' names is a regular expression.
pub fn optimiser(recipe: &TrainingRecipe) -> Result<ModuleOptimizer, ModelError> {
    let clipping = GradientClippingConfig::Norm(LARGEST_GRADIENT);
    if recipe.weight_decay <= 0.0 {
        // The epsilon of the original notebook's framework.
        return Ok(AdamConfig::new().with_epsilon(1e-7).init());
    }
    let adam = AdamWConfig::new()
        .with_weight_decay(recipe.weight_decay)
        .with_grad_clipping(Some(clipping.clone()))
        .init();
    if recipe.optimiser == Optimiser::Adam {
        return Ok(adam);
    }
    let hidden = ParamGroup::from_regex(HIDDEN_WEIGHTS)
        .map_err(|error| ModelError::device("training device", format!("{error:?}")))?;
    let muon = MuonConfig::new()
        .with_weight_decay(Some(WeightDecayConfig::new(recipe.weight_decay)))
        .with_adjust_lr_fn(AdjustLrFn::MatchRmsAdamW)
        .build();
    Ok(adam.with_group(hidden, muon, Some(clipping.init())))
}

/// The weight matrices between the network's input and its output.
const HIDDEN_WEIGHTS: &str = r"^(front|lstm|dense|attention\.hidden)\b.*\.weight$";

/// The logarithms of the labels' probabilities, one list an example: the mean of the probabilities over its
/// hearings, nothing being known of the speaker.
#[must_use]
pub fn answers(network: &Network, view: &View<'_>, examples: &[Example]) -> Vec<Vec<f32>> {
    let network = network.valid().to_device(&Device::flex());
    let network = CpuNetwork::new(&network, &view.recipe.network);
    let one = |_: usize, example: &Example| {
        let mut scratch = Scratch::default();
        let mut means = vec![0.0_f32; view.recipe.network.n_labels];
        for hearing in &example.hearings {
            let logits = logits(&network, view, &hearing.frames, &mut scratch);
            let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let sum: f32 = logits.iter().map(|logit| (logit - highest).exp()).sum();
            for (mean, logit) in means.iter_mut().zip(&logits) {
                #[expect(clippy::cast_precision_loss, reason = "a few hearings")]
                let share = (logit - highest).exp() / sum / example.hearings.len() as f32;
                *mean += share;
            }
        }
        means.into_iter().map(|mean| mean.max(1e-9).ln()).collect()
    };
    parallel::map(examples, one, || {})
}

/// Logits of the labels for the newest frames of a clip, at most a longest segment, from its middle.
fn logits(
    network: &CpuNetwork,
    view: &View<'_>,
    frames: &[f32],
    scratch: &mut Scratch,
) -> Vec<f32> {
    let shape = &view.recipe.network;
    let step = shape.n_inputs();
    let most = match view.normalisation.mean.len() {
        0 => frames.len() / step,
        _ => view.recipe.features.frames_in_ms(view.recipe.segment.max_ms) / shape.frames_per_step,
    };
    let n_steps = (frames.len() / step).min(most);
    let start = (frames.len() / step - n_steps) / 2 * step;
    let mut steps = frames[start..start + n_steps * step].to_vec();
    let width = view.normalisation.mean.len().max(1);
    for (at, value) in steps.iter_mut().enumerate() {
        if let Some(mean) = view.normalisation.mean.get(at % width) {
            *value = (*value - mean) / view.normalisation.deviation[at % width];
        }
    }
    let mut known = Vec::new();
    if shape.hears_baseline {
        Baseline::default().append(view.normalisation, &mut known);
    }
    if shape.hears_mean {
        append_mean(&steps, shape.n_features, &mut known);
    }
    let mut logits = Vec::with_capacity(shape.n_outputs());
    network.logits(&[Segment { steps: &steps, known: &known }], scratch, &mut logits);
    logits.truncate(shape.n_labels);
    logits
}

fn record(number: usize, sums: &Sums, answers: &[Vec<f32>], dev: &[Example]) -> EpochRecord {
    let scores = DevScores::of(answers, dev);
    EpochRecord {
        epoch: number + 1,
        train_loss: nine_decimals(sums.loss / sums.n.max(1.0)),
        train_accuracy: nine_decimals(sums.right / sums.n.max(1.0)),
        dev_loss: nine_decimals(scores.loss),
        dev_accuracy: nine_decimals(scores.accuracy),
        dev_uar: nine_decimals(scores.uar),
    }
}

/// So few that a number read back from a checkpoint is the number that was written: the reader's quick way is
/// exact for them, and may miss the last bit of longer ones.
fn nine_decimals(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}

/// The inverse root of each label's share, with mean 1, or 1 if all shall weigh alike.
#[expect(clippy::cast_precision_loss, reason = "numbers of clips")]
fn label_weights(examples: &[Example], recipe: &TrainingRecipe) -> Vec<f32> {
    let n_labels = recipe.network.n_labels;
    if !recipe.balance_classes {
        return vec![1.0; n_labels];
    }
    let count =
        |label| examples.iter().filter(|example| example.label == Some(label)).count().max(1);
    let weights: Vec<f32> = (0..n_labels).map(|label| 1.0 / (count(label) as f32).sqrt()).collect();
    let mean = weights.iter().sum::<f32>() / n_labels as f32;
    weights.into_iter().map(|weight| weight / mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::module::ModuleVisitor;
    use burn::tensor::Tensor;

    /// The paths of a network's weights, as an optimiser's groups see them.
    #[derive(Default)]
    struct Paths {
        open: Vec<String>,
        found: Vec<(String, usize)>,
    }

    impl ModuleVisitor for Paths {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.open.push(name.to_owned());
        }

        fn exit_module(&mut self, _: &str, _: &str) {
            self.open.pop();
        }

        fn visit_float<const D: usize>(&mut self, _: &burn::module::Param<Tensor<D>>) {
            self.found.push((self.open.join("."), D));
        }
    }

    #[test]
    fn muon_is_given_the_matrices_between_input_and_output_and_nothing_else() {
        let recipe = TrainingRecipe::named("phone").expect("built in");
        assert_eq!(recipe.optimiser, Optimiser::Muon);
        let mut paths = Paths::default();
        recipe.network.init(&Device::flex()).visit(&mut paths);
        let hidden = ParamGroup::from_regex(HIDDEN_WEIGHTS).expect("a regular expression");
        let (given, rest): (Vec<_>, Vec<_>) = paths
            .found
            .into_iter()
            .partition(|(path, _)| hidden.matches(&burn::module::ParamId::new(), Some(path)));
        // Two convolutions, two matrices in each direction, the attention's and the dense layer's.
        assert_eq!(given.len(), 8, "{given:?}");
        assert!(given.iter().all(|(_, rank)| *rank == 2), "{given:?}");
        let matrices: Vec<_> = rest.into_iter().filter(|(_, rank)| *rank == 2).collect();
        // The output's, the attention's score, what is known, the embedding, the moments.
        assert_eq!(matrices.len(), 5, "{matrices:?}");
    }

    #[test]
    fn a_training_begins_with_the_weights_that_it_is_given_and_with_no_others() {
        let recipe = TrainingRecipe::named("phone-open").expect("built in");
        let device = Device::flex();
        device.seed(5);
        let given = weights(&recipe.network.in_use().init(&device)).expect("on the CPU");
        let begun = Trainer::new(&recipe, Some(&given), &device).expect("of the same shape");
        assert_eq!(weights(&begun.network.valid().in_use()).expect("on the CPU"), given);
        assert_ne!(weights(&begun.network).expect("on the CPU").len(), given.len());
        let random = Trainer::new(&recipe, None, &device).expect("no file is read");
        assert_ne!(weights(&random.network.valid().in_use()).expect("on the CPU"), given);
        let other = TrainingRecipe::named("phone").expect("built in");
        assert!(Trainer::new(&other, Some(&given), &device).is_err());
    }
}
