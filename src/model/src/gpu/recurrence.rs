//! The LSTM's recurrence as one kernel: all steps, both directions, all segments.
//!
//! In: the input's share of the gates. Out: the outputs at every step. A cube takes one direction of some segments
//! through all steps: each unit of the LSTM is a unit of the cube, which holds its cells in registers and makes its
//! four gates; the outputs of the last step lie in the cube's memory. In each step the weights go by once for all
//! segments of the cube. Keeps nothing.

use super::activation::{sigmoid, tangent};
use super::buffer::{Buffer, Four};
use burn::cubecl;
use burn::cubecl::prelude::*;

/// Units of a cube, at most: what every device allows.
const MAX_UNITS: usize = 256;

/// Numbers in the cube's memory, at most: 16 KiB, what every device allows.
const MAX_SHARED: usize = 4096;

/// Gates of a unit.
const GATES: usize = 4;

/// Inputs that are written out one after the other.
const MOST_UNROLLED: usize = 8;

/// How the segments are shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Plan {
    /// Units of the LSTM.
    pub(super) n_units: usize,
    /// 1 or 2.
    pub(super) n_directions: usize,
    /// Segments in a vector: 1 or 4.
    pub(super) lanes: usize,
    /// Vectors of segments that a unit of the cube takes through the steps.
    pub(super) vectors: usize,
    /// Groups of units in a cube, each with segments of its own.
    pub(super) groups: usize,
}

impl Plan {
    /// Few segments a cube as long as the device has room for more cubes, and then as many as fit.
    pub(super) fn new(n_units: usize, n_directions: usize, n_segments: usize) -> Self {
        let plan = |lanes, vectors, groups| Plan { n_units, n_directions, lanes, vectors, groups };
        let plans = match n_segments {
            0..4 => [plan(1, 1, 1), plan(1, 1, 1), plan(1, 1, 1)],
            4..256 => [plan(4, 1, 1), plan(4, 1, 1), plan(1, 1, 1)],
            _ => [plan(4, 1, 2), plan(4, 2, 1), plan(4, 1, 1)],
        };
        plans.into_iter().find(Plan::fits).unwrap_or_else(|| plan(1, 1, 1))
    }

    /// Whether every device can carry it out.
    pub(super) fn fits(&self) -> bool {
        let shared = self.segments_per_cube() * self.n_units;
        shared <= MAX_SHARED && self.width() * self.groups <= MAX_UNITS
    }

    fn segments_per_cube(&self) -> usize {
        self.lanes * self.vectors * self.groups
    }

    /// Units of a group.
    fn width(&self) -> usize {
        self.n_units.min(MAX_UNITS)
    }

    /// Times that a group has to go over the LSTM's units.
    fn rounds(&self) -> usize {
        self.n_units.div_ceil(self.width())
    }

    /// Inputs that are written out one after the other: a divisor of the units.
    fn unrolled(&self) -> usize {
        let mut unrolled = MOST_UNROLLED;
        while !self.n_units.is_multiple_of(unrolled) {
            unrolled /= 2;
        }
        unrolled
    }
}

/// What is given to the kernel.
pub(super) struct Recurrence<'a> {
    /// The input's share of the gates, `[n_segments, n_steps, n_directions, n_units, 4]`.
    pub(super) shares: &'a Buffer,
    /// The weights of the last output, `[n_directions, n_units, n_units, 4]`.
    pub(super) hidden: &'a Buffer,
    /// The segments' own steps.
    pub(super) lengths: &'a Buffer,
    /// The outputs, `[n_segments, n_steps, n_directions, n_units]`.
    pub(super) outputs: &'a Buffer,
    pub(super) n_segments: usize,
    pub(super) n_steps: usize,
    pub(super) plan: Plan,
}

impl Recurrence<'_> {
    /// Has the device do it.
    pub(super) fn launch(&self) {
        let plan = self.plan;
        let n_cubes = self.n_segments.div_ceil(plan.segments_per_cube());
        recurrence::launch(
            &self.shares.client(),
            CubeCount::Static(super::count(n_cubes), super::count(plan.n_directions), 1),
            CubeDim::new_2d(super::count(plan.width()), super::count(plan.groups)),
            plan.lanes,
            self.shares.arg(),
            self.hidden.arg(),
            self.lengths.arg(),
            self.outputs.arg(),
            super::count(self.n_segments),
            super::count(self.n_steps),
            plan,
        );
    }
}

