//! The inputs beside the project, where they lie there: `../shared/trouble/README.md` says what is right for each.

use std::fs;
use std::path::Path;

use super::sandbox::Sandbox;
use super::{arguments, outcome};

#[test]
fn the_inputs_beside_the_project_are_right() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/trouble");
    if !folder.exists() {
        return;
    }
    for (name, code, end_s, n_readings, n_gaps) in [
        ("w_mediarecorder.webm", 0, 19.5, 60..=70, 0),
        ("w_dtx_known.webm", 3, 19.5, 45..=60, 1),
        ("w_dtx_known.ogg", 3, 19.5, 45..=60, 1),
        ("a_opus_in.mp4", 0, 19.5, 60..=70, 0),
        ("m_two_concat.mp3", 0, 39.0, 125..=145, 0),
        ("f07_header_first_flush.wav", 0, 19.5, 60..=70, 0),
        ("f07_data0_riffright.wav", 0, 19.5, 60..=70, 0),
        ("f04_ext_ulaw.wav", 0, 19.5, 60..=70, 0),
        ("f03_rf64.wav", 0, 19.5, 60..=70, 0),
        ("o_chained_same.opus", 0, 39.0, 125..=145, 0),
        ("o_speex.ogg", 1, 0.0, 0..=0, 0),
    ] {
        let sandbox = Sandbox::new();
        fs::copy(folder.join(name), sandbox.join(name)).unwrap();
        let ended = sandbox.run(&arguments(&[name]));
        let replayed = outcome(&sandbox, ended);
        println!(
            "{name}: {} readings, {:?}, {}",
            replayed.n_readings, replayed.gaps, replayed.told
        );
        assert_eq!(
            (replayed.code, replayed.gaps.len()),
            (code, n_gaps),
            "{name}: {}",
            replayed.told
        );
        assert!((replayed.end_s - end_s).abs() < 0.1, "{name}: {} s", replayed.end_s);
        assert!(n_readings.contains(&replayed.n_readings), "{name}: {}", replayed.n_readings);
    }
}
