//! `undertone inspect`: the pictures, and the table of frames.

use std::fs;

use crate::sandbox::{Sandbox, refuses};

const PICTURES: [&str; 3] = ["waveform.svg", "spectrogram.svg", "mfcc.svg"];

#[test]
fn the_pictures_are_drawings_and_are_not_replaced() {
    let sandbox = Sandbox::new().with_call();
    sandbox.run(&["inspect", "call.wav"]).with_code(0);
    for name in PICTURES {
        let picture = sandbox.read(&format!("inspect-call/{name}"));
        let is_drawing = picture.starts_with("<svg") || picture.starts_with("<?xml");
        assert!(is_drawing && picture.trim_end().ends_with("</svg>"), "{name}");
        assert!(picture.len() > 2_000, "{name} is empty");
    }
    let before = sandbox.read("inspect-call/mfcc.svg");
    refuses(&sandbox, &["inspect", "call.wav"], &["waveform.svg exists already", "--force"]);
    assert_eq!(sandbox.read("inspect-call/mfcc.svg"), before);
    sandbox.run(&["inspect", "call.wav", "--force"]).with_code(0);
    sandbox.run(&["inspect", "call.wav", "--output", "elsewhere"]).with_code(0);
    assert_eq!(fs::read_dir(sandbox.join("elsewhere")).unwrap().count(), PICTURES.len());
}

#[test]
fn the_table_has_one_row_a_frame_and_the_time_first() {
    /// The demo call in samples, and in seconds.
    const N_SAMPLES: usize = 585_623;
    const LENGTH_S: f64 = 73.202_875;
    let sandbox = Sandbox::new().with_call();
    let report =
        sandbox.run(&["inspect", "call.wav", "--json", "--csv", "a.csv"]).with_code(0).json();
    assert!((report["length_s"].as_f64().unwrap() - LENGTH_S).abs() < 1e-6);
    for (recipe, n_columns, hop_s, n_frames) in [
        ("phone-v2", 44, 0.010, (N_SAMPLES - 200) / 80 + 1),
        ("phone-v1", 41, 0.010, (N_SAMPLES - 200) / 80 + 1),
        ("seed-v1", 41, 512.0 / 22_050.0, N_SAMPLES * 22_050 / 8_000 / 512 + 1),
    ] {
        let name = format!("{recipe}.csv");
        sandbox.run(&["inspect", "call.wav", "--features", recipe, "--csv", &name]).with_code(0);
        let table = sandbox.read(&name);
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        let columns = reader.headers().unwrap().clone();
        assert_eq!((columns.len(), &columns[0], &columns[40]), (n_columns, "time_s", "mfcc_39"));
        let rows: Vec<Vec<f64>> =
            reader.deserialize().map(|row: Result<Vec<f64>, _>| row.unwrap()).collect();
        assert_eq!(rows.len(), n_frames, "{recipe}");
        for pair in rows.windows(2) {
            // Times are printed with six decimals.
            assert!((pair[1][0] - pair[0][0] - hop_s).abs() < 2e-6, "{recipe}: {:?}", pair[1]);
        }
    }
    refuses(
        &sandbox,
        &["inspect", "call.wav", "--csv", "a.csv"],
        &["a.csv exists already", "--force"],
    );
}

#[test]
fn a_corpus_tells_what_does_not_decode() {
    let sandbox = Sandbox::new().with_call();
    sandbox.write("text.wav", "no sound");
    let rows = "call.wav,neutral,espeak,demo\ntext.wav,anger,nobody,demo\n";
    sandbox.write("clips.csv", format!("path,emotion,speaker,corpus\n{rows}"));
    let ended = sandbox.run(&["inspect", "clips.csv"]).with_code(3);
    assert!(format!("{}{}", ended.stdout, ended.stderr).contains("text.wav"), "{ended:?}");
    let report = sandbox.run(&["inspect", "clips.csv", "--json", "--output", "two"]).with_code(3);
    assert!(report.json().to_string().contains("text.wav"));
}
