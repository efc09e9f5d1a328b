//! The model as an ONNX file.
//!
//! In: tensors by name, and the manifest. Out: the file. Keeps nothing.
//!
//! ```text
//! frames [batch, n_frames, n_features] - normalise - steps - Conv, Relu ... - LSTM - pool - Gemm, Relu ... - Gemm
//!                               baseline - Gemm ----------------'                                              |
//!                                                                                     logits [batch, n_outputs]
//!                                                                                                             |
//!                                            probabilities [batch, n_labels] - Softmax - temperature, bias ---'
//! ```

mod builder;
mod layers;
mod messages;

use builder::{GraphBuilder, Size, integer};
use layers::Layers;
use messages::{Entry, Model, OperatorSet};
use prost::Message;

use super::facts;
use super::tensors::Tensors;
use crate::artifact::Manifest;

/// Operators as they were defined in ONNX 1.12 of 2022: whatever is in use today reads them.
const OPERATOR_SET: i64 = 17;
/// The file's layout, of the same release.
const IR_VERSION: i64 = 8;

pub(super) fn file(tensors: &Tensors, manifest: &Manifest) -> Vec<u8> {
    let text = |fact: serde_json::Value| match fact {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    let metadata = facts(manifest)
        .into_iter()
        .map(|(key, fact)| Entry { key: key.to_owned(), value: text(fact) });
    let model = Model {
        ir_version: IR_VERSION,
        producer_name: "undertone".into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        doc_string: manifest.description.clone(),
        graph: Some(graph(tensors, manifest)),
        opset_import: vec![OperatorSet { domain: Some(String::new()), version: OPERATOR_SET }],
        metadata_props: metadata.collect(),
    };
    model.encode_to_vec()
}

fn graph(tensors: &Tensors, manifest: &Manifest) -> messages::Graph {
    let shape = &manifest.network;
    let batch = Size::Any("batch");
    let mut builder = GraphBuilder::new(&manifest.name);
    let frames = [batch, Size::Any("n_frames"), Size::Fixed(shape.n_features)];
    builder.input("frames", "feature frames as the recipe gives them, oldest first", &frames);
    if shape.hears_baseline {
        let doc = "what is known of the caller's own voice; zeros for nothing";
        builder.input("baseline", doc, &[batch, Size::Fixed(shape.n_baseline())]);
    }
    let mut layers = Layers { builder: &mut builder, tensors, shape };
    let normalised = layers.normalised("frames");
    let steps = layers.steps(normalised);
    let columns = layers.front(&steps);
    let outputs = layers.lstm(&columns);
    let pooled = layers.pooled(&outputs);
    layers.head(pooled);
    layers.probabilities();
    let doc = "unscaled scores: the labels, then whether it is speech where the model says so";
    builder.output("logits", doc, &[batch, Size::Fixed(shape.n_outputs())]);
    let doc = "calibrated, in the order of the metadata's labels";
    builder.output("probabilities", doc, &[batch, Size::Fixed(shape.n_labels)]);
    builder.finish()
}

impl Layers<'_> {
    /// From `logits` to `probabilities`.
    fn probabilities(&mut self) {
        let mut logits = "logits".to_owned();
        if self.shape.n_outputs() > self.shape.n_labels {
            let start = self.builder.integers("labels_start", &[0]);
            let end = self.builder.integers("labels_end", &[builder::whole(self.shape.n_labels)]);
            let axis = self.builder.integers("labels_axis", &[1]);
            let range = [&logits, &start, &end, &axis].map(String::as_str);
            logits = self.builder.add("Slice", &range, "label_logits", vec![]);
        }
        let temperature = self.constant("calibration_temperature");
        let bias = self.constant("calibration_bias");
        let scaled = self.builder.add("Div", &[&logits, &temperature], "scaled", vec![]);
        let calibrated = self.builder.add("Add", &[&scaled, &bias], "calibrated", vec![]);
        self.builder.add("Softmax", &[&calibrated], "probabilities", vec![integer("axis", 1)]);
    }
}

/// The names in a graph: what is given to it, and what its operators take and make of that.
#[cfg(test)]
pub(super) struct Names {
    pub(super) given: std::collections::BTreeSet<String>,
    pub(super) operators: Vec<(Vec<String>, String)>,
}

/// Reads a file again.
#[cfg(test)]
pub(super) fn names(file: &[u8]) -> Names {
    let graph = Model::decode(file).unwrap().graph.unwrap();
    let constants = graph.initializer.into_iter().map(|tensor| tensor.name);
    let inputs = graph.input.into_iter().map(|value| value.name);
    let operators = graph.node.into_iter().map(|mut node| (node.input, node.output.remove(0)));
    Names { given: constants.chain(inputs).collect(), operators: operators.collect() }
}
