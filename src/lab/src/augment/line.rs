//! A telephone line: a narrow band, a codec, and what the network loses.
//!
//! In: a clip at 8 kHz, the packets that are lost. Out: the clip as the far end hears it.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::biquad::{BUTTERWORTH_4, Biquad};
use super::loss::conceal;
use super::mobile::{BITRATES_BPS, mobile};
use sound::g711::{a_law, a_law_code, mu_law, mu_law_code, of_i16, to_i16};

/// What a line lets through, between the frequencies at which it lets half the power through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// Lower edge in Hz, above 0.
    pub low_hz: f32,
    /// Upper edge in Hz, below 4,000.
    pub high_hz: f32,
}

impl Band {
    /// The telephone's classic 300 to 3,400 Hz (ITU-T G.712).
    pub const CLASSIC: Band = Band { low_hz: 300.0, high_hz: 3_400.0 };

    /// A line somewhat wider or narrower than the classic one.
    pub fn random(rng: &mut ChaCha8Rng) -> Self {
        Band {
            low_hz: rng.random_range(150.0..=350.0),
            high_hz: rng.random_range(3_100.0..=3_600.0),
        }
    }

    /// Takes away what is outside the band, with edges of fourth order (Butterworth).
    pub fn limit(&self, samples: &mut [f32]) {
        for quality in BUTTERWORTH_4 {
            Biquad::high_pass(f64::from(self.low_hz), quality).filter(samples);
            Biquad::low_pass(f64::from(self.high_hz), quality).filter(samples);
        }
    }
}

/// How a line codes samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// ITU-T G.711 mu-law: North America and Japan, and most internet telephony.
    MuLaw,
    /// ITU-T G.711 A-law: the rest of the world's land lines.
    ALaw,
    /// Narrowband Opus at so many bits a second: a mobile or internet call.
    Opus {
        /// Bits a second, from 6,000.
        bitrate_bps: u32,
    },
}

impl Codec {
    /// Mu-law 45 %, A-law 35 %, Opus of 6 to 12.2 kbit/s 20 %.
    fn random(rng: &mut ChaCha8Rng) -> Self {
        match rng.random_range(0..100) {
            0..45 => Codec::MuLaw,
            45..80 => Codec::ALaw,
            _ => Codec::Opus { bitrate_bps: rng.random_range(BITRATES_BPS) },
        }
    }
}

/// A telephone line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// What it lets through.
    pub band: Band,
    /// How it codes.
    pub codec: Codec,
}

impl Line {
    /// 300 to 3,400 Hz and mu-law.
    pub const CLASSIC: Line = Line { band: Band::CLASSIC, codec: Codec::MuLaw };

    /// A line of random band and codec.
    pub fn random(rng: &mut ChaCha8Rng) -> Self {
        Line { band: Band::random(rng), codec: Codec::random(rng) }
    }

    /// Sends a clip over the line and conceals what is lost: `lost` has one entry a packet of 20 ms, and
    /// packets beyond its end arrive.
    pub fn send(&self, samples: &mut [f32], lost: &[bool]) {
        self.band.limit(samples);
        match self.codec {
            Codec::MuLaw => {
                recode(samples, |sample| mu_law(mu_law_code(sample)));
                conceal(samples, lost);
            }
            Codec::ALaw => {
                recode(samples, |sample| a_law(a_law_code(sample)));
                conceal(samples, lost);
            }
            Codec::Opus { bitrate_bps } => mobile(samples, bitrate_bps, lost),
        }
    }
}

