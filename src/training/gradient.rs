//! The loss of a part of a batch and its gradients.
//!
//! In: a network and a [`Part`]. Out: the gradients of the part's share of the batch's loss. The gradient goes
//! through the network in two halves, see [`Network::gates`]: in one, its cost would grow with the square of
//! the steps. Keeps nothing between calls.

use super::batch::Part;
use super::recipe::TrainingRecipe;
use crate::model::ModelError;
use crate::model::network::Network;
use burn::optim::GradientsParams;
use burn::tensor::activation::{log_sigmoid, log_softmax};
use burn::tensor::{Device, Tensor, TensorData};

/// How much the question whether it is speech counts beside that of the emotion.
const SPEECH_SHARE: f32 = 0.3;

/// What a batch's loss is divided by.
#[derive(Clone, Copy, Debug)]
pub struct Whole {
    /// Sum of the targets' weights.
    pub weight: f32,
    /// Segments.
    pub n_segments: f32,
}

/// Loss, right answers and segments with speech.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sums {
    /// Summed loss of the emotions.
    pub loss: f64,
    /// Right answers.
    pub right: f64,
    /// Segments with speech.
    pub n: f64,
}

impl Sums {
    /// Adds another one's counts.
    pub fn add(&mut self, other: Sums) {
        self.loss += other.loss;
        self.right += other.right;
        self.n += other.n;
    }
}

/// Gradients for every weight of the network, in two sets without overlap: of its second half and of its first.
///
/// `device` records gradients; so must the network's weights.
///
/// # Errors
/// What the device says.
pub fn gradients(
    network: &Network,
    part: &Part,
    recipe: &TrainingRecipe,
    whole: Whole,
    device: &Device,
) -> Result<([GradientsParams; 2], Sums), ModelError> {
    let n = part.labels.len();
    let shape = &recipe.network;
    let matrix = |values: &[f32], width: usize| {
        Tensor::<2>::from_data(TensorData::new(values.to_vec(), [n, width]), device)
    };
    let steps = TensorData::new(part.values.clone(), [part.n_steps, n, shape.n_inputs()]);
    let steps = Tensor::<3>::from_data(steps, device);
    let known = matrix(&part.baseline, part.baseline.len() / n);
    let kept: Vec<Tensor<2>> =
        part.kept.iter().map(|values| matrix(values, values.len() / n)).collect();

    let gates = network.gates(steps, known);
    let variables: Vec<Tensor<3>> = gates
        .clone()
        .inner()
        .iter_dim(0)
        .map(|step| Tensor::from_inner(step.squeeze_dim::<3>(0)).require_grad())
        .collect();
    let outputs = network.from_gates(variables.clone(), shape.pooling, &kept);
    let logits = outputs.clone().narrow(1, 0, shape.n_labels);
    let targets = matrix(&part.targets, shape.n_labels);
    let emotion = -(log_softmax(logits.clone(), 1) * targets).sum() / whole.weight.max(1e-6);
    let loss = if shape.hears_speech {
        let speech = matrix(&part.speech, 1);
        let logit = outputs.narrow(1, shape.n_labels, 1);
        let of_speech = log_sigmoid(logit.clone()) * speech.clone();
        let of_other = log_sigmoid(-logit) * (-speech + 1.0);
        emotion.clone() - (of_speech + of_other).sum() * (SPEECH_SHARE / whole.n_segments)
    } else {
        emotion.clone()
    };

    let mut second = loss.backward();
    let upstream: Vec<Tensor<3>> = variables
        .iter()
        .map(|variable| {
            variable
                .grad_remove(&mut second)
                .unwrap_or_else(|| variable.clone().inner().zeros_like())
        })
        .collect();
    let upstream = Tensor::from_inner(Tensor::stack::<4>(upstream, 0));
    let first = (gates * upstream).sum().backward();
    let gradients = [second, first].map(|half| GradientsParams::from_grads(half, network));

    let failed = |reason: String| ModelError::Device { device: "training device".into(), reason };
    let loss = emotion.try_into_scalar::<f32>().map_err(|error| failed(format!("{error:?}")))?;
    let logits = logits.try_into_vec_as::<f32>().map_err(|error| failed(format!("{error:?}")))?;
    Ok((gradients, sums(part, &logits, f64::from(loss * whole.weight))))
}

#[expect(clippy::cast_precision_loss, reason = "segments of a batch")]
fn sums(part: &Part, logits: &[f32], loss: f64) -> Sums {
    let n_labels = logits.len() / part.labels.len();
    let answers = part.labels.iter().zip(logits.chunks_exact(n_labels));
    let right = answers.filter(|(label, logits)| **label == highest(logits)).count();
    let n = part.labels.iter().flatten().count();
    Sums { loss, right: right as f64, n: n as f64 }
}

