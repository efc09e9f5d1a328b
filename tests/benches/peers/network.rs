//! The network on the CPU: normalisation, the sums, calibration, as the program makes them for each reading.

use std::time::Instant;

use undertone::emotion::{N_EMOTIONS, Scores};
use undertone::model::artifact::{Artifact, Manifest};
use undertone::model::classifier::load_network;
use undertone::model::cpu::{CpuNetwork, Segment};
use undertone::model::device::Backend;

/// Frames of a segment: 3 s.
const N_FRAMES: usize = 300;

/// One network for each thread.
pub struct Threads {
    manifest: Manifest,
    workers: Vec<Worker>,
}

struct Worker {
    network: CpuNetwork,
    normalised: Vec<Vec<f32>>,
    logits: Vec<f32>,
    scores: Vec<Scores>,
}

impl Threads {
    pub fn new(n_threads: usize) -> Self {
        let artifact = Artifact::bundled().expect("the bundled model is whole");
        let network = load_network(&artifact, &Backend::cpu().device).expect("the weights fit");
        let worker = |_| Worker {
            network: CpuNetwork::new(&network, &artifact.manifest.network),
            normalised: Vec::new(),
            logits: Vec::new(),
            scores: Vec::new(),
        };
        let workers = (0..n_threads).map(worker).collect();
        Threads { manifest: artifact.manifest, workers }
    }

    /// Seconds for `n` segments, the mean of `n_loops`. Further threads are started anew each time.
    pub fn seconds(&mut self, n: usize, n_loops: usize) -> f64 {
        let segments: Vec<Vec<f32>> = (0..n).map(|number| frames(&self.manifest, number)).collect();
        let per_worker = n.div_ceil(self.workers.len());
        let start = Instant::now();
        for _ in 0..n_loops {
            let manifest = &self.manifest;
            std::thread::scope(|scope| {
                let mut parts = segments.chunks(per_worker).zip(&mut self.workers);
                let first = parts.next();
                for (segments, worker) in parts {
                    scope.spawn(|| worker.classify(manifest, segments));
                }
                if let Some((segments, worker)) = first {
                    worker.classify(manifest, segments);
                }
            });
        }
        let seconds = start.elapsed().as_secs_f64() / n_loops as f64;
        let sums = self.workers.iter().flat_map(|worker| &worker.scores);
        let n_whole = sums.filter(|scores| (scores.0.iter().sum::<f32>() - 1.0).abs() < 1e-3);
        assert_eq!(n_whole.count(), n, "not every segment has probabilities");
        seconds
    }
}

impl Worker {
    fn classify(&mut self, manifest: &Manifest, segments: &[Vec<f32>]) {
        let normalisation = &manifest.normalisation;
        self.normalised.resize(segments.len(), Vec::new());
        for (frames, normalised) in segments.iter().zip(&mut self.normalised) {
            normalised.clear();
            for frame in frames.chunks_exact(manifest.network.n_features) {
                let moments = normalisation.mean.iter().zip(&normalisation.deviation);
                normalised
                    .extend(frame.iter().zip(moments).map(|(x, (mean, dev))| (x - mean) / dev));
            }
        }
        let baseline = vec![0.0; manifest.network.n_baseline()];
        let segments: Vec<Segment> =
            self.normalised.iter().map(|steps| Segment { steps, baseline: &baseline }).collect();
        self.logits.clear();
        self.network.logits(&segments, &mut self.logits);
        self.scores.clear();
        self.scores.extend(self.logits.chunks_exact(manifest.network.n_outputs()).map(|logits| {
            let mut by_emotion = [f32::NEG_INFINITY; N_EMOTIONS];
            for (label, logit) in manifest.labels.iter().zip(logits) {
                by_emotion[label.index()] = *logit;
            }
            manifest.calibration.scores(by_emotion)
        }));
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
