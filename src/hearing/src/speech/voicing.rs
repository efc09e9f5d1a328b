//! Is there a voice in it? A chunk is voiced when it repeats itself at the pitch of a voice and is no pure tone.
//!
//! In: chunks of the stream, one after another. Out: whether a voice was heard lately ([`VoiceMemory::hear`]).
//! Keeps the last 40 ms of sound and when a syllable was heard last.
//!
//! Noise of any level repeats nothing; a dial tone repeats itself perfectly, but has one or two frequencies
//! where a voice has many. Music and animals have many as well: they pass.

use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

use super::CHUNK_LEN;
use crate::features::Correlator;
use crate::stream_time::STREAM_RATE_HZ;

/// The sound looked at, up to and with the newest chunk: 40 ms, two periods of the lowest voice.
const WINDOW_LEN: usize = 320;

/// Periods of a voice in samples: 500 to 60 Hz.
const LAGS: std::ops::Range<usize> =
    STREAM_RATE_HZ as usize / 500..STREAM_RATE_HZ as usize / 60 + 1;

/// Least correlation with the sound one period before. White and pink noise over a telephone reach 0.29 once
/// in twenty chunks, vowels 0.9.
const VOICED_CORRELATION: f32 = 0.5;

/// Most change of the period from one chunk to the next: 12 %, more than a voice can in 16 ms.
const PERIOD_CHANGE: f32 = 0.12;

/// Least share of the power that is left beside the two strongest frequencies. Pure tones and their pairs
/// leave 0.001 after G.711, nineteen of twenty chunks of speech 0.03.
const BESIDE_TONES: f32 = 0.01;

/// Length of the transform that finds these, and its bins to each side that belong to a tone.
const TRANSFORM_LEN: usize = 512;
const TONE_BINS: usize = 4;

/// A syllable: voiced chunks among the last ones (48 of 144 ms).
const SYLLABLE_CHUNKS: u32 = 3;
const SYLLABLE_WITHIN: u32 = 9;

/// Chunks for which a syllable is remembered: 3 s. No speaker goes longer without a vowel but to be silent.
///
/// Chosen with the other numbers on calls of dev and train speakers and noises (made by `undertone make-calls`).
/// Of the speech that the detector lets through, by the energy of the cleaner signal, it costs 0.2 % and 0.4 %
/// (dev, train) on a telephone with 20 dB or more over noise, and at 10 dB 1.2 % in pink noise, 2.2 % in
/// recorded noise and 6.8 % in white noise. What is no speech passes for 22 % of its time instead of 77 %
/// (mean over kinds).
const MEMORY_CHUNKS: u32 = 188;

/// Remembers whether a voice was heard lately.
pub(super) struct VoiceMemory {
    /// The last [`WINDOW_LEN`] samples, oldest first.
    window: Vec<f32>,
    centred: Vec<f32>,
    correlator: Correlator,
    transform: Arc<dyn RealToComplex<f32>>,
    taper: Vec<f32>,
    tapered: Vec<f32>,
    spectrum: Vec<Complex32>,
    powers: Vec<f32>,
    scratch: Vec<Complex32>,
    /// The period of the chunk before, if it could be one.
    last_period: Option<usize>,
    /// Which of the last chunks were voiced, one bit each, the newest lowest.
    voiced: u32,
    /// Chunks for which the last syllable is still remembered.
    remembered: u32,
}

impl VoiceMemory {
    /// A memory that has heard nothing.
    pub(super) fn new() -> Self {
        let transform = RealFftPlanner::new().plan_fft_forward(TRANSFORM_LEN);
        let spectrum = transform.make_output_vec();
        #[expect(clippy::cast_precision_loss, reason = "a short window")]
        let phase = |index: usize| index as f32 / (WINDOW_LEN - 1) as f32;
        VoiceMemory {
            window: vec![0.0; WINDOW_LEN],
            centred: vec![0.0; WINDOW_LEN],
            correlator: Correlator::new(WINDOW_LEN, LAGS.end),
            taper: (0..WINDOW_LEN)
                .map(|index| 0.5 - 0.5 * (std::f32::consts::TAU * phase(index)).cos())
                .collect(),
            tapered: transform.make_input_vec(),
            powers: vec![0.0; spectrum.len()],
            scratch: transform.make_scratch_vec(),
            spectrum,
            transform,
            last_period: None,
            voiced: 0,
            remembered: 0,
        }
    }

    /// Forgets everything heard so far.
    pub(super) fn reset(&mut self) {
        self.window.fill(0.0);
        self.last_period = None;
        self.voiced = 0;
        self.remembered = 0;
    }

    /// Takes the next chunk; true if a syllable was heard within the last three seconds. A chunk that is
    /// `silent` is not looked at.
    pub(super) fn hear(&mut self, chunk: &[f32; CHUNK_LEN], silent: bool) -> bool {
        self.window.copy_within(CHUNK_LEN.., 0);
        self.window[WINDOW_LEN - CHUNK_LEN..].copy_from_slice(chunk);
        let is_voiced = !silent && self.is_voiced();
        if silent {
            self.last_period = None;
        }
        self.voiced = (self.voiced << 1 | u32::from(is_voiced)) & ((1 << SYLLABLE_WITHIN) - 1);
        if self.voiced.count_ones() >= SYLLABLE_CHUNKS {
            self.remembered = MEMORY_CHUNKS;
        } else {
            self.remembered = self.remembered.saturating_sub(1);
        }
        self.remembered > 0
    }

