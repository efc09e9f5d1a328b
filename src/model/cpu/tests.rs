use super::*;
use crate::model::front::Convolution;
use burn::tensor::{Device, Distribution, Tensor, TensorData};

fn shapes() -> Vec<NetworkShape> {
    let plain = NetworkShape {
        n_features: 5,
        frames_per_step: 2,
        front: Vec::new(),
        n_units: 9,
        bidirectional: false,
        dense: vec![6],
        dropout: 0.2,
        pooling: Pooling::Last,
        n_labels: 7,
        hears_speech: false,
        hears_baseline: false,
    };
    let front = vec![
        Convolution { units: 6, width: 3, stride: 1 },
        Convolution { units: 70, width: 3, stride: 2 },
    ];
    let rich = NetworkShape {
        front,
        bidirectional: true,
        pooling: Pooling::Attention,
        hears_speech: true,
        hears_baseline: true,
        ..plain.clone()
    };
    let mean = NetworkShape { pooling: Pooling::Mean, dense: Vec::new(), ..rich.clone() };
    let shipped = NetworkShape {
        n_features: 43,
        frames_per_step: 1,
        front: vec![
            Convolution { units: 128, width: 5, stride: 2 },
            Convolution { units: 128, width: 5, stride: 3 },
        ],
        n_units: 128,
        dense: vec![128],
        ..rich.clone()
    };
    vec![plain, rich, mean, shipped]
}

fn random(n: usize) -> Vec<f32> {
    let values = Tensor::<1>::random([n], Distribution::Normal(0.0, 1.0), &Device::flex());
    values.try_into_vec_as::<f32>().unwrap()
}

#[test]
fn every_shape_gives_burns_logits_for_any_number_of_segments_of_any_lengths() {
    let device = Device::flex();
    for shape in shapes() {
        let network = shape.init(&device);
        let cpu = CpuNetwork::new(&network, &shape);
        let mut scratch = Scratch::default();
        let n_known = if shape.hears_baseline { shape.n_baseline() } else { 0 };
        let lengths = [23, 13, 60, 23, 18, 47, 300, 30, 23];
        let segments: Vec<(Vec<f32>, Vec<f32>)> =
            lengths.map(|n_steps| (random(n_steps * shape.n_inputs()), random(n_known))).into();
        let expected: Vec<f32> = segments
            .iter()
            .flat_map(|(steps, baseline)| {
                let n_steps = steps.len() / shape.n_inputs();
                let steps = TensorData::new(steps.clone(), [1, n_steps, shape.n_inputs()]);
                let known = TensorData::new(baseline.clone(), [1, n_known]);
                let steps = Tensor::from_data(steps, &device);
                let logits =
                    network.forward(steps, Tensor::from_data(known, &device), shape.pooling);
                logits.try_into_vec_as::<f32>().unwrap()
            })
            .collect();
        for n_at_once in [1, 2, 5, 9] {
            let mut logits = Vec::new();
            for some in segments.chunks(n_at_once) {
                let some: Vec<Segment> =
                    some.iter().map(|(steps, baseline)| Segment { steps, baseline }).collect();
                cpu.logits(&some, &mut scratch, &mut logits);
            }
            assert_eq!(logits.len(), expected.len());
            for (logit, expected) in logits.iter().zip(&expected) {
                assert!(
                    (logit - expected).abs() < 1e-5,
                    "{logit} {expected} {n_at_once} {shape:?}"
                );
            }
        }
    }
}

#[test]
fn a_segments_logits_are_the_same_bits_whoever_is_beside_it() {
    let shape = shapes().pop().unwrap();
    let network = shape.init(&Device::flex());
    let cpu = CpuNetwork::new(&network, &shape);
    let mut scratch = Scratch::default();
    let (steps, baseline) = (random(300 * 43), random(86));
    let short = random(120 * 43);
    let segment = Segment { steps: &steps, baseline: &baseline };
    let other = Segment { steps: &short, baseline: &baseline };
    let mut alone = Vec::new();
    cpu.logits(&[segment], &mut scratch, &mut alone);
    for beside in 1..MAX_ROWS + 3 {
        let mut together = Vec::new();
        let mut segments = vec![other; beside];
        segments.push(segment);
        cpu.logits(&segments, &mut scratch, &mut together);
        assert_eq!(together[beside * alone.len()..], alone);
    }
}
