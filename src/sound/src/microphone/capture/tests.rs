use super::*;
use proptest::prelude::*;

/// A ring of a device of 16 kHz that has not been heard before.
fn ring(len: usize, n_channels: usize, block_len: usize) -> (Capture, Captured) {
    ring_of(len, n_channels, block_len, Channel::Mix, None)
}

fn ring_of(
    len: usize,
    n_channels: usize,
    block_len: usize,
    channel: Channel,
    heard_until: Option<Duration>,
) -> (Capture, Captured) {
    let settings = RingSettings { len, block_len, rate_hz: 16_000, n_channels, channel };
    super::ring(&settings, &Clock::new(), heard_until)
}

/// Numbers as samples: exact below 2^24, and this small to stay below 1.
#[expect(clippy::cast_precision_loss, reason = "a small count")]
fn numbered(from: u64, len: usize) -> Vec<f32> {
    (from..from + len as u64).map(|number| number as f32 / 65_536.0).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
fn number(sample: f32) -> u64 {
    (sample * 65_536.0) as u64
}

/// Reads until nothing is there; every sample must have the number of its place in the stream.
fn drain(captured: &mut Captured, position: &mut u64) {
    loop {
        match captured.read() {
            Heard::Audio(samples) => {
                for sample in samples {
                    assert_eq!(number(*sample), *position);
                    *position += 1;
                }
            }
            Heard::Lost(len) => *position += len,
            Heard::Nothing => return,
        }
    }
}

#[test]
fn channels_become_their_mean() {
    let (mut capture, mut captured) = ring(16, 2, 16);
    capture.on_block(&[0.5, -0.5, 1.0, 0.5]);
    assert_eq!(captured.read(), Heard::Audio(&[0.0, 0.75]));
    let (mut capture, mut captured) = ring(16, 3, 16);
    capture.on_block(&[i16::MIN, 0, 0, 0, 0, 0]);
    assert_eq!(captured.read(), Heard::Audio(&[-1.0 / 3.0, 0.0]));
}

#[test]
fn one_channel_is_picked() {
    for (channel, picked) in [(Channel::Left, [0.5, 1.0]), (Channel::Number(2), [-0.5, 0.5])] {
        let (mut capture, mut captured) = ring_of(16, 2, 16, channel, None);
        capture.on_block(&[0.5, -0.5, 1.0, 0.5]);
        assert_eq!(captured.read(), Heard::Audio(&picked));
    }
}

#[test]
fn what_never_came_is_a_gap_before_the_block_that_shows_it() {
    const SECOND: Duration = Duration::from_secs(1);
    let (mut capture, mut captured) = ring_of(64_000, 1, 1600, Channel::Mix, Some(2 * SECOND));
    // The first block came when its first sample was 8 seconds old by the clock.
    let begin = 10 * SECOND;
    capture.take(&[0.5; 1600], begin + SECOND / 10);
    assert_eq!(captured.read(), Heard::Lost(8 * 16_000));
    assert_eq!(captured.read(), Heard::Audio(&[0.5; 1600]));
    // From the second block on, all come half a second too late.
    for block in 2..=20 {
        capture.take(&[0.25; 1600], begin + SECOND / 2 + SECOND * block / 10);
    }
    let mut lost = Vec::new();
    loop {
        match captured.read() {
            Heard::Audio(_) => {}
            Heard::Lost(len) => lost.push(len),
            Heard::Nothing => break,
        }
    }
    assert_eq!(lost, [8000]);
    assert_eq!(captured.captured(), captured.delivered() + captured.lost());
    assert_eq!(captured.counters().heard_until(), begin + SECOND * 5 / 2);
    assert_eq!(captured.counters().last_callback(), begin + SECOND * 5 / 2);
}

#[test]
fn a_block_longer_than_the_callbacks_memory_is_whole() {
    let (mut capture, mut captured) = ring(4096, 1, 4096);
    capture.on_block(&numbered(0, 1000));
    let mut position = 0;
    drain(&mut captured, &mut position);
    assert_eq!((position, captured.lost()), (1000, 0));
}

#[test]
fn the_gap_sits_exactly_where_audio_is_missing() {
    let (mut capture, mut captured) = ring(100, 1, 1000);
    capture.on_block(&numbered(0, 70));
    capture.on_block(&numbered(70, 70));
    capture.on_block(&numbered(140, 70));
    assert_eq!(captured.lost(), 110);
    assert_eq!(captured.read(), Heard::Audio(&numbered(0, 100)));
    assert_eq!(captured.read(), Heard::Nothing, "the loss is not over yet");
    capture.on_block(&numbered(210, 70));
    assert_eq!(captured.read(), Heard::Lost(110));
    assert_eq!(captured.read(), Heard::Audio(&numbered(210, 70)));
    assert_eq!(captured.read(), Heard::Nothing);
    assert_eq!((captured.captured(), captured.delivered()), (280, 170));
}

#[test]
fn a_loss_at_the_very_end_is_told_once() {
    let (mut capture, mut captured) = ring(10, 1, 10);
    capture.on_block(&numbered(0, 15));
    drop(capture);
    assert_eq!(captured.read(), Heard::Audio(&numbered(0, 10)));
    assert_eq!(captured.read(), Heard::Nothing);
    assert_eq!(captured.last_loss(), Some(5));
    assert_eq!(captured.last_loss(), None);
}

#[test]
fn more_losses_than_can_wait_are_joined_and_stay_exact() {
    let (mut capture, mut captured) = ring(3, 1, 1);
    let mut written = 0;
    for _ in 0..3 * LOSSES_LEN {
        capture.on_block(&numbered(written, 5));
        written += 5;
        captured.read();
        captured.read();
        capture.on_block(&numbered(written, 1));
        written += 1;
    }
    drop(capture);
    while captured.read() != Heard::Nothing {}
    captured.last_loss();
    assert_eq!(captured.captured(), written);
    assert_eq!(captured.delivered() + captured.told, written);
    assert_eq!(captured.told, captured.lost());
}

proptest! {
    #[test]
    fn whatever_the_reader_does_nothing_is_lost_uncounted(
        steps in prop::collection::vec((0usize..40, 0usize..4), 1..200),
    ) {
        let (mut capture, mut captured) = ring(50, 1, 7);
        let (mut written, mut position) = (0, 0);
        for (len, n_reads) in steps {
            capture.on_block(&numbered(written, len));
            written += len as u64;
            for _ in 0..n_reads {
                match captured.read() {
                    Heard::Audio(samples) => for sample in samples {
                        prop_assert_eq!(number(*sample), position);
                        position += 1;
                    },
                    Heard::Lost(len) => position += len,
                    Heard::Nothing => {}
                }
            }
        }
        drop(capture);
        drain(&mut captured, &mut position);
        position += captured.last_loss().unwrap_or(0);
        prop_assert_eq!(position, written);
        prop_assert_eq!(captured.delivered() + captured.lost(), written);
    }
}

#[test]
fn the_ends_keep_their_promise_on_two_threads() {
    const N_BLOCKS: u64 = 400;
    let (mut capture, mut captured) = ring(500, 1, 33);
    let device = std::thread::spawn(move || {
        for index in 0..N_BLOCKS {
            capture.on_block(&numbered(index * 160, 160));
            if index % 3 == 0 {
                std::thread::yield_now();
            }
        }
    });
    let mut position = 0;
    while !device.is_finished() {
        drain(&mut captured, &mut position);
    }
    device.join().unwrap();
    drain(&mut captured, &mut position);
    position += captured.last_loss().unwrap_or(0);
    assert_eq!(position, N_BLOCKS * 160);
}
