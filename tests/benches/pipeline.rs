//! A second of audio through the whole pipeline, and what each stage has of it: `make bench`.
//!
//! The audio is the first [`SECONDS`] of the demo call, in blocks of 20 ms; the times are of all of it. Divide.

mod budget;

use budget::measure;
use criterion::{BenchmarkGroup, Criterion, measurement::WallTime};
use hearing::classifier::ClassifierError;
use hearing::classifier::{Answer, Baseline, Classifier, Sound};
use hearing::emotion::{Scores, Thresholds};
use hearing::features::{Extractor, Recipe};
use hearing::pipeline::{Pipeline, PipelineSettings};
use hearing::speech::SpeechGate;
use hearing::stream_time::STREAM_RATE_HZ;
use model::artifact::Artifact;
use model::device::{BackendChoice, start};
use resample::{Resampler, resample_all};
use sound::recording::{Channel, decode};
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

/// Seconds of the demo call: speech for two thirds of the time, as in a call.
const SECONDS: u32 = 20;

/// A sound card's rate.
const DEVICE_RATE_HZ: u32 = 48_000;

/// Budgets for a second of audio. One core carries 400 callers if a second of each costs 2.5 ms in all, of
/// which the network has most; what comes before it may have 1.2 ms.
const RESAMPLE_BUDGET: Duration = Duration::from_micros(250);
const FEATURES_BUDGET: Duration = Duration::from_micros(350);
const GATE_BUDGET: Duration = Duration::from_micros(800);
const ALL_BUT_NETWORK_BUDGET: Duration = Duration::from_micros(1_200);
const ALL_BUDGET: Duration = Duration::from_millis(4);

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("pipeline");
    group.sample_size(20).measurement_time(Duration::from_secs(4));
    stages(&mut group);
    whole(&mut group);
    group.finish();
    criterion.final_summary();
}

/// The beginning of the demo call.
fn call(rate_hz: u32) -> Vec<f32> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/demo-call.wav");
    let decoded = decode(&path, Channel::Mix).expect("the demo call is in the repository");
    let mut samples = resample_all(&decoded.samples, decoded.sample_rate_hz, rate_hz)
        .expect("rates of sound cards are taken");
    samples.truncate((SECONDS * rate_hz) as usize);
    samples
}

/// Hands the call to a stage in blocks of 20 ms.
fn bench_stage(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    budget: Duration,
    rate_hz: u32,
    mut stage: impl FnMut(&[f32]),
) {
    let samples = call(rate_hz);
    measure(group, name, budget * SECONDS, || {
        for block in samples.chunks(rate_hz as usize / 50) {
            stage(black_box(block));
        }
    });
}

fn stages(group: &mut BenchmarkGroup<'_, WallTime>) {
    for rate_hz in [DEVICE_RATE_HZ, 16_000] {
        let mut resampler = Resampler::new(rate_hz, STREAM_RATE_HZ).expect("the rate is taken");
        let mut out = Vec::new();
        let name = format!("resample {rate_hz} Hz");
        bench_stage(group, &name, RESAMPLE_BUDGET, rate_hz, |block| {
            out.clear();
            resampler.push(block, &mut out);
        });
    }
    for recipe in [Recipe::PhoneV1, Recipe::PhoneV2, Recipe::PhoneV3] {
        let mut extractor = Extractor::new(recipe).expect("the recipe streams");
        let mut frames = Vec::new();
        let name = format!("features {recipe}");
        bench_stage(group, &name, FEATURES_BUDGET, STREAM_RATE_HZ, |block| {
            frames.clear();
            extractor.push(block, &mut frames);
        });
    }
    for recipe in [Recipe::PhoneV2, Recipe::PhoneV3] {
        let mut gate = SpeechGate::new(recipe).expect("the rate is taken");
        let mut decisions = Vec::new();
        let name = format!("speech gate of {recipe}");
        bench_stage(group, &name, GATE_BUDGET, STREAM_RATE_HZ, |block| {
            decisions.clear();
            gate.push(block, &mut decisions);
        });
    }
}

/// Takes everything for speech without looking.
struct Uniform;

impl Classifier for Uniform {
    fn classify(&mut self, _: &[f32], _: &Baseline) -> Result<Answer, ClassifierError> {
        Ok(Answer { scores: Scores::UNIFORM, sound: Sound::Speech })
    }
}

fn whole(group: &mut BenchmarkGroup<'_, WallTime>) {
    let artifact = Artifact::bundled().expect("the model is in the program");
    let network = start(&artifact, BackendChoice::Cpu).expect("the CPU is there");
    for rate_hz in [STREAM_RATE_HZ, DEVICE_RATE_HZ] {
        let name = format!("all but the network, {rate_hz} Hz");
        bench_pipeline(group, &name, ALL_BUT_NETWORK_BUDGET, rate_hz, Uniform);
    }
    bench_pipeline(group, "all, 8000 Hz", ALL_BUDGET, STREAM_RATE_HZ, network);
}

fn bench_pipeline(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    budget: Duration,
    rate_hz: u32,
    classifier: impl Classifier,
) {
    let settings = PipelineSettings::default();
    let mut pipeline = Pipeline::new(
        &settings,
        Recipe::PhoneV2,
        Thresholds::emotions_from(0.3),
        &[rate_hz],
        classifier,
    )
    .expect("the rate is taken and the recipe streams");
    let mut updates = Vec::new();
    bench_stage(group, name, budget, rate_hz, |block| {
        updates.clear();
        pipeline.push(0, block, &mut updates).expect("the classifier does not fail");
    });
}
