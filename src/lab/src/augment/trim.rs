//! Takes the silence off the ends of a clip.
//!
//! In: a clip. Out: the part from a little before its first loud frame to a little after its last.

use super::power;

/// Length of a frame.
const FRAME_MS: usize = 20;

/// Kept before the first loud frame and after the last, for soft consonants.
const MARGIN_MS: usize = 50;

/// A frame is loud from so far below the clip's own loud frames: the soft ends of words stay. Of 60
/// clips each, a half of RAVDESS (studio silence) and an eighth of EMOVO goes; clips with the noise of
/// a room (CREMA-D) or cut closely already (TESS, nEMO) stay nearly whole.
const THRESHOLD_DB: f64 = 35.0;

/// The clip's loud frames: the power that one frame in twenty exceeds. Not the loudest, which may
/// be a click.
const LOUD_PERCENTILE: usize = 95;

/// The clip without silence at its ends; pauses inside stay. By energy, relative to the clip's own
/// loudness, so a change of level changes nothing. A clip that is silent throughout comes back whole.
///
/// `rate_hz` is the clip's own rate; below 50 Hz there are no frames and nothing is cut.
#[must_use]
pub fn trim_silence(samples: &[f32], rate_hz: u32) -> &[f32] {
    let frame_len = rate_hz as usize * FRAME_MS / 1000;
    let margin_len = rate_hz as usize * MARGIN_MS / 1000;
    if frame_len == 0 || samples.is_empty() {
        return samples;
    }
    let powers: Vec<f64> = samples.chunks(frame_len).map(power).collect();
    let threshold = loud_power(&powers) / 10_f64.powf(THRESHOLD_DB / 10.0);
    let is_loud = |power: &f64| *power > 0.0 && *power >= threshold;
    let (Some(first), Some(last)) =
        (powers.iter().position(is_loud), powers.iter().rposition(is_loud))
    else {
        return samples;
    };
    let start = (first * frame_len).saturating_sub(margin_len);
    let end = ((last + 1) * frame_len + margin_len).min(samples.len());
    &samples[start..end]
}

fn loud_power(powers: &[f64]) -> f64 {
    let mut sorted = powers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() - 1) * LOUD_PERCENTILE / 100]
}

#[cfg(test)]
mod tests {
    use super::super::level::change_level;
    use super::super::tests::sine;
    use super::*;

    /// Half a second of `edge`, a second of voice, half a second of `edge`, at 8 kHz.
    fn between(edge: f32) -> Vec<f32> {
        let mut edge = sine(50.0, edge);
        edge.truncate(4_000);
        [edge.clone(), sine(200.0, 0.5), edge].concat()
    }

    #[test]
    fn silence_goes_but_for_50_ms() {
        for edge in [0.0, 0.005] {
            let samples = between(edge);
            let trimmed = trim_silence(&samples, 8_000);
            assert_eq!(trimmed, &samples[4_000 - 400..12_000 + 400]);
        }
    }

    #[test]
    fn what_is_less_than_35_db_below_the_voice_stays() {
        assert_eq!(trim_silence(&between(0.02), 8_000).len(), 16_000);
    }

    #[test]
    fn the_level_of_the_clip_changes_nothing() {
        let mut quiet = between(0.005);
        change_level(&mut quiet, -40.0);
        assert_eq!(trim_silence(&quiet, 8_000).len(), 8_800);
    }

    #[test]
    fn a_click_does_not_make_the_voice_silent() {
        let mut samples = between(0.0);
        change_level(&mut samples, -45.0);
        samples[9_000] = 1.0;
        assert_eq!(trim_silence(&samples, 8_000).len(), 8_800);
    }

    #[test]
    fn a_silent_an_empty_and_a_tiny_clip_come_back_whole() {
        assert_eq!(trim_silence(&[0.0; 1_000], 8_000).len(), 1_000);
        assert_eq!(trim_silence(&[], 8_000).len(), 0);
        assert_eq!(trim_silence(&[0.5; 3], 8_000).len(), 3);
        assert_eq!(trim_silence(&[0.5; 3], 40).len(), 3);
    }
}
