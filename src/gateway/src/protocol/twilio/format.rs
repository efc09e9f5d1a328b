//! How the sound of the Twilio family is coded.
//!
//! In: the coding's name, rate and channels as a start has them, then payloads. Out: samples. Keeps the coding and the
//! rate.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sound::g711;

use super::Dialect;
use crate::protocol::{Refusal, checked_rate, samples_of_l16};

/// The most bytes of one payload: 8 s of G.711, where the platforms send 20 ms.
const MAX_PAYLOAD_LEN: usize = 64 * 1_024;
/// The rate where none is told: that of telephones.
const DEFAULT_RATE_HZ: u64 = 8_000;

/// Above this, a time is nonsense, and sums of counts might pass 64 bits: 190,000 years at 192 kHz.
const MAX_AT: u128 = 1 << 60;

/// Base64 with or without the signs that fill it up at its end.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    MuLaw,
    ALaw,
    /// 16 bits, little-endian.
    L16,
}

/// A coding and its rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format {
    coding: Coding,
    rate_hz: u32,
}

impl Format {
    /// The format that a start names, such as `audio/x-mulaw`, `PCMU` or `audio/x-l16;rate=16000`.
    ///
    /// # Errors
    /// [`Refusal::Unsupported`]: another coding or rate, or more than one channel.
    pub(super) fn new(
        dialect: Dialect,
        encoding: &str,
        rate: Option<u64>,
        channels: Option<u64>,
    ) -> Result<Self, Refusal> {
        if channels.is_some_and(|channels| channels != 1) {
            return Err(Refusal::Unsupported("a track of more than one channel"));
        }
        let encoding = encoding.to_ascii_lowercase();
        let (name, detail) = encoding.split_once([';', '@']).unwrap_or((&encoding, ""));
        let name = name.trim().trim_start_matches("audio/").trim_start_matches("x-");
        let coding = match (name, dialect) {
            ("mulaw" | "ulaw" | "pcmu", _) => Coding::MuLaw,
            ("alaw" | "pcma", _) => Coding::ALaw,
            // Twilio has the mu-law alone; in which order Telnyx sends the two bytes is not told.
            ("l16", Dialect::SignalWire | Dialect::Plivo) => Coding::L16,
            _ => return Err(Refusal::Unsupported("a coding other than mu-law, A-law or L16")),
        };
        let rate = rate.or_else(|| rate_in(detail)).unwrap_or(DEFAULT_RATE_HZ);
        Ok(Format { coding, rate_hz: checked_rate(rate)? })
    }

    pub(super) fn rate_hz(self) -> u32 {
        self.rate_hz
    }

    /// The samples of a payload in base64, in [-1, 1].
    ///
    /// # Errors
    /// [`Refusal`]: over 64 KiB, no base64, or half a sample.
    pub(super) fn samples(self, payload: &str) -> Result<Vec<f32>, Refusal> {
        if payload.len() > MAX_PAYLOAD_LEN.div_ceil(3) * 4 {
            return Err(Refusal::TooLarge("a payload"));
        }
        let bytes = BASE64.decode(payload).map_err(|_| Refusal::Malformed("a payload's base64"))?;
        if bytes.len() > MAX_PAYLOAD_LEN {
            return Err(Refusal::TooLarge("a payload"));
        }
        let by_code =
            |sample: fn(u8) -> i16| bytes.iter().map(|code| g711::of_i16(sample(*code))).collect();
        match self.coding {
            Coding::MuLaw => Ok(by_code(g711::mu_law)),
            Coding::ALaw => Ok(by_code(g711::a_law)),
            Coding::L16 if bytes.len().is_multiple_of(2) => Ok(samples_of_l16(&bytes)),
            Coding::L16 => Err(Refusal::Malformed("half a sample")),
        }
    }

    /// The sample at a time, counted from the same zero; none beyond 2^60.
    pub(super) fn at(self, timestamp_ms: u64) -> Option<u64> {
        let at = u128::from(timestamp_ms) * u128::from(self.rate_hz) / 1_000;
        u64::try_from(at).ok().filter(|_| at <= MAX_AT)
    }
}

