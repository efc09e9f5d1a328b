//! Recordings without a header, as telephone systems write them: which coding a name stands for.
//!
//! In: a file's name, or what was typed. Out: a [`RawCoding`]. Keeps nothing. Source: Asterisk's file formats
//! (`formats/format_*.c`), in which the ending is all that tells.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use super::coding::{Coding, Layout, Order};

/// Endings and typed names, with their coding and rate in Hz.
const NAMES: [(&[&str], Coding, u32); 20] = [
    (&["ulaw", "mulaw", "ul", "pcmu", "ulw", "mu"], Coding::MuLaw, 8_000),
    (&["alaw", "al", "pcma", "alw"], Coding::ALaw, 8_000),
    (&["gsm"], Coding::Gsm, 8_000),
    (&["g722"], Coding::G722, 16_000),
    (&["sln", "slin", "sln8", "slin8"], SLIN, 8_000),
    (&["sln12", "slin12"], SLIN, 12_000),
    (&["sln16", "slin16"], SLIN, 16_000),
    (&["sln24", "slin24"], SLIN, 24_000),
    (&["sln32", "slin32"], SLIN, 32_000),
    (&["sln44", "slin44"], SLIN, 44_100),
    (&["sln48", "slin48"], SLIN, 48_000),
    (&["sln96", "slin96"], SLIN, 96_000),
    (&["sln192", "slin192"], SLIN, 192_000),
    // These are typed only: no ending is certain.
    (&["s16le"], SLIN, 8_000),
    (&["s16be"], Coding::Integer { width: 2, order: Order::Big, is_signed: true }, 8_000),
    (&["u8"], Coding::Integer { width: 1, order: Order::Little, is_signed: false }, 8_000),
    (&["s8"], Coding::Integer { width: 1, order: Order::Little, is_signed: true }, 8_000),
    (&["s24le"], Coding::Integer { width: 3, order: Order::Little, is_signed: true }, 8_000),
    (&["s32le"], Coding::Integer { width: 4, order: Order::Little, is_signed: true }, 8_000),
    (&["f32le"], Coding::Float { width: 4, order: Order::Little }, 8_000),
];

/// Signed linear, 16 bits.
const SLIN: Coding = Coding::Integer { width: 2, order: Order::Little, is_signed: true };

/// From here on the names are no endings.
const N_ENDINGS: usize = 13;

/// The coding of a recording without a header, one channel. Written as `CODING` or `CODING:RATE`, the rate in Hz.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawCoding {
    name: &'static str,
    coding: Coding,
    rate_hz: u32,
}

impl RawCoding {
    /// The coding that a file's ending stands for, in upper or lower case.
    #[must_use]
    pub fn of_name(path: &Path) -> Option<RawCoding> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        named(&ending, &NAMES[..N_ENDINGS])
    }

    pub(super) fn layout(self) -> Layout {
        Layout { coding: self.coding, rate_hz: self.rate_hz, n_channels: 1 }
    }
}

fn named(wanted: &str, names: &[(&[&'static str], Coding, u32)]) -> Option<RawCoding> {
    names.iter().find(|(names, ..)| names.contains(&wanted)).map(|(names, coding, rate_hz)| {
        RawCoding { name: names[0], coding: *coding, rate_hz: *rate_hz }
    })
}

impl fmt::Display for RawCoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.rate_hz)
    }
}

/// What was typed is no coding.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no coding of recordings without a header; give ulaw, alaw, gsm, g722, sln, sln16 (or another rate in kHz), \
     s16le, s16be, u8, s8, s24le, s32le or f32le, and if it is another, the rate in Hz, such as ulaw:16000"
)]
pub struct RawCodingError(String);

impl FromStr for RawCoding {
    type Err = RawCodingError;

    fn from_str(text: &str) -> Result<Self, RawCodingError> {
        let wrong = || RawCodingError(text.to_owned());
        let (name, rate) =
            text.split_once(':').map_or((text, None), |(name, rate)| (name, Some(rate)));
        let coding = named(&name.trim().to_ascii_lowercase(), &NAMES).ok_or_else(wrong)?;
        match rate.map(str::parse) {
            None => Ok(coding),
            Some(Ok(rate_hz)) if rate_hz > 0 => Ok(RawCoding { rate_hz, ..coding }),
            Some(_) => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_and_typed_names_are_known_and_others_are_refused() {
        let of = |name: &str| RawCoding::of_name(Path::new(name)).map(|raw| raw.to_string());
        assert_eq!(of("call.ulaw").as_deref(), Some("ulaw:8000"));
        assert_eq!(of("CALL.SLN16").as_deref(), Some("sln16:16000"));
        assert_eq!(of("call.g722").as_deref(), Some("g722:16000"));
        assert_eq!((of("call.s16le"), of("call.wav"), of("call")), (None, None, None));
        let typed = |text: &str| text.parse::<RawCoding>().map(|raw| raw.to_string());
        assert_eq!(typed("alaw:16000").as_deref(), Ok("alaw:16000"));
        assert_eq!(typed("s16be").as_deref(), Ok("s16be:8000"));
        for wrong in ["", "mp3", "ulaw:", "ulaw:0", "ulaw:fast", ":8000"] {
            assert_eq!(typed(wrong), Err(RawCodingError(wrong.to_owned())));
        }
    }
}
