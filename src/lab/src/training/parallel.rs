//! Work on several threads whose result does not depend on their number.
//!
//! In: items and what is done to each. Out: what came of each, in the order of the items. The only file below
//! the commands that starts threads: training is the one long computation.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Threads of a training: more than this many halves of a batch are too small to be worth a thread.
const MAX_THREADS: usize = 2;

/// Threads that this machine can run at once, at most 2.
#[must_use]
pub fn n_threads() -> usize {
    thread::available_parallelism().map_or(1, |n| n.get().min(MAX_THREADS))
}

/// Applies `work` to each item, `done` being told after each on some thread.
pub fn map<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(usize, &T) -> R + Sync,
    done: impl Fn() + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(items.len()));
    let worker = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { break };
            let result = work(index, item);
            results.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
            done();
        }
    };
    thread::scope(|scope| {
        let others: Vec<_> =
            (1..n_threads().min(items.len())).map(|_| scope.spawn(worker)).collect();
        worker();
        for other in others {
            if let Err(panic) = other.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items_and_each_is_told() {
        let items: Vec<usize> = (0..1000).collect();
        let told = AtomicUsize::new(0);
        let results = map(
            &items,
            |index, item| index + item,
            || {
                told.fetch_add(1, Ordering::Relaxed);
            },
        );
        assert_eq!(results, (0..1000).map(|n| 2 * n).collect::<Vec<_>>());
        assert_eq!(told.into_inner(), 1000);
        assert!(map(&[0_u8; 0], |_, _| 1, || {}).is_empty());
    }
}
