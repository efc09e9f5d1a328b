//! Gradients against the loss itself, and against burn's.

use super::super::recipe::Teaching;
use super::*;
use burn::module::Module;
use burn::optim::{GradientsAccumulator, SgdConfig};

fn part(n: usize, n_steps: usize, recipe: &TrainingRecipe) -> Part {
    let network = &recipe.network;
    #[expect(clippy::cast_precision_loss, reason = "a few numbers")]
    let waves = |n: usize| (0..n).map(|at| (at as f32 * 0.7).sin()).collect::<Vec<_>>();
    let n_lstm = network.lstm_steps(n_steps) * n;
    Part {
        values: waves(n * n_steps * network.n_inputs()),
        n_steps,
        labels: (0..n).map(|row| (row > 0).then_some(row % network.n_labels)).collect(),
        targets: waves(n * network.n_labels).iter().map(|value| value.abs()).collect(),
        speech: (0..n).map(|row| if row > 0 { 1.0 } else { 0.0 }).collect(),
        asked: vec![1.0; n],
        known: waves(n * network.n_known()),
        taught: waves(n * network.n_labels).iter().map(|value| value.abs()).collect(),
        embedding: waves(n * network.n_embedding),
        is_taught: vec![1.0; n],
        imitated: waves(n_lstm * network.n_imitated),
        is_imitated: (0..n_lstm).map(|at| if at % 3 > 0 { 1.0 } else { 0.0 }).collect(),
        kept: network.head_widths().iter().map(|width| vec![1.0; n * width]).collect(),
    }
}

/// The loss of a network's plain forward pass, computed without gradients.
fn plain_loss(network: &Network, part: &Part, recipe: &TrainingRecipe, whole: Whole) -> f32 {
    let (n, shape, teaching) = (part.labels.len(), &recipe.network, &recipe.teaching);
    let device = Device::flex();
    let steps = TensorData::new(part.values.clone(), [part.n_steps, n, shape.n_inputs()]);
    let known = TensorData::new(part.known.clone(), [n, shape.n_known()]);
    let gates =
        network.gates(Tensor::<3>::from_data(steps, &device), Tensor::from_data(known, &device));
    let gates = gates.iter_dim(0).map(|step| step.squeeze_dim(0)).collect();
    let said = network.from_gates(gates, shape.pooling, &[]);
    let outputs = values(said.logits).expect("on the CPU");
    let mut loss = 0.0;
    for (row, values) in outputs.chunks_exact(shape.n_outputs()).enumerate() {
        let (labels, speech) = values.split_at(shape.n_labels);
        let likelihood = |scale: f32, shares: &[f32]| -> f32 {
            let sum: f32 = labels.iter().map(|value| (value / scale).exp()).sum();
            let own = |(value, share): (&f32, &f32)| share * (value / scale - sum.ln());
            labels.iter().zip(&shares[row * shape.n_labels..]).map(own).sum()
        };
        loss -= teaching.labels * likelihood(1.0, &part.targets) / whole.weight;
        let hot = teaching.temperature;
        loss -= teaching.logits * hot * hot * likelihood(hot, &part.taught) / whole.n_taught;
        let p = 1.0 / (1.0 + (-speech[0]).exp());
        let likelihood = if part.speech[row] > 0.5 { p } else { 1.0 - p };
        loss -= SPEECH_SHARE * likelihood.ln() / whole.n_segments;
    }
    let embedding = said.embedding.map_or_else(Vec::new, |said| values(said).expect("there"));
    let errors = embedding.iter().zip(&part.embedding).map(|(said, told)| (said - told).powi(2));
    #[expect(clippy::cast_precision_loss, reason = "a few numbers")]
    let n_numbers = whole.n_taught * shape.n_embedding.max(1) as f32;
    loss += teaching.embedding * errors.sum::<f32>() / n_numbers;
    let imitated = said.imitated.map_or_else(Vec::new, |said| values(said).expect("there"));
    let errors = imitated.iter().zip(&part.imitated).map(|(said, told)| (said - told).powi(2));
    let width = shape.n_imitated.max(1);
    let judged = errors.enumerate().map(|(at, error)| error * part.is_imitated[at / width]);
    #[expect(clippy::cast_precision_loss, reason = "a few numbers")]
    let n_numbers = whole.n_imitated * width as f32;
    loss + teaching.moments * judged.sum::<f32>() / n_numbers
}

