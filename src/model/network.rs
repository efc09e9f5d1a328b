//! The network: an LSTM over the steps of a segment, pooled over time, with a dense head.
//!
//! In: steps `[n_segments, n_steps, n_inputs]`, where a step is one or several normalised feature frames
//! side by side. Out: unscaled scores (logits) `[n_segments, n_labels]`. Keeps nothing between calls.

use burn::module::{Initializer, Module};
use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
use burn::tensor::activation::{relu, sigmoid};
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
}

/// The shape of a [`Network`]; stands in the model's manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkShape {
    /// Coefficients in one feature frame.
    pub n_features: usize,
    /// Feature frames that make one step of the LSTM.
    pub frames_per_step: usize,
    /// Units of the LSTM.
    pub n_units: usize,
    /// Units of each dense layer (with rectifier) between the LSTM and the output.
    pub dense: Vec<usize>,
    /// Share of values that is set to zero before each dense layer while training, in [0, 1).
    pub dropout: f64,
    /// How the steps are summarised.
    pub pooling: Pooling,
    /// Number of outputs.
    pub n_labels: usize,
}

impl NetworkShape {
    /// Values that one step of the LSTM takes.
    #[must_use]
    pub fn n_inputs(&self) -> usize {
        self.n_features * self.frames_per_step
    }

    /// A network of this shape with random weights (seed the device to repeat them).
    #[must_use]
    pub fn init(&self, device: &Device) -> Network {
        let mut width = self.n_units;
        let mut dense = Vec::with_capacity(self.dense.len());
        for &n_outputs in &self.dense {
            dense.push(LinearConfig::new(width, n_outputs).with_initializer(GLOROT).init(device));
            width = n_outputs;
        }
        Network {
            lstm: PackedLstm::init(self.n_inputs(), self.n_units, device),
            dense,
            output: LinearConfig::new(width, self.n_labels).with_initializer(GLOROT).init(device),
            dropout: DropoutConfig::new(self.dropout).init(),
        }
    }
}

/// Uniform in a range that keeps the variance from layer to layer (Glorot & Bengio, 2010).
const GLOROT: Initializer = Initializer::XavierUniform { gain: 1.0 };

/// One layer of long short-term memory (Hochreiter & Schmidhuber, 1997; with forget gate).
///
/// The four gates stand side by side in `PyTorch`'s order: input, forget, cell, output.
#[derive(Module, Debug)]
pub struct PackedLstm {
    input: Linear,
    hidden: Linear,
}

impl PackedLstm {
    /// Random weights; the forget gate's bias is 1, so that memory lasts at first (Jozefowicz et al., 2015).
    fn init(n_inputs: usize, n_units: usize, device: &Device) -> Self {
        let mut input =
            LinearConfig::new(n_inputs, 4 * n_units).with_initializer(GLOROT).init(device);
        input.bias = input.bias.map(|bias| {
            bias.map(|zeros| {
                let ones = Tensor::ones([n_units], &zeros.device());
                let range = n_units..2 * n_units;
                (zeros * 0.0).slice_assign([range], ones)
            })
        });
        let hidden = LinearConfig::new(n_units, 4 * n_units)
            .with_bias(false)
            .with_initializer(Initializer::Orthogonal { gain: 1.0 })
            .init(device);
        PackedLstm { input, hidden }
    }

    /// The outputs at all steps, `n_steps` tensors `[n_segments, n_units]`.
    ///
    /// `projected` gives the input's share of the gates at a step, `[n_segments, 4 * n_units]`.
    fn outputs(
        &self,
        steps: impl Iterator<Item = Tensor<2>>,
        shape: [usize; 2],
        device: &Device,
    ) -> Vec<Tensor<2>> {
        let mut output = Tensor::<2>::zeros(shape, device);
        let mut cell = Tensor::<2>::zeros(shape, device);
        let mut outputs = Vec::new();
        for projected in steps {
            let gates = projected + self.hidden.forward(output);
            let mut gates = gates.chunk(4, 1).into_iter();
            let mut gate = || gates.next().expect("four gates were packed");
            let (input, forget, candidate, exposed) = (gate(), gate(), gate(), gate());
            cell = sigmoid(forget) * cell + sigmoid(input) * candidate.tanh();
            output = sigmoid(exposed) * cell.clone().tanh();
            outputs.push(output.clone());
        }
        outputs
    }
}

