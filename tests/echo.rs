//! The operator is never read: not as an echo, as crosstalk, nor where both are on one channel.
//!
//! Two synthetic voices speak in turn. What the operator says comes to the caller's side in 24 ways, with 0 to 300 ms of
//! delay, 3 dB louder to 30 dB quieter, with and without a telephone's band and codec and another gain. A classifier
//! that takes everything for a reading shows what it is given.

#![expect(clippy::unwrap_used, reason = "a test that fails on `unwrap` says enough")]
#![expect(clippy::cast_precision_loss, reason = "small counts")]

use hearing::alert::AlertSettings;
use hearing::classifier::{Answer, Baseline, Classifier, ClassifierError, Sound};
use hearing::emotion::{Emotion, N_EMOTIONS, Scores, Thresholds};
use hearing::fact::{Event, Fact};
use hearing::features::Recipe;
use hearing::pipeline::{Pipeline, PipelineSettings};
use hearing::stream_time::StreamTime;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sound::g711::{mu_law, mu_law_code, of_i16, to_i16};
use std::f64::consts::TAU;

const RATE_HZ: u32 = 8_000;
/// How long each speaks in a turn; the operator begins.
const TURN_S: usize = 6;
const N_TURNS: usize = 6;
/// Blocks as a live source gives them.
const BLOCK_LEN: usize = 800;
/// Of a caller who speaks alone so many readings a second come, but for the first 1.2 s of each turn.
const READINGS_A_SECOND: f64 = 4.0;
/// At least so many of those that come where nobody else is heard.
const STILL_READ: f64 = 0.8;
/// What of the caller's turn is still heard or smoothed after it.
const AFTER: StreamTime = StreamTime::from_ms(400);

/// Takes everything for a reading.
struct Reads;

impl Classifier for Reads {
    fn classify(&mut self, _: &[f32], _: &Baseline) -> Result<Answer, ClassifierError> {
        let mut scores = [0.0; N_EMOTIONS];
        scores[Emotion::Fear.index()] = 1.0;
        Ok(Answer { scores: Scores(scores), sound: Sound::Speech })
    }
}

/// A voice from a seed: syllables of harmonics under formants that are another's each time, and breath.
#[expect(clippy::cast_possible_truncation, reason = "samples")]
fn voice(seed: u64, pitch_hz: f64, len: usize) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let rate = f64::from(RATE_HZ);
    let mut samples = Vec::with_capacity(len + 4_000);
    let (mut phase, mut breath) = (0.0, 0.0);
    while samples.len() < len {
        let n = rng.random_range(900..2_200);
        let pitch = pitch_hz * rng.random_range(0.85..1.25);
        let glide: f64 = rng.random_range(-0.2..0.2);
        let formants = [rng.random_range(300.0..800.0), rng.random_range(1_000.0..2_400.0)];
        let gain = rng.random_range(0.5..1.0);
        for at in 0..n {
            let part = f64::from(at) / f64::from(n);
            let now = pitch * (1.0 + glide * part);
            phase += now / rate;
            let mut sample = 0.0;
            for harmonic in 1..=12 {
                let hz = now * f64::from(harmonic);
                let near =
                    |formant: f64, width: f64| 1.0 / (1.0 + ((hz - formant) / width).powi(2));
                let level = near(formants[0], 120.0) + 0.5 * near(formants[1], 200.0);
                sample += level * (TAU * phase * f64::from(harmonic)).sin();
            }
            breath = 0.3 * breath + rng.random_range(-0.2..0.2);
            let swell = (part * std::f64::consts::PI).sin().sqrt();
            samples.push((0.12 * gain * swell * (sample + breath)) as f32);
        }
        let pause = rng.random_range(100..900);
        samples.resize(samples.len() + pause, 0.0);
    }
    samples.truncate(len);
    samples
}

/// A telephone's band (300 to 3,400 Hz, second order) and mu-law.
fn telephone(samples: &[f32]) -> Vec<f32> {
    let (mut low, mut last, mut high) = (0.0_f32, 0.0_f32, 0.0_f32);
    let through = samples.iter().map(|&sample| {
        low += 0.9 * (sample - low);
        high = 0.8 * (high + low - last);
        last = low;
        of_i16(mu_law(mu_law_code(to_i16(high))))
    });
    through.collect()
}

