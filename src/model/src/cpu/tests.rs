#[path = "../../../../tests/gpu/reference.rs"]
mod reference;

use super::*;
use crate::artifact::Artifact;
use crate::front::Convolution;
use burn::tensor::Device;
use reference::{expected, random, segments, shapes, values};

#[test]
fn every_shape_gives_burns_logits_for_any_number_of_segments_of_any_lengths() {
    let device = Device::flex();
    for shape in shapes() {
        let network = shape.init(&device);
        let cpu = CpuNetwork::new(&network, &shape);
        let mut scratch = Scratch::default();
        let values = values(&shape, &[23, 13, 60, 23, 18, 47, 300, 30, 23]);
        let expected = expected(&network, &shape, &values);
        for n_at_once in [1, 2, 5, 9] {
            let mut logits = Vec::new();
            for some in segments(&values).chunks(n_at_once) {
                cpu.logits(some, &mut scratch, &mut logits);
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
    let (steps, known) = (random(300 * 43), random(shape.n_known()));
    let short = random(120 * 43);
    let segment = Segment { steps: &steps, known: &known };
    let other = Segment { steps: &short, known: &known };
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
