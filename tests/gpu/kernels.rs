//! The network's kernels on a graphics device, beside burn's network on the CPU.

#[path = "launches.rs"]
mod launches;
#[path = "reference.rs"]
mod reference;

use burn::tensor::Device;
use launches::launches;
use model::artifact::Artifact;
use model::classifier::load_network;
use model::cpu::Segment;
use model::device::Backend;
use model::front::Convolution;
use model::gpu::GpuNetwork;
use model::network::{Network, NetworkShape, Pooling};
use reference::{expected, segments, shapes, values};

/// Largest difference of a logit between our kernels and burn's network that passes for rounding.
const TOLERANCE: f32 = 1e-4;

/// What the kernels may be launched for one call.
const HANDFUL: usize = 9;

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
        for which in batch {
            all_expected.extend_from_slice(row(which));
        }
        let apart = apart(&logits, &all_expected);
        println!("{n} at once: {apart:.2e} from burn's logits");
        assert!(apart < TOLERANCE, "{apart} with {n} at once");
    }
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
