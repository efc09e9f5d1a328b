//! The recurrent layer: long short-term memory in one direction or in two.
//!
//! In: steps `[n_steps, n_segments, n_inputs]`. Out: `[n_steps, n_segments, n_directions * n_units]`.
//! The input's share of all gates at all steps is one matrix product ([`Lstm::projected`]); what is left for
//! each step is one product with the last output ([`Lstm::recur`]), for both directions together.

use burn::module::{Initializer, Module};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};

use super::front::at_each_step;
use super::network::GLOROT;

/// One or two directions over the same steps; the second hears them from the end.
#[derive(Module, Debug)]
pub struct Lstm {
    forwards: Direction,
    backwards: Option<Direction>,
}

/// One direction's weights (Hochreiter & Schmidhuber, 1997; with forget gate). The four gates stand side by
/// side in `PyTorch`'s order: input, forget, cell, output.
#[derive(Module, Debug)]
struct Direction {
    input: Linear,
    hidden: Linear,
}

impl Direction {
    /// Random weights; the forget gate's bias is 1, so that memory lasts at first (Jozefowicz et al., 2015).
    fn init(n_inputs: usize, n_units: usize, device: &Device) -> Self {
        let mut input =
            LinearConfig::new(n_inputs, 4 * n_units).with_initializer(GLOROT).init(device);
        input.bias = input.bias.map(|bias| {
            bias.map(|zeros| {
                let ones = Tensor::ones([n_units], &zeros.device());
                let range = n_units..2 * n_units;
                (zeros * 0.0).slice_assign([range], ones)
            })
        });
        let hidden = LinearConfig::new(n_units, 4 * n_units)
            .with_bias(false)
            .with_initializer(Initializer::Orthogonal { gain: 1.0 })
            .init(device);
        Direction { input, hidden }
    }
}

impl Lstm {
    pub(super) fn init(
        n_inputs: usize,
        n_units: usize,
        bidirectional: bool,
        device: &Device,
    ) -> Self {
        Lstm {
            forwards: Direction::init(n_inputs, n_units, device),
            backwards: bidirectional.then(|| Direction::init(n_inputs, n_units, device)),
        }
    }

    /// Each direction's weights of the input and of the last output.
    pub(super) fn directions(&self) -> impl Iterator<Item = (&Linear, &Linear)> {
        let directions = std::iter::once(&self.forwards).chain(&self.backwards);
        directions.map(|direction| (&direction.input, &direction.hidden))
    }

    fn n_units(&self) -> usize {
        self.forwards.hidden.weight.dims()[0]
    }

    /// The input's share of the gates, `[n_steps, n_directions, n_segments, 4 * n_units]`, each direction in
    /// the order in which it hears.
    #[must_use]
    pub fn projected(&self, steps: Tensor<3>) -> Tensor<4> {
        match &self.backwards {
            None => at_each_step(&self.forwards.input, steps).unsqueeze_dim(1),
            Some(backwards) => {
                let there = at_each_step(&self.forwards.input, steps.clone());
                let back = at_each_step(&backwards.input, steps).flip([0]);
                Tensor::stack(vec![there, back], 1)
            }
        }
    }

    /// The outputs `[n_steps, n_segments, n_directions * n_units]` from each step's share of the gates,
    /// `[n_directions, n_segments, 4 * n_units]`.
    ///
    /// # Panics
    /// Without steps.
    #[must_use]
    pub fn recur(&self, projected: impl Iterator<Item = Tensor<3>>) -> Tensor<3> {
        let n_units = self.n_units();
        let directions = std::iter::once(&self.forwards).chain(&self.backwards);
        let weights: Vec<Tensor<2>> =
            directions.map(|direction| direction.hidden.weight.val()).collect();
        let hidden = Tensor::stack::<3>(weights, 0);
        let mut state: Option<(Tensor<3>, Tensor<3>)> = None;
        let mut outputs = Vec::new();
        for step in projected {
            let gates = match &state {
                None => step,
                Some((output, _)) => step + output.clone().matmul(hidden.clone()),
            };
            let mut gates = gates.split(n_units, 2).into_iter();
            let mut gate = || gates.next().expect("four gates were packed");
            let (input, forget, candidate, exposed) = (gate(), gate(), gate(), gate());
            let mut cell = sigmoid(input) * candidate.tanh();
            if let Some((_, before)) = state {
                cell = sigmoid(forget) * before + cell;
            }
            let output = sigmoid(exposed) * cell.clone().tanh();
            outputs.push(output.clone());
            state = Some((output, cell));
        }
        let outputs = Tensor::stack::<4>(outputs, 0);
        if self.backwards.is_none() {
            return outputs.squeeze_dim(1);
        }
        let there: Tensor<3> = outputs.clone().narrow(1, 0, 1).squeeze_dim(1);
        let back: Tensor<3> = outputs.narrow(1, 1, 1).squeeze_dim(1);
        Tensor::cat(vec![there, back.flip([0])], 2)
    }
}
