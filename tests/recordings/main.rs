//! Recordings of every supported format, and everything that a file can have wrong with it.
//!
//! The fixtures in `tests/data/audio` are made by `make.sh` beside them; everything else is written by
//! the tests themselves into temporary folders.

#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    clippy::float_cmp,
    clippy::similar_names,
    clippy::trivially_copy_pass_by_ref,
    reason = "a test that fails on `unwrap` says enough, and its numbers are small"
)]

mod headers;
mod joined;
mod live;
mod stamps;
mod table;
mod telephone;
mod wav;
mod webm;

use std::f64::consts::TAU;
use std::fs;
use std::path::{Path, PathBuf};

use headers::{Wav, pcm16};
use sound::recording::{Channel, Decoded, Pace, Recording, decode};
use sound::{AudioError, Block, Source};

/// The fixtures' length.
const SWEEP_S: f64 = 4.0;

/// G.711 keeps about 13 bits, ADPCM 4 bits a sample, the others are perceptual codecs at a low rate: all
/// of them keep a tone well above this.
const LIKENESS: f64 = 0.97;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/audio").join(name)
}

/// The tone in the fixtures: 300 Hz rising to 2500 Hz, at half of full scale.
fn sweep(sample_rate_hz: u32) -> Vec<f32> {
    let len = (SWEEP_S * f64::from(sample_rate_hz)) as usize;
    (0..len)
        .map(|index| index as f64 / f64::from(sample_rate_hz))
        .map(|t| (0.5 * (TAU * (300.0 * t + 275.0 * t * t)).sin()) as f32)
        .collect()
}

/// Normalised correlation of two signals over their common length.
fn likeness(a: &[f32], b: &[f32]) -> f64 {
    let product = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    let len = a.len().min(b.len());
    let (a, b) = (&a[..len], &b[..len]);
    product(a, b) / (product(a, a) * product(b, b)).sqrt()
}

