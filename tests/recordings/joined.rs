//! Files that were joined, or cut and joined: read on, and what is lost is one gap.

use std::fs;

use super::headers::{Wav, pcm16};
use super::{drained, fixture, likeness, sweep, written};
use sound::AudioError;
use sound::recording::{Channel, Pace, Recording};

fn tone(len: usize) -> Wav {
    Wav::new(1, 1, 8000, 16, pcm16(&vec![1234; len]))
}

fn read(name: &str, bytes: &[u8]) -> (Vec<f32>, u64, Option<AudioError>) {
    let (_folder, path) = written(name, bytes);
    drained(Recording::open(&path, Channel::Mix, Pace::AsRead).unwrap())
}

/// The gaps and where they are.
fn gaps(name: &str, bytes: &[u8]) -> Vec<(u64, u64)> {
    use sound::{Block, Source};
    let (_folder, path) = written(name, bytes);
    let mut recording = Recording::open(&path, Channel::Mix, Pace::AsRead).unwrap();
    let mut gaps = Vec::new();
    loop {
        let at = recording.position();
        match recording.next_block() {
            Ok(Block::Gap(len)) => gaps.push((at, len)),
            Ok(Block::End) | Err(_) => return gaps,
            Ok(_) => {}
        }
    }
}

#[test]
fn joined_wav_files_are_read_through() {
    let list = super::headers::chunk(b"LIST", b"INFO");
    for tail in [vec![], list] {
        let first = Wav { tail, ..tone(3000) }.bytes();
        let (samples, lost, error) = read("a.wav", &[first, tone(2000).bytes()].concat());
        assert_eq!((samples.len(), lost, error.is_none()), (5000, 0, true));
        assert!(samples.iter().all(|sample| *sample == 1234.0 / 32768.0), "no header among them");
    }
}

/// Recorders that write into a pipe leave the length open, those that crash leave it at zero.
#[test]
fn joined_wav_files_with_wrong_lengths_are_read_through() {
    for data_len in [0, u32::MAX, 0x7fff_f000, 100] {
        let first = Wav { data_len: Some(data_len), ..tone(30_001) }.bytes();
        let (samples, lost, error) = read("a.wav", &[first, tone(2000).bytes()].concat());
        assert_eq!((samples.len(), lost, error.is_none()), (32_001, 0, true), "{data_len}");
        assert!(samples.iter().all(|sample| *sample == 1234.0 / 32768.0), "no header among them");
    }
}

#[test]
fn what_was_cut_off_before_a_joint_is_one_gap_there() {
    // The header promises 2,000 samples more; the cut is in the middle of one.
    let mut first = Wav { data_len: Some(2 * 12_000), ..tone(10_000) }.bytes();
    first.push(7);
    let bytes = [first, tone(20_000).bytes()].concat();
    assert_eq!(gaps("a.wav", &bytes), [(10_000, 2_000)]);
    let (samples, lost, error) = read("a.wav", &bytes);
    assert_eq!((samples.len(), lost, error.is_none()), (30_000, 2_000, true));
    assert!(samples.iter().all(|sample| *sample == 1234.0 / 32768.0), "no header among them");
}

#[test]
fn joined_files_of_other_rates_and_codings_come_at_the_first_rate() {
    let mut other = Wav::new(7, 2, 16_000, 8, vec![0x90; 2 * 32_000]);
    other.format_tail = vec![0, 0];
    let (samples, lost, error) = read("a.wav", &[tone(8000).bytes(), other.bytes()].concat());
    assert_eq!((samples.len(), lost, error.is_none()), (8_000 + 16_000, 0, true));
    let middle = samples[16_000];
    assert!((middle - 0.5).abs() < 0.2 && (samples[15_000] - middle).abs() < 1e-3, "{middle}");
}

/// What has another rate is resampled, and a filter swings beyond full scale.
#[test]
fn what_is_resampled_stays_within_full_scale() {
    let square: Vec<i16> =
        (0..32_000).map(|index| if index / 37 % 2 == 0 { i16::MAX } else { i16::MIN }).collect();
    let other = Wav::new(1, 1, 16_000, 16, pcm16(&square));
    let (samples, _, _) = read("a.wav", &[tone(800).bytes(), other.bytes()].concat());
    assert_eq!(samples.len(), 16_800);
    assert!(samples.iter().all(|sample| (-1.0..=1.0).contains(sample)));
}

#[test]
fn joined_mp3_files_are_read_through() {
    let one = fs::read(fixture("sweep.mp3")).unwrap();
    let tag = [&b"TAG"[..], &[b' '; 125]].concat();
    let id3 = [&b"ID3\x04\0\0\0\0\0\x0a"[..], &[0; 10]].concat();
    for between in [vec![], tag.clone(), id3.clone(), [tag, id3].concat()] {
        let (samples, lost, error) = read("a.mp3", &[&one[..], &between, &one].concat());
        assert_eq!((samples.len(), lost, error.is_none()), (128_000, 0, true));
        for half in samples.chunks_exact(64_000) {
            assert!(likeness(half, &sweep(16_000)) > super::LIKENESS);
        }
    }
}

/// Without the frame that tells how many there are, as recorders write it.
#[test]
fn joined_mp3_files_without_a_length_are_read_through() {
    let one = fs::read(fixture("sweep.mp3")).unwrap();
    let first = fs::read(fixture("sweep-mp3.wav")).unwrap();
    let frames = first[first.windows(4).position(|four| four == b"data").unwrap() + 8..].to_vec();
    for bytes in [[&one[..], &frames].concat(), [&frames[..], &frames].concat()] {
        let (samples, lost, error) = read("a.mp3", &bytes);
        assert!(samples.len() > 128_000 && lost == 0 && error.is_none(), "{lost}, {error:?}");
    }
}

