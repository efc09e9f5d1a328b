//! The convolutional front: neighbouring steps become fewer, richer steps before the LSTM sees them.
//!
//! In: steps `[n_steps, n_segments, n_inputs]`. Out: `[fewer steps, n_segments, units]`. No padding, so that
//! nothing but speech decides. Keeps nothing between calls.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Slice, Tensor};
use serde::{Deserialize, Serialize};

use super::network::GLOROT;

/// One layer of the front; stands in the model's manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Convolution {
    /// Outputs.
    pub units: usize,
    /// Neighbouring steps that it joins.
    pub width: usize,
    /// Steps between two of its outputs.
    pub stride: usize,
}

impl Convolution {
    /// Steps that come out of `n_steps`; none where there are fewer than its width.
    #[must_use]
    pub const fn n_outputs(&self, n_steps: usize) -> usize {
        if n_steps < self.width { 0 } else { 1 + (n_steps - self.width) / self.stride }
    }

    /// The number of the step in the middle of what an output joins.
    #[must_use]
    pub const fn middle_of(&self, output: usize) -> usize {
        output * self.stride + self.width / 2
    }

    pub(super) fn init(&self, n_inputs: usize, device: &Device) -> ConvolutionLayer {
        ConvolutionLayer {
            linear: LinearConfig::new(n_inputs * self.width, self.units)
                .with_initializer(GLOROT)
                .init(device),
            width: self.width,
            stride: self.stride,
        }
    }
}

/// A dense layer at each step, `[n_steps, n_segments, n_outputs]` of `[n_steps, n_segments, n_inputs]`: one product
/// of matrices. burn would make one for each step, and sum up as many gradients.
pub(super) fn at_each_step(linear: &Linear, steps: Tensor<3>) -> Tensor<3> {
    let [n_steps, n_segments, n_inputs] = steps.dims();
    let values = linear.forward(steps.reshape([n_steps * n_segments, n_inputs]));
    let n_outputs = values.dims()[1];
    values.reshape([n_steps, n_segments, n_outputs])
}

/// A convolution over time with a rectifier.
#[derive(Module, Debug)]
pub struct ConvolutionLayer {
    linear: Linear,
    width: usize,
    stride: usize,
}

impl ConvolutionLayer {
    pub(super) fn linear(&self) -> &Linear {
        &self.linear
    }

    /// `shift`, `[n_segments, units]`, is added at every step before the rectifier.
    pub(super) fn forward(&self, steps: &Tensor<3>, shift: Option<Tensor<2>>) -> Tensor<3> {
        let values = at_each_step(&self.linear, self.windows(steps));
        relu(match shift {
            None => values,
            Some(shift) => values + shift.unsqueeze_dim(0),
        })
    }

    /// Every window's steps side by side, `[n_windows, n_segments, width * n_inputs]`.
    fn windows(&self, steps: &Tensor<3>) -> Tensor<3> {
        let n_windows = 1 + (steps.dims()[0] - self.width) / self.stride;
        let reach = (n_windows - 1) * self.stride + 1;
        let stride = isize::try_from(self.stride).unwrap_or(isize::MAX);
        let places = (0..self.width)
            .map(|place| {
                steps.clone().slice([Slice::from_range_stepped(place..place + reach, stride)])
            })
            .collect();
        Tensor::cat(places, 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::TensorData;

    #[test]
    fn windows_hold_neighbours_and_step_by_the_stride() {
        let device = Device::flex();
        let layer = Convolution { units: 2, width: 3, stride: 2 }.init(1, &device);
        let steps = Tensor::<3>::from_data(
            TensorData::new((0..8_u8).map(f32::from).collect(), [8, 1, 1]),
            &device,
        );
        let windows = layer.windows(&steps).try_into_vec_as::<f32>().expect("on the CPU");
        assert_eq!(windows, [0., 1., 2., 2., 3., 4., 4., 5., 6.]);
        assert_eq!(Convolution { units: 2, width: 3, stride: 2 }.n_outputs(8), 3);
        assert_eq!(Convolution { units: 2, width: 3, stride: 2 }.n_outputs(2), 0);
        assert_eq!(Convolution { units: 2, width: 3, stride: 2 }.middle_of(2), 5);
    }
}