/// The rate in `rate=16000` or `16000h@40i`.
fn rate_in(detail: &str) -> Option<u64> {
    detail.split([';', '@']).find_map(|part| {
        let part = part.trim();
        part.strip_prefix("rate=").or_else(|| part.strip_suffix('h'))?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODING: Refusal = Refusal::Unsupported("a coding other than mu-law, A-law or L16");

    fn named(dialect: Dialect, encoding: &str) -> Result<(Coding, u32), Refusal> {
        Format::new(dialect, encoding, None, None).map(|format| (format.coding, format.rate_hz))
    }

    #[test]
    fn codings_are_known_by_each_platforms_names() {
        use Dialect::{Plivo, SignalWire, Telnyx, Twilio};
        for (dialect, encoding, expected) in [
            (Twilio, "audio/x-mulaw", (Coding::MuLaw, 8_000)),
            (SignalWire, "PCMU@8000h@20i", (Coding::MuLaw, 8_000)),
            (SignalWire, "L16@24000h", (Coding::L16, 24_000)),
            (Telnyx, "PCMU", (Coding::MuLaw, 8_000)),
            (Telnyx, "PCMA", (Coding::ALaw, 8_000)),
            (Plivo, "audio/x-l16;rate=16000", (Coding::L16, 16_000)),
            (Plivo, "audio/x-alaw", (Coding::ALaw, 8_000)),
        ] {
            assert_eq!(named(dialect, encoding), Ok(expected), "{encoding}");
        }
    }

    #[test]
    fn other_codings_rates_and_channels_are_not_read() {
        for encoding in ["G722", "OPUS", "AMR-WB", "L16", "", "audio/", "mulaw2"] {
            assert_eq!(named(Dialect::Telnyx, encoding), Err(CODING), "{encoding}");
        }
        assert_eq!(named(Dialect::Twilio, "audio/x-l16"), Err(CODING));
        let format = |rate, channels| Format::new(Dialect::Twilio, "audio/x-mulaw", rate, channels);
        assert!(format(Some(8_000), Some(1)).is_ok());
        assert!(matches!(format(Some(0), Some(1)), Err(Refusal::Unsupported(_))));
        assert!(matches!(format(Some(u64::MAX), Some(1)), Err(Refusal::Unsupported(_))));
        assert!(matches!(format(Some(8_000), Some(2)), Err(Refusal::Unsupported(_))));
    }

    #[test]
    fn the_rate_that_is_told_apart_goes_before_that_in_the_name() {
        let format = Format::new(Dialect::Plivo, "audio/x-l16;rate=16000", Some(8_000), None);
        assert_eq!(format.map(Format::rate_hz), Ok(8_000));
    }

    #[test]
    fn payloads_become_samples() {
        let samples = |dialect, encoding, payload| {
            Format::new(dialect, encoding, None, None).and_then(|format| format.samples(payload))
        };
        // 0xff, 0x00, 0x80: streams.md's check values of the mu-law.
        let mu_law = [0.0, -32_124.0 / 32_768.0, 32_124.0 / 32_768.0].to_vec();
        assert_eq!(samples(Dialect::Twilio, "audio/x-mulaw", "/wCA"), Ok(mu_law));
        // 0xd5, 0x55: the A-law's.
        let a_law = [8.0 / 32_768.0, -8.0 / 32_768.0].to_vec();
        assert_eq!(samples(Dialect::Telnyx, "PCMA", "1VU="), Ok(a_law.clone()));
        assert_eq!(samples(Dialect::Telnyx, "PCMA", "1VU"), Ok(a_law));
        // 0x4000 and 0x8000, the lower byte first.
        assert_eq!(samples(Dialect::Plivo, "audio/x-l16", "AEAAgA=="), Ok([0.5, -1.0].to_vec()));
    }

    #[test]
    fn bad_payloads_are_refused_in_kind() {
        let l16 = Format::new(Dialect::Plivo, "audio/x-l16", None, None).unwrap();
        assert_eq!(l16.samples("AEAA"), Err(Refusal::Malformed("half a sample")));
        for payload in ["A", "AA=A", "AAA*", "AA\nA", "\u{1f600}", "===="] {
            let refusal = Err(Refusal::Malformed("a payload's base64"));
            assert_eq!(l16.samples(payload), refusal, "{payload:?}");
        }
        let full = BASE64.encode(vec![0; MAX_PAYLOAD_LEN]);
        assert_eq!(l16.samples(&full).map(|samples| samples.len()), Ok(MAX_PAYLOAD_LEN / 2));
        for over in [2, 4, 1_000] {
            let over = BASE64.encode(vec![0; MAX_PAYLOAD_LEN + over]);
            assert_eq!(l16.samples(&over), Err(Refusal::TooLarge("a payload")));
        }
    }

    #[test]
    fn times_are_counted_in_samples_without_overflow() {
        let at = |rate, ms| Format::new(Dialect::Plivo, "l16", Some(rate), None).unwrap().at(ms);
        assert_eq!(at(8_000, 1_711_216_222_735), Some(13_689_729_781_880));
        assert_eq!(at(24_000, 20), Some(480));
        assert_eq!(at(11_025, 20), Some(220));
        assert_eq!(at(8_000, (1 << 60) / 8), Some(1 << 60));
        assert_eq!(at(8_000, (1 << 60) / 8 + 1), None);
        assert_eq!(at(8_000, u64::MAX), None);
        assert_eq!(at(192_000, u64::MAX), None);
    }
}
