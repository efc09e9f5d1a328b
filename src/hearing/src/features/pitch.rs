//! Pitch, voicing and level of one frame.
//!
//! In: the frames of a stream at 8 kHz, in order. Out: a [`Voice`] each. Kept between calls: the newest
//! [`WINDOW_LEN`] samples, since a low voice needs a longer look than an MFCC frame.
//!
//! The pitch is the lag of the highest normalised cross-correlation, as in RAPT's first stage (Talkin, 1995):
//! a telephone cuts off the fundamental of most voices, its harmonics keep the period.

use super::{Correlator, Recipe};

/// Samples that the tracker looks at: 50 ms at 8 kHz, ending with the frame's last sample.
const WINDOW_LEN: usize = 400;
/// Shortest and longest period in samples: 615 Hz to 60 Hz.
const SHORTEST_LAG: usize = 13;
const LONGEST_LAG: usize = 133;
/// Samples that are compared with those one lag later.
const COMPARED_LEN: usize = WINDOW_LEN - LONGEST_LAG - 1;
/// Lags that are correlated: one more at both ends, for the parabola.
const N_LAGS: usize = LONGEST_LAG - SHORTEST_LAG + 3;
/// What a lag loses for each octave above the shortest: a voice repeats after two periods as well.
const OCTAVE_COST: f32 = 0.04;
/// Correlation at which a frame begins to count as voiced, and from which it is.
const VOICED_FROM: f32 = 0.4;
const VOICED_AT: f32 = 0.6;
/// Pitch that stands as 0 in the features: between the means of male and female voices.
const MIDDLE_HZ: f32 = 160.0;
/// Least mean square of the level: digital silence on a telephone line, about -80 dB.
const LEAST_POWER: f32 = 1e-8;
/// Sums that run side by side, so that the compiler can use vector registers.
const LANES: usize = 16;

/// What a frame tells of the voice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Voice {
    /// Fundamental frequency of the most likely period, 60 to 615 Hz; meaningless without voicing.
    pub pitch_hz: f32,
    /// Normalised correlation at that period, in [0, 1]: from about 0.5 on the frame is voiced.
    pub voicing: f32,
    /// Natural logarithm of the mean square, at least -18.4.
    pub log_power: f32,
}

impl Voice {
    /// Numbers of a frame of features.
    pub const N_FEATURES: usize = 3;

    /// Octaves above 160 Hz, faded to 0 where there is no voice; voicing; logarithm of the power.
    pub(super) fn features(&self) -> [f32; Self::N_FEATURES] {
        [self.voiced() * (self.pitch_hz / MIDDLE_HZ).log2(), self.voicing, self.log_power]
    }

    /// How far the frame counts as voiced, in [0, 1]: by so much its pitch is told.
    #[must_use]
    pub fn voiced(&self) -> f32 {
        ((self.voicing - VOICED_FROM) / (VOICED_AT - VOICED_FROM)).clamp(0.0, 1.0)
    }

    /// The voice that stands at the end of a frame with these last three numbers.
    #[must_use]
    pub fn from_features(features: [f32; 3]) -> Self {
        let [octaves, voicing, log_power] = features;
        Voice { pitch_hz: MIDDLE_HZ * octaves.exp2(), voicing, log_power }
    }

    /// The voice in a frame of a recipe; none if the recipe has none.
    #[must_use]
    pub fn of_frame(recipe: Recipe, frame: &[f32]) -> Option<Self> {
        let features = frame.last_chunk::<{ Self::N_FEATURES }>()?;
        recipe.has_voice().then(|| Self::from_features(*features))
    }

    /// Whether the frame is voiced, so that its pitch means something.
    #[must_use]
    pub fn is_voiced(&self) -> bool {
        self.voicing >= VOICED_AT
    }
}

/// Follows one stream's frames.
pub struct PitchTracker {
    hop_len: usize,
    /// Added to the energies, so that what is nearly silence is not voiced.
    least_energy: f32,
    window: Vec<f32>,
    centred: Vec<f32>,
    softened: Vec<f32>,
    correlator: Correlator,
    is_fresh: bool,
}

