use super::*;
use proptest::prelude::*;

const RATE_HZ: u32 = 16_000;

/// A block of a sound server: 50 ms.
const BLOCK_LEN: usize = 800;

/// What a gap may be off by: two lengths of a block.
const TOLERANCE: u64 = 1600;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A device, a machine in between, and the reckoning.
struct Bench {
    reckoning: Reckoning,
    /// When the device has its next block ready.
    ready: Duration,
    told: u64,
}

impl Bench {
    fn new(before: Option<Duration>, begin: Duration) -> Self {
        Bench { reckoning: Reckoning::new(RATE_HZ, before), ready: begin, told: 0 }
    }

    /// So many blocks come, each later than it was ready by what `late` says; the device takes `block` to
    /// fill one.
    fn come(&mut self, n_blocks: usize, block: Duration, mut late: impl FnMut(usize) -> Duration) {
        for index in 0..n_blocks {
            self.ready += block;
            self.told += self.reckoning.arrived(BLOCK_LEN, self.ready + late(index));
        }
    }

    fn come_in_time(&mut self, n_blocks: usize) {
        self.come(n_blocks, ms(50), |index| ms(index as u64 % 7));
    }

    /// So many blocks are lost on the way.
    fn lose(&mut self, n_blocks: u32) {
        self.ready += ms(50) * n_blocks;
    }
}

#[test]
fn blocks_that_come_in_time_lose_nothing() {
    let mut bench = Bench::new(None, ms(1000));
    bench.come_in_time(20 * 3600);
    assert_eq!(bench.told, 0);
}

#[test]
fn lost_blocks_are_told_in_their_full_length_within_a_second_or_so() {
    for n_lost in [3, 4, 10, 200, 20 * 3600] {
        let mut bench = Bench::new(None, ms(1000));
        bench.come_in_time(100);
        bench.lose(n_lost);
        bench.come_in_time(45);
        let lost = u64::from(n_lost) * BLOCK_LEN as u64;
        // The least late block of each window is in time to the millisecond.
        assert!(bench.told.abs_diff(lost) <= 16 + lost / 10_000, "{n_lost}: {}", bench.told);
        bench.come_in_time(1000);
        assert!(bench.told.abs_diff(lost) <= 16 + lost / 10_000, "{n_lost}: told once");
    }
}

#[test]
fn small_losses_are_told_when_they_have_become_a_tenth_of_a_second() {
    let mut bench = Bench::new(None, ms(1000));
    for _ in 0..30 {
        bench.come_in_time(40);
        bench.lose(1);
    }
    bench.come_in_time(40);
    assert!(bench.told.abs_diff(30 * 800) <= TOLERANCE, "{}", bench.told);
}

#[test]
fn a_machine_that_is_busy_for_a_while_loses_nothing() {
    let mut bench = Bench::new(None, ms(1000));
    bench.come_in_time(100);
    for stall_ms in [200, 400, 900, 3000] {
        // All blocks of the stall come at its end.
        let n_blocks = stall_ms / 50;
        bench.come(n_blocks, ms(50), |index| ms((n_blocks - index) as u64 * 50));
        bench.come_in_time(100);
    }
    assert_eq!(bench.told, 0);
}

#[test]
fn the_clock_of_a_sound_card_may_drift_either_way_for_a_shift() {
    // 8 hours of blocks that take 50 ms and 300 ppm more, or less.
    for block_ns in [50_015_000, 49_985_000] {
        let mut bench = Bench::new(None, ms(1000));
        bench.come(20 * 3600 * 8, Duration::from_nanos(block_ns), |index| ms(index as u64 % 5));
        assert_eq!(bench.told, 0, "{block_ns}");
    }
}

#[test]
fn a_clock_that_is_off_by_more_than_any_sound_card_is_a_loss() {
    let mut bench = Bench::new(None, ms(1000));
    // One percent.
    bench.come(20 * 600, Duration::from_micros(50_500), |_| Duration::ZERO);
    let lost = 6 * u64::from(RATE_HZ);
    assert!(bench.told.abs_diff(lost) < lost / 10 + TOLERANCE, "{}", bench.told);
}

