//! Recordings of which something is lost: one gap at its place, told once, and exit code 3; and what cannot be read.

use std::fs;

use super::headers::{Wav, pcm16};
use super::sandbox::{Sandbox, refuses};
use super::webm::{Length, file};
use super::{DEMO_CALL, Replayed, fixture, replayed, voice};

/// One gap, told in one line, exit code 3.
#[track_caller]
fn has_one_gap(replayed: &Replayed, at_s: f64, length_s: f64) {
    let is_right = replayed.code == 3
        && replayed.gaps.len() == 1
        && (replayed.gaps[0].0 - at_s).abs() < 0.1
        && (replayed.gaps[0].1 - length_s).abs() < 0.05;
    assert!(is_right, "code {}, {:?}: {}", replayed.code, replayed.gaps, replayed.told);
    let n_told = replayed.told.lines().filter(|line| line.contains("of sound were lost")).count();
    assert_eq!(n_told, 1, "{}", replayed.told);
}

#[test]
fn missing_packets_are_a_gap_where_the_time_stamps_say_it() {
    for length in [Length::Known, Length::Unknown] {
        let bytes = file(|at| !(1_000..3_000).contains(&at), |at| at, length);
        has_one_gap(&replayed("call.webm", &bytes), 1.0, 2.0);
    }
}

#[test]
fn a_cut_before_a_joint_is_one_gap() {
    let voice = voice(10.0);
    let cut = Wav { data_len: Some(2 * 100_000), ..Wav::new(1, 1, 8000, 16, pcm16(&voice)) };
    let whole = Wav::new(1, 1, 8000, 16, pcm16(&voice));
    let replayed = replayed("call.wav", &[cut.bytes(), whole.bytes()].concat());
    has_one_gap(&replayed, 10.0, 2.5);
    assert!((replayed.end_s - 22.5).abs() < 0.1, "{}", replayed.end_s);
}

#[test]
fn an_mp3_that_was_cut_and_joined_has_one_short_gap() {
    let one = fixture("sweep.mp3");
    // Within a frame; the first file's own word on its length is gone with its first frame.
    let bytes = [&one[144..8_000], &one].concat();
    let replayed = replayed("call.mp3", &bytes);
    let lost: f64 = replayed.gaps.iter().map(|(_, length)| length).sum();
    let is_right = replayed.code == 3 && replayed.gaps.len() == 1 && lost < 0.2;
    assert!(is_right, "code {}, {:?}: {}", replayed.code, replayed.gaps, replayed.told);
    assert!(!replayed.told.contains("0.0 s"), "{}", replayed.told);
}

#[test]
fn whatever_is_lost_ends_in_exit_code_3() {
    let flac = {
        let mut bytes = fixture("sweep.flac");
        let middle = bytes.len() / 2;
        bytes[middle..middle + 600].iter_mut().for_each(|byte| *byte ^= 0xa5);
        bytes
    };
    let cut = |name: &str| {
        let bytes = fixture(name);
        bytes[..bytes.len() * 2 / 3].to_vec()
    };
    for (name, bytes) in [
        ("hurt.flac", flac),
        ("cut.flac", cut("sweep.flac")),
        ("cut.mp3", cut("sweep.mp3")),
        ("cut.ogg", cut("sweep-opus.ogg")),
        ("cut.webm", cut("sweep-opus.webm")),
        ("cut.wav", cut("sweep-gsm.wav")),
        ("cut.gsm", cut("sweep.gsm")),
        ("cut.m4a", {
            // The header stands before the sound, as in files for the network.
            let bytes = fixture("sweep-opus.mp4");
            faststart(&bytes)[..bytes.len() * 2 / 3].to_vec()
        }),
    ] {
        let replayed = replayed(name, &bytes);
        assert!(replayed.code == 3 && replayed.end_s > 0.5, "{name}: {}", replayed.told);
        assert!(!replayed.told.is_empty(), "{name}: nothing is told");
    }
}

