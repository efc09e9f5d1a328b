//! Whether what a caller's source delivers is the operator's own voice: through a loudspeaker, a handset or the
//! line's echo.
//!
//! In: the caller's samples and what is kept of the operator's. Out: yes or no for every time, decided each
//! 250 ms. Keeps the caller's last second and the decisions that frames still need.
//!
//! An echo is the same sound, later: the cross-correlation of both sides with whitened phases has one sharp peak
//! at its delay (GCC-PHAT, Knapp & Carter, 1976), that of two people's speech has none. The delay is searched up to
//! 0.6 s (the longest that ITU-T G.114 tolerates on a telephone network is 0.4 s one way). Where the caller's side
//! is nearly as loud as the operator's, the caller speaks, with or without an echo below.

use super::operator::Operator;
use crate::stream_time::StreamTime;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::collections::VecDeque;
use std::f32::consts::PI;
use std::sync::Arc;

/// Samples of the caller that are looked for in the operator's.
const N_OWN: usize = 8_000;
/// Shortest and longest delay in samples. What of the operator came later than 20 ms ago may not be there yet.
const LEAST_DELAY: usize = 160;
const MOST_DELAY: usize = 4_800;
/// Samples of the operator that are searched.
const N_SEARCHED: usize = N_OWN + MOST_DELAY - LEAST_DELAY;
/// Length of the transforms: the longest stretch fits in, and no other lag is overlaid on those that are looked at.
const FFT_LEN: usize = 16_384;
/// Samples between two decisions.
const EVERY: u64 = 2_000;
/// Bins within a telephone's band, 300 to 3,400 Hz at 8 kHz.
const BAND: std::ops::Range<usize> = FFT_LEN * 300 / 8_000..FFT_LEN * 3_400 / 8_000;
/// The peak against the root mean square of the correlation, from which on it is an echo. Two strangers' speech
/// reaches 8 in 2 % of the decisions; an echo 20 dB below the voice does in three quarters.
const PEAK: f32 = 8.0;
/// By how much an echo is quieter than the operator, as a ratio of powers: 6 dB.
const QUIETER: f32 = 0.25;
/// Mean powers below which there is nothing to compare: -70 and -60 dB of full scale.
const LEAST_OWN: f32 = 1e-7;
const LEAST_SPOKEN: f32 = 1e-6;
/// Decisions for which an echo is believed to go on: a second, for words in which the peak is weak.
const HELD: u8 = 4;

/// The search for the operator in one caller's audio.
pub(super) struct Leak {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    /// By how much the operator's audio may come later than the caller's.
    lag: StreamTime,
    /// The caller's last second before the lag, and the lag.
    own: VecDeque<f32>,
    own_len: usize,
    n_samples: u64,
    held: u8,
    /// Where in the stretch a decision begins to hold, and the decision.
    decisions: VecDeque<(u64, bool)>,
}

impl Leak {
    /// A search that looks at what was said so long ago.
    pub(super) fn new(lag: StreamTime) -> Self {
        let mut planner = RealFftPlanner::new();
        let own_len = N_OWN + usize::try_from(lag.0).unwrap_or(0);
        Leak {
            forward: planner.plan_fft_forward(FFT_LEN),
            inverse: planner.plan_fft_inverse(FFT_LEN),
            lag,
            own: VecDeque::with_capacity(own_len),
            own_len,
            n_samples: 0,
            held: 0,
            decisions: VecDeque::new(),
        }
    }

    /// Forgets what was heard: the next samples begin another stretch.
    pub(super) fn reset(&mut self) {
        self.own.clear();
        self.n_samples = 0;
        self.held = 0;
        self.decisions.clear();
    }

    /// Takes the caller's next samples of a stretch that begins at `start`.
    pub(super) fn hear(&mut self, samples: &[f32], start: StreamTime, operator: &Operator) {
        for &sample in samples {
            if self.own.len() == self.own_len {
                self.own.pop_front();
            }
            self.own.push_back(sample);
            self.n_samples += 1;
            if self.n_samples.is_multiple_of(EVERY) {
                self.decide(start + StreamTime(self.n_samples), operator);
            }
        }
    }

    /// Whether the operator is heard `at` samples into the stretch. Times go forward.
    pub(super) fn is_echo(&mut self, at: u64) -> bool {
        while self.decisions.get(1).is_some_and(|(from, _)| *from <= at) {
            self.decisions.pop_front();
        }
        self.decisions.front().is_some_and(|(from, is_echo)| *from <= at && *is_echo)
    }

    fn decide(&mut self, now: StreamTime, operator: &Operator) {
        self.held = self.held.saturating_sub(1);
        let back = self.lag + StreamTime(LEAST_DELAY as u64);
        if self.own.len() == self.own_len
            && let Some(spoken) = operator.samples_until(now - back, N_SEARCHED)
            && self.finds(spoken)
        {
            self.held = HELD;
        }
        self.decisions.push_back((self.n_samples, self.held > 0));
    }

    fn finds(&self, spoken: impl Iterator<Item = f32>) -> bool {
        let mut spoken: Vec<f32> = spoken.collect();
        let mut own: Vec<f32> = self.own.iter().take(N_OWN).copied().collect();
        let (own_power, spoken_power) = (power(&own), power(&spoken));
        if own_power < LEAST_OWN
            || spoken_power < LEAST_SPOKEN
            || own_power > QUIETER * spoken_power
        {
            return false;
        }
        own.iter_mut().enumerate().for_each(|(n, sample)| *sample *= hann(n));
        let correlation = self.correlation(&mut own, &mut spoken);
        // The caller's stretch begins `MOST_DELAY - LEAST_DELAY` after the operator's: a delay of `d` is found at
        // the lag `d - MOST_DELAY`, counted from the end.
        let lags = MOST_DELAY - LEAST_DELAY;
        let found = correlation[FFT_LEN - lags..].iter().chain(&correlation[..1]);
        let peak = found.copied().fold(0.0, f32::max);
        peak >= PEAK * power(&correlation).sqrt()
    }

