//! What telephone systems write, and what is known by name and not read.

use std::fs;
use std::process::Command;

use super::headers::{Wav, au};
use super::{decoded, fixture, refusal, written};
use sound::recording::{Channel, FileHints, decode, decode_with};

/// To the last bit as libgsm and ffmpeg decode the same bytes: `make.sh` says how the references were made.
#[test]
fn gsm_is_decoded_to_the_last_bit() {
    for (name, reference) in
        [("sweep.gsm", "reference-gsm.flac"), ("sweep-gsm.wav", "reference-gsm-wav.flac")]
    {
        let ours = decode(&fixture(name), Channel::Mix).unwrap().samples;
        let theirs = decode(&fixture(reference), Channel::Mix).unwrap().samples;
        assert_eq!(ours.len(), theirs.len(), "{name}");
        let differ = ours.iter().zip(&theirs).filter(|(a, b)| a != b).count();
        assert_eq!(differ, 0, "{name}: of {} samples", ours.len());
    }
}

/// ffmpeg rounds otherwise in the last filter: by one step of 16 bits.
#[test]
fn g722_is_decoded_as_by_ffmpeg() {
    const STEPS: f32 = 2.0 / 32_768.0;
    let ours = decode(&fixture("sweep.g722"), Channel::Mix).unwrap().samples;
    let theirs = decode(&fixture("reference-g722.flac"), Channel::Mix).unwrap().samples;
    assert_eq!(ours.len(), theirs.len());
    let worst = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst <= STEPS, "off by {} steps", worst * 32_768.0);
}

#[test]
fn recordings_without_a_header_are_known_by_name_in_upper_and_lower_case() {
    let linear: Vec<u8> = [0_i16, 8192, -8192].iter().flat_map(|x| x.to_le_bytes()).collect();
    let expected = [0.0, 0.25, -0.25];
    for (name, rate_hz) in
        [("a.sln", 8000), ("A.SLN16", 16_000), ("a.slin", 8000), ("a.sln48", 48_000)]
    {
        let clip = decoded(name, &linear).unwrap();
        assert_eq!(
            (clip.samples.as_slice(), clip.sample_rate_hz),
            (&expected[..], rate_hz),
            "{name}"
        );
    }
    for (name, bytes, loudest) in [
        ("a.ulaw", [0xff, 0x80], 32_124.0),
        ("a.UL", [0xff, 0x80], 32_124.0),
        ("a.alaw", [0xd5, 0xaa], 32_256.0),
    ] {
        let clip = decoded(name, &bytes).unwrap();
        assert!((clip.samples[1] - loudest / 32_768.0).abs() < 1e-6, "{name}: {:?}", clip.samples);
    }
    // Silence in mu-law looks like frames of MPEG audio, and is none.
    assert_eq!(decoded("a.ulaw", &[0xff; 4000]).unwrap().samples.len(), 4000);
    // A WAV file is one whatever it is called.
    let wav = Wav::new(1, 1, 8000, 16, linear).bytes();
    assert_eq!(decoded("a.ulaw", &wav).unwrap().samples, expected);
}

#[test]
fn what_is_typed_of_the_coding_counts_more_than_name_and_content() {
    let (_folder, path) = written("call.bin", &[0xff, 0x80]);
    let read = |typed: &str| {
        let hints = FileHints { raw: Some(typed.parse().unwrap()), ..FileHints::default() };
        let clip = decode_with(&path, Channel::Mix, hints).unwrap();
        (clip.samples, clip.sample_rate_hz)
    };
    assert_eq!(read("ulaw"), (vec![0.0, 32_124.0 / 32_768.0], 8000));
    assert_eq!(read("ulaw:16000").1, 16_000);
    assert_eq!(read("s16be"), (vec![-128.0 / 32_768.0], 8000));
    assert_eq!(read("g722").1, 16_000);
}

#[test]
fn a_gsm_file_that_ends_within_a_frame_was_cut_off() {
    let bytes = fs::read(fixture("sweep.gsm")).unwrap();
    let message = decoded("a.gsm", &bytes[..3310]).unwrap_err().to_string();
    assert!(message.contains("cut off") && message.contains("2.00 s"), "{message}");
}

#[test]
fn suns_au_is_read_in_every_coding_it_has() {
    let half = |bytes: &[u8]| bytes.to_vec();
    for (encoding, data) in [
        (2, half(&[0x40])),
        (3, half(&[0x40, 0])),
        (4, half(&[0x40, 0, 0])),
        (5, half(&[0x40, 0, 0, 0])),
        (6, 0.5_f32.to_be_bytes().to_vec()),
        (7, 0.5_f64.to_be_bytes().to_vec()),
    ] {
        // The length may be unknown, or zero.
        for len in [data.len() as u32, u32::MAX, 0] {
            let clip = decoded("a.au", &au(encoding, 8000, 1, len, &data)).unwrap();
            assert_eq!((clip.samples, clip.sample_rate_hz), (vec![0.5], 8000), "{encoding}");
        }
    }
    let mu_law = decoded("a.au", &au(1, 8000, 2, 4, &[0xff, 0x80, 0xff, 0x80])).unwrap();
    assert_eq!((mu_law.samples.len(), mu_law.n_channels), (2, 2));
    assert!(
        (decoded("a.au", &au(27, 8000, 1, 1, &[0xaa])).unwrap().samples[0] - 0.984).abs() < 0.001
    );
    let cut = decoded("a.au", &au(3, 8000, 1, 32_000, &[1; 16_000])).unwrap_err().to_string();
    assert!(cut.contains("cut off") && cut.contains("2.00 s"), "{cut}");
    let message = refusal("a.au", &au(23, 8000, 1, 4, &[0; 4]));
    assert!(message.contains("G.721 ADPCM"), "{message}");
}

