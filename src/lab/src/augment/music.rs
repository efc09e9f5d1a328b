//! Music to be added to a voice: broken and whole chords of a plucked instrument, made here, so that no
//! recording's rights stand in the way.
//!
//! In: a length, a random generator. Out: samples at 8 kHz at no particular level.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use hearing::stream_time::STREAM_RATE_HZ;

/// Semitones above the key of the four chords that most songs are made of: I, V, vi, IV.
const CHORDS: [[i16; 3]; 4] = [[0, 4, 7], [7, 11, 14], [9, 12, 16], [5, 9, 12]];

/// Share of each harmonic of a string.
const HARMONICS: [(f32, f32); 4] = [(1.0, 1.0), (2.0, 0.5), (3.0, 0.3), (4.0, 0.15)];

/// A string loses 60 dB in so many seconds.
const RING_S: f32 = 1.5;

/// The lowest key: C3 and the eleven above it.
const LOWEST_KEY_HZ: f32 = 130.81;

/// So many samples of a song in a random key and tempo, from a random one of its chords on.
pub(super) fn music(len: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let key_hz = LOWEST_KEY_HZ * semitones(rng.random_range(0..12));
    let beat_len = rng.random_range(STREAM_RATE_HZ / 4..=STREAM_RATE_HZ / 2) as usize;
    let first = rng.random_range(0..CHORDS.len());
    let mut song = vec![0.0; len];
    for (beat, start) in (0..len).step_by(beat_len).enumerate() {
        // A chord lasts four beats: together with the bass on the first, one note on each of the others.
        let chord = CHORDS[(first + beat / 4) % CHORDS.len()];
        let notes: &[i16] = match beat % 4 {
            0 => &[chord[0] - 12, chord[0], chord[1], chord[2]],
            1 => &[chord[2]],
            2 => &[chord[1]],
            _ => &[chord[0] + 12],
        };
        for note in notes {
            pluck(&mut song[start..], key_hz * semitones(*note));
        }
    }
    song
}

/// Adds a string that is plucked at the beginning of `song`.
#[expect(clippy::cast_precision_loss, reason = "a few thousand samples")]
fn pluck(song: &mut [f32], frequency_hz: f32) {
    let decay = 1_000.0_f32.ln() / RING_S;
    let ring_len = (RING_S * STREAM_RATE_HZ as f32).min(song.len() as f32);
    for (n, sample) in (0_u16..).zip(song).take_while(|(n, _)| f32::from(*n) < ring_len) {
        let time_s = f32::from(n) / STREAM_RATE_HZ as f32;
        let turn = std::f32::consts::TAU * frequency_hz * time_s;
        let string: f32 =
            HARMONICS.iter().map(|(multiple, share)| share * (multiple * turn).sin()).sum();
        *sample += string * (-decay * time_s).exp();
    }
}

/// The ratio of frequencies of so many semitones.
fn semitones(n: i16) -> f32 {
    2.0_f32.powf(f32::from(n) / 12.0)
}

#[cfg(test)]
mod tests {
    use super::super::noise::tests::band_powers_db;
    use super::super::power;
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn a_string_sounds_at_its_pitch_and_dies_away() {
        let mut song = vec![0.0; 16_000];
        pluck(&mut song, 440.0);
        let powers = band_powers_db(&song[..8_000], &[100, 400, 480, 850, 910]);
        assert!(powers[1] > powers[0] + 20.0 && powers[1] > powers[2] + 20.0, "{powers:?}");
        assert!((powers[1] - powers[3] - 6.0).abs() < 1.0, "{powers:?}");
        let fall_db = 10.0 * (power(&song[..1_000]) / power(&song[8_000..9_000])).log10();
        assert!((fall_db - 40.0).abs() < 0.5, "{fall_db}");
        assert!(song[12_000..].iter().all(|sample| *sample == 0.0));
    }

    #[test]
    fn a_song_has_sound_on_every_beat_and_repeats_with_its_seed() {
        let song = |seed| music(20_000, &mut ChaCha8Rng::seed_from_u64(seed));
        assert_eq!(song(1), song(1));
        assert_ne!(song(1), song(2));
        assert!(song(1).chunks(4_000).all(|beat| power(beat) > 0.01));
        assert!(music(0, &mut ChaCha8Rng::seed_from_u64(1)).is_empty());
    }
}
