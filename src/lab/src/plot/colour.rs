//! Colours for values and for series.
//!
//! In: a number from 0 to 1. Out: an SVG colour. Kept between calls: nothing.

/// The colours of series, told apart by people with any colour vision (Okabe and Ito, 2008), without
/// their yellow, which is faint on white.
pub const SERIES: [&str; 7] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];

/// Which colours stand for the values of a heat map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColourMap {
    /// Dark to bright, equal steps looking equal: matplotlib's viridis (van der Walt and Smith, 2015).
    Viridis,
    /// White to the blue of the first series, for shares that have their number written in them.
    WhiteBlue,
    /// Blue over white to red, for values around zero: `ColorBrewer`'s `RdBu` (Brewer, 2003), reversed.
    BlueRed,
}

const VIRIDIS: [u32; 8] = [
    0x44_01_54, 0x46_32_7e, 0x36_5c_8d, 0x27_7f_8e, 0x1f_a1_87, 0x4a_c1_6d, 0xa0_da_39, 0xfd_e7_25,
];

const WHITE_BLUE: [u32; 2] = [0xff_ff_ff, 0x00_72_b2];

const BLUE_RED: [u32; 7] =
    [0x21_66_ac, 0x67_a9_cf, 0xd1_e5_f0, 0xf7_f7_f7, 0xfd_db_c7, 0xef_8a_62, 0xb2_18_2b];

impl ColourMap {
    /// The colour of `fraction` in [0, 1], between the two nearest of the map's own.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "indices and bytes"
    )]
    pub(super) fn colour(self, fraction: f64) -> String {
        let stops: &[u32] = match self {
            ColourMap::Viridis => &VIRIDIS,
            ColourMap::WhiteBlue => &WHITE_BLUE,
            ColourMap::BlueRed => &BLUE_RED,
        };
        let place = fraction.clamp(0.0, 1.0) * super::count(stops.len() - 1);
        let below = (place.floor() as usize).min(stops.len() - 2);
        let share = place - super::count(below);
        let part = |shift: u32| {
            let byte = |stop: u32| f64::from(stop >> shift & 0xff);
            (byte(stops[below]) * (1.0 - share) + byte(stops[below + 1]) * share).round() as u8
        };
        format!("#{:02x}{:02x}{:02x}", part(16), part(8), part(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_and_the_middle_are_the_maps_own() {
        assert_eq!(ColourMap::Viridis.colour(0.0), "#440154");
        assert_eq!(ColourMap::Viridis.colour(1.0), "#fde725");
        assert_eq!(ColourMap::WhiteBlue.colour(1.0), SERIES[0]);
        assert_eq!(ColourMap::BlueRed.colour(0.5), "#f7f7f7");
        assert_eq!(ColourMap::BlueRed.colour(7.0), "#b2182b");
    }
}
