//! Segments as the kernels find them on the device.
//!
//! In: segments of any lengths. Out: three buffers. Keeps nothing.

use super::buffer::Buffer;
use crate::cpu::Segment;
use crate::network::NetworkShape;
use burn::tensor::Device;

/// Segments on the device.
pub(super) struct Given {
    /// `[room, n_steps, n_inputs]`, zeros after a segment's end.
    pub(super) steps: Buffer,
    /// What is known of the callers' voices, `[room, n_known]`.
    pub(super) known: Buffer,
    /// Steps that the LSTM takes of each.
    pub(super) lengths: Buffer,
}

impl Given {
    /// Puts segments on the device, filled up to `n_steps`.
    ///
    /// # Panics
    /// For a segment that is too short for the front.
    pub(super) fn new(
        segments: &[Segment<'_>],
        n_steps: usize,
        shape: &NetworkShape,
        device: &Device,
    ) -> Self {
        let room = segments.len().next_power_of_two();
        let (row_len, n_known) = (n_steps * shape.n_inputs(), shape.n_known());
        let mut steps = Vec::with_capacity(room * row_len);
        let mut known = Vec::with_capacity(room * n_known);
        let mut lengths = Vec::with_capacity(room);
        for segment in segments {
            let length = shape.lstm_steps(segment.steps.len() / shape.n_features);
            assert!(length > 0, "a segment is shorter than the front needs");
            lengths.push(super::count(length));
            steps.extend_from_slice(segment.steps);
            steps.resize(lengths.len() * row_len, 0.0);
            known.extend_from_slice(segment.known);
            known.resize(lengths.len() * n_known, 0.0);
        }
        steps.resize(room * row_len, 0.0);
        known.resize(room * n_known, 0.0);
        lengths.resize(room, 1);
        Given {
            steps: Buffer::of(steps, device),
            known: Buffer::of(known, device),
            lengths: Buffer::of_counts(lengths, device),
        }
    }
}
