//! Whether what a caller's source delivers is the operator's own voice: through a loudspeaker, a handset or the
//! line's echo.
//!
//! In: the loudness of the caller's frames and what is known of the operator. Out: yes or no, each 100 ms.
//! Keeps the loudness of the last two seconds.
//!
//! An echo rises and falls as the voice does, some time later. The two courses of loudness are compared over two
//! seconds at every delay up to 0.6 s (the longest that a telephone network tolerates is 0.4 s one way,
//! ITU-T G.114); two people's speech runs alike at no delay.

use super::operator::{Operator, STEP_LEN};
use crate::stream_time::StreamTime;
use std::collections::VecDeque;

/// Steps that are compared: 2 s.
const N_COMPARED: usize = 200;
/// Shortest and longest delay in steps. Loudness is followed to 20 ms; what of the operator came later may not be
/// there yet.
const LEAST_DELAY: usize = 2;
const MOST_DELAY: usize = 60;
/// Steps between two delays that are tried: loudness changes little in 20 ms.
const DELAY_STEP: usize = 2;
/// From this correlation on it is an echo. Measured on the sides of simulated calls, see the tests.
const ECHO: f32 = 0.75;
/// Steps between two answers.
const EVERY: usize = 10;
/// Least deviation of the loudness, in natural logarithms of the power: a hum correlates with nothing.
const LEAST_DEVIATION: f32 = 0.3;

/// The comparison of one caller with the operator.
#[derive(Default)]
pub(super) struct Leak {
    loudness: VecDeque<f32>,
    n_steps: usize,
    is_echo: bool,
}

impl Leak {
    /// Takes the loudness of the caller's frame that ends at `end`, in natural logarithms of the power; whether
    /// it is the operator who is heard.
    pub(super) fn hear(&mut self, loudness: f32, end: StreamTime, operator: &Operator) -> bool {
        if self.loudness.len() == N_COMPARED {
            self.loudness.pop_front();
        }
        self.loudness.push_back(loudness);
        self.n_steps += 1;
        if self.n_steps.is_multiple_of(EVERY) {
            self.is_echo = self.loudness.len() == N_COMPARED && self.echoes(end, operator);
        }
        self.is_echo
    }

    /// Forgets what was heard.
    pub(super) fn reset(&mut self) {
        *self = Leak::default();
    }

    fn echoes(&self, end: StreamTime, operator: &Operator) -> bool {
        let Some(own) = Course::of(self.loudness.iter().copied()) else { return false };
        (LEAST_DELAY..=MOST_DELAY).step_by(DELAY_STEP).any(|delay| {
            let at = end - StreamTime(delay as u64 * STEP_LEN);
            let spoken = operator.loudness_until(at, N_COMPARED).and_then(Course::of);
            spoken.is_some_and(|spoken| own.correlation(&spoken) >= ECHO)
        })
    }
}

/// Values without their mean, and their length as a vector.
struct Course {
    values: Vec<f32>,
    norm: f32,
}

impl Course {
    /// None where the values hardly change.
    #[expect(clippy::cast_precision_loss, reason = "a few hundred values")]
    fn of(values: impl Iterator<Item = f32>) -> Option<Self> {
        let mut values: Vec<f32> = values.collect();
        let n = values.len() as f32;
        let mean = values.iter().sum::<f32>() / n;
        values.iter_mut().for_each(|value| *value -= mean);
        let norm = values.iter().map(|value| value * value).sum::<f32>().sqrt();
        (norm >= LEAST_DEVIATION * n.sqrt()).then_some(Course { values, norm })
    }

    fn correlation(&self, other: &Course) -> f32 {
        let product: f32 = self.values.iter().zip(&other.values).map(|(a, b)| a * b).sum();
        product / (self.norm * other.norm)
    }
}
