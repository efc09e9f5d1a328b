//! Models of shapes that are not the shipped one's, with random weights: each way through the export.

use std::path::{Path, PathBuf};

use burn::module::Module;
use hearing::emotion::Emotion;
use hearing::features::Recipe;
use model::artifact::{Artifact, sha256_hex};
use model::device::Backend;
use model::front::Convolution;
use model::network::{NetworkShape, Pooling};

/// Writes them into folders of their names.
pub fn write(folder: &Path) -> Vec<PathBuf> {
    shapes()
        .into_iter()
        .map(|(name, recipe, shape)| {
            let path = folder.join(name);
            artifact(name, recipe, shape).save(&path).unwrap();
            path
        })
        .collect()
}

fn shapes() -> Vec<(&'static str, Recipe, NetworkShape)> {
    let plain = NetworkShape {
        n_features: 40,
        frames_per_step: 3,
        front: Vec::new(),
        n_units: 16,
        bidirectional: false,
        dense: Vec::new(),
        dropout: 0.0,
        pooling: Pooling::Last,
        n_labels: 7,
        hears_speech: false,
        hears_baseline: false,
        hears_mean: false,
        n_embedding: 0,
        n_imitated: 0,
    };
    let both_ways = NetworkShape { bidirectional: true, n_units: 9, ..plain.clone() };
    let some_labels = NetworkShape {
        n_features: 43,
        frames_per_step: 2,
        front: vec![Convolution { units: 11, width: 4, stride: 3 }],
        bidirectional: true,
        dense: vec![12, 5],
        pooling: Pooling::Mean,
        n_labels: 4,
        hears_speech: true,
        ..plain.clone()
    };
    let attentive = NetworkShape {
        n_features: 43,
        frames_per_step: 1,
        front: vec![Convolution { units: 20, width: 1, stride: 2 }],
        pooling: Pooling::Attention,
        hears_baseline: true,
        hears_mean: true,
        n_embedding: 0,
        n_imitated: 0,
        ..plain.clone()
    };
    vec![
        ("last", Recipe::PhoneV1, plain),
        ("last-both-ways", Recipe::PhoneV1, both_ways),
        ("mean-of-some-labels", Recipe::PhoneV2, some_labels),
        ("attentive-one-way", Recipe::PhoneV2, attentive),
    ]
}

fn artifact(name: &str, recipe: Recipe, shape: NetworkShape) -> Artifact {
    let mut artifact = Artifact::bundled().unwrap();
    let network = shape.init(&Backend::cpu().device);
    artifact.weights = network.into_record().into_bytes().unwrap().to_vec();
    let manifest = &mut artifact.manifest;
    manifest.name = name.into();
    manifest.weights_sha256 = sha256_hex(&artifact.weights);
    manifest.recipe = recipe;
    manifest.normalisation.mean.truncate(recipe.n_features());
    manifest.normalisation.deviation.truncate(recipe.n_features());
    // Not in the order of the emotions.
    manifest.labels = Emotion::ALL.into_iter().rev().take(shape.n_labels).collect();
    manifest.network = shape;
    artifact
}
