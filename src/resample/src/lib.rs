//! Any sample rate to the model's, as a stream.
//!
//! In: mono samples at one rate, in blocks of any length. Out: the same sound at another rate, with the
//! filter's delay taken off, so that time 0 of the output is time 0 of the input. Kept between calls:
//! the samples of an unfinished block of 20 ms and the filter's overlap.
//!
//! The work is rubato's synchronous FFT resampler on whole blocks, so the output does not depend on how
//! the input was split.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};

/// Wanted length of a block: the longest time that a sample waits for company. Rates with a small common
/// divisor need more (22.05 kHz to 8 kHz takes 40 ms, 24.414 kHz a second); those of sound cards do not.
const BLOCK_MS: u32 = 20;

/// With 20 ms at 8 kHz this is flat to 3.65 kHz, so that the highest mel band of `phone-v1` is the same from
/// every input rate, and lets nothing alias above -70 dB (see the tests).
/// rubato's default of a squared Blackman-Harris would begin to fall at 3.3 kHz.
const WINDOW: WindowFunction = WindowFunction::Blackman;

/// The lowest rate that is taken for sound.
pub const LOWEST_RATE_HZ: u32 = 1_000;

/// The highest rate that is taken for sound: twice what the fastest converters deliver.
pub const HIGHEST_RATE_HZ: u32 = 768_000;

/// A rate that cannot be resampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResampleError {
    /// No sound has this rate: a damaged header, most likely.
    #[error(
        "a sample rate of {rate_hz} Hz is outside {LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ} Hz; \
         the recording's header may be damaged: convert it again from its source"
    )]
    UnsupportedRate {
        /// The rate.
        rate_hz: u32,
    },
}

/// A streaming resampler of one voice.
pub struct Resampler {
    from_hz: u32,
    to_hz: u32,
    /// Samples taken and samples appended since the last [`reset`](Resampler::reset).
    n_taken: u64,
    n_appended: u64,
    /// Nothing where the rates are equal.
    blocks: Option<Blocks>,
}

/// The resampler proper, which only takes whole blocks.
struct Blocks {
    fft: Fft<f32>,
    /// Always `fft.input_frames_max()` long; the first `n_waiting` are samples.
    input: Vec<f32>,
    n_waiting: usize,
    output: Vec<f32>,
    /// Output samples that come before time 0 of the input and are still to be dropped.
    n_early: usize,
}

impl Resampler {
    /// A resampler at time 0. Everything is allocated here.
    ///
    /// # Errors
    /// [`ResampleError::UnsupportedRate`] for a rate outside [`LOWEST_RATE_HZ`] to [`HIGHEST_RATE_HZ`].
    pub fn new(from_hz: u32, to_hz: u32) -> Result<Self, ResampleError> {
        for rate_hz in [from_hz, to_hz] {
            if !(LOWEST_RATE_HZ..=HIGHEST_RATE_HZ).contains(&rate_hz) {
                return Err(ResampleError::UnsupportedRate { rate_hz });
            }
        }
        let blocks = (from_hz != to_hz).then(|| Blocks::new(from_hz, to_hz));
        Ok(Resampler { from_hz, to_hz, n_taken: 0, n_appended: 0, blocks })
    }

    /// Takes the next `input` and appends what became ready to `output`; nothing else allocates.
    ///
    /// The output lags behind the input by up to a block and a half (30 ms) until [`finish`](Self::finish).
    pub fn push(&mut self, input: &[f32], output: &mut Vec<f32>) {
        self.n_taken += input.len() as u64;
        let before = output.len();
        match &mut self.blocks {
            None => output.extend_from_slice(input),
            Some(blocks) => blocks.push(input, output),
        }
        self.n_appended += (output.len() - before) as u64;
    }

    /// Appends the tail, so that `round(input length * to / from)` samples came out in all, and resets.
    pub fn finish(&mut self, output: &mut Vec<f32>) {
        if let Some(blocks) = &mut self.blocks {
            let (from, to) = (u64::from(self.from_hz), u64::from(self.to_hz));
            let n_expected = (self.n_taken * to + from / 2) / from;
            while self.n_appended < n_expected {
                let before = output.len();
                blocks.process(output);
                let n_wanted = usize::try_from(n_expected - self.n_appended).unwrap_or(usize::MAX);
                output.truncate(before.saturating_add(n_wanted));
                self.n_appended += (output.len() - before) as u64;
            }
        }
        self.reset();
    }