impl PitchTracker {
    /// A tracker at the start of a stream whose frames begin `hop_len` samples apart. Its voices stand out of a noise of
    /// mean square `least_voice` or are none. Allocates here only.
    #[must_use]
    pub fn new(hop_len: usize, least_voice: f32) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a small constant")]
        let least_energy = least_voice * COMPARED_LEN as f32;
        PitchTracker {
            hop_len,
            least_energy,
            window: vec![0.0; WINDOW_LEN],
            centred: vec![0.0; WINDOW_LEN],
            softened: vec![0.0; WINDOW_LEN],
            correlator: Correlator::new(COMPARED_LEN, N_LAGS),
            is_fresh: true,
        }
    }

    /// The voice in the next frame, which has at most 400 samples. A sample that is no number counts as 0.
    pub fn push(&mut self, frame: &[f32]) -> Voice {
        let n_new = if self.is_fresh { frame.len() } else { self.hop_len.min(frame.len()) };
        self.is_fresh = false;
        self.window.copy_within(n_new.., 0);
        let newest = &mut self.window[WINDOW_LEN - n_new..];
        for (to, &sample) in newest.iter_mut().zip(&frame[frame.len() - n_new..]) {
            *to = if sample.is_finite() { sample } else { 0.0 };
        }
        #[expect(clippy::cast_precision_loss, reason = "a small constant")]
        let n = WINDOW_LEN as f32;
        let mean = sum(&self.window) / n;
        self.centred.iter_mut().zip(&self.window).for_each(|(to, sample)| *to = sample - mean);
        let power = dot(&self.centred, &self.centred) / n;
        self.soften();
        let (lag, correlation) = self.best_lag();
        Voice {
            pitch_hz: 8_000.0 / lag,
            voicing: correlation.clamp(0.0, 1.0),
            log_power: power.max(LEAST_POWER).ln(),
        }
    }

    /// Back to the start of a stream.
    pub fn reset(&mut self) {
        self.window.fill(0.0);
        self.is_fresh = true;
    }

    /// Lowers what is high (by 6 dB at 2 kHz): harmonics there decide nothing, and fall between lags.
    fn soften(&mut self) {
        let inner = &mut self.softened[1..WINDOW_LEN - 1];
        for (to, around) in inner.iter_mut().zip(self.centred.windows(3)) {
            *to = 0.25 * around[0] + 0.5 * around[1] + 0.25 * around[2];
        }
        let [first, second, .., last_but_one, last] = &self.centred[..] else { return };
        self.softened[0] = 0.5 * first + 0.25 * second;
        self.softened[WINDOW_LEN - 1] = 0.25 * last_but_one + 0.5 * last;
    }

    /// The period in samples, between two of them by a parabola, with its correlation.
    fn best_lag(&mut self) -> (f32, f32) {
        let base = &self.softened[..COMPARED_LEN];
        let products = self.correlator.products(base, &self.softened[SHORTEST_LAG - 1..]);
        let base_energy = dot(base, base) + self.least_energy;
        let first = &self.softened[SHORTEST_LAG - 1..][..COMPARED_LEN];
        let mut energy = dot(first, first);
        let mut energies = [0.0_f32; N_LAGS];
        let leaving = &self.softened[SHORTEST_LAG - 1..];
        let coming = &self.softened[SHORTEST_LAG - 1 + COMPARED_LEN..];
        for ((to, leaving), coming) in energies.iter_mut().zip(leaving).zip(coming) {
            *to = energy;
            energy += coming * coming - leaving * leaving;
        }
        energies[N_LAGS - 1] = energy;
        let mut correlations = [0.0_f32; N_LAGS];
        for ((to, product), energy) in correlations.iter_mut().zip(products).zip(energies) {
            *to = product / (base_energy * (energy.max(0.0) + self.least_energy)).sqrt();
        }
        let mut best = Peak { lag: 50.0, height: 0.0, score: f32::NEG_INFINITY };
        for (lag, around) in (SHORTEST_LAG..).zip(correlations.windows(3)) {
            let [before, here, after] = [around[0], around[1], around[2]];
            if here >= before && here >= after {
                let peak = Peak::between(lag, before, here, after);
                if peak.score > best.score {
                    best = peak;
                }
            }
        }
        (best.lag, best.height)
    }
}

/// A highest point of the correlation.
struct Peak {
    lag: f32,
    height: f32,
    score: f32,
}

