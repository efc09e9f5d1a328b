//! What passes the gate and is no speech.

use super::*;

/// Says that nothing is speech, as a model does of music that passed the gate.
struct NoSpeech;

impl Classifier for NoSpeech {
    fn classify(&mut self, _: &[f32], _: &Baseline) -> Result<Answer, ClassifierError> {
        Ok(Answer { scores: Scores::UNIFORM, sound: Sound::Doubtful })
    }
}

#[test]
fn what_the_model_does_not_take_for_speech_is_neither_read_nor_explained() {
    let settings = PipelineSettings::default();
    let mut pipeline = Pipeline::new(
        &settings,
        Recipe::PhoneV2,
        Thresholds::emotions_from(0.5),
        &[8_000],
        NoSpeech,
    )
    .expect("it streams");
    let mut updates = Vec::new();
    pipeline.push(0, &voice(8, 8_000), &mut updates).expect("no failure");
    let is_told = |update: &Fact| matches!(update.event, Event::Facts(_) | Event::Reading(_));
    assert!(updates.len() > 70 && !updates.iter().any(is_told));
}

/// Says of the first `n` segments that they are this sound, and that the others are speech.
struct MusicFirst {
    n: usize,
    sound: Sound,
}

impl Classifier for MusicFirst {
    fn classify(&mut self, _: &[f32], _: &Baseline) -> Result<Answer, ClassifierError> {
        let sound = if self.n > 0 { self.sound } else { Sound::Speech };
        self.n = self.n.saturating_sub(1);
        Ok(Answer { scores: Scores::UNIFORM, sound })
    }
}

/// For how many seconds of 16, in four pieces with pauses between them, the caller is said to speak.
fn spoken_s(classifier: MusicFirst) -> f64 {
    let settings = PipelineSettings::default();
    let thresholds = Thresholds::emotions_from(0.5);
    let mut pipeline = Pipeline::new(&settings, Recipe::PhoneV2, thresholds, &[8_000], classifier)
        .expect("it streams");
    let mut updates = Vec::new();
    for _ in 0..4 {
        pipeline.push(0, &voice(4, 8_000), &mut updates).expect("no failure");
        pipeline.push(0, &vec![0.0; 8_000], &mut updates).expect("no failure");
    }
    pipeline.finish(0, &mut updates).expect("no failure");
    let (mut spoken, mut since) = (0.0, None);
    for update in updates {
        if let Event::Activity(activity) = update.event {
            spoken += since.map_or(0.0, |since| update.at.since(since).seconds());
            since = (activity != Activity::Listening).then_some(update.at);
        }
    }
    spoken
}

#[test]
fn hold_music_and_tones_are_not_the_caller_s_time_and_doubtful_speech_is() {
    let speech = spoken_s(MusicFirst { n: 0, sound: Sound::Doubtful });
    assert!(speech > 14.0, "{speech}");
    let doubtful = spoken_s(MusicFirst { n: usize::MAX, sound: Sound::Doubtful });
    assert!((doubtful - speech).abs() < 0.1, "{doubtful}");
    let music = spoken_s(MusicFirst { n: usize::MAX, sound: Sound::Other });
    assert!(music < 1.8, "only until the first answer: {music}");
    let speech_after_music = spoken_s(MusicFirst { n: 20, sound: Sound::Other });
    assert!((4.0..12.0).contains(&speech_after_music), "{speech_after_music}");
}
