//! Codings and containers that are known by name and not read here, so that a message can say what a file is.
//!
//! In: the first bytes of a file, or what its container says. Out: a name, and whether free programs read it. Keeps
//! nothing. Sources: the formats' own documents; for MP4 the list of the MP4 Registration Authority; for AAC ISO/IEC
//! 14496-3, section 1.6.

use super::error::AudioError;
use std::path::Path;

/// A name, with whether ffmpeg reads it.
type Known = (&'static [u8], &'static str, bool);

/// What a file begins with.
const BEGINNINGS: [Known; 24] = [
    (b"#!AMR-WB", "AMR-WB, of mobile telephones", true),
    (b"#!AMR_MC", "AMR with several channels", false),
    (b"#!AMR", "AMR-NB, of mobile telephones", true),
    (b"#!SILK", "SILK, of voice messages", false),
    (b"\x02#!SILK", "SILK, of voice messages", false),
    (b"#!iLBC", "iLBC, of internet telephones", true),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media Audio", true),
    (b".ra\xfd", "RealAudio", true),
    (b".RMF", "RealAudio", true),
    (b"MAC ", "Monkey's Audio", true),
    (b"wvpk", "WavPack", true),
    (b"TTA1", "True Audio", true),
    (b"MPCK", "Musepack", true),
    (b"MP+", "Musepack", true),
    (b"\x0b\x77", "AC-3", true),
    (b"\x02dss", "DSS, of dictation machines", true),
    (b"\x03dss", "DSS, of dictation machines", true),
    (b"\x03ds2", "DS2, of dictation machines", false),
    (b"FLV\x01", "Flash video", true),
    (b"riff\x2e\x91\xcf\x11", "Sony Wave64", true),
    (b"NIST_1A", "NIST SPHERE", true),
    (b"Creative Voice File", "Creative Voice (VOC)", true),
    (b"MThd", "MIDI, which holds notes and no sound", false),
    (b"DSD ", "DSD", true),
];

/// What the first packet of an Ogg stream begins with; of these the first four are read.
const IN_OGG: [(&[u8], &str); 10] = [
    (b"OpusHead", ""),
    (b"\x01vorbis", ""),
    (b"\x7fFLAC", ""),
    (b"fLaC", ""),
    (b"Speex   ", "Speex"),
    (b"CELT    ", "CELT"),
    (b"PCM     ", "PCM in Ogg"),
    (b"\x80theora", "a film without sound"),
    (b"OVP80", "a film without sound"),
    (b"BBCD", "a film without sound"),
];

/// Sound in MP4 by its four letters; what is not in this list is tried.
const IN_MP4: [Known; 15] = [
    (b"enca", "sound that is protected against copies (DRM)", false),
    (b"drms", "sound that is protected against copies (DRM)", false),
    (b"drmi", "sound that is protected against copies (DRM)", false),
    (b"samr", "AMR-NB, of mobile telephones,", true),
    (b"sawb", "AMR-WB, of mobile telephones,", true),
    (b"sawp", "AMR-WB+", false),
    (b"sevc", "EVRC", true),
    (b"sqcp", "QCELP", true),
    (b"Qclp", "QCELP", true),
    (b"QDM2", "QDesign Music 2", true),
    (b"agsm", "GSM 06.10 in QuickTime", true),
    (b"ac-3", "AC-3", true),
    (b"ec-3", "E-AC-3", true),
    (b"mha1", "MPEG-H", false),
    (b"spex", "Speex in QuickTime", true),
];

/// Refuses a file by its first bytes, if they are those of something that is known and not read.
pub(super) fn refusal(path: &Path, head: &[u8]) -> Option<AudioError> {
    let riff = head.starts_with(b"RIFF").then(|| head.get(8..12)).flatten();
    match riff {
        Some(b"AVI ") => return Some(unsupported(path, "sound in an AVI film", true)),
        Some(b"QLCM") => return Some(unsupported(path, "QCELP or EVRC", true)),
        _ => {}
    }
    let known = BEGINNINGS.iter().find(|(beginning, ..)| head.starts_with(beginning));
    known.map(|(_, name, is_free)| unsupported(path, name, *is_free))
}

/// Refuses an Ogg file by the first packets of its streams, if none of them is read here.
pub(super) fn refusal_of_ogg(path: &Path, first_packets: &[Vec<u8>]) -> Option<AudioError> {
    let name = |packet: &Vec<u8>| {
        let known = IN_OGG.iter().find(|(beginning, _)| packet.starts_with(beginning));
        known.map_or("a coding that is not known here", |(_, name)| name)
    };
    let names: Vec<&str> = first_packets.iter().map(name).collect();
    let is_read = names.is_empty() || names.contains(&"");
    (!is_read).then(|| unsupported(path, names[0], true))
}

/// Refuses an MP4 file by the four letters of its sound.
pub(super) fn refusal_of_mp4(path: &Path, letters: [u8; 4]) -> Option<AudioError> {
    let known = IN_MP4.iter().find(|(name, ..)| **name == letters);
    known.map(|(_, name, is_free)| unsupported(path, name, *is_free))
}

/// Refuses a Matroska file by the coding that it names.
pub(super) fn refusal_of_matroska(path: &Path, coding: &str) -> Option<AudioError> {
    let is_read = ["A_OPUS", "A_VORBIS", "A_FLAC", "A_AAC", "A_MPEG/", "A_PCM/", "A_ALAC"]
        .iter()
        .any(|known| coding.starts_with(known));
    (!is_read).then(|| unsupported(path, &format!("{coding} in Matroska"), true))
}

/// The name of a kind of AAC that is not read here, by its configuration.
pub(super) fn of_aac(config: &[u8]) -> Option<String> {
    let [first, second, ..] = config else { return None };
    let kind = match first >> 3 {
        31 => 32 + ((first & 7) << 3 | second >> 5),
        kind => kind,
    };
    Some(match kind {
        0 | 2 => return None,
        5 => "HE-AAC".to_owned(),
        29 => "HE-AAC version 2".to_owned(),
        1 => "AAC Main".to_owned(),
        3 => "AAC SSR".to_owned(),
        4 => "AAC LTP".to_owned(),
        17 => "error-resilient AAC".to_owned(),
        23 => "AAC-LD".to_owned(),
        39 => "AAC-ELD".to_owned(),
        42 => "xHE-AAC".to_owned(),
        kind => format!("a kind of MPEG-4 audio (object type {kind})"),
    })
}

fn unsupported(path: &Path, codec: &str, is_free: bool) -> AudioError {
    let (path, codec) = (path.to_owned(), codec.to_owned());
    if is_free {
        AudioError::UnsupportedCodec { path, codec }
    } else {
        AudioError::ClosedCodec { path, codec }
    }
}
