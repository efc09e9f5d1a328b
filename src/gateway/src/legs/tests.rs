#![expect(clippy::cast_precision_loss, reason = "small counts")]

use super::*;

const RATE_HZ: u32 = 8_000;
/// 20 ms.
const PACKET: u64 = 160;

/// A call, its clock, and what came out.
struct Call {
    legs: Legs,
    begin: Instant,
    out: Vec<Piece>,
}

impl Call {
    fn new(sides: Sides, counting: Counting) -> Self {
        let legs = Legs::new(RATE_HZ, sides, counting);
        Call { legs, begin: Instant::now(), out: Vec::new() }
    }

    fn now(&self, ms: u64) -> Instant {
        self.begin + Duration::from_millis(ms)
    }

    /// A packet that is told from others by its value.
    fn send(&mut self, ms: u64, side: Side, at: Option<u64>, value: f32) {
        self.send_after(ms, side, at, false, value);
    }

    fn send_after(&mut self, ms: u64, side: Side, at: Option<u64>, follows: bool, value: f32) {
        let samples = vec![value; usize::try_from(PACKET).unwrap()];
        let sound = Sound { side, at, follows, samples };
        let now = self.now(ms);
        self.legs.take(sound, now, &mut self.out).unwrap();
    }

    fn tick(&mut self, ms: u64) {
        let now = self.now(ms);
        self.legs.tick(now, &mut self.out);
    }

    /// The side as one line: the value of each packet, G and M with their length in packets.
    fn told(&self, side: Side) -> String {
        let packets = |n: u64| format!("{}", n as f64 / PACKET as f64);
        let of = |piece: &StreamPiece| match piece {
            StreamPiece::Audio(samples) if samples.len() as u64 == PACKET => {
                format!("{}", samples[0])
            }
            StreamPiece::Audio(samples) => format!("A{}", packets(samples.len() as u64)),
            StreamPiece::Gap(n) => format!("G{}", packets(*n)),
            StreamPiece::Muted(n) => format!("M{}", packets(*n)),
            StreamPiece::End | StreamPiece::Cut(_) => "E".into(),
        };
        let told: Vec<String> =
            self.out.iter().filter(|(of, _)| *of == side).map(|(_, piece)| of(piece)).collect();
        told.join(" ")
    }
}

#[test]
fn five_packets_in_any_order_are_one_sound() {
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 4, 1, 3]] {
        // In the middle of a call, and at its beginning.
        for n_before in [10, 0] {
            let mut call = Call::new(Sides::Caller, Counting::Shared);
            for n in 0..n_before {
                call.send(20 * n, Side::Caller, Some(8_000 + n * PACKET), 9.0);
            }
            for (n, packet) in order.iter().enumerate() {
                let at = Some(8_000 + (n_before + packet) * PACKET);
                let ms = 20 * (n_before + n as u64);
                call.send(ms, Side::Caller, at, *packet as f32);
            }
            call.tick(600);
            let told = call.told(Side::Caller);
            assert!(told.ends_with("0 1 2 3 4"), "{order:?}: {told}");
            assert_eq!(told.len(), 9 + 2 * usize::try_from(n_before).unwrap(), "{told}");
            assert_eq!(call.legs.losses(), Losses::default());
        }
    }
}

#[test]
fn what_is_lost_is_a_gap_once_it_was_waited_for_and_comes_too_late_then() {
    let mut call = Call::new(Sides::Caller, Counting::Shared);
    call.send(20, Side::Caller, Some(0), 0.0);
    call.tick(120);
    call.send(160, Side::Caller, Some(2 * PACKET), 2.0);
    assert_eq!(call.told(Side::Caller), "0");
    call.tick(359);
    assert_eq!(call.told(Side::Caller), "0");
    call.tick(360);
    assert_eq!(call.told(Side::Caller), "0 G1 2");
    call.send(400, Side::Caller, Some(PACKET), 1.0);
    assert_eq!(call.told(Side::Caller), "0 G1 2");
    assert_eq!(call.legs.losses(), Losses { lost: PACKET, late: 1 });
}

#[test]
fn a_loss_is_told_by_the_count_of_what_follows_without_waiting_for_a_clock() {
    let mut call = Call::new(Sides::Caller, Counting::Shared);
    call.send(20, Side::Caller, Some(0), 0.0);
    for n in 2..13 {
        call.send(20 + 20 * n, Side::Caller, Some(n * PACKET), n as f32);
    }
    assert_eq!(call.told(Side::Caller), "0 G1 2 3 4 5 6 7 8 9 10 11 12");
}

