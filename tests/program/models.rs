//! Models for other programs: `undertone models export`. What those make of them, `make test-weights` tells.

use std::fs;

use crate::sandbox::{Sandbox, refuses};

#[test]
fn a_model_is_exported_under_its_name_and_replaced_only_by_force() {
    let sandbox = Sandbox::new();
    for format in ["onnx", "safetensors"] {
        let name = format!("phone-lstm.{format}");
        let export = ["models", "export", "phone-lstm", "--format", format];
        let told = sandbox.run(&export).with_code(0).stdout;
        assert!(told.contains(&name), "{told}");
        let written = fs::read(sandbox.join(&name)).unwrap();
        assert!(written.len() > 1_000_000, "{} bytes", written.len());
        refuses(&sandbox, &export, &[&name, "--force"]);
        sandbox.write(&name, "another file");
        sandbox.run(&[&export[..], &["--force"]].concat()).with_code(0);
        assert_eq!(fs::read(sandbox.join(&name)).unwrap(), written);
    }
}

#[test]
fn an_export_that_cannot_be_leaves_no_file_and_says_why() {
    let sandbox = Sandbox::new();
    let export = |model, format| ["models", "export", model, "--format", format];
    refuses(&sandbox, &export("phone-lstm", "pickle"), &["'pickle'", "onnx and safetensors"]);
    refuses(&sandbox, &export("nobody", "onnx"), &["no model 'nobody'", "undertone models"]);
    assert!(sandbox.listing().is_empty(), "{:?}", sandbox.listing());
    sandbox.run(&["models", "export", "phone-lstm"]).with_code(2);
}
