//! Models that cannot be used: each is refused by name before anything is begun.

use std::fs;

use crate::sandbox::{Sandbox, refuses};

const MANIFEST: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/phone-lstm/manifest.toml"));
const WEIGHTS: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/phone-lstm/weights.bpk"));

/// A home with the demo call and a model in `odd`.
fn with_model(manifest: &str, weights: Option<&[u8]>) -> Sandbox {
    let sandbox = Sandbox::new().with_call();
    fs::create_dir(sandbox.join("odd")).unwrap();
    sandbox.write("odd/manifest.toml", manifest);
    if let Some(weights) = weights {
        sandbox.write("odd/weights.bpk", weights);
    }
    sandbox
}

/// The call cannot be replayed with the model, and the message says why and what to do.
#[track_caller]
fn refuses_model(sandbox: &Sandbox, model: &str, told: &[&str]) {
    let arguments = ["replay", "call.wav", "--headless", "--backend", "cpu", "--model", model];
    refuses(sandbox, &arguments, told);
}

/// The manifest with a change that must not miss its aim.
fn manifest_with(from: &str, to: &str) -> String {
    assert!(MANIFEST.contains(from), "the manifest has no {from}");
    MANIFEST.replacen(from, to, 1)
}

#[test]
fn a_model_for_clips_cannot_follow_a_call() {
    let means = manifest_with("input = \"frames\"", "input = \"coefficient_means\"")
        .replace("n_features = 43", "n_features = 1");
    let seed = means.replacen("recipe = \"phone-v3\"", "recipe = \"seed-v1\"", 1);
    assert_ne!(seed, means);
    for manifest in [seed, means] {
        let sandbox = with_model(&manifest, Some(WEIGHTS));
        let told = ["needs whole clips", "a call was given", "choose another model with --model"];
        refuses_model(&sandbox, "./odd", &told);
    }
}

#[test]
fn a_recipe_that_the_program_does_not_know_is_named() {
    let manifest = manifest_with("recipe = \"phone-v3\"", "recipe = \"phone-v9\"");
    let sandbox = with_model(&manifest, Some(WEIGHTS));
    refuses_model(&sandbox, "./odd", &["odd/manifest.toml", "line 5", "'phone-v9'", "phone-v1"]);
}

#[test]
fn a_manifest_of_another_format_is_refused_even_if_it_says_new_things() {
    let manifest = manifest_with("format = 2", "format = 3\nnovelty = 3");
    let sandbox = with_model(&manifest, Some(WEIGHTS));
    let told = ["odd/manifest.toml", "layout 3", "reads layout 2", "update Undertone"];
    refuses_model(&sandbox, "./odd", &told);
}

#[test]
fn a_manifest_that_is_none_is_refused() {
    let sandbox = with_model("This is no manifest.\n", Some(WEIGHTS));
    refuses_model(&sandbox, "./odd", &["odd/manifest.toml", "line 1"]);
    sandbox.write("odd/manifest.toml", [0xff, 0xfe, 0x00]);
    refuses_model(&sandbox, "./odd", &["odd/manifest.toml"]);
}

#[test]
fn weights_with_one_flipped_byte_are_refused() {
    let mut weights = WEIGHTS.to_vec();
    let middle = weights.len() / 2;
    weights[middle] ^= 1;
    let sandbox = with_model(MANIFEST, Some(&weights));
    let told = ["odd/weights.bpk is damaged", "copy or train the model again"];
    refuses_model(&sandbox, "./odd", &told);
    sandbox.write("odd/weights.bpk", &WEIGHTS[..middle]);
    refuses_model(&sandbox, "./odd", &told);
}

#[test]
fn a_model_without_weights_and_a_model_that_is_not_there_are_named() {
    let sandbox = with_model(MANIFEST, None);
    refuses_model(&sandbox, "./odd", &["cannot read", "odd/weights.bpk"]);
    refuses_model(&sandbox, "nobody", &["no model 'nobody'", "undertone models"]);
}

#[test]
fn a_damaged_model_is_listed_as_such_beside_the_others() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.join("models/odd")).unwrap();
    sandbox.write("models/odd/manifest.toml", "format = 9\n");
    let ended = sandbox.run(&["models"]);
    assert!(ended.stdout.contains("phone-lstm"), "{ended:?}");
    assert!(format!("{}{}", ended.stdout, ended.stderr).contains("odd"), "{ended:?}");
}
