//! The loss of a part of a batch and its gradients.
//!
//! In: a network and a [`Part`]. Out: the gradients of the part's share of the batch's loss. The gradient goes
//! through the network in pieces, see [`Network::gates`]: in one, its cost would grow with the square of
//! the steps. On the CPU the recurrence is our own ([`Recurrence`]), elsewhere burn's. Keeps nothing between calls.

use super::batch::Part;
use super::recipe::TrainingRecipe;
use burn::optim::GradientsParams;
use burn::tensor::activation::{log_sigmoid, log_softmax};
use burn::tensor::{Device, Tensor, TensorData};
use model::ModelError;
use model::cpu::backward::{Recurrence, Run};
use model::network::{Network, Said};

/// How much the question whether it is speech counts beside that of the emotion.
const SPEECH_SHARE: f32 = 0.3;

/// What a batch's loss is divided by.
#[derive(Clone, Copy, Debug)]
pub struct Whole {
    /// Sum of the targets' weights.
    pub weight: f32,
    /// Segments.
    pub n_segments: f32,
    /// Segments that a teacher has judged.
    pub n_taught: f32,
    /// Steps of which a teacher has a view.
    pub n_imitated: f32,
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

/// Gradients for every weight of the network, in sets without overlap.
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
) -> Result<(Vec<GradientsParams>, Sums), ModelError> {
    let work = Work { network, part, recipe, whole, device };
    if *device == Device::flex() { work.on_cpu() } else { work.in_burn() }
}

/// One part's way through the network and back.
struct Work<'a> {
    network: &'a Network,
    part: &'a Part,
    recipe: &'a TrainingRecipe,
    whole: Whole,
    device: &'a Device,
}

/// A loss to go back from, and what is counted.
struct Judged {
    loss: Tensor<1>,
    emotion: Tensor<1>,
    logits: Tensor<2>,
}

