use super::*;
use crate::features::Recipe;
use crate::stream_time::STREAM_RATE_HZ;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Noise in a voice's band that swells and fades like words, from a seed.
fn voice(seed: u64, n: usize) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut last = 0.0_f32;
    let mut gain = 0.0;
    (0..n)
        .map(|at| {
            if at % 1_200 == 0 {
                gain = if rng.random_bool(0.7) { rng.random_range(0.05..0.5) } else { 0.0 };
            }
            last = 0.7 * last + rng.random_range(-1.0..1.0_f32);
            gain * last * 0.3
        })
        .collect()
}

/// The share of decisions that say echo, when the caller's side is this.
fn share(spoken: &[f32], own: &[f32], block: usize) -> f32 {
    share_with(StreamTime::ZERO, spoken, own, block)
}

/// The same when what the operator says comes later by a lag: the caller's side is heard first.
fn share_with(lag: StreamTime, spoken: &[f32], own: &[f32], block: usize) -> f32 {
    let decisions = decided(lag, spoken, own, block);
    let n_echo = decisions.iter().filter(|is_echo| **is_echo).count();
    #[expect(clippy::cast_precision_loss, reason = "a few decisions")]
    let share = n_echo as f32 / decisions.len() as f32;
    share
}

fn decided(lag: StreamTime, spoken: &[f32], own: &[f32], block: usize) -> Vec<bool> {
    let known = "the stream's own rate";
    let mut operator = Operator::new(Recipe::PhoneV2, STREAM_RATE_HZ, lag).expect(known);
    let mut echo = Echo::new(lag);
    let silence = vec![0.0; usize::try_from(lag.0).expect("a short lag")];
    let own = [own, &silence].concat();
    let (head, own) = own.split_at(silence.len());
    echo.hear(head, StreamTime::ZERO, &operator);
    for (spoken, own) in spoken.chunks(block).zip(own.chunks(block)) {
        operator.push(spoken);
        echo.hear(own, StreamTime::ZERO, &operator);
    }
    echo.finish();
    echo.hear(&[], StreamTime::ZERO, &operator);
    echo.decisions.iter().map(|decision| decision.is_echo).collect()
}

fn delayed(samples: &[f32], delay: usize, gain: f32) -> Vec<f32> {
    (0..samples.len()).map(|n| if n < delay { 0.0 } else { gain * samples[n - delay] }).collect()
}

fn mixed(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

#[test]
fn an_echo_is_found_at_any_delay_and_loudness_and_another_voice_is_not_an_echo() {
    let (operator, caller) = (voice(1, 120_000), voice(2, 120_000));
    for delay in [0, 200, 1_234, 3_500] {
        for gain in [1.4, 0.25, 0.03] {
            let noise: Vec<f32> = voice(3, 120_000).iter().map(|sample| sample * 0.003).collect();
            let echo = mixed(&delayed(&operator, delay, gain), &noise);
            let share = share(&operator, &echo, 160);
            assert!(share > 0.7, "{delay} {gain}: {share}");
        }
    }
    assert!(share(&operator, &caller, 160) < 1e-6);
    assert!(share(&operator, &vec![0.0; 120_000], 160) < 1e-6);
}

#[test]
fn an_echo_is_found_where_the_operators_side_comes_later() {
    let lag = StreamTime::from_ms(300);
    let operator = voice(1, 120_000);
    for delay in [0, 1_234] {
        let echo = delayed(&operator, delay, 0.1);
        assert!(share_with(lag, &operator, &echo, 800) > 0.7);
    }
}

#[test]
fn a_caller_who_speaks_over_the_echo_is_heard() {
    let (operator, caller) = (voice(1, 120_000), voice(2, 120_000));
    let caller: Vec<f32> = caller.iter().map(|sample| sample * 1.5).collect();
    let both = mixed(&caller, &delayed(&operator, 800, 0.1));
    let share = share(&operator, &both, 160);
    assert!(share < 0.35, "{share}");
}

#[test]
fn decisions_do_not_depend_on_the_blocks() {
    let operator = voice(1, 60_000);
    let echo = delayed(&operator, 900, 0.2);
    let first = decided(StreamTime::ZERO, &operator, &echo, 37);
    assert!(first.len() > 140 && first.contains(&true));
    for block in [160, 4_000] {
        assert_eq!(decided(StreamTime::ZERO, &operator, &echo, block), first, "{block}");
    }
}

#[test]
fn equal_sides_are_told_after_some_seconds_and_an_echo_with_a_caller_is_not() {
    let (operator, caller) = (voice(1, 120_000), voice(2, 120_000));
    for (side, is_same) in [
        (operator.clone(), true),
        (operator.iter().map(|sample| sample * -0.9).collect(), true),
        (mixed(&operator, &caller), false),
        (delayed(&operator, 0, 0.25), false),
    ] {
        let mut heard =
            Operator::new(Recipe::PhoneV2, STREAM_RATE_HZ, StreamTime::ZERO).expect("its own rate");
        let mut echo = Echo::new(StreamTime::ZERO);
        for (spoken, own) in operator.chunks(800).zip(side.chunks(800)) {
            heard.push(spoken);
            echo.hear(own, StreamTime::ZERO, &heard);
        }
        assert_eq!(echo.decisions.back().map(|decision| decision.is_same), Some(is_same));
    }
}