    /// Back to time 0, as after [`new`](Self::new): after a gap, nothing of the sound before it remains.
    pub fn reset(&mut self) {
        self.n_taken = 0;
        self.n_appended = 0;
        if let Some(blocks) = &mut self.blocks {
            blocks.reset();
        }
    }
}

impl Blocks {
    fn new(from_hz: u32, to_hz: u32) -> Self {
        let fft = Fft::new_custom(
            from_hz as usize,
            to_hz as usize,
            block_len(from_hz, to_hz),
            1,
            1,
            WINDOW,
            FixedSync::Both,
        )
        .expect("both rates and the block's length are positive");
        let input = vec![0.0; fft.input_frames_max()];
        let output = vec![0.0; fft.output_frames_max()];
        let n_early = fft.output_delay();
        Blocks { fft, input, n_waiting: 0, output, n_early }
    }

    fn push(&mut self, mut input: &[f32], output: &mut Vec<f32>) {
        while !input.is_empty() {
            let n = input.len().min(self.input.len() - self.n_waiting);
            let (now, later) = input.split_at(n);
            self.input[self.n_waiting..self.n_waiting + n].copy_from_slice(now);
            self.n_waiting += n;
            input = later;
            if self.n_waiting == self.input.len() {
                self.process(output);
            }
        }
    }

    /// Resamples the block, with silence for what is missing of it.
    fn process(&mut self, output: &mut Vec<f32>) {
        self.input[self.n_waiting..].fill(0.0);
        self.n_waiting = 0;
        let (n_in, n_out) = (self.input.len(), self.output.len());
        let input = InterleavedSlice::new(&self.input, 1, n_in).expect("one channel of n_in");
        let mut block =
            InterleavedSlice::new_mut(&mut self.output, 1, n_out).expect("one channel of n_out");
        self.fft
            .process_into_buffer(&input, &mut block, None)
            .expect("both buffers have the lengths that the resampler asked for");
        let n_dropped = self.n_early.min(n_out);
        self.n_early -= n_dropped;
        output.extend_from_slice(&self.output[n_dropped..]);
    }

    fn reset(&mut self) {
        self.fft.reset();
        self.n_waiting = 0;
        self.n_early = self.fft.output_delay();
    }
}

