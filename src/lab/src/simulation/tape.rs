//! Samples with a label for every one of them.

use crate::evaluation::calls::{Label, Stretch};
use hearing::emotion::Emotion;
use hearing::stream_time::{STREAM_RATE_HZ, StreamTime};

/// A call under construction: samples at 8 kHz, and what they are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tape {
    samples: Vec<f32>,
    stretches: Vec<Stretch>,
}

impl Tape {
    /// An empty tape.
    #[must_use]
    pub fn new() -> Self {
        Tape::default()
    }

    /// How long it is.
    #[must_use]
    pub fn length(&self) -> StreamTime {
        StreamTime(self.samples.len() as u64)
    }

    /// The samples, in [-1, 1] once a [`Line`](super::Line) carried them.
    #[must_use]
    pub fn samples(&self) -> &[f32] {
        &self.samples
    }

    /// The samples, to change them without changing their number.
    pub fn samples_mut(&mut self) -> &mut [f32] {
        &mut self.samples
    }

    /// What is said when: stretches that follow each other from the first sample to the last.
    #[must_use]
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }

    /// Adds samples of one label. A label that goes on lengthens its stretch, but speech of another clip
    /// begins its own.
    pub fn append(&mut self, samples: &[f32], label: Label) {
        if samples.is_empty() {
            return;
        }
        let from = self.length();
        self.samples.extend_from_slice(samples);
        let to = self.length();
        match self.stretches.last_mut() {
            Some(last) if last.label == label && label.emotion().is_none() => last.to = to,
            _ => self.stretches.push(Stretch { from, to, label }),
        }
    }

    /// Adds a pause.
    pub fn append_silence(&mut self, seconds: f32) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a pause of seconds"
        )]
        let len = (seconds * STREAM_RATE_HZ as f32).round() as usize;
        self.append(&vec![0.0; len], Label::silence());
    }

    /// Mean power of the speech; 0 without any.
    #[must_use]
    pub fn speech_power(&self) -> f64 {
        let speech = self.stretches.iter().filter(|stretch| stretch.label.emotion().is_some());
        let mut sum = 0.0;
        let mut n = 0_u32;
        for stretch in speech {
            for sample in &self.samples[index(stretch.from)..index(stretch.to)] {
                sum += f64::from(*sample).powi(2);
                n += 1;
            }
        }
        sum / f64::from(n.max(1))
    }

    /// How much of it is speech of one emotion.
    #[must_use]
    pub fn speech_of(&self, emotion: Emotion) -> StreamTime {
        let of = self.stretches.iter().filter(|stretch| stretch.label.emotion() == Some(emotion));
        of.fold(StreamTime::ZERO, |sum, stretch| sum + stretch.to.since(stretch.from))
    }
}

fn index(at: StreamTime) -> usize {
    usize::try_from(at.0).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_follow_each_other_and_silence_grows_together() {
        let mut tape = Tape::new();
        tape.append_silence(0.5);
        tape.append_silence(0.25);
        tape.append(&[0.5; 800], Label::Speech(Emotion::Fear));
        tape.append(&[0.5; 800], Label::Speech(Emotion::Fear));
        tape.append(&[], Label::silence());
        let told: Vec<_> = tape.stretches().iter().map(|s| (s.from.0, s.to.0)).collect();
        assert_eq!(told, [(0, 6_000), (6_000, 6_800), (6_800, 7_600)]);
        assert!((tape.speech_power() - 0.25).abs() < 1e-9);
        assert_eq!(tape.speech_of(Emotion::Fear), StreamTime(1_600));
        assert_eq!(tape.speech_of(Emotion::Anger), StreamTime::ZERO);
    }
}
