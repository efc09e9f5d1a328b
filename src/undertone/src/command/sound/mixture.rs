//! All sides of a recording as one sound.
//!
//! In: a [`Recording`] for each side, as fast as it reads. Out: their mean, lost audio as silence. Keeps what one
//! side has decoded and the others have not.

use sound::recording::Recording;
use sound::{AudioError, Block, Source};

/// The sides of one recording, at one position.
pub struct Mixture {
    sides: Vec<Side>,
    /// Samples that were mixed since the recording's beginning.
    position: u64,
}

/// One channel, and what of it is decoded and not mixed yet.
struct Side {
    recording: Recording,
    samples: Vec<f32>,
    /// Lost samples that follow these.
    silence: u64,
    is_over: bool,
}

impl Mixture {
    /// The sides at their beginning; at least one.
    #[must_use]
    pub fn new(recordings: Vec<Recording>) -> Self {
        let side = |recording| Side { recording, samples: Vec::new(), silence: 0, is_over: false };
        Mixture { sides: recordings.into_iter().map(side).collect(), position: 0 }
    }

    /// Up to where it is mixed.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Whether nothing follows.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.sides.iter().all(|side| side.is_over && side.samples.is_empty() && side.silence == 0)
    }

    /// Moves to a sample, or to the end if that comes before it.
    ///
    /// # Errors
    /// When the recording cannot be read there.
    pub fn seek(&mut self, sample: u64) -> Result<(), AudioError> {
        self.position = sample;
        for side in &mut self.sides {
            side.samples.clear();
            side.silence = 0;
            side.is_over = false;
            self.position = self.position.min(side.recording.seek(sample)?);
        }
        Ok(())
    }

    /// Puts the samples up to `until`, or to the end, in place of what is in `mixed`.
    ///
    /// A recording that cannot be read further is over there: who shows it also says why.
    #[expect(clippy::cast_precision_loss, reason = "a few sides")]
    pub fn read_to(&mut self, until: u64, mixed: &mut Vec<f32>) {
        mixed.clear();
        let wanted = usize::try_from(until.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let share = 1.0 / self.sides.len() as f32;
        for side in &mut self.sides {
            side.fill(wanted);
            let there = side.samples.len().min(wanted);
            mixed.resize(mixed.len().max(there), 0.0);
            for (sum, sample) in mixed.iter_mut().zip(side.samples.drain(..there)) {
                *sum += share * sample;
            }
        }
        self.position += mixed.len() as u64;
    }
}

impl Side {
    /// Decodes until `wanted` samples are there, or all.
    fn fill(&mut self, wanted: usize) {
        while self.samples.len() < wanted {
            if self.silence > 0 {
                let missing = (wanted - self.samples.len()) as u64;
                let silence = self.silence.min(missing);
                self.silence -= silence;
                let len = self.samples.len() + usize::try_from(silence).unwrap_or(0);
                self.samples.resize(len, 0.0);
                continue;
            }
            if self.is_over {
                return;
            }
            match self.recording.next_block() {
                Ok(Block::Audio(samples)) => self.samples.extend_from_slice(samples),
                Ok(Block::Gap(len) | Block::Muted(len)) => self.silence = len,
                Ok(Block::Waiting) => return,
                Ok(Block::End) | Err(_) => self.is_over = true,
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use sound::recording::{Channel, Pace};

    /// A stereo recording of 8 kHz: on the left as given, on the right the half of it, negated.
    pub fn stereo(left: &[f32]) -> tempfile::NamedTempFile {
        let file = tempfile::Builder::new().suffix(".wav").tempfile().unwrap();
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: 8000,
            bits_per_sample: 32,
            sample_format: hound::SampleFormat::Float,
        };
        let mut writer = hound::WavWriter::new(file.reopen().unwrap(), spec).unwrap();
        for sample in left {
            writer.write_sample(*sample).unwrap();
            writer.write_sample(-0.5 * sample).unwrap();
        }
        writer.finalize().unwrap();
        file
    }

    pub fn mixture(file: &tempfile::NamedTempFile, channels: &[Channel]) -> Mixture {
        let open = |channel: &Channel| Recording::open(file.path(), *channel, Pace::AsRead);
        Mixture::new(channels.iter().map(|channel| open(channel).unwrap()).collect())
    }

    fn counting(len: u16) -> Vec<f32> {
        (0..len).map(|at| f32::from(at) / 32_768.0).collect()
    }

    #[test]
    fn a_side_alone_is_itself_and_two_are_their_mean() {
        let sound = counting(5000);
        let file = stereo(&sound);
        for (channels, factor) in [
            (&[Channel::Left][..], 1.0),
            (&[Channel::Right], -0.5),
            (&[Channel::Left, Channel::Right], 0.25),
            (&[Channel::Mix], 0.25),
        ] {
            let mut mixture = mixture(&file, channels);
            let mut mixed = vec![7.0];
            for (until, len) in [(1000, 1000), (1001, 1), (1001, 0), (900, 0), (9000, 3999)] {
                let from = usize::try_from(mixture.position()).unwrap();
                mixture.read_to(until, &mut mixed);
                assert_eq!(mixed.len(), len);
                for (sample, expected) in mixed.iter().zip(&sound[from..]) {
                    assert!((sample - factor * expected).abs() < 1e-6, "{channels:?}");
                }
            }
            assert!(mixture.is_over() && mixture.position() == 5000);
        }
    }

    #[test]
    fn it_moves_also_back_from_the_end() {
        let sound = counting(5000);
        let file = stereo(&sound);
        let mut mixture = mixture(&file, &[Channel::Left, Channel::Right]);
        let mut mixed = Vec::new();
        mixture.read_to(u64::from(u16::MAX), &mut mixed);
        assert!(mixture.is_over());
        mixture.seek(1234).unwrap();
        assert!(!mixture.is_over());
        mixture.read_to(1300, &mut mixed);
        assert_eq!((mixed.len(), mixture.position()), (66, 1300));
        assert!((mixed[0] - 0.25 * sound[1234]).abs() < 1e-6);
        mixture.seek(9000).unwrap();
        assert_eq!(mixture.position(), 5000);
    }
}