#[test]
fn a_packet_that_comes_twice_counts_once() {
    let mut call = Call::new(Sides::Caller, Counting::Shared);
    for at in [0, 0, 1, 0, 1, 2] {
        call.send(60, Side::Caller, Some(at * PACKET), at as f32);
    }
    call.tick(160);
    assert_eq!(call.told(Side::Caller), "0 1 2");
    assert_eq!(call.legs.losses(), Losses { lost: 0, late: 3 });
}

#[test]
fn a_stall_and_a_burst_are_as_long_as_what_was_sent() {
    for counting in [Counting::None, Counting::Shared] {
        let mut call = Call::new(Sides::Caller, counting);
        for n in 0..10 {
            call.send(20 * (n + 1), Side::Caller, Some(n * PACKET), 1.0);
        }
        // 3 s in which nothing comes, and then all of it at once.
        (1..=30).for_each(|tenth| call.tick(200 + 100 * tenth));
        for n in 10..160 {
            call.send(3_200, Side::Caller, Some(n * PACKET), 1.0);
        }
        assert_eq!(call.legs.position(), 160 * PACKET);
        assert_eq!(call.legs.losses(), Losses::default(), "{counting:?}");
    }
}

#[test]
fn without_counts_what_is_behind_for_five_seconds_was_lost() {
    let mut call = Call::new(Sides::Caller, Counting::None);
    call.send(20, Side::Caller, None, 1.0);
    (1..=60).for_each(|tenth| call.tick(100 * tenth));
    assert_eq!(call.legs.losses().lost, 0);
    // Over 1 s behind from 1.1 s on.
    (61..=62).for_each(|tenth| call.tick(100 * tenth));
    let lost = call.legs.losses().lost;
    assert_eq!(lost, 8 * 6_200 - PACKET - if lost == 8 * 6_100 - PACKET { 800 } else { 0 });
    call.send(6_220, Side::Caller, None, 2.0);
    assert!(call.legs.position() <= 8 * 6_220);
}

#[test]
fn where_the_peer_says_that_nothing_is_missing_a_hole_was_silence() {
    let mut call = Call::new(Sides::Caller, Counting::Shared);
    call.send(20, Side::Caller, Some(0), 1.0);
    call.send_after(1_020, Side::Caller, Some(50 * PACKET), true, 2.0);
    assert_eq!(call.told(Side::Caller), "1 A49 2");
    // A clock that stumbles by 30 ms is neither.
    call.send_after(1_070, Side::Caller, Some(51 * PACKET + 240), true, 3.0);
    assert_eq!(call.told(Side::Caller), "1 A49 2 3");
    assert_eq!(call.legs.losses(), Losses::default());
}

#[test]
fn both_sides_have_one_zero() {
    let mut call = Call::new(Sides::Apart, Counting::Shared);
    call.send(20, Side::Caller, Some(1_600), 1.0);
    call.send(1_020, Side::Operator, Some(1_600 + 50 * PACKET), 2.0);
    (1..12).for_each(|n| {
        let at = 1_600 + (50 + n) * PACKET;
        call.send(1_020 + 20 * n, Side::Operator, Some(at), 2.0);
    });
    assert!(call.told(Side::Operator).starts_with("G50 2 2"), "{}", call.told(Side::Operator));

    let mut call = Call::new(Sides::Apart, Counting::Apart);
    call.send(20, Side::Caller, Some(0), 1.0);
    call.send(1_020, Side::Operator, Some(77_000), 2.0);
    call.send(1_040, Side::Operator, Some(77_000 + PACKET), 3.0);
    assert_eq!(call.told(Side::Operator), "G50 2 3");
}

#[test]
fn while_it_is_paused_nobody_listens() {
    let mut call = Call::new(Sides::Together, Counting::None);
    call.send(20, Side::Operator, None, 1.0);
    call.send(20, Side::Caller, None, 1.0);
    call.legs.pause(call.begin + Duration::from_millis(20), &mut call.out);
    call.send(60, Side::Caller, None, 2.0);
    call.legs.resume(None, call.begin + Duration::from_millis(1_020), &mut call.out);
    call.send(1_040, Side::Caller, None, 3.0);
    assert_eq!(call.told(Side::Caller), "1 M50 3");
    assert_eq!(call.told(Side::Operator), "1 M50");
}

#[test]
fn another_connection_goes_on_where_the_clock_is() {
    let mut call = Call::new(Sides::Caller, Counting::Shared);
    call.send(20, Side::Caller, Some(0), 1.0);
    call.legs.take_over(call.begin + Duration::from_secs(1), &mut call.out);
    call.send(1_020, Side::Caller, Some(320), 2.0);
    call.send(1_040, Side::Caller, Some(320 + PACKET), 3.0);
    call.tick(1_120);
    assert_eq!(call.told(Side::Caller), "1 G49 2 3");
}

