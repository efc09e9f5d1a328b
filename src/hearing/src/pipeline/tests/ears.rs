//! Training cuts its frames out of a clip as a call does: the same frames reach the network.

use super::*;
use crate::emotion::Thresholds;
use crate::speech::utterances;

/// Keeps what it is given.
#[derive(Default)]
struct Listens {
    segments: Vec<Vec<f32>>,
}

impl Classifier for Listens {
    fn classify(&mut self, segment: &[f32], _: &Baseline) -> Result<Answer, ClassifierError> {
        self.segments.push(segment.to_vec());
        Ok(Answer { scores: Scores::UNIFORM, sound: Sound::Speech })
    }
}

/// Reads at every frame, and looks back on a whole utterance.
fn settings() -> PipelineSettings {
    PipelineSettings {
        hop_ms: 10,
        min_speech_ms: 10,
        segment_ms: 60_000,
        ..PipelineSettings::default()
    }
}

/// The last segment of each utterance that a pipeline collects from blocks of 20 ms.
fn collected(recipe: Recipe, samples: &[f32]) -> Vec<Vec<f32>> {
    let mut pipeline = Pipeline::new(
        &settings(),
        recipe,
        Thresholds::emotions_from(0.5),
        &[8_000],
        Listens::default(),
    )
    .expect("the recipe streams, and the rate is the stream's");
    let mut updates = Vec::new();
    for block in samples.chunks(160) {
        pipeline.push(0, block, &mut updates).expect("the classifier does not fail");
    }
    pipeline.finish(0, &mut updates).expect("the classifier does not fail");
    let mut utterances: Vec<Vec<f32>> = Vec::new();
    for segment in pipeline.classifier.segments {
        match utterances.last_mut() {
            Some(last) if segment.len() > last.len() => *last = segment,
            _ => utterances.push(segment),
        }
    }
    utterances
}

#[test]
fn the_frames_for_training_are_those_that_a_call_collects() {
    let silence = |ms: usize| vec![0.0; 8 * ms];
    let voice = voice(4, 8_000);
    // A pause that belongs to an utterance, and one that ends it.
    let clip = [&silence(300), &voice, &silence(1_000), &voice, &silence(3_500), &voice[..12_345]];
    let clip = clip.concat();
    for recipe in [Recipe::PhoneV1, Recipe::PhoneV2, Recipe::PhoneV3] {
        let pause_frames = recipe.frames_in_ms(settings().pause_ms);
        let cut = utterances(recipe, &clip, pause_frames).expect("the recipe streams");
        let n_frames: Vec<usize> = cut.iter().map(|one| one.ends.len()).collect();
        assert_eq!(n_frames.len(), 2, "{recipe}: {n_frames:?}");
        assert!(n_frames[0] > 600 && n_frames[1] > 100, "{recipe}: {n_frames:?}");
        // The first word begins after 0.3 s of silence, and what is left out is left out of the times.
        let first = &cut[0];
        assert!((2_400..8_000).contains(&first.ends[0]), "{recipe}: {}", first.ends[0]);
        assert!(first.ends.is_sorted() && first.ends.windows(2).any(|pair| pair[1] - pair[0] > 80));
        let cut: Vec<Vec<f32>> = cut.into_iter().map(|one| one.frames).collect();
        assert!(cut == collected(recipe, &clip), "{recipe}: {n_frames:?} frames");
    }
}