/// An MP4 file with its header first: the places of the samples move by its length.
fn faststart(bytes: &[u8]) -> Vec<u8> {
    let len = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let (mut at, mut boxes) = (0, Vec::new());
    while at < bytes.len() {
        boxes.push((&bytes[at + 4..at + 8], &bytes[at..at + len(at)]));
        at += len(at);
    }
    let of = |name: &[u8]| boxes.iter().find(|(found, _)| *found == name).unwrap().1;
    let mut movie = of(b"moov").to_vec();
    let table = movie.windows(4).position(|four| four == b"stco").unwrap() + 8;
    let count = u32::from_be_bytes(movie[table..table + 4].try_into().unwrap());
    let shift = movie.len() as u32;
    for index in 0..count as usize {
        let place = table + 4 + 4 * index;
        let old = u32::from_be_bytes(movie[place..place + 4].try_into().unwrap());
        movie[place..place + 4].copy_from_slice(&(old + shift).to_be_bytes());
    }
    let mut out = of(b"ftyp").to_vec();
    out.extend(movie);
    let rest = boxes.iter().filter(|(name, _)| *name != b"ftyp" && *name != b"moov");
    rest.for_each(|(_, content)| out.extend(*content));
    out
}

#[test]
fn the_operators_side_counts_too() {
    let sandbox = Sandbox::new().with_call();
    let whole = fs::read(DEMO_CALL).unwrap();
    sandbox.write("out.wav", &whole[..whole.len() / 2]);
    let run = ["--caller", "call.wav", "--operator", "out.wav"];
    let ended = sandbox.run(&super::arguments(&run)).with_code(3);
    assert!(ended.stderr.contains("operator: out.wav was cut off"), "{ended:?}");
}

#[test]
fn a_coding_that_is_not_read_is_named_with_what_to_do() {
    let sandbox = Sandbox::new();
    sandbox.write("speex.ogg", fixture("sweep-speex.ogg"));
    sandbox.write("call.amr", b"#!AMR\n\x3c");
    let told = ["speex.ogg is coded as Speex", "ffmpeg -i speex.ogg -c:a pcm_s16le speex.wav"];
    refuses(&sandbox, &["replay", "speex.ogg", "--headless", "--no-log"], &told);
    let told = ["call.amr is coded as AMR-NB", "ffmpeg -i call.amr -c:a pcm_s16le call.wav"];
    refuses(&sandbox, &["replay", "call.amr", "--headless", "--no-log"], &told);
}

#[test]
fn a_folder_is_looked_into_and_what_is_left_out_is_named_and_counted() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.join("calls/sub")).unwrap();
    let beside = tempfile::tempdir().unwrap();
    let sound = Wav::new(1, 1, 8000, 16, pcm16(&voice(5.0))).bytes();
    let cut = Wav { data_len: Some(160_000), ..Wav::new(1, 1, 8000, 16, pcm16(&voice(5.0))) };
    fs::write(beside.path().join("other.wav"), &sound).unwrap();
    std::os::unix::fs::symlink(beside.path(), sandbox.join("calls/out")).unwrap();
    sandbox.write("calls/a.wav", &sound);
    sandbox.write("calls/sub/b.part", &sound);
    sandbox.write(
        "calls/sub/gap.webm",
        file(|at| !(1_000..=2_000).contains(&at), |at| at, Length::Known),
    );
    sandbox.write("calls/cut.wav", cut.bytes());
    sandbox.write("calls/notes.txt", "call them back");
    let run =
        ["replay", "calls", "--headless", "--backend", "cpu", "--log-dir", "calls/logs", "--json"];
    let ended = sandbox.run(&run).with_code(3);
    let json = ended.json();
    let named = |key: &str| {
        let files = json[key].as_array().unwrap().iter();
        let mut names: Vec<String> =
            files.map(|file| file["recording"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(json["replayed"], 3, "{json}");
    assert_eq!(named("failed"), ["calls/cut.wav"]);
    assert_eq!(named("incomplete"), ["calls/sub/gap.webm"]);
    assert_eq!(named("left_out"), ["calls/notes.txt", "calls/out"]);
    for told in ["left out: calls/notes.txt: is no recording", "leads out of the folder"] {
        assert!(ended.stderr.contains(told), "{ended:?}");
    }
    // Its own logs are nothing that is left out.
    fs::remove_file(sandbox.join("calls/notes.txt")).unwrap();
    fs::remove_file(sandbox.join("calls/out")).unwrap();
    let again = sandbox.run(&[&run[..], &["--resume"]].concat()).with_code(3).json();
    assert_eq!(again["left_out"].as_array().unwrap().len(), 0, "{again}");
}
