use super::*;
use proptest::prelude::*;

const SSRC: u32 = 0x1122_3344;

/// A packet of 20 ms of a payload type.
fn of_type(kind: u8, sequence: u16, timestamp: u32, ssrc: u32) -> Vec<u8> {
    let mut packet = vec![0x80, kind];
    packet.extend(sequence.to_be_bytes());
    packet.extend(timestamp.to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    let [.., low] = sequence.to_be_bytes();
    packet.extend([low; 160]);
    packet
}

fn voice(sequence: u16, timestamp: u32) -> Vec<u8> {
    of_type(0, sequence, timestamp, SSRC)
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Where each packet's sound stands and whether it follows; none for packets without.
fn hear(stream: &mut RtpStream, packets: &[Vec<u8>]) -> Vec<Option<(u64, bool)>> {
    let pieces = packets.iter().zip(0_u64..).map(|(packet, n)| stream.hear(packet, ms(20 * n)));
    pieces
        .map(|piece| {
            piece.map(|sound| {
                assert_eq!((sound.side, sound.samples.len()), (Side::Caller, 160));
                (sound.at.expect("RTP counts"), sound.follows)
            })
        })
        .collect()
}

fn stream() -> RtpStream {
    RtpStream::new(Side::Caller, &[(101, Coding::TelephoneEvent), (96, Coding::ALaw)])
}

#[test]
fn a_packet_is_read_without_what_stands_around_its_payload() {
    let bytes = [
        [0xb2, 0x88, 0x12, 0x34, 0, 0, 1, 0, 0xaa, 0xbb, 0xcc, 0xdd].as_slice(),
        &[0; 8],
        &[0xbe, 0xde, 0, 1, 9, 9, 9, 9],
        &[1, 2, 3, 0, 0, 3],
    ]
    .concat();
    let packet = Packet::parse(&bytes).expect("a packet");
    let expected = Packet {
        payload_type: 8,
        marker: true,
        sequence: 0x1234,
        timestamp: 256,
        ssrc: 0xaabb_ccdd,
        payload: &[1, 2, 3],
    };
    assert_eq!(packet, expected);
    // From 29 bytes on what is left of the payload may be taken for padding.
    for len in 0..29 {
        assert!(Packet::parse(&bytes[..len]).is_err_and(|r| r.word() == "malformed"), "{len}");
    }
}

#[test]
fn what_is_no_packet_is_counted_and_left() {
    let mut padded = voice(1, 0);
    padded[0] |= 0x20;
    padded.push(200);
    let mut rtcp = voice(1, 0);
    rtcp[1] = 200;
    let mut version = voice(1, 0);
    version[0] = 0x40;
    let mut stream = stream();
    for packet in [&padded, &rtcp, &version, &Vec::new()] {
        assert_eq!(stream.hear(packet, ms(0)), None);
    }
    assert_eq!(stream.counts(), Counts { malformed: 4, ..Counts::default() });
    assert_eq!(stream.report(), None);
}

#[test]
fn codes_become_samples_by_payload_type() {
    let mut stream = stream();
    let codes = [(0, 0x00), (0x80, 0xff), (8, 0x2a), (96, 0xd5)];
    let first = (1_u16..).zip(codes).map(|(number, (kind, code))| {
        let mut packet = of_type(kind, number, u32::from(number) * 160, SSRC);
        packet[12] = code;
        stream.hear(&packet, ms(0)).expect("sound").samples[0] * 32_768.0
    });
    // Whole numbers below 2^24 are exact in 32 bits.
    assert_eq!(first.collect::<Vec<_>>(), [-32_124.0, 0.0, -32_256.0, 8.0]);
}

#[test]
fn a_jump_of_the_timestamp_alone_is_silence_and_one_of_both_a_loss() {
    let mut stream = stream();
    let packets = [voice(9, 1_000), voice(10, 1_160), voice(11, 9_160), voice(13, 9_480)];
    let heard = hear(&mut stream, &packets);
    let expected = [(0, false), (160, true), (8_160, true), (8_480, false)];
    assert_eq!(heard, expected.map(Some));
    assert_eq!(stream.counts(), Counts { received: 4, lost: 1, ..Counts::default() });
}

#[test]
fn noise_and_keys_are_no_sound_but_are_counted_and_fill_no_gap() {
    let mut stream = stream();
    let packets = [
        voice(1, 0),
        of_type(13, 2, 160, SSRC),
        voice(3, 1_600),
        of_type(101, 4, 1_760, SSRC),
        of_type(101, 5, 1_760, SSRC),
        voice(6, 3_200),
        of_type(13, 8, 3_520, SSRC),
        voice(9, 3_680),
        voice(10, 3_840),
    ];
    let heard = hear(&mut stream, &packets);
    let sounds: Vec<_> = heard.iter().flatten().copied().collect();
    let expected = [(0, false), (1_600, true), (3_200, true), (3_680, false), (3_840, true)];
    assert_eq!(sounds, expected);
}

#[test]
fn a_payload_that_is_not_read_is_a_loss() {
    let mut stream = stream();
    let packets = [voice(1, 0), of_type(18, 2, 160, SSRC), voice(3, 320), voice(4, 480)];
    let heard = hear(&mut stream, &packets);
    assert_eq!(heard, [Some((0, false)), None, Some((320, false)), Some((480, true))]);
    let mut long = voice(5, 640);
    long.resize(12 + MAX_PAYLOAD_LEN + 1, 0);
    assert_eq!(stream.hear(&long, ms(100)), None);
    assert_eq!(stream.counts().unread, 2);
}

#[test]
fn late_packets_stand_where_they_belong_and_doubles_are_dropped() {
    let mut stream = stream();
    let packets =
        [voice(1, 160), voice(3, 480), voice(2, 320), voice(2, 320), voice(3, 480), voice(4, 640)];
    let heard = hear(&mut stream, &packets);
    let expected =
        [Some((0, false)), Some((320, false)), Some((160, false)), None, None, Some((480, true))];
    assert_eq!(heard, expected);
    let counts = Counts { received: 6, late: 1, duplicate: 2, ..Counts::default() };
    assert_eq!(stream.counts(), counts);
    assert_eq!(stream.hear(&voice(0, 0), ms(200)), None, "it is from before the first");
}

#[test]
fn shuffled_packets_give_the_same_sound_as_ordered_ones() {
    let sounds = |order: &[u16]| {
        let mut stream = stream();
        let packets = order.iter().map(|n| voice(*n, u32::from(*n) * 160));
        let mut sounds: Vec<Sound> =
            packets.filter_map(|packet| stream.hear(&packet, ms(0))).collect();
        sounds.sort_by_key(|sound| sound.at);
        sounds.into_iter().map(|sound| (sound.at, sound.samples)).collect::<Vec<_>>()
    };
    let ordered = sounds(&[1, 2, 3, 4, 5, 6]);
    assert_eq!(ordered.len(), 6);
    assert_eq!(sounds(&[1, 3, 6, 2, 5, 4]), ordered);
}

#[test]
fn counts_go_on_past_their_ends() {
    let mut stream = stream();
    let packets = [voice(65_535, u32::MAX - 159), voice(0, 0), voice(1, 160)];
    assert_eq!(hear(&mut stream, &packets), [(0, false), (160, true), (320, true)].map(Some));
}

#[test]
fn a_new_source_goes_on_where_the_old_one_ended() {
    let mut stream = stream();
    let packets = [
        voice(1, 160),
        of_type(0, 500, 77_777, 9),
        // Still on the way when the source changed.
        voice(2, 320),
        of_type(0, 501, 77_937, 9),
    ];
    let heard = hear(&mut stream, &packets);
    assert_eq!(heard, [Some((0, false)), Some((160, true)), None, Some((320, true))]);
    let back = stream.hear(&voice(3, 480), ms(1_000)).expect("the old source is back");
    assert_eq!((back.at, back.follows), (Some(480), true));
    assert_eq!(stream.counts(), Counts { received: 5, late: 1, ..Counts::default() });
}

#[test]
fn a_count_that_begins_anew_goes_on_where_the_old_one_ended() {
    let mut stream = stream();
    let packets = [
        voice(1, 160),
        voice(30_000, 5),
        voice(30_001, 165),
        voice(30_002, 325),
        // An hour within 20 ms, and a way back.
        voice(30_003, 325 + 3_600 * RATE_HZ),
        voice(30_004, 325),
        voice(30_003, 325 + 3_600 * RATE_HZ),
    ];
    let heard = hear(&mut stream, &packets);
    let expected = [
        Some((0, false)),
        None,
        Some((160, true)),
        Some((320, true)),
        Some((480, true)),
        Some((640, true)),
        None,
    ];
    assert_eq!(heard, expected);
}

#[test]
fn an_hour_of_silence_is_believed_when_an_hour_passed() {
    let mut stream = stream();
    assert!(stream.hear(&voice(1, 0), ms(0)).is_some());
    let later = stream.hear(&voice(2, 3_600 * RATE_HZ), Duration::from_secs(3_595));
    assert_eq!(later.and_then(|sound| sound.at), Some(28_800_000));
}

#[test]
fn a_report_tells_loss_and_jitter() {
    let mut stream = stream();
    stream.hear(&voice(10, 0), ms(0));
    stream.hear(&voice(11, 160), ms(30));
    stream.hear(&voice(13, 480), ms(60));
    let report = stream.report().expect("packets came");
    assert_eq!((report.ssrc, report.loss.highest, report.loss.lost), (SSRC, 13, 1));
    assert_eq!(report.loss.fraction, 64);
    // 80 samples late, then 80 early: 80 + 80 − 5, a sixteenth of it.
    assert_eq!(report.jitter, 9);
    assert_eq!(stream.report(), None);
}

#[test]
fn a_new_offer_changes_side_and_formats() {
    let mut stream = stream();
    stream.hear(&voice(1, 0), ms(0));
    stream.change(Side::Operator, &[(0, Coding::TelephoneEvent)]);
    assert_eq!(stream.hear(&voice(2, 160), ms(20)), None);
    let sound = stream.hear(&of_type(8, 3, 320, SSRC), ms(40)).expect("A-law is static");
    assert_eq!((sound.side, sound.at), (Side::Operator, Some(320)));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        packets in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..60), 0_u64..100_000), 0..20),
    ) {
        let mut stream = stream();
        for (packet, now) in packets {
            stream.hear(&packet, ms(now));
            stream.report();
        }
    }

    #[test]
    fn no_counts_make_it_panic_or_run_far_ahead(
        packets in prop::collection::vec(
            (prop::sample::select(vec![0_u8, 8, 13, 18, 101]), any::<u16>(), any::<u32>(), 0_u32..3), 0..60,
        ),
        near in any::<bool>(),
    ) {
        let mut stream = stream();
        for (kind, sequence, timestamp, ssrc) in packets {
            let sequence = if near { sequence % 200 } else { sequence };
            let before = stream.end;
            if let Some(sound) = stream.hear(&of_type(kind, sequence, timestamp, ssrc), ms(50)) {
                let at = sound.at.expect("RTP counts");
                prop_assert!(at <= before + u64::from(10 * RATE_HZ));
            }
        }
        stream.report();
    }
}
