//! How often kernels are launched.

use burn::cubecl::logging::{LaunchObservation, LaunchObserver};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Default)]
struct Count(AtomicUsize);

impl LaunchObserver for Count {
    fn launched(&self, _kernel: &'static str) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Launches by this work.
pub fn launches(work: impl FnOnce()) -> usize {
    let count = Arc::new(Count::default());
    let watching = LaunchObservation::new(count.clone());
    work();
    drop(watching);
    count.0.load(Ordering::SeqCst)
}
