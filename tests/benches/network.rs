//! Segments of 3 s through the network, in the kernels of our own and in burn's: `make bench`.
//!
//! The weights are random, the shape is the shipped model's.

mod budget;

use budget::measure;
use burn::tensor::{Device, Distribution, Tensor};
use criterion::Criterion;
use model::artifact::Artifact;
use model::cpu::{CpuNetwork, Scratch, Segment};
use std::hint::black_box;
use std::time::Duration;

/// Budgets for a segment, by how many come at once. 400 callers with 4 readings a second on two cores have 1.25 ms
/// each in all.
const ONE_BUDGET: Duration = Duration::from_micros(600);
const SIXTEEN_BUDGET: Duration = Duration::from_micros(500);
const MANY_BUDGET: Duration = Duration::from_micros(500);

/// A segment in burn, which is the reference of the tests and of training.
const BURN_BUDGET: Duration = Duration::from_millis(6);

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("network");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    let manifest = Artifact::bundled().expect("the model is in the program").manifest;
    let shape = manifest.network;
    let n_frames = manifest.recipe.frames_in_ms(manifest.segment.max_ms);
    let device = Device::flex();
    let network = shape.init(&device);
    let n_steps = n_frames / shape.frames_per_step;
    let normal = Distribution::Normal(0.0, 1.0);
    let steps = Tensor::<3>::random([1, n_steps, shape.n_inputs()], normal, &device);
    let n_known = shape.n_known();
    let known = Tensor::<2>::random([1, n_known], normal, &device);
    let numbers = |tensor: Tensor<1>| tensor.try_into_vec_as::<f32>().expect("numbers are f32");
    let steps_values = numbers(steps.clone().flatten(0, 2));
    let known_values = numbers(known.clone().flatten(0, 1));
    let segment = Segment { steps: &steps_values, known: &known_values };
    let cpu = CpuNetwork::new(&network, &shape);
    let mut scratch = Scratch::default();
    for (n, budget) in [(1, ONE_BUDGET), (16, SIXTEEN_BUDGET), (256, MANY_BUDGET)] {
        let segments = vec![segment; n];
        let mut logits = Vec::new();
        let name = format!("{n} at once");
        measure(&mut group, &name, budget * u32::try_from(n).unwrap_or(u32::MAX), || {
            logits.clear();
            cpu.logits(black_box(&segments), &mut scratch, &mut logits);
        });
    }
    measure(&mut group, "1 in burn", BURN_BUDGET, || {
        let logits = network.forward(steps.clone(), known.clone(), shape.pooling);
        black_box(logits.into_data());
    });
    group.finish();
    criterion.final_summary();
}