/// Who speaks alone at a sample.
fn is_operators(at: usize) -> bool {
    (at / (TURN_S * RATE_HZ as usize)).is_multiple_of(2)
}

/// Both voices, each silent in the other's turns.
fn turns() -> [Vec<f32>; 2] {
    let len = N_TURNS * TURN_S * RATE_HZ as usize;
    let alone = |seed, pitch_hz, is_meant: bool| {
        let mut samples = voice(seed, pitch_hz, len);
        for (at, sample) in samples.iter_mut().enumerate() {
            if is_operators(at) != is_meant {
                *sample = 0.0;
            }
        }
        samples
    };
    [alone(1, 110.0, true), alone(2, 190.0, false)]
}

fn delayed(samples: &[f32], ms: usize, gain: f32) -> Vec<f32> {
    let delay = ms * RATE_HZ as usize / 1000;
    let silence = std::iter::repeat_n(0.0, delay);
    silence.chain(samples.iter().map(|sample| gain * sample)).take(samples.len()).collect()
}

fn mixed(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

fn gain(db: f32) -> f32 {
    10.0_f32.powf(db / 20.0)
}

/// What a pipeline tells of the caller's side.
fn heard(caller: &[f32], operator: Option<&[f32]>) -> Vec<Fact> {
    let settings = PipelineSettings::default();
    let thresholds = Thresholds::emotions_from(0.5);
    let pipeline = Pipeline::new(&settings, Recipe::PhoneV3, thresholds, &[RATE_HZ], Reads);
    let mut pipeline = pipeline.unwrap().with_alerts(&AlertSettings::default());
    if operator.is_some() {
        pipeline = pipeline.with_operator(RATE_HZ, StreamTime::ZERO).unwrap();
    }
    let mut updates = Vec::new();
    for (number, block) in caller.chunks(BLOCK_LEN).enumerate() {
        if let Some(operator) = operator {
            let from = number * BLOCK_LEN;
            pipeline.push_operator(&operator[from..from + block.len()]);
        }
        pipeline.push(0, block, &mut updates).unwrap();
    }
    pipeline.finish(0, &mut updates).unwrap();
    updates
}

/// Readings, facts and alerts in the caller's turns, and what of them lies in the operator's, when the caller is silent.
fn whose(updates: &[Fact], delay_ms: usize) -> (usize, Vec<&Fact>) {
    let is_about = |update: &&Fact| {
        matches!(update.event, Event::Reading(_) | Event::Facts(_) | Event::Alert(_))
    };
    let (mut callers, mut operators) = (0, Vec::new());
    for update in updates.iter().filter(is_about) {
        let turn = StreamTime::from_ms(1000 * TURN_S as u64).0;
        let (number, within) = (update.at.0 / turn, StreamTime(update.at.0 % turn));
        let echo_ends = StreamTime::from_ms(delay_ms as u64);
        let is_operators_turn = number.is_multiple_of(2) && (within > AFTER || number == 0);
        let is_echo_of_it = !number.is_multiple_of(2) && within <= echo_ends;
        if is_operators_turn || is_echo_of_it {
            operators.push(update);
        } else if matches!(update.event, Event::Reading(_)) {
            callers += 1;
        }
    }
    (callers, operators)
}

#[test]
fn nothing_of_the_operator_is_read_in_24_echoes_and_the_caller_still_is() {
    let [operator, caller] = turns();
    let (alone, _) = whose(&heard(&caller, Some(&operator)), 0);
    let expected = READINGS_A_SECOND * 0.7 * (TURN_S * N_TURNS / 2) as f64;
    assert!(alone as f64 > expected, "{alone} readings where nothing echoes");
    let mut n_unguarded = 0;
    for delay_ms in [0, 60, 150, 300] {
        for level_db in [3.0, -12.0, -30.0] {
            for has_codec in [false, true] {
                let echo = delayed(&operator, delay_ms, gain(level_db));
                let mut side = mixed(&caller, &echo);
                if has_codec {
                    side = telephone(&side.iter().map(|sample| 0.6 * sample).collect::<Vec<_>>());
                }
                let (_, unguarded) = {
                    let updates = heard(&side, None);
                    let (callers, operators) = whose(&updates, delay_ms);
                    (callers, operators.len())
                };
                n_unguarded += usize::from(unguarded > 0);
                let updates = heard(&side, Some(&operator));
                let (callers, operators) = whose(&updates, delay_ms);
                println!(
                    "{delay_ms} ms {level_db} dB codec {has_codec}: {callers} of the caller ({alone}), \
                     {} of the operator ({unguarded} without the operator's side)",
                    operators.len()
                );
                assert!(operators.is_empty(), "{delay_ms} ms {level_db} dB: {operators:?}");
                assert!(callers as f64 >= STILL_READ * alone as f64, "{callers} of {alone}");
            }
        }
    }
    assert!(n_unguarded >= 16, "only {n_unguarded} of these echoes would be read at all");
}

#[test]
fn a_caller_is_read_with_a_silent_operator_and_with_one_who_is_another_voice() {
    let len = 60 * RATE_HZ as usize;
    let caller = voice(3, 200.0, len);
    let n = |updates: Vec<Fact>| {
        updates.iter().filter(|update| matches!(update.event, Event::Reading(_))).count()
    };
    let alone = n(heard(&caller, None));
    assert!(alone > 150, "{alone}");
    assert_eq!(n(heard(&caller, Some(&vec![0.0; len]))), alone);
    for (seed, pitch_hz) in [(4, 200.0), (5, 105.0), (6, 250.0)] {
        // Two such voices are more alike than two people's: a path may be found once.
        let beside = n(heard(&caller, Some(&voice(seed, pitch_hz, len))));
        assert!(beside as f64 >= 0.95 * alone as f64, "seed {seed}: {beside} of {alone}");
    }
}

/// Both speak all the time, and the operator is heard 15 dB below the caller.
#[test]
fn a_caller_who_speaks_over_a_quiet_echo_is_read() {
    let len = 60 * RATE_HZ as usize;
    let (caller, operator) = (voice(3, 200.0, len), voice(4, 120.0, len));
    let side = mixed(&caller, &delayed(&operator, 40, gain(-15.0)));
    let n = |updates: Vec<Fact>| {
        updates.iter().filter(|update| matches!(update.event, Event::Reading(_))).count()
    };
    let (alone, over) = (n(heard(&caller, None)), n(heard(&side, Some(&operator))));
    println!("{over} of {alone}");
    assert!(over as f64 > 0.6 * alone as f64, "{over} of {alone}");
}

/// The caller's voice comes to the operator's side, quieter and a little later: it is still the caller's.
#[test]
fn a_caller_who_is_heard_on_the_operators_side_is_read() {
    let [operator, caller] = turns();
    let (alone, _) = whose(&heard(&caller, Some(&operator)), 0);
    for (delay_ms, level_db) in [(0, -12.0), (40, -6.0), (120, 6.0)] {
        let side = mixed(&operator, &delayed(&caller, delay_ms, gain(level_db)));
        let (callers, _) = whose(&heard(&caller, Some(&side)), 0);
        assert!(callers as f64 >= 0.9 * alone as f64, "{delay_ms} ms: {callers} of {alone}");
    }
}

/// Mono made stereo: nobody can say who speaks.
#[test]
fn of_two_equal_channels_nothing_is_read() {
    let [operator, caller] = turns();
    let both = mixed(&caller, &operator);
    for gain in [1.0, 0.8] {
        let side: Vec<f32> = both.iter().map(|sample| gain * sample).collect();
        let updates = heard(&side, Some(&both));
        let is_read = |update: &&Fact| {
            matches!(update.event, Event::Reading(_) | Event::Facts(_) | Event::Alert(_))
        };
        assert_eq!(updates.iter().filter(is_read).count(), 0);
    }
}