#[test]
fn nobody_sends_much_faster_than_time_passes() {
    for counting in [Counting::None, Counting::Shared] {
        let mut legs = Legs::new(RATE_HZ, Sides::Caller, counting);
        let (begin, mut out, mut taken) = (Instant::now(), Vec::new(), 0_u64);
        let refused = (0..1_000_u64).find_map(|n| {
            let samples = vec![0.0; 160];
            let sound = Sound { side: Side::Caller, at: Some(n * PACKET), follows: true, samples };
            let done = legs.take(sound, begin, &mut out);
            taken += u64::from(done.is_ok());
            done.err()
        });
        assert_eq!(refused.map(Refusal::word), Some("too_large"), "{counting:?}");
        assert!((500..=501).contains(&taken), "{taken}");
    }
}

#[test]
fn what_was_given_up_for_lost_and_comes_after_all_does_not_lengthen_the_call() {
    let mut call = Call::new(Sides::Caller, Counting::None);
    (1..=200).for_each(|n| call.send(20 * n, Side::Caller, None, 1.0));
    // 17 s in which nothing comes, and then all of it at once.
    (41..=210).for_each(|tenth| call.tick(100 * tenth));
    (0..850).for_each(|_| call.send(21_000, Side::Caller, None, 2.0));
    (1..=100).for_each(|n| call.send(21_000 + 20 * n, Side::Caller, None, 3.0));
    let length_ms = call.legs.position() / 8;
    assert!(length_ms.abs_diff(23_000) <= 300, "{length_ms} ms");
    assert!(call.told(Side::Caller).ends_with("3 3 3"));
}

#[test]
fn a_pause_or_a_loss_before_the_first_sound_is_time_that_passed() {
    let second = Duration::from_secs(1);
    let mut call = Call::new(Sides::Caller, Counting::Told);
    call.legs.pause(call.begin, &mut call.out);
    call.legs.resume(None, call.begin + 12 * second, &mut call.out);
    call.send(12_020, Side::Caller, None, 1.0);
    assert_eq!(call.told(Side::Caller), "M600 1");
    let mut call = Call::new(Sides::Caller, Counting::Told);
    call.legs.lose(96_000, call.begin + 12 * second, &mut call.out);
    call.send(12_020, Side::Caller, None, 1.0);
    assert_eq!(call.told(Side::Caller), "G600 1");
    // Nothing is reckoned where the peer tells what was lost.
    (121..=300).for_each(|tenth| call.tick(100 * tenth));
    assert_eq!(call.told(Side::Caller), "G600 1");
}

#[test]
fn a_count_that_jumps_is_followed() {
    for jump in [0, 60 * 60 * 8_000] {
        let mut call = Call::new(Sides::Caller, Counting::Shared);
        (0..250).for_each(|n| call.send(20 * (n + 1), Side::Caller, Some(n * PACKET), 1.0));
        for n in 0..250 {
            call.send(5_000 + 20 * (n + 1), Side::Caller, Some(jump + n * PACKET), 2.0);
        }
        call.tick(10_200);
        assert_eq!(call.legs.n_jumps(), 1, "{jump}");
        let length_ms = call.legs.position() / 8;
        assert!(length_ms.abs_diff(10_000) <= 300, "{jump}: {length_ms} ms");
        let heard = call.told(Side::Caller).matches('2').count();
        assert!(heard > 180, "{jump}: {heard} packets");
    }
}

/// Each track counts for itself: one that jumps leaves the other alone.
#[test]
fn a_side_whose_count_jumps_leaves_the_other_alone() {
    let mut call = Call::new(Sides::Apart, Counting::Shared);
    for n in 0..500 {
        let ms = 20 * (n + 1);
        call.send(ms, Side::Caller, Some(n * PACKET), 1.0);
        // The operator's track begins anew after 5 s.
        let at = if n < 250 { n } else { n - 250 };
        call.send(ms, Side::Operator, Some(at * PACKET), 2.0);
    }
    call.tick(10_300);
    assert_eq!(call.told(Side::Caller), vec!["1"; 500].join(" "));
    assert_eq!(call.legs.n_jumps(), 1);
    let heard = call.told(Side::Operator).matches('2').count();
    assert!(heard > 440, "{heard} packets");
    assert!(call.legs.drift() < Duration::from_millis(300), "{:?}", call.legs.drift());
}

#[test]
fn a_pause_is_as_long_as_the_peer_says_where_it_does() {
    let mut call = Call::new(Sides::Caller, Counting::Told);
    call.send(20, Side::Caller, None, 1.0);
    call.legs.pause(call.begin + Duration::from_millis(20), &mut call.out);
    let late = call.begin + Duration::from_secs(8);
    call.legs.resume(Some(16_000), late, &mut call.out);
    assert_eq!(call.told(Side::Caller), "1 M100");
}

