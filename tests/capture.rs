//! The callbacks of inputs and outputs allocate nothing, whatever they are given and however full the ring is.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use sound::loudspeaker;
use sound::microphone::{Clock, Heard, RingSettings, ring};
use sound::recording::Channel;

/// A stereo device of 16 kHz with a ring of a second, blocks of 100 ms.
const SETTINGS: RingSettings = RingSettings {
    len: 16_000,
    block_len: 1600,
    rate_hz: 16_000,
    n_channels: 2,
    channel: Channel::Mix,
};

thread_local! {
    static N_ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, and a count for each thread.
struct Counting;

fn count_one() {
    // A thread that is about to end has no count any more.
    let _ = N_ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
}

#[expect(
    unsafe_code,
    reason = "an allocator cannot be written without; it only counts and passes on"
)]
// SAFETY: every call is handed to the system's allocator with the arguments that it came with.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count_one();
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count_one();
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count_one();
        unsafe { System.realloc(memory, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often `work` allocated, freed or grew memory.
fn n_allocations(work: impl FnOnce()) -> usize {
    let before = N_ALLOCATIONS.with(Cell::get);
    work();
    N_ALLOCATIONS.with(Cell::get) - before
}

#[test]
fn the_counter_counts() {
    assert_eq!(n_allocations(|| drop(Box::new([0_u8; 100]))), 2);
}

#[test]
fn the_callback_and_the_reader_allocate_nothing() {
    let float = vec![0.25_f32; 2 * 1600];
    let int = vec![1000_i16; 2 * 1600];
    let (mut capture, mut captured) = ring(&SETTINGS, &Clock::new(), None);
    let (mut n_read, mut n_lost) = (0, 0);
    let count = n_allocations(|| {
        // With a reader, without one until the ring is full and over, and with one again.
        for round in 0..100 {
            capture.on_block(&float);
            capture.on_block(&int);
            capture.on_block(&float[..7]);
            capture.on_block::<f32>(&[]);
            let is_reading = !(30..=70).contains(&round);
            for _ in 0..if is_reading { 20 } else { 0 } {
                match captured.read() {
                    Heard::Audio(samples) => n_read += samples.len() as u64,
                    Heard::Lost(len) => n_lost += len,
                    Heard::Nothing => break,
                }
            }
        }
    });
    assert_eq!(count, 0, "allocations");
    assert!(n_lost > 0, "the ring must have been full");
    assert_eq!(n_read + n_lost, captured.captured());
}

#[test]
fn a_callback_that_finds_audio_missing_allocates_nothing() {
    let block = vec![0.25_f32; 2 * 1600];
    let clock = Clock::new();
    let channel = Channel::Right;
    let settings = RingSettings { channel, ..SETTINGS };
    let (mut capture, mut captured) = ring(&settings, &clock, Some(Duration::ZERO));
    while clock.now() < Duration::from_millis(200) {}
    let mut n_lost = 0;
    let count = n_allocations(|| {
        capture.on_block(&block);
        if let Heard::Lost(len) = captured.read() {
            n_lost = len;
        }
    });
    assert_eq!(count, 0, "allocations");
    // 200 ms less the block's own 100 ms.
    assert!((1600..16_000).contains(&n_lost), "{n_lost} samples are missing");
}

#[test]
fn the_output_callback_and_its_feeder_allocate_nothing() {
    let (mut feeder, mut player) = loudspeaker::ring(48_000, 2);
    let sound = vec![0.25_f32; 2000];
    let (mut float, mut int) = (vec![0.0_f32; 2 * 1920], vec![0_i16; 2 * 1920]);
    let count = n_allocations(|| {
        // Full, dry, and thrown away between.
        for round in 0..100 {
            for _ in 0..if round < 50 { 3 } else { 1 } {
                feeder.push(&sound);
            }
            if round % 10 == 9 {
                feeder.hush();
            }
            player.on_block(&mut float);
            player.on_block(&mut int[..7]);
            player.on_block::<f32>(&mut []);
            player.on_block(&mut int);
        }
    });
    assert_eq!(count, 0, "allocations");
    assert_eq!(feeder.waiting(), 0, "the ring must have been dry");
}
