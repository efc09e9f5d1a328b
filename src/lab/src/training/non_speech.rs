//! Sound that is no speech, at 8 kHz, for the network to learn silence on: pieces of recorded noises, and
//! made-up line noise, tones and music.
//!
//! In: recordings, or a seed. Out: pieces of at most three seconds. Keeps nothing between calls.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use std::f32::consts::TAU;

/// Samples a second.
const RATE_HZ: f32 = 8_000.0;
/// The longest piece: what a reading looks back on.
const PIECE_LEN: usize = 24_000;
/// A shorter rest of a recording is left out: the least speech for a reading.
const LEAST_LEN: usize = 9_600;
/// Below this mean square a piece is silence, which the speech gate holds back.
const LEAST_POWER: f32 = 1e-7;
/// Pieces taken of one piece of music, so that no long one outweighs the others.
const MOST_PIECES: usize = 12;
/// Made-up pieces of each kind.
const N_EACH: usize = 60;

/// Row and column frequencies of a telephone's keys (ITU-T Q.23).
const KEY_ROWS_HZ: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
const KEY_COLUMNS_HZ: [f32; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
/// Pairs of a line's own tones in several countries (ITU-T E.180, annex): dial, ring, busy.
const LINE_TONES_HZ: [(f32, f32); 6] = [
    (350.0, 440.0),
    (425.0, 425.0),
    (440.0, 480.0),
    (480.0, 620.0),
    (400.0, 450.0),
    (400.0, 400.0),
];

/// Recordings cut into pieces; silent ones and short rests are left out.
#[must_use]
pub fn pieces(recordings: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let loud = |piece: &&[f32]| {
        #[expect(clippy::cast_precision_loss, reason = "a short piece")]
        let power = piece.iter().map(|sample| sample * sample).sum::<f32>() / piece.len() as f32;
        piece.len() >= LEAST_LEN && power > LEAST_POWER
    };
    let cut = |recording: &Vec<f32>| {
        recording.chunks(PIECE_LEN).filter(loud).map(<[f32]>::to_vec).collect::<Vec<_>>()
    };
    recordings.iter().flat_map(cut).collect()
}

/// A few pieces of a long recording, evenly spread over it.
#[must_use]
pub fn some_pieces(recording: &[f32]) -> Vec<Vec<f32>> {
    let all = pieces(&[recording.to_vec()]);
    let n = all.len().min(MOST_PIECES);
    (0..n).map(|number| all[number * all.len() / n].clone()).collect()
}

/// Made-up pieces: noise, the line's tones, keys, sweeps and music. The same seed gives the same pieces.
#[must_use]
pub fn synthesised(seed: u64) -> Vec<Vec<f32>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let kinds = [noise, line_tone, keys, sweep, music, music];
    (0..N_EACH).flat_map(|_| kinds).map(|kind| levelled(kind(&mut rng), &mut rng)).collect()
}

/// At a random level from -45 to -3 dB of full scale at its highest point.
fn levelled(mut piece: Vec<f32>, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let highest = piece.iter().fold(1e-6_f32, |highest, sample| highest.max(sample.abs()));
    let gain = 10_f32.powf(rng.random_range(-45.0..-3.0) / 20.0) / highest;
    for sample in &mut piece {
        *sample *= gain;
    }
    piece
}

/// White to brown noise, steady or slowly rising and falling.
fn noise(rng: &mut ChaCha8Rng) -> Vec<f32> {
    let (smooth, swell_hz) = (rng.random_range(0.0..0.98_f32), rng.random_range(0.1..6.0_f32));
    let depth = if rng.random_bool(0.5) { rng.random_range(0.0..0.9) } else { 0.0 };
    let mut last = 0.0;
    (0..PIECE_LEN)
        .map(|n| {
            let white: f32 = StandardNormal.sample(rng);
            last = smooth * last + (1.0 - smooth) * white;
            last * (1.0 - depth * 0.5 * (1.0 + (TAU * swell_hz * seconds(n)).sin()))
        })
        .collect()
}

/// A pair of tones, steady or switched on and off.
fn line_tone(rng: &mut ChaCha8Rng) -> Vec<f32> {
    let (low_hz, high_hz) = LINE_TONES_HZ[rng.random_range(0..LINE_TONES_HZ.len())];
    let detune = rng.random_range(0.97..1.03_f32);
    let (on_s, off_s) = if rng.random_bool(0.4) {
        (10.0, 0.0)
    } else {
        (rng.random_range(0.1..2.0_f32), rng.random_range(0.05..1.0_f32))
    };
    let hiss = rng.random_range(0.0..0.02_f32);
    (0..PIECE_LEN)
        .map(|n| {
            let time = seconds(n);
            let is_on = if time % (on_s + off_s) < on_s { 1.0 } else { 0.0 };
            let white: f32 = StandardNormal.sample(rng);
            let tone = |hz: f32| (TAU * hz * detune * time).sin();
            is_on * 0.5 * (tone(low_hz) + tone(high_hz)) + hiss * white
        })
        .collect()
}