    fn is_voiced(&mut self) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "a short window")]
        let mean = self.window.iter().sum::<f32>() / WINDOW_LEN as f32;
        for (centred, sample) in self.centred.iter_mut().zip(&self.window) {
            *centred = sample - mean;
        }
        let (correlation, period) = best_period(&mut self.correlator, &self.centred);
        let before = self.last_period.replace(period);
        #[expect(clippy::cast_precision_loss, reason = "periods below 134 samples")]
        let is_steady = before
            .is_some_and(|before| period.abs_diff(before) as f32 <= PERIOD_CHANGE * before as f32);
        is_steady && correlation >= VOICED_CORRELATION && self.beside_tones() >= BESIDE_TONES
    }

    /// The share of the power that is left without the two strongest frequencies.
    fn beside_tones(&mut self) -> f32 {
        self.tapered.fill(0.0);
        for ((tapered, centred), taper) in
            self.tapered.iter_mut().zip(&self.centred).zip(&self.taper)
        {
            *tapered = centred * taper;
        }
        let transformed = self.transform.process_with_scratch(
            &mut self.tapered,
            &mut self.spectrum,
            &mut self.scratch,
        );
        // The buffers were made by the transform itself.
        debug_assert!(transformed.is_ok());
        for (power, bin) in self.powers.iter_mut().zip(&self.spectrum) {
            *power = bin.norm_sqr();
        }
        let all: f32 = self.powers.iter().sum();
        for _ in 0..2 {
            let strongest = (0..self.powers.len())
                .max_by(|a, b| self.powers[*a].total_cmp(&self.powers[*b]))
                .unwrap_or(0);
            let end = (strongest + TONE_BINS + 1).min(self.powers.len());
            self.powers[strongest.saturating_sub(TONE_BINS)..end].fill(0.0);
        }
        if all > 0.0 { self.powers.iter().sum::<f32>() / all } else { 0.0 }
    }
}

/// The period after which the samples are most like themselves, and their correlation then (at most 1).
fn best_period(correlator: &mut Correlator, samples: &[f32]) -> (f32, usize) {
    let products = correlator.products(samples, samples);
    // Of all samples but the first and but the last ones: in f64, so that taking away rounds nothing that counts.
    let square = |sample: &f32| f64::from(*sample) * f64::from(*sample);
    let mut now: f64 = samples.iter().map(square).sum();
    let mut before = now;
    let mut best = (0.0, LAGS.start);
    let ends = samples.iter().zip(samples.iter().rev());
    for (lag, (product, (first, last))) in products.iter().zip(ends).enumerate() {
        if lag >= LAGS.start {
            #[expect(clippy::cast_possible_truncation, reason = "a quotient is rounded to f32")]
            let scale = (now * before).sqrt() as f32;
            if scale > 0.0 && product / scale > best.0 {
                best = (product / scale, lag);
            }
        }
        now -= square(first);
        before -= square(last);
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    /// How many of the chunks of 2 s of sound a voice was heard at.
    fn heard(sound: impl Fn(f32) -> f32) -> usize {
        let mut memory = VoiceMemory::new();
        let samples: Vec<f32> = (0..16_000_u16).map(|n| sound(f32::from(n) / 8_000.0)).collect();
        let chunks = samples.as_chunks::<CHUNK_LEN>().0;
        chunks.iter().filter(|chunk| memory.hear(chunk, false)).count()
    }

    /// Harmonics of a pitch that falls from 180 Hz to 120 Hz.
    fn vowel(t: f32) -> f32 {
        let phase = TAU * (180.0 * t - 15.0 * t * t);
        (2..12_u8).map(|n| 0.05 * (phase * f32::from(n)).sin()).sum()
    }

    #[test]
    fn a_vowel_is_heard_almost_at_once_and_a_short_one_is_remembered_for_three_seconds() {
        assert!(heard(vowel) > 110, "{}", heard(vowel));
        let mut memory = VoiceMemory::new();
        let samples: Vec<f32> = (0..1_600_u16).map(|n| vowel(f32::from(n) / 8_000.0)).collect();
        for chunk in samples.as_chunks::<CHUNK_LEN>().0 {
            memory.hear(chunk, false);
        }
        let silence = [0.0; CHUNK_LEN];
        let n_remembered = (0..400).filter(|_| memory.hear(&silence, true)).count();
        assert!((188..=196).contains(&n_remembered), "{n_remembered}");
        memory.hear(samples.as_chunks::<CHUNK_LEN>().0.first().unwrap(), false);
        memory.reset();
        assert!(!memory.hear(&silence, true));
    }

    #[test]
    fn tones_and_pairs_of_tones_are_no_voice() {
        for tones in [&[425.0][..], &[350.0, 440.0], &[697.0, 1209.0]] {
            let sound = |t: f32| tones.iter().map(|hz| 0.2 * (TAU * hz * t).sin()).sum();
            assert_eq!(heard(sound), 0, "{tones:?}");
        }
    }

    #[test]
    fn noise_is_no_voice_however_loud() {
        use rand::{Rng, SeedableRng};
        for peak in [0.01, 1.0] {
            let rng = std::cell::RefCell::new(rand_chacha::ChaCha8Rng::seed_from_u64(1));
            assert_eq!(heard(|_| rng.borrow_mut().random_range(-peak..peak)), 0);
        }
    }
}
