//! What a draw of batches keeps to.

use super::mixing::LEAST_OWN_SHARE;
use super::*;
use crate::training::example::Hearing;
use crate::training::teacher::Taught;
use crate::training::teacher::moments::Moments;
use hearing::classifier::Baseline;
use rand::SeedableRng;
use std::sync::Arc;

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
        hearings: vec![Hearing {
            statistics: Baseline::of(&frames, 43),
            frames,
            places: (0..).take(n_frames).collect(),
        }],
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
fn each_step_is_told_what_the_teacher_heard_at_the_middle_of_what_the_step_hears() {
    let mut examples: Vec<Example> =
        [200, 150, 210, 190].map(|n| example("a/1", Some(0), n)).into();
    for example in &mut examples[..3] {
        let moments = Some(Moments::counting(70));
        let taught = Taught { logits: vec![0.0; 7], embedding: vec![0.0; 128], moments };
        example.taught = Some(Arc::new(taught));
    }
    let mut recipe = recipe();
    recipe.clips_per_speaker = 0;
    recipe.network.n_imitated = 1;
    let (mut n_told, mut n_beyond, mut n_untaught) = (0, 0, 0);
    for part in (0..9).flat_map(|seed| draw(&examples, &recipe, seed)).flat_map(|batch| batch.parts)
    {
        let n = part.labels.len();
        assert_eq!(part.is_imitated.len(), recipe.network.lstm_steps(part.n_steps) * n);
        for row in 0..n {
            // The frames count from 0 themselves.
            let start = part.values[row * 43];
            for (step, is_told) in part.is_imitated.iter().skip(row).step_by(n).enumerate() {
                #[expect(clippy::cast_precision_loss, reason = "a few steps")]
                let place = start + 6.0 * step as f32 + 6.0;
                let middle = (place / 2.0).ceil();
                let told = part.imitated[step * n + row];
                match (part.is_taught[row] > 0.0, middle < 69.0) {
                    (true, true) => {
                        assert!(*is_told > 0.0 && (told - middle).abs() < 0.01, "{told} {middle}");
                        n_told += 1;
                    }
                    (false, _) => {
                        assert!(*is_told == 0.0 && told == 0.0);
                        n_untaught += 1;
                    }
                    (true, false) => n_beyond += usize::from(*is_told == 0.0),
                }
            }
        }
    }
    assert!(n_told > 100 && n_beyond > 10 && n_untaught > 100, "{n_told} {n_beyond} {n_untaught}");
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

#[test]
fn clips_of_a_small_corpus_are_heard_as_often_as_the_recipe_says() {
    let mut examples: Vec<Example> = (0..5).map(|n| example("a/1", Some(n % 7), 40)).collect();
    examples.extend((0..2).map(|n| Example { corpus: "b".into(), ..example("b/1", Some(n), 40) }));
    let mut recipe = recipe();
    let n_segments = |recipe: &TrainingRecipe| {
        let batches = draw(&examples, recipe, 5);
        batches.iter().flat_map(|batch| &batch.parts).map(|part| part.labels.len()).sum::<usize>()
    };
    assert_eq!(n_segments(&recipe), 3 + 2);
    recipe.corpus_repeats.insert("b".into(), 4);
    assert_eq!(n_segments(&recipe), 3 + 4 * 2);
    recipe.clips_per_speaker = 0;
    assert_eq!(n_segments(&recipe), 5 + 4 * 2);
}
