//! `evaluate --calls` and `make-calls`: from a call to its measures, and what is refused.

use serde_json::Value;

use crate::sandbox::{Sandbox, refuses};
use crate::sound;

/// What is acted when in the first 40 s of the demo call, and noise that nobody should read.
const LABELS: &str = "start_s,end_s,emotion\n1.5,9.1,neutral\n11.3,17.2,neutral\n18.4,27.32,fear\n\
    29.82,39.14,anger\n";

/// A home with the demo call, silence, and a manifest of both.
fn with_calls() -> Sandbox {
    let sandbox = Sandbox::new().with_call();
    sound::write(&sandbox.join("silence.wav"), sound::RATE_HZ, 1, &sound::silence(30));
    sandbox.write("call.csv", LABELS);
    sandbox.write("silence.csv", "start_s,end_s,emotion\n0,30,silence\n");
    sandbox.write("calls.csv", "audio,labels\ncall.wav,call.csv\nsilence.wav,silence.csv\n");
    sandbox
}

#[test]
fn a_call_and_silence_are_measured_as_a_table_and_as_json() {
    let sandbox = with_calls();
    let arguments = ["evaluate", "--calls", "calls.csv", "--json", "report.json"];
    let table = sandbox.run(&arguments).with_code(0).stdout;
    assert!(table.contains("call.wav") && table.contains("detection delay: 3"), "{table}");

    let report: Value = serde_json::from_str(&sandbox.read("report.json")).unwrap();
    assert_eq!(report["n"], 2);
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{value}: {report}"));
    // 7.6 + 5.9 + 8.92 + 9.32 s.
    assert!((number(&report["speech_s"]) - 31.74).abs() < 1e-6);
    let parts = ["committed", "groups", "uncertain", "no_reading"].map(|key| number(&report[key]));
    assert!((parts.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{report}");
    assert!(number(&report["right_of_speech"]) <= number(&report["committed"]));
    assert!(number(&report["committed"]) <= number(&report["shown"]));
    assert_eq!(report["delay"]["n"], 3);
    assert!(number(&report["eder"]["of_speech"]) > 0.0);
    let [call, silence] = [0, 1].map(|index| &report["calls"][index]);
    assert_eq!((&call["audio"], &silence["audio"]), (&"call.wav".into(), &"silence.wav".into()));
    assert_eq!(call["speech_s"], report["speech_s"]);
    assert_eq!(silence["right_of_speech"], Value::Null);
    assert_eq!(silence["non_speech"]["minutes"], 0.5);
    assert_eq!(silence["non_speech"]["readings_per_minute"], 0.0);

    refuses(&sandbox, &arguments, &["report.json exists", "--force"]);
    assert_eq!(sandbox.run(&arguments[..3]).with_code(0).stdout, table, "the same again");
}

#[test]
fn manifests_and_labels_that_cannot_be_are_refused() {
    let sandbox = with_calls();
    sandbox.write("no-labels.csv", "audio,text\ncall.wav,call.csv\n");
    sandbox.write("gone.csv", "audio,labels\ncall.wav,call.csv\ngone.wav,call.csv\n");
    sandbox.write("odd.csv", "start_s,end_s,emotion\n0,3,joy\n");
    sandbox.write("odd-labels.csv", "audio,labels\ncall.wav,odd.csv\n");
    sandbox.write("swapped.csv", "audio,labels\nsilence.wav,call.csv\n");
    for (manifest, told) in [
        ("no-labels.csv", ["no column 'labels'", "audio and labels"]),
        ("gone.csv", ["line 3", "gone.wav is not there"]),
        ("odd-labels.csv", ["odd.csv, line 2", "emotion is 'joy'"]),
        ("swapped.csv", ["until 39.140 s", "ends at 30.000 s"]),
        ("nowhere.csv", ["cannot read nowhere.csv", "check the path"]),
    ] {
        refuses(&sandbox, &["evaluate", "--calls", manifest], &told);
    }
}

#[test]
fn a_call_that_cannot_be_read_is_named_and_the_others_are_measured() {
    let sandbox = with_calls();
    sandbox.write("broken.wav", "no sound at all");
    sandbox.write("calls.csv", "audio,labels\nbroken.wav,call.csv\nsilence.wav,silence.csv\n");
    let ended = sandbox.run(&["evaluate", "--calls", "calls.csv"]).with_code(3);
    assert!(ended.stderr.contains("not measured: broken.wav"), "{ended:?}");
    assert!(ended.stdout.contains("silence"), "{ended:?}");
}

#[test]
fn calls_are_made_of_clips_and_measured() {
    let sandbox = Sandbox::new();
    let mut manifest = "path,emotion,speaker,corpus,split\n".to_owned();
    for (emotion, pitch_hz) in [("fear", 220.0), ("neutral", 130.0)] {
        for take in 0..5 {
            let name = format!("{emotion}-{take}.wav");
            let clip = sound::buzz(3, pitch_hz, 4.0);
            sound::write(&sandbox.join(&name), sound::RATE_HZ, 1, &clip);
            manifest += &[&name, ",", emotion, ",1,buzzes,test\n"].concat();
        }
    }
    sandbox.write("clips.csv", manifest);
    let make = |kind: &'static str| {
        [
            "make-calls",
            "--data",
            "clips.csv",
            "--kind",
            kind,
            "--count",
            "2",
            "--minutes",
            "0.5",
            kind,
        ]
    };
    sandbox.run(&make("mixed")).with_code(0);
    let ended = sandbox.run(&["evaluate", "--calls", "mixed/manifest.csv"]).with_code(0);
    assert!(ended.stdout.contains("mixed-02.wav"), "{ended:?}");
    refuses(&sandbox, &make("mixed"), &["manifest.csv is there already", "--force"]);
    refuses(&sandbox, &make("party"), &["'party' is no kind of call", "lasting"]);
}
