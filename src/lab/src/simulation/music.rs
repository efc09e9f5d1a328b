//! Synthesised hold music: chords, a melody and a bass, as plucked strings or as sustained ones with vibrato.

use std::f32::consts::TAU;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use hearing::stream_time::STREAM_RATE_HZ;

/// How notes sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timbre {
    /// They die away, as on a piano.
    Plucked,
    /// They swell and tremble, as on a violin, or sung.
    Bowed,
}

/// Four chords of a major key as steps of a semitone above its tonic: I, vi, IV, V.
const CHORDS: [[u8; 3]; 4] = [[0, 4, 7], [9, 12, 16], [5, 9, 12], [7, 11, 14]];

/// Beats that a chord lasts.
const CHORD_BEATS: usize = 4;

/// Harmonics of a note.
const N_HARMONICS: u8 = 6;

/// So many samples of music at 8 kHz, about within [-1, 1].
pub(super) fn music(timbre: Timbre, len: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let tonic_hz = 130.8 * 2_f32.powf(rng.random_range(0.0..1.0));
    let beat_len = STREAM_RATE_HZ as usize * 60 / rng.random_range(70..140);
    let mut samples = vec![0.0; len];
    for (beat, start) in (0..len).step_by(beat_len).enumerate() {
        let chord = CHORDS[beat / CHORD_BEATS % CHORDS.len()];
        let hz = |semitones: u8| tonic_hz * 2_f32.powf(f32::from(semitones) / 12.0);
        let melody = chord[rng.random_range(0..3)] + 12;
        let half = beat_len / 2;
        let (first, second) = if rng.random_bool(0.4) { (half, half) } else { (beat_len, 0) };
        sound(&mut samples, start, first, hz(melody), 0.35, timbre);
        sound(&mut samples, start + half, second, hz(melody + 2), 0.35, timbre);
        if beat.is_multiple_of(CHORD_BEATS) {
            for step in chord {
                sound(&mut samples, start, CHORD_BEATS * beat_len, hz(step), 0.15, timbre);
            }
        }
        sound(&mut samples, start, beat_len, hz(chord[0]) / 2.0, 0.2, Timbre::Plucked);
    }
    samples
}

/// Adds a note.
#[expect(clippy::cast_precision_loss, reason = "seconds of samples")]
fn sound(
    samples: &mut [f32],
    start: usize,
    len: usize,
    pitch_hz: f32,
    loudness: f32,
    timbre: Timbre,
) {
    let end = (start + len).min(samples.len());
    let rate_hz = STREAM_RATE_HZ as f32;
    let length_s = len as f32 / rate_hz;
    for (index, sample) in samples[start.min(end)..end].iter_mut().enumerate() {
        let t = index as f32 / rate_hz;
        let (envelope, vibrato) = match timbre {
            Timbre::Plucked => ((-3.0 * t).exp() * (t / 0.005).min(1.0), 0.0),
            Timbre::Bowed => {
                let swell = (t / 0.08).min(1.0) * ((length_s - t) / 0.08).clamp(0.0, 1.0);
                (swell, 0.012 * (TAU * 5.5 * t).sin() / 5.5)
            }
        };
        let phase = TAU * pitch_hz * (t + vibrato / TAU);
        let harmonics = (1..=N_HARMONICS).filter(|n| pitch_hz * f32::from(*n) < rate_hz / 2.0);
        let tone: f32 = harmonics.map(|n| (phase * f32::from(n)).sin() / f32::from(n)).sum();
        *sample += loudness * envelope * tone;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn music_sounds_throughout_and_stays_near_full_scale() {
        for timbre in [Timbre::Plucked, Timbre::Bowed] {
            let mut rng = ChaCha8Rng::seed_from_u64(3);
            let samples = music(timbre, 80_000, &mut rng);
            assert!(samples.iter().all(|sample| sample.abs() < 2.5));
            assert!(samples.chunks(8_000).all(|part| part.iter().any(|s| s.abs() > 0.05)));
        }
    }
}