/// Writes a file into a folder that lives as long as what is returned.
fn written(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn decoded(name: &str, bytes: &[u8]) -> Result<Decoded, AudioError> {
    let (_folder, path) = written(name, bytes);
    decode(&path, Channel::Mix)
}

/// The message with which `bytes` are refused, which must name the file.
fn refusal(name: &str, bytes: &[u8]) -> String {
    let message = decoded(name, bytes).expect_err("must be refused").to_string();
    assert!(message.contains(name), "{message}");
    message
}

/// Everything that a recording delivers: samples, lost samples, and the error at its end.
fn drained(mut recording: Recording) -> (Vec<f32>, u64, Option<AudioError>) {
    let (mut samples, mut lost) = (Vec::new(), 0);
    loop {
        match recording.next_block() {
            Ok(Block::Audio(block)) => samples.extend_from_slice(block),
            Ok(Block::Gap(len)) => lost += len,
            Ok(Block::Muted(_)) => panic!("a recording has no privacy key"),
            Ok(Block::Waiting) => panic!("a recording that is not paced never waits"),
            Ok(Block::End) => return (samples, lost, None),
            Err(error) => {
                assert_eq!(recording.next_block().unwrap(), Block::End, "an error comes once");
                return (samples, lost, Some(error));
            }
        }
    }
}

#[test]
fn every_compressed_fixture_sounds_as_it_was_made() {
    let fixtures = [
        ("sweep.flac", 8000, 0),
        ("sweep.mp3", 16000, 0),
        ("sweep-vorbis.ogg", 16000, 0),
        ("sweep-opus.ogg", 48000, 0),
        ("sweep-opus.webm", 48000, 0),
        ("sweep-opus.mp4", 48000, 0),
        ("sweep-alac.m4a", 16000, 0),
        ("sweep.gsm", 8000, 0),
        ("sweep-gsm.wav", 8000, 0),
        ("sweep.g722", 16000, 22),
        // Without a frame that tells it, the encoder's delay and the decoder's are not known.
        ("sweep-mp3.wav", 16000, 1105),
        ("sweep.mp2", 16000, 481),
        // symphonia does not read edit lists, so AAC keeps its encoder's 1024 samples of silence.
        ("sweep.m4a", 16000, 1024),
        ("sweep-ms-adpcm.wav", 8000, 0),
        ("sweep-ima-adpcm.wav", 8000, 0),
    ];
    for (name, rate_hz, delay) in fixtures {
        let clip = decode(&fixture(name), Channel::Mix).unwrap();
        assert_eq!((clip.sample_rate_hz, clip.n_channels, clip.n_lost), (rate_hz, 1, 0), "{name}");
        let like = likeness(&clip.samples[delay..], &sweep(rate_hz));
        let seconds = clip.samples.len() as f64 / f64::from(rate_hz);
        println!("{name}: {like:.5}, {seconds:.4} s, {}", clip.format);
        assert!(like > LIKENESS, "{name}: likeness {like}");
        assert!((SWEEP_S..SWEEP_S + 0.15).contains(&seconds), "{name}: {seconds} s");
    }
}

#[test]
fn the_length_is_told_before_and_holds() {
    // AAC's last packet is longer than the sound in it, and `WebM` counts milliseconds.
    for (name, tolerance) in [
        ("sweep.flac", 0),
        ("sweep.mp3", 0),
        ("sweep-vorbis.ogg", 0),
        ("sweep-opus.ogg", 0),
        ("sweep-ms-adpcm.wav", 0),
        ("sweep.gsm", 0),
        ("sweep-gsm.wav", 0),
        ("sweep.g722", 0),
        ("sweep.mp2", 0),
        ("sweep-mp3.wav", 0),
        ("sweep-alac.m4a", 0),
        // MP4 counts what Opus drops at the start.
        ("sweep-opus.mp4", 960),
        ("sweep.m4a", 1024),
        ("sweep-opus.webm", 960),
    ] {
        let recording = Recording::open(&fixture(name), Channel::Mix, Pace::AsRead).unwrap();
        let told = recording.len_samples().expect(name);
        let heard = drained(recording).0.len() as u64;
        assert!(heard.abs_diff(told) <= tolerance, "{name}: told {told}, heard {heard}");
    }
}

#[test]
fn a_jump_gives_the_samples_of_an_uninterrupted_read() {
    /// Opus has a memory that fades but never ends; the others are exact.
    const OPUS_DIFFERENCE: f32 = 0.01;
    /// So have these, whose numbers are whole ones.
    const GSM_DIFFERENCE: f32 = 0.01;
    const G722_DIFFERENCE: f32 = 0.01;
    let fixtures = [
        ("sweep.flac", 0.0),
        ("sweep.mp3", 1e-6),
        ("sweep-vorbis.ogg", 1e-6),
        ("sweep-opus.ogg", OPUS_DIFFERENCE),
        ("sweep-opus.webm", 0.0),
        ("sweep-opus.mp4", OPUS_DIFFERENCE),
        ("sweep-alac.m4a", 0.0),
        ("sweep-gsm.wav", GSM_DIFFERENCE),
        ("sweep.g722", G722_DIFFERENCE),
        ("sweep.mp2", 1e-6),
        ("sweep-mp3.wav", 1e-6),
        // AAC fills noisy bands with random numbers.
        ("sweep.m4a", 1e-4),
        ("sweep-ms-adpcm.wav", 0.0),
    ];
    for (name, tolerance) in fixtures {
        let whole = decode(&fixture(name), Channel::Mix).unwrap().samples;
        let mut recording = Recording::open(&fixture(name), Channel::Mix, Pace::AsRead).unwrap();
        recording.next_block().unwrap();
        for part in [0.9, 0.5, 0.1, 0.8, 0.0, 0.31] {
            let target = (whole.len() as f64 * part) as usize;
            assert_eq!(recording.seek(target as u64).unwrap(), target as u64, "{name}");
            assert_eq!(recording.position(), target as u64, "{name}");
            let mut heard = Vec::new();
            while heard.len() < 2000 {
                match recording.next_block().unwrap() {
                    Block::Audio(block) => heard.extend_from_slice(block),
                    other => panic!("{name}: {other:?}"),
                }
            }
            let worst = heard.iter().zip(&whole[target..]).map(|(a, b)| (a - b).abs());
            let worst = worst.fold(0.0, f32::max);
            assert!(worst <= tolerance, "{name} at {target}: off by {worst}");
        }
    }
}

#[test]
fn pcm_of_every_width_gives_the_same_samples() {
    let expected = [0.0, 0.5, -0.5, 0.25, -1.0];
    let wide: Vec<i32> = expected.iter().map(|x| (f64::from(*x) * 2f64.powi(31)) as i32).collect();
    let bytes = |drop: usize| wide.iter().flat_map(move |x| x.to_le_bytes()[drop..].to_vec());
    let unsigned = |x: &i32| ((x >> 24) + 128) as u8;
    let float = |x: &f32| x.to_le_bytes();
    let double = |x: &f32| f64::from(*x).to_le_bytes();
    let files = [
        Wav::new(1, 1, 8000, 8, wide.iter().map(unsigned).collect()),
        Wav::new(1, 1, 8000, 16, bytes(2).collect()),
        Wav::new(1, 1, 8000, 24, bytes(1).collect()),
        Wav::new(1, 1, 8000, 32, bytes(0).collect()),
        Wav::new(3, 1, 8000, 32, expected.iter().flat_map(float).collect()),
        Wav::new(3, 1, 8000, 64, expected.iter().flat_map(double).collect()),
    ];
    for file in files {
        let clip = decoded("a.wav", &file.bytes()).unwrap();
        assert_eq!(clip.samples, expected, "{} bits, format {}", file.bits, file.tag);
    }
}

/// Recorders write the format chunk of G.711 with 16 bytes (wrong, common) and with 18 (right).
#[test]
fn g711_is_read_with_either_length_of_header() {
    // ITU-T G.711: the code for silence, and the two loudest.
    let mu_law = vec![0xff, 0x80, 0x00];
    let a_law = vec![0xd5, 0xaa, 0x2a];
    for (tag, data, loudest) in [(7, mu_law, 32124.0), (6, a_law, 32256.0)] {
        for tail in [vec![], vec![0, 0]] {
            let mut file = Wav::new(tag, 1, 8000, 8, data.clone());
            file.format_tail = tail;
            let clip = decoded("call.wav", &file.bytes()).unwrap();
            assert!(clip.samples[0].abs() < 0.001, "silence is {}", clip.samples[0]);
            let expected = loudest / 32768.0;
            assert!((clip.samples[1] - expected).abs() < 1e-4, "{}", clip.samples[1]);
            assert!((clip.samples[2] + expected).abs() < 1e-4, "{}", clip.samples[2]);
        }
    }
}

#[test]
fn the_parties_of_a_stereo_call_are_told_apart() {
    let file = Wav::new(1, 2, 8000, 16, pcm16(&[8192, -16384, 8192, -16384])).bytes();
    let (_folder, path) = written("call.wav", &file);
    for (channel, expected) in [
        (Channel::Left, 0.25),
        (Channel::Right, -0.5),
        (Channel::Mix, -0.125),
        (Channel::Number(2), -0.5),
    ] {
        let clip = decode(&path, channel).unwrap();
        assert_eq!((clip.samples, clip.n_channels), (vec![expected; 2], 2), "{channel}");
    }
    let message = decode(&path, Channel::Number(3)).unwrap_err().to_string();
    assert!(message.contains("2 channel(s)") && message.contains("no channel 3"), "{message}");
}

#[test]
fn aiff_is_known_by_its_content_whatever_it_is_called() {
    let samples: Vec<u8> = [0i16, 16384, -16384].iter().flat_map(|x| x.to_be_bytes()).collect();
    let mut bytes = b"FORM\0\0\0\x34AIFFCOMM\0\0\0\x12\0\x01\0\0\0\x03\0\x10".to_vec();
    // 8000 as an 80-bit float: 2^12 * 1.953125.
    bytes.extend([0x40, 0x0b, 0xfa, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend(b"SSND\0\0\0\x0e\0\0\0\0\0\0\0\0");
    bytes.extend(samples);
    let clip = decoded("tess.wav", &bytes).unwrap();
    assert_eq!((clip.samples, clip.sample_rate_hz), (vec![0.0, 0.5, -0.5], 8000));
}

/// A recorder that crashes leaves zeros in the header; one that writes to a pipe the largest number.
#[test]
fn a_header_that_was_never_finished_costs_nothing() {
    for (riff_len, data_len) in
        [(0, 0), (36, 0), (u32::MAX, u32::MAX), (0x7fff_f024, 0x7fff_f000), (4, 20_000)]
    {
        let mut file = Wav::new(1, 1, 8000, 16, pcm16(&vec![1000; 10_000]));
        (file.riff_len, file.data_len) = (Some(riff_len), Some(data_len));
        let clip = decoded("crashed.wav", &file.bytes()).unwrap();
        assert_eq!(clip.samples.len(), 10_000, "lengths {riff_len} and {data_len}");
    }
}

#[test]
fn a_file_that_was_cut_off_delivers_everything_and_then_says_so() {
    // The cut is in the middle of a sample, and not at a multiple of any packet.
    let mut file = Wav::new(1, 1, 8000, 16, pcm16(&vec![1000; 12_345]));
    file.data.push(7);
    file.data_len = Some(8000 * 2 * 60);
    let (_folder, path) = written("cut.wav", &file.bytes());
    let recording = Recording::open(&path, Channel::Mix, Pace::AsRead).unwrap();
    assert_eq!(recording.len_samples(), Some(12_345));
    let (samples, lost, error) = drained(recording);
    assert_eq!((samples.len(), lost), (12_345, 0));
    let message = error.expect("a cut must be told").to_string();
    for part in ["cut.wav", "cut off", "1.54 s", "60.00 s"] {
        assert!(message.contains(part), "{message}");
    }
    assert!(matches!(decode(&path, Channel::Mix), Err(AudioError::Truncated { .. })));
}

#[test]
fn other_formats_that_were_cut_off_say_so_too() {
    for (name, is_told) in [
        ("sweep.flac", true),
        ("sweep.m4a", true),
        ("sweep-ms-adpcm.wav", true),
        ("sweep-vorbis.ogg", true),
        ("sweep-opus.ogg", true),
        // Its first frame says how many there are.
        ("sweep.mp3", true),
        ("sweep-opus.webm", true),
        ("sweep-opus.mp4", true),
        ("sweep-alac.m4a", true),
        ("sweep-gsm.wav", true),
        // These have no length that could be missed, nor a block of which a part is left.
        ("sweep.g722", false),
        ("sweep.gsm", false),
    ] {
        let bytes = fs::read(fixture(name)).unwrap();
        let (_folder, path) = written(name, &bytes[..bytes.len() * 3 / 4]);
        let whole = decode(&fixture(name), Channel::Mix).unwrap().samples;
        match Recording::open(&path, Channel::Mix, Pace::AsRead).map(drained) {
            Ok((samples, _, error)) => {
                println!("{name}: {} of {}: {error:?}", samples.len(), whole.len());
                assert_eq!(error.is_some(), is_told, "{name}: {error:?}");
                assert!(samples.len() * 5 > whole.len(), "{name}: {}", samples.len());
                assert!(samples.len() < whole.len(), "{name}");
            }
            // What lies at the end of these, and is needed at the start, is gone.
            Err(error) => {
                let has_its_header_last = ["m4a", "mp4"].iter().any(|end| name.ends_with(end));
                assert!(has_its_header_last, "{name}: {error}");
            }
        }
    }
}

#[test]
fn a_corrupt_packet_is_a_gap_of_its_length() {
    let mut bytes = fs::read(fixture("sweep.flac")).unwrap();
    let middle = bytes.len() / 2;
    for byte in &mut bytes[middle..middle + 600] {
        *byte ^= 0xa5;
    }
    let (_folder, path) = written("hurt.flac", &bytes);
    let recording = Recording::open(&path, Channel::Mix, Pace::AsRead).unwrap();
    let (samples, lost, error) = drained(recording);
    println!("{} samples, {lost} lost, {error:?}", samples.len());
    assert!(lost > 0 && error.is_none(), "{lost} lost, {error:?}");
    assert_eq!(samples.len() as u64 + lost, 32_000, "the stream keeps its length");
    let clip = decode(&path, Channel::Mix).unwrap();
    assert_eq!((clip.samples.len(), clip.n_lost), (32_000, lost));
}

#[test]
fn what_is_no_recording_is_refused_by_name_and_reason() {
    let text = "This is a text, not a recording.\n".repeat(100);
    assert!(refusal("notes.wav", text.as_bytes()).contains("not a recording"));
    assert!(refusal("nothing.wav", b"").contains("0 bytes"));
    assert!(refusal("short.wav", b"RIFF").contains("not a recording"));
    let message = refusal("zero.wav", &Wav::new(1, 0, 8000, 16, vec![0; 100]).bytes());
    assert!(message.contains("0 channels"), "{message}");
    for rate_hz in [0, 100, 3999, 384_001, u32::MAX] {
        let message = refusal("rate.wav", &Wav::new(1, 1, rate_hz, 16, vec![0; 100]).bytes());
        assert!(message.contains(&format!("{rate_hz} samples a second")), "{message}");
    }
    let silent = Wav::new(1, 1, 8000, 16, vec![]);
    assert!(refusal("header.wav", &silent.bytes()).contains("holds no audio"));
    assert!(refusal("header.wav", &silent.bytes()[..36]).contains("holds no audio"));
    let promised = Wav { data_len: Some(16_000), ..Wav::new(1, 1, 8000, 16, vec![]) };
    assert!(refusal("header.wav", &promised.bytes()).contains("holds no audio"));
    let g729 = refusal("call.wav", &Wav::new(0x83, 1, 8000, 0, vec![0; 650]).bytes());
    assert!(g729.contains("G.729") && g729.contains("ffmpeg -i "), "{g729}");
    let odd = refusal("odd.wav", &Wav::new(1, 1, 8000, 12, vec![0; 100]).bytes());
    assert!(odd.contains("12-bit PCM"), "{odd}");
}

#[test]
fn what_is_not_there_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let missing = decode(&folder.path().join("gone.wav"), Channel::Mix).unwrap_err().to_string();
    assert!(missing.contains("gone.wav") && missing.contains("cannot open"), "{missing}");
    let message = decode(folder.path(), Channel::Mix).unwrap_err().to_string();
    assert!(message.contains("not a file but a folder"), "{message}");
}

/// Every prefix and many damaged copies of every format end in samples or an error, never in a panic.
#[test]
fn damage_never_panics() {
    let mut n_tried = 0;
    for entry in fs::read_dir(fixture("")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("sweep") {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        for step in 1..24 {
            let cut = &bytes[..bytes.len() * step / 24];
            let mut hurt = bytes.clone();
            for index in (step * 7..hurt.len()).step_by(97 * step) {
                hurt[index] = hurt[index].wrapping_add(step as u8);
            }
            for damaged in [cut, &hurt] {
                let _ = decoded(&name, damaged);
                n_tried += 1;
            }
        }
    }
    assert_eq!(n_tried, 16 * 23 * 2);
}

/// Three odd files of public data sets, as they were published. Their licences forbid copies here, so
/// this reads them where they lie beside the project, and CI, which has them, must find them.
#[test]
fn the_odd_originals_beside_the_project_decode() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    if !shared.exists() {
        return;
    }
    for (name, format, rate_hz) in [
        ("OAF_back_angry.wav", "wave (pcm_f32le)", 44_100),
        ("OAF_food_fear.wav", "wave (pcm_s16le)", 96_000),
        ("YAF_germ_angry.wav", "aiff (pcm_s16be)", 24_414),
    ] {
        let clip = decode(&shared.join("data/odd").join(name), Channel::Mix).unwrap();
        println!("{name}: {}, {} samples", clip.format, clip.samples.len());
        assert_eq!(clip.sample_rate_hz, rate_hz, "{name}");
        assert!(clip.format.starts_with(format), "{name}: {}", clip.format);
        let seconds = clip.samples.len() as f64 / f64::from(rate_hz);
        assert!((1.0..5.1).contains(&seconds), "{name}: {seconds} s");
        assert!(clip.samples.iter().any(|sample| sample.abs() > 0.05), "{name}");
    }
}