/// Keys pressed at random.
fn keys(rng: &mut ChaCha8Rng) -> Vec<f32> {
    let mut piece = Vec::with_capacity(PIECE_LEN);
    while piece.len() < PIECE_LEN {
        let row = KEY_ROWS_HZ[rng.random_range(0..4)];
        let column = KEY_COLUMNS_HZ[rng.random_range(0..4)];
        let (on, off) = (rng.random_range(400..2400), rng.random_range(300..2000));
        let tone = |n| 0.5 * ((TAU * row * seconds(n)).sin() + (TAU * column * seconds(n)).sin());
        piece.extend((0..on).map(tone));
        piece.resize(piece.len() + off, 0.0);
    }
    piece.truncate(PIECE_LEN);
    piece
}

/// A tone that glides up and down, as sirens and machines do.
fn sweep(rng: &mut ChaCha8Rng) -> Vec<f32> {
    let (middle_hz, rate_hz) =
        (rng.random_range(250.0..2000.0_f32), rng.random_range(0.1..5.0_f32));
    let (width, harmonics) = (rng.random_range(0.0..0.6_f32), rng.random_range(1..6_u8));
    let mut phase = 0.0_f32;
    (0..PIECE_LEN)
        .map(|n| {
            let hz = middle_hz * (1.0 + width * (TAU * rate_hz * seconds(n)).sin());
            phase = (phase + TAU * hz / RATE_HZ) % TAU;
            (1..=harmonics).map(|k| (phase * f32::from(k)).sin() / f32::from(k)).sum()
        })
        .collect()
}

/// Notes of one to four voices with overtones that die away, over a beat or not.
fn music(rng: &mut ChaCha8Rng) -> Vec<f32> {
    let mut piece = vec![0.0_f32; PIECE_LEN];
    let beat = rng.random_range(1000..6000_usize);
    let root_hz = rng.random_range(80.0..330.0_f32);
    let (decay_s, tilt) = (rng.random_range(0.1..2.0_f32), rng.random_range(0.5..2.0_f32));
    let vibrato = if rng.random_bool(0.3) { rng.random_range(0.0..0.3_f32) } else { 0.0 };
    let drums = rng.random_bool(0.4);
    for start in (0..PIECE_LEN).step_by(beat) {
        for _ in 0..rng.random_range(1..=4_u8) {
            // Steps of a major scale over two octaves.
            let step = [0_u8, 2, 4, 5, 7, 9, 11, 12, 14, 16, 19, 24][rng.random_range(0..12_usize)];
            let hz = root_hz * 2_f32.powf(f32::from(step) / 12.0);
            for (n, sample) in piece[start..].iter_mut().enumerate().take(4 * beat) {
                let time = seconds(n);
                let attack = (time / 0.01).min(1.0);
                let bend = vibrato * (TAU * 5.5 * time).sin();
                let tone: f32 = (1..=6_u8)
                    .filter(|k| hz * f32::from(*k) < 3_800.0)
                    .map(|k| {
                        let k = f32::from(k);
                        (TAU * hz * k * time + k * bend).sin() / k.powf(tilt)
                    })
                    .sum();
                *sample += attack * (-time / decay_s).exp() * tone;
            }
        }
        if drums {
            for (n, sample) in piece[start..].iter_mut().enumerate().take(beat) {
                let white: f32 = StandardNormal.sample(rng);
                *sample += 1.5 * white * (-seconds(n) / 0.03).exp();
            }
        }
    }
    piece
}

#[expect(clippy::cast_precision_loss, reason = "a short piece")]
fn seconds(sample: usize) -> f32 {
    sample as f32 / RATE_HZ
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_piece_of_music_gives_a_few_pieces_from_all_over_it() {
        let recording: Vec<f32> =
            (0..100_u8).flat_map(|part| vec![f32::from(part) + 1.0; PIECE_LEN]).collect();
        let some = some_pieces(&recording);
        assert_eq!(some.len(), MOST_PIECES);
        assert!(some.first().is_some_and(|piece| piece[0] < 2.0));
        assert!(some.last().is_some_and(|piece| piece[0] > 90.0));
        assert!(some_pieces(&recording[..LEAST_LEN - 1]).is_empty());
    }

    #[test]
    fn made_up_pieces_are_loud_enough_never_clip_and_repeat_with_the_seed() {
        let pieces = synthesised(3);
        assert_eq!(pieces.len(), 6 * N_EACH);
        for piece in &pieces {
            let highest = piece.iter().fold(0.0_f32, |highest, sample| highest.max(sample.abs()));
            assert_eq!(piece.len(), PIECE_LEN);
            assert!((0.005..0.72).contains(&highest), "{highest}");
        }
        assert_eq!(pieces[..7], synthesised(3)[..7]);
        assert_ne!(pieces[0], synthesised(4)[0]);
    }

    #[test]
    fn recordings_are_cut_and_silence_and_short_rests_are_left_out() {
        let recordings =
            [vec![0.1; 2 * PIECE_LEN + LEAST_LEN], vec![0.1; LEAST_LEN - 1], vec![0.0; 20_000]];
        let lengths: Vec<usize> = pieces(&recordings).iter().map(Vec::len).collect();
        assert_eq!(lengths, [PIECE_LEN, PIECE_LEN, LEAST_LEN]);
    }
}