/// The whole network; make one with [`NetworkShape::init`].
#[derive(Module, Debug)]
pub struct Network {
    lstm: PackedLstm,
    dense: Vec<Linear>,
    output: Linear,
    dropout: Dropout,
}

impl Network {
    /// Logits `[n_segments, n_labels]` of steps `[n_segments, n_steps, n_inputs]`.
    ///
    /// The input projections of all steps are one matrix product: fast forwards, but its gradient
    /// costs the square of `n_steps`. For training use [`Network::forward_train`].
    #[must_use]
    pub fn forward(&self, steps: Tensor<3>, pooling: Pooling) -> Tensor<2> {
        let [n_segments, _, _] = steps.dims();
        let device = steps.device();
        let projected = self.lstm.input.forward(steps.swap_dims(0, 1));
        let projected = projected.iter_dim(0).map(|step| step.squeeze_dim::<2>(0));
        let outputs = self.lstm.outputs(projected, [n_segments, self.n_units()], &device);
        self.head(outputs, pooling)
    }

    /// The same logits through one input projection a step, which is the form whose gradient is cheap.
    ///
    /// `steps` holds `n_steps` tensors `[n_segments, n_inputs]`.
    ///
    /// # Panics
    /// Without steps.
    #[must_use]
    pub fn forward_train(&self, steps: Vec<Tensor<2>>, pooling: Pooling) -> Tensor<2> {
        let first = steps.first().expect("a segment has at least one step");
        let shape = [first.dims()[0], self.n_units()];
        let device = first.device();
        let projected = steps.into_iter().map(|step| self.lstm.input.forward(step));
        let outputs = self.lstm.outputs(projected, shape, &device);
        self.head(outputs, pooling)
    }

    fn n_units(&self) -> usize {
        self.lstm.hidden.weight.dims()[0]
    }

    fn head(&self, mut outputs: Vec<Tensor<2>>, pooling: Pooling) -> Tensor<2> {
        let mut values = match pooling {
            Pooling::Last => outputs.pop().expect("a segment has at least one step"),
            Pooling::Mean => Tensor::stack::<3>(outputs, 1).mean_dim(1).squeeze_dim::<2>(1),
        };
        for layer in &self.dense {
            values = relu(layer.forward(self.dropout.forward(values)));
        }
        self.output.forward(self.dropout.forward(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Distribution, Tolerance};

    fn shape() -> NetworkShape {
        NetworkShape {
            n_features: 5,
            frames_per_step: 2,
            n_units: 8,
            dense: vec![6],
            dropout: 0.2,
            pooling: Pooling::Mean,
            n_labels: 7,
        }
    }

    #[test]
    fn the_original_notebooks_network_has_its_number_of_parameters() {
        let seed = NetworkShape {
            n_features: 1,
            frames_per_step: 1,
            n_units: 256,
            dense: vec![128, 64],
            dropout: 0.2,
            pooling: Pooling::Last,
            n_labels: 7,
        };
        assert_eq!(seed.init(&Device::flex()).num_params(), 305_799);
    }

    #[test]
    fn both_forms_give_the_same_logits() {
        let device = Device::flex();
        device.seed(7);
        let network = shape().init(&device);
        let steps = Tensor::<3>::random([3, 11, 10], Distribution::Default, &device);
        let list = steps.clone().iter_dim(1).map(|step| step.squeeze_dim::<2>(1)).collect();
        for pooling in [Pooling::Last, Pooling::Mean] {
            let hoisted = network.forward(steps.clone(), pooling).into_data();
            let stepped = network.forward_train(Vec::clone(&list), pooling).into_data();
            hoisted.assert_approx_eq::<f32>(&stepped, Tolerance::absolute(1e-5));
        }
    }

    #[test]
    fn a_segments_logits_do_not_depend_on_its_neighbours_in_the_batch() {
        let device = Device::flex();
        let network = shape().init(&device);
        let steps = Tensor::<3>::random([4, 9, 10], Distribution::Default, &device);
        let together = network.forward(steps.clone(), Pooling::Mean);
        let alone = network.forward(steps.narrow(0, 2, 1), Pooling::Mean).into_data();
        let row = together.narrow(0, 2, 1).into_data();
        row.assert_approx_eq::<f32>(&alone, Tolerance::absolute(1e-5));
    }
}
