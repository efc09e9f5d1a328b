//! `WebM` files, made byte by byte of the packets of the Opus fixture.

use std::fs;
use std::path::Path;

/// The fixture: 4 s.
const OPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/audio/sweep-opus.ogg");

/// The packets of the Opus fixture, 20 ms each; the first two are headers.
pub fn opus_packets() -> Vec<Vec<u8>> {
    let bytes = fs::read(Path::new(OPUS)).unwrap();
    let (mut packets, mut packet, mut at) = (Vec::new(), Vec::new(), 0);
    while at < bytes.len() {
        let n_segments = usize::from(bytes[at + 26]);
        let lens = &bytes[at + 27..at + 27 + n_segments];
        at += 27 + n_segments;
        for len in lens {
            packet.extend(&bytes[at..at + usize::from(*len)]);
            at += usize::from(*len);
            if *len < 255 {
                packets.push(std::mem::take(&mut packet));
            }
        }
    }
    packets
}

/// Whether an element says how long it is, as files of browsers do not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Length {
    Known,
    Unknown,
}

fn element(id: &[u8], content: &[u8], length: Length) -> Vec<u8> {
    let size = match length {
        Length::Known => (0x0100_0000_0000_0000 | content.len() as u64).to_be_bytes(),
        Length::Unknown => (0x01ff_ffff_ffff_ffff_u64).to_be_bytes(),
    };
    [id, &size, content].concat()
}

fn known(id: &[u8], content: &[u8]) -> Vec<u8> {
    element(id, content, Length::Known)
}

/// A file with these packets at these times, in clusters of a second.
pub fn webm(header: &[u8], packets: &[(u64, &[u8])], length: Length) -> Vec<u8> {
    let ebml = known(b"\x1a\x45\xdf\xa3", &known(b"\x42\x82", b"webm"));
    let info = [
        known(b"\x2a\xd7\xb1", &[0x0f, 0x42, 0x40]),
        known(b"\x4d\x80", b"ours"),
        known(b"\x57\x41", b"ours"),
    ];
    let info = known(b"\x15\x49\xa9\x66", &info.concat());
    let audio = [known(&[0xb5], &48_000_f64.to_be_bytes()), known(&[0x9f], &[1])].concat();
    let entry = [
        known(&[0xd7], &[1]),
        known(b"\x73\xc5", &[1]),
        known(&[0x83], &[2]),
        known(&[0x86], b"A_OPUS"),
        known(b"\x63\xa2", header),
        known(&[0xe1], &audio),
    ];
    let tracks = known(b"\x16\x54\xae\x6b", &known(&[0xae], &entry.concat()));
    let mut content = [info, tracks].concat();
    for cluster in packets.chunk_by(|(a, _), (b, _)| a / 1000 == b / 1000) {
        let start = cluster[0].0;
        let mut blocks = known(&[0xe7], &start.to_be_bytes());
        for (at, packet) in cluster {
            let head = [&[0x81][..], &((at - start) as i16).to_be_bytes(), &[0x80]].concat();
            blocks.extend(known(&[0xa3], &[&head, *packet].concat()));
        }
        content.extend(element(b"\x1f\x43\xb6\x75", &blocks, length));
    }
    [ebml, element(b"\x18\x53\x80\x67", &content, length)].concat()
}

/// The packets but for those that `keeps` leaves out, each at its time as `stamp` makes it.
pub fn file(keeps: impl Fn(u64) -> bool, stamp: impl Fn(u64) -> u64, length: Length) -> Vec<u8> {
    let packets = opus_packets();
    let at = |index: usize| index as u64 * 20;
    let kept: Vec<(u64, &[u8])> = packets[2..]
        .iter()
        .enumerate()
        .filter(|(index, _)| keeps(at(*index)))
        .map(|(index, packet)| (stamp(at(index)), packet.as_slice()))
        .collect();
    webm(&packets[0], &kept, length)
}
