//! The tones of a telephone network: dial, ring and busy tones, dialled digits, information and fax tones.

use std::f32::consts::TAU;

use hearing::stream_time::STREAM_RATE_HZ;

/// A tone that comes and goes: frequencies in Hz (none for silence) for so many milliseconds, over again.
pub(super) struct Cadence {
    pub(super) name: &'static str,
    steps: &'static [(&'static [f32], u16)],
}

/// North American tones of the precise tone plan, those of Europe by ITU-T E.180 (425 Hz), digits of ITU-T
/// Q.23, the special information tone of E.180, and the calling tone of ITU-T T.30.
pub(super) const CADENCES: [Cadence; 11] = [
    Cadence { name: "dial tone 350+440 Hz", steps: &[(&[350.0, 440.0], 1_000)] },
    Cadence { name: "dial tone 425 Hz", steps: &[(&[425.0], 1_000)] },
    Cadence { name: "ring 440+480 Hz", steps: &[(&[440.0, 480.0], 2_000), (&[], 4_000)] },
    Cadence { name: "ring 425 Hz", steps: &[(&[425.0], 1_000), (&[], 4_000)] },
    Cadence { name: "busy 480+620 Hz", steps: &[(&[480.0, 620.0], 500), (&[], 500)] },
    Cadence { name: "busy 425 Hz", steps: &[(&[425.0], 500), (&[], 500)] },
    Cadence { name: "congestion 480+620 Hz", steps: &[(&[480.0, 620.0], 250), (&[], 250)] },
    Cadence {
        name: "information tone",
        steps: &[(&[950.0], 330), (&[1400.0], 330), (&[1800.0], 330), (&[], 1_000)],
    },
    Cadence { name: "fax 1100 Hz", steps: &[(&[1100.0], 500), (&[], 3_000)] },
    Cadence {
        name: "digits",
        steps: &[
            (&[697.0, 1209.0], 100),
            (&[], 100),
            (&[770.0, 1336.0], 100),
            (&[], 100),
            (&[852.0, 1477.0], 100),
            (&[], 100),
            (&[941.0, 1336.0], 100),
            (&[], 100),
            (&[697.0, 1477.0], 100),
            (&[], 400),
        ],
    },
    Cadence {
        name: "digits held",
        steps: &[(&[770.0, 1209.0], 800), (&[], 150), (&[852.0, 1336.0], 800), (&[], 150)],
    },
];

impl Cadence {
    /// So many samples of it at 8 kHz, in [-1, 1].
    pub(super) fn samples(&self, len: usize) -> Vec<f32> {
        let mut samples = Vec::with_capacity(len);
        for (frequencies, ms) in self.steps.iter().cycle() {
            let step_len = usize::from(*ms) * STREAM_RATE_HZ as usize / 1000;
            for index in 0..step_len.min(len - samples.len()) {
                samples.push(chord(frequencies, index));
            }
            if samples.len() == len {
                break;
            }
        }
        samples
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds of samples, few frequencies")]
fn chord(frequencies: &[f32], index: usize) -> f32 {
    let t = index as f32 / STREAM_RATE_HZ as f32;
    let sum: f32 = frequencies.iter().map(|frequency_hz| (TAU * frequency_hz * t).sin()).sum();
    sum / frequencies.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_tone_is_there_half_of_the_time_and_a_dial_tone_always() {
        let loud = |cadence: &Cadence| {
            let samples = cadence.samples(80_000);
            assert_eq!(samples.len(), 80_000);
            samples.chunks(800).filter(|part| part.iter().any(|s| s.abs() > 0.1)).count()
        };
        let named = |name| CADENCES.iter().find(|cadence| cadence.name == name).unwrap();
        assert_eq!(loud(named("busy 425 Hz")), 50);
        assert_eq!(loud(named("dial tone 350+440 Hz")), 100);
        assert_eq!(loud(named("ring 440+480 Hz")), 40);
    }
}
