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

#[test]
fn callers_of_a_language_are_heard_with_what_the_model_has_earned_there() {
    let sandbox = Sandbox::new().with_call();
    let listed = sandbox.run(&["models"]).with_code(0).stdout;
    let languages = listed.lines().find(|line| line.trim_start().starts_with("languages"));
    assert!(languages.is_some_and(|line| line.contains("en")), "{listed}");
    let heard = |language: &[&str], log: &str| {
        let replay = ["replay", "call.wav", "--headless", "--backend", "cpu", "--log", log];
        let ended = sandbox.run(&[&replay[..], language].concat()).with_code(0);
        (ended.stdout + &ended.stderr, sandbox.records(log))
    };
    let shown = |records: &[serde_json::Value]| {
        let readings = records.iter().filter(|record| record["record"] == "reading");
        readings.filter(|reading| reading["state"] != "uncertain").count()
    };
    let (told, strangers) = heard(&[], "strangers.jsonl");
    assert!(!told.contains("no calibration") && strangers[0]["model"].get("language").is_none());
    let (told, polish) = heard(&["--language", "pl"], "polish.jsonl");
    assert!(told.contains("no calibration for callers who speak 'pl'"), "{told}");
    assert_eq!(polish[0]["model"]["language"], "pl");
    assert_eq!(shown(&polish), shown(&strangers));
    let (told, english) = heard(&["--language", "en-GB"], "english.jsonl");
    assert!(!told.contains("no calibration"), "{told}");
    assert_eq!(english[0]["model"]["language"], "en");
    assert!(shown(&english) > shown(&strangers), "more is said of a language that is known well");
    let unknown = ["replay", "call.wav", "--headless", "--language", "english"];
    let refused = sandbox.run(&unknown).with_code(2).stderr;
    assert!(refused.contains("'english' is no language") && refused.contains("such as en"));
}
