//! How much of a live input came, was read and was lost.
//!
//! In: the counts of a ring. Out: sums over all the times that the input was there. Keeps nothing.

use std::time::Duration;

use super::capture::Captured;

/// Numbers about a live input since it was opened, over all the times that it was there.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CaptureStats {
    /// Samples that the device gave or should have given: delivered, lost, or still in the ring.
    pub captured: u64,
    /// Samples that were read.
    pub delivered: u64,
    /// Samples that never came by the clock, or found no room in the ring because the reader was late.
    pub lost: u64,
    /// Samples that were not captured, or thrown away unread, since nobody was allowed to listen, as far as
    /// they were told. They are neither captured nor lost.
    pub muted: u64,
    /// The longest that the callback took.
    pub longest_callback: Duration,
    /// How often the system says that it lost audio itself; how much, the clock says.
    pub n_overruns: u64,
    /// How often the input went away and came back.
    pub n_returns: u64,
}

impl CaptureStats {
    /// These and those of the ring that is read now.
    pub(super) fn and(self, ring: &Captured) -> Self {
        CaptureStats {
            captured: self.captured + ring.captured(),
            delivered: self.delivered + ring.delivered(),
            lost: self.lost + ring.lost(),
            muted: self.muted,
            longest_callback: self.longest_callback.max(ring.longest_callback()),
            n_overruns: self.n_overruns + ring.counters().n_overruns(),
            n_returns: self.n_returns,
        }
    }
}