/// A box of MP4 with what is in it.
fn mp4_box(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes()[..], name, content].concat()
}

/// An MP4 file whose one track of sound has these four letters.
pub fn mp4_with(letters: &[u8; 4]) -> Vec<u8> {
    let handler = mp4_box(b"hdlr", &[&[0; 8][..], b"soun", &[0; 13]].concat());
    let entry = mp4_box(letters, &[0; 28]);
    let stsd = mp4_box(b"stsd", &[&[0, 0, 0, 0, 0, 0, 0, 1][..], &entry].concat());
    let media = [handler, mp4_box(b"minf", &mp4_box(b"stbl", &stsd))].concat();
    let movie = mp4_box(b"moov", &mp4_box(b"trak", &mp4_box(b"mdia", &media)));
    [mp4_box(b"ftyp", b"isom\0\0\0\0isom"), movie, mp4_box(b"mdat", &[0; 64])].concat()
}

/// AMR at 12.2 kbit/s: frames of a header byte and 31 bytes.
pub fn amr() -> Vec<u8> {
    let mut bytes = b"#!AMR\n".to_vec();
    for _ in 0..50 {
        bytes.push(0x3c);
        bytes.extend([0x55; 31]);
    }
    bytes
}

#[test]
fn what_is_known_and_not_read_is_named() {
    let speex = fs::read(fixture("sweep-speex.ogg")).unwrap();
    for (bytes, name) in [
        (amr(), "AMR-NB"),
        (b"#!AMR-WB\n\x04".to_vec(), "AMR-WB"),
        (b"#!iLBC30\n".to_vec(), "iLBC"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9".to_vec(), "Windows Media"),
        (speex, "Speex"),
        (mp4_with(b"samr"), "AMR-NB"),
        (Wav::new(0x0083, 1, 8000, 0, vec![0; 20]).bytes(), "G.729"),
        (Wav::new(0xa109, 1, 8000, 0, vec![0; 20]).bytes(), "Speex"),
        (Wav::new(0x0045, 1, 8000, 4, vec![0; 20]).bytes(), "G.726"),
    ] {
        let message = refusal("call.x", &bytes);
        assert!(message.contains(name) && message.contains("ffmpeg -i "), "{message}");
    }
    // No free program reads these.
    for (bytes, name) in [
        (mp4_with(b"drms"), "protected against copies (DRM)"),
        (mp4_with(b"enca"), "protected against copies (DRM)"),
        (b"#!SILK_V3\x0e".to_vec(), "SILK"),
    ] {
        let message = refusal("call.x", &bytes);
        assert!(message.contains(name) && message.contains("export it as WAV"), "{message}");
    }
}

/// The command that a message gives makes a recording that is read: ffmpeg is one of the tests' programs.
#[test]
fn the_command_of_a_message_works() {
    for (name, bytes) in
        [("the caller's.amr", amr()), ("speex.ogg", fs::read(fixture("sweep-speex.ogg")).unwrap())]
    {
        let (folder, path) = written(name, &bytes);
        let message = decode(&path, Channel::Mix).unwrap_err().to_string();
        let command = message.split("convert it first: ").nth(1).expect("a command");
        let ended = Command::new("sh").args(["-c", command]).output().unwrap();
        assert!(ended.status.success(), "{command}: {ended:?}");
        let made = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let made = made.filter(|made| *made != path).collect::<Vec<_>>();
        let clip = decode(&made[0], Channel::Mix).unwrap();
        assert!(clip.samples.len() as u32 >= clip.sample_rate_hz * 9 / 10, "{command}");
    }
}

#[test]
fn kinds_of_aac_that_are_not_read_are_named() {
    // An MP4 file of AAC whose configuration (two bytes in `esds`) is changed to another object type.
    let bytes = fs::read(fixture("sweep.m4a")).unwrap();
    let esds = bytes.windows(4).position(|four| four == b"esds").unwrap();
    let config = bytes[esds..].windows(1).position(|tag| tag == [5]).unwrap() + esds;
    let at = (config..config + 8).find(|at| bytes[*at] >> 3 == 2).expect("AAC-LC");
    for (kind, name) in [(5, "HE-AAC"), (29, "HE-AAC version 2"), (23, "AAC-LD"), (1, "AAC Main")] {
        let mut changed = bytes.clone();
        changed[at] = kind << 3 | changed[at] & 7;
        let message = refusal("call.m4a", &changed);
        assert!(message.contains(name), "{message}");
    }
}
