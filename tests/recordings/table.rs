//! The tables of `docs/recordings.md`: every row has a file that is read, or refused by its name.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::headers::{Wav, au, chunk, extensible, pcm16};
use super::telephone::{amr, mp4_with};
use super::{decoded, fixture, refusal};

/// Names and bytes of files that a row is about.
type Files = Vec<(&'static str, Vec<u8>)>;

fn made(name: &'static str) -> (&'static str, Vec<u8>) {
    (name, fs::read(fixture(name)).unwrap())
}

fn wav(file: &Wav) -> (&'static str, Vec<u8>) {
    ("call.wav", file.bytes())
}

/// Half a second of a coding whose samples have so many bytes.
fn plain(tag: u16, bits: u16) -> Wav {
    Wav::new(tag, 1, 8000, bits, vec![0x40; 4000 * usize::from(bits / 8)])
}

fn wide(name: &[u8; 4]) -> (&'static str, Vec<u8>) {
    let mut lens = 8_100_u64.to_le_bytes().to_vec();
    lens.extend(8_000_u64.to_le_bytes());
    lens.extend([0; 12]);
    let file = Wav { data_len: Some(u32::MAX), riff_len: Some(u32::MAX), ..plain(1, 16) }.bytes();
    ("call.wav", [name, &file[4..12], &chunk(b"ds64", &lens), &file[12..]].concat())
}

fn big_endian(name: &'static str) -> (&'static str, Vec<u8>) {
    let mut bytes = match name {
        "call.aiff" => {
            let mut bytes = b"FORM\0\0\x1f\x6eAIFFCOMM\0\0\0\x12\0\x01\0\0\x0f\xa0\0\x10".to_vec();
            bytes.extend([0x40, 0x0b, 0xfa, 0, 0, 0, 0, 0, 0, 0]);
            bytes.extend(b"SSND\0\0\x1f\x48\0\0\0\0\0\0\0\0");
            bytes
        }
        "call.caf" => {
            let mut bytes = b"caff\0\x01\0\0desc\0\0\0\0\0\0\0\x20".to_vec();
            bytes.extend(8000_f64.to_be_bytes());
            bytes.extend(b"lpcm\0\0\0\0");
            bytes.extend([2_u32, 1, 1, 16].iter().flat_map(|x| x.to_be_bytes()));
            bytes.extend(b"data\0\0\0\0\0\0\x1f\x44\0\0\0\0");
            bytes
        }
        _ => {
            let mut bytes = b"RIFX\0\0\x1f\x64WAVEfmt \0\0\0\x10\0\x01\0\x01".to_vec();
            bytes.extend(8000_u32.to_be_bytes());
            bytes.extend(16_000_u32.to_be_bytes());
            bytes.extend(b"\0\x02\0\x10data\0\0\x1f\x40");
            bytes
        }
    };
    bytes.extend([0x40; 8000]);
    (name, bytes)
}

/// The frames of MPEG-4 AAC in an MP4 file, each with a header of ADTS.
fn adts() -> (&'static str, Vec<u8>) {
    let (_, mp4) = made("sweep.m4a");
    let find = |name: &[u8; 4]| mp4.windows(4).position(|four| four == name).unwrap() + 4;
    let number = |at: usize| u32::from_be_bytes(mp4[at..at + 4].try_into().unwrap()) as usize;
    let sizes = find(b"stsz");
    let mut at = find(b"mdat");
    let mut bytes = Vec::new();
    for index in 0..number(sizes + 8) {
        let len = number(sizes + 12 + 4 * index);
        let whole = len + 7;
        // 16 kHz, mono, AAC-LC.
        bytes.extend([0xff, 0xf1, 0x60, 0x40 | (whole >> 11) as u8, (whole >> 3) as u8]);
        bytes.extend([((whole & 7) << 5) as u8 | 0x1f, 0xfc]);
        bytes.extend(&mp4[at..at + len]);
        at += len;
    }
    ("call.aac", bytes)
}

fn he_aac() -> (&'static str, Vec<u8>) {
    let (_, mut mp4) = made("sweep.m4a");
    let esds = mp4.windows(4).position(|four| four == b"esds").unwrap();
    let tag = mp4[esds..].iter().position(|byte| *byte == 5).unwrap() + esds;
    let at = (tag..tag + 8).find(|at| mp4[*at] >> 3 == 2).unwrap();
    mp4[at] = 5 << 3 | mp4[at] & 7;
    ("call.m4a", mp4)
}

/// The files of a row of the first table.
fn read_here(row: &str) -> Option<Files> {
    let linear = pcm16(&[8000; 4000]);
    Some(match row {
        "WAV, PCM of 8, 16, 24 and 32 bits" => vec![
            wav(&plain(1, 8)),
            wav(&plain(1, 16)),
            wav(&plain(1, 24)),
            wav(&plain(1, 32)),
            wav(&Wav { bits: 20, block_len: Some(3), ..plain(1, 24) }),
            wav(&Wav { bits: 12, block_len: Some(2), ..plain(1, 16) }),
        ],
        "WAV, floating point of 32 and 64 bits" => vec![wav(&plain(3, 32)), wav(&plain(3, 64))],
        "WAV, G.711 mu-law and A-law" => vec![
            wav(&plain(7, 8)),
            wav(&plain(6, 8)),
            wav(&Wav { format_tail: vec![0, 0], ..plain(7, 8) }),
        ],
        "WAV, extensible format" => [(1, 16), (3, 32), (7, 8), (6, 8)]
            .map(|(tag, bits)| {
                wav(&Wav { format_tail: extensible(bits, tag), ..plain(0xfffe, bits) })
            })
            .to_vec(),
        "WAV, GSM 06.10 (WAV49)" => vec![made("sweep-gsm.wav")],
        "WAV, Microsoft and IMA ADPCM" => {
            vec![made("sweep-ms-adpcm.wav"), made("sweep-ima-adpcm.wav")]
        }
        "WAV, MP3" => vec![made("sweep-mp3.wav")],
        "RF64 and BW64" => vec![wide(b"RF64"), wide(b"BW64")],
        "RIFX" => vec![big_endian("call.wav")],
        "Sun .au" => [
            (3, &linear[..]),
            (6, &[0x3d; 16_000]),
            (1, &[0x90; 4000]),
            (27, &[0x90; 4000]),
            (24, &[0x90; 4000]),
        ]
        .map(|(encoding, data)| ("call.au", au(encoding, 8000, 1, u32::MAX, data)))
        .to_vec(),
        "AIFF" => vec![big_endian("call.aiff")],
        "CAF, PCM" => vec![big_endian("call.caf")],
        "FLAC" => vec![made("sweep.flac")],
        "MP3" => vec![made("sweep.mp3")],
        "MPEG audio, layer II" => vec![made("sweep.mp2")],
        "Ogg Vorbis" => vec![made("sweep-vorbis.ogg")],
        "Ogg Opus" => vec![made("sweep-opus.ogg")],
        "Matroska and WebM, Opus" => vec![made("sweep-opus.webm")],
        "MP4, AAC-LC" => vec![made("sweep.m4a")],
        "MP4, Opus" => vec![made("sweep-opus.mp4")],
        "MP4, Apple Lossless (ALAC)" => vec![made("sweep-alac.m4a")],
        "AAC in ADTS" => vec![adts()],
        ".ulaw" => vec![("call.ulaw", vec![0x90; 4000]), ("call.pcmu", vec![0x90; 4000])],
        ".alaw" => vec![("call.alaw", vec![0x90; 4000]), ("call.al", vec![0x90; 4000])],
        ".sln" => {
            vec![("call.sln", linear.clone()), ("call.sln16", [&linear[..], &linear].concat())]
        }
        ".gsm" => vec![made("sweep.gsm")],
        ".g722" => vec![made("sweep.g722")],
        _ => return None,
    })
}

/// The files of a row of the second table, and what each message has to say.
fn refused_here(row: &str) -> Option<Vec<(&'static str, Vec<u8>, &'static str)>> {
    let begins = |bytes: &[u8]| [bytes, &[0; 200]].concat();
    let one = |name, bytes, told| Some(vec![(name, bytes, told)]);
    match row {
        "AMR-NB and AMR-WB" => {
            Some(vec![("call.amr", amr(), "AMR-NB"), ("call.awb", begins(b"#!AMR-WB\n"), "AMR-WB")])
        }
        "AMR in MP4 or 3GP" => one("call.3gp", mp4_with(b"samr"), "AMR-NB"),
        "Ogg Speex" => one("call.spx", made("sweep-speex.ogg").1, "Speex"),
        "iLBC" => one("call.lbc", begins(b"#!iLBC30\n"), "iLBC"),
        "HE-AAC in MP4" => one("call.m4a", he_aac().1, "HE-AAC"),
        "Windows Media Audio" => {
            one("call.wma", begins(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"), "Windows Media Audio")
        }
        "WAV, G.729" => one("call.wav", Wav::new(0x83, 1, 8000, 0, vec![0; 200]).bytes(), "G.729"),
        "WAV, G.726" => one("call.wav", Wav::new(0x45, 1, 8000, 4, vec![0; 200]).bytes(), "G.726"),
        "AC-3" => one("call.ac3", begins(b"\x0b\x77"), "AC-3"),
        "WavPack" => one("call.wv", begins(b"wvpk"), "WavPack"),
        "SILK" => one("call.slk", begins(b"\x02#!SILK_V3"), "SILK"),
        "MP4 that is protected against copies (DRM)" => {
            one("call.m4p", mp4_with(b"drms"), "protected against copies")
        }
        _ => None,
    }
}

/// The first two cells of each row of the table under a heading.
fn rows(heading: &str) -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/recordings.md");
    let text = fs::read_to_string(path).unwrap();
    let section = text.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        (cells[1].to_owned(), cells[2].to_owned())
    })
    .collect()
}

