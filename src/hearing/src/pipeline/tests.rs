//! The composition with a classifier that answers what is asked of it.

mod alerts;
mod ears;
mod music;
mod together;

use super::*;
use crate::classifier::{Answer, Baseline, Sound};
use crate::emotion::{Emotion, N_EMOTIONS, Scores, Thresholds};
use crate::fact::SoundFault;
use crate::prosody::Explanation;
use crate::timeline::Activity;
use proptest::prelude::*;

/// Says fear, and notes how long each segment was and how much was known of the caller.
#[derive(Default)]
struct AlwaysFear {
    segment_frames: Vec<usize>,
    known_frames: Vec<usize>,
}

impl Classifier for AlwaysFear {
    fn classify(&mut self, segment: &[f32], known: &Baseline) -> Result<Answer, ClassifierError> {
        self.segment_frames.push(segment.len() / Recipe::PhoneV1.n_features());
        self.known_frames.push(known.n_frames());
        let mut scores = [0.0; N_EMOTIONS];
        scores[Emotion::Fear.index()] = 1.0;
        Ok(Answer { scores: Scores(scores), sound: Sound::Speech })
    }
}

fn pipeline(rate_hz: u32) -> Pipeline<AlwaysFear> {
    pipeline_with(Recipe::PhoneV1, rate_hz)
}

fn pipeline_with(recipe: Recipe, rate_hz: u32) -> Pipeline<AlwaysFear> {
    let settings = PipelineSettings::default();
    Pipeline::new(
        &settings,
        recipe,
        Thresholds::emotions_from(0.5),
        &[rate_hz],
        AlwaysFear::default(),
    )
    .expect("the recipe streams, and the rate is usual")
}

/// A voice-like signal: harmonics of a gliding pitch under formants, in syllables.
fn voice(seconds: u32, rate_hz: u32) -> Vec<f32> {
    let mut phase = 0.0_f64;
    (0..seconds * rate_hz)
        .map(|index| {
            let time = f64::from(index) / f64::from(rate_hz);
            let pitch = 150.0 + 40.0 * (time * 2.1).sin();
            phase += pitch / f64::from(rate_hz);
            let vowel = 500.0 + 200.0 * (time * 3.3).sin();
            let mut sample = 0.0;
            for harmonic in 1..20 {
                let frequency = f64::from(harmonic) * pitch;
                let gain = 1.0 / (1.0 + ((frequency - vowel) / 150.0).powi(2))
                    + 0.4 / (1.0 + ((frequency - 1700.0) / 250.0).powi(2));
                sample += gain * (std::f64::consts::TAU * phase * f64::from(harmonic)).sin();
            }
            let syllable = (time * std::f64::consts::TAU * 4.0).sin().max(0.0).sqrt();
            #[expect(clippy::cast_possible_truncation, reason = "a sample")]
            let sample = (0.15 * sample * syllable) as f32;
            sample
        })
        .collect()
}

fn run(samples: &[f32], rate_hz: u32, block_len: usize) -> (Vec<Fact>, Vec<usize>) {
    let mut pipeline = pipeline(rate_hz);
    let mut updates = Vec::new();
    for block in samples.chunks(block_len) {
        pipeline.push(0, block, &mut updates).expect("the classifier does not fail");
    }
    pipeline.finish(0, &mut updates).expect("the classifier does not fail");
    (updates, pipeline.classifier.segment_frames)
}

fn readings(updates: &[Fact]) -> Vec<StreamTime> {
    let is_reading = |update: &&Fact| matches!(update.event, Event::Reading(_));
    updates.iter().filter(is_reading).map(|update| update.at).collect()
}

/// Levels, and everything else: a level is told at once, the rest waits for the gate, so where it stands
/// among the others depends on the blocks.
fn levels_apart(updates: Vec<Fact>) -> (Vec<Fact>, Vec<Fact>) {
    updates.into_iter().partition(|update| matches!(update.event, Event::Level(_)))
}

#[test]
fn silence_yields_levels_and_no_reading() {
    let (updates, segments) = run(&vec![0.0; 80_000], 8_000, 800);
    assert!(segments.is_empty());
    let (levels, others) = levels_apart(updates);
    let at = StreamTime::from_ms(7_000);
    assert_eq!(
        others,
        [Fact { caller: 0, at, event: Event::Sound(Some(SoundFault::Silent)) }],
        "that there is nothing but zeros"
    );
    assert!(levels.len() >= 99);
}

