//! What a network keeps to, whichever form it is computed in.

use super::*;
use burn::tensor::{Distribution, Tolerance};

fn shapes() -> [NetworkShape; 2] {
    let plain = NetworkShape {
        n_features: 5,
        frames_per_step: 2,
        front: Vec::new(),
        n_units: 8,
        bidirectional: false,
        dense: vec![6],
        dropout: 0.2,
        pooling: Pooling::Mean,
        n_labels: 7,
        hears_speech: false,
        hears_baseline: false,
        hears_mean: false,
        n_embedding: 0,
        n_imitated: 0,
    };
    let rich = NetworkShape {
        front: vec![
            Convolution { units: 6, width: 3, stride: 1 },
            Convolution { units: 4, width: 3, stride: 2 },
        ],
        bidirectional: true,
        pooling: Pooling::Attention,
        hears_speech: true,
        hears_baseline: true,
        ..plain.clone()
    };
    [plain, rich]
}

fn random(shape: [usize; 3]) -> Tensor<3> {
    Tensor::random(shape, Distribution::Default, &Device::flex())
}

#[test]
fn the_original_notebooks_network_has_its_number_of_parameters() {
    let [plain, _] = shapes();
    let seed = NetworkShape {
        n_features: 1,
        frames_per_step: 1,
        n_units: 256,
        dense: vec![128, 64],
        pooling: Pooling::Last,
        ..plain
    };
    assert_eq!(seed.init(&Device::flex()).num_params(), 305_799);
}

#[test]
fn both_forms_give_the_same_logits() {
    for shape in shapes() {
        let network = shape.init(&Device::flex());
        let known = Tensor::ones([3, shape.n_known()], &Device::flex());
        let (steps, baseline) = (random([3, 11, 10]), known);
        let whole = network.forward(steps.clone(), baseline.clone(), shape.pooling).into_data();
        let gates = network.gates(steps.swap_dims(0, 1), baseline);
        let list = gates.iter_dim(0).map(|step| step.squeeze_dim(0)).collect();
        let halves = network.from_gates(list, shape.pooling, &[]).logits.into_data();
        whole.assert_approx_eq::<f32>(&halves, Tolerance::absolute(1e-6));
        assert_eq!(whole.shape().as_slice(), [3, shape.n_outputs()]);
    }
}

#[test]
fn a_segments_logits_do_not_depend_on_its_neighbours_in_the_batch() {
    for shape in shapes() {
        let network = shape.init(&Device::flex());
        let known = Tensor::zeros([4, shape.n_known()], &Device::flex());
        let (steps, baseline) = (random([4, 13, 10]), known);
        let together = network.forward(steps.clone(), baseline.clone(), shape.pooling);
        let alone = network
            .forward(steps.narrow(0, 2, 1), baseline.narrow(0, 2, 1), shape.pooling)
            .into_data();
        let row = together.narrow(0, 2, 1).into_data();
        row.assert_approx_eq::<f32>(&alone, Tolerance::absolute(1e-5));
    }
}

#[test]
fn the_second_direction_hears_the_segment_from_its_end() {
    let [_, shape] = shapes();
    let network = shape.init(&Device::flex());
    let steps = random([9, 2, 4]);
    let outputs = network
        .lstm
        .recur(network.lstm.projected(steps.clone()).iter_dim(0).map(|step| step.squeeze_dim(0)));
    let cut = network.lstm.recur(
        network.lstm.projected(steps.narrow(0, 0, 5)).iter_dim(0).map(|step| step.squeeze_dim(0)),
    );
    let half = |outputs: &Tensor<3>, from| outputs.clone().narrow(0, 2, 1).narrow(2, from, 8);
    let there = half(&outputs, 0).into_data();
    there.assert_approx_eq::<f32>(&half(&cut, 0).into_data(), Tolerance::absolute(1e-6));
    let change = (half(&outputs, 8) - half(&cut, 8)).abs().max();
    assert!(change.into_scalar::<f32>() > 1e-4);
}

#[test]
fn steps_are_counted_as_the_front_leaves_them() {
    let [plain, rich] = shapes();
    assert_eq!([plain.lstm_steps(23), rich.lstm_steps(23), rich.lstm_steps(5)], [11, 4, 0]);
    assert_eq!(rich.head_widths(), [32, 6]);
}
