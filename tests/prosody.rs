//! Facts of real speech whose number of syllables is known, through the whole pipeline. Runs where the
//! corpora are beside the project.

use hearing::classifier::ClassifierError;
use hearing::classifier::{Answer, Baseline, Classifier, Sound};
use hearing::emotion::{Scores, Thresholds};
use hearing::fact::Event;
use hearing::features::Recipe;
use hearing::pipeline::{Pipeline, PipelineSettings};
use hearing::prosody::Explanation;
use sound::recording::{Channel, decode};
use std::path::{Path, PathBuf};

/// Knows nothing.
struct Unsure;

impl Classifier for Unsure {
    fn classify(&mut self, _: &[f32], _: &Baseline) -> Result<Answer, ClassifierError> {
        Ok(Answer { scores: Scores::UNIFORM, sound: Sound::Speech })
    }
}

/// RAVDESS' sentences, "Kids are talking by the door" and "Dogs are sitting by the door", take 7 syllables.
const SYLLABLES: f32 = 7.0;

/// Of four voices together so many are counted, give or take: the window holds no whole number of clips.
const COUNT_TOLERANCE: f32 = 0.15;

const RATE_HZ: u32 = 16_000;

/// RAVDESS' codes of an emotion and its intensity.
const NEUTRAL: &str = "01-01";
const ANGRY: &str = "05-02";

/// Both sentences of an actor, each said twice.
fn clips(actor: u32, expression: &str) -> Vec<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/ravdess");
    let takes = ["01-01", "01-02", "02-01", "02-02"];
    takes.map(|take| data.join(format!("03-01-{expression}-{take}-{actor:02}.ogg"))).into()
}

/// What is told last of each list of clips, one voice's, that follow each other.
fn told_of(lists: &[Vec<PathBuf>]) -> Vec<Explanation> {
    let settings = PipelineSettings::default();
    let mut pipeline = Pipeline::new(
        &settings,
        Recipe::PhoneV2,
        Thresholds::emotions_from(0.5),
        &[RATE_HZ],
        Unsure,
    )
    .expect("the rate is usual");
    let mut told = Vec::new();
    for clips in lists {
        let mut updates = Vec::new();
        for clip in clips {
            pipeline.push(0, &samples(clip), &mut updates).expect("nothing can fail here");
        }
        told.extend(updates.iter().rev().find_map(|update| match update.event {
            Event::Facts(facts) => Some(facts),
            _ => None,
        }));
    }
    told
}

fn samples(clip: &Path) -> Vec<f32> {
    let decoded = decode(clip, Channel::Mix).expect("the clip decodes");
    assert_eq!(decoded.sample_rate_hz, RATE_HZ);
    decoded.samples
}

#[test]
#[expect(clippy::cast_precision_loss, reason = "lengths of short clips")]
fn a_voice_that_gets_angry_is_louder_and_higher_and_its_syllables_are_counted() {
    if !clips(1, NEUTRAL)[0].is_file() {
        return;
    }
    let mut ratios = Vec::new();
    // Pitch of these voices at rest by pYIN (librosa), widened by a fifth.
    for (actor, usual_hz) in
        [(1, 89.0..134.0), (2, 186.0..278.0), (11, 90.0..136.0), (20, 195.0..292.0)]
    {
        let neutral = clips(actor, NEUTRAL);
        let n_samples: usize = neutral.iter().map(|clip| samples(clip).len()).sum();
        let clips_per_s = neutral.len() as f32 * RATE_HZ as f32 / n_samples as f32;
        let calm = [neutral.clone(), neutral.clone(), neutral].concat();
        let told = told_of(&[calm, clips(actor, ANGRY)]);
        let [Explanation { facts, .. }, angry] = &told[..] else { panic!("{told:?}") };

        assert!(usual_hz.contains(&facts.pitch_hz.unwrap()), "actor {actor}: {facts:?}");
        assert!((2.0..12.0).contains(&facts.pitch_range_semitones.unwrap()), "{facts:?}");
        let per_s = facts.syllables_per_s * (1.0 - facts.pause_share);
        ratios.push(per_s / (SYLLABLES * clips_per_s));
        let change = angry.change.unwrap();
        assert_eq!(
            (change.loudness(), change.pitch()),
            (Some("louder"), Some("higher")),
            "{angry:?}"
        );
    }
    let mean = ratios.iter().sum::<f32>() / ratios.len() as f32;
    assert!((mean - 1.0).abs() < COUNT_TOLERANCE, "{ratios:?}");
}
