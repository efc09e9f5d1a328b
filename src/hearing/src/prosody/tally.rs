//! Counts over frames, out of which facts are made.
//!
//! In: frames, added and taken away again in any order. Out: [`Facts`]. Keeps sums and a histogram of the
//! pitch, of the same size however many frames there were.

use super::{FLOOR_DB, FRAMES_PER_S, Facts};

/// Lowest pitch of the histogram, and its bins of a tenth of a semitone up to 640 Hz: what the pitch tracker
/// can tell, 60 to 615 Hz.
const LOWEST_HZ: f32 = 60.0;
const BINS_PER_SEMITONE: f32 = 10.0;
const N_BINS: usize = 410;

/// Frames with a pitch without which there is none to tell: half a second.
const MIN_VOICED_FRAMES: u32 = 50;

/// Frames of speech that make a baseline: 10 s.
const MIN_BASELINE_FRAMES: u32 = 10 * FRAMES_PER_S;

/// A frame of a caller's turn as it is counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Heard {
    /// Speech.
    Speech {
        /// Mean square of the samples.
        power: f64,
        /// Place of the pitch in the histogram.
        bin: Option<u16>,
        /// Whether a syllable was counted here.
        is_nucleus: bool,
    },
    /// Silence within the turn.
    Pause,
}

impl Heard {
    /// A frame of speech.
    pub(super) fn speech(level_db: f32, pitch_hz: Option<f32>, is_nucleus: bool) -> Self {
        let level_db = if level_db.is_finite() { level_db.max(FLOOR_DB) } else { FLOOR_DB };
        let power = 10.0_f64.powf(f64::from(level_db) / 10.0);
        Heard::Speech { power, bin: pitch_hz.map(bin), is_nucleus }
    }
}

/// The bin of a pitch; the first and the last take what lies beyond.
fn bin(pitch_hz: f32) -> u16 {
    let bins = (12.0 * BINS_PER_SEMITONE * (pitch_hz / LOWEST_HZ).log2()).floor();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "clamped to the bins; not-a-number becomes 0"
    )]
    let bin = bins.clamp(0.0, (N_BINS - 1) as f32) as u16;
    bin
}

/// Counts of a set of frames.
#[derive(Clone)]
pub(super) struct Tally {
    power: f64,
    n_speech: u32,
    n_pause: u32,
    n_nuclei: u32,
    n_voiced: u32,
    pitches: [u32; N_BINS],
}

impl Default for Tally {
    fn default() -> Self {
        Tally {
            power: 0.0,
            n_speech: 0,
            n_pause: 0,
            n_nuclei: 0,
            n_voiced: 0,
            pitches: [0; N_BINS],
        }
    }
}

impl Tally {
    pub(super) fn add(&mut self, heard: Heard) {
        let Heard::Speech { power, bin, is_nucleus } = heard else {
            self.n_pause += 1;
            return;
        };
        self.power += power;
        self.n_speech += 1;
        self.n_nuclei += u32::from(is_nucleus);
        if let Some(bin) = bin {
            self.n_voiced += 1;
            self.pitches[usize::from(bin)] += 1;
        }
    }

    /// Takes away a frame that was added before.
    pub(super) fn remove(&mut self, heard: Heard) {
        let Heard::Speech { power, bin, is_nucleus } = heard else {
            self.n_pause -= 1;
            return;
        };
        self.power -= power;
        self.n_speech -= 1;
        self.n_nuclei -= u32::from(is_nucleus);
        if let Some(bin) = bin {
            self.n_voiced -= 1;
            self.pitches[usize::from(bin)] -= 1;
        }
    }

    /// Frames of speech.
    pub(super) fn n_speech(&self) -> u32 {
        self.n_speech
    }

    /// What the counts amount to; of no frame at all, silence.
    #[expect(clippy::cast_possible_truncation, reason = "facts are printed with three digits")]
    pub(super) fn facts(&self) -> Facts {
        let n_speech = f64::from(self.n_speech.max(1));
        let n_turn = f64::from((self.n_speech + self.n_pause).max(1));
        let has_pitch = self.n_voiced >= MIN_VOICED_FRAMES;
        let semitones = |share| self.pitch_semitones(share);
        Facts {
            loudness_db: (10.0 * (self.power / n_speech).log10()).max(FLOOR_DB.into()) as f32,
            pitch_hz: has_pitch.then(|| LOWEST_HZ * (semitones(0.5) / 12.0).exp2()),
            pitch_range_semitones: has_pitch.then(|| semitones(0.9) - semitones(0.1)),
            syllables_per_s: (f64::from(self.n_nuclei * FRAMES_PER_S) / n_speech) as f32,
            pause_share: (f64::from(self.n_pause) / n_turn) as f32,
        }
    }

    /// The pitch below which so large a share of the voiced frames lies, in semitones above the lowest; to a
    /// tenth of a semitone.
    fn pitch_semitones(&self, share: f32) -> f32 {
        let mut rest = f64::from(share) * f64::from(self.n_voiced);
        let mut bins = 0.0_f32;
        for &n in &self.pitches {
            if f64::from(n) >= rest {
                break;
            }
            rest -= f64::from(n);
            bins += 1.0;
        }
        (bins + 0.5) / BINS_PER_SEMITONE
    }
}

/// A caller's speech of the whole call, but for the last seconds.
#[derive(Clone, Default)]
pub struct Baseline(Tally);

impl Baseline {
    pub(super) fn add(&mut self, heard: Heard) {
        self.0.add(heard);
    }

    /// The same facts of all that speech; none until there are 10 s of it.
    #[must_use]
    pub fn facts(&self) -> Option<Facts> {
        (self.0.n_speech >= MIN_BASELINE_FRAMES).then(|| self.0.facts())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_and_taken_away_again_counts_for_nothing() {
        let mut tally = Tally::default();
        for n in 0..100_u8 {
            tally.add(Heard::speech(-20.0, Some(200.0), n % 25 == 0));
        }
        let before = tally.facts();
        let others = [
            Heard::speech(-3.0, Some(400.0), true),
            Heard::speech(-60.0, None, false),
            Heard::Pause,
        ];
        for heard in others {
            tally.add(heard);
        }
        assert_ne!(tally.facts(), before);
        for heard in others {
            tally.remove(heard);
        }
        let after = tally.facts();
        assert!((after.loudness_db - before.loudness_db).abs() < 1e-4);
        assert_eq!(Facts { loudness_db: 0.0, ..after }, Facts { loudness_db: 0.0, ..before });
    }

    #[test]
    fn a_pitch_beyond_the_histogram_counts_at_its_edge() {
        assert_eq!([1.0, 60.0, f32::NAN].map(bin), [0, 0, 0]);
        assert_eq!([641.0, 5000.0, f32::INFINITY].map(bin), [409; 3]);
    }

    #[test]
    fn a_baseline_needs_ten_seconds_of_speech() {
        let mut baseline = Baseline::default();
        for _ in 0..MIN_BASELINE_FRAMES {
            assert_eq!(baseline.facts(), None);
            baseline.add(Heard::Pause);
            baseline.add(Heard::speech(-20.0, None, false));
        }
        let facts = baseline.facts().unwrap();
        assert_eq!((facts.pitch_hz, facts.pitch_range_semitones), (None, None));
        assert!((facts.pause_share - 0.5).abs() < 1e-6);
    }
}
