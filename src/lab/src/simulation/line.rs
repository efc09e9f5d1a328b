//! The telephone line that carries a simulated call: one for the whole call.

use rand_chacha::ChaCha8Rng;

use super::Tape;
use crate::augment::{self, NoiseAt, NoiseKind, Sounds, change_level};

/// How a caller reaches the operator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Level of the speech in dB of full scale; ITU-T P.56 and its users take -26 as nominal.
    pub speech_db: f32,
    /// Pink noise at the caller's side, so far below the mean of the call.
    pub noise_snr_db: Option<f32>,
}

impl Line {
    /// What it is, in two words for a manifest: `phone, noise 20 dB`.
    #[must_use]
    pub fn words(&self) -> String {
        match self.noise_snr_db {
            Some(snr_db) => format!("phone noise {snr_db:.0} dB"),
            None => "phone".to_owned(),
        }
    }

    /// Carries the call: its speech to the line's level, the noise, then the band and the mu-law (ITU-T G.711).
    /// One gain for all of it, so loud speech stays louder than quiet speech.
    pub fn carry(&self, tape: &mut Tape, rng: &mut ChaCha8Rng) {
        let power = tape.speech_power();
        if power > 0.0 {
            #[expect(clippy::cast_possible_truncation, reason = "a level in dB")]
            let now_db = (10.0 * power.log10()) as f32;
            change_level(tape.samples_mut(), self.speech_db - now_db);
        }
        if let Some(snr_db) = self.noise_snr_db {
            let noise = NoiseAt { kind: NoiseKind::Pink, snr_db };
            noise.add(tape.samples_mut(), &Sounds::default(), rng);
        }
        augment::Line::CLASSIC.send(tape.samples_mut(), &[]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::calls::Label;
    use hearing::emotion::Emotion;
    use rand::SeedableRng;

    #[test]
    fn speech_comes_at_the_lines_level_and_noise_fills_the_pauses() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let tone: Vec<f32> = (0..16_000_u16).map(|n| 0.9 * (f32::from(n) * 0.785).sin()).collect();
        let mut tape = Tape::new();
        tape.append(&tone, Label::Speech(Emotion::Fear));
        tape.append_silence(1.0);
        let mut quiet = tape.clone();
        Line { speech_db: -26.0, noise_snr_db: None }.carry(&mut quiet, &mut rng);
        let level_db = 10.0 * quiet.speech_power().log10();
        // The band's edges and the mu-law change a tone of 1 kHz by a few tenths.
        assert!((level_db + 26.0).abs() < 0.5, "{level_db}");
        assert!(quiet.samples()[17_000..].iter().all(|sample| sample.abs() < 1e-3));
        Line { speech_db: -26.0, noise_snr_db: Some(20.0) }.carry(&mut tape, &mut rng);
        assert!(tape.samples()[17_000..].iter().any(|sample| sample.abs() > 1e-3));
    }
}