#[test]
fn speech_yields_a_reading_each_hop_once_there_is_enough_of_it() {
    let (updates, segments) = run(&voice(8, 8_000), 8_000, 800);
    let times = readings(&updates);
    assert!(times.len() >= 15, "{} readings", times.len());
    assert!(times[0] >= StreamTime::from_ms(1200), "the first at {}", times[0].seconds());
    assert!(segments.iter().all(|frames| (120..=300).contains(frames)), "{segments:?}");
    assert_eq!(segments.last(), Some(&300));
    for pair in times.windows(2) {
        assert_eq!(pair[1].since(pair[0]).0 % StreamTime::from_ms(250).0, 0);
    }
    let activities: Vec<Activity> = updates
        .iter()
        .filter_map(|update| match update.event {
            Event::Activity(activity) => Some(activity),
            _ => None,
        })
        .collect();
    assert_eq!(activities[..2], [Activity::TooShort, Activity::Speaking]);
    assert_eq!(activities.last(), Some(&Activity::Listening));
}

#[test]
fn a_gap_is_told_with_its_length_and_speech_before_it_no_longer_counts() {
    let rate_hz = 16_000;
    let voice = voice(3, rate_hz);
    let mut pipeline = pipeline(rate_hz);
    let mut updates = Vec::new();
    pipeline.push(0, &voice, &mut updates).expect("no failure");
    pipeline.gap(0, 8_000, &mut updates).expect("no failure");
    let at_gap = pipeline.position(0);
    pipeline.push(0, &voice, &mut updates).expect("no failure");
    assert_eq!(at_gap, StreamTime::from_ms(3500));
    let gap = Gap { lost_samples: 8_000, rate_hz };
    assert_eq!(gap.length(), StreamTime::from_ms(500));
    assert!(updates.iter().any(|update| {
        update.event == Event::Gap(gap) && update.at == StreamTime::from_ms(3000)
    }));
    let times = readings(&updates);
    let after: Vec<_> = times.iter().filter(|at| **at > at_gap).collect();
    assert!(!after.is_empty() && after.len() < times.len(), "{times:?}");
    assert!(after[0].since(at_gap) >= StreamTime::from_ms(1200));
}

#[test]
fn muted_time_is_told_moves_the_position_and_is_forgotten_as_a_gap_is() {
    let rate_hz = 16_000;
    let voice = voice(3, rate_hz);
    let mut pipeline = pipeline(rate_hz);
    let mut updates = Vec::new();
    pipeline.push(0, &voice, &mut updates).expect("no failure");
    pipeline.muted(0, 160_000, &mut updates).expect("no failure");
    let unmuted = pipeline.position(0);
    assert_eq!(unmuted, StreamTime::from_ms(13_000));
    let told: Vec<_> =
        updates.iter().rev().take(2).map(|update| (update.at, update.event.clone())).collect();
    let muted = Muted { samples: 160_000, rate_hz };
    assert_eq!(muted.length(), StreamTime::from_ms(10_000));
    let at = StreamTime::from_ms(3000);
    let before = Event::Activity(Activity::Listening);
    assert_eq!(told, [(at, Event::Muted(muted)), (at, before)]);
    pipeline.push(0, &voice, &mut updates).expect("no failure");
    let times = readings(&updates);
    let first = times.iter().find(|at| **at > unmuted).expect("a reading after it");
    assert!(first.since(unmuted) >= StreamTime::from_ms(1200));
    assert!(!updates.iter().any(|update| matches!(update.event, Event::Gap(_))));
}

/// The only caller is shedding load, or no longer.
fn shed_load(pipeline: &mut Pipeline<AlwaysFear>, is_shedding: bool, updates: &mut Vec<Fact>) {
    pipeline.callers()[0].shed_load(is_shedding);
    pipeline.read().expect("no failure");
    pipeline.tell(0, updates);
}

