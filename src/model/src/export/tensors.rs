//! A network's weights under the names and in the shapes of `PyTorch` layers.
//!
//! In: a network, and its manifest. Out: tensors by name. Keeps nothing. burn's dense layers lie
//! `[n_inputs, n_outputs]`, those of `PyTorch` the other way round.

use std::collections::BTreeMap;

use burn::nn::Linear;

use crate::artifact::Manifest;
use crate::network::{Network, numbers};

/// Row-major numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tensor {
    /// No dimension: one number.
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<f32>,
}

impl Tensor {
    pub(super) fn vector(values: Vec<f32>) -> Self {
        Tensor { shape: vec![values.len()], values }
    }

    pub(super) fn number(value: f32) -> Self {
        Tensor { shape: Vec::new(), values: vec![value] }
    }

    /// Little-endian.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }
}

/// Tensors by name, in the order of the names.
pub(super) type Tensors = BTreeMap<String, Tensor>;

/// Everything between feature frames and probabilities.
pub(super) fn all(network: &Network, manifest: &Manifest) -> Tensors {
    let mut tensors = Tensors::new();
    let mut n_inputs = manifest.network.n_inputs();
    for (number, (linear, layer)) in network.front().zip(&manifest.network.front).enumerate() {
        let weight = convolution(linear, n_inputs, layer.width);
        tensors.insert(format!("front.{number}.weight"), weight);
        tensors.insert(format!("front.{number}.bias"), bias(linear, layer.units));
        n_inputs = layer.units;
    }
    add_lstm(&mut tensors, network);
    let mut add = |name: &str, linear: &Linear| {
        let weight = transposed(linear);
        tensors.insert(format!("{name}.bias"), bias(linear, weight.shape[0]));
        tensors.insert(format!("{name}.weight"), weight);
    };
    if let Some(baseline) = network.baseline() {
        add("baseline", baseline);
    }
    if let Some((hidden, score)) = network.attention() {
        add("attention_hidden", hidden);
        add("attention_score", score);
    }
    for (number, layer) in network.dense().iter().enumerate() {
        add(&format!("dense.{number}"), layer);
    }
    add("output", network.output());
    let (normalisation, calibration) = (&manifest.normalisation, &manifest.calibration);
    let by_label = manifest.labels.iter().map(|label| calibration.bias[label.index()]).collect();
    for (name, tensor) in [
        ("normalisation_mean", Tensor::vector(normalisation.mean.clone())),
        ("normalisation_deviation", Tensor::vector(normalisation.deviation.clone())),
        ("calibration_temperature", Tensor::number(calibration.temperature)),
        ("calibration_bias", Tensor::vector(by_label)),
    ] {
        tensors.insert(name.to_owned(), tensor);
    }
    tensors
}

/// `torch.nn.LSTM` has a second bias, which is zero here; its gates stand in our order.
fn add_lstm(tensors: &mut Tensors, network: &Network) {
    for ((input, hidden), ending) in network.lstm().directions().zip(["", "_reverse"]) {
        let weight = transposed(input);
        let n_gates = weight.shape[0];
        for (name, tensor) in [
            ("weight_ih_l0", weight),
            ("weight_hh_l0", transposed(hidden)),
            ("bias_ih_l0", bias(input, n_gates)),
            ("bias_hh_l0", Tensor::vector(vec![0.0; n_gates])),
        ] {
            tensors.insert(format!("lstm.{name}{ending}"), tensor);
        }
    }
}

/// `[n_outputs, n_inputs]`.
fn transposed(linear: &Linear) -> Tensor {
    let weight = linear.weight.val();
    let [n_inputs, n_outputs] = weight.dims();
    Tensor { shape: vec![n_outputs, n_inputs], values: numbers(weight.transpose()) }
}

/// `[units, n_inputs, width]` of a dense layer over `width` steps side by side.
fn convolution(linear: &Linear, n_inputs: usize, width: usize) -> Tensor {
    let weight = linear.weight.val();
    let units = weight.dims()[1];
    let places = weight.reshape([width, n_inputs, units]);
    Tensor { shape: vec![units, n_inputs, width], values: numbers(places.permute([2, 1, 0])) }
}

/// Zeros where the layer has none.
fn bias(linear: &Linear, n_outputs: usize) -> Tensor {
    let values = linear.bias.as_ref().map(|bias| numbers(bias.val()));
    Tensor::vector(values.unwrap_or_else(|| vec![0.0; n_outputs]))
}