impl Work<'_> {
    /// With burn's recurrence.
    fn in_burn(&self) -> Result<(Vec<GradientsParams>, Sums), ModelError> {
        let gates = self.gates();
        let variables: Vec<Tensor<3>> = gates
            .clone()
            .inner()
            .iter_dim(0)
            .map(|step| Tensor::from_inner(step.squeeze_dim::<3>(0)).require_grad())
            .collect();
        let pooling = self.recipe.network.pooling;
        let said = self.network.from_gates(variables.clone(), pooling, &self.kept());
        let judged = self.judged(said);
        let mut second = judged.loss.backward();
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
        let gradients = [second, first].map(|half| GradientsParams::from_grads(half, self.network));
        Ok((gradients.into(), self.counted(judged)?))
    }

    /// With our recurrence, which is much quicker: burn's records some forty tensors a step.
    fn on_cpu(&self) -> Result<(Vec<GradientsParams>, Sums), ModelError> {
        let gates = self.gates();
        let [n_steps, n_directions, n, n_gates] = gates.dims();
        let n_units = n_gates / 4;
        let plain = gates.clone().inner();
        let mut runs = Vec::with_capacity(n_directions);
        let mut outputs = Vec::with_capacity(n_directions);
        for (number, weights) in self.network.recurrent_weights().enumerate() {
            let recurrence = Recurrence::new(&values(weights.val())?, n_units);
            let run = recurrence.run(values(plain.clone().narrow(1, number, 1))?, n);
            outputs.push(in_order_of_time(of(&run.outputs, [n_steps, n, n_units], self), number));
            runs.push((recurrence, run));
        }
        let outputs = Tensor::from_inner(Tensor::cat(outputs, 2)).require_grad();
        let pooling = self.recipe.network.pooling;
        let judged = self.judged(self.network.from_outputs(outputs.clone(), pooling, &self.kept()));
        let mut second = judged.loss.backward();
        let upstream = outputs
            .grad_remove(&mut second)
            .unwrap_or_else(|| outputs.clone().inner().zeros_like());

        let mut of_hidden = GradientsParams::new();
        let mut of_gates = Vec::with_capacity(n_directions);
        let weights = self.network.recurrent_weights();
        for (number, ((recurrence, run), weights)) in runs.iter().zip(weights).enumerate() {
            let own = upstream.clone().narrow(2, number * n_units, n_units);
            let own = values(in_order_of_time(own, number))?;
            let of_shares = of(&recurrence.gradient(run, &own), [n_steps, n, n_gates], self);
            of_hidden.register(weights.id, self.of_weights(run, &of_shares));
            of_gates.push(of_shares);
        }
        let upstream = Tensor::from_inner(Tensor::stack::<4>(of_gates, 1));
        let first = (gates * upstream).sum().backward();
        let mut gradients: Vec<GradientsParams> =
            [second, first].map(|half| GradientsParams::from_grads(half, self.network)).into();
        gradients.push(of_hidden);
        Ok((gradients, self.counted(judged)?))
    }

    /// The gradient for the weights of the last output: each step's outputs meet the next step's gates.
    fn of_weights(&self, run: &Run, of_shares: &Tensor<3>) -> Tensor<2> {
        let [n_steps, n, n_gates] = of_shares.dims();
        let n_units = n_gates / 4;
        let outputs = of(&run.outputs, [n_steps * n, n_units], self);
        if n_steps < 2 {
            return Tensor::zeros([n_units, n_gates], &outputs.device());
        }
        let later = of_shares.clone().narrow(0, 1, n_steps - 1);
        let outputs = outputs.narrow(0, 0, (n_steps - 1) * n);
        outputs.transpose().matmul(later.reshape([(n_steps - 1) * n, n_gates]))
    }

    fn gates(&self) -> Tensor<4> {
        let (part, n) = (self.part, self.part.labels.len());
        let shape = [part.n_steps, n, self.recipe.network.n_inputs()];
        let steps = TensorData::new(part.values.clone(), shape);
        let known = self.matrix(&part.known, part.known.len() / n);
        self.network.gates(Tensor::<3>::from_data(steps, self.device), known)
    }

    fn kept(&self) -> Vec<Tensor<2>> {
        let n = self.part.labels.len();
        self.part.kept.iter().map(|values| self.matrix(values, values.len() / n)).collect()
    }

    fn matrix(&self, values: &[f32], width: usize) -> Tensor<2> {
        let n = self.part.labels.len();
        Tensor::from_data(TensorData::new(values.to_vec(), [n, width]), self.device)
    }

    /// The loss: of the labels, of its being speech, and of what a teacher says.
    fn judged(&self, said: Said) -> Judged {
        let Work { part, whole, recipe: TrainingRecipe { network: shape, teaching, .. }, .. } =
            self;
        let logits = said.logits.clone().narrow(1, 0, shape.n_labels);
        let targets = self.matrix(&part.targets, shape.n_labels);
        let emotion = -(log_softmax(logits.clone(), 1) * targets).sum() / whole.weight.max(1e-6);
        let mut loss = emotion.clone() * teaching.labels;
        if shape.hears_speech {
            let speech = self.matrix(&part.speech, 1);
            let asked = self.matrix(&part.asked, 1);
            let logit = said.logits.narrow(1, shape.n_labels, 1);
            let of_speech = log_sigmoid(logit.clone()) * speech.clone();
            let of_other = log_sigmoid(-logit) * (-speech + 1.0);
            loss =
                loss - ((of_speech + of_other) * asked).sum() * (SPEECH_SHARE / whole.n_segments);
        }
        if whole.n_taught > 0.0 && teaching.logits > 0.0 {
            // The divergence, less what does not depend on the network (Hinton et al., 2015).
            let shares = self.matrix(&part.taught, shape.n_labels);
            let own = log_softmax(logits.clone() / teaching.temperature, 1);
            let scale = teaching.logits * teaching.temperature.powi(2) / whole.n_taught;
            loss = loss - (own * shares).sum() * scale;
        }
        if let Some(embedding) = said.embedding.filter(|_| whole.n_taught > 0.0) {
            let told = self.matrix(&part.embedding, shape.n_embedding);
            let judged = self.matrix(&part.is_taught, 1);
            let error = (embedding - told) * judged;
            #[expect(clippy::cast_precision_loss, reason = "numbers of an embedding")]
            let scale = teaching.embedding / (whole.n_taught * shape.n_embedding as f32);
            loss = loss + (error.clone() * error).sum() * scale;
        }
        if let Some(imitated) = said.imitated.filter(|_| whole.n_imitated > 0.0) {
            let [n_steps, n, width] = imitated.dims();
            let of = |values: &[f32], shape| {
                Tensor::<3>::from_data(TensorData::new(values.to_vec(), shape), self.device)
            };
            let told = of(&part.imitated, [n_steps, n, width]);
            let error = (imitated - told) * of(&part.is_imitated, [n_steps, n, 1]);
            #[expect(clippy::cast_precision_loss, reason = "numbers of a moment")]
            let scale = teaching.moments / (whole.n_imitated * width as f32);
            loss = loss + (error.clone() * error).sum() * scale;
        }
        Judged { loss, emotion, logits }
    }

    fn counted(&self, judged: Judged) -> Result<Sums, ModelError> {
        let loss = judged.emotion.try_into_scalar::<f32>().map_err(|error| failed(&error))?;
        let loss = f64::from(loss * self.whole.weight);
        Ok(sums(self.part, &values(judged.logits)?, loss))
    }
}

/// Numbers as a tensor that records nothing, on the CPU.
fn of<const D: usize>(values: &[f32], shape: [usize; D], work: &Work<'_>) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), &work.device.clone().inner())
}

/// A direction's steps from its own order, or into it: the second hears from the end.
fn in_order_of_time(steps: Tensor<3>, direction: usize) -> Tensor<3> {
    if direction == 0 { steps } else { steps.flip([0]) }
}

fn values<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, ModelError> {
    tensor.try_into_vec_as::<f32>().map_err(|error| failed(&error))
}

fn failed(error: &dyn std::fmt::Debug) -> ModelError {
    ModelError::device("training device", format!("{error:?}"))
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
mod tests;
