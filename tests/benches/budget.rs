//! What a bench may cost, and whether it does.
//!
//! In: a budget and something to do. Out: criterion's estimates, and a line that says whether the budget is met: by the
//! median of criterion's samples. Nothing fails where it is not.

use criterion::{BenchmarkGroup, measurement::WallTime};
use std::cell::RefCell;
use std::time::{Duration, Instant};

/// Measures `work`, named in a group, and prints whether it stays within `budget`.
pub fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    budget: Duration,
    mut work: impl FnMut(),
) {
    let times_s = RefCell::new(Vec::new());
    group.bench_function(name, |bencher| {
        // Criterion begins anew after warming up: only its last samples count.
        times_s.borrow_mut().clear();
        bencher.iter_custom(|n_times| {
            let began = Instant::now();
            for _ in 0..n_times {
                work();
            }
            let took = began.elapsed();
            #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 times")]
            times_s.borrow_mut().push(took.as_secs_f64() / n_times as f64);
            took
        });
    });
    let mut times_s = times_s.into_inner();
    times_s.sort_by(f64::total_cmp);
    // None where the command line leaves the bench out.
    let Some(&median_s) = times_s.get(times_s.len() / 2) else { return };
    let verdict = if median_s <= budget.as_secs_f64() { "met" } else { "MISSED" };
    println!("{name}: {:?}, budget {budget:?}: {verdict}\n", Duration::from_secs_f64(median_s));
}
