//! The network: a convolutional front, an LSTM over what it gives, pooled over time, with a dense head.
//!
//! In: steps `[n_segments, n_steps, n_inputs]`, where a step is one or several normalised feature frames
//! side by side, and what is known beside them `[n_segments, n_known]`. Out: unscaled
//! scores (logits) `[n_segments, n_outputs]`. Keeps nothing between calls.

use super::front::{Convolution, ConvolutionLayer, at_each_step};
use super::lstm::Lstm;
use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::{relu, softmax};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

/// How the LSTM's outputs at all steps become one vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// The output at the last step, as in the original notebook.
    Last,
    /// The mean over all steps: every stretch of the segment counts alike.
    Mean,
    /// Mean and deviation over all steps, weighted by what the steps themselves say they are worth
    /// (Okabe et al., 2018).
    Attention,
}

/// The shape of a [`Network`]; stands in the model's manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "what a network hears besides, each by itself")]
pub struct NetworkShape {
    /// Numbers in one feature frame.
    pub n_features: usize,
    /// Feature frames that make one step.
    pub frames_per_step: usize,
    /// Layers between the steps and the LSTM.
    #[serde(default)]
    pub front: Vec<Convolution>,
    /// Units of the LSTM, in each direction.
    pub n_units: usize,
    /// Whether a second LSTM hears the segment from its end.
    #[serde(default)]
    pub bidirectional: bool,
    /// Units of each dense layer (with rectifier) between the LSTM and the output.
    pub dense: Vec<usize>,
    /// Share of values that is set to zero before each dense layer while training, in [0, 1).
    pub dropout: f64,
    /// How the steps are summarised.
    pub pooling: Pooling,
    /// Number of labels.
    pub n_labels: usize,
    /// Whether one more output, after the labels, says if the segment is speech at all.
    #[serde(default)]
    pub hears_speech: bool,
    /// Whether it is told of the caller's own voice beside the segment.
    #[serde(default)]
    pub hears_baseline: bool,
    /// Whether it is told of the mean of the segment's frames beside them: what it would hear of a second view of
    /// each frame, less that mean.
    #[serde(default)]
    pub hears_mean: bool,
    /// Numbers of a teacher's embedding that it gives beside the logits while it is trained; 0 in a model that
    /// is used.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub n_embedding: usize,
    /// Numbers of a teacher's frame that it gives at each step of the LSTM while it is trained; 0 in a model that is
    /// used.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub n_imitated: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// Units of the layer that weighs the steps.
const ATTENTION_UNITS: usize = 64;

/// Added to a variance before its root is taken.
pub(super) const LEAST_VARIANCE: f32 = 1e-5;

impl NetworkShape {
    /// Values that one step takes.
    #[must_use]
    pub fn n_inputs(&self) -> usize {
        self.n_features * self.frames_per_step
    }

    /// Values in what is known of a caller's own voice.
    #[must_use]
    pub fn n_baseline(&self) -> usize {
        2 * self.n_features
    }

    /// Whether it is told of anything beside the segment's frames.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.hears_baseline || self.hears_mean
    }

    /// Values that it is told beside a segment's frames: of the caller's voice, then the frames' mean.
    #[must_use]
    pub fn n_known(&self) -> usize {
        let baseline = if self.hears_baseline { self.n_baseline() } else { 0 };
        baseline + if self.hears_mean { self.n_features } else { 0 }
    }

    /// Outputs: the labels, and whether it is speech.
    #[must_use]
    pub fn n_outputs(&self) -> usize {
        self.n_labels + usize::from(self.hears_speech)
    }

    /// Steps that the LSTM takes of so many feature frames.
    #[must_use]
    pub fn lstm_steps(&self, n_frames: usize) -> usize {
        self.front
            .iter()
            .fold(n_frames / self.frames_per_step, |n_steps, layer| layer.n_outputs(n_steps))
    }

    /// Widths of the vectors before which values are dropped while training: the pooled one and the dense
    /// layers'.
    #[must_use]
    pub fn head_widths(&self) -> Vec<usize> {
        let directions = if self.bidirectional { 2 } else { 1 };
        let statistics = if self.pooling == Pooling::Attention { 2 } else { 1 };
        let pooled = self.n_units * directions * statistics;
        std::iter::once(pooled).chain(self.dense.iter().copied()).collect()
    }

