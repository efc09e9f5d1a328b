//! Cuts a stream of samples into overlapping frames.
//!
//! In: blocks of samples of any length. Out: every complete frame, once, in order. Kept between calls: the
//! samples that later frames still need.

/// Cuts frames of `frame_len` samples every `hop_len` samples, the first at the stream's start.
pub struct FrameCutter {
    hop_len: usize,
    /// Always `frame_len` long; the first `n_waiting` are samples of the next frame.
    frame: Vec<f32>,
    n_waiting: usize,
}

impl FrameCutter {
    /// A cutter at the start of a stream; `hop_len` is at least 1 and at most `frame_len`.
    pub fn new(frame_len: usize, hop_len: usize) -> Self {
        debug_assert!((1..=frame_len).contains(&hop_len));
        FrameCutter { hop_len, frame: vec![0.0; frame_len], n_waiting: 0 }
    }

    /// Takes `samples` and calls `use_frame` with every frame that they complete.
    pub fn push(&mut self, mut samples: &[f32], mut use_frame: impl FnMut(&[f32])) {
        while !samples.is_empty() {
            let n = samples.len().min(self.frame.len() - self.n_waiting);
            let (now, later) = samples.split_at(n);
            self.frame[self.n_waiting..self.n_waiting + n].copy_from_slice(now);
            self.n_waiting += n;
            samples = later;
            if self.n_waiting == self.frame.len() {
                use_frame(&self.frame);
                self.frame.copy_within(self.hop_len.., 0);
                self.n_waiting -= self.hop_len;
            }
        }
    }

    /// Forgets the samples of the unfinished frame.
    pub fn reset(&mut self) {
        self.n_waiting = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_overlap_and_start_every_hop() {
        let mut cutter = FrameCutter::new(5, 2);
        let mut cut = Vec::new();
        for block in [&[0.0, 1.0, 2.0][..], &[], &[3.0], &[4.0, 5.0, 6.0, 7.0]] {
            cutter.push(block, |frame| cut.push(frame.to_vec()));
        }
        assert_eq!(cut, [[0.0, 1.0, 2.0, 3.0, 4.0], [2.0, 3.0, 4.0, 5.0, 6.0]]);
    }

    #[test]
    fn after_a_reset_nothing_of_the_past_is_left() {
        let mut cutter = FrameCutter::new(3, 1);
        let mut cut = Vec::new();
        cutter.push(&[9.0, 9.0], |frame| cut.push(frame.to_vec()));
        cutter.reset();
        cutter.push(&[1.0, 2.0, 3.0], |frame| cut.push(frame.to_vec()));
        assert_eq!(cut, [[1.0, 2.0, 3.0]]);
    }
}