/// Two barriers a step keep apart who reads the last outputs and who writes them.
#[cube(launch)]
fn recurrence<N: Size>(
    shares: &[Four],
    hidden: &[Four],
    lengths: &[u32],
    outputs: &mut [f32],
    n_segments: u32,
    n_steps: u32,
    #[comptime] plan: Plan,
) {
    let (n_units, vectors, lanes) = comptime!((plan.n_units, plan.vectors, plan.lanes));
    let (rounds, width) = comptime!((plan.rounds(), plan.width()));
    let per_group = comptime!(plan.vectors * plan.lanes);
    let (n_segments, n_steps) = (n_segments as usize, n_steps as usize);
    let direction = CUBE_POS_Y as usize;
    let group = UNIT_POS_Y as usize;
    let first = (CUBE_POS_X as usize * plan.groups + group) * per_group;
    // Where a vector's last outputs begin in the cube's memory.
    let own_last = group * vectors * n_units;

    let mut last =
        Shared::<[Vector<f32, N>]>::new_slice(comptime!(plan.vectors * plan.groups * plan.n_units));
    let mut own_steps = Array::<usize>::new(per_group);
    #[unroll]
    for at in 0..per_group {
        own_steps[at] = lengths[min(first + at, n_segments - 1)] as usize;
    }
    let mut cells = Array::<Vector<f32, N>>::new(comptime!(rounds * vectors));
    let mut fresh = Array::<Vector<f32, N>>::new(comptime!(rounds * vectors));
    #[unroll]
    for at in 0..comptime!(rounds * vectors) {
        cells[at] = Vector::<f32, N>::new(0.0);
        fresh[at] = Vector::<f32, N>::new(0.0);
    }
    for step in 0..n_steps {
        // The outputs of the last step, zeros before the first.
        #[unroll]
        for round in 0..rounds {
            let unit = round * width + UNIT_POS_X as usize;
            if unit < n_units {
                #[unroll]
                for vector in 0..vectors {
                    last[own_last + vector * n_units + unit] =
                        fresh[comptime!(round * vectors + vector)];
                }
            }
        }
        sync_cube();
        #[unroll]
        for round in 0..rounds {
            let own_unit = round * width + UNIT_POS_X as usize;
            let unit = min(own_unit, n_units - 1);
            // The input's share is asked for first and needed last.
            let mut share = Array::<Four>::new(per_group);
            #[unroll]
            for at in 0..per_group {
                let segment = min(first + at, n_segments - 1);
                let step = place(step, own_steps[at], direction);
                let row = (segment * n_steps + step) * plan.n_directions + direction;
                share[at] = shares[row * n_units + unit];
            }
            let weights = direction * n_units * n_units + unit;
            let gates = gates::<N>(hidden, &last, weights, own_last, plan);
            #[unroll]
            for vector in 0..vectors {
                let at = comptime!(round * vectors + vector);
                let input = sigmoid::<N>(gate::<N>(gates, share, vector, 0usize, plan));
                let forget = sigmoid::<N>(gate::<N>(gates, share, vector, 1usize, plan));
                let candidate = tangent::<N>(gate::<N>(gates, share, vector, 2usize, plan));
                let exposed = sigmoid::<N>(gate::<N>(gates, share, vector, 3usize, plan));
                cells[at] = forget * cells[at] + input * candidate;
                fresh[at] = exposed * tangent::<N>(cells[at]);
                #[unroll]
                for lane in 0..lanes {
                    let of = comptime!(vector * lanes + lane);
                    let is_there = own_unit < n_units && first + of < n_segments;
                    if is_there && step < own_steps[of] {
                        let step = place(step, own_steps[of], direction);
                        let row = ((first + of) * n_steps + step) * plan.n_directions + direction;
                        outputs[row * n_units + unit] = fresh[at].extract(lane);
                    }
                }
            }
        }
        sync_cube();
    }
}

/// The last outputs' share of a unit's gates, for each vector of segments.
#[cube]
fn gates<N: Size>(
    hidden: &[Four],
    last: &Shared<[Vector<f32, N>]>,
    weights: usize,
    own_last: usize,
    #[comptime] plan: Plan,
) -> Array<Vector<f32, N>> {
    let (n_units, vectors, unrolled) = comptime!((plan.n_units, plan.vectors, plan.unrolled()));
    let mut gates = Array::<Vector<f32, N>>::new(comptime!(GATES * vectors));
    #[unroll]
    for at in 0..comptime!(GATES * vectors) {
        gates[at] = Vector::<f32, N>::new(0.0);
    }
    for some in 0..comptime!(n_units / unrolled) {
        #[unroll]
        for one in 0..unrolled {
            let input = some * unrolled + one;
            let weight = hidden[weights + input * n_units];
            #[unroll]
            for vector in 0..vectors {
                let value = last[own_last + vector * n_units + input];
                #[unroll]
                for gate in 0..GATES {
                    let at = comptime!(vector * GATES + gate);
                    let weight = Vector::<f32, N>::new(weight.extract(gate));
                    gates[at] = fma(weight, value, gates[at]);
                }
            }
        }
    }
    gates
}

/// A gate of a vector of segments, with the input's share.
#[cube]
fn gate<N: Size>(
    gates: Array<Vector<f32, N>>,
    share: Array<Four>,
    #[comptime] vector: usize,
    #[comptime] gate: usize,
    #[comptime] plan: Plan,
) -> Vector<f32, N> {
    let mut of_input = Vector::<f32, N>::new(0.0);
    #[unroll]
    for lane in 0..plan.lanes {
        of_input.insert(lane, share[comptime!(vector * plan.lanes + lane)].extract(gate));
    }
    gates[comptime!(vector * GATES + gate)] + of_input
}

/// The step that a direction hears as its `step`th; its last one after the end.
#[cube]
fn place(step: usize, own_steps: usize, direction: usize) -> usize {
    let step = min(step, own_steps - 1);
    select(direction == 0, step, own_steps - 1 - step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_device_can_carry_out_the_plan_for_any_batch_of_up_to_4096_units() {
        for n_units in 1..=4096 {
            for n_segments in [1, 2, 3, 4, 5, 255, 256, 1024] {
                let plan = Plan::new(n_units, 2, n_segments);
                assert!(plan.fits(), "{plan:?}");
                assert_eq!(n_units % plan.unrolled(), 0);
                assert!(plan.rounds() * plan.width() >= n_units);
            }
        }
        assert!(!Plan::new(4097, 2, 1).fits());
    }

    #[test]
    fn more_segments_share_the_weights_of_a_cube() {
        let per_cube = |n| Plan::new(128, 2, n).segments_per_cube();
        assert_eq!([1, 3, 4, 255, 256].map(per_cube), [1, 1, 4, 4, 8]);
    }
}
