//! Another speed of speech, and with it another pitch, as from a tape that runs too fast.
//!
//! In: a clip at 8 kHz and a speed in percent. Out: a shorter or longer clip.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use hearing::stream_time::STREAM_RATE_HZ;
use resample::resample_all;

/// Speeds that keep the emotion, in percent (Ko et al., "Audio augmentation for speech recognition",
/// 2015, use 90 to 110 too).
const SPEEDS_PERCENT: std::ops::RangeInclusive<u32> = 90..=110;

/// Steps between two speeds: rates far apart from 8 kHz's divisors are slow to resample to.
const STEP_PERCENT: u32 = 2;

/// A speed in percent of the clip's own, from 90 to 110; 100 in half of the draws.
pub fn random_speed_percent(rng: &mut ChaCha8Rng) -> u32 {
    if rng.random_bool(0.5) {
        return 100;
    }
    let n_steps = (SPEEDS_PERCENT.end() - SPEEDS_PERCENT.start()) / STEP_PERCENT;
    SPEEDS_PERCENT.start() + STEP_PERCENT * rng.random_range(0..=n_steps)
}

/// Plays a clip at so many percent of its speed: pitch and formants move with it.
///
/// # Panics
/// If the speed is below 13 or above 9,600 percent.
pub fn change_speed(samples: &mut Vec<f32>, speed_percent: u32) {
    if speed_percent == 100 {
        return;
    }
    let played_hz = STREAM_RATE_HZ / 100 * speed_percent;
    *samples = resample_all(samples, played_hz, STREAM_RATE_HZ)
        .expect("the rate lies between 1 and 768 kHz");
}

#[cfg(test)]
mod tests {
    use super::super::tests::sine;
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn a_faster_clip_is_shorter_and_higher_and_as_loud() {
        let mut samples = sine(400.0, 0.5);
        change_speed(&mut samples, 110);
        assert_eq!(samples.len(), 7_273);
        let expected = sine(440.0, 0.5);
        for n in 400..6_800 {
            assert!((samples[n] - expected[n]).abs() < 1e-3, "{n}: {}", samples[n]);
        }
    }

    #[test]
    fn the_clips_own_speed_changes_nothing() {
        let mut samples = sine(400.0, 0.5);
        change_speed(&mut samples, 100);
        assert_eq!(samples, sine(400.0, 0.5));
    }

    #[test]
    fn half_of_the_drawn_speeds_are_others_within_ten_percent() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let speeds: Vec<u32> = (0..4_000).map(|_| random_speed_percent(&mut rng)).collect();
        assert!(speeds.iter().all(|speed| SPEEDS_PERCENT.contains(speed)));
        assert!(speeds.contains(&90) && speeds.contains(&110));
        // The half, and the one of eleven of the other half that is the clip's own.
        let n_same = speeds.iter().filter(|speed| **speed == 100).count();
        assert!(n_same.abs_diff(2_000 + 2_000 / 11) < 130, "{n_same}");
    }
}