#[test]
fn every_row_of_what_is_read_is_read() {
    let rows = rows("What is read");
    assert!(rows.len() > 25, "{} rows", rows.len());
    let distinct: BTreeSet<&String> = rows.iter().map(|(row, _)| row).collect();
    assert_eq!(distinct.len(), rows.len(), "a row stands twice");
    for (row, _) in &rows {
        let files = read_here(row).unwrap_or_else(|| panic!("'{row}' has no file here"));
        assert!(!files.is_empty(), "{row}");
        for (name, bytes) in files {
            let clip = decoded(name, &bytes).unwrap_or_else(|error| panic!("{row}: {error}"));
            assert!(
                clip.samples.len() >= 3900 && clip.n_lost == 0,
                "{row}: {}",
                clip.samples.len()
            );
            assert!(clip.samples.iter().any(|sample| sample.abs() > 0.005), "{row} is silent");
        }
    }
}

#[test]
fn every_row_of_what_is_not_read_is_named_with_what_to_do() {
    let rows = rows("What is not read");
    assert!(rows.len() > 10, "{} rows", rows.len());
    for (row, advice) in &rows {
        let files = refused_here(row).unwrap_or_else(|| panic!("'{row}' has no file here"));
        for (name, bytes, told) in files {
            let message = refusal(name, &bytes);
            let to_do = if advice.contains("ffmpeg") {
                "ffmpeg -i "
            } else {
                "export it as WAV with the program"
            };
            assert!(message.contains(told) && message.contains(to_do), "{row}: {message}");
        }
    }
}
