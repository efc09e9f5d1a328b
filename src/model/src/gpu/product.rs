//! The kernel of a dense layer: many rows with one matrix, with bias, shift and activation.
//!
//! In: rows, which may overlap, so that a convolution's windows need not be written out. Out: one row of sums each.
//! A cube of 256 units makes a square of sums, 64 or 128 on a side; each unit holds 4x4 or 8x8 of them in registers
//! while the inputs go by in slices through the cube's memory, and fetches the next slice meanwhile. Keeps nothing.

use super::activation::{Activation, activate};
use super::buffer::Four;
use burn::cubecl;
use burn::cubecl::prelude::*;

/// Units of a cube along each side of its square.
pub(super) const SIDE: usize = 16;

/// Rows or columns that a unit takes at once.
pub(super) const LANES: usize = 4;

/// Inputs that a cube takes at once, at most: the weights are filled up with zeros to a multiple of it.
pub(super) const DEPTH: usize = 16;

/// Where a layer's rows lie.
#[derive(CubeLaunch, CubeType, Clone, Copy)]
pub(super) struct Rows {
    /// How many.
    pub(super) number: u32,
    /// Rows of one segment.
    pub(super) per_segment: u32,
    /// Values from one segment's first row to the next one's.
    pub(super) segment_stride: u32,
    /// Values from one row to the next.
    pub(super) stride: u32,
    /// Values in a row.
    pub(super) n_inputs: u32,
}

/// Where the sums go.
#[derive(CubeLaunch, CubeType, Clone, Copy)]
pub(super) struct Columns {
    /// Fours of columns.
    pub(super) n_fours: u32,
    /// The row of the sums that is the first.
    pub(super) first_row: u32,
}

/// Where a row begins; the last one's place for those after it.
#[cube]
fn place(rows: &Rows, row: usize) -> usize {
    let row = min(row, rows.number as usize - 1);
    let segment = row / rows.per_segment as usize;
    let within = row - segment * rows.per_segment as usize;
    segment * rows.segment_stride as usize + within * rows.stride as usize
}

/// The same input of four rows; zeros after the last input.
#[cube]
fn fetch(values: &[f32], places: Array<usize>, input: usize, n_inputs: usize) -> Four {
    let mut four = Four::new(0.0);
    if input < n_inputs {
        #[unroll]
        for lane in 0..LANES {
            four.insert(lane, values[places[lane] + input]);
        }
    }
    four
}

/// `reach` is 1 or 2: how many fours of rows, and of columns, a unit takes.
#[cube(launch)]
pub(super) fn product(
    values: &[f32],
    weights: &[Four],
    bias: &[Four],
    shift: &[Four],
    sums: &mut [Four],
    rows: Rows,
    columns: Columns,
    #[comptime] reach: usize,
    #[comptime] is_shifted: bool,
    #[comptime] activation: Activation,
) {
    let depth = comptime!(DEPTH / reach);
    let side = comptime!(SIDE * reach);
    // One more than needed: neighbouring inputs then lie in different banks of the cube's memory.
    let pitch = comptime!(side + 1);
    let mut left = Shared::<[Four]>::new_slice(comptime!(depth * pitch));
    let mut right = Shared::<[Four]>::new_slice(comptime!(depth * side));
    let unit = UNIT_POS_X as usize;
    let (across, down) = (unit % SIDE, unit / SIDE);
    let n_fours = columns.n_fours as usize;
    let first_row = CUBE_POS_X as usize * side * LANES;
    let first_four = CUBE_POS_Y as usize * side;

    let (own_input, own_rows) = (unit % depth, unit / depth);
    let mut places = Array::<usize>::new(LANES);
    #[unroll]
    for lane in 0..LANES {
        places[lane] = place(&rows, first_row + own_rows * LANES + lane);
    }
    let (own_weights, own_four) = (unit / side, min(first_four + unit % side, n_fours - 1));

    let mut kept = Array::<Four>::new(comptime!(LANES * reach * reach));
    #[unroll]
    for at in 0..comptime!(LANES * reach * reach) {
        kept[at] = Four::new(0.0);
    }
    let n_inputs = rows.n_inputs as usize;
    let n_slices = n_inputs.div_ceil(depth);
    let mut next_values = fetch(values, places, own_input, n_inputs);
    let mut next_weights = weights[own_weights * n_fours + own_four];
    for slice in 0..n_slices {
        left[own_input * pitch + own_rows] = next_values;
        right[unit] = next_weights;
        sync_cube();
        let input = (slice + 1) * depth;
        next_values = fetch(values, places, input + own_input, n_inputs);
        if slice + 1 < n_slices {
            next_weights = weights[(input + own_weights) * n_fours + own_four];
        }
        #[unroll]
        for input in 0..depth {
            #[unroll]
            for block in 0..reach {
                let four = left[input * pitch + block * SIDE + down];
                #[unroll]
                for lane in 0..LANES {
                    let value = Four::new(four.extract(lane));
                    #[unroll]
                    for column in 0..reach {
                        let at = comptime!((block * LANES + lane) * reach + column);
                        let weights = right[input * side + column * SIDE + across];
                        kept[at] = fma(value, weights, kept[at]);
                    }
                }
            }
        }
        sync_cube();
    }
    #[unroll]
    for block in 0..reach {
        #[unroll]
        for lane in 0..LANES {
            let row = first_row + (block * SIDE + down) * LANES + lane;
            #[unroll]
            for column in 0..reach {
                let at = comptime!((block * LANES + lane) * reach + column);
                let four = first_four + column * SIDE + across;
                if row < rows.number as usize && four < n_fours {
                    let mut sum = kept[at] + bias[four];
                    if is_shifted {
                        let segment = row / rows.per_segment as usize;
                        sum += shift[segment * n_fours + four];
                    }
                    let place = (row + columns.first_row as usize) * n_fours + four;
                    sums[place] = activate::<Const<4>>(sum, activation);
                }
            }
        }
    }
}