/// The updates of 8 s of speech with load shed from 3 s to 5 s, and what its end gave.
fn shed_from_3_to_5_s(samples: &[f32]) -> (Vec<Fact>, Vec<Fact>) {
    let mut pipeline = pipeline(8_000);
    let (mut updates, mut at_end) = (Vec::new(), Vec::new());
    for (index, block) in samples.chunks(800).enumerate() {
        if index == 30 {
            shed_load(&mut pipeline, true, &mut updates);
        }
        if index == 50 {
            shed_load(&mut pipeline, false, &mut at_end);
            shed_load(&mut pipeline, false, &mut at_end);
            updates.extend(at_end.iter().cloned());
        }
        pipeline.push(0, block, &mut updates).expect("no failure");
    }
    pipeline.finish(0, &mut updates).expect("no failure");
    (updates, at_end)
}

#[test]
fn while_shedding_readings_are_counted_and_the_newest_segment_is_read_when_it_is_over() {
    let voice = voice(8, 8_000);
    let (whole, _) = run(&voice, 8_000, 800);
    let (updates, at_end) = shed_from_3_to_5_s(&voice);
    let [skipped, reading] = &at_end[..] else { panic!("{at_end:?}") };
    let Event::Skipped { readings: n_skipped } = skipped.event else { panic!("{skipped:?}") };
    assert!(matches!(reading.event, Event::Reading(_)));
    let second = |at: StreamTime| at.seconds();
    assert!(skipped.at <= reading.at && (4.6..5.0).contains(&second(reading.at)), "{reading:?}");
    let [all, made] = [&whole, &updates].map(|updates| readings(updates));
    assert!(!made.iter().any(|at| (3.0..4.6).contains(&second(*at))), "{made:?}");
    let left_out = all.iter().filter(|at| !made.contains(at)).count() as u64;
    assert!(n_skipped >= 5 && n_skipped.abs_diff(left_out) <= 1, "{n_skipped}, {left_out}");
    assert_eq!(made.last(), all.last(), "afterwards all is as it would have been");
}

#[test]
fn what_was_left_out_is_told_at_the_latest_when_the_speech_is_brought_to_its_end() {
    let mut pipeline = pipeline(8_000);
    let mut updates = Vec::new();
    shed_load(&mut pipeline, true, &mut updates);
    pipeline.push(0, &voice(4, 8_000), &mut updates).expect("no failure");
    assert!(readings(&updates).is_empty());
    pipeline.muted(0, 8_000, &mut updates).expect("no failure");
    let place = |is_it: &dyn Fn(&Event) -> bool| {
        updates.iter().position(|update| is_it(&update.event)).expect("it is told")
    };
    let skipped = place(&|event| matches!(event, Event::Skipped { readings } if *readings > 5));
    assert!(skipped < place(&|event| matches!(event, Event::Muted(_))));
    let before = updates.len();
    shed_load(&mut pipeline, false, &mut updates);
    assert_eq!(updates.len(), before, "once");
}

/// Facts of a pipeline with the voice in its frames.
fn facts(samples: &[f32]) -> Vec<(StreamTime, Explanation)> {
    let mut pipeline = pipeline_with(Recipe::PhoneV2, 8_000);
    let mut updates = Vec::new();
    pipeline.push(0, samples, &mut updates).expect("no failure");
    pipeline.finish(0, &mut updates).expect("no failure");
    let told = updates.into_iter().filter_map(|update| match update.event {
        Event::Facts(facts) => Some((update.at, facts)),
        _ => None,
    });
    told.collect()
}

#[test]
fn speech_is_explained_every_second_and_against_what_was_before() {
    let mut samples = voice(30, 8_000);
    for sample in &mut samples[24 * 8_000..] {
        *sample *= 3.0;
    }
    let told = facts(&samples);
    assert!(told.len() >= 26, "{told:?}");
    for pair in told.windows(2) {
        assert_eq!(pair[1].0.since(pair[0].0), StreamTime::from_ms(1000));
    }
    for (_, Explanation { facts, .. }) in &told {
        assert!((facts.syllables_per_s - 4.0).abs() < 0.4, "{facts:?}");
        // The pitch glides between 110 and 190 Hz.
        assert!((facts.pitch_hz.expect("voiced") - 150.0).abs() < 15.0, "{facts:?}");
        assert!((3.0..9.6).contains(&facts.pitch_range_semitones.expect("voiced")), "{facts:?}");
    }
    assert!(told.iter().all(|(at, facts)| facts.change.is_some() == (at.seconds() > 16.5)));
    // Threefold is 9.5 dB.
    let louder = told.last().expect("facts").1.change.expect("a baseline");
    assert!((louder.loudness_db - 9.5).abs() < 1.0, "{louder:?}");
    assert_eq!((louder.loudness(), louder.pitch(), louder.rate()), (Some("louder"), None, None));
}

