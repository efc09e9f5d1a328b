//! Segments with what our program says of them: the even ones are speech, the odd ones random numbers.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use hearing::classifier::{Baseline, Classifier};
use hearing::features::{Recipe, clip_frames};
use model::LstmClassifier;
use model::artifact::{Artifact, SegmentLimits};
use model::device::Backend;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use resample::resample_all;
use safetensors::tensor::{Dtype, TensorView, serialize};
use serde_json::{Value, json};
use sound::recording::{Channel, decode};

/// Folders with clips, beside the project where they are at hand.
const CORPORA: [&str; 5] = ["crema_d", "emovo", "nemo", "ravdess", "tess"];
const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Writes frames, baselines, logits and probabilities by number; says whose frames they are.
pub fn write(model: &str, n: usize, file: &Path) -> Value {
    let artifact = match model {
        "phone-lstm" => Artifact::bundled(),
        folder => Artifact::load(Path::new(folder)),
    };
    let mut classifier = LstmClassifier::new(&artifact.unwrap(), Backend::cpu()).unwrap();
    let manifest = classifier.manifest().clone();
    let recipe = manifest.recipe;
    let (source, clips) = clips(recipe, n.div_ceil(2));
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)> = BTreeMap::new();
    let mut heard = Baseline::default();
    for number in 0..n {
        let speech = &clips[number / 2 % clips.len()];
        let frames = if number % 2 == 0 {
            longest(speech, manifest.segment, recipe)
        } else {
            let shortest = recipe.frames_in_ms(manifest.segment.min_ms);
            let n_frames = random.random_range(shortest..=recipe.frames_in_ms(4_000));
            let moments = manifest.normalisation.mean.iter().zip(&manifest.normalisation.deviation);
            let values = moments.cycle().take(n_frames * recipe.n_features());
            values
                .map(|(mean, deviation)| mean + deviation * random.sample::<f32, _>(StandardNormal))
                .collect()
        };
        // The first segment of every four is by a caller of whom nothing is known.
        if number % 4 == 0 {
            heard.reset();
        }
        let mut baseline = Vec::new();
        heard.append(&manifest.normalisation, &mut baseline);
        let logits = classifier.logits(&frames, &heard).unwrap();
        let scores = classifier.classify(&frames, &heard).unwrap().scores;
        let probabilities = manifest.labels.iter().map(|label| scores.of(*label)).collect();
        heard.join(&Baseline::of(&frames, recipe.n_features()));
        let n_frames = frames.len() / recipe.n_features();
        tensors.insert(format!("frames.{number}"), (vec![n_frames, recipe.n_features()], frames));
        for (name, values) in
            [("baseline", baseline), ("logits", logits), ("probabilities", probabilities)]
        {
            tensors.insert(format!("{name}.{number}"), (vec![values.len()], values));
        }
    }
    save(&tensors, file);
    json!({ "source": source, "clips": clips.len() })
}

/// The first frames of a clip, as many as the model looks back on.
fn longest(frames: &[f32], limits: SegmentLimits, recipe: Recipe) -> Vec<f32> {
    let most = recipe.frames_in_ms(limits.max_ms) * recipe.n_features();
    frames[..frames.len().min(most)].to_vec()
}

/// Where they are from, and the frames of `n` clips that are long enough.
fn clips(recipe: Recipe, n: usize) -> (String, Vec<Vec<f32>>) {
    let shortest = recipe.frames_in_ms(1_200) * recipe.n_features();
    let frames = |path: &PathBuf| {
        let decoded = decode(path, Channel::Mix).unwrap();
        let samples =
            resample_all(&decoded.samples, decoded.sample_rate_hz, recipe.sample_rate_hz())
                .unwrap();
        clip_frames(recipe, &samples)
    };
    let data = Path::new(PROJECT).join("../shared/data");
    let mut found = Vec::new();
    for corpus in CORPORA {
        let Ok(entries) = fs::read_dir(data.join(corpus)) else { continue };
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "ogg"));
        paths.sort();
        let wanted = n.div_ceil(CORPORA.len());
        let spread = (0..2 * wanted).map(|at| &paths[at * paths.len() / (2 * wanted)]);
        let long_enough = spread.map(frames).filter(|frames| frames.len() >= shortest);
        found.extend(long_enough.take(wanted));
    }
    if !found.is_empty() {
        return ("clips of the corpora".into(), found);
    }
    let call = frames(&Path::new(PROJECT).join("assets/demo-call.wav"));
    let starts = (0..n).map(|at| at * (call.len() / recipe.n_features() - 300) / n);
    let found = starts.map(|start| call[start * recipe.n_features()..].to_vec()).collect();
    ("assets/demo-call.wav".into(), found)
}

fn save(tensors: &BTreeMap<String, (Vec<usize>, Vec<f32>)>, file: &Path) {
    let bytes: Vec<Vec<u8>> = tensors
        .values()
        .map(|(_, values)| values.iter().flat_map(|value| value.to_le_bytes()).collect())
        .collect();
    let views = tensors.iter().zip(&bytes).map(|((name, (shape, _)), bytes)| {
        (name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
    });
    fs::write(file, serialize(views, None).unwrap()).unwrap();
}