/// Input samples of a block: about [`BLOCK_MS`], a whole number of output samples, and even on both sides,
/// because the filter's delay is half a block and must be a whole number of samples.
fn block_len(from_hz: u32, to_hz: u32) -> usize {
    let divisor = greatest_common_divisor(from_hz, to_hz);
    let (step_in, step_out) = (from_hz / divisor, to_hz / divisor);
    let wanted_len = from_hz * BLOCK_MS / 1000;
    let n_steps = (wanted_len / step_in).max(1);
    let both_even = (step_in * n_steps).is_multiple_of(2) && (step_out * n_steps).is_multiple_of(2);
    (step_in * if both_even { n_steps } else { n_steps + n_steps % 2 }) as usize
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// A whole clip at another rate: `round(length * to / from)` samples.
///
/// # Errors
/// [`ResampleError::UnsupportedRate`], as [`Resampler::new`].
pub fn resample_all(samples: &[f32], from_hz: u32, to_hz: u32) -> Result<Vec<f32>, ResampleError> {
    let mut resampler = Resampler::new(from_hz, to_hz)?;
    let mut output = Vec::new();
    resampler.push(samples, &mut output);
    resampler.finish(&mut output);
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::f64::consts::TAU;

    /// Rates of sound cards, of telephones and of the corpora.
    const RATES_HZ: [u32; 9] =
        [8_000, 11_025, 16_000, 22_050, 24_414, 32_000, 44_100, 48_000, 96_000];

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "a test's sine"
    )]
    fn sine(hz: f64, rate_hz: u32, n_samples: usize) -> Vec<f32> {
        (0..n_samples).map(|n| (TAU * hz * n as f64 / f64::from(rate_hz)).sin() as f32).collect()
    }

    /// Level of the middle half, relative to a full-scale sine.
    #[expect(clippy::cast_precision_loss, reason = "a test's mean")]
    fn level_db(samples: &[f32]) -> f64 {
        let middle = &samples[samples.len() / 4..samples.len() * 3 / 4];
        let power: f64 = middle.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        10.0 * (2.0 * power / middle.len() as f64).log10()
    }

    #[test]
    fn a_sine_keeps_its_place_in_time_from_every_rate() {
        /// Away from the ends, where the missing sound before and after is heard.
        const EDGE_LEN: usize = 400;
        /// A delay of a hundredth of a sample would make 0.002 here.
        const TOLERANCE: f32 = 2e-4;
        for from_hz in RATES_HZ {
            let output =
                resample_all(&sine(1000.0, from_hz, from_hz as usize), from_hz, 8000).unwrap();
            let expected = sine(1000.0, 8000, 8000);
            assert_eq!(output.len(), 8000);
            for n in EDGE_LEN..8000 - EDGE_LEN {
                let difference = (output[n] - expected[n]).abs();
                assert!(difference < TOLERANCE, "{from_hz} Hz, sample {n}: off by {difference}");
            }
        }
    }

    #[test]
    fn the_band_is_flat_to_the_last_mel_band_and_aliases_are_far_below() {
        for from_hz in [16_000, 44_100, 48_000, 96_000] {
            let level = |hz| {
                level_db(
                    &resample_all(&sine(hz, from_hz, from_hz as usize), from_hz, 8000).unwrap(),
                )
            };
            for hz in [100.0, 1000.0, 3400.0, 3650.0] {
                assert!(level(hz).abs() < 0.1, "{hz} Hz from {from_hz} Hz: {} dB", level(hz));
            }
            for hz in [4050.0, 5000.0, 7000.0] {
                assert!(level(hz) < -70.0, "{hz} Hz from {from_hz} Hz: {} dB", level(hz));
            }
        }
    }

    #[test]
    fn an_impulse_comes_out_where_it_went_in() {
        for from_hz in RATES_HZ {
            let mut input = vec![0.0; from_hz as usize];
            input[from_hz as usize / 2] = 1.0;
            let output = resample_all(&input, from_hz, 8000).unwrap();
            let peak = (0..output.len()).max_by(|&a, &b| output[a].total_cmp(&output[b])).unwrap();
            assert_eq!(peak, 4000, "from {from_hz} Hz");
        }
    }

    #[test]
    fn equal_rates_copy() {
        let input = sine(440.0, 8000, 777);
        assert_eq!(resample_all(&input, 8000, 8000).unwrap(), input);
    }

    #[test]
    fn nothing_gives_nothing() {
        assert!(resample_all(&[], 48_000, 8000).unwrap().is_empty());
    }

    #[test]
    fn a_block_of_a_sound_cards_rate_is_20_ms() {
        for rate_hz in [16_000, 32_000, 44_100, 48_000, 96_000, 192_000] {
            assert_eq!(block_len(rate_hz, 8000), rate_hz as usize / 50);
        }
        assert_eq!(block_len(22_050, 8000), 882);
    }

    #[test]
    fn a_rate_that_no_sound_has_is_refused_by_name() {
        let error = Resampler::new(4_000_000_000, 8000).err();
        assert_eq!(error, Some(ResampleError::UnsupportedRate { rate_hz: 4_000_000_000 }));
        assert!(Resampler::new(0, 8000).is_err());
        assert!(Resampler::new(48_000, 0).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn any_split_gives_the_same_bytes_and_the_promised_length(
            from_hz in prop::sample::select(&RATES_HZ[..]),
            to_hz in prop::sample::select(&[8_000_u32, 22_050][..]),
            samples in prop::collection::vec(-1.0_f32..1.0, 0..6000),
            cuts in prop::collection::vec(0_usize..1500, 0..12),
        ) {
            let whole = resample_all(&samples, from_hz, to_hz).unwrap();
            // round(n * to / from), told without division: off by at most half a sample.
            let (from, to) = (from_hz as usize, to_hz as usize);
            prop_assert!((2 * whole.len() * from).abs_diff(2 * samples.len() * to) <= from);

            let mut resampler = Resampler::new(from_hz, to_hz).unwrap();
            let mut output = Vec::new();
            resampler.push(&[0.7; 1234], &mut output);
            resampler.reset();
            output.clear();
            let mut rest = &samples[..];
            for cut in cuts {
                let (now, later) = rest.split_at(cut.min(rest.len()));
                resampler.push(now, &mut output);
                rest = later;
            }
            resampler.push(rest, &mut output);
            resampler.finish(&mut output);
            prop_assert!(output.iter().map(|x| x.to_bits()).eq(whole.iter().map(|x| x.to_bits())));
        }
    }
}
