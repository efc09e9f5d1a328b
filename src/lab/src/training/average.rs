//! The running mean of a network's weights over the steps of its training (Polyak & Juditsky, 1992): what single
//! batches do to the weights is averaged out of it.
//!
//! In: the network after each step. Out: a network with the mean weights. Keeps the mean.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};
use model::ModelError;
use model::network::Network;

/// Early on the mean follows faster: after `n` steps the newest counts at least `1 / (n + 1)` tenfold.
const EARLY: f64 = 10.0;

/// The running mean.
#[derive(Clone, Debug)]
pub struct Average {
    decay: f64,
    n_steps: u64,
    values: Vec<f32>,
}

impl Average {
    /// A mean that keeps `decay` of itself at each step, beginning with a network after `n_steps`.
    ///
    /// # Errors
    /// Weights that cannot be read back from the device.
    pub fn new(decay: f64, network: &Network, n_steps: u64) -> Result<Self, ModelError> {
        Ok(Average { decay, n_steps, values: values(network)? })
    }

    /// Takes the network after one more step.
    ///
    /// # Errors
    /// Weights that cannot be read back from the device.
    pub fn add(&mut self, network: &Network) -> Result<(), ModelError> {
        if self.decay <= 0.0 {
            return Ok(());
        }
        self.n_steps += 1;
        #[expect(clippy::cast_precision_loss, reason = "steps of a training")]
        let n = self.n_steps as f64;
        #[expect(clippy::cast_possible_truncation, reason = "a share")]
        let kept = self.decay.min((1.0 + n) / (EARLY + n)) as f32;
        for (mean, value) in self.values.iter_mut().zip(values(network)?) {
            *mean = kept * *mean + (1.0 - kept) * value;
        }
        Ok(())
    }

    /// Steps so far.
    #[must_use]
    pub fn n_steps(&self) -> u64 {
        self.n_steps
    }

    /// A copy of the network with the mean weights; with the network's own where no mean is kept.
    #[must_use]
    pub fn of(&self, network: &Network) -> Network {
        if self.decay <= 0.0 {
            return network.clone();
        }
        network.clone().map(&mut Setter { rest: &self.values })
    }
}

/// All weights in the network's order.
fn values(network: &Network) -> Result<Vec<f32>, ModelError> {
    let mut all = Collector { values: Vec::new(), failed: None };
    network.visit(&mut all);
    match all.failed {
        None => Ok(all.values),
        Some(reason) => Err(ModelError::device("training device", reason)),
    }
}

struct Collector {
    values: Vec<f32>,
    failed: Option<String>,
}

impl ModuleVisitor for Collector {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        match param.val().try_into_vec_as::<f32>() {
            Ok(values) => self.values.extend(values),
            Err(error) => self.failed = Some(format!("{error:?}")),
        }
    }
}

struct Setter<'a> {
    rest: &'a [f32],
}

impl ModuleMapper for Setter<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| {
            let shape = tensor.dims();
            let (values, rest) = self.rest.split_at(shape.iter().product());
            self.rest = rest;
            Tensor::from_data(TensorData::new(values.to_vec(), shape), &tensor.device())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::recipe::TrainingRecipe;
    use burn::tensor::Device;

    #[test]
    fn the_mean_lies_between_the_networks_and_none_is_the_network_itself() {
        let recipe = TrainingRecipe::named("ravdess").expect("built in");
        let device = Device::flex();
        let [first, second] = [1, 2].map(|seed| {
            device.seed(seed);
            recipe.network.init(&device)
        });
        let own = |network: &Network| values(network).expect("on the CPU");
        let mut average = Average::new(0.999, &first, 0).expect("on the CPU");
        assert_eq!(own(&average.of(&second)), own(&first));
        average.add(&second).expect("on the CPU");
        let pairs = own(&first).into_iter().zip(own(&second));
        // After the first step 2 of 11 parts are the old mean's.
        for (mean, (first, second)) in own(&average.of(&second)).into_iter().zip(pairs) {
            assert!((mean - (first * 2.0 + second * 9.0) / 11.0).abs() < 1e-5);
        }
        let mut none = Average::new(0.0, &first, 0).expect("on the CPU");
        none.add(&second).expect("on the CPU");
        assert_eq!(own(&none.of(&second)), own(&second));
    }
}
