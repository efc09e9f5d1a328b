//! How loud a voice arrives: a far handset, a near one, one that is too near.
//!
//! In: a clip and a change in dB. Out: the clip, louder or quieter, never beyond full scale.

use super::power;

/// A voice is not made quieter than this mean power in dB of full scale: the smallest step of the
/// mu-law is at -72 dB, and of a voice below it nothing would be left to learn from.
const QUIETEST_DB: f32 = -50.0;

/// Makes a clip louder or quieter by so many dB. What passes full scale is clipped to [-1, 1].
pub fn change_level(samples: &mut [f32], level_db: f32) {
    let gain = amplitude(level_db);
    for sample in samples {
        *sample = (*sample * gain).clamp(-1.0, 1.0);
    }
}

/// As [`change_level`], but makes no voice quieter than -50 dB of full scale, and leaves one that is
/// quieter as it is.
pub(super) fn change_level_audibly(samples: &mut [f32], level_db: f32) {
    #[expect(clippy::cast_possible_truncation, reason = "a level needs no more than an f32")]
    let now_db = 10.0 * power(samples).log10() as f32;
    let lowest_db = (QUIETEST_DB - now_db).min(0.0);
    change_level(samples, level_db.max(lowest_db));
}

/// Cuts off every peak that comes within `overdrive_db` of the clip's highest, as a microphone does
/// that is shouted at: the level stays, the peaks are flat.
pub fn overdrive(samples: &mut [f32], overdrive_db: f32) {
    let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    let ceiling = peak * amplitude(-overdrive_db);
    for sample in samples {
        *sample = sample.clamp(-ceiling, ceiling);
    }
}

/// The factor of so many dB.
pub(super) fn amplitude(level_db: f32) -> f32 {
    10.0_f32.powf(level_db / 20.0)
}

#[cfg(test)]
mod tests {
    use super::super::tests::sine;
    use super::*;

    #[test]
    fn a_level_change_scales_and_clips_at_full_scale() {
        let mut samples = [0.1, -0.5, 0.9];
        change_level(&mut samples, 6.0206);
        for (sample, expected) in samples.iter().zip([0.2, -1.0, 1.0]) {
            assert!((sample - expected).abs() < 1e-5, "{sample} {expected}");
        }
    }

    #[test]
    fn a_voice_fades_to_50_db_below_full_scale_and_no_further() {
        let level_after = |amplitude: f32, level_db: f32| {
            let mut samples = sine(200.0, amplitude);
            change_level_audibly(&mut samples, level_db);
            10.0 * power(&samples).log10()
        };
        // A sine of amplitude 1 is at -3.01 dB.
        for (amplitude, level_db, expected_db) in [
            (1.0, -35.0, -38.01),
            (0.1, -35.0, -50.0),
            (0.001, -35.0, -63.01),
            (0.001, 6.0, -57.01),
        ] {
            let level = level_after(amplitude, level_db);
            assert!((level - expected_db).abs() < 0.01, "{amplitude} {level_db}: {level}");
        }
        let mut silence = vec![0.0; 10];
        change_level_audibly(&mut silence, -35.0);
        assert_eq!(silence, vec![0.0; 10]);
    }

    #[test]
    fn an_overdriven_sine_is_flat_where_it_was_highest() {
        let mut samples = sine(100.0, 0.8);
        overdrive(&mut samples, 6.0206);
        let peak = samples.iter().copied().fold(0.0, f32::max);
        assert!((peak - 0.4).abs() < 1e-5, "{peak}");
        // A sine is above half its peak in a third of each of its halves, twice.
        let n_flat = samples.iter().filter(|sample| sample.abs() > 0.399_99).count();
        assert!(n_flat.abs_diff(8_000 * 2 / 3) < 100, "{n_flat}");
        overdrive(&mut samples, 0.0);
        overdrive(&mut [], 6.0);
        assert!(samples.iter().any(|sample| (sample - peak).abs() < f32::EPSILON));
    }
}
