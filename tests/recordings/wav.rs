//! WAV files as recorders write them: wide headers, wrong lengths, odd chunks.

use super::headers::{Wav, chunk, extensible, pcm16};
use super::{decoded, drained, written};
use sound::recording::{Channel, Pace, Recording};

const PCM: u16 = 1;
const EXTENSIBLE: u16 = 0xfffe;

/// Samples that no chunk begins with, and that tell their place.
fn counting(len: i16) -> Vec<i16> {
    (0..len).map(|index| index % 100 * 300).collect()
}

fn ramp(len: i16) -> Wav {
    Wav::new(PCM, 1, 8000, 16, pcm16(&counting(len)))
}

/// What a file gives, the sound that it lost, what is remarked on it, and its error.
fn read(bytes: &[u8]) -> (Vec<f32>, u64, Option<String>, Option<String>) {
    let (_folder, path) = written("call.wav", bytes);
    let mut recording = Recording::open(&path, Channel::Mix, Pace::AsRead).unwrap();
    let told = recording.len_samples();
    let mut remark = None;
    let mut samples = Vec::new();
    let mut lost = 0;
    let error = loop {
        use sound::{Block, Source};
        match recording.next_block() {
            Ok(Block::Audio(block)) => samples.extend_from_slice(block),
            Ok(Block::Gap(len)) => lost += len,
            Ok(Block::End) => break None,
            Ok(other) => panic!("{other:?}"),
            Err(error) => break Some(error.to_string()),
        }
        remark = remark.or(recording.take_remark());
    };
    remark = remark.or(recording.take_remark());
    if error.is_none() {
        assert_eq!(told, Some(samples.len() as u64 + lost), "the length that is told before");
    }
    (samples, lost, remark, error)
}

#[track_caller]
fn reads_all(bytes: &[u8], expected: &[i16]) -> Option<String> {
    let (samples, lost, remark, error) = read(bytes);
    let expected: Vec<f32> = expected.iter().map(|sample| f32::from(*sample) / 32768.0).collect();
    assert_eq!((samples.len(), lost, error), (expected.len(), 0, None));
    assert!(samples == expected, "other samples");
    remark
}

/// A recorder that was never told that it ends: what the first flush wrote, or nothing, in either field.
#[test]
fn samples_that_go_on_after_the_length_in_the_header_are_read_and_told() {
    for (data_len, riff_len) in
        [(16_000, Some(16_036)), (0, None), (0, Some(u32::MAX)), (2_001, None), (2, Some(0))]
    {
        let file = Wav { data_len: Some(data_len), riff_len, ..ramp(20_000) };
        let remark = reads_all(&file.bytes(), &counting(20_000)).expect("must be told");
        assert!(remark.contains("goes on") && remark.contains("2.5 s were read"), "{remark}");
    }
}

#[test]
fn chunks_after_the_samples_are_no_sound() {
    let list = chunk(b"LIST", b"INFOISFT\x06\0\0\0sound\0");
    let odd = chunk(b"note", b"abc");
    let tails = [
        list.clone(),
        [odd.clone(), vec![0], list.clone()].concat(),
        // Without the byte that fills an odd chunk up.
        [odd, list.clone()].concat(),
        // A memory card's block is filled up with zeros.
        vec![0; 4000],
        vec![0; 3],
    ];
    for tail in tails {
        let file = Wav { tail, ..ramp(5_000) };
        assert_eq!(reads_all(&file.bytes(), &counting(5_000)), None);
    }
    // An odd number of samples of 8 bits, filled up or not.
    for pad in [vec![], vec![0]] {
        let file =
            Wav { tail: [pad, list.clone()].concat(), ..Wav::new(7, 1, 8000, 8, vec![0xff; 4001]) };
        assert_eq!(decoded("odd.wav", &file.bytes()).unwrap().samples.len(), 4001);
    }
}

#[test]
fn odd_chunks_before_the_samples_may_lack_their_pad_byte() {
    for pad in [&b""[..], b"\0"] {
        let whole = ramp(3_000).bytes();
        let bext = [&chunk(b"bext", b"abcde"), pad].concat();
        let bytes = [&whole[..12], &bext, &whole[12..]].concat();
        assert_eq!(reads_all(&bytes, &counting(3_000)), None);
    }
}

