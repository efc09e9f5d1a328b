//! From labelled clips to a model and its scores: a network that learns buzzes, interrupted and resumed.

use std::fmt::Write;
use std::fs;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::sandbox::{PROGRAM, Running, Sandbox, refuses, wait_for};
use crate::sound;

const RECIPE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/program/tiny.toml");

const EMOTIONS: [&str; 7] =
    ["anger", "disgust", "fear", "happiness", "surprise", "sadness", "neutral"];

/// Two test corpora, so that the report has something to tell by corpus.
const SPEAKERS: [(&str, &str, &str, f32); 5] = [
    ("t1", "buzzes", "train", 110.0),
    ("t2", "buzzes", "train", 190.0),
    ("d1", "buzzes", "dev", 140.0),
    ("s1", "buzzes", "test", 160.0),
    ("s2", "hums", "test", 130.0),
];

/// A home with clips of every speaker in every emotion, and their manifest `clips.csv`.
fn with_corpus() -> Sandbox {
    let sandbox = Sandbox::new();
    let mut manifest = "path,emotion,speaker,corpus,split\n".to_owned();
    let mut swell_hz = 2.0;
    for emotion in EMOTIONS {
        for (speaker, corpus, split, pitch_hz) in SPEAKERS {
            let name = format!("{emotion}-{speaker}.wav");
            let clip = sound::buzz(2, pitch_hz, swell_hz);
            sound::write(&sandbox.join(&name), sound::RATE_HZ, 1, &clip);
            writeln!(manifest, "{name},{emotion},{speaker},{corpus},{split}").unwrap();
        }
        swell_hz += 1.5;
    }
    sandbox.write("clips.csv", manifest);
    sandbox
}

/// The training of a model into a folder. More than two epochs only make sure that there is one to interrupt.
fn training(output: &str) -> Vec<&str> {
    let what = ["train", "--recipe", RECIPE, "--backend", "cpu", "--data", "clips.csv"];
    [&what[..], &["--epochs", "6", "--output", output]].concat()
}

#[test]
fn a_training_that_was_killed_goes_on_to_the_same_weights() {
    let sandbox = with_corpus();
    let ended = sandbox.run(&training("whole")).with_code(0);
    assert!(ended.stderr.contains("epoch   6/6"), "{ended:?}");
    assert!(!sandbox.join("whole/weights.partial").exists());

    let mut command = sandbox.command(PROGRAM);
    command.args(training("broken")).stdout(Stdio::null()).stderr(Stdio::null());
    let mut running = Running(command.spawn().unwrap());
    let checkpoint = sandbox.join("broken/checkpoint/state.json");
    let limit = Duration::from_mins(1);
    wait_for("there is no checkpoint", limit, || checkpoint.exists().then_some(()));
    running.0.kill().unwrap();
    running.0.wait().unwrap();
    assert!(!sandbox.join("broken/manifest.toml").exists(), "it was over before it was killed");

    let resumed = sandbox.run(&training("broken")).with_code(0);
    assert!(resumed.stderr.contains("going on after epoch"), "{resumed:?}");
    let [whole, broken] = ["whole", "broken"].map(|folder| numbers(&sandbox, folder));
    assert!(whole.len() > 50_000 && whole == broken, "the weights differ");
    let [whole, broken] =
        ["whole", "broken"].map(|folder| sandbox.read(&format!("{folder}/checkpoint/state.json")));
    assert_eq!(whole, broken, "every loss of every epoch, to the last digit");

    let told = ["broken holds a model already", "--force"];
    refuses(&sandbox, &training("broken"), &told);
}

/// The numbers of a model's weights, without the head of the file, in which burn names every tensor at random.
fn numbers(sandbox: &Sandbox, folder: &str) -> Vec<u8> {
    /// Magic word and version; the length of the head in four bytes follows.
    const BEGINNING: &[u8] = b"NRUB\x01\x00";
    let weights = fs::read(sandbox.join(&format!("{folder}/weights.bpk"))).unwrap();
    let rest = weights.strip_prefix(BEGINNING).unwrap();
    let (head_len, rest) = rest.split_first_chunk::<4>().unwrap();
    rest[u32::from_le_bytes(*head_len) as usize..].to_vec()
}

