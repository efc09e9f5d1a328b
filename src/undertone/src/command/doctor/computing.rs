//! The model and the GPU: whether they are there, and whether they compute right.
//!
//! In: the configuration. Out: findings. Keeps nothing.

use std::time::{Duration, Instant};

use super::finding::Finding;
use crate::command::installed;
use crate::command::printer::chain;
use crate::config::Config;
use hearing::classifier::{Baseline, Classifier};
use model::ModelError;
use model::artifact::InputForm;
use model::device::{self, BackendChoice};

/// Readings that are timed: enough that one slow one does not count.
const N_TIMED: u32 = 10;

/// Loads the model, warms it up on the CPU and times a reading.
pub(super) fn model(config: &Config) -> Finding {
    let advice = "name another model in the configuration, or none for the one inside the program; \
                  `undertone models` lists them";
    let problem = |error: String| Finding::problem("model", error, advice);
    let begun = Instant::now();
    let artifact = match installed::open(config.model.as_deref()) {
        Ok(artifact) => artifact,
        Err(error) => return problem(chain(&error)),
    };
    let manifest = &artifact.manifest;
    if manifest.input != InputForm::Frames || !manifest.recipe.streams() {
        return problem(format!("{} needs whole clips and cannot follow a call", manifest.name));
    }
    let timed = || -> Result<(Duration, Duration), ModelError> {
        let mut classifier = device::start(&artifact, BackendChoice::Cpu)?;
        let warm = begun.elapsed();
        let segment = classifier.test_segment();
        let begun = Instant::now();
        for _ in 0..N_TIMED {
            classifier.classify(&segment, &Baseline::default())?;
        }
        Ok((warm, begun.elapsed() / N_TIMED))
    };
    match timed() {
        Err(error) => problem(error.to_string()),
        Ok((warm, reading)) => {
            let told = format!(
                "{} loads, its weights are whole (SHA-256 {}...), warm in {:.2} s; {:.1} ms a reading on the CPU",
                manifest.name,
                manifest.weights_sha256.get(..12).unwrap_or_default(),
                warm.as_secs_f64(),
                reading.as_secs_f64() * 1e3
            );
            if let Some(unknown) = manifest.lacks_calibration_for(config.language.as_ref()) {
                let advice = "take language out of the configuration, or calibrate the model on that language";
                return Finding::warning("model", format!("{told}; {unknown}"), advice);
            }
            let hop = Duration::from_millis(config.pipeline.hop_ms.into());
            if reading * 2 < hop {
                return Finding::ok("model", told);
            }
            let advice = "this computer is too slow for a reading so often: set pipeline.hop_ms higher, or use a GPU";
            Finding::warning("model", told, advice)
        }
    }
}

/// Sets a GPU up and compares its scores with the CPU's.
pub(super) fn gpu(config: &Config) -> Finding {
    if config.backend == BackendChoice::Cpu {
        return Finding::ok(
            "gpu",
            "not wanted: backend is \"cpu\" in the configuration".to_owned(),
        );
    }
    let Ok(artifact) = installed::open(config.model.as_deref()) else {
        return Finding::warning("gpu", "not tried without a model".to_owned(), "see the model");
    };
    let begun = Instant::now();
    match device::start(&artifact, BackendChoice::Gpu) {
        Ok(classifier) => Finding::ok(
            "gpu",
            format!(
                "{} computes the CPU's scores, warm in {:.1} s",
                classifier.backend().description,
                begun.elapsed().as_secs_f64()
            ),
        ),
        Err(error) if config.backend == BackendChoice::Gpu => Finding::problem(
            "gpu",
            error.to_string(),
            "install the graphics card's driver, or set backend = \"auto\" in the configuration",
        ),
        Err(error) => Finding::warning(
            "gpu",
            error.to_string(),
            "readings are made on the CPU, which is enough; for a graphics card install its Vulkan driver",
        ),
    }
}