    /// The cross-correlation with whitened phases, of `FFT_LEN` lags; what does not fit the lengths is empty,
    /// which finds nothing.
    fn correlation(&self, own: &mut Vec<f32>, spoken: &mut Vec<f32>) -> Vec<f32> {
        let spectrum = |samples: &mut Vec<f32>| {
            samples.resize(FFT_LEN, 0.0);
            let mut bins = self.forward.make_output_vec();
            // Both lengths are the plan's own.
            let _ = self.forward.process(samples, &mut bins);
            bins
        };
        let (own, spoken) = (spectrum(own), spectrum(spoken));
        let mut cross = vec![Complex::new(0.0, 0.0); own.len()];
        for bin in BAND {
            let product = own[bin] * spoken[bin].conj();
            cross[bin] = product / (product.norm() + f32::MIN_POSITIVE);
        }
        let mut correlation = self.inverse.make_output_vec();
        let _ = self.inverse.process(&mut cross, &mut correlation);
        correlation
    }
}

#[expect(clippy::cast_precision_loss, reason = "a second of samples")]
fn power(samples: &[f32]) -> f32 {
    samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len().max(1) as f32
}

#[expect(clippy::cast_precision_loss, reason = "a second of samples")]
fn hann(n: usize) -> f32 {
    (PI * (n as f32 + 0.5) / N_OWN as f32).sin().powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Recipe;
    use crate::stream_time::STREAM_RATE_HZ;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Noise in a voice's band that swells and fades like words, from a seed.
    fn voice(seed: u64, n: usize) -> Vec<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut last = 0.0_f32;
        let mut gain = 0.0;
        (0..n)
            .map(|at| {
                if at % 1_200 == 0 {
                    gain = if rng.random_bool(0.7) { rng.random_range(0.05..0.5) } else { 0.0 };
                }
                last = 0.7 * last + rng.random_range(-1.0..1.0_f32);
                gain * last * 0.3
            })
            .collect()
    }

    /// The share of decisions that say echo, when the caller's side is this.
    fn share(spoken: &[f32], own: &[f32], block: usize) -> f32 {
        share_with(StreamTime::ZERO, spoken, own, block)
    }

    /// The same when what the operator says comes later by a lag: the caller's side is heard first.
    fn share_with(lag: StreamTime, spoken: &[f32], own: &[f32], block: usize) -> f32 {
        let rate_is_known = "the stream's own rate";
        let mut operator =
            Operator::new(Recipe::PhoneV2, STREAM_RATE_HZ, lag).expect(rate_is_known);
        let mut leak = Leak::new(lag);
        let silence = vec![0.0; usize::try_from(lag.0).expect("a short lag")];
        let own = [own, &silence].concat();
        let (head, own) = own.split_at(silence.len());
        leak.hear(head, StreamTime::ZERO, &operator);
        for (spoken, own) in spoken.chunks(block).zip(own.chunks(block)) {
            operator.push(spoken);
            leak.hear(own, StreamTime::ZERO, &operator);
        }
        let n = leak.decisions.len();
        let n_echo = leak.decisions.iter().filter(|(_, is_echo)| *is_echo).count();
        #[expect(clippy::cast_precision_loss, reason = "a few decisions")]
        let share = n_echo as f32 / n as f32;
        share
    }

    fn delayed(samples: &[f32], delay: usize, gain: f32) -> Vec<f32> {
        (0..samples.len())
            .map(|n| if n < delay { 0.0 } else { gain * samples[n - delay] })
            .collect()
    }

    fn mixed(a: &[f32], b: &[f32]) -> Vec<f32> {
        a.iter().zip(b).map(|(a, b)| a + b).collect()
    }

    #[test]
    fn an_echo_is_found_at_any_delay_and_another_voice_is_not_an_echo() {
        let (operator, caller) = (voice(1, 120_000), voice(2, 120_000));
        for delay in [200, 1_234, 4_700] {
            let echo = mixed(
                &delayed(&operator, delay, 0.1),
                &voice(3, 120_000).iter().map(|sample| sample * 0.01).collect::<Vec<_>>(),
            );
            assert!(share(&operator, &echo, 160) > 0.7, "{delay}");
        }
        let quiet: Vec<f32> = caller.iter().map(|sample| sample * 0.2).collect();
        assert!(share(&operator, &quiet, 160) < 0.1);
        assert!(share(&operator, &vec![0.0; 120_000], 160) < 1e-6);
    }

    #[test]
    fn an_echo_is_found_where_the_operators_side_comes_later() {
        let lag = StreamTime::from_ms(300);
        let operator = voice(1, 120_000);
        let echo = delayed(&operator, 1_234, 0.1);
        assert!(share_with(lag, &operator, &echo, 800) > 0.7);
    }

    #[test]
    fn a_caller_who_speaks_over_the_echo_is_heard() {
        let (operator, caller) = (voice(1, 120_000), voice(2, 120_000));
        let caller: Vec<f32> = caller.iter().map(|sample| sample * 1.5).collect();
        let both = mixed(&caller, &delayed(&operator, 800, 0.1));
        assert!(share(&operator, &both, 160) < 0.1);
    }

    #[test]
    fn decisions_do_not_depend_on_the_blocks() {
        let operator = voice(1, 60_000);
        let echo = delayed(&operator, 900, 0.2);
        let shares = [37, 160, 4_000].map(|block| share(&operator, &echo, block));
        assert!(shares.iter().all(|share| (share - shares[0]).abs() < 1e-6), "{shares:?}");
    }
}
