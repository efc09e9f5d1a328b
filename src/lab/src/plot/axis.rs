//! Where an axis gets its marks.
//!
//! In: a range. Out: round values inside it, and their words. Kept between calls: nothing.

use super::{Axis, Scale, count};

/// The axis' own marks; if it has none, about `n_wanted` round values from `axis.low` to `axis.high`.
pub fn ticks(axis: &Axis, n_wanted: usize) -> Vec<(f64, String)> {
    match axis.scale {
        _ if !axis.marks.is_empty() => axis.marks.clone(),
        Scale::Sums => steps(axis, n_wanted.max(1)),
        Scale::Factors => factors(axis, n_wanted.max(1)),
    }
}

/// Steps of 1, 2 or 5 times a power of 10.
fn steps(axis: &Axis, n_wanted: usize) -> Vec<(f64, String)> {
    let step = round_step((axis.high - axis.low) / count(n_wanted));
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

/// Powers of 10, and 2 and 5 times as much where at most half as many again as are wanted come of it.
fn factors(axis: &Axis, n_wanted: usize) -> Vec<(f64, String)> {
    #[expect(clippy::cast_possible_truncation, reason = "an f64 is at most about 10^308")]
    let power_of = |value: f64| value.log10().floor() as i32;
    let of_each = |factors: &[f64]| -> Vec<(f64, String)> {
        let powers = power_of(axis.low)..=power_of(axis.high);
        let values = powers.flat_map(|power| factors.iter().map(move |f| f * 10_f64.powi(power)));
        let inside =
            |value: &f64| (axis.low * (1.0 - 1e-9)..=axis.high * (1.0 + 1e-9)).contains(value);
        let word = |value: f64| (value, format!("{value:.*}", n_decimals(value * (1.0 + 1e-9))));
        values.filter(inside).map(word).collect()
    };
    let fine = of_each(&[1.0, 2.0, 5.0]);
    if 2 * fine.len() <= 3 * n_wanted { fine } else { of_each(&[1.0]) }
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
    fn marks_of_factors_are_round_and_become_fewer_where_there_is_no_room() {
        let words = |low, high, n_wanted| -> Vec<String> {
            let axis = Axis::logarithmic("", low, high);
            ticks(&axis, n_wanted).into_iter().map(|(_, word)| word).collect()
        };
        assert_eq!(words(0.05, 1.0, 4), ["0.05", "0.1", "0.2", "0.5", "1"]);
        assert_eq!(
            words(10.0, 2_000.0, 6),
            ["10", "20", "50", "100", "200", "500", "1000", "2000"]
        );
        assert_eq!(words(10.0, 2_000.0, 4), ["10", "100", "1000"]);
        assert_eq!(words(f64::NAN, -1.0, 4), ["1", "2", "5", "10"]);
    }

    #[test]
    fn an_axis_may_say_what_is_marked() {
        let marks = vec![(60.0, "1 min".to_owned())];
        assert_eq!(ticks(&Axis::new("", 0.0, 90.0).with_marks(marks.clone()), 4), marks);
    }

    #[test]
    fn equal_factors_are_equal_steps() {
        let axis = Axis::logarithmic("", 1.0, 100.0);
        for (value, fraction) in [(0.0, 0.0), (1.0, 0.0), (10.0, 0.5), (100.0, 1.0), (1e9, 1.0)] {
            assert!((axis.fraction(value) - fraction).abs() < 1e-12, "{value}");
        }
    }

    #[test]
    fn an_axis_without_extent_has_marks_all_the_same() {
        assert!(!words(5.0, 5.0, 4).is_empty());
        assert!(!words(f64::NAN, f64::INFINITY, 4).is_empty());
    }
}
