//! burn's network, beside which the kernels of the CPU and of graphics devices are tested: in which shapes, what it is
//! given, and its logits.
//!
//! Part of both tests, one of which is inside the library: whoever declares this module names the library's types.

use super::{Artifact, Convolution, Network, NetworkShape, Pooling, Segment};
use burn::tensor::{Device, Distribution, Tensor, TensorData};

/// Steps of a segment and what is known of its caller.
pub type Values = (Vec<f32>, Vec<f32>);

/// The bundled model's is the last.
pub fn shapes() -> Vec<NetworkShape> {
    let plain = NetworkShape {
        n_features: 5,
        frames_per_step: 2,
        front: Vec::new(),
        n_units: 9,
        bidirectional: false,
        dense: vec![6],
        dropout: 0.2,
        pooling: Pooling::Last,
        n_labels: 7,
        hears_speech: false,
        hears_baseline: false,
        hears_mean: false,
        n_embedding: 0,
        n_imitated: 0,
    };
    let front = vec![
        Convolution { units: 6, width: 3, stride: 1 },
        Convolution { units: 70, width: 3, stride: 2 },
    ];
    let rich = NetworkShape {
        front,
        bidirectional: true,
        pooling: Pooling::Attention,
        hears_speech: true,
        hears_baseline: true,
        hears_mean: true,
        n_embedding: 0,
        n_imitated: 0,
        ..plain.clone()
    };
    let even = NetworkShape { n_units: 8, ..rich.clone() };
    let mean = NetworkShape { pooling: Pooling::Mean, dense: Vec::new(), ..rich.clone() };
    let even_mean = NetworkShape { n_units: 8, ..mean.clone() };
    let last = NetworkShape { pooling: Pooling::Last, n_units: 13, ..rich.clone() };
    // More units than a workgroup has, and more columns.
    let large = NetworkShape { n_units: 300, ..rich.clone() };
    // A last row of columns and of inputs that is not full, in the plan for many.
    let ragged = NetworkShape {
        front: vec![Convolution { units: 132, width: 3, stride: 2 }],
        n_units: 12,
        ..mean.clone()
    };
    let bundled = Artifact::bundled().expect("the bundled model is whole").manifest.network;
    vec![plain, rich, even, mean, even_mean, last, large, ragged, bundled]
}

/// Numbers around zero.
pub fn random(n: usize) -> Vec<f32> {
    let values = Tensor::<1>::random([n], Distribution::Normal(0.0, 1.0), &Device::flex());
    values.try_into_vec_as::<f32>().expect("on the CPU")
}

/// Segments of these numbers of steps.
pub fn values(shape: &NetworkShape, lengths: &[usize]) -> Vec<Values> {
    let n_known = shape.n_known();
    lengths.iter().map(|n| (random(n * shape.n_inputs()), random(n_known))).collect()
}

/// The same as the kernels take them.
pub fn segments(values: &[Values]) -> Vec<Segment<'_>> {
    values.iter().map(|(steps, known)| Segment { steps, known }).collect()
}

/// burn's logits, segment by segment.
pub fn expected(network: &Network, shape: &NetworkShape, values: &[Values]) -> Vec<f32> {
    let device = Device::flex();
    let of_one = |(steps, known): &Values| {
        let n_steps = steps.len() / shape.n_inputs();
        let steps = TensorData::new(steps.clone(), [1, n_steps, shape.n_inputs()]);
        let known = TensorData::new(known.clone(), [1, known.len()]);
        let steps = Tensor::from_data(steps, &device);
        let logits = network.forward(steps, Tensor::from_data(known, &device), shape.pooling);
        logits.try_into_vec_as::<f32>().expect("on the CPU")
    };
    values.iter().flat_map(of_one).collect()
}
