//! The network on a graphics device: the same sums as [`super::network`] makes in burn, in nine launches.
//!
//! In: normalised segments of any number and lengths, each with what is known of its caller. Out: logits, in one
//! readback. Keeps the packed weights on the device, and nothing between calls. burn's network is the reference in the
//! tests, and still trains.
//!
//! ```text
//! what is known ─ product ─┐ shift                     the bundled model, 300 frames a segment
//! steps ──────────────── product, product              two convolutions: windows are rows that overlap
//!                              │
//!                           product                    the input's share of all gates, steps and directions
//!                              │
//!                          recurrence                  all steps, both directions, all segments
//!                              ├─ product ─┐ tanh
//!                           summary ◄──────┘           attention pooling
//!                              │
//!                       product, product               the dense layer, and the output
//! ```
//!
//! burn's plain tensors need 1,359 launches for the same, whatever the batch: some twenty for each step of the LSTM,
//! which is hopeless where a launch costs some microseconds and the sums less. Here their number does not depend on
//! the steps either; a batch of more than 256 segments is cut, and each part takes nine.
//!
//! **Lengths.** All segments are filled up to the longest one's usual number of steps, and the room for them to a power
//! of two of segments, so that the device's memory is asked for in few sizes. The kernels take the true numbers: rows
//! after the last segment are not made; the backward direction begins at a segment's own last step, and the pooling
//! ends there. No sum runs over two segments, so neighbours cannot change each other's logits.
//!
//! **Through burn's mechanism for extensions** (its feature `extension`): a tensor is taken out of its wrapping, which
//! gives the memory and the queue below it, and kernels in `CubeCL` run on those. Every kernel is compiled by a dry run
//! before the first segment, so that none is compiled in the middle of a call. Launches are of the kind that needs no
//! `unsafe`; `CubeCL` 0.11.3 nonetheless writes no checks of bounds into WGSL, as its output shows, so that every index
//! here is kept within its buffer by the kernel itself. Kernels ask for no more than every device grants: 256 units a
//! workgroup, 16 KiB of its memory, 128 MiB a buffer.
//!
//! **Compiled kernels are kept between starts by drivers, not by us.** `CubeCL` 0.11.3 can store kernels only where it
//! makes SPIR-V (burn's feature `vulkan`, with which Debian 12's software driver crashes; `compilation.cache` in its
//! settings); WGSL is compiled anew in each process, and wgpu's own cache of pipelines is given no place there
//! (`cache: None`), so there is nothing to switch on. NVIDIA's and Mesa's drivers keep what they compiled on disk by
//! themselves: with Mesa's software driver on two cores the first answer takes 1.25 s at the first start, and 0.5 s
//! after (`make bench-gpu BACKEND=software`).
//!
//! **Bounds**, for 1,024 segments of 3 s. Arithmetic: 21 million multiplications with addition a segment (two
//! convolutions 8, gates 6.3, recurrence 6.3, the rest 0.9), 44 GFLOP in all: 0.7 ms at the 67 TFLOP/s of an H100 in
//! f32, some 2 ms at what tiled products without tensor cores, which WGSL does not know, reach. The recurrence fetches
//! 256 KiB of weights for each direction and step of every 8 segments from the second-level cache: 3.2 GB, 0.6 ms at
//! 5.5 TB/s. Values between the kernels: 0.8 GB, 0.3 ms at 3.3 TB/s. The segments themselves: 53 MB over PCI Express,
//! 2 ms at 25 GB/s, and copied three times in the computer's memory before (to the thread that asks, normalised, filled
//! up), some 15 ms on one core: that is the bound, and why a batch is cut: the device is at one part while the next is
//! copied. One segment is bound by waiting: 48 steps of the recurrence one after the other, each some microseconds, and
//! the readback. These are reckoned; `make bench-gpu` measures.

mod activation;
mod buffer;
mod given;
mod layer;
mod pooling;
mod product;
mod recurrence;
mod weights;

use super::ModelError;
use super::cpu::Segment;
use super::device::Backend;
use super::network::{Network, NetworkShape, Pooling, numbers};
use activation::Activation;
use buffer::Buffer;
use burn::cubecl::dry_run::DryRun;
use given::Given;
use hearing::classifier::ClassifierError;
use layer::{Layer, Rows};
use pooling::Summary;
use recurrence::{Plan, Recurrence};
use std::sync::{Mutex, PoisonError};
use weights::Matrix;

/// Bytes in one buffer, at most: what every device lets a kernel see.
const MAX_BYTES: usize = 128 << 20;

/// Segments that go through the kernels together, at most. More are cut: while the device is at one part, the computer
/// gets the next one ready.
const MAX_SEGMENTS: usize = 256;

/// Batches for which there are kernels of their own, or might be: one segment, some, and as many as go together.
const PLANNED: [usize; 3] = [1, 4, MAX_SEGMENTS];

/// A dry run is one of all devices and threads of the process: nobody may launch meanwhile, since nothing would be
/// computed.
static LAUNCHES: Mutex<()> = Mutex::new(());