    /// A network of this shape with random weights (seed the device to repeat them).
    #[must_use]
    pub fn init(&self, device: &Device) -> Network {
        let mut n_inputs = self.n_inputs();
        let mut front = Vec::with_capacity(self.front.len());
        for layer in &self.front {
            front.push(layer.init(n_inputs, device));
            n_inputs = layer.units;
        }
        let lstm = Lstm::init(n_inputs, self.n_units, self.bidirectional, device);
        let widths = self.head_widths();
        let linear = |from, to| LinearConfig::new(from, to).with_initializer(GLOROT).init(device);
        let directions = if self.bidirectional { 2 } else { 1 };
        let attention = (self.pooling == Pooling::Attention).then(|| Attention {
            hidden: linear(directions * self.n_units, ATTENTION_UNITS),
            score: linear(ATTENTION_UNITS, 1),
        });
        let baseline = self.is_told().then(|| {
            let units = self.front.first().map_or(0, |layer| layer.units);
            let layer = linear(self.n_known(), units);
            if self.hears_mean { half_less_the_mean(layer, &front[0], self) } else { layer }
        });
        let embedding = (self.n_embedding > 0).then(|| linear(widths[0], self.n_embedding));
        let imitated =
            (self.n_imitated > 0).then(|| linear(directions * self.n_units, self.n_imitated));
        Network {
            front,
            lstm,
            dense: widths.windows(2).map(|pair| linear(pair[0], pair[1])).collect(),
            output: linear(widths[widths.len() - 1], self.n_outputs()),
            attention,
            baseline,
            embedding,
            imitated,
        }
    }

    /// The shape without what only its training needs.
    #[must_use]
    pub fn in_use(&self) -> Self {
        NetworkShape { n_embedding: 0, n_imitated: 0, ..self.clone() }
    }

    /// Whether it gives anything that only its training needs.
    #[must_use]
    pub fn is_in_training(&self) -> bool {
        self.n_embedding > 0 || self.n_imitated > 0
    }

    /// The number of the feature frame in the middle of what a step of the LSTM hears.
    #[must_use]
    pub fn middle_of_step(&self, step: usize) -> usize {
        let frame = self.front.iter().rev().fold(step, |step, layer| layer.middle_of(step));
        frame * self.frames_per_step + self.frames_per_step / 2
    }
}

/// At first the mean of the frames is taken from half of what the first layer hears of them, as by two views of
/// equal weight.
fn half_less_the_mean(layer: Linear, first: &ConvolutionLayer, shape: &NetworkShape) -> Linear {
    let n_before = shape.n_known() - shape.n_features;
    let Linear { weight, bias } = layer;
    let weight = weight.map(|weight| {
        let places = first.linear().weight.val();
        let units = places.dims()[1];
        let width = places.dims()[0] / shape.n_features;
        let sum = places.reshape([width, shape.n_features, units]).sum_dim(0).squeeze_dim::<2>(0);
        let rows = n_before..n_before + shape.n_features;
        weight.slice_assign([rows, 0..units], sum * -0.5)
    });
    Linear { weight, bias }
}

/// A tensor's values on the CPU, row-major.
pub(super) fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.try_into_vec_as::<f32>().expect("weights on the CPU are f32")
}

/// Uniform in a range that keeps the variance from layer to layer (Glorot & Bengio, 2010).
pub(super) const GLOROT: Initializer = Initializer::XavierUniform { gain: 1.0 };

/// The whole network; make one with [`NetworkShape::init`].
#[derive(Module, Debug)]
pub struct Network {
    front: Vec<ConvolutionLayer>,
    lstm: Lstm,
    dense: Vec<Linear>,
    output: Linear,
    attention: Option<Attention>,
    /// Shifts the first layer's values by what is known of the caller's voice: what a first layer would give
    /// that heard the frames once as they are and once as they differ from the caller's mean. The mean of the
    /// segment's own frames does the same.
    baseline: Option<Linear>,
    /// From the pooled steps to a teacher's embedding.
    embedding: Option<Linear>,
    /// From the LSTM's output at a step to a teacher's frame there.
    imitated: Option<Linear>,
}

/// What a network says of segments.
#[derive(Debug)]
pub struct Said {
    /// Unscaled scores, `[n_segments, n_outputs]`.
    pub logits: Tensor<2>,
    /// What a teacher's embedding is taken to be, `[n_segments, n_embedding]`, where the network has learned it.
    pub embedding: Option<Tensor<2>>,
    /// What a teacher's frames are taken to be, `[n_steps, n_segments, n_imitated]`, where the network learns them.
    pub imitated: Option<Tensor<3>>,
}

#[derive(Module, Debug)]
struct Attention {
    hidden: Linear,
    score: Linear,
}

/// The layers, for whoever makes the same sums in another way.
impl Network {
    pub(super) fn front(&self) -> impl Iterator<Item = &Linear> {
        self.front.iter().map(ConvolutionLayer::linear)
    }

    pub(super) fn lstm(&self) -> &Lstm {
        &self.lstm
    }

    pub(super) fn dense(&self) -> &[Linear] {
        &self.dense
    }

    pub(super) fn output(&self) -> &Linear {
        &self.output
    }