/// EBU Tech 3306 and ITU-R BS.2088: the lengths stand in a chunk of their own.
#[test]
fn files_of_64_bits_are_read() {
    let samples = counting(3_000);
    for name in [b"RF64", b"BW64"] {
        let mut lens = Vec::new();
        lens.extend(6_100_u64.to_le_bytes());
        lens.extend(6_000_u64.to_le_bytes());
        lens.extend([0; 12]);
        let file = Wav {
            data_len: Some(u32::MAX),
            riff_len: Some(u32::MAX),
            tail: chunk(b"LIST", b"INFO"),
            ..ramp(3_000)
        };
        let whole = file.bytes();
        let bytes = [name, &whole[4..12], &chunk(b"ds64", &lens), &whole[12..]].concat();
        assert_eq!(reads_all(&bytes, &samples), None);
    }
}

#[test]
fn big_endian_wav_is_read() {
    let mut bytes = b"RIFX\0\0\x00\x30WAVEfmt \0\0\0\x10\0\x01\0\x01".to_vec();
    bytes.extend(8000_u32.to_be_bytes());
    bytes.extend(16_000_u32.to_be_bytes());
    bytes.extend([0, 2, 0, 16]);
    bytes.extend(b"data\0\0\0\x04\x40\0\xc0\0");
    assert_eq!(reads_all(&bytes, &[16384, -16384]), None);
}

#[test]
fn the_extensible_format_is_read_with_every_coding() {
    let tail = |valid_bits, tag| extensible(valid_bits, tag);
    let mu_law =
        Wav { format_tail: tail(8, 7), ..Wav::new(EXTENSIBLE, 1, 8000, 8, vec![0x80, 0xff]) };
    let a_law =
        Wav { format_tail: tail(8, 6), ..Wav::new(EXTENSIBLE, 1, 8000, 8, vec![0xaa, 0xd5]) };
    assert_eq!(reads_all(&mu_law.bytes(), &[32_124, 0]), None);
    assert_eq!(reads_all(&a_law.bytes(), &[32_256, 8]), None);
    let pcm =
        Wav { format_tail: tail(16, 1), ..Wav::new(EXTENSIBLE, 1, 8000, 16, pcm16(&[1, -2])) };
    assert_eq!(reads_all(&pcm.bytes(), &[1, -2]), None);
    let float = 0.5_f32.to_le_bytes().to_vec();
    let float = Wav { format_tail: tail(32, 3), ..Wav::new(EXTENSIBLE, 1, 8000, 32, float) };
    assert_eq!(reads_all(&float.bytes(), &[16_384]), None);
}

/// What is narrower than its bytes stands in their upper bits: 20 bits in 24, 12 in 16, 24 in 32.
#[test]
fn samples_may_be_narrower_than_their_bytes() {
    for (bits, block_len, half) in
        [(20, 3, vec![0, 0, 0x40]), (12, 2, vec![0, 0x40]), (24, 4, vec![0, 0, 0, 0x40])]
    {
        let plain =
            Wav { block_len: Some(block_len), ..Wav::new(PCM, 1, 8000, bits, half.clone()) };
        assert_eq!(reads_all(&plain.bytes(), &[16_384]), None, "{bits} bits");
        let wide = Wav {
            block_len: Some(block_len),
            format_tail: extensible(bits, PCM),
            ..Wav::new(EXTENSIBLE, 1, 8000, block_len * 8, half)
        };
        assert_eq!(reads_all(&wide.bytes(), &[16_384]), None, "{bits} bits, extensible");
    }
}

#[test]
fn a_jump_is_exact_where_the_header_lies() {
    let file = Wav { data_len: Some(10), ..ramp(20_000) };
    let (_folder, path) = written("call.wav", &file.bytes());
    let whole = drained(Recording::open(&path, Channel::Mix, Pace::AsRead).unwrap()).0;
    let mut recording = Recording::open(&path, Channel::Mix, Pace::AsRead).unwrap();
    assert_eq!(recording.seek(15_000).unwrap(), 15_000);
    assert_eq!(drained(recording).0, whole[15_000..]);
}
