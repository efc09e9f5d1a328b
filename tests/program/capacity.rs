//! `undertone capacity`: what callers and long calls cost, as tables, as JSON and as pictures.
//!
//! No number that depends on how fast the machine is is looked at.

use crate::sandbox::{PROGRAM, Sandbox, refuses};

#[test]
fn callers_are_tried_and_drawn_and_the_picture_is_not_replaced() {
    let sandbox = Sandbox::new();
    let flags = ["capacity", "--backend", "cpu", "--callers", "2", "--seconds", "1"];
    let arguments = [&flags[..], &["--plot", "cost.svg"]].concat();
    let ended = sandbox.run(&arguments).with_code(0);
    assert!(ended.stdout.contains("callers  readings/s") && ended.stdout.contains("\n      2  "));
    let picture = sandbox.read("cost.svg");
    assert!(picture.starts_with("<svg") && picture.ends_with("</svg>\n"));
    for words in [">callers at once<", ">delay (ms)<", ">limit of 250 ms<"] {
        assert!(picture.contains(words), "{words}");
    }
    // Each line has one beside its name, and its point.
    assert!(picture.matches("<circle").count() >= 2 * 3, "{picture}");
    refuses(&sandbox, &arguments, &["cost.svg exists already", "--force"]);
    assert_eq!(sandbox.read("cost.svg"), picture);
    assert_eq!(sandbox.listing().len(), 1, "only the picture is left");
}

#[test]
fn lengths_are_heard_from_the_shortest_on_and_drawn() {
    let sandbox = Sandbox::new();
    sandbox.write("cost.svg", "mine");
    let flags = ["capacity", "--backend", "cpu", "--lengths", "2m,60s", "--json"];
    let arguments = [&flags[..], &["--plot", "cost.svg", "--force"]].concat();
    let told = sandbox.run(&arguments).with_code(0).json();
    let lengths: Vec<f64> = told["lengths"].as_array().unwrap().iter().map(length_s).collect();
    assert_eq!(lengths, [60.0, 120.0]);
    let readings: Vec<u64> =
        [0, 1].map(|at| told["lengths"][at]["readings"].as_u64().unwrap()).into();
    assert!(readings[0] > 60 && readings[1] > 3 * readings[0] / 2, "{readings:?}");
    let picture = sandbox.read("cost.svg");
    for words in [">length of the call<", ">computing (s)<", ">1 min<", ">2 min<"] {
        assert!(picture.contains(words), "{words}");
    }
    assert_eq!(sandbox.listing().len(), 1, "sound and log are gone");
}

fn length_s(cost: &serde_json::Value) -> f64 {
    assert!(cost["passed_s"].as_f64().unwrap() > 0.0);
    cost["length_s"].as_f64().unwrap()
}

#[test]
fn what_cannot_be_measured_is_refused_by_name() {
    let sandbox = Sandbox::new();
    let lengths = |lengths| ["capacity", "--backend", "cpu", "--lengths", lengths];
    refuses(&sandbox, &lengths("1m,soon"), &["'soon' is no length of a call", "30s,10m,8h"]);
    refuses(&sandbox, &lengths("48h"), &["'48h'", "from 1s to 24h"]);
    let plot = ["capacity", "--lengths", "1m", "--plot", "missing/cost.svg"];
    refuses(&sandbox, &plot, &["cannot create missing/cost.svg", "check that its folder exists"]);
    for flag in [&["--callers", "2"][..], &["--seconds", "1"], &["--silent"]] {
        let mut command = sandbox.command(PROGRAM);
        let ended = sandbox.finish(command.args(lengths("1m")).args(flag)).with_code(2);
        assert!(ended.stderr.contains("cannot be used with"), "{ended:?}");
    }
}