/// Codes and decodes each sample by itself.
fn recode(samples: &mut [f32], law: impl Fn(i16) -> i16) {
    for sample in samples {
        *sample = of_i16(law(to_i16(*sample)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::power;
    use super::super::tests::{sine, voice};
    use super::*;
    use rand::SeedableRng;

    const EUROPEAN: Line = Line { band: Band::CLASSIC, codec: Codec::ALaw };

    /// Gain in dB of a sine, after the filters have settled.
    fn gain_db(line: Line, frequency_hz: f32) -> f64 {
        let mut samples = sine(frequency_hz, 0.5);
        let before = power(&samples[2_000..]);
        line.send(&mut samples, &[]);
        10.0 * (power(&samples[2_000..]) / before).log10()
    }

    #[test]
    fn the_band_passes_and_what_is_outside_does_not() {
        // The codec's own error is 37 dB below the signal, so 0.2 dB at most.
        const TOLERANCE_DB: f64 = 0.2;
        for line in [Line::CLASSIC, EUROPEAN] {
            for (frequency_hz, expected_db) in
                [(300.0, -3.01), (700.0, 0.0), (1_000.0, 0.0), (2_000.0, 0.0), (3_400.0, -3.01)]
            {
                let gain = gain_db(line, frequency_hz);
                assert!((gain - expected_db).abs() < TOLERANCE_DB, "{frequency_hz} Hz: {gain} dB");
            }
            assert!(gain_db(line, 100.0) < -35.0, "{}", gain_db(line, 100.0));
            assert!(gain_db(line, 3_900.0) < -35.0, "{}", gain_db(line, 3_900.0));
        }
    }

    #[test]
    fn every_sample_that_leaves_the_line_is_one_of_the_256_of_the_standard() {
        for line in [Line::CLASSIC, EUROPEAN] {
            let mut samples = sine(440.0, 0.7);
            line.send(&mut samples, &[]);
            let values: std::collections::BTreeSet<u32> =
                samples.iter().map(|sample| sample.to_bits()).collect();
            assert!((51..=256).contains(&values.len()), "{}", values.len());
            // What is one of them already is not changed by coding it once more.
            let once = samples.clone();
            match line.codec {
                Codec::ALaw => recode(&mut samples, |sample| a_law(a_law_code(sample))),
                _ => recode(&mut samples, |sample| mu_law(mu_law_code(sample))),
            }
            assert_eq!(samples, once);
        }
    }

    #[test]
    fn the_coding_error_is_35_db_below_a_voice_in_the_band() {
        for line in [Line::CLASSIC, EUROPEAN] {
            let mut filtered = sine(1_000.0, 0.5);
            line.band.limit(&mut filtered);
            let mut sent = sine(1_000.0, 0.5);
            line.send(&mut sent, &[]);
            let error: Vec<f32> = sent.iter().zip(&filtered).map(|(s, f)| s - f).collect();
            let snr_db = 10.0 * (power(&filtered) / power(&error)).log10();
            assert!((35.0..42.0).contains(&snr_db), "{line:?}: {snr_db}");
        }
    }

    #[test]
    fn a_lost_packet_is_concealed_by_every_codec() {
        for codec in [Codec::MuLaw, Codec::ALaw, Codec::Opus { bitrate_bps: 9_000 }] {
            let line = Line { band: Band::CLASSIC, codec };
            let (mut whole, mut gappy) = (voice(8_000), voice(8_000));
            line.send(&mut whole, &[]);
            line.send(&mut gappy, &[&[false; 30][..], &[true]].concat());
            assert_ne!(whole, gappy, "{codec:?}");
            // Opus begins 6.5 ms earlier: what it decodes is that much later, and was moved back.
            let (gap, intact) = (power(&gappy[4_760..4_840]), power(&whole[4_760..4_840]));
            assert!(gap > 0.2 * intact, "{codec:?}: {gap} of {intact}");
            assert!(power(&gappy[4_800..4_960]) < 2.0 * power(&whole[4_800..4_960]), "{codec:?}");
        }
    }

    #[test]
    fn random_lines_repeat_with_their_seed_and_have_the_stated_codecs() {
        let line = |seed| Line::random(&mut ChaCha8Rng::seed_from_u64(seed));
        assert_eq!(line(1), line(1));
        assert_ne!(line(1), line(2));
        let mut counts = [0_u32; 3];
        for seed in 0..2_000 {
            let Line { band, codec } = line(seed);
            assert!((150.0..=350.0).contains(&band.low_hz));
            assert!((3_100.0..=3_600.0).contains(&band.high_hz));
            match codec {
                Codec::MuLaw => counts[0] += 1,
                Codec::ALaw => counts[1] += 1,
                Codec::Opus { bitrate_bps } => {
                    assert!(BITRATES_BPS.contains(&bitrate_bps));
                    counts[2] += 1;
                }
            }
        }
        // Four deviations of a binomial count of 2,000 are 90 at most.
        for (count, expected) in counts.into_iter().zip([900_u32, 700, 400]) {
            assert!(count.abs_diff(expected) < 90, "{counts:?}");
        }
    }
}