#[test]
fn pauses_are_as_long_as_they_are_although_the_gate_closes_late() {
    let mut samples = Vec::new();
    for _ in 0..4 {
        samples.extend(voice(2, 8_000));
        samples.extend(vec![0.0; 8_000]);
    }
    samples.extend(voice(2, 8_000));
    let (_, last) = facts(&samples).pop().expect("facts");
    // The last 6 s are 2 s of silence and 4 of speech, whose syllables are 0.125 s with as much silence.
    assert!((last.facts.pause_share - 0.36).abs() < 0.06, "{last:?}");
}

#[test]
fn a_caller_is_known_by_the_speech_before_the_segment_and_forgotten_after_a_minute_of_silence() {
    let known_after = |silence_s: usize| {
        let mut pipeline = pipeline(8_000);
        let mut updates = Vec::new();
        for samples in [voice(6, 8_000), vec![0.0; silence_s * 8_000], voice(2, 8_000)] {
            pipeline.push(0, &samples, &mut updates).expect("the classifier never fails");
        }
        pipeline.classifier.known_frames
    };
    let known = known_after(40);
    assert_eq!(known[0], 0);
    assert!(known.last().is_some_and(|frames| *frames > 400), "{known:?}");
    let known = known_after(65);
    assert!(known.iter().any(|frames| *frames > 100), "{known:?}");
    assert_eq!(known.last(), Some(&0), "{known:?}");
}

#[test]
fn a_recipe_without_the_voice_explains_nothing() {
    let (updates, _) = run(&voice(8, 8_000), 8_000, 800);
    assert!(updates.iter().all(|update| !matches!(update.event, Event::Facts(_))));
}

#[test]
fn a_long_pause_begins_a_new_utterance_and_a_short_one_does_not() {
    let speech = voice(4, 8_000);
    let after_pause_of = |ms: usize| {
        let mut samples = speech.clone();
        samples.extend(vec![0.0; ms * 8]);
        samples.extend(&speech);
        let (updates, _) = run(&samples, 8_000, 800);
        let begin = StreamTime((speech.len() + ms * 8) as u64);
        let first = readings(&updates).into_iter().find(|at| *at > begin);
        first.expect("a reading after the pause").since(begin)
    };
    assert!(after_pause_of(900) < StreamTime::from_ms(1000));
    assert!(after_pause_of(2000) < StreamTime::from_ms(1000));
    assert!(after_pause_of(3000) >= StreamTime::from_ms(1200));
}

#[test]
fn a_seek_tells_both_places_and_goes_on_from_there() {
    let mut pipeline = pipeline(8_000);
    let mut updates = Vec::new();
    pipeline.push(0, &vec![0.0; 8_000], &mut updates).expect("no failure");
    pipeline.seek(0, 40_000, &mut updates).expect("no failure");
    assert_eq!(pipeline.position(0), StreamTime::from_ms(5000));
    let seek = updates.last().expect("a seek");
    assert_eq!(seek.at, StreamTime::from_ms(5000));
    assert_eq!(seek.event, Event::Seek { from: StreamTime::from_ms(1000) });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_split_of_the_audio_gives_the_same_levels_and_the_same_other_updates(
        cuts in prop::collection::vec(1_usize..9_000, 1..40),
        rate_hz in prop::sample::select(vec![8_000_u32, 16_000, 44_100]),
    ) {
        let samples = voice(5, rate_hz);
        let mut whole = Vec::new();
        let mut pipeline = pipeline_with(Recipe::PhoneV2, rate_hz);
        pipeline.push(0, &samples, &mut whole).expect("no failure");
        pipeline.finish(0, &mut whole).expect("no failure");
        prop_assert!(whole.iter().any(|update| matches!(update.event, Event::Facts(_))));
        let mut pipeline = pipeline_with(Recipe::PhoneV2, rate_hz);
        let mut updates = Vec::new();
        let mut rest = samples.as_slice();
        for cut in cuts.iter().cycle() {
            let (block, after) = rest.split_at((*cut).min(rest.len()));
            pipeline.push(0, block, &mut updates).expect("no failure");
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        pipeline.finish(0, &mut updates).expect("no failure");
        prop_assert_eq!(levels_apart(updates), levels_apart(whole));
    }
}