impl Peak {
    /// The top of the parabola through three lags' correlations.
    fn between(lag: usize, before: f32, here: f32, after: f32) -> Self {
        let curve = before - 2.0 * here + after;
        let shift = if curve < 0.0 { 0.5 * (before - after) / curve } else { 0.0 };
        #[expect(clippy::cast_precision_loss, reason = "a small lag")]
        let lag = lag as f32 + shift;
        let height = here - 0.25 * (before - after) * shift;
        #[expect(clippy::cast_precision_loss, reason = "a small constant")]
        let octaves = (lag / SHORTEST_LAG as f32).log2();
        Peak { lag, height, score: height - OCTAVE_COST * octaves }
    }
}

fn sum(a: &[f32]) -> f32 {
    let (chunks, rest) = a.as_chunks::<LANES>();
    let mut sums = [0.0_f32; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            sums[lane] += chunk[lane];
        }
    }
    sums.iter().sum::<f32>() + rest.iter().sum::<f32>()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of 200 samples every 80 of a signal.
    fn voices(signal: &[f32]) -> Vec<Voice> {
        let mut tracker = PitchTracker::new(80, 1e-8);
        (0..=(signal.len() - 200) / 80)
            .map(|n| tracker.push(&signal[80 * n..80 * n + 200]))
            .collect()
    }

    /// Harmonics of a pitch between 300 and 3400 Hz, as a telephone lets them through.
    fn over_a_telephone(pitch_hz: f32) -> Vec<f32> {
        (0..4000_u16)
            .map(|n| {
                let time = f32::from(n) / 8000.0;
                (1..60_u8)
                    .map(|k| pitch_hz * f32::from(k))
                    .filter(|hz| (300.0..3400.0).contains(hz))
                    .map(|hz| 0.05 * (std::f32::consts::TAU * hz * time).cos())
                    .sum()
            })
            .collect()
    }

    #[test]
    fn the_pitch_of_a_voice_without_its_fundamental_is_found_within_one_percent() {
        for pitch_hz in [70.0, 95.0, 130.0, 180.0, 240.0, 330.0, 480.0, 580.0] {
            for voice in &voices(&over_a_telephone(pitch_hz))[4..] {
                assert!(voice.is_voiced(), "{pitch_hz} Hz: {voice:?}");
                assert!((voice.pitch_hz / pitch_hz - 1.0).abs() < 0.01, "{pitch_hz} Hz: {voice:?}");
            }
        }
    }

    #[test]
    fn noise_and_silence_are_not_voiced() {
        let mut state = 1_u32;
        let noise: Vec<f32> = (0..8000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (f32::from((state >> 16) as u16) / 32_768.0 - 1.0) * 0.1
            })
            .collect();
        let n_voiced = voices(&noise).iter().filter(|voice| voice.is_voiced()).count();
        assert_eq!(n_voiced, 0);
        for voice in voices(&[0.0; 2000]) {
            assert!(voice.voicing.abs() < 1e-6, "{voice:?}");
            assert!((voice.log_power - LEAST_POWER.ln()).abs() < 1e-5, "{voice:?}");
            assert!(voice.features()[0].abs() < 1e-6);
        }
    }

    #[test]
    fn the_level_is_that_of_the_window_and_ignores_an_offset() {
        let signal: Vec<f32> = over_a_telephone(200.0).iter().map(|sample| sample + 0.2).collect();
        let plain = voices(&over_a_telephone(200.0));
        for (voice, plain) in voices(&signal).iter().zip(&plain).skip(4) {
            assert!((voice.log_power - plain.log_power).abs() < 0.05, "{voice:?} {plain:?}");
        }
    }

    #[test]
    fn a_reset_forgets_and_no_number_does_no_harm() {
        let signal = over_a_telephone(150.0);
        let mut tracker = PitchTracker::new(80, 1e-8);
        let first = tracker.push(&signal[..200]);
        assert!(tracker.push(&[f32::NAN; 200]).voicing.is_finite());
        tracker.reset();
        assert_eq!(tracker.push(&signal[..200]), first);
    }

    #[test]
    fn the_features_tell_the_voice_again() {
        let voice = Voice { pitch_hz: 220.0, voicing: 0.9, log_power: -6.0 };
        let again = Voice::from_features(voice.features());
        assert!((again.pitch_hz - 220.0).abs() < 1e-3 && again.is_voiced());
    }
}