/// The number of the highest value.
#[must_use]
pub fn highest(values: &[f32]) -> Option<usize> {
    (0..values.len()).max_by(|&a, &b| values[a].total_cmp(&values[b]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::module::Module;
    use burn::optim::{GradientsAccumulator, SgdConfig};

    fn part(n: usize, n_steps: usize, recipe: &TrainingRecipe) -> Part {
        let network = &recipe.network;
        #[expect(clippy::cast_precision_loss, reason = "a few numbers")]
        let waves = |n: usize| (0..n).map(|at| (at as f32 * 0.7).sin()).collect::<Vec<_>>();
        Part {
            values: waves(n * n_steps * network.n_inputs()),
            n_steps,
            labels: (0..n).map(|row| (row > 0).then_some(row % network.n_labels)).collect(),
            targets: waves(n * network.n_labels).iter().map(|value| value.abs()).collect(),
            speech: (0..n).map(|row| if row > 0 { 1.0 } else { 0.0 }).collect(),
            baseline: waves(n * network.n_baseline()),
            kept: network.head_widths().iter().map(|width| vec![1.0; n * width]).collect(),
        }
    }

    /// The loss of a network's plain forward pass, computed without gradients.
    fn plain_loss(network: &Network, part: &Part, recipe: &TrainingRecipe, whole: Whole) -> f32 {
        let (n, shape) = (part.labels.len(), &recipe.network);
        let device = Device::flex();
        let steps = TensorData::new(part.values.clone(), [part.n_steps, n, shape.n_inputs()]);
        let known = TensorData::new(part.baseline.clone(), [n, shape.n_baseline()]);
        let outputs = network.forward(
            Tensor::<3>::from_data(steps, &device).swap_dims(0, 1),
            Tensor::from_data(known, &device),
            shape.pooling,
        );
        let outputs = outputs.try_into_vec_as::<f32>().expect("on the CPU");
        let mut loss = 0.0;
        for (row, values) in outputs.chunks_exact(shape.n_outputs()).enumerate() {
            let (labels, speech) = values.split_at(shape.n_labels);
            let sum: f32 = labels.iter().map(|value| value.exp()).sum();
            for (value, target) in labels.iter().zip(&part.targets[row * shape.n_labels..]) {
                loss -= target * (value - sum.ln()) / whole.weight;
            }
            let p = 1.0 / (1.0 + (-speech[0]).exp());
            let likelihood = if part.speech[row] > 0.5 { p } else { 1.0 - p };
            loss -= SPEECH_SHARE * likelihood.ln() / whole.n_segments;
        }
        loss
    }

    /// Every weight's gradient in one number: a small step against it must lower the loss by the step times the
    /// gradient's square. A half that was lost or counted twice would show.
    #[test]
    fn a_step_against_the_gradient_lowers_the_loss_as_the_gradient_says() {
        let mut recipe = TrainingRecipe::named("phone").expect("built in");
        recipe.network.front.iter_mut().for_each(|layer| layer.units = 6);
        recipe.network.n_units = 5;
        recipe.network.dense = vec![4];
        let plain = Device::flex();
        plain.seed(3);
        let device = plain.clone().autodiff();
        let network = recipe.network.init(&plain).to_device(&device).train();
        let part = part(5, 40, &recipe);
        let whole = Whole { weight: 9.0, n_segments: 5.0 };
        let (halves, sums) =
            gradients(&network, &part, &recipe, whole, &device).expect("it computes");
        assert!((sums.n - 4.0).abs() < 1e-9);
        let before = plain_loss(&network.valid(), &part, &recipe, whole);
        let mut all = GradientsAccumulator::new();
        let [second, first] = halves;
        all.accumulate(&network, second);
        all.accumulate(&network, first);
        let rate = 1e-3;
        let stepped = SgdConfig::new().init().step(rate, network.clone(), all.grads());
        let after = plain_loss(&stepped.valid(), &part, &recipe, whole);
        let moved = moved(&network.valid(), &stepped.valid());
        #[expect(clippy::cast_possible_truncation, reason = "a small number")]
        let expected = (f64::from(moved) / rate) as f32;
        assert!(((before - after) / expected - 1.0).abs() < 0.03, "{before} {after} {expected}");
    }

    /// The squared distance between two networks' weights.
    fn moved(from: &Network, to: &Network) -> f32 {
        use burn::module::{ModuleVisitor, Param};
        #[derive(Default)]
        struct All(Vec<f32>);
        impl ModuleVisitor for All {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                self.0.extend(param.val().try_into_vec_as::<f32>().expect("on the CPU"));
            }
        }
        let all = [from, to].map(|network| {
            let mut all = All::default();
            network.visit(&mut all);
            all.0
        });
        all[0].iter().zip(&all[1]).map(|(from, to)| (from - to).powi(2)).sum()
    }
}
