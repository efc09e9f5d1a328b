//! Batches of segments of 3 s through the network on a graphics device: `make bench-gpu`, which sets them beside
//! `PyTorch`'s.
//!
//!     cargo bench --bench gpu -- BACKEND [burn] [N...]
//!
//! BACKEND is `gpu` or `software`, N the segments of a batch: 1, 16, 256 and 1,024 where none are given. With `burn`
//! the same goes through burn's plain tensors too, which is what our kernels replaced. Out: lines of JSON. The first
//! says which device it is and how long it took until the first answer; then one for each batch: the seconds from
//! normalised segments in the computer's memory to logits in it, the median of some, and how often kernels were
//! launched. The weights are the bundled model's.

#![expect(clippy::unwrap_used, reason = "what fails here ends the bench, as in a test")]

#[path = "../gpu/launches.rs"]
mod launches;

use burn::tensor::{Device, Tensor, TensorData};
use launches::launches;
use model::artifact::Artifact;
use model::classifier::load_network;
use model::cpu::Segment;
use model::device::Backend;
use model::gpu::GpuNetwork;
use serde_json::json;
use std::time::{Duration, Instant};

/// Steps of a segment: 3 s.
const N_STEPS: usize = 300;

/// Segments of a batch.
const BATCHES: [usize; 4] = [1, 16, 256, 1024];

/// Each batch is measured for so long, and so often at least.
const MEASURED: Duration = Duration::from_secs(2);
const LEAST_TIMES: usize = 5;

/// A budget for the largest batch on a GPU: 10,000 callers with 4 readings a second give such a one every 25 ms.
const BUDGET: Duration = Duration::from_millis(20);

fn main() {
    let mut words: Vec<String> =
        std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let Some(backend) = words.iter().position(|word| word == "gpu" || word == "software") else {
        // Plain `cargo bench` runs on machines without a graphics device too.
        return;
    };
    let backend = match words.remove(backend).as_str() {
        "gpu" => Backend::gpu(),
        _ => Backend::software(),
    };
    let backend = backend.unwrap_or_else(|error| panic!("{error}"));
    let with_burn = words.iter().any(|word| word == "burn");
    let mut batches: Vec<usize> = words.iter().filter_map(|word| word.parse().ok()).collect();
    if batches.is_empty() {
        batches = BATCHES.to_vec();
    }
    run(&backend, &batches, with_burn);
}

fn run(backend: &Backend, batches: &[usize], with_burn: bool) {
    let begun = Instant::now();
    let artifact = Artifact::bundled().unwrap();
    let shape = artifact.manifest.network.clone();
    let network = load_network(&artifact, &Device::flex()).unwrap();
    let mut gpu = GpuNetwork::new(&network, &shape, backend, N_STEPS).unwrap();
    let segments: Vec<Vec<f32>> =
        (0..1024).map(|number| steps(N_STEPS * shape.n_inputs(), number)).collect();
    let known = vec![0.0; shape.n_known()];
    let batch = |n: usize| -> Vec<Segment<'_>> {
        let segments = segments.iter().cycle().take(n);
        segments.map(|steps| Segment { steps, known: &known }).collect()
    };
    gpu.logits(&batch(1), &mut Vec::new()).unwrap();
    let start_s = begun.elapsed().as_secs_f64();
    println!("{}", json!({ "device": backend.description, "start_s": start_s }));
    for &n in batches {
        let segments = batch(n);
        measure("ours", n, || {
            gpu.logits(&segments, &mut Vec::new()).unwrap();
        });
    }
    if !with_burn {
        return;
    }
    let begun = Instant::now();
    let device = &backend.device;
    let network = load_network(&artifact, device).unwrap();
    let forward = |n: usize| {
        let steps: Vec<f32> = batch(n).iter().flat_map(|segment| segment.steps).copied().collect();
        let steps = TensorData::new(steps, [n, N_STEPS, shape.n_inputs()]);
        let known = TensorData::new(known.repeat(n), [n, known.len()]);
        let steps = Tensor::from_data(steps, device);
        let logits = network.forward(steps, Tensor::from_data(known, device), shape.pooling);
        assert_eq!(logits.try_into_vec_as::<f32>().unwrap().len(), n * shape.n_outputs());
    };
    forward(1);
    println!("{}", json!({ "start_of_burn_s": begun.elapsed().as_secs_f64() }));
    for &n in batches {
        measure("burn", n, || forward(n));
    }
}

/// Prints the median of some times, and how often kernels were launched.
fn measure(form: &str, n: usize, mut work: impl FnMut()) {
    let launches = launches(&mut work);
    let begun = Instant::now();
    let mut times_s = Vec::new();
    while times_s.len() < LEAST_TIMES || begun.elapsed() < MEASURED {
        let begun = Instant::now();
        work();
        times_s.push(begun.elapsed().as_secs_f64());
    }
    times_s.sort_by(f64::total_cmp);
    let median_s = times_s[times_s.len() / 2];
    let mut line =
        json!({ "form": form, "segments": n, "seconds": median_s, "launches": launches });
    if n == 1024 && form == "ours" {
        line["within_budget"] = json!(median_s <= BUDGET.as_secs_f64());
    }
    println!("{line}");
}

/// Numbers around zero, others in each segment.
#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn steps(n: usize, number: usize) -> Vec<f32> {
    (0..n).map(|at| (at as f32 * 0.07 + number as f32 * 0.9).sin()).collect()
}
