//! The GPU path on a software Vulkan driver: the same scores as the CPU's, no driver by mistake, and a call that
//! goes on when the GPU is lost in the middle of it.
//!
//! Needs a Vulkan loader and a software driver; `make test-gpu` installs Mesa's. It is one test, since
//! wgpu's runtime is set up once a process.

#[path = "gpu/kernels.rs"]
mod kernels;

use hearing::classifier::{Baseline, Classifier};
use hearing::emotion::Thresholds;
use hearing::fact::Event;
use hearing::pipeline::{Pipeline, PipelineSettings};
use hearing::stream_time::StreamTime;
use hearing::timeline::Reading;
use model::LstmClassifier;
use model::artifact::Artifact;
use model::device::{AGREEMENT, Backend, BackendChoice, start};
use model::failover::Failover;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sound::recording::{Channel, Pace, Recording};
use sound::{Block, Source};
use std::path::Path;
use std::time::{Duration, Instant};

/// Segments that are compared: of every length from the shortest to the longest, in steps of a hop.
const N_SEGMENTS: usize = 20;

#[test]
fn a_software_adapter_is_refused_unasked_and_gives_the_cpus_scores_when_asked_for() {
    let artifact = Artifact::bundled().expect("the bundled model is whole");
    let unasked = start(&artifact, BackendChoice::Auto).expect("auto always finds something");
    assert!(
        unasked.backend().description.starts_with("CPU"),
        "a real GPU, or a software one taken for real: {}",
        unasked.backend().description
    );
    assert!(unasked.backend().notice.is_some(), "the fallback is said");

    let mut gpu = start(&artifact, BackendChoice::Software)
        .expect("a software Vulkan driver; `make test-gpu` installs one");
    println!("adapter: {}", gpu.backend().description);
    assert!(gpu.backend().description.starts_with("GPU"));
    let mut cpu = LstmClassifier::new(&artifact, Backend::cpu()).expect("the weights fit");

    let longest = cpu.test_segment();
    let n_features = artifact.manifest.recipe.n_features();
    let shortest = artifact.manifest.recipe.frames_in_ms(artifact.manifest.segment.min_ms);
    let n_frames = longest.len() / n_features;
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut largest = 0.0_f32;
    for number in 0..N_SEGMENTS {
        let frames = shortest + (n_frames - shortest) * number / (N_SEGMENTS - 1);
        let segment: Vec<f32> = longest[..frames * n_features]
            .iter()
            .map(|value| value + rng.random_range(-2.0..2.0))
            .collect();
        let known = Baseline::of(&segment, n_features);
        let expected = cpu.classify(&segment, &known).expect("the CPU classifies").scores;
        let scores = gpu.classify(&segment, &known).expect("the GPU classifies").scores;
        for (score, expected) in scores.0.iter().zip(expected.0) {
            largest = largest.max((score - expected).abs());
        }
    }
    println!("{N_SEGMENTS} segments, largest difference of a probability {largest:.2e}");
    assert!(largest <= AGREEMENT, "largest difference {largest}");
    kernels::give_burns_logits_for_every_shape(gpu.backend());
    kernels::keep_neighbours_apart(gpu.backend(), &artifact);
    kernels::are_a_handful(gpu.backend(), &artifact);
    a_gpu_that_is_lost_in_the_middle_of_a_call_costs_no_reading(&artifact, gpu);
}

/// The GPU is lost here, in the demo call.
const LOST_AT: StreamTime = StreamTime::from_ms(20_000);

/// Within this readings go on, by the clock.
const BACK_WITHIN: Duration = Duration::from_secs(2);

fn a_gpu_that_is_lost_in_the_middle_of_a_call_costs_no_reading(
    artifact: &Artifact,
    gpu: LstmClassifier,
) {
    let cpu = || LstmClassifier::new(artifact, Backend::cpu()).expect("the weights fit");
    let (expected, _, _) = readings(artifact, cpu(), || {});
    let device = gpu.backend().clone();
    let failover = Failover::new(Box::new(gpu), device.clone(), cpu());
    let (readings, longest, mut failover) = readings(artifact, failover, || device.lose());
    let notice = failover.classifier().take_notice().expect("it is said");
    println!("{notice}; the longest pause was {longest:?}");
    assert!(notice.contains("failed") && notice.contains("readings go on with the CPU"));
    assert!(failover.classifier().backend().description.starts_with("CPU"));
    assert!(longest < BACK_WITHIN, "{longest:?}");
    let times = |readings: &[Reading]| -> Vec<StreamTime> {
        readings.iter().map(|reading| reading.at).collect()
    };
    assert_eq!(times(&readings), times(&expected));
    assert!(readings.iter().filter(|reading| reading.at > LOST_AT).count() > 20);
    for (reading, expected) in readings.iter().zip(&expected) {
        for (score, expected) in reading.scores.0.iter().zip(expected.scores.0) {
            assert!((score - expected).abs() <= AGREEMENT, "{reading:?}");
        }
    }
}

/// The demo call through a pipeline, with something done at [`LOST_AT`]; the readings and the longest time that
/// a block took from then on.
fn readings<C: Classifier>(
    artifact: &Artifact,
    classifier: C,
    act: impl FnOnce(),
) -> (Vec<Reading>, Duration, Pipeline<C>) {
    let call = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/demo-call.wav");
    let mut recording = Recording::open(&call, Channel::Mix, Pace::AsRead)
        .expect("the demo call is a recording")
        .with_block_len(800);
    let rates = [recording.sample_rate_hz()];
    let settings = PipelineSettings::default();
    let recipe = artifact.manifest.recipe;
    let mut pipeline =
        Pipeline::new(&settings, recipe, Thresholds::emotions_from(0.0), &rates, classifier)
            .expect("usual");
    let (mut updates, mut act, mut longest) = (Vec::new(), Some(act), Duration::ZERO);
    while let Block::Audio(samples) = recording.next_block().expect("it is whole") {
        if pipeline.position(0) >= LOST_AT
            && let Some(act) = act.take()
        {
            act();
        }
        let begun = Instant::now();
        pipeline.push(0, samples, &mut updates).expect("there is always an answer");
        if act.is_none() {
            longest = longest.max(begun.elapsed());
        }
    }
    let all = updates.into_iter().filter_map(|update| match update.event {
        Event::Reading(reading) => Some(reading),
        _ => None,
    });
    (all.collect(), longest, pipeline)
}
