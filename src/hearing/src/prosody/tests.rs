//! Known sounds and known facts.

use super::*;
use crate::features::{Extractor, Recipe, Voice};

/// A rate is right within a tenth.
const RATE_TOLERANCE: f32 = 0.1;

/// Frames of audio that is speech all along.
fn frames(samples: &[f32]) -> Vec<Frame> {
    let mut extractor = Extractor::new(Recipe::PhoneV2).unwrap();
    let mut values = Vec::new();
    extractor.push(samples, &mut values);
    values
        .chunks_exact(Recipe::PhoneV2.n_features())
        .map(|frame| {
            let voice = Voice::of_frame(Recipe::PhoneV2, frame).expect("phone-v2 has it");
            Frame::of_voice(&voice, true)
        })
        .collect()
}

/// Harmonics within the telephone's band whose level goes up and down `rate_hz` times a second; the pitch
/// falls by `fall_semitones` during each second.
fn syllables(seconds: u32, pitch_hz: f32, fall_semitones: f32, rate_hz: f32) -> Vec<f32> {
    let mut phase = 0.0_f32;
    (0..seconds * 8000)
        .map(|n| {
            #[expect(clippy::cast_precision_loss, reason = "a short sound")]
            let time = n as f32 / 8000.0;
            let hz = pitch_hz * (-fall_semitones * time.fract() / 12.0).exp2();
            phase = (phase + hz / 8000.0).fract();
            let voice: f32 = (1..=30_u8)
                .map(f32::from)
                .filter(|harmonic| (300.0..3400.0).contains(&(harmonic * hz)))
                .map(|harmonic| (std::f32::consts::TAU * phase * harmonic).cos())
                .sum();
            let envelope = 0.55 - 0.45 * (std::f32::consts::TAU * rate_hz * time).cos();
            0.03 * envelope * voice
        })
        .collect()
}

fn facts(frames: &[Frame]) -> Facts {
    let mut prosody = Prosody::default();
    for frame in frames {
        prosody.push(frame);
    }
    prosody.explanation().expect("enough speech").facts
}

fn tone(level_db: f32, hz: f32, is_speech: bool) -> Frame {
    Frame { level_db, pitch_hz: Some(hz), is_speech }
}

fn hear(prosody: &mut Prosody, n_frames: usize, frame: Frame) {
    (0..n_frames).for_each(|_| prosody.push(&frame));
}

const SILENCE: Frame = Frame { level_db: -80.0, pitch_hz: None, is_speech: false };

#[test]
fn syllables_are_counted_as_they_are_made_at_any_pitch() {
    for pitch_hz in [90.0, 120.0, 210.0, 330.0] {
        for rate_hz in [3.0, 4.0, 5.0, 6.5] {
            let told = facts(&frames(&syllables(8, pitch_hz, 0.0, rate_hz))).syllables_per_s;
            assert!(
                (told / rate_hz - 1.0).abs() < RATE_TOLERANCE,
                "{told} at {rate_hz} a second and {pitch_hz} Hz"
            );
        }
    }
}

#[test]
fn pitch_and_its_movement_are_those_of_the_voice() {
    let level = facts(&frames(&syllables(8, 210.0, 0.0, 4.0)));
    assert!((level.pitch_hz.unwrap() / 210.0 - 1.0).abs() < 0.01, "{level:?}");
    assert!(level.pitch_range_semitones.unwrap() < 0.3, "{level:?}");
    // From 240 Hz down by 6 semitones evenly: the median lies 3 below, four fifths are 4.8 semitones.
    let falling = facts(&frames(&syllables(8, 240.0, 6.0, 4.0)));
    assert!((falling.pitch_hz.unwrap() / 201.8 - 1.0).abs() < 0.02, "{falling:?}");
    assert!((falling.pitch_range_semitones.unwrap() - 4.8).abs() < 0.5, "{falling:?}");
}

#[test]
fn loudness_is_that_of_the_speech_and_pauses_do_not_lower_it() {
    let mut prosody = Prosody::default();
    for _ in 0..3 {
        hear(&mut prosody, 100, tone(-20.0, 150.0, true));
        hear(&mut prosody, GATE_HOLD_FRAMES, Frame { is_speech: true, ..SILENCE });
        hear(&mut prosody, 25, SILENCE);
    }
    hear(&mut prosody, 1, tone(-20.0, 150.0, true));
    let facts = prosody.explanation().unwrap().facts;
    assert!((facts.loudness_db + 20.0).abs() < 1e-3, "{facts:?}");
    assert!((facts.pause_share - 150.0 / 451.0).abs() < 1e-4, "{facts:?}");
}

#[test]
fn another_ones_turn_is_no_pause_and_facts_begin_anew_after_it() {
    let mut prosody = Prosody::default();
    hear(&mut prosody, 400, tone(-20.0, 150.0, true));
    hear(&mut prosody, 350, SILENCE);
    hear(&mut prosody, 199, tone(-30.0, 200.0, true));
    assert_eq!(prosody.explanation(), None);
    hear(&mut prosody, 1, tone(-30.0, 200.0, true));
    let facts = prosody.explanation().unwrap().facts;
    assert!(facts.pause_share.abs() < 1e-6 && (facts.loudness_db + 30.0).abs() < 1e-3, "{facts:?}");
}

#[test]
fn a_change_is_told_against_all_speech_before_the_last_seconds_until_the_caller_is_forgotten() {
    let mut prosody = Prosody::default();
    hear(&mut prosody, 1599, tone(-26.0, 180.0, true));
    assert_eq!(prosody.explanation().unwrap().change, None);
    hear(&mut prosody, 1, tone(-26.0, 180.0, true));
    let change = prosody.explanation().unwrap().change.unwrap();
    assert_eq!((change.loudness(), change.pitch()), (None, None));

    hear(&mut prosody, WINDOW_FRAMES, tone(-20.0, 214.0, true));
    let change = prosody.explanation().unwrap().change.unwrap();
    assert!((change.loudness_db - 6.0).abs() < 1e-2, "{change:?}");
    assert!((change.pitch_semitones.unwrap() - 3.0).abs() < 0.11, "{change:?}");
    assert_eq!((change.loudness(), change.pitch()), (Some("louder"), Some("higher")));

    prosody.break_off();
    assert_eq!(prosody.explanation(), None);
    hear(&mut prosody, 300, tone(-20.0, 214.0, true));
    assert!(prosody.explanation().unwrap().change.is_some(), "the same caller after a gap");
    prosody.reset();
    hear(&mut prosody, 300, tone(-20.0, 214.0, true));
    assert_eq!(prosody.explanation().unwrap().change, None);
}
