//! A graph that grows operator by operator.
//!
//! In: operators with the names of what they take and give. Out: a [`Graph`]. Keeps it until it is finished.

use super::messages::{
    Attribute, Dimension, FLOAT, Graph, INT64, KIND_INT, KIND_INTS, KIND_STRING, Node, Shape,
    Tensor, TensorType, Type, Value,
};
use crate::export::tensors;

/// A graph that is being made.
pub(super) struct GraphBuilder {
    graph: Graph,
}

impl GraphBuilder {
    pub(super) fn new(name: &str) -> Self {
        GraphBuilder { graph: Graph { name: name.to_owned(), ..Graph::default() } }
    }

    pub(super) fn finish(self) -> Graph {
        self.graph
    }

    /// An operator whose result gets the name `output`, which is returned.
    pub(super) fn add(
        &mut self,
        operator: &str,
        inputs: &[&str],
        output: &str,
        attributes: Vec<Attribute>,
    ) -> String {
        self.graph.node.push(Node {
            input: inputs.iter().map(|&input| input.to_owned()).collect(),
            output: vec![output.to_owned()],
            name: output.to_owned(),
            op_type: operator.to_owned(),
            attribute: attributes,
        });
        output.to_owned()
    }

    /// Numbers that never change; returns their name.
    pub(super) fn constant(&mut self, name: &str, tensor: &tensors::Tensor) -> String {
        self.graph.initializer.push(Tensor {
            dims: tensor.shape.iter().map(|&n| whole(n)).collect(),
            data_type: FLOAT,
            name: name.to_owned(),
            raw_data: Some(tensor.bytes()),
        });
        name.to_owned()
    }

    /// Whole numbers, as operators take them for shapes and axes; returns their name.
    pub(super) fn integers(&mut self, name: &str, values: &[i64]) -> String {
        self.graph.initializer.push(Tensor {
            dims: vec![whole(values.len())],
            data_type: INT64,
            name: name.to_owned(),
            raw_data: Some(values.iter().flat_map(|value| value.to_le_bytes()).collect()),
        });
        name.to_owned()
    }

    pub(super) fn input(&mut self, name: &str, doc: &str, sizes: &[Size]) {
        self.graph.input.push(value(name, doc, sizes));
    }

    pub(super) fn output(&mut self, name: &str, doc: &str, sizes: &[Size]) {
        self.graph.output.push(value(name, doc, sizes));
    }
}

/// One dimension of an input or output.
#[derive(Clone, Copy)]
pub(super) enum Size {
    /// Always so.
    Fixed(usize),
    /// As the caller likes, under this name.
    Any(&'static str),
}

fn value(name: &str, doc: &str, sizes: &[Size]) -> Value {
    let dimension = |size: &Size| match *size {
        Size::Fixed(n) => Dimension { dim_value: Some(whole(n)), dim_param: None },
        Size::Any(name) => Dimension { dim_value: None, dim_param: Some(name.to_owned()) },
    };
    let shape = Some(Shape { dim: sizes.iter().map(dimension).collect() });
    let tensor_type = Some(TensorType { elem_type: FLOAT, shape });
    Value { name: name.to_owned(), of_type: Some(Type { tensor_type }), doc_string: doc.to_owned() }
}

pub(super) fn integer(name: &str, i: usize) -> Attribute {
    let i = Some(whole(i));
    Attribute { name: name.to_owned(), i, kind: KIND_INT, ..Attribute::default() }
}

pub(super) fn integers(name: &str, ints: &[usize]) -> Attribute {
    let ints = ints.iter().map(|&value| whole(value)).collect();
    Attribute { name: name.to_owned(), ints, kind: KIND_INTS, ..Attribute::default() }
}

pub(super) fn word(name: &str, word: &str) -> Attribute {
    let s = Some(word.as_bytes().to_owned());
    Attribute { name: name.to_owned(), s, kind: KIND_STRING, ..Attribute::default() }
}

/// A size as ONNX counts.
pub(super) fn whole(n: usize) -> i64 {
    i64::try_from(n).expect("a size in memory is below 2^63")
}