#[test]
fn a_trained_model_is_evaluated_listed_and_follows_a_call() {
    let sandbox = with_corpus().with_call();
    sandbox.run(&training("models/tiny")).with_code(0);

    let evaluate = ["evaluate", "--model", "tiny", "--clips", "clips.csv", "--split", "test"];
    let with_json = [&evaluate[..], &["--json", "report.json"]].concat();
    let table = sandbox.run(&with_json).with_code(0).stdout;
    assert!(table.contains("sadness") && table.contains("shown %"), "{table}");
    let report: Value = serde_json::from_str(&sandbox.read("report.json")).unwrap();
    check_report(&report, 14, &EMOTIONS);
    let by_corpus = report["by_corpus"].as_object().unwrap();
    assert_eq!(by_corpus.keys().collect::<Vec<_>>(), ["buzzes", "hums"]);
    by_corpus.values().for_each(|scores| check_report(scores, 7, &EMOTIONS));
    refuses(&sandbox, &with_json, &["report.json exists", "--force"]);
    sandbox.run(&[&with_json[..], &["--force"]].concat()).with_code(0);

    let models = sandbox.run(&["models", "--json"]).with_code(0).json();
    assert!(models.to_string().contains("\"tiny\""), "{models}");
    let replay = ["replay", "call.wav", "--headless", "--backend", "cpu", "--model", "tiny"];
    sandbox.run(&[&replay[..], &["--log", "call.jsonl"]].concat()).with_code(0);
    let records = sandbox.records("call.jsonl");
    assert_eq!(records[0]["model"]["name"], "tiny");
    assert!(records.iter().filter(|record| record["record"] == "reading").count() > 100);
}

#[test]
fn a_trained_model_is_calibrated_again_with_the_same_weights() {
    let sandbox = with_corpus();
    sandbox.run(&training("tiny")).with_code(0);
    let trained = sandbox.read("tiny/manifest.toml");
    assert!(trained.contains("[calibration.group_from]"), "{trained}");
    let (before, after) = trained.split_once("[calibration.group_from]").unwrap();
    let (_, after) = after.split_once("[[scores]]").unwrap();
    let changed = before.replacen("uncertain_below = ", "uncertain_below = 0.9#", 1);
    assert_ne!(changed, before);
    sandbox.write("tiny/manifest.toml", format!("{changed}[[scores]]{after}"));
    let weights = fs::read(sandbox.join("tiny/weights.bpk")).unwrap();

    let calibrate = ["calibrate", "--model", "tiny", "--recipe", RECIPE, "--data", "clips.csv"];
    let ended = sandbox.run(&calibrate).with_code(0);
    for told in ["an emotion from 0.90 on, distressed never", "shown %", "buzzes", "hums"] {
        assert!(ended.stdout.contains(told), "'{told}' is missing: {ended:?}");
    }
    assert_eq!(sandbox.read("tiny/manifest.toml"), trained, "as the training had set it");
    assert_eq!(fs::read(sandbox.join("tiny/weights.bpk")).unwrap(), weights);
    refuses(&sandbox, &["calibrate", "--model", "none", "--data", "clips.csv"], &["none"]);
    let other = ["calibrate", "--model", "tiny", "--recipe", "seed", "--data", "clips.csv"];
    refuses(&sandbox, &other, &["the recipe that it was trained by"]);
}