/// The weights of a [`Network`], packed for a graphics device.
pub struct GpuNetwork {
    shape: NetworkShape,
    backend: Backend,
    max_steps: usize,
    front: Vec<Layer>,
    baseline: Option<Layer>,
    /// Of all directions: the input's share of the gates.
    input: Layer,
    /// Of all directions: the weights of the last output.
    hidden: Buffer,
    attention: Option<(Layer, Buffer)>,
    dense: Vec<Layer>,
    output: Layer,
}

impl GpuNetwork {
    /// Packs the weights of a network on burn's CPU backend, puts them on a graphics device, and has it compile all
    /// kernels that a call may need.
    ///
    /// `max_steps` is the longest segment's usual number of steps: all are filled up to it, so that the device's memory
    /// is asked for in few sizes. Longer ones are taken too.
    ///
    /// # Errors
    /// [`ModelError::NoGpu`] for an LSTM of more units than a device's workgroups have memory for, 4,096, or its buffers:
    /// 2,048 in both directions.
    pub fn new(
        network: &Network,
        shape: &NetworkShape,
        backend: &Backend,
        max_steps: usize,
    ) -> Result<Self, ModelError> {
        let device = &backend.device;
        let mut row_len = shape.n_inputs();
        let mut padded = row_len;
        let mut front = Vec::with_capacity(shape.front.len());
        for (linear, convolution) in network.front().zip(&shape.front) {
            front.push(Layer::new(Matrix::of(linear).with_gaps(row_len, padded), device));
            row_len = convolution.units;
            padded = front[front.len() - 1].n_columns();
        }
        let lstm = network.lstm();
        let n_directions = lstm.directions().count();
        let hidden_bytes = n_directions * 4 * shape.n_units * shape.n_units * size_of::<f32>();
        if !Plan::new(shape.n_units, n_directions, 1).fits() || hidden_bytes > MAX_BYTES {
            let reason = format!("an LSTM of {} units does not fit it", shape.n_units);
            return Err(ModelError::NoGpu { reason });
        }
        let of_input = weights::of_input(lstm, shape.n_units);
        let on_device = |linear| Layer::new(Matrix::of(linear), device);
        let network = GpuNetwork {
            front,
            baseline: network.baseline().map(on_device),
            input: Layer::new(of_input.with_gaps(row_len, padded), device),
            hidden: weights::of_last_output(lstm, shape.n_units, device),
            attention: network.attention().map(|(hidden, score)| {
                // The score's bias is the same at each step, so it weighs nothing.
                let (hidden, mut worth) = (on_device(hidden), numbers(score.weight.val()));
                worth.resize(hidden.n_columns(), 0.0);
                (hidden, Buffer::of(worth, device))
            }),
            dense: network.dense().iter().map(on_device).collect(),
            output: on_device(network.output()),
            shape: shape.clone(),
            backend: backend.clone(),
            max_steps,
        };
        network.compile();
        Ok(network)
    }

    /// Compiles the kernels of every plan. Nothing is computed.
    fn compile(&self) {
        let _alone = LAUNCHES.lock().unwrap_or_else(PoisonError::into_inner);
        let _compiled_only = DryRun::new();
        let (steps, known) =
            (vec![0.0; self.max_steps * self.shape.n_inputs()], vec![0.0; self.shape.n_known()]);
        let segment = Segment { steps: &steps, known: &known };
        for n in PLANNED.map(|n| n.min(self.segments_at_once(self.max_steps))) {
            let found = Buffer::empty(n * self.output.n_columns(), &self.backend.device);
            self.some_logits(&vec![segment; n], self.max_steps, &found, 0);
        }
        // The room for the largest batch is given back: there may never be one.
        self.backend.device.memory_cleanup();
    }

