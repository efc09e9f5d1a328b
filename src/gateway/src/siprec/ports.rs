//! The ports on which RTP is heard: a pair for each stream, the even one of it for RTP, the next one for RTCP.
//!
//! In: ports that are taken and given back. Out: the port that was free for the longest time, so that packets of an
//! earlier call, still on the way, do not come into a new one. Keeps the free ones.

use std::collections::VecDeque;

/// The free ports.
#[derive(Clone, Debug)]
pub struct Ports(VecDeque<u16>);

impl Ports {
    /// These ports for RTP. Odd ones, 0, and those named twice are left out: each has to have the next one for RTCP.
    #[must_use]
    pub fn new(ports: impl IntoIterator<Item = u16>) -> Self {
        let mut ports: Vec<u16> =
            ports.into_iter().filter(|port| *port > 0 && port.is_multiple_of(2)).collect();
        ports.sort_unstable();
        ports.dedup();
        Ports(ports.into())
    }

    /// How many are free.
    #[must_use]
    pub fn n_free(&self) -> usize {
        self.0.len()
    }

    /// A free port, which is free no longer.
    pub fn take(&mut self) -> Option<u16> {
        self.0.pop_front()
    }

    /// A port that was taken is free again.
    pub fn give_back(&mut self, port: u16) {
        self.0.push_back(port);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_pairs_and_the_longest_free_comes_first() {
        let mut ports = Ports::new([0, 65_535, 10, 10, 11, 12]);
        assert_eq!(
            (ports.n_free(), ports.take(), ports.take(), ports.take()),
            (2, Some(10), Some(12), None)
        );
        ports.give_back(12);
        ports.give_back(10);
        assert_eq!((ports.take(), ports.take()), (Some(12), Some(10)));
    }
}
