//! What a draw of batches keeps to.

use super::*;
use crate::training::example::Hearing;
use hearing::classifier::Baseline;
use rand::SeedableRng;

fn example(speaker: &str, label: Option<usize>, n_frames: usize) -> Example {
    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    let frames: Vec<f32> = (0..n_frames * 43).map(|index| (index / 43) as f32).collect();
    let mut target = vec![0.0; 7];
    if let Some(label) = label {
        target[label] = 1.0;
    }
    Example {
        label,
        is_speech: Some(label.is_some()),
        target,
        path: std::path::PathBuf::new(),
        taught: None,
        speaker: speaker.into(),
        corpus: "a".into(),
        language: None,
        call: 0,
        hearings: vec![Hearing { statistics: Baseline::of(&frames, 43), frames }],
    }
}

fn recipe() -> TrainingRecipe {
    let mut recipe = TrainingRecipe::named("phone").expect("built in");
    recipe.batch = 4;
    recipe.clips_per_speaker = 3;
    recipe.input_noise = 0.0;
    recipe.time_mask_ms = 0;
    recipe.mixed = 0.0;
    recipe
}

fn draw(examples: &[Example], recipe: &TrainingRecipe, seed: u64) -> Vec<Batch> {
    let batcher = Batcher {
        examples,
        companions: &Companions::of(examples),
        normalisation: &Normalisation::default(),
        recipe,
        weights: &[2.0; 7],
        voices: None,
    };
    batcher.epoch(ChaCha8Rng::seed_from_u64(seed)).collect()
}

#[test]
fn no_voice_is_drawn_more_often_than_the_recipe_says_and_a_seed_repeats_the_draw() {
    let examples: Vec<Example> =
        (0..10).map(|index| example(if index < 8 { "a/1" } else { "a/2" }, Some(1), 200)).collect();
    let recipe = recipe();
    let segments: usize = draw(&examples, &recipe, 5).iter().map(Batch::n_segments).sum();
    assert_eq!(segments, 5);
    let values = |seed| -> Vec<Vec<f32>> {
        let parts = draw(&examples, &recipe, seed).into_iter().flat_map(|batch| batch.parts);
        parts.map(|part| part.values).collect()
    };
    assert_eq!(values(5), values(5));
}

#[test]
fn a_part_is_as_long_as_its_shortest_example_and_its_steps_follow_each_other() {
    let examples: Vec<Example> = [200, 143, 210, 220].map(|n| example("a/1", Some(0), n)).into();
    let mut recipe = recipe();
    recipe.clips_per_speaker = 0;
    for seed in 0..20 {
        for part in draw(&examples, &recipe, seed).into_iter().flat_map(|batch| batch.parts) {
            assert!((120..=220).contains(&part.n_steps), "{}", part.n_steps);
            let first_of_step = |step: usize| part.values[step * part.labels.len() * 43];
            for step in 1..part.n_steps {
                let advance = first_of_step(step) - first_of_step(step - 1);
                assert!((advance - 1.0).abs() < 1e-6);
            }
        }
    }
}

#[test]
fn targets_are_smoothed_and_weighted_and_what_is_no_speech_has_none() {
    let examples = [example("a/1", Some(2), 200), example("b/1", None, 200)];
    let batch = draw(&examples, &recipe(), 1).remove(0);
    assert!((batch.weight() - 2.0).abs() < 1e-5, "{}", batch.weight());
    for part in batch.parts {
        for (row, label) in part.labels.iter().enumerate() {
            let targets = &part.targets[7 * row..7 * row + 7];
            match label {
                Some(_) => {
                    assert!((targets[2] - 2.0 * (0.9 + 0.1 / 7.0)).abs() < 1e-5, "{targets:?}");
                    assert!((part.speech[row] - 1.0).abs() < 1e-6);
                }
                None => assert!(targets.iter().all(|target| target.abs() < 1e-6)),
            }
        }
    }
}

#[test]
fn a_mixed_segment_is_mostly_its_own_with_its_targets() {
    let examples: Vec<Example> = (0..8).map(|n| example("a/1", Some(n % 2), 150)).collect();
    let mut recipe = recipe();
    recipe.batch = 8;
    recipe.clips_per_speaker = 0;
    recipe.mixed = 1.0;
    recipe.label_smoothing = 0.0;
    let mut n_mixed = 0;
    for part in draw(&examples, &recipe, 3).into_iter().flat_map(|batch| batch.parts) {
        for (row, label) in part.labels.iter().enumerate() {
            let targets = &part.targets[7 * row..7 * row + 7];
            let own = targets[label.expect("all are speech")];
            assert!((2.0 * LEAST_OWN_SHARE - 1e-5..=2.0 + 1e-5).contains(&own), "{targets:?}");
            assert!((targets.iter().sum::<f32>() - 2.0).abs() < 1e-5, "{targets:?}");
            n_mixed += usize::from(own < 1.99);
        }
    }
    assert!(n_mixed > 0);
}

#[test]
fn dropped_values_keep_the_mean() {
    let examples: Vec<Example> = (0..8).map(|_| example("a/1", Some(0), 150)).collect();
    let mut recipe = recipe();
    recipe.clips_per_speaker = 0;
    let part = draw(&examples, &recipe, 3).remove(0).parts.remove(0);
    let widths: Vec<usize> =
        part.kept.iter().map(|values| values.len() / part.labels.len()).collect();
    assert_eq!(widths, recipe.network.head_widths());
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let mean = part.kept[0].iter().sum::<f32>() / part.kept[0].len() as f32;
    assert!((mean - 1.0).abs() < 0.15, "{mean}");
}
