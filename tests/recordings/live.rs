//! Recordings that are still being written: a pipe, and a file that grows.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::headers::{Wav, pcm16};
use super::{fixture, likeness, sweep};
use sound::recording::{Channel, FileHints, Pace, Recording};
use sound::{AudioError, Block, Source};

/// Nothing here takes longer, on a loaded machine.
const LIMIT: Duration = Duration::from_secs(30);

/// All that comes, how often there was nothing yet, and the error at the end.
fn heard(mut recording: Recording) -> (Vec<f32>, usize, Option<AudioError>) {
    let (mut samples, mut n_waits) = (Vec::new(), 0);
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < LIMIT, "it does not end");
        match recording.next_block() {
            Ok(Block::Audio(block)) => samples.extend_from_slice(block),
            Ok(Block::Waiting) => {
                n_waits += 1;
                thread::sleep(Duration::from_millis(2));
            }
            Ok(Block::End) => return (samples, n_waits, None),
            Ok(other) => panic!("{other:?}"),
            Err(error) => return (samples, n_waits, Some(error)),
        }
    }
}

/// A pipe into which `bytes` are written in pieces, with pauses.
fn piped(name: &str, bytes: Vec<u8>) -> (Vec<f32>, usize, Option<AudioError>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let writer = {
        let path = path.clone();
        thread::spawn(move || {
            let mut pipe = OpenOptions::new().write(true).open(path).unwrap();
            for piece in bytes.chunks(bytes.len() / 5 + 1) {
                pipe.write_all(piece).unwrap();
                thread::sleep(Duration::from_millis(60));
            }
        })
    };
    let recording = Recording::open(&path, Channel::Mix, Pace::AsRead).unwrap();
    assert!(recording.is_live() && recording.len_samples().is_none());
    let heard = heard(recording);
    writer.join().unwrap();
    heard
}

#[test]
fn a_pipe_is_read_as_it_comes() {
    for (name, rate_hz) in [
        ("sweep.mp3", 16_000),
        ("sweep-opus.ogg", 48_000),
        ("sweep-opus.webm", 48_000),
        ("sweep.flac", 8_000),
        ("sweep-gsm.wav", 8_000),
        ("sweep-ms-adpcm.wav", 8_000),
    ] {
        let (samples, n_waits, error) = piped(name, fs::read(fixture(name)).unwrap());
        assert!(error.is_none(), "{name}: {error:?}");
        assert!(n_waits > 10, "{name}: somebody waited in the reader's place");
        assert!(likeness(&samples, &sweep(rate_hz)) > super::LIKENESS, "{name}");
    }
}

#[test]
fn a_header_that_knows_no_length_is_no_fault_in_a_pipe() {
    for data_len in [None, Some(0), Some(u32::MAX), Some(0x7fff_f000), Some(100)] {
        let file = Wav { data_len, ..Wav::new(1, 1, 8000, 16, pcm16(&vec![500; 8000])) };
        let (samples, _, error) = piped("call.wav", file.bytes());
        assert!(samples.len() == 8000 && error.is_none(), "{data_len:?}: {}", samples.len());
    }
    let joined = Wav::new(1, 1, 8000, 16, pcm16(&[500; 3000])).bytes().repeat(2);
    assert_eq!(piped("call.wav", joined).0, vec![500.0 / 32_768.0; 6000]);
    let cut = Wav { data_len: Some(32_000), ..Wav::new(1, 1, 8000, 16, pcm16(&[500; 8000])) };
    let (samples, _, error) = piped("call.wav", cut.bytes());
    assert!(samples.len() == 8000 && matches!(error, Some(AudioError::Truncated { .. })));
}

fn append(path: &Path, bytes: &[u8]) {
    OpenOptions::new().append(true).open(path).unwrap().write_all(bytes).unwrap();
}

#[test]
fn a_growing_file_is_read_until_it_grows_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("call.wav");
    // What the first flush wrote.
    let file = Wav { data_len: Some(2_000), ..Wav::new(1, 1, 8000, 16, pcm16(&[500; 1000])) };
    File::create(&path).unwrap().write_all(&file.bytes()).unwrap();
    let writer = {
        let path = path.clone();
        thread::spawn(move || {
            for _ in 0..10 {
                thread::sleep(Duration::from_millis(50));
                append(&path, &pcm16(&[500; 400]));
            }
        })
    };
    let hints = FileHints { follow: Some(Duration::from_millis(1500)), ..FileHints::default() };
    let recording = Recording::open_with(&path, Channel::Mix, Pace::AsRead, hints).unwrap();
    let (samples, n_waits, error) = heard(recording);
    writer.join().unwrap();
    assert!(error.is_none() && n_waits > 10, "{error:?}");
    assert_eq!(samples, vec![500.0 / 32_768.0; 5000]);
}

#[test]
fn a_live_recording_stays_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("call.wav");
    fs::write(&path, Wav::new(1, 1, 8000, 16, pcm16(&[500; 8000])).bytes()).unwrap();
    let hints = FileHints { follow: Some(Duration::from_millis(100)), ..FileHints::default() };
    let mut recording = Recording::open_with(&path, Channel::Mix, Pace::AsRead, hints)
        .unwrap()
        .with_block_len(1000);
    while recording.position() < 3000 {
        recording.next_block().unwrap();
    }
    assert_eq!(recording.seek(0).unwrap(), 3000);
    let (samples, _, error) = heard(recording);
    assert!(samples.len() == 5000 && error.is_none(), "{}", samples.len());
}

/// A side's file may begin before the other's, or after it.
#[test]
fn a_shifted_recording_begins_later_or_earlier() {
    let counting: Vec<i16> = (1..=8000).map(|index| index % 1000).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("call.wav");
    fs::write(&path, Wav::new(1, 1, 8000, 16, pcm16(&counting)).bytes()).unwrap();
    let sample = |index: usize| f32::from(counting[index]) / 32_768.0;
    let open = || Recording::open(&path, Channel::Mix, Pace::AsRead).unwrap();

    let mut later = open().shifted(0.5).unwrap();
    assert_eq!(later.len_samples(), Some(12_000));
    assert_eq!(later.seek(3_000).unwrap(), 3_000);
    let samples = heard(later).0;
    assert_eq!(samples.len(), 9_000);
    assert!(samples[..1000].iter().all(|sample| *sample == 0.0));
    assert_eq!((samples[1000], samples[1001]), (sample(0), sample(1)));

    let mut earlier = open().shifted(-0.25).unwrap();
    assert_eq!((earlier.position(), earlier.len_samples()), (0, Some(6_000)));
    assert_eq!(earlier.seek(100).unwrap(), 100);
    let samples = heard(earlier).0;
    assert_eq!((samples.len(), samples[0]), (5_900, sample(2_100)));
}