    /// Appends the logits of each segment, `n_outputs` values in the order of the segments, to `logits`.
    ///
    /// # Errors
    /// [`ClassifierError::Device`] when the device has failed.
    ///
    /// # Panics
    /// For a segment that is too short for the front; where a driver panics.
    pub fn logits(
        &mut self,
        segments: &[Segment<'_>],
        logits: &mut Vec<f32>,
    ) -> Result<(), ClassifierError> {
        if segments.is_empty() {
            return Ok(());
        }
        let _alone = LAUNCHES.lock().unwrap_or_else(PoisonError::into_inner);
        let longest = segments.iter().map(|segment| segment.steps.len()).max().unwrap_or(0);
        let n_steps = self.max_steps.max(longest / self.shape.n_inputs());
        let width = self.output.n_columns();
        let found = Buffer::empty(segments.len().next_power_of_two() * width, &self.backend.device);
        let most = self.segments_at_once(n_steps);
        for (number, some) in segments.chunks(most).enumerate() {
            self.some_logits(some, n_steps, &found, number * most);
        }
        let failed =
            |reason| ClassifierError::Device { device: self.backend.description.clone(), reason };
        let rows = found.read().map_err(failed)?;
        for row in rows.chunks_exact(width).take(segments.len()) {
            logits.extend_from_slice(&row[..self.shape.n_outputs()]);
        }
        Ok(())
    }

    /// As many as the largest buffer allows: a power of two.
    fn segments_at_once(&self, n_steps: usize) -> usize {
        let mut largest = n_steps * self.shape.n_inputs();
        let mut n_rows = n_steps;
        for (layer, convolution) in self.front.iter().zip(&self.shape.front) {
            n_rows = convolution.n_outputs(n_rows);
            largest = largest.max(n_rows * layer.n_columns());
        }
        largest = largest.max(n_rows * self.input.n_columns());
        let said = self.attention.as_ref().map_or(0, |(layer, _)| layer.n_columns());
        largest = largest.max(n_rows * said);
        let most = (MAX_BYTES / (largest * size_of::<f32>())).clamp(1, MAX_SEGMENTS);
        1 << most.ilog2()
    }

    /// Has the device find the logits of some segments, in rows of `found` from `first` on.
    fn some_logits(&self, segments: &[Segment<'_>], n_steps: usize, found: &Buffer, first: usize) {
        let device = &self.backend.device;
        let given = Given::new(segments, n_steps, &self.shape, device);
        let n = segments.len();
        let room = n.next_power_of_two();
        let empty = |layer: &Layer, per_segment| {
            Buffer::empty(room * per_segment * layer.n_columns(), device)
        };
        let mut shift = self.baseline.as_ref().map(|layer| {
            let shift = empty(layer, 1);
            let rows = one_row(&given.known, n, self.shape.n_known(), Activation::Linear);
            layer.launch(&rows, &shift, 0);
            shift
        });
        let (mut values, mut n_rows, mut row_len) = (given.steps, n_steps, self.shape.n_inputs());
        for (layer, convolution) in self.front.iter().zip(&self.shape.front) {
            let per_segment = convolution.n_outputs(n_rows);
            let sums = empty(layer, per_segment);
            let rows = Rows {
                values: &values,
                n_segments: n,
                per_segment,
                segment_stride: n_rows * row_len,
                stride: convolution.stride * row_len,
                shift: shift.as_ref(),
                activation: Activation::Rectifier,
            };
            layer.launch(&rows, &sums, 0);
            (values, n_rows, row_len, shift) = (sums, per_segment, layer.n_columns(), None);
        }
        let shares = empty(&self.input, n_rows);
        let rows = every_row(&values, n, n_rows, row_len, Activation::Linear);
        self.input.launch(&rows, &shares, 0);
        let width = self.input.n_columns() / 4;
        let outputs = Buffer::empty(room * n_rows * width, device);
        Recurrence {
            shares: &shares,
            hidden: &self.hidden,
            lengths: &given.lengths,
            outputs: &outputs,
            n_segments: n,
            n_steps: n_rows,
            plan: Plan::new(self.shape.n_units, width / self.shape.n_units, n),
        }
        .launch();
        let (mut values, mut row_len) = self.pooled(&outputs, &given.lengths, n, n_rows);
        for layer in &self.dense {
            let sums = empty(layer, 1);
            layer.launch(&one_row(&values, n, row_len, Activation::Rectifier), &sums, 0);
            (values, row_len) = (sums, layer.n_columns());
        }
        self.output.launch(&one_row(&values, n, row_len, Activation::Linear), found, first);
    }

    /// Has the device summarise the steps; the vectors, and how long they are.
    fn pooled(
        &self,
        outputs: &Buffer,
        lengths: &Buffer,
        n_segments: usize,
        n_steps: usize,
    ) -> (Buffer, usize) {
        let device = &self.backend.device;
        let room = n_segments.next_power_of_two();
        let width = self.input.n_columns() / 4;
        let said = self.attention.as_ref().map(|(layer, worth)| {
            let said = Buffer::empty(room * n_steps * layer.n_columns(), device);
            let rows = every_row(outputs, n_segments, n_steps, width, Activation::Tangent);
            layer.launch(&rows, &said, 0);
            (said, layer.n_columns(), worth)
        });
        let weighs = said.is_some() && self.shape.pooling == Pooling::Attention;
        let pooled_width = if weighs { 2 * width } else { width };
        let pooled = Buffer::empty(room * pooled_width, device);
        Summary {
            outputs,
            said: said.as_ref().map(|(said, _, worth)| (said, *worth)),
            n_hidden: said.as_ref().map_or(0, |(_, n_hidden, _)| *n_hidden),
            lengths,
            pooled: &pooled,
            n_segments,
            n_steps,
            width,
            pooling: self.shape.pooling,
        }
        .launch();
        (pooled, pooled_width)
    }
}

/// One row a segment.
fn one_row(values: &Buffer, n_segments: usize, row_len: usize, activation: Activation) -> Rows<'_> {
    every_row(values, n_segments, 1, row_len, activation)
}

/// So many rows a segment, one after the other.
fn every_row(
    values: &Buffer,
    n_segments: usize,
    per_segment: usize,
    row_len: usize,
    activation: Activation,
) -> Rows<'_> {
    let segment_stride = per_segment * row_len;
    Rows {
        values,
        n_segments,
        per_segment,
        segment_stride,
        stride: row_len,
        shift: None,
        activation,
    }
}

/// A count as kernels take it.
fn count(n: usize) -> u32 {
    u32::try_from(n).expect("a buffer holds fewer than 2^32 numbers")
}