    /// The layer that weighs the steps, and its score.
    pub(super) fn attention(&self) -> Option<(&Linear, &Linear)> {
        self.attention.as_ref().map(|attention| (&attention.hidden, &attention.score))
    }

    pub(super) fn baseline(&self) -> Option<&Linear> {
        self.baseline.as_ref()
    }

    /// The recurrent weights of each direction, `[n_units, 4 * n_units]`.
    pub fn recurrent_weights(&self) -> impl Iterator<Item = &Param<Tensor<2>>> {
        self.lstm.directions().map(|(_, hidden)| &hidden.weight)
    }

    /// The network as it is used: without what only its training needs.
    #[must_use]
    pub fn in_use(mut self) -> Self {
        (self.embedding, self.imitated) = (None, None);
        self
    }

    /// The network with another one's layers that only training needs.
    #[must_use]
    pub fn in_training(mut self, other: Network) -> Self {
        (self.embedding, self.imitated) = (other.embedding, other.imitated);
        self
    }
}

impl Network {
    /// Logits `[n_segments, n_outputs]` of steps `[n_segments, n_steps, n_inputs]`.
    #[must_use]
    pub fn forward(&self, steps: Tensor<3>, known: Tensor<2>, pooling: Pooling) -> Tensor<2> {
        let gates = self.gates(steps.swap_dims(0, 1), known);
        let outputs = self.lstm.recur(gates.iter_dim(0).map(|step| step.squeeze_dim(0)));
        self.from_outputs(outputs, pooling, &[]).logits
    }

    /// The front and the LSTM's input projection: each step's share of the gates,
    /// `[n_steps, n_directions, n_segments, 4 * n_units]`, of steps `[n_steps, n_segments, n_inputs]`.
    ///
    /// The gradient of taking its steps apart costs the square of their number. Training therefore records the
    /// steps as new variables, and comes back to this half with what [`Network::from_gates`] gave for them.
    #[must_use]
    pub fn gates(&self, steps: Tensor<3>, known: Tensor<2>) -> Tensor<4> {
        let mut shift = self.baseline.as_ref().map(|layer| layer.forward(known));
        let mut values = steps;
        for layer in &self.front {
            values = layer.forward(&values, shift.take());
        }
        self.lstm.projected(values)
    }

    /// Logits from each step's share of the gates, `[n_directions, n_segments, 4 * n_units]`.
    ///
    /// `kept` holds for every head layer what its inputs are multiplied by: 0 for dropped ones.
    #[must_use]
    pub fn from_gates(&self, gates: Vec<Tensor<3>>, pooling: Pooling, kept: &[Tensor<2>]) -> Said {
        self.from_outputs(self.lstm.recur(gates.into_iter()), pooling, kept)
    }

    /// Logits from the LSTM's outputs, `[n_steps, n_segments, n_directions * n_units]`, and what a teacher would say.
    #[must_use]
    pub fn from_outputs(&self, outputs: Tensor<3>, pooling: Pooling, kept: &[Tensor<2>]) -> Said {
        let keep = |values: Tensor<2>, layer: usize| match kept.get(layer) {
            Some(kept) => values * kept.clone(),
            None => values,
        };
        let imitated = self.imitated.as_ref().map(|layer| at_each_step(layer, outputs.clone()));
        let mut values = self.pooled(outputs, pooling);
        let embedding = self.embedding.as_ref().map(|layer| layer.forward(keep(values.clone(), 0)));
        for (number, layer) in self.dense.iter().enumerate() {
            values = relu(layer.forward(keep(values, number)));
        }
        Said { logits: self.output.forward(keep(values, self.dense.len())), embedding, imitated }
    }

    fn pooled(&self, outputs: Tensor<3>, pooling: Pooling) -> Tensor<2> {
        match (pooling, &self.attention) {
            (Pooling::Last, _) => {
                let last = outputs.dims()[0] - 1;
                outputs.narrow(0, last, 1).squeeze_dim(0)
            }
            (Pooling::Attention, Some(attention)) => {
                let hidden = at_each_step(&attention.hidden, outputs.clone()).tanh();
                let scores = at_each_step(&attention.score, hidden);
                let weighted = outputs.clone() * softmax(scores, 0);
                let second = (weighted.clone() * outputs).sum_dim(0).squeeze_dim::<2>(0);
                let mean = weighted.sum_dim(0).squeeze_dim::<2>(0);
                let variance = (second - mean.clone() * mean.clone()).clamp_min(0.0);
                Tensor::cat(vec![mean, (variance + LEAST_VARIANCE).sqrt()], 1)
            }
            _ => outputs.mean_dim(0).squeeze_dim(0),
        }
    }
}

#[cfg(test)]
mod tests;
