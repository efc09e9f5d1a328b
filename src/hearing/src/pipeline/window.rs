//! The newest frames of speech, side by side in memory.
//!
//! In: frames at one end. Out: all of them as one slice; the oldest go. Keeps some that have gone, so that the others
//! move once in as many frames, and not with each.

/// Frames that have gone for which there is room.
const SPARE_FRAMES: usize = 64;

/// Frames of equal lengths, oldest first.
#[derive(Clone)]
pub(super) struct Window {
    values: Vec<f32>,
    /// Where the oldest begins.
    start: usize,
    n_features: usize,
    max_frames: usize,
}

impl Window {
    /// An empty one.
    pub(super) fn new(n_features: usize, max_frames: usize) -> Self {
        let values = Vec::with_capacity((max_frames + SPARE_FRAMES) * n_features);
        Window { values, start: 0, n_features, max_frames }
    }

    /// Adds a frame at the newest end.
    pub(super) fn push(&mut self, frame: &[f32]) {
        if self.values.len() >= (self.max_frames + SPARE_FRAMES) * self.n_features {
            self.values.drain(..self.start);
            self.start = 0;
        }
        self.values.extend_from_slice(frame);
    }

    pub(super) fn n_frames(&self) -> usize {
        self.values().len() / self.n_features
    }

    pub(super) fn is_full(&self) -> bool {
        self.n_frames() >= self.max_frames
    }

    /// All frames, row-major `[n_frames, n_features]`.
    pub(super) fn values(&self) -> &[f32] {
        &self.values[self.start..]
    }

    /// The oldest so many frames.
    pub(super) fn oldest(&self, n_frames: usize) -> impl Iterator<Item = &[f32]> {
        self.values().chunks_exact(self.n_features).take(n_frames)
    }

    /// Takes so many frames off the newest end.
    pub(super) fn drop_newest(&mut self, n_frames: usize) {
        let left = self.values().len().saturating_sub(n_frames * self.n_features);
        self.values.truncate(self.start + left);
        self.drop_oldest(0);
    }

    /// Takes so many frames off the oldest end.
    pub(super) fn drop_oldest(&mut self, n_frames: usize) {
        self.start += n_frames * self.n_features;
        if self.start >= self.values.len() {
            self.values.clear();
            self.start = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_frames_stand_side_by_side_however_many_have_passed() {
        let mut window = Window::new(2, 3);
        for number in 0..200_u8 {
            if window.is_full() {
                let oldest: Vec<f32> = window.oldest(1).flatten().copied().collect();
                assert_eq!(oldest, [f32::from(number - 3), 0.5]);
                window.drop_oldest(1);
            }
            window.push(&[f32::from(number), 0.5]);
            let first = number.saturating_sub(2);
            let expected: Vec<f32> = (first..=number).flat_map(|n| [f32::from(n), 0.5]).collect();
            assert_eq!(window.values(), expected);
            assert!(window.values.len() <= (3 + SPARE_FRAMES) * 2);
        }
        window.drop_newest(1);
        assert_eq!(window.values(), [197.0, 0.5, 198.0, 0.5]);
        window.drop_newest(9);
        assert_eq!((window.n_frames(), window.values()), (0, &[][..]));
    }
}
