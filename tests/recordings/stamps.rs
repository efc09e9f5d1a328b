//! Matroska as recorders and browsers write it: time stamps rule, and lengths that are not known are no fault.

use std::fs;

use super::webm::{Length, file};
use super::{drained, fixture, likeness, sweep, written};
use sound::recording::{Channel, Pace, Recording};
use sound::{AudioError, Block, Source};

/// What is heard, with the position and the length of each gap in milliseconds.
fn heard(bytes: &[u8]) -> (Vec<f32>, Vec<(u64, u64)>, Option<AudioError>) {
    let (_folder, path) = written("call.webm", bytes);
    let mut recording = Recording::open(&path, Channel::Mix, Pace::AsRead).unwrap();
    let (mut samples, mut gaps) = (Vec::new(), Vec::new());
    loop {
        let at = recording.position() / 48;
        match recording.next_block() {
            Ok(Block::Audio(block)) => samples.extend_from_slice(block),
            Ok(Block::Gap(len)) => {
                gaps.push((at, len / 48));
                samples.resize(samples.len() + len as usize, 0.0);
            }
            Ok(Block::End) => return (samples, gaps, None),
            Ok(other) => panic!("{other:?}"),
            Err(error) => return (samples, gaps, Some(error)),
        }
    }
}

fn near(gaps: &[(u64, u64)], expected: &[(u64, u64)]) {
    // A millisecond is the stamps' own, and the pre-skip is 6.5 of them.
    let is_near = |a: u64, b: u64| a.abs_diff(b) <= 8;
    let all = gaps.iter().zip(expected).all(|(a, b)| is_near(a.0, b.0) && is_near(a.1, b.1));
    assert!(gaps.len() == expected.len() && all, "{gaps:?}, expected {expected:?}");
}

#[test]
fn lengths_that_are_not_known_are_no_fault() {
    for length in [Length::Known, Length::Unknown] {
        let (samples, gaps, error) = heard(&file(|_| true, |at| at, length));
        assert!(gaps.is_empty() && error.is_none(), "{gaps:?}, {error:?}");
        assert!(likeness(&samples, &sweep(48_000)) > super::LIKENESS);
    }
}

#[test]
fn missing_packets_are_a_gap_at_their_place() {
    for length in [Length::Known, Length::Unknown] {
        let keeps = |at| !(1_000..2_500).contains(&at);
        let (samples, gaps, error) = heard(&file(keeps, |at| at, length));
        near(&gaps, &[(1_000, 1_500)]);
        assert!(error.is_none(), "{error:?}");
        // What comes after it comes at its time.
        let from = 130_000;
        assert!(likeness(&samples[from..], &sweep(48_000)[from..]) > super::LIKENESS);

        // One packet, two, and several places.
        let keeps = |at| ![500, 1_000, 1_020, 3_000].contains(&at);
        let (_, gaps, _) = heard(&file(keeps, |at| at, length));
        near(&gaps, &[(500, 20), (1_000, 40), (3_000, 20)]);
    }
}

/// A clock that is not the sound card's: stamps jitter, and drift by 200 parts in a million.
#[test]
fn a_clock_that_jitters_and_drifts_loses_nothing() {
    let jitter = |at: u64| at + [0, 7, 3, 9, 1, 5][(at / 20 % 6) as usize];
    let drift = |at: u64| at + at / 5_000;
    let (_, gaps, error) = heard(&file(|_| true, jitter, Length::Unknown));
    assert!(gaps.is_empty() && error.is_none(), "{gaps:?}, {error:?}");
    let (_, gaps, error) = heard(&file(|_| true, drift, Length::Unknown));
    assert!(gaps.is_empty() && error.is_none(), "{gaps:?}, {error:?}");
}

#[test]
fn a_file_that_ends_within_a_packet_was_cut_off() {
    for length in [Length::Known, Length::Unknown] {
        let whole = file(|_| true, |at| at, length);
        let (samples, _, error) = heard(&whole[..whole.len() * 2 / 3 + 3]);
        assert!(matches!(error, Some(AudioError::Truncated { .. })), "{error:?}");
        assert!(samples.len() > 48_000, "{}", samples.len());
    }
}

#[test]
fn a_gap_in_ogg_and_in_webm_is_the_same() {
    // By granule positions: pages of one packet each, of which some are left out.
    let bytes = fs::read(fixture("sweep-opus.ogg")).unwrap();
    let mut kept = Vec::new();
    let (mut at, mut number) = (0, 0);
    while at < bytes.len() {
        let n_segments = usize::from(bytes[at + 26]);
        let body: usize =
            bytes[at + 27..at + 27 + n_segments].iter().map(|len| usize::from(*len)).sum();
        let len = 27 + n_segments + body;
        if number != 3 {
            kept.extend(&bytes[at..at + len]);
        }
        (at, number) = (at + len, number + 1);
    }
    assert!(number > 5, "{number} pages");
    let (_folder, path) = written("call.ogg", &kept);
    let (samples, lost, error) =
        drained(Recording::open(&path, Channel::Mix, Pace::AsRead).unwrap());
    assert!(lost > 0 && error.is_none(), "{lost}, {error:?}");
    assert_eq!(samples.len() as u64 + lost, 192_000, "the stream keeps its length");
}