const WHOLE: Whole = Whole { weight: 9.0, n_segments: 5.0, n_taught: 5.0, n_imitated: 11.0 };

/// A small network that a teacher teaches, on a device that records gradients.
fn small() -> (TrainingRecipe, Network, Device) {
    let mut recipe = TrainingRecipe::named("phone").expect("built in");
    recipe.network.front.iter_mut().for_each(|layer| layer.units = 6);
    recipe.network.n_units = 5;
    recipe.network.dense = vec![4];
    recipe.network.hears_mean = true;
    recipe.network.n_embedding = 3;
    recipe.network.n_imitated = 2;
    recipe.teaching =
        Teaching { labels: 0.5, logits: 0.5, temperature: 2.0, embedding: 1.0, moments: 1.0 };
    let plain = Device::flex();
    plain.seed(3);
    let device = plain.clone().autodiff();
    let network = recipe.network.init(&plain).to_device(&device).train();
    (recipe, network, device)
}

/// Every weight's gradient in one number: a small step against it must lower the loss by the step times the
/// gradient's square. A piece that was lost or counted twice would show.
#[test]
fn a_step_against_the_gradient_lowers_the_loss_as_the_gradient_says() {
    let (recipe, network, device) = small();
    let part = part(5, 40, &recipe);
    let (pieces, sums) = gradients(&network, &part, &recipe, WHOLE, &device).expect("it computes");
    assert!((sums.n - 4.0).abs() < 1e-9);
    let before = plain_loss(&network.valid(), &part, &recipe, WHOLE);
    let mut all = GradientsAccumulator::new();
    for piece in pieces {
        all.accumulate(&network, piece);
    }
    let rate = 1e-3;
    let stepped = SgdConfig::new().init().step(rate, network.clone(), all.grads());
    let after = plain_loss(&stepped.valid(), &part, &recipe, WHOLE);
    let moved = moved(&network.valid(), &stepped.valid());
    #[expect(clippy::cast_possible_truncation, reason = "a small number")]
    let expected = (f64::from(moved) / rate) as f32;
    assert!(((before - after) / expected - 1.0).abs() < 0.03, "{before} {after} {expected}");
}

#[test]
fn our_recurrence_gives_burns_gradients_for_any_number_of_steps_and_segments() {
    for (n, n_steps, both) in [(1, 13, true), (5, 40, true), (8, 100, true), (7, 19, false)] {
        let (mut recipe, mut network, device) = small();
        if !both {
            recipe.network.bidirectional = false;
            network = recipe.network.init(&Device::flex()).to_device(&device).train();
        }
        let part = part(n, n_steps, &recipe);
        let work =
            Work { network: &network, part: &part, recipe: &recipe, whole: WHOLE, device: &device };
        let all = [work.on_cpu(), work.in_burn()].map(|done| {
            let mut all = GradientsAccumulator::new();
            let (pieces, _) = done.expect("it computes");
            for piece in pieces {
                all.accumulate(&network, piece);
            }
            let stepped = SgdConfig::new().init().step(1.0, network.clone(), all.grads());
            weights(&stepped.valid())
        });
        let before = weights(&network.valid());
        let largest = all[1].iter().zip(&before).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(largest > 1e-3, "there is a gradient");
        for (ours, burns) in all[0].iter().zip(&all[1]) {
            assert!((ours - burns).abs() < 2e-6 + 1e-5 * largest, "{ours} {burns} {n} {n_steps}");
        }
    }
}

/// All weights in the network's order.
fn weights(network: &Network) -> Vec<f32> {
    use burn::module::{ModuleVisitor, Param};
    #[derive(Default)]
    struct All(Vec<f32>);
    impl ModuleVisitor for All {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.extend(values(param.val()).expect("on the CPU"));
        }
    }
    let mut all = All::default();
    network.visit(&mut all);
    all.0
}

/// The squared distance between two networks' weights.
fn moved(from: &Network, to: &Network) -> f32 {
    weights(from).iter().zip(&weights(to)).map(|(from, to)| (from - to).powi(2)).sum()
}
