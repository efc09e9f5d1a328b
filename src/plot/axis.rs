//! Where an axis gets its marks.
//!
//! In: a range. Out: round values inside it, and their words. Kept between calls: nothing.

use super::{Axis, count};

/// Round values from `axis.low` to `axis.high`, about `n_wanted` of them: steps of 1, 2 or 5 times a power of 10.
pub fn ticks(axis: &Axis, n_wanted: usize) -> Vec<(f64, String)> {
    let step = round_step((axis.high - axis.low) / count(n_wanted.max(1)));
    let first = (axis.low / step - 1e-6).ceil();
    let n_decimals = n_decimals(step);
    (0..=2 * n_wanted + 2)
        .map(|index| (first + count(index)) * step)
        .take_while(|&value| value <= axis.high + step * 1e-6)
        .map(|value| {
            // Adding zero turns the negative zero of a rounded value into zero.
            (value, format!("{:.n_decimals$}", value + 0.0))
        })
        .collect()
}

/// The least of 1, 2 and 5 times a power of 10 that is not below `least`.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= least * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * power
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 9")]
fn n_decimals(step: f64) -> usize {
    (-step.log10().floor()).clamp(0.0, 9.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(low: f64, high: f64, n_wanted: usize) -> Vec<String> {
        ticks(&Axis::new("", low, high), n_wanted).into_iter().map(|(_, word)| word).collect()
    }

    #[test]
    fn marks_are_round_and_inside() {
        assert_eq!(words(0.0, 4000.0, 4), ["0", "1000", "2000", "3000", "4000"]);
        assert_eq!(words(-1.0, 1.0, 4), ["-1.0", "-0.5", "0.0", "0.5", "1.0"]);
        assert_eq!(
            words(0.0, 1.93, 10),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0", "1.2", "1.4", "1.6", "1.8"]
        );
        assert_eq!(words(-83.0, -3.0, 4), ["-80", "-60", "-40", "-20"]);
    }

    #[test]
    fn an_axis_without_extent_has_marks_all_the_same() {
        assert!(!words(5.0, 5.0, 4).is_empty());
        assert!(!words(f64::NAN, f64::INFINITY, 4).is_empty());
    }
}
