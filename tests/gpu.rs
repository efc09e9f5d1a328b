//! The GPU path on a software Vulkan driver: the same scores as the CPU's, and no driver by mistake.
//!
//! Needs a Vulkan loader and a software driver; `make test-gpu` installs Mesa's. It is one test, since
//! wgpu's runtime is set up once a process.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use undertone::model::artifact::Artifact;
use undertone::model::device::{AGREEMENT, Backend, BackendChoice, start};
use undertone::model::{Baseline, Classifier, LstmClassifier};

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
}
