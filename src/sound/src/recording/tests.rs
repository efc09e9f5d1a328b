//! Recordings in every pace and block length.

use super::*;

const RATE_HZ: u32 = 8000;
/// So fast, or so slow, that no test depends on how long it takes.
const AT_ONCE: Pace = Pace::Paced { speed: 1e12 };
const NEVER: Pace = Pace::Paced { speed: 1e-12 };

/// A recording in which every sample tells its position.
fn counting(len: u16) -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().suffix(".wav").tempfile().unwrap();
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE_HZ,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::new(file.reopen().unwrap(), spec).unwrap();
    (0..len).for_each(|index| writer.write_sample(index.cast_signed()).unwrap());
    writer.finalize().unwrap();
    file
}

fn open(file: &tempfile::NamedTempFile, pace: Pace) -> Recording {
    Recording::open(file.path(), Channel::Mix, pace).unwrap()
}

/// The position that a sample of [`counting`] tells.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
fn told(sample: f32) -> u64 {
    (sample * 32768.0) as u64
}

/// Asserts that everything from the recording's position to `end` comes, in order, and ends.
fn assert_continues(recording: &mut Recording, end: u64) {
    loop {
        let position = recording.position();
        match recording.next_block().unwrap() {
            Block::Audio(samples) => {
                for (expected, sample) in (position..).zip(samples) {
                    assert_eq!(told(*sample), expected);
                }
            }
            Block::End => break assert_eq!(position, end),
            Block::Waiting => {}
            Block::Gap(_) | Block::Muted(_) => panic!("all of it is heard"),
        }
    }
}

#[test]
fn a_recording_can_move_to_another_thread() {
    fn is_send<T: Send + 'static>() {}
    is_send::<Recording>();
}

#[test]
fn every_pace_and_block_length_gives_the_same_samples() {
    let file = counting(10_007);
    assert_continues(&mut open(&file, Pace::AsRead), 10_007);
    assert_continues(&mut open(&file, AT_ONCE), 10_007);
    for len in [1, 7, 160, 1152, 4096, 20_000] {
        assert_continues(&mut open(&file, Pace::AsRead).with_block_len(len), 10_007);
        assert_continues(&mut open(&file, AT_ONCE).with_block_len(len), 10_007);
    }
}

#[test]
fn blocks_have_the_length_that_was_asked_for() {
    let file = counting(1000);
    let mut recording = open(&file, Pace::AsRead).with_block_len(300);
    for expected in [300, 300, 300, 100] {
        let block = recording.next_block().unwrap();
        assert!(matches!(block, Block::Audio(samples) if samples.len() == expected));
    }
    assert_eq!(recording.next_block().unwrap(), Block::End);
    assert_eq!(recording.next_block().unwrap(), Block::End);
}

#[test]
fn a_paced_recording_waits_for_the_clock() {
    let file = counting(1000);
    let mut recording = open(&file, NEVER);
    assert_eq!(recording.next_block().unwrap(), Block::Waiting);
    assert_eq!(recording.position(), 0);
    recording.set_pace(AT_ONCE);
    assert_continues(&mut recording, 1000);
}

#[test]
fn a_paused_recording_waits_and_loses_nothing() {
    let file = counting(3000);
    let mut recording = open(&file, Pace::AsRead).with_block_len(500);
    recording.next_block().unwrap();
    recording.pause(true);
    assert_eq!(recording.next_block().unwrap(), Block::Waiting);
    assert_eq!(recording.seek(2000).unwrap(), 2000);
    assert_eq!(recording.next_block().unwrap(), Block::Waiting);
    recording.pause(false);
    assert_continues(&mut recording, 3000);
}

#[test]
fn a_jump_is_exact_in_both_directions_and_back_from_the_end() {
    let file = counting(30_000);
    let mut recording = open(&file, Pace::AsRead).with_block_len(100);
    for target in [29_999, 0, 1152, 25_000, 1151, 30_000, 12_345, 12_346, 11_000] {
        assert_eq!(recording.seek(target).unwrap(), target);
        assert_continues(&mut recording, 30_000);
    }
    assert_eq!(recording.seek(99_999).unwrap(), 30_000, "beyond the end is the end");
    assert_eq!(recording.next_block().unwrap(), Block::End);
}

#[test]
fn memory_does_not_grow_with_the_recording() {
    let file = counting(32_000);
    let mut recording = open(&file, Pace::AsRead).with_block_len(160);
    assert_continues(&mut recording, 32_000);
    assert!(recording.samples.capacity() < 8_000, "{}", recording.samples.capacity());
}
