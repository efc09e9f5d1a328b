//! What is fuzzed: the files to begin with, and what is done with each input.

use std::fs;
use std::path::Path;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use record::session::verify::verify;
use record::session::{Overview, SessionReader, end_of};
use sound::recording::{Channel, FileHints, Pace, RawCoding, Recording, decode_with};
use sound::{Block, Source};

/// What is fuzzed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Every way from a file to samples.
    Recordings,
    /// Every way to read a log.
    Logs,
}

/// Files to begin with: a name, which tells codings without a header, and bytes.
type Seeds = Vec<(String, Vec<u8>)>;

impl Target {
    pub const ALL: [Target; 2] = [Target::Recordings, Target::Logs];

    pub fn name(self) -> &'static str {
        match self {
            Target::Recordings => "recordings",
            Target::Logs => "logs",
        }
    }

    pub fn named(name: &str) -> Target {
        Target::ALL.into_iter().find(|target| target.name() == name).unwrap()
    }

    pub fn seeds(self) -> Seeds {
        let root = &Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        match self {
            Target::Recordings => {
                let mut seeds = files(&root.join("tests/data/audio"), "sweep");
                for (name, tag, bits) in [
                    ("pcm.wav", 1, 16),
                    ("wide.wav", 1, 24),
                    ("float.wav", 3, 32),
                    ("law.wav", 7, 8),
                ] {
                    seeds.push((name.to_owned(), wav(tag, bits)));
                }
                let mut au = b".snd\0\0\0\x18\0\0\x10\0\0\0\0\x03\0\0\x1f\x40\0\0\0\x01".to_vec();
                au.extend([0x20; 4096]);
                seeds.push(("call.au".to_owned(), au));
                for name in ["call.ulaw", "call.sln16"] {
                    seeds.push((name.to_owned(), vec![0x91; 4096]));
                }
                seeds
            }
            Target::Logs => {
                let mut seeds = files(&root.join("tests/data/session/input"), "");
                seeds.push((
                    "demo.jsonl".to_owned(),
                    fs::read(root.join("tests/data/session/demo-call.jsonl")).unwrap(),
                ));
                seeds
            }
        }
    }

    /// Reads an input in every way that there is; that it is refused is no fault.
    pub fn try_input(self, path: &Path, rng: &mut ChaCha8Rng) {
        match self {
            Target::Recordings => try_recording(path, rng),
            Target::Logs => try_log(path),
        }
    }
}

fn files(folder: &Path, beginning: &str) -> Seeds {
    let mut seeds: Seeds = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), path))
        .filter(|(name, _)| name.starts_with(beginning))
        .map(|(name, path)| (name, fs::read(path).unwrap()))
        .collect();
    seeds.sort();
    seeds
}

fn wav(tag: u16, bits: u16) -> Vec<u8> {
    let mut bytes = b"RIFF\x24\x10\0\0WAVEfmt \x10\0\0\0".to_vec();
    for field in [tag, 1, 8000, 0, 16_000, 0, bits / 8, bits] {
        bytes.extend(field.to_le_bytes());
    }
    bytes.extend(b"data\0\x10\0\0");
    bytes.extend([0x21; 4096]);
    bytes
}

fn try_recording(path: &Path, rng: &mut ChaCha8Rng) {
    let raws = ["ulaw", "gsm", "g722", "s16be", "f32le"];
    let raw = rng.random_bool(0.1).then(|| raws[rng.random_range(0..raws.len())]);
    let raw = raw.map(|name| name.parse::<RawCoding>().unwrap());
    let hints = FileHints { raw, ..FileHints::default() };
    let channel = if rng.random_bool(0.8) { Channel::Mix } else { Channel::Right };
    let _ = decode_with(path, channel, hints);
    let Ok(mut recording) = Recording::open_with(path, channel, Pace::AsRead, hints) else {
        return;
    };
    read_to_end(&mut recording);
    if recording.seek(rng.random_range(0..200_000)).is_ok() {
        read_to_end(&mut recording);
    }
}

fn read_to_end(recording: &mut Recording) {
    loop {
        match recording.next_block() {
            Ok(Block::Audio(samples)) => {
                assert!(samples.iter().all(|sample| (-1.0..=1.0).contains(sample)), "full scale");
            }
            Ok(Block::Gap(len)) => assert!(len > 0, "a gap of nothing"),
            Ok(Block::End) => return,
            Ok(_) | Err(_) => {}
        }
    }
}

fn try_log(path: &Path) {
    if let Ok(reader) = SessionReader::open(path) {
        let _ = reader.header();
        let _ = reader.flatten().count();
    }
    if let Ok(reader) = SessionReader::open(path) {
        let _ = Overview::read(reader);
    }
    let _ = end_of(path);
    let _ = verify(path);
}
