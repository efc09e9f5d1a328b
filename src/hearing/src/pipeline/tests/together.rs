//! Several callers who are heard side by side and read at once, on one thread and on some.

use super::*;
use crate::classifier::Spoken;
use rayon::ThreadPoolBuilder;

/// Answers by the segment and what is known of the caller, and notes how many segments came at once.
#[derive(Default)]
struct ByContent {
    at_once: Vec<usize>,
}

impl Classifier for ByContent {
    #[expect(clippy::cast_precision_loss, reason = "some frames")]
    fn classify(&mut self, segment: &[f32], known: &Baseline) -> Result<Answer, ClassifierError> {
        let mean = segment.iter().sum::<f32>() / segment.len() as f32;
        let share = (mean.abs() + known.n_frames() as f32 / 1e4).fract();
        let mut scores = [0.0; N_EMOTIONS];
        scores[Emotion::Anger.index()] = share;
        scores[Emotion::Sadness.index()] = 1.0 - share;
        let sound = if (share * 10.0).fract() < 0.8 { Sound::Speech } else { Sound::Other };
        Ok(Answer { scores: Scores(scores), sound })
    }

    fn classify_all(
        &mut self,
        spoken: &[Spoken<'_>],
        answers: &mut Vec<Answer>,
    ) -> Result<(), ClassifierError> {
        self.at_once.push(spoken.len());
        for spoken in spoken {
            answers.push(self.classify(spoken.frames, spoken.baseline)?);
        }
        Ok(())
    }
}

const N_CALLERS: usize = 5;

fn pipeline_of_five() -> Pipeline<ByContent> {
    let settings = PipelineSettings { hop_ms: 20, ..PipelineSettings::default() };
    let rates = [8_000; N_CALLERS];
    let classifier = ByContent::default();
    let pipeline = Pipeline::new(
        &settings,
        Recipe::PhoneV2,
        Thresholds::emotions_from(0.5),
        &rates,
        classifier,
    );
    pipeline.expect("the recipe streams").with_alerts(&AlertSettings::default())
}

/// What each says: the same, but louder from caller to caller.
fn said(caller: u8) -> Vec<f32> {
    voice(5, 8_000).iter().map(|sample| sample * (0.5 + 0.1 * f32::from(caller))).collect()
}

/// Each caller's updates where all are heard side by side, block for block; and how many were read at once.
fn side_by_side(pool: Option<Arc<ThreadPool>>) -> (Vec<Vec<Fact>>, Vec<usize>) {
    let mut pipeline = pipeline_of_five().on_threads(pool);
    let said: Vec<Vec<f32>> = (0..5).map(said).collect();
    let mut updates = vec![Vec::new(); N_CALLERS];
    for start in (0..said[0].len()).step_by(400) {
        for (caller, said) in pipeline.callers().iter_mut().zip(&said) {
            caller.hear(&said[start..start + 400]);
        }
        pipeline.read().expect("it does not fail");
        for (caller, updates) in updates.iter_mut().enumerate() {
            pipeline.tell(caller, updates);
        }
    }
    for (caller, updates) in updates.iter_mut().enumerate() {
        pipeline.finish(caller, updates).expect("it does not fail");
    }
    (updates, pipeline.classifier.at_once)
}

#[test]
fn callers_who_are_read_at_once_get_what_each_gets_alone_on_any_number_of_threads() {
    let mut alone = vec![Vec::new(); N_CALLERS];
    let mut pipeline = pipeline_of_five();
    for (caller, updates) in alone.iter_mut().enumerate() {
        let samples = said(u8::try_from(caller).expect("five callers"));
        for block in samples.chunks(400) {
            pipeline.push(caller, block, updates).expect("it does not fail");
        }
        pipeline.finish(caller, updates).expect("it does not fail");
    }
    assert!(alone.iter().all(|updates| readings(updates).len() > 50));
    let (together, at_once) = side_by_side(None);
    assert!(together == alone);
    assert!(at_once.iter().any(|n| *n > 1), "{at_once:?}");
    let pool = ThreadPoolBuilder::new().num_threads(3).build().expect("three threads");
    let (on_threads, _) = side_by_side(Some(Arc::new(pool)));
    assert!(on_threads == alone);
}

/// The updates of somebody who says this in blocks of such a length, but for the levels; and how many segments
/// came at once.
fn alone(samples: &[f32], block_len: usize) -> (Vec<Fact>, Vec<usize>) {
    let settings = PipelineSettings { hop_ms: 50, ..PipelineSettings::default() };
    let classifier = ByContent::default();
    let mut pipeline = Pipeline::new(
        &settings,
        Recipe::PhoneV2,
        Thresholds::emotions_from(0.5),
        &[8_000],
        classifier,
    )
    .expect("the recipe streams");
    let mut updates = Vec::new();
    for block in samples.chunks(block_len) {
        pipeline.push(0, block, &mut updates).expect("it does not fail");
    }
    pipeline.finish(0, &mut updates).expect("it does not fail");
    (levels_apart(updates).1, pipeline.classifier.at_once)
}

#[test]
fn guessed_readings_are_those_of_the_moment_also_where_the_guess_is_wrong() {
    let mut samples = said(1);
    samples.extend(vec![0.0; 8_000]);
    samples.extend(said(3));
    let (expected, one_by_one) = alone(&samples, 80);
    assert!(one_by_one.iter().all(|n| *n == 1));
    let n_readings = readings(&expected).len();
    // Some are not taken for speech.
    assert!(n_readings > 60 && n_readings < one_by_one.len(), "{n_readings} {one_by_one:?}");
    let (guessed, at_once) = alone(&samples, 36_000);
    assert!(guessed == expected);
    assert_eq!(at_once.iter().max(), Some(&6));
    assert!(at_once.len() < one_by_one.len() / 2, "{} {at_once:?}", one_by_one.len());
    assert!(at_once.iter().sum::<usize>() > one_by_one.len(), "a wrong guess costs time");
}

#[test]
fn whoever_sheds_no_longer_is_read_at_once_with_all_others() {
    let mut pipeline = pipeline_of_five();
    for caller in pipeline.callers() {
        caller.shed_load(true);
        caller.hear(&said(0));
    }
    pipeline.read().expect("it does not fail");
    assert!(pipeline.classifier.at_once.is_empty());
    pipeline.callers().iter_mut().for_each(|caller| caller.shed_load(false));
    pipeline.read().expect("it does not fail");
    assert_eq!(pipeline.classifier.at_once, [N_CALLERS]);
    for caller in 0..N_CALLERS {
        let mut updates = Vec::new();
        pipeline.tell(caller, &mut updates);
        assert_eq!(readings(&updates).len(), 1);
    }
}

#[test]
fn a_failing_classifier_is_told_and_what_was_heard_before_stays() {
    struct Fails(ByContent);
    impl Classifier for Fails {
        fn classify(
            &mut self,
            segment: &[f32],
            known: &Baseline,
        ) -> Result<Answer, ClassifierError> {
            if self.0.at_once.len() > 3 {
                let (device, reason) = ("GPU Test".into(), "lost".into());
                return Err(ClassifierError::Device { device, reason });
            }
            self.0.at_once.push(1);
            Ok(Answer { sound: Sound::Speech, ..self.0.classify(segment, known)? })
        }
    }
    let settings = PipelineSettings::default();
    let classifier = Fails(ByContent::default());
    let mut pipeline = Pipeline::new(
        &settings,
        Recipe::PhoneV2,
        Thresholds::emotions_from(0.5),
        &[8_000],
        classifier,
    )
    .expect("the recipe streams");
    let mut updates = Vec::new();
    let said = said(3);
    let failures = said.chunks(800).filter(|block| {
        let pushed = pipeline.push(0, block, &mut updates);
        matches!(pushed, Err(PipelineError::Classifier(ClassifierError::Device { .. })))
    });
    assert!(failures.count() > 3);
    assert_eq!(readings(&updates).len(), 4);
    assert!(updates.iter().any(|update| update.at > readings(&updates)[3]));
}
