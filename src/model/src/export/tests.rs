use super::tensors::Tensors;
use super::*;
use crate::front::Convolution;
use crate::network::{NetworkShape, Pooling};
use ::safetensors::SafeTensors;
use burn::tensor::Device;
use hearing::emotion::Emotion;

fn bundled() -> Artifact {
    Artifact::bundled().unwrap()
}

/// The bundled model's manifest with another network, and random weights for it.
fn other(change: impl FnOnce(&mut NetworkShape)) -> (Tensors, Manifest) {
    let mut manifest = bundled().manifest;
    change(&mut manifest.network);
    manifest.labels = Emotion::ALL.into_iter().rev().take(manifest.network.n_labels).collect();
    let network = manifest.network.init(&Device::flex());
    (tensors::all(&network, &manifest), manifest)
}

#[test]
fn a_format_is_known_by_its_name_and_another_is_refused() {
    assert_eq!("onnx".parse::<WeightsFormat>().unwrap(), WeightsFormat::Onnx);
    assert_eq!("safetensors".parse::<WeightsFormat>().unwrap(), WeightsFormat::Safetensors);
    let refused = "pickle".parse::<WeightsFormat>().unwrap_err().to_string();
    assert!(refused.contains("onnx and safetensors"), "{refused}");
}

#[test]
fn a_model_of_whole_clips_is_refused_by_name() {
    let mut artifact = bundled();
    artifact.manifest.input = InputForm::CoefficientMeans;
    for format in [WeightsFormat::Onnx, WeightsFormat::Safetensors] {
        let refused = format.file(&artifact).unwrap_err().to_string();
        assert!(refused.contains("'phone-lstm'") && refused.contains("frames"), "{refused}");
    }
}

#[test]
fn the_same_model_is_the_same_bytes() {
    for format in [WeightsFormat::Onnx, WeightsFormat::Safetensors] {
        assert_eq!(format.file(&bundled()).unwrap(), format.file(&bundled()).unwrap());
    }
}

#[test]
fn safetensors_have_the_shapes_of_pytorchs_layers_and_say_what_the_model_is() {
    let file = WeightsFormat::Safetensors.file(&bundled()).unwrap();
    let read = SafeTensors::deserialize(&file).unwrap();
    for (name, shape) in [
        ("front.0.weight", &[192, 43, 5][..]),
        ("front.1.weight", &[240, 192, 5]),
        ("baseline.weight", &[192, 129]),
        ("lstm.weight_ih_l0", &[960, 240]),
        ("lstm.weight_hh_l0_reverse", &[960, 240]),
        ("lstm.bias_hh_l0", &[960]),
        ("attention_score.weight", &[1, 64]),
        ("dense.0.weight", &[160, 960]),
        ("output.weight", &[8, 160]),
        ("normalisation_mean", &[43]),
        ("calibration_temperature", &[]),
        ("calibration_bias", &[7]),
    ] {
        assert_eq!(read.tensor(name).unwrap().shape(), shape, "{name}");
    }
    let (_, header) = SafeTensors::read_metadata(&file).unwrap();
    let facts: serde_json::Value =
        serde_json::from_str(&header.metadata().as_ref().unwrap()["undertone"]).unwrap();
    assert_eq!(facts["recipe"], "phone-v3");
    assert_eq!(facts["labels"][3], "happiness");
    assert_eq!(facts["network"]["pooling"], "attention");
    assert!(facts["uncertain_below"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_convolutions_weights_stand_by_output_input_and_place() {
    let (tensors, manifest) = other(|shape| {
        shape.front = vec![Convolution { units: 3, width: 4, stride: 1 }];
        shape.hears_baseline = false;
    });
    let network = manifest.network.init(&Device::flex());
    let again = tensors::all(&network, &manifest);
    assert_ne!(again["front.0.weight"], tensors["front.0.weight"], "random weights");
    let linear = network.front().next().unwrap().weight.val();
    let rows = linear.try_into_vec_as::<f32>().unwrap();
    let (output, input, place) = (2, 17, 3);
    let ours = rows[(place * 43 + input) * 3 + output];
    let exported = again["front.0.weight"].values[(output * 43 + input) * 4 + place];
    assert_eq!(ours.to_bits(), exported.to_bits());
}

#[test]
fn calibration_stands_in_the_order_of_the_labels() {
    let (tensors, manifest) = other(|shape| shape.n_labels = 3);
    let bias = manifest.calibration.bias;
    let expected: Vec<f32> =
        [Emotion::ALL[6], Emotion::ALL[5], Emotion::ALL[4]].map(|label| bias[label.index()]).into();
    assert_eq!(tensors["calibration_bias"].values, expected);
}

#[test]
fn in_every_graph_an_operator_takes_only_what_is_there_already() {
    let changes: [fn(&mut NetworkShape); 6] = [
        |_| {},
        |shape| shape.hears_mean = true,
        |shape| (shape.hears_baseline, shape.hears_mean) = (false, true),
        |shape| (shape.pooling, shape.hears_speech) = (Pooling::Mean, false),
        |shape| {
            shape.front.clear();
            (shape.hears_baseline, shape.hears_mean, shape.frames_per_step) = (false, false, 3);
            (shape.pooling, shape.bidirectional) = (Pooling::Last, false);
        },
        |shape| (shape.dense, shape.n_labels) = (Vec::new(), 2),
    ];
    for change in changes {
        let (tensors, manifest) = other(change);
        let named = onnx::names(&onnx::file(&tensors, &manifest));
        let mut known = named.given;
        assert_eq!(known.contains("baseline"), manifest.network.hears_baseline);
        for (inputs, output) in named.operators {
            for input in inputs {
                assert!(known.contains(&input), "{output} takes {input}: {:?}", manifest.network);
            }
            assert!(known.insert(output.clone()), "{output} is there twice");
        }
        for output in ["logits", "probabilities"] {
            assert!(known.contains(output), "{output}");
        }
    }
}
