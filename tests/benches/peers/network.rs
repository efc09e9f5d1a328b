//! The network on the CPU: normalisation, the sums, calibration, as the program makes them for each reading.

use std::sync::Arc;
use std::time::Instant;

use hearing::classifier::{Baseline, Classifier, Spoken};
use model::LstmClassifier;
use model::artifact::{Artifact, Manifest};
use model::device::Backend;
use rayon::ThreadPoolBuilder;

/// Frames of a segment: 3 s.
const N_FRAMES: usize = 300;

/// The classifier on so many threads.
pub struct Threads {
    manifest: Manifest,
    classifier: LstmClassifier,
}

impl Threads {
    pub fn new(n_threads: usize) -> Self {
        let artifact = Artifact::bundled().expect("the bundled model is whole");
        let mut classifier =
            LstmClassifier::new(&artifact, Backend::cpu()).expect("the weights fit");
        if n_threads > 1 {
            let pool = ThreadPoolBuilder::new().num_threads(n_threads).build();
            classifier.work_on(Some(Arc::new(pool.expect("the system gives threads"))));
        }
        Threads { manifest: artifact.manifest, classifier }
    }

    /// Seconds for `n` segments, the mean of `n_loops`.
    pub fn seconds(&mut self, n: usize, n_loops: usize) -> f64 {
        let segments: Vec<Vec<f32>> = (0..n).map(|number| frames(&self.manifest, number)).collect();
        let baseline = Baseline::default();
        let spoken = |frames| Spoken { frames, baseline: &baseline };
        let spoken: Vec<Spoken> = segments.iter().map(|frames| spoken(frames)).collect();
        let mut answers = Vec::new();
        let start = Instant::now();
        for _ in 0..n_loops {
            answers.clear();
            self.classifier.classify_all(&spoken, &mut answers).expect("a segment is whole");
        }
        let seconds = start.elapsed().as_secs_f64() / n_loops as f64;
        let sums = answers.iter().map(|answer| answer.scores.0.iter().sum::<f32>());
        let n_whole = sums.filter(|sum| (sum - 1.0).abs() < 1e-3).count();
        assert_eq!(n_whole, n, "not every segment has probabilities");
        seconds
    }
}

/// A segment of waves around the normalisation's mean.
fn frames(manifest: &Manifest, number: usize) -> Vec<f32> {
    let moments = || manifest.normalisation.mean.iter().zip(&manifest.normalisation.deviation);
    (0..N_FRAMES)
        .flat_map(|frame| {
            moments().enumerate().map(move |(feature, (mean, deviation))| {
                mean + deviation * (frame as f32 * 0.07 + (feature + number) as f32 * 0.9).sin()
            })
        })
        .collect()
}