#[test]
fn an_mp3_that_was_cut_and_joined_has_one_short_gap() {
    let one = fs::read(fixture("sweep.mp3")).unwrap();
    // In the middle of a frame of 144 bytes, before the joint and after it.
    for (end, start) in [(8_000, 0), (one.len(), 5_000), (8_000, 5_000)] {
        let bytes = [&one[..end], &one[start..]].concat();
        let (samples, lost, error) = read("a.mp3", &bytes);
        let gaps = gaps("a.mp3", &bytes);
        println!("{end} {start}: {} heard, {gaps:?}, {error:?}", samples.len());
        assert!(!gaps.is_empty() && gaps.len() <= 2 && lost > 0, "{gaps:?}");
    }
}

#[test]
fn an_mp3_that_was_cut_off_says_how_much_is_missing() {
    let one = fs::read(fixture("sweep.mp3")).unwrap();
    let (samples, _, error) = read("a.mp3", &one[..one.len() / 2]);
    let message = error.expect("must be told").to_string();
    assert!(message.contains("cut off") && message.contains("promises 4.0"), "{message}");
    assert!((28_000..36_000).contains(&samples.len()), "{}", samples.len());
}

#[test]
fn a_chain_of_ogg_streams_is_read_through() {
    let opus = fs::read(fixture("sweep-opus.ogg")).unwrap();
    let vorbis = fs::read(fixture("sweep-vorbis.ogg")).unwrap();
    let (samples, lost, error) = read("a.opus", &[&opus[..], &opus, &opus].concat());
    assert_eq!((samples.len(), lost, error.is_none()), (3 * 192_000, 0, true));
    for third in samples.chunks_exact(192_000) {
        assert!(likeness(third, &sweep(48_000)) > super::LIKENESS);
    }
    let (samples, lost, error) = read("a.ogg", &[&vorbis[..], &vorbis].concat());
    assert_eq!((samples.len(), lost, error.is_none()), (2 * 64_000, 0, true));
    // Another coding at another rate comes at the first rate.
    let (samples, lost, error) = read("a.ogg", &[&vorbis[..], &opus].concat());
    assert_eq!((samples.len(), lost, error.is_none()), (2 * 64_000, 0, true));
    assert!(likeness(&samples[64_000..], &sweep(16_000)) > super::LIKENESS);
}

/// Whatever the container: `cat` joins them all.
#[test]
fn other_containers_that_were_joined_are_read_through() {
    for (name, rate_hz) in [
        ("sweep.flac", 8_000),
        ("sweep-opus.webm", 48_000),
        ("sweep-opus.mp4", 48_000),
        ("sweep-ms-adpcm.wav", 8_000),
        ("sweep-gsm.wav", 8_000),
        ("sweep-mp3.wav", 16_000),
        ("sweep.gsm", 8_000),
        ("sweep.mp2", 16_000),
    ] {
        let one = fs::read(fixture(name)).unwrap();
        let alone = read(name, &one).0.len();
        let (samples, lost, error) = read(name, &one.repeat(2));
        assert_eq!((samples.len(), lost, error.is_none()), (2 * alone, 0, true), "{name}");
        let delay = match name {
            "sweep-mp3.wav" => 1105,
            "sweep.mp2" => 481,
            _ => 0,
        };
        assert!(likeness(&samples[alone + delay..], &sweep(rate_hz)) > super::LIKENESS, "{name}");
    }
}

/// Nobody knows how much an Ogg file lacks, but it is plain that it was cut.
#[test]
fn an_ogg_file_that_was_cut_and_joined_has_a_gap_at_the_joint() {
    let one = fs::read(fixture("sweep-opus.ogg")).unwrap();
    let bytes = [&one[..one.len() / 2], &one].concat();
    let gaps = gaps("a.opus", &bytes);
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    let (samples, lost, error) = read("a.opus", &bytes);
    assert!(samples.len() > 240_000 && lost > 0 && error.is_none(), "{} {lost}", samples.len());
}

#[test]
fn the_length_of_joined_files_is_told_before() {
    let opus = fs::read(fixture("sweep-opus.ogg")).unwrap();
    let mp3 = fs::read(fixture("sweep.mp3")).unwrap();
    let wav = tone(3000).bytes();
    for (name, one) in [("a.opus", opus), ("a.mp3", mp3), ("a.wav", wav)] {
        let (_folder, path) = written(name, &[&one[..], &one].concat());
        let recording = Recording::open(&path, Channel::Mix, Pace::AsRead).unwrap();
        let told = recording.len_samples();
        assert_eq!(told, Some(drained(recording).0.len() as u64), "{name}");
    }
}

#[test]
fn a_jump_in_a_joined_file_is_exact() {
    let mp3 = fs::read(fixture("sweep.mp3")).unwrap();
    let opus = fs::read(fixture("sweep-opus.ogg")).unwrap();
    for (name, one) in [("a.mp3", mp3), ("a.opus", opus)] {
        let (_folder, path) = written(name, &[&one[..], &one].concat());
        let open = || Recording::open(&path, Channel::Mix, Pace::AsRead).unwrap();
        let whole = drained(open()).0;
        for part in [0.9, 0.2, 0.6] {
            let target = (whole.len() as f64 * part) as usize;
            let mut recording = open();
            assert_eq!(recording.seek(target as u64).unwrap(), target as u64, "{name}");
            let heard = drained(recording).0;
            let worst = heard.iter().zip(&whole[target..]).map(|(a, b)| (a - b).abs());
            let worst = worst.fold(0.0, f32::max);
            assert!(heard.len() == whole.len() - target && worst < 0.01, "{name}: off by {worst}");
        }
    }
}