#[test]
fn a_model_is_measured_over_lines_with_known_speakers_and_disturbed() {
    let sandbox = with_corpus();
    sandbox.run(&training("tiny")).with_code(0);
    let evaluate = ["evaluate", "--model", "tiny", "--clips", "clips.csv", "--split", "test"];

    let lines = ["--degrade", "all", "--report", "page", "--json", "lines.json"];
    let known = ["--before", "3", "--before-kind", "mixed", "--heard", "1.5"];
    let table = sandbox.run(&[&evaluate[..], &lines, &known].concat()).with_code(0).stdout;
    assert!(table.contains("accuracy at 60 % coverage:"), "{table}");
    assert!(table.lines().any(|line| line.starts_with("UAR %") && line.contains("phone-loss")));
    let report: Value = serde_json::from_str(&sandbox.read("lines.json")).unwrap();
    check_report(&report, 14, &EMOTIONS);
    check_report(&report["degraded"]["phone-noise"], 14, &EMOTIONS);
    assert_eq!(report["degrade"], "none");
    let told = "after 3 s of the speaker's other clips (mixed), 1.5 s heard of each";
    assert_eq!(report["known"], told);
    let page = sandbox.read("page/index.html");
    assert!(page.starts_with("<!DOCTYPE html>") && page.matches("<svg").count() == 4);
    assert!(sandbox.read("page/reliability.svg").starts_with("<svg"));
    refuses(&sandbox, &[&evaluate[..], &lines].concat(), &["lines.json exists", "--force"]);

    let tests = ["--robustness", "--json", "tests.json", "--markdown", "tests.md"];
    let table = sandbox.run(&[&evaluate[..], &tests].concat()).with_code(0).stdout;
    assert!(table.contains("tests passed"), "{table}");
    let tests: Value = serde_json::from_str(&sandbox.read("tests.json")).unwrap();
    let tests = tests["tests"].as_array().unwrap();
    assert!(tests.len() > 10 && tests.iter().all(|test| test["passed"].is_boolean()));
    assert_eq!(sandbox.read("tests.md").lines().count(), 3 + tests.len());

    let fax = [&evaluate[..], &["--degrade", "fax"]].concat();
    refuses(&sandbox, &fax, &["'fax' is no degradation", "phone-noise"]);
}

/// The agreed keys, and numbers that fit each other.
fn check_report(report: &Value, n: u64, labels: &[&str]) {
    assert_eq!(report["n"], n, "{report}");
    let named: Vec<&str> =
        report["labels"].as_array().unwrap().iter().map(|label| label.as_str().unwrap()).collect();
    assert_eq!(named, labels);
    for key in ["accuracy", "uar", "macro_f1"] {
        assert!((0.0..=1.0).contains(&report[key].as_f64().unwrap()), "{key}: {report}");
    }
    assert!((0.0..=1.0).contains(&report["ece"].as_f64().unwrap()), "{report}");
    assert!(report["coverage"].as_array().unwrap().iter().all(|point| point["accuracy"].is_f64()));
    let has = |key: &str| report.as_object().unwrap().contains_key(key);
    assert!(
        ["precision", "reliability", "by_sex", "by_age", "ci95"].into_iter().all(has),
        "{report}"
    );
    let recall = report["recall"].as_object().unwrap();
    assert!(labels.iter().all(|label| recall[*label].is_number()), "{report}");
    let rows = report["confusion"].as_array().unwrap();
    let counts: Vec<u64> = rows
        .iter()
        .flat_map(|row| row.as_array().unwrap())
        .map(|count| count.as_u64().unwrap())
        .collect();
    assert_eq!((counts.len(), counts.iter().sum::<u64>()), (labels.len().pow(2), n));
}

#[test]
fn data_that_cannot_be_learned_from_is_refused_by_name() {
    let sandbox = with_corpus();
    let trained_on = |data: &'static str| {
        ["train", "--recipe", RECIPE, "--backend", "cpu", "--data", data, "--output", "new"]
    };
    refuses(&sandbox, &trained_on("none"), &["cannot read none", "check the path"]);
    sandbox.write("empty.csv", "path,emotion,speaker,corpus\n");
    refuses(&sandbox, &trained_on("empty.csv"), &["empty.csv", "no recording"]);
    let row = "anger-t1.wav,anger,t1,buzzes";
    sandbox.write("whole.csv", format!("path,emotion,speaker,corpus\n{row}\n"));
    refuses(&sandbox, &trained_on("whole.csv"), &["1 clips have no split", "--split"]);
    let shared = format!("{row},train\nfear-t1.wav,fear,t1,buzzes,dev\n");
    sandbox.write("shared.csv", format!("path,emotion,speaker,corpus,split\n{shared}"));
    refuses(&sandbox, &trained_on("shared.csv"), &["t1"]);
    sandbox.write("odd.toml", "name = 3\n");
    let odd = ["train", "--recipe", "odd.toml", "--data", "clips.csv", "--output", "new"];
    refuses(&sandbox, &odd, &["odd.toml is not a training recipe", "line 1"]);
}
