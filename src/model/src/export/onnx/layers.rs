//! The network's layers as operators, from frames to logits; the same sums as in the model's `network` module.
//!
//! In: the names of values. Out: the names of what becomes of them. Keeps nothing.

use super::builder::{GraphBuilder, integer, integers, whole, word};
use crate::export::tensors::{Tensor, Tensors};
use crate::network::{LEAST_VARIANCE, NetworkShape, Pooling};

/// What the layers are made of.
pub(super) struct Layers<'a> {
    pub(super) builder: &'a mut GraphBuilder,
    pub(super) tensors: &'a Tensors,
    pub(super) shape: &'a NetworkShape,
}

impl Layers<'_> {
    /// A tensor of the model as a constant of its name.
    pub(super) fn constant(&mut self, name: &str) -> String {
        self.builder.constant(name, &self.tensors[name])
    }

    pub(super) fn normalised(&mut self, frames: &str) -> String {
        let mean = self.constant("normalisation_mean");
        let deviation = self.constant("normalisation_deviation");
        let centred = self.builder.add("Sub", &[frames, &mean], "centred", vec![]);
        self.builder.add("Div", &[&centred, &deviation], "normalised", vec![])
    }

    /// `[batch, n_steps, n_inputs]`: the newest whole steps of several frames side by side.
    pub(super) fn steps(&mut self, frames: String) -> String {
        if self.shape.frames_per_step == 1 {
            return frames;
        }
        let which = self.builder.integers("frames_axis", &[1]);
        let per_step =
            self.builder.integers("frames_per_step", &[whole(self.shape.frames_per_step)]);
        let end = self.builder.integers("frames_end", &[i64::MAX]);
        let sizes = self.builder.integers("step_sizes", &[0, -1, whole(self.shape.n_inputs())]);
        let builder = &mut *self.builder;
        let shape = builder.add("Shape", &[&frames], "frames_shape", vec![]);
        let n_frames = builder.add("Gather", &[&shape, &which], "n_frames", vec![]);
        let rest = builder.add("Mod", &[&n_frames, &per_step], "frames_left_over", vec![]);
        let range = [&frames, &rest, &end, &which].map(String::as_str);
        let newest = builder.add("Slice", &range, "newest_frames", vec![]);
        builder.add("Reshape", &[&newest, &sizes], "steps", vec![])
    }

    /// `[n_steps, batch, units]`, as the LSTM takes them, after all convolutions.
    pub(super) fn front(&mut self, steps: &str) -> String {
        if self.shape.front.is_empty() {
            return self.transposed(steps, "time_first", &[1, 0, 2]);
        }
        let mut values = self.transposed(steps, "channels_first", &[0, 2, 1]);
        for (number, layer) in self.shape.front.iter().enumerate() {
            let name = format!("front.{number}");
            let (weight, bias) = self.parameters(&name);
            let attributes = vec![
                integers("kernel_shape", &[layer.width]),
                integers("strides", &[layer.stride]),
            ];
            let inputs = [&values, &weight, &bias].map(String::as_str);
            values = self.builder.add("Conv", &inputs, &format!("{name}.convolved"), attributes);
            if number == 0 && self.shape.is_told() {
                values = self.shifted(&values, steps);
            }
            values = self.builder.add("Relu", &[&values], &name, vec![]);
        }
        self.transposed(&values, "time_first", &[2, 0, 1])
    }

    /// The mean of the normalised frames, `[batch, n_features]`.
    fn mean_of(&mut self, steps: &str) -> String {
        let attributes = vec![integers("axes", &[1]), integer("keepdims", 0)];
        self.builder.add("ReduceMean", &[steps], "mean", attributes)
    }

    /// The first layer's values, shifted by what is known beside the frames.
    fn shifted(&mut self, values: &str, steps: &str) -> String {
        let known = match (self.shape.hears_baseline, self.shape.hears_mean) {
            (true, false) => "baseline".to_owned(),
            (false, _) => self.mean_of(steps),
            (true, true) => {
                let mean = self.mean_of(steps);
                let axis = vec![integer("axis", 1)];
                self.builder.add("Concat", &["baseline", &mean], "known", axis)
            }
        };
        let shift = self.dense("baseline", &known, "baseline.shift");
        let axis = self.builder.integers("baseline.axis", &[2]);
        let column = self.builder.add("Unsqueeze", &[&shift, &axis], "baseline.column", vec![]);
        self.builder.add("Add", &[values, &column], "front.0.shifted", vec![])
    }

    /// `[batch, n_steps, n_directions * n_units]`.
    pub(super) fn lstm(&mut self, steps: &str) -> String {
        let endings: &[&str] = if self.shape.bidirectional { &["", "_reverse"] } else { &[""] };
        let n_units = self.shape.n_units;
        let stacked = |name: &str| -> Vec<&Tensor> {
            endings.iter().map(|ending| &self.tensors[&format!("lstm.{name}_l0{ending}")]).collect()
        };
        let input = in_onnx_order(&stacked("weight_ih"), n_units);
        let hidden = in_onnx_order(&stacked("weight_hh"), n_units);
        let biases: Vec<Tensor> = stacked("bias_ih")
            .into_iter()
            .zip(stacked("bias_hh"))
            .map(|(input, hidden)| {
                let both = [input, hidden].map(|bias| in_onnx_order(&[bias], n_units).values);
                Tensor::vector(both.concat())
            })
            .collect();
        let n_biases = biases.iter().map(|bias| bias.values.len()).max().unwrap_or(0);
        let biases = Tensor {
            shape: vec![endings.len(), n_biases],
            values: biases.into_iter().flat_map(|bias| bias.values).collect(),
        };
        let input = self.builder.constant("lstm.W", &input);
        let hidden = self.builder.constant("lstm.R", &hidden);
        let bias = self.builder.constant("lstm.B", &biases);
        let direction = if self.shape.bidirectional { "bidirectional" } else { "forward" };
        let attributes = vec![word("direction", direction), integer("hidden_size", n_units)];
        let inputs = [steps, &input, &hidden, &bias];
        // [n_steps, n_directions, batch, n_units]
        let outputs = self.builder.add("LSTM", &inputs, "lstm.outputs", attributes);
        let outputs = self.transposed(&outputs, "lstm.batch_first", &[2, 0, 1, 3]);
        let width = whole(endings.len() * n_units);
        let sizes = self.builder.integers("lstm.sizes", &[0, 0, width]);
        self.builder.add("Reshape", &[&outputs, &sizes], "lstm", vec![])
    }

    /// `[batch, width]` of the LSTM's outputs.
    pub(super) fn pooled(&mut self, outputs: &str) -> String {
        match self.shape.pooling {
            Pooling::Attention => self.attention(outputs),
            Pooling::Mean => {
                let attributes = vec![integers("axes", &[1]), integer("keepdims", 0)];
                self.builder.add("ReduceMean", &[outputs], "pooled", attributes)
            }
            Pooling::Last => {
                let last = self.builder.integers("last", &[-1]);
                let axis = self.builder.integers("last_axis", &[1]);
                let step = self.builder.add(
                    "Gather",
                    &[outputs, &last],
                    "last_step",
                    vec![integer("axis", 1)],
                );
                self.builder.add("Squeeze", &[&step, &axis], "pooled", vec![])
            }
        }
    }

    /// Mean and deviation, weighted by what the steps say they are worth (Okabe et al., 2018).
    fn attention(&mut self, outputs: &str) -> String {
        let said = self.dense_at_each_step("attention_hidden", outputs);
        let builder = &mut *self.builder;
        let said = builder.add("Tanh", &[&said], "attention.said", vec![]);
        let worth = self.dense_at_each_step("attention_score", &said);
        let least = self.builder.constant("attention.least", &Tensor::number(LEAST_VARIANCE));
        let time = self.builder.integers("attention.time", &[1]);
        let builder = &mut *self.builder;
        let weights =
            builder.add("Softmax", &[&worth], "attention.weights", vec![integer("axis", 1)]);
        let weighted = builder.add("Mul", &[outputs, &weights], "attention.weighted", vec![]);
        let squares = builder.add("Mul", &[&weighted, outputs], "attention.squares", vec![]);
        let mut sum = |values: &str, name: &str| {
            builder.add("ReduceSum", &[values, &time], name, vec![integer("keepdims", 0)])
        };
        let mean = sum(&weighted, "attention.mean");
        let second = sum(&squares, "attention.second");
        let square = builder.add("Mul", &[&mean, &mean], "attention.mean_squared", vec![]);
        let variance = builder.add("Sub", &[&second, &square], "attention.difference", vec![]);
        let variance = builder.add("Relu", &[&variance], "attention.variance", vec![]);
        let variance = builder.add("Add", &[&variance, &least], "attention.some_variance", vec![]);
        let deviation = builder.add("Sqrt", &[&variance], "attention.deviation", vec![]);
        builder.add("Concat", &[&mean, &deviation], "pooled", vec![integer("axis", 1)])
    }

    /// The dense layers, up to `logits`.
    pub(super) fn head(&mut self, pooled: String) {
        let mut values = pooled;
        for number in 0..self.shape.dense.len() {
            let name = format!("dense.{number}");
            let sums = self.dense(&name, &values, &format!("{name}.sums"));
            values = self.builder.add("Relu", &[&sums], &name, vec![]);
        }
        self.dense("output", &values, "logits");
    }

    fn dense(&mut self, layer: &str, values: &str, output: &str) -> String {
        let (weight, bias) = self.parameters(layer);
        self.builder.add("Gemm", &[values, &weight, &bias], output, vec![integer("transB", 1)])
    }

    fn dense_at_each_step(&mut self, layer: &str, values: &str) -> String {
        let (weight, bias) = self.parameters(layer);
        let weight = self.transposed(&weight, &format!("{layer}.transposed"), &[1, 0]);
        let builder = &mut *self.builder;
        let product =
            builder.add("MatMul", &[values, &weight], &format!("{layer}.product"), vec![]);
        builder.add("Add", &[&product, &bias], layer, vec![])
    }

    /// The names of a layer's weight and bias.
    fn parameters(&mut self, layer: &str) -> (String, String) {
        (self.constant(&format!("{layer}.weight")), self.constant(&format!("{layer}.bias")))
    }

    fn transposed(&mut self, values: &str, output: &str, order: &[usize]) -> String {
        self.builder.add("Transpose", &[values], output, vec![integers("perm", order)])
    }
}

/// The directions' tensors `[4 * n_units, ...]` one after the other, their gates not in `PyTorch`'s order (input,
/// forget, cell, output) but in that of ONNX (input, output, forget, cell).
fn in_onnx_order(directions: &[&Tensor], n_units: usize) -> Tensor {
    let mut shape = vec![directions.len()];
    shape.extend(directions.first().map_or(&[][..], |tensor| &tensor.shape));
    let mut values = Vec::new();
    for tensor in directions {
        let gate_len = tensor.values.len() / (tensor.shape[0] / n_units);
        for gate in [0, 3, 1, 2] {
            values.extend_from_slice(&tensor.values[gate * gate_len..][..gate_len]);
        }
    }
    Tensor { shape, values }
}
