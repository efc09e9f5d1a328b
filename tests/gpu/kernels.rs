//! The network's kernels on a graphics device, beside burn's network on the CPU.

use burn::cubecl::logging::{LaunchObservation, LaunchObserver};
use burn::tensor::{Device, Distribution, Tensor, TensorData};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use undertone::model::artifact::Artifact;
use undertone::model::classifier::load_network;
use undertone::model::cpu::Segment;
use undertone::model::device::Backend;
use undertone::model::front::Convolution;
use undertone::model::gpu::GpuNetwork;
use undertone::model::network::{Network, NetworkShape, Pooling};

/// Largest difference of a logit between our kernels and burn's network that passes for rounding.
const TOLERANCE: f32 = 1e-4;

/// What the kernels may be launched for one call.
const HANDFUL: usize = 9;

/// Steps of a segment and what is known of its caller.
type Values = (Vec<f32>, Vec<f32>);

fn shapes() -> Vec<NetworkShape> {
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
    };
    let front = vec![
        Convolution { units: 6, width: 3, stride: 1 },
        Convolution { units: 70, width: 3, stride: 2 },
    ];
    let rich = NetworkShape {
        front,
        n_units: 8,
        bidirectional: true,
        pooling: Pooling::Attention,
        hears_speech: true,
        hears_baseline: true,
        ..plain.clone()
    };
    let mean = NetworkShape { pooling: Pooling::Mean, dense: Vec::new(), ..rich.clone() };
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
    vec![plain, rich, mean, last, large, ragged, bundled]
}

fn random(n: usize) -> Vec<f32> {
    let values = Tensor::<1>::random([n], Distribution::Normal(0.0, 1.0), &Device::flex());
    values.try_into_vec_as::<f32>().expect("on the CPU")
}

/// Segments of these numbers of steps.
fn values(shape: &NetworkShape, lengths: &[usize]) -> Vec<Values> {
    let n_known = if shape.hears_baseline { shape.n_baseline() } else { 0 };
    lengths.iter().map(|n| (random(n * shape.n_inputs()), random(n_known))).collect()
}

fn segments(values: &[Values]) -> Vec<Segment<'_>> {
    values.iter().map(|(steps, baseline)| Segment { steps, baseline }).collect()
}

/// burn's logits, segment by segment.
fn expected(network: &Network, shape: &NetworkShape, values: &[Values]) -> Vec<f32> {
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

/// The largest difference.
fn apart(logits: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(logits.len(), expected.len());
    logits.iter().zip(expected).map(|(one, other)| (one - other).abs()).fold(0.0, |most, one| {
        // A NaN must not get lost.
        if one <= most { most } else { one }
    })
}

/// Any number of segments of any lengths, one longer than usual among them, in batches of one plan each.
pub fn give_burns_logits_for_every_shape(backend: &Backend) {
    Device::flex().seed(12);
    let lengths = [23, 13, 60, 23, 18, 47, 70, 30, 23];
    for shape in shapes() {
        let network = shape.init(&Device::flex());
        let mut gpu = GpuNetwork::new(&network, &shape, backend, 60).expect("it fits");
        let n_many = if shape.n_units > 100 { 9 } else { 300 };
        let lengths: Vec<usize> = lengths.into_iter().cycle().take(n_many).collect();
        let values = values(&shape, &lengths);
        let expected = expected(&network, &shape, &values);
        for n_at_once in [1, 2, 5, 9, 300] {
            let n_segments = if n_at_once == 300 { n_many } else { 9 };
            let mut logits = Vec::new();
            for some in segments(&values[..n_segments]).chunks(n_at_once) {
                gpu.logits(some, &mut logits).expect("it computes");
            }
            let apart = apart(&logits, &expected[..logits.len()]);
            assert!(apart < TOLERANCE, "{apart} with {n_at_once} at once: {shape:?}");
        }
    }
}

/// A segment's logits do not depend on who is beside it, nor on how the batch is cut.
pub fn keep_neighbours_apart(backend: &Backend, artifact: &Artifact) {
    Device::flex().seed(13);
    let shape = &artifact.manifest.network;
    let network = load_network(artifact, &Device::flex()).expect("the weights fit");
    let mut gpu = GpuNetwork::new(&network, shape, backend, 300).expect("it fits");
    let values = values(shape, &[300, 120, 217]);
    let expected = expected(&network, shape, &values);
    let segments = segments(&values);
    for n in [1, 2, 4, 8, 41, 600] {
        let (mut logits, mut all_expected) = (Vec::new(), Vec::new());
        let batch: Vec<usize> = (0..n).map(|at| at * 5 % 3).collect();
        let some: Vec<Segment<'_>> = batch.iter().map(|&which| segments[which]).collect();
        gpu.logits(&some, &mut logits).expect("it computes");
        let row = |which: usize| &expected[which * shape.n_outputs()..][..shape.n_outputs()];
        batch.iter().for_each(|&which| all_expected.extend_from_slice(row(which)));
        let apart = apart(&logits, &all_expected);
        println!("{n} at once: {apart:.2e} from burn's logits");
        assert!(apart < TOLERANCE, "{apart} with {n} at once");
    }
}

/// Counts launches.
#[derive(Default)]
struct Count(AtomicUsize);

impl LaunchObserver for Count {
    fn launched(&self, _kernel: &'static str) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn launches(work: impl FnOnce()) -> usize {
    let count = Arc::new(Count::default());
    let watching = LaunchObservation::new(count.clone());
    work();
    drop(watching);
    count.0.load(Ordering::SeqCst)
}

/// One call is a handful of launches where burn's network takes thousands.
pub fn are_a_handful(backend: &Backend, artifact: &Artifact) {
    let shape = &artifact.manifest.network;
    let network = load_network(artifact, &Device::flex()).expect("the weights fit");
    let mut gpu = GpuNetwork::new(&network, shape, backend, 300).expect("it fits");
    let values = values(shape, &[300; 16]);
    let n = launches(|| {
        gpu.logits(&segments(&values), &mut Vec::new()).expect("it computes");
    });
    println!("{n} launches for {} segments", values.len());
    assert_eq!(n, HANDFUL);
}