#[test]
fn a_call_is_as_long_as_the_longer_of_its_sides() {
    let mut call = Call::new(Sides::Apart, Counting::Shared);
    (0..250).for_each(|n| {
        call.send(20 * (n + 1), Side::Operator, Some(n * PACKET), 1.0);
        if n < 50 {
            call.send(20 * (n + 1), Side::Caller, Some(n * PACKET), 2.0);
        }
    });
    let end = call.begin + Duration::from_secs(5);
    call.legs.finish(end, &mut call.out);
    assert_eq!(call.legs.position(), 250 * PACKET);
    assert!(call.told(Side::Caller).ends_with("2 G200"));
}

#[test]
fn a_stall_is_no_wrong_rate_and_a_wrong_rate_is() {
    let mut stalled = Call::new(Sides::Caller, Counting::None);
    let mut slow = Call::new(Sides::Caller, Counting::None);
    for n in 0..175 {
        let ms = 20 * (n + 1);
        if !(50..100).contains(&n) {
            stalled.send(ms, Side::Caller, None, 1.0);
        }
        if n % 2 == 0 {
            slow.send(ms, Side::Caller, None, 1.0);
        }
    }
    let now = stalled.now(3_500);
    assert_eq!(stalled.legs.pace(now), None);
    let now = slow.now(3_500);
    assert!(slow.legs.pace(now).is_some_and(|pace| pace < 0.6));
}

#[test]
fn an_operator_who_talks_to_nobody_does_not_wait_for_a_caller() {
    let mut call = Call::new(Sides::Apart, Counting::Shared);
    (0..1_000).for_each(|n| {
        call.send(20 * (n + 1), Side::Operator, Some(n * PACKET), 1.0);
        call.tick(20 * (n + 1));
    });
    assert!(call.legs.position() >= 8_000 * 9, "{}", call.legs.position());
    assert!(call.told(Side::Caller).split(' ').count() <= 3);
}

proptest::proptest! {
    /// Whatever comes, in whatever order: nothing panics, and what comes out is as long as its place says.
    #[test]
    fn what_comes_out_has_no_holes(
        packets in proptest::collection::vec((0_u64..3_000, 0_u64..80_000, proptest::bool::ANY, 1_usize..500), 0..60),
    ) {
        let mut legs = Legs::new(RATE_HZ, Sides::Apart, Counting::Shared);
        let (begin, mut out) = (Instant::now(), Vec::new());
        for (ms, at, follows, len) in packets {
            let side = if at % 3 == 0 { Side::Operator } else { Side::Caller };
            let now = begin + Duration::from_millis(ms);
            let sound = Sound { side, at: Some(at), follows, samples: vec![0.1; len] };
            let _ = legs.take(sound, now, &mut out);
            legs.tick(now, &mut out);
        }
        legs.finish(begin + Duration::from_secs(4), &mut out);
        let length: u64 = out
            .iter()
            .filter(|(side, _)| *side == Side::Caller)
            .map(|(_, piece)| match piece {
                StreamPiece::Audio(samples) => samples.len() as u64,
                StreamPiece::Gap(n) | StreamPiece::Muted(n) => *n,
                StreamPiece::End | StreamPiece::Cut(_) => 0,
            })
            .sum();
        proptest::prop_assert_eq!(length, legs.position());
    }
}

#[test]
fn what_another_connection_brings_of_the_time_between_is_not_counted_twice() {
    let mut call = Call::new(Sides::Caller, Counting::None);
    call.send(20, Side::Caller, None, 1.0);
    let now = call.now(4_020);
    call.legs.take_over(now, &mut call.out);
    for _ in 0..200 {
        call.send(4_040, Side::Caller, None, 2.0);
    }
    let most = 8 * (4_040 + 200);
    assert!(call.legs.position() <= most, "{} of {most}", call.legs.position());
}

#[test]
fn after_a_pause_a_count_of_ones_own_begins_anew() {
    for at in [51 * PACKET, PACKET, 0] {
        let mut call = Call::new(Sides::Caller, Counting::Apart);
        call.send(20, Side::Caller, Some(0), 1.0);
        let (pause, resume) = (call.now(120), call.now(1_120));
        call.legs.pause(pause, &mut call.out);
        call.legs.resume(None, resume, &mut call.out);
        call.send(1_140, Side::Caller, Some(at), 2.0);
        call.send(1_160, Side::Caller, Some(at + PACKET), 3.0);
        assert_eq!(call.told(Side::Caller), "1 M50 2 3", "{at}");
    }
}