#[test]
fn a_late_first_block_is_no_loss_of_what_follows() {
    let mut bench = Bench::new(None, ms(1000));
    bench.come(1, ms(50), |_| ms(400));
    bench.come_in_time(200);
    assert_eq!(bench.told, 0);
    bench.lose(4);
    bench.come_in_time(45);
    assert!(bench.told.abs_diff(3200) <= 32, "{}", bench.told);
}

#[test]
fn a_stream_that_goes_on_with_another_misses_what_lies_between() {
    let mut first = Bench::new(None, ms(1000));
    first.come_in_time(101);
    let until = first.reckoning.heard_until();
    assert_eq!(until, ms(1000 + 101 * 50));
    for outage_ms in [250, 3000, 3_600_000] {
        let mut second = Bench::new(Some(until), until + ms(outage_ms));
        second.come_in_time(1);
        assert_eq!(second.told, outage_ms * 16, "told at once");
        second.come_in_time(100);
        assert_eq!(second.told, outage_ms * 16, "and once");
    }
}

#[test]
fn a_stream_that_never_came_leaves_the_time_of_the_one_before() {
    let silent = Reckoning::new(RATE_HZ, Some(ms(7000)));
    assert_eq!(silent.heard_until(), ms(7000));
    assert_eq!(Reckoning::new(RATE_HZ, None).heard_until(), Duration::ZERO);
}

#[test]
fn long_blocks_are_reckoned_too() {
    let mut reckoning = Reckoning::new(48_000, None);
    let mut told = 0;
    for index in 0..40 {
        // Two seconds a block, and one of them is lost.
        let lost = if index >= 10 { 2000 } else { 0 };
        told += reckoning.arrived(96_000, ms(5000 + 2000 * index + lost));
    }
    assert!(told.abs_diff(96_000) < 1000, "{told}");
}

proptest! {
    #[test]
    fn time_and_samples_never_part(
        steps in prop::collection::vec((1_usize..80, 0_u32..40, 0_u64..60), 1..30),
    ) {
        let mut bench = Bench::new(None, ms(1000));
        bench.come_in_time(40);
        for (n_blocks, n_lost, late) in steps {
            bench.come(n_blocks, ms(50), |index| ms(late * (index as u64 % 3) / 2));
            bench.lose(n_lost);
        }
        bench.come_in_time(60);
        let passed = bench.ready.saturating_sub(ms(1000));
        let reckoned = bench.reckoning.heard_until().saturating_sub(ms(1000));
        let apart = passed.abs_diff(reckoned);
        prop_assert!(apart <= ms(150), "{passed:?} passed, {reckoned:?} reckoned");
    }
}

#[test]
fn what_a_server_kept_of_the_time_that_was_told_as_missing_is_not_taken() {
    let mut reckoning = Reckoning::new(RATE_HZ, Some(ms(1000)));
    let mut n = reckoning.arrived(BLOCK_LEN, ms(5000)) + BLOCK_LEN as u64;
    assert_eq!(n, 4 * 16_000, "from 1 s to 5 s");
    // 2.3 s come at once; after that time goes by as it does.
    let at_once = std::iter::repeat_n(ms(5001), 46);
    let later = (1..=100).map(|index| ms(5001 + 50 * index));
    for now in at_once.chain(later) {
        if !reckoning.is_of_before(BLOCK_LEN, now) {
            n += reckoning.arrived(BLOCK_LEN, now) + BLOCK_LEN as u64;
        }
    }
    let due = 16 * 9_001;
    assert!(n.abs_diff(due) < 2 * TOLERANCE, "{n} of {due} samples");
    let first = Reckoning::new(RATE_HZ, None);
    assert!(!first.is_of_before(BLOCK_LEN, ms(1)), "nothing was missed before the first stream");
}
