//! Recordings that are whole, whatever their headers say: all is read, and the exit code is 0.

use super::headers::{Wav, chunk, extensible, pcm16};
use super::webm::{Length, file};
use super::{Replayed, fixture, replayed, voice};

/// As long as this, with readings, nothing lost.
#[track_caller]
fn is_whole(replayed: &Replayed, seconds: f64) {
    let is_right = replayed.code == 0
        && replayed.gaps.is_empty()
        && (replayed.end_s - seconds).abs() < 0.1
        && replayed.n_readings > 20;
    assert!(
        is_right,
        "code {}, {} s, {} readings, {:?}: {}",
        replayed.code, replayed.end_s, replayed.n_readings, replayed.gaps, replayed.told
    );
}

fn speech() -> Wav {
    Wav::new(1, 1, 8000, 16, pcm16(&voice(20.0)))
}

#[test]
fn the_data_length_of_the_first_flush_or_zero_is_told_and_all_is_read() {
    for data_len in [0, 16_000] {
        let file = Wav { data_len: Some(data_len), ..speech() };
        let replayed = replayed("call.wav", &file.bytes());
        is_whole(&replayed, 20.0);
        assert!(replayed.told.contains("goes on: 20.0 s were read"), "{}", replayed.told);
    }
    let quiet = replayed("call.wav", &speech().bytes());
    is_whole(&quiet, 20.0);
    assert!(!quiet.told.contains("goes on"), "{}", quiet.told);
}

#[test]
fn mu_law_and_a_law_in_the_extensible_format_are_read() {
    let call = sound::recording::decode(
        std::path::Path::new(super::DEMO_CALL),
        sound::recording::Channel::Mix,
    );
    assert!(call.unwrap().format.contains("pcm_mulaw"), "the demo call is mu-law");
    let bytes = std::fs::read(super::DEMO_CALL).unwrap();
    let codes = bytes[bytes.len() - 160_000..].to_vec();
    for tag in [6, 7] {
        let format_tail = extensible(8, tag);
        let file = Wav { format_tail, ..Wav::new(0xfffe, 1, 8000, 8, codes.clone()) };
        let replayed = replayed("call.wav", &file.bytes());
        assert!(replayed.code == 0 && (replayed.end_s - 20.0).abs() < 0.1, "{}", replayed.told);
    }
}

#[test]
fn rf64_is_read() {
    let whole = Wav { data_len: Some(u32::MAX), riff_len: Some(u32::MAX), ..speech() }.bytes();
    let mut lens = 320_100_u64.to_le_bytes().to_vec();
    lens.extend(320_000_u64.to_le_bytes());
    lens.extend([0; 12]);
    let bytes = [b"RF64", &whole[4..12], &chunk(b"ds64", &lens), &whole[12..]].concat();
    is_whole(&replayed("call.wav", &bytes), 20.0);
}

#[test]
fn joined_wav_files_are_read_through() {
    is_whole(&replayed("call.wav", &speech().bytes().repeat(2)), 40.0);
}

#[test]
fn a_recording_as_a_browser_writes_it_is_whole() {
    let replayed = replayed("call.webm", &file(|_| true, |at| at, Length::Unknown));
    let is_whole = replayed.code == 0 && replayed.gaps.is_empty();
    assert!(is_whole && (replayed.end_s - 4.0).abs() < 0.1, "{}", replayed.told);
}

/// The pre-skip of Opus in MP4 has its bytes in the other order: 312 samples are not 14,337.
#[test]
fn opus_in_mp4_keeps_its_beginning() {
    let replayed = replayed("call.mp4", &fixture("sweep-opus.mp4"));
    assert!(replayed.code == 0 && (replayed.end_s - 4.0).abs() < 0.05, "{}", replayed.end_s);
}

#[test]
fn joined_mp3_files_and_chained_ogg_are_read_through() {
    for (name, twice) in [
        ("call.mp3", fixture("sweep.mp3").repeat(2)),
        ("call.opus", fixture("sweep-opus.ogg").repeat(2)),
        ("call.ogg", [fixture("sweep-vorbis.ogg"), fixture("sweep-opus.ogg")].concat()),
    ] {
        let replayed = replayed(name, &twice);
        let is_whole = replayed.code == 0 && replayed.gaps.is_empty() && replayed.told.is_empty();
        assert!(is_whole && (replayed.end_s - 8.0).abs() < 0.05, "{name}: {}", replayed.told);
    }
}
